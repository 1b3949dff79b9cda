package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"go.etcd.io/bbolt"
)

// Verdict says what an uplink is in the light of what was taken in before.
type Verdict string

// The verdicts of Ingest.
const (
	Posted   Verdict = "posted"   // new: it made the parcels of the outcome (perhaps none, see the counts)
	Unbought Verdict = "unbought" // no purchase of the device
	Repeat   Verdict = "repeat"   // this f_cnt was taken in within this session
	Late     Verdict = "late"     // more than 512 below the newest f_cnt: cannot be told from a repeat
	Reset    Verdict = "reset"    // the counter fell back within the session
)

// Outcome is what became of a reading.
type Outcome struct {
	Verdict  Verdict
	Parcels  []delivery.Parcel
	OverRate int // purchases whose interval or quota it exceeds
	Outside  int // purchases whose window it misses
}

// Ingest makes the parcels of a reading: one for each purchase whose window covers
// its arrival and which the contract would pay. It does not wait for the disk; done
// is called after the commit, in the order of the calls. The reading must not
// change until then.
func (l *Ledger) Ingest(r *lorawan.Reading, done func(Outcome, error)) {
	var out Outcome
	l.submit(op{
		apply: func(tx *bbolt.Tx) (err error) {
			out, err = l.ingest(tx, r)
			return err
		},
		done: func(err error) {
			if err != nil {
				out = Outcome{}
			}
			done(out, err)
		},
	})
}

func (l *Ledger) ingest(tx *bbolt.Tx, r *lorawan.Reading) (out Outcome, err error) {
	all := l.o.Index.Lookup(r.DevEUI)
	if len(all) == 0 {
		return Outcome{Verdict: Unbought}, nil
	}
	if out.Verdict, err = l.takeCounter(tx, r); err != nil || out.Verdict != Posted {
		return out, err
	}
	received := uint64(r.Received.Unix())
	now := time.Now().UTC()
	digest := readingDigest(r)
	for _, e := range all {
		if e.State != market.PurchaseActive || !e.Covers(received) {
			out.Outside++
			continue
		}
		a, err := l.account(tx, e.Purchase, accountIdentity(e))
		if err != nil {
			return out, err
		}
		if a.next >= e.Due(received) {
			out.OverRate++
			continue
		}
		p := delivery.Pack(l.o.Place, e, a.next, r, digest, now)
		if err := tx.Bucket(bParcels).Put(parcelKey(p.Purchase, p.Seq), sealParcel(&p)); err != nil {
			return out, err
		}
		a.next++
		a.waiting++
		out.Parcels = append(out.Parcels, p)
	}
	return out, nil
}

// readingDigest tells a reset counter's reading from the one it replaces in the
// parcel's id.
func readingDigest(r *lorawan.Reading) [32]byte {
	return [32]byte(crypto.Keccak256Hash(r.Data, r.Values))
}

// takeCounter checks and marks the reading's f_cnt in its session's window.
func (l *Ledger) takeCounter(tx *bbolt.Tx, r *lorawan.Reading) (Verdict, error) {
	k := windowKey(r)
	w, ok := l.windows[string(k)]
	if !ok {
		w = &window{}
		if v := tx.Bucket(bWindows).Get(k); v != nil {
			stored, err := openWindow(v)
			if err != nil {
				return "", err
			}
			*w = stored
		}
		l.windows[string(k)] = w
	}
	verdict := w.take(r.FCnt)
	if verdict == Posted {
		l.dirtyW[string(k)] = struct{}{}
	}
	return verdict, nil
}

// Backlog lists purchases with waiting parcels.
func (l *Ledger) Backlog() ([]market.PurchaseID, error) {
	var all []market.PurchaseID
	err := l.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bParcels).Cursor()
		for k, _ := c.First(); k != nil; {
			p, _ := splitParcelKey(k)
			all = append(all, p)
			k, _ = c.Seek(key64(uint64(p) + 1))
		}
		return nil
	})
	return all, err
}

// Waiting reads up to limit parcels of a purchase with Seq >= from, in order.
func (l *Ledger) Waiting(p market.PurchaseID, from uint32, limit int) ([]delivery.Parcel, error) {
	return l.parcels(bParcels, p, from, limit)
}

// Parked reads parcels set aside.
func (l *Ledger) Parked(p market.PurchaseID, from uint32, limit int) ([]delivery.Parcel, error) {
	return l.parcels(bParked, p, from, limit)
}

