package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
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
	Stream    market.StreamID   `json:"stream"`
	Round     uint32            `json:"round"`
	State     market.RoundState `json:"state"` // now: one past its deadline has ended, whoever says so on chain
	Count     uint32            `json:"count"`
	Quorum    uint32            `json:"quorum"`
	Weight    client.Amount     `json:"weight"` // what the challengers have paid for readings, less those who redeemed
	Opened    time.Time         `json:"opened"`
	JoinUntil time.Time         `json:"join_until"` // of an open round: of its quorum
	RuleFrom  *time.Time        `json:"rule_from,omitempty"`
	RuleUntil *time.Time        `json:"rule_until,omitempty"`
	Over      bool              `json:"over"`      // it was ruled on, or its time is over
	Expirable bool              `json:"expirable"` // its time is over and nobody said so on chain: challenge expire does
	Pool      client.Amount     `json:"pool"`      // of the slashed stake, not redeemed yet
	Joined    []joinedView      `json:"challenges"`
	Responses []market.Response `json:"responses,omitempty"`
	Ruling    common.Hash       `json:"ruling_hash,omitzero"`
}

// joinedView is a challenger as commands print him.
type joinedView struct {
	Purchase   market.PurchaseID `json:"purchase"`
	Challenger common.Address    `json:"challenger"`
	Weight     client.Amount     `json:"weight"`
	Later      bool              `json:"later"` // bought when the round was open: a voice, and no bounty
	Evidence   common.Hash       `json:"evidence_hash"`
	Redeemed   bool              `json:"redeemed"` // his deposit, and what came with it, was sent to him
}

// roundWords say in words how a round stands, the same wherever one is shown.
var roundWords = map[market.RoundState]string{
	market.RoundOpen: "open", market.RoundReview: "in review", market.RoundExpired: "over, too few joined", market.RoundLapsed: "over, the arbiter did not rule",
	market.RoundRejected: "over, rejected: nobody is at fault", market.RoundSellerAtFault: "over, the seller is at fault",
	market.RoundOperatorAtFault: "over, the operator is at fault", market.RoundBothAtFault: "over, seller and operator are at fault",
}

func (m *chain) viewRound(c market.Challenged, now uint64) roundView {
	v := roundView{Stream: c.Stream, Round: c.Number, State: c.At(now), Count: c.Count, Quorum: m.Rules.Quorum, Weight: m.Price(c.Weight), Opened: moment(c.Opened),
		JoinUntil: moment(c.Deadline), Over: !c.At(now).Live(), Expirable: c.At(now) != c.State, Pool: m.Amount(c.Pool), Joined: []joinedView{}, Responses: c.Responses, Ruling: c.Ruling}
	if c.ReviewStart != 0 {
		v.RuleFrom, v.RuleUntil = new(moment(c.ReviewStart+m.Rules.ReviewMin.Uint64())), new(moment(c.Deadline))
		v.JoinUntil = *v.RuleFrom
	}
	for _, one := range c.Challenges {
		v.Joined = append(v.Joined, joinedView{one.Purchase, one.Challenger, m.Price(one.Weight), one.Later, one.Evidence, false})
	}
	return v
}

// redeemed is a round with who has redeemed: who has, has no voice in it any more.
func (m *chain) redeemed(ctx context.Context, v roundView) (roundView, error) {
	if !v.Over || v.State == market.RoundRejected {
		return v, nil
	}
	for i := range v.Joined {
		voice, err := m.Reader.Voice(ctx, v.Stream, v.Round, v.Joined[i].Challenger)
		if err != nil {
			return v, err
		}
		v.Joined[i].Redeemed = voice.Weight == 0
	}
	return v, nil
}

// deposit says where a challenger's deposit is.
func (v *roundView) deposit(one *joinedView) string {
	switch {
	case !v.Over:
		return "held"
	case v.State == market.RoundRejected:
		return "lost"
	case one.Redeemed:
		return "redeemed"
	}
	return "to be redeemed"
}

// roundViews are rounds for readers: each a paragraph.
type roundViews []roundView

