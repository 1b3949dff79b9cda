package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// keepBlocks is how many blocks can be unwound on a chain that knows no finality.
const keepBlocks = 8_192

// before is what a key held before a block changed it.
type before struct {
	Bucket string `json:"b"`
	Key    []byte `json:"k"`
	Value  []byte `json:"v"` // nil: the key was not there
}

func headOf(tx *txn) (p market.Position, ok bool, err error) {
	k, v := tx.Bucket(bChain).Cursor().Last()
	if k == nil {
		return p, false, nil
	}
	return p, true, decodeJSON(bChain, k, v, &p)
}

// Head is the newest folded block.
func (l *Ledger) Head() (p market.Position, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		p, ok, err = headOf(tx)
		return err
	})
	return p, ok, err
}

// At gives a folded block that can still be unwound to.
func (l *Ledger) At(number uint64) (f market.Folded, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		k := key64(number)
		v := tx.Bucket(bChain).Get(k)
		if v == nil {
			return nil
		}
		err := decodeJSON(bChain, k, v, &f)
		ok = err == nil
		return err
	})
	return f, ok, err
}

// view reads the folded state inside a transaction.
type view struct{ tx *txn }

func (v view) Stream(id market.StreamID) (s market.Stream, ok bool, err error) {
	b := v.tx.Bucket(bStreams).Get(key64(uint64(id)))
	if b == nil {
		return s, false, nil
	}
	s, err = decodeStream(key64(uint64(id)), b)
	return s, err == nil, err
}

func (v view) Purchase(id market.PurchaseID) (p market.Purchase, ok bool, err error) {
	b := v.tx.Bucket(bPurchases).Get(key64(uint64(id)))
	if b == nil {
		return p, false, nil
	}
	p, err = decodePurchase(key64(uint64(id)), b)
	return p, err == nil, err
}

// Stream and Purchase read the folded state.
func (l *Ledger) Stream(id market.StreamID) (s market.Stream, ok bool, err error) {
	err = l.view(func(tx *txn) error { s, ok, err = view{tx}.Stream(id); return err })
	return s, ok, err
}

// Purchase reads one folded purchase.
func (l *Ledger) Purchase(id market.PurchaseID) (p market.Purchase, ok bool, err error) {
	err = l.view(func(tx *txn) error { p, ok, err = view{tx}.Purchase(id); return err })
	return p, ok, err
}

// Streams lists the operator's streams by id.
func (l *Ledger) Streams() ([]market.Stream, error) { return list(l, bStreams, decodeStream, nil) }

// Challenged lists the operator's streams whose round of challenges is not over.
func (l *Ledger) Challenged() ([]market.Stream, error) {
	return list(l, bStreams, decodeStream, func(s market.Stream) bool { return s.Round.State.Live() })
}

// Purchases lists the purchases of the operator's streams by id.
func (l *Ledger) Purchases() ([]market.Purchase, error) {
	return list(l, bPurchases, decodePurchase, nil)
}

// list gives what a bucket holds, or of it what is wanted.
func list[T any](l *Ledger, bucket []byte, open func(k, v []byte) (T, error), wanted func(T) bool) ([]T, error) {
	all := []T{}
	err := l.view(func(tx *txn) error {
		return tx.Bucket(bucket).ForEach(func(k, v []byte) error {
			one, err := open(k, v)
			if wanted == nil || wanted(one) {
				all = append(all, one)
			}
			return err
		})
	})
	return all, err
}

// touched collects the purchases whose entitlements a change may have altered.
type touched map[market.PurchaseID]struct{}

// Advance folds blocks that follow the head. It refuses blocks that do not link.
func (l *Ledger) Advance(blocks []market.Block, finalized uint64) error {
	if len(blocks) == 0 {
		return nil
	}
	t := touched{}
	var fresh []*market.Entitlement
	return l.update(func(tx *txn) error {
		clear(t)
		l.strangers, l.folded = strangers{}, blocks[len(blocks)-1].Time
		for i := range blocks {
			if err := l.foldBlock(tx, &blocks[i], finalized, t); err != nil {
				return err
			}
		}
		head := blocks[len(blocks)-1].Number
		if err := prune(tx, head, finalized); err != nil {
			return err
		}
		if err := l.expireOrphans(tx, head, finalized); err != nil {
			return err
		}
		if err := l.compare(tx, t); err != nil {
			return err
		}
		var err error
		fresh, err = derive(tx, t)
		return err
	}, func() { l.publish(t, fresh) })
}

