package ledger

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// Received is a reading its buyer has, as far as its body is still kept.
type Received struct {
	delivery.Receipt
	Body []byte // nil if ledger.retention is over
}

// Received reads up to limit readings of a purchase with Seq >= from whose receipt is
// there, in order of seq.
func (l *Ledger) Received(p market.PurchaseID, from uint32, limit int) (all []Received, err error) {
	err = l.view(func(tx *txn) error {
		purchase, ok, err := view{tx}.Purchase(p)
		if err != nil || !ok {
			return err
		}
		a := accountOfPurchase(&purchase)
		c := tx.Bucket(bReceipts).Cursor()
		for k, v := c.Seek(a.seq(from)); bytes.HasPrefix(k, a[:]) && len(all) < limit; k, v = c.Next() {
			one, err := decodeReceipt(k, v)
			if err != nil {
				return err
			}
			body, err := one.body(tx)
			if err != nil {
				return err
			}
			all = append(all, Received{one.Receipt, body})
		}
		return nil
	})
	return all, err
}

// NewestReceipt tells the highest seq of a purchase that has a receipt; ok is false if none has.
func (l *Ledger) NewestReceipt(p market.PurchaseID) (seq uint32, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		purchase, known, err := view{tx}.Purchase(p)
		if err != nil || !known {
			return err
		}
		a := accountOfPurchase(&purchase)
		c := tx.Bucket(bReceipts).Cursor()
		k, _ := c.Seek(a.seq(math.MaxUint32))
		switch {
		case k == nil:
			k, _ = c.Last()
		case !bytes.HasPrefix(k, a[:]):
			k, _ = c.Prev()
		}
		if ok = bytes.HasPrefix(k, a[:]); ok {
			seq = binary.BigEndian.Uint32(k[len(a):])
		}
		return nil
	})
	return seq, ok, err
}
