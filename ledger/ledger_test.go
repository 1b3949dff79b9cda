package ledger_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// uplink is a reading of device n taken in at chain time at.
func uplink(n byte, fCnt uint32, at uint64) *lorawan.Reading {
	return &lorawan.Reading{
		Network: "cs", Session: "01020304", DevEUI: ledgertest.Dev(n), FCnt: fCnt, FPort: 2,
		Received: time.Unix(int64(at), 0), Values: json.RawMessage(fmt.Sprintf(`{"temperature":%d.5}`, fCnt%40)),
		Data: []byte{1, 2, 3, byte(fCnt)},
	}
}

// ingest takes a reading in and waits for its outcome.
func ingest(t testing.TB, l *ledger.Ledger, r *lorawan.Reading) ledger.Outcome {
	t.Helper()
	type result struct {
		o   ledger.Outcome
		err error
	}
	c := make(chan result, 1)
	l.Ingest(r, func(o ledger.Outcome, err error) { c <- result{o, err} })
	got := <-c
	if got.err != nil {
		t.Fatal(got.err)
	}
	return got.o
}

// wait calls fn with a callback and waits for it.
func wait(t testing.TB, fn func(done func(error))) {
	t.Helper()
	c := make(chan error, 1)
	fn(func(err error) { c <- err })
	if err := <-c; err != nil {
		t.Fatal(err)
	}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func receiptOf(p delivery.Parcel) delivery.Receipt {
	return delivery.Receipt{Purchase: p.Purchase, Seq: p.Seq, Digest: crypto.Keccak256Hash(p.Body), At: time.Unix(2_000, 0)}
}

// deliver acknowledges parcels.
func deliver(t testing.TB, l *ledger.Ledger, parcels ...delivery.Parcel) {
	t.Helper()
	var rs []delivery.Receipt
	for _, p := range parcels {
		rs = append(rs, receiptOf(p))
	}
	wait(t, func(done func(error)) { l.Delivered(rs, nil, done) })
}

// bought is a ledger with device 1 known, listed as stream 1 and bought as
// purchase 1 from 1,000 on.
func bought(t testing.TB, o ledger.Options) (*ledger.Ledger, *ledgertest.Chain) {
	t.Helper()
	l := ledgertest.New(t, o)
	return l, begin(t, l)
}

func begin(t testing.TB, l *ledger.Ledger) *ledgertest.Chain {
	t.Helper()
	c := &ledgertest.Chain{}
	ok(t, l.PutDevice(ledgertest.Device(1)))
	ok(t, l.Advance([]market.Block{
		c.Mine(), c.Mine(ledgertest.Listed(1, 1)), c.Mine(ledgertest.Purchased(1, 1, 1, 1_000, 5_000)),
	}, 0))
	return c
}

func account(t testing.TB, l *ledger.Ledger, p market.PurchaseID) (receipts, waiting uint32, head common.Hash) {
	t.Helper()
	for _, a := range must[[]settlement.Account](t)(l.Accounts()) {
		if a.Purchase == p {
			return a.Receipts, a.Waiting, a.Head
		}
	}
	t.Fatalf("no account of purchase %d", p)
	return 0, 0, common.Hash{}
}

func TestABoughtReadingBecomesAParcelThatSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := ledgertest.Open(t, path, ledgertest.Options())
	begin(t, l)
	o := ingest(t, l, uplink(1, 7, 1_010))
	if o.Verdict != ledger.Posted || len(o.Parcels) != 1 {
		t.Fatalf("outcome %+v", o)
	}
	ledgertest.Close(t, l)

	l = ledgertest.Open(t, path, ledgertest.Options())
	got := must[[]delivery.Parcel](t)(l.Waiting(1, 0, 10))
	if len(got) != 1 || got[0].ID != o.Parcels[0].ID || string(got[0].Body) != string(o.Parcels[0].Body) || got[0].FCnt != 7 || got[0].Received != 1_010 || got[0].DevEUI != ledgertest.Dev(1) {
		t.Errorf("after the restart %+v, want %+v", got, o.Parcels)
	}
	if !got[0].Created.Equal(o.Parcels[0].Created) {
		t.Errorf("created %s, want %s", got[0].Created, o.Parcels[0].Created)
	}
	if o := ingest(t, l, uplink(1, 7, 1_011)); o.Verdict != ledger.Repeat {
		t.Errorf("the same uplink after a restart is %q", o.Verdict)
	}
	if n, _ := l.Index().Len(); n != 1 {
		t.Errorf("the index knows %d devices after a restart", n)
	}
	if o := ingest(t, l, uplink(2, 7, 1_011)); o.Verdict != ledger.Unbought {
		t.Errorf("an uplink nobody bought is %q", o.Verdict)
	}
}
