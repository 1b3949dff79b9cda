package buyer

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// thief buys much, reads all he is shown, and pays if told to.
type thief struct {
	*testing.T
	path  string
	b     *Desk
	chain *ledgertest.Chain
	stop  func()
	his   []market.PurchaseID // not cancelled
	last  market.PurchaseID
	f     uint32
	seen  map[delivery.ParcelKey]bool
	paid  int
	shown map[market.PurchaseID]string // the last cursor
}

var mallory = common.Address{0xbb, 2}

func newThief(t *testing.T) *thief {
	r := &thief{T: t, path: filepath.Join(t.TempDir(), "ledger.db"), chain: &ledgertest.Chain{}, last: 1, seen: map[delivery.ParcelKey]bool{}, shown: map[market.PurchaseID]string{}}
	r.b, _, r.stop = shop(t, r.path)
	r.chain.Mine(ledgertest.Listed(1, 1), ledgertest.Purchased(1, 1, 1, 1_000, 50_000)) // as the shop has
	r.chain.Mine()
	return r
}

func (r *thief) fold(events ...any) {
	r.Helper()
	if err := r.b.ledger.Advance([]market.Block{r.chain.Mine(events...)}, 0); err != nil {
		r.Fatal(err)
	}
	head := r.chain.Head()
	head.Time = 40_000
	r.b.index.SetHead(head, time.Now())
	r.b.Folded()
}

func (r *thief) buy(n int) {
	r.Helper()
	var events []any
	for range n {
		r.last++
		r.his = append(r.his, r.last)
		events = append(events, ledgertest.Purchased(uint64(r.last), 1, 2, 1_000, 50_000))
	}
	r.fold(events...)
}

// cancel has all his purchases end and be finished.
func (r *thief) cancel() {
	r.Helper()
	var events []any
	for _, p := range r.his {
		events = append(events, &contracts.DataMarketFinished{Purchase: uint64(p)})
	}
	r.his = nil
	r.fold(events...)
}

func (r *thief) restart() {
	r.Helper()
	r.stop()
	r.b, _, r.stop = shop(r.T, r.path)
}

// post takes n readings in, each for all purchases.
func (r *thief) post(n int) {
	r.Helper()
	for range n {
		done := make(chan error, 1)
		one := lorawan.Reading{Network: "n", Session: "s", DevEUI: ledgertest.Dev(1), FCnt: r.f, FPort: 1, Received: time.Unix(2_000, 0), Counted: time.Unix(40_000, 0), Data: []byte{byte(r.f)}}
		r.f++
		r.b.ledger.Ingest(&one, func(out ledger.Outcome, err error) {
			if err == nil && len(out.Parcels) != len(r.his)+1 {
				err = fmt.Errorf("%d parcels for %d purchases", len(out.Parcels), len(r.his)+1)
			}
			r.b.Posted(out.Parcels)
			done <- err
		})
		if err := <-done; err != nil {
			r.Fatal(err)
		}
	}
}

func (r *thief) note(page api.Page, p market.PurchaseID) {
	for _, one := range page.Readings {
		r.seen[delivery.ParcelKey{Purchase: p, Seq: one.Seq}] = true
	}
	r.shown[p] = page.Cursor
	r.paid += page.Acknowledged
}

// read looks at every purchase in every way there is.
func (r *thief) read(after func(market.PurchaseID) string) {
	r.Helper()
	for _, p := range r.his {
		page, err := r.b.Pull(r.Context(), p, after(p), 100)
		if err != nil {
			r.Fatal(err)
		}
		r.note(page, p)
		if after(p) != "" {
			continue
		}
		f, err := r.b.Follow(r.Context(), p, "-")
		if err != nil {
			r.Fatal(err)
		}
		for range 5 {
			page, err := f.(*feed).look(r.Context())
			if err != nil {
				r.Fatal(err)
			}
			r.note(page, p)
		}
		f.Close()
	}
}

func first(market.PurchaseID) string { return "" }

// Who never acknowledges is shown few readings, whatever he buys, cancels, and buys again, and
// however often the bridge begins anew.
func TestWhoNeverAcknowledgesReadsFewHoweverMuchHeBuys(t *testing.T) {
	r := newThief(t)
	defer func() { r.stop() }()
	for range 4 {
		r.buy(20)
		r.post(60)
		r.read(first)
		r.restart()
		r.read(first)
		r.cancel()
		r.read(first)
	}
	if len(r.seen) != delivery.CreditFirst {
		t.Errorf("of 80 purchases with 60 readings each, not one paid, he saw %d readings; %d are meant", len(r.seen), delivery.CreditFirst)
	}
	r.buy(1)
	r.post(3)
	p := r.his[0]
	page, err := r.b.Pull(t.Context(), p, "", 100)
	if err != nil || len(page.Readings) != 0 || page.Withheld != 3 {
		t.Errorf("then %+v (%v)", page, err)
	}
	if v, err := r.b.Delivery(p); err != nil || v.Why == "" || v.Waiting != 3 {
		t.Errorf("he is not told why: %+v (%v)", v, err)
	}
	if page, err := r.b.Pull(t.Context(), 1, "", 100); err != nil || len(page.Readings) != 50 {
		t.Errorf("ann, who owes nothing, is shown %d (%v)", len(page.Readings), err)
	}
}

