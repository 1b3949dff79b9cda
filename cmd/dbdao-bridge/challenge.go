package main

import (
	"fmt"
	"os"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
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
	Payout     string             `json:"payout_dtx"`
	Challenges []market.Challenge `json:"challenges"`
}

func viewRound(c market.Challenged, quorum uint32, now uint64) roundView {
	date := func(t uint64) time.Time { return time.Unix(int64(t), 0).UTC() }
	return roundView{c.Stream, c.Number, c.State, c.Count, quorum, date(c.Opened), date(c.Deadline),
		c.State.Live() && now >= c.Deadline, dtx(c.Payout), c.Challenges}
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

// hash32 reads 32 bytes of hexadecimal digits.
func hash32(text string) (h common.Hash, err error) {
	if err = h.UnmarshalText([]byte(text)); err != nil {
		return h, fmt.Errorf("%w: %q is no hash: 0x and 64 hexadecimal digits", errUsage, text)
	}
	return h, nil
}

func (o *options) challengeOpen() *cobra.Command {
	var file, hash string
	c := &cobra.Command{
		Use: "open PURCHASE [--evidence FILE | --evidence-hash HASH]", Short: "Challenge the stream of a purchase under deposit (buyers)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[0])
			if err != nil {
				return err
			}
			evidence, err := fileHash(file, hash, "evidence")
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			rules, err := ch.reader.Config(c.Context())
			if err != nil {
				return err
			}
			if err := ch.afford(c.Context(), rules.Deposit); err != nil {
				return err
			}
			r, err := ch.transact(c.Context(), ch.dm.PackChallenge(uint64(n), evidence))
			if err != nil {
				return err
			}
			e, err := event(r, ch.dm.UnpackChallengedEvent)
			if err != nil {
				return err
			}
			round, err := ch.reader.Round(c.Context(), market.StreamID(e.Stream), e.Round)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Purchase market.PurchaseID `json:"purchase"`
				Stream   uint64            `json:"stream"`
				Round    uint32            `json:"round"`
				Count    uint32            `json:"count"`
				Quorum   uint32            `json:"quorum"`
				State    market.RoundState `json:"state"`
				Deadline string            `json:"deadline"`
				Deposit  string            `json:"deposit_dtx"`
				Evidence common.Hash       `json:"evidence_hash"`
				mined
			}{n, e.Stream, e.Round, e.Count, rules.Quorum, round.State, when(round.Deadline), dtx(rules.Deposit), e.EvidenceHash, of(r)})
		},
	}
	c.Flags().StringVar(&file, "evidence", "", "file whose keccak256 goes on chain (keep the file: the arbiter wants to see it)")
	c.Flags().StringVar(&hash, "evidence-hash", "", "that hash, instead of the file")
	return c
}

func (o *options) challengeLs() *cobra.Command {
	var stream, from uint64
	c := &cobra.Command{
		Use: "ls [--stream STREAM]", Short: "List rounds of challenges and who is in them", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			ch, err := o.dial(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			rules, err := ch.reader.Config(c.Context())
			if err != nil {
				return err
			}
			head, err := ch.client.HeaderByNumber(c.Context(), nil)
			if err != nil {
				return fmt.Errorf("ask for the head: %w", err)
			}
			streams := []market.Stream{{ID: market.StreamID(stream)}}
			if stream == 0 {
				if streams, err = ch.reader.Streams(c.Context(), nil); err != nil {
					return err
				}
			}
			if from == 0 {
				from = ch.start
			}
			views := []roundView{}
			for _, s := range streams {
				rounds, err := ch.reader.Rounds(c.Context(), s.ID, from)
				if err != nil {
					return err
				}
				for _, r := range rounds {
					views = append(views, viewRound(r, rules.Quorum, head.Time))
				}
			}
			return o.print(c, views)
		},
	}
	c.Flags().Uint64Var(&stream, "stream", 0, "only this stream's")
	fromBlock(c, &from)
	return c
}

func fromBlock(c *cobra.Command, from *uint64) {
	c.Flags().Uint64Var(from, "from-block", 0, "block of the market's deployment, to look for events from (default: the configuration's chain.start_block)")
}

