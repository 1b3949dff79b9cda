package app

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/attest"
	"github.com/databrokerdao/dbdao-bridge/bridge/buyer"
	"github.com/databrokerdao/dbdao-bridge/bridge/source"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/version"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// openKeys reads the operator's key.
func (p *parts) openKeys(context.Context) (err error) {
	if _, err := p.cfg.CheckFiles(); err != nil {
		return err
	}
	if err := os.MkdirAll(p.cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("make data_dir: %w: make it for the account the bridge runs as, or name another", err)
	}
	if st, err := os.Stat(p.cfg.DataDir); err == nil && st.Mode().Perm()&0o077 != 0 {
		p.log.Warn("data_dir was open to other accounts of this machine: it is not any more (mode 0700)", "data_dir", p.cfg.DataDir)
		if err := os.Chmod(p.cfg.DataDir, 0o700); err != nil {
			return fmt.Errorf("data_dir is open to other accounts of this machine: run chmod 700: %w", err)
		}
	}
	if p.key, err = settlement.LoadKey(p.cfg.Operator.Keystore, p.cfg.Operator.PasswordFile); err != nil {
		return err
	}
	debug.FreeOSMemory() // opening a keystore takes 256 MB (scrypt) that nobody needs again
	return nil
}

func (p *parts) market() common.Address { return common.HexToAddress(p.cfg.Chain.Market) }

func (p *parts) place() delivery.Place {
	return delivery.Place{ChainID: p.chainID, Market: p.market()}
}

// confirmations is the configured depth, or the chain's usual one.
func (p *parts) confirmations() uint64 {
	switch {
	case p.cfg.Chain.Confirmations >= 0:
		return uint64(p.cfg.Chain.Confirmations)
	case node.Development(p.chainID):
		return 1
	}
	return 12
}

// clockDoubt is how far this machine's clock may be from the chain's time: more than the newest
// block's age may be where blocks are rare.
const clockDoubt = 10 * time.Minute

func (p *parts) openLedger(context.Context) error {
	sealing, err := ownKey(p.cfg.Path(routeKey), 32)
	if err != nil {
		return err
	}
	p.index = market.NewIndex(p.confirmations(), p.cfg.Chain.MaxStaleness)
	p.index.DoubtClock(clockDoubt, node.Development(p.chainID))
	p.recallTime()
	p.ledger, err = ledger.Open(p.cfg.Path(ledgerFile), ledger.Options{
		Place: p.place(), Operator: market.OperatorID(p.cfg.Operator.ID), Gather: p.cfg.Ledger.Gather,
		MaxSize: p.cfg.Ledger.MaxSize, Retention: p.cfg.Ledger.Retention, RouteKey: [32]byte(sealing), Index: p.index, Log: p.log,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", p.cfg.Path(ledgerFile), err)
	}
	return nil
}

// makeBridge makes what stands between the ledger and the sources.
func (p *parts) makeBridge(context.Context) error {
	p.desk = buyer.New(buyer.Deps{Delivery: p.cfg.Delivery, Ledger: p.ledger, Index: p.index, Signing: p.signing, Agent: "dbdao-bridge/" + version.String(),
		Meter: p.meter, Health: p.health, Log: p.log})
	p.desk.Wait(true) // until no other bridge is seen
	p.bridge = bridge.New(p.index, p.ledger, p.desk, p.meter, p.health, p.log)
	p.scripts = js.NewPool(p.cfg.Codec.Workers, js.Limits{Time: p.cfg.Codec.TimeLimit, Memory: p.cfg.Codec.MemoryLimit})
	p.bridge.Codecs.UseScripts(p.ledger, p.scripts)
	return nil
}

// heard tells sources which devices are bought, and how they sent before.
type heard struct{ *parts }

func (p heard) Devices() []lorawan.DevEUI { return p.index.Devices() }
func (p heard) Rhythms() (map[string]map[lorawan.DevEUI]ledger.Rhythm, error) {
	return p.ledger.Rhythms()
}

// makeSources opens the sources and who vouches for the devices they bring.
func (p *parts) makeSources(context.Context) (err error) {
	p.sources, err = source.Open(p.cfg.Sources, source.Deps{Bridge: p.bridge, Store: p.ledger, Heard: heard{p}, Operator: p.cfg.Operator.ID,
		Meter: p.meter, Health: p.health, Log: p.log, Started: p.started, File: p.cfg.Path(sourcesFile)})
	if err != nil {
		return err
	}
	p.attester = &attest.Attester{Operator: market.OperatorID(p.cfg.Operator.ID), ChainID: p.chainID, Market: p.market(), Key: p.key, Ledger: p.ledger, Index: p.index,
		Reader: p.reader, Scripts: p.scripts, Live: &p.bridge.Tags, Lately: &p.bridge.Lately, Started: p.started, Sources: p.sources, Health: p.health, Log: p.log}
	return nil
}

// sourcesFile keeps what was learned of the sources over a restart, in data_dir.
const sourcesFile = "sources.json"
