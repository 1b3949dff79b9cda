package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstackapi"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

// Proof kinds of a device claim: what the operator's word that a device is an owner's
// rests on.
const (
	proofWord uint8 = 0 // the operator's word alone
	proofTag  uint8 = 1 // the device tag dbdao_owner of a live ChirpStack uplink names the owner
)

// owners looks at the tags of live uplinks of devices somebody waits for. Almost always
// nobody waits, and then an uplink costs one look at a pointer.
type owners struct {
	watched atomic.Pointer[map[lorawan.DevEUI][]*watch] // never changed, but replaced; nil: nobody waits
	mu      sync.Mutex                                  // held by who replaces it
}

// ownTags gives the tags set on a device itself, as chirpstackapi.Client does.
type ownTags interface {
	Tags(ctx context.Context, devEUI string) (map[string]string, error)
}

// ownerTag is the tag that names whose readings a device takes.
const ownerTag = "dbdao_owner"

// seenTag is a tag of an uplink, and the source that brought it.
type seenTag struct {
	owner string
	in    *Intake
}

// watch is one wait for a tag.
type watch struct {
	tag      chan seenTag // the first tag seen
	untagged atomic.Bool  // an uplink without the tag was seen
}

// watchMax is how many may wait at once.
const watchMax = 256

func (o *owners) add(dev lorawan.DevEUI, w *watch) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	next := map[lorawan.DevEUI][]*watch{}
	if old := o.watched.Load(); old != nil {
		next = maps.Clone(*old)
	}
	n := 0
	for _, all := range next {
		n += len(all)
	}
	if n >= watchMax {
		return false
	}
	next[dev] = append(append([]*watch(nil), next[dev]...), w)
	o.watched.Store(&next)
	return true
}

func (o *owners) remove(dev lorawan.DevEUI, w *watch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	next := maps.Clone(*o.watched.Load())
	var left []*watch
	for _, other := range next[dev] {
		if other != w {
			left = append(left, other)
		}
	}
	if next[dev] = left; len(left) == 0 {
		delete(next, dev)
	}
	if len(next) == 0 {
		o.watched.Store(nil)
		return
	}
	o.watched.Store(&next)
}

// see reads the tag of a live uplink of a device that is waited for. What would never be
// sold proves nothing.
func (b *Bridge) see(in *Intake, topic lorawan.Topic, payload []byte, waiting []*watch) {
	var u lorawan.Uplink
	if in.Decode(payload, &u) != nil || topic.Check(&u) != nil || in.Allowed != nil && !in.Allowed[string(u.Application)] {
		return
	}
	if kind := u.Billing(); kind == lorawan.BillingNotUplink || kind == lorawan.BillingSimulated {
		return
	}
	for _, w := range waiting {
		if u.Owner == "" {
			w.untagged.Store(true)
			continue
		}
		offer(w.tag, seenTag{u.Owner, in})
	}
}

// tagged waits for a live uplink of a device whose tag names its owner. An error that
// wraps api.ErrRefused says why the proof was not given.
func (b *Bridge) tagged(ctx context.Context, dev lorawan.DevEUI, owner common.Address, wait time.Duration) error {
	w := &watch{tag: make(chan seenTag, 1)}
	if !b.owners.add(dev, w) {
		return fmt.Errorf("%w: %d attestations wait for a tag already", api.ErrRefused, watchMax)
	}
	defer b.owners.remove(dev, w)
	over := time.NewTimer(wait)
	defer over.Stop()
	select {
	case seen := <-w.tag:
		switch tag := seen.owner; {
		case !common.IsHexAddress(tag):
			return fmt.Errorf("%w: the device tag dbdao_owner of %s is no address: the owner sets it to 0x and 40 hexadecimal digits", api.ErrRefused, dev)
		case common.HexToAddress(tag) != owner:
			return fmt.Errorf("%w: the device tag dbdao_owner of %s names %s, not %s", api.ErrRefused, dev, common.HexToAddress(tag), owner)
		}
		return seen.in.own(ctx, dev, owner)
	case <-over.C:
		if w.untagged.Load() {
			return fmt.Errorf("%w: uplinks of %s came within %v, but without the device tag dbdao_owner: set it in ChirpStack to the owner's address", api.ErrRefused, dev, wait)
		}
		return fmt.Errorf("%w: no uplink of %s came within %v: wait longer, or ask again when the device is about to send", api.ErrRefused, dev, wait)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// own asks the network server, where a key for its API is there, whether the device itself has
// the tag: in ChirpStack's events those of its application and its profile stand as well, and whoever may change
// these need not own the device.
func (in *Intake) own(ctx context.Context, dev lorawan.DevEUI, owner common.Address) error {
	var failed error
	for _, server := range in.tags {
		tags, err := server.Tags(ctx, dev.String())
		switch {
		case errors.Is(err, chirpstackapi.ErrUnknown): // another tenant's, as far as this key can see
			continue
		case err != nil:
			failed = err
			continue
		}
		if tag := tags[ownerTag]; !common.IsHexAddress(tag) || common.HexToAddress(tag) != owner {
			return fmt.Errorf("%w: the tag dbdao_owner of %s is its application's or its device profile's, which proves nothing: set it on the device itself", api.ErrRefused, dev)
		}
		return nil
	}
	switch {
	case failed != nil:
		return fmt.Errorf("%w: whether the tag dbdao_owner of %s is the device's own could not be asked: %w", api.ErrRefused, dev, failed)
	case len(in.tags) > 0:
		return fmt.Errorf("%w: whether the tag dbdao_owner of %s is the device's own cannot be asked: no key of source %s's backfill.api_key_files may read it; add its tenant's", api.ErrRefused, dev, in.Name)
	}
	return nil
}

// proven checks what a request says its proof is, and waits for it.
func (b backend) proven(ctx context.Context, r api.AttestRequest) error {
	switch r.ProofKind {
	case proofWord:
		return nil
	case proofTag:
	default:
		return fmt.Errorf("%w: proof_kind %d is not offered: 0 (the operator's word) and 1 (the device tag dbdao_owner of a live uplink) are", api.ErrRefused, r.ProofKind)
	}
	wait := api.WaitUsual
	if r.Wait != "" {
		d, err := time.ParseDuration(r.Wait)
		if err != nil || d <= 0 || d > api.WaitMax {
			return fmt.Errorf("%w: wait must be a duration of at most %v, such as 2m", api.ErrRefused, api.WaitMax)
		}
		wait = d
	}
	for _, s := range b.sources {
		if s.frames == nil {
			return b.bridge.tagged(ctx, r.DevEUI, r.Owner, wait)
		}
	}
	return fmt.Errorf("%w: raw frames have no device tags: proof_kind 1 needs a source of kind mqtt or http", api.ErrRefused)
}