// foldBlock folds a block that follows the head. Below the finalized block others may be
// left out between the two.
func (l *Ledger) foldBlock(tx *txn, b *market.Block, finalized uint64, t touched) error {
	head, ok, err := headOf(tx)
	if err != nil {
		return err
	}
	if ok && (b.Number <= head.Number || b.Parent != head.Hash || b.Number > head.Number+1 && b.Number > finalized) {
		return fmt.Errorf("block %d does not follow the folded head %d", b.Number, head.Number)
	}
	var undo []before
	put := func(bucket, key, value []byte) error {
		undo = append(undo, before{string(bucket), key, bytes.Clone(tx.Bucket(bucket).Get(key))})
		l.changes.note(string(bucket), key)
		return store(tx, bucket, key, value)
	}
	var settled []market.Event // whose root is not seen yet
	for _, ev := range b.Events {
		ev.Time = b.Time
		if settled, err = l.foldPayment(tx, &ev, settled, put); err != nil {
			return err
		}
		changes, err := market.Fold(whole{view{tx}}, ev)
		if err != nil {
			return err
		}
		for _, c := range changes {
			if err := l.keepChange(tx, c, put, t); err != nil {
				return err
			}
		}
		if err := l.foldRecord(tx, ev, put); err != nil {
			return err
		}
	}
	if len(undo) > 0 {
		encoded, err := encodeJSON(undo)
		if err != nil {
			return err
		}
		if err := store(tx, bUndo, key64(b.Number), encoded); err != nil {
			return err
		}
	}
	encoded, err := encodeJSON(market.Folded{Position: b.Position, Logs: b.Logs})
	if err != nil {
		return err
	}
	return store(tx, bChain, key64(b.Number), encoded)
}

// keepChange keeps a change, of this operator's streams or of another's.
func (l *Ledger) keepChange(tx *txn, c market.Change, put func(bucket, key, value []byte) error, t touched) error {
	if !l.ours(tx, c) {
		return applyOther(c, put)
	}
	fresh := c.Purchase != nil && tx.Bucket(bPurchases).Get(key64(uint64(c.Purchase.ID))) == nil
	if err := applyChange(tx, c, put, t); err != nil || !fresh {
		return err
	}
	return l.appear(tx, c.Purchase)
}

func applyChange(tx *txn, c market.Change, put func(bucket, key, value []byte) error, t touched) error {
	if c.Stream != nil {
		t.stream(tx, c.Stream.ID)
		return put(bStreams, key64(uint64(c.Stream.ID)), encodeStream(c.Stream))
	}
	t[c.Purchase.ID] = struct{}{}
	if err := put(bByStream, append(key64(uint64(c.Purchase.Stream)), key64(uint64(c.Purchase.ID))...), encode(nil)); err != nil {
		return err
	}
	return put(bPurchases, key64(uint64(c.Purchase.ID)), encodePurchase(c.Purchase))
}

// stream adds every purchase of a stream.
func (t touched) stream(tx *txn, id market.StreamID) {
	prefix := key64(uint64(id))
	c := tx.Bucket(bByStream).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		t[market.PurchaseID(binary.BigEndian.Uint64(k[8:]))] = struct{}{}
	}
}

