package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// What the ledger folds of other operators' streams stands in buckets of its own, so that what
// concerns this operator's never meets it: others holds streams, sales their purchases, and
// records the history of every stream, this operator's too.

// whole is the folded state of the whole market.
type whole struct{ view }

func (w whole) Stream(id market.StreamID) (s market.Stream, ok bool, err error) {
	if s, ok, err = w.view.Stream(id); ok || err != nil {
		return s, ok, err
	}
	k := key64(uint64(id))
	b := w.tx.Bucket(bOthers).Get(k)
	if b == nil {
		return s, false, nil
	}
	s, err = decodeStreamOf(bOthers, k, b)
	return s, err == nil, err
}

func (w whole) Purchase(id market.PurchaseID) (p market.Purchase, ok bool, err error) {
	if p, ok, err = w.view.Purchase(id); ok || err != nil {
		return p, ok, err
	}
	of, err := fetch(w.tx, bSoldOf, key64(uint64(id)))
	if err != nil || of == nil {
		return p, false, err
	}
	k := append(bytes.Clone(of), key64(uint64(id))...)
	b := w.tx.Bucket(bSales).Get(k)
	if b == nil {
		return p, false, fmt.Errorf("%w (purchase %d of another operator's stream is missing)", ErrCorrupt, id)
	}
	p, err = decodeSale(k, b)
	return p, err == nil, err
}

// decodeSale reads a purchase of another operator's stream.
func decodeSale(k, v []byte) (market.Purchase, error) {
	if len(k) != 16 {
		return market.Purchase{}, ErrCorrupt
	}
	body, err := decode(bSales, k, v)
	if err != nil {
		return market.Purchase{}, err
	}
	p, err := readPurchase(market.PurchaseID(binary.BigEndian.Uint64(k[8:])), body)
	if err == nil && uint64(p.Stream) != binary.BigEndian.Uint64(k) {
		err = ErrCorrupt
	}
	return p, err
}

// ours tells whether a change is of this operator's streams.
func (l *Ledger) ours(tx *txn, c market.Change) bool {
	if c.Stream != nil {
		return c.Stream.Operator == l.o.Operator
	}
	return tx.Bucket(bStreams).Get(key64(uint64(c.Purchase.Stream))) != nil
}

// applyOther keeps a change of another operator's streams.
func applyOther(c market.Change, put func(bucket, key, value []byte) error) error {
	if s := c.Stream; s != nil {
		return put(bOthers, key64(uint64(s.ID)), encodeStream(s))
	}
	of, id := key64(uint64(c.Purchase.Stream)), key64(uint64(c.Purchase.ID))
	return errors.Join(put(bSoldOf, id, encode(of)), put(bSales, append(bytes.Clone(of), id...), encodePurchase(c.Purchase)))
}

// foldRecord keeps what an event tells of a stream's history, and of an operator.
func (l *Ledger) foldRecord(tx *txn, ev market.Event, put func(bucket, key, value []byte) error) error {
	if op, change := market.OperatorChanged(ev); change != nil {
		var o market.OperatorListing
		k := key64(uint64(op))
		if v := tx.Bucket(bOperators).Get(k); v != nil {
			if err := decodeJSON(bOperators, k, v, &o); err != nil {
				return err
			}
		}
		change(&o)
		encoded, err := encodeJSON(o)
		if err != nil {
			return err
		}
		return put(bOperators, k, encoded)
	}
	id, change, err := market.Recorded(ev, func(p market.PurchaseID) (market.StreamID, error) {
		p0, _, err := whole{view{tx}}.Purchase(p)
		return p0.Stream, err
	})
	if err != nil || change == nil {
		return err
	}
	s, known, err := whole{view{tx}}.Stream(id)
	if err != nil || !known {
		return err
	}
	k := key64(uint64(id))
	r, err := recordOf(tx, k)
	if err != nil {
		return err
	}
	change(&r)
	if r.Listed == ev.Time && tx.Bucket(bByOwner).Get(append(bytes.Clone(s.Owner[:]), k...)) == nil {
		if err := errors.Join(put(bByOwner, append(bytes.Clone(s.Owner[:]), k...), encode(nil)), put(bByDevice, append(bytes.Clone(s.Device[:]), k...), encode(nil))); err != nil {
			return err
		}
	}
	return put(bRecords, k, encodeRecord(&r))
}

