package bridge

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// copies lets the richest copy of an uplink win where several sources read one network: raw
// frames come first and have no values, the network server's event has them. A copy without
// values that somebody bought waits for one with them; all copies are acknowledged with the one
// that is sold.
type copies struct {
	bridge *Bridge
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
	in      *Intake
	reading lorawan.Reading
	settle  func(Fate)
	others  []func(Fate) // of copies as poor
	until   time.Time
	gone    bool
}

func newCopies(b *Bridge) *copies {
	return &copies{bridge: b, wait: copyWait, shared: map[string]bool{}, held: map[copyID]*heldCopy{}, wake: make(chan struct{}, 1)}
}

// poor says whether a copy lacks values that are bought.
func (c *copies) poor(r *lorawan.Reading) bool {
	if r.Values != nil || r.Sealed {
		return false
	}
	for _, e := range c.bridge.entitlements.Lookup(r.DevEUI) {
		if e.State == market.PurchaseActive && e.Sale.Fields&(lorawan.FieldValues|lorawan.FieldSenML) != 0 {
			return true
		}
	}
	return false
}

// take sells a reading, or holds it until a richer copy comes or its wait is over. A device's
// readings stay in order: what is held of it goes before a later one.
func (c *copies) take(in *Intake, r *lorawan.Reading, settle func(Fate)) {
	if !c.shared[r.Network] {
		c.bridge.sell(in, r, func(f Fate, _ *ledger.Outcome) { settle(f) })
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
		h.others = append(h.others, settle)
		h.reading.Enrich(r)
	case h != nil:
		c.drop(h)
		r.Enrich(&h.reading)
	case poor:
		h = &heldCopy{id: id, in: in, reading: *r, settle: settle, until: time.Now().Add(c.wait)}
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
		c.sell(&heldCopy{in: in, reading: *r, settle: settle, others: append(h.others, h.settle)})
	default:
		c.bridge.sell(in, r, func(f Fate, _ *ledger.Outcome) { settle(f) })
	}
}

// drop forgets a held copy; its caller sells it or what replaces it.
func (c *copies) drop(h *heldCopy) {
	h.gone = true
	if c.held[h.id] == h {
		delete(c.held, h.id)
	}
}

// sell sells a copy and settles the others with it.
func (c *copies) sell(h *heldCopy) {
	c.bridge.sell(h.in, &h.reading, func(f Fate, _ *ledger.Outcome) {
		h.settle(f)
		for _, settle := range h.others {
			if f == FateUncommitted {
				settle(f)
			} else {
				settle(FateDuplicateCopy)
			}
		}
	})
}

// over takes the copies whose wait is over, and says when to look again.
func (c *copies) over(now time.Time) (done []*heldCopy, next time.Duration) {
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

// run ends waits until ctx ends. What is held then stays unacknowledged: it comes again.
func (c *copies) run(ctx context.Context) {
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
