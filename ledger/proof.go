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
	err = l.view(func(tx *txn) error {
		if r.Purchase, ok, err = (view{tx}).Purchase(p); err != nil || !ok {
			return err
		}
		if r.Stream, _, err = (view{tx}).Stream(r.Purchase.Stream); err != nil {
			return err
		}
		if r.Head, _, err = headOf(tx); err != nil {
			return err
		}
		terms, err := fetch(tx, bTerms, r.Purchase.Terms[:])
		if err != nil {
			return err
		}
		r.Terms = bytes.Clone(terms)
		k := accountOfPurchase(&r.Purchase)
		a := &account{key: k}
		if v := tx.Bucket(bAccounts).Get(k[:]); v != nil {
			if a, err = decodeAccount(k[:], v); err != nil {
				return err
			}
		}
		if a.receipts > proofMax {
			return fmt.Errorf("%w (%d)", ErrTooLong, a.receipts)
		}
		if err := readings(tx, a, first, limit, &r); err != nil {
			return err
		}
		r.Payments, err = paymentsOf(tx, p)
		return err
	})
	return r, ok, err
}

// readings fills the receipts of a range in, the head of the chain before it, the breaks of
// the whole chain, and the seqs that never became receipts.
func readings(tx *txn, a *account, first uint32, limit int, r *evidence.Record) (err error) {
	if r.Lost, err = lostOf(tx, a.key); err != nil {
		return err
	}
	all := make([]receipt, 0, a.receipts)
	next := uint32(0) // seq expected
	lost := r.Lost
	skip := func(seq uint32) {
		for ; len(lost) > 0 && lost[0].SeqTo <= seq; lost = lost[1:] {
			if lost[0].SeqTo > lost[0].SeqFrom {
				r.Skip(next, lost[0].SeqFrom)
				next = lost[0].SeqTo
			}
		}
		r.Skip(next, seq)
		next = seq + 1
	}
	c := tx.Bucket(bReceipts).Cursor()
	for k, v := c.Seek(a.key[:]); bytes.HasPrefix(k, a.key[:]); k, v = c.Next() {
		one, err := decodeReceipt(k, v)
		if err != nil {
			return err
		}
		skip(one.Seq)
		all = append(all, one)
	}
	skip(a.next)
	slices.SortFunc(all, func(a, b receipt) int { return cmp.Compare(a.ordinal, b.ordinal) })
	return cut(tx, a, all, first, limit, r)
}

// cut takes the range out of the chain of receipts that begins at ordinal first, or at the
// break that covers it, and holds at most limit readings.
func cut(tx *txn, a *account, all []receipt, first uint32, limit int, r *evidence.Record) error {
	r.Total, r.First = a.length(), min(first, a.length())
	for _, l := range r.Lost {
		if l.First < r.First && r.First < l.First+l.Count {
			r.First = l.First
		}
	}
	from, _ := slices.BinarySearchFunc(all, r.First, func(one receipt, n uint32) int { return cmp.Compare(one.ordinal, n) })
	to := min(len(all), from+limit)
	if r.End = r.Total; to < len(all) {
		r.End = r.First
		if to > from {
			r.End = all[to-1].ordinal + 1
		}
	}
	var head common.Hash
	lost := r.Lost
	upTo := func(ordinal uint32) {
		for ; len(lost) > 0 && (lost[0].First <= ordinal); lost = lost[1:] {
			head = settlement.LinkLost(head, lost[0])
		}
	}
	begun := false
	for i := range all[:to] {
		one := &all[i]
		if one.ordinal >= r.First && !begun {
			begun, r.Before = true, beforeRange(&head, &lost, r.First)
		}
		upTo(one.ordinal)
		head = settlement.Link(head, one.Seq, one.Digest)
		if one.ordinal < r.First {
			continue
		}
		body, err := one.body(tx)
		if err != nil {
			return err
		}
		r.Readings = append(r.Readings, evidence.Delivered{Ordinal: one.ordinal, Seq: one.Seq, Digest: one.Digest, At: one.At, Body: body})
	}
	if !begun {
		r.Before = beforeRange(&head, &lost, r.First)
	}
	if r.End == r.Total {
		upTo(r.End)
	}
	r.After = head
	return nil
}

// beforeRange takes the steps of breaks before a range, and gives the head there.
func beforeRange(head *common.Hash, lost *[]settlement.Lost, first uint32) common.Hash {
	for ; len(*lost) > 0 && (*lost)[0].First < first; *lost = (*lost)[1:] {
		*head = settlement.LinkLost(*head, (*lost)[0])
	}
	return *head
}
