package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"github.com/databrokerdao/dbdao-bridge/bridge/setup"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// chain finds the node.
func (f *firstHour) chain(ctx context.Context) error {
	proposal := cmp.Or(os.Getenv("DBDAO_RPC"), strings.Join(f.cfg.Chain.RPC, ","))
	return f.d.ask(ctx, question{text: "Ethereum node (JSON-RPC)", flag: "rpc", given: f.o.rpc, proposal: proposal, take: func(answer string) error {
		urls := strings.Split(answer, ",")
		nodes, err := node.New(node.Config{URLs: urls, Timeout: f.cfg.Chain.RequestTimeout})
		if err != nil {
			return err
		}
		head, err := nodes.HeaderByNumber(ctx, nil)
		if err != nil {
			nodes.Close()
			return fmt.Errorf("%w\n  start it, or give the URL of another (in a lab: of anvil)", err)
		}
		id, err := nodes.ChainID(ctx)
		if err != nil {
			nodes.Close()
			return err
		}
		f.nodes, f.chainID, f.lab = nodes, id.Uint64(), node.Development(id.Uint64())
		kind := ""
		if f.lab {
			kind = ", a development chain"
		}
		f.d.say("  chain %d%s, block %d", f.chainID, kind, head.Number)
		if age := time.Since(time.Unix(int64(head.Time), 0)); age > 5*time.Minute && !f.lab {
			f.d.say("  its newest block is %s old: is the node still synchronising?", age.Round(time.Second))
		}
		if err := f.set("chain.rpc", urls); err != nil {
			return err
		}
		return f.save()
	}})
}

// newMarket is the answer that deploys one.
const newMarket = "new"

// chooseMarket finds the market to join.
func (f *firstHour) chooseMarket(ctx context.Context) error {
	proposal := cmp.Or(f.o.market, os.Getenv("DBDAO_MARKET"), f.cfg.Chain.Market)
	text := "Address of the market to join"
	if f.lab {
		proposal = cmp.Or(proposal, newMarket)
		text += ", or " + newMarket + ": one of your own, in this lab"
	}
	return f.d.ask(ctx, question{text: text, flag: "market", given: f.o.market, proposal: proposal, take: func(answer string) error {
		f.deploy = answer == newMarket
		switch {
		case f.deploy && f.lab:
			return nil
		case f.deploy:
			return errors.New("a market on a public chain has four owners: see `dbdao-bridge contracts deploy --help`, and come back with its address")
		case !common.IsHexAddress(answer):
			return fmt.Errorf("%q is no address", answer)
		}
		at := common.HexToAddress(answer)
		m, err := client.New(ctx, f.nodes, at, common.Address{})
		if err != nil {
			return err
		}
		if f.start = f.cfg.Chain.StartBlock; f.start == 0 || f.cfg.Chain.Market != answer {
			if err := f.startBlock(ctx, at); err != nil {
				return err
			}
		}
		f.d.say("  paid in the token %s, arbiter %s; deployed in block %d", m.Rules.Token, m.Rules.Arbiter, f.start)
		return f.joined(at)
	}})
}

// startBlock finds where the market begins, or asks.
func (f *firstHour) startBlock(ctx context.Context, at common.Address) error {
	var err error
	f.start, err = setup.StartBlock(ctx, f.nodes, at)
	if !errors.Is(err, setup.ErrNoHistory) {
		return err
	}
	f.d.say("  %v", setup.ErrNoHistory)
	return f.d.ask(ctx, question{text: "Block of the market's deployment, as who deployed it knows it (0: from the first block on, which takes long)", flag: "yes", proposal: "0", take: func(answer string) error {
		_, err := fmt.Sscanf(answer, "%d", &f.start)
		return err
	}})
}

// joined writes the market into the configuration.
func (f *firstHour) joined(at common.Address) error {
	f.market = at
	for key, value := range map[string]any{"chain.market": at.Hex(), "chain.start_block": f.start, "chain.chain_id": f.chainID} {
		if err := f.set(key, value); err != nil {
			return err
		}
	}
	return f.save()
}

