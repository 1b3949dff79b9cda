package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/ethereum/go-ethereum/common"
)

func debtKey(buyer common.Address, k delivery.ParcelKey) []byte {
	return append(append(make([]byte, 0, 32), buyer[:]...), parcelKey(k.Purchase, k.Seq)...)
}

// decodeDebt reads what was written down of a buyer, or of a reading he owes, into a debt.
func decodeDebt(k, v []byte, d *delivery.Debt) error {
	b, err := decode(bDebts, k, v)
	switch {
	case err != nil:
		return err
	case len(k) == common.AddressLength && len(b) == 16:
		d.Taken = binary.BigEndian.Uint64(b)
		d.Since = time.Unix(int64(binary.BigEndian.Uint64(b[8:])), 0).UTC()
	case len(k) == common.AddressLength+12 && len(b) == 0:
		p, seq := splitKey(k[common.AddressLength:])
		d.Owed = append(d.Owed, delivery.ParcelKey{Purchase: p, Seq: seq})
	default:
		return fmt.Errorf("%w (a debt)", ErrCorrupt)
	}
	return nil
}

// Debt reads what a buyer was sent and has not taken. It outlives his destinations and
// purchases.
func (l *Ledger) Debt(buyer common.Address) (d delivery.Debt, err error) {
	err = l.view(func(tx *txn) error {
		c := tx.Bucket(bDebts).Cursor()
		for k, v := c.Seek(buyer[:]); bytes.HasPrefix(k, buyer[:]); k, v = c.Next() {
			if err := decodeDebt(k, v, &d); err != nil {
				return err
			}
		}
		return nil
	})
	return d, err
}

// paid ends that a reading is owed, with its receipt.
func (l *Ledger) paid(tx *txn, r *delivery.Receipt) error {
	if !r.Owed {
		return nil
	}
	p, ok, err := view{tx}.Purchase(r.Purchase)
	if err != nil || !ok {
		return err
	}
	return tx.Bucket(bDebts).Delete(debtKey(p.Buyer, delivery.ParcelKey{Purchase: r.Purchase, Seq: r.Seq}))
}

// Held gives those of some receipts that would be made now: of readings that wait, or are parked.
func (l *Ledger) Held(receipts []delivery.Receipt) (held []delivery.Receipt, err error) {
	err = l.view(func(tx *txn) error {
		for i := range receipts {
			k := parcelKey(receipts[i].Purchase, receipts[i].Seq)
			for _, bucket := range [][]byte{bParcels, bParked} {
				v := tx.Bucket(bucket).Get(k)
				if v == nil {
					continue
				}
				p, err := decodeHeld(bucket, k, v)
				if err != nil {
					return err
				}
				if p.Digest == receipts[i].Digest {
					held = append(held, receipts[i])
				}
			}
		}
		return nil
	})
	return held, err
}

// Owe changes it.
func (l *Ledger) Owe(buyer common.Address, c delivery.DebtChange, done func(error)) {
	c.Owe, c.Paid = slices.Clone(c.Owe), slices.Clone(c.Paid)
	l.submit(op{apply: func(tx *txn) error {
		since := uint64(max(0, c.Since.Unix()))
		if err := store(tx, bDebts, bytes.Clone(buyer[:]), encode(binary.BigEndian.AppendUint64(key64(c.Taken), since))); err != nil {
			return err
		}
		for _, k := range c.Paid {
			if err := tx.Bucket(bDebts).Delete(debtKey(buyer, k)); err != nil {
				return err
			}
		}
		for _, k := range c.Owe {
			if err := store(tx, bDebts, debtKey(buyer, k), encode(nil)); err != nil {
				return err
			}
		}
		return nil
	}, done: done, class: kept})
}
