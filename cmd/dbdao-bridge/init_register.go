package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"path/filepath"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"github.com/databrokerdao/dbdao-bridge/bridge/setup"
	"github.com/databrokerdao/dbdao-bridge/bridge/source"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
)

// fund sees to it that both keys have ether.
func (f *firstHour) fund(ctx context.Context) error {
	gas := uint64(setup.GasToRegister)
	if f.deploy {
		gas += setup.GasToDeploy
	}
	for _, k := range []struct {
		who  string
		at   common.Address
		gas  uint64
		must bool
	}{{"admin", f.made.Admin, gas, f.admin == ""}, {"signer", f.made.Signer, setup.GasToSettle, false}} {
		if f.owns != 0 && k.at == f.made.Admin {
			continue // registered already
		}
		need, err := setup.Price(ctx, f.nodes, k.gas)
		if err != nil {
			return err
		}
		if err := f.fundOne(ctx, k.who, k.at, need, k.must); err != nil {
			return err
		}
	}
	return nil
}

func (f *firstHour) fundOne(ctx context.Context, who string, at common.Address, need *big.Int, must bool) error {
	has, err := f.nodes.BalanceAt(ctx, at, nil)
	if err != nil {
		return fmt.Errorf("ask for the ether of %s: %w", at, err)
	}
	ether := client.Decimal(need, 18)
	if has.Cmp(need) >= 0 {
		f.d.say("  %s %s has %s ether: enough", who, at, client.Decimal(has, 18))
		return nil
	}
	if f.lab {
		err := f.nodes.GiveEther(ctx, at, new(big.Int).Mul(big.NewInt(labEther), big.NewInt(1e18)))
		if err == nil {
			f.d.say("  %s %s: %d ether from the development node's own account", who, at, labEther)
			return nil
		}
		f.d.say("  %v", err)
	}
	if !must {
		f.d.say("  send about %s ether to the %s %s: without it nothing is settled", ether, who, at)
		return nil
	}
	f.d.say("  send about %s ether to the %s %s: waiting for it. Ctrl-C is no harm: run this again when it is there", ether, who, at)
	if f.wait > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, f.wait)
		defer stop()
	}
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s has no ether yet: send it about %s, and run this again", at, ether)
		case <-time.After(2 * time.Second):
		}
		if has, err := f.nodes.BalanceAt(ctx, at, nil); err == nil && has.Cmp(need) >= 0 {
			f.d.say("  it is there")
			return nil
		}
	}
}

// labEther is what a development node gives each key.
const labEther = 10

// register deploys the market, if that was asked for, and registers, unless that is done.
func (f *firstHour) register(ctx context.Context) error {
	if f.deploy {
		if err := f.deployMarket(ctx); err != nil {
			return err
		}
	}
	m, err := client.New(ctx, f.nodes, f.market, f.made.Admin)
	if err != nil {
		return err
	}
	id, err := setup.Registered(ctx, m.Reader, f.made.Signer)
	if err != nil {
		return err
	}
	if id == 0 {
		if id, err = f.registerNow(ctx, m); err != nil {
			return err
		}
	} else {
		f.d.say("  operator %d has this signer already", id)
	}
	if err := f.set("operator.id", uint64(id)); err != nil {
		return err
	}
	if err := f.save(); err != nil {
		return err
	}
	f.d.say("  operator %d; %s is written", id, f.file)
	return nil
}

func (f *firstHour) registerNow(ctx context.Context, m *client.Client) (market.OperatorID, error) {
	p, err := m.RegisterOperator(client.Registration{Signer: f.made.Signer, Payout: common.HexToAddress(f.payout), Keys: f.made.Keys, URI: f.url})
	if err != nil {
		return 0, err
	}
	if f.keys.owner == nil {
		key, err := f.adminKey(ctx)
		if err != nil {
			return 0, err
		}
		done, err := p.Send(ctx, key)
		return done.Operator, err
	}
	u, err := p.Unsigned(ctx)
	if err != nil {
		return 0, err
	}
	f.d.say("  %s has to send this; when it is mined, run `dbdao-bridge operator init` again: it goes on from here", f.made.Admin)
	f.d.say("    to    %s\n    value %s\n    data  %s", u.To, u.Value, u.Data)
	return 0, errAwaited
}

// deployMarket makes a lab's market: the admin is its owner and platform.
func (f *firstHour) deployMarket(ctx context.Context) error {
	if f.keys.owner != nil {
		return fmt.Errorf("%w: a lab's market is deployed with the admin key: leave --admin-address out", errUsage)
	}
	key, err := f.adminKey(ctx)
	if err != nil {
		return err
	}
	rules := contracts.DemoRules()
	if err := derive(&rules, key, f.keys.admin, f.password); err != nil {
		return err
	}
	p, err := client.Deploy(ctx, f.nodes, key.Address(), rules)
	if err != nil {
		return err
	}
	done, err := p.SendAll(ctx, key)
	if err != nil {
		return err
	}
	last := done[len(done)-1]
	f.start = last.Block
	f.d.say("  market %s deployed in block %d, with a new DTX of which %s holds all", last.Market, last.Block, f.made.Admin)
	return f.joined(last.Market)
}

