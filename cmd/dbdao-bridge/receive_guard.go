package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/overclaim"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/spf13/cobra"
)

// guard cancels purchases that are paid for readings which did not come.
type guard struct {
	m    *chain
	key  *settlement.Key
	poll time.Duration
}

// guarded is what the guard knows of a purchase.
type guarded struct {
	id      market.PurchaseID
	watch   overclaim.Watch
	watched uint64 // chain time at which a former run last looked; 0: none did
	began   uint64 // chain time at which this run had fetched everything; 0: not yet
	excused bool   // what was lost while no run looked is counted
	kept    time.Time
	said    string
}

// equipGuard finds the chain for --cancel-overclaimed.
func (o *options) equipGuard(c *cobra.Command, r *receiver) error {
	if r.once || r.state == "" {
		return fmt.Errorf("%w: --cancel-overclaimed goes on watching, and counts what is durably stored: leave out --once, and give --to file:DIR or --state FILE", errUsage)
	}
	key, err := o.wallet(c.Context())
	if err != nil {
		return err
	}
	m, err := o.dial(c.Context(), key.Address())
	if err != nil {
		return err
	}
	if o.lender() != "" {
		r.say(errors.New("--via-api: what the chain has paid is asked of the operator's own node, which could hide it: a node of somebody else (--rpc) tells more"))
	}
	r.guard = &guard{m: m, key: key, poll: min(r.poll, 4*time.Second)}
	return nil
}

// run watches until ctx ends, or nothing is left that could be cancelled.
func (g *guard) run(ctx context.Context, r *receiver, purchases []market.PurchaseID) {
	var all []*guarded
	for _, p := range purchases {
		all = append(all, &guarded{id: p, watched: r.mark(p).Watched})
	}
	tick := time.NewTicker(g.poll)
	defer tick.Stop()
	for len(all) > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		head, err := g.m.node.HeaderByNumber(ctx, nil)
		if err != nil {
			continue // unknown: wait
		}
		var rest []*guarded
		for _, p := range all {
			over, err := g.look(ctx, r, p, head)
			if err != nil && ctx.Err() == nil && err.Error() != p.said {
				p.said = err.Error()
				r.say(err)
			}
			if !over {
				rest = append(rest, p)
			}
		}
		all = rest
	}
}

// pinned reads the chain as it is in one block: a node that does not have it tells nothing.
type pinned struct {
	*node.Client
	block *big.Int
}

func (p pinned) CallContract(ctx context.Context, call ethereum.CallMsg, _ *big.Int) ([]byte, error) {
	return p.Client.CallContract(ctx, call, p.block)
}

// look takes a block in, and does what follows of it; over says that nothing more can be cancelled.
func (g *guard) look(ctx context.Context, r *receiver, p *guarded, head *types.Header) (over bool, err error) {
	o := overclaim.Observation{Block: head.Number.Uint64(), Hash: head.Hash()}
	is, err := market.NewReader(pinned{g.m.node, head.Number}, g.m.Market).Purchase(ctx, p.id)
	if err != nil {
		p.watch.Observe(o)
		return false, nil
	}
	switch {
	case is.State == market.PurchaseClosed:
		return true, nil
	case is.State == market.PurchaseActive && is.Buyer != g.key.Address():
		return false, fmt.Errorf("purchase %d is not of the account %s: it is not watched", p.id, g.key.Address())
	case is.State == market.PurchaseActive && head.Time >= is.End:
		return true, nil
	}
	if _, done := r.caughtUp.Load(p.id); done && p.began == 0 {
		p.began = head.Time
	}
	o.Known, o.Claimed, o.Received = is.State == market.PurchaseActive, is.Delivered, r.mark(p.id).Have.count()
	action := p.watch.Observe(o)
	if time.Since(p.kept) > time.Minute {
		p.kept = time.Now()
		if err := r.remember(p.id, func(m *mark) { m.Watched = max(m.Watched, head.Time) }); err != nil {
			return false, err
		}
	}
	if action != overclaim.Pull {
		return false, nil
	}
	pulled, err := g.pull(ctx, r, p, is.Quota, head.Time)
	if err != nil {
		return false, fmt.Errorf("purchase %d: the chain has paid %d readings, %d were received: nothing is cancelled before everything was fetched once more, and that did not work (%w). `purchase cancel %[1]d` ends it all the same",
			p.id, is.Delivered, o.Received, err)
	}
	if p.watch.Tell(pulled) != overclaim.Cancel {
		return false, nil
	}
	return false, g.cancel(ctx, r, p, is.Delivered, pulled)
}

// pull fetches everything the bridge has of a purchase. What it has and is not sent here is nobody's to judge.
func (g *guard) pull(ctx context.Context, r *receiver, p *guarded, quota uint32, now uint64) (done overclaim.Pulled, err error) {
	token := r.session()
	v, err := r.delivery(ctx, p.id)
	if errors.Is(err, api.ErrSignedOut) {
		if err = r.signInAgain(ctx, token); err == nil {
			v, err = r.delivery(ctx, p.id)
		}
	}
	if err != nil {
		return done, err
	}
	if v.Destination != "" && v.Kind != "pull" {
		return done, errors.New("it goes to a destination of yours elsewhere: what arrived there is not known here")
	}
	if done, err = r.pullAll(ctx, p.id, quota); err != nil {
		return done, err
	}
	if p.began == 0 {
		p.began = now
	}
	if lost := lostBetween(&v, p.watched, p.began); lost > 0 && !p.excused {
		err = r.remember(p.id, func(m *mark) { m.Excused += lost })
	}
	p.excused = err == nil
	done.Excused += r.mark(p.id).Excused
	return done, err
}

// lostBetween counts readings that were lost with another ledger of the operator's, if that was noticed
// after one time on chain and not after another: nobody can show them, and while no run looked they
// may have been delivered elsewhere. While a run looks it has all that had a receipt.
func lostBetween(v *api.DeliveryView, after, until uint64) (n uint32) {
	for _, l := range v.Lost {
		if l.At > after && l.At <= until {
			n += l.Count
		}
	}
	return n
}

// cancel ends a purchase.
func (g *guard) cancel(ctx context.Context, r *receiver, p *guarded, paid uint32, pulled overclaim.Pulled) error {
	if _, err := g.m.Cancel(p.id).SendAll(ctx, g.key); err != nil {
		return fmt.Errorf("purchase %d: the chain has paid %d readings, %d were received, and cancelling it did not work, which is tried again: %w", p.id, paid, pulled.Received, err)
	}
	is, of, err := g.m.purchase(ctx, p.id)
	if err != nil {
		return fmt.Errorf("purchase %d was cancelled, and then: %w", p.id, err)
	}
	v := g.m.viewPurchase(is, of, of.EndOf(is.End))
	r.say(fmt.Errorf("purchase %d is cancelled: the chain had paid %d readings for %d blocks, %d were received, and everything the bridge has was fetched once more. `purchase finish %d` from %s on, and then `withdraw`, bring the rest back: at most %s",
		p.id, paid, p.watch.Blocks(), pulled.Received, p.id, v.FinishFrom.Format(time.RFC3339), v.Rest))
	return nil
}
