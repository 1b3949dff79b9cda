package ledger_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

func TestFrameCountersAreJudgedWithinTheirSession(t *testing.T) {
	type frame struct {
		fCnt uint32
		want ledger.Verdict
	}
	for name, frames := range map[string][]frame{
		"in order":                     {{5, ledger.Posted}, {6, ledger.Posted}, {9, ledger.Posted}},
		"a repeat":                     {{5, ledger.Posted}, {5, ledger.Repeat}, {6, ledger.Posted}, {5, ledger.Repeat}},
		"out of order, once":           {{500, ledger.Posted}, {3, ledger.Posted}, {3, ledger.Repeat}, {499, ledger.Posted}},
		"the edge of the window":       {{1_511, ledger.Posted}, {1_000, ledger.Posted}, {999, ledger.Late}},
		"a jump beyond the window":     {{1, ledger.Posted}, {5_000, ledger.Posted}, {4_500, ledger.Posted}, {4_487, ledger.Late}},
		"a device that starts again":   {{40_000, ledger.Posted}, {0, ledger.Reset}, {1, ledger.Reset}, {40_001, ledger.Posted}},
		"the end of the counter":       {{1<<32 - 2, ledger.Posted}, {1<<32 - 1, ledger.Posted}, {1<<32 - 2, ledger.Repeat}, {0, ledger.Reset}},
		"shifts by whole words":        {{0, ledger.Posted}, {64, ledger.Posted}, {0, ledger.Repeat}, {128, ledger.Posted}, {64, ledger.Repeat}, {65, ledger.Posted}},
		"zero first, then zero again":  {{0, ledger.Posted}, {0, ledger.Repeat}},
		"a shift by more than a word":  {{10, ledger.Posted}, {11, ledger.Posted}, {139, ledger.Posted}, {10, ledger.Repeat}, {11, ledger.Repeat}, {12, ledger.Posted}},
		"a shift across the last word": {{0, ledger.Posted}, {1, ledger.Posted}, {511, ledger.Posted}, {0, ledger.Repeat}, {1, ledger.Repeat}, {512, ledger.Posted}, {1, ledger.Repeat}},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := bought(t, ledgertest.Options())
			for i, f := range frames {
				if o := ingest(t, l, uplink(1, f.fCnt, 5_500)); o.Verdict != f.want {
					t.Errorf("frame %d (f_cnt %d) is %q, want %q", i, f.fCnt, o.Verdict, f.want)
				} else if (len(o.Parcels) == 1) != (f.want == ledger.Posted) {
					t.Errorf("frame %d made %d parcels", i, len(o.Parcels))
				}
			}
		})
	}
}

func TestSessionsAndNetworksAreApart(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	for _, id := range [][2]string{{"cs", "01"}, {"cs", "02"}, {"tts", "01"}, {"c", "s01"}, {"", "cs01"}} {
		r := uplink(1, 1, 2_000)
		r.Network, r.Session = id[0], id[1]
		if o := ingest(t, l, r); o.Verdict != ledger.Posted {
			t.Errorf("network %q session %q: %q", id[0], id[1], o.Verdict)
		}
	}
}

func TestADeviceThatJoinsAgainAndAgainIsRemembered16Sessions(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	join := func(n int, at uint64) ledger.Verdict {
		r := uplink(1, 1, at)
		r.Session = fmt.Sprintf("%08x", n)
		return ingest(t, l, r).Verdict
	}
	for n := range 40 {
		if v := join(n, 3_000+uint64(n)); v != ledger.Posted {
			t.Fatalf("session %d: %q", n, v)
		}
	}
	for n := 39; n >= 25; n-- {
		if v := join(n, 4_000); v != ledger.Repeat {
			t.Errorf("session %d is forgotten: %q", n, v)
		}
	}
	if v := join(3, 4_000); v != ledger.Posted {
		t.Errorf("session 3: %q", v)
	}
}

