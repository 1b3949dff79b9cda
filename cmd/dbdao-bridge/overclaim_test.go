package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/overclaim"
	"github.com/ethereum/go-ethereum/common"
)

// looks is a node's proxy that knows which blocks were read by number.
type looks struct {
	URL string

	mu  sync.Mutex
	top uint64
}

var byNumber = regexp.MustCompile(`"(0x[0-9a-f]{1,12})"\s*\]`)

func newLooks(t *testing.T, node string) *looks {
	l := &looks{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		res, err := http.Post(node, "application/json", bytes.NewReader(body))
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		answer, _ := io.ReadAll(res.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
		if m := byNumber.FindSubmatch(body); m != nil && bytes.Contains(body, []byte(`"eth_call"`)) {
			n, _ := strconv.ParseUint(string(m[1][2:]), 16, 64)
			l.mu.Lock()
			l.top = max(l.top, n)
			l.mu.Unlock()
		}
	}))
	t.Cleanup(server.Close)
	l.URL = server.URL
	return l
}

func (l *looks) saw(block uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.top >= block
}

// liar signs settlements with the operator's key beside his bridge.
type liar struct {
	w   *world
	m   *chain
	key *settlement.Key
}

func newLiar(w *world) *liar {
	w.t.Helper()
	key, err := settlement.OpenKey(w.keystore("operator"), "correct horse battery staple")
	if err != nil {
		w.t.Fatal(err)
	}
	o := options{rpc: w.node.URL, market: w.market}
	m, err := o.dial(w.t.Context(), key.Address())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(m.node.Close)
	return &liar{w, m, key}
}

// claims all that the contract pays, and gives the block. Nothing of it was delivered.
func (l *liar) claims(p market.PurchaseID) uint64 {
	l.w.t.Helper()
	s := client.Settlement{Operator: 1, Claims: []contracts.Claim{{Purchase: uint64(p), Delivered: 1 << 30}}, Root: common.Hash{1}}
	if _, err := l.m.Settle(s).SendAll(l.w.t.Context(), l.key); err != nil {
		l.w.t.Fatal(err)
	}
	return l.head()
}

func (l *liar) head() uint64 {
	l.w.t.Helper()
	h, err := l.m.node.HeaderByNumber(l.w.t.Context(), nil)
	if err != nil {
		l.w.t.Fatal(err)
	}
	return h.Number.Uint64()
}

func (l *liar) purchase(p market.PurchaseID) market.Purchase {
	l.w.t.Helper()
	is, err := l.m.Reader.Purchase(l.w.t.Context(), p)
	if err != nil {
		l.w.t.Fatal(err)
	}
	return is
}

