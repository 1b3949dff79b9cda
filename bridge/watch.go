package bridge

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// watch turns the parts' own status into conditions, once a second: what
// `status`, /v1/health and the log name.
func (p *parts) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.look()
		}
	}
}

// purge deletes what ledger.retention no longer wants, in steps small enough that
// uplinks do not wait for them.
func (p *parts) purge(ctx context.Context) {
	wait := time.Minute
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		more, err := p.ledger.Purge(time.Now())
		if wait = time.Minute; more {
			wait = 100 * time.Millisecond
		}
		if err != nil && !p.ledger.Closed() {
			p.log.Warn("old readings were not deleted", "err", err)
		}
	}
}

func (p *parts) look() {
	p.lookAtChain()
	p.lookAtDestinations()
	p.lookAtSettlement()
	p.lookAtChallenges()
}

func (p *parts) lookAtChain() {
	s := p.follower.Status()
	for _, e := range s.Endpoints {
		p.health.Set(e.State != market.EndpointAlive, Condition{Code: "rpc_down", Subject: e.Host,
			Text: fmt.Sprintf("the Ethereum node %s is %s (%s): purchases known so far are served, new ones wait", e.Host, e.State, e.LastError)})
	}
	_, heard := p.index.Head()
	stale := !heard.IsZero() && p.cfg.Chain.MaxStaleness > 0 && time.Since(heard) > p.cfg.Chain.MaxStaleness
	p.health.Set(stale, Condition{Code: "chain_stale",
		Text: "no node has answered for longer than chain.max_staleness: deliveries are held until one does"})
}

func (p *parts) lookAtSettlement() {
	t := p.settler.Load()
	if t == nil {
		return
	}
	s := t.Status()
	holds := map[[2]string]bool{}
	for _, f := range s.Faults {
		c := Condition{Code: "settlement_failing", Subject: string(f.Code), Text: "settlement: " + f.Text}
		if f.Code == settlement.FaultEther {
			c = Condition{Code: "low_gas", Subject: s.Signer.Hex(), Text: f.Text}
		}
		holds[[2]string{c.Code, c.Subject}] = true
		p.health.Raise(c)
	}
	if low := (Condition{Code: "low_gas", Subject: s.Signer.Hex()}); s.Balance.Cmp(s.Need) < 0 && !holds[[2]string{low.Code, low.Subject}] {
		holds[[2]string{low.Code, low.Subject}] = true
		low.Text = fmt.Sprintf("the hot key has %s ether, the next settlements may take %s: send about %s ether to %s",
			settlement.Ether(s.Balance), settlement.Ether(s.Need), settlement.Ether(new(big.Int).Sub(s.Need, s.Balance)), s.Signer.Hex())
		p.health.Raise(low)
	}
	for _, c := range p.health.Conditions() {
		if (c.Code == "settlement_failing" || c.Code == "low_gas") && !holds[[2]string{c.Code, c.Subject}] {
			p.health.Clear(c.Code, c.Subject)
		}
	}
}
