package bridge

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
)

// nodes asks the configured Ethereum nodes in order until one answers, and sends
// transactions to all of them.
type nodes struct{ clients []*ethclient.Client }

func dialNodes(ctx context.Context, urls []string) (*nodes, error) {
	n := &nodes{}
	for range urls {
		c, err := ethclient.DialContext(ctx, urls[len(n.clients)])
		if err != nil {
			return nil, errors.New("chain.rpc holds something that is no URL of a node, e.g. http://127.0.0.1:8545")
		}
		n.clients = append(n.clients, c)
	}
	return n, nil
}

func (n *nodes) Close() {
	for _, c := range n.clients {
		c.Close()
	}
}

// answer tells whether an error is a node's answer rather than its absence.
func answer(err error) bool {
	var rpc interface{ ErrorCode() int }
	return err == nil || errors.As(err, &rpc) || errors.Is(err, ethereum.NotFound)
}

func ask[T any](n *nodes, call func(*ethclient.Client) (T, error)) (v T, err error) {
	for _, c := range n.clients {
		if v, err = call(c); answer(err) {
			return v, err
		}
	}
	return v, fmt.Errorf("no Ethereum node answers: %w", errNodes)
}

var errNodes = errors.New("check chain.rpc")

func (n *nodes) ChainID(ctx context.Context) (*big.Int, error) {
	return ask(n, func(c *ethclient.Client) (*big.Int, error) { return c.ChainID(ctx) })
}

func (n *nodes) HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error) {
	return ask(n, func(c *ethclient.Client) (*types.Header, error) { return c.HeaderByNumber(ctx, number) })
}

func (n *nodes) TransactionReceipt(ctx context.Context, tx common.Hash) (*types.Receipt, error) {
	return ask(n, func(c *ethclient.Client) (*types.Receipt, error) { return c.TransactionReceipt(ctx, tx) })
}

func (n *nodes) NonceAt(ctx context.Context, a common.Address, block *big.Int) (uint64, error) {
	return ask(n, func(c *ethclient.Client) (uint64, error) { return c.NonceAt(ctx, a, block) })
}

func (n *nodes) BalanceAt(ctx context.Context, a common.Address, block *big.Int) (*big.Int, error) {
	return ask(n, func(c *ethclient.Client) (*big.Int, error) { return c.BalanceAt(ctx, a, block) })
}

func (n *nodes) SuggestGasTipCap(ctx context.Context) (*big.Int, error) {
	return ask(n, func(c *ethclient.Client) (*big.Int, error) { return c.SuggestGasTipCap(ctx) })
}

func (n *nodes) SuggestGasPrice(ctx context.Context) (*big.Int, error) {
	return ask(n, func(c *ethclient.Client) (*big.Int, error) { return c.SuggestGasPrice(ctx) })
}

func (n *nodes) EstimateGas(ctx context.Context, call ethereum.CallMsg) (uint64, error) {
	return ask(n, func(c *ethclient.Client) (uint64, error) { return c.EstimateGas(ctx, call) })
}

// SendTransaction succeeds if one node took it.
func (n *nodes) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	var first error
	taken := false
	for _, c := range n.clients {
		err := c.SendTransaction(ctx, tx)
		taken = taken || err == nil
		if first == nil && err != nil && answer(err) {
			first = err
		}
	}
	switch {
	case taken:
		return nil
	case first != nil:
		return first
	}
	return fmt.Errorf("no Ethereum node answers: %w", errNodes)
}

// caller is a node for reading contracts.
type caller struct {
	*nodes
	bind.ContractBackend // the first client: unused parts of the interface
}

func (n *nodes) caller() bind.ContractBackend { return caller{n, n.clients[0]} }

func (c caller) CallContract(ctx context.Context, call ethereum.CallMsg, block *big.Int) ([]byte, error) {
	return ask(c.nodes, func(e *ethclient.Client) ([]byte, error) { return e.CallContract(ctx, call, block) })
}

func (c caller) CodeAt(ctx context.Context, a common.Address, block *big.Int) ([]byte, error) {
	return ask(c.nodes, func(e *ethclient.Client) ([]byte, error) { return e.CodeAt(ctx, a, block) })
}

func (c caller) HeaderByNumber(ctx context.Context, n *big.Int) (*types.Header, error) {
	return c.nodes.HeaderByNumber(ctx, n)
}

func (c caller) SuggestGasTipCap(ctx context.Context) (*big.Int, error) {
	return c.nodes.SuggestGasTipCap(ctx)
}

func (c caller) SuggestGasPrice(ctx context.Context) (*big.Int, error) {
	return c.nodes.SuggestGasPrice(ctx)
}

func (c caller) EstimateGas(ctx context.Context, m ethereum.CallMsg) (uint64, error) {
	return c.nodes.EstimateGas(ctx, m)
}

func (c caller) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	return c.nodes.SendTransaction(ctx, tx)
}
