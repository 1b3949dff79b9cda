package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

const daySeconds = 86_400

// archiveKey puts bodies in the order they were made in: those of a commit stand side by
// side at the end of the bucket, and what is purged stands at its beginning. The day is
// that of the receipt, or of the parcel while it has none.
func archiveKey(at time.Time, place uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(make([]byte, 0, 12), dayOf(at)), place)
}

func dayOf(at time.Time) uint32 { return uint32(max(at.Unix(), 0) / daySeconds) }

// archive keeps the body of a parcel, behind what names the parcel: account(16) seq(4).
func archive(tx *txn, key, parcel, body []byte) error {
	b := tx.Bucket(bArchive)
	b.file().FillPercent = 0.95 // it grows at its end: a split need leave no room
	v := append(make([]byte, 0, 1+len(parcel)+len(body)+len(room)), recordVersion)
	v = append(append(append(v, parcel...), body...), room[:]...)
	return b.Put(key, bind(bArchive, key, v))
}

// decodeArchived takes apart what archive keeps.
func decodeArchived(k, v []byte) (parcel, body []byte, err error) {
	b, err := decode(bArchive, k, v)
	if err == nil && (len(k) != 12 || len(b) < 20) {
		err = ErrCorrupt
	}
	if err != nil {
		return nil, nil, err
	}
	return b[:20], b[20:], nil
}

// archived gives a copy of a body, nil if it is not, or no longer, kept.
func archived(tx *txn, at time.Time, place uint64) ([]byte, error) {
	k := archiveKey(at, place)
	v := tx.Bucket(bArchive).Get(k)
	if v == nil {
		return nil, nil
	}
	_, body, err := decodeArchived(k, v)
	return bytes.Clone(body), err
}

// body gives the body of a receipt's reading, nil if it is not, or no longer, kept.
func (r *receipt) body(tx *txn) ([]byte, error) {
	if !r.archived {
		return nil, nil
	}
	return archived(tx, r.At, r.place)
}

// keepBody lets the body of a parcel stay for its receipt, or go if bodies are not kept.
func (l *Ledger) keepBody(tx *txn, p *held, r *receipt) error {
	from := archiveKey(p.Created, p.place)
	if l.o.Retention <= 0 {
		return tx.Bucket(bArchive).Delete(from)
	}
	r.archived, r.place = true, p.place
	if dayOf(p.Created) == dayOf(r.At) {
		return nil
	}
	v := tx.Bucket(bArchive).Get(from)
	if v == nil {
		return fmt.Errorf("%w (the body of parcel %d of purchase %d is missing)", ErrCorrupt, p.Seq, p.Purchase)
	}
	parcel, body, err := decodeArchived(from, v)
	if err != nil {
		return err
	}
	return errors.Join(archive(tx, archiveKey(r.At, p.place), parcel, body), tx.Bucket(bArchive).Delete(from))
}

// remove deletes a parcel of an account (nil: nobody's), and its body.
func (l *Ledger) remove(tx *txn, a *account, bucket, k []byte) error {
	p, err := decodeHeld(bucket, k, tx.Bucket(bucket).Get(k))
	if err != nil {
		return err
	}
	l.release(a, &p)
	return errors.Join(tx.Bucket(bArchive).Delete(archiveKey(p.Created, p.place)), tx.Bucket(bucket).Delete(k))
}

// purgeStep bounds what one Purge deletes, and looks at: a commit that deletes more
// would hold up uplinks.
const purgeStep = 500

// Purge makes one small step of deleting what is older than the retention, by a moment that
// is surely past (see market.Index.Past; a zero one deletes nothing): bodies of
// delivered parcels, by whole days, parked parcels, by their age, and parcels that wait
// though nobody ever asked for them. It tells whether there may be more to do at once.
func (l *Ledger) Purge(now time.Time) (more bool, err error) {
	if l.o.Retention <= 0 || now.IsZero() {
		return false, nil
	}
	var next, wait []byte
	until := now.Add(-l.o.Retention)
	err = l.updateAs(frees, func(tx *txn) error {
		full, err := purgeArchive(tx, dayOf(until))
		if err != nil {
			return err
		}
		if next, err = l.purgeParked(tx, until); err != nil {
			return err
		}
		wait, err = l.purgeWaiting(tx, until)
		more = full || next != nil || wait != nil
		return err
	}, func() { l.parkedAt, l.waitAt = next, wait })
	return more, err
}

