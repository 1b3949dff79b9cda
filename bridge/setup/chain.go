// Package setup finds what an operator's first hour needs: what stands on the machine, where a
// market begins on a chain, what is to be paid, and who is registered already. It asks nobody and
// prints nothing.
package setup

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// ErrNoHistory says that a node does not remember when a contract was deployed.
var ErrNoHistory = errors.New("the node keeps no old states, and cannot say in which block the market was deployed")

// Blocks is what StartBlock needs of a node.
type Blocks interface {
	HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error)
	CodeAt(ctx context.Context, account common.Address, block *big.Int) ([]byte, error)
}

// StartBlock finds the block in which a contract was deployed, by halving: it asks a node of a
// chain of n blocks about log₂ n times. [ErrNoHistory] if the node keeps too few states.
func StartBlock(ctx context.Context, n Blocks, at common.Address) (uint64, error) {
	head, err := n.HeaderByNumber(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the head: %w", err)
	}
	before, there := uint64(0), head.Number.Uint64() // the genesis has no contract of ours; the head has
	for before+1 < there {
		middle := before + (there-before)/2
		code, err := n.CodeAt(ctx, at, new(big.Int).SetUint64(middle))
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if err != nil {
			return 0, fmt.Errorf("%w: %w", ErrNoHistory, err)
		}
		if len(code) == 0 {
			before = middle
		} else {
			there = middle
		}
	}
	return there, nil
}

// What an operator's first hour costs, in gas.
const (
	GasToRegister = 300_000
	GasToDeploy   = 9_000_000 // token and market
	GasToSettle   = 5_000_000 // a hot key's float: some fifty settlements of ten purchases
)

// Price is what so much gas may cost by the time it is used: twice today's price, in wei.
func Price(ctx context.Context, n *node.Client, gas uint64) (*big.Int, error) {
	f, err := n.Fees(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask what gas costs: %w", err)
	}
	per := f.Price
	if !f.Legacy() {
		per = new(big.Int).Add(f.Base, f.Tip)
	}
	return new(big.Int).Mul(per, new(big.Int).SetUint64(2*gas)), nil
}

// mostLookedAt is how many of the newest operators are looked at for one's own.
const mostLookedAt = 1000

// Operators is what Registered needs of a market.
type Operators interface {
	OperatorCount(ctx context.Context) (uint64, error)
	Operator(ctx context.Context, id market.OperatorID) (contracts.Operator, error)
}

// Registered finds the operator whose signer is a key, newest first; 0: none has it.
func Registered(ctx context.Context, m Operators, signer common.Address) (market.OperatorID, error) {
	count, err := m.OperatorCount(ctx)
	if err != nil {
		return 0, err
	}
	for id := count; id > 0 && count-id < mostLookedAt; id-- {
		op, err := m.Operator(ctx, market.OperatorID(id))
		if err != nil {
			return 0, err
		}
		if op.Signer == signer {
			return market.OperatorID(id), nil
		}
	}
	return 0, nil
}
