package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// Check reads the whole ledger and tells everything that does not fit together:
// damaged values, keys out of order, counts that differ from the records they count,
// parcels without a purchase, receipts that do not give their account's head, archived
// bodies that are not their receipts', headers that do not link, undo records nobody
// needs. It waits for what is queued first. (bbolt's own check is left out: on a
// damaged page it ends the process.)
func (l *Ledger) Check() error {
	if err := l.updateAs(frees, l.checkUntaken, func() {}); err != nil {
		return err
	}
	return l.view(func(tx *txn) error {
		if err := checkRecords(tx); err != nil {
			return err
		}
		c := &checker{tx: tx, tallies: map[accountKey]*tally{}, live: map[market.PurchaseID]accountKey{}, where: map[[20]byte]string{}}
		return errors.Join(c.purchases(), c.parcels(), c.receipts(), c.archive(), c.accounts(), c.settlements(), c.blocks(), errors.Join(c.faults...))
	})
}

// checkUntaken holds what is counted of buyers against their accounts, those too that a batch has changed.
func (l *Ledger) checkUntaken(tx *txn) error {
	want := untaken{of: map[common.Address]*holding{}}
	count := func(a *account) { want.apply(holdingChange{a.buyer, int64(a.stored), int64(a.receipts)}) }
	for k := range l.dirtyA {
		count(l.accounts[k])
	}
	err := tx.Bucket(bAccounts).ForEach(func(k, v []byte) error {
		a, err := decodeAccount(k, v)
		if err != nil {
			return err
		}
		if _, changed := l.dirtyA[a.key]; !changed {
			count(a)
		}
		return nil
	})
	u := &l.untaken
	u.mu.Lock()
	defer u.mu.Unlock()
	for buyer, h := range want.of {
		if have := u.of[buyer]; err == nil && (have == nil || have.stored != h.stored || have.taken != h.taken) {
			err = fmt.Errorf("%s: %+v is counted of it, its accounts say %+v", buyer, have, *h)
		}
	}
	if err == nil && (u.stored != want.stored || u.pooled != want.pooled) {
		err = fmt.Errorf("%d bytes are counted that nobody has taken, %d of them beyond what was taken; the accounts say %d and %d", u.stored, u.pooled, want.stored, want.pooled)
	}
	return err
}

