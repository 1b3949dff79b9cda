package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/spf13/cobra"
)

// streamClaim relays what the operator's bridge signed for a stream's owner.
func (o *options) streamClaim() *cobra.Command {
	var save, file string
	c := &cobra.Command{Use: "claim ID", Short: "Be paid for what your operator delivered and does not claim: relay what his bridge signs for you (owners)", Args: exactly(1)}
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	c.Flags().StringVar(&save, "save", "", "fetch only, into this file: it can be relayed (--file) until the claim window closes, even if the bridge is gone")
	c.Flags().StringVar(&file, "file", "", "relay what --save fetched")
	relay := sends(o, c, func(c *cobra.Command, args []string) (plan[client.Paid], error) {
		n, err := id[market.StreamID](args[0])
		return func(ctx context.Context, m *chain) (*client.Prepared[client.Paid], error) {
			claim, err := o.ownerClaim(c, n, file)
			if err != nil {
				return nil, err
			}
			return m.relay(ctx, c, claim)
		}, err
	}, func(_ context.Context, _ *chain, done []client.Paid) (any, error) { return done, nil })
	send := relay.RunE
	relay.RunE = func(c *cobra.Command, args []string) error {
		if save == "" {
			return send(c, args)
		}
		n, err := id[market.StreamID](args[0])
		if err != nil {
			return err
		}
		claim, err := o.ownerClaim(c, n, "")
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(claim, "", "  ")
		if err == nil {
			err = os.WriteFile(save, append(text, '\n'), 0o600)
		}
		if err != nil {
			return fmt.Errorf("keep the claim: %w", err)
		}
		return o.print(c, claim)
	}
	return relay
}

// ownerClaim fetches a claim, or reads one that was kept.
func (o *options) ownerClaim(c *cobra.Command, n market.StreamID, file string) (claim api.OwnerClaim, err error) {
	if file == "" {
		bridge, err := o.buyerClient(c)
		if err != nil {
			return claim, err
		}
		return bridge.Claim(c.Context(), n)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return claim, fmt.Errorf("%w: --file: %w", errUsage, err)
	}
	if err := json.Unmarshal(text, &claim); err != nil || claim.Stream != n {
		return claim, fmt.Errorf("%w: %s is no claim of stream %d that `stream claim --save` kept", errUsage, file, n)
	}
	return claim, nil
}

// relay prepares the settlements of a claim whose windows are open.
func (m *chain) relay(ctx context.Context, c *cobra.Command, claim api.OwnerClaim) (*client.Prepared[client.Paid], error) {
	if claim.Market != m.Market || claim.ChainID != m.ChainID.Uint64() {
		return nil, fmt.Errorf("the claim is of chain %d, market %s; this is chain %s, market %s", claim.ChainID, claim.Market, m.ChainID, m.Market)
	}
	op, err := m.Reader.Operator(ctx, claim.Operator)
	if err != nil {
		return nil, err
	}
	if op.Signer != claim.Signer {
		return nil, fmt.Errorf("the operator has another signer now (%s) than the one that signed (%s), which voids the claim: fetch a new one", op.Signer, claim.Signer)
	}
	now, err := m.Now(ctx)
	if err != nil {
		return nil, err
	}
	over := map[market.PurchaseID]error{}
	for _, one := range claim.Over {
		over[one.Purchase] = closedWindow(one.Purchase, one.Until)
	}
	var all []client.Settlement
	for _, s := range claim.Settlements {
		one := client.Settlement{Operator: claim.Operator, Root: s.Root, Deadline: s.Deadline, Signature: s.Signature}
		open := false
		for _, k := range s.Claims {
			one.Claims = append(one.Claims, contracts.Claim{Purchase: uint64(k.Purchase), Delivered: k.Delivered, Last: k.Last})
			until, err := m.claimUntil(ctx, k.Purchase)
			if err != nil {
				return nil, err
			}
			if now < until {
				open = true
			} else {
				over[k.Purchase] = closedWindow(k.Purchase, until)
			}
		}
		if open {
			all = append(all, one)
		}
	}
	var closed []error
	for _, err := range over {
		closed = append(closed, err)
	}
	switch {
	case len(all) == 0 && len(closed) > 0:
		return nil, errors.Join(closed...)
	case len(all) == 0:
		return nil, fmt.Errorf("everything that operator %d delivered of stream %d is paid: nothing is to be claimed", claim.Operator, claim.Stream)
	}
	for _, err := range closed {
		fmt.Fprintf(c.ErrOrStderr(), "dbdao-bridge: %s\n", terminal.Error(err))
	}
	return m.Settle(all...), nil
}

func closedWindow(p market.PurchaseID, until uint64) error {
	return fmt.Errorf("the claim window of purchase %d closed on %s: what was not claimed is the buyer's again", p, moment(until).Format(time.RFC3339))
}

// claimUntil is when the claim window of a purchase closes, unix seconds.
func (m *chain) claimUntil(ctx context.Context, id market.PurchaseID) (uint64, error) {
	p, err := m.Reader.Purchase(ctx, id)
	if err != nil {
		return 0, err
	}
	s, err := m.Reader.Stream(ctx, p.Stream)
	return s.EndOf(p.End) + m.Rules.ClaimWindow.Uint64(), err
}