// Who has paid for much is not shown much for nothing either.
func TestWhoHasPaidReadsNoMoreThanAHundredForNothing(t *testing.T) {
	r := newThief(t)
	defer func() { r.stop() }()
	r.buy(10)
	r.post(60)
	for r.paid < 10*60 {
		before := r.paid
		r.read(first)
		r.read(func(p market.PurchaseID) string { return r.shown[p] })
		if r.paid == before {
			t.Fatalf("he acknowledges all he sees, and gets no further than %d", r.paid)
		}
	}
	if unpaid := len(r.seen) - r.paid; unpaid != 0 || r.paid != 600 {
		t.Fatalf("%d seen, %d paid", len(r.seen), r.paid)
	}
	r.restart()
	for range 3 {
		r.buy(10)
		r.post(60)
		r.read(first)
		r.restart()
		r.read(first)
		r.cancel()
	}
	if unpaid := len(r.seen) - r.paid; unpaid != delivery.CreditDoubt {
		t.Errorf("he saw %d readings that he never paid; %d are meant", unpaid, delivery.CreditDoubt)
	}
}

// A reading whose purchase is over cannot be paid for: that it is acknowledged then clears no
// debt, or its reader would read for nothing from one end of a purchase to the next.
func TestWhatIsAcknowledgedTooLateStaysOwed(t *testing.T) {
	r := newThief(t)
	defer func() { r.stop() }()
	r.buy(1)
	r.post(20)
	p := r.his[0]
	r.read(first)
	if len(r.seen) != delivery.CreditFirst/2 {
		t.Fatalf("%d seen", len(r.seen))
	}
	r.cancel()
	dropped := make(chan error, 1)
	r.b.ledger.Drop(p, []uint32{0, 1, 2, 3, 4}, delivery.Reason{Code: delivery.CodeUncovered}, func(err error) { dropped <- err })
	if err := <-dropped; err != nil {
		t.Fatal(err)
	}
	page, err := r.b.Pull(t.Context(), p, r.shown[p], 100)
	if err != nil || page.Acknowledged != 0 {
		t.Errorf("%+v (%v)", page, err)
	}
	r.buy(3)
	r.post(20)
	r.read(first)
	if len(r.seen) != delivery.CreditFirst {
		t.Errorf("then he has seen %d, %d are meant", len(r.seen), delivery.CreditFirst)
	}
	r.restart()
	if d, err := r.b.ledger.Debt(mallory); err != nil || len(d.Owed) != delivery.CreditFirst || d.Taken != 0 {
		t.Errorf("he owes %+v (%v)", d, err)
	}
}

// Who lets readings wait until nobody can claim them any more is shown no others, and what he
// acknowledges then is no payment: it stays owed.
func TestWhatNobodyCanClaimIsNeitherShownNorTaken(t *testing.T) {
	r := newThief(t)
	defer func() { r.stop() }()
	r.buy(1)
	r.post(20)
	r.read(first)
	r.b.index.ClaimWithin(800)
	over := market.Position{Number: r.chain.Head().Number, Hash: r.chain.Head().Hash, Time: 51_000 + 800 - 100} // the purchases end at 51,000
	r.b.index.SetHead(over, time.Now())
	page, err := r.b.Pull(t.Context(), r.his[0], r.shown[r.his[0]], 100)
	if err != nil || page.Acknowledged != 0 || len(page.Readings) != 0 {
		t.Errorf("in the last eighth of the claim window: %+v (%v)", page, err)
	}
	r.read(first)
	if len(r.seen) != delivery.CreditFirst/2 || r.paid != 0 {
		t.Errorf("%d seen, %d taken", len(r.seen), r.paid)
	}
	if d, err := r.b.ledger.Debt(mallory); err != nil || len(d.Owed) != delivery.CreditFirst/2 || d.Taken != 0 {
		t.Errorf("he owes %+v (%v)", d, err)
	}
}

// What is acknowledged is owed no more, on disk too, in the commit that makes the receipt.
func TestAReceiptEndsTheDebt(t *testing.T) {
	r := newThief(t)
	defer func() { r.stop() }()
	r.buy(1)
	r.post(20)
	r.read(first)
	if d, err := r.b.ledger.Debt(mallory); err != nil || len(d.Owed) != delivery.CreditFirst/2 {
		t.Fatalf("shown, he owes %+v (%v)", d, err)
	}
	r.read(func(p market.PurchaseID) string { return r.shown[p] })
	r.restart()
	d, err := r.b.ledger.Debt(mallory)
	if err != nil || r.paid != delivery.CreditFirst/2 {
		t.Fatal(r.paid, err)
	}
	for _, k := range d.Owed {
		if k.Seq < uint32(r.paid) {
			t.Errorf("reading %d is paid and owed", k.Seq)
		}
	}
}