// checkRecords makes sure that every value has its checksum and reads back.
func checkRecords(tx *txn) error {
	for _, b := range buckets {
		var last []byte
		err := tx.Bucket(b).ForEach(func(k, v []byte) error {
			if err := reads(b, k, v); err != nil {
				return fmt.Errorf("%s/%x: %w", b, k, err)
			}
			if last != nil && bytes.Compare(last, k) >= 0 {
				return fmt.Errorf("%w (%s: key %x comes after %x)", ErrCorrupt, b, k, last)
			}
			if last = k; tx.Bucket(b).Get(k) == nil {
				return fmt.Errorf("%w (%s: key %x is there and cannot be found)", ErrCorrupt, b, k)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reads opens a value as the program would.
func reads(bucket, k, v []byte) (err error) {
	switch string(bucket) {
	case string(bStreams):
		_, err = decodeStream(k, v)
	case string(bPurchases):
		_, err = decodePurchase(k, v)
	case string(bDevices):
		_, err = decodeDevice(k, v)
	case string(bTxs):
		_, err = decodeTx(k, v)
	case string(bParcels), string(bParked), string(bOrphans):
		_, err = decodeHeld(bucket, k, v)
	case string(bArchive):
		_, _, err = decodeArchived(k, v)
	case string(bBatches):
		_, err = decodeBatch(k, v)
	case string(bRefusals):
		err = decodeJSON(bucket, k, v, new(delivery.Refusals))
	case string(bDebts):
		err = decodeDebt(k, v, new(delivery.Debt))
	case string(bReasons):
		err = decodeJSON(bucket, k, v, new(Parking))
	case string(bAsides):
		_, err = decodeAside(k, v)
	case string(bWindows):
		_, err = decodeWindow(k, v)
	case string(bOrigins):
		_, err = decodeOrigin(k, v)
	case string(bAccounts):
		_, err = decodeAccount(k, v)
	case string(bReceipts):
		_, err = decodeReceipt(k, v)
	case string(bJournals[0]), string(bJournals[1]):
		_, err = readJournal(bucket, k, v, func(int, []byte, change) {})
	case string(bClaims):
		_, err = decodeClaims(k, v)
	case string(bPaid):
		_, err = decodePaid(k, v)
	case string(bLost):
		_, err = decodeLost(k, v)
	case string(bChain):
		err = decodeJSON(bucket, k, v, new(market.Folded))
	case string(bUndo):
		err = readsUndo(bucket, k, v)
	default:
		if known, err := readsEveryone(bucket, k, v); known {
			return err
		}
		var b []byte
		if b, err = decode(bucket, k, v); err == nil && string(k) == string(kIdentity) && !json.Valid(b) {
			err = ErrCorrupt
		}
	}
	return err
}

// readsUndo reads the records that a block changed, as they were before.
func readsUndo(bucket, k, v []byte) error {
	var undo []before
	err := decodeJSON(bucket, k, v, &undo)
	for _, u := range undo {
		if err == nil && u.Value != nil {
			err = reads([]byte(u.Bucket), u.Key, u.Value)
		}
	}
	return err
}

// tally is what the records of an account add up to.
type tally struct {
	waiting, parked, orphaned uint32
	stored                    uint64 // bytes
	receipts                  []receipt
	next                      uint32 // above every seq in use
}

// checker compares records with what the accounts say of them.
type checker struct {
	tx      *txn
	faults  []error
	tallies map[accountKey]*tally
	live    map[market.PurchaseID]accountKey
	where   map[[20]byte]string // account and seq → bucket
	orphans uint64
}

func (c *checker) fault(format string, args ...any) {
	if len(c.faults) < 20 {
		c.faults = append(c.faults, fmt.Errorf(format, args...))
	}
}

func (c *checker) of(k accountKey) *tally {
	if c.tallies[k] == nil {
		c.tallies[k] = &tally{}
	}
	return c.tallies[k]
}

// once notes where a parcel is: it must not be in two places.
func (c *checker) once(k accountKey, seq uint32, bucket []byte) *tally {
	key := [20]byte(k.seq(seq))
	if at, ok := c.where[key]; ok {
		c.fault("parcel %d of purchase %d is in %s and in %s", seq, k.purchase(), at, bucket)
	}
	c.where[key] = string(bucket)
	t := c.of(k)
	t.next = max(t.next, seq+1)
	return t
}

func (c *checker) purchases() error {
	return c.tx.Bucket(bPurchases).ForEach(func(k, v []byte) error {
		p, err := decodePurchase(k, v)
		if err != nil {
			return err
		}
		c.live[p.ID] = accountOfPurchase(&p)
		if c.tx.Bucket(bStreams).Get(key64(uint64(p.Stream))) == nil {
			c.fault("purchase %d has no stream %d", p.ID, p.Stream)
		}
		if c.tx.Bucket(bByStream).Get(append(key64(uint64(p.Stream)), k...)) == nil {
			c.fault("purchase %d is not among those of stream %d", p.ID, p.Stream)
		}
		return nil
	})
}

func (c *checker) parcels() error {
	for _, k := range keysWith(c.tx, bReasons, nil) {
		if c.tx.Bucket(bParked).Get(k) == nil {
			p, seq := splitKey(k)
			c.fault("there is a reason why parcel %d of purchase %d is parked, which it is not", seq, p)
		}
	}
	for _, b := range [][]byte{bParcels, bParked, bOrphans} {
		orphans := string(b) == string(bOrphans)
		err := c.tx.Bucket(b).ForEach(func(k, v []byte) error {
			p, seq := splitKey(k)
			a, ok := c.live[p]
			if orphans && len(k) == 20 {
				a = accountKey(k[:16])
			}
			h, err := decodeHeld(b, k, v)
			if err != nil {
				return err
			}
			c.of(a).stored += uint64(parcelBytes(int(h.size)))
			switch {
			case orphans && len(k) != 20, !orphans && len(k) != 12:
				c.fault("%s/%x: wrong length of the key", b, k)
				return nil
			case orphans:
				if live, ok := c.live[p]; ok && live == a {
					c.fault("parcel %d is an orphan of purchase %d, which exists", seq, p)
				}
				c.once(a, seq, b).orphaned++
				c.orphans++
			case !ok:
				c.fault("%s holds parcel %d of purchase %d, which does not exist", b, seq, p)
			case string(b) == string(bParcels):
				c.once(a, seq, b).waiting++
			default:
				c.once(a, seq, b).parked++
				if c.tx.Bucket(bReasons).Get(k) == nil {
					c.fault("nothing says why parcel %d of purchase %d is parked", seq, p)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) receipts() error {
	return c.tx.Bucket(bReceipts).ForEach(func(k, v []byte) error {
		r, err := decodeReceipt(k, v)
		if err != nil {
			return err
		}
		t := c.once(accountKey(k[:16]), r.Seq, bReceipts)
		t.receipts = append(t.receipts, r)
		return nil
	})
}

func (c *checker) accounts() error {
	err := c.tx.Bucket(bAccounts).ForEach(func(k, v []byte) error {
		a, err := decodeAccount(k, v)
		if err != nil {
			return err
		}
		t := c.of(a.key)
		delete(c.tallies, a.key)
		if a.waiting != t.waiting || a.parked != t.parked || a.orphaned != t.orphaned || int(a.receipts) != len(t.receipts) {
			c.fault("the account of purchase %d counts %d waiting, %d parked, %d orphaned, %d receipts; there are %d, %d, %d, %d",
				a.key.purchase(), a.waiting, a.parked, a.orphaned, a.receipts, t.waiting, t.parked, t.orphaned, len(t.receipts))
		}
		if a.stored != t.stored {
			c.fault("the account of purchase %d counts %d bytes stored, there are %d", a.key.purchase(), a.stored, t.stored)
		}
		if t.next > a.next {
			c.fault("the account of purchase %d would give seq %d out again", a.key.purchase(), a.next)
		}
		return c.chainOf(a, t)
	})
	for k, t := range c.tallies {
		if t.next > 0 {
			c.fault("purchase %d has parcels or receipts and no account", k.purchase())
		}
	}
	if n, err := countsOf(c.tx); err == nil && n.orphaned != c.orphans {
		c.fault("%d orphans are counted, there are %d", n.orphaned, c.orphans)
	}
	return err
}

// chainOf holds an account against its receipts and breaks.
func (c *checker) chainOf(a *account, t *tally) error {
	lost, err := lostOf(c.tx, a.key)
	if err != nil {
		return err
	}
	slices.SortFunc(t.receipts, func(a, b receipt) int { return int(a.ordinal) - int(b.ordinal) })
	if int(a.breaks) != len(lost) || a.known > a.base || a.base+a.after > a.length() {
		c.fault("the account of purchase %d counts %d breaks, %d and %d readings of %d; there are %d breaks", a.key.purchase(), a.breaks, a.base, a.after, a.length(), len(lost))
	}
	var head common.Hash
	var next, after, gone uint32 // ordinal expected, receipts of the era, ordinals left out
	breaks := func() {
		for ; len(lost) > 0 && lost[0].First <= next; lost = lost[1:] {
			if lost[0].First != next {
				c.fault("a break of purchase %d stands at receipt %d, expected at %d", a.key.purchase(), lost[0].First, next)
			}
			head = settlement.LinkLost(head, lost[0])
			next += lost[0].Count
			gone += lost[0].Count
		}
	}
	for _, r := range t.receipts {
		breaks()
		if r.ordinal != next {
			c.fault("the account of purchase %d has no receipt number %d", a.key.purchase(), next)
		}
		head = settlement.Link(head, r.Seq, r.Digest)
		next++
		if r.Seq >= a.fence {
			after++
		}
	}
	breaks()
	if head != a.head {
		c.fault("the receipts of purchase %d do not give the head of its account", a.key.purchase())
	}
	if after != a.after || gone != a.lost || len(lost) > 0 {
		c.fault("the account of purchase %d counts %d receipts of its era and %d lost, there are %d and %d", a.key.purchase(), a.after, a.lost, after, gone)
	}
	return nil
}

// settlements makes sure that the lists of transactions name every transaction they
// should, and no other.
func (c *checker) settlements() error {
	open := 0
	err := c.tx.Bucket(bTxs).ForEach(func(k, v []byte) error {
		t, err := decodeTx(k, v)
		if err != nil {
			return err
		}
		listed := c.tx.Bucket(bOpenTxs).Get(k) != nil
		if listed == t.State.Finished() {
			c.fault("settlement transaction %d is %s: that it is among the unfinished ones is %t", t.Nonce, t.State, listed)
		}
		if listed {
			open++
		}
		if len(t.Claims) > 0 && c.tx.Bucket(bClaims).Get(t.Root[:]) == nil {
			c.fault("what settlement transaction %d claims is not remembered under its root", t.Nonce)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if n := c.tx.Bucket(bOpenTxs).keys(); n != open {
		c.fault("%d unfinished settlement transactions are listed, there are %d", n, open)
	}
	return c.tx.Bucket(bClaims).ForEach(func(k, v []byte) error {
		s, err := decodeClaims(k, v)
		if err == nil && settlement.RootOf(s.claims) != common.Hash(k) {
			c.fault("claims/%x are those of another root", k)
		}
		return err
	})
}

func (c *checker) blocks() error {
	var last market.Position
	err := c.tx.Bucket(bChain).ForEach(func(k, v []byte) error {
		var p market.Position
		if err := decodeJSON(bChain, k, v, &p); err != nil {
			return err
		}
		if binary.BigEndian.Uint64(k) != p.Number {
			c.fault("block %d is stored as block %x", p.Number, k)
		}
		if last.Number > 0 && p.Number != last.Number+1 {
			c.fault("block %d comes after block %d", p.Number, last.Number)
		}
		last = p
		return nil
	})
	if err != nil {
		return err
	}
	return c.tx.Bucket(bUndo).ForEach(func(k, _ []byte) error {
		if c.tx.Bucket(bChain).Get(k) == nil {
			c.fault("block %x can be undone but is not there", k)
		}
		return nil
	})
}
