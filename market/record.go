package market

import (
	"slices"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/common"
)

// Record is what the chain tells of a stream besides how it stands: its history.
type Record struct {
	ProofKind uint8       `json:"proof_kind"`        // 0: the operator's word; above: the owner proved the device his
	Listed    uint64      `json:"listed"`            // unix seconds
	Settled   uint64      `json:"settled,omitempty"` // unix seconds of the last payment; 0: none
	Prices    []PriceFrom `json:"prices"`            // oldest first, the newest of them
	Rounds    []RoundOver `json:"rounds"`            // oldest first, the newest of them
}

// PriceFrom is a price with the time from which new purchases paid it.
type PriceFrom struct {
	From     uint64 `json:"from"`     // unix seconds
	Price    uint64 `json:"price"`    // 10⁻⁶ DTX per reading
	Interval uint32 `json:"interval"` // seconds
}

// RoundOver is how a round of challenges ended.
type RoundOver struct {
	Round  uint32      `json:"round"`
	State  RoundState  `json:"state"`
	At     uint64      `json:"at"`                   // unix seconds
	Ruling common.Hash `json:"ruling_hash,omitzero"` // of a ruling
}

// historyKept bounds what a record keeps of prices, and of rounds.
const historyKept = 32

func newest[T any](all []T, one T) []T {
	all = append(slices.Clone(all), one)
	return all[max(0, len(all)-historyKept):]
}

// Recorded tells which stream's record an event changes, and how. change is nil if it changes
// none. A payment names a purchase alone: streamOf finds its stream, or 0.
func Recorded(ev Event, streamOf func(PurchaseID) (StreamID, error)) (id StreamID, change func(*Record), err error) {
	over := func(round uint32, state RoundState, ruling common.Hash) func(*Record) {
		return func(r *Record) { r.Rounds = newest(r.Rounds, RoundOver{round, state, ev.Time, ruling}) }
	}
	switch b := ev.Body.(type) {
	case *contracts.DataMarketStreamListed:
		return StreamID(b.Stream), func(r *Record) {
			*r = Record{ProofKind: b.ProofKind, Listed: ev.Time, Prices: []PriceFrom{{ev.Time, b.Price.Uint64(), b.Interval}}}
		}, nil
	case *contracts.DataMarketPriceSet:
		return StreamID(b.Stream), func(r *Record) { r.Prices = newest(r.Prices, PriceFrom{ev.Time, b.Price.Uint64(), b.Interval}) }, nil
	case *contracts.DataMarketRuled:
		return StreamID(b.Stream), over(b.Round, RoundState(b.Verdict)+RoundLapsed, b.RulingHash), nil
	case *contracts.DataMarketRoundExpired:
		return StreamID(b.Stream), over(b.Round, RoundState(b.State), common.Hash{}), nil
	case *contracts.DataMarketSettled:
		id, err := streamOf(PurchaseID(b.Purchase))
		return id, func(r *Record) { r.Settled = ev.Time }, err
	}
	return 0, nil, nil
}

// Listing is a stream of the market, of whatever operator, with its record.
type Listing struct {
	Stream
	Record
}

// OperatorListing is an operator as the chain has him.
type OperatorListing struct {
	ID       OperatorID     `json:"operator"`
	Admin    common.Address `json:"admin"`
	Keys     common.Hash    `json:"keys"`     // hash of the published keys
	URI      string         `json:"uri"`      // where his API is, as he says: a stranger's text
	Verified bool           `json:"verified"` // by the platform
	Since    uint64         `json:"since"`    // unix seconds
}

// uriMax bounds what is kept of an address that a stranger put on chain.
const uriMax = 1024

// OperatorChanged tells which operator an event changes, and how; change is nil if it changes none.
func OperatorChanged(ev Event) (id OperatorID, change func(*OperatorListing)) {
	switch b := ev.Body.(type) {
	case *contracts.DataMarketOperatorRegistered:
		id = OperatorID(b.Operator.Uint64())
		return id, func(o *OperatorListing) { *o = OperatorListing{ID: id, Admin: b.Admin, Since: ev.Time} }
	case *contracts.DataMarketOperatorMetadataSet:
		return OperatorID(b.Operator.Uint64()), func(o *OperatorListing) {
			o.Keys, o.URI, o.Verified = b.Keys, b.MetadataURI, false
			if len(o.URI) > uriMax {
				o.URI = "" // no address is so long
			}
		}
	case *contracts.DataMarketAdminSet:
		return OperatorID(b.Operator.Uint64()), func(o *OperatorListing) { o.Admin, o.Verified = b.Admin, false }
	case *contracts.DataMarketOperatorVerified:
		return OperatorID(b.Operator.Uint64()), func(o *OperatorListing) { o.Verified = b.Verified }
	}
	return 0, nil
}
