// Package settlement turns receipts into claims and claims into money: 80 %
// owner, 10 % operator, 10 % platform, by the contract.
//
// Claims are cumulative, so that one sent twice is paid once. The [Settler]
// persists nonce and signed bytes before it sends them, claims what the newest
// block's time lets it claim, and believes what the chain says it paid. The
// package refuses to know readings, sinks and disks, and asks no wall clock what
// is due.
package settlement

import (
	"errors"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// Account is where one purchase stands between receipts and chain.
type Account struct {
	Purchase  market.PurchaseID
	Stream    market.StreamID
	Payee     common.Address // of the 80 %: the stream's owner, or the buyer once it was slashed
	Buyer     common.Address // of what is not delivered
	Receipts  uint32         // readings that may be claimed in all: receipts in the ledger, and what the chain paid another ledger of the operator's
	Head      common.Hash    // receiptsHead: hash chain over (seq, digest) of the receipts, with the breaks in it
	Delivered uint32         // cumulative count the chain has paid, as folded
	Price     uint64         // 10⁻⁶ DTX per reading
	Start     uint64         // unix seconds
	Returned  uint32         // of Delivered, those whose 80 % went back to the buyer
	End       uint64         // unix seconds: of the purchase, or of its stream if that stopped earlier
	Interval  uint32         // seconds
	Quota     uint32
	Waiting   uint32 // parcels that may still become receipts
	State     market.PurchaseState
	Unpaid    bool // by a ruling: nothing more is paid
	Told      bool // the operator was told that its claim window is over
}

// Claim is a cumulative count of receipts of a purchase with the head of their chain.
type Claim struct {
	Purchase  market.PurchaseID `json:"purchase"`
	Delivered uint32            `json:"delivered"`
	Head      common.Hash       `json:"receipts_head"`
	Last      bool              `json:"last"` // no more will come: the rest returns to the buyer at once
}

// Form is one signed form of a transaction.
type Form struct {
	Hash   common.Hash `json:"hash"`
	Raw    []byte      `json:"raw,omitempty"` // RLP; forgotten of forms that cannot be mined any more
	Claims []Claim     `json:"claims,omitempty"`
	Root   common.Hash `json:"root"`
	Signed time.Time   `json:"signed"`
}

// Tx is one settlement transaction: one nonce, one or more signed forms, all of them
// durable before they were sent. A later form offers more per gas and may claim more.
type Tx struct {
	Nonce    uint64         `json:"nonce"`
	From     common.Address `json:"from"`
	State    TxState        `json:"state"`
	Claims   []Claim        `json:"claims"` // of the mined form; of the newest while none is mined
	Root     common.Hash    `json:"root"`   // of Claims
	Forms    []Form         `json:"forms"`  // oldest first
	Forced   bool           `json:"forced,omitempty"`
	Mined    common.Hash    `json:"mined,omitzero"` // which of the forms
	Failed   bool           `json:"failed,omitempty"`
	Starved  bool           `json:"starved,omitempty"` // failed because it used up its gas limit
	Block    uint64         `json:"block,omitempty"`
	BlockID  common.Hash    `json:"block_hash,omitzero"`
	GasUsed  uint64         `json:"gas_used,omitempty"`
	GasPrice *big.Int       `json:"gas_price,omitempty"` // wei per gas it was mined at
	Sealed   time.Time      `json:"sealed"`              // when its first form was signed
	Sent     time.Time      `json:"sent,omitzero"`       // last broadcast
}

// Hash is that of the mined form, or of the newest.
func (t *Tx) Hash() common.Hash {
	if t.Mined != (common.Hash{}) || len(t.Forms) == 0 {
		return t.Mined
	}
	return t.Forms[len(t.Forms)-1].Hash
}

// SameAs tells whether later is a later state of t: same sender and nonce, and the
// same first form.
func (t *Tx) SameAs(later *Tx) bool {
	return t.From == later.From && t.Nonce == later.Nonce &&
		len(t.Forms) > 0 && len(later.Forms) > 0 && t.Forms[0].Hash == later.Forms[0].Hash
}

// News is what a book has to tell since it was asked last.
type News struct {
	Head     market.Position // the newest folded block
	Accounts []Account       // that changed; at first, those that are active. State is none of one a reorg took away
}

// Book is what the settler needs of the ledger. Every write is durable when it
// returns.
type Book interface {
	// Watch begins to follow the accounts: each call of what it returns gives the news
	// since the call before. A call that fails loses nothing.
	Watch() func() (News, error)
	// Transactions lists those that are not finished, by sender and nonce.
	Transactions() ([]Tx, error)
	// TransactionsFrom lists a sender's, finished or not, with at least this nonce.
	TransactionsFrom(sender common.Address, nonce uint64) ([]Tx, error)
	// LastTransaction gives a sender's with the highest nonce.
	LastTransaction(sender common.Address) (Tx, bool, error)
	// Record stores the transaction under its sender and nonce, replacing its former
	// state. It refuses a nonce that another transaction holds (ErrNonceTaken).
	Record(tx Tx) error
	// Tell remembers that the operator was told of these accounts' ended windows.
	Tell(purchases []market.PurchaseID) error
}

// ErrNonceTaken says that another transaction was stored under a nonce.
var ErrNonceTaken = errors.New("another settlement transaction holds this nonce")

// Earning is what the chain paid for one purchase, exact to the wei, and what it has not.
type Earning struct {
	Stream    market.StreamID   `json:"stream"`
	Purchase  market.PurchaseID `json:"purchase"`
	Delivered uint32            `json:"paid"`     // readings, on chain
	Decimals  int               `json:"decimals"` // of the token: a wei here is 10^-decimals of it
	Gross     *big.Int          `json:"gross"`    // wei
	Owner     *big.Int          `json:"owner"`
	Operator  *big.Int          `json:"operator"`
	Platform  *big.Int          `json:"platform"`
	Returned  *big.Int          `json:"returned"`              // the owner's part that went back to the buyer, after a ruling against the owner
	Unclaimed uint32            `json:"unclaimed"`             // receipts not paid
	Standing  Standing          `json:"state"`                 // of what is unclaimed
	Why       string            `json:"why,omitempty"`         // why it is unclaimed
	NextTry   time.Time         `json:"next_try,omitzero"`     // when the settler looks again by itself
	Worth     *big.Int          `json:"unclaimed_cut"`         // wei of DTX: the operator's tenth of what is unclaimed
	Until     uint64            `json:"claim_until,omitempty"` // unix seconds: when the claim window closes
}

// Earnings lists what the chain paid for each purchase, in a token of so many decimals. s
// explains what is unclaimed; it may be nil.
func Earnings(accounts []Account, decimals int, s *Settler) []Earning {
	all := make([]Earning, 0, len(accounts))
	gross := func(n uint32, a *Account) *big.Int { return contracts.Gross(uint64(n), a.Price, decimals) }
	for i := range accounts {
		a := &accounts[i]
		e := Earning{Stream: a.Stream, Purchase: a.Purchase, Delivered: a.Delivered, Decimals: decimals, Gross: gross(a.Delivered, a), Unclaimed: a.Receipts - min(a.Receipts, a.Delivered)}
		e.Owner, e.Operator, e.Platform = contracts.Split(e.Gross)
		e.Returned, _, _ = contracts.Split(gross(a.Returned, a))
		e.Owner.Sub(e.Owner, e.Returned)
		e.Worth = contracts.Tenth(gross(e.Unclaimed, a))
		s.explain(a, &e)
		all = append(all, e)
	}
	return all
}
