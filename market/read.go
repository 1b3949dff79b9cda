package market

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Chain is what a Reader asks: *node.Client, or a chain within the process.
type Chain interface {
	CallContract(ctx context.Context, call ethereum.CallMsg, block *big.Int) ([]byte, error)
	FilterLogs(ctx context.Context, q ethereum.FilterQuery) ([]types.Log, error)
}

// batcher is a Chain that makes many calls in few requests; a Reader's lists use it.
type batcher interface {
	CallMany(ctx context.Context, calls []ethereum.CallMsg) ([][]byte, error)
}

// Reader asks a node for the market's state as it is now: what commands and
// checks show. The hot path never does.
type Reader struct {
	chain  Chain
	dm     *contracts.DataMarket
	market common.Address
}

// NewReader reads the market at an address.
func NewReader(chain Chain, market common.Address) *Reader {
	return &Reader{chain: chain, dm: contracts.NewDataMarket(), market: market}
}

func read[T any](ctx context.Context, r *Reader, what string, input []byte, unpack func([]byte) (T, error)) (T, error) {
	return readAt(ctx, r, r.market, what, input, unpack)
}

func readAt[T any](ctx context.Context, r *Reader, contract common.Address, what string, input []byte, unpack func([]byte) (T, error)) (v T, err error) {
	out, err := r.chain.CallContract(ctx, ethereum.CallMsg{To: &contract, Data: input}, nil)
	if err == nil {
		v, err = unpacked(contract, out, unpack)
	}
	if err != nil {
		return v, fmt.Errorf("read %s: %w", what, err)
	}
	return v, nil
}

// unpacked decodes what a contract returned. An account without code returns nothing.
func unpacked[T any](contract common.Address, out []byte, unpack func([]byte) (T, error)) (v T, err error) {
	if len(out) == 0 {
		return v, fmt.Errorf("%w (%s)", node.ErrNoContract, contract)
	}
	return unpack(out)
}

// readMany reads one thing for each of n inputs, in as few requests as the chain allows.
func readMany[T any](ctx context.Context, r *Reader, what string, n int, input func(i int) []byte, unpack func(i int, out []byte) (T, error)) ([]T, error) {
	calls := make([]ethereum.CallMsg, n)
	for i := range calls {
		calls[i] = ethereum.CallMsg{To: &r.market, Data: input(i)}
	}
	outs, err := callMany(ctx, r.chain, calls)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	all := make([]T, n)
	for i, out := range outs {
		if all[i], err = unpacked(r.market, out, func(b []byte) (T, error) { return unpack(i, b) }); err != nil {
			return nil, fmt.Errorf("read %s: %w", what, err)
		}
	}
	return all, nil
}

func callMany(ctx context.Context, chain Chain, calls []ethereum.CallMsg) ([][]byte, error) {
	if b, ok := chain.(batcher); ok {
		return b.CallMany(ctx, calls)
	}
	outs := make([][]byte, len(calls))
	for i, call := range calls {
		var err error
		if outs[i], err = chain.CallContract(ctx, call, nil); err != nil {
			return nil, err
		}
	}
	return outs, nil
}

// Operator reads an operator; Admin is zero if there is none.
func (r *Reader) Operator(ctx context.Context, id OperatorID) (contracts.Operator, error) {
	return read(ctx, r, fmt.Sprintf("operator %d", id), r.dm.PackGetOperator(bigOperator(id)), r.dm.UnpackGetOperator)
}

// OperatorCount is the id of the newest operator; 0: there is none.
func (r *Reader) OperatorCount(ctx context.Context) (uint64, error) {
	n, err := read(ctx, r, "the number of operators", r.dm.PackOperatorCount(), r.dm.UnpackOperatorCount)
	if err != nil {
		return 0, err
	}
	return n.Uint64(), nil
}

// Config reads the rules of the deployment.
func (r *Reader) Config(ctx context.Context) (contracts.Config, error) {
	return read(ctx, r, "the market's rules", r.dm.PackConfig(), r.dm.UnpackConfig)
}

// Rules reads what of a deployment's rules the books go by.
func (r *Reader) Rules(ctx context.Context) (Rules, error) {
	c, err := r.Config(ctx)
	if err != nil {
		return Rules{}, err
	}
	decimals, err := r.Decimals(ctx, c.Token)
	return Rules{ClaimWindow: c.ClaimWindow.Uint64(), Decimals: decimals}, err
}

// Decimals reads a token's decimals and refuses one that no market takes.
func (r *Reader) Decimals(ctx context.Context, token common.Address) (int, error) {
	dtx := contracts.NewDTX()
	n, err := readAt(ctx, r, token, "the token's decimals", dtx.PackDecimals(), dtx.UnpackDecimals)
	if err != nil {
		return 0, err
	}
	if n < contracts.DecimalsLeast || n > contracts.DecimalsMost {
		return 0, fmt.Errorf("the token %s has %d decimals: a market takes %d to %d", token, n, contracts.DecimalsLeast, contracts.DecimalsMost)
	}
	return int(n), nil
}