func (l *Ledger) parcels(bucket []byte, p market.PurchaseID, from uint32, limit int) ([]delivery.Parcel, error) {
	var all []delivery.Parcel
	err := l.db.View(func(tx *bbolt.Tx) error {
		prefix := key64(uint64(p))
		c := tx.Bucket(bucket).Cursor()
		for k, v := c.Seek(parcelKey(p, from)); bytes.HasPrefix(k, prefix) && len(all) < limit; k, v = c.Next() {
			one, err := openParcel(k, v)
			if err != nil {
				return fmt.Errorf("parcel %d of purchase %d: %w", binary.BigEndian.Uint32(k[8:]), p, err)
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// Delivered turns parcels into receipts. A receipt that exists changes nothing;
// one without a parcel (dropped meanwhile) is not counted.
func (l *Ledger) Delivered(receipts []delivery.Receipt, done func(error)) {
	l.submit(op{apply: func(tx *bbolt.Tx) error {
		for i := range receipts {
			if err := l.receipt(tx, &receipts[i]); err != nil {
				return err
			}
		}
		return nil
	}, done: done})
}

func (l *Ledger) receipt(tx *bbolt.Tx, r *delivery.Receipt) error {
	k := parcelKey(r.Purchase, r.Seq)
	if tx.Bucket(bParcels).Get(k) == nil {
		return nil
	}
	if err := tx.Bucket(bParcels).Delete(k); err != nil {
		return err
	}
	a, err := l.account(tx, r.Purchase, common.Hash{})
	if err != nil {
		return err
	}
	a.waiting--
	if tx.Bucket(bReceipts).Get(k) != nil {
		return nil
	}
	a.receipts++
	a.head = crypto.Keccak256Hash(a.head[:], k[8:], r.Digest[:])
	return tx.Bucket(bReceipts).Put(k, sealReceipt(r))
}

// Park sets parcels aside: not attempted any more, still there to be read and replayed.
func (l *Ledger) Park(p market.PurchaseID, seqs []uint32, reason string, done func(error)) {
	l.submit(op{apply: func(tx *bbolt.Tx) error {
		a, err := l.account(tx, p, common.Hash{})
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			k := parcelKey(p, seq)
			v := bytes.Clone(tx.Bucket(bParcels).Get(k))
			if v == nil {
				continue
			}
			if err := tx.Bucket(bParcels).Delete(k); err != nil {
				return err
			}
			if err := tx.Bucket(bParked).Put(k, v); err != nil {
				return err
			}
			a.waiting--
			a.parked++
		}
		return nil
	}, done: done})
}

// Unpark brings a purchase's parked parcels back and tells how many.
func (l *Ledger) Unpark(p market.PurchaseID) (n int, err error) {
	err = l.update(func(tx *bbolt.Tx) error {
		n = 0
		a, err := l.account(tx, p, common.Hash{})
		if err != nil {
			return err
		}
		prefix := key64(uint64(p))
		c := tx.Bucket(bParked).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			if err := tx.Bucket(bParcels).Put(bytes.Clone(k), bytes.Clone(v)); err != nil {
				return err
			}
			n++
		}
		a.waiting += uint32(n)
		a.parked = 0
		return deletePrefix(tx.Bucket(bParked), prefix)
	}, nil)
	return n, err
}

// Drop deletes parcels whose purchase is gone; they are never billed.
func (l *Ledger) Drop(p market.PurchaseID, seqs []uint32, reason string, done func(error)) {
	l.submit(op{apply: func(tx *bbolt.Tx) error {
		a, err := l.account(tx, p, common.Hash{})
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			k := parcelKey(p, seq)
			if tx.Bucket(bParcels).Get(k) == nil {
				continue
			}
			if err := tx.Bucket(bParcels).Delete(k); err != nil {
				return err
			}
			a.waiting--
			l.dropped++
		}
		return nil
	}, done: done})
}

// Receipts reads up to limit receipts of a purchase with Seq >= from, in order.
func (l *Ledger) Receipts(p market.PurchaseID, from uint32, limit int) ([]delivery.Receipt, error) {
	var all []delivery.Receipt
	err := l.db.View(func(tx *bbolt.Tx) error {
		prefix := key64(uint64(p))
		c := tx.Bucket(bReceipts).Cursor()
		for k, v := c.Seek(parcelKey(p, from)); bytes.HasPrefix(k, prefix) && len(all) < limit; k, v = c.Next() {
			one, err := openReceipt(k, v)
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// Stats are the ledger's figures for `status`.
type Stats struct {
	Waiting  uint64      `json:"waiting"`  // parcels in the outbox
	Parked   uint64      `json:"parked"`   // parcels set aside
	Receipts uint64      `json:"receipts"` // parcels accepted
	Dropped  uint64      `json:"dropped"`  // parcels deleted because their purchase went away
	Commits  uint64      `json:"commits"`  // since the start
	Size     int64       `json:"size"`     // bytes of the file
	Digest   common.Hash `json:"digest"`   // of the folded chain
}

// Stats sums the accounts up.
func (l *Ledger) Stats() (s Stats, err error) {
	err = l.db.View(func(tx *bbolt.Tx) error {
		s.Size = tx.Size()
		if v := tx.Bucket(bMeta).Get(kDropped); v != nil {
			b, err := open(v)
			if err != nil {
				return err
			}
			s.Dropped = binary.BigEndian.Uint64(b)
		}
		return tx.Bucket(bAccounts).ForEach(func(_, v []byte) error {
			a, err := openAccount(v)
			if err != nil {
				return err
			}
			s.Waiting += uint64(a.waiting)
			s.Parked += uint64(a.parked)
			s.Receipts += uint64(a.receipts)
			return nil
		})
	})
	if err != nil {
		return s, err
	}
	l.mu.Lock()
	s.Commits = l.commits
	l.mu.Unlock()
	s.Digest, err = l.Digest()
	return s, err
}
