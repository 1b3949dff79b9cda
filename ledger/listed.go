package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Why a device is not the owner's, or not free.
var (
	ErrOwned    = errors.New("the device is another owner's")
	ErrSalt     = errors.New("the device has a salt already")
	ErrListed   = errors.New("the device is listed")
	ErrNoDevice = errors.New("nobody was vouched for with this DevEUI")
)

// PutDevice remembers a device the operator vouches for. A DevEUI has one owner at a time
// (ErrOwned) and one salt for ever (ErrSalt), also if two ask at once.
func (l *Ledger) PutDevice(d market.Device) error {
	return l.putAndDerive(func(tx *txn) error { return l.own(tx, &d) },
		func(tx *txn, t touched) error { return ofDevice(tx, t, d.Commitment) })
}

// own makes a device its owner's.
func (l *Ledger) own(tx *txn, d *market.Device) error {
	known, err := l.deviceOf(tx, d.DevEUI)
	switch {
	case err != nil:
		return err
	case known == nil:
	case known.Owner != d.Owner && known.Owner != (common.Address{}):
		return fmt.Errorf("%w: you vouched for it for %s on %s", ErrOwned, known.Owner, known.Attested.UTC().Format(time.DateOnly))
	case known.Commitment != d.Commitment:
		return ErrSalt
	}
	return l.putDevice(tx, d)
}

func (l *Ledger) putDevice(tx *txn, d *market.Device) error {
	encoded, err := encodeJSON(d)
	if err != nil {
		return fmt.Errorf("store a device: %w", err)
	}
	l.commitments[d.DevEUI] = d.Commitment
	return store(tx, bDevices, d.Commitment[:], encoded)
}

// ReleaseDevice frees a device of its owner, if no stream of it is open any more (ErrListed).
// Its salt stays: the market knows the device by it.
func (l *Ledger) ReleaseDevice(dev lorawan.DevEUI) error {
	return l.update(func(tx *txn) error {
		d, err := l.deviceOf(tx, dev)
		switch {
		case err != nil:
			return err
		case d == nil:
			return ErrNoDevice
		}
		if err := tx.Bucket(bStreams).ForEach(func(k, v []byte) error {
			s, err := decodeStream(k, v)
			if err == nil && s.Device == d.Commitment && s.State == market.StreamOpen {
				err = fmt.Errorf("%w: stream %d of it is open: its owner closes it (`stream close %d`), or you take it off the market (`stream retire %d`)", ErrListed, s.ID, s.ID, s.ID)
			}
			return err
		}); err != nil {
			return err
		}
		d.Owner = common.Address{}
		return l.putDevice(tx, d)
	}, nil)
}

// deviceOf finds a device by its DevEUI, nil if there is none.
func (l *Ledger) deviceOf(tx *txn, dev lorawan.DevEUI) (*market.Device, error) {
	if l.commitments == nil {
		all := map[lorawan.DevEUI]common.Hash{}
		if err := tx.Bucket(bDevices).ForEach(func(k, v []byte) error {
			d, err := decodeDevice(k, v)
			all[d.DevEUI] = d.Commitment
			return err
		}); err != nil {
			return nil, err
		}
		l.commitments = all
	}
	commitment := l.commitments[dev] // of a change that was undone, perhaps: then it is not stored
	v := tx.Bucket(bDevices).Get(commitment[:])
	if v == nil {
		return nil, nil
	}
	d, err := decodeDevice(commitment[:], v)
	return &d, err
}

// Attest remembers all that an attestation stands on, or nothing of it: the device, the terms it is
// listed with, and the script these name (nil: none). Where the device's uplinks come from is
// forgotten: the next one shows it.
func (l *Ledger) Attest(d market.Device, terms, script []byte) error {
	if _, err := offer.Read(terms); err != nil {
		return err
	}
	hash := crypto.Keccak256Hash(terms)
	return l.putAndDerive(func(tx *txn) error {
		if err := l.own(tx, &d); err != nil {
			return err
		}
		if len(script) > 0 {
			if err := store(tx, bScripts, crypto.Keccak256(script), encode(script)); err != nil {
				return err
			}
		}
		return errors.Join(store(tx, bTerms, hash[:], encode(terms)), l.forgetApplication(tx, d.DevEUI))
	}, func(tx *txn, t touched) error {
		return errors.Join(ofTerms(tx, t, hash), ofDevice(tx, t, d.Commitment), l.offered(tx, hash))
	})
}

