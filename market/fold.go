package market

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// View is the state a fold reads: as it is before the event.
type View interface {
	Stream(StreamID) (Stream, bool, error)
	Purchase(PurchaseID) (Purchase, bool, error)
}

// Change is one new value; exactly one field is set.
type Change struct {
	Stream   *Stream
	Purchase *Purchase
}

var binding = contracts.NewDataMarket()

// decoders by topic 0. Events missing here change nothing the bridge keeps.
var decoders = map[common.Hash]func(*types.Log) (any, error){}

func decode[T any](name string, unpack func(*types.Log) (*T, error)) {
	abi := binding.GetABI()
	e, ok := abi.Events[name]
	if !ok {
		panic("bug: the bindings have no event " + name)
	}
	decoders[e.ID] = func(l *types.Log) (any, error) { return unpack(l) }
}

func init() {
	decode("StreamListed", binding.UnpackStreamListedEvent)
	decode("PriceSet", binding.UnpackPriceSetEvent)
	decode("TermsSet", binding.UnpackTermsSetEvent)
	decode("RestrictedSet", binding.UnpackRestrictedSetEvent)
	decode("StakeAdded", binding.UnpackStakeAddedEvent)
	decode("StreamClosed", binding.UnpackStreamClosedEvent)
	decode("StakeWithdrawn", binding.UnpackStakeWithdrawnEvent)
	decode("Purchased", binding.UnpackPurchasedEvent)
	decode("Extended", binding.UnpackExtendedEvent)
	decode("Cancelled", binding.UnpackCancelledEvent)
	decode("Settled", binding.UnpackSettledEvent)
	decode("SettlementRoot", binding.UnpackSettlementRootEvent) // for books that hold payments against claims
	decode("Finished", binding.UnpackFinishedEvent)
	decode("Challenged", binding.UnpackChallengedEvent)
	decode("ReviewOpened", binding.UnpackReviewOpenedEvent)
	decode("Responded", binding.UnpackRespondedEvent)
	decode("Ruled", binding.UnpackRuledEvent)
	decode("RoundExpired", binding.UnpackRoundExpiredEvent)
	decode("OperatorRegistered", binding.UnpackOperatorRegisteredEvent)
	decode("OperatorMetadataSet", binding.UnpackOperatorMetadataSetEvent)
	decode("AdminSet", binding.UnpackAdminSetEvent)
	decode("OperatorVerified", binding.UnpackOperatorVerifiedEvent)
}

// ErrForeignLog says that a log cannot have come from the market we know.
var ErrForeignLog = errors.New("a log of the market does not decode: the node lies, or the address holds another contract")

// Decode turns a log into an event. ok is false for events the fold does not
// need; ErrForeignLog for one that claims to be ours and is not.
func Decode(l types.Log) (ev Event, ok bool, err error) {
	if len(l.Topics) == 0 {
		return Event{}, false, nil
	}
	unpack := decoders[l.Topics[0]]
	if unpack == nil {
		return Event{}, false, nil
	}
	defer func() { // the generated unpackers index topics without looking
		if r := recover(); r != nil {
			ev, ok, err = Event{}, false, fmt.Errorf("%w (block %d, log %d)", ErrForeignLog, l.BlockNumber, l.Index)
		}
	}()
	if len(l.Topics) < 2 {
		return Event{}, false, fmt.Errorf("%w (block %d, log %d)", ErrForeignLog, l.BlockNumber, l.Index)
	}
	body, err := unpack(&l)
	if err != nil {
		return Event{}, false, fmt.Errorf("%w (block %d, log %d): %w", ErrForeignLog, l.BlockNumber, l.Index, err)
	}
	return Event{Block: l.BlockNumber, TxHash: l.TxHash, Index: l.Index, Body: body}, true, nil
}

