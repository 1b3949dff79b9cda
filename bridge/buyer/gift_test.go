package buyer

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// storage is what a buyer's server got, by purchase.
type storage struct {
	mu  sync.Mutex
	got map[market.PurchaseID]int
}

func (s *storage) of(p market.PurchaseID) int { s.mu.Lock(); defer s.mu.Unlock(); return s.got[p] }

// stores sets a buyer's default destination to a server of his.
func stores(t *testing.T, b *Desk, who common.Address) (s *storage, v api.DestinationView) {
	t.Helper()
	s = &storage{got: map[market.PurchaseID]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var one struct{ Purchase market.PurchaseID }
		if err := json.NewDecoder(r.Body).Decode(&one); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.got[one.Purchase]++
	}))
	t.Cleanup(server.Close)
	v, err := b.SetDestination(who, "", "store", api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"` + server.URL + `"}`)})
	if err != nil || !v.Default {
		t.Fatal(v, err)
	}
	return s, v
}

// street is a shop whose chain a test goes on with.
type street struct {
	*testing.T
	b     *Desk
	chain *ledgertest.Chain
	f     uint32
}

func newStreet(t *testing.T) *street {
	b, _, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	t.Cleanup(stop)
	s := &street{T: t, b: b, chain: &ledgertest.Chain{}}
	s.chain.Mine(ledgertest.Listed(1, 1), ledgertest.Purchased(1, 1, 1, 1_000, 50_000)) // as the shop has
	s.chain.Mine()
	return s
}

func (s *street) fold(events ...any) {
	s.Helper()
	if err := s.b.ledger.Advance([]market.Block{s.chain.Mine(events...)}, 0); err != nil {
		s.Fatal(err)
	}
	head := s.chain.Head()
	head.Time = 40_000
	s.b.index.SetHead(head, time.Now())
	s.b.Folded()
}

func (s *street) post() {
	s.Helper()
	done := make(chan error, 1)
	r := lorawan.Reading{Network: "n", Session: "s", DevEUI: ledgertest.Dev(1), FCnt: s.f, FPort: 1, Received: time.Unix(2_000, 0), Counted: time.Unix(40_000, 0), Data: []byte{1}}
	s.f++
	s.b.ledger.Ingest(&r, func(out ledger.Outcome, err error) {
		s.b.Posted(out.Parcels)
		done <- err
	})
	if err := <-done; err != nil {
		s.Fatal(err)
	}
}

// A stranger who buys for somebody writes nothing into his storage: not by his default, nor by
// the route hash of a purchase of his, which anybody reads on chain. He says so himself.
func TestAGiftGoesNowhereUntilItsBuyerSaysWhere(t *testing.T) {
	s := newStreet(t)
	store, v := stores(t, s.b, ann)
	own, gift, aimed := ledgertest.Purchased(2, 1, 1, 1_000, 50_000), ledgertest.Purchased(3, 1, 1, 1_000, 50_000), ledgertest.Purchased(4, 1, 1, 1_000, 50_000)
	gift.Payer, aimed.Payer = mallory, mallory
	own.RouteHash, aimed.RouteHash = v.RouteHash, v.RouteHash
	s.fold(own, gift, aimed)
	for range 3 {
		s.post()
	}
	eventually(t, "what she bought arrives", func() bool { return store.of(1) == 3 && store.of(2) == 3 })
	for _, p := range []market.PurchaseID{3, 4} {
		d, err := s.b.Delivery(p)
		if err != nil || d.Gift == nil || *d.Gift != mallory || d.Destination != "" || d.Queue != "unrouted" || d.Waiting != 3 || !strings.Contains(d.Why, "destination use") {
			t.Errorf("the gift %d: %+v (%v)", p, d, err)
		}
		if n := store.of(p); n != 0 {
			t.Errorf("%d readings of the gift %d arrived", n, p)
		}
	}
	if d, err := s.b.Delivery(2); err != nil || d.Gift != nil {
		t.Errorf("her own purchase is a gift: %+v (%v)", d, err)
	}
	if page, err := s.b.Pull(t.Context(), 4, "", 100); err != nil || len(page.Readings) != 3 {
		t.Errorf("a gift that goes nowhere cannot be fetched: %+v (%v)", page, err)
	}
	if err := s.b.RoutePurchase(3, "store"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "then it arrives", func() bool { return store.of(3) == 3 })
	if store.of(4) != 0 {
		t.Error("and the other as well")
	}
}

// The chain takes a purchase back and gives its number to another buyer's: nothing of his goes
// to the first one's storage, or feed, though that is where the number's readings went.
func TestAfterAReorgAPurchaseGoesWhereItsBuyerWants(t *testing.T) {
	s := newStreet(t)
	hers, _ := stores(t, s.b, ann)
	his, _ := stores(t, s.b, mallory)
	s.fold(ledgertest.Purchased(2, 1, 1, 1_000, 50_000))
	s.post()
	eventually(t, "hers arrives", func() bool { return hers.of(2) == 1 })
	f, err := s.b.Follow(t.Context(), 2, "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := s.b.ledger.Rewind(s.chain.Fork(1)); err != nil {
		t.Fatal(err)
	}
	s.b.Rewound()
	s.b.Folded()
	s.fold(ledgertest.Purchased(2, 1, 2, 1_000, 50_000))
	for range 3 {
		s.post()
	}
	s.fold()
	eventually(t, "his arrives at his", func() bool { return his.of(2) == 3 })
	if n := hers.of(2); n != 1 {
		t.Errorf("%d readings of his went to her", n-1)
	}
	if page, err := f.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("her feed goes on with what is his: %+v (%v)", page, err)
	}
	if slices.ContainsFunc(s.b.health.List(), func(c health.Condition) bool { return c.Code == "destination_failing" }) {
		t.Error("a destination is called failing")
	}
}

// A gift that a reorg makes a purchase of the buyer's own, and the other way round.
func TestAReorgChangesWhatIsAGift(t *testing.T) {
	s := newStreet(t)
	store, _ := stores(t, s.b, ann)
	gift := ledgertest.Purchased(2, 1, 1, 1_000, 50_000)
	gift.Payer = mallory
	s.fold(ledgertest.Purchased(2, 1, 1, 1_000, 50_000))
	s.post()
	eventually(t, "hers arrives", func() bool { return store.of(2) == 1 })
	again := func(body any) {
		t.Helper()
		if err := s.b.ledger.Rewind(s.chain.Fork(1)); err != nil {
			t.Fatal(err)
		}
		s.b.Rewound()
		s.b.Folded()
		s.fold(body)
	}
	again(gift)
	for range 3 {
		s.post()
	}
	eventually(t, "it waits", func() bool { d, err := s.b.Delivery(2); return err == nil && d.Waiting == 3 && d.Queue == "unrouted" })
	if n := store.of(2); n != 1 {
		t.Errorf("%d readings of a gift arrived", n-1)
	}
	again(ledgertest.Purchased(2, 1, 1, 1_000, 50_000))
	s.post()
	eventually(t, "what is her own goes on", func() bool { return store.of(2) >= 2 })
}
