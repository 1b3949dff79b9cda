package ledger_test

import (
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// closed is a ledger of n closed purchases and one active.
func closed(t testing.TB, n int) (*ledger.Ledger, *ledgertest.Chain) {
	t.Helper()
	l := ledgertest.New(t, ledgertest.Options())
	c := &ledgertest.Chain{}
	ok(t, l.PutDevice(ledgertest.Device(1)))
	events := []any{ledgertest.Listed(1, 1)}
	for i := range n {
		events = append(events, ledgertest.Purchased(uint64(i+2), 1, 2, 1_000, 50), &contracts.DataMarketFinished{Purchase: uint64(i + 2), Delivered: 7})
		if len(events) > 10_000 {
			ok(t, l.Advance([]market.Block{c.Mine(events...)}, 0))
			events = nil
		}
	}
	ok(t, l.Advance([]market.Block{c.Mine(append(events, ledgertest.Purchased(1, 1, 1, 1_000, 5_000))...)}, 0))
	return l, c
}

// M13: what the settler reads each poll does not grow with what is over.
func TestTheSettlerReadsWhatChangedAndNotWhatIsOver(t *testing.T) {
	const many = 20_000
	l, c := closed(t, many)
	news := l.Watch()
	first := must[settlement.News](t)(news())
	if len(first.Accounts) != 1 || first.Accounts[0].Purchase != 1 || first.Head != c.Head() {
		t.Fatalf("at first %d accounts, block %+v", len(first.Accounts), first.Head)
	}
	var longest time.Duration
	for i := range uint32(20) {
		deliver(t, l, ingest(t, l, uplink(1, i, 1_100)).Parcels...)
		begun := time.Now()
		n := must[settlement.News](t)(news())
		longest = max(longest, time.Since(begun))
		if len(n.Accounts) != 1 || n.Accounts[0].Receipts != i+1 || n.Accounts[0].Waiting != 0 {
			t.Fatalf("after receipt %d: %+v", i, n.Accounts)
		}
	}
	begun := time.Now()
	if n := must[settlement.News](t)(news()); len(n.Accounts) != 0 {
		t.Errorf("nothing changed, and %d accounts are told", len(n.Accounts))
	}
	idle := time.Since(begun)
	all := time.Now()
	must[[]settlement.Account](t)(l.Accounts())
	t.Logf("%d closed purchases: a poll takes %s, an idle one %s; listing all takes %s", many, longest, idle, time.Since(all))
	if longest > time.Since(all)/4 {
		t.Errorf("a poll takes %s", longest)
	}
	// The last receipt closes it: told once, then gone.
	ok(t, l.Advance([]market.Block{c.Mine(&contracts.DataMarketFinished{Purchase: 1, Delivered: 20})}, 0))
	if n := must[settlement.News](t)(news()); len(n.Accounts) != 1 || n.Accounts[0].State != market.PurchaseClosed || n.Accounts[0].Delivered != 20 {
		t.Errorf("%+v", n.Accounts)
	}
	if again := must[settlement.News](t)(l.Watch()()); len(again.Accounts) != 0 {
		t.Errorf("who begins to listen now hears of %+v", again.Accounts)
	}
}

// Whoever is told of a block is told what it changed, in the very moment it is folded too: a
// settler who knows the block of his payment but not the payment takes it for refused.
func TestNewsOfABlockBringWhatItChanged(t *testing.T) {
	l, c := closed(t, 0)
	news := l.Watch()
	ended := make(chan error, 1)
	const blocks = 1_500
	go func() {
		for i := range uint32(blocks) {
			if err := l.Advance([]market.Block{c.Mine(&contracts.DataMarketSettled{Purchase: 1, Delivered: i + 1})}, 0); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	var first, paid uint64
	for {
		n := must[settlement.News](t)(news())
		if first == 0 {
			first = n.Head.Number - uint64(n.Accounts[0].Delivered)
		}
		for _, a := range n.Accounts {
			paid = uint64(a.Delivered)
		}
		if n.Head.Number-first != paid {
			t.Fatalf("block %d is folded, which pays reading %d: told are %d", n.Head.Number, n.Head.Number-first, paid)
		}
		select {
		case err := <-ended:
			ok(t, err)
			return
		default:
		}
	}
}

func TestThatAWindowIsOverIsToldOnceInALedgersLife(t *testing.T) {
	l, c := bought(t, ledgertest.Options())
	ok(t, l.Tell([]market.PurchaseID{1, 77}))
	ok(t, l.Check())
	if n := must[settlement.News](t)(l.Watch()()); len(n.Accounts) != 1 || !n.Accounts[0].Told {
		t.Errorf("%+v", n.Accounts)
	}
	ok(t, l.Rewind(c.Fork(1)))
	ok(t, l.Advance([]market.Block{c.Mine(ledgertest.Purchased(1, 1, 9, 1_000, 5_000))}, 0)) // another buyer's
	if n := must[settlement.News](t)(l.Watch()()); len(n.Accounts) != 1 || n.Accounts[0].Told {
		t.Errorf("%+v", n.Accounts)
	}
}
