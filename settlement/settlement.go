// Package settlement turns receipts into claims and claims into money: 80 %
// owner, 10 % operator, 10 % platform, by the contract.
//
// Claims are cumulative, so that one sent twice is paid once. The [Settler]
// persists nonce and signed bytes before it sends them. The package refuses to
// know readings, sinks and disks.
package settlement

import (
	"errors"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// Account is the standing of one purchase between receipts and chain.
type Account struct {
	Purchase  market.PurchaseID
	Stream    market.StreamID
	Receipts  uint32      // distinct receipts in the ledger
	Head      common.Hash // receiptsHead: hash chain over (seq, digest) of the receipts
	Delivered uint32      // cumulative count the chain has paid, as folded
	Price     uint64      // 10⁻⁶ DTX per reading
	Start     uint64      // unix seconds
	End       uint64      // unix seconds
	Interval  uint32      // seconds
	Quota     uint32
	Waiting   uint32 // parcels that may still become receipts
	State     market.PurchaseState
	Frozen    bool // its stream is under review: cannot be settled now
}

// Claim is a cumulative count of receipts of a purchase with the head of their chain.
type Claim struct {
	Purchase  market.PurchaseID `json:"purchase"`
	Delivered uint32            `json:"delivered"`
	Head      common.Hash       `json:"receipts_head"`
	Last      bool              `json:"last"` // no more will come: the rest returns to the buyer at once
}

// TxState is where a settlement transaction stands.
type TxState string

// The states of a settlement transaction.
const (
	TxSigned   TxState = "signed"   // persisted; perhaps sent
	TxMined    TxState = "mined"    // has a receipt, not final yet
	TxFinal    TxState = "final"    // below the finalized block
	TxReverted TxState = "reverted" // final, and failed: its claims are claimed anew
)

// Tx is one settlement transaction: one nonce, one or more signed forms of it
// (fee bumps), all of them durable before they were sent.
type Tx struct {
	Nonce   uint64         `json:"nonce"`
	From    common.Address `json:"from"`
	Claims  []Claim        `json:"claims"`
	Root    common.Hash    `json:"root"`
	Raws    [][]byte       `json:"raws"`   // RLP, oldest first
	Hashes  []common.Hash  `json:"hashes"` // of Raws
	State   TxState        `json:"state"`
	Mined   common.Hash    `json:"mined,omitzero"` // which of Hashes
	Block   uint64         `json:"block,omitempty"`
	BlockID common.Hash    `json:"block_hash,omitzero"`
	GasUsed uint64         `json:"gas_used,omitempty"`
	Sealed  time.Time      `json:"sealed"`
	Sent    time.Time      `json:"sent,omitzero"` // last broadcast
}

// Accounts is what the settler needs of the ledger. Every write is durable when
// it returns.
type Accounts interface {
	// Accounts lists purchases not yet closed, and closed ones with receipts unpaid.
	Accounts() ([]Account, error)
	// Transactions lists those not final, by nonce.
	Transactions() ([]Tx, error)
	// Record stores the transaction under its nonce, replacing its former state. It
	// refuses a nonce that another transaction holds (ErrNonceTaken).
	Record(tx Tx) error
}

// Earning is what the chain paid for one purchase, exact to the wei.
type Earning struct {
	Stream    market.StreamID   `json:"stream"`
	Purchase  market.PurchaseID `json:"purchase"`
	Delivered uint32            `json:"delivered"` // readings paid on chain
	Unclaimed uint32            `json:"unclaimed"` // receipts not paid yet
	Gross     *big.Int          `json:"gross"`     // wei
	Owner     *big.Int          `json:"owner"`
	Operator  *big.Int          `json:"operator"`
	Platform  *big.Int          `json:"platform"`
}

// ErrNonceTaken says that another transaction was stored under a nonce.
var ErrNonceTaken = errors.New("another settlement transaction holds this nonce")

// SameAs tells whether t is a later state of the same transaction: same sender
// and nonce, and the same first signed bytes.
func (t Tx) SameAs(later Tx) bool {
	return t.From == later.From && t.Nonce == later.Nonce &&
		len(t.Hashes) > 0 && len(later.Hashes) > 0 && t.Hashes[0] == later.Hashes[0]
}