func TestAPurchaseGetsOneReadingAnIntervalAndNoMoreThanItsQuota(t *testing.T) {
	l := ledgertest.New(t, ledgertest.Options())
	c := &ledgertest.Chain{}
	ok(t, l.PutDevice(ledgertest.Device(1)))
	advance(t, l, 0, c.Mine(ledgertest.Listed(1, 1), ledgertest.Purchased(1, 1, 1, 1_000, 4), ledgertest.Purchased(2, 1, 2, 1_002, 2)))
	for i, step := range []struct {
		at                 uint64
		parcels, over, out int
	}{
		{999, 0, 0, 2},   // before both windows
		{1_000, 1, 0, 1}, // the first second of the first purchase
		{1_000, 0, 1, 1}, // a second reading in that second
		{1_002, 2, 0, 0}, // two seconds on: both are due
		{1_002, 1, 1, 0}, // the first may catch up
		{1_003, 2, 0, 0},
		{1_003, 0, 2, 0}, // both have had all their readings
		{1_004, 0, 0, 2}, // after the end of both
	} {
		o := ingest(t, l, uplink(1, uint32(i), step.at))
		if len(o.Parcels) != step.parcels || o.OverRate != step.over || o.Outside != step.out {
			t.Errorf("at %d: %d parcels, %d over rate, %d outside; want %d, %d, %d",
				step.at, len(o.Parcels), o.OverRate, o.Outside, step.parcels, step.over, step.out)
		}
	}
	for p, n := range map[market.PurchaseID]int{1: 4, 2: 2} {
		got := waiting(t, l, p)
		if len(got) != n || !slices.IsSortedFunc(got, func(a, b delivery.Parcel) int { return int(a.Seq) - int(b.Seq) }) || got[n-1].Seq != uint32(n-1) {
			t.Errorf("purchase %d has %d parcels %v", p, len(got), got)
		}
	}
}

func TestAReadingCanBeChangedOnceIngestCalledBack(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	r := uplink(1, 1, 2_000)
	o := ingest(t, l, r)
	copy(r.Data, "XXXX")
	copy(r.Values, `{"temperature":99.9}`)
	got := waiting(t, l, 1)
	if string(got[0].Body) != string(o.Parcels[0].Body) || strings.Contains(string(got[0].Body), "99.9") {
		t.Errorf("stored body %s", got[0].Body)
	}
}

func TestDeliveriesAreCountedOnce(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	var parcels []delivery.Parcel
	for i := range uint32(3) {
		parcels = append(parcels, ingest(t, l, uplink(1, i, 2_000)).Parcels...)
	}
	// Out of order, twice, and one that never was.
	deliver(t, l, parcels[2], parcels[0])
	deliver(t, l, parcels[0])
	deliver(t, l, delivery.Parcel{Purchase: 1, Seq: 99}, delivery.Parcel{Purchase: 42, Seq: 1})
	receipts, n, head := account(t, l, 1)
	if receipts != 2 || n != 1 {
		t.Errorf("%d receipts, %d waiting", receipts, n)
	}
	var want common.Hash
	for _, p := range []delivery.Parcel{parcels[2], parcels[0]} {
		want = crypto.Keccak256Hash(want[:], []byte{0, 0, 0, byte(p.Seq)}, crypto.Keccak256(p.Body))
	}
	if head != want {
		t.Errorf("head %s, want %s", head, want)
	}
	if s := stats(t, l); s.Leaked != 2 {
		t.Errorf("%d deliveries without a parcel were counted, want 2", s.Leaked)
	}
	got := must[[]delivery.Receipt](t)(l.Receipts(1, 1, 10))
	if len(got) != 1 || got[0] != (delivery.Receipt{Purchase: 1, Seq: 2, Digest: crypto.Keccak256Hash(parcels[2].Body), At: time.Unix(2_000, 0).UTC()}) {
		t.Errorf("receipts %+v", got)
	}
}

func TestParcelsAreReadInOrderFromAnySeq(t *testing.T) {
	l, c := bought(t, ledgertest.Options())
	advance(t, l, 0, c.Mine(ledgertest.Purchased(2, 1, 2, 1_000, 5_000), ledgertest.Purchased(1<<40, 1, 3, 1_000, 5_000)))
	for i := range uint32(300) {
		ingest(t, l, uplink(1, i, 3_000))
	}
	if got := must[[]market.PurchaseID](t)(l.Backlog()); !slices.Equal(got, []market.PurchaseID{1, 2, 1 << 40}) {
		t.Errorf("backlog %v", got)
	}
	for _, step := range []struct {
		from        uint32
		limit, want int
	}{{0, 10, 10}, {295, 10, 5}, {299, 1, 1}, {300, 10, 0}, {1<<32 - 1, 10, 0}, {0, 0, 0}} {
		got := must[[]delivery.Parcel](t)(l.Waiting(2, step.from, step.limit))
		if len(got) != step.want || len(got) > 0 && (got[0].Seq != step.from || got[0].Purchase != 2) {
			t.Errorf("from %d, at most %d: %d parcels", step.from, step.limit, len(got))
		}
	}
}

