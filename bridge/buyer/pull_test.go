package buyer

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// Readings that are pulled: at most fifty of a purchase unacknowledged, the same again until they
// are acknowledged, receipts only for what was shown, also across a restart.
func TestPulledReadingsArePaidWhenAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	b, post, stop := shop(t, path)
	if _, err := b.SetDestination(ann, "", "box", api.DestinationInput{Kind: "pull", Config: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	bodies := map[uint32]string{}
	for i := range uint32(250) {
		p := post(i)
		bodies[p.Seq] = string(p.Body)
	}
	pull := func(after string) api.Page {
		t.Helper()
		page, err := b.Pull(t.Context(), 1, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Readings {
			if r.Body != bodies[r.Seq] {
				t.Fatalf("seq %d is %q", r.Seq, r.Body)
			}
		}
		return page
	}
	receipts := func() int { d, _, _ := b.ledger.Delivery(1); return int(d.Receipts) }
	for range 3 {
		if page := pull(""); len(page.Readings) != 50 || page.Unacknowledged != 50 || page.Withheld != 50 || page.Cursor != "49" || receipts() != 0 {
			t.Fatalf("%d readings, cursor %s, %d receipts", len(page.Readings), page.Cursor, receipts())
		}
	}
	stop() // what was shown is forgotten: an old cursor pays for nothing that is not shown again
	b, _, stop = shop(t, path)
	defer stop()
	page := pull("49")
	if page.Acknowledged != 0 || receipts() != 0 || len(page.Readings) != 50 || page.Readings[0].Seq != 0 {
		t.Fatalf("after a restart: %d acknowledged, first is %d", page.Acknowledged, page.Readings[0].Seq)
	}
	if page = pull("49"); page.Acknowledged != 0 || receipts() != 0 { // the answer was lost: he asks again as before
		t.Fatalf("asking again as before acknowledges %d", page.Acknowledged)
	}
	if page = pull(page.Cursor); page.Acknowledged != 50 || receipts() != 50 || page.Readings[0].Seq != 50 {
		t.Fatalf("%d acknowledged, first is %d", page.Acknowledged, page.Readings[0].Seq)
	}
	if page = pull("74"); page.Acknowledged != 25 || receipts() != 75 || page.Readings[0].Seq != 75 {
		t.Fatalf("%d acknowledged, first is %d", page.Acknowledged, page.Readings[0].Seq)
	}
	if v, err := b.Destination(ann, "box"); err != nil || v.Standing.Delivered != 75 { // a reading that is acknowledged is delivered
		t.Errorf("the destination delivered %d since the start (%v)", v.Standing.Delivered, err)
	}
	if page, err := b.Pull(t.Context(), 1, "4294967295", 0); err != nil || page.Acknowledged != 50 || receipts() != 125 || len(page.Readings) != 0 || page.Cursor != "4294967295" {
		t.Fatalf("a cursor from nowhere acknowledges what was shown and no more: %d receipts (%+v, %v)", receipts(), page, err)
	}
	if page = pull("24"); len(page.Readings) != 100 || page.Readings[0].Seq != 25 || !page.Readings[0].Acknowledged || page.Unacknowledged != 0 || receipts() != 125 {
		t.Errorf("reading again: %+v", page.Readings[0])
	}
	for _, none := range []string{"x", "-1", "1.", ".1", "1.!", "4294967296"} {
		if _, err := b.Pull(t.Context(), 1, none, 10); !errors.Is(err, api.ErrRefused) {
			t.Errorf("a cursor that is none, %s: %v", none, err)
		}
	}
}

// A reading that was parked comes behind later ones. Who never got the answer that showed it,
// and asks again as before, must be shown it again and not pay for it.
func TestAStragglerIsNotAcknowledgedByWhoNeverSawIt(t *testing.T) {
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	if _, err := b.SetDestination(ann, "", "box", api.DestinationInput{Kind: "pull", Config: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	park := func(seq uint32) {
		done := make(chan error, 1)
		b.ledger.Park(1, []uint32{seq}, delivery.Reason{Code: delivery.CodeRefused, Text: "x"}, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint32(6) {
		post(i)
	}
	park(2)
	park(4)
	pull := func(after string) (page api.Page, seqs []uint32) {
		t.Helper()
		page, err := b.Pull(t.Context(), 1, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Readings {
			seqs = append(seqs, r.Seq)
		}
		return page, seqs
	}
	page, _ := pull("")
	if page, _ = pull(page.Cursor); page.Acknowledged != 4 {
		t.Fatalf("%+v", page)
	}
	at := page.Cursor
	for _, seq := range []uint32{2, 4} {
		if done, err := b.ledger.Unpark(1, seq, seq+1); err != nil || done != 1 {
			t.Fatal(done, err)
		}
		for range 3 { // each answer is lost
			if page, seqs := pull(at); page.Acknowledged != 0 || len(seqs) != 1 || seqs[0] != seq {
				t.Fatalf("straggler %d: %d acknowledged, shown %d", seq, page.Acknowledged, seqs)
			}
		}
		page, _ := pull(at)
		post(10 + seq) // and goes on behind it
		page, seqs := pull(page.Cursor)
		if page.Acknowledged != 1 || len(seqs) != 1 || seqs[0] < 6 {
			t.Fatalf("straggler %d: %d acknowledged, then %d", seq, page.Acknowledged, seqs)
		}
		if page, _ = pull(page.Cursor); page.Acknowledged != 1 || len(page.Readings) != 0 {
			t.Fatalf("%+v", page)
		}
		at = page.Cursor
	}
}
