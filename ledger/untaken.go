package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// A buyer who takes nothing pays for nothing, so what waits for him is stored on credit, of the
// ledger's bytes. Every reading he takes gives him some of his own (untakenEach); what goes beyond
// that comes out of a pool that all buyers share, an eighth of the ledger: who has never taken
// anything has that alone. Of what is left of the pool, and of the half of the ledger that may wait
// at all, nobody has more than a part. So the more there are who let readings wait, the less each
// of them has, something is always left for who comes next, and a buyer whose readings are taken
// as they come never meets a bound.
const (
	untakenWhole = 2        // the part of the ledger that all readings together may take which are not taken: a half
	untakenOne   = 2        // what one buyer's may take of what is left of that: a half
	pooledWhole  = 8        // the part of the ledger that is lent to buyers beyond what they took: an eighth
	pooledOne    = 4        // what one buyer may have of what is left of that: a quarter
	untakenEach  = 16 << 10 // bytes that may wait for each reading taken
	parcelCost   = 512      // bytes that a parcel takes beside its body, about
)

func parcelBytes(body int) int64 { return int64(body) + parcelCost }

// untaken is what is stored for buyers who have not taken it. Only the committer changes it.
type untaken struct {
	mu     sync.Mutex
	whole  int64 // bytes that the ledger may come to have; 0: nobody knows, and nothing is bound
	stored int64 // by all buyers
	pooled int64 // of stored, what goes beyond what its buyers took
	of     map[common.Address]*holding
	batch  []holdingChange // of what is not committed yet
}

// holding is what is stored for a buyer.
type holding struct {
	stored  int64  // bytes of readings that he has not taken
	taken   uint64 // readings
	refused time.Time
}

type holdingChange struct {
	buyer         common.Address
	stored, taken int64
}

func (h *holding) pooled() int64 { return max(0, h.stored-int64(min(h.taken, 1<<40))*untakenEach) }

// within tells how many bytes the ledger may come to have.
func (u *untaken) within(whole int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.whole = whole
}

// admits says whether so many bytes more may be stored for a buyer.
func (u *untaken) admits(buyer common.Address, more int64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	h := holding{}
	if known := u.of[buyer]; known != nil {
		h = *known
	}
	if u.room(h, more) {
		return true
	}
	h.refused = time.Now()
	u.of[buyer] = &h
	return false
}

func (u *untaken) room(h holding, more int64) bool {
	if u.whole == 0 {
		return true
	}
	h.stored += more
	return h.stored <= (u.whole/untakenWhole-u.stored)/untakenOne && (h.pooled() == 0 || h.pooled() <= (u.whole/pooledWhole-u.pooled)/pooledOne)
}

// change counts what is stored for a buyer, and what he took.
func (u *untaken) change(buyer common.Address, stored, taken int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.apply(holdingChange{buyer, stored, taken})
	u.batch = append(u.batch, holdingChange{buyer, stored, taken})
}

func (u *untaken) apply(c holdingChange) {
	h := u.of[c.buyer]
	if h == nil {
		h = &holding{}
		u.of[c.buyer] = h
	}
	u.pooled -= h.pooled()
	h.stored += c.stored
	h.taken += uint64(c.taken)
	u.stored += c.stored
	u.pooled += h.pooled()
	if h.stored == 0 && h.taken == 0 && !u.bound(h) {
		delete(u.of, c.buyer)
	}
}

// keep ends a batch that was committed, undo one that was not.
func (u *untaken) keep() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.batch = u.batch[:0]
}

func (u *untaken) undo() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, c := range u.batch {
		u.apply(holdingChange{c.buyer, -c.stored, -c.taken})
	}
	u.batch = u.batch[:0]
}

// load counts what a file holds.
func (u *untaken) load(tx *txn) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.of, u.stored, u.pooled, u.batch = map[common.Address]*holding{}, 0, 0, nil
	return tx.Bucket(bAccounts).ForEach(func(k, v []byte) error {
		a, err := decodeAccount(k, v)
		if err == nil {
			u.apply(holdingChange{a.buyer, int64(a.stored), int64(a.receipts)})
		}
		return err
	})
}

// charge counts a parcel that is stored for an account.
func (l *Ledger) charge(a *account, p *held) {
	a.stored += uint64(parcelBytes(int(p.size)))
	l.untaken.change(a.buyer, parcelBytes(int(p.size)), 0)
}

// release counts one that is stored no more; nil: it was nobody's.
func (l *Ledger) release(a *account, p *held) {
	if a == nil {
		return
	}
	a.stored -= uint64(parcelBytes(int(p.size)))
	l.untaken.change(a.buyer, -parcelBytes(int(p.size)), 0)
}

// Untaken is what is stored for a buyer that he has not taken.
type Untaken struct {
	Stored int64 // bytes
	Bound  bool  // no more is, until he takes some
}

// lately is how long a buyer counts as one of whom readings are not stored, after one was not.
const lately = 10 * time.Minute

