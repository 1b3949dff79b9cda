package market

import (
	"testing"
	"time"
	"unsafe"
)

// Two clocks as a machine has them: the wall clock, which is set, and the monotonic one.
type clocks struct {
	x     *Index
	began time.Time
	mono  time.Duration
	wall  time.Duration // how far it is set ahead
	chain int64         // time of the first block
	n     uint64
}

// now is what time.Now gives on a machine whose wall clock was set: the monotonic reading
// beside it goes on as before. Package time has no way to make one; its seconds stand from
// the 31st bit of the first word on.
func (c *clocks) now() time.Time {
	t := c.began.Add(c.mono)
	first := (*uint64)(unsafe.Pointer(&t))
	*first += uint64(int64(c.wall/time.Second)) << 30
	return t
}

func newClocks(demand bool) *clocks {
	c := &clocks{x: NewIndex(0, 0), began: time.Now(), chain: time.Now().Unix()}
	c.x.now = c.now
	c.x.DoubtClock(10*time.Minute, demand)
	return c
}

// pass lets time pass with a block each 12 s, by.
func (c *clocks) pass(d time.Duration) {
	for end := c.mono + d; c.mono < end; c.block(int64(c.mono / time.Second)) {
		c.mono += 12 * time.Second
	}
}

func (c *clocks) block(at int64) {
	c.n++
	p := Position{Number: c.n, Time: uint64(c.chain + at)}
	c.x.SetHead(p, c.now())
	c.x.InStep(p)
}

// real is chain time as it is.
func (c *clocks) real() int64 { return c.chain + int64(c.mono/time.Second) }

func (c *clocks) sane(t *testing.T, when string, off time.Duration) {
	t.Helper()
	if got := c.x.ClockOff(); (got - off).Abs() > 30*time.Second {
		t.Errorf("%s: the clock is off by %v, want %v", when, got, off)
	}
	for name, got := range map[string]int64{"Clock": c.x.Clock().Unix(), "Now": int64(c.x.Now())} {
		if got < c.real()-30 || got > c.real()+30 {
			t.Errorf("%s: %s is %d s from the chain's time", when, name, got-c.real())
		}
	}
	if past := c.x.Past().Unix(); past > c.real()+1 {
		t.Errorf("%s: what is past is %d s in the future", when, past-c.real())
	}
}

func TestAClockThatIsWrongAtTheStartIsNotBelieved(t *testing.T) {
	for name, off := range map[string]time.Duration{"60 days ahead": 60 * 24 * time.Hour, "ten years behind": -87_600 * time.Hour, "right": 0, "four minutes ahead": 4 * time.Minute} {
		c := newClocks(false)
		c.wall = off
		if !c.x.Past().IsZero() {
			t.Errorf("%s: something is past before a node has answered", name)
		}
		c.block(0)
		if got := c.x.Undecided(); got != (off.Abs() > time.Hour) {
			t.Errorf("%s: undecided at the first block: %t", name, got)
		}
		c.pass(time.Minute)
		if off.Abs() < 10*time.Minute {
			if c.x.ClockOff() != 0 || !c.x.Clock().Equal(c.now()) {
				t.Errorf("%s: doubted", name)
			}
			continue
		}
		c.sane(t, name, off)
		c.pass(3 * time.Hour)
		c.sane(t, name+", three hours later", off)
		c.mono += 90 * time.Minute // no node answers
		c.sane(t, name+", in an outage", off)
		if c.x.Undecided() {
			t.Errorf("%s: undecided", name)
		}
	}
}

// A bridge that is started again at once has folded the newest block before: nothing is heard until the next, and
// a clock far from that block is not believed meanwhile.
func TestAWrongClockIsNotBelievedBeforeTheFirstBlockAfterAStart(t *testing.T) {
	for off, want := range map[time.Duration]bool{74 * 365 * 24 * time.Hour: true, -60 * 24 * time.Hour: true, time.Minute: false, 0: false} {
		c := newClocks(false)
		c.wall = off
		if c.x.Undecided() {
			t.Errorf("%v: undecided though no block is known", off)
		}
		c.x.SetHead(Position{Number: 275, Time: uint64(c.chain)}, c.now())
		if got := c.x.Undecided(); got != want {
			t.Errorf("%v: undecided %t, want %t", off, got, want)
		}
	}
}