func recordOf(tx *txn, k []byte) (market.Record, error) {
	v := tx.Bucket(bRecords).Get(k)
	if v == nil {
		return market.Record{}, nil
	}
	return decodeRecord(k, v)
}

// encodeRecord writes a record: proof kind(1) listed(8) settled(8) prices(1), each from(8)
// price(8) interval(4), rounds(1), each round(4) state(1) at(8) ruling(32).
func encodeRecord(r *market.Record) []byte {
	b := []byte{recordVersion, r.ProofKind}
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, r.Listed), r.Settled)
	b = append(b, byte(len(r.Prices)))
	for _, p := range r.Prices {
		b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, p.From), p.Price)
		b = binary.BigEndian.AppendUint32(b, p.Interval)
	}
	b = append(b, byte(len(r.Rounds)))
	for _, o := range r.Rounds {
		b = append(binary.BigEndian.AppendUint32(b, o.Round), byte(o.State))
		b = append(binary.BigEndian.AppendUint64(b, o.At), o.Ruling[:]...)
	}
	return append(b, room[:]...)
}

func decodeRecord(k, v []byte) (market.Record, error) {
	body, err := decode(bRecords, k, v)
	if err != nil || len(k) != 8 {
		return market.Record{}, errors.Join(ErrCorrupt, err)
	}
	r := reader{b: body}
	one := market.Record{ProofKind: r.u8(), Listed: r.u64(), Settled: r.u64()}
	for range r.u8() {
		one.Prices = append(one.Prices, market.PriceFrom{From: r.u64(), Price: r.u64(), Interval: r.u32()})
	}
	for range r.u8() {
		one.Rounds = append(one.Rounds, market.RoundOver{Round: r.u32(), State: market.RoundState(r.u8()), At: r.u64(), Ruling: r.hash()})
	}
	return one, r.done()
}

// Listing is a stream of the market, of whatever operator.
func (l *Ledger) Listing(id market.StreamID) (one market.Listing, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		one, ok, err = listing(tx, id)
		return err
	})
	return one, ok, err
}

func listing(tx *txn, id market.StreamID) (one market.Listing, ok bool, err error) {
	if one.Stream, ok, err = (whole{view{tx}}).Stream(id); err != nil || !ok {
		return one, false, err
	}
	one.Record, err = recordOf(tx, key64(uint64(id)))
	return one, err == nil, err
}

// Listings gives up to limit streams of the market from a number on, by number.
func (l *Ledger) Listings(from market.StreamID, limit int) (all []market.Listing, err error) {
	err = l.view(func(tx *txn) error {
		c := tx.Bucket(bRecords).Cursor()
		for k, _ := c.Seek(key64(uint64(from))); k != nil && len(all) < limit; k, _ = c.Next() {
			one, ok, err := listing(tx, market.StreamID(binary.BigEndian.Uint64(k)))
			if err != nil {
				return err
			}
			if ok {
				all = append(all, one)
			}
		}
		return nil
	})
	return all, err
}

// Sold gives the newest purchases of a stream of the market, at most limit, oldest first.
func (l *Ledger) Sold(id market.StreamID, limit int) (all []market.Purchase, err error) {
	err = l.view(func(tx *txn) error {
		own := tx.Bucket(bStreams).Get(key64(uint64(id))) != nil
		bucket := bSales
		if own {
			bucket = bByStream
		}
		prefix := key64(uint64(id))
		c := tx.Bucket(bucket).Cursor()
		var k, v []byte
		if after, _ := c.Seek(key64(uint64(id) + 1)); after == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
		for ; bytes.HasPrefix(k, prefix) && len(all) < limit; k, v = c.Prev() {
			var p market.Purchase
			var err error
			if own {
				p, _, err = view{tx}.Purchase(market.PurchaseID(binary.BigEndian.Uint64(k[8:])))
			} else {
				p, err = decodeSale(k, v)
			}
			if err != nil {
				return err
			}
			all = append(all, p)
		}
		return nil
	})
	slices.Reverse(all)
	return all, err
}

