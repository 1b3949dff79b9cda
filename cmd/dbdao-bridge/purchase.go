package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

func purchaseCommand(o *options) *cobra.Command {
	return group("purchase", "Buy readings and look after purchases",
		o.purchaseBuy(), o.purchaseExtend(), o.purchaseLs(), o.purchaseShow(), o.purchaseSpending(), o.purchaseCancel(), o.purchaseFinish(), o.purchaseWatch())
}

// purchaseView is a purchase as commands print it.
type purchaseView struct {
	Purchase   market.PurchaseID `json:"purchase"`
	State      string            `json:"state"` // now: one past its end is over until its rest goes back, which closes it
	Stream     market.StreamID   `json:"stream"`
	Buyer      common.Address    `json:"buyer"`
	Start      time.Time         `json:"start"`
	End        time.Time         `json:"end"` // at the latest: where the stream stops, earlier than it was bought for
	Price      client.Amount     `json:"price"`
	Interval   uint32            `json:"interval"`
	Quota      uint32            `json:"quota"`
	Paid       uint32            `json:"paid"`                  // readings, on chain: of those delivered, what was claimed
	Rest       client.Amount     `json:"rest"`                  // not paid: of a closed one, what went back
	FinishFrom *time.Time        `json:"finish_from,omitempty"` // anyone may send the rest back from then on
}

func (m *chain) viewPurchase(p market.Purchase, of market.Stream, now uint64) purchaseView {
	end := of.EndOf(p.End)
	v := purchaseView{p.ID, p.State.String(), p.Stream, p.Buyer, moment(p.Start), moment(end), m.Price(p.Price), p.Interval, p.Quota, p.Delivered,
		m.Readings(uint64(p.Quota-p.Delivered), p.Price), nil}
	if p.State != market.PurchaseActive {
		return v
	}
	v.FinishFrom = new(moment(end + m.Rules.ClaimWindow.Uint64()))
	if of.Unpaid { // the operator was at fault: nothing more is paid
		v.FinishFrom = new(moment(min(end, now)))
	}
	if now >= end {
		v.State = "over"
	}
	return v
}

// text prints a purchase and says how its rest comes back.
func (v purchaseView) text(o *options, w io.Writer) error {
	if err := printText(w, o.shape(encode(v))); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, v.returns(o))
	return err
}

// returns says when and how what is not paid comes back to the buyer.
func (v *purchaseView) returns(o *options) string {
	if v.FinishFrom == nil {
		return fmt.Sprintf("%s went back to the buyer's credit: `withdraw` sends it, if that was not done", o.money(v.Rest))
	}
	over := ""
	if v.State != "over" {
		over = "once it is over, "
	}
	return fmt.Sprintf("%swhat the operator does not claim, at most %s, comes back in two steps: `purchase finish %d` from %s on credits the buyer, unless the operator's last claim did so before, and `withdraw` sends it",
		over, o.money(v.Rest), v.Purchase, o.when(*v.FinishFrom))
}

// cancelledView is a purchase that was ended, as purchase cancel prints it.
type cancelledView struct {
	client.Cancelled
	Rest       client.Amount `json:"rest"`
	FinishFrom *time.Time    `json:"finish_from,omitempty"`
	is         purchaseView
}

func (v cancelledView) text(o *options, w io.Writer) error {
	_, err := fmt.Fprintf(w, "purchase %d ended %s (transaction %s)\n  %s\n", v.Purchase, o.when(v.End), v.Tx, v.is.returns(o))
	return err
}

// cancelledViews are several of them for readers: a paragraph each.
type cancelledViews []cancelledView

func (all cancelledViews) text(o *options, w io.Writer) error {
	for i := range all {
		if err := all[i].text(o, w); err != nil {
			return err
		}
	}
	return nil
}

// finishedView is a purchase whose rest went back, as purchase finish prints it.
type finishedView struct {
	client.Finished
	Buyer common.Address `json:"buyer"` // whose credit it is: withdraw sends it
}

func (v finishedView) text(o *options, w io.Writer) error {
	_, err := fmt.Fprintf(w, "purchase %d is closed: %d readings were paid, and %s went back to the credit of %s: `withdraw %[4]s` sends it (transaction %[5]s)\n",
		v.Purchase, v.Paid, o.money(v.Refund), v.Buyer, v.Tx)
	return err
}

// finishedViews are several of them for readers: a line each.
type finishedViews []finishedView

func (all finishedViews) text(o *options, w io.Writer) error {
	for i := range all {
		if err := all[i].text(o, w); err != nil {
			return err
		}
	}
	return nil
}

