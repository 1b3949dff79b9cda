package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// S9: a buyer without a server. `receive` gets, verifies and acknowledges everything, while
// it and the bridge are killed in turn; what it acknowledged is paid.
func TestABuyerWithoutAServerReceivesEverything(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	w.operate("")
	w.start()
	w.as("ann", "destination", "set", "box", "--api", "http://"+w.public, "--kind", "pull")
	const dev, readings = "0000000000000001", 15
	p := w.as("ann", "purchase", "buy", w.list(dev, "0.0001", 1), "--duration", "1h", "--to", "box", "--api", "http://"+w.public).text(t, "purchase")
	w.eventually("the bridge sees the purchase", 20*time.Second, func() bool {
		_, _, code := w.try("parcel", "show", p, "--api", "http://"+w.public, "--keystore", w.keystore("ann"))
		return code == 0
	})
	w.settled(p)
	dir := filepath.Join(w.dir, "received")
	var receive *exec.Cmd
	poll := "100ms"
	start := func() {
		receive = exec.Command(w.bin, "receive", p, "--to", "file:"+dir, "--api", "http://"+w.public, "--poll", poll,
			"--keystore", w.keystore("ann"), "--password-file", filepath.Join(w.dir, "password"))
		receive.Stdout, receive.Stderr = w.log, w.log
		if err := receive.Start(); err != nil {
			t.Fatal(err)
		}
	}
	stop := func() { _ = receive.Process.Kill(); _ = receive.Wait() }
	start()
	defer func() { stop() }()
	for f := 1; f <= readings; f++ {
		w.publish(dev, uplink(dev, f))
		switch {
		case f%10 == 5:
			stop()
			start()
		case f%10 == 0:
			w.kill()
			w.start()
		}
		time.Sleep(1100 * time.Millisecond)
	}
	file := filepath.Join(dir, "purchase-"+p+".ndjson")
	seen := map[int]bool{}
	w.eventually("everything is received", 60*time.Second, func() bool {
		text, _ := os.ReadFile(file)
		clear(seen)
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		for _, line := range lines {
			var one struct {
				FCnt int `json:"f_cnt"`
			}
			if json.Unmarshal([]byte(line), &one) == nil {
				seen[one.FCnt] = true
			}
		}
		return len(seen) == readings && len(lines) == readings
	})
	stop()
	poll = "1h"
	start()
	time.Sleep(2 * time.Second)
	w.publish(dev, uplink(dev, readings+1)) // it follows by now: no look is due for an hour
	w.eventually("what comes shows at once, and is acknowledged while it follows", 20*time.Second, func() bool {
		text, _ := os.ReadFile(file)
		return strings.Count(string(text), "\n") == readings+1 && strings.Contains(fmt.Sprint(w.as("ann", "parcel", "show", p, "--api", "http://"+w.public)), fmt.Sprintf("delivered:%d", readings+1))
	})
	w.eventually("everything is acknowledged and paid", 60*time.Second, func() bool {
		return strings.Contains(fmt.Sprint(w.run("purchase", "show", p, "-o", "json")), fmt.Sprintf("delivered:%d", readings+1))
	})
}