// purgeArchive deletes bodies delivered before a day; full says that there are more. Those
// of parcels that wait, are parked or set aside go with their parcels.
func purgeArchive(tx *txn, day uint32) (full bool, err error) {
	var old [][]byte
	c := tx.Bucket(bArchive).Cursor()
	seen := 0
	for k, v := c.First(); k != nil && binary.BigEndian.Uint32(k) < day && seen < 8*purgeStep; k, v = c.Next() {
		if full = len(old) == purgeStep; full {
			break
		}
		seen++
		parcel, _, err := decodeArchived(k, v)
		if err != nil {
			return false, err
		}
		needed, err := bodyNeeded(tx, parcel, binary.BigEndian.Uint64(k[4:]))
		if err != nil {
			return false, err
		}
		if !needed {
			old = append(old, bytes.Clone(k))
		}
	}
	for _, k := range old {
		if err := tx.Bucket(bArchive).Delete(k); err != nil {
			return false, err
		}
	}
	return full, nil
}

// bodyNeeded tells whether there is still a parcel whose body stands at a place.
func bodyNeeded(tx *txn, parcel []byte, place uint64) (bool, error) {
	a := accountKey(parcel)
	seq := binary.BigEndian.Uint32(parcel[len(a):])
	for _, at := range []struct{ bucket, key []byte }{{bParcels, parcelKey(a.purchase(), seq)}, {bParked, parcelKey(a.purchase(), seq)}, {bOrphans, parcel}} {
		v := tx.Bucket(at.bucket).Get(at.key)
		if v == nil {
			continue
		}
		p, err := decodeHeld(at.bucket, at.key, v)
		if err != nil || p.place == place {
			return true, err
		}
	}
	return false, nil
}

// purgeParked looks at some parked parcels, from where the last step ended, and
// deletes those made before until. next is nil at the end of the bucket.
func (l *Ledger) purgeParked(tx *txn, until time.Time) (next []byte, err error) {
	var old [][]byte
	c := tx.Bucket(bParked).Cursor()
	k, v := c.Seek(l.parkedAt)
	for n := 0; k != nil; k, v = c.Next() {
		if n == purgeStep {
			next = bytes.Clone(k)
			break
		}
		n++
		p, err := decodeHeld(bParked, k, v)
		if err != nil {
			return nil, err
		}
		if p.Created.Before(until) {
			old = append(old, bytes.Clone(k))
		}
	}
	for _, k := range old {
		p, _ := splitKey(k)
		a, err := l.living(tx, p)
		if err != nil {
			return nil, err
		}
		if a != nil {
			a.parked--
		}
		l.counts.expired++
		if err := errors.Join(l.remove(tx, a, bParked, k), tx.Bucket(bReasons).Delete(k)); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// purgeWaiting is purgeParked for parcels that wait. They are dropped, and counted so.
func (l *Ledger) purgeWaiting(tx *txn, until time.Time) (next []byte, err error) {
	var old [][]byte
	c := tx.Bucket(bParcels).Cursor()
	k, v := c.Seek(l.waitAt)
	for n := 0; k != nil; k, v = c.Next() {
		if n == purgeStep {
			next = bytes.Clone(k)
			break
		}
		n++
		p, err := decodeHeld(bParcels, k, v)
		if err != nil {
			return nil, err
		}
		if p.Created.Before(until) {
			old = append(old, bytes.Clone(k))
		}
	}
	for _, k := range old {
		p, _ := splitKey(k)
		a, err := l.living(tx, p)
		if err != nil {
			return nil, err
		}
		if a == nil {
			continue // the check of the ledger tells
		}
		why := delivery.Reason{Code: delivery.CodeRetention, Text: "nobody asked for it until ledger.retention was over"}
		if err := l.drop(tx, a, k, why); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// archive checks that every body is its receipt's or its parcel's, and that there are no others.
func (c *checker) archive() error {
	kept := 0
	is := func(what string, seq uint32, p market.PurchaseID, body []byte, digest common.Hash) {
		if kept++; digest != crypto.Keccak256Hash(body) {
			c.fault("the archived reading %d of purchase %d is not that of its %s", seq, p, what)
		}
	}
	err := c.tx.Bucket(bReceipts).ForEach(func(k, v []byte) error {
		r, err := decodeReceipt(k, v)
		if err != nil {
			return err
		}
		body, err := r.body(c.tx)
		if err == nil && body != nil {
			is("receipt", r.Seq, r.Purchase, body, r.Digest)
		}
		return err
	})
	for _, b := range [][]byte{bParcels, bParked, bOrphans} {
		err = errors.Join(err, c.tx.Bucket(b).ForEach(func(k, v []byte) error {
			p, err := decodeParcel(c.tx, b, k, v)
			if err == nil {
				is("parcel", p.Seq, p.Purchase, p.Body, p.Digest)
			}
			return err
		}))
	}
	if n := c.tx.Bucket(bArchive).keys(); err == nil && n != kept {
		c.fault("%d bodies are archived, %d receipts and parcels have one", n, kept)
	}
	return err
}
