package ledger_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// A chain reorganised below its final block: nothing can be unwound, the fold is forgotten and
// made again. What this ledger counted is what it was, what waited waits again once its purchase
// is folded, and what the chain has no more is dropped.
func TestAFoldIsMadeAnewAndWhatTheLedgerCountedStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	o := ledgertest.Options()
	o.Retention = 24 * time.Hour
	l := ledgertest.Open(t, path, o)
	c := begin(t, l)
	advance(t, l, 0, c.Mine(ledgertest.Purchased(2, 1, 2, 1_000, 5_000))) // the new chain has none of this
	var parcels []delivery.Parcel
	for i := range uint32(5) {
		parcels = append(parcels, ingest(t, l, uplink(1, i, 1_300)).Parcels...)
	}
	for _, p := range parcels {
		if p.Purchase == 1 && p.Seq < 2 {
			deliver(t, l, p)
		}
	}
	wait(t, func(done func(error)) {
		l.Park(1, []uint32{2}, delivery.Reason{Code: delivery.CodeRefused, Text: "refused"}, done)
	})
	_, err := l.SetDestination(delivery.Destination{Buyer: common.Address{0xbb, 1}, Name: "mine", Kind: "http", Config: delivery.Config(`{}`)})
	ok(t, err)
	ok(t, l.RoutePurchase(1, "mine"))
	ok(t, l.Record(settlement.Tx{Nonce: 7, From: common.Address{1}, State: settlement.TxFinal, Forms: []settlement.Form{{Hash: common.Hash{1}, Raw: []byte{1}}}}))
	for range 30 {
		advance(t, l, c.Head().Number, c.Mine())
	}
	receipts, _, head := account(t, l, 1)

	c.Fork(len(c.Blocks) - 1)
	if l.Rewind(c.Head()) == nil {
		t.Fatal("the final blocks were unwound: this test shows nothing")
	}
	blocks := []market.Block{c.Mine(), c.Mine(ledgertest.Listed(1, 1)), c.Mine(), c.Mine(ledgertest.Purchased(1, 1, 1, 1_024, 5_000))}
	for range 60 {
		blocks = append(blocks, c.Mine())
	}
	until := c.Head().Number
	r, err := l.Refold(until)
	if err != nil || r.Purchases != 2 || r.Streams != 1 || r.Parcels != 3+5 || r.Head.Number != 34 {
		t.Errorf("%+v %v", r, err)
	}
	if _, found := l.Index().Purchase(1); found {
		t.Error("the index still serves what is not folded")
	}
	ledgertest.Close(t, l) // nothing of it is in memory only
	o.Index = ledgertest.Options().Index
	l = ledgertest.Open(t, path, o)
	if _, found, err := l.Head(); found || err != nil {
		t.Errorf("a block is folded: %t %v", found, err)
	}
	for i := 0; i < len(blocks); i += 7 { // far below the final block, as a follower does
		advance(t, l, until-2, blocks[i:min(i+7, len(blocks))]...)
	}

	got := waiting(t, l, 1)
	if len(got) != 3 || got[0].Seq != 2 || got[2].Seq != 4 {
		t.Errorf("parcels after the fold: %+v", got)
	}
	n, waits, newHead := account(t, l, 1)
	if n != receipts || n != 2 || waits != 3 || newHead != head {
		t.Errorf("%d receipts of %d, %d wait, the same chain of receipts: %t", n, receipts, waits, newHead == head)
	}
	if d, found, err := l.Destination(1); err != nil || !found || d.Name != "mine" {
		t.Errorf("destination %+v %t %v", d, found, err)
	}
	if all := must[[]ledger.Received](t)(l.Received(1, 0, 10)); len(all) != 2 || len(all[0].Body) == 0 {
		t.Errorf("the archive: %+v", all)
	}
	if all := must[[]settlement.Tx](t)(l.History()); len(all) != 1 || all[0].Nonce != 7 {
		t.Errorf("transactions: %+v", all)
	}
	if o := ingest(t, l, uplink(1, 9, 1_400)); len(o.Parcels) != 1 || o.Parcels[0].Seq != 5 {
		t.Errorf("the next parcel is %+v", o)
	}
	if s := stats(t, l); s.Orphaned != 5 {
		t.Errorf("%d parcels of the purchase that is gone are set aside before the chain is final", s.Orphaned)
	}
	advance(t, l, until, c.Mine())
	if s := stats(t, l); s.Orphaned != 0 || s.Waiting != 4 || s.Receipts != 2 {
		t.Errorf("stats %+v", s)
	}
	fresh := ledgertest.New(t, ledgertest.Options())
	ok(t, fresh.Advance(c.Blocks[1:], 0))
	sameFold(t, l, fresh)
}
