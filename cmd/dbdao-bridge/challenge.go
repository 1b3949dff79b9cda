package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/cobra"
)

func challengeCommand(o *options) *cobra.Command {
	return group("challenge", "Accuse a stream, rule, and get deposits back",
		o.challengeOpen(), o.challengeLs(), o.challengeRule(), o.challengeRedeem(), o.challengeExpire())
}

// roundView is a round of challenges as commands print it.
type roundView struct {
	Stream     market.StreamID    `json:"stream"`
	Round      uint32             `json:"round"`
	State      market.RoundState  `json:"state"`
	Count      uint32             `json:"count"`
	Quorum     uint32             `json:"quorum"`
	Opened     time.Time          `json:"opened"`
	Deadline   time.Time          `json:"deadline"`
	Over       bool               `json:"over"` // live, but its time is over: challenge expire ends it
	Payout     client.Amount      `json:"payout"`
	Challenges []market.Challenge `json:"challenges"`
}

func viewRound(c market.Challenged, quorum uint32, now uint64) roundView {
	return roundView{c.Stream, c.Number, c.State, c.Count, quorum, moment(c.Opened), moment(c.Deadline),
		c.State.Live() && now >= c.Deadline, client.Amount{Wei: c.Payout}, c.Challenges}
}

// fileHash reads one of --x FILE and --x-hash HASH; zero if neither is given.
func fileHash(file, hash, flag string) (common.Hash, error) {
	switch {
	case file != "" && hash != "":
		return common.Hash{}, fmt.Errorf("%w: give either --%s or --%s-hash", errUsage, flag, flag)
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return common.Hash{}, fmt.Errorf("%w: --%s: %w", errUsage, flag, err)
		}
		return crypto.Keccak256Hash(b), nil
	case hash != "":
		return hash32(hash)
	}
	return common.Hash{}, nil
}

func (o *options) challengeOpen() *cobra.Command {
	var file, hash string
	c := &cobra.Command{Use: "open PURCHASE [--evidence FILE | --evidence-hash HASH]", Short: "Challenge the stream of a purchase under deposit (buyers)", Args: exactly(1)}
	c.Flags().StringVar(&file, "evidence", "", "file whose keccak256 goes on chain (keep the file: the arbiter wants to see it)")
	c.Flags().StringVar(&hash, "evidence-hash", "", "that hash, instead of the file")
	return o.pays(sends(o, c, func(_ *cobra.Command, args []string) (plan[client.ChallengeOpened], error) {
		n, err := id[market.PurchaseID](args[0])
		if err != nil {
			return nil, err
		}
		evidence, err := fileHash(file, hash, "evidence")
		return func(_ context.Context, m *chain) (*client.Prepared[client.ChallengeOpened], error) {
			return m.Challenge(n, evidence), nil
		}, err
	}, func(ctx context.Context, m *chain, done []client.ChallengeOpened) (any, error) {
		r, err := m.Reader.Round(ctx, done[0].Stream, done[0].Round)
		return struct {
			client.ChallengeOpened
			State    market.RoundState `json:"state"`
			Deadline time.Time         `json:"deadline"`
		}{done[0], r.State, moment(r.Deadline)}, err
	}))
}

func (o *options) challengeLs() *cobra.Command {
	var stream, from uint64
	c := &cobra.Command{Use: "ls [--stream STREAM]", Short: "List rounds of challenges and who is in them", Args: exactly(0)}
	c.Flags().Uint64Var(&stream, "stream", 0, "only this stream's")
	fromBlock(c, &from)
	return reads(o, c, func(*cobra.Command, []string) (look, error) {
		return func(ctx context.Context, m *chain) (any, error) {
			streams := []market.Stream{{ID: market.StreamID(stream)}}
			if stream == 0 {
				var err error
				if streams, err = m.Reader.Streams(ctx, nil); err != nil {
					return nil, err
				}
			}
			views := []roundView{}
			for _, s := range streams {
				rounds, err := m.Reader.Rounds(ctx, s.ID, max(from, m.start))
				if err != nil {
					return nil, err
				}
				for _, r := range rounds {
					views = append(views, viewRound(r, m.Rules.Quorum, uint64(o.now.Unix())))
				}
			}
			return views, nil
		}, nil
	})
}

func fromBlock(c *cobra.Command, from *uint64) {
	c.Flags().Uint64Var(from, "from-block", 0, "block of the market's deployment, to look for events from (default: the configuration's chain.start_block)")
}