// check runs `check`, after the unit's account was given what it has to read.
func (f *firstHour) check(ctx context.Context) error {
	files := []string{f.file, f.keys.signer, f.keys.signerPassword, f.keys.data}
	if p := filepath.Join(f.keys.dir, "broker.password"); f.cfg.Sources != nil && f.cfg.Sources[0].PasswordFile == p {
		files = append(files, p)
	}
	to, err := setup.GiveToService(files...)
	if err != nil {
		return err
	}
	if to != "" {
		f.d.say("  the configuration, the signer's key and the ledger's folder are given to the account %s", to)
	}
	if f.cfg, err = config.Load(f.file); err != nil {
		return err
	}
	err = app.Check(ctx, f.cfg, slog.New(slog.DiscardHandler), func(ok bool, what string) {
		f.d.say("  %s%s", map[bool]string{true: "ok    ", false: "FAULT "}[ok], what)
	})
	if err != nil {
		return fmt.Errorf("operator %d is registered and %s is written, but not all works yet: fix what is marked FAULT above, and run `dbdao-bridge check -c %s`", f.cfg.Operator.ID, f.file, f.file)
	}
	return nil
}

// next says how it goes on.
func (f *firstHour) next() {
	f.d.say("\nNext")
	if f.keys.owner == nil {
		f.warnOfAdmin("move")
	}
	if setup.HasUnit() && filepath.Dir(f.file) == "/etc/dbdao-bridge" {
		f.d.say("  start it: systemctl enable --now dbdao-bridge")
	} else {
		f.d.say("  start it: dbdao-bridge run -c %s", f.file)
	}
	f.d.say("  see what holds: dbdao-bridge status -c %s", f.file)
	if host, _, err := net.SplitHostPort(f.cfg.API.Listen); err == nil && f.url == "" {
		f.d.say("  buyers reach its API at http://%s (%s only): put a TLS proxy before it and set api.public_url", f.cfg.API.Listen, host)
	}
}

// rehearse lets the simulator publish and listens, if the operator wants it.
func (f *firstHour) rehearse(ctx context.Context) error {
	sim := setup.Simulator()
	if sim == "" || len(f.cfg.Sources) == 0 || f.cfg.Sources[0].Kind != config.KindMQTT {
		return nil
	}
	src, proposal := f.cfg.Sources[0], "no"
	if f.lab && src.Username == "" {
		proposal = "yes"
	}
	f.d.say("\nRehearsal")
	yes, err := f.d.agrees(ctx, "Let hardware-sim publish uplinks of three made-up sensors to the broker for 20 seconds, and listen? Whoever else reads there sees them", "yes", proposal)
	if err != nil || !yes {
		return err
	}
	if src.Username != "" {
		if src, yes, err = f.publisher(ctx, src); err != nil || !yes {
			return err
		}
	}
	if err := source.Probe(ctx, f.cfg.Sources[0], src, f.cfg.Operator.ID); err != nil {
		f.d.say("  no rehearsal: %v. Run `dbdao-bridge operator init` again to try another account", err)
		return ctx.Err()
	}
	scenario := filepath.Join(f.keys.dir, "rehearsal.toml")
	if err := setup.Save(scenario, setup.Rehearsal(src)); err != nil {
		return err
	}
	err = setup.Rehearse(ctx, sim, scenario, func(ctx context.Context) {
		_ = source.Listen(ctx, f.cfg, slog.New(slog.DiscardHandler), setup.RehearsalTime, nil, func(_ bool, what string) { f.d.say("  %s", what) })
	})
	if err != nil {
		f.d.say("  %v", err)
	}
	f.d.say("  the scenario is %s: change it and play it with `hardware-sim run -c`", scenario)
	if src.PasswordFile != f.cfg.Sources[0].PasswordFile {
		f.d.say("  it signs in as %s with the password you typed, which is kept in %s (mode 0600): delete that file when you rehearse no more", src.Username, src.PasswordFile)
	}
	return ctx.Err()
}

// publisher asks for the account the simulated sensors publish with: the bridge's own may only read. No: there is none.
func (f *firstHour) publisher(ctx context.Context, src config.Source) (_ config.Source, yes bool, err error) {
	proposal := ""
	if cs, found, err := config.ReadChirpStack(setup.ChirpStackFile); err == nil && found && cs.Account != src.Username {
		proposal = cs.Account
	}
	f.d.say("  %s should only read there: the sensors need the account of who publishes, such as the network server's", src.Username)
	err = f.d.ask(ctx, question{text: "Account they publish with (Enter without one: no rehearsal)", flag: "yes", proposal: proposal, optional: true, take: func(answer string) error {
		src.Username, yes = answer, answer != ""
		return nil
	}})
	if err != nil || !yes {
		return src, false, err
	}
	password, err := hidden(ctx, fmt.Sprintf("  Password of %s: ", src.Username), "yes")
	if err != nil {
		return src, false, err
	}
	src.PasswordFile = filepath.Join(f.keys.dir, "rehearsal.password")
	return src, true, setup.Save(src.PasswordFile, password+"\n")
}
