package intake

import (
	"context"
	"sync"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

// Acks acknowledges uplinks to the broker in the order they arrived, each one
// only after everything before it has ended (MQTT 3.1.1, section 4.6). It works
// from a goroutine of its own: a stalled socket must not hold up the committer.
type Acks struct {
	mu    sync.Mutex
	wake  chan struct{}
	ring  []slot // power of two; slot i of the stream lives at i&(len-1)
	first uint64 // oldest slot not yet acknowledged
	next  uint64 // where the next arrival goes
	ready []mqtt.Message
}

type slot struct {
	m    mqtt.Message
	done bool
}

// NewAcks makes an empty order.
func NewAcks() *Acks {
	return &Acks{wake: make(chan struct{}, 1), ring: make([]slot, 1024)}
}

// Arrive gives a publication the next place in the order.
func (a *Acks) Arrive(m mqtt.Message) Arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next-a.first == uint64(len(a.ring)) {
		a.grow()
	}
	place := a.next
	a.ring[place&uint64(len(a.ring)-1)] = slot{m: m}
	a.next++
	return Arrival{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retained: m.Retained, Done: Done{a, place}}
}

func (a *Acks) grow() {
	bigger := make([]slot, 2*len(a.ring))
	for i := a.first; i < a.next; i++ {
		bigger[i&uint64(len(bigger)-1)] = a.ring[i&uint64(len(a.ring)-1)]
	}
	a.ring = bigger
}

// End lets an arrival be acknowledged. One that was not committed never is: the broker sends it
// again.
func (a *Acks) End(place uint64, e End) {
	if e.Fate == FateUncommitted {
		return
	}
	a.mu.Lock()
	a.ring[place&uint64(len(a.ring)-1)].done = true
	head := place == a.first
	a.mu.Unlock()
	if head {
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
}

// Run acknowledges until ctx ends. What has not ended then stays unacknowledged:
// the broker sends it again.
func (a *Acks) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		}
		for a.Flush() > 0 {
		}
	}
}

// Flush acknowledges arrivals that have ended, up to the first that has not, a few hundred at
// most, and counts them. Calls must not overlap: while Run runs, they are its own.
func (a *Acks) Flush() int {
	a.ready = a.take(a.ready[:0])
	mqtt.AckAll(a.ready)
	return len(a.ready)
}

// take removes those that have ended at the head of the order.
func (a *Acks) take(into []mqtt.Message) []mqtt.Message {
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

// Pending counts arrivals not yet acknowledged.
func (a *Acks) Pending() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return int(a.next - a.first)
}
