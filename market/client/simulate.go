package client

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"
)

// simulator is a node that plays transactions one after the other (eth_simulateV1). Not
// every node can.
type simulator interface {
	SimulateV1(ctx context.Context, opts ethclient.SimulateOptions, block *rpc.BlockNumberOrHash) ([]ethclient.SimulateBlockResult, error)
}

// simulate plays batches that stand on each other, and fills in their gas. Where the node
// cannot, they stay as they are.
func (c *Client) simulate(ctx context.Context, all []batch) error {
	node, can := c.node.(simulator)
	if !can {
		return nil
	}
	head, err := c.node.HeaderByNumber(ctx, nil)
	if err != nil {
		return nil // the estimate of the first stands
	}
	opts := ethclient.SimulateOptions{}
	for i, b := range all { // a block each: together they may need more than one block holds
		// A second each, too: nodes would put twelve between them, and refuse what is not too late yet.
		at := &ethereum.BlockOverrides{Time: head.Time + uint64(i) + 1}
		opts.BlockStateCalls = append(opts.BlockStateCalls, ethclient.SimulateBlock{BlockOverrides: at, Calls: []ethereum.CallMsg{{From: c.From, To: b.to, Data: b.data}}})
	}
	latest := rpc.BlockNumberOrHashWithHash(head.Hash(), false)
	blocks, err := node.SimulateV1(ctx, opts, &latest)
	if err != nil || len(blocks) != len(all) {
		return nil // not this node
	}
	for i, block := range blocks {
		if len(block.Calls) != 1 {
			return nil
		}
		did := block.Calls[0]
		if did.Status == 0 {
			return fmt.Errorf("%s: %w", strings.TrimSuffix(all[i].does, "."), c.Explain(refusal(did)))
		}
		used := did.MaxUsedGas
		if used == 0 { // before refunds, which are a fifth at most
			used = did.GasUsed + did.GasUsed/4
		}
		if used > math.MaxUint32 {
			return nil
		}
		all[i].gas = contracts.GasLimit(used)
	}
	return nil
}

// refused is a refusal as nodes report it in an estimate.
type refused struct {
	text string
	data hexutil.Bytes
}

func refusal(r ethclient.SimulateCallResult) error {
	e := refused{text: "execution reverted", data: r.ReturnValue}
	if r.Error != nil {
		e.text = r.Error.Message
		if len(e.data) == 0 {
			e.data = common.FromHex(r.Error.Data)
		}
	}
	return e
}

func (e refused) Error() string  { return e.text }
func (e refused) ErrorCode() int { return 3 }
func (e refused) ErrorData() any { return e.data.String() }
