package settlement

import (
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Signed are claims that anybody may relay with settleSigned, by the signature of the
// operator's hot key: a stream's owner, above all, whose operator does not settle.
type Signed struct {
	Claims    []Claim       `json:"claims"`
	Root      common.Hash   `json:"root"`
	Deadline  uint64        `json:"deadline"` // unix seconds, inclusive: no node takes it later
	Signature hexutil.Bytes `json:"signature"`
}

// HashSigner signs digests with the operator's hot key.
type HashSigner interface {
	SignHash(digest common.Hash) ([]byte, error)
}

// Sign signs claims for whoever relays them.
func Sign(chainID *big.Int, at common.Address, operator market.OperatorID, claims []Claim, deadline uint64, signer HashSigner) (Signed, error) {
	s := Signed{Claims: claims, Root: RootOf(claims), Deadline: deadline}
	digest, err := contracts.SettlementHash(chainID, at, uint64(operator), contracts.ClaimsHash(packed(claims)), s.Root, deadline)
	if err != nil {
		return s, err
	}
	if s.Signature, err = signer.SignHash(digest); err != nil {
		return s, fmt.Errorf("sign claims: %w", err)
	}
	return s, nil
}

// Call is the call of the market that relays them.
func (s *Signed) Call(operator market.OperatorID) []byte {
	return contracts.NewDataMarket().PackSettleSigned(new(big.Int).SetUint64(uint64(operator)), packed(s.Claims), s.Root, new(big.Int).SetUint64(s.Deadline), s.Signature)
}

// lotMax bounds the claims of one relayed settlement: what a transaction may hold.
const lotMax = 100

// slack is how long after the claim window a signature goes on holding: the window is the
// contract's to keep.
const slack = 24 * time.Hour

// ForOwner makes the claims of a stream's accounts that its owner may relay, in lots that
// fit a transaction each, and lists the accounts whose window is over with readings unpaid.
// clock is the newest block's time, window the claim window in seconds. A claim is the last only once its purchase has ended
// and nothing of it waits.
func ForOwner(accounts []Account, clock, window uint64) (lots [][]Claim, deadline uint64, over []Account) {
	var all []Claim
	for i := range accounts {
		a := &accounts[i]
		until := a.End + window
		switch {
		case a.State != market.PurchaseActive || a.Unpaid:
			continue
		case clock >= until:
			if a.Receipts > a.Delivered {
				over = append(over, *a)
			}
			continue
		}
		last := clock >= a.End && a.Waiting == 0
		if a.Receipts <= a.Delivered && !last {
			continue
		}
		all = append(all, Claim{Purchase: a.Purchase, Delivered: max(a.Receipts, a.Delivered), Head: a.Head, Last: last})
		deadline = max(deadline, until+uint64(slack/time.Second))
	}
	for len(all) > 0 {
		n := min(len(all), lotMax)
		lots, all = append(lots, all[:n:n]), all[n:]
	}
	return lots, deadline, over
}
