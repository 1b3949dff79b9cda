// Package client prepares, simulates and sends the transactions of one market for one
// account, and gives what came of them as types.
//
// Whoever holds the account signs: [Prepared.Send] with a key in this process,
// [Prepared.Unsigned] for hardware wallets and multisigs. What the contract refuses is
// told in a sentence ([Sentence]). It refuses to know files, flags and buyers' servers.
package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	ethnode "github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Node is what the client needs of an Ethereum node.
type Node interface {
	bind.ContractBackend
	ChainID(ctx context.Context) (*big.Int, error)
	BalanceAt(ctx context.Context, account common.Address, block *big.Int) (*big.Int, error)
	TransactionReceipt(ctx context.Context, tx common.Hash) (*types.Receipt, error)
}

// Signer holds the key of an account.
type Signer interface {
	Address() common.Address
	SignTx(tx *types.Transaction, chainID *big.Int) (*types.Transaction, error)
	SignHash(digest common.Hash) ([]byte, error) // 65 bytes, v is 27 or 28
}

// Client prepares transactions of one market for one account.
type Client struct {
	Market  common.Address
	ChainID *big.Int
	From    common.Address // the account; zero if there is nothing to be sent
	Rules   contracts.Config
	Places  int // decimals of the token: an amount is 10^-Places of it
	Reader  *market.Reader
	Permit  *PermitSignature // signed elsewhere; nil: the key signs, or an approval goes first
	Wait    time.Duration    // for a transaction to be mined; 0: five minutes

	node  Node
	dm    *contracts.DataMarket
	token *contracts.DTX
}

// New reaches a market that must exist.
func New(ctx context.Context, node Node, at, from common.Address) (*Client, error) {
	c, err := bare(ctx, node, from)
	if err != nil {
		return nil, err
	}
	c.Market, c.Reader = at, market.NewReader(node, at)
	code, err := node.CodeAt(ctx, at, nil)
	if err != nil {
		return nil, fmt.Errorf("look for the market: %w", err)
	}
	if len(code) == 0 {
		return nil, fmt.Errorf("%w (%s, chain %s)", ethnode.ErrNoContract, at, c.ChainID)
	}
	if c.Rules, err = c.Reader.Config(ctx); err != nil {
		return nil, err
	}
	if c.Places, err = c.Reader.Decimals(ctx, c.Rules.Token); err != nil {
		return nil, err
	}
	return c, nil
}

// bare is a client without a market.
func bare(ctx context.Context, node Node, from common.Address) (*Client, error) {
	id, err := node.ChainID(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the chain id: %w", err)
	}
	return &Client{ChainID: id, From: from, node: node, dm: contracts.NewDataMarket(), token: contracts.NewDTX()}, nil
}

// For is the same market for another account.
func (c *Client) For(account common.Address) *Client {
	other := *c
	other.From, other.Permit = account, nil
	return &other
}

// Now is the time of the newest block, in unix seconds.
func (c *Client) Now(ctx context.Context) (uint64, error) {
	head, err := c.node.HeaderByNumber(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the head: %w", err)
	}
	return head.Time, nil
}

// Mined is where a transaction stands on chain.
type Mined struct {
	Tx      common.Hash `json:"tx"`
	Block   uint64      `json:"block"`
	GasUsed uint64      `json:"gas_used"`
}

// What goes wrong besides what the contract refuses.
var (
	ErrReverted = errors.New("it was mined and reverted: the market changed between simulation and block, try again")
	ErrNoTrace  = errors.New("the transaction left no trace of what was asked for: is this the right contract?")
	ErrNotMined = errors.New("not mined yet: look for it before you send again, or it may happen twice")
	ErrFunds    = errors.New("too few tokens")
	ErrEther    = errors.New("too little ether for gas")
	ErrOneKey   = errors.New("one key must not be both admin and signer: the signer is hot, and whoever takes it would own the operator; make a second key with `wallet new`")
)
