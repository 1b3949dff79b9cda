package buyer

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/ethereum/go-ethereum/common"
)

// wallet is a throwaway one.
func wallet(n int) (a common.Address) {
	binary.BigEndian.PutUint32(a[16:], uint32(n+1))
	return a
}

// R6: five hundred wallets that had bought nothing filled the bridge with destinations.
func TestWalletsThatBoughtNothingFillNothing(t *testing.T) {
	b, _, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	in := api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"http://192.0.2.1/"}`)}
	set := func(who common.Address, from, name string) error {
		_, err := b.SetDestination(who, from, name, in)
		return err
	}
	count := func() int {
		t.Helper()
		buyers, err := b.ledger.Buyers()
		if err != nil {
			t.Fatal(err)
		}
		all, err := b.ledger.Visiting(buyers)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	refused := 0
	for n := range 50 { // of one address
		for i := range 3 {
			if err := set(wallet(n), "2001:db8::/64", fmt.Sprint("d", i)); errors.Is(err, api.ErrRefused) {
				refused++
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	if count() != visitorFrom || refused != 150-visitorFrom {
		t.Errorf("one address keeps %d destinations for wallets that bought nothing (%d refused), want %d", count(), refused, visitorFrom)
	}
	for i := range visitorEach + 1 {
		if err := set(wallet(1_000), "192.0.2.7", fmt.Sprint("d", i)); (err == nil) != (i < visitorEach) {
			t.Errorf("destination %d of one wallet: %v", i, err)
		}
	}
	if err := set(wallet(1_000), "192.0.2.7", "d0"); err != nil {
		t.Errorf("one that is there is not set again: %v", err)
	}
	for i := range 20 { // ann has bought
		if err := set(ann, "2001:db8::/64", fmt.Sprint("d", i)); err != nil {
			t.Fatalf("a buyer's destination %d: %v", i, err)
		}
	}
	b.visitors.all = visitorFrom + visitorEach // it is full: the oldest yields
	if err := set(wallet(2_000), "192.0.2.8", "new"); err != nil {
		t.Fatal(err)
	}
	if _, known, _ := b.ledger.DestinationNamed(wallet(0), "d0"); known || count() != b.visitors.all {
		t.Errorf("the oldest stays, or there are %d", count())
	}
	if err := b.RemoveDestination(wallet(2_000), "new"); err != nil {
		t.Fatal(err)
	}
	for _, past := range []time.Time{{}, time.Now().Add(visitorStay - time.Minute)} {
		if n, err := b.visitors.expire(b, past); n != 0 || err != nil {
			t.Errorf("%d are removed before their time: %v", n, err)
		}
	}
	if n, err := b.visitors.expire(b, time.Now().Add(visitorStay+time.Minute)); n != b.visitors.all-1 || err != nil || count() != 0 {
		t.Errorf("%d are removed, %d stay: %v", n, count(), err)
	}
	if his, err := b.Destinations(ann); err != nil || len(his) != 20 {
		t.Errorf("a buyer has %d destinations left: %v", len(his), err)
	}
	if err := set(wallet(3_000), "2001:db8::/64", "again"); err != nil {
		t.Errorf("an address that has none any more is refused: %v", err)
	}
}

// After a restart those that are there are known by their age, and count.
func TestVisitorsAreKnownAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	b, _, stop := shop(t, path)
	in := api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"http://192.0.2.1/"}`)}
	for i := range visitorEach {
		if _, err := b.SetDestination(wallet(1), "192.0.2.7", fmt.Sprint("d", i), in); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	b, _, stop = shop(t, path)
	defer stop()
	if _, err := b.SetDestination(wallet(1), "192.0.2.7", "more", in); !errors.Is(err, api.ErrRefused) {
		t.Errorf("a restart forgets what a wallet has: %v", err)
	}
}
