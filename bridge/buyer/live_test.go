package buyer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// next is the next page of a feed, or nil if nothing comes.
func next(t *testing.T, f api.Feed, within time.Duration) *api.Page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	page, err := f.Next(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return &page
}

func follow(t *testing.T, b *Desk, after string) *feed {
	t.Helper()
	f, err := b.Follow(t.Context(), 1, after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f.(*feed)
}

func receipts(t *testing.T, b *Desk) uint32 {
	t.Helper()
	d, _, err := b.ledger.Delivery(1)
	if err != nil {
		t.Fatal(err)
	}
	return d.Receipts
}

const soon, never = 60 * time.Second, 100 * time.Millisecond

// Readings that are pulled show as they come, each once, fifty at most; the cursor a
// reader comes back with is his receipt, and who comes back without sees the same again.
func TestAFeedShowsWhatComesAndNoMoreThanIsAcknowledged(t *testing.T) {
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	if _, err := b.SetDestination(ann, "", "box", api.DestinationInput{Kind: "pull", Config: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	f := follow(t, b, "")
	if f.Cursor() != "-" || next(t, f, never) != nil {
		t.Fatal("nothing was posted")
	}
	var bodies []string
	for i := range uint32(3) {
		bodies = append(bodies, string(post(i).Body))
		if page := next(t, f, soon); page == nil || len(page.Readings) != 1 || page.Readings[0].Body != bodies[i] || page.Cursor != fmt.Sprint(i) || page.Readings[0].Acknowledged || page.Signature == "" {
			t.Fatalf("reading %d: %+v", i, page)
		}
	}
	if receipts(t, b) != 0 {
		t.Fatal("what was shown is paid")
	}
	if page, err := b.Pull(t.Context(), 1, "1", 0); err != nil || page.Acknowledged != 2 || next(t, f, never) != nil {
		t.Fatalf("acknowledged beside the feed: %+v %v", page, err)
	}
	for i := range uint32(250) {
		post(3 + i)
	}
	shownTo := func(f *feed) (seqs []uint32, cursor string) {
		for {
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			page, err := f.Next(ctx)
			cancel()
			if errors.Is(err, io.EOF) {
				return seqs, cursor
			}
			if err != nil || len(page.Readings) > livePage {
				t.Fatal(len(page.Readings), err)
			}
			for _, r := range page.Readings {
				seqs = append(seqs, r.Seq)
			}
			cursor = page.Cursor
		}
	}
	seqs, _ := shownTo(f) // it has shown seq 2 before
	if len(seqs) != 49 || seqs[0] != 3 || seqs[48] != 51 || receipts(t, b) != 2 {
		t.Fatalf("%d shown, %d receipts", len(seqs), receipts(t, b))
	}
	again, cursor := shownTo(follow(t, b, ""))
	if len(again) != 50 || again[0] != 2 || again[49] != 51 || receipts(t, b) != 2 {
		t.Fatalf("without a cursor: %d shown, %d receipts", len(again), receipts(t, b))
	}
	g := follow(t, b, cursor)
	if receipts(t, b) != 52 {
		t.Fatalf("with the last cursor: %d receipts", receipts(t, b))
	}
	if then, _ := shownTo(g); len(then) != 50 || then[0] != 52 {
		t.Fatalf("then %d from %d", len(then), then[0])
	}
	if whole := next(t, follow(t, b, "-"), soon); whole.Readings[0].Seq != 0 || !whole.Readings[0].Acknowledged {
		t.Errorf("from the beginning: %+v", whole.Readings[0])
	}
	if _, err := b.Follow(t.Context(), 1, "x"); !errors.Is(err, api.ErrRefused) {
		t.Errorf("a cursor that is none: %v", err)
	}
}

func TestAFeedEndsWhenSomethingWaitsTooLongForItsReader(t *testing.T) {
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	f := follow(t, b, "")
	post(0)
	if next(t, f, soon) == nil || next(t, f, never) != nil {
		t.Fatal("one comes, and no more")
	}
	f.mine[0] = f.mine[0].Add(-ackWait)
	if _, err := f.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	g := follow(t, b, "0")
	if next(t, g, never) != nil || receipts(t, b) != 1 {
		t.Error("who comes back acknowledges")
	}
}

// The feed of a purchase whose readings are sent shows those that have arrived, and makes no
// receipt whatever cursor it is given.
func TestAFeedOfAPushedPurchaseShowsWhatHasArrived(t *testing.T) {
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	gate := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(gate)
	if _, err := b.SetDestination(ann, "", "store", api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"` + server.URL + `"}`)}); err != nil {
		t.Fatal(err)
	}
	gate <- struct{}{}
	post(0)
	eventually(t, "the first arrives", func() bool { return receipts(t, b) == 1 })
	f := follow(t, b, "")
	if f.Cursor() != "0" {
		t.Errorf("it begins at %s", f.Cursor())
	}
	second := post(1)
	if page := next(t, f, never); page != nil {
		t.Fatalf("on its way, and shown: %+v", page)
	}
	for _, any := range []string{"0", "1", "4294967295"} {
		if page := next(t, follow(t, b, any), never); page != nil || receipts(t, b) != 1 {
			t.Fatalf("from %s: %+v, %d receipts", any, page, receipts(t, b))
		}
	}
	gate <- struct{}{}
	page := next(t, f, liveLook/2) // a bell, not a look
	if page == nil || len(page.Readings) != 1 || page.Readings[0].Body != string(second.Body) || !page.Readings[0].Acknowledged || page.Unacknowledged != 0 {
		t.Fatalf("%+v", page)
	}
	if page := next(t, follow(t, b, "-"), soon); page == nil || len(page.Readings) != 2 || receipts(t, b) != 2 {
		t.Errorf("from the beginning: %+v, %d receipts", page, receipts(t, b))
	}
}

// sold gives the purchases of the ledger to one wallet.
type sold struct {
	api.Purchases
	buyer common.Address
}

func (s sold) Purchase(p market.PurchaseID) (market.Purchase, bool, error) {
	one, ok, err := s.Purchases.Purchase(p)
	one.Buyer = s.buyer
	return one, ok, err
}

// named says whose bridge it is.
type named struct{ api.Reporter }

func (named) Operator() api.OperatorInfo { return api.OperatorInfo{ChainID: 31337} }
func (named) Clock() time.Time           { return time.Now() }

// publicAPI serves a shop's API to the buyer who signs in, as a bridge does.
func publicAPI(t *testing.T, b *Desk) (*httptest.Server, *api.Client) {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	who := crypto.PubkeyToAddress(key.PublicKey)
	all := api.Backend{Reporter: named{}, Puller: b, Destinations: b, Purchases: sold{b.ledger, who}}
	s := api.New(all, "https://bridge.example", slog.New(slog.DiscardHandler))
	h := httptest.NewUnstartedServer(s.Public())
	h.Config.ReadTimeout, h.Config.WriteTimeout = 15*time.Second, 90*time.Second
	h.Start()
	t.Cleanup(h.Close)
	t.Cleanup(s.EndFeeds)
	c := api.NewClient(h.URL, "")
	if err := c.SignIn(t.Context(), signer{who, func(d common.Hash) ([]byte, error) { return crypto.Sign(d[:], key) }}); err != nil {
		t.Fatal(err)
	}
	return h, c
}

type signer struct {
	who  common.Address
	sign func(common.Hash) ([]byte, error)
}

func (s signer) Address() common.Address                { return s.who }
func (s signer) SignHash(d common.Hash) ([]byte, error) { return s.sign(d) }

// The EventSource of npm, behind nginx as it comes: it gets every reading while its
// connections are cut and ended, and what it got is acknowledged by its coming back.
func TestAnOffTheShelfClientFollowsThroughNginx(t *testing.T) {
	program := filepath.Join(servers.Fragment(t, "follow.mjs"), "follow.mjs")
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	h, c := publicAPI(t, b)
	proxy := servers.Nginx(t, h.Listener.Addr().(*net.TCPAddr).String())
	node := exec.Command("node", program, proxy.URL+"/v1/purchases/1/live")
	node.Env = append(os.Environ(), "SESSION="+c.Token)
	says, err := node.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	starts, got := []string{}, map[uint32]string{}
	var reading sync.WaitGroup
	each := func(r io.Reader, do func(line string)) {
		reading.Go(func() {
			for lines := bufio.NewScanner(r); lines.Scan(); {
				mu.Lock()
				do(lines.Text())
				mu.Unlock()
			}
		})
	}
	each(says, func(line string) {
		if at, ok := strings.CutPrefix(line, "it begins behind "); ok {
			starts = append(starts, at)
		}
	})
	each(out, func(line string) {
		var one struct{ Seq uint32 }
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Error(err)
		}
		got[one.Seq] = line
	})
	t.Cleanup(func() { _ = node.Process.Kill(); reading.Wait(); _ = node.Wait() })
	have := func() int { mu.Lock(); defer mu.Unlock(); return len(got) }
	begun := func() int { mu.Lock(); defer mu.Unlock(); return len(starts) }
	within := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("never: %s (%d readings, starts %v, %d receipts)", what, have(), starts, receipts(t, b))
			}
		}
	}
	within("it begins", func() bool { return begun() == 1 })
	var bodies []string
	send := func(n int) {
		for range n {
			bodies = append(bodies, string(post(uint32(len(bodies))).Body))
		}
	}
	send(1)
	within("the first comes while the answer goes on: nothing keeps it back", func() bool { return have() == 1 && begun() == 1 })
	send(9)
	within("ten come", func() bool { return have() == 10 })
	h.CloseClientConnections()
	send(200)
	within("it comes back by itself, again and again, and has all", func() bool { return have() == len(bodies) })
	h.CloseClientConnections()
	within("what it has is acknowledged", func() bool { return receipts(t, b) == uint32(len(bodies)) })
	mu.Lock()
	defer mu.Unlock()
	for i, body := range bodies {
		if got[uint32(i)] != body {
			t.Errorf("reading %d is %q", i, got[uint32(i)])
		}
	}
	if starts[0] != "-" || !slices.Contains(starts, "9") {
		t.Errorf("it began at %v", starts)
	}
}
