package ledger_test

import (
	"math/big"
	"path/filepath"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// crowd is a ledger of 16 MiB, one buyer (purchase 1) whose readings are taken as they come, and
// others who take nothing.
type crowd struct {
	*testing.T
	path string
	o    ledger.Options
	l    *ledger.Ledger
	c    *ledgertest.Chain
	f    uint32
	last uint64
	of   map[market.PurchaseID][]delivery.Parcel // that wait
}

const crowded = 16 << 20

func newCrowd(t *testing.T) *crowd {
	r := &crowd{T: t, path: filepath.Join(t.TempDir(), "ledger.db"), o: ledgertest.Options(), c: &ledgertest.Chain{}, last: 1, of: map[market.PurchaseID][]delivery.Parcel{}}
	r.o.MaxSize = crowded
	r.l = ledgertest.Open(t, r.path, r.o)
	ok(t, r.l.PutDevice(ledgertest.Device(1)))
	advance(t, r.l, 0, r.c.Mine(ledgertest.Listed(1, 1), ledgertest.Purchased(1, 1, 1, 1_000, 50_000)))
	return r
}

// buy makes n purchases, each of another account, and gives the number of the first.
func (r *crowd) buy(n int) uint64 {
	r.Helper()
	var events []any
	for range n {
		r.last++
		p := ledgertest.Purchased(r.last, 1, 0, 1_000, 50_000)
		p.Buyer = buyerOf(r.last)
		p.Payer = p.Buyer
		events = append(events, p)
	}
	advance(r.T, r.l, 0, r.c.Mine(events...))
	return r.last - uint64(n) + 1
}

func buyerOf(p uint64) common.Address { return common.Address{0xcc, byte(p >> 8), byte(p)} }

// take takes n readings in; those of purchase 1 are delivered at once.
func (r *crowd) take(n int) (untaken int) {
	r.Helper()
	for range n {
		one := uplink(1, r.f, 5_900)
		one.Counted = time.Unix(45_000, 0)
		one.Data = make([]byte, 2_400)
		r.f++
		done := make(chan error, 1)
		var out ledger.Outcome
		r.l.Ingest(one, func(o ledger.Outcome, err error) { out = o; done <- err })
		if err := <-done; err != nil {
			r.Fatalf("reading %d: intake stops for everybody: %v", r.f, err)
		}
		paying := false
		for _, p := range out.Parcels {
			if p.Purchase == 1 {
				paying = true
				deliver(r.T, r.l, p)
				continue
			}
			r.of[p.Purchase] = append(r.of[p.Purchase], p)
		}
		if !paying {
			r.Fatalf("reading %d is not stored for the buyer who takes his: %+v", r.f, out)
		}
		untaken += out.Untaken
	}
	return untaken
}

func (r *crowd) bytes() (n int) {
	for _, all := range r.of {
		for _, p := range all {
			n += len(p.Body)
		}
	}
	return n
}

// F2: buyers who took nothing had 5,356 readings wait at no cost, until nothing was taken in for
// anybody.
func TestWhoTakesNothingFillsNoLedger(t *testing.T) {
	t.Parallel()
	r := newCrowd(t)
	r.buy(60)
	untaken := r.take(100) // 60 × 100 of 4 kB would be more than the ledger
	if n := r.bytes(); untaken == 0 || n > crowded/8 || n < crowded/32 {
		t.Errorf("%d bytes wait, an eighth of %d may; %d readings were not stored", n, crowded, untaken)
	}
	if is, _ := r.l.Fullness(); is != ledger.Ample {
		t.Errorf("fullness %d", is)
	}
	most, least := 0, 1<<30
	for p := market.PurchaseID(2); p <= 61; p++ {
		most, least = max(most, len(r.of[p])), min(least, len(r.of[p]))
	}
	if least < 5 || most > least+2 {
		t.Errorf("of one %d readings wait, of another %d", least, most)
	}
	d, _, err := r.l.Delivery(2)
	ok(t, err)
	if int(d.Untaken) != 100-len(r.of[2]) || int(d.Posted) != len(r.of[2]) || !r.l.Untaken(buyerOf(2)).Bound {
		t.Errorf("%+v, %d wait", d, len(r.of[2]))
	}
	if s := must[ledger.Stats](t)(r.l.Stats()); int(s.Untaken) != untaken {
		t.Errorf("%d are counted, %d were not stored", s.Untaken, untaken)
	}
	if _, bound := r.l.AllUntaken(); bound != 60 {
		t.Errorf("%d buyers count as bound", bound)
	}

	// Who comes next has something, though others have much.
	late := market.PurchaseID(r.buy(1))
	if r.take(10); len(r.of[late]) < 3 {
		t.Errorf("of a newcomer %d readings wait", len(r.of[late]))
	}
	if u := r.l.Untaken(common.Address{0xbb, 1}); u.Stored != 0 || u.Bound {
		t.Errorf("the buyer who takes his: %+v", u)
	}

	// Who takes some has more stored, and the bounds outlive a restart.
	ledgertest.Close(t, r.l)
	r.l = ledgertest.Open(t, r.path, r.o)
	before := len(r.of[3])
	deliver(t, r.l, r.of[3]...)
	r.of[3] = nil
	if r.take(3 * before); len(r.of[3]) != 3*before {
		t.Errorf("who took %d readings has %d stored of %d", before, len(r.of[3]), 3*before)
	}
	if n := len(r.of[4]); n > most+1 {
		t.Errorf("after a restart %d readings wait of one who took none, %d did before", n, most)
	}
}

// What nobody is paid for is dropped from a full ledger too, which goes on by it.
func TestAFullLedgerDropsWhatNobodyIsPaidFor(t *testing.T) {
	t.Parallel()
	o := ledgertest.Options()
	o.MaxSize = 2 << 20
	l := ledgertest.New(t, o)
	c := begin(t, l)
	brim(t, l, 0)
	becomes(t, l, ledger.Reserved)
	left := len(waiting(t, l, 1))
	advance(t, l, 0, c.Mine(&contracts.DataMarketFinished{Purchase: 1}))
	for more := true; more; {
		more = must[bool](t)(l.DropOver())
	}
	if n := len(waiting(t, l, 1)); left < 10 || n != 0 {
		t.Errorf("%d of %d readings are left", n, left)
	}
	becomes(t, l, ledger.Ample)
}

// What nobody can be paid for any more leaves the ledger soon: of purchases that are closed, or whose
// claim window is over. What still can be stays.
func TestWhatNobodyIsPaidForIsDropped(t *testing.T) {
	t.Parallel()
	r := newCrowd(t)
	r.buy(3)
	r.take(10)
	if park(r.l, 2, 3) != nil {
		t.Fatal("not parked")
	}
	dropped := func() {
		t.Helper()
		for more := true; more; {
			var err error
			if more, err = r.l.DropOver(); err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func(p market.PurchaseID) int {
		t.Helper()
		d, _, err := r.l.Delivery(p)
		ok(t, err)
		return int(d.Waiting + d.Parked)
	}
	dropped()
	for p := market.PurchaseID(2); p <= 4; p++ {
		if left(p) != 10 {
			t.Errorf("of purchase %d, which runs, %d of 10 readings are left", p, left(p))
		}
	}
	end := func(p, end uint64) any {
		return &contracts.DataMarketCancelled{Purchase: p, End: new(big.Int).SetUint64(end)}
	}
	advance(t, r.l, 0, r.c.Mine(&contracts.DataMarketFinished{Purchase: 2}, end(3, 6_000)))
	head := r.c.Head()
	head.Time = 6_000 + ledgertest.ClaimWindow/2
	r.o.Index.SetHead(head, time.Now())
	dropped()
	if left(2) != 0 || left(3) != 10 || left(4) != 10 {
		t.Errorf("%d, %d and %d are left of a purchase that was finished, one that was cancelled and one that runs", left(2), left(3), left(4))
	}
	if d, _, err := r.l.Delivery(2); err != nil || len(d.SetAside) == 0 || d.SetAside[0].Action != delivery.ActionDropped || d.SetAside[0].Count != 10 {
		t.Errorf("%+v, %v", d, err)
	}
	head.Time = 6_000 + ledgertest.ClaimWindow
	r.o.Index.SetHead(head, time.Now())
	dropped()
	if left(3) != 0 {
		t.Errorf("%d readings are left of a purchase whose claim window is over", left(3))
	}
	if u := r.l.Untaken(buyerOf(3)); u.Stored != 0 {
		t.Errorf("%+v", u)
	}
}
