package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// R10: chain.chain_id is not set and no node answers when the bridge starts. It knows its
// chain, what was bought and the market's rules from the ledger: it takes uplinks in, answers
// owners, buyers and its operator, and says what is missing. When the node is back, everything
// is delivered and paid.
func TestABridgeStartsWithoutANode(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	node := servers.NewProxy(t, strings.TrimPrefix(w.node.URL, "http://"))
	w.rpc = "http://" + node.Addr
	w.operate("")
	w.replace(`settle_when_cut_covers = "0x gas"`, `enabled = false`)
	w.start()
	if err := w.bridge.Process.Signal(syscall.SIGHUP); err != nil { // and goes on
		t.Fatal(err)
	}
	p := w.buy("ann", w.list(buoy, "0.0001", 1), "1h")
	w.route("ann", p)
	w.settled(p)
	w.publish(buoy, uplink(buoy, 1))
	w.eventually("the first reading is delivered", 20*time.Second, func() bool { return len(w.sink.received("ann")) == 1 })
	if said, err := os.ReadFile(w.log.Name()); err != nil || !strings.Contains(string(said), "a hang-up signal changes nothing") {
		t.Errorf("a hang-up is kept quiet: %v", err)
	}
	w.stop()
	w.replace(`enabled = false`, `settle_when_cut_covers = "0x gas"`)

	node.Cut()
	w.start()
	w.eventually("the node is missed", 30*time.Second, func() bool { return w.says("rpc_down") })
	for f := 2; f <= 4; f++ { // one in each interval
		w.publish(buoy, uplink(buoy, f))
		time.Sleep(2100 * time.Millisecond)
	}
	taken := func() int {
		for line := range strings.Lines(w.metrics()) {
			if n, ok := strings.CutPrefix(line, `dbdao_uplinks_total{fate="posted",source="chirpstack"} `); ok {
				return int(number64(t, strings.TrimSpace(n)))
			}
		}
		return 0
	}
	w.eventually("uplinks are taken in", 60*time.Second, func() bool { return taken() == 3 })
	if out, errs, code := w.try("earnings", "-c", w.config, "--csv"); code != 0 || !strings.Contains(out, ","+p+",0,1,18,0,") {
		t.Errorf("earnings: exit %d\n%s%s", code, out, errs)
	}
	kept := filepath.Join(w.dir, "claim.json")
	w.done("owner", w.api("stream", "claim", "1", "--save", kept)...)
	text, err := os.ReadFile(kept)
	var claim struct{ Settlements []any }
	if err != nil || json.Unmarshal(text, &claim) != nil || len(claim.Settlements) != 1 {
		t.Errorf("the owner's claim: %v %s", err, text)
	}

	node.Restore(t)
	w.eventually("the node is back", 60*time.Second, func() bool { return !w.says("rpc_down") })
	w.publish(buoy, uplink(buoy, 5))
	w.eventually("everything taken in is delivered", 60*time.Second, func() bool { return len(w.sink.received("ann")) == 1+taken() && taken() == 4 })
	w.eventually("and paid", 60*time.Second, func() bool {
		return w.delivered(map[string][]string{"ann": {p}}) == len(w.sink.received("ann"))
	})
	t.Logf("%d readings delivered and paid, %d of them taken in without or after the node", len(w.sink.received("ann")), taken())
}
