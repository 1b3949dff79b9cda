package contracts_test

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"flag"
	"log/slog"
	"math/big"
	"os"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/params"
)

var update = flag.Bool("update", false, "rewrite gas.json")

// yard is a market on a chain in this process, whose clock and blocks the test
// moves.
type yard struct {
	t       *testing.T
	backend *simulated.Backend
	client  simulated.Client
	id      *big.Int
	dm      *contracts.DataMarket
	d       contracts.Deployment
	nonces  map[common.Address]uint64
	keys    []*ecdsa.PrivateKey // 0 deploys, is platform and arbiter; 1 is the operator's admin and signer; the rest are people
}

// newYard deploys under today's mainnet rules, or with every fork go-ethereum knows.
func newYard(t *testing.T, people int, amsterdam bool) *yard {
	t.Helper()
	log.SetDefault(log.NewLogger(slog.DiscardHandler))
	y := &yard{t: t, dm: contracts.NewDataMarket(), nonces: map[common.Address]uint64{}}
	alloc := types.GenesisAlloc{}
	for range people + 2 {
		k, err := crypto.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		y.keys = append(y.keys, k)
		alloc[crypto.PubkeyToAddress(k.PublicKey)] = types.Account{Balance: new(big.Int).Mul(big.NewInt(1000), big.NewInt(params.Ether))}
	}
	y.backend = simulated.NewBackend(alloc, func(_ *node.Config, e *ethconfig.Config) {
		if !amsterdam {
			rules := *e.Genesis.Config
			rules.AmsterdamTime, rules.BogotaTime = nil, nil
			e.Genesis.Config = &rules
		}
	})
	t.Cleanup(func() { _ = y.backend.Close() })
	y.client = y.backend.Client()
	var err error
	if y.id, err = y.client.ChainID(t.Context()); err != nil {
		t.Fatal(err)
	}
	rules := contracts.MainnetRules()
	me := y.addr(0)
	rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter = me, me, me, me
	code := append(common.FromHex(contracts.DTXMetaData.Bin), contracts.NewDTX().PackConstructor(me, contracts.DTXWei(1_000_000_000))...)
	y.d.Token = y.send(0, nil, code).ContractAddress
	rules.Token = y.d.Token
	code = append(common.FromHex(contracts.DataMarketMetaData.Bin), y.dm.PackConstructor(rules)...)
	y.d.Market = y.send(0, nil, code).ContractAddress
	dtx := contracts.NewDTX()
	for i := 2; i < len(y.keys); i++ {
		y.send(0, &y.d.Token, dtx.PackTransfer(y.addr(i), contracts.DTXWei(10_000)))
		y.send(i, &y.d.Token, dtx.PackApprove(y.d.Market, contracts.DTXWei(1_000_000)))
	}
	y.call(1, y.dm.PackRegisterOperator(y.addr(1), y.addr(1), [32]byte{}, "", [32]byte{}))
	return y
}

func (y *yard) addr(who int) common.Address { return crypto.PubkeyToAddress(y.keys[who].PublicKey) }

// send mines one transaction in a block of its own and insists that it succeeds.
func (y *yard) send(who int, to *common.Address, data []byte) *types.Receipt {
	y.t.Helper()
	from := y.addr(who)
	gas, err := y.client.EstimateGas(context.Background(), ethereum.CallMsg{From: from, To: to, Data: data})
	if err != nil {
		y.t.Fatalf("estimate: %v", err)
	}
	tx, err := types.SignNewTx(y.keys[who], types.LatestSignerForChainID(y.id), &types.DynamicFeeTx{
		ChainID: y.id, Nonce: y.nonces[from], GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(10 * params.GWei), Gas: contracts.GasLimit(gas), To: to, Data: data,
	})
	if err != nil {
		y.t.Fatal(err)
	}
	y.nonces[from]++
	if err := y.client.SendTransaction(context.Background(), tx); err != nil {
		y.t.Fatalf("send: %v", err)
	}
	for range 20 { // Commit does not promise to take what was just sent
		y.backend.Commit()
		if r, err := y.client.TransactionReceipt(context.Background(), tx.Hash()); err == nil {
			if r.Status != types.ReceiptStatusSuccessful {
				y.t.Fatal("the transaction reverted")
			}
			return r
		}
	}
	y.t.Fatal("the transaction is not mined")
	return nil
}

func (y *yard) call(who int, data []byte) *types.Receipt {
	y.t.Helper()
	return y.send(who, &y.d.Market, data)
}

