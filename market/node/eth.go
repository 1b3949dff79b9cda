package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"
)

// ChainID is the chain's id, asked for once.
func (c *Client) ChainID(ctx context.Context) (*big.Int, error) {
	if id := c.id(); id != 0 {
		return new(big.Int).SetUint64(id), nil
	}
	return ask(ctx, c, func(context.Context, *Node) (*big.Int, error) { return new(big.Int).SetUint64(c.id()), nil })
}

// HeaderByNumber reads a header; nil is the newest. Negative numbers are go-ethereum's for
// the finalized (-3) and the safe (-4) one.
func (c *Client) HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error) {
	return ask(ctx, c, func(ctx context.Context, n *Node) (*types.Header, error) {
		var h *types.Header
		if err := n.get(ctx, &h, "eth_getBlockByNumber", hexBlock(number), false); err != nil {
			return nil, err
		}
		if h == nil {
			return nil, ethereum.NotFound
		}
		return h, nil
	})
}

// CodeAt reads a contract's code; nil is the newest block.
func (c *Client) CodeAt(ctx context.Context, account common.Address, block *big.Int) ([]byte, error) {
	return one[hexutil.Bytes](ctx, c, "eth_getCode", account, hexBlock(block))
}

// PendingCodeAt is CodeAt with the transactions that wait.
func (c *Client) PendingCodeAt(ctx context.Context, account common.Address) ([]byte, error) {
	return one[hexutil.Bytes](ctx, c, "eth_getCode", account, "pending")
}

// NonceAt counts an account's transactions; nil is the newest block.
func (c *Client) NonceAt(ctx context.Context, account common.Address, block *big.Int) (uint64, error) {
	v, err := one[hexutil.Uint64](ctx, c, "eth_getTransactionCount", account, hexBlock(block))
	return uint64(v), err
}

// PendingNonceAt is NonceAt with the transactions that wait.
func (c *Client) PendingNonceAt(ctx context.Context, account common.Address) (uint64, error) {
	return c.NonceAt(ctx, account, big.NewInt(-1))
}

// BalanceAt reads an account's ether in wei; nil is the newest block.
func (c *Client) BalanceAt(ctx context.Context, account common.Address, block *big.Int) (*big.Int, error) {
	v, err := one[hexutil.Big](ctx, c, "eth_getBalance", account, hexBlock(block))
	return (*big.Int)(&v), err
}

// one asks for a value.
func one[T any](ctx context.Context, c *Client, method string, params ...any) (T, error) {
	return ask(ctx, c, func(ctx context.Context, n *Node) (v T, err error) {
		if !n.supports(method) {
			return v, &Error{Node: n.name, Method: method, Verdict: Unsupported, Text: "it does not know the method"}
		}
		err = n.get(ctx, &v, method, params...)
		n.lacks(method, err)
		return v, err
	})
}

// Ask puts any question of JSON-RPC and gives the answer as the node wrote it.
func (c *Client) Ask(ctx context.Context, method string, params ...any) (json.RawMessage, error) {
	return one[json.RawMessage](ctx, c, method, params...)
}

func callArg(m ethereum.CallMsg) map[string]any {
	arg := map[string]any{"to": m.To}
	if m.From != noAddress {
		arg["from"] = m.From
	}
	if len(m.Data) > 0 {
		arg["input"] = hexutil.Bytes(m.Data)
	}
	if m.Value != nil {
		arg["value"] = (*hexutil.Big)(m.Value)
	}
	if m.Gas != 0 {
		arg["gas"] = hexutil.Uint64(m.Gas)
	}
	for name, v := range map[string]*big.Int{"gasPrice": m.GasPrice, "maxFeePerGas": m.GasFeeCap, "maxPriorityFeePerGas": m.GasTipCap} {
		if v != nil {
			arg[name] = (*hexutil.Big)(v)
		}
	}
	if m.AccessList != nil {
		arg["accessList"] = m.AccessList
	}
	return arg
}

