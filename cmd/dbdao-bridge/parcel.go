package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/spf13/cobra"
)

func parcelCommand(o *options) *cobra.Command {
	on := func(use, short string, run func(c *cobra.Command, client *api.Client, p market.PurchaseID) error) *cobra.Command {
		return &cobra.Command{
			Use: use + " PURCHASE", Short: short, Args: exactly(1),
			RunE: func(c *cobra.Command, args []string) error {
				n, err := id[market.PurchaseID](args[0])
				if err != nil {
					return err
				}
				client, err := o.buyerClient(c)
				if err != nil {
					return err
				}
				return run(c, client, n)
			},
		}
	}
	show := on("show", "Show how a purchase's readings fare: counts, reasons, and how their destination does", func(c *cobra.Command, client *api.Client, p market.PurchaseID) error {
		v, err := client.Delivery(c.Context(), p)
		if err != nil {
			return err
		}
		return o.print(c, faring(v))
	})
	var from, to uint32
	ls := on("ls", "List a purchase's parked readings and why they are", func(c *cobra.Command, client *api.Client, p market.PurchaseID) error {
		all := []api.ParkedView{}
		for at := from; ; {
			some, err := client.Parked(c.Context(), p, at)
			if err != nil {
				return err
			}
			all = append(all, some...)
			if len(some) == 0 {
				return o.print(c, all)
			}
			at = some[len(some)-1].Seq + 1
		}
	})
	ls.Flags().Uint32Var(&from, "from", 0, "the first seq")
	replay := on("replay", "Have a purchase's parked readings tried again; with --from or --to, what was delivered in that range sent again too", func(c *cobra.Command, client *api.Client, p market.PurchaseID) error {
		var r api.Range
		if c.Flags().Changed("from") {
			r.From = &from
		}
		if c.Flags().Changed("to") {
			r.To = &to
		}
		return o.replay(c, client, p, r)
	})
	replay.Flags().Uint32Var(&from, "from", 0, "the first seq")
	replay.Flags().Uint32Var(&to, "to", 0, "the first seq that is left (default: none)")
	g := group("parcel", "Look after single readings (buyers)", show, ls, replay)
	g.PersistentFlags().StringVar(&o.api, "api", "", apiUsage)
	return g
}

// replayView is what a replay did, for readers.
type replayView struct {
	api.Replay
	of market.PurchaseID
}

func (v replayView) text(_ *options, w io.Writer) error {
	fmt.Fprintf(w, "purchase %d: %d delivered readings were sent again, %d are kept no longer, %d parked ones wait again\n", v.of, v.Resent, v.Expired, v.Unparked)
	if v.Unparked == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "  `parcel show %d` says what becomes of those that wait; if their destination fails, `destination retry` has them tried at once\n", v.of)
	return err
}

// replay asks again until the range is through, and prints what became of all of it.
func (o *options) replay(c *cobra.Command, client *api.Client, p market.PurchaseID, r api.Range) error {
	var all api.Replay
	for {
		done, err := client.Replay(c.Context(), p, r)
		all.Unparked, all.Resent, all.Expired = all.Unparked+done.Unparked, all.Resent+done.Resent, all.Expired+done.Expired
		all.Next, all.Reason, r.From = done.Next, done.Reason, done.Next
		switch {
		case err == nil && done.Next != nil && done.Reason.None():
			continue
		case err == nil && done.Next != nil:
			err = fmt.Errorf("the destination did not take seq %d (%s): fix it, then go on with --from %d", *done.Next, done.Reason.Text, *done.Next)
		}
		return errors.Join(o.print(c, replayView{all, p}), err)
	}
}
