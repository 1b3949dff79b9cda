package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// descriptors lowers how many file descriptors the bridge may have, or gives it back what it
// began with.
func (w *world) descriptors(most string) {
	w.t.Helper()
	if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(w.bridge.Process.Pid), "--nofile="+most+":").CombinedOutput(); err != nil {
		w.t.Fatalf("prlimit: %v %s", err, out)
	}
}

// logged counts how often the bridge's log says something.
func (w *world) logged(text string) int {
	w.t.Helper()
	b, err := os.ReadFile(w.log.Name())
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Count(string(b), text)
}

// D11: a bridge that has no file descriptor left says so, blames no buyer and no network
// server, keeps what it is sent, and delivers it when it has one again. The destination
// has a name, which is resolved each time, and ends each connection.
func TestABridgeOutOfFileDescriptorsSaysSoAndRecovers(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil", "prlimit")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	store := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Connection", "close")
		r.URL.Path = "/ann"
		w.sink.ServeHTTP(rw, r)
	}))
	defer store.Close()
	w.operate("")
	w.start()
	p := w.buy("ann", w.list(buoy, "0.0001", 1), "1h")
	w.as("ann", "destination", "set", "store", "--api", "http://"+w.public, "--kind", "http", "url="+strings.Replace(store.URL, "127.0.0.1", "localhost", 1))
	w.as("ann", "destination", "use", "store", p, "--api", "http://"+w.public)
	w.settled(p)
	f := 0
	uplinks := func(n int) {
		for range n {
			f++
			w.publish(buoy, uplink(buoy, f))
			time.Sleep(1100 * time.Millisecond)
		}
	}
	uplinks(2)
	w.eventually("two readings are delivered", 20*time.Second, func() bool { return len(w.sink.received("ann")) == 2 })
	open, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(w.bridge.Process.Pid), "fd"))
	if err != nil || len(open) < 8 {
		t.Fatalf("%d descriptors, %v", len(open), err)
	}

	w.descriptors("8") // of which it has more: none can be opened
	uplinks(4)
	w.eventually("the bridge says what it lacks", 30*time.Second, func() bool { return w.logged("bridge_starved") > 0 })
	if n := len(w.sink.received("ann")); n != 2 {
		t.Fatalf("%d readings were delivered: nothing was lacking", n)
	}
	w.descriptors("1024")
	w.eventually("everything is delivered", 30*time.Second, func() bool { return len(w.sink.received("ann")) == f })
	for id, one := range w.sink.received("ann") {
		if one.times != 1 || strings.HasPrefix(one.body, "DIFFERS") {
			t.Errorf("parcel %s came %d times", id, one.times)
		}
	}
	if !w.says("bridge_starved") {
		t.Errorf("status does not tell it: %v", w.status()["conditions"])
	}
	if n := w.logged("code=destination_failing"); n > 0 {
		t.Error("the buyer's destination is blamed for the bridge's own fault")
	}
	w.eventually("everything is paid", 60*time.Second, func() bool { return w.delivered(map[string][]string{"ann": {p}}) == f })
	w.stop()
}
