package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// era is what an account counts since its last break. The readings that may be claimed in
// all are base and after: base are those of before the break, as many as the chain had
// paid by then or more, after those whose numbers begin at fence.
//
// A parcel of before the break that is delivered afterwards may be one the other ledger
// delivered and was paid for. It counts as known and raises base only when more are known
// than were paid: no buyer pays one reading twice.
//
// Without a break everything is after.
type era struct {
	fence  uint32 // first seq
	known  uint32 // readings of before, as far as this ledger knows
	base   uint32 // at least known
	after  uint32 // receipts with at least that seq
	lost   uint32 // ordinals left out by breaks
	paid   uint32 // the most that a break found paid on chain
	breaks uint32
	since  uint64 // chain time of the last break, unix seconds; 0: there was none
}

// count takes a receipt in.
func (e *era) count(seq uint32) {
	if seq >= e.fence {
		e.after++
		return
	}
	e.known++
	e.base = max(e.base, e.known)
}

// billable is how many readings may be claimed in all when the chain has paid so many. What
// a break found paid and a reorg took back is not claimed.
func (e *era) billable(delivered uint32) uint32 {
	n := e.base + e.after
	if delivered < e.paid {
		n -= min(e.paid-delivered, e.lost)
	}
	return n
}

// length is that of the chain of receipts: the ordinal of the next.
func (a *account) length() uint32 { return a.receipts + a.lost }

// strangers are settlements by another ledger that a batch of blocks holds.
type strangers struct {
	seen bool // at least one, which need not have paid anything
	by   map[market.PurchaseID]stranger
}

// stranger is the last of them that paid a purchase.
type stranger struct {
	paid uint32
	at   uint64 // time of its block
}