// StreamsOf gives the numbers of an owner's streams, newest first, at most limit.
func (l *Ledger) StreamsOf(owner common.Address, limit int) ([]market.StreamID, error) {
	return l.numbered(bByOwner, owner[:], limit)
}

// StreamsWith gives the numbers of a device's streams, newest first, at most limit.
func (l *Ledger) StreamsWith(device common.Hash, limit int) ([]market.StreamID, error) {
	return l.numbered(bByDevice, device[:], limit)
}

func (l *Ledger) numbered(bucket, prefix []byte, limit int) (all []market.StreamID, err error) {
	err = l.view(func(tx *txn) error {
		last := append(bytes.Clone(prefix), key64(math.MaxUint64)...)
		c := tx.Bucket(bucket).Cursor()
		k, _ := c.Seek(last)
		if k == nil {
			k, _ = c.Last()
		} else if !bytes.Equal(k, last) {
			k, _ = c.Prev()
		}
		for ; bytes.HasPrefix(k, prefix) && len(all) < limit; k, _ = c.Prev() {
			all = append(all, market.StreamID(binary.BigEndian.Uint64(k[len(prefix):])))
		}
		return nil
	})
	return all, err
}

// OperatorListing finds an operator of the market.
func (l *Ledger) OperatorListing(id market.OperatorID) (o market.OperatorListing, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		k := key64(uint64(id))
		v := tx.Bucket(bOperators).Get(k)
		if ok = v != nil; !ok {
			return nil
		}
		return decodeJSON(bOperators, k, v, &o)
	})
	return o, ok, err
}

// OperatorListings gives up to limit operators of the market from a number on, by number.
func (l *Ledger) OperatorListings(from market.OperatorID, limit int) (all []market.OperatorListing, err error) {
	err = l.view(func(tx *txn) error {
		c := tx.Bucket(bOperators).Cursor()
		for k, v := c.Seek(key64(uint64(from))); k != nil && len(all) < limit; k, v = c.Next() {
			var o market.OperatorListing
			if err := decodeJSON(bOperators, k, v, &o); err != nil {
				return err
			}
			all = append(all, o)
		}
		return nil
	})
	return all, err
}

// Changes are what folds changed of the market since somebody asked.
type Changes struct {
	All       bool // more than was counted: look at everything
	Streams   map[market.StreamID]bool
	Operators map[market.OperatorID]bool
}

// changesMax is how many changed streams and operators are counted apart.
const changesMax = 50_000

// changes collects them: first what the transaction under way changes, then what can be read.
type changes struct {
	pending Changes // the committer's

	mu  sync.Mutex
	now Changes
}

// note tells which stream or operator a record that is put or taken back belongs to.
func (c *changes) note(bucket string, key []byte) {
	switch bucket {
	case string(bRecords), string(bStreams), string(bOthers), string(bSales), string(bByStream):
		c.pending.stream(market.StreamID(binary.BigEndian.Uint64(key)))
	case string(bOperators):
		c.pending.operator(market.OperatorID(binary.BigEndian.Uint64(key)))
	}
}

// commit tells what was noted: it can be read now.
func (c *changes) commit() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now.All = c.now.All || c.pending.All
	for id := range c.pending.Streams {
		c.now.stream(id)
	}
	for id := range c.pending.Operators {
		c.now.operator(id)
	}
	c.pending = Changes{}
}

