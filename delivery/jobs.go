package delivery

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// jobs are done one after the other, by a goroutine that never holds Courier.mu while it
// asks the outbox: the outbox may make its caller wait for the committer, and the
// committer's callbacks come here.
type jobs struct {
	mu    sync.Mutex
	more  sync.Cond
	queue []func()
	done  bool
}

func (j *jobs) init() { j.more.L = &j.mu }

func (j *jobs) add(f func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.queue = append(j.queue, f)
	j.more.Signal()
}

func (j *jobs) stop() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done = true
	j.more.Signal()
}

// work ends after stop, when the queue is empty: what is to be dropped or parked is.
func (j *jobs) work() {
	for {
		j.mu.Lock()
		for len(j.queue) == 0 && !j.done {
			j.more.Wait()
		}
		if len(j.queue) == 0 {
			j.mu.Unlock()
			return
		}
		f := j.queue[0]
		j.queue[0] = nil
		j.queue = j.queue[1:]
		j.mu.Unlock()
		f()
	}
}

func (c *Courier) job(f func()) { c.jobs.add(f) }

// lookUp finds a line's destination, in a while.
func (c *Courier) lookUp(q *line) {
	if c.ctx == nil {
		return // Run does
	}
	gen := q.gen
	c.job(func() { c.find(q, gen) })
}

// find looks a purchase's destination up and opens it if it is not.
func (c *Courier) find(q *line, gen int) {
	if c.over() {
		return
	}
	c.mu.Lock()
	turn := c.turn
	c.mu.Unlock()
	d, ok, err := c.dir.Destination(q.purchase)
	var l *lane
	if ok && err == nil {
		l, err = c.laneOf(d, turn)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if q.gen != gen || q.state != lineUnknown {
		return // another look-up is on its way
	}
	q.buyer = d.Buyer
	switch {
	case errors.Is(err, errTurned):
		c.lookUp(q)
		return
	case err != nil:
		c.log.Error("a destination cannot be looked up", "purchase", q.purchase, "err", err)
		time.AfterFunc(time.Second, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if !c.over() && q.state == lineUnknown && q.gen == gen {
				c.lookUp(q)
			}
		})
		return
	case l == nil:
		c.unload(q)
		c.on(q, lineLost)
		return
	}
	q.lane = l
	l.lines[q.purchase] = q
	if l.state != laneOpen {
		c.unload(q)
	}
	c.moveOn(q)
	c.pump(l)
}

var errTurned = errors.New("a destination changed while another was looked up")

// laneOf finds or opens the lane of a destination as it was read at a turn. Only the one worker
// calls it.
func (c *Courier) laneOf(d Destination, turn uint64) (*lane, error) {
	c.mu.Lock()
	l := c.lanes[d.ID]
	c.mu.Unlock()
	if l != nil {
		return l, nil
	}
	know, err := c.out.Standings(d.ID)
	if err != nil {
		return nil, err
	}
	owes, err := c.debtOf(d.Buyer)
	if err != nil {
		return nil, err
	}
	l = &lane{Destination: d, lines: map[market.PurchaseID]*line{}, know: know, debt: owes}
	target, sink, err := c.open(d)
	if err != nil {
		l.state, l.why, l.whyAt = laneBroken, Reason{CodeRefused, err.Error()}, c.now()
	} else {
		l.target, l.sink, l.limits = target, sink, target.Limits()
		if a := target.Addresses(); len(a) > 0 {
			l.host = a[0].String()
		}
		if l.limits.Pull {
			l.state = lanePull
		}
	}
	if r, ok := know[0]; ok && l.state == laneOpen {
		l.streak, l.forHow, l.why, l.whyAt = r.Streak, r.For, r.Reason, r.At
		l.last = c.now()
		l.due = r.due(l.last)
		if l.state = laneResting; r.Gone {
			l.state = laneGone
		}
	}
	begun, err := c.out.Begun(d.ID)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.turn != turn {
		l.close()
		return nil, errTurned
	}
	l.share = c.slots.share(d.Buyer)
	c.lanes[d.ID] = l
	for _, b := range begun {
		c.resume(l, b)
	}
	c.pump(l)
	return l, nil
}

