package intake

import (
	"context"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

// Acks acknowledges uplinks to the broker in the order they arrived, each one
// only after everything before it has ended (MQTT 3.1.1, section 4.6). It works
// from a goroutine of its own: a stalled socket must not hold up the committer.
type Acks struct {
	mu    sync.Mutex
	wake  chan struct{}
	cut   chan struct{} // an arrival was not committed
	room  sync.Cond     // some of much that was held has ended
	ring  []slot        // power of two; slot i of the stream lives at i&(len-1)
	first uint64        // oldest slot not yet acknowledged
	next  uint64        // where the next arrival goes
	held  int           // bytes of the payloads of arrivals that have not ended
	busy  bool          // arrivals are being handed over: Idle follows

	flushing sync.Mutex
	ready    []mqtt.Message
}

// heldMost is how many bytes of arrivals that have not ended there may be before no more are taken:
// a broker that does not stop by itself has 65,535 messages under way.
const heldMost = 6 << 20

type slot struct {
	m       mqtt.Message
	size    int
	done    bool
	refused bool // it was not committed
}

// NewAcks makes an empty order.
func NewAcks() *Acks {
	a := &Acks{wake: make(chan struct{}, 1), cut: make(chan struct{}, 1), ring: make([]slot, 1024)}
	a.room.L = &a.mu
	return a
}

// Receive is Arrive for a connection that calls Idle when it has handed everything over. It holds
// the connection up while too much has not ended, but never for longer than a moment: one that
// nobody reads from is believed dead.
func (a *Acks) Receive(m mqtt.Message) Arrival {
	a.waitForRoom()
	return a.Arrive(m)
}

// moment is well below any keep-alive.
const moment = time.Second

func (a *Acks) waitForRoom() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy = true; a.held < heldMost {
		return
	}
	defer func() { a.busy = true }()
	over := false
	timer := time.AfterFunc(moment, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		over = true
		a.room.Broadcast()
	})
	defer timer.Stop()
	a.busy = false
	a.rouse()
	for a.held >= heldMost && !over {
		a.room.Wait()
	}
}

// Idle says that nothing is being handed over for now: what has ended is acknowledged.
func (a *Acks) Idle() {
	a.mu.Lock()
	a.busy = false
	a.mu.Unlock()
	for a.Flush() > 0 {
	}
}

// Arrive gives a publication the next place in the order.
func (a *Acks) Arrive(m mqtt.Message) Arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next-a.first == uint64(len(a.ring)) {
		a.grow()
	}
	place := a.next
	arrival := Arrival{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retained: m.Retained, Done: Done{a, place}}
	m.Payload = nil // it is not ours to keep
	a.ring[place&uint64(len(a.ring)-1)] = slot{m: m, size: len(arrival.Payload)}
	a.held += len(arrival.Payload)
	a.next++
	return arrival
}

func (a *Acks) grow() {
	bigger := make([]slot, 2*len(a.ring))
	for i := a.first; i < a.next; i++ {
		bigger[i&uint64(len(bigger)-1)] = a.ring[i&uint64(len(a.ring)-1)]
	}
	a.ring = bigger
}

// Cut says that an arrival was not committed: the broker sends it again on a new connection, and
// on this one never.
func (a *Acks) Cut() <-chan struct{} { return a.cut }

// End lets an arrival be acknowledged. One that was not committed never is, and those behind it are.
func (a *Acks) End(place uint64, e End) {
	a.mu.Lock()
	one := &a.ring[place&uint64(len(a.ring)-1)]
	if one.done = true; e.Fate == FateUncommitted {
		one.refused = true
		select {
		case a.cut <- struct{}{}:
		default:
		}
	}
	if a.held -= one.size; a.held < heldMost && a.held+one.size >= heldMost {
		a.room.Signal()
	}
	if place == a.first && !a.busy {
		a.rouse()
	}
	a.mu.Unlock()
}

func (a *Acks) rouse() {
	select {
	case a.wake <- struct{}{}:
	default:
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
// most, and counts them.
func (a *Acks) Flush() int {
	a.flushing.Lock()
	defer a.flushing.Unlock()
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
		if !s.refused {
			into = append(into, s.m)
		}
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
