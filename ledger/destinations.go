package ledger

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"golang.org/x/crypto/chacha20poly1305"
)

// Why a destination is not kept.
var (
	ErrTooMany     = fmt.Errorf("a buyer may have %d destinations: use one for many purchases, or remove one", destinationsMax)
	ErrFull        = errors.New("the bridge holds as many destinations as it may: ask its operator")
	ErrDestination = errors.New("there is no such destination")
)

const (
	destinationsMax = 100    // of a buyer
	destinationsAll = 50_000 // of all: signing in costs nothing
)

// stored is a destination as it lies sealed in the file.
type stored struct {
	ID      []byte          `json:"id"`
	Salt    []byte          `json:"salt"`
	Kind    string          `json:"kind"`
	Config  json.RawMessage `json:"config"`
	Default bool            `json:"default,omitempty"`
	Set     time.Time       `json:"set"`
}

func destinationKey(buyer common.Address, name string) []byte {
	return append(buyer[:], name...)
}

// sealBytes encrypts, bound to a key of the file.
func (l *Ledger) sealBytes(key, text []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(l.o.RouteKey[:])
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return encode(aead.Seal(nonce, nonce, text, key)), nil
}

func (l *Ledger) unsealBytes(key, b []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(l.o.RouteKey[:])
	if err != nil {
		return nil, err
	}
	if len(b) < aead.NonceSize() {
		return nil, ErrCorrupt
	}
	text, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], key)
	if err != nil {
		return nil, fmt.Errorf("a destination does not open with this route.key: %w", err)
	}
	return text, nil
}

func (l *Ledger) putDestination(tx *txn, d *delivery.Destination) error {
	text, err := json.Marshal(stored{d.ID[:], d.Salt[:], d.Kind, json.RawMessage(d.Config), d.Default, d.Set})
	if err != nil {
		return err
	}
	k := destinationKey(d.Buyer, d.Name)
	sealed, err := l.sealBytes(k, text)
	if err != nil {
		return err
	}
	return store(tx, bDests, k, sealed)
}

func (l *Ledger) decodeDestination(k, v []byte) (d delivery.Destination, err error) {
	b, err := decode(bDests, k, v)
	if err != nil {
		return d, err
	}
	text, err := l.unsealBytes(k, b)
	if err != nil {
		return d, err
	}
	var s stored
	if len(k) <= common.AddressLength || json.Unmarshal(text, &s) != nil || len(s.ID) != len(d.ID) || len(s.Salt) != len(d.Salt) {
		return d, fmt.Errorf("%w (a destination)", ErrCorrupt)
	}
	return delivery.Destination{
		ID: delivery.DestinationID(s.ID), Salt: [32]byte(s.Salt), Buyer: common.Address(k[:20]), Name: string(k[20:]),
		Kind: s.Kind, Config: delivery.Config(s.Config), Default: s.Default, Set: s.Set,
	}, nil
}