func (c *Changes) stream(id market.StreamID) {
	if c.Streams == nil {
		c.Streams = map[market.StreamID]bool{}
	}
	if c.Streams[id] = true; len(c.Streams) > changesMax {
		*c = Changes{All: true}
	}
}

func (c *Changes) operator(id market.OperatorID) {
	if c.Operators == nil {
		c.Operators = map[market.OperatorID]bool{}
	}
	if c.Operators[id] = true; len(c.Operators) > changesMax {
		*c = Changes{All: true}
	}
}

// Changes gives what was changed since it was called last.
func (l *Ledger) Changes() Changes {
	l.changes.mu.Lock()
	defer l.changes.mu.Unlock()
	now := l.changes.now
	l.changes.now = Changes{}
	return now
}

// LastReading is when the newest reading of a stream of this operator's was delivered; zero: none
// of its newest purchases has one.
func (l *Ledger) LastReading(id market.StreamID) (at time.Time, err error) {
	err = l.eachNewest(id, func(tx *txn, a accountKey) error {
		r, err := newestReceipt(tx, a, time.Time{})
		if err == nil && r != nil && r.At.After(at) {
			at = r.At
		}
		return err
	})
	return at, err
}

// Sample gives the newest readings of a stream of this operator's that were delivered before a
// time, at most count, oldest first: those of the purchase that has the newest. Readings whose
// body is not kept are left out.
func (l *Ledger) Sample(id market.StreamID, before time.Time, count int) (all []Received, err error) {
	var newest time.Time
	err = l.eachNewest(id, func(tx *txn, a accountKey) error {
		r, err := newestReceipt(tx, a, before)
		if err != nil || r == nil || !r.At.After(newest) {
			return err
		}
		newest, all = r.At, nil
		c := tx.Bucket(bReceipts).Cursor()
		for k, v := c.Seek(a.seq(r.Seq)); bytes.HasPrefix(k, a[:]) && len(all) < count; k, v = c.Prev() {
			one, err := decodeReceipt(k, v)
			if err != nil {
				return err
			}
			body, err := one.body(tx)
			if err != nil {
				return err
			}
			if body != nil && one.At.Before(before) {
				all = append(all, Received{one.Receipt, body})
			}
		}
		return nil
	})
	slices.Reverse(all)
	return all, err
}

// newestLooked is how many purchases of a stream are looked at for its newest readings.
const newestLooked = 16

// eachNewest calls f for the accounts of a stream's newest purchases.
func (l *Ledger) eachNewest(id market.StreamID, f func(*txn, accountKey) error) error {
	sold, err := l.Sold(id, newestLooked)
	if err != nil {
		return err
	}
	return l.view(func(tx *txn) error {
		for i := range sold {
			if err := f(tx, accountOfPurchase(&sold[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

// newestReceipt finds an account's newest one, made before a time if that is not zero; nil: none.
func newestReceipt(tx *txn, a accountKey, before time.Time) (*receipt, error) {
	c := tx.Bucket(bReceipts).Cursor()
	k, v := c.Seek(a.seq(math.MaxUint32))
	if k == nil {
		k, v = c.Last()
	} else if !bytes.HasPrefix(k, a[:]) {
		k, v = c.Prev()
	}
	for ; bytes.HasPrefix(k, a[:]); k, v = c.Prev() {
		r, err := decodeReceipt(k, v)
		if err != nil {
			return nil, err
		}
		if before.IsZero() || r.At.Before(before) {
			return &r, nil
		}
	}
	return nil, nil
}

// readsEveryone opens a value as the program would, if it is of one of these buckets.
func readsEveryone(bucket, k, v []byte) (known bool, err error) {
	switch string(bucket) {
	case string(bOthers):
		_, err = decodeStreamOf(bucket, k, v)
	case string(bSales):
		_, err = decodeSale(k, v)
	case string(bRecords):
		_, err = decodeRecord(k, v)
	case string(bOperators):
		err = decodeJSON(bucket, k, v, new(market.OperatorListing))
	default:
		return false, nil
	}
	return true, err
}
