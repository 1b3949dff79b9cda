package contracts

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Deployment says where a market lives.
type Deployment struct {
	ChainID uint64         `json:"chain_id"`
	Token   common.Address `json:"token"`
	Market  common.Address `json:"market"`
	Block   uint64         `json:"block"` // of the market: followers start here
}

// Backend is what deploying needs of a node.
type Backend interface {
	bind.ContractBackend
	bind.DeployBackend
	ChainID(ctx context.Context) (*big.Int, error)
}

// DTXWei is n whole tokens in wei.
func DTXWei(n int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000_000_000_000))
}

// MainnetRules are the rules of CONTRACTS: amounts in DTX, times in seconds. Who
// is who (token, owner, platform, guardian, arbiter) the caller fills in.
func MainnetRules() Config {
	const day = 86_400
	return Config{
		MinStake: DTXWei(100), Deposit: DTXWei(20), Fee: DTXWei(30), Quorum: 3,
		Ttl: big.NewInt(14 * day), Review: big.NewInt(7 * day), ClaimWindow: big.NewInt(7 * day),
		ChallengeAfter: big.NewInt(14 * day), Unbond: big.NewInt(28 * day), MaxTerm: 366 * day,
	}
}

// DemoRules are the same with times an onlooker can wait for.
func DemoRules() Config {
	r := MainnetRules()
	r.Ttl, r.Review, r.ClaimWindow = big.NewInt(60), big.NewInt(60), big.NewInt(60)
	r.ChallengeAfter, r.Unbond = big.NewInt(120), big.NewInt(180)
	return r
}

// Deploy puts a market on the chain with these rules, and a DTX of a thousand
// million tokens held by the deployer if rules.Token is zero. It waits until both
// are mined; ctx bounds the wait.
func Deploy(ctx context.Context, node Backend, opts *bind.TransactOpts, rules Config) (Deployment, error) {
	id, err := node.ChainID(ctx)
	if err != nil {
		return Deployment{}, fmt.Errorf("ask the chain id: %w", err)
	}
	d := Deployment{ChainID: id.Uint64(), Token: rules.Token}
	if rules.Token == (common.Address{}) {
		code := append(common.FromHex(DTXMetaData.Bin), NewDTX().PackConstructor(opts.From, DTXWei(1_000_000_000))...)
		if d.Token, _, err = create(ctx, node, opts, code); err != nil {
			return d, fmt.Errorf("deploy DTX: %w", err)
		}
		rules.Token = d.Token
	}
	code := append(common.FromHex(DataMarketMetaData.Bin), NewDataMarket().PackConstructor(rules)...)
	if d.Market, d.Block, err = create(ctx, node, opts, code); err != nil {
		return d, fmt.Errorf("deploy DataMarket: %w", err)
	}
	return d, nil
}

func create(ctx context.Context, node Backend, opts *bind.TransactOpts, code []byte) (common.Address, uint64, error) {
	_, tx, err := bind.DeployContract(opts, code, node, nil)
	if err != nil {
		return common.Address{}, 0, err
	}
	receipt, err := Mined(ctx, node, tx.Hash())
	if err != nil {
		return common.Address{}, 0, err
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		return common.Address{}, 0, fmt.Errorf("transaction %s reverted", tx.Hash())
	}
	return receipt.ContractAddress, receipt.BlockNumber.Uint64(), nil
}

// Mined waits for a receipt, looking five times a second; ctx bounds the wait.
func Mined(ctx context.Context, node bind.DeployBackend, tx common.Hash) (*types.Receipt, error) {
	for {
		receipt, err := node.TransactionReceipt(ctx, tx)
		if err == nil {
			return receipt, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("transaction %s is not mined yet: %w", tx, context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Node is what sending needs of a node.
type Node interface {
	bind.ContractBackend
	bind.DeployBackend
}

// ErrReverted says that a transaction was mined and failed although the estimate
// had passed.
var ErrReverted = errors.New("it was mined and reverted: the market changed between estimate and block, try again")

// TxGasMax is the most gas one transaction may ask for (EIP-7825).
const TxGasMax = 1 << 24

// GasLimit adds a quarter to an estimate, because what a call writes may depend on
// the time of its block, and stays below what a transaction may ask for.
func GasLimit(estimate uint64) uint64 {
	return max(estimate, min(estimate+estimate/4+20_000, TxGasMax))
}

// Send calls a contract and waits until the call is mined; ctx bounds the wait.
func Send(ctx context.Context, node Node, opts *bind.TransactOpts, to common.Address, data []byte) (*types.Receipt, error) {
	gas, err := node.EstimateGas(ctx, ethereum.CallMsg{From: opts.From, To: &to, Data: data})
	if err != nil {
		return nil, err
	}
	with := *opts
	with.GasLimit = GasLimit(gas)
	tx, err := bind.Transact(bind.NewBoundContract(to, abi.ABI{}, node, node, node), &with, data)
	if err != nil {
		return nil, err
	}
	receipt, err := Mined(ctx, node, tx.Hash())
	if err == nil && receipt.Status != types.ReceiptStatusSuccessful {
		err = fmt.Errorf("transaction %s: %w", tx.Hash(), ErrReverted)
	}
	return receipt, err
}