// Fold gives the changes an event makes to a state, of streams of every operator. It is pure.
func Fold(v View, ev Event) ([]Change, error) {
	switch b := ev.Body.(type) {
	case *contracts.DataMarketStreamListed:
		return []Change{{Stream: listed(b, ev.Block)}}, nil
	case *contracts.DataMarketPriceSet:
		return onStream(v, b.Stream, func(s *Stream) { s.Price, s.Interval = b.Price.Uint64(), b.Interval })
	case *contracts.DataMarketTermsSet:
		return onStream(v, b.Stream, func(s *Stream) { s.Terms = b.Terms })
	case *contracts.DataMarketRestrictedSet:
		return onStream(v, b.Stream, func(s *Stream) { s.Restricted = b.Restricted })
	case *contracts.DataMarketStakeAdded:
		return onStream(v, b.Stream, func(s *Stream) { s.Stake = new(big.Int).Set(b.Stake) })
	case *contracts.DataMarketStreamClosed:
		return onStream(v, b.Stream, func(s *Stream) { s.State, s.StopAt = StreamClosed, b.StopAt.Uint64() })
	case *contracts.DataMarketStakeWithdrawn:
		return onStream(v, b.Stream, func(s *Stream) { s.State, s.Stake = StreamWithdrawn, new(big.Int) })
	case *contracts.DataMarketChallenged:
		p, _, err := v.Purchase(PurchaseID(b.Purchase))
		if err != nil {
			return nil, err
		}
		return onStream(v, b.Stream, func(s *Stream) { s.challenged(b, p.Start, ev.Time) })
	case *contracts.DataMarketReviewOpened:
		return onStream(v, b.Stream, func(s *Stream) {
			s.round(b.Round, RoundReview)
			s.Round.ReviewStart, s.Round.RuleFrom, s.Round.Deadline = ev.Time, b.From.Uint64(), b.Deadline.Uint64()
		})
	case *contracts.DataMarketResponded:
		return onStream(v, b.Stream, func(s *Stream) { s.responded(b) })
	case *contracts.DataMarketRuled:
		return onStream(v, b.Stream, func(s *Stream) { s.ruled(b, ev.Time) })
	case *contracts.DataMarketRoundExpired:
		return onStream(v, b.Stream, func(s *Stream) { s.round(b.Round, RoundState(b.State)) })
	case *contracts.DataMarketPurchased:
		if _, known, err := v.Stream(StreamID(b.Stream)); err != nil || !known {
			return nil, err
		}
		return []Change{{Purchase: &Purchase{
			ID: PurchaseID(b.Purchase), Stream: StreamID(b.Stream), Buyer: b.Buyer, Payer: b.Payer,
			Start: b.Start.Uint64(), End: b.End.Uint64(), Price: b.Price.Uint64(), Interval: b.Interval,
			Quota: b.Quota, State: PurchaseActive, RouteHash: b.RouteHash, Terms: b.Terms, Block: ev.Block,
		}}}, nil
	case *contracts.DataMarketExtended:
		return onPurchase(v, b.Purchase, func(p *Purchase) { p.End, p.Quota = b.End.Uint64(), b.Quota })
	case *contracts.DataMarketCancelled:
		return onPurchase(v, b.Purchase, func(p *Purchase) { p.End = b.End.Uint64() })
	case *contracts.DataMarketSettled:
		return settled(v, b)
	case *contracts.DataMarketFinished:
		return onPurchase(v, b.Purchase, func(p *Purchase) { p.Delivered, p.State = b.Delivered, PurchaseClosed })
	}
	return nil, nil
}

// listed is a stream as it was listed.
func listed(b *contracts.DataMarketStreamListed, block uint64) *Stream {
	return &Stream{
		ID: StreamID(b.Stream), Operator: OperatorID(b.Operator.Uint64()), Owner: b.Owner, Device: b.Device,
		Price: b.Price.Uint64(), Interval: b.Interval, Terms: b.Terms,
		Stake: new(big.Int).Set(b.Stake), State: StreamOpen, Block: block,
		Parents: purchases(b.Parents),
	}
}

// round sets the state of a round.
func (s *Stream) round(n uint32, state RoundState) {
	if s.Round.Number != n {
		s.Round = Round{Number: n}
	}
	s.Round.State = state
}

// challenged counts a challenge with a purchase that began at start, or a higher weight of
// the same challenger. The event tells no deadline: the quorum's is ttl after the round was
// opened.
func (s *Stream) challenged(b *contracts.DataMarketChallenged, start, now uint64) {
	if s.Round.Number != b.Round {
		s.Round = Round{Number: b.Round, Opened: now, State: RoundOpen}
	}
	s.Round.Count, s.Round.Weight = b.Count, micro(b.Total)
	all := joined(s.Round.Challenges, Challenge{PurchaseID(b.Purchase), b.Challenger, b.EvidenceHash, micro(b.Weight), s.Round.later(start)})
	s.Round.Challenges = all[:min(len(all), challengesKept)]
}

// responded keeps the last answers of owner and operator.
func (s *Stream) responded(b *contracts.DataMarketResponded) {
	if s.Round.Number != b.Round {
		return // of a former round
	}
	all := slices.DeleteFunc(slices.Clone(s.Round.Responses), func(r Response) bool { return r.By == b.By })
	s.Round.Responses = append(all, Response{b.By, b.ResponseHash})
	if n := len(s.Round.Responses); n > responsesKept {
		s.Round.Responses = s.Round.Responses[n-responsesKept:]
	}
}

// ruled applies a verdict: at fault, everything sold of the stream ends now.
func (s *Stream) ruled(b *contracts.DataMarketRuled, now uint64) {
	s.round(b.Round, RoundState(b.Verdict)+RoundLapsed)
	s.Round.Ruling = b.RulingHash
	if s.Round.State == RoundRejected {
		return
	}
	if s.StopAt == 0 || now < s.StopAt {
		s.StopAt = now
	}
	s.Unpaid = s.Unpaid || s.Round.State != RoundSellerAtFault
	if s.Round.State == RoundOperatorAtFault {
		s.State = StreamClosed
		return
	}
	s.State, s.Stake = StreamSlashed, new(big.Int)
}

// settled counts what was paid; of a slashed stream the owner's part went to the buyer.
func settled(v View, b *contracts.DataMarketSettled) ([]Change, error) {
	p, ok, err := v.Purchase(PurchaseID(b.Purchase))
	if err != nil || !ok {
		return nil, err
	}
	s, _, err := v.Stream(p.Stream)
	if err != nil {
		return nil, err
	}
	if s.State == StreamSlashed {
		p.Returned += b.Delivered - p.Delivered
	}
	p.Delivered = b.Delivered
	return []Change{{Purchase: &p}}, nil
}

func onStream(v View, id uint64, change func(*Stream)) ([]Change, error) {
	s, ok, err := v.Stream(StreamID(id))
	if err != nil || !ok {
		return nil, err
	}
	change(&s)
	return []Change{{Stream: &s}}, nil
}

func onPurchase(v View, id uint64, change func(*Purchase)) ([]Change, error) {
	p, ok, err := v.Purchase(PurchaseID(id))
	if err != nil || !ok {
		return nil, err
	}
	change(&p)
	return []Change{{Purchase: &p}}, nil
}
