package ledger_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// What a buyer owes outlives his destinations and the bridge's run, and is nobody else's.
func TestWhatABuyerOwesIsKept(t *testing.T) {
	path, o := filepath.Join(t.TempDir(), "l.db"), ledgertest.Options()
	l, err := ledger.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	ann, bob := common.Address{1}, common.Address{1, 1}
	at := time.Unix(1_790_000_000, 0).UTC()
	owe := func(buyer common.Address, c delivery.DebtChange) {
		t.Helper()
		done := make(chan error, 1)
		l.Owe(buyer, c, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	d, err := l.SetDestination(delivery.Destination{Buyer: ann, Name: "a", Kind: "pull", Config: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	k := func(p, seq int) delivery.ParcelKey {
		return delivery.ParcelKey{Purchase: market.PurchaseID(p), Seq: uint32(seq)}
	}
	owe(ann, delivery.DebtChange{Taken: 7, Since: at, Owe: []delivery.ParcelKey{k(1, 1), k(1, 2), k(9, 0)}})
	owe(bob, delivery.DebtChange{Since: at, Owe: []delivery.ParcelKey{k(2, 5)}})
	owe(ann, delivery.DebtChange{Taken: 9, Since: at.Add(time.Hour), Paid: []delivery.ParcelKey{k(1, 2), k(3, 3)}})
	if err := l.DeleteDestination(ann, d.Name); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Check(), l.Close()); err != nil {
		t.Fatal(err)
	}
	if l, err = ledger.Open(path, ledgertest.Options()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got, err := l.Debt(ann)
	if err != nil || got.Taken != 9 || !got.Since.Equal(at.Add(time.Hour)) || !slices.Equal(got.Owed, []delivery.ParcelKey{k(1, 1), k(9, 0)}) {
		t.Errorf("ann owes %+v (%v)", got, err)
	}
	if got, err = l.Debt(bob); err != nil || !slices.Equal(got.Owed, []delivery.ParcelKey{k(2, 5)}) {
		t.Errorf("bob owes %+v (%v)", got, err)
	}
}
