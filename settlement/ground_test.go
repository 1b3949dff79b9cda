package settlement_test

import (
	"context"
	"crypto/ecdsa"
	"log/slog"
	"math/big"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/params"
)

// chain is what the soak asks of a node.
type chain interface {
	settlement.Node
	FilterLogs(ctx context.Context, q ethereum.FilterQuery) ([]types.Log, error)
	CallContract(ctx context.Context, call ethereum.CallMsg, block *big.Int) ([]byte, error)
	ChainID(ctx context.Context) (*big.Int, error)
	PendingNonceAt(ctx context.Context, account common.Address) (uint64, error)
}

// The keys of the soak's people.
const (
	deployer = iota
	signer
	owner
	buyer
	admin
	guardian
	arbiter
	people
)

// ground is a chain with a market, whose every block the soak makes at a time of its
// own choosing: neither the bridge's code nor the machine's clock has a say.
type ground struct {
	t       testing.TB
	chain   chain
	id      *big.Int
	keys    []*ecdsa.PrivateKey
	nonces  map[common.Address]uint64
	dm      *contracts.DataMarket
	market  common.Address
	devices int
	seal    func(at uint64, txs []*types.Transaction) // a block at unix second at
}

func (g *ground) addr(who int) common.Address { return crypto.PubkeyToAddress(g.keys[who].PublicKey) }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (g *ground) head() *types.Header {
	g.t.Helper()
	return must[*types.Header](g.t)(g.chain.HeaderByNumber(context.Background(), nil))
}

