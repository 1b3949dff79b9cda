package ledger

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"go.etcd.io/bbolt"
)

const daySeconds = 86_400

// archiveKey puts the day of the delivery before account and seq: what is purged
// stands in front, and all of one day side by side.
func archiveKey(at time.Time, receiptKey []byte) []byte {
	k := binary.BigEndian.AppendUint32(make([]byte, 0, 24), dayOf(at))
	return append(k, receiptKey...)
}

func dayOf(at time.Time) uint32 { return uint32(max(at.Unix(), 0) / daySeconds) }

// archived gives the body of a receipt, nil if it is no longer kept.
func archived(tx *bbolt.Tx, receiptKey []byte, at time.Time) ([]byte, error) {
	b, err := fetch(tx, bArchive, archiveKey(at, receiptKey))
	return bytes.Clone(b), err
}

// purgeStep bounds what one Purge deletes, and looks at: a commit that deletes more
// would hold up uplinks.
const purgeStep = 500

// Purge makes one small step of deleting what is older than the retention: bodies of
// delivered parcels, by whole days, and parked parcels, by their age. It tells
// whether there may be more to do at once.
func (l *Ledger) Purge(now time.Time) (more bool, err error) {
	if l.o.Retention <= 0 {
		return false, nil
	}
	var next []byte
	until := now.Add(-l.o.Retention)
	err = l.update(func(tx *bbolt.Tx) error {
		full, err := purgeArchive(tx, dayOf(until))
		if err != nil {
			return err
		}
		next, err = l.purgeParked(tx, until)
		more = full || next != nil
		return err
	}, func() { l.parkedAt = next })
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
		if err := tx.Bucket(bParked).Delete(k); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// archive checks that every archived body is the one its receipt is for.
func (c *checker) archive() error {
	return c.tx.Bucket(bArchive).ForEach(func(k, v []byte) error {
		body, err := open(bArchive, k, v)
		if err != nil {
			return err
		}
		if len(k) != 24 {
			c.fault("archive/%x: wrong length of the key", k)
			return nil
		}
		r := c.tx.Bucket(bReceipts).Get(k[4:])
		if r == nil {
			c.fault("archive/%x: there is no such receipt", k)
			return nil
		}
		one, err := openReceipt(k[4:], r)
		if err != nil {
			return err
		}
		if one.Digest != crypto.Keccak256Hash(body) || dayOf(one.At) != binary.BigEndian.Uint32(k) {
			c.fault("the archived reading %d of purchase %d is not that of its receipt", one.Seq, one.Purchase)
		}
		return nil
	})
}
