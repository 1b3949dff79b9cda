package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

func streamCommand(o *options) *cobra.Command {
	return group("stream", "List streams and look after them",
		o.streamSearch(), o.streamCreate(), o.streamLs(), o.streamShow(), o.streamAddStake(), o.streamSetPrice(), o.streamAllow(), o.streamRestrict(), o.streamSetTerms(),
		o.streamEnd("close ID", "End sales for ever; what was sold ends after the market's notice (owners)", func(m *chain, n market.StreamID) *client.Prepared[client.Closed] { return m.Close(n) }),
		o.streamEnd("retire ID", "End sales of a device that left your network (the operator's admin)", func(m *chain, n market.StreamID) *client.Prepared[client.Closed] { return m.Retire(n) }),
		o.streamWithdrawStake(), o.streamRespond(), o.streamClaim())
}

// streamView is a stream as commands print it.
type streamView struct {
	Stream     market.StreamID    `json:"stream"`
	State      market.StreamState `json:"state"`
	Operator   market.OperatorID  `json:"operator"`
	Owner      common.Address     `json:"owner"`
	Price      client.Amount      `json:"price"`
	Interval   uint32             `json:"interval"`
	Stake      client.Amount      `json:"stake"`
	EndsAt     *time.Time         `json:"ends_at,omitempty"`    // every purchase ends then at the latest
	StakeFrom  *time.Time         `json:"stake_from,omitempty"` // the stake may leave from then on
	Unpaid     bool               `json:"unpaid,omitempty"`     // the operator was at fault: nothing more is paid
	Restricted bool               `json:"restricted"`
	Device     common.Hash        `json:"device"`
	Terms      common.Hash        `json:"terms"`
}

func (m *chain) viewStream(s market.Stream) streamView {
	v := streamView{Stream: s.ID, State: s.State, Operator: s.Operator, Owner: s.Owner, Price: m.Price(s.Price), Interval: s.Interval,
		Stake: m.Amount(s.Stake), Unpaid: s.Unpaid, Restricted: s.Restricted, Device: s.Device, Terms: s.Terms}
	if s.StopAt != 0 {
		v.EndsAt = new(moment(s.StopAt))
	}
	if s.State == market.StreamClosed {
		v.StakeFrom = new(m.StakeFrom(s.StopAt))
	}
	return v
}

// streamShown is a stream as stream show prints it.
type streamShown struct {
	streamView
	ProofKind uint8               `json:"proof_kind"`
	Parents   []market.PurchaseID `json:"parents"`
	Round     *roundView          `json:"round,omitempty"` // the last round of challenges
}

// text prints the stream, and its round as challenge ls does.
func (v streamShown) text(o *options, w io.Writer) error {
	round := v.Round
	v.Round = nil
	if err := printText(w, o.shape(encode(v))); err != nil || round == nil {
		return err
	}
	return round.text(o, w)
}

func (o *options) streamLs() *cobra.Command {
	var owner string
	c := &cobra.Command{Use: "ls", Short: "List streams", Args: exactly(0)}
	c.Flags().StringVar(&owner, "owner", "", "only this owner's")
	return reads(o, c, func(*cobra.Command, []string) (look, error) {
		who, err := optional(owner)
		return func(ctx context.Context, m *chain) (any, error) {
			all, err := m.Reader.Streams(ctx, func(s market.Stream) bool { return owner == "" || s.Owner == who })
			views := []streamView{}
			for _, s := range all {
				views = append(views, m.viewStream(s))
			}
			return views, err
		}, err
	})
}

// optional reads an address that may be left out.
func optional(text string) (common.Address, error) {
	if text == "" {
		return common.Address{}, nil
	}
	return address(text)
}

