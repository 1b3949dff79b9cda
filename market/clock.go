package market

import (
	"sync"
	"time"
)

// chainClock is the chain's time, carried on by the monotonic clock, which nobody sets: what
// shows that the wall clock is wrong.
type chainClock struct {
	mu     sync.Mutex
	doubt  time.Duration // how far the wall clock may be from the chain's time; 0: it is believed
	demand bool          // the chain makes blocks when it has something to put in them
	last   tick          // the newest head
	kept   tick          // a time that was right once, and is past; zero: none is known
	tick   tick          // chain time goes on from here; zero: not known
}

// tick is a block's time, unix seconds, and when it was heard of.
type tick struct {
	time int64
	seen time.Time
}

// at is chain time at a moment.
func (t tick) at(now time.Time) int64 { return t.time + int64(now.Sub(t.seen)/time.Second) }

const (
	tickKept = time.Hour   // for so long chain time goes on from one block: quartz strays by seconds a day
	tickNear = time.Minute // two blocks of a chain that lives are as far apart in its time as in ours, give or take this
)

// DoubtClock lets the index believe the wall clock only while it is no further than beyond
// from the chain's time. A chain that makes blocks on demand has a time of its own only in so
// far as it goes on: there a clock that is set ahead while the process runs is doubted.
func (x *Index) DoubtClock(beyond time.Duration, onDemand bool) {
	x.clock.doubt, x.clock.demand = beyond, onDemand
}

// Remember tells a moment that was surely past when it was written down: until a block is seen to come,
// a clock that shows an earlier one is not believed.
func (x *Index) Remember(past time.Time) {
	x.clock.mu.Lock()
	defer x.clock.mu.Unlock()
	x.clock.kept = tick{past.Unix(), x.now()}
}

// InStep tells the head of a chain that is folded up to it. Chain time is known from the second
// block on that is seen to come: a node that is frozen, or far behind and catching up, tells none.
func (x *Index) InStep(p Position) {
	c, now := &x.clock, x.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	block := tick{int64(p.Time), now}
	if c.demand && c.tick.seen.IsZero() {
		c.tick = tick{max(block.time, now.Unix()), now}
	}
	apart := time.Duration(block.time-c.last.time)*time.Second - now.Sub(c.last.seen)
	switch {
	case c.last.seen.IsZero() || block.time < c.last.time:
		c.last = block
		return
	case block.time == c.last.time:
		return
	case apart.Abs() > tickNear && (c.tick.seen.IsZero() || block.time <= c.tick.at(now)):
		c.last = block
		return
	}
	ahead := c.tick.at(now) - block.time // of the block, which may have been long in coming
	if c.tick.seen.IsZero() || ahead < 0 || now.Sub(c.tick.seen) > tickKept && ahead < int64(c.doubt/time.Second) {
		c.tick = block
	}
	c.last = block
}

// Clock is the wall clock, unless the chain shows that it is wrong (see DoubtClock): then it
// is the chain's time. Whatever cannot be undone, and whatever is signed, goes by it.
func (x *Index) Clock() time.Time {
	now := x.now()
	if off := x.off(now); off != 0 {
		return time.Unix(now.Unix()-int64(off/time.Second), 0)
	}
	return now
}

// ClockOff tells how far the wall clock is ahead of the chain's time, if it is not believed;
// else 0.
func (x *Index) ClockOff() time.Duration { return x.off(x.now()) }

// Undecided tells that the wall clock is far from the newest block's time, and that no block
// has come yet that would tell which is wrong.
func (x *Index) Undecided() bool {
	c, now := &x.clock, x.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	newest := c.last.time
	if c.last.seen.IsZero() { // nothing was heard since the start: what was folded before it is
		newest = int64(x.head.Load().at.Time)
	}
	return c.doubt != 0 && c.tick.seen.IsZero() && newest != 0 && (time.Duration(now.Unix()-newest)*time.Second).Abs() > c.doubt
}

func (x *Index) off(now time.Time) time.Duration {
	c := &x.clock
	if c.doubt == 0 {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	is := int64(x.head.Load().at.Time) // of what was folded before this process began, at least
	if known := !c.tick.seen.IsZero(); known {
		is = max(is, c.tick.at(now))
	} else {
		if !c.kept.seen.IsZero() {
			is = max(is, c.kept.at(now))
		}
		if now.Unix() > is {
			return 0
		}
	}
	off := time.Duration(now.Unix()-is) * time.Second
	if off.Abs() <= c.doubt || c.demand && off < 0 {
		return 0
	}
	return off
}

// Past is the latest moment that is surely past, by the chain's time and by the wall clock:
// what was kept until then may be deleted. It is zero while no node has shown the chain's time.
func (x *Index) Past() time.Time {
	now, c := x.now(), &x.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	switch head := x.head.Load(); {
	case !c.tick.seen.IsZero():
		return time.Unix(min(now.Unix(), c.tick.at(now)), 0)
	case head.by.IsZero():
		return time.Time{}
	default:
		return time.Unix(min(now.Unix(), int64(head.at.Time)), 0)
	}
}