func TestParkedParcelsCanBeReplayedAndDropped(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	var parcels []delivery.Parcel
	for i := range uint32(5) {
		parcels = append(parcels, ingest(t, l, uplink(1, i, 2_000)).Parcels...)
	}
	wait(t, func(done func(error)) {
		l.Park(1, []uint32{0, 1, 1, 77}, delivery.Reason{Code: delivery.CodeRefused, Text: "400 Bad Request"}, done)
	})
	if got := waiting(t, l, 1); len(got) != 3 || got[0].Seq != 2 {
		t.Errorf("waiting %v", got)
	}
	if got := must[[]ledger.ParkedParcel](t)(l.Parked(1, 1, 10)); len(got) != 1 || string(got[0].Body) != string(parcels[1].Body) ||
		got[0].Code != delivery.CodeRefused || got[0].Text != "400 Bad Request" || time.Since(got[0].At) > time.Minute {
		t.Errorf("parked %v", got)
	}
	deliver(t, l, parcels[0]) // somebody pulled it
	if n, err := l.Unpark(1, 0, math.MaxUint32); n != 1 || err != nil {
		t.Errorf("unparked %d, %v", n, err)
	}
	if _, err := l.Unpark(9, 0, math.MaxUint32); !errors.Is(err, ledger.ErrPurchase) {
		t.Errorf("unparking for nobody: %v", err)
	}
	wait(t, func(done func(error)) {
		l.Park(1, []uint32{4}, delivery.Reason{Code: delivery.CodeRefused, Text: ""}, done)
	})
	wait(t, func(done func(error)) {
		l.Drop(1, []uint32{1, 4, 4, 88}, delivery.Reason{Code: delivery.CodeUncovered, Text: "closed"}, done)
	})
	wait(t, func(done func(error)) {
		l.Drop(9, []uint32{1}, delivery.Reason{Code: delivery.CodeUncovered, Text: "gone"}, done)
	})
	if s := stats(t, l); s.Waiting != 2 || s.Parked != 0 || s.Receipts != 1 || s.Dropped != 2 {
		t.Errorf("stats %+v", s)
	}
}

func TestTheTermsDecideWhatIsSold(t *testing.T) {
	l := ledgertest.New(t, ledgertest.Options())
	ok(t, l.PutDevice(ledgertest.Device(1)))
	doc := []byte(`{"licence":{"spdx":"CC0-1.0"},"sell":["data","link"],"version":2}`)
	listed := ledgertest.Listed(1, 1)
	listed.Terms = crypto.Keccak256Hash(doc)
	c := &ledgertest.Chain{}
	purchased := ledgertest.Purchased(1, 1, 1, 1_000, 5_000)
	purchased.Terms = listed.Terms
	advance(t, l, 0, c.Mine(listed, purchased))
	// Nobody knows what was agreed: nothing leaves the house, and nothing is counted for it.
	for f := range uint32(3) {
		if o := ingest(t, l, uplink(1, f, 2_000)); o.Verdict != ledger.Posted || len(o.Parcels) != 0 || o.Withheld != 1 {
			t.Fatalf("without its terms: %+v", o)
		}
	}
	withheld := l.Index().Withheld()
	if len(withheld) != 1 || withheld[0].Purchase != 1 || withheld[0].Terms != listed.Terms || withheld[0].Withheld != offer.ErrMissing.Error() {
		t.Errorf("withheld: %+v", withheld)
	}
	if all := must[[]ledger.Unsold](t)(l.Unsold()); len(all) != 1 || all[0].Stream != 1 || all[0].Terms != listed.Terms {
		t.Errorf("unsold: %+v", all)
	}
	if hash := must[common.Hash](t)(l.PutTerms(doc)); hash != listed.Terms {
		t.Errorf("hash %s", hash)
	}
	o := ingest(t, l, uplink(1, 7, 2_000))
	if len(o.Parcels) != 1 || o.Parcels[0].Seq != 0 || strings.Contains(string(o.Parcels[0].Body), `"values"`) || !strings.Contains(string(o.Parcels[0].Body), `"data"`) {
		t.Errorf("with terms: %+v", o)
	}
	if len(l.Index().Withheld()) != 0 || len(must[[]ledger.Unsold](t)(l.Unsold())) != 0 {
		t.Error("it is still said to be withheld")
	}
	if got, found, err := l.Terms(listed.Terms); !found || err != nil || string(got) != string(doc) {
		t.Errorf("%s %t %v", got, found, err)
	}
	for _, bad := range []string{`{"sell":["data"]}`, `{"sell":["moon"],"version":2}`, `{}`, ``} {
		if _, err := l.PutTerms([]byte(bad)); !errors.Is(err, offer.ErrUnreadable) {
			t.Errorf("%s is taken: %v", bad, err)
		}
	}
}

