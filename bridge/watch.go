package bridge

import (
	"context"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
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