// CallContract calls without sending; nil is the newest block. A revert is an *Error whose
// data RevertData reads.
func (c *Client) CallContract(ctx context.Context, m ethereum.CallMsg, block *big.Int) ([]byte, error) {
	return one[hexutil.Bytes](ctx, c, "eth_call", callArg(m), hexBlock(block))
}

// CallMany makes many calls at the newest block, in batches as long as the node takes; all
// are answered by one node. The first that is refused ends it.
func (c *Client) CallMany(ctx context.Context, calls []ethereum.CallMsg) ([][]byte, error) {
	params := make([][]any, len(calls))
	for i, m := range calls {
		params[i] = []any{callArg(m), "latest"}
	}
	return ask(ctx, c, func(ctx context.Context, n *Node) ([][]byte, error) {
		out := make([][]byte, len(calls))
		err := n.many(ctx, "eth_call", params, func(i int, raw json.RawMessage, err error) error {
			if err != nil {
				return err
			}
			return json.Unmarshal(raw, (*hexutil.Bytes)(&out[i]))
		})
		return out, err
	})
}

// SimulateV1 plays calls one after the other at a block, as go-ethereum's client does. Not
// every node can.
func (c *Client) SimulateV1(ctx context.Context, opts ethclient.SimulateOptions, block *rpc.BlockNumberOrHash) ([]ethclient.SimulateBlockResult, error) {
	return one[[]ethclient.SimulateBlockResult](ctx, c, "eth_simulateV1", opts, block)
}

// EstimateGas asks what a call would cost. A revert is an *Error whose data RevertData reads.
func (c *Client) EstimateGas(ctx context.Context, m ethereum.CallMsg) (uint64, error) {
	v, err := one[hexutil.Uint64](ctx, c, "eth_estimateGas", callArg(m))
	return uint64(v), err
}

// TransactionReceipt reads a receipt. ethereum.NotFound means that no node that answers
// has it.
func (c *Client) TransactionReceipt(ctx context.Context, tx common.Hash) (*types.Receipt, error) {
	return ask(ctx, c, func(ctx context.Context, n *Node) (*types.Receipt, error) {
		r, err := n.Receipt(ctx, tx)
		var e *Error
		if errors.As(err, &e) && (strings.Contains(e.Text, "indexing is in progress") || strings.Contains(strings.ToLower(e.Text), "transaction not found")) {
			return nil, ethereum.NotFound
		}
		return r, err
	})
}

// SendTransaction gives a signed transaction to all nodes. It succeeds if one took it or
// has it; otherwise it returns the first answer.
func (c *Client) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	raw, err := tx.MarshalBinary()
	if err != nil {
		return fmt.Errorf("encode a transaction: %w", err)
	}
	taken := false
	var refused, failed error
	for _, n := range c.Order() {
		err := n.Identify(ctx)
		if err == nil {
			var hash common.Hash
			err = n.get(ctx, &hash, "eth_sendRawTransaction", hexutil.Bytes(raw))
		}
		var e *Error
		final := errors.As(err, &e) && e.Verdict == Final
		switch {
		case err == nil, final && isKnown(e.Text):
			taken = true
		case final && refused == nil:
			refused = err
		case failed == nil:
			failed = fmt.Errorf("%w (%s: %s)", ErrNoNode, n.name, n.why(err))
		}
	}
	switch {
	case taken:
		return nil
	case refused != nil:
		return refused
	case failed != nil:
		return failed
	}
	return ErrNoNode
}

