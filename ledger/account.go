package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// accountKey names the account of a purchase: its id, and a short hash of what a
// purchase keeps for life and does not owe to the block it is mined in: buyer,
// stream, price and interval. A purchase that a reorg mines again finds its
// account; another buyer's under the same id does not.
type accountKey [16]byte

func newAccountKey(p market.PurchaseID, buyer common.Address, s market.StreamID, price uint64, interval uint32) (k accountKey) {
	var b [40]byte
	copy(b[:], buyer[:])
	binary.BigEndian.PutUint64(b[20:], uint64(s))
	binary.BigEndian.PutUint64(b[28:], price)
	binary.BigEndian.PutUint32(b[36:], interval)
	h := sha256.Sum256(b[:])
	binary.BigEndian.PutUint64(k[:], uint64(p))
	copy(k[8:], h[:8])
	return k
}

func accountOf(e *market.Entitlement) accountKey {
	return newAccountKey(e.Purchase, e.Buyer, e.Stream, e.Price, e.Interval)
}

func accountOfPurchase(p *market.Purchase) accountKey {
	return newAccountKey(p.ID, p.Buyer, p.Stream, p.Price, p.Interval)
}

func (k accountKey) purchase() market.PurchaseID {
	return market.PurchaseID(binary.BigEndian.Uint64(k[:]))
}

// seq is the key of a receipt or an orphan.
func (k accountKey) seq(n uint32) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, 20), k[:]...), n)
}

// account is what the bridge itself counts of a purchase: nothing of it comes from
// the chain, but for breaks. body: next seq(4) receipts(4) waiting(4) parked(4)
// orphaned(4) not stored(4) head(32) gone(8) last(32) era(36), see era, stored(8) buyer(20).
type account struct {
	key      accountKey
	next     uint32 // seq of the next parcel
	receipts uint32
	waiting  uint32
	parked   uint32
	orphaned uint32
	untaken  uint32      // readings that were not stored, see untaken
	head     common.Hash // hash chain of the receipts and the breaks
	gone     uint64      // newest block when a reorg took the purchase away; 0: none did
	last     common.Hash // digest of the parcel made last: `prev` of the next
	era
	stored uint64         // bytes that its parcels take: those that wait, are parked or orphaned
	buyer  common.Address // zero before the first
}

func (a *account) encode() []byte {
	b := append(make([]byte, 0, 165), recordVersion)
	for _, n := range []uint32{a.next, a.receipts, a.waiting, a.parked, a.orphaned, a.untaken} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = append(b, a.head[:]...)
	b = binary.BigEndian.AppendUint64(b, a.gone)
	b = append(b, a.last[:]...)
	for _, n := range []uint32{a.fence, a.known, a.base, a.after, a.lost, a.paid, a.breaks} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = binary.BigEndian.AppendUint64(b, a.since)
	b = binary.BigEndian.AppendUint64(b, a.stored)
	b = append(b, a.buyer[:]...)
	return append(b, room[:]...)
}

func decodeAccount(k, v []byte) (*account, error) {
	b, err := decode(bAccounts, k, v)
	if err != nil {
		return nil, err
	}
	r := reader{b: b}
	a := &account{next: r.u32(), receipts: r.u32(), waiting: r.u32(), parked: r.u32(), orphaned: r.u32(), untaken: r.u32(), head: r.hash(), gone: r.u64(), last: r.hash(),
		era: era{fence: r.u32(), known: r.u32(), base: r.u32(), after: r.u32(), lost: r.u32(), paid: r.u32(), breaks: r.u32(), since: r.u64()}, stored: r.u64(), buyer: r.address()}
	if len(k) != len(a.key) {
		return nil, ErrCorrupt
	}
	copy(a.key[:], k)
	return a, r.done()
}

// account gives an account for change; one never written is empty.
func (l *Ledger) account(tx *txn, k accountKey) (*account, error) {
	a, ok := l.accounts[k]
	if !ok {
		a = &account{key: k}
		if v := tx.Bucket(bAccounts).Get(k[:]); v != nil {
			var err error
			if a, err = decodeAccount(k[:], v); err != nil {
				return nil, err
			}
		}
		l.accounts[k] = a
	}
	l.dirtyA[k] = struct{}{}
	return a, nil
}

