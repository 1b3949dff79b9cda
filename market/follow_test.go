package market

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// diary is a Book in memory that keeps a copy of its state for every block.
type diary struct {
	mu     sync.Mutex
	blocks []Folded
	states []state
}

type state struct {
	streams   map[StreamID]Stream
	purchases map[PurchaseID]Purchase
}

func (s state) Stream(id StreamID) (Stream, bool, error) { v, ok := s.streams[id]; return v, ok, nil }
func (s state) Purchase(id PurchaseID) (Purchase, bool, error) {
	v, ok := s.purchases[id]
	return v, ok, nil
}
func (d *diary) Head() (p Position, ok bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.blocks) == 0 {
		return p, false, nil
	}
	return d.blocks[len(d.blocks)-1].Position, true, nil
}

func (d *diary) At(n uint64) (Folded, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i, ok := slices.BinarySearchFunc(d.blocks, n, func(b Folded, n uint64) int { return cmp.Compare(b.Number, n) })
	if !ok {
		return Folded{}, false, nil
	}
	return d.blocks[i], true, nil
}

func (d *diary) Advance(blocks []Block, finalized uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range blocks {
		next := state{map[StreamID]Stream{}, map[PurchaseID]Purchase{}}
		if n := len(d.states); n > 0 {
			last := d.blocks[n-1]
			if b.Parent != last.Hash || b.Number <= last.Number || b.Number > last.Number+1 && b.Number > finalized {
				return errors.New("a block that does not follow")
			}
			maps.Copy(next.streams, d.states[n-1].streams)
			maps.Copy(next.purchases, d.states[n-1].purchases)
		}
		for _, ev := range b.Events {
			changes, err := Fold(next, ev)
			if err != nil {
				return err
			}
			for _, c := range changes {
				if c.Stream != nil {
					next.streams[c.Stream.ID] = *c.Stream
				} else {
					next.purchases[c.Purchase.ID] = *c.Purchase
				}
			}
		}
		d.blocks, d.states = append(d.blocks, Folded{b.Position, b.Logs}), append(d.states, next)
	}
	return nil
}

func (d *diary) Rewind(to Position) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.blocks) > 0 && d.blocks[len(d.blocks)-1].Number > to.Number {
		d.blocks, d.states = d.blocks[:len(d.blocks)-1], d.states[:len(d.states)-1]
	}
	return nil
}

// text is the folded state, to compare.
func (d *diary) text(t *testing.T) string {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.states) == 0 {
		return ""
	}
	s := d.states[len(d.states)-1]
	b, err := json.Marshal([]any{s.streams, s.purchases})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// relay is a node in front of the yard's chain that can be told to lie.
type relay struct {
	*httptest.Server
	y    *contractstest.Yard
	lie  atomic.Pointer[func(method string, result any) any] // changes an answer
	hang atomic.Bool
	end  chan struct{}
}

func newRelay(t *testing.T, y *contractstest.Yard) *relay {
	t.Helper()
	r := &relay{y: y, end: make(chan struct{})}
	r.Server = httptest.NewServer(r)
	t.Cleanup(func() { close(r.end); r.CloseClientConnections(); r.Close() })
	return r
}

type call struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params []any           `json:"params"`
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	if r.hang.Load() {
		<-r.end
		return
	}
	var batch []call
	single := !bytes.HasPrefix(bytes.TrimSpace(body), []byte("["))
	if single {
		batch = make([]call, 1)
		err = json.Unmarshal(body, &batch[0])
	} else {
		err = json.Unmarshal(body, &batch)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answers := make([]map[string]any, len(batch))
	for i, c := range batch {
		var result any
		err := r.y.RPC().CallContext(req.Context(), &result, c.Method, c.Params...)
		answers[i] = map[string]any{"jsonrpc": "2.0", "id": c.ID}
		if err != nil {
			answers[i]["error"] = map[string]any{"code": -32000, "message": err.Error()}
			continue
		}
		if lie := r.lie.Load(); lie != nil {
			result = (*lie)(c.Method, result)
		}
		answers[i]["result"] = result
	}
	w.Header().Set("Content-Type", "application/json")
	if single {
		_ = json.NewEncoder(w).Encode(answers[0])
	} else {
		_ = json.NewEncoder(w).Encode(answers)
	}
}

