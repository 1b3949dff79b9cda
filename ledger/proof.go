package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
	"go.etcd.io/bbolt"
)

// proofMax bounds the receipts of a purchase that Proof reads: one a minute for seven
// years, half a gigabyte of memory.
const proofMax = 4_000_000

// ErrTooLong says that a purchase has more receipts than Proof reads.
var ErrTooLong = errors.New("the purchase has too many receipts for an evidence file")

// Proof reads what an evidence file says of a purchase: its receipts from ordinal first
// on, at most limit, with the bodies that are still kept, and the settlements that
// claimed them. ok is false if there is no such purchase.
func (l *Ledger) Proof(p market.PurchaseID, first uint32, limit int) (r evidence.Record, ok bool, err error) {
	err = l.view(func(tx *bbolt.Tx) error {
		if r.Purchase, ok, err = (view{tx}).Purchase(p); err != nil || !ok {
			return err
		}
		if r.Stream, _, err = (view{tx}).Stream(r.Purchase.Stream); err != nil {
			return err
		}
		if r.Head, _, err = headOf(tx); err != nil {
			return err
		}
		hash := cmp.Or(r.Purchase.Terms, r.Stream.Terms)
		terms, err := fetch(tx, bTerms, hash[:])
		if err != nil {
			return err
		}
		r.Terms = bytes.Clone(terms)
		k := accountOfPurchase(&r.Purchase)
		a := &account{key: k}
		if v := tx.Bucket(bAccounts).Get(k[:]); v != nil {
			if a, err = openAccount(k[:], v); err != nil {
				return err
			}
		}
		if a.receipts > proofMax {
			return fmt.Errorf("%w (%d)", ErrTooLong, a.receipts)
		}
		if err := readings(tx, a, first, limit, &r); err != nil {
			return err
		}
		r.Settlements, err = settlementsOf(tx, p)
		return err
	})
	return r, ok, err
}

// readings fills the receipts of a range in, the head of the chain before it, and the
// seqs that never became receipts.
func readings(tx *bbolt.Tx, a *account, first uint32, limit int, r *evidence.Record) error {
	r.Total, r.First = a.receipts, min(first, a.receipts)
	end := r.First + uint32(min(limit, int(a.receipts-r.First)))
	all := make([]receipt, end)
	var next uint32 // seq expected
	c := tx.Bucket(bReceipts).Cursor()
	for k, v := c.Seek(a.key[:]); bytes.HasPrefix(k, a.key[:]); k, v = c.Next() {
		one, err := openReceipt(k, v)
		if err != nil {
			return err
		}
		r.Skip(next, one.Seq)
		next = one.Seq + 1
		if one.ordinal < end {
			all[one.ordinal] = one
		}
	}
	r.Skip(next, a.next)
	var head common.Hash
	for i := range all {
		if uint32(i) == r.First {
			r.Before = head
		}
		head = settlement.Link(head, all[i].Seq, all[i].Digest)
	}
	if r.First == end {
		r.Before = head
	}
	r.After, r.Readings = head, make([]evidence.Delivered, 0, end-r.First)
	for i := range all[r.First:] {
		one := &all[r.First:][i]
		body, err := archived(tx, one)
		if err != nil {
			return err
		}
		r.Readings = append(r.Readings, evidence.Delivered{Ordinal: one.ordinal, Seq: one.Seq, Digest: one.Digest, At: one.At, Body: body})
	}
	return nil
}

// settlementsOf lists the transactions that claimed a purchase and succeeded, as far as
// the chain goes now.
func settlementsOf(tx *bbolt.Tx, p market.PurchaseID) ([]settlement.Tx, error) {
	var all []settlement.Tx
	prefix := key64(uint64(p))
	c := tx.Bucket(bClaimTxs).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		t, err := openTx(k[len(prefix):], tx.Bucket(bTxs).Get(k[len(prefix):]))
		if err != nil {
			return nil, err
		}
		if !t.State.OnChain() || t.Failed || !slices.ContainsFunc(t.Claims, func(c settlement.Claim) bool { return c.Purchase == p }) {
			continue
		}
		t.Forms = nil
		all = append(all, t)
	}
	return all, nil
}