// A purchase keeps the terms it was made under, whatever the stream's are now.
func TestTermsOfAStreamThatChangedHoldUpNewPurchasesAlone(t *testing.T) {
	l, c := bought(t, ledgertest.Options()) // under no terms
	other := ledgertest.Purchased(2, 1, 2, 1_000, 5_000)
	other.Terms = common.Hash{9}
	advance(t, l, 0, c.Mine(&contracts.DataMarketTermsSet{Stream: 1, Terms: common.Hash{9}}, other))
	if o := ingest(t, l, uplink(1, 1, 2_000)); len(o.Parcels) != 1 || o.Parcels[0].Purchase != 1 || o.Withheld != 1 {
		t.Errorf("%+v", o)
	}
	if named, err := l.NamesTerms(common.Address{0xaa, 1}, []byte(`{}`)); named || err != nil {
		t.Errorf("%t %v", named, err)
	}
}

func TestADeviceVouchedForAfterThePurchaseIsServedFromThenOn(t *testing.T) {
	l := ledgertest.New(t, ledgertest.Options())
	c := &ledgertest.Chain{}
	advance(t, l, 0, c.Mine(ledgertest.Listed(1, 1), ledgertest.Purchased(1, 1, 1, 1_000, 5_000)))
	if o := ingest(t, l, uplink(1, 1, 2_000)); o.Verdict != ledger.Unbought {
		t.Errorf("verdict %q", o.Verdict)
	}
	ok(t, l.PutDevice(ledgertest.Device(1)))
	if o := ingest(t, l, uplink(1, 2, 2_000)); len(o.Parcels) != 1 {
		t.Errorf("outcome %+v", o)
	}
	d, found, err := l.Device(ledgertest.Commitment(1))
	if err != nil || !found || d != ledgertest.Device(1) {
		t.Errorf("%+v %t %v", d, found, err)
	}
	if all := must[[]market.Device](t)(l.Devices()); len(all) != 1 {
		t.Errorf("devices %v", all)
	}
}

func TestANonceBelongsToOneTransaction(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	tx := settlement.Tx{Nonce: 7, From: common.Address{1}, State: settlement.TxSigned, Root: settlement.RootOf([]settlement.Claim{{Purchase: 1, Delivered: 3}}),
		Claims: []settlement.Claim{{Purchase: 1, Delivered: 3}}, Forms: []settlement.Form{{Raw: []byte{1}, Hash: common.Hash{1}}}}
	ok(t, l.Record(tx))
	other := tx
	other.Forms = []settlement.Form{{Hash: common.Hash{9}}}
	if err := l.Record(other); !errors.Is(err, settlement.ErrNonceTaken) {
		t.Errorf("error %v", err)
	}
	other.From = common.Address{2} // another key has nonces of its own
	ok(t, l.Record(other))
	tx.Forms = append(tx.Forms, settlement.Form{Raw: []byte{2}, Hash: common.Hash{2}})
	ok(t, l.Record(tx))
	got := must[[]settlement.Tx](t)(l.Transactions())
	if len(got) != 2 || len(got[0].Forms) != 2 || got[0].Claims[0].Delivered != 3 {
		t.Errorf("transactions %+v", got)
	}
	tx.State = settlement.TxFinal
	ok(t, l.Record(tx))
	if got := must[[]settlement.Tx](t)(l.Transactions()); len(got) != 1 {
		t.Errorf("%d transactions are open", len(got))
	}
	if got := must[[]settlement.Tx](t)(l.History()); len(got) != 2 {
		t.Errorf("%d transactions are kept", len(got))
	}
	if got := must[[]settlement.Tx](t)(l.TransactionsFrom(common.Address{1}, 7)); len(got) != 1 || got[0].State != settlement.TxFinal {
		t.Errorf("from nonce 7 on: %+v", got)
	}
	if got := must[[]settlement.Tx](t)(l.TransactionsFrom(common.Address{1}, 8)); len(got) != 0 {
		t.Errorf("from nonce 8 on: %+v", got)
	}
	for from, want := range map[common.Address]bool{{}: false, {1}: true, {1, 1}: false, {2}: true, {3}: false} {
		if last, found, err := l.LastTransaction(from); err != nil || found != want || found && last.From != from {
			t.Errorf("the last transaction of %s: %+v %t %v", from, last, found, err)
		}
	}
	tx.State = settlement.TxOrphaned // the chain went back
	ok(t, l.Record(tx))
	if got := must[[]settlement.Tx](t)(l.Transactions()); len(got) != 2 {
		t.Errorf("%d transactions are open after the chain went back", len(got))
	}
	ok(t, l.Check())
}

