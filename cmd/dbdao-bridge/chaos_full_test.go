package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"go.etcd.io/bbolt"
)

// fullVolumes are volumes of the ledger's that have no room, for as long as a fleet plays: nothing
// ends, what is sent meanwhile waits at the broker, and all goes on when there is room. They are
// real ones, which root alone may mount.
func fullVolumes(t *testing.T) []*act {
	if err := syscall.Mount("tmpfs", t.TempDir(), "tmpfs", syscall.MS_REMOUNT, ""); err == syscall.EPERM {
		t.Log("without root no small volume can be mounted: that a full one loses nothing is not shown here")
		return nil
	}
	const reserve = 16 << 20
	var all []*act
	for _, f := range []struct {
		name  string
		left  int64 // bytes
		says  string
		kill  bool
		usual bool
	}{
		{"the volume is full, to the last byte", 0, "delivery", false, false},
		{"the volume is full, and the bridge is killed and started on it", 0, "delivery", true, false},
		{"the volume has half of the reserve left, and the bridge is killed and started on it", reserve / 2, "intake", true, true},
		{"the volume is full again and again", reserve + 600<<10, "", false, false},
	} {
		all = append(all, &act{name: f.name, usual: f.usual, play: func(c *chaos, a *act) int {
			defer c.ashore()
			lift := c.aboard(f.left)
			if f.says != "" {
				c.expect("status names the full volume", func() bool { return c.saysOf("ledger_full", f.says) })
			}
			if f.kill {
				time.Sleep(time.Second)
				c.restart()
			}
			before := c.store.different()
			<-a.over
			if n := c.store.different(); f.says == "delivery" && n > before {
				c.t.Errorf("%d readings were given away, and no receipt can be kept", n-before)
			}
			lift()
			c.eventually("the bridge goes on by itself", 60*time.Second, func() bool { return !c.saysOf("ledger_full", "intake") })
			c.quiet()
			return 1
		}})
	}
	return all
}

// T3: the volume is full to the last byte for as long as DBDAO_FULL says, an hour for instance; a minute
// and a half in the long form. All the while retries, rounds of settlement and blocks with purchases come
// due, and in the middle the bridge is killed and started: status names the volume, nothing is given away,
// nothing is signed and nothing deleted. When there is room all that was sent meanwhile is delivered.
func TestChaosFullForLong(t *testing.T) {
	t.Parallel()
	span, err := time.ParseDuration(os.Getenv("DBDAO_FULL"))
	if err != nil {
		span = 90 * time.Second
	}
	if err != nil && !servers.Long() {
		t.Skip("TestChaos fills a volume for seconds; DBDAO_LONG=1 for longer, DBDAO_FULL=1h for an hour")
	}
	servers.Need(t, "mosquitto", "anvil")
	if fullVolumes(t) == nil {
		t.Skip("without root no small volume can be mounted")
	}
	c := newChaos(t)
	a := &act{group: "full", name: fmt.Sprintf("the volume is full to the last byte for %v", span)}
	c.prepare(a, 0, span+30*time.Second)
	text, err := os.ReadFile(a.scenario)
	if err != nil {
		t.Fatal(err)
	}
	c.write(filepath.Base(a.scenario), strings.ReplaceAll(string(text), "interval = \"25s\"", "interval = \"150s\"")) // an uplink each six seconds
	c.listActs([]*act{a})
	c.buyActs("ann", a)
	a.play = func(c *chaos, a *act) int { return c.fullFor(a, span) }
	c.act(a)
	c.judge([]*act{a})
}

