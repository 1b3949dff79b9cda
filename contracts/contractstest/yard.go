// Package contractstest is a market on a chain inside the test's process, whose blocks
// and clock the test moves.
package contractstest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// Yard is a market on a chain in this process, whose clock and blocks the test
// moves.
type Yard struct {
	t                        testing.TB
	Backend                  *simulated.Backend
	Client                   simulated.Client
	ID                       *big.Int
	DM                       *contracts.DataMarket
	D                        contracts.Deployment
	nonces                   map[common.Address]uint64
	port                     int
	dial                     sync.Once
	rpc                      *rpc.Client
	decimals                 int                 // of the token
	Terms                    common.Hash         // of listings and purchases: {1} unless the test says otherwise
	Keys                     []*ecdsa.PrivateKey // 0 deploys, is the market's owner and the platform; 1 is the operator's signer; then the people; then the three below
	Admin, Guardian, Arbiter int                 // of the operator; of the market: places in Keys
}

// New deploys under today's mainnet rules, or with every fork go-ethereum knows.
func New(t testing.TB, people int, amsterdam bool) *Yard {
	t.Helper()
	return NewWith(t, people, amsterdam, func(*Yard, *contracts.Config) {})
}

// NewWith is New with other rules: change may give roles to other keys than key 0.
func NewWith(t testing.TB, people int, amsterdam bool, change func(*Yard, *contracts.Config)) *Yard {
	t.Helper()
	return newYard(t, people, amsterdam, contracts.DecimalsMost, change)
}

// NewPaidIn is New with a token of so many decimals.
func NewPaidIn(t testing.TB, people, decimals int) *Yard {
	t.Helper()
	return newYard(t, people, false, decimals, func(*Yard, *contracts.Config) {})
}

// Tokens is n whole tokens in their smallest unit.
func (y *Yard) Tokens(n int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), contracts.Pow10(y.decimals))
}

// token is the code of DTX with other decimals, which stand in it once: PUSH1 18.
func (y *Yard) token() []byte {
	y.t.Helper()
	code, push := common.FromHex(contracts.DTXMetaData.Bin), []byte{0x60, contracts.DecimalsMost}
	if n := bytes.Count(code, push); n != 1 {
		y.t.Fatalf("the token's code has PUSH1 18 %d times, not once", n)
	}
	return bytes.Replace(code, push, []byte{0x60, byte(y.decimals)}, 1)
}

func newYard(t testing.TB, people int, amsterdam bool, decimals int, change func(*Yard, *contracts.Config)) *Yard {
	t.Helper()
	log.SetDefault(log.NewLogger(slog.DiscardHandler))
	y := &Yard{t: t, DM: contracts.NewDataMarket(), Terms: common.Hash{1}, nonces: map[common.Address]uint64{}, decimals: decimals}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	y.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	alloc := types.GenesisAlloc{}
	for range people + 5 {
		k, err := crypto.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		y.Keys = append(y.Keys, k)
		alloc[crypto.PubkeyToAddress(k.PublicKey)] = types.Account{Balance: new(big.Int).Mul(big.NewInt(1000), big.NewInt(params.Ether))}
	}
	y.Admin, y.Guardian, y.Arbiter = people+2, people+3, people+4
	y.Backend = simulated.NewBackend(alloc, func(n *node.Config, e *ethconfig.Config) {
		n.HTTPHost, n.HTTPPort, n.HTTPModules = "127.0.0.1", y.port, []string{"eth"}
		if !amsterdam {
			rules := *e.Genesis.Config
			rules.AmsterdamTime, rules.BogotaTime = nil, nil
			e.Genesis.Config = &rules
		}
	})
	t.Cleanup(func() { _ = y.Backend.Close() })
	y.Client = y.Backend.Client()
	if y.ID, err = y.Client.ChainID(context.Background()); err != nil {
		t.Fatal(err)
	}
	rules := contracts.MainnetRules()
	me := y.Addr(0)
	rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter = me, me, y.Addr(y.Guardian), y.Addr(y.Arbiter)
	rules.MinStake, rules.Deposit = y.Tokens(100), y.Tokens(10)
	code := append(y.token(), contracts.NewDTX().PackConstructor(me, y.Tokens(1_000_000_000))...)
	y.D.Token = y.Send(0, nil, code).ContractAddress
	rules.Token = y.D.Token
	change(y, &rules)
	code = append(common.FromHex(contracts.DataMarketMetaData.Bin), y.DM.PackConstructor(rules)...)
	y.D.Market = y.Send(0, nil, code).ContractAddress
	dtx := contracts.NewDTX()
	var funds []common.Hash
	for i := 2; i < y.Admin; i++ {
		funds = append(funds, y.Queue(0, i, &y.D.Token, dtx.PackTransfer(y.Addr(i), y.Tokens(10_000))),
			y.Queue(i, i, &y.D.Token, dtx.PackApprove(y.D.Market, y.Tokens(1_000_000))))
	}
	y.Mine(funds)
	y.Call(y.Admin, y.DM.PackRegisterOperator(y.Addr(1), y.Addr(1), [32]byte{}, "", [32]byte{}))
	return y
}

