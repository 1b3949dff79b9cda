// Package overclaim decides when a buyer's program cancels a purchase whose operator claims
// more than he delivers. It is a function of what was observed: it asks nobody, knows no clock,
// and what is unknown makes it wait. An honest operator claims only what has a receipt, so a
// pull of everything his bridge has, begun after a claim was seen, brings at least as much as
// was claimed: without such a pull nothing is cancelled, however long a claim has been ahead.
package overclaim

import "github.com/ethereum/go-ethereum/common"

// Blocks is for how many a claim must stay ahead of what was received.
const Blocks = 10

// Action is what to do next.
type Action int

// Wait for the next observation; Pull everything the bridge has, now, and tell of it; Cancel
// the purchase.
const (
	Wait Action = iota
	Pull
	Cancel
)

// Observation is a purchase as a block shows it, and what of it is stored here.
type Observation struct {
	Block    uint64
	Hash     common.Hash // of the block
	Known    bool        // false: no node could tell what was claimed
	Claimed  uint32      // readings, in all, as the chain has paid them
	Received uint32      // readings, each once, that are durably stored here
}

// Pulled is what a pull of everything that a bridge has brought. Complete is false if it did
// not come to its end. Excused are readings the bridge has delivered whose bodies it need not
// have: those whose time is over, and those that were lost while nobody watched.
type Pulled struct {
	Complete bool
	Received uint32 // as in an Observation, afterwards
	Excused  uint32
}

// Watch follows one purchase. The zero value has seen nothing.
type Watch struct {
	top     Observation // the highest block seen
	since   uint64      // first block of the run in which the claim is ahead
	ahead   bool
	asked   bool
	claimed uint32 // when the pull was asked for
	excused uint32
}

// Ahead is how many readings the newest claim is ahead of what was received; 0: none, or unknown.
func (w *Watch) Ahead() uint32 {
	if !w.ahead {
		return 0
	}
	return over(w.top.Claimed, w.top.Received, w.excused)
}

// Blocks is for how many blocks the claim has been ahead.
func (w *Watch) Blocks() uint64 {
	if !w.ahead {
		return 0
	}
	return w.top.Block - w.since
}

func over(claimed, received, excused uint32) uint32 {
	if have := uint64(received) + uint64(excused); uint64(claimed) > have {
		return uint32(uint64(claimed) - have)
	}
	return 0
}

// Observe takes a block in. A block below the highest is of a node that is behind, or of a
// chain that has yet to grow past what it replaces: it tells nothing. Another block at the
// highest one's height begins the run again.
func (w *Watch) Observe(o Observation) Action {
	if !o.Known || o.Block < w.top.Block {
		return Wait
	}
	w.asked = false
	if o.Block == w.top.Block && o.Hash != w.top.Hash {
		w.ahead = false
	}
	w.top = o
	if over(o.Claimed, o.Received, w.excused) == 0 {
		w.ahead = false
		return Wait
	}
	if !w.ahead {
		w.ahead, w.since = true, o.Block
	}
	if o.Block-w.since < Blocks {
		return Wait
	}
	w.asked, w.claimed = true, o.Claimed
	return Pull
}

// Tell takes in what a pull brought that Observe asked for and that began afterwards.
func (w *Watch) Tell(p Pulled) Action {
	if !w.asked || !p.Complete {
		return Wait
	}
	w.asked, w.excused = false, p.Excused
	if over(w.claimed, p.Received, p.Excused) == 0 {
		w.ahead = false
		return Wait
	}
	return Cancel
}