func (o *options) challengeRule() *cobra.Command {
	var uphold, reject bool
	var file, hash string
	c := &cobra.Command{
		Use: "rule STREAM --uphold | --reject", Short: "Rule on a stream under review (the arbiter)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.StreamID](args[0])
			if err != nil {
				return err
			}
			if uphold == reject {
				return fmt.Errorf("%w: give either --uphold (slash the stream) or --reject (keep it)", errUsage)
			}
			ruling, err := fileHash(file, hash, "ruling")
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			r, err := ch.transact(c.Context(), ch.dm.PackRule(uint64(n), uphold, ruling))
			if err != nil {
				return err
			}
			e, err := event(r, ch.dm.UnpackRuledEvent)
			if err != nil {
				return err
			}
			s, err := ch.reader.Stream(c.Context(), n)
			if err != nil {
				return err
			}
			round, err := ch.reader.Round(c.Context(), n, e.Round)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Stream market.StreamID    `json:"stream"`
				State  market.StreamState `json:"state"`
				Round  uint32             `json:"round"`
				Ruling market.RoundState  `json:"ruling"`
				Hash   common.Hash        `json:"ruling_hash"`
				Payout string             `json:"payout_dtx"` // to each challenger
				mined
			}{n, s.State, e.Round, round.State, e.RulingHash, dtx(round.Payout), of(r)})
		},
	}
	c.Flags().BoolVar(&uphold, "uphold", false, "the challengers are right: slash the stream")
	c.Flags().BoolVar(&reject, "reject", false, "the challengers are wrong: their deposits go to seller and platform")
	c.Flags().StringVar(&file, "ruling", "", "file with the reasons, whose keccak256 goes on chain")
	c.Flags().StringVar(&hash, "ruling-hash", "", "that hash, instead of the file")
	return c
}

func (o *options) challengeRedeem() *cobra.Command {
	var round uint32
	var challenger string
	c := &cobra.Command{
		Use: "redeem STREAM [--round N] [--challenger ADDRESS]", Short: "Send a challenger what a decided round owes him (anyone may pay the gas)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.StreamID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			who := ch.key.Address()
			if challenger != "" {
				if who, err = address(challenger); err != nil {
					return err
				}
			}
			if round == 0 {
				if round, err = ch.reader.LastRound(c.Context(), n); err != nil {
					return err
				}
				if round == 0 {
					return fmt.Errorf("stream %d was never challenged", n)
				}
			}
			if err := ch.redeemable(c, n, round, who); err != nil {
				return err
			}
			r, err := ch.transact(c.Context(), ch.dm.PackRedeem(uint64(n), round, who))
			if err != nil {
				return err
			}
			e, err := event(r, ch.dm.UnpackRedeemedEvent)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Stream     market.StreamID `json:"stream"`
				Round      uint32          `json:"round"`
				Challenger common.Address  `json:"challenger"`
				Wei        string          `json:"wei"`
				DTX        string          `json:"dtx"`
				mined
			}{n, e.Round, e.Challenger, e.Amount.String(), dtx(e.Amount), of(r)})
		},
	}
	c.Flags().Uint32Var(&round, "round", 0, "which round (default: the stream's last)")
	c.Flags().StringVar(&challenger, "challenger", "", "whose deposit (default: the key that signs)")
	return c
}

// redeemable says why nothing can be redeemed yet, more exactly than the contract does.
func (c *chain) redeemable(cmd *cobra.Command, stream market.StreamID, n uint32, who common.Address) error {
	r, err := c.reader.Round(cmd.Context(), stream, n)
	if err != nil {
		return err
	}
	switch r.State {
	case market.RoundNone:
		return fmt.Errorf("stream %d has no round %d", stream, n)
	case market.RoundOpen, market.RoundReview:
		return fmt.Errorf("round %d is %s until %s: nothing can be redeemed before it is decided (once its time is over `challenge expire %d` ends it)", n, r.State, when(r.Deadline), stream)
	case market.RoundRejected:
		return fmt.Errorf("round %d was rejected: its deposits went to seller and platform", n)
	}
	in, err := c.reader.HasChallenged(cmd.Context(), stream, n, who)
	if err == nil && !in {
		err = fmt.Errorf("%s has nothing in round %d: it did not challenge, or redeemed already", who, n)
	}
	return err
}

func (o *options) challengeExpire() *cobra.Command {
	return &cobra.Command{
		Use: "expire STREAM", Short: "End a round whose time is over, so that deposits can be redeemed (anyone)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.StreamID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			r, err := ch.transact(c.Context(), ch.dm.PackExpire(uint64(n)))
			if err != nil {
				return err
			}
			e, err := event(r, ch.dm.UnpackRoundExpiredEvent)
			if err != nil {
				return err
			}
			s, err := ch.reader.Stream(c.Context(), n)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Stream market.StreamID    `json:"stream"`
				State  market.StreamState `json:"state"`
				Round  uint32             `json:"round"`
				Ended  market.RoundState  `json:"ended"`
				mined
			}{n, s.State, e.Round, market.RoundState(e.State), of(r)})
		},
	}
}
