package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// twins are bridges that should be one, and ledgers that are older than what happened.
func twins() []*act {
	return []*act{
		{name: "a second bridge on the same data_dir", usual: true, play: secondBridge},
		{name: "the ledger is restored from a backup, by command", play: restoredByCommand, unpaid: true},
		{name: "an older copy of the ledger is put back by hand", play: restoredByHand, unpaid: true},
		{name: "two bridges of one operator, each with a copy of the ledger", usual: true, play: twoLedgers},
	}
}

// secondBridge starts the bridge again beside itself, over and over.
func secondBridge(c *chaos, a *act) (tries int) {
	for !a.ended() || tries == 0 {
		p := c.spawn(c.bin, "run", "-c", c.config)
		if !p.waits(slow * 10 * time.Second) {
			c.t.Error("a second bridge runs on the data_dir of the first")
			p.kill()
		} else if p.cmd.ProcessState.ExitCode() == 0 {
			c.t.Error("a second bridge on the data_dir of the first ends with status 0")
		}
		tries++
	}
	return tries
}

// restoredByCommand makes a backup while the fleet plays, and restores it when it has played
// and everything was delivered.
func restoredByCommand(c *chaos, a *act) int {
	backup := filepath.Join(c.dir, "backup")
	c.run("backup", backup, "-c", c.config, "--keys", "-o", "json")
	<-a.over
	c.quiet()
	c.kill()
	c.aside("data")
	c.run("restore", backup, "-c", c.config, "-o", "json")
	c.start()
	c.later(a)
	return 1
}

// restoredByHand copies the data_dir of a bridge that was killed, and puts it back later.
func restoredByHand(c *chaos, a *act) int {
	c.kill()
	servers.Client(c.t, "cp", "-a", filepath.Join(c.dir, "data"), filepath.Join(c.dir, "copy"))
	c.start()
	<-a.over
	c.quiet()
	c.kill()
	c.aside("data")
	if err := os.Rename(filepath.Join(c.dir, "copy"), filepath.Join(c.dir, "data")); err != nil {
		c.t.Fatal(err)
	}
	c.start()
	c.later(a)
	return 1
}

// later lets the fleet play again when an interval is over since the older ledger has learnt what
// the chain paid for: what is left of this one may have been sold by the ledger it replaces.
func (c *chaos) later(a *act) {
	c.eventually("the older ledger serves", 60*time.Second, func() bool { return c.serving() >= len(a.purchases) })
	time.Sleep(3 * time.Second)
	c.again(a)
}

// twoLedgers runs a second bridge from a copy of the data_dir, as a cloned machine would: it finds
// the first at api.public_url, and says so instead of selling the same numbers.
func twoLedgers(c *chaos, a *act) int {
	c.configure("[api]\n", fmt.Sprintf("[api]\npublic_url = %q\n", "http://"+c.public))
	text, err := os.ReadFile(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	admin, public := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(c.t)), fmt.Sprintf("127.0.0.1:%d", servers.FreePort(c.t))
	config := c.write("second.toml", strings.NewReplacer(filepath.Join(c.dir, "data"), filepath.Join(c.dir, "second"), c.admin, admin, fmt.Sprintf("listen = %q", c.public), fmt.Sprintf("listen = %q", public)).Replace(string(text)))
	c.kill()
	servers.Client(c.t, "cp", "-a", filepath.Join(c.dir, "data"), filepath.Join(c.dir, "second"))
	c.start()
	p := c.spawn(c.bin, "run", "-c", config)
	defer p.kill()
	c.expect("the second bridge sees the first", func() bool {
		out, _, code := c.try("status", "-c", config, "-o", "json")
		return code == 0 && strings.Contains(out, `"two_bridges"`)
	})
	<-a.over
	c.quiet()
	return 1
}
