package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market/node"
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

// dropOver drops what nobody can be paid for any more, soon after that is so.
func (p *parts) dropOver(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = p.ledger.DropOver(); err != nil {
				if !p.ledger.Closed() && !errors.Is(err, ledger.ErrNoRoom) {
					p.log.Warn("readings of purchases that are over were not dropped", "err", err)
				}
				break
			}
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
		more, err := p.ledger.Purge(p.index.Past())
		if err == nil {
			var rest bool
			rest, err = p.ledger.PurgeClaims()
			more = more || rest
		}
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
	p.lookForBlocks()
	p.desk.Look()
	p.lookAtSettlement()
	p.lookAtChallenges()
	p.lookAtTerms()
	p.lookAtBooks()
	p.lookAtClock()
	p.lookAtRoom()
	p.lookAtUntaken()
	p.sources.Look(time.Now())
}

// lookAtRoom raises conditions while the ledger has no room: for uplinks, and for receipts.
func (p *parts) lookAtRoom() {
	full, why := p.ledger.Fullness()
	where := "only a reserve of the ledger's volume, its quota or ledger.max_size is left"
	if why != nil {
		where = fmt.Sprintf("the ledger cannot grow (%v) and has only its reserve left", why)
	}
	const way = "Free space on the volume of data_dir, raise ledger.max_size, or shorten ledger.retention: it goes on by itself"
	p.health.Set(full != ledger.Ample, health.Condition{Code: "ledger_full", Subject: "intake",
		Text: where + ": uplinks wait at the broker, posts are refused with 503, and what waits is delivered and settled. " + way})
	p.health.Set(full == ledger.Full, health.Condition{Code: "ledger_full", Subject: "delivery",
		Text: "the ledger's reserve is used up too: nothing is delivered, and nothing is signed, until its receipt can be kept. " + way})
}

// lookAtUntaken raises a condition while readings are not stored because their buyers take none.
func (p *parts) lookAtUntaken() {
	stored, bound := p.ledger.AllUntaken()
	p.health.Set(bound > 0, health.Condition{Code: "readings_untaken", Text: fmt.Sprintf(
		"%d buyers let readings wait and take none: further ones of theirs are not stored until they do, and nobody else is affected (%.1f MB of the ledger wait for all buyers together)", bound, float64(stored)/1e6)})
}

// lookAtClock raises a condition while the machine's clock contradicts the chain's time.
func (p *parts) lookAtClock() {
	off := p.index.ClockOff()
	way := "ahead of"
	if off < 0 {
		way = "behind"
	}
	p.health.Set(off != 0, health.Condition{Code: "clock_wrong", Text: fmt.Sprintf(
		"this machine's clock is %s %s the chain's time (%s): the bridge goes by the chain's, deletes nothing by the clock and signs nothing with it; set the clock (timedatectl, chrony)",
		off.Abs().Round(time.Second), way, p.index.Clock().UTC().Format(time.RFC3339))})
}

// nodeConditions name what is wrong with a node, which is passed over as long as another
// is right.
var nodeConditions = []struct {
	state     node.State
	condition health.Condition
}{
	{node.Unreachable, health.Condition{Code: "rpc_down", Text: "the Ethereum node %s does not answer (%s): purchases known so far are served, new ones wait unless another node is right"}},
	{node.Limited, health.Condition{Code: "rpc_limited", Text: "the Ethereum node %s wants fewer requests for a while%.0s: it is asked again later"}},
	{node.Slow, health.Condition{Code: "rpc_slow", Text: "the Ethereum node %s is slow (%s): it is asked after the others for a minute"}},
	{node.Behind, health.Condition{Code: "rpc_behind", Text: "the Ethereum node %s is behind (%s): it is passed over until it has caught up"}},
	{node.Frozen, health.Condition{Code: "rpc_frozen", Text: "the head of the Ethereum node %s does not move (%s): it is passed over until it does"}},
	{node.Forked, health.Condition{Code: "rpc_forked", Text: "the Ethereum node %s is on another branch (%s): it is not asked until it comes back"}},
	{node.WrongChain, health.Condition{Code: "rpc_wrong_chain", Text: "the Ethereum node %s is not asked: %s"}},
	{node.Untrue, health.Condition{Code: "rpc_untrue", Text: "the Ethereum node %s was proved wrong (%s): it is passed over for ten minutes, and what it says is checked"}},
	{node.Differing, health.Condition{Code: "rpc_differs", Text: "the Ethereum node %s is at odds with another (%s), and nothing proves which of them is right"}},
}

func (p *parts) lookAtChain() {
	for _, n := range p.nodes.Nodes() {
		s := n.Status()
		for _, is := range nodeConditions {
			c := is.condition
			c.Subject, c.Text = s.Host, fmt.Sprintf(c.Text, s.Host, s.LastError)
			p.health.Set(s.State == is.state, c)
		}
	}
	if err := p.pinGenesis(); err != nil && !p.ledger.Closed() {
		p.log.Warn("the chain's genesis was not remembered", "err", err)
	}
	_, heard := p.index.Head()
	stale := !heard.IsZero() && p.cfg.Chain.MaxStaleness > 0 && time.Since(heard) > p.cfg.Chain.MaxStaleness
	p.health.Set(stale, health.Condition{Code: "chain_stale",
		Text: "no node has answered for longer than chain.max_staleness: deliveries are held until one does"})
}
