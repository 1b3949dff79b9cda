package ledger_test

import (
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

func advance(t testing.TB, l *ledger.Ledger, finalized uint64, blocks ...market.Block) {
	t.Helper()
	ok(t, l.Advance(blocks, finalized))
}

func stats(t testing.TB, l *ledger.Ledger) ledger.Stats {
	t.Helper()
	return must[ledger.Stats](t)(l.Stats())
}

func waiting(t testing.TB, l *ledger.Ledger, p market.PurchaseID) []delivery.Parcel {
	t.Helper()
	return must[[]delivery.Parcel](t)(l.Waiting(p, 0, 1_000))
}

// fromScratch folds a chain into a new ledger.
func fromScratch(t testing.TB, c *ledgertest.Chain) *ledger.Ledger {
	t.Helper()
	l := ledgertest.New(t, ledgertest.Options())
	ok(t, l.Advance(c.Blocks, 0))
	return l
}

func sameFold(t testing.TB, a, b *ledger.Ledger) {
	t.Helper()
	if x, y := must[common.Hash](t)(a.Digest()), must[common.Hash](t)(b.Digest()); x != y {
		t.Errorf("digest %s, from scratch %s", x, y)
	}
}

func TestAReorgThatTakesAPurchaseAwayCancelsItsParcels(t *testing.T) {
	l, c := bought(t, ledgertest.Options())
	for i := range uint32(3) {
		ingest(t, l, uplink(1, i, 1_100))
	}
	wait(t, func(done func(error)) {
		l.Park(1, []uint32{2}, delivery.Reason{Code: delivery.CodeRefused, Text: "refused"}, done)
	})

	ok(t, l.Rewind(c.Fork(1)))
	if got := waiting(t, l, 1); len(got) != 0 {
		t.Errorf("%d parcels wait for a purchase that is gone", len(got))
	}
	if got := must[[]market.PurchaseID](t)(l.Backlog()); len(got) != 0 {
		t.Errorf("backlog %v", got)
	}
	if _, found := l.Index().Purchase(1); found {
		t.Error("the index still serves it")
	}
	if s := stats(t, l); s.Waiting != 0 || s.Parked != 0 || s.Dropped != 3 || s.Orphaned != 3 {
		t.Errorf("stats %+v", s)
	}
	if o := ingest(t, l, uplink(1, 10, 1_100)); o.Verdict != ledger.Unbought {
		t.Errorf("an uplink after the reorg is %q", o.Verdict)
	}
	sameFold(t, l, fromScratch(t, c))
}

func TestAPurchaseMinedAgainKeepsReceiptsParcelsAndDestination(t *testing.T) {
	l, c := bought(t, ledgertest.Options())
	_, err := l.SetDestination(delivery.Destination{Buyer: common.Address{0xbb, 1}, Name: "other", Kind: "http", Config: delivery.Config(`{}`)})
	ok(t, err)
	route, err := l.SetDestination(delivery.Destination{Buyer: common.Address{0xbb, 1}, Name: "mine", Kind: "http", Config: delivery.Config(`{"url":"x"}`)})
	ok(t, err)
	ok(t, l.RoutePurchase(1, "mine"))
	var parcels []delivery.Parcel
	for i := range uint32(4) {
		parcels = append(parcels, ingest(t, l, uplink(1, i, 1_100)).Parcels...)
	}
	deliver(t, l, parcels[0])
	_, _, head := account(t, l, 1)

	ok(t, l.Rewind(c.Fork(1)))
	// One was under way when its purchase vanished, and arrived.
	deliver(t, l, parcels[1])
	if s := stats(t, l); s.Leaked != 1 || s.Orphaned != 2 {
		t.Errorf("stats %+v", s)
	}
	// The same purchase again, one block later and with another start.
	advance(t, l, 0, c.Mine(), c.Mine(ledgertest.Purchased(1, 1, 1, 1_012, 5_000)))

	if got := waiting(t, l, 1); len(got) != 2 || got[0].ID != parcels[2].ID || string(got[1].Body) != string(parcels[3].Body) {
		t.Errorf("parcels after the reorg: %+v", got)
	}
	receipts, n, newHead := account(t, l, 1)
	if receipts != 2 || n != 2 || newHead == head {
		t.Errorf("%d receipts, %d waiting, head moved: %t; want 2, 2, true", receipts, n, newHead != head)
	}
	if r, found, err := l.Destination(1); err != nil || !found || r.ID != route.ID {
		t.Errorf("destination %+v %t %v", r, found, err)
	}
	if o := ingest(t, l, uplink(1, 4, 1_100)); len(o.Parcels) != 1 || o.Parcels[0].Seq != 4 {
		t.Errorf("the next parcel is %+v", o)
	}
	if s := stats(t, l); s.Restored != 2 || s.Orphaned != 0 || s.Dropped != 3 {
		t.Errorf("stats %+v", s)
	}
	sameFold(t, l, fromScratch(t, c))
}

func TestAnotherBuyerUnderTheSameIdInheritsNothing(t *testing.T) {
	l, c := bought(t, ledgertest.Options())
	_, err := l.SetDestination(delivery.Destination{Buyer: common.Address{0xbb, 1}, Name: "mine", Kind: "http", Config: delivery.Config(`{}`)})
	ok(t, err)
	ok(t, l.RoutePurchase(1, "mine"))
	first := ingest(t, l, uplink(1, 0, 1_100)).Parcels[0]
	underWay := ingest(t, l, uplink(1, 1, 1_100)).Parcels[0]
	deliver(t, l, first)

	ok(t, l.Rewind(c.Fork(1)))
	advance(t, l, 0, c.Mine(ledgertest.Purchased(1, 1, 2, 1_000, 5_000)))
	if _, found, err := l.Destination(1); found || err != nil {
		t.Errorf("the second buyer's readings would go to the first one's address (%v)", err)
	}
	if receipts, n, head := account(t, l, 1); receipts != 0 || n != 0 || head != (common.Hash{}) {
		t.Errorf("the second buyer's account begins with %d receipts, %d parcels", receipts, n)
	}
	second := ingest(t, l, uplink(1, 2, 1_100)).Parcels[0]
	third := ingest(t, l, uplink(1, 3, 1_100)).Parcels[0]
	if second.Seq != 0 || third.Seq != 1 {
		t.Fatalf("seq %d, %d", second.Seq, third.Seq)
	}
	// The first buyer's parcel number 1 arrives late: it is not the second buyer's number 1.
	deliver(t, l, underWay)
	if receipts, n, _ := account(t, l, 1); receipts != 0 || n != 2 {
		t.Errorf("the second buyer pays %d readings of the first; %d wait", receipts, n)
	}
	deliver(t, l, second, third)
	if receipts, n, _ := account(t, l, 1); receipts != 2 || n != 0 {
		t.Errorf("%d receipts, %d waiting", receipts, n)
	}

	// And back again: the first buyer's two receipts are still there.
	ok(t, l.Rewind(c.Fork(1)))
	advance(t, l, 0, c.Mine(ledgertest.Purchased(1, 1, 1, 1_000, 5_000)))
	if receipts, _, _ := account(t, l, 1); receipts != 2 {
		t.Errorf("the first buyer has %d receipts, want 2", receipts)
	}
}

func TestOrphansAreDeletedOnceTheirReorgIsFinal(t *testing.T) {
	for name, finalized := range map[string]uint64{"finality": 4, "age, where there is no finality": 0} {
		t.Run(name, func(t *testing.T) {
			l, c := bought(t, ledgertest.Options())
			ingest(t, l, uplink(1, 0, 1_100))
			ok(t, l.Rewind(c.Fork(1)))
			advance(t, l, 0, c.Mine(), c.Mine())
			if s := stats(t, l); s.Orphaned != 1 {
				t.Fatalf("stats %+v", s)
			}
			for range 260 {
				advance(t, l, finalized, c.Mine())
				if finalized > 0 {
					break
				}
			}
			if s := stats(t, l); s.Orphaned != 0 || s.Dropped != 1 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestEveryKindOfChangeIsUnwound(t *testing.T) {
	l, c := bought(t, ledgertest.Options())
	before := must[common.Hash](t)(l.Digest())
	ok(t, l.PutDevice(ledgertest.Device(2)))
	advance(t, l, 0,
		c.Mine(ledgertest.Listed(2, 2), ledgertest.Purchased(2, 2, 3, 1_000, 100),
			&contracts.DataMarketPriceSet{Stream: 1, Price: big.NewInt(20), Interval: 2},
			&contracts.DataMarketExtended{Purchase: 1, End: big.NewInt(9_000), Quota: 8_000},
			&contracts.DataMarketExtended{Purchase: 1, End: big.NewInt(9_100), Quota: 8_100},
			&contracts.DataMarketExtended{Purchase: 2, End: big.NewInt(1_200), Quota: 200}),
		c.Mine(&contracts.DataMarketSettled{Purchase: 1, Delivered: 3}, &contracts.DataMarketCancelled{Purchase: 2, End: big.NewInt(1_050)}),
		c.Mine(&contracts.DataMarketReviewOpened{Stream: 1, Round: 1, From: big.NewInt(9_000), Deadline: big.NewInt(9_999)}, &contracts.DataMarketFinished{Purchase: 2, Delivered: 1}),
		c.Mine(&contracts.DataMarketRuled{Stream: 1, Round: 1, Verdict: 4}),
	)
	if _, found := l.Index().Purchase(2); found {
		t.Error("a finished purchase is still served")
	}
	ok(t, l.Rewind(c.Fork(4)))
	if after := must[common.Hash](t)(l.Digest()); after != before {
		t.Error("the state after the reorg is not the state before")
	}
	e, found := l.Index().Purchase(1)
	if !found || e.End != 6_000 {
		t.Errorf("entitlement after the reorg: %+v", e)
	}
	if _, found := l.Index().Purchase(2); found {
		t.Error("a purchase that never was is served")
	}
	if p, _, err := l.Head(); err != nil || p != c.Head() {
		t.Errorf("head %+v, %v", p, err)
	}
	sameFold(t, l, fromScratch(t, c))
}

func TestBlocksThatDoNotFollowAreRefusedAndChangeNothing(t *testing.T) {
	l, c := bought(t, ledgertest.Options())
	before := must[common.Hash](t)(l.Digest())
	head, _, err := l.Head()
	ok(t, err)
	good := c.Mine(ledgertest.Listed(5, 5))
	bad := good
	bad.Parent = common.Hash{1}
	far := good
	far.Number += 7
	for name, blocks := range map[string][]market.Block{"another parent": {bad}, "a gap": {far}, "the same twice": {good, good}} {
		if l.Advance(blocks, 0) == nil {
			t.Errorf("%s was folded", name)
		}
	}
	for name, to := range map[string]market.Position{
		"another hash": {Number: head.Number - 1, Hash: common.Hash{9}}, "above the head": {Number: head.Number + 1}, "before the first": {},
	} {
		if l.Rewind(to) == nil {
			t.Errorf("a rewind to %s was done", name)
		}
	}
	if got, _, err := l.Head(); err != nil || got != head {
		t.Errorf("head %+v, %v", got, err)
	}
	if after := must[common.Hash](t)(l.Digest()); after != before {
		t.Error("a refused block changed the state")
	}
	ok(t, l.Advance([]market.Block{good}, 0)) // and the ledger goes on
}

func TestFinalBlocksCannotBeUnwound(t *testing.T) {
	l, c := bought(t, ledgertest.Options())
	for range 10 {
		advance(t, l, 9, c.Mine())
	}
	at := c.Blocks[len(c.Blocks)-6].Position
	if at.Number >= 9 {
		t.Fatal("bug in the test")
	}
	if err := l.Rewind(at); err == nil {
		t.Error("a rewind below the finalized block was done")
	}
	if _, found, err := l.At(9); !found || err != nil {
		t.Errorf("the finalized block is not known any more (%v)", err)
	}
}

func TestBlocksMayBeLeftOutBelowTheFinalizedOneOnly(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	head, _, err := l.Head()
	if err != nil {
		t.Fatal(err)
	}
	skip := func(from market.Position, by uint64) market.Block {
		n := from.Number + by
		return market.Block{Position: market.Position{Number: n, Hash: common.Hash{0xee, byte(n)}, Time: from.Time + by}, Parent: from.Hash, Logs: common.Hash{7}}
	}
	far := skip(head, 100)
	if l.Advance([]market.Block{far}, far.Number-1) == nil {
		t.Error("a block above the finalized one was folded without those before it")
	}
	foreign := far
	foreign.Parent = common.Hash{1}
	if l.Advance([]market.Block{foreign}, far.Number) == nil {
		t.Error("a block that does not follow the head was folded")
	}
	ok(t, l.Advance([]market.Block{far, skip(far.Position, 900)}, far.Number+5_000))
	ok(t, l.Advance([]market.Block{skip(skip(far.Position, 900).Position, 1)}, far.Number+900))
	got, found, err := l.At(far.Number + 900)
	if err != nil || !found || got.Logs != (common.Hash{7}) {
		t.Errorf("%+v %v %v", got, found, err)
	}
	if _, found, _ := l.At(far.Number); found {
		t.Error("a block below the finalized one can still be unwound to")
	}
}

func TestAWriteQueuedAfterAChangeOfTheMarketSeesIt(t *testing.T) {
	o := ledgertest.Options()
	o.Gather, o.Much = 200*time.Millisecond, 1
	l, c := bought(t, o)
	verdicts := make(chan ledger.Verdict, 20)
	report := func(o ledger.Outcome, err error) {
		if err != nil {
			t.Error(err)
		}
		verdicts <- o.Verdict
	}
	// All in one gap between commits: readings, the block that finishes the
	// purchase, readings.
	for i := range uint32(10) {
		l.Ingest(uplink(1, i, 1_200), report)
	}
	done := make(chan error, 1)
	go func() { done <- l.Advance([]market.Block{c.Mine(&contracts.DataMarketFinished{Purchase: 1})}, 0) }()
	time.Sleep(50 * time.Millisecond)
	for i := range uint32(10) {
		l.Ingest(uplink(1, 100+i, 1_200), report)
	}
	ok(t, <-done)
	for i := range 20 {
		want := ledger.Posted
		if i >= 10 {
			want = ledger.Unbought
		}
		if got := <-verdicts; got != want {
			t.Errorf("reading %d is %q, want %q", i, got, want)
		}
	}
}

func TestRoutesAreRefusedForPurchasesThatDoNotExist(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	if err := l.RoutePurchase(77, "mine"); !errors.Is(err, ledger.ErrPurchase) {
		t.Errorf("error %v", err)
	}
	if err := l.RoutePurchase(1, "mine"); !errors.Is(err, ledger.ErrDestination) {
		t.Errorf("error %v", err)
	}
	if _, found, err := l.Destination(77); found || err != nil {
		t.Errorf("found %t, error %v", found, err)
	}
}
