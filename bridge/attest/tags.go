package attest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstackapi"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

// Proof kinds of a device claim: what the operator's word that a device is an owner's
// rests on.
const (
	proofWord uint8 = 0 // the operator's word alone
	proofTag  uint8 = 1 // the device tag dbdao_owner of a live ChirpStack uplink names the owner
)

// everybody is the DevEUI of no device but of all.
var everybody = lorawan.DevEUI{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// ownerTag is the tag that names whose readings a device takes.
const ownerTag = "dbdao_owner"

// tagged waits for a live uplink of a device whose tag names its owner. An error that
// wraps api.ErrRefused says why the proof was not given.
func (a *Attester) tagged(ctx context.Context, dev lorawan.DevEUI, owner common.Address, wait time.Duration) error {
	w, ok := a.Live.Watch(dev)
	if !ok {
		return errWaiting
	}
	defer a.Live.Leave(w)
	over := time.NewTimer(wait)
	defer over.Stop()
	select {
	case seen := <-w.Tag:
		if err := names(seen, owner); err != nil {
			return err
		}
		return a.own(ctx, seen.Source, dev, owner)
	case <-over.C:
		if w.Untagged(dev) {
			return fmt.Errorf("%w: uplinks of %s came within %v, but without the device tag dbdao_owner: set it in ChirpStack to the owner's address", api.ErrRefused, dev, wait)
		}
		return fmt.Errorf("%w: no uplink of %s came within %v: wait longer, or ask again when the device is about to send", api.ErrRefused, dev, wait)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errWaiting says that no more can be waited for now.
var errWaiting = fmt.Errorf("%w: %d devices are waited for already: try again in a minute", api.ErrRefused, intake.WatchMax)

// names tells whether a tag is an owner's address; if not, the error says why.
func names(seen intake.Seen, owner common.Address) error {
	switch {
	case !common.IsHexAddress(seen.Owner):
		return fmt.Errorf("%w: the device tag dbdao_owner of %s is no address: the owner sets it to 0x and 40 hexadecimal digits", api.ErrRefused, seen.DevEUI)
	case common.HexToAddress(seen.Owner) != owner:
		return fmt.Errorf("%w: the device tag dbdao_owner of %s names %s, not %s", api.ErrRefused, seen.DevEUI, common.HexToAddress(seen.Owner), owner)
	}
	return nil
}

// own asks the network server, where a key for its API is there, whether the device itself has
// the tag: in ChirpStack's events those of its application and its profile stand as well, and whoever may change
// these need not own the device.
func (a *Attester) own(ctx context.Context, source string, dev lorawan.DevEUI, owner common.Address) error {
	var failed error
	servers := a.Sources.TagReaders(source)
	for _, server := range servers {
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
	case len(servers) > 0:
		return fmt.Errorf("%w: whether the tag dbdao_owner of %s is the device's own cannot be asked: no key of source %s's backfill.api_key_files may read it; add its tenant's", api.ErrRefused, dev, source)
	}
	return nil
}

// proven checks what a request says its proof is, and waits for it.
func (a *Attester) proven(ctx context.Context, r api.AttestRequest) error {
	if (r.DevEUI == (lorawan.DevEUI{}) || r.DevEUI == everybody) && !r.Force {
		return fmt.Errorf("%w: %s is no device's own DevEUI: give the one that is printed on it (--force if you vouch for it all the same)", api.ErrRefused, r.DevEUI)
	}
	switch r.ProofKind {
	case proofWord:
		if !r.Force && !a.Lately.Sent(r.DevEUI, time.Now()) {
			return fmt.Errorf("%w: nothing of %s came within the last %v (this bridge listens since %s): wait until the device has sent, or say with --force that you vouch for it unheard",
				api.ErrRefused, r.DevEUI, min(intake.SendersKept, time.Since(a.Started)).Round(time.Second), a.Started.UTC().Format(time.RFC3339))
		}
		return nil
	case proofTag:
	default:
		return fmt.Errorf("%w: proof_kind %d is not offered: 0 (the operator's word) and 1 (the device tag dbdao_owner of a live uplink) are", api.ErrRefused, r.ProofKind)
	}
	wait := api.WaitUsual
	if r.Wait != "" {
		d, err := spans.Parse(r.Wait)
		if err != nil || d <= 0 || d > api.WaitMax {
			return fmt.Errorf("%w: wait must be a duration of at most %s, such as 2m", api.ErrRefused, spans.Text(api.WaitMax))
		}
		wait = d
	}
	if a.Sources.Tagged() {
		return a.tagged(ctx, r.DevEUI, r.Owner, wait)
	}
	return fmt.Errorf("%w: raw frames have no device tags: proof_kind 1 needs a source of kind mqtt or http", api.ErrRefused)
}