// Addr is the address of a key.
func (y *Yard) Addr(who int) common.Address { return crypto.PubkeyToAddress(y.Keys[who].PublicKey) }

// Send mines one transaction in a block of its own and insists that it succeeds.
func (y *Yard) Send(who int, to *common.Address, data []byte) *types.Receipt {
	y.t.Helper()
	from := y.Addr(who)
	gas, err := y.Client.EstimateGas(context.Background(), ethereum.CallMsg{From: from, To: to, Data: data})
	if err != nil {
		y.t.Fatalf("estimate: %v", err)
	}
	tx, err := types.SignNewTx(y.Keys[who], types.LatestSignerForChainID(y.ID), &types.DynamicFeeTx{
		ChainID: y.ID, Nonce: y.nonces[from], GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(10 * params.GWei), Gas: contracts.GasLimit(gas), To: to, Data: data,
	})
	if err != nil {
		y.t.Fatal(err)
	}
	y.nonces[from]++
	if err := y.Client.SendTransaction(context.Background(), tx); err != nil {
		y.t.Fatalf("send: %v", err)
	}
	for range 20 { // Commit does not promise to take what was just sent
		y.Backend.Commit()
		if r, err := y.Client.TransactionReceipt(context.Background(), tx.Hash()); err == nil {
			if r.Status != types.ReceiptStatusSuccessful {
				y.t.Fatal("the transaction reverted")
			}
			return r
		}
	}
	y.t.Fatal("the transaction is not mined")
	return nil
}

// Queue sends a transaction without asking for an estimate, so that one the
// contract refuses is mined too. What is queued first is executed first: place
// counts from 0 in each batch of at most a thousand, and Mine ends a batch.
func (y *Yard) Queue(who, place int, to *common.Address, data []byte) common.Hash {
	y.t.Helper()
	from := y.Addr(who)
	tip := big.NewInt(params.GWei + int64(1000-place)*1_000_000) // a block takes the dearest first
	tx, err := types.SignNewTx(y.Keys[who], types.LatestSignerForChainID(y.ID), &types.DynamicFeeTx{
		ChainID: y.ID, Nonce: y.nonces[from], GasTipCap: tip, GasFeeCap: big.NewInt(10 * params.GWei), Gas: 2_500_000, To: to, Data: data,
	})
	if err != nil {
		y.t.Fatal(err)
	}
	y.nonces[from]++
	if err := y.Client.SendTransaction(context.Background(), tx); err != nil {
		y.t.Fatalf("queue: %v", err)
	}
	return tx.Hash()
}

// Mine makes blocks until all of these are mined, and returns their receipts in the
// same order.
func (y *Yard) Mine(txs []common.Hash) []*types.Receipt {
	y.t.Helper()
	all := make([]*types.Receipt, len(txs))
	for range 50 { // Commit does not promise to take what was just sent
		y.Backend.Commit()
		missing := false
		for i, tx := range txs {
			if all[i] != nil {
				continue
			}
			r, err := y.Client.TransactionReceipt(context.Background(), tx)
			if err != nil {
				missing = true
				continue
			}
			all[i] = r
		}
		if !missing {
			return all
		}
		time.Sleep(time.Millisecond)
	}
	y.t.Fatal("transactions are not mined")
	return nil
}

// Call sends a call of the market.
func (y *Yard) Call(who int, data []byte) *types.Receipt {
	y.t.Helper()
	return y.Send(who, &y.D.Market, data)
}

// List lists device n for somebody.
func (y *Yard) List(who, n int) (stream uint64, gas uint64) {
	y.t.Helper()
	r := y.Call(who, y.Listing(who, n))
	for _, l := range r.Logs {
		if e, err := y.DM.UnpackStreamListedEvent(l); err == nil {
			return e.Stream, r.GasUsed
		}
	}
	y.t.Fatal("no stream was listed")
	return 0, 0
}

// Listing is the call that lists device n for somebody, with the operator's word.
func (y *Yard) Listing(who, n int) []byte {
	y.t.Helper()
	device := crypto.Keccak256Hash(big.NewInt(int64(n)).Bytes())
	claim := contracts.DeviceClaim{Operator: 1, Owner: y.Addr(who), Device: device, Deadline: y.Now() + 86_400}
	digest, err := contracts.DeviceClaimHash(y.ID, y.D.Market, claim)
	sig := y.Sign(1, digest, err)
	return y.DM.PackList(contracts.Listing{
		Operator: big.NewInt(1), Device: device, Price: big.NewInt(1000), Interval: 60, Terms: y.Terms, Stake: y.Tokens(100),
		Deadline: new(big.Int).SetUint64(claim.Deadline), OperatorSig: sig, Parents: []uint64{},
	})
}

