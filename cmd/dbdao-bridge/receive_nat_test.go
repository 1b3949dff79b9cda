package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// S9: a buyer without a server, behind a translator of addresses: what he has is his way
// out, whose connections are forgotten now and then, and nothing of his listens. `receive`
// gets, verifies and acknowledges everything, while it is killed several times a reading,
// the bridge is killed too, a write is torn, and his memory of how far he is is lost. What
// he acknowledged is paid.
func TestABuyerBehindATranslatorReceivesEverything(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	w.operate("")
	way := servers.NewProxy(t, w.public) // the only address he knows
	w.replace("[api]\n", fmt.Sprintf("[api]\npublic_url = \"http://%s\"\n", way.Addr))
	w.start()
	w.as("ann", "destination", "set", "box", "--api", "http://"+way.Addr, "--kind", "pull")
	devices := []string{"0000000000000001", "0000000000000002"}
	const readings = 13
	var purchases []string
	for _, dev := range devices {
		purchases = append(purchases, w.as("ann", "purchase", "buy", w.list(dev, "0.0001", 1), "--duration", "1h", "--to", "box", "--api", "http://"+way.Addr).text(t, "purchase"))
	}
	w.settled(purchases...)
	for _, p := range purchases {
		w.eventually("the bridge sees purchase "+p, 20*time.Second, func() bool {
			_, _, code := w.try("parcel", "show", p, "--api", "http://"+way.Addr, "--keystore", w.keystore("ann"))
			return code == 0
		})
	}
	r := newReceive(w, way.Addr, purchases)
	done := make(chan struct{})
	go func() { // lives of 0.1 to 1.2 s
		defer close(done)
		r.lives(20, func() time.Duration { return 100*time.Millisecond + rand.N(1100*time.Millisecond) })
	}()
	for f := 1; f <= readings; f++ {
		for _, dev := range devices {
			w.publish(dev, uplink(dev, f))
		}
		switch f % 4 {
		case 1:
			way.Cut()
			way.Restore(t)
		case 3:
			w.kill()
			w.start()
		}
		time.Sleep(1100 * time.Millisecond)
	}
	<-done
	if err := os.Remove(filepath.Join(r.dir, "receive.json")); err != nil {
		t.Errorf("he remembers nothing: %v", err)
	}
	r.tear(purchases[0])
	r.start()
	defer func() { r.kill() }()
	if all := r.listens(); len(all) > 0 {
		t.Errorf("receive listens on %v", all)
	}
	w.eventually("everything is received", 60*time.Second, func() bool {
		return r.lines(purchases[0]) == readings && r.lines(purchases[1]) == readings
	})
	r.kill()
	r.poll = "1h"
	r.start()
	time.Sleep(2 * time.Second)
	w.publish(devices[0], uplink(devices[0], readings+1)) // it follows by now: no look is due for an hour
	first := purchases[0]
	w.eventually("what comes shows at once, and is acknowledged while it follows", 20*time.Second, func() bool {
		return r.lines(first) == readings+1 &&
			strings.Contains(fmt.Sprint(w.as("ann", "parcel", "show", first, "--api", "http://"+way.Addr)), fmt.Sprintf("delivered:%d", readings+1))
	})
	for i, p := range purchases {
		readings := readings + 1 - i
		r.check(p, readings)
		w.eventually("everything is acknowledged and paid", 60*time.Second, func() bool {
			return strings.Contains(fmt.Sprint(w.run("purchase", "show", p, "-o", "json")), fmt.Sprintf("paid:%d", readings))
		})
	}
	t.Logf("%d readings of %d purchases in %d lives of receive, %d of them killed", readings*len(purchases), len(purchases), r.started, r.started-1)
}

// receive is a `dbdao-bridge receive` that is started and killed.
type receive struct {
	w         *world
	api, dir  string
	purchases []string
	poll      string
	cmd       *exec.Cmd
	started   int
}

func newReceive(w *world, api string, purchases []string) *receive {
	return &receive{w: w, api: api, dir: filepath.Join(w.dir, "received"), purchases: purchases, poll: "50ms"}
}

func (r *receive) start() {
	args := append([]string{"receive"}, r.purchases...)
	r.cmd = exec.Command(r.w.bin, append(args, "--to", "file:"+r.dir, "--api", "http://"+r.api, "--poll", r.poll,
		"--keystore", r.w.keystore("ann"), "--password-file", filepath.Join(r.w.dir, "password"))...)
	r.cmd.Stdout, r.cmd.Stderr = r.w.log, r.w.log
	if err := r.cmd.Start(); err != nil {
		r.w.t.Error(err)
	}
	r.started++
}

func (r *receive) kill() { _ = r.cmd.Process.Kill(); _ = r.cmd.Wait() }

// lives starts and kills it.
func (r *receive) lives(n int, long func() time.Duration) {
	for range n {
		r.start()
		time.Sleep(long())
		r.kill()
	}
}

func (r *receive) file(p string) string { return filepath.Join(r.dir, "purchase-"+p+".ndjson") }

// tear leaves half of a line at the end of a file, as a crash in the middle of a write.
func (r *receive) tear(p string) {
	f, err := os.OpenFile(r.file(p), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.w.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(`{"id":"msg_TORN`); err != nil {
		r.w.t.Error(err)
	}
}

// lines counts whole lines.
func (r *receive) lines(p string) int {
	text, _ := os.ReadFile(r.file(p))
	return strings.Count(string(text), "\n")
}

// check reads a purchase's file as its owner would: each reading once, in order, each
// naming the hash of the one before.
func (r *receive) check(p string, readings int) {
	r.w.t.Helper()
	text, err := os.ReadFile(r.file(p))
	if err != nil {
		r.w.t.Fatal(err)
	}
	var counters []int
	var before common.Hash
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		var one struct {
			Purchase json.Number `json:"purchase"`
			Seq      int         `json:"seq"`
			FCnt     int         `json:"f_cnt"`
			Prev     common.Hash `json:"prev"`
		}
		if err := json.Unmarshal([]byte(line), &one); err != nil || one.Purchase.String() != p || one.Seq != len(counters) || one.Prev != before {
			r.w.t.Errorf("purchase %s, line %d: %v %s", p, len(counters), err, line)
		}
		before = crypto.Keccak256Hash([]byte(line))
		counters = append(counters, one.FCnt)
	}
	slices.Sort(counters)
	if len(counters) != readings || counters[0] != 1 || counters[readings-1] != readings || len(slices.Compact(counters)) != readings {
		r.w.t.Errorf("purchase %s: readings %v", p, counters)
	}
}

// listens lists the addresses at which the process takes connections.
func (r *receive) listens() (all []string) {
	r.w.t.Helper()
	pid := strconv.Itoa(r.cmd.Process.Pid)
	mine := map[string]bool{}
	fds, err := os.ReadDir("/proc/" + pid + "/fd")
	if err != nil {
		r.w.t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/" + pid + "/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, "socket:[") {
			mine[strings.Trim(to, "socket:[]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, _ := os.ReadFile("/proc/" + pid + "/net/" + table)
		for line := range strings.Lines(string(text)) {
			// sl local_address rem_address st … inode
			if f := strings.Fields(line); len(f) > 9 && mine[f[9]] && (f[3] == "0A" || strings.HasPrefix(table, "udp")) {
				all = append(all, table+" "+f[1])
			}
		}
	}
	return all
}