// purchase reads one that must exist, and its stream.
func (m *chain) purchase(ctx context.Context, n market.PurchaseID) (p market.Purchase, of market.Stream, err error) {
	p, err = m.Reader.Purchase(ctx, n)
	if err == nil && p.State == market.PurchaseNone {
		err = fmt.Errorf("there is no purchase %d", n)
	}
	if err != nil {
		return p, of, err
	}
	of, err = m.Reader.Stream(ctx, p.Stream)
	return p, of, err
}

// order are the flags of purchase buy.
type order struct {
	duration, interval              time.Duration
	most, price, terms, beneficiary string
	destination                     string
}

func (o *options) purchaseBuy() *cobra.Command {
	var f order
	c := &cobra.Command{Use: "buy STREAM… --duration DURATION", Short: "Buy streams' readings for a while, a basket in few transactions (buyers)", Args: least(1)}
	spans.Var(c.Flags(), &f.duration, "duration", 24*time.Hour, "how long, from now on")
	c.Flags().StringVar(&f.most, "max-total", "", "DTX to escrow at most, for all of them")
	c.Flags().StringVar(&f.price, "price", "", "buy only at this price a reading, in DTX (default: whatever it is now)")
	spans.Var(c.Flags(), &f.interval, "interval", 0, "buy only at this shortest time between readings (default: whatever it is now)")
	c.Flags().StringVar(&f.terms, "terms", "", "buy only under these terms: the hash you have read (default: whatever they are now)")
	c.Flags().StringVar(&f.beneficiary, "beneficiary", "", "who owns the purchase and says where it goes (default: the key that signs)")
	c.Flags().StringVar(&f.destination, "to", "", "your destination that the readings go to (default: your default destination)")
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	return o.pays(sends(o, c, func(c *cobra.Command, args []string) (plan[client.Bought], error) {
		orders, agreed, err := f.read(args)
		if err != nil {
			return nil, err
		}
		hash, err := o.routeHash(c, f.destination)
		for i := range orders {
			orders[i].RouteHash = hash
		}
		return func(ctx context.Context, m *chain) (*client.Prepared[client.Bought], error) {
			var limit *big.Int
			if f.most != "" {
				if limit, err = m.wei(tokens{f.most, "--max-total"}); err != nil {
					return nil, err
				}
			}
			for i := range orders {
				if orders[i].Agreed, err = m.agreed(ctx, orders[i].Stream, agreed); err != nil {
					return nil, err
				}
			}
			p, err := m.Buy(ctx, limit, orders...)
			if err != nil {
				return nil, err
			}
			return p, m.tellOfRunning(ctx, c.ErrOrStderr(), orders)
		}, err
	}, nil))
}

// newestLookedAt is how many of the newest purchases are looked at for one that runs already.
const newestLookedAt = 2000

// tellOfRunning gives a word of purchases of the same streams that run already: what is bought beside them is paid beside them.
func (m *chain) tellOfRunning(ctx context.Context, w io.Writer, orders []client.Order) error {
	now, err := m.Now(ctx)
	if err != nil {
		return err
	}
	for _, o := range orders {
		owner := cmp.Or(o.Beneficiary, m.From)
		running, err := m.Reader.NewestPurchases(ctx, newestLookedAt, func(p market.Purchase) bool {
			return p.Stream == o.Stream && p.Buyer == owner && p.State == market.PurchaseActive && p.End > now
		})
		if err != nil {
			return err
		}
		for _, p := range running {
			fmt.Fprintf(w, "dbdao-bridge: purchase %d of stream %d runs until %s: the new one runs beside it, and every reading is delivered and paid once for each (to go on longer instead: purchase extend %d)\n",
				p.ID, p.Stream, moment(p.End).Format(time.RFC3339), p.ID)
		}
	}
	return nil
}

func (f *order) read(args []string) (orders []client.Order, agreed client.Offer, err error) {
	streams, err := list(args, id[market.StreamID])
	if err != nil {
		return nil, agreed, err
	}
	if f.most != "" {
		if _, err := readTokens(f.most, "--max-total"); err != nil {
			return nil, agreed, err
		}
	}
	if f.price != "" {
		if agreed.Price, err = price(f.price); err != nil {
			return nil, agreed, err
		}
	}
	agreed.Interval = uint32(f.interval / time.Second)
	if f.terms != "" {
		if agreed.Terms, err = hash32(f.terms); err != nil {
			return nil, agreed, err
		}
	}
	if f.beneficiary != "" && f.destination != "" {
		return nil, agreed, fmt.Errorf("%w: give either --beneficiary or --to: whose purchase it is chooses where it goes", errUsage)
	}
	to, err := optional(f.beneficiary)
	for _, n := range streams {
		orders = append(orders, client.Order{Stream: n, Duration: f.duration, Beneficiary: to})
	}
	return orders, agreed, err
}