// Buy buys a stream for a day.
func (y *Yard) Buy(who int, stream uint64) (gas uint64) {
	y.t.Helper()
	return y.Call(who, y.Buying(stream)).GasUsed
}

// Buying is the call that buys a stream for a day.
func (y *Yard) Buying(stream uint64) []byte {
	return y.DM.PackBuy(stream, 86_400, big.NewInt(1000), 60, y.Terms, common.Address{}, [32]byte{})
}

// URL is where the chain's node answers JSON-RPC.
func (y *Yard) URL() string { return fmt.Sprintf("http://127.0.0.1:%d", y.port) }

// Now is the time of the last block, in unix seconds.
func (y *Yard) Now() uint64 {
	y.t.Helper()
	head, err := y.Client.HeaderByNumber(context.Background(), nil)
	if err != nil {
		y.t.Fatal(err)
	}
	return head.Time
}

// Sign is a key's 65-byte signature, as contracts want it. It takes what the hashing
// functions return.
func (y *Yard) Sign(who int, digest common.Hash, err error) []byte {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
	sig, err := crypto.Sign(digest[:], y.Keys[who])
	if err != nil {
		y.t.Fatal(err)
	}
	sig[64] += 27
	return sig
}

// Permit is the call that lets the market take so many wei from a key that has signed
// no permit before: put it first in a multicall.
func (y *Yard) Permit(who int, wei *big.Int) []byte {
	y.t.Helper()
	deadline := new(big.Int).SetUint64(y.Now() + 3600)
	kind := []apitypes.Type{{Name: "owner", Type: "address"}, {Name: "spender", Type: "address"}, {Name: "value", Type: "uint256"}, {Name: "nonce", Type: "uint256"}, {Name: "deadline", Type: "uint256"}}
	domain := []apitypes.Type{{Name: "name", Type: "string"}, {Name: "version", Type: "string"}, {Name: "chainId", Type: "uint256"}, {Name: "verifyingContract", Type: "address"}}
	hash, _, err := apitypes.TypedDataAndHash(apitypes.TypedData{
		Types:       apitypes.Types{"EIP712Domain": domain, "Permit": kind},
		PrimaryType: "Permit",
		Domain:      apitypes.TypedDataDomain{Name: "DataBroker DAO Token", Version: "1", ChainId: (*math.HexOrDecimal256)(y.ID), VerifyingContract: y.D.Token.Hex()},
		Message: apitypes.TypedDataMessage{
			"owner": y.Addr(who).Hex(), "spender": y.D.Market.Hex(), "value": wei, "nonce": new(big.Int), "deadline": deadline,
		},
	})
	sig := y.Sign(who, common.BytesToHash(hash), err)
	return y.DM.PackUsePermit(contracts.Permit{Value: wei, Deadline: deadline, V: sig[64], R: [32]byte(sig[:32]), S: [32]byte(sig[32:64])})
}

// RPC reaches the chain's node as any JSON-RPC client does.
func (y *Yard) RPC() *rpc.Client {
	y.dial.Do(func() {
		c, err := rpc.Dial(y.URL())
		if err != nil {
			y.t.Fatal(err)
		}
		y.t.Cleanup(c.Close)
		y.rpc = c
	})
	return y.rpc
}

// Nonce is the next nonce of a key.
func (y *Yard) Nonce(who int) uint64 { return y.nonces[y.Addr(who)] }

// Replace sends a transaction with a higher fee that does nothing under a nonce used before a
// reorg: what was sent under it can never be mined again.
func (y *Yard) Replace(who int, nonce uint64) {
	y.t.Helper()
	self := y.Addr(who)
	tx, err := types.SignNewTx(y.Keys[who], types.LatestSignerForChainID(y.ID), &types.DynamicFeeTx{
		ChainID: y.ID, Nonce: nonce, GasTipCap: big.NewInt(20 * params.GWei), GasFeeCap: big.NewInt(50 * params.GWei), Gas: 21_000, To: &self,
	})
	if err != nil {
		y.t.Fatal(err)
	}
	for range 100 { // the pool notices a fork in its own time
		if err = y.Client.SendTransaction(context.Background(), tx); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	y.t.Fatalf("replace: %v", err)
}

// Skip makes a block that is later by so much.
func (y *Yard) Skip(by time.Duration) {
	y.t.Helper()
	var err error
	for range 100 { // refused while the pool still holds what was just mined
		if err = y.Backend.AdjustTime(by); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	y.t.Fatalf("skip %v: %v", by, err)
}
