package node

import (
	"context"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// deepBlocks below the lowest head nodes are compared a second time: what differs there is
// no reorg that one of them has not heard of yet.
const deepBlocks = 4

// watcher remembers between two looks.
type watcher struct {
	heads []uint64    // of each node when it was last passed
	late  []time.Time // since when another has been ahead
}

// Run compares the nodes until ctx ends.
func (c *Client) Run(ctx context.Context) {
	w := &watcher{heads: make([]uint64, len(c.nodes)), late: make([]time.Time, len(c.nodes))}
	tick := time.NewTicker(c.cfg.Look)
	defer tick.Stop()
	for {
		c.look(ctx, w)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look asks every node for its head and judges them.
func (c *Client) look(ctx context.Context, w *watcher) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	all := make([]sight, len(c.nodes))
	each := func(f func(i int, n *Node)) {
		var wg sync.WaitGroup
		for i, n := range c.nodes {
			wg.Go(func() { f(i, n) })
		}
		wg.Wait()
	}
	each(func(i int, n *Node) { all[i] = n.sight(ctx) })
	low := uint64(0)
	for _, s := range all {
		if s.fault == nil && (low == 0 || s.number < low) {
			low = s.number
		}
	}
	deep := low - min(low, deepBlocks)
	if len(c.nodes) > 1 {
		each(func(i int, n *Node) {
			if all[i].fault == nil {
				all[i].deep = n.at(ctx, deep)
				all[i].anchor = c.anchored(ctx, n, deep, all[i].deep)
			}
		})
	}
	if ctx.Err() == context.Canceled {
		return
	}
	moved := w.note(all)
	now := time.Now()
	for i, o := range compare(all, moved, deep, !c.development(), now) {
		if all[i].resting && all[i].fault != nil && o.state == Unreachable {
			continue // it was not even asked
		}
		c.nodes[i].judged(o, now)
	}
}

// note brings up to date since when each node has been behind another.
func (w *watcher) note(all []sight) (moved []bool) {
	moved = make([]bool, len(all))
	best := uint64(0)
	for _, s := range all {
		if s.fault == nil {
			best = max(best, s.number)
		}
	}
	now := time.Now()
	for i := range all {
		switch s := &all[i]; {
		case s.fault != nil || s.number == best:
			w.late[i], w.heads[i] = time.Time{}, s.number
		case w.late[i].IsZero():
			w.late[i], w.heads[i] = now, s.number
		}
		moved[i] = all[i].number != w.heads[i]
		all[i].late = w.late[i]
	}
	return moved
}

// development tells whether blocks may fail to come for long without anything being wrong.
func (c *Client) development() bool { return Development(c.id()) }

// Development tells whether a chain is one of those that a developer's node makes for itself:
// geth --dev, anvil, hardhat.
func Development(chainID uint64) bool { return chainID == 1337 || chainID == 31337 }

// sight asks a node for its chain and its head.
func (n *Node) sight(ctx context.Context) sight {
	s := sight{was: n.State(), resting: time.Until(n.pace.resting()) > patience}
	if s.resting {
		s.fault = &Error{Node: n.name, Method: "eth_chainId", Verdict: Slower, Text: "it wants to be left alone for a while"}
		return s
	}
	n.mu.Lock()
	known := n.is
	n.mu.Unlock()
	if !known || s.was != Alive {
		n.known.Lock()
		s.fault = n.examine(ctx)
		n.known.Unlock()
	} else {
		s.fault = n.sameChain(ctx)
	}
	if s.fault != nil {
		v, ok := verdictOf(s.fault)
		s.resting = ok && v == Slower
		return s
	}
	n.mu.Lock()
	n.is = true
	n.mu.Unlock()
	h, err := n.Header(ctx, "latest")
	if err != nil {
		s.fault = err
		return s
	}
	s.number, s.time = h.Number, h.Time
	return s
}

// at gives the node's block at a height; zero if it does not say.
func (n *Node) at(ctx context.Context, number uint64) common.Hash {
	h, err := n.Header(ctx, hexutil.EncodeUint64(number))
	if err != nil {
		return common.Hash{}
	}
	return h.Hash
}

// anchored compares a node with the newest block the ledger folded up to a height, where
// the node has the block there.
func (c *Client) anchored(ctx context.Context, n *Node, height uint64, there common.Hash) int {
	c.mu.Lock()
	folded := c.anchor
	c.mu.Unlock()
	if folded == nil {
		return 0
	}
	number, ours, ok := folded(height)
	if !ok {
		return 0
	}
	if number != height {
		there = n.at(ctx, number)
	}
	switch there {
	case common.Hash{}:
		return 0
	case ours:
		return 1
	}
	return -1
}

// judged takes over an opinion. What was proved against a node stays for its time.
func (n *Node) judged(o opinion, now time.Time) {
	n.mu.Lock()
	state, till := n.status.State, n.till
	if o.state == Unreachable || o.state == WrongChain {
		n.is = false
	}
	n.mu.Unlock()
	if (state == Untrue || state == Differing) && now.Before(till) && o.state == Alive {
		return
	}
	n.set(o.state, n.redact(o.text))
}