// list lists device n for somebody.
func (y *yard) list(who, n int) (stream uint64, gas uint64) {
	y.t.Helper()
	device := crypto.Keccak256Hash(big.NewInt(int64(n)).Bytes())
	head, err := y.client.HeaderByNumber(context.Background(), nil)
	if err != nil {
		y.t.Fatal(err)
	}
	claim := contracts.DeviceClaim{Operator: 1, Owner: y.addr(who), Device: device, Deadline: head.Time + 86_400}
	digest, err := contracts.DeviceClaimHash(y.id, y.d.Market, claim)
	if err != nil {
		y.t.Fatal(err)
	}
	sig, err := crypto.Sign(digest[:], y.keys[1])
	if err != nil {
		y.t.Fatal(err)
	}
	sig[64] += 27
	r := y.call(who, y.dm.PackList(contracts.Listing{
		Operator: 1, Device: device, Price: big.NewInt(1000), Interval: 60, Terms: [32]byte{1}, Stake: contracts.DTXWei(100),
		Deadline: new(big.Int).SetUint64(claim.Deadline), OperatorSig: sig, Parents: []uint64{},
	}))
	for _, l := range r.Logs {
		if e, err := y.dm.UnpackStreamListedEvent(l); err == nil {
			return e.Stream, r.GasUsed
		}
	}
	y.t.Fatal("no stream was listed")
	return 0, 0
}

func (y *yard) buy(who int, stream uint64) (gas uint64) {
	y.t.Helper()
	return y.call(who, y.dm.PackBuy(stream, 86_400, contracts.DTXWei(1000), [32]byte{1}, common.Address{}, [32]byte{})).GasUsed
}

var _ bind.ContractBackend = (simulated.Client)(nil)

// figures are the gas of whole transactions.
type figures struct {
	List         uint64 `json:"list"`
	Buy          uint64 `json:"buy_steady"`
	SettleOne    uint64 `json:"settle_per_claim_of_100_one_owner"`
	SettleOwners uint64 `json:"settle_per_claim_of_100_owners"`
	Challenge    uint64 `json:"challenge"`
	Rule         uint64 `json:"rule"`
	Redeem       uint64 `json:"redeem"`
}

func measure(t *testing.T, amsterdam bool) (f figures) {
	y := newYard(t, 105, amsterdam)
	const owner, buyer = 2, 3
	y.list(owner, 1)
	stream, gas := y.list(owner, 2)
	f.List = gas
	y.buy(buyer, stream)
	f.Buy = y.buy(buyer, stream)

	// One owner: a hundred purchases of his stream, each claimed once before.
	claims := make([]contracts.Claim, 100)
	settle := func(n uint32) uint64 {
		for i := range claims {
			claims[i].Delivered = n
		}
		if err := y.backend.AdjustTime(5 * 60 * 1e9); err != nil {
			t.Fatal(err)
		}
		return y.call(1, y.dm.PackSettle(1, claims, [32]byte{})).GasUsed / 100
	}
	for i := range 98 {
		_ = i
		y.buy(buyer, stream)
	}
	for i := range claims {
		claims[i].Purchase = uint64(i + 1)
	}
	settle(1)
	f.SettleOne = settle(2)

	// A hundred owners who were never paid before.
	for i := range claims {
		s, _ := y.list(4+i, 1000+i)
		y.buy(buyer, s)
		claims[i].Purchase = uint64(101 + i)
	}
	f.SettleOwners = settle(1)

	for i := range 3 {
		y.buy(4+i, stream)
		r := y.call(4+i, y.dm.PackChallenge(uint64(201+i), [32]byte{}))
		if i == 1 {
			f.Challenge = r.GasUsed
		}
	}
	f.Rule = y.call(0, y.dm.PackRule(stream, true, [32]byte{})).GasUsed
	y.call(0, y.dm.PackRedeem(stream, 1, y.addr(4)))
	f.Redeem = y.call(0, y.dm.PackRedeem(stream, 1, y.addr(5))).GasUsed
	return f
}

// gas.json holds what every kind of transaction costs under today's rules and under
// the coming ones; a rise of more than 2 % fails.
func TestNoTransactionHasBecomeDearer(t *testing.T) {
	have := map[string]figures{"today": measure(t, false), "amsterdam": measure(t, true)}
	if *update {
		b, err := json.MarshalIndent(have, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("gas.json", append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile("gas.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]figures
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	flat := func(f figures) map[string]uint64 {
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]uint64
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	for rules, f := range have {
		was := flat(want[rules])
		for name, gas := range flat(f) {
			if gas > was[name]+was[name]/50 {
				t.Errorf("%s under %s costs %d gas, was %d: if that is meant, run go test ./contracts -run Dearer -update", name, rules, gas, was[name])
			}
		}
	}
}