// newPassword is that of an admin key to be made: from its file, typed twice, or made and kept.
func (f *firstHour) newPassword(ctx context.Context) (string, error) {
	if file := f.o.passwordFile(); file != "" {
		return settlement.ReadSecret(file)
	}
	if !f.yes {
		password, err := hiddenTwice(ctx, "  Password for the new admin key, which owns the operator (Enter: make one): ", "password-file")
		if err != nil || password != "" {
			return password, err
		}
	}
	secret := make([]byte, 16)
	_, _ = rand.Read(secret) // never fails
	password, file := hex.EncodeToString(secret), f.keptPassword()
	f.d.say("  the admin key's password is in %s: move it off this machine with the key", file)
	return password, settlement.NewSecret(file, []byte(password+"\n"))
}

// keptPassword is the file of a password nobody typed.
func (f *firstHour) keptPassword() string { return filepath.Join(f.keys.dir, "admin.password") }

// adminKey opens the admin's key, which only what owns the operator needs. Who types its password wrong is asked again.
func (f *firstHour) adminKey(ctx context.Context) (*settlement.Key, error) {
	if f.password != "" {
		return settlement.OpenKey(f.keys.admin, f.password)
	}
	file := f.o.passwordFile()
	if _, err := os.Stat(f.keptPassword()); err == nil && file == "" {
		file = f.keptPassword()
	}
	for {
		var err error
		if file != "" {
			f.password, err = settlement.ReadSecret(file)
		} else {
			f.password, err = hidden(ctx, "  Password of "+f.keys.admin+": ", "password-file")
		}
		if err != nil {
			return nil, err
		}
		key, err := settlement.OpenKey(f.keys.admin, f.password)
		if file != "" || !errors.Is(err, settlement.ErrPassword) {
			return key, err
		}
		f.d.say("  that does not open it")
	}
}

// makeKeys makes what keys there are not, and opens the admin's.
func (f *firstHour) makeKeys(ctx context.Context) error {
	if f.admin != "" {
		at, err := address(f.admin)
		if err != nil {
			return err
		}
		f.keys.owner = &at
	}
	if err := errors.Join(f.nothingLost(), f.knownOnChain(ctx)); err != nil {
		return err
	}
	if !exists(f.keys.signer) {
		f.d.say("  keys are made and sealed: that takes some seconds")
	}
	var err error
	f.made, err = f.keys.make(func() (_ string, err error) {
		f.password, err = f.newPassword(ctx)
		return f.password, err
	})
	if err != nil {
		return err
	}
	f.d.say("  admin  %s  owns the operator, and stays off the bridge's machine", f.made.Admin)
	f.d.say("  signer %s  vouches for devices and settles: the bridge's own", f.made.Signer)
	for key, value := range map[string]any{"operator.keystore": f.keys.signer, "operator.password_file": f.keys.signerPassword} {
		if err := f.set(key, value); err != nil {
			return err
		}
	}
	return f.save()
}

// putBack is how a missing key comes back.
const putBack = "put it back, from a copy or with `dbdao-bridge restore` (docs/operations.md, Restore); nothing was made instead"

// nothingLost refuses to make keys that were there: what is missing beside a ledger, or of a registered operator, is no first start.
func (f *firstHour) nothingLost() error {
	lived, err := app.HasLived(f.keys.data)
	if err != nil {
		return err
	}
	if file := filepath.Join(f.keys.data, app.SigningKey); lived && !exists(file) {
		return fmt.Errorf("%s is missing, and a bridge has run with it: a new one would sign what no buyer can check: %s", file, putBack)
	}
	if f.cfg.Operator.ID != 0 && !exists(f.keys.signer) {
		return fmt.Errorf("%s, the hot key of operator %d, is missing: %s. If it is lost for good, make another with `wallet new` and publish it with `operator set-signer %d`",
			f.keys.signer, f.cfg.Operator.ID, putBack, f.cfg.Operator.ID)
	}
	return nil
}

