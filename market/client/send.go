package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// batch is a transaction: the first n of some calls.
type batch struct {
	to   *common.Address
	wei  *big.Int // ether sent along; nil: none
	data []byte
	does string
	n    int
	gas  uint64 // limit; 0: not estimated
}

// pack makes one transaction of calls. Only calls of the market can share one.
func (c *Client) pack(first []byte, calls []call) batch {
	b := batch{to: calls[0].to, data: calls[0].data, does: calls[0].does, n: len(calls)}
	if first == nil && len(calls) == 1 {
		return b
	}
	var parts [][]byte
	if first != nil {
		parts = append(parts, first)
	}
	for _, one := range calls {
		parts = append(parts, one.data)
	}
	b.data, b.does = c.dm.PackMulticall(parts), together(calls)
	return b
}

// together says what calls do; what several do is said once.
func together(calls []call) string {
	var said []string
	for i := 0; i < len(calls); {
		n := 1
		for i+n < len(calls) && calls[i+n].does == calls[i].does {
			n++
		}
		if n > 1 {
			said = append(said, fmt.Sprintf("%d times:", n))
		}
		said = append(said, calls[i].does)
		i += n
	}
	return strings.Join(said, " ")
}

// shareable counts the calls at the head of a list that may share a transaction.
func (c *Client) shareable(calls []call) int {
	for i, one := range calls {
		if one.to == nil || *one.to != c.Market {
			return max(i, 1)
		}
	}
	return len(calls)
}

// fit makes the largest batch of the first calls that one transaction may hold,
// starting from a guess of how many. Of all calls these are the last: where there are
// several, an error says which is at fault.
func (c *Client) fit(ctx context.Context, first []byte, calls []call, guess, all int) (batch, error) {
	room, err := c.room(ctx)
	if err != nil {
		return batch{}, err
	}
	most := c.shareable(calls)
	b, err := c.sized(ctx, room, first, calls[:min(guess, most)])
	if err != nil || b.n == most {
		return b, c.blame(ctx, room, first, calls[:min(guess, most)], len(calls), all, err)
	}
	n := min(most, max(1, int(room*9/10*uint64(b.n)/b.gas)))
	for n > b.n {
		larger, err := c.sized(ctx, room, first, calls[:n])
		if err == nil {
			return larger, nil
		}
		if !errors.Is(err, errTooLarge) {
			return b, c.blame(ctx, room, first, calls[:n], len(calls), all, err)
		}
		n = n * 3 / 4
	}
	return b, nil
}

// sized estimates a batch, which is its simulation too.
func (c *Client) sized(ctx context.Context, room uint64, first []byte, calls []call) (batch, error) {
	b := c.pack(first, calls)
	gas, err := c.node.EstimateGas(ctx, ethereum.CallMsg{From: c.From, To: b.to, Data: b.data})
	switch {
	case err == nil && contracts.GasLimit(gas) <= room && gas+gas/8 <= room:
		b.gas = contracts.GasLimit(gas)
		return b, nil
	case err == nil:
		return b, fmt.Errorf("%d gas, at most %d: %w", gas, room, errTooLarge)
	case needsMore(err) && b.n > 1:
		return b, errTooLarge
	}
	return b, c.trouble(ctx, err)
}

// room is the most gas one transaction may ask for on this chain.
func (c *Client) room(ctx context.Context) (uint64, error) {
	head, err := c.node.HeaderByNumber(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the head: %w", err)
	}
	return min(head.GasLimit, contracts.TxGasMax), nil
}

// blame finds the call at fault when several share a transaction.
func (c *Client) blame(ctx context.Context, room uint64, first []byte, calls []call, left, all int, err error) error {
	if err == nil || all == 1 || errors.Is(err, errTooLarge) && len(calls) > 1 {
		return err
	}
	good, bad := 0, len(calls) // good calls pass, bad do not
	for bad-good > 1 {
		middle := (good + bad) / 2
		if _, e := c.sized(ctx, room, first, calls[:middle]); e != nil && !errors.Is(e, errTooLarge) {
			bad, err = middle, e
		} else {
			good = middle
		}
	}
	return fmt.Errorf("number %d of %d (%s): %w", all-left+bad, all, strings.TrimSuffix(calls[bad-1].does, "."), err)
}

// needsMore tells whether an estimate failed for want of gas, or may have: a contract
// whose inner call ran out of gas says FailedCall, or nothing.
func needsMore(err error) bool {
	data, refused := node.RevertData(err)
	if refused {
		return len(data) == 0 || common.Bytes2Hex(data) == "d6bda275" // FailedCall()
	}
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "exceeds allowance") || strings.Contains(text, "out of gas") || strings.Contains(text, "gas limit")
}

// trouble tells why a node takes no transaction.
func (c *Client) trouble(ctx context.Context, err error) error {
	if _, refused := node.RevertData(err); !refused && (needsMore(err) || strings.Contains(err.Error(), "insufficient funds")) {
		if has, e := c.node.BalanceAt(ctx, c.From, nil); e == nil && has.Sign() == 0 {
			return fmt.Errorf("%w: send some to %s, it has none", ErrEther, c.From)
		}
	}
	return c.Explain(err)
}