// ofDevice adds the entitlements to streams of a device.
func ofDevice(tx *txn, t touched, device common.Hash) error {
	return tx.Bucket(bStreams).ForEach(func(k, v []byte) error {
		s, err := decodeStream(k, v)
		if err == nil && s.Device == device {
			t.stream(tx, s.ID)
		}
		return err
	})
}

// ofTerms adds the purchases under terms.
func ofTerms(tx *txn, t touched, hash common.Hash) error {
	return tx.Bucket(bPurchases).ForEach(func(k, v []byte) error {
		p, err := decodePurchase(k, v)
		if err == nil && p.Terms == hash {
			t[p.ID] = struct{}{}
		}
		return err
	})
}

// PutTerms remembers a terms document and gives the hash it is known by on chain. One that
// does not tell what is sold is refused (offer.ErrUnreadable).
func (l *Ledger) PutTerms(doc []byte) (common.Hash, error) {
	hash := crypto.Keccak256Hash(doc)
	if _, err := offer.Read(doc); err != nil {
		return hash, err
	}
	return hash, l.putAndDerive(func(tx *txn) error { return store(tx, bTerms, hash[:], encode(doc)) },
		func(tx *txn, t touched) error { return errors.Join(ofTerms(tx, t, hash), l.offered(tx, hash)) })
}

// offered notes that streams of this operator's can be told more of: their offer is here.
func (l *Ledger) offered(tx *txn, hash common.Hash) error {
	return tx.Bucket(bStreams).ForEach(func(k, v []byte) error {
		s, err := decodeStream(k, v)
		if err == nil && s.Terms == hash {
			l.changes.pending.stream(s.ID)
		}
		return err
	})
}

func (l *Ledger) putAndDerive(put func(*txn) error, touch func(*txn, touched) error) error {
	t := touched{}
	var fresh []*market.Entitlement
	return l.updateAs(grows, func(tx *txn) error {
		clear(t)
		if err := put(tx); err != nil {
			return err
		}
		if err := touch(tx, t); err != nil {
			return err
		}
		var err error
		fresh, err = derive(tx, t)
		return err
	}, func() { l.publish(t, fresh) })
}

// Device finds a device by its commitment.
func (l *Ledger) Device(commitment common.Hash) (d market.Device, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		v := tx.Bucket(bDevices).Get(commitment[:])
		if v == nil {
			return nil
		}
		d, err = decodeDevice(commitment[:], v)
		ok = err == nil
		return err
	})
	return d, ok, err
}

// Devices lists the devices the operator vouches for.
func (l *Ledger) Devices() ([]market.Device, error) { return list(l, bDevices, decodeDevice, nil) }

// Terms finds a terms document by its hash.
func (l *Ledger) Terms(hash common.Hash) (doc []byte, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		b, err := fetch(tx, bTerms, hash[:])
		doc, ok = bytes.Clone(b), b != nil
		return err
	})
	return doc, ok, err
}

// NamesTerms tells whether a stream of an owner, or a purchase of one, stands under the
// terms of a document.
func (l *Ledger) NamesTerms(owner common.Address, doc []byte) (named bool, err error) {
	hash := crypto.Keccak256Hash(doc)
	err = l.view(func(tx *txn) error {
		return tx.Bucket(bStreams).ForEach(func(k, v []byte) error {
			s, err := decodeStream(k, v)
			if err != nil || named || s.Owner != owner {
				return err
			}
			if named = s.Terms == hash; named {
				return nil
			}
			for _, p := range keysWith(tx, bByStream, k) {
				one, ok, err := view{tx}.Purchase(market.PurchaseID(binary.BigEndian.Uint64(p[8:])))
				if err != nil {
					return err
				}
				named = named || ok && one.Terms == hash
			}
			return nil
		})
	})
	return named, err
}
