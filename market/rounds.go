package market

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// RoundState is the state of a round of challenges, numbered as in the contract.
type RoundState uint8

// The states of a round.
const (
	RoundNone            RoundState = iota
	RoundOpen                       // fewer than a quorum so far: changes nothing
	RoundReview                     // a quorum: the stake is locked until a ruling or the deadline
	RoundExpired                    // the quorum never came: deposits back
	RoundLapsed                     // the arbiter stayed silent: deposits back
	RoundRejected                   // deposits to seller and platform
	RoundSellerAtFault              // deposits back, half the stake to the challengers by weight
	RoundOperatorAtFault            // deposits back, stake untouched, nothing more is paid
	RoundBothAtFault                // both of the last two
)

// String gives the state as the API and the command line print it.
func (s RoundState) String() string {
	return [...]string{"none", "open", "review", "expired", "lapsed", "rejected", "seller_at_fault", "operator_at_fault", "both_at_fault"}[min(int(s), 8)]
}

// MarshalText writes the form of String.
func (s RoundState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the form of String.
func (s *RoundState) UnmarshalText(b []byte) error {
	for one := RoundNone; one <= RoundBothAtFault; one++ {
		if one.String() == string(b) {
			*s = one
			return nil
		}
	}
	return fmt.Errorf("%q is no state of a round", b)
}

// Live tells whether the round may still change its stream.
func (s RoundState) Live() bool { return s == RoundOpen || s == RoundReview }

// Slashed tells whether the round took the seller's stake.
func (s RoundState) Slashed() bool { return s == RoundSellerAtFault || s == RoundBothAtFault }

// At is the state a round is in at chain time now: one past its deadline has ended, whether
// or not anybody said so on chain.
func (r *Round) At(now uint64) RoundState {
	switch {
	case r.Deadline == 0 || now < r.Deadline:
	case r.State == RoundOpen:
		return RoundExpired
	case r.State == RoundReview:
		return RoundLapsed
	}
	return r.State
}

// Challenge is one buyer's accusation.
type Challenge struct {
	Purchase   PurchaseID     `json:"purchase"`
	Challenger common.Address `json:"challenger"`
	Evidence   common.Hash    `json:"evidence_hash"` // keccak256 of his evidence file; zero: none
	Weight     uint64         `json:"weight"`        // 10⁻⁶ DTX: what was settled on that purchase when he challenged
	Later      bool           `json:"later"`         // the purchase began when the round was open already: no bounty
}

// Response is an answer of the stream's owner, or of its operator's admin.
type Response struct {
	By   common.Address `json:"by"`
	Hash common.Hash    `json:"response_hash"` // keccak256 of what he says
}

// responsesKept bounds what a stream's record keeps of the answers in one round.
const responsesKept = 8

// challengesKept bounds what a stream's record keeps of one round. A quorum is a
// handful; a deployment with a larger one shows the first.
const challengesKept = 64

// Round is a round of challenges against a stream.
type Round struct {
	Number      uint32      `json:"round"` // counts from 1
	State       RoundState  `json:"state"`
	Opened      uint64      `json:"opened"`                 // unix seconds: purchases begun from then on have a voice and no bounty
	ReviewStart uint64      `json:"review_start,omitempty"` // unix seconds
	RuleFrom    uint64      `json:"rule_from,omitempty"`    // unix seconds: joining ends, ruling begins
	Deadline    uint64      `json:"deadline,omitempty"`     // unix seconds, exclusive: of the quorum, then of the ruling; as folded, of the ruling only
	Count       uint32      `json:"count"`                  // distinct challengers
	Weight      uint64      `json:"weight"`                 // 10⁻⁶ DTX: sum of the challengers'; as read from a node less what was redeemed
	Challenges  []Challenge `json:"challenges"`
	Responses   []Response  `json:"responses,omitempty"` // the newest of each
	Ruling      common.Hash `json:"ruling_hash,omitzero"`
}

// Challenged is one of a stream's rounds as a node knows it.
type Challenged struct {
	Stream StreamID `json:"stream"`
	Round
	Pool *big.Int `json:"pool"` // wei of the slashed stake that its challengers have not redeemed yet; 0 without a slash
}

// Listed is what only the event of a listing tells.
type Listed struct {
	ProofKind uint8
	Parents   []PurchaseID // purchases the stream derives from
	Block     uint64
}

// ErrNoLog says that an event there must be is not found.
var ErrNoLog = errors.New("the node does not give the event: does it keep logs from the market's first block on?")

// Round reads a round; State is RoundNone if there is none.
func (r *Reader) Round(ctx context.Context, stream StreamID, n uint32) (Challenged, error) {
	round, err := read(ctx, r, fmt.Sprintf("round %d of stream %d", n, stream), r.dm.PackGetRound(uint64(stream), n),
		func(b []byte) (Challenged, error) { return r.round(stream, n, b) })
	if err == nil {
		err = r.pool(ctx, &round)
	}
	return round, err
}

func (r *Reader) round(stream StreamID, n uint32, b []byte) (Challenged, error) {
	c, err := r.dm.UnpackGetRound(b)
	if err != nil {
		return Challenged{}, err
	}
	return Challenged{stream, Round{
		Number: n, State: RoundState(c.State), Opened: c.Opened.Uint64(), ReviewStart: c.ReviewStart.Uint64(),
		Deadline: c.Deadline.Uint64(), Count: c.Count, Weight: micro(c.Weight),
	}, new(big.Int)}, nil
}

// pool reads what a round's challengers have left: the stake of a slashed stream.
func (r *Reader) pool(ctx context.Context, round *Challenged) error {
	if !round.State.Slashed() {
		return nil
	}
	s, err := read(ctx, r, fmt.Sprintf("stream %d", round.Stream), r.dm.PackGetStream(uint64(round.Stream)), r.dm.UnpackGetStream)
	if err == nil {
		round.Pool = s.Stake
	}
	return err
}

// micro is an amount of price units; no token's supply reaches the bound.
func micro(v *big.Int) uint64 {
	if !v.IsUint64() {
		return math.MaxUint64
	}
	return v.Uint64()
}

// LastRound gives the number of a stream's last round, 0 if it was never challenged.
func (r *Reader) LastRound(ctx context.Context, stream StreamID) (uint32, error) {
	s, err := read(ctx, r, fmt.Sprintf("stream %d", stream), r.dm.PackGetStream(uint64(stream)), r.dm.UnpackGetStream)
	return s.Round, err
}

// Rounds reads all rounds of a stream with who challenged and answered in them, oldest
// first. It looks for their events from block from on.
func (r *Reader) Rounds(ctx context.Context, stream StreamID, from uint64) ([]Challenged, error) {
	last, err := r.LastRound(ctx, stream)
	if err != nil || last == 0 {
		return nil, err
	}
	all, err := readMany(ctx, r, fmt.Sprintf("the rounds of stream %d", stream), int(last),
		func(i int) []byte { return r.dm.PackGetRound(uint64(stream), uint32(i)+1) },
		func(i int, b []byte) (Challenged, error) { return r.round(stream, uint32(i)+1, b) })
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Challenges = []Challenge{}
		if err := r.pool(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	of := func(n uint32) *Challenged {
		if n == 0 || n > last { // opened since we asked
			return &Challenged{}
		}
		return &all[n-1]
	}
	return all, errors.Join(
		r.challenges(ctx, stream, from, of),
		told(ctx, r, stream, from, "Responded", r.dm.UnpackRespondedEvent, func(e *contracts.DataMarketResponded) {
			round := of(e.Round)
			round.Responses = slices.DeleteFunc(round.Responses, func(one Response) bool { return one.By == e.By })
			round.Responses = append(round.Responses, Response{e.By, e.ResponseHash})
		}),
		told(ctx, r, stream, from, "Ruled", r.dm.UnpackRuledEvent, func(e *contracts.DataMarketRuled) { of(e.Round).Ruling = e.RulingHash }),
	)
}

// challenges adds who challenged to the rounds of a stream.
func (r *Reader) challenges(ctx context.Context, stream StreamID, from uint64, of func(uint32) *Challenged) error {
	var all []*contracts.DataMarketChallenged
	err := told(ctx, r, stream, from, "Challenged", r.dm.UnpackChallengedEvent, func(e *contracts.DataMarketChallenged) { all = append(all, e) })
	if err != nil || len(all) == 0 {
		return err
	}
	starts, err := readMany(ctx, r, "the challengers' purchases", len(all), func(i int) []byte { return r.dm.PackGetPurchase(all[i].Purchase) },
		func(_ int, b []byte) (uint64, error) {
			p, err := r.dm.UnpackGetPurchase(b)
			if err != nil {
				return 0, err
			}
			return p.Start.Uint64(), nil
		})
	if err != nil {
		return err
	}
	for i, e := range all {
		round := of(e.Round)
		round.Challenges = joined(round.Challenges, Challenge{PurchaseID(e.Purchase), e.Challenger, e.EvidenceHash, micro(e.Weight), round.later(starts[i])})
	}
	return nil
}

// told gives each event of one name of a stream to a function, oldest first.
func told[E any](ctx context.Context, r *Reader, stream StreamID, from uint64, name string, unpack func(*types.Log) (*E, error), each func(*E)) error {
	logs, err := r.Logs(ctx, from, name, new(big.Int).SetUint64(uint64(stream)))
	if err != nil {
		return err
	}
	for i := range logs {
		e, err := unpack(&logs[i])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrForeignLog, err)
		}
		each(e)
	}
	return nil
}

