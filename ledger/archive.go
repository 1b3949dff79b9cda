package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/ethereum/go-ethereum/crypto"
	"go.etcd.io/bbolt"
)

const daySeconds = 86_400

// archiveKey puts bodies in the order they were delivered in: those of a commit stand
// side by side at the end of the bucket, and what is purged stands at its beginning.
func archiveKey(at time.Time, place uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(make([]byte, 0, 12), dayOf(at)), place)
}

func dayOf(at time.Time) uint32 { return uint32(max(at.Unix(), 0) / daySeconds) }

// archive keeps the body of a receipt. body may alias the file.
func archive(tx *bbolt.Tx, r *receipt, body []byte) error {
	b, k := tx.Bucket(bArchive), archiveKey(r.At, r.place)
	b.FillPercent = 0.95 // it grows at its end: a split need leave no room
	return b.Put(k, bind(bArchive, k, seal(body)))
}

// archived gives the body of a receipt, nil if it is not, or no longer, kept.
func archived(tx *bbolt.Tx, r *receipt) ([]byte, error) {
	if !r.archived {
		return nil, nil
	}
	b, err := fetch(tx, bArchive, archiveKey(r.At, r.place))
	return bytes.Clone(b), err
}

// purgeStep bounds what one Purge deletes, and looks at: a commit that deletes more
// would hold up uplinks.
const purgeStep = 500

// Purge makes one small step of deleting what is older than the retention: bodies of
// delivered parcels, by whole days, parked parcels, by their age, and parcels that wait
// though nobody ever asked for them. It tells whether there may be more to do at once.
func (l *Ledger) Purge(now time.Time) (more bool, err error) {
	if l.o.Retention <= 0 {
		return false, nil
	}
	var next, wait []byte
	until := now.Add(-l.o.Retention)
	err = l.update(func(tx *bbolt.Tx) error {
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

// purgeArchive deletes bodies delivered before a day; full says that there are more.
func purgeArchive(tx *bbolt.Tx, day uint32) (full bool, err error) {
	var old [][]byte
	c := tx.Bucket(bArchive).Cursor()
	for k, _ := c.First(); k != nil && binary.BigEndian.Uint32(k) < day; k, _ = c.Next() {
		if len(old) == purgeStep {
			full = true
			break
		}
		old = append(old, bytes.Clone(k))
	}
	for _, k := range old {
		if err := tx.Bucket(bArchive).Delete(k); err != nil {
			return false, err
		}
	}
	return full, nil
}

// purgeParked looks at some parked parcels, from where the last step ended, and
// deletes those made before until. next is nil at the end of the bucket.
func (l *Ledger) purgeParked(tx *bbolt.Tx, until time.Time) (next []byte, err error) {
	var old [][]byte
	c := tx.Bucket(bParked).Cursor()
	k, v := c.Seek(l.parkedAt)
	for n := 0; k != nil; k, v = c.Next() {
		if n == purgeStep {
			next = bytes.Clone(k)
			break
		}
		n++
		p, err := openParcel(bParked, k, v)
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
		if err := errors.Join(tx.Bucket(bParked).Delete(k), tx.Bucket(bReasons).Delete(k)); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// purgeWaiting is purgeParked for parcels that wait. They are dropped, and counted so.
func (l *Ledger) purgeWaiting(tx *bbolt.Tx, until time.Time) (next []byte, err error) {
	var old [][]byte
	c := tx.Bucket(bParcels).Cursor()
	k, v := c.Seek(l.waitAt)
	for n := 0; k != nil; k, v = c.Next() {
		if n == purgeStep {
			next = bytes.Clone(k)
			break
		}
		n++
		p, err := openParcel(bParcels, k, v)
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

// archive checks that every archived body is its receipt's, and every one a receipt's.
func (c *checker) archive() error {
	kept := 0
	err := c.tx.Bucket(bReceipts).ForEach(func(k, v []byte) error {
		r, err := openReceipt(k, v)
		if err != nil {
			return err
		}
		body, err := archived(c.tx, &r)
		if err != nil || body == nil {
			return err
		}
		kept++
		if r.Digest != crypto.Keccak256Hash(body) {
			c.fault("the archived reading %d of purchase %d is not that of its receipt", r.Seq, r.Purchase)
		}
		return nil
	})
	if n := c.tx.Bucket(bArchive).Stats().KeyN; err == nil && n != kept {
		c.fault("%d bodies are archived, %d receipts have one", n, kept)
	}
	return err
}