// compare holds the books against the chain after a batch of blocks: what the chain paid
// and this ledger cannot have claimed was done by another one. The first such settlement
// shows that another ledger gave out numbers, whatever purchases it claimed.
func (l *Ledger) compare(tx *txn, t touched) error {
	found := l.strangers.by
	again, err := known(tx)
	if err != nil {
		return err
	}
	if l.strangers.seen && !l.noticed && !again {
		l.noticed = true // if this batch fails, the payments themselves are noticed when it is folded again
		err := eachActive(tx, func(p *market.Purchase) error {
			if _, paid := found[p.ID]; paid {
				return nil
			}
			return l.depart(tx, p, p.Delivered, 0)
		})
		if err != nil {
			return err
		}
	}
	for id := range t {
		p, ok, err := view{tx}.Purchase(id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		s, strange := found[id]
		if !strange {
			a, err := readAccount(tx, accountOfPurchase(&p), l)
			if err != nil {
				return err
			}
			if s.paid = p.Delivered; p.Delivered <= a.billable(p.Delivered) {
				continue
			}
		}
		if err := l.depart(tx, &p, s.paid, s.at); err != nil {
			return err
		}
	}
	return nil
}

// readAccount gives an account without marking it as changed.
func readAccount(tx *txn, k accountKey, l *Ledger) (*account, error) {
	if a, ok := l.accounts[k]; ok {
		return a, nil
	}
	if v := tx.Bucket(bAccounts).Get(k[:]); v != nil {
		return decodeAccount(k[:], v)
	}
	return &account{key: k}, nil
}

func eachActive(tx *txn, do func(*market.Purchase) error) error {
	return tx.Bucket(bPurchases).ForEach(func(k, v []byte) error {
		p, err := decodePurchase(k, v)
		if err != nil || p.State != market.PurchaseActive {
			return err
		}
		return do(&p)
	})
}

// depart notes a break: another ledger was paid for so many readings of a purchase, in a
// block of time mined (0: it is not known which). What is numbered from here on is numbered
// past everything the other can have given out by now, since the contract pays no more
// than one reading for each interval begun.
func (l *Ledger) depart(tx *txn, p *market.Purchase, paid uint32, mined uint64) error {
	a, err := l.account(tx, accountOfPurchase(p))
	if err != nil {
		return err
	}
	one := settlement.Lost{First: a.length(), Paid: paid, SeqFrom: a.next, SeqTo: a.next, At: l.now()}
	if a.since != 0 && mined != 0 && mined <= a.since { // it cannot have claimed anything of this era
		if paid <= a.paid && paid <= a.base {
			return nil
		}
		one.Count = max(paid, a.base) - a.base
		a.base += one.Count
	} else {
		s, _, err := view{tx}.Stream(p.Stream)
		if err != nil {
			return err
		}
		window := market.Entitlement{Start: p.Start, End: s.EndOf(p.End), Interval: p.Interval, Quota: p.Quota}
		own := a.base + a.after
		a.known, a.base, a.after = a.known+a.after, max(own, paid), 0
		one.Count = a.base - own
		a.next = max(a.next, window.Due(one.At))
		one.SeqTo = a.next
		a.fence, a.since, a.last = a.next, one.At, common.Hash{}
	}
	return l.link(tx, a, one)
}

// link stores a break and makes it a step of the chain of receipts. Breaks before the first
// receipt are one: a ledger that folds a long past finds each payment of another's in turn.
func (l *Ledger) link(tx *txn, a *account, one settlement.Lost) error {
	a.lost += one.Count
	a.paid = max(a.paid, one.Paid)
	if a.receipts == 0 && a.breaks > 0 {
		a.breaks--
		k := lostKey(a.key, a.breaks)
		old, err := decodeLost(k, tx.Bucket(bLost).Get(k))
		if err != nil {
			return err
		}
		one.First, one.Count, one.SeqFrom, a.head = old.First, old.Count+one.Count, old.SeqFrom, common.Hash{}
	}
	one.Paid = a.paid
	a.head = settlement.LinkLost(a.head, one)
	k := lostKey(a.key, a.breaks)
	a.breaks++
	l.log.Info("numbers of a purchase go on past what another ledger of this operator's may have sold", "purchase", a.key.purchase(),
		"paid", one.Paid, "own_receipts", a.receipts, "missing", one.Count, "next_seq", one.SeqTo)
	return store(tx, bLost, k, encodeLost(&one))
}

func lostKey(k accountKey, n uint32) []byte { return k.seq(n) }

// A break's body: first(4) count(4) paid(4) seq from(4) seq to(4) at(8).
func encodeLost(l *settlement.Lost) []byte {
	b := append(make([]byte, 0, 33), recordVersion)
	for _, n := range []uint32{l.First, l.Count, l.Paid, l.SeqFrom, l.SeqTo} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = binary.BigEndian.AppendUint64(b, l.At)
	return append(b, room[:]...)
}

func decodeLost(k, v []byte) (settlement.Lost, error) {
	b, err := decode(bLost, k, v)
	if err != nil {
		return settlement.Lost{}, err
	}
	r := reader{b: b}
	l := settlement.Lost{First: r.u32(), Count: r.u32(), Paid: r.u32(), SeqFrom: r.u32(), SeqTo: r.u32(), At: r.u64()}
	if len(k) != 20 {
		return l, ErrCorrupt
	}
	return l, r.done()
}

// lostOf lists an account's breaks, oldest first.
func lostOf(tx *txn, k accountKey) ([]settlement.Lost, error) {
	var all []settlement.Lost
	c := tx.Bucket(bLost).Cursor()
	for key, v := c.Seek(k[:]); bytes.HasPrefix(key, k[:]); key, v = c.Next() {
		one, err := decodeLost(key, v)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// Break is a purchase that is not over and of which another ledger sold readings.
type Break struct {
	Purchase market.PurchaseID
	Lost     uint32 // readings the chain paid that this ledger has no receipts for
	Since    uint64 // unix seconds: the last time it was noticed
}

// Breaks lists the purchases that are not over and of which another ledger sold readings, by id. One whose
// time is over may stay active on chain for ever: nobody need finish it.
func (l *Ledger) Breaks() (all []Break, err error) {
	err = l.view(func(tx *txn) error {
		c := tx.Bucket(bLost).Cursor()
		for k, _ := c.First(); k != nil; {
			if len(k) != 20 {
				return ErrCorrupt
			}
			key := accountKey(k[:16])
			p, ok, err := view{tx}.Purchase(key.purchase())
			if err != nil {
				return err
			}
			if ok && p.State == market.PurchaseActive && accountOfPurchase(&p) == key {
				a, err := decodeAccount(key[:], tx.Bucket(bAccounts).Get(key[:]))
				if err != nil {
					return err
				}
				s, _, err := view{tx}.Stream(p.Stream)
				if err != nil {
					return err
				}
				if !l.o.Index.Outlook(&p, &s, a.next, a.waiting).Over {
					all = append(all, Break{p.ID, a.lost, a.since})
				}
			}
			k, _ = c.Seek(key.seq(^uint32(0)))
		}
		return nil
	})
	return all, err
}

// copied says of which copy a file was restored.
type copied struct {
	Copied   time.Time `json:"copied"`
	Restored time.Time `json:"restored"`
	Begun    bool      `json:"begun"` // the breaks were made
}

// Restored tells when the copy was made that this file was restored from; zero if it is none.
func (l *Ledger) Restored() (at time.Time, err error) {
	err = l.view(func(tx *txn) error {
		c, err := copiedOf(tx)
		at = c.Copied
		return err
	})
	return at, err
}

func copiedOf(tx *txn) (c copied, err error) {
	if v := tx.Bucket(bMeta).Get(kRestored); v != nil {
		err = decodeJSON(bMeta, kRestored, v, &c)
	}
	return c, err
}

// now is chain time, of the batch being folded if that is later than what is known.
func (l *Ledger) now() uint64 { return max(l.o.Index.Now(), l.folded) }

// InStep is told, once the file was opened and before anything is taken in, that all the
// chain has had so far is folded. From here on a settlement by another ledger shows that two
// bridges work at once; and in a restored copy every active purchase has a break now,
// whether or not the chain shows one.
func (l *Ledger) InStep() error {
	return l.update(func(tx *txn) error {
		l.inStep = l.now()
		c, err := copiedOf(tx)
		if err != nil || c.Begun || c.Copied.IsZero() {
			return err
		}
		if err := eachActive(tx, func(p *market.Purchase) error { return l.depart(tx, p, p.Delivered, 0) }); err != nil {
			return fmt.Errorf("go on with a restored copy: %w", err)
		}
		c.Begun = true
		encoded, err := encodeJSON(c)
		if err != nil {
			return err
		}
		return store(tx, bMeta, kRestored, encoded)
	}, nil)
}
