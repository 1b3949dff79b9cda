package intake

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// Buyers tells who bought a device's readings.
type Buyers interface {
	Lookup(dev lorawan.DevEUI) []*market.Entitlement
}

// Copies lets the richest copy of an uplink win where several sources read one network: raw
// frames come first and have no values, the network server's event has them. A copy without
// values that somebody bought waits for one with them; all copies are acknowledged with the one
// that is sold.
type Copies struct {
	buyers Buyers
	next   func(in *Entrance, r *lorawan.Reading, done func(End))
	wait   time.Duration
	shared map[string]bool // networks that several sources read

	mu    sync.Mutex
	held  map[copyID]*heldCopy
	order []*heldCopy // by when their wait is over
	wake  chan struct{}
}

const (
	copyWait  = 2 * time.Second // a network server waits for its own copies, decodes, and publishes
	copiesMax = 4096            // held at once; one more ends the oldest's wait
)

// copyID is what copies of one uplink have in common, whatever a source calls its session.
type copyID struct {
	network string
	dev     lorawan.DevEUI
	fCnt    uint32
}

type heldCopy struct {
	id      copyID
	in      *Entrance
	reading lorawan.Reading
	done    func(End)
	others  []func(End) // of copies as poor
	until   time.Time
	gone    bool
}

// NewCopies hands readings on to next, whose done is called as the reading's own.
func NewCopies(b Buyers, next func(in *Entrance, r *lorawan.Reading, done func(End))) *Copies {
	return &Copies{buyers: b, next: next, wait: copyWait, shared: map[string]bool{}, held: map[copyID]*heldCopy{}, wake: make(chan struct{}, 1)}
}

// Share says that several sources read a network. It is said before any reading is taken.
func (c *Copies) Share(network string) { c.shared[network] = true }

// poor says whether a copy lacks values that are bought.
func (c *Copies) poor(r *lorawan.Reading) bool {
	if r.Values != nil || r.Sealed {
		return false
	}
	for _, e := range c.buyers.Lookup(r.DevEUI) {
		if e.State == market.PurchaseActive && e.Sale.Fields&(lorawan.FieldValues|lorawan.FieldSenML) != 0 {
			return true
		}
	}
	return false
}

// Take sells a reading, or holds it until a richer copy comes or its wait is over. A device's
// readings stay in order: what is held of it goes before a later one.
func (c *Copies) Take(in *Entrance, r *lorawan.Reading, done func(End)) {
	if !c.shared[r.Network] {
		c.next(in, r, done)
		return
	}
	id, poor := copyID{r.Network, r.DevEUI, r.FCnt}, c.poor(r)
	c.mu.Lock()
	h := c.held[id]
	if h != nil && len(h.reading.Data) > 0 && len(r.Data) > 0 && !bytes.Equal(h.reading.Data, r.Data) {
		h = nil // a counter that was used twice: the ledger judges
	}
	var before []*heldCopy
	for _, one := range c.order {
		if !one.gone && one.id.dev == r.DevEUI && one.id.network == r.Network && one != h {
			before = append(before, one)
			c.drop(one)
		}
	}
	switch {
	case h != nil && poor:
		h.others = append(h.others, done)
		h.reading.Enrich(r)
	case h != nil:
		c.drop(h)
		r.Enrich(&h.reading)
	case poor:
		h = &heldCopy{id: id, in: in, reading: *r, done: done, until: time.Now().Add(c.wait)}
		c.held[id] = h
		c.order = append(c.order, h)
		if len(c.held) > copiesMax {
			for _, one := range c.order {
				if !one.gone {
					before = append(before, one)
					c.drop(one)
					break
				}
			}
		}
	}
	c.mu.Unlock()
	for _, one := range before {
		c.sell(one)
	}
	switch {
	case poor:
		select {
		case c.wake <- struct{}{}:
		default:
		}
	case h != nil:
		c.sell(&heldCopy{in: in, reading: *r, done: done, others: append(h.others, h.done)})
	default:
		c.next(in, r, done)
	}
}

// drop forgets a held copy; its caller sells it or what replaces it.
func (c *Copies) drop(h *heldCopy) {
	h.gone = true
	if c.held[h.id] == h {
		delete(c.held, h.id)
	}
}

// sell sells a copy and ends the others with it.
func (c *Copies) sell(h *heldCopy) {
	c.next(h.in, &h.reading, func(e End) {
		h.done(e)
		if e.Fate != FateUncommitted {
			e.Fate = FateDuplicateCopy
		}
		for _, done := range h.others {
			done(e)
		}
	})
}

// over takes the copies whose wait is over, and says when to look again.
func (c *Copies) over(now time.Time) (done []*heldCopy, next time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.order) > 0 {
		h := c.order[0]
		if wait := h.until.Sub(now); !h.gone && wait > 0 {
			return done, wait
		}
		c.order = c.order[1:]
		if !h.gone {
			c.drop(h)
			done = append(done, h)
		}
	}
	c.order = nil
	return done, time.Hour
}

// Run ends waits until ctx ends. What is held then stays unacknowledged: it comes again.
func (c *Copies) Run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		done, next := c.over(time.Now())
		for _, h := range done {
			c.sell(h)
		}
		timer.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-timer.C:
		}
	}
}
