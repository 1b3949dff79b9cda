package market

import (
	"errors"
	"fmt"
	"math/big"

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
	decode("OfferSet", binding.UnpackOfferSetEvent)
	decode("TermsSet", binding.UnpackTermsSetEvent)
	decode("RestrictedSet", binding.UnpackRestrictedSetEvent)
	decode("StakeAdded", binding.UnpackStakeAddedEvent)
	decode("StreamClosed", binding.UnpackStreamClosedEvent)
	decode("StreamRetired", binding.UnpackStreamRetiredEvent)
	decode("StakeWithdrawn", binding.UnpackStakeWithdrawnEvent)
	decode("Purchased", binding.UnpackPurchasedEvent)
	decode("Extended", binding.UnpackExtendedEvent)
	decode("Cancelled", binding.UnpackCancelledEvent)
	decode("Settled", binding.UnpackSettledEvent)
	decode("Finished", binding.UnpackFinishedEvent)
	decode("Challenged", binding.UnpackChallengedEvent)
	decode("ReviewOpened", binding.UnpackReviewOpenedEvent)
	decode("Ruled", binding.UnpackRuledEvent)
	decode("RoundExpired", binding.UnpackRoundExpiredEvent)
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

// Fold gives the changes an event makes to a state. It is pure. With only != 0 it
// ignores streams of other operators and their purchases.
func Fold(v View, only OperatorID, ev Event) ([]Change, error) {
	switch b := ev.Body.(type) {
	case *contracts.DataMarketStreamListed:
		if only != 0 && OperatorID(b.Operator) != only {
			return nil, nil
		}
		return []Change{{Stream: &Stream{
			ID: StreamID(b.Stream), Operator: OperatorID(b.Operator), Owner: b.Owner, Device: b.Device,
			Price: b.Price.Uint64(), Interval: b.Interval, MinDuration: b.MinDuration, Terms: b.Terms,
			Stake: new(big.Int).Set(b.Stake), State: StreamOpen, Block: ev.Block,
			Parents: purchases(b.Parents),
		}}}, nil
	case *contracts.DataMarketOfferSet:
		return onStream(v, b.Stream, func(s *Stream) {
			s.Price, s.Interval, s.MinDuration = b.Price.Uint64(), b.Interval, b.MinDuration
		})
	case *contracts.DataMarketTermsSet:
		return onStream(v, b.Stream, func(s *Stream) { s.Terms = b.Terms })
	case *contracts.DataMarketRestrictedSet:
		return onStream(v, b.Stream, func(s *Stream) { s.Restricted = b.Restricted })
	case *contracts.DataMarketStakeAdded:
		return onStream(v, b.Stream, func(s *Stream) { s.Stake = new(big.Int).Set(b.Stake) })
	case *contracts.DataMarketStreamClosed:
		return onStream(v, b.Stream, func(s *Stream) { s.State = StreamClosed })
	case *contracts.DataMarketStreamRetired:
		return onStream(v, b.Stream, func(s *Stream) {
			s.WasOpen = false
			if s.State != StreamReview {
				s.State = StreamClosed
			}
		})
	case *contracts.DataMarketStakeWithdrawn:
		return onStream(v, b.Stream, func(s *Stream) { s.State, s.Stake = StreamWithdrawn, new(big.Int) })
	case *contracts.DataMarketChallenged:
		return onStream(v, b.Stream, func(s *Stream) { s.challenged(b, ev.Time) })
	case *contracts.DataMarketReviewOpened:
		return onStream(v, b.Stream, func(s *Stream) {
			s.WasOpen, s.State = s.State == StreamOpen, StreamReview
			s.round(b.Round, RoundReview)
			s.Round.Deadline = b.Deadline.Uint64()
		})
	case *contracts.DataMarketRuled:
		return onStream(v, b.Stream, func(s *Stream) {
			if b.Upheld {
				s.State, s.Stake, s.WasOpen = StreamSlashed, new(big.Int), false
				s.round(b.Round, RoundUpheld)
			} else {
				s.resume()
				s.round(b.Round, RoundRejected)
			}
		})
	case *contracts.DataMarketRoundExpired:
		return onStream(v, b.Stream, func(s *Stream) {
			if s.round(b.Round, RoundState(b.State)); s.Round.State == RoundLapsed {
				s.resume()
			}
		})
	case *contracts.DataMarketPurchased:
		s, ours, err := v.Stream(StreamID(b.Stream))
		if err != nil || !ours {
			return nil, err
		}
		return []Change{{Purchase: &Purchase{
			ID: PurchaseID(b.Purchase), Stream: StreamID(b.Stream), Buyer: b.Buyer,
			Start: b.Start.Uint64(), End: b.End.Uint64(), Price: b.Price.Uint64(), Interval: b.Interval,
			Quota: b.Quota, State: PurchaseActive, RouteHash: b.RouteHash, Terms: s.Terms, Block: ev.Block,
		}}}, nil
	case *contracts.DataMarketExtended:
		return onPurchase(v, b.Purchase, func(p *Purchase) { p.End, p.Quota = b.End.Uint64(), b.Quota })
	case *contracts.DataMarketCancelled:
		return onPurchase(v, b.Purchase, func(p *Purchase) { p.End = b.End.Uint64() })
	case *contracts.DataMarketSettled:
		return onPurchase(v, b.Purchase, func(p *Purchase) { p.Delivered = b.Delivered })
	case *contracts.DataMarketFinished:
		return onPurchase(v, b.Purchase, func(p *Purchase) { p.Delivered, p.State = b.Delivered, PurchaseClosed })
	}
	return nil, nil
}

// round sets the state of a round; one never heard of begins with it (its challenges
// were folded by a version that kept none).
func (s *Stream) round(n uint32, state RoundState) {
	if s.Round.Number != n {
		s.Round = Round{Number: n}
	}
	s.Round.State = state
}

// challenged counts a challenge. The event tells no deadline: the quorum's is ttl after
// the round was opened.
func (s *Stream) challenged(b *contracts.DataMarketChallenged, now uint64) {
	if s.Round.Number != b.Round {
		s.Round = Round{Number: b.Round, Opened: now}
	}
	s.Round.State, s.Round.Count = RoundOpen, b.Count
	if n := len(s.Round.Challenges); n < challengesKept {
		s.Round.Challenges = append(s.Round.Challenges[:n:n], Challenge{PurchaseID(b.Purchase), b.Challenger, b.EvidenceHash})
	}
}

// resume ends a review without a slash.
func (s *Stream) resume() {
	s.State = StreamClosed
	if s.WasOpen {
		s.State = StreamOpen
	}
	s.WasOpen = false
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
