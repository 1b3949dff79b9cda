package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/parquet-go/parquet-go"
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
		receive = exec.Command(w.bin, "receive", p, "--to", "file:"+dir+"?format=parquet&rows=4", "--api", "http://"+w.public, "--poll", poll,
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
		case f == 5:
			stop()
			start()
		case f == 10:
			stop()
			w.kill()
			said := func() int {
				text, _ := os.ReadFile(w.log.Name())
				return strings.Count(string(text), "no bridge answers there")
			}
			before := said()
			start()
			w.eventually("receive says that the bridge is away", 60*time.Second, func() bool { return said() > before })
			w.start()
		}
		time.Sleep(1100 * time.Millisecond)
	}
	frames := func() (all []int) { // in whole Parquet files, and in the journal of the next one
		type row struct {
			FCnt int64  `parquet:"f_cnt"`
			Body string `parquet:"body"`
		}
		names, _ := filepath.Glob(filepath.Join(dir, "purchase-"+p+"-*.parquet"))
		lines := []string{}
		for _, name := range names {
			rows, err := parquet.ReadFile[row](name)
			if err != nil || len(rows) < 4 {
				t.Errorf("%s: %d readings, %v", filepath.Base(name), len(rows), err)
			}
			for _, r := range rows {
				lines = append(lines, r.Body)
			}
		}
		text, _ := os.ReadFile(filepath.Join(dir, "purchase-"+p+".open.ndjson"))
		for _, line := range append(lines, strings.Split(string(text), "\n")...) {
			var one struct {
				FCnt int `json:"f_cnt"`
			}
			if json.Unmarshal([]byte(line), &one) == nil {
				all = append(all, one.FCnt)
			}
		}
		return all
	}
	everything := func(n int) bool {
		all := frames()
		slices.Sort(all)
		return len(all) == n && len(slices.Compact(all)) == n
	}
	w.eventually("everything is received, once", 60*time.Second, func() bool { return everything(readings) })
	stop()
	poll = "1h"
	start()
	time.Sleep(2 * time.Second)
	w.publish(dev, uplink(dev, readings+1)) // it follows by now: no look is due for an hour
	w.eventually("what comes shows at once, and is acknowledged while it follows", 20*time.Second, func() bool {
		return everything(readings+1) && strings.Contains(fmt.Sprint(w.as("ann", "parcel", "show", p, "--api", "http://"+w.public)), fmt.Sprintf("delivered:%d", readings+1))
	})
	w.eventually("everything is acknowledged and paid", 60*time.Second, func() bool {
		return strings.Contains(fmt.Sprint(w.run("purchase", "show", p, "-o", "json")), fmt.Sprintf("paid:%d", readings+1))
	})
	stop()
	poll = "100ms" // and so it looks every three seconds
	start()
	w.eventually("status counts the feed", 30*time.Second, func() bool {
		out, _, _ := w.try("status", "-c", w.config, "-o", "json")
		return strings.Contains(out, `"live_feeds": 1,`) && strings.Contains(out, `"pulled_purchases": 1`)
	})
	ended := make(chan error, 1)
	go func() { ended <- receive.Wait() }()
	w.later(2 * time.Hour)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("receive ends with %v when its purchase is over", err)
		}
	case <-time.After(5 * time.Minute):
		t.Fatal("receive follows a purchase that is over")
	}
	log, err := os.ReadFile(w.log.Name())
	if err != nil || !strings.Contains(string(log), "purchase "+p+" is over, its time is over since ") || !strings.Contains(string(log), fmt.Sprintf(": %d readings were delivered, 0 are parked", readings+1)) {
		t.Errorf("it does not say why it ends: %v", err)
	}
}
