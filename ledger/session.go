package ledger

import (
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"golang.org/x/crypto/chacha20poly1305"
)

// SessionState is what a gateway-level source must remember of a device: its keys,
// counters and joins, in the source's own words.
type SessionState struct {
	DevEUI lorawan.DevEUI
	State  []byte
}

// sessionKey names a device of a source: DevEUI, then the source's name.
func sessionKey(source string, dev lorawan.DevEUI) []byte {
	return append(dev[:len(dev):len(dev)], source...)
}

// PutSessions seals and stores states of a source's devices, all of them or none;
// it waits until they are durable.
func (l *Ledger) PutSessions(source string, states []SessionState) error {
	aead, err := chacha20poly1305.NewX(l.o.RouteKey[:])
	if err != nil {
		return fmt.Errorf("store sessions: %w", err)
	}
	sealed := make([][]byte, len(states))
	for i, s := range states {
		nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(s.State)+aead.Overhead())
		if _, err := rand.Read(nonce); err != nil {
			return fmt.Errorf("store sessions: %w", err)
		}
		sealed[i] = aead.Seal(slices.Clip(nonce), nonce, s.State, sessionKey(source, s.DevEUI))
	}
	return l.update(func(tx *txn) error {
		for i, s := range states {
			if err := store(tx, bSessions, sessionKey(source, s.DevEUI), encode(sealed[i])); err != nil {
				return err
			}
		}
		return nil
	}, nil)
}

// Sessions reads the states of a source's devices.
func (l *Ledger) Sessions(source string) (all []SessionState, err error) {
	aead, err := chacha20poly1305.NewX(l.o.RouteKey[:])
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	err = l.view(func(tx *txn) error {
		return tx.Bucket(bSessions).ForEach(func(k, v []byte) error {
			if len(k) < 8 || string(k[8:]) != source {
				return nil
			}
			b, err := decode(bSessions, k, v)
			if err != nil {
				return err
			}
			if len(b) < aead.NonceSize() {
				return ErrCorrupt
			}
			text, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], k)
			if err != nil {
				return fmt.Errorf("the session of %s does not open with this route.key: %w", lorawan.DevEUI(k[:8]), err)
			}
			all = append(all, SessionState{lorawan.DevEUI(k[:8]), text})
			return nil
		})
	})
	return all, err
}

// DeleteSession forgets a source's device.
func (l *Ledger) DeleteSession(source string, dev lorawan.DevEUI) error {
	return l.update(func(tx *txn) error { return tx.Bucket(bSessions).Delete(sessionKey(source, dev)) }, nil)
}