func (o *options) streamShow() *cobra.Command {
	var from uint64
	c := &cobra.Command{Use: "show ID", Short: "Show a stream: as a node has it, or with --api, all a bridge tells of it (offer, rank, record, statistics), without a node", Args: exactly(1)}
	fromBlock(c, &from)
	c.Flags().StringVar(&o.api, "api", "", "URL of a bridge's public API (default $DBDAO_API, then a node is asked)")
	show := reads(o, c, func(_ *cobra.Command, args []string) (look, error) {
		n, err := id[market.StreamID](args[0])
		return func(ctx context.Context, m *chain) (any, error) {
			s, err := m.stream(ctx, n)
			if err != nil {
				return nil, err
			}
			listed, err := m.Reader.Listed(ctx, n, max(from, m.start))
			if err != nil {
				return nil, err
			}
			view := streamShown{streamView: m.viewStream(s), ProofKind: listed.ProofKind, Parents: listed.Parents}
			rounds, err := m.Reader.Rounds(ctx, n, listed.Block)
			if err == nil && len(rounds) > 0 {
				var last roundView
				last, err = m.redeemed(ctx, m.viewRound(rounds[len(rounds)-1], uint64(o.now.Unix())))
				view.Round = &last
			}
			return view, err
		}, err
	})
	ask := show.RunE
	show.RunE = func(c *cobra.Command, args []string) error {
		if o.api == "" && os.Getenv("DBDAO_API") == "" {
			return ask(c, args)
		}
		n, err := id[market.StreamID](args[0])
		if err != nil {
			return err
		}
		return o.page(c, n)
	}
	return show
}

// stream reads one that must exist.
func (m *chain) stream(ctx context.Context, n market.StreamID) (market.Stream, error) {
	s, err := m.Reader.Stream(ctx, n)
	if err == nil && s.State == market.StreamNone {
		err = fmt.Errorf("there is no stream %d", n)
	}
	return s, err
}

// changed prints a stream as it is after a transaction.
func changed(ctx context.Context, m *chain, done []client.StreamChanged) (any, error) {
	s, err := m.Reader.Stream(ctx, done[0].Stream)
	return struct {
		streamView
		client.Mined
	}{m.viewStream(s), done[0].Mined}, err
}

// onStream is a command that changes a stream and needs to know nothing else.
func (o *options) onStream(use, short string, prepare func(*chain, market.StreamID) *client.Prepared[client.StreamChanged]) *cobra.Command {
	return sends(o, &cobra.Command{Use: use, Short: short, Args: exactly(1)}, func(_ *cobra.Command, args []string) (plan[client.StreamChanged], error) {
		n, err := id[market.StreamID](args[0])
		return func(_ context.Context, m *chain) (*client.Prepared[client.StreamChanged], error) {
			return prepare(m, n), nil
		}, err
	}, changed)
}

// streamEnd is a command that ends a stream's sales.
func (o *options) streamEnd(use, short string, prepare func(*chain, market.StreamID) *client.Prepared[client.Closed]) *cobra.Command {
	return sends(o, &cobra.Command{Use: use, Short: short, Args: exactly(1)}, func(_ *cobra.Command, args []string) (plan[client.Closed], error) {
		n, err := id[market.StreamID](args[0])
		return func(_ context.Context, m *chain) (*client.Prepared[client.Closed], error) { return prepare(m, n), nil }, err
	}, func(ctx context.Context, m *chain, done []client.Closed) (any, error) {
		s, err := m.Reader.Stream(ctx, done[0].Stream)
		return struct {
			streamView
			client.Mined
		}{m.viewStream(s), done[0].Mined}, err
	})
}

func (o *options) streamRespond() *cobra.Command {
	var file, hash string
	c := &cobra.Command{Use: "respond STREAM ROUND --file FILE | --hash HASH", Short: "Answer a round of challenges: the answer's hash goes on chain (owners and the operator's admin)", Args: exactly(2)}
	c.Flags().StringVar(&file, "file", "", "your answer, whose keccak256 goes on chain (keep the file: the arbiter wants to see it)")
	c.Flags().StringVar(&hash, "hash", "", "that hash, instead of the file")
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Responded], error) {
		n, round, err := streamRound(args)
		if err != nil {
			return nil, err
		}
		if (file == "") == (hash == "") {
			return nil, fmt.Errorf("%w: give either --file or --hash", errUsage)
		}
		response, err := fileHash(file, hash, "file")
		return func(_ context.Context, m *chain) (*client.Prepared[client.Responded], error) {
			return m.Respond(n, round, response), nil
		}, err
	}, nil)
}

func (o *options) streamWithdrawStake() *cobra.Command {
	c := &cobra.Command{Use: "withdraw-stake ID", Short: "Take the stake out of a closed stream (owners): `stream show` says from when", Args: exactly(1)}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.StakeWithdrawn], error) {
		n, err := id[market.StreamID](args[0])
		return func(_ context.Context, m *chain) (*client.Prepared[client.StakeWithdrawn], error) {
			return m.WithdrawStake(n), nil
		}, err
	}, nil)
}

