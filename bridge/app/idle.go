package app

import (
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
)

// idleAfter is how long a development chain makes no block before that is told.
const idleAfter = time.Minute

// idle notices that a development chain, which makes blocks with transactions only unless it is told
// otherwise, makes none. A public chain that does not is a node's fault (rpc_frozen).
type idle struct {
	at    market.Position // the newest block
	since time.Time       // seen first
}

// look tells for how long there was no new block; 0 while that is no news.
func (i *idle) look(chainID uint64, head market.Position, now time.Time) time.Duration {
	if head != i.at || i.since.IsZero() {
		i.at, i.since = head, now
	}
	if d := now.Sub(i.since); node.Development(chainID) && d >= idleAfter {
		return d
	}
	return 0
}

// lookForBlocks raises a condition while readings wait and no block comes by which a purchase
// would be settled enough to be served.
func (p *parts) lookForBlocks() {
	head, _ := p.index.Head()
	d := p.idle.look(p.chainID, head, time.Now())
	waiting := uint64(0)
	if d > 0 {
		stats, err := p.ledger.Stats()
		if err != nil {
			return // whoever writes next tells
		}
		waiting = stats.Waiting
	}
	p.health.Set(waiting > 0, health.Condition{Code: "chain_idle", Text: fmt.Sprintf(
		"the development chain has made no block for %s, and %d readings wait: what was bought is served once later blocks confirm it; let the node make blocks by itself (anvil --block-time 2)",
		d.Truncate(time.Minute), waiting)})
}
