package bridge

import (
	"context"
	"sync"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

// acker acknowledges uplinks to the broker in the order they arrived, each one
// only after everything before it is settled (MQTT 3.1.1, section 4.6). It works
// from a goroutine of its own: a stalled socket must not hold up the committer.
type acker struct {
	mu    sync.Mutex
	wake  chan struct{}
	ring  []slot // power of two; slot i of the stream lives at i&(len-1)
	first uint64 // oldest slot not yet acknowledged
	next  uint64 // where the next arrival goes
}

type slot struct {
	m    mqtt.Message
	done bool
}

// ticket names an arrival; settle redeems it.
type ticket uint64

func newAcker() *acker {
	return &acker{wake: make(chan struct{}, 1), ring: make([]slot, 1024)}
}

// arrive takes the next place in the order.
func (a *acker) arrive(m mqtt.Message) ticket {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next-a.first == uint64(len(a.ring)) {
		a.grow()
	}
	t := a.next
	a.ring[t&uint64(len(a.ring)-1)] = slot{m: m}
	a.next++
	return ticket(t)
}

func (a *acker) grow() {
	bigger := make([]slot, 2*len(a.ring))
	for i := a.first; i < a.next; i++ {
		bigger[i&uint64(len(bigger)-1)] = a.ring[i&uint64(len(a.ring)-1)]
	}
	a.ring = bigger
}

// settle says that the arrival's fate is durable (or that it has none).
func (a *acker) settle(t ticket) {
	a.mu.Lock()
	a.ring[uint64(t)&uint64(len(a.ring)-1)].done = true
	head := uint64(t) == a.first
	a.mu.Unlock()
	if head {
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
}

// run acknowledges until ctx ends. What is unsettled then stays unacknowledged:
// the broker sends it again.
func (a *acker) run(ctx context.Context) {
	var ready []mqtt.Message
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		}
		for {
			ready = a.take(ready[:0])
			if len(ready) == 0 {
				break
			}
			mqtt.AckAll(ready)
		}
	}
}

// take removes the settled run at the head of the order.
func (a *acker) take(into []mqtt.Message) []mqtt.Message {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.first < a.next && len(into) < 256 {
		s := &a.ring[a.first&uint64(len(a.ring)-1)]
		if !s.done {
			break
		}
		into = append(into, s.m)
		*s = slot{}
		a.first++
	}
	return into
}

// pending counts arrivals not yet acknowledged.
func (a *acker) pending() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return int(a.next - a.first)
}
