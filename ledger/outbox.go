package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Verdict says what an uplink is in the light of what was taken in before.
type Verdict string

// The verdicts of Ingest.
const (
	Posted   Verdict = "posted"   // new: it made the parcels of the outcome (perhaps none, see the counts)
	Unbought Verdict = "unbought" // no purchase of the device
	Repeat   Verdict = "repeat"   // this f_cnt was taken in within this session
	Late     Verdict = "late"     // more than 512 below the newest f_cnt: cannot be told from a repeat
	Reset    Verdict = "reset"    // the counter fell back within the session, or another reading came under a used one
	Moved    Verdict = "moved"    // from another application than its device was first sold from
)

// Outcome is what became of a reading.
type Outcome struct {
	Verdict  Verdict
	Parcels  []delivery.Parcel
	Skipped  uint32 // counters between this one and the newest before it: uplinks that were missed
	Below    uint32 // of one that back-fill brings: the counters right below it that are missing, as far as one below was ever taken in
	OverRate int    // purchases whose interval or quota it exceeds
	Outside  int    // purchases whose window it misses
	Lacking  int    // purchases of listings that sell nothing it holds
	Failed   int    // purchases whose listing's codec gave no values, and that buy no bytes
	Withheld int    // purchases whose terms are missing or unreadable
	Untaken  int    // purchases of buyers of whom too much is stored that they have not taken

	Elsewhere int // purchases of which another ledger may have sold what back-fill brings: see Lost
}