// agreed is a stream's offer with what the buyer insists on in its place; nil if he takes
// it as it is.
func (m *chain) agreed(ctx context.Context, n market.StreamID, insists client.Offer) (*client.Offer, error) {
	if insists == (client.Offer{}) {
		return nil, nil
	}
	s, err := m.stream(ctx, n)
	return &client.Offer{
		Price: cmp.Or(insists.Price, s.Price), Interval: cmp.Or(insists.Interval, s.Interval), Terms: cmp.Or(insists.Terms, s.Terms),
	}, err
}

func (o *options) purchaseExtend() *cobra.Command {
	var extra time.Duration
	var until string
	c := &cobra.Command{Use: "extend PURCHASE --duration DURATION | --until TIME", Short: "Move the end of a running purchase (buyers)", Args: exactly(1)}
	spans.Var(c.Flags(), &extra, "duration", 24*time.Hour, "how much longer than it runs now: its end is put off by this")
	c.Flags().StringVar(&until, "until", "", "the new end, RFC 3339: typed twice, it extends once")
	return o.pays(sends(o, c, func(c *cobra.Command, args []string) (plan[client.Extended], error) {
		n, err := id[market.PurchaseID](args[0])
		if err != nil {
			return nil, err
		}
		var end time.Time
		if until != "" {
			if end, err = time.Parse(time.RFC3339, until); err != nil || c.Flags().Changed("duration") {
				return nil, fmt.Errorf("%w: give either --duration or --until, a time such as 2027-01-31T12:00:00Z", errUsage)
			}
		}
		return func(ctx context.Context, m *chain) (*client.Prepared[client.Extended], error) {
			to := end
			if until == "" {
				p, err := m.Reader.Purchase(ctx, n)
				if err != nil {
					return nil, err
				}
				to = moment(p.End).Add(extra)
			}
			return m.Extend(ctx, n, to)
		}, nil
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
			if err != nil {
				return nil, err
			}
			views, of := []purchaseView{}, map[market.StreamID]market.Stream{}
			for _, p := range all {
				if _, known := of[p.Stream]; !known {
					if of[p.Stream], err = m.Reader.Stream(ctx, p.Stream); err != nil {
						return nil, err
					}
				}
				views = append(views, m.viewPurchase(p, of[p.Stream], uint64(o.now.Unix())))
			}
			return views, nil
		}, err
	})
}

func (o *options) purchaseShow() *cobra.Command {
	c := &cobra.Command{Use: "show ID", Short: "Show a purchase", Args: exactly(1)}
	return reads(o, c, func(_ *cobra.Command, args []string) (look, error) {
		n, err := id[market.PurchaseID](args[0])
		return func(ctx context.Context, m *chain) (any, error) {
			p, of, err := m.purchase(ctx, n)
			if err != nil {
				return nil, err
			}
			return m.viewPurchase(p, of, uint64(o.now.Unix())), nil
		}, err
	})
}

func (o *options) purchaseCancel() *cobra.Command {
	c := &cobra.Command{Use: "cancel ID…", Short: "End running purchases now (buyers): says when and how the rest comes back", Args: least(1)}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Cancelled], error) {
		all, err := list(args, id[market.PurchaseID])
		return func(_ context.Context, m *chain) (*client.Prepared[client.Cancelled], error) {
			return m.Cancel(all...), nil
		}, err
	}, func(ctx context.Context, m *chain, done []client.Cancelled) (any, error) {
		views := cancelledViews{}
		for _, one := range done {
			p, of, err := m.purchase(ctx, one.Purchase)
			if err != nil {
				return nil, err
			}
			is := m.viewPurchase(p, of, uint64(o.now.Unix()))
			views = append(views, cancelledView{one, is.Rest, is.FinishFrom, is})
		}
		if len(views) == 1 {
			return views[0], nil
		}
		return views, nil
	})
}

func (o *options) purchaseFinish() *cobra.Command {
	c := &cobra.Command{Use: "finish ID…", Short: "Credit buyers with what was not claimed, after the claim window (anyone); `withdraw` sends it", Args: least(1)}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Finished], error) {
		all, err := list(args, id[market.PurchaseID])
		return func(_ context.Context, m *chain) (*client.Prepared[client.Finished], error) {
			return m.Finish(all...), nil
		}, err
	}, func(ctx context.Context, m *chain, done []client.Finished) (any, error) {
		views := finishedViews{}
		for _, one := range done {
			p, err := m.Reader.Purchase(ctx, one.Purchase)
			if err != nil {
				return nil, err
			}
			views = append(views, finishedView{one, p.Buyer})
		}
		if len(views) == 1 {
			return views[0], nil
		}
		return views, nil
	})
}
