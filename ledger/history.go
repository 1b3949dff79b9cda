package ledger

import (
	"bytes"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"go.etcd.io/bbolt"
)

// Received is a reading its buyer has, as far as its body is still kept.
type Received struct {
	delivery.Receipt
	Body []byte // nil if ledger.retention is over
}

// Received reads up to limit readings of a purchase with Seq >= from whose receipt is
// there, in order of seq.
func (l *Ledger) Received(p market.PurchaseID, from uint32, limit int) (all []Received, err error) {
	err = l.view(func(tx *bbolt.Tx) error {
		purchase, ok, err := view{tx}.Purchase(p)
		if err != nil || !ok {
			return err
		}
		a := accountOfPurchase(&purchase)
		c := tx.Bucket(bReceipts).Cursor()
		for k, v := c.Seek(a.seq(from)); bytes.HasPrefix(k, a[:]) && len(all) < limit; k, v = c.Next() {
			one, err := openReceipt(k, v)
			if err != nil {
				return err
			}
			body, err := archived(tx, &one)
			if err != nil {
				return err
			}
			all = append(all, Received{one.Receipt, body})
		}
		return nil
	})
	return all, err
}