func (l *Ledger) destinationsOf(tx *txn, buyer common.Address) (all []delivery.Destination, err error) {
	c := tx.Bucket(bDests).Cursor()
	for k, v := c.Seek(buyer[:]); bytes.HasPrefix(k, buyer[:]); k, v = c.Next() {
		d, err := l.decodeDestination(k, v)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// SetDestination seals and stores a destination under its buyer and name and gives it as
// it is kept: with the ID and salt it had, or fresh ones. A buyer's first is his default
// until another is. What was remembered of its refusals is forgotten.
func (l *Ledger) SetDestination(d delivery.Destination) (delivery.Destination, error) {
	if err := delivery.CheckName(d.Name); err != nil {
		return d, err
	}
	d.Set = time.Now().UTC().Truncate(time.Second)
	var id delivery.DestinationID
	var salt [32]byte
	if _, err := rand.Read(id[:]); err != nil {
		return d, err
	}
	if _, err := rand.Read(salt[:]); err != nil {
		return d, err
	}
	wanted := d.Default
	err := l.updateAs(grows, func(tx *txn) error {
		all, err := l.destinationsOf(tx, d.Buyer)
		if err != nil {
			return err
		}
		d.ID, d.Salt, d.Default = id, salt, wanted || len(all) == 0
		known := slices.IndexFunc(all, func(o delivery.Destination) bool { return o.Name == d.Name })
		switch {
		case known >= 0:
			d.ID, d.Salt, d.Default = all[known].ID, all[known].Salt, wanted || all[known].Default
		case len(all) >= destinationsMax:
			return ErrTooMany
		default: // the bucket's sequence counts them: counting them again takes as long as there are many
			n := tx.Bucket(bDests).file().Sequence()
			if n >= destinationsAll {
				return ErrFull
			}
			if err := tx.Bucket(bDests).file().SetSequence(n + 1); err != nil {
				return err
			}
		}
		for i := range all {
			if o := &all[i]; d.Default && o.Default && o.Name != d.Name {
				o.Default = false
				if err := l.putDestination(tx, o); err != nil {
					return err
				}
			}
		}
		if err := deleteAll(tx, bRefusals, d.ID[:]); err != nil {
			return err
		}
		return l.putDestination(tx, &d)
	}, nil)
	return d, err
}

// DeleteDestination forgets a destination; ErrDestination if there is none. Its parcels wait.
func (l *Ledger) DeleteDestination(buyer common.Address, name string) error {
	return l.update(func(tx *txn) error {
		k := destinationKey(buyer, name)
		v := tx.Bucket(bDests).Get(k)
		if v == nil {
			return ErrDestination
		}
		d, err := l.decodeDestination(k, v)
		if err != nil {
			return err
		}
		return errors.Join(deleteAll(tx, bRefusals, d.ID[:]), deleteAll(tx, bBatches, d.ID[:]), tx.Bucket(bDests).Delete(k),
			tx.Bucket(bDests).file().SetSequence(max(1, tx.Bucket(bDests).file().Sequence())-1))
	}, nil)
}

func deleteAll(tx *txn, bucket, prefix []byte) error {
	for _, k := range keysWith(tx, bucket, prefix) {
		if err := tx.Bucket(bucket).Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// Destinations lists a buyer's destinations by name.
func (l *Ledger) Destinations(buyer common.Address) (all []delivery.Destination, err error) {
	err = l.view(func(tx *txn) error {
		all, err = l.destinationsOf(tx, buyer)
		return err
	})
	return all, err
}

// DestinationNamed finds a buyer's destination.
func (l *Ledger) DestinationNamed(buyer common.Address, name string) (d delivery.Destination, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		k := destinationKey(buyer, name)
		v := tx.Bucket(bDests).Get(k)
		if v == nil {
			return nil
		}
		ok = true
		d, err = l.decodeDestination(k, v)
		return err
	})
	return d, ok && err == nil, err
}

// RoutePurchase says which of its buyer's destinations a purchase's parcels go to; "" is
// whichever its route hash names, or the default; of a gift none.
func (l *Ledger) RoutePurchase(p market.PurchaseID, name string) error {
	return l.update(func(tx *txn) error {
		purchase, ok, err := view{tx}.Purchase(p)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("route purchase %d: %w", p, ErrPurchase)
		}
		k := accountOfPurchase(&purchase)
		if name == "" {
			return tx.Bucket(bRoutes).Delete(k[:])
		}
		if tx.Bucket(bDests).Get(destinationKey(purchase.Buyer, name)) == nil {
			return ErrDestination
		}
		return store(tx, bRoutes, k[:], encode([]byte(name)))
	}, nil)
}

// Destination finds where a purchase's parcels go: the destination its buyer has chosen
// for it, else, if he bought it himself, the one its route hash names, else his default.
// d.Buyer is set whenever there is such a purchase.
func (l *Ledger) Destination(p market.PurchaseID) (d delivery.Destination, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		purchase, known, err := view{tx}.Purchase(p)
		if err != nil || !known {
			return err
		}
		d.Buyer = purchase.Buyer
		k := accountOfPurchase(&purchase)
		chosen, err := fetch(tx, bRoutes, k[:])
		if err != nil {
			return err
		}
		all, err := l.destinationsOf(tx, purchase.Buyer)
		if err != nil {
			return err
		}
		for _, one := range all {
			switch {
			case chosen == nil && purchase.Gift(): // a stranger can copy a route hash from chain
			case chosen != nil && one.Name == string(chosen), chosen == nil && purchase.RouteHash != (common.Hash{}) && one.RouteHash() == purchase.RouteHash:
				d, ok = one, true
				return nil
			case chosen == nil && one.Default:
				d, ok = one, true // unless the route hash names another
			}
		}
		return nil
	})
	return d, ok, err
}

func batchKey(d delivery.DestinationID, first uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 24), d[:]...), first)
}