func follower(t *testing.T, y *contractstest.Yard, book Book, urls ...string) *Follower {
	t.Helper()
	return followerWithin(t, y, book, 300*time.Millisecond, urls...)
}

// followerWithin waits so long for an answer.
func followerWithin(t *testing.T, y *contractstest.Yard, book Book, timeout time.Duration, urls ...string) *Follower {
	t.Helper()
	nodes, err := node.New(node.Config{URLs: urls, Contract: y.D.Market, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nodes.Close)
	return NewFollower(FollowerConfig{Market: y.D.Market, Start: 1}, nodes, book, slog.New(slog.DiscardHandler))
}

// catchUp makes rounds until the head is reached.
func catchUp(t *testing.T, f *Follower) {
	t.Helper()
	for range 50 {
		more, err := f.round(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			if _, ok, _ := f.book.Head(); !ok {
				t.Fatalf("nothing was folded: %+v", f.Status())
			}
			return
		}
	}
	t.Fatal("the follower never reaches the head")
}

func head(t *testing.T, y *contractstest.Yard) uint64 {
	t.Helper()
	h, err := y.Client.HeaderByNumber(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return h.Number.Uint64()
}

func TestTheFoldIsWhatTheContractHolds(t *testing.T) {
	y := contractstest.New(t, 2, false)
	r := newRelay(t, y)
	d := &diary{}
	f := follower(t, y, d, r.URL)
	s, _ := y.List(2, 1)
	y.Buy(3, s)
	y.Buy(3, s)
	y.Skip(10 * time.Minute)
	y.Call(3, y.DM.PackCancel(1))
	y.Call(1, y.DM.PackSettle(big.NewInt(1), []contracts.Claim{{Purchase: 1, Delivered: 3}, {Purchase: 2, Delivered: 5}}, [32]byte{}))
	y.Call(2, y.DM.PackClose(s))
	catchUp(t, f)
	reader := NewReader(y.Client, y.D.Market)
	for id := PurchaseID(1); id <= 2; id++ {
		want, err := reader.Purchase(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got := d.states[len(d.states)-1].purchases[id]
		if got.Terms != (common.Hash{1}) {
			t.Errorf("purchase %d was made under terms %s", id, got.Terms)
		}
		if got.Payer != y.Addr(3) || got.Gift() {
			t.Errorf("purchase %d was paid by %s", id, got.Payer)
		}
		got.Payer = common.Address{}
		got.Block, got.RouteHash, got.Terms = 0, common.Hash{}, common.Hash{}
		if got != want {
			t.Errorf("folded %+v\non chain %+v", got, want)
		}
	}
	if got := d.states[len(d.states)-1].streams[StreamID(s)]; got.State != StreamClosed {
		t.Errorf("the stream is %s", got.State)
	}
}

func TestAfterAReorgTheBookIsAsIfItNeverWas(t *testing.T) {
	y := contractstest.New(t, 2, false)
	r := newRelay(t, y)
	d := &diary{}
	f := follower(t, y, d, r.URL)
	s, _ := y.List(2, 1)
	y.Buy(3, s)
	fork, err := y.Client.HeaderByNumber(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	nonce := y.Nonce(3)
	y.Buy(3, s) // this one will vanish
	y.Backend.Commit()
	y.Backend.Commit()
	catchUp(t, f)
	if n := len(d.states[len(d.states)-1].purchases); n != 2 {
		t.Fatalf("%d purchases before the reorg", n)
	}

	if err := y.Backend.Fork(fork.Hash()); err != nil {
		t.Fatal(err)
	}
	y.Replace(3, nonce) // the same nonce, dearer: the purchase cannot come back
	for range 4 {
		y.Backend.Commit()
	}
	catchUp(t, f)
	fresh := &diary{}
	catchUp(t, follower(t, y, fresh, r.URL))
	if d.text(t) != fresh.text(t) || len(d.states[len(d.states)-1].purchases) != 1 {
		t.Errorf("after the reorg\n%s\nfrom scratch\n%s", d.text(t), fresh.text(t))
	}
	if f.Status().Reorgs != 1 {
		t.Errorf("%d reorgs counted", f.Status().Reorgs)
	}
}

func TestANodeThatHidesLogsIsNotBelieved(t *testing.T) {
	y := contractstest.New(t, 2, false)
	liar, honest := newRelay(t, y), newRelay(t, y)
	s, _ := y.List(2, 1)
	y.Buy(3, s)
	hide := func(method string, result any) any {
		if method == "eth_getLogs" {
			return []any{}
		}
		return result
	}
	liar.lie.Store(&hide)
	d := &diary{}
	f := followerWithin(t, y, d, 30*time.Second, liar.URL)
	catchUp(t, f)
	if len(d.states[len(d.states)-1].purchases) != 1 {
		t.Error("the receipts prove a purchase, and it was not folded")
	}
	if st := f.Status().Nodes[0]; st.State != node.Untrue || !strings.Contains(st.LastError, "receipts prove") {
		t.Errorf("%+v", st)
	}
	both := &diary{}
	catchUp(t, followerWithin(t, y, both, 30*time.Second, liar.URL, honest.URL))
	if len(both.states) == 0 || len(both.states[len(both.states)-1].purchases) != 1 {
		t.Error("with an honest node beside it, the purchase is not found")
	}
}

func TestANodeThatHangsOrIsBehindIsPassedOver(t *testing.T) {
	y := contractstest.New(t, 2, false)
	first, second := newRelay(t, y), newRelay(t, y)
	d := &diary{}
	f := follower(t, y, d, first.URL, second.URL)
	s, _ := y.List(2, 1)
	catchUp(t, f)
	first.hang.Store(true)
	y.Buy(3, s)
	catchUp(t, f)
	if len(d.states[len(d.states)-1].purchases) != 1 {
		t.Error("the purchase is not seen while the first node hangs")
	}
	if st := f.Status().Nodes[0]; st.State != node.Unreachable {
		t.Errorf("%+v", st)
	}
	first.hang.Store(false)
	old := hexutil.EncodeUint64(head(t, y) - 2)
	behind := func(method string, result any) any {
		if b, ok := result.(map[string]any); ok && method == "eth_getBlockByNumber" && b["number"] == hexutil.EncodeUint64(head(t, y)) {
			var h any
			if err := y.RPC().CallContext(context.Background(), &h, method, old, false); err == nil {
				return h
			}
		}
		return result
	}
	first.lie.Store(&behind)
	f = follower(t, y, d, first.URL, second.URL)
	catchUp(t, f)
	if st := f.Status().Nodes[0]; st.State != node.Behind || f.Status().Reorgs != 0 {
		t.Errorf("%+v, %d reorgs", st, f.Status().Reorgs)
	}
}

func TestANodeOfAnotherChainIsRefusedAtOnce(t *testing.T) {
	y := contractstest.New(t, 0, false)
	r := newRelay(t, y)
	for want, change := range map[error]func(*node.Config){
		node.ErrWrongChain:   func(c *node.Config) { c.ChainID = 424242 },
		node.ErrWrongGenesis: func(c *node.Config) { c.Genesis = common.Hash{1} },
		node.ErrNoContract:   func(c *node.Config) { c.Contract = common.Address{0xaa} },
	} {
		cfg := node.Config{URLs: []string{r.URL}, Contract: y.D.Market}
		change(&cfg)
		nodes, err := node.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := nodes.Check(t.Context()); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
		nodes.Close()
	}
}

func TestAnErrorShowsNoKeyOfAURL(t *testing.T) {
	nodes, err := node.New(node.Config{URLs: []string{"http://127.0.0.1:1/v3/secret-key"}})
	if err != nil {
		t.Fatal(err)
	}
	f := NewFollower(FollowerConfig{}, nodes, &diary{}, slog.New(slog.DiscardHandler))
	if _, err := f.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := f.Status().Nodes[0]; strings.Contains(fmt.Sprint(st), "secret-key") || st.State != node.Unreachable {
		t.Errorf("%+v", st)
	}
}