// isKnown tells whether a node has a transaction already.
func isKnown(text string) bool {
	text = strings.ToLower(text)
	for _, words := range []string{"already known", "alreadyknown", "known transaction", "already imported", "already in mempool"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// SuggestGasPrice is what a transaction without EIP-1559 fees pays, in wei per gas.
func (c *Client) SuggestGasPrice(ctx context.Context) (*big.Int, error) {
	v, err := one[hexutil.Big](ctx, c, "eth_gasPrice")
	return (*big.Int)(&v), err
}

// SuggestGasTipCap is the priority fee to offer, in wei per gas. Nodes that suggest none
// are asked for the gas price, of which the base fee is taken off.
func (c *Client) SuggestGasTipCap(ctx context.Context) (*big.Int, error) {
	f, err := c.Fees(ctx)
	if err != nil {
		return nil, err
	}
	if f.Legacy() {
		return f.Price, nil
	}
	return f.Tip, nil
}

// Fees is what gas costs now, in wei per gas.
type Fees struct {
	Base  *big.Int // base fee of the newest block; nil: the chain has no EIP-1559
	Tip   *big.Int // suggested priority fee; nil with Base
	Price *big.Int // what a legacy transaction pays; nil where Base is not
}

// Legacy tells that the chain knows only transactions with one gas price.
func (f Fees) Legacy() bool { return f.Base == nil }

// Fees asks what gas costs. Base decides: a header with a base fee means EIP-1559.
func (c *Client) Fees(ctx context.Context) (Fees, error) {
	return ask(ctx, c, func(ctx context.Context, n *Node) (f Fees, err error) {
		head, err := n.Header(ctx, "latest")
		if err != nil {
			return f, err
		}
		price := func() (*big.Int, error) {
			var v hexutil.Big
			err := n.get(ctx, &v, "eth_gasPrice")
			return (*big.Int)(&v), err
		}
		if head.BaseFee == nil {
			f.Price, err = price()
			return f, err
		}
		f.Base = head.BaseFee
		const method = "eth_maxPriorityFeePerGas"
		if n.supports(method) {
			var tip hexutil.Big
			err = n.get(ctx, &tip, method)
			n.lacks(method, err)
			if v, refused := verdictOf(err); err == nil || !refused || v != Unsupported {
				f.Tip = (*big.Int)(&tip)
				return f, err
			}
		}
		p, err := price()
		if err != nil {
			return f, err
		}
		f.Tip = p.Sub(p, f.Base)
		if f.Tip.Sign() < 0 {
			f.Tip.SetInt64(0)
		}
		return f, nil
	})
}

// TransactionByHash reads a transaction; pending tells that no block holds it yet.
func (c *Client) TransactionByHash(ctx context.Context, hash common.Hash) (tx *types.Transaction, pending bool, err error) {
	type found struct {
		tx    *types.Transaction
		Block *hexutil.Big `json:"blockNumber"`
	}
	f, err := ask(ctx, c, func(ctx context.Context, n *Node) (f found, err error) {
		var raw json.RawMessage
		if err := n.get(ctx, &raw, "eth_getTransactionByHash", hash); err != nil {
			return f, err
		}
		if err := json.Unmarshal(raw, &f.tx); err != nil || f.tx == nil {
			return f, errors.Join(err, ethereum.NotFound)
		}
		return f, json.Unmarshal(raw, &f)
	})
	return f.tx, f.Block == nil, err
}

// ErrNoAccounts says that a node holds no account of its own with ether enough.
var ErrNoAccounts = errors.New("the node has no account of its own with so much ether")

// GiveEther lets a development node send ether, in wei, from an account it holds itself (geth --dev
// and anvil hold some), and waits until it is there.
func (c *Client) GiveEther(ctx context.Context, to common.Address, wei *big.Int) error {
	held, err := one[[]common.Address](ctx, c, "eth_accounts")
	if err != nil {
		return err
	}
	before, err := c.BalanceAt(ctx, to, nil)
	if err != nil {
		return err
	}
	need := new(big.Int).Add(wei, big.NewInt(1e15)) // and its gas
	for _, from := range held {
		has, err := c.BalanceAt(ctx, from, nil)
		if err != nil {
			return err
		}
		if has.Cmp(need) < 0 || from == to {
			continue
		}
		give := map[string]any{"from": from, "to": to, "value": (*hexutil.Big)(wei)}
		if _, err := one[common.Hash](ctx, c, "eth_sendTransaction", give); err != nil {
			return err
		}
		for {
			now, err := c.BalanceAt(ctx, to, nil)
			if err == nil && now.Cmp(before) > 0 {
				return nil
			}
			if err := wait(ctx, 200*time.Millisecond); err != nil {
				return fmt.Errorf("the ether given to %s is in no block yet: %w", to, err)
			}
		}
	}
	return ErrNoAccounts
}