// newSimulated is go-ethereum's chain in this process.
func newSimulated(t testing.TB) *ground {
	t.Helper()
	log.SetDefault(log.NewLogger(slog.DiscardHandler))
	g := newGround(t)
	alloc := types.GenesisAlloc{}
	for i := range g.keys {
		alloc[g.addr(i)] = types.Account{Balance: new(big.Int).Mul(big.NewInt(1000), big.NewInt(params.Ether))}
	}
	backend := simulated.NewBackend(alloc, func(_ *node.Config, e *ethconfig.Config) {
		rules := *e.Genesis.Config
		rules.AmsterdamTime, rules.BogotaTime = nil, nil
		e.Genesis.Config = &rules
	})
	t.Cleanup(func() { _ = backend.Close() })
	g.chain = backend.Client().(chain)
	adjust := func(by uint64) {
		var err error
		for range 500 { // refused while the pool still holds what was just mined
			if err = backend.AdjustTime(time.Duration(by) * time.Second); err == nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Fatal(err)
	}
	g.seal = func(at uint64, txs []*types.Transaction) {
		t.Helper()
		gap := at - g.head().Time
		if len(txs) == 0 {
			adjust(gap)
			return
		}
		if gap > 1 {
			adjust(gap - 1) // the block with the transactions comes a second after this one
		}
		for _, tx := range txs {
			if err := g.chain.SendTransaction(context.Background(), tx); err != nil {
				t.Fatal(err)
			}
		}
		for range 500 { // Commit does not promise to take what was just sent
			if g.counted(g.chain.PendingNonceAt, txs) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		for range 20 {
			backend.Commit()
			if g.counted(func(ctx context.Context, a common.Address) (uint64, error) { return g.chain.NonceAt(ctx, a, nil) }, txs) {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatal("transactions are not mined")
	}
	g.id = must[*big.Int](t)(g.chain.ChainID(context.Background()))
	backend.Commit()
	adjust(365 * 86_400) // from here on blocks are later than the machine's clock, and go by ours
	g.deploy()
	return g
}

// newAnvil is a foreign node, whose blocks are made on command.
func newAnvil(t testing.TB) *ground {
	t.Helper()
	servers.Need(t, "anvil")
	g := newGround(t)
	p := servers.Anvil(t)
	client := must[*ethclient.Client](t)(ethclient.Dial(p.URL))
	t.Cleanup(client.Close)
	g.chain, g.id = client, must[*big.Int](t)(client.ChainID(context.Background()))
	do := func(method string, args ...any) {
		t.Helper()
		if err := client.Client().Call(nil, method, args...); err != nil {
			t.Fatalf("%s: %v", method, err)
		}
	}
	do("evm_setIntervalMining", 0)
	do("evm_setAutomine", false)
	for i := range g.keys {
		do("anvil_setBalance", g.addr(i), "0x3635c9adc5dea00000")
	}
	g.seal = func(at uint64, txs []*types.Transaction) {
		t.Helper()
		for _, tx := range txs {
			if err := client.SendTransaction(context.Background(), tx); err != nil {
				t.Fatal(err)
			}
		}
		do("evm_setNextBlockTimestamp", at)
		do("evm_mine")
	}
	g.seal(g.head().Time+30*86_400, nil) // a moved clock
	g.deploy()
	return g
}

// counted tells whether the nonces of all transactions are behind what nonce says.
func (g *ground) counted(nonce func(context.Context, common.Address) (uint64, error), txs []*types.Transaction) bool {
	for _, tx := range txs {
		from := must[common.Address](g.t)(types.Sender(types.LatestSignerForChainID(g.id), tx))
		if must[uint64](g.t)(nonce(context.Background(), from)) <= tx.Nonce() {
			return false
		}
	}
	return true
}

func newGround(t testing.TB) *ground {
	g := &ground{t: t, nonces: map[common.Address]uint64{}, dm: contracts.NewDataMarket()}
	for range people {
		g.keys = append(g.keys, must[*ecdsa.PrivateKey](t)(crypto.GenerateKey()))
	}
	return g
}

// sign makes a transaction of somebody.
func (g *ground) sign(who int, to *common.Address, data []byte) *types.Transaction {
	g.t.Helper()
	from := g.addr(who)
	gas := uint64(600_000)
	if to == nil {
		gas = 9_000_000
	}
	tx := must[*types.Transaction](g.t)(types.SignNewTx(g.keys[who], types.LatestSignerForChainID(g.id), &types.DynamicFeeTx{
		ChainID: g.id, Nonce: g.nonces[from], GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(100 * params.GWei), Gas: gas, To: to, Data: data,
	}))
	g.nonces[from]++
	return tx
}

// receipts insists that transactions are mined, and well.
func (g *ground) receipts(txs ...*types.Transaction) []*types.Receipt {
	g.t.Helper()
	var all []*types.Receipt
	for _, tx := range txs {
		var r *types.Receipt
		for range 20 {
			var err error
			if r, err = g.chain.TransactionReceipt(context.Background(), tx.Hash()); err == nil {
				break
			}
			g.seal(g.head().Time+1, nil)
			time.Sleep(time.Millisecond)
		}
		if r == nil || r.Status != types.ReceiptStatusSuccessful {
			g.t.Fatalf("a transaction of the soak's people: %+v", r)
		}
		all = append(all, r)
	}
	return all
}

func (g *ground) send(who int, to *common.Address, data []byte) *types.Receipt {
	g.t.Helper()
	tx := g.sign(who, to, data)
	g.seal(g.head().Time+1, []*types.Transaction{tx})
	return g.receipts(tx)[0]
}

func (g *ground) deploy() {
	g.t.Helper()
	dtx := contracts.NewDTX()
	token := g.send(deployer, nil, append(common.FromHex(contracts.DTXMetaData.Bin), dtx.PackConstructor(g.addr(deployer), contracts.DTXWei(1_000_000_000))...)).ContractAddress
	rules := contracts.MainnetRules()
	rules.Token, rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter = token, g.addr(deployer), g.addr(deployer), g.addr(guardian), g.addr(arbiter)
	g.market = g.send(deployer, nil, append(common.FromHex(contracts.DataMarketMetaData.Bin), g.dm.PackConstructor(rules)...)).ContractAddress
	for _, who := range []int{owner, buyer} {
		g.send(deployer, &token, dtx.PackTransfer(g.addr(who), contracts.DTXWei(10_000_000)))
		g.send(who, &token, dtx.PackApprove(g.market, contracts.DTXWei(10_000_000)))
	}
	g.send(admin, &g.market, g.dm.PackRegisterOperator(g.addr(signer), g.addr(signer), [32]byte{}, "", [32]byte{}))
}

// list lists a new device.
func (g *ground) list(price int64, interval uint32, terms common.Hash) (stream uint64, device common.Hash) {
	g.t.Helper()
	g.devices++
	device = crypto.Keccak256Hash(big.NewInt(int64(g.devices)).Bytes())
	claim := contracts.DeviceClaim{Operator: 1, Owner: g.addr(owner), Device: device, Deadline: g.head().Time + 80_000}
	digest := must[common.Hash](g.t)(contracts.DeviceClaimHash(g.id, g.market, claim))
	sig := must[[]byte](g.t)(settlement.NewKey(g.keys[signer]).SignHash(digest))
	r := g.send(owner, &g.market, g.dm.PackList(contracts.Listing{
		Operator: big.NewInt(1), Device: device, Price: big.NewInt(price), Interval: interval, Terms: terms, Stake: contracts.DTXWei(1_000),
		Deadline: new(big.Int).SetUint64(claim.Deadline), OperatorSig: sig, Parents: []uint64{},
	}))
	for _, l := range r.Logs {
		if e, err := g.dm.UnpackStreamListedEvent(l); err == nil {
			return e.Stream, device
		}
	}
	g.t.Fatal("no stream was listed")
	return 0, device
}

// buying is the call that buys a stream.
func (g *ground) buying(stream uint64, duration uint32, price int64, interval uint32, terms common.Hash) []byte {
	return g.dm.PackBuy(stream, duration, big.NewInt(price), interval, terms, common.Address{}, [32]byte{})
}

// purchase is what the chain knows of a purchase.
func (g *ground) purchase(id uint64) contracts.Purchase {
	g.t.Helper()
	out := must[[]byte](g.t)(g.chain.CallContract(context.Background(), ethereum.CallMsg{To: &g.market, Data: g.dm.PackGetPurchase(id)}, nil))
	return must[contracts.Purchase](g.t)(g.dm.UnpackGetPurchase(out))
}