func TestAClockThatIsSetWhileTheBridgeRunsIsNotBelieved(t *testing.T) {
	for _, demand := range []bool{false, true} {
		c := newClocks(demand)
		if sum := c.now().Sub(c.began); sum != 0 {
			t.Fatalf("the test's clock is wrong by %v", sum)
		}
		c.pass(time.Minute)
		for _, off := range []time.Duration{60 * 24 * time.Hour, 0, -87_600 * time.Hour, 0, 20 * time.Minute, 0} {
			before := c.now()
			c.wall = off
			if moved := c.now().Sub(before); moved != 0 {
				t.Fatalf("the monotonic clock moved by %v", moved)
			}
			if demand && off < 0 {
				continue
			}
			c.sane(t, "as soon as it is set to "+off.String(), off)
			c.pass(2 * time.Hour)
			c.sane(t, "two hours later at "+off.String(), off)
		}
		if c.x.ClockOff() != 0 {
			t.Error("it is right again, and doubted")
		}
	}
}

// A node that is frozen, or far behind and catching up, is not believed against the clock.
func TestAnOldNodeMakesNoClockWrong(t *testing.T) {
	c := newClocks(false)
	c.chain -= 5 * 3_600
	c.block(0)
	c.mono += time.Hour
	c.block(0)
	if !c.x.Undecided() || c.x.ClockOff() != 0 {
		t.Error("a frozen head made a clock wrong")
	}
	for n := range int64(40) { // a hundred blocks each poll
		c.mono += 2 * time.Second
		c.block(n * 400)
	}
	if c.x.ClockOff() != 0 {
		t.Errorf("a node that catches up made the clock wrong by %v", c.x.ClockOff())
	}
}

// A chain that makes blocks on demand may be behind and, if its clock was set, ahead.
func TestAChainOnDemandMakesNoClockWrong(t *testing.T) {
	c := newClocks(true)
	c.block(-7_200) // nobody did anything for hours
	c.mono += time.Hour
	c.block(int64(c.mono/time.Second) + 86_400) // evm_increaseTime
	if c.x.ClockOff() != 0 || c.x.Undecided() || int64(c.x.Now()) < c.chain+86_400 {
		t.Errorf("off %v", c.x.ClockOff())
	}
	if c.x.Past().After(c.now()) {
		t.Error("the future is past")
	}
}

// R2: with no node that answers, the last time that was right is the witness: a clock before it is
// wrong, and goes on from it by the monotonic one. A chain that is heard decides, whatever was kept.
func TestAClockBeforeTheLastTimeSeenIsNotBelieved(t *testing.T) {
	c := newClocks(false)
	kept := c.began.Add(-time.Minute)
	c.x.Remember(kept)
	if c.x.ClockOff() != 0 {
		t.Error("a right clock is doubted")
	}
	c.wall = -46 * 365 * 24 * time.Hour // 1980
	c.mono += time.Hour
	if got, want := c.x.Clock().Unix(), kept.Add(time.Hour).Unix(); got < want-1 || got > want+1 || c.x.ClockOff() > -time.Hour {
		t.Errorf("in 1980, an hour after the start, it is %d s from the time kept", got-want)
	}
	if !c.x.Past().IsZero() {
		t.Error("something is past, and no node has answered")
	}
	c.wall = 0
	if c.x.ClockOff() != 0 {
		t.Error("it is right again, and doubted")
	}
	c.x.Remember(c.began.Add(60 * 24 * time.Hour)) // written by a clock that nobody had found out
	c.block(int64(c.mono / time.Second))
	c.pass(time.Minute)
	if c.x.ClockOff() != 0 {
		t.Errorf("what was kept wins over the chain: %v", c.x.ClockOff())
	}
}