// knownOnChain looks whether the signer is an operator's already: then the key whose hash is published must be here, and the
// admin's need not.
func (f *firstHour) knownOnChain(ctx context.Context) error {
	if f.deploy || !exists(f.keys.signer) {
		return nil
	}
	signer, err := keystoreAddress(f.keys.signer)
	if err != nil {
		return err
	}
	m, err := client.New(ctx, f.nodes, f.market, signer)
	if err != nil {
		return err
	}
	if f.owns, err = setup.Registered(ctx, m.Reader, signer); err != nil || f.owns == 0 {
		return err
	}
	op, err := m.Reader.Operator(ctx, f.owns)
	if err != nil {
		return err
	}
	file := filepath.Join(f.keys.data, app.SigningKey)
	if published := common.Hash(op.Keys); published != (common.Hash{}) && !exists(file) {
		return fmt.Errorf("%s is missing, and its hash stands on chain for operator %d (%s): %s. If it is lost for good, `run --begin-again` makes another, and `operator set-keys %d` publishes it", file, f.owns, published, putBack, f.owns)
	}
	if f.keys.owner == nil && !exists(f.keys.admin) { // it was moved off this machine, as it should be
		f.keys.owner = &op.Admin
	}
	return nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// money asks where it goes and what a DTX is worth.
func (f *firstHour) money(ctx context.Context) error {
	err := f.d.ask(ctx, question{text: "Cold address of your 10 %", flag: "payout", given: f.payout, proposal: f.made.Admin.Hex(), take: func(answer string) error {
		at, err := address(answer)
		if err == nil && at == f.made.Signer {
			err = errors.New("that is the hot key: who takes the bridge's machine would take the money; name another")
		}
		f.payout = at.Hex()
		return err
	}})
	if err != nil {
		return err
	}
	keep := func(key string) func(string) error {
		return func(answer string) error { return f.set(key, answer) }
	}
	if err := f.d.ask(ctx, question{text: "Your name, shown to buyers (Enter: none)", flag: "name", given: f.name, proposal: f.cfg.Operator.Name, optional: true, take: keep("operator.name")}); err != nil {
		return err
	}
	err = f.d.ask(ctx, question{text: "URL at which buyers reach the bridge's API, behind your TLS proxy (Enter: none yet)", flag: "public-url", given: f.url, proposal: f.cfg.API.PublicURL, optional: true, take: func(answer string) error {
		if answer != "" && !strings.HasPrefix(answer, "https://") && !strings.HasPrefix(answer, "http://") {
			return errors.New("a URL begins with https://")
		}
		f.url = answer
		return f.set("api.public_url", answer)
	}})
	if err != nil {
		return err
	}
	if err := f.policy(ctx); err != nil {
		return err
	}
	return f.save()
}

// policy asks when a settlement is worth its gas.
func (f *firstHour) policy(ctx context.Context) error {
	q := question{text: "What is one DTX worth to you, in ether? Claims wait until they are worth their gas", flag: "dtx-price", given: f.price, proposal: f.cfg.Settlement.DTXPrice,
		take: func(answer string) error {
			if n, err := config.Decimal(answer, 18); err != nil || n.Sign() == 0 {
				return errors.New("write a decimal number, e.g. 0.0004")
			}
			return f.set("settlement.dtx_price_in_ether", answer)
		}}
	if f.lab && q.given == "" && q.proposal == "" {
		f.d.say("  a development chain: claims are settled whatever the gas costs, and buyers may listen on private addresses")
		if err := f.set("delivery.allow_private_addresses", true); err != nil {
			return err
		}
		return f.set("settlement.settle_when_cut_covers", "0x gas")
	}
	return f.d.ask(ctx, q)
}
