//go:build linux && amd64

package main

import (
	"net/http"
	"os/exec"
	"time"
)

// clocks are clocks of the machine's that are wrong, in the eyes of the bridge alone. Its clock is named
// each time, nothing is dated by it, and what waits is not deleted.
func clocks() []*act {
	const day = 24 * time.Hour
	since1980 := time.Until(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC))
	jump := func(name string, by time.Duration, waits bool) *act {
		return &act{name: name, play: func(c *chaos, a *act) int {
			clock := c.startMoved(0)
			time.Sleep(time.Second)
			clock.move(c.t, by)
			c.wronglyTimed(a, clock, waits)
			return 1
		}}
	}
	begin := func(name string, by time.Duration, waits bool) *act {
		return &act{name: name, play: func(c *chaos, a *act) int {
			c.wronglyTimed(a, c.startMoved(by), waits)
			return 1
		}}
	}
	return []*act{
		jump("jumps 60 days ahead, and readings wait", 60*day, true), jump("jumps a year ahead", 365*day, false), jump("jumps to 1980", since1980, false),
		jump("falls back a day", -day, false), jump("falls back 60 days, and readings wait", -60*day, true), jump("falls back an hour and a half", -90*time.Minute, false),
		begin("is 60 days ahead at the start, and readings wait", 60*day, true), begin("is a day behind at the start", -day, false),
		begin("is that of 1980 at the start", since1980, false), begin("is that of 2100 at the start", 74*365*day, false),
		{name: "goes back and forth all the time", play: func(c *chaos, a *act) (moves int) {
			clock := c.startMoved(0)
			for !a.ended() || moves < 6 {
				for _, by := range []time.Duration{-10 * day, 30 * day, since1980, 0} {
					clock.move(c.t, by)
					time.Sleep(300 * time.Millisecond)
					moves++
				}
			}
			c.expect("the bridge is content with the clock", func() bool { return !c.says("clock_wrong") })
			return moves
		}},
		{name: "is wrong, and the bridge is killed and started with another wrong one", play: func(c *chaos, a *act) (starts int) {
			for _, by := range []time.Duration{60 * day, since1980, -day, 30 * day} {
				c.startMoved(by)
				time.Sleep(time.Second)
				starts++
			}
			<-a.over
			c.restart()
			return starts
		}},
	}
}

// startMoved kills the bridge and starts it with a clock so far from this machine's.
func (c *chaos) startMoved(by time.Duration) *movedClock {
	c.t.Helper()
	c.kill()
	p := &process{cmd: exec.Command(c.bin, "run", "-c", c.config), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = c.log, c.log
	m := moved(c.t, p.cmd, by)
	c.running = p
	go func() { defer close(p.done); _ = p.cmd.Wait() }()
	c.eventually("the bridge answers", 20*time.Second, func() bool {
		_, _, code := c.try("status", "-c", c.config, "-o", "json")
		return code == 0
	})
	return m
}

// wronglyTimed lets the fleet play, and sets the clock right. Where readings wait the buyer's storage
// takes nothing meanwhile, for longer than it takes until what is old is deleted: once a minute.
func (c *chaos) wronglyTimed(a *act, clock *movedClock, waits bool) {
	c.t.Helper()
	began := time.Now()
	if waits {
		c.taker.Store(new(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })))
	}
	c.expect("the bridge names the clock", func() bool { return c.says("clock_wrong") })
	<-a.over
	if waits {
		time.Sleep(time.Until(began.Add(65 * time.Second)))
	}
	clock.move(c.t, 0)
	c.expect("the bridge is content with the clock", func() bool { return !c.says("clock_wrong") })
	c.taker.Store(nil)
}