func (o *options) challengeRule() *cobra.Command {
	var uphold, reject bool
	var file, hash string
	c := &cobra.Command{Use: "rule STREAM --uphold | --reject", Short: "Rule on a stream under review (the arbiter)", Args: exactly(1)}
	c.Flags().BoolVar(&uphold, "uphold", false, "the challengers are right: slash the stream")
	c.Flags().BoolVar(&reject, "reject", false, "the challengers are wrong: their deposits go to seller and platform")
	c.Flags().StringVar(&file, "ruling", "", "file with the reasons, whose keccak256 goes on chain")
	c.Flags().StringVar(&hash, "ruling-hash", "", "that hash, instead of the file")
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Ruled], error) {
		n, err := id[market.StreamID](args[0])
		if err != nil {
			return nil, err
		}
		if uphold == reject {
			return nil, fmt.Errorf("%w: give either --uphold (slash the stream) or --reject (keep it)", errUsage)
		}
		ruling, err := fileHash(file, hash, "ruling")
		return func(_ context.Context, m *chain) (*client.Prepared[client.Ruled], error) {
			return m.Rule(n, uphold, ruling), nil
		}, err
	}, func(ctx context.Context, m *chain, done []client.Ruled) (any, error) {
		s, err := m.Reader.Stream(ctx, done[0].Stream)
		if err != nil {
			return nil, err
		}
		round, err := m.Reader.Round(ctx, s.ID, done[0].Round)
		return struct {
			client.Ruled
			State  market.StreamState `json:"state"`
			Ruling market.RoundState  `json:"ruling"`
			Payout client.Amount      `json:"payout"` // to each challenger
		}{done[0], s.State, round.State, client.Amount{Wei: round.Payout}}, err
	})
}

func (o *options) challengeRedeem() *cobra.Command {
	var round uint32
	var challenger string
	c := &cobra.Command{Use: "redeem STREAM [--round N] [--challenger ADDRESS]", Short: "Send a challenger what a decided round owes him (anyone may pay the gas)", Args: exactly(1)}
	c.Flags().Uint32Var(&round, "round", 0, "which round (default: the stream's last)")
	c.Flags().StringVar(&challenger, "challenger", "", "whose deposit (default: the key that signs)")
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Redeemed], error) {
		n, err := id[market.StreamID](args[0])
		if err != nil {
			return nil, err
		}
		who, err := optional(challenger)
		return func(ctx context.Context, m *chain) (*client.Prepared[client.Redeemed], error) {
			if challenger == "" {
				who = m.From
			}
			which := round
			if which == 0 {
				var err error
				if which, err = m.Reader.LastRound(ctx, n); err != nil {
					return nil, err
				}
			}
			if err := m.redeemable(ctx, n, which, who); err != nil {
				return nil, err
			}
			return m.Redeem(n, which, who), nil
		}, err
	}, nil)
}

// redeemable says why nothing can be redeemed yet, more exactly than the contract does.
func (m *chain) redeemable(ctx context.Context, stream market.StreamID, n uint32, who common.Address) error {
	if n == 0 {
		return fmt.Errorf("stream %d was never challenged", stream)
	}
	r, err := m.Reader.Round(ctx, stream, n)
	if err != nil {
		return err
	}
	switch r.State {
	case market.RoundNone:
		return fmt.Errorf("stream %d has no round %d", stream, n)
	case market.RoundOpen, market.RoundReview:
		return fmt.Errorf("round %d is %s until %s: nothing can be redeemed before it is decided (once its time is over `challenge expire %d` ends it)", n, r.State, moment(r.Deadline).Format(time.RFC3339), stream)
	case market.RoundRejected:
		return fmt.Errorf("round %d was rejected: its deposits went to seller and platform", n)
	}
	in, err := m.Reader.HasChallenged(ctx, stream, n, who)
	if err == nil && !in {
		err = fmt.Errorf("%s has nothing in round %d: it did not challenge, or redeemed already", who, n)
	}
	return err
}

func (o *options) challengeExpire() *cobra.Command {
	c := &cobra.Command{Use: "expire STREAM", Short: "End a round whose time is over, so that deposits can be redeemed (anyone)", Args: exactly(1)}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Expired], error) {
		n, err := id[market.StreamID](args[0])
		return func(_ context.Context, m *chain) (*client.Prepared[client.Expired], error) { return m.Expire(n), nil }, err
	}, func(ctx context.Context, m *chain, done []client.Expired) (any, error) {
		s, err := m.Reader.Stream(ctx, done[0].Stream)
		return struct {
			client.Expired
			State market.StreamState `json:"state"`
		}{done[0], s.State}, err
	})
}