// prune forgets how to unwind blocks that cannot be unwound any more. The head of
// the chain bucket stays.
func prune(tx *txn, head, finalized uint64) error {
	keep := min(finalized, head)
	if head > keepBlocks {
		keep = max(keep, head-keepBlocks)
	}
	for _, b := range [][]byte{bChain, bUndo} {
		var old [][]byte
		c := tx.Bucket(b).Cursor()
		for k, _ := c.First(); k != nil && binary.BigEndian.Uint64(k) < keep; k, _ = c.Next() {
			old = append(old, bytes.Clone(k))
		}
		for _, k := range old {
			if err := tx.Bucket(b).Delete(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// Rewind takes back every block above to, newest first, and sets the parcels of
// purchases aside that are gone.
func (l *Ledger) Rewind(to market.Position) error {
	t := touched{}
	var fresh []*market.Entitlement
	return l.update(func(tx *txn) error {
		clear(t)
		top, _, err := headOf(tx)
		if err != nil {
			return err
		}
		for {
			head, ok, err := headOf(tx)
			if err != nil {
				return err
			}
			if !ok || head.Number < to.Number {
				return fmt.Errorf("cannot unwind to block %d: it was never folded", to.Number)
			}
			if head.Number == to.Number {
				if head.Hash != to.Hash {
					return fmt.Errorf("cannot unwind to block %d: another block was folded there", to.Number)
				}
				break
			}
			if err := l.unfold(tx, head.Number, top.Number, t); err != nil {
				return err
			}
		}
		fresh, err = derive(tx, t)
		return err
	}, func() { l.publish(t, fresh) })
}

func (l *Ledger) unfold(tx *txn, number, top uint64, t touched) error {
	if v := tx.Bucket(bUndo).Get(key64(number)); v != nil {
		var undo []before
		if err := decodeJSON(bUndo, key64(number), v, &undo); err != nil {
			return err
		}
		for i := len(undo) - 1; i >= 0; i-- {
			u := undo[i]
			l.changes.note(u.Bucket, u.Key)
			switch u.Bucket {
			case string(bPurchases):
				t[market.PurchaseID(binary.BigEndian.Uint64(u.Key))] = struct{}{}
			case string(bStreams):
				t.stream(tx, market.StreamID(binary.BigEndian.Uint64(u.Key)))
			}
			if u.Value == nil && u.Bucket == string(bPurchases) {
				p, ok, err := view{tx}.Purchase(market.PurchaseID(binary.BigEndian.Uint64(u.Key)))
				if err != nil {
					return err
				}
				if ok {
					if err := l.vanish(tx, &p, top); err != nil {
						return err
					}
				}
			}
			var err error
			if u.Value == nil {
				err = tx.Bucket([]byte(u.Bucket)).Delete(u.Key)
			} else {
				err = tx.Bucket([]byte(u.Bucket)).Put(u.Key, u.Value)
			}
			if err != nil {
				return err
			}
		}
		if err := tx.Bucket(bUndo).Delete(key64(number)); err != nil {
			return err
		}
	}
	return tx.Bucket(bChain).Delete(key64(number))
}

// derive joins each touched purchase with its stream and device; nil entries are
// purchases that entitle to nothing (any more).
func derive(tx *txn, t touched) ([]*market.Entitlement, error) {
	var all []*market.Entitlement
	for p := range t {
		e, err := entitlement(tx, p)
		if err != nil {
			return nil, err
		}
		if e != nil {
			all = append(all, e)
		}
	}
	return all, nil
}

// publish brings the index and the watches up to date after the commit.
func (l *Ledger) publish(t touched, fresh []*market.Entitlement) {
	l.watches.note(t)
	l.changes.commit()
	live := make(map[market.PurchaseID]struct{}, len(fresh))
	for _, e := range fresh {
		live[e.Purchase] = struct{}{}
		if old, ok := l.o.Index.Purchase(e.Purchase); !ok || *old != *e {
			l.o.Index.Set(e)
		}
	}
	for p := range t {
		if _, ok := live[p]; !ok {
			l.o.Index.Remove(p)
		}
	}
}

// entitlement is nil for a purchase that is closed or not paid any more, or of a device the
// operator knows nothing of.
func entitlement(tx *txn, id market.PurchaseID) (*market.Entitlement, error) {
	p, ok, err := view{tx}.Purchase(id)
	if err != nil || !ok || p.State != market.PurchaseActive {
		return nil, err
	}
	s, ok, err := view{tx}.Stream(p.Stream)
	if err != nil || !ok || s.Unpaid {
		return nil, err
	}
	v := tx.Bucket(bDevices).Get(s.Device[:])
	if v == nil {
		return nil, nil
	}
	d, err := decodeDevice(s.Device[:], v)
	if err != nil {
		return nil, err
	}
	sale, withheld, err := saleOf(tx, p.Terms) // a purchase keeps the terms it was made under
	if err != nil {
		return nil, err
	}
	return &market.Entitlement{
		Purchase: p.ID, Stream: p.Stream, DevEUI: d.DevEUI, Device: s.Device, Buyer: p.Buyer,
		Start: p.Start, End: s.EndOf(p.End), Price: p.Price, Interval: p.Interval, Quota: p.Quota,
		Sale: sale, Block: p.Block, State: p.State, Terms: p.Terms, Withheld: withheld,
	}, nil
}

// saleOf reads from the terms what a listing sells, or why they do not tell.
func saleOf(tx *txn, terms common.Hash) (sale lorawan.Sale, withheld string, err error) {
	b, err := fetch(tx, bTerms, terms[:])
	if err != nil {
		return sale, "", err
	}
	sale, err = offer.SaleOf(terms, b)
	if err != nil {
		withheld = err.Error()
	}
	return sale, withheld, nil
}

// Unsold is a stream on sale whose terms do not tell what is sold.
type Unsold struct {
	Stream market.StreamID
	Terms  common.Hash
	Why    string
}

// Unsold lists the operator's open streams whose terms are missing or unreadable: what is
// bought of them is not delivered.
func (l *Ledger) Unsold() (all []Unsold, err error) {
	known := map[common.Hash]string{}
	err = l.view(func(tx *txn) error {
		return tx.Bucket(bStreams).ForEach(func(k, v []byte) error {
			s, err := decodeStream(k, v)
			if err != nil || s.State != market.StreamOpen {
				return err
			}
			why, seen := known[s.Terms]
			if !seen {
				if _, why, err = saleOf(tx, s.Terms); err != nil {
					return err
				}
				known[s.Terms] = why
			}
			if why != "" {
				all = append(all, Unsold{s.ID, s.Terms, why})
			}
			return nil
		})
	})
	return all, err
}

// Digest is a hash over streams and purchases, of every operator: equal to that of a ledger that
// folded the same chain from scratch.
func (l *Ledger) Digest() (common.Hash, error) {
	h := crypto.NewKeccakState()
	err := l.view(func(tx *txn) error {
		for _, b := range [][]byte{bStreams, bPurchases, bOthers, bSales, bSoldOf, bRecords, bByOwner, bByDevice, bOperators} {
			h.Write(b)
			err := tx.Bucket(b).ForEach(func(k, v []byte) error {
				h.Write(key64(uint64(len(k))))
				h.Write(k)
				h.Write(key64(uint64(len(v))))
				h.Write(v)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return common.BytesToHash(h.Sum(nil)), err
}