// Ingest makes the parcels of a reading: one for each purchase whose window covers
// its arrival and which the contract would pay. It does not wait for the disk; done
// is called after the commit, in the order of the calls, or with ErrNoRoom. The reading must not
// change until then.
func (l *Ledger) Ingest(r *lorawan.Reading, done func(Outcome, error)) {
	var out Outcome
	l.submit(op{
		class: grows,
		apply: func(tx *txn) (err error) {
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

func (l *Ledger) ingest(tx *txn, r *lorawan.Reading) (out Outcome, err error) {
	all := l.o.Index.Lookup(r.DevEUI)
	if len(all) == 0 {
		return Outcome{Verdict: Unbought}, nil
	}
	if err := l.takeCounter(tx, r, &out); err != nil || out.Verdict != Posted {
		return out, err
	}
	received := uint64(r.Received.Unix())
	counted := received // the contract pays by the time of settling, so a repaired reading may fill any interval begun by now
	if !r.Counted.IsZero() {
		counted = uint64(r.Counted.Unix())
	}
	now := l.o.Index.Clock().UTC()
	digest := readingDigest(r)
	for _, e := range all {
		if e.State != market.PurchaseActive || !e.Covers(received) {
			out.Outside++
			continue
		}
		if e.Withheld != "" {
			out.Withheld++
			continue
		}
		a, err := l.account(tx, accountOf(e))
		if err != nil {
			return out, err
		}
		if r.Repaired && received <= a.since {
			out.Elsewhere++
			continue
		}
		if a.next >= e.Due(counted) {
			out.OverRate++
			continue
		}
		switch r.Lacks(&e.Sale) {
		case lorawan.LacksValues:
			out.Lacking++
			continue
		case lorawan.LacksDecode:
			out.Failed++
			continue
		}
		p := delivery.Pack(l.o.Place, e, a.next, a.last, r, digest, now)
		if a.buyer = e.Buyer; !l.untaken.admits(a.buyer, parcelBytes(len(p.Body))) {
			a.untaken++
			l.counts.untaken++
			out.Untaken++
			continue
		}
		if err := l.hold(tx, a, &p); err != nil {
			return out, err
		}
		a.next++
		a.waiting++
		a.last = p.Digest
		out.Parcels = append(out.Parcels, p)
	}
	return out, nil
}

// hold stores a parcel that waits, and its body.
func (l *Ledger) hold(tx *txn, a *account, p *delivery.Parcel) error {
	h := held{Parcel: *p, place: l.counts.archived, size: uint32(len(p.Body))}
	l.counts.archived++
	l.charge(a, &h)
	if err := archive(tx, archiveKey(p.Created, h.place), a.key.seq(p.Seq), p.Body); err != nil {
		return err
	}
	return store(tx, bParcels, parcelKey(p.Purchase, p.Seq), h.encode())
}

// readingDigest tells a reset counter's reading from the one it replaces in the
// parcel's id.
func readingDigest(r *lorawan.Reading) [32]byte {
	return [32]byte(crypto.Keccak256Hash(r.Data, r.Values))
}

// takeCounter checks and marks the reading's f_cnt in its session's window.
func (l *Ledger) takeCounter(tx *txn, r *lorawan.Reading, out *Outcome) error {
	if ok, err := l.belongs(tx, r); err != nil || !ok {
		out.Verdict = Moved
		return err
	}
	session, before, joined, err := l.sessions(tx, r)
	if err != nil {
		return err
	}
	k := windowKey(r, session)
	w, err := l.window(tx, k)
	if err != nil {
		return err
	}
	sum := payloadSum(r)
	if joined {
		former := windowKey(r, before)
		old, err := l.knownWindow(tx, former)
		switch {
		case err != nil:
			return err
		case old == nil:
		case old.took(r.FCnt, sum):
			out.Verdict = Repeat // the broker sends it again, and the device has joined meanwhile
			return nil
		case old.straggler(w, r.FCnt):
			k, w = former, old
		}
	}
	var ahead uint32
	if w.seen && r.FCnt > w.newest {
		ahead = r.FCnt - w.newest
		out.Skipped = ahead - 1
	}
	out.Verdict = w.take(r.FCnt, sum, r.Repaired)
	if r.Repaired {
		out.Below = w.missingBelow(r.FCnt)
	}
	if out.Verdict == Posted {
		received := uint64(r.Received.Unix())
		if !r.Repaired {
			w.learn(received, ahead)
		}
		w.touched = max(w.touched, received)
		l.dirtyW[string(k)] = struct{}{}
	}
	return nil
}

// window finds a session's window, or makes one.
func (l *Ledger) window(tx *txn, k []byte) (*window, error) {
	w, err := l.knownWindow(tx, k)
	if err != nil || w != nil {
		return w, err
	}
	if err := l.forgetSessions(tx, k[:8]); err != nil {
		return nil, err
	}
	w = &window{}
	l.windows[string(k)] = w
	return w, nil
}

// knownWindow finds a session's window in the committer's cache or on disk; nil if
// there is none.
func (l *Ledger) knownWindow(tx *txn, k []byte) (*window, error) {
	if w, ok := l.windows[string(k)]; ok {
		return w, nil
	}
	v := tx.Bucket(bWindows).Get(k)
	if v == nil {
		return nil, nil
	}
	w, err := decodeWindow(k, v)
	if err != nil {
		return nil, err
	}
	l.windows[string(k)] = &w
	return &w, nil
}

// payloadSum is a short hash of what a device sent. The server's decoded object
// counts only if the bytes are missing: servers write one object in many ways.
func payloadSum(r *lorawan.Reading) uint32 {
	b := r.Data
	if len(b) == 0 {
		b = r.Values
	}
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint32(sum[:])
}

// straggler says whether a counter is one of this session's, which has ended, and
// not one of the session after it: an uplink that was overtaken by the next join.
func (w *window) straggler(next *window, fCnt uint32) bool {
	const close = 64
	near := w.seen && fCnt >= close && uint64(fCnt)+windowBits > uint64(w.newest) && uint64(fCnt) <= uint64(w.newest)+close
	return near && (!next.seen || uint64(fCnt) > uint64(next.newest)+windowBits)
}

// sessionsMax bounds what a device that joins again and again leaves behind.
const sessionsMax = 16

// forgetSessions makes room for a new session of a device: of too many, those
// longest without an uplink go.
func (l *Ledger) forgetSessions(tx *txn, dev []byte) error {
	keys := keysWith(tx, bWindows, dev)
	for len(keys) >= sessionsMax {
		oldest, since := 0, ^uint64(0)
		for i, k := range keys {
			w, ok := l.windows[string(k)]
			if !ok {
				stored, err := decodeWindow(k, tx.Bucket(bWindows).Get(k))
				if err != nil {
					return err
				}
				w = &stored
			}
			if w.touched < since {
				oldest, since = i, w.touched
			}
		}
		k := keys[oldest]
		if err := tx.Bucket(bWindows).Delete(k); err != nil {
			return err
		}
		delete(l.windows, string(k))
		delete(l.dirtyW, string(k))
		keys = slices.Delete(keys, oldest, oldest+1)
	}
	return nil
}

// Backlog lists purchases with waiting parcels.
func (l *Ledger) Backlog() ([]market.PurchaseID, error) {
	var all []market.PurchaseID
	err := l.view(func(tx *txn) error {
		c := tx.Bucket(bParcels).Cursor()
		for k, _ := c.First(); k != nil; {
			p, _ := splitKey(k)
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

func (l *Ledger) parcels(bucket []byte, p market.PurchaseID, from uint32, limit int) ([]delivery.Parcel, error) {
	var all []delivery.Parcel
	err := l.view(func(tx *txn) error {
		prefix := key64(uint64(p))
		c := tx.Bucket(bucket).Cursor()
		for k, v := c.Seek(parcelKey(p, from)); bytes.HasPrefix(k, prefix) && len(all) < limit; k, v = c.Next() {
			one, err := decodeParcel(tx, bucket, k, v)
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
// a delivery whose parcel was dropped meanwhile is counted as leaked, not billed.
// With batch it forgets the batch's boundaries in the same commit.
func (l *Ledger) Delivered(receipts []delivery.Receipt, batch *delivery.BatchKey, done func(error)) {
	receipts = slices.Clone(receipts)
	l.submit(op{apply: func(tx *txn) error {
		for i := range receipts {
			if err := l.delivered(tx, &receipts[i]); err != nil {
				return err
			}
		}
		if batch != nil {
			return tx.Bucket(bBatches).Delete(batchKey(batch.Destination, batch.First))
		}
		return nil
	}, done: done, class: kept})
}

// delivered counts one delivery. Its digest must be that of a parcel: another
// purchase may have had this id before a reorg, and its deliveries may be
// reported late.
func (l *Ledger) delivered(tx *txn, r *delivery.Receipt) error {
	a, err := l.living(tx, r.Purchase)
	if err != nil {
		return err
	}
	if a != nil {
		k := parcelKey(r.Purchase, r.Seq)
		for _, in := range []struct {
			bucket []byte
			left   *uint32
		}{{bParcels, &a.waiting}, {bParked, &a.parked}} {
			v := tx.Bucket(in.bucket).Get(k)
			if v == nil {
				continue
			}
			p, err := decodeHeld(in.bucket, k, v)
			if err != nil {
				return err
			}
			if p.Digest != r.Digest {
				continue
			}
			*in.left--
			return errors.Join(l.putReceipt(tx, a, r, &p, in.bucket, k), l.paid(tx, r))
		}
		known, err := fetch(tx, bReceipts, a.key.seq(r.Seq)) // a receipt has taken its parcel's place
		if err != nil || known != nil && common.Hash(known[4:36]) == r.Digest {
			return errors.Join(err, l.paid(tx, r))
		}
	}
	if l.counts.orphaned > 0 {
		if found, err := l.deliveredOrphan(tx, r); err != nil || found {
			return err
		}
	}
	l.counts.leaked++
	return nil
}

// deliveredOrphan records the delivery of a parcel whose purchase vanished while
// it was under way: it is billed if the purchase is mined again.
func (l *Ledger) deliveredOrphan(tx *txn, r *delivery.Receipt) (bool, error) {
	for _, k := range keysWith(tx, bOrphans, key64(uint64(r.Purchase))) {
		p, err := decodeHeld(bOrphans, k, tx.Bucket(bOrphans).Get(k))
		if err != nil {
			return false, err
		}
		if len(k) != 20 || p.Seq != r.Seq || p.Digest != r.Digest {
			continue
		}
		a, err := l.account(tx, accountKey(k[:16]))
		if err != nil {
			return false, err
		}
		a.orphaned--
		l.counts.orphaned--
		l.counts.leaked++
		return true, l.putReceipt(tx, a, r, &p, bOrphans, k)
	}
	return false, nil
}

// putReceipt turns the parcel that stands in a bucket under a key into a receipt.
func (l *Ledger) putReceipt(tx *txn, a *account, r *delivery.Receipt, p *held, bucket, key []byte) error {
	one := receipt{Receipt: *r, ordinal: a.length()}
	a.receipts++
	l.release(a, p)
	l.untaken.change(a.buyer, 0, 1)
	a.count(r.Seq)
	a.head = settlement.Link(a.head, r.Seq, r.Digest)
	if err := l.keepBody(tx, p, &one); err != nil {
		return err
	}
	if err := tx.Bucket(bucket).Delete(key); err != nil {
		return err
	}
	if bytes.Equal(bucket, bParked) { // only what is parked has a reason
		if err := tx.Bucket(bReasons).Delete(key); err != nil {
			return err
		}
	}
	return store(tx, bReceipts, a.key.seq(r.Seq), one.encode())
}

// Park sets parcels aside: not attempted any more, still there to be read and replayed.
func (l *Ledger) Park(p market.PurchaseID, seqs []uint32, why delivery.Reason, done func(error)) {
	seqs = slices.Clone(seqs)
	l.submit(op{apply: func(tx *txn) error {
		a, err := l.living(tx, p)
		if err != nil || a == nil {
			return err // its parcels are orphans already
		}
		for _, seq := range seqs {
			k := parcelKey(p, seq)
			if tx.Bucket(bParcels).Get(k) == nil {
				continue
			}
			if err := move(tx, bParcels, k, bParked, k); err != nil {
				return err
			}
			if err := l.putReason(tx, k, why); err != nil {
				return err
			}
			if err := l.count(tx, a, delivery.ActionParked, why); err != nil {
				return err
			}
			a.waiting--
			a.parked++
		}
		return nil
	}, done: done, class: kept})
}

// Unpark brings a purchase's parked parcels with from <= seq < to back and tells how many.
func (l *Ledger) Unpark(p market.PurchaseID, from, to uint32) (n int, err error) {
	err = l.update(func(tx *txn) error {
		a, err := l.living(tx, p)
		if err != nil {
			return err
		}
		if a == nil {
			return fmt.Errorf("replay the parcels of purchase %d: %w", p, ErrPurchase)
		}
		n = 0
		for _, k := range keysWith(tx, bParked, key64(uint64(p))) {
			if _, seq := splitKey(k); seq < from || seq >= to {
				continue
			}
			if err := errors.Join(move(tx, bParked, k, bParcels, k), tx.Bucket(bReasons).Delete(k)); err != nil {
				return err
			}
			n++
		}
		a.waiting += uint32(n)
		a.parked -= uint32(n)
		return nil
	}, nil)
	return n, err
}

// Drop deletes parcels, waiting or parked, that nobody is entitled to any more; they are
// never billed.
func (l *Ledger) Drop(p market.PurchaseID, seqs []uint32, why delivery.Reason, done func(error)) {
	seqs = slices.Clone(seqs)
	l.submit(op{apply: func(tx *txn) error {
		a, err := l.living(tx, p)
		if err != nil || a == nil {
			return err // its parcels are orphans already
		}
		for _, seq := range seqs {
			if err := l.drop(tx, a, parcelKey(p, seq), why); err != nil {
				return err
			}
		}
		return nil
	}, done: done, class: kept})
}

func (l *Ledger) drop(tx *txn, a *account, k []byte, why delivery.Reason) error {
	for _, in := range []struct {
		bucket []byte
		left   *uint32
	}{{bParcels, &a.waiting}, {bParked, &a.parked}} {
		if tx.Bucket(in.bucket).Get(k) == nil {
			continue
		}
		*in.left--
		l.counts.dropped++
		if err := errors.Join(l.remove(tx, a, in.bucket, k), tx.Bucket(bReasons).Delete(k), l.count(tx, a, delivery.ActionDropped, why)); err != nil {
			return err
		}
	}
	return nil
}

// Receipts reads up to limit receipts of a purchase with Seq >= from, in order.
func (l *Ledger) Receipts(p market.PurchaseID, from uint32, limit int) ([]delivery.Receipt, error) {
	var all []delivery.Receipt
	err := l.view(func(tx *txn) error {
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
			all = append(all, one.Receipt)
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
	Dropped  uint64      `json:"dropped"`  // parcels deleted or set aside because their purchase went away
	Restored uint64      `json:"restored"` // of these, parcels that came back with their purchase
	Orphaned uint64      `json:"orphaned"` // parcels set aside now
	Expired  uint64      `json:"expired"`  // parked parcels deleted because ledger.retention was over
	Untaken  uint64      `json:"untaken"`  // readings that were not stored because their buyers had let too much wait
	Leaked   uint64      `json:"leaked"`   // deliveries reported after their parcel was dropped: never billed
	Commits  uint64      `json:"commits"`  // of the whole life of the file
	Size     int64       `json:"size"`     // bytes of the file that are in use, or free for reuse
	Room     int64       `json:"room"`     // bytes that can surely be written before the volume, its quota or ledger.max_size ends it
	Full     string      `json:"full"`     // what there is no room for: "", "intake" (only the reserve is left), or "delivery" (nor is that)
	Digest   common.Hash `json:"digest"`   // of the folded chain

	SetAside []SetAside `json:"set_aside"` // parcels parked and dropped ever, by reason
}

// Stats sums the accounts up.
func (l *Ledger) Stats() (s Stats, err error) {
	err = l.view(func(tx *txn) error {
		s.Size = tx.file.Size()
		s.Room, s.Full = l.roomFor()
		c, err := countsOf(tx)
		if err != nil {
			return err
		}
		if s.SetAside, err = sumAsides(tx, nil); err != nil {
			return err
		}
		s.Dropped, s.Restored, s.Orphaned, s.Leaked, s.Expired, s.Commits = c.dropped, c.restored, c.orphaned, c.leaked, c.expired, c.commits
		s.Untaken = c.untaken
		return tx.Bucket(bAccounts).ForEach(func(k, v []byte) error {
			a, err := decodeAccount(k, v)
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
	s.Digest, err = l.Digest()
	return s, err
}
