package buyer

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// F6: a bridge that waits for another one, with a copy of its ledger, sends nothing and shows nothing
// of what both hold; it goes on when the other is gone, and neither loses a reading.
func TestABridgeThatWaitsForItsTwinGivesNothing(t *testing.T) {
	dir := t.TempDir()
	one, post, stop := shop(t, filepath.Join(dir, "ledger.db"))
	s, _ := stores(t, one, ann)
	one.Wait(true)
	post(1)
	post(2)
	stop()
	text, err := os.ReadFile(filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "copy.db"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	first, post, stop := shop(t, filepath.Join(dir, "ledger.db"))
	defer stop()
	second, postSecond, stopSecond := openShop(t, filepath.Join(dir, "copy.db"), []time.Duration{0, time.Millisecond}, nil, func(b *Desk) { b.Wait(true) })
	defer stopSecond()
	eventually(t, "the first bridge delivers", func() bool { return s.of(1) == 2 })
	post(3)
	postSecond(3)
	eventually(t, "the first bridge delivers what comes", func() bool { return s.of(1) == 3 })
	eventually(t, "the second holds what it has", func() bool { v, _ := second.Delivery(1); return v.Queue == "held" && v.Waiting == 3 })
	for what, ask := range map[string]func() error{
		"pull":   func() error { _, err := second.Pull(t.Context(), 1, "", 10); return err },
		"live":   func() error { _, err := second.Follow(t.Context(), 1, ""); return err },
		"replay": func() error { _, err := second.Replay(t.Context(), 1, api.Range{From: new(uint32)}); return err },
		"test":   func() error { _, err := second.TestDestination(t.Context(), ann, "store"); return err },
	} {
		if err := ask(); !errors.Is(err, api.ErrWaits) || !strings.Contains(err.Error(), "another bridge") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if d, _, _ := second.ledger.Delivery(1); d.Receipts != 0 || s.of(1) != 3 {
		t.Errorf("the second has %d receipts, the storage has %d readings", d.Receipts, s.of(1))
	}
	if d, _, _ := first.ledger.Delivery(1); d.Receipts != 3 {
		t.Errorf("the first has %d receipts", d.Receipts)
	}
	second.Wait(false)
	eventually(t, "the second goes on", func() bool { d, _, _ := second.ledger.Delivery(1); return d.Receipts == 3 })
}

// F2: a buyer who takes nothing is told why further readings are not stored, and what to do; when he
// has taken some they are again.
func TestWhoseReadingsAreNotStoredIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	o := ledgertest.Options()
	o.MaxSize = 4 << 20
	r := newThief(t)
	r.stop()
	r.b, _, r.stop = openShopWith(t, path, o)
	defer func() { r.stop() }()
	r.chain = &ledgertest.Chain{}
	r.chain.Mine(ledgertest.Listed(1, 1), ledgertest.Purchased(1, 1, 1, 1_000, 50_000))
	r.chain.Mine()
	r.buy(1)
	if _, err := r.b.SetDestination(mallory, "", "none", api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"http://127.0.0.1:1/"}`)}); err != nil {
		t.Fatal(err)
	}
	take := func() (out ledger.Outcome) {
		done := make(chan error, 1)
		one := lorawan.Reading{Network: "n", Session: "s", DevEUI: ledgertest.Dev(1), FCnt: r.f, FPort: 1, Received: time.Unix(2_000, 0), Counted: time.Unix(40_000, 0), Data: make([]byte, 4_000)}
		r.f++
		r.b.ledger.Ingest(&one, func(o ledger.Outcome, err error) { out = o; r.b.Posted(o.Parcels); done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Parcels {
			if p.Purchase == 1 { // ann takes hers
				if page, err := r.b.Pull(t.Context(), 1, r.shown[1], 100); err == nil {
					r.note(page, 1)
				}
			}
		}
		return out
	}
	for range 40 {
		take()
	}
	v, err := r.b.Delivery(2)
	if err != nil || v.Untaken == 0 || v.Waiting == 0 || !strings.Contains(v.Bound, "not stored") || !strings.Contains(v.Bound, "destination retry") {
		t.Fatalf("%+v, %v", v, err)
	}
	if v, err := r.b.Delivery(1); err != nil || v.Untaken != 0 || v.Bound != "" || v.Posted != 40 {
		t.Errorf("a buyer who takes hers: %+v, %v", v, err)
	}
	if err := r.b.RemoveDestination(mallory, "none"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "he takes some", func() bool {
		page, err := r.b.Pull(t.Context(), 2, r.shown[market.PurchaseID(2)], 100)
		if err == nil {
			r.note(page, 2)
		}
		d, _, _ := r.b.ledger.Delivery(2)
		return err == nil && d.Receipts > 0
	})
	before := v.Posted
	take()
	if v, err := r.b.Delivery(2); err != nil || v.Posted != before+1 {
		t.Errorf("nothing more is stored for who took some: %+v, %v", v, err)
	}
	if u := r.b.ledger.Untaken(common.Address{9}); u.Bound || u.Stored != 0 {
		t.Errorf("%+v", u)
	}
}
