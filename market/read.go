package market

import (
	"context"
	"fmt"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
)

// Reader asks a node for the market's state as it is now: what commands and
// checks show. The hot path never does.
type Reader struct {
	contract *bind.BoundContract
	backend  bind.ContractBackend
	dm       *contracts.DataMarket
	market   common.Address
}

// NewReader reads the market at an address.
func NewReader(backend bind.ContractBackend, market common.Address) *Reader {
	dm := contracts.NewDataMarket()
	return &Reader{contract: dm.Instance(backend, market), backend: backend, dm: dm, market: market}
}

func read[T any](ctx context.Context, r *Reader, what string, input []byte, unpack func([]byte) (T, error)) (T, error) {
	out, err := bind.Call(r.contract, &bind.CallOpts{Context: ctx}, input, unpack)
	if err != nil {
		return out, fmt.Errorf("read %s: %w", what, err)
	}
	return out, nil
}

// Operator reads an operator; Admin is zero if there is none.
func (r *Reader) Operator(ctx context.Context, id OperatorID) (contracts.Operator, error) {
	return read(ctx, r, fmt.Sprintf("operator %d", id), r.dm.PackGetOperator(bigOperator(id)), r.dm.UnpackGetOperator)
}

// Config reads the rules of the deployment.
func (r *Reader) Config(ctx context.Context) (contracts.Config, error) {
	return read(ctx, r, "the market's rules", r.dm.PackConfig(), r.dm.UnpackConfig)
}

// Credit reads what an account may withdraw, in wei.
func (r *Reader) Credit(ctx context.Context, a common.Address) (*big.Int, error) {
	return read(ctx, r, "a credit", r.dm.PackCredit(a), r.dm.UnpackCredit)
}

// DeviceNonce reads the nonce the next device claim must carry.
func (r *Reader) DeviceNonce(ctx context.Context, op OperatorID, device common.Hash) (uint32, error) {
	return read(ctx, r, "a device's nonce", r.dm.PackDeviceNonce(bigOperator(op), device), r.dm.UnpackDeviceNonce)
}

// Balance reads an account's tokens, in wei.
func (r *Reader) Balance(ctx context.Context, token, account common.Address) (*big.Int, error) {
	dtx := contracts.NewDTX()
	out, err := bind.Call(dtx.Instance(r.backend, token), &bind.CallOpts{Context: ctx}, dtx.PackBalanceOf(account), dtx.UnpackBalanceOf)
	if err != nil {
		return nil, fmt.Errorf("read a balance: %w", err)
	}
	return out, nil
}

// Allowance reads what spender may take of owner's tokens, in wei.
func (r *Reader) Allowance(ctx context.Context, token, owner, spender common.Address) (*big.Int, error) {
	dtx := contracts.NewDTX()
	out, err := bind.Call(dtx.Instance(r.backend, token), &bind.CallOpts{Context: ctx}, dtx.PackAllowance(owner, spender), dtx.UnpackAllowance)
	if err != nil {
		return nil, fmt.Errorf("read an allowance: %w", err)
	}
	return out, nil
}

// Stream reads one stream; State is StreamNone if there is none.
func (r *Reader) Stream(ctx context.Context, id StreamID) (Stream, error) {
	s, err := read(ctx, r, fmt.Sprintf("stream %d", id), r.dm.PackGetStream(uint64(id)), r.dm.UnpackGetStream)
	if err != nil {
		return Stream{}, err
	}
	stream := Stream{
		ID: id, Operator: OperatorID(s.Operator.Uint64()), Owner: s.Owner, Device: s.Device, Price: s.Price.Uint64(),
		Interval: s.Interval, Terms: s.Terms, Stake: s.Stake, Round: Round{Number: s.Round},
		State: StreamState(s.State), StopAt: s.StopAt.Uint64(), Unpaid: s.Unpaid, Restricted: s.Restricted,
	}
	if stream.State == StreamSlashed {
		stream.Stake = new(big.Int) // what is there is the challengers'
	}
	return stream, nil
}

// bigOperator is an operator's id as the bindings take uint40.
func bigOperator(id OperatorID) *big.Int { return new(big.Int).SetUint64(uint64(id)) }

// Purchase reads one purchase; State is PurchaseNone if there is none.
func (r *Reader) Purchase(ctx context.Context, id PurchaseID) (Purchase, error) {
	p, _, err := r.PurchaseWithTag(ctx, id)
	return p, err
}

// PurchaseWithTag reads one purchase and the first bytes of the hash of its terms: all
// of it that the contract keeps.
func (r *Reader) PurchaseWithTag(ctx context.Context, id PurchaseID) (Purchase, [8]byte, error) {
	p, err := read(ctx, r, fmt.Sprintf("purchase %d", id), r.dm.PackGetPurchase(uint64(id)), r.dm.UnpackGetPurchase)
	if err != nil {
		return Purchase{}, [8]byte{}, err
	}
	return Purchase{
		ID: id, Stream: StreamID(p.Stream), Buyer: p.Buyer, Start: p.Start.Uint64(), End: p.End.Uint64(),
		Price: p.Price.Uint64(), Interval: p.Interval, Quota: p.Quota, Delivered: p.Delivered, State: PurchaseState(p.State),
	}, p.TermsTag, nil
}

// Streams reads all streams that keep wants (nil: all), by id.
func (r *Reader) Streams(ctx context.Context, keep func(Stream) bool) ([]Stream, error) {
	n, err := read(ctx, r, "the number of streams", r.dm.PackStreamCount(), r.dm.UnpackStreamCount)
	if err != nil {
		return nil, err
	}
	return each(n, func(id uint64) (Stream, error) { return r.Stream(ctx, StreamID(id)) }, keep)
}

// Purchases reads all purchases that keep wants (nil: all), by id.
func (r *Reader) Purchases(ctx context.Context, keep func(Purchase) bool) ([]Purchase, error) {
	n, err := read(ctx, r, "the number of purchases", r.dm.PackPurchaseCount(), r.dm.UnpackPurchaseCount)
	if err != nil {
		return nil, err
	}
	return each(n, func(id uint64) (Purchase, error) { return r.Purchase(ctx, PurchaseID(id)) }, keep)
}

func each[T any](n uint64, get func(uint64) (T, error), keep func(T) bool) ([]T, error) {
	all := []T{}
	for id := uint64(1); id <= n; id++ {
		v, err := get(id)
		if err != nil {
			return nil, err
		}
		if keep == nil || keep(v) {
			all = append(all, v)
		}
	}
	return all, nil
}