// send signs and sends a batch and waits until it is mined.
func (c *Client) send(ctx context.Context, key Signer, b batch) (*types.Receipt, error) {
	for tries := 0; ; tries++ {
		nonce, err := c.node.PendingNonceAt(ctx, c.From)
		if err != nil {
			return nil, fmt.Errorf("ask for the nonce of %s: %w", c.From, err)
		}
		tx, cost, err := c.submit(ctx, key, nonce, b)
		switch {
		case err == nil:
			return c.mined(ctx, tx)
		case cost == nil: // it was not sent
			return nil, err
		case tries < retries && taken(err): // the nonce went to another of the account's transactions
		case strings.Contains(strings.ToLower(err.Error()), "insufficient funds"):
			return nil, fmt.Errorf("%w: send some to %s, this transaction needs up to %s ether", ErrEther, c.From, Decimal(cost, 18))
		default:
			return nil, fmt.Errorf("send: %w", c.Explain(err))
		}
	}
}

// submit signs and sends a batch. cost is the most it can cost, in wei of ether; nil if it came to no sending.
func (c *Client) submit(ctx context.Context, key Signer, nonce uint64, b batch) (hash common.Hash, cost *big.Int, err error) {
	tx, cost, err := c.priced(ctx, nonce, b.unlike())
	if err != nil {
		return hash, nil, err
	}
	signed, err := key.SignTx(tx, c.ChainID)
	if err != nil {
		return hash, nil, fmt.Errorf("sign: %w", err)
	}
	return signed.Hash(), cost, c.node.SendTransaction(ctx, signed)
}

// unlike is the batch with a little more gas than another of the account's would ask for. Two
// equal orders sent at once would be one and the same transaction, and one of them lost.
func (b batch) unlike() batch {
	b.gas = min(b.gas+rand.Uint64N(1<<14), max(b.gas, contracts.TxGasMax))
	return b
}

// taken tells whether a node refused a transaction because of its nonce. One that was
// refused so was not taken in.
func taken(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "nonce too low") || strings.Contains(text, "replacement transaction underpriced")
}

// priced puts fees to a batch: room for the base fee to double, or one gas price where
// the chain has no base fee. cost is the most it can cost, in wei of ether.
func (c *Client) priced(ctx context.Context, nonce uint64, b batch) (tx *types.Transaction, cost *big.Int, err error) {
	head, err := c.node.HeaderByNumber(ctx, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the fees: %w", err)
	}
	gas := new(big.Int).SetUint64(b.gas)
	if head.BaseFee == nil {
		price, err := c.node.SuggestGasPrice(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("ask for the fees: %w", err)
		}
		return types.NewTx(&types.LegacyTx{Nonce: nonce, GasPrice: price, Gas: b.gas, To: b.to, Value: b.wei, Data: b.data}), b.plus(gas.Mul(gas, price)), nil
	}
	tip, err := c.node.SuggestGasTipCap(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the fees: %w", err)
	}
	most := new(big.Int).Add(tip, new(big.Int).Lsh(head.BaseFee, 1))
	return types.NewTx(&types.DynamicFeeTx{
		ChainID: c.ChainID, Nonce: nonce, GasTipCap: tip, GasFeeCap: most, Gas: b.gas, To: b.to, Value: b.wei, Data: b.data,
	}), b.plus(gas.Mul(gas, most)), nil
}

// plus is a cost with the ether that is sent along.
func (b batch) plus(cost *big.Int) *big.Int {
	if b.wei == nil {
		return cost
	}
	return cost.Add(cost, b.wei)
}

// SendEther sends so much of an account's ether, in wei, and waits until it is mined.
func SendEther(ctx context.Context, node Node, key Signer, to common.Address, wei *big.Int) (Mined, error) {
	c, err := bare(ctx, node, key.Address())
	if err != nil {
		return Mined{}, err
	}
	gas, err := node.EstimateGas(ctx, ethereum.CallMsg{From: c.From, To: &to, Value: wei})
	if err != nil {
		return Mined{}, fmt.Errorf("%s ether of %s: %w", Decimal(wei, 18), c.From, c.trouble(ctx, err))
	}
	r, err := c.send(ctx, key, batch{to: &to, wei: wei, gas: contracts.GasLimit(gas)})
	if err != nil {
		return Mined{}, err
	}
	return Mined{Tx: r.TxHash, Block: r.BlockNumber.Uint64(), GasUsed: r.GasUsed}, nil
}

// mined waits for a receipt, looking often at first and then five times a second.
func (c *Client) mined(ctx context.Context, tx common.Hash) (*types.Receipt, error) {
	wait := c.Wait
	if wait == 0 {
		wait = 5 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for pause := 25 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		receipt, err := c.node.TransactionReceipt(ctx, tx)
		if err == nil && receipt.Status != types.ReceiptStatusSuccessful {
			return nil, fmt.Errorf("transaction %s: %w", tx, ErrReverted)
		}
		if err == nil {
			return receipt, nil
		}
		select {
		case <-ctx.Done(): // a node that does not answer and one that has no receipt yet come to the same
			return nil, fmt.Errorf("transaction %s is %w", tx, ErrNotMined)
		case <-time.After(pause):
		}
	}
}