func (all roundViews) text(o *options, w io.Writer) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "no stream was challenged")
		return err
	}
	for i := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := all[i].text(o, w); err != nil {
			return err
		}
	}
	return nil
}

func (v *roundView) text(o *options, w io.Writer) error {
	fmt.Fprintf(w, "stream %d, round %d: %s\n", v.Stream, v.Round, v.outcome(o))
	fmt.Fprintf(w, "  opened %s by %d of the %d buyers a review takes, who paid %s for its readings\n", o.when(v.Opened), v.Count, v.Quorum, o.money(v.Weight))
	if v.RuleFrom != nil && !v.Over {
		fmt.Fprintf(w, "  others may join until %s; the arbiter may rule from then until %s\n", o.when(*v.RuleFrom), o.when(*v.RuleUntil))
	} else if !v.Over {
		fmt.Fprintf(w, "  others may join until %s\n", o.when(v.JoinUntil))
	}
	if v.Pool.Wei != nil && v.Pool.Wei.Sign() > 0 {
		fmt.Fprintf(w, "  %s of the slashed stake wait for the challengers: challenge redeem %d --round %d\n", o.money(v.Pool), v.Stream, v.Round)
	}
	t := table{head: []string{"PURCHASE", "CHALLENGER", "PAID", "BOUNTY", "DEPOSIT", "EVIDENCE"}}
	for i, one := range v.Joined {
		t.row(fmt.Sprint(one.Purchase), one.Challenger.Hex(), o.money(one.Weight), map[bool]string{false: "yes", true: "no: bought later"}[one.Later], v.deposit(&v.Joined[i]), named(one.Evidence))
	}
	for _, one := range v.Responses {
		fmt.Fprintf(w, "  answered by %s with %s\n", one.By, named(one.Hash))
	}
	if v.Ruling != (common.Hash{}) {
		fmt.Fprintf(w, "  the ruling's reasons: %s\n", terminal.Clean(fmt.Sprint(v.Ruling)))
	}
	if len(v.Joined) == 0 {
		return nil
	}
	return t.print(w, "  ")
}

// outcome says how a round stands, and who may do what about it.
func (v *roundView) outcome(o *options) string {
	back := fmt.Sprintf(": every deposit goes back (challenge redeem %d --round %d)", v.Stream, v.Round)
	if v.Expirable {
		back += fmt.Sprintf("; challenge expire %d says on chain that it is over, which nobody need wait for", v.Stream)
	}
	return roundWords[v.State] + map[market.RoundState]string{
		market.RoundOpen: ", nothing changes yet", market.RoundReview: ", the stake is locked", market.RoundExpired: back, market.RoundLapsed: back,
		market.RoundSellerAtFault: ": his stake was slashed", market.RoundOperatorAtFault: ": he is paid nothing more",
	}[v.State]
}

// named writes a hash; none is "none".
func named(h common.Hash) string {
	if h == (common.Hash{}) {
		return "none"
	}
	return h.Hex()
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
	c := &cobra.Command{Use: "open PURCHASE [--evidence FILE | --evidence-hash HASH]", Short: "Challenge the stream of a purchase under deposit (buyers): says what that costs and what may come of it, and asks before it sends", Args: exactly(1)}
	c.Flags().StringVar(&file, "evidence", "", "file whose keccak256 goes on chain (keep the file: the arbiter wants to see it)")
	c.Flags().StringVar(&hash, "evidence-hash", "", "that hash, instead of the file")
	return o.pays(sends(o, c, func(c *cobra.Command, args []string) (plan[client.ChallengeFiled], error) {
		n, err := id[market.PurchaseID](args[0])
		if err != nil {
			return nil, err
		}
		evidence, err := fileHash(file, hash, "evidence")
		return func(ctx context.Context, m *chain) (*client.Prepared[client.ChallengeFiled], error) {
			p, err := m.Challenge(ctx, n, evidence)
			if err != nil {
				return nil, err
			}
			if o.yes { // who agreed before is told nothing, unless the contract refuses
				return p, nil
			}
			if _, err := p.Unsigned(ctx); err != nil { // what the contract refuses nobody is asked about
				return nil, err
			}
			if err := m.tellStakes(ctx, c.ErrOrStderr(), n); err != nil || o.unsigned {
				return p, err
			}
			err = consents(ctx, c, fmt.Sprintf("Pay the deposit of %s and challenge?", m.Amount(m.Rules.Deposit)))
			o.yes = err == nil // once is enough
			return p, err
		}, err
	}, func(ctx context.Context, m *chain, done []client.ChallengeFiled) (any, error) {
		r, err := m.Reader.Round(ctx, done[0].Stream, done[0].Round)
		if err != nil {
			return nil, err
		}
		v := m.viewRound(r, uint64(o.now.Unix()))
		voice, err := m.Reader.Voice(ctx, done[0].Stream, done[0].Round, m.From)
		return struct {
			client.ChallengeFiled
			Later     bool              `json:"later"` // bought when the round was open: a voice, and no bounty
			State     market.RoundState `json:"state"`
			JoinUntil time.Time         `json:"join_until"`
			RuleFrom  *time.Time        `json:"rule_from,omitempty"`
			RuleUntil *time.Time        `json:"rule_until,omitempty"`
		}{done[0], voice.Later, v.State, v.JoinUntil, v.RuleFrom, v.RuleUntil}, err
	}))
}