// An operator claims what he did not deliver, in every block all that the contract pays. What he
// earns ends with the block behind the tenth; the rest of the escrow comes back, to the wei. A purchase
// that is delivered and paid beside it goes on.
func TestWhoClaimsWhatHeDidNotDeliverIsCancelled(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	w.operate("")
	w.start()
	api := "http://" + w.public
	w.as("ann", "destination", "set", "box", "--api", api, "--kind", "pull")
	const dev = "0000000000000001"
	fair := w.as("ann", "purchase", "buy", w.list(dev, "0.0001", 1), "--duration", "1h", "--to", "box", "--api", api).text(t, "purchase")
	stream := w.list("0000000000000002", "0.0001", 1)
	w.later(10 * time.Second)
	w.mine()
	w.settled(fair)
	rpc := newLooks(t, w.node.URL)
	receive := func(purchases ...string) *exec.Cmd {
		c := exec.Command(w.bin, append(append([]string{"receive"}, purchases...), "--to", "file:"+filepath.Join(w.dir, "received"), "--api", api, "--poll", "50ms", "--cancel-overclaimed",
			"--rpc", rpc.URL, "--market", w.market, "--keystore", w.keystore("ann"), "--password-file", filepath.Join(w.dir, "password"))...)
		c.Stdout, c.Stderr = w.log, w.log
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	stop := func(c *exec.Cmd) { _ = c.Process.Kill(); _ = c.Wait() }
	program := receive(fair)
	for f := 1; f <= 3; f++ {
		w.publish(dev, uplink(dev, f))
	}
	w.eventually("what was delivered is paid", 30*time.Second, func() bool {
		w.mine()
		return w.run("purchase", "show", fair, "-o", "json").text(t, "paid") == "3"
	})
	stop(program)

	l := newLiar(w)
	for _, seconds := range []int{2, 12} {
		before, err := l.m.Reader.Balance(t.Context(), l.m.Rules.Token, common.HexToAddress(w.wallets["ann"]))
		if err != nil {
			t.Fatal(err)
		}
		p := w.as("ann", "purchase", "buy", stream, "--duration", "1h", "--to", "box", "--api", api).text(t, "purchase")
		id, _ := strconv.ParseUint(p, 10, 64)
		bought := market.PurchaseID(id)
		w.mine()
		w.eventually("the bridge knows the purchase", 30*time.Second, func() bool {
			_, _, code := w.try("parcel", "show", p, "--api", api, "--keystore", w.keystore("ann"))
			return code == 0
		})
		program := receive(p, fair)
		w.eventually("receive looks at the chain", 30*time.Second, func() bool { return rpc.saw(l.head()) })
		watching := exec.Command(w.bin, "purchase", "watch", p, fair, "--every", "50ms", "--rpc", w.node.URL, "--market", w.market, "--api", api, "--keystore", w.keystore("ann"), "--password-file", filepath.Join(w.dir, "password"))
		told, err := os.Create(filepath.Join(w.dir, "watch.txt"))
		if err != nil {
			t.Fatal(err)
		}
		watching.Stdout, watching.Stderr = told, told
		if err := watching.Start(); err != nil {
			t.Fatal(err)
		}
		said := func(text string) bool {
			all, _ := os.ReadFile(told.Name())
			return strings.Contains(string(all), text)
		}
		w.eventually("watch says that nothing is ahead", 30*time.Second, func() bool {
			return said("purchase "+p+" (active): the chain has paid 0 readings, 0 were delivered, as the bridge tells\n") && said("purchase "+fair+" (active): the chain has paid 3 readings, 3 were delivered")
		})
		if err := servers.Call(t.Context(), w.node.URL, nil, "anvil_setBlockTimestampInterval", seconds); err != nil {
			t.Fatal(err)
		}
		// What had begun before the first lie is due, and nobody's program can tell that it was not delivered.
		head, err := l.m.node.HeaderByNumber(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		due := uint32(head.Time-l.purchase(bought).Start) + 1
		first := l.claims(bought)
		for at := first; at < first+overclaim.Blocks; {
			w.eventually(fmt.Sprintf("block %d is looked at", at), 30*time.Second, func() bool { return rpc.saw(at) })
			if l.purchase(bought).End != l.purchase(bought).Start+3600 {
				t.Fatalf("cancelled after %d blocks", at-first)
			}
			at = l.claims(bought)
		}
		w.eventually("the purchase is cancelled", 30*time.Second, func() bool { return l.purchase(bought).End != l.purchase(bought).Start+3600 })
		cancelled := l.head()
		l.claims(bought) // what was due until then is paid all the same
		paid := l.purchase(bought).Delivered
		w.eventually("watch says that claims are ahead, and that it is over", 30*time.Second, func() bool {
			return said(fmt.Sprintf("purchase %s (over): the chain has paid %d readings, 0 were delivered, as the bridge tells: %[2]d are claimed ahead", p, paid)) || said(fmt.Sprintf("purchase %s (closed): the chain has paid %d readings", p, paid))
		})
		_ = watching.Process.Signal(os.Interrupt)
		if err := watching.Wait(); err != nil || !said("are claimed ahead") || said("purchase "+fair+" (active): the chain has paid 3 readings, 3 were delivered, as the bridge tells:") {
			t.Errorf("watch ends with %v", err)
		}
		for _, c := range []struct {
			of   string
			code int
			says string
		}{{p, 1, fmt.Sprintf("%d are claimed ahead", paid)}, {fair, 0, "the chain has paid 3 readings, 3 "}} {
			for _, how := range [][]string{{"--api", api, "--keystore", w.keystore("ann")}, {"--state", filepath.Join(w.dir, "received", "receive.json")}} {
				if out, errs, code := w.try(append([]string{"purchase", "watch", c.of, "--once"}, how...)...); code != c.code || !strings.Contains(out, c.says) {
					t.Errorf("watch %s --once %v: exit %d\n%s%s", c.of, how, code, out, errs)
				}
			}
		}
		n := paid - due
		t.Logf("blocks of %d s, a reading each second: cancelled in the %dth block behind the first lie, which is paid %d readings that were not delivered: n = %d", seconds, cancelled-first, paid, n)
		if cancelled-first != overclaim.Blocks+1 || n > uint32(overclaim.Blocks+2)*uint32(seconds) {
			t.Errorf("cancelled after %d blocks, %d readings paid", cancelled-first, n)
		}
		if err := servers.Call(t.Context(), w.node.URL, nil, "anvil_removeBlockTimestampInterval"); err != nil {
			t.Fatal(err)
		}
		stop(program)
		w.later(5 * time.Minute)                                                                                                                              // the chain is ahead of the clock
		if _, told, code := w.try("purchase", "finish", p, "--keystore", w.keystore("bob")); code != 0 && !strings.Contains(told, "the purchase is closed") { // the bridge's last claim may have finished it
			t.Error(told)
		}
		w.as("ann", "withdraw")
		after, err := l.m.Reader.Balance(t.Context(), l.m.Rules.Token, common.HexToAddress(w.wallets["ann"]))
		if err != nil {
			t.Fatal(err)
		}
		cost := l.m.Readings(uint64(paid), 100).Wei
		if lost := before.Sub(before, after); lost.Cmp(cost) != 0 {
			t.Errorf("%s wei are gone, %d readings cost %s", lost, paid, cost)
		}
	}
	if got := w.run("purchase", "show", fair, "-o", "json"); got.text(t, "state") != "active" || strings.Contains(fmt.Sprint(got), "cancel") {
		t.Errorf("the purchase that was delivered: %v", got)
	}
	// What he holds is right, as far as he was delivered; without a line of it the chain is ahead.
	file := filepath.Join(w.dir, "received", "purchase-"+fair+".ndjson")
	if out, errs, code := w.try("readings", "verify", filepath.Dir(file)); code != 0 || !strings.Contains(out, "purchase "+fair+": 3 readings, 0 to 2, 0 repeated; the chain has paid 3: nothing is wrong") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	part := w.write("part.ndjson", string(text[:bytes.LastIndexByte(text[:len(text)-1], '\n')+1]))
	if out, errs, code := w.try("readings", "verify", part, "--via-api", api, "--rpc", ""); code != 1 || !strings.Contains(out, "the chain has paid 3 readings, 2 are stored here") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// Of readings that go elsewhere it is only said where to look, and what a bridge calls lost is named as its word.
func TestAClaimThatIsAheadSaysWhereToLook(t *testing.T) {
	for _, c := range []struct {
		v          claimedView
		says, lies string
	}{
		{claimedView{Purchase: 3, State: "active", Paid: 7, Delivered: new(uint32(7)), Destination: "store", Kind: "http"}, "7 were delivered", "store"},
		{claimedView{Purchase: 3, State: "active", Paid: 9, Delivered: new(uint32(7)), Ahead: 2, Destination: "store\x1b[2J", Kind: "http"}, "2 are claimed ahead; they go to store", "\x1b"},
		{claimedView{Purchase: 3, State: "active", Paid: 9, Delivered: new(uint32(7)), Ahead: 2, Lost: 1, Destination: "box", Kind: "pull"}, "(1 of them are said to have been sold by a ledger of the operator's that is lost: nobody shows them). `purchase cancel 3`", "box"},
		{claimedView{Purchase: 3, State: "over", Paid: 9, Stored: new(uint32(4)), Ahead: 5}, "4 are stored here: 5 are claimed ahead", "purchase cancel"},
	} {
		if text := c.v.line(); !strings.Contains(text, c.says) || strings.Contains(text, c.lies) {
			t.Errorf("%+v: %q", c.v, text)
		}
	}
}