// living gives the account of the purchase that has this id now; nil if none has.
func (l *Ledger) living(tx *txn, p market.PurchaseID) (*account, error) {
	if e, ok := l.o.Index.Purchase(p); ok {
		return l.account(tx, accountOf(e)) // the index follows every commit that changes it
	}
	purchase, ok, err := view{tx}.Purchase(p)
	if err != nil || !ok {
		return nil, err
	}
	return l.account(tx, accountOfPurchase(&purchase))
}

// vanish sets the parcels of a purchase aside that a reorg takes away. They count
// as dropped; if the purchase is mined again they come back.
func (l *Ledger) vanish(tx *txn, p *market.Purchase, head uint64) error {
	a, err := l.account(tx, accountOfPurchase(p))
	if err != nil {
		return err
	}
	for _, bucket := range [][]byte{bParcels, bParked} {
		keys := keysWith(tx, bucket, key64(uint64(p.ID)))
		for _, k := range keys {
			_, seq := splitKey(k)
			if err := errors.Join(move(tx, bucket, k, bOrphans, a.key.seq(seq)), tx.Bucket(bReasons).Delete(k)); err != nil {
				return err
			}
		}
		a.orphaned += uint32(len(keys))
		l.counts.orphaned += uint64(len(keys))
		l.counts.dropped += uint64(len(keys))
	}
	a.waiting, a.parked, a.gone = 0, 0, head
	return nil
}

// appear gives a purchase that is mined again its parcels back.
func (l *Ledger) appear(tx *txn, p *market.Purchase) error {
	k := accountOfPurchase(p)
	keys := keysWith(tx, bOrphans, k[:])
	if len(keys) == 0 {
		return nil
	}
	a, err := l.account(tx, k)
	if err != nil {
		return err
	}
	for _, from := range keys {
		_, seq := splitKey(from)
		if err := move(tx, bOrphans, from, bParcels, parcelKey(p.ID, seq)); err != nil {
			return err
		}
	}
	n := uint32(len(keys))
	a.orphaned -= n
	a.waiting += n
	a.gone = 0
	l.counts.orphaned -= uint64(n)
	l.counts.restored += uint64(n)
	return nil
}

// expireOrphans deletes the parcels of purchases that will not come back.
func (l *Ledger) expireOrphans(tx *txn, head, finalized uint64) error {
	if l.counts.orphaned == 0 {
		return nil
	}
	gone := map[accountKey]bool{}
	for _, k := range keysWith(tx, bOrphans, nil) {
		if len(k) != 20 {
			return ErrCorrupt
		}
		a := accountKey(k[:16])
		if _, known := gone[a]; !known {
			one, err := l.account(tx, a)
			if err != nil {
				return err
			}
			if gone[a] = one.gone <= finalized || one.gone+orphanBlocks <= head; gone[a] {
				l.counts.orphaned -= uint64(one.orphaned)
				one.orphaned = 0
			}
		}
		if gone[a] {
			one, err := l.account(tx, a)
			if err != nil {
				return err
			}
			if err := l.remove(tx, one, bOrphans, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphanBlocks is how long a chain without finality has to mine a purchase again.
const orphanBlocks = 256

// move takes a value to another key: its checksum is made again.
func move(tx *txn, from, fromKey, to, toKey []byte) error {
	body, err := fetch(tx, from, fromKey)
	if err != nil {
		return err
	}
	v := encode(body)
	if err := tx.Bucket(from).Delete(fromKey); err != nil {
		return err
	}
	return store(tx, to, toKey, v)
}

// keysWith lists the keys that begin with prefix, copied: a cursor does not
// survive writes.
func keysWith(tx *txn, bucket, prefix []byte) [][]byte {
	var keys [][]byte
	c := tx.Bucket(bucket).Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}
