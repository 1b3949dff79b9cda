package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// errAhead makes watch --once exit 1: what is ahead was printed.
var errAhead = errors.New("more was claimed than delivered: see above")

// claimedView is what the chain has paid of a purchase beside what came of it.
type claimedView struct {
	Purchase    market.PurchaseID `json:"purchase"`
	State       string            `json:"state"`
	Paid        uint32            `json:"paid"`                // readings, by the chain
	Delivered   *uint32           `json:"delivered,omitempty"` // as the operator's bridge tells
	Stored      *uint32           `json:"stored,omitempty"`    // by receive, with --state
	Ahead       uint32            `json:"ahead"`               // paid, and neither delivered nor stored
	Lost        uint32            `json:"lost,omitempty"`      // of these, what the bridge says that another ledger of the operator's sold
	Destination string            `json:"destination,omitempty"`
	Kind        string            `json:"kind,omitempty"`
}

// claimedViews are several of them for readers: a line each.
type claimedViews []claimedView

func (all claimedViews) text(_ *options, w io.Writer) error {
	for i := range all {
		fmt.Fprintln(w, all[i].line())
	}
	return nil
}

func (v *claimedView) line() string {
	text := fmt.Sprintf("purchase %d (%s): the chain has paid %d readings, ", v.Purchase, v.State, v.Paid)
	if v.Stored != nil {
		text += fmt.Sprintf("%d are stored here", *v.Stored)
	} else {
		text += fmt.Sprintf("%d were delivered, as the bridge tells", *v.Delivered)
	}
	if v.Ahead == 0 {
		return text
	}
	text += fmt.Sprintf(": %d are claimed ahead", v.Ahead)
	if v.Lost > 0 {
		text += fmt.Sprintf(" (%d of them are said to have been sold by a ledger of the operator's that is lost: nobody shows them)", v.Lost)
	}
	if v.Destination != "" && v.Kind != "pull" {
		text += fmt.Sprintf("; they go to %s (%s): look there, too", terminal.Clean(v.Destination), v.Kind)
	}
	if v.State == "active" {
		text += fmt.Sprintf(". `purchase cancel %d` ends it", v.Purchase)
	}
	return text
}

func (o *options) purchaseWatch() *cobra.Command {
	var once bool
	var state string
	var every time.Duration
	c := &cobra.Command{
		Use: "watch PURCHASE…", Short: "Say when the operator claims more readings than were delivered, until told to stop (buyers)", Args: least(1),
		Long: "Compare the readings that the chain has paid with those delivered as the operator's bridge tells (wants the buyer's key), or, with --state, with those that `receive` has stored (wants none), and say what changes, until told to stop. " +
			"With --once it looks once, and exits 1 if a claim is ahead. It cancels nothing: `receive --cancel-overclaimed` does.",
		RunE: func(c *cobra.Command, args []string) error {
			purchases, err := list(args, id[market.PurchaseID])
			if err != nil {
				return err
			}
			m, err := o.dial(c.Context(), common.Address{})
			if err != nil {
				return err
			}
			defer m.node.Close()
			w := &claims{m: m, state: state, signIn: func() (*api.Client, error) { return o.buyerClient(c) }}
			if once {
				return o.watchOnce(c, w, purchases)
			}
			return w.run(c.Context(), c.OutOrStdout(), purchases, every)
		},
	}
	c.Flags().BoolVar(&once, "once", false, "look once, and exit 1 if a claim is ahead: for scripts")
	c.Flags().StringVar(&state, "state", "", "state file of `receive` (receive.json in its folder): compare with what that has stored")
	spans.Var(c.Flags(), &every, "every", 15*time.Second, "time between looks")
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	return c
}

func (o *options) watchOnce(c *cobra.Command, w *claims, purchases []market.PurchaseID) error {
	views, ahead := claimedViews{}, false
	for _, p := range purchases {
		v, err := w.look(c.Context(), p)
		if err != nil {
			return err
		}
		views, ahead = append(views, v), ahead || v.Ahead > 0
	}
	if err := o.print(c, views); err != nil || !ahead {
		return err
	}
	return errAhead
}

// claims looks at what was claimed.
type claims struct {
	m      *chain
	state  string // file of receive; "": the bridge is asked
	signIn func() (*api.Client, error)
	bridge *api.Client
}

// look asks the chain first: what is delivered meanwhile is not ahead.
func (w *claims) look(ctx context.Context, p market.PurchaseID) (v claimedView, err error) {
	is, of, err := w.m.purchase(ctx, p)
	if err != nil {
		return v, err
	}
	now, err := w.m.Now(ctx)
	if err != nil {
		return v, err
	}
	v = claimedView{Purchase: p, State: w.m.viewPurchase(is, of, now).State, Paid: is.Delivered}
	if w.state != "" {
		marks, err := readMarks(w.state)
		if err != nil {
			return v, err
		}
		v.Stored = new(uint32)
		if m := marks[p]; m != nil {
			*v.Stored = m.Have.count()
		}
		v.Ahead = is.Delivered - min(is.Delivered, *v.Stored)
		return v, nil
	}
	d, err := w.delivery(ctx, p)
	if err != nil {
		return v, err
	}
	v.Delivered, v.Destination, v.Kind = &d.Receipts, d.Destination, d.Kind
	v.Ahead = is.Delivered - min(is.Delivered, d.Receipts)
	for _, l := range d.Lost {
		v.Lost += l.Count
	}
	v.Lost = min(v.Lost, v.Ahead)
	return v, nil
}

// delivery is what the bridge tells, in a session that is opened again when it is over.
func (w *claims) delivery(ctx context.Context, p market.PurchaseID) (d api.DeliveryView, err error) {
	for range 2 {
		if w.bridge == nil {
			if w.bridge, err = w.signIn(); err != nil {
				return d, err
			}
		}
		if d, err = w.bridge.Delivery(ctx, p); !errors.Is(err, api.ErrSignedOut) {
			break
		}
		w.bridge = nil
	}
	return d, err
}

// run says what changes until ctx ends: how far ahead claims are, states, and what keeps it from looking.
func (w *claims) run(ctx context.Context, out io.Writer, purchases []market.PurchaseID, every time.Duration) error {
	type said struct {
		state string
		ahead uint32
		err   string
		known bool
	}
	former := map[market.PurchaseID]said{}
	for {
		for _, p := range purchases {
			v, err := w.look(ctx, p)
			if ctx.Err() != nil {
				return nil
			}
			now := said{v.State, v.Ahead, "", true}
			line := v.line
			if err != nil {
				now = former[p]
				now.err = err.Error()
				line = func() string { return fmt.Sprintf("purchase %d: unknown: %s", p, terminal.Error(err)) }
			}
			if now != former[p] {
				former[p] = now
				fmt.Fprintf(out, "%s %s\n", time.Now().UTC().Format(time.RFC3339), line())
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}
