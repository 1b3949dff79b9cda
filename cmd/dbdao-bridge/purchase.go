package main

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

func purchaseCommand(o *options) *cobra.Command {
	return group("purchase", "Buy readings and look after purchases",
		o.purchaseBuy(), o.purchaseExtend(), o.purchaseLs(), o.purchaseShow(), o.purchaseCancel(), o.purchaseFinish())
}

// purchaseView is a purchase as commands print it.
type purchaseView struct {
	Purchase  market.PurchaseID    `json:"purchase"`
	State     market.PurchaseState `json:"state"`
	Stream    market.StreamID      `json:"stream"`
	Buyer     common.Address       `json:"buyer"`
	Start     time.Time            `json:"start"`
	End       time.Time            `json:"end"`
	Price     client.Amount        `json:"price"`
	Interval  uint32               `json:"interval"`
	Quota     uint32               `json:"quota"`
	Delivered uint32               `json:"delivered"`
}

func viewPurchase(p market.Purchase) purchaseView {
	return purchaseView{p.ID, p.State, p.Stream, p.Buyer, moment(p.Start), moment(p.End), client.Micro(1, p.Price), p.Interval, p.Quota, p.Delivered}
}

func (o *options) purchaseBuy() *cobra.Command {
	var duration time.Duration
	var most, beneficiary, destination string
	c := &cobra.Command{Use: "buy STREAM… --duration DURATION", Short: "Buy streams' readings for a while, a basket in few transactions (buyers)", Args: least(1)}
	c.Flags().DurationVar(&duration, "duration", 24*time.Hour, "how long, from now on")
	c.Flags().StringVar(&most, "max-total", "", "DTX to escrow at most, for all of them")
	c.Flags().StringVar(&beneficiary, "beneficiary", "", "who owns the purchase (default: the key that signs)")
	c.Flags().StringVar(&destination, "to", "", "your destination that the readings go to (default: your default destination)")
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	return o.pays(sends(o, c, func(c *cobra.Command, args []string) (plan[client.Bought], error) {
		streams, err := list(args, id[market.StreamID])
		if err != nil {
			return nil, err
		}
		var limit *big.Int
		if most != "" {
			if limit, err = tokens(most, "--max-total"); err != nil {
				return nil, err
			}
		}
		to, err := optional(beneficiary)
		if err != nil {
			return nil, err
		}
		hash, err := o.routeHash(c, destination)
		var orders []client.Order
		for _, n := range streams {
			orders = append(orders, client.Order{Stream: n, Duration: duration, Beneficiary: to, RouteHash: hash})
		}
		return func(ctx context.Context, m *chain) (*client.Prepared[client.Bought], error) {
			return m.Buy(ctx, limit, orders...)
		}, err
	}, nil))
}

func (o *options) purchaseExtend() *cobra.Command {
	var extra time.Duration
	c := &cobra.Command{Use: "extend PURCHASE --duration DURATION", Short: "Move the end of a running purchase (buyers)", Args: exactly(1)}
	c.Flags().DurationVar(&extra, "duration", 24*time.Hour, "how much longer")
	return o.pays(sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Extended], error) {
		n, err := id[market.PurchaseID](args[0])
		return func(ctx context.Context, m *chain) (*client.Prepared[client.Extended], error) {
			return m.Extend(ctx, n, extra)
		}, err
	}, nil))
}

func (o *options) purchaseLs() *cobra.Command {
	var buyer string
	c := &cobra.Command{Use: "ls", Short: "List purchases", Args: exactly(0)}
	c.Flags().StringVar(&buyer, "buyer", "", "only this buyer's")
	return reads(o, c, func(*cobra.Command, []string) (look, error) {
		who, err := optional(buyer)
		return func(ctx context.Context, m *chain) (any, error) {
			all, err := m.Reader.Purchases(ctx, func(p market.Purchase) bool { return buyer == "" || p.Buyer == who })
			views := []purchaseView{}
			for _, p := range all {
				views = append(views, viewPurchase(p))
			}
			return views, err
		}, err
	})
}

func (o *options) purchaseShow() *cobra.Command {
	c := &cobra.Command{Use: "show ID", Short: "Show a purchase", Args: exactly(1)}
	return reads(o, c, func(_ *cobra.Command, args []string) (look, error) {
		n, err := id[market.PurchaseID](args[0])
		return func(ctx context.Context, m *chain) (any, error) {
			p, err := m.Reader.Purchase(ctx, n)
			if err == nil && p.State == market.PurchaseNone {
				err = fmt.Errorf("there is no purchase %d", n)
			}
			return viewPurchase(p), err
		}, err
	})
}

func (o *options) purchaseCancel() *cobra.Command {
	c := &cobra.Command{Use: "cancel ID…", Short: "End running purchases now (buyers)", Args: least(1)}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Cancelled], error) {
		all, err := list(args, id[market.PurchaseID])
		return func(_ context.Context, m *chain) (*client.Prepared[client.Cancelled], error) {
			return m.Cancel(all...), nil
		}, err
	}, nil)
}

func (o *options) purchaseFinish() *cobra.Command {
	c := &cobra.Command{Use: "finish ID…", Short: "Refund what was not delivered, after the claim window (anyone)", Args: least(1)}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Finished], error) {
		all, err := list(args, id[market.PurchaseID])
		return func(_ context.Context, m *chain) (*client.Prepared[client.Finished], error) {
			return m.Finish(all...), nil
		}, err
	}, nil)
}