// Untaken tells how a buyer stands.
func (l *Ledger) Untaken(buyer common.Address) Untaken {
	u := &l.untaken
	u.mu.Lock()
	defer u.mu.Unlock()
	h := u.of[buyer]
	if h == nil {
		return Untaken{}
	}
	return Untaken{h.stored, u.bound(h)}
}

func (u *untaken) bound(h *holding) bool {
	return !h.refused.IsZero() && time.Since(h.refused) < lately
}

// AllUntaken sums up how buyers stand.
func (l *Ledger) AllUntaken() (stored int64, bound int) {
	u := &l.untaken
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, h := range u.of {
		if u.bound(h) {
			bound++
		}
	}
	return u.stored, bound
}

const (
	overLooked = 2_000 // purchases a step of DropOver looks at
	overStep   = 500   // parcels that it drops
)

// DropOver makes one small step of dropping parcels, waiting or parked, that nobody can be paid for any
// more: their purchases are closed, or their claim windows over. It tells whether there may be more
// to do at once. It does so too while the ledger is full.
func (l *Ledger) DropOver() (more bool, err error) {
	var over [][]byte
	at, looked := l.overAt, 0
	err = l.view(func(tx *txn) error {
		for looked < overLooked && len(over) < overStep {
			p, ok := nextPurchase(tx, at)
			if !ok {
				at = 0
				return nil
			}
			looked++
			unpayable, err := l.unpayable(tx, p)
			if err != nil {
				return err
			}
			if unpayable != nil {
				if over, err = overOf(tx, p, unpayable, over); err != nil {
					return err
				}
			}
			if len(over) < overStep {
				at = p + 1
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	l.overAt = at
	if len(over) == 0 {
		return at != 0, nil
	}
	return true, l.updateAs(frees, func(tx *txn) error { return l.dropOver(tx, over) }, nil)
}

// nextPurchase finds the first purchase from one on that has parcels.
func nextPurchase(tx *txn, from market.PurchaseID) (next market.PurchaseID, ok bool) {
	for _, bucket := range [][]byte{bParcels, bParked} {
		if k, _ := tx.Bucket(bucket).Cursor().Seek(key64(uint64(from))); k != nil {
			if p, _ := splitKey(k); !ok || p < next {
				next, ok = p, true
			}
		}
	}
	return next, ok
}

// unpayable gives what tells of a purchase's parcels whether nobody can be paid for them any more; nil if
// all may be.
func (l *Ledger) unpayable(tx *txn, id market.PurchaseID) (func(*held) bool, error) {
	p, ok, err := view{tx}.Purchase(id)
	if err != nil || !ok {
		return nil, err
	}
	s, _, err := view{tx}.Stream(p.Stream)
	if err != nil {
		return nil, err
	}
	if p.State != market.PurchaseActive || s.Unpaid {
		return func(*held) bool { return true }, nil
	}
	if head, _ := l.o.Index.Head(); head.Time < s.EndOf(p.End) {
		return nil, nil // it runs
	}
	if _, known := l.o.Index.Purchase(id); !known {
		return nil, nil // its device may be vouched for again
	}
	return func(h *held) bool { return l.o.Index.Standing(id, h.Seq, h.Received) == market.Cancel }, nil
}

// overOf adds the keys of those parcels of a purchase that nobody can be paid for.
func overOf(tx *txn, p market.PurchaseID, unpayable func(*held) bool, all [][]byte) ([][]byte, error) {
	prefix := key64(uint64(p))
	for _, bucket := range [][]byte{bParcels, bParked} {
		c := tx.Bucket(bucket).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(all) < overStep; k, v = c.Next() {
			h, err := decodeHeld(bucket, k, v)
			if err != nil {
				return nil, fmt.Errorf("parcel %d of purchase %d: %w", binary.BigEndian.Uint32(k[8:]), p, err)
			}
			if unpayable(&h) {
				all = append(all, bytes.Clone(k))
			}
		}
	}
	return all, nil
}

// dropOver drops what was found, if nothing has changed.
func (l *Ledger) dropOver(tx *txn, keys [][]byte) error {
	var of market.PurchaseID
	var unpayable func(*held) bool
	for i, k := range keys {
		p, _ := splitKey(k)
		if i == 0 || p != of {
			var err error
			if unpayable, err = l.unpayable(tx, p); err != nil {
				return err
			}
			of = p
		}
		a, err := l.living(tx, p)
		if err != nil {
			return err
		}
		if unpayable == nil || a == nil {
			continue
		}
		for _, bucket := range [][]byte{bParcels, bParked} {
			v := tx.Bucket(bucket).Get(k)
			if v == nil {
				continue
			}
			h, err := decodeHeld(bucket, k, v)
			if err != nil {
				return err
			}
			if unpayable(&h) {
				if err := l.drop(tx, a, k, delivery.Reason{Code: delivery.CodeUncovered, Text: "the purchase does not cover it, or is over"}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
