package attest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

// Prove vouches for devices whose live uplinks name an owner, who asks for himself. It waits until
// all have sent, or until the time is over; the answers are in the order of devices. An error
// says that none could be looked at now.
//
// Who asks may not be an owner at all: of a device that does not name him he learns nothing, not
// even whether it sends.
func (a *Attester) Prove(ctx context.Context, owner common.Address, devices []lorawan.DevEUI, wait time.Duration) ([]api.Proof, error) {
	all, at := make([]api.Proof, len(devices)), map[lorawan.DevEUI]int{}
	for i, dev := range devices {
		all[i] = api.Proof{DevEUI: dev, State: api.ProofWaiting}
		if _, twice := at[dev]; twice || dev == (lorawan.DevEUI{}) || dev == everybody {
			return nil, fmt.Errorf("%w: %s stands there twice, or is no device's own DevEUI", api.ErrRefused, dev)
		}
		at[dev] = i
	}
	if !a.Sources.Tagged() {
		return nil, fmt.Errorf("%w: this operator's uplinks are raw frames, which have no device tags: he vouches for devices himself (`device attest`)", api.ErrRefused)
	}
	w, ok := a.Live.Watch(devices...)
	if !ok {
		return nil, errWaiting
	}
	defer a.Live.Leave(w)
	over := time.NewTimer(wait)
	defer over.Stop()
	for left := len(devices); left > 0; {
		select {
		case seen := <-w.Tag:
			one := &all[at[seen.DevEUI]]
			if names(seen, owner) != nil { // it is waited for as if it were silent
				continue
			}
			left--
			if err := a.prove(ctx, seen, owner, one); err != nil {
				return nil, err
			}
		case <-over.C:
			return all, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// prove vouches for a device whose uplink names who asks.
func (a *Attester) prove(ctx context.Context, seen intake.Seen, owner common.Address, one *api.Proof) error {
	r := api.AttestRequest{DevEUI: seen.DevEUI, Owner: owner, ProofKind: proofTag}
	text, err := TermsOf(r)
	if err == nil {
		err = a.own(ctx, seen.Source, seen.DevEUI, owner)
	}
	var made api.Attestation
	if err == nil {
		made, err = a.made(ctx, r, text, claimAgeMax)
	}
	switch {
	case err == nil:
		one.State, one.Attestation = api.ProofAttested, &made
		return nil
	case errors.Is(err, ledger.ErrOwned): // for whom, is nothing to him
		err = fmt.Errorf("%w: the operator has vouched for %s for another account: he frees it (`device release`) when that one's streams of it are closed", api.ErrRefused, seen.DevEUI)
	case !errors.Is(err, api.ErrRefused):
		return err
	}
	one.State, one.Reason = api.ProofRefused, err.Error()
	return nil
}