// later tells whether a purchase that began at start has a voice only, and no bounty: the
// round was open already. Who opens a round has bought before it, were it in its second.
func (r *Round) later(start uint64) bool { return len(r.Challenges) > 0 && start >= r.Opened }

// joined adds a challenge to those of a round, or replaces the challenger's former one. It
// leaves all as it was.
func joined(all []Challenge, one Challenge) []Challenge {
	all = slices.Clone(all)
	if at := slices.IndexFunc(all, func(c Challenge) bool { return c.Challenger == one.Challenger }); at >= 0 {
		all[at] = one
		return all
	}
	return append(all, one)
}

// Voice is a challenger's part in a round as the contract keeps it.
type Voice struct {
	Weight uint64 // 10⁻⁶ DTX: what he has paid for readings; 0 if he takes no part in the round, or has redeemed
	Later  bool   // he bought when the round was open already: no bounty
}

// Voice reads a challenger's part in a round.
func (r *Reader) Voice(ctx context.Context, stream StreamID, n uint32, who common.Address) (Voice, error) {
	v, err := read(ctx, r, "a challenge", r.dm.PackVoiceOf(uint64(stream), n, who), r.dm.UnpackVoiceOf)
	if err != nil {
		return Voice{}, err
	}
	return Voice{micro(v.Weight), v.Later}, nil
}

