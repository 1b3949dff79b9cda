package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"golang.org/x/term"
)

// chain is a node, a market on it, and perhaps a key.
type chain struct {
	client *ethclient.Client
	id     *big.Int
	market common.Address
	reader *market.Reader
	dm     *contracts.DataMarket
	dtx    *contracts.DTX
	key    *settlement.Key
	start  uint64 // block to look for events from
}

// load reads the configuration if one is named. It may be unfinished: before
// `operator register` nobody has an operator id.
func (o *options) load() (config.Config, error) {
	if o.config == "" {
		return config.Config{}, nil
	}
	return config.Draft(o.config)
}

// dial reaches the node. Without needMarket the market may be unknown yet.
func (o *options) dial(ctx context.Context, needMarket bool) (*chain, error) {
	cfg, err := o.load()
	if err != nil {
		return nil, err
	}
	url := cmp.Or(o.rpc, os.Getenv("DBDAO_RPC"))
	if url == "" && len(cfg.Chain.RPC) > 0 {
		url = cfg.Chain.RPC[0]
	}
	if url == "" {
		return nil, fmt.Errorf("%w: which Ethereum node? give --rpc, set DBDAO_RPC, or name a configuration with -c", errUsage)
	}
	address := cmp.Or(o.market, os.Getenv("DBDAO_MARKET"), cfg.Chain.Market)
	if needMarket && !common.IsHexAddress(address) {
		return nil, fmt.Errorf("%w: which market? give --market, set DBDAO_MARKET, or name a configuration with -c", errUsage)
	}
	client, err := ethclient.DialContext(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("%w: --rpc is no URL of a node, e.g. http://127.0.0.1:8545", errUsage)
	}
	c := &chain{client: client, start: cfg.Chain.StartBlock, market: common.HexToAddress(address), dm: contracts.NewDataMarket(), dtx: contracts.NewDTX()}
	c.reader = market.NewReader(client, c.market)
	if c.id, err = client.ChainID(ctx); err != nil {
		client.Close()
		return nil, errors.New("the Ethereum node does not answer: check --rpc")
	}
	if needMarket {
		code, err := client.CodeAt(ctx, c.market, nil)
		if err == nil && len(code) == 0 {
			err = fmt.Errorf("%w (%s, chain %s)", market.ErrNoContract, c.market, c.id)
		}
		if err != nil {
			client.Close()
			return nil, err
		}
	}
	return c, nil
}

// wallet opens the key that signs.
func (o *options) wallet() (*settlement.Key, error) {
	file := cmp.Or(o.keystore, os.Getenv("DBDAO_KEYSTORE"))
	if file == "" {
		return nil, fmt.Errorf("%w: which key? give --keystore or set DBDAO_KEYSTORE (`dbdao-bridge wallet new` makes one)", errUsage)
	}
	password, err := o.secret(false)
	if err != nil {
		return nil, err
	}
	return settlement.OpenKey(file, password)
}

// secret reads the password from its file, or asks for it.
func (o *options) secret(twice bool) (string, error) {
	if file := cmp.Or(o.password, os.Getenv("DBDAO_PASSWORD_FILE")); file != "" {
		return settlement.ReadSecret(file)
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", fmt.Errorf("%w: give --password-file, or run on a terminal to be asked", errUsage)
	}
	ask := func(prompt string) (string, error) {
		fmt.Fprint(os.Stderr, prompt)
		b, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	password, err := ask("Password: ")
	if err != nil || !twice {
		return password, err
	}
	again, err := ask("Again: ")
	if err == nil && again != password {
		err = errors.New("the passwords differ")
	}
	return password, err
}

// signer reaches the node with a key.
func (o *options) signer(ctx context.Context, needMarket bool) (*chain, error) {
	key, err := o.wallet()
	if err != nil {
		return nil, err
	}
	c, err := o.dial(ctx, needMarket)
	if err != nil {
		return nil, err
	}
	c.key = key
	return c, nil
}

func (c *chain) opts(ctx context.Context) *bind.TransactOpts {
	return &bind.TransactOpts{From: c.key.Address(), Context: ctx, Signer: func(_ common.Address, tx *types.Transaction) (*types.Transaction, error) {
		return c.key.SignTx(tx, c.id)
	}}
}

// transact sends a call of the market and waits until it is mined.
func (c *chain) transact(ctx context.Context, data []byte) (*types.Receipt, error) {
	return c.send(ctx, c.market, data)
}

func (c *chain) send(ctx context.Context, to common.Address, data []byte) (*types.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	receipt, err := contracts.Send(ctx, c.client, c.opts(ctx), to, data)
	if err != nil {
		return nil, c.explain(err)
	}
	return receipt, nil
}

// explain turns a revert into what the contract said.
func (c *chain) explain(err error) error {
	if data, ok := ethclient.RevertErrorData(err); ok {
		for _, unpack := range []func([]byte) (any, error){c.dm.UnpackError, c.dtx.UnpackError} {
			if e, uerr := unpack(data); uerr == nil {
				return errors.New("the contract refuses: " + sentence(e))
			}
		}
	}
	if strings.Contains(err.Error(), "insufficient funds") {
		return fmt.Errorf("%s has too little ether for the transaction's gas: send it some", c.key.Address())
	}
	return err
}

// afford lets the market take an amount from the caller, if it may not already.
func (c *chain) afford(ctx context.Context, amount *big.Int) error {
	rules, err := c.reader.Config(ctx)
	if err != nil {
		return err
	}
	balance, err := c.reader.Balance(ctx, rules.Token, c.key.Address())
	if err != nil {
		return err
	}
	if balance.Cmp(amount) < 0 {
		return fmt.Errorf("%s has %s DTX and needs %s", c.key.Address(), dtx(balance), dtx(amount))
	}
	allowed, err := c.reader.Allowance(ctx, rules.Token, c.key.Address(), c.market)
	if err != nil {
		return err
	}
	if allowed.Cmp(amount) >= 0 {
		return nil
	}
	_, err = c.send(ctx, rules.Token, c.dtx.PackApprove(c.market, amount))
	return err
}

// dtx writes wei as DTX, exactly.
func dtx(wei *big.Int) string {
	unit := big.NewInt(1_000_000_000_000_000_000)
	whole, rest := new(big.Int).QuoRem(wei, unit, new(big.Int))
	if rest.Sign() == 0 {
		return whole.String()
	}
	return whole.String() + "." + strings.TrimRight(fmt.Sprintf("%018s", rest), "0")
}

// event finds the first event of a kind in a receipt.
func event[T any](receipt *types.Receipt, unpack func(*types.Log) (*T, error)) (*T, error) {
	for _, l := range receipt.Logs {
		if e, err := unpack(l); err == nil {
			return e, nil
		}
	}
	return nil, errors.New("the transaction left no trace of what was asked for: is --market the right contract?")
}

// address reads a positional address.
func address(text string) (common.Address, error) {
	if !common.IsHexAddress(text) {
		return common.Address{}, fmt.Errorf("%w: %q is no address", errUsage, text)
	}
	return common.HexToAddress(text), nil
}

// id reads a positional id.
func id[T ~uint64](text string) (T, error) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || !n.IsUint64() || n.Sign() == 0 {
		return 0, fmt.Errorf("%w: %q is no id: ids are numbers from 1", errUsage, text)
	}
	return T(n.Uint64()), nil
}
