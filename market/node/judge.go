package node

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// sight is what one look at a node shows.
type sight struct {
	fault   error       // of a node that does not answer, or is of another chain
	number  uint64      // of its head
	time    uint64      // of its head, unix seconds
	deep    common.Hash // its block a little below the lowest head; zero: it does not say
	anchor  int         // 1: it has what the ledger folded; -1: it has another block there; 0: nobody can tell
	was     State       // before this look
	late    time.Time   // since when another node has been ahead of it without a pause; zero: none is
	resting bool
}

// opinion is the verdict on a node.
type opinion struct {
	state State
	text  string
}

// How far apart heads may be. Blocks reach the nodes of a network within seconds; a node
// that is asked a moment before another may miss the newest one.
const (
	lateFor    = 6 * time.Second  // a head that another one has passed this long ago is late
	lateBlocks = 3                // by so many blocks, while it still moves
	lateTime   = 10               // seconds between the two heads, likewise
	stillFor   = 10 * time.Minute // a chain whose newest block is older makes none, or none reach its nodes
)

// compare judges nodes by each other, and by the clock. moved tells whether a node's head
// has moved since it was passed.
func compare(all []sight, moved []bool, height uint64, still bool, now time.Time) []opinion {
	out := make([]opinion, len(all))
	var there []int
	for i, s := range all {
		switch {
		case isWrong(s.fault):
			out[i] = opinion{WrongChain, s.fault.Error()}
		case s.fault != nil:
			out[i] = opinion{Unreachable, s.fault.Error()}
		default:
			there = append(there, i)
		}
	}
	right := branch(all, there, len(all), out, height)
	best := -1
	for _, i := range right {
		if best < 0 || all[i].number > all[best].number {
			best = i
		}
	}
	for _, i := range right {
		out[i] = lateness(all[i], all[best], moved[i], now)
		if out[i].state == Alive && i == best && still && now.Sub(time.Unix(int64(all[i].time), 0)) > stillFor {
			out[i] = opinion{Frozen, fmt.Sprintf("its newest block (%d) is of %s", all[i].number, time.Unix(int64(all[i].time), 0).UTC().Format(time.RFC3339))}
		}
	}
	return out
}

// branch finds the nodes of the right branch and gives the others their opinion. Nodes that
// differ at one height only may just see a reorg at different times.
func branch(all []sight, there []int, configured int, out []opinion, height uint64) (right []int) {
	if len(there) == 1 && configured > 1 && all[there[0]].was == Forked && all[there[0]].anchor <= 0 {
		out[there[0]] = opinion{Forked, "it was on another branch, and no other node answers that could tell"}
		return nil
	}
	groups := map[common.Hash][]int{}
	var silent []int
	for _, i := range there {
		if all[i].deep == noHash {
			silent = append(silent, i)
			continue
		}
		groups[all[i].deep] = append(groups[all[i].deep], i)
	}
	if len(groups) < 2 {
		return there
	}
	var order [][]int
	for _, g := range groups {
		order = append(order, g)
	}
	weight := func(g []int) (anchored int) {
		for _, i := range g {
			anchored += all[i].anchor
		}
		return anchored
	}
	slices.SortFunc(order, func(a, b []int) int { // the ledger's branch, the larger, the preferred
		return cmp.Or(cmp.Compare(sign(weight(b)), sign(weight(a))), cmp.Compare(len(b), len(a)), cmp.Compare(a[0], b[0]))
	})
	for _, g := range order[1:] {
		for _, i := range g {
			out[i] = opinion{Forked, fmt.Sprintf("its block %d is %s, that of the others %s", height, all[i].deep.TerminalString(), all[order[0][0]].deep.TerminalString())}
		}
	}
	return append(order[0], silent...)
}

func sign(n int) int { return cmp.Compare(n, 0) }

// lateness compares a node with the one furthest ahead on its branch.
func lateness(s, best sight, moved bool, now time.Time) opinion {
	lag := best.number - s.number
	text := fmt.Sprintf("its head is %d, another node's %d", s.number, best.number)
	if lag > 0 && !s.late.IsZero() && now.Sub(s.late) >= lateFor {
		switch {
		case !moved:
			return opinion{Frozen, text}
		case lag >= lateBlocks && best.time > s.time+lateTime:
			return opinion{Behind, text}
		}
	}
	if lag > 1 && (s.was == Frozen || s.was == Behind) { // until it has caught up
		return opinion{s.was, text}
	}
	return opinion{Alive, ""}
}