// resume takes a batch up whose boundaries a former run, or a former configuration, has
// written down.
func (c *Courier) resume(l *lane, b Batch) {
	if !l.limits.Bounded || len(b.Parcels) > l.limits.Parcels || l.state == lanePull {
		c.job(func() { c.out.Dissolve(l.ID, b.First, nil) })
		return
	}
	one := &batch{Batch: b, written: true}
	for i := range b.Parcels {
		p := b.Parcels[i].Purchase
		q := c.lines[p]
		if q == nil {
			q = &line{purchase: p, spilled: true}
			c.lines[p] = q
		}
		if q.state != lineUnknown { // it went elsewhere meanwhile
			c.job(func() { c.out.Dissolve(l.ID, b.First, nil) })
			return
		}
		if !slices.Contains(one.lines, q) {
			one.lines = append(one.lines, q)
		}
	}
	for _, q := range one.lines {
		c.unload(q)
		q.lane, q.buyer, q.spilled = l, l.Buyer, true
		q.gen++ // look-ups under way are void
		l.lines[q.purchase] = q
		c.on(q, lineResume)
		q.batches = append(q.batches, one)
		for i := range b.Parcels {
			if b.Parcels[i].Purchase == q.purchase {
				q.next = max(q.next, b.Parcels[i].Seq+1)
			}
		}
	}
	c.held += len(b.Parcels)
	one.seed(l.know, c.now())
	l.failed = append(l.failed, one)
}

// due is when the next attempt is, as a former run has written it down. A clock that was
// set back since makes nobody wait for longer than was meant.
func (r *Refusals) due(now time.Time) time.Time {
	if meant := r.Due.Sub(r.At); r.Due.Sub(now) > meant {
		return now.Add(meant)
	}
	return r.Due
}

// seed remembers what a former run has seen of a batch's first parcel.
func (b *batch) seed(know map[market.PurchaseID]Refusals, now time.Time) {
	if r, ok := know[b.Parcels[0].Purchase]; ok {
		b.streak, b.forHow, b.last, b.due = r.Streak, r.For, now, r.due(now)
		delete(know, b.Parcels[0].Purchase)
	}
}

// preload has lines read that wait on disk, as many as the next batches can use.
func (c *Courier) preload(l *lane) {
	if c.over() || l.state == laneGone || l.state == laneBroken || l.state == lanePull || l.state == laneRetired {
		return
	}
	want := 2 * max(l.limits.Parcels, 16)
	if l.state != laneOpen {
		want = 1
	}
	var later []*line // without credit: those that were sent before are read alone
	for l.hot < want && l.reads < 8 && len(l.cold) > 0 && !l.debt.spent() {
		q := l.cold[0]
		l.cold = l.cold[1:]
		if q.state != lineCold || q.lane != l {
			continue
		}
		if l.debt.of[q.purchase] == 0 && !l.debt.may(q.purchase) {
			later = append(later, q)
			continue
		}
		c.on(q, lineRead)
		l.reads++
		c.job(func() { c.read(l, q) })
	}
	if len(later) > 0 {
		l.cold = append(later, l.cold...)
	}
	if len(l.cold) == 0 {
		l.cold = nil
	}
}

// read fills a line from disk.
func (c *Courier) read(l *lane, q *line) {
	c.mu.Lock()
	q.missed = false
	from := q.next
	c.mu.Unlock()
	parcels, err := c.out.Waiting(q.purchase, from, lineMax)
	c.mu.Lock()
	defer c.mu.Unlock()
	l.reads--
	switch {
	case q.state == lineStale:
		c.on(q, lineLand)
	case err != nil:
		c.log.Error("the outbox cannot be read", "purchase", q.purchase, "err", err)
		time.AfterFunc(time.Second, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if !c.over() && q.state == lineLoading {
				q.spilled = true
				c.moveOn(q)
				c.pump(l)
			}
		})
		return
	default:
		q.mem = parcels
		c.held += len(parcels)
		q.spilled = len(parcels) == lineMax || q.missed
		if len(parcels) == 0 && q.missed { // it was posted behind what was read
			q.spilled = true
		}
		c.moveOn(q)
	}
	c.pump(l)
}

// begin writes a batch's boundaries down and waits until they are durable.
func (c *Courier) begin(ctx context.Context, l *lane, b *batch) error {
	type answer struct {
		first uint64
		err   error
	}
	done := make(chan answer, 1)
	c.out.Begin(l.ID, b.Parcels, func(first uint64, err error) { done <- answer{first, err} })
	select {
	case a := <-done:
		if a.err != nil {
			return a.err
		}
		b.Batch = NewBatch(a.first, b.Parcels)
		b.written = true
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