// tellStakes says what a challenge costs and what becomes of the money, before any is taken.
func (m *chain) tellStakes(ctx context.Context, w io.Writer, n market.PurchaseID) error {
	p, err := m.Reader.Purchase(ctx, n)
	if err != nil {
		return err
	}
	round, now := market.Challenged{}, uint64(0)
	if last, err := m.Reader.LastRound(ctx, p.Stream); err != nil {
		return err
	} else if last > 0 {
		if round, err = m.Reader.Round(ctx, p.Stream, last); err != nil {
			return err
		}
		if now, err = m.Now(ctx); err != nil {
			return err
		}
	}
	long := func(seconds *big.Int) string { return spans.Text(time.Duration(seconds.Uint64()) * time.Second) }
	stands := "nobody has challenged it: yours opens a round"
	switch round.At(now) {
	case market.RoundOpen:
		stands = fmt.Sprintf("%d of them have challenged it", round.Count)
	case market.RoundReview:
		stands = fmt.Sprintf("%d have, and the review is on: you would join it", round.Count)
	}
	fmt.Fprintf(w, "A challenge of stream %d by purchase %d, of which %d readings were paid:\n", p.Stream, n, p.Delivered)
	for _, line := range []string{
		fmt.Sprintf("it takes a deposit of %s from %s", m.Amount(m.Rules.Deposit), m.From),
		fmt.Sprintf("a review takes challenges of %d different buyers within %s; %s", m.Rules.Quorum, long(m.Rules.Ttl), stands),
		fmt.Sprintf("in a review the stake is locked, others may join for %s, and the arbiter may rule from then until %s after its beginning", long(m.Rules.ReviewMin), long(m.Rules.Review)),
		"rejected (nobody is at fault): the deposit is lost, to seller and platform",
		"the seller at fault: the deposit comes back, with at most 80 % of what you paid for readings and, if you bought before the round, as much as the deposit once more, as far as half of his stake goes",
		"the operator alone at fault, too few challenges, or no ruling in time: the deposit comes back, and no more",
		fmt.Sprintf("what comes back waits for `challenge redeem %d`", p.Stream),
	} {
		fmt.Fprintln(w, "  "+line)
	}
	return nil
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
			views := roundViews{}
			for _, s := range streams {
				rounds, err := m.Reader.Rounds(ctx, s.ID, max(from, m.start))
				if err != nil {
					return nil, err
				}
				for _, r := range rounds {
					v, err := m.redeemed(ctx, m.viewRound(r, uint64(o.now.Unix())))
					if err != nil {
						return nil, err
					}
					views = append(views, v)
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
	var seller, operator, both, reject bool
	var file, hash string
	c := &cobra.Command{Use: "rule STREAM ROUND --seller-at-fault | --operator-at-fault | --both | --reject", Short: "Rule on a round under review, from rule_from to rule_until of `challenge ls` (the arbiter)", Args: exactly(2)}
	c.Flags().BoolVar(&seller, "seller-at-fault", false, "the seller's stake is slashed: half to the platform, half to the challengers by what they paid")
	c.Flags().BoolVar(&operator, "operator-at-fault", false, "the operator is paid nothing more; the seller keeps his stake")
	c.Flags().BoolVar(&both, "both", false, "both of these")
	c.Flags().BoolVar(&reject, "reject", false, "nobody is at fault: the deposits go to seller and platform")
	c.Flags().StringVar(&file, "ruling", "", "file with the reasons, whose keccak256 goes on chain")
	c.Flags().StringVar(&hash, "ruling-hash", "", "that hash, instead of the file")
	c.MarkFlagsMutuallyExclusive("seller-at-fault", "operator-at-fault", "both", "reject")
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Ruled], error) {
		n, round, err := streamRound(args)
		if err != nil {
			return nil, err
		}
		verdict := market.RoundNone
		for _, v := range []struct {
			given bool
			is    market.RoundState
		}{{seller, market.RoundSellerAtFault}, {operator, market.RoundOperatorAtFault}, {both, market.RoundBothAtFault}, {reject, market.RoundRejected}} {
			if v.given {
				verdict = v.is
			}
		}
		if verdict == market.RoundNone {
			return nil, fmt.Errorf("%w: give one of --seller-at-fault, --operator-at-fault, --both and --reject", errUsage)
		}
		ruling, err := fileHash(file, hash, "ruling")
		return func(_ context.Context, m *chain) (*client.Prepared[client.Ruled], error) {
			return m.Rule(n, round, verdict, ruling)
		}, err
	}, func(ctx context.Context, m *chain, done []client.Ruled) (any, error) {
		s, err := m.Reader.Stream(ctx, done[0].Stream)
		if err != nil {
			return nil, err
		}
		round, err := m.Reader.Round(ctx, s.ID, done[0].Round)
		return struct {
			client.Ruled
			State market.StreamState `json:"state"`
			Pool  client.Amount      `json:"pool"` // for the challengers
		}{done[0], s.State, m.Amount(round.Pool)}, err
	})
}

