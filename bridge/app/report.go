package app

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/internal/version"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
)

// backend is the bridge as the API sees it: what this package tells itself, and who tells the rest.
type backend struct{ *parts }

func (p *parts) backend() api.Backend {
	b := backend{p}
	all := api.Backend{Destinations: p.desk, Puller: p.desk, Purchases: p.ledger, Devices: p.attester, Prover: p.attester, Treasury: b, Reporter: b,
		Sessions: p.sources, Backfiller: p.sources, Archivist: b, Claimant: b, Copier: b, Wallets: p.reader, Market: p.listings}
	if p.cfg.API.LendNode {
		all.Chain = lent{p}
	}
	return all
}

// Evidence makes the evidence file of a purchase, with both of the operator's keys.
func (b backend) Evidence(p market.PurchaseID, first uint32, limit int) (*evidence.Document, bool, error) {
	r, ok, err := b.ledger.Proof(p, first, min(limit, evidence.MaxReadings))
	if err != nil || !ok {
		return nil, ok, err
	}
	d, err := evidence.Build(evidence.Place{ChainID: b.chainID, Market: b.market(), Operator: market.OperatorID(b.cfg.Operator.ID)},
		r, b.signing, b.key, b.index.Clock())
	return d, true, err
}

func (b backend) Earnings(ctx context.Context) ([]settlement.Earning, error) {
	rules, err := b.rules(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := b.ledger.Accounts()
	if err != nil {
		return nil, err
	}
	return settlement.Earnings(accounts, rules.Decimals, b.settler.Load()), nil
}

func (b backend) SettleNow(ctx context.Context) ([]settlement.Tx, error) {
	s := b.settler.Load()
	if s == nil {
		return nil, errors.New("settlement is not running: settlement.enabled is false, or no node has answered yet")
	}
	return s.SettleNow(ctx)
}

// copyOf is a copy of the ledger on its way out.
type copyOf struct{ *ledger.Snapshot }

func (c copyOf) Length() int64    { return c.Size }
func (c copyOf) Digest() [32]byte { return c.SHA256 }

func (b backend) Copy() (api.Copy, error) {
	s, err := b.ledger.Snapshot()
	if err != nil {
		return nil, err
	}
	return copyOf{s}, nil
}

func (b backend) Conditions() []api.Condition { return b.health.Told() }

// Clock is what sign-ins are dated by.
func (b backend) Clock() time.Time { return b.index.Clock() }

func (b backend) Operator() api.OperatorInfo {
	return api.OperatorInfo{
		Operator: market.OperatorID(b.cfg.Operator.ID), Name: b.cfg.Operator.Name, ChainID: b.chainID, Market: b.market(), Version: version.String(), Run: b.life,
		Key: "whpk_" + base64.StdEncoding.EncodeToString(b.signing.Public().(ed25519.PublicKey)),
	}
}

func (b backend) Status() (api.Status, error) {
	stats, err := b.ledger.Stats()
	if err != nil {
		return api.Status{}, err
	}
	s := api.Status{
		Version: version.String(), Operator: market.OperatorID(b.cfg.Operator.ID), Started: b.started, Conditions: b.health.Told(),
		Chain: b.follower.Status(), Ledger: stats, Sources: b.sources.Status(),
	}
	s.Destinations, s.Unrouted = b.desk.Standings()
	s.Readers.Feeds, s.Readers.Pulled = b.desk.Readers()
	s.Challenged = b.accused.list(b.index.Now())
	s.Entitlements.Devices, s.Entitlements.Purchases = b.index.Len()
	s.Entitlements.Serving = b.index.Serving()
	if t := b.settler.Load(); t != nil {
		st := t.Status()
		s.Settlement = &st
	}
	return s, nil
}

// standing is the status as metrics show it.
func (b backend) standing() (meter.Standing, error) {
	s, err := b.Status()
	if err != nil {
		return meter.Standing{}, err
	}
	m := meter.Standing{Version: s.Version, Conditions: map[string]int{}, Waiting: s.Ledger.Waiting, Parked: s.Ledger.Parked,
		Unrouted: s.Unrouted, Purchases: s.Entitlements.Purchases, LedgerBytes: s.Ledger.Size, LedgerRoom: s.Ledger.Room, Untaken: s.Ledger.Untaken}
	for _, c := range health.Codes {
		m.Conditions[c.Code] = 0
	}
	for _, c := range b.health.List() {
		m.Conditions[c.Code]++
	}
	if t := s.Settlement; t != nil {
		m.Balance, m.Need, m.Pending, m.Last = t.Balance, t.Need, len(t.Pending), t.Last
	}
	return m, nil
}
