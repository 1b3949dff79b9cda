package settlement

import (
	"context"
	"errors"
	"math/big"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	ethnode "github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Node is what the settler asks of Ethereum nodes.
type Node interface {
	HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error)
	TransactionReceipt(ctx context.Context, tx common.Hash) (*types.Receipt, error)
	NonceAt(ctx context.Context, account common.Address, block *big.Int) (uint64, error)
	BalanceAt(ctx context.Context, account common.Address, block *big.Int) (*big.Int, error)
	SuggestGasPrice(ctx context.Context) (*big.Int, error)
	SuggestGasTipCap(ctx context.Context) (*big.Int, error)
	EstimateGas(ctx context.Context, call ethereum.CallMsg) (uint64, error)
	SendTransaction(ctx context.Context, tx *types.Transaction) error
}

// Signer signs with the operator's hot key.
type Signer interface {
	Address() common.Address
	SignTx(tx *types.Transaction, chainID *big.Int) (*types.Transaction, error)
}

var finalizedBlock = big.NewInt(ethnode.Finalized)

// finality asks for the newest final block: the chain's own word, or so many blocks
// below the head where it has none.
func (s *Settler) finality(ctx context.Context, head *types.Header) *big.Int {
	if h, err := s.node.HeaderByNumber(ctx, finalizedBlock); err == nil && h.Number.Sign() > 0 {
		return h.Number
	}
	below := new(big.Int).Sub(head.Number, new(big.Int).SetUint64(s.cfg.Confirm))
	if below.Sign() < 0 {
		below.SetInt64(0)
	}
	return below
}

// reverted tells a refusal by the contract from a node's trouble.
func reverted(err error) bool { return err != nil && strings.Contains(err.Error(), "revert") }

// tooMuchGas tells that a call wants more gas than a node lets it ask for.
func tooMuchGas(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	for _, one := range []string{"gas required exceeds", "exceeds block gas limit", "out of gas", "gas limit too high", "intrinsic gas too high", "gas uint64 overflow", "exceeds gas limit"} {
		if strings.Contains(text, one) {
			return true
		}
	}
	return false
}

// noFunds tells that a node finds the sender too poor.
func noFunds(err error) bool {
	return err != nil && (strings.Contains(strings.ToLower(err.Error()), "insufficient funds") || strings.Contains(err.Error(), "gas required exceeds allowance (0)"))
}

// nodeHas tells that a node refuses a transaction because it has it, or has had its nonce.
func nodeHas(err error) bool {
	for _, one := range []string{"already known", "already imported", "nonce too low", "replacement transaction underpriced", "known transaction"} {
		if strings.Contains(strings.ToLower(err.Error()), one) {
			return true
		}
	}
	return false
}

// refusal gives the contract's reason for a revert; nil if it gave none we know.
func (s *Settler) refusal(err error) any {
	data, ok := ethnode.RevertData(err)
	if !ok {
		return nil
	}
	reason, err := s.dm.UnpackError(data)
	if err != nil {
		return nil
	}
	return reason
}

// notSigner tells that the contract does not take our key as the operator's signer.
func (s *Settler) notSigner(err error) (expected common.Address, is bool) {
	r, is := s.refusal(err).(*contracts.DataMarketPurchasesNotSigner)
	if !is {
		return common.Address{}, false
	}
	return r.Expected, true
}

// receipt looks for the receipt of any of a transaction's forms; nil if no node has one.
func (s *Settler) receipt(ctx context.Context, t *Tx) (*types.Receipt, error) {
	for i := len(t.Forms) - 1; i >= 0; i-- {
		r, err := s.node.TransactionReceipt(ctx, t.Forms[i].Hash)
		switch {
		case err == nil:
			return r, nil
		case errors.Is(err, ethereum.NotFound), strings.Contains(err.Error(), "indexing is in progress"):
		default:
			return nil, err
		}
	}
	return nil, nil
}