// fullFor fills the volume once some readings are delivered, and looks twice a minute.
func (c *chaos) fullFor(a *act, span time.Duration) (looks int) {
	defer c.ashore()
	c.eventually("some readings are delivered", 60*time.Second, func() bool { return c.store.different() >= 3 })
	lift := c.aboard(0)
	began := time.Now()
	c.eventually("status names the full volume", 60*time.Second, func() bool { return c.saysOf("ledger_full", "delivery") })
	given, signed, killed := c.store.different(), c.nonce("operator"), false
	for time.Since(began) < span {
		time.Sleep(min(30*time.Second, span/3))
		looks++
		if !killed && time.Since(began) > span/2 {
			killed = true
			c.buy("cid", a.streams[0], "30m")
			c.restart()
			c.eventually("status names the full volume after a start", 60*time.Second, func() bool { return c.saysOf("ledger_full", "delivery") })
		}
		if c.running.waits(0) {
			c.t.Fatalf("after %v of a full volume the bridge ended", time.Since(began))
		}
		if !c.saysOf("ledger_full", "delivery") {
			c.t.Errorf("after %v status does not name the full volume", time.Since(began))
		}
		if n := c.store.different(); n != given {
			c.t.Errorf("after %v %d readings were given away, and no receipt can be kept", time.Since(began), n-given)
		}
		if n := c.nonce("operator"); n != signed {
			c.t.Errorf("after %v %d settlements were signed, and none can be kept", time.Since(began), n-signed)
		}
	}
	c.t.Logf("full for %v, %d looks: named each time, nothing given away, nothing signed", time.Since(began).Round(time.Second), looks)
	lift()
	c.total++ // cid's
	c.eventually("the bridge goes on by itself", 60*time.Second, func() bool { return !c.saysOf("ledger_full", "intake") && c.serving() >= c.total })
	<-a.over
	c.quiet()
	return looks
}

// nonce counts the transactions of somebody's in the chain.
func (c *chaos) nonce(who string) int64 {
	c.t.Helper()
	var text string
	if err := servers.Call(c.t.Context(), c.world.node.URL, &text, "eth_getTransactionCount", c.wallets[who], "latest"); err != nil {
		c.t.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(text, "0x"), 16, 64)
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

// saysOf says whether a condition holds of a subject.
func (c *chaos) saysOf(code, subject string) bool {
	out, _, exit := c.try("status", "-c", c.config, "-o", "json")
	var s struct {
		Conditions []struct{ Code, Subject string }
	}
	if exit != 0 || json.Unmarshal([]byte(out), &s) != nil {
		return code == "" // it does not answer
	}
	for _, one := range s.Conditions {
		if one.Code == code && one.Subject == subject {
			return true
		}
	}
	return false
}

// aboard moves the bridge's data_dir to a small volume on which so many bytes are left, and starts it
// there. lift gives the volume room.
func (c *chaos) aboard(left int64) (lift func()) {
	c.t.Helper()
	data := filepath.Join(c.dir, "data")
	c.kill()
	c.move(data, data+".ashore")
	if err := os.Mkdir(data, 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=64m,mode=0700"); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = syscall.Unmount(data, syscall.MNT_DETACH) })
	c.trimmed(filepath.Join(data+".ashore", "ledger.db"))
	c.copyTo(data+".ashore", data)
	name := filepath.Join(data, "ballast")
	f, err := os.Create(name)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	size := int64(0)
	for b := make([]byte, 64<<10); len(b) >= 512; {
		n, err := f.Write(b)
		if size += int64(n); err != nil {
			b = b[:len(b)/2]
		}
	}
	if err := f.Truncate(max(0, size-left)); err != nil {
		c.t.Fatal(err)
	}
	c.start()
	return func() {
		if err := os.Remove(name); err != nil {
			c.t.Fatal(err)
		}
	}
}

// ashore moves it back, and starts it.
func (c *chaos) ashore() {
	c.t.Helper()
	data := filepath.Join(c.dir, "data")
	c.kill()
	if err := os.RemoveAll(data + ".ashore"); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Mkdir(data+".ashore", 0o700); err != nil {
		c.t.Fatal(err)
	}
	c.copyTo(data, data+".ashore")
	if err := syscall.Unmount(data, syscall.MNT_DETACH); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Remove(data); err != nil {
		c.t.Fatal(err)
	}
	c.move(data+".ashore", data)
	c.start()
}

func (c *chaos) move(from, to string) {
	c.t.Helper()
	if err := os.Rename(from, to); err != nil {
		c.t.Fatal(err)
	}
}

// copyTo copies the files of a folder with their modes.
func (c *chaos) copyTo(from, to string) {
	c.t.Helper()
	all, err := os.ReadDir(from)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, one := range all {
		b, err := os.ReadFile(filepath.Join(from, one.Name()))
		if err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, one.Name()), b, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

// trimmed cuts off the end of a ledger that is not in use, as a copy of it has none.
func (c *chaos) trimmed(file string) {
	c.t.Helper()
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{Timeout: 5 * time.Second, ReadOnly: true})
	if err != nil {
		c.t.Fatal(err)
	}
	size := int64(0)
	if err := db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil }); err != nil {
		c.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Truncate(file, size); err != nil {
		c.t.Fatal(err)
	}
}
