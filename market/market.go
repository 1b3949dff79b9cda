// Package market follows the market on chain: streams, purchases, and the
// entitlements that follow from them.
//
// It has two halves. follow.go and fetch.go ask Ethereum nodes, by package node; fold.go
// is a pure function from (state, event) to new state. It refuses to know disks, devices'
// payloads, buyers' servers and money on its way out.
package market

import (
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

// IDs on chain. They start at 1; 0 is none.
type (
	OperatorID uint64
	StreamID   uint64
	PurchaseID uint64
)

// StreamState is the state of a stream, numbered as in the contract.
type StreamState uint8

// The states of a stream (contracts/src/types).
const (
	StreamNone      StreamState = iota
	StreamOpen                  // can be bought
	StreamClosed                // no new sales; what was sold ends at StopAt
	StreamWithdrawn             // stake gone
	StreamSlashed               // the seller was at fault: the stake is gone
)

// String gives the state as the API and the command line print it.
func (s StreamState) String() string {
	return [...]string{"none", "open", "closed", "withdrawn", "slashed"}[min(int(s), 4)]
}

// MarshalText writes the form of String.
func (s StreamState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the form of String.
func (s *StreamState) UnmarshalText(b []byte) error {
	for one := StreamNone; one <= StreamSlashed; one++ {
		if one.String() == string(b) {
			*s = one
			return nil
		}
	}
	return fmt.Errorf("%q is no state of a stream", b)
}

// PurchaseState is the state of a purchase, numbered as in the contract.
type PurchaseState uint8

// The states of a purchase.
const (
	PurchaseNone PurchaseState = iota
	PurchaseActive
	PurchaseClosed
)

// String gives the state as the API and the command line print it.
func (s PurchaseState) String() string {
	return [...]string{"none", "active", "closed"}[min(int(s), 2)]
}

// MarshalText writes the form of String.
func (s PurchaseState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Position is a block of the followed chain.
type Position struct {
	Number uint64      `json:"number"`
	Hash   common.Hash `json:"hash"`
	Time   uint64      `json:"time"` // unix seconds
}

// Rules are what of a deployment's rules the books go by. They never change.
type Rules struct {
	ClaimWindow uint64 `json:"claim_window"` // seconds after its end in which a purchase is paid
	Decimals    int    `json:"decimals"`     // of the token, 6 to 18: a price unit is 10^(decimals − 6) wei
}

// Stream is a listing as the chain has it.
type Stream struct {
	ID         StreamID       `json:"stream"`
	Operator   OperatorID     `json:"operator"`
	Owner      common.Address `json:"owner"`
	Device     common.Hash    `json:"device"`   // commitment: keccak256(abi.encode(DevEUI, salt))
	Price      uint64         `json:"price"`    // 10⁻⁶ DTX per reading
	Interval   uint32         `json:"interval"` // seconds: shortest billable time between readings
	Terms      common.Hash    `json:"terms"`
	Stake      *big.Int       `json:"stake"` // wei; nothing once slashed
	State      StreamState    `json:"state"`
	StopAt     uint64         `json:"stop_at,omitempty"` // unix seconds at which every purchase ends at the latest; 0: never
	Unpaid     bool           `json:"unpaid,omitempty"`  // the operator was at fault: nothing more is paid
	Restricted bool           `json:"restricted"`
	Block      uint64         `json:"block"`             // where it was listed
	Parents    []PurchaseID   `json:"parents,omitempty"` // purchases it derives from; nil as read from a node
	Round      Round          `json:"round,omitzero"`    // the last round of challenges as folded; zero if there was none
}

// EndOf is when a purchase of the stream that was bought until end really ends, unix
// seconds: a stopped stream ends them all.
func (s *Stream) EndOf(end uint64) uint64 {
	if s.StopAt != 0 {
		return min(end, s.StopAt)
	}
	return end
}

// Purchase is a buyer's escrowed right as the chain has it.
type Purchase struct {
	ID        PurchaseID     `json:"purchase"`
	Stream    StreamID       `json:"stream"`
	Buyer     common.Address `json:"buyer"`
	Payer     common.Address `json:"payer,omitzero"`     // who called the market and paid; zero as read from a node
	Start     uint64         `json:"start"`              // unix seconds, inclusive
	End       uint64         `json:"end"`                // unix seconds, exclusive; a stopped stream ends it earlier (Stream.EndOf)
	Price     uint64         `json:"price"`              // 10⁻⁶ DTX per reading
	Interval  uint32         `json:"interval"`           // seconds
	Quota     uint32         `json:"quota"`              // readings it can cost at most
	Delivered uint32         `json:"paid"`               // readings the chain has paid
	Returned  uint32         `json:"returned,omitempty"` // of Delivered, those whose 80 % went back to the buyer: paid after a slash; 0 as read from a node
	State     PurchaseState  `json:"state"`
	RouteHash common.Hash    `json:"route_hash"`
	Terms     common.Hash    `json:"terms"` // the stream's when it was bought; zero as read from a node
	Block     uint64         `json:"block"` // where it was bought: confirmations count from here
}

// Gift tells whether another than its buyer bought it, for all that is known: then nobody asked
// the buyer, and nothing of it goes where he did not say himself.
func (p *Purchase) Gift() bool { return p.Payer != p.Buyer }

// Device is a device this operator has vouched for: what turns a commitment on
// chain back into a DevEUI. It never leaves operator and owner.
type Device struct {
	DevEUI     lorawan.DevEUI `json:"dev_eui"`
	Salt       common.Hash    `json:"salt"`
	Commitment common.Hash    `json:"device"`
	Owner      common.Address `json:"owner"`
	Attested   time.Time      `json:"attested"`
}

// Entitlement is a purchase joined with its stream and its device: what the hot
// path looks up. It is immutable; a change makes a new one.
type Entitlement struct {
	Purchase     PurchaseID
	Stream       StreamID
	DevEUI       lorawan.DevEUI
	Device       common.Hash
	Buyer        common.Address
	Start        uint64 // unix seconds, inclusive
	End          uint64 // unix seconds, exclusive: of the purchase, or of its stream if that stopped earlier
	Price        uint64 // 10⁻⁶ DTX
	Interval     uint32 // seconds
	Quota        uint32
	lorawan.Sale               // what of the readings, and who decodes them
	Block        uint64        // where it was bought
	State        PurchaseState // Active, or Closed (waits for its last receipts)
	Terms        common.Hash   // of the purchase
	Withheld     string        // why its terms do not tell what is sold: nothing is then; "": they do
}

// Covers tells whether a reading taken in at unix second t falls in the window.
// The window is half-open: [Start, End).
func (e *Entitlement) Covers(t uint64) bool { return e.Start <= t && t < e.End }

// Due is the number of readings the contract would pay at unix second t, at most
// Quota: while the purchase runs one per interval begun since Start, once it is over
// one per interval of its whole time, the last perhaps a short one. It never falls as t
// grows. A parcel is made for reading number seq (from 0) only if seq < Due.
func (e *Entitlement) Due(t uint64) uint32 {
	if t < e.Start || e.Interval == 0 || e.End <= e.Start {
		return 0
	}
	begun := (t-e.Start)/uint64(e.Interval) + 1
	if t >= e.End {
		begun = (e.End - e.Start + uint64(e.Interval) - 1) / uint64(e.Interval)
	}
	return uint32(min(begun, uint64(e.Quota)))
}

// Standing is what may be done with a parcel of a purchase now.
type Standing uint8

// The standings of a parcel. Hold is temporary; Cancel is for ever.
const (
	Deliver Standing = iota
	Hold             // not confirmed deep enough, or the chain has not been heard of for too long
	Cancel           // gone by a reorg, closed, not paid any more (the claim window is over, or nearly), or read outside the window
)

// Block is one block of the followed chain with the market's events in it.
type Block struct {
	Position
	Parent common.Hash // the block folded before it: its parent, or, below the finalized block, the last one before it that was not left out
	Logs   common.Hash // digest of all logs the market left in it; zero for none
	Events []Event
}

// Folded is a block as a book remembers it.
type Folded struct {
	Position
	Logs common.Hash `json:"logs,omitzero"` // as in Block
}

// Event is one log of the market, decoded. Body points to one of the event types
// of package contracts (e.g. *contracts.DataMarketPurchased).
type Event struct {
	Block  uint64
	Time   uint64 // of the block, unix seconds; set by who folds
	TxHash common.Hash
	Index  uint
	Body   any
}