// Begin writes the boundaries of a batch down and gives the ordinal of its first parcel.
func (l *Ledger) Begin(d delivery.DestinationID, parcels []delivery.Parcel, done func(first uint64, err error)) {
	b := append(make([]byte, 0, 12*len(parcels)+64), recordVersion)
	for i := range parcels {
		b = append(b, parcelKey(parcels[i].Purchase, parcels[i].Seq)...)
	}
	b = append(append(b, delivery.NewBatch(0, parcels).ID...), room[:]...)
	n := uint64(len(parcels))
	var first uint64
	l.submit(op{apply: func(tx *txn) error {
		counter, err := fetch(tx, bBatches, d[:])
		if err != nil {
			return err
		}
		first = 0
		if counter != nil {
			first = binary.BigEndian.Uint64(counter)
		}
		if err := store(tx, bBatches, d[:], encode(key64(first+n))); err != nil {
			return err
		}
		return store(tx, bBatches, batchKey(d, first), bytes.Clone(b))
	}, done: func(err error) { done(first, err) }})
}

// boundaries are a batch as stored.
type boundaries struct {
	keys [][]byte // of its parcels
	id   string
}

// decodeBatch reads the boundaries of a batch, or the counter of a destination.
func decodeBatch(k, v []byte) (b boundaries, err error) {
	body, err := decode(bBatches, k, v)
	if err != nil {
		return b, err
	}
	if len(k) == 16 && len(body) == 8 {
		return b, nil
	}
	const id = 30 // msg_… and bat_…
	if len(k) != 24 || len(body) < 12+id || (len(body)-id)%12 != 0 {
		return b, fmt.Errorf("%w (a batch)", ErrCorrupt)
	}
	n := len(body) - id
	b.id = string(body[n:])
	for i := 0; i < n; i += 12 {
		b.keys = append(b.keys, body[i:i+12])
	}
	return b, nil
}

// Begun lists a destination's batches that were begun and neither delivered nor
// dissolved. One that lacks a parcel by now is not the same batch any more, and is left out.
func (l *Ledger) Begun(d delivery.DestinationID) (all []delivery.Batch, err error) {
	err = l.view(func(tx *txn) error {
		c := tx.Bucket(bBatches).Cursor()
		for k, v := c.Seek(d[:]); bytes.HasPrefix(k, d[:]); k, v = c.Next() {
			b, err := decodeBatch(k, v)
			if err != nil {
				return err
			}
			if len(k) == 16 {
				continue
			}
			var parcels []delivery.Parcel
			for _, key := range b.keys {
				v := tx.Bucket(bParcels).Get(key)
				if v == nil {
					break
				}
				p, err := decodeParcel(tx, bParcels, key, v)
				if err != nil {
					return err
				}
				parcels = append(parcels, p)
			}
			if len(parcels) != len(b.keys) {
				continue
			}
			if one := delivery.NewBatch(binary.BigEndian.Uint64(k[16:]), parcels); one.ID == b.id {
				all = append(all, one)
			}
		}
		return nil
	})
	return all, err
}

// Dissolve forgets a batch's boundaries.
func (l *Ledger) Dissolve(d delivery.DestinationID, first uint64, done func(error)) {
	l.submit(op{apply: func(tx *txn) error { return tx.Bucket(bBatches).Delete(batchKey(d, first)) }, done: done, class: kept})
}

func refusalKey(d delivery.DestinationID, p market.PurchaseID) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 24), d[:]...), uint64(p))
}

// Standings reads what is remembered of a destination's refusals.
func (l *Ledger) Standings(d delivery.DestinationID) (map[market.PurchaseID]delivery.Refusals, error) {
	all := map[market.PurchaseID]delivery.Refusals{}
	err := l.view(func(tx *txn) error {
		c := tx.Bucket(bRefusals).Cursor()
		for k, v := c.Seek(d[:]); bytes.HasPrefix(k, d[:]); k, v = c.Next() {
			var r delivery.Refusals
			if err := decodeJSON(bRefusals, k, v, &r); err != nil {
				return err
			}
			all[market.PurchaseID(binary.BigEndian.Uint64(k[16:]))] = r
		}
		return nil
	})
	return all, err
}

// Remember keeps what a destination, or a purchase of it, refuses; nil forgets.
func (l *Ledger) Remember(d delivery.DestinationID, p market.PurchaseID, r *delivery.Refusals, done func(error)) {
	k := refusalKey(d, p)
	if r == nil {
		l.submit(op{apply: func(tx *txn) error { return tx.Bucket(bRefusals).Delete(k) }, done: done, class: kept})
		return
	}
	text, err := json.Marshal(r)
	l.submit(op{apply: func(tx *txn) error { return errors.Join(err, store(tx, bRefusals, k, encode(text))) }, done: done, class: kept})
}
