package evidence

import (
	"context"
	"fmt"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// node is the Chain a market's reader gives.
type node struct {
	r       *market.Reader
	chainID uint64
	market  common.Address
	from    uint64
	dm      *contracts.DataMarket
}

// FromNode asks a node. Operators' events are looked for from block from on.
func FromNode(r *market.Reader, chainID uint64, at common.Address, from uint64) Chain {
	return node{r, chainID, at, from, contracts.NewDataMarket()}
}

func (n node) ID(context.Context) (uint64, common.Address, error) { return n.chainID, n.market, nil }

func (n node) Purchase(ctx context.Context, p market.PurchaseID) (market.Purchase, [8]byte, error) {
	return n.r.PurchaseWithTag(ctx, p)
}

func (n node) Stream(ctx context.Context, s market.StreamID) (market.Stream, error) {
	return n.r.Stream(ctx, s)
}

func key[T ~uint64](id T) *big.Int { return new(big.Int).SetUint64(uint64(id)) }

func (n node) Bought(ctx context.Context, p market.PurchaseID, block uint64) (bool, error) {
	logs, err := n.r.LogsOf(ctx, block, block, "Purchased", key(p))
	return len(logs) > 0, err
}

func (n node) Moved(ctx context.Context, p market.PurchaseID, s market.StreamID, after uint64) (bool, error) {
	for _, move := range []struct {
		event string
		of    *big.Int
	}{{"Extended", key(p)}, {"Cancelled", key(p)}, {"StreamClosed", key(s)}, {"Ruled", key(s)}} {
		if logs, err := n.r.Logs(ctx, after+1, move.event, move.of); err != nil || len(logs) > 0 {
			return len(logs) > 0, err
		}
	}
	return false, nil
}

func (n node) Settled(ctx context.Context, p market.PurchaseID, from uint64) ([]Settled, error) {
	return each(ctx, n, from, "Settled", key(p), n.dm.UnpackSettledEvent, func(l *types.Log, e *contracts.DataMarketSettled) Settled {
		return Settled{l.TxHash, l.BlockNumber, e.Delivered}
	})
}

func (n node) Roots(ctx context.Context, op market.OperatorID, block uint64) ([]Root, error) {
	logs, err := n.r.LogsOf(ctx, block, block, "SettlementRoot", key(op))
	return unpacked(logs, err, n.dm.UnpackSettlementRootEvent, func(l *types.Log, e *contracts.DataMarketSettlementRoot) Root {
		return Root{l.TxHash, e.Root}
	})
}

func (n node) Keys(ctx context.Context, op market.OperatorID) (signers []common.Address, keys []common.Hash, err error) {
	now, err := n.r.Operator(ctx, op)
	if err != nil {
		return nil, nil, err
	}
	first, err := each(ctx, n, n.from, "OperatorRegistered", key(op), n.dm.UnpackOperatorRegisteredEvent,
		func(_ *types.Log, e *contracts.DataMarketOperatorRegistered) common.Address { return e.Signer })
	if err != nil {
		return nil, nil, err
	}
	later, err := each(ctx, n, n.from, "SignerSet", key(op), n.dm.UnpackSignerSetEvent,
		func(_ *types.Log, e *contracts.DataMarketSignerSet) common.Address { return e.Signer })
	if err != nil {
		return nil, nil, err
	}
	keys, err = each(ctx, n, n.from, "OperatorMetadataSet", key(op), n.dm.UnpackOperatorMetadataSetEvent,
		func(_ *types.Log, e *contracts.DataMarketOperatorMetadataSet) common.Hash { return e.Keys })
	return append(append(first, later...), now.Signer), append(keys, now.Keys), err
}

// each reads the events of a name whose first indexed argument is this.
func each[E, T any](ctx context.Context, n node, from uint64, event string, arg *big.Int, unpack func(*types.Log) (*E, error), take func(*types.Log, *E) T) ([]T, error) {
	logs, err := n.r.Logs(ctx, from, event, arg)
	return unpacked(logs, err, unpack, take)
}

func unpacked[E, T any](logs []types.Log, err error, unpack func(*types.Log) (*E, error), take func(*types.Log, *E) T) ([]T, error) {
	var all []T
	for i := range logs {
		e, uerr := unpack(&logs[i])
		if uerr != nil {
			return nil, fmt.Errorf("%w: %w", market.ErrForeignLog, uerr)
		}
		all = append(all, take(&logs[i], e))
	}
	return all, err
}