func TestARefusedWriteHarmsNoOtherOfItsGroup(t *testing.T) {
	o := ledgertest.Options()
	o.Gather, o.Much = 20*time.Millisecond, 1
	l, _ := bought(t, o)
	tx := settlement.Tx{Nonce: 1, Forms: []settlement.Form{{Hash: common.Hash{1}}}}
	ok(t, l.Record(tx))
	refused := make(chan error, 1)
	var parcels []delivery.Parcel
	done := make(chan error, 20)
	for i := range uint32(20) {
		l.Ingest(uplink(1, i, 2_000), func(o ledger.Outcome, err error) {
			parcels = append(parcels, o.Parcels...)
			done <- err
		})
		if i == 9 {
			go func() { refused <- l.Record(settlement.Tx{Nonce: 1, Forms: []settlement.Form{{Hash: common.Hash{2}}}}) }()
			time.Sleep(2 * time.Millisecond)
		}
	}
	for range 20 {
		ok(t, <-done)
	}
	if err := <-refused; !errors.Is(err, settlement.ErrNonceTaken) {
		t.Errorf("error %v", err)
	}
	for i, p := range parcels {
		if int(p.Seq) != i {
			t.Errorf("parcel %d has seq %d", i, p.Seq)
		}
	}
	if got := waiting(t, l, 1); len(got) != 20 {
		t.Errorf("%d parcels wait", len(got))
	}
}

func TestCallbacksComeInOrderOfTheCalls(t *testing.T) {
	l, _ := bought(t, ledgertest.Options())
	var order []uint32
	done := make(chan struct{})
	for i := range uint32(3_000) {
		l.Ingest(uplink(1, i, 4_500), func(o ledger.Outcome, err error) {
			if order = append(order, i); len(order) == 3_000 {
				close(done)
			}
		})
	}
	<-done
	if !slices.IsSorted(order) {
		t.Error("callbacks are out of order")
	}
}

func TestALoneWriteAfterAPauseDoesNotWaitForOthers(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := ledgertest.Options()
		o.Gather, o.Much = time.Hour, 1
		l := ledgertest.Open(t, dir+"/ledger.db", o)
		time.Sleep(2 * time.Hour)
		began := time.Now()
		ok(t, l.PutDevice(ledgertest.Device(1)))
		if took := time.Since(began); took != 0 {
			t.Errorf("the first write took %s", took)
		}
		ok(t, l.PutDevice(ledgertest.Device(2)))
		if took := time.Since(began); took != time.Hour {
			t.Errorf("the next write came after %s, want an hour after the one before", took)
		}
	})
}

func TestWhatALittleCommitIsFollowedByDoesNotWaitForTheWholeGap(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := ledgertest.Options()
		o.Gather, o.Much = time.Hour, 4
		l := ledgertest.Open(t, dir+"/ledger.db", o)
		time.Sleep(2 * time.Hour)
		for i, want := range []time.Duration{0, 15 * time.Minute, 15 * time.Minute} {
			began := time.Now()
			ok(t, l.PutDevice(ledgertest.Device(byte(i))))
			if took := time.Since(began); took != want {
				t.Errorf("write %d took %s, want %s", i, took, want)
			}
		}
	})
}

func TestAClosedLedgerSaysSo(t *testing.T) {
	o := ledgertest.Options()
	o.Gather, o.Much = 50*time.Millisecond, 1
	l, _ := bought(t, o)
	pending := make(chan error, 3_000)
	for i := range uint32(3_000) {
		l.Ingest(uplink(1, i, 4_900), func(_ ledger.Outcome, err error) { pending <- err })
	}
	ok(t, l.Close())
	for range 3_000 {
		select {
		case err := <-pending:
			ok(t, err)
		default:
			t.Fatal("not everything that was queued before the end was answered")
		}
	}
	refused := make(chan error, 1)
	l.Ingest(uplink(1, 2, 2_000), func(_ ledger.Outcome, err error) { refused <- err })
	if err := <-refused; !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("ingest: %v", err)
	}
	if _, err := l.Waiting(1, 0, 1); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("waiting: %v", err)
	}
	ok(t, l.Close())
}