func (o *options) streamAddStake() *cobra.Command {
	c := &cobra.Command{Use: "add-stake ID DTX", Short: "Stake more: more stake, more visible (owners)", Args: exactly(2)}
	return o.pays(sends(o, c, func(_ *cobra.Command, args []string) (plan[client.StreamChanged], error) {
		n, err := id[market.StreamID](args[0])
		if err != nil {
			return nil, err
		}
		amount, err := readTokens(args[1], "the stake")
		return func(_ context.Context, m *chain) (*client.Prepared[client.StreamChanged], error) {
			wei, err := m.wei(amount)
			return m.AddStake(n, wei), err
		}, err
	}, changed))
}

func (o *options) streamSetPrice() *cobra.Command {
	var text string
	var interval time.Duration
	c := &cobra.Command{Use: "set-price ID [--price DTX] [--interval DURATION]", Short: "Change what new purchases pay; those running keep theirs (owners)", Args: exactly(1)}
	c.Flags().StringVar(&text, "price", "", "DTX per reading, a multiple of 0.00001, within what the stake allows: a reading at most a hundredth of it, a day's readings a tenth (default: as it is)")
	spans.Var(c.Flags(), &interval, "interval", 0, "shortest billable time between readings (default: as it is)")
	return sends(o, c, func(c *cobra.Command, args []string) (plan[client.StreamChanged], error) {
		n, err := id[market.StreamID](args[0])
		if err != nil {
			return nil, err
		}
		each := uint64(0)
		if text != "" {
			if each, err = price(text); err != nil {
				return nil, err
			}
		}
		if text == "" && !c.Flags().Changed("interval") {
			return nil, fmt.Errorf("%w: give --price or --interval", errUsage)
		}
		return func(ctx context.Context, m *chain) (*client.Prepared[client.StreamChanged], error) {
			s, err := m.stream(ctx, n)
			if err != nil {
				return nil, err
			}
			if each != 0 {
				s.Price = each
			}
			if c.Flags().Changed("interval") {
				s.Interval = uint32(interval / time.Second)
			}
			return m.SetPrice(n, s.Price, s.Interval), nil
		}, nil
	}, changed)
}

func (o *options) streamAllow() *cobra.Command {
	revoke := false
	c := &cobra.Command{Use: "allow ID ADDRESS… [--revoke]", Short: "Let accounts buy a restricted stream (owners)", Args: least(2)}
	c.Flags().BoolVar(&revoke, "revoke", false, "no longer; purchases that run go on")
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.StreamChanged], error) {
		n, err := id[market.StreamID](args[0])
		if err != nil {
			return nil, err
		}
		who, err := addresses(args[1:])
		return func(_ context.Context, m *chain) (*client.Prepared[client.StreamChanged], error) {
			return m.Allow(n, who, !revoke), nil
		}, err
	}, changed)
}

func (o *options) streamRestrict() *cobra.Command {
	off := false
	c := o.onStream("restrict ID [--off]", "Sell to allowed accounts only (owners)", func(m *chain, n market.StreamID) *client.Prepared[client.StreamChanged] {
		return m.SetRestricted(n, !off)
	})
	c.Flags().BoolVar(&off, "off", false, "sell to everybody again")
	return c
}

func (o *options) streamSetTerms() *cobra.Command {
	var file, hash string
	c := &cobra.Command{Use: "set-terms ID --offer FILE | --terms HASH", Short: "Change the terms of new purchases (owners); then publish the offer", Args: exactly(1)}
	c.Flags().StringVar(&file, "offer", "", "the new offer")
	c.Flags().StringVar(&hash, "terms", "", "keccak256 of its document, instead of the file")
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.StreamChanged], error) {
		n, err := id[market.StreamID](args[0])
		if err != nil {
			return nil, err
		}
		var terms common.Hash
		switch {
		case (file == "") == (hash == ""):
			err = fmt.Errorf("%w: give either --offer FILE (`offer new` writes one) or --terms HASH", errUsage)
		case hash != "":
			terms, err = hash32(hash)
		default:
			var one offered
			one, err = readOffer(file)
			terms = one.hash()
		}
		return func(_ context.Context, m *chain) (*client.Prepared[client.StreamChanged], error) {
			return m.SetTerms(n, terms), nil
		}, err
	}, changed)
}
