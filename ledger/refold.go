package ledger

import (
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// folds are the buckets that are functions of the chain alone.
var folds = [][]byte{bChain, bUndo, bStreams, bPurchases, bByStream, bPaid, bOthers, bSales, bSoldOf, bRecords, bByOwner, bByDevice, bOperators}

// Refolding says what Refold forgot.
type Refolding struct {
	Head      market.Position `json:"head"` // the newest block that was folded
	Streams   int             `json:"streams"`
	Purchases int             `json:"purchases"`
	Parcels   uint64          `json:"parcels"` // set aside until their purchases are folded again
}

// refolded is what a ledger remembers of it.
type refolded struct {
	Until uint64 `json:"until"`
}

// Refold forgets what was folded of the chain, so that it is folded again from its beginning:
// the way out when the chain has other blocks than this ledger can unwind to. What the ledger
// counted itself stays: receipts, archive, destinations, devices, terms, signed transactions.
// Parcels wait for their purchases as after any reorg; those of purchases that the chain does
// not have any more are dropped once block until, the chain's newest, is final.
func (l *Ledger) Refold(until uint64) (r Refolding, err error) {
	t := touched{}
	err = l.update(func(tx *txn) error {
		clear(t)
		r = Refolding{}
		var err error
		if r.Head, _, err = headOf(tx); err != nil {
			return err
		}
		r.Streams = len(keysWith(tx, bStreams, nil))
		before := l.counts.orphaned
		for _, k := range keysWith(tx, bPurchases, nil) {
			p, err := decodePurchase(k, tx.Bucket(bPurchases).Get(k))
			if err != nil {
				return err
			}
			if err := l.vanish(tx, &p, until); err != nil {
				return err
			}
			t[p.ID] = struct{}{}
		}
		r.Purchases, r.Parcels = len(t), l.counts.orphaned-before
		l.changes.pending = Changes{All: true}
		for _, b := range folds {
			for _, k := range keysWith(tx, b, nil) {
				if err := tx.Bucket(b).Delete(k); err != nil {
					return fmt.Errorf("forget the fold: %w", err)
				}
			}
		}
		if err := tx.Bucket(bMeta).Delete(kStranger); err != nil {
			return err
		}
		encoded, err := encodeJSON(refolded{until})
		if err != nil {
			return err
		}
		return store(tx, bMeta, kRefolded, encoded)
	}, func() {
		l.publish(t, nil)
		l.o.Index.SetHead(market.Position{}, time.Time{})
	})
	return r, err
}

// known tells whether what another ledger did up to the folded head was noticed before: the
// blocks are folded a second time.
func known(tx *txn) (bool, error) {
	v := tx.Bucket(bMeta).Get(kRefolded)
	if v == nil {
		return false, nil
	}
	var r refolded
	if err := decodeJSON(bMeta, kRefolded, v, &r); err != nil {
		return false, err
	}
	head, _, err := headOf(tx)
	return head.Number <= r.Until, err
}
