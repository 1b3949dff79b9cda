package app

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// settle reads the market's rules as soon as a node answers, and settles from then on.
func (p *parts) settle(ctx context.Context) {
	for {
		s, err := p.makeSettler(ctx)
		if err == nil {
			p.settler.Store(s)
			_ = s.Run(ctx) // returns nil when ctx ends
			return
		}
		p.log.Warn("settlement waits for a node", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Second):
		}
	}
}

func (p *parts) makeSettler(ctx context.Context) (*settlement.Settler, error) {
	rules, err := p.rules(ctx)
	if err != nil {
		return nil, err
	}
	c := p.cfg.Settlement
	policy, err := settlementPolicy(c)
	if err != nil {
		return nil, err
	}
	return settlement.New(settlement.Config{
		Operator: market.OperatorID(p.cfg.Operator.ID), Market: p.market(), ChainID: new(big.Int).SetUint64(p.chainID),
		Interval: c.Interval, Policy: policy, Rules: rules,
		Deadline: c.DeadlineMargin, BumpAfter: c.BumpAfter, Confirm: c.Confirmations,
		Poll: max(p.cfg.Chain.PollInterval, 200*time.Millisecond),
	}, p.nodes, p.ledger, p.key, p.log), nil
}

// rules are the market's, as the ledger knows them, or as a node tells them once.
func (p *parts) rules(ctx context.Context) (market.Rules, error) {
	r, known, err := p.ledger.Rules()
	if err != nil || known {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if r, err = p.reader.Rules(ctx); err != nil {
		return r, fmt.Errorf("the market's rules are not known yet, and no node tells them: %w", err)
	}
	return r, p.ledger.PinRules(r)
}

// settlementPolicy reads what a settlement may cost from the configuration.
func settlementPolicy(c config.Settlement) (p settlement.Policy, err error) {
	if p.Cover, err = config.Times(c.Covers); err != nil {
		return p, err
	}
	if p.MaxFee, err = config.Decimal(c.MaxFee, 9); err != nil || p.Cover.Sign() == 0 {
		return p, err
	}
	p.DTXPrice, err = config.Decimal(c.DTXPrice, 18)
	return p, err
}

// lookAtSettlement keeps a condition for each fault of the settler, until the settler has
// seen it work again.
func (p *parts) lookAtSettlement() {
	t := p.settler.Load()
	if t == nil {
		return
	}
	holds := map[[2]string]bool{}
	for _, c := range settlementConditions(t.Status()) {
		holds[[2]string{c.Code, c.Subject}] = true
		p.health.Raise(c)
	}
	for _, c := range p.health.List() {
		if (c.Code == "settlement_failing" || c.Code == "low_gas") && !holds[[2]string{c.Code, c.Subject}] {
			p.health.Clear(c.Code, c.Subject)
		}
	}
}

// settlementConditions are what an operator should know of a settler.
func settlementConditions(s settlement.Status) []health.Condition {
	var all []health.Condition
	low := s.Balance.Cmp(s.Need) < 0
	for _, f := range s.Faults {
		if f.Code == settlement.FaultEther {
			all, low = append(all, health.Condition{Code: "low_gas", Subject: s.Signer.Hex(), Text: f.Text}), false
			continue
		}
		all = append(all, health.Condition{Code: "settlement_failing", Subject: string(f.Code), Text: "settlement: " + f.Text})
	}
	if low {
		all = append(all, health.Condition{Code: "low_gas", Subject: s.Signer.Hex(), Text: fmt.Sprintf(
			"the hot key has %s ether, the next settlements may take %s: send about %s ether to %s",
			settlement.Ether(s.Balance), settlement.Ether(s.Need), settlement.Ether(new(big.Int).Sub(s.Need, s.Balance)), s.Signer.Hex())})
	}
	return all
}