// Listed finds the event of a stream's listing, from block from on.
func (r *Reader) Listed(ctx context.Context, stream StreamID, from uint64) (Listed, error) {
	logs, err := r.Logs(ctx, from, "StreamListed", new(big.Int).SetUint64(uint64(stream)))
	if err != nil {
		return Listed{}, err
	}
	if len(logs) == 0 {
		return Listed{}, fmt.Errorf("stream %d: %w", stream, ErrNoLog)
	}
	e, err := r.dm.UnpackStreamListedEvent(&logs[0])
	if err != nil {
		return Listed{}, fmt.Errorf("%w: %w", ErrForeignLog, err)
	}
	return Listed{e.ProofKind, purchases(e.Parents), logs[0].BlockNumber}, nil
}

func purchases(ids []uint64) []PurchaseID {
	if len(ids) == 0 {
		return nil
	}
	all := make([]PurchaseID, 0, len(ids))
	for _, id := range ids {
		all = append(all, PurchaseID(id))
	}
	return all
}

// Logs reads the market's events of one name whose first indexed arguments are
// these, from block from up to the head.
func (r *Reader) Logs(ctx context.Context, from uint64, event string, indexed ...*big.Int) ([]types.Log, error) {
	return r.LogsOf(ctx, from, math.MaxUint64, event, indexed...)
}

// LogsOf is Logs for the blocks from to to, both included; there is nothing above the
// head. The chain reads a range however long.
func (r *Reader) LogsOf(ctx context.Context, from, to uint64, event string, indexed ...*big.Int) ([]types.Log, error) {
	var topics [][]common.Hash
	for _, arg := range indexed {
		topics = append(topics, []common.Hash{common.BigToHash(arg)})
	}
	return r.logs(ctx, from, to, []string{event}, topics...)
}

// idsAtOnce is how many ids one question names: nodes take a thousand, and lend less.
const idsAtOnce = 500

// LogsAbout reads the market's events of these names whose first indexed argument is one of
// these ids, from block from up to the head, oldest first. It goes over the blocks once for every
// 500 ids.
func (r *Reader) LogsAbout(ctx context.Context, from uint64, events []string, ids []uint64) (all []types.Log, err error) {
	for some := range slices.Chunk(ids, idsAtOnce) {
		topic := make([]common.Hash, len(some))
		for i, id := range some {
			topic[i] = common.BigToHash(new(big.Int).SetUint64(id))
		}
		logs, err := r.logs(ctx, from, math.MaxUint64, events, topic)
		if err != nil {
			return nil, err
		}
		all = append(all, logs...)
	}
	slices.SortStableFunc(all, func(a, b types.Log) int {
		return cmp.Or(cmp.Compare(a.BlockNumber, b.BlockNumber), cmp.Compare(a.Index, b.Index))
	})
	return all, nil
}

// logs reads events by name and by their indexed arguments, for each of which it takes any of some.
func (r *Reader) logs(ctx context.Context, from, to uint64, events []string, indexed ...[]common.Hash) ([]types.Log, error) {
	named := make([]common.Hash, len(events))
	for i, name := range events {
		e, ok := r.dm.GetABI().Events[name]
		if !ok {
			return nil, fmt.Errorf("bug: the bindings have no event %s", name)
		}
		named[i] = e.ID
	}
	q := ethereum.FilterQuery{FromBlock: new(big.Int).SetUint64(from), Addresses: []common.Address{r.market}, Topics: append([][]common.Hash{named}, indexed...)}
	if to != math.MaxUint64 {
		q.ToBlock = new(big.Int).SetUint64(to)
	}
	logs, err := r.chain.FilterLogs(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read the events %s: %w", strings.Join(events, ", "), err)
	}
	return logs, nil
}
