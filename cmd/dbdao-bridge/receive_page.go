package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// take verifies and stores a page, and remembers it.
func (r *receiver) take(ctx context.Context, p market.PurchaseID, page api.Page) (more bool, err error) {
	defer r.alone(p)()
	before := r.mark(p)
	next, readings, err := r.verify(p, before, page)
	if err != nil {
		return false, err
	}
	if err := r.keep(ctx, p, readings); err != nil {
		return false, err
	}
	if more = next.Cursor != before.Cursor || next.Seq != before.Seq || next.Digest != before.Digest; more || len(readings) > 0 {
		err = r.remember(p, func(m *mark) {
			m.Cursor, m.Seq, m.Digest = next.Cursor, next.Seq, next.Digest
			m.hold(readings)
		})
	}
	if err != nil {
		return false, err
	}
	return more, r.saved(p)
}

// alone waits until nothing else of a purchase is taken in.
func (r *receiver) alone(p market.PurchaseID) (done func()) {
	r.mu.Lock()
	if r.taking == nil {
		r.taking = map[market.PurchaseID]*sync.Mutex{}
	}
	if r.taking[p] == nil {
		r.taking[p] = &sync.Mutex{}
	}
	mu := r.taking[p]
	r.mu.Unlock()
	mu.Lock()
	return mu.Unlock
}

// keep stores readings, but for those that a pull of everything has stored.
func (r *receiver) keep(ctx context.Context, p market.PurchaseID, readings []api.PageReading) error {
	var bodies []string
	for _, one := range readings {
		if _, pulled := r.pulled.Load(crypto.Keccak256Hash([]byte(one.Body))); !pulled {
			bodies = append(bodies, one.Body)
		}
	}
	if len(bodies) == 0 {
		return nil
	}
	if err := r.store(ctx, p, bodies); err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	return nil
}

// hold adds readings to those that are stored.
func (m *mark) hold(readings []api.PageReading) {
	for _, one := range readings {
		m.Have = m.Have.with(one.Seq)
	}
}

// saved tells the files that what was appended is remembered.
func (r *receiver) saved(p market.PurchaseID) error {
	if r.files == nil {
		return nil
	}
	if err := r.files.Saved(p); err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	return nil
}

// verify checks a page's signature and chain, and gives what is to be stored of it.
func (r *receiver) verify(p market.PurchaseID, m mark, page api.Page) (next mark, readings []api.PageReading, err error) {
	if len(page.Readings) == 0 {
		return m, nil, nil
	}
	if !signedPage(r.key, page) {
		return m, nil, errForged
	}
	next = m
	next.Cursor = page.Cursor
	for _, one := range page.Readings {
		if one.Body == "" {
			continue // its time with the operator is over
		}
		digest := crypto.Keccak256Hash([]byte(one.Body))
		if next.Digest != (common.Hash{}) && one.Seq == next.Seq && digest == next.Digest {
			continue // stored, and shown again
		}
		var body struct {
			Purchase market.PurchaseID `json:"purchase"`
			Seq      uint32            `json:"seq"`
			Prev     common.Hash       `json:"prev"`
		}
		if json.Unmarshal([]byte(one.Body), &body) != nil || body.Purchase != p || body.Seq != one.Seq {
			return m, nil, fmt.Errorf("%w (purchase %d, seq %d)", errForged, p, one.Seq)
		}
		if next.Digest != (common.Hash{}) && one.Seq == next.Seq+1 && body.Prev != next.Digest {
			return m, nil, fmt.Errorf("%w (purchase %d: seq %d does not follow seq %d)", errForged, p, one.Seq, next.Seq)
		}
		readings = append(readings, one)
		next.Seq, next.Digest = one.Seq, digest
	}
	return next, readings, nil
}

// signedPage verifies the operator's signature over a page.
func signedPage(key ed25519.PublicKey, page api.Page) bool {
	content := []byte(page.ID + "." + page.Timestamp + ".")
	for _, one := range page.Readings {
		content = append(append(content, one.Body...), '\n')
	}
	text, ok := strings.CutPrefix(page.Signature, "v1a,")
	sig, err := base64.StdEncoding.DecodeString(text)
	return ok && err == nil && ed25519.Verify(key, content, sig)
}