// streamRound reads two positional arguments: a stream and one of its rounds.
func streamRound(args []string) (market.StreamID, uint32, error) {
	n, err := id[market.StreamID](args[0])
	if err != nil {
		return 0, 0, err
	}
	round, err := id[uint64](args[1])
	if err == nil && round > math.MaxUint32 {
		err = fmt.Errorf("%w: %q is no round: they count from 1", errUsage, args[1])
	}
	return n, uint32(round), err
}

func (o *options) challengeRedeem() *cobra.Command {
	var round uint32
	var challenger string
	c := &cobra.Command{Use: "redeem STREAM [--round N] [--challenger ADDRESS]", Short: "Send a challenger what a round owes him once it was ruled on or its time is over, whether or not anybody said so on chain (anyone may pay the gas)", Args: exactly(1)}
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
	now, err := m.Now(ctx)
	if err != nil {
		return err
	}
	switch state := r.At(now); state {
	case market.RoundNone:
		return fmt.Errorf("stream %d has no round %d", stream, n)
	case market.RoundOpen, market.RoundReview:
		return fmt.Errorf("round %d is %s until %s: nothing can be redeemed before it is decided or its time is over", n, state, moment(r.Deadline).Format(time.RFC3339))
	case market.RoundRejected:
		return fmt.Errorf("round %d was rejected: its deposits went to seller and platform", n)
	}
	voice, err := m.Reader.Voice(ctx, stream, n, who)
	if err == nil && voice.Weight == 0 {
		err = fmt.Errorf("%s has nothing in round %d: it did not challenge, or redeemed already", who, n)
	}
	return err
}

func (o *options) challengeExpire() *cobra.Command {
	c := &cobra.Command{Use: "expire STREAM", Short: "Say on chain that a round's time is over (anyone): the stream shows it, and deposits can be redeemed before, too", Args: exactly(1)}
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