// Credit reads what an account may withdraw, in wei.
func (r *Reader) Credit(ctx context.Context, a common.Address) (*big.Int, error) {
	return read(ctx, r, "a credit", r.dm.PackCredit(a), r.dm.UnpackCredit)
}

// DeviceNonces reads the nonces that the next claims of devices must carry.
func (r *Reader) DeviceNonces(ctx context.Context, op OperatorID, devices ...common.Hash) ([]uint32, error) {
	return readMany(ctx, r, "devices' nonces", len(devices), func(i int) []byte { return r.dm.PackDeviceNonce(bigOperator(op), devices[i]) },
		func(_ int, b []byte) (uint32, error) { return r.dm.UnpackDeviceNonce(b) })
}

// LiveStreams reads the streams that devices are listed as now; zero: as none.
func (r *Reader) LiveStreams(ctx context.Context, op OperatorID, devices ...common.Hash) ([]StreamID, error) {
	return readMany(ctx, r, "devices' streams", len(devices), func(i int) []byte { return r.dm.PackLiveStream(bigOperator(op), devices[i]) },
		func(_ int, b []byte) (StreamID, error) { n, err := r.dm.UnpackLiveStream(b); return StreamID(n), err })
}

// Balance reads an account's tokens, in wei.
func (r *Reader) Balance(ctx context.Context, token, account common.Address) (*big.Int, error) {
	dtx := contracts.NewDTX()
	return readAt(ctx, r, token, "a balance", dtx.PackBalanceOf(account), dtx.UnpackBalanceOf)
}

// Allowance reads what spender may take of owner's tokens, in wei.
func (r *Reader) Allowance(ctx context.Context, token, owner, spender common.Address) (*big.Int, error) {
	dtx := contracts.NewDTX()
	return readAt(ctx, r, token, "an allowance", dtx.PackAllowance(owner, spender), dtx.UnpackAllowance)
}

// Stream reads one stream; State is StreamNone if there is none.
func (r *Reader) Stream(ctx context.Context, id StreamID) (Stream, error) {
	return read(ctx, r, fmt.Sprintf("stream %d", id), r.dm.PackGetStream(uint64(id)), func(b []byte) (Stream, error) { return r.stream(id, b) })
}

func (r *Reader) stream(id StreamID, b []byte) (Stream, error) {
	s, err := r.dm.UnpackGetStream(b)
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
func (r *Reader) PurchaseWithTag(ctx context.Context, id PurchaseID) (p Purchase, tag [8]byte, err error) {
	p, err = read(ctx, r, fmt.Sprintf("purchase %d", id), r.dm.PackGetPurchase(uint64(id)), func(b []byte) (p Purchase, err error) {
		p, tag, err = r.purchase(id, b)
		return p, err
	})
	return p, tag, err
}

func (r *Reader) purchase(id PurchaseID, b []byte) (Purchase, [8]byte, error) {
	p, err := r.dm.UnpackGetPurchase(b)
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
	all, err := readMany(ctx, r, "the streams", int(n),
		func(i int) []byte { return r.dm.PackGetStream(uint64(i) + 1) },
		func(i int, b []byte) (Stream, error) { return r.stream(StreamID(i)+1, b) })
	return kept(all, keep), err
}

// Purchases reads all purchases that keep wants (nil: all), by id.
func (r *Reader) Purchases(ctx context.Context, keep func(Purchase) bool) ([]Purchase, error) {
	return r.NewestPurchases(ctx, math.MaxUint64, keep)
}

// NewestPurchases reads so many at most, the newest, in the order of their ids.
func (r *Reader) NewestPurchases(ctx context.Context, most uint64, keep func(Purchase) bool) ([]Purchase, error) {
	n, err := read(ctx, r, "the number of purchases", r.dm.PackPurchaseCount(), r.dm.UnpackPurchaseCount)
	if err != nil {
		return nil, err
	}
	first := n - min(n, most) + 1
	all, err := readMany(ctx, r, "the purchases", int(n+1-first),
		func(i int) []byte { return r.dm.PackGetPurchase(uint64(i) + first) },
		func(i int, b []byte) (Purchase, error) {
			p, _, err := r.purchase(PurchaseID(uint64(i)+first), b)
			return p, err
		})
	return kept(all, keep), err
}

func kept[T any](all []T, keep func(T) bool) []T {
	if keep == nil {
		return all
	}
	return slices.DeleteFunc(all, func(v T) bool { return !keep(v) })
}
