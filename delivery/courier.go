package delivery

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// Schedule is the wait before each attempt: the retry schedule of Standard Webhooks and
// a further day, 99 h 35 m 5 s in all, so that nothing is parked of a destination that was
// away for four days. What is counted is the time up to the attempt before the last.
var Schedule = []time.Duration{
	0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour, 24 * time.Hour,
}

// CourierConfig bounds what the courier does at a time.
type CourierConfig struct {
	InFlight     int             // attempts under way at once, over all buyers; default 1024
	PerHost      int             // of one buyer's attempts to one host and port; default 32
	Schedule     []time.Duration // default Schedule
	Timeout      time.Duration   // of one attempt; default 15 s
	SuspendAfter int             // refusals in a row after which a destination is called suspended; default 10

	Now func() time.Time // default time.Now: what receipts are dated with
}

// Meter is told what happened; it must not block.
type Meter interface {
	// Attempted counts an attempt: code is empty if everything was taken.
	Attempted(kind string, code Code, took time.Duration, taken int)
	// SetAside counts parcels parked or dropped.
	SetAside(action string, code Code, parcels int)
}

// The actions Meter.SetAside is told.
const (
	ActionParked  = "parked"
	ActionDropped = "dropped"
)

// Courier moves parcels from the outbox to the sinks: a line of parcels per purchase,
// a lane per destination. A batch is made of the fronts of a lane's lines; while a line
// has parcels in a batch, none of its parcels may overtake them.
type Courier struct {
	cfg   CourierConfig
	out   Outbox
	gate  Gate
	dir   Directory
	open  func(Destination) (Target, Sink, error)
	meter Meter
	log   *slog.Logger
	span  time.Duration // how long a destination may refuse a parcel: then it is parked
	now   func() time.Time
	bug   func(what, state, event string)

	mu    sync.Mutex
	ctx   context.Context
	lines map[market.PurchaseID]*line
	lanes map[DestinationID]*lane
	debts map[common.Address]*debt
	turn  uint64 // how often a destination changed: what was looked up before may be another
	slots *slots
	held  int // parcels in memory, of lines and of batches
	ended sync.WaitGroup
	tasks chan task // what an idle goroutine attempts next
	idle  atomic.Int32
	jobs  jobs
	own   Reason // the last fault of the bridge's own
	ownAt time.Time
}

// line is the queue of a purchase.
type line struct {
	purchase market.PurchaseID
	buyer    common.Address // zero before the first look-up
	lane     *lane          // nil while unknown or unrouted
	state    lineState
	gen      int      // look-ups of former generations are void
	mem      []Parcel // next parcels in order
	next     uint32   // seq of the first parcel not handed out yet
	spilled  bool     // the outbox may hold parcels behind mem
	missed   bool     // a parcel was posted while mem was being read
	rewind   bool     // parcels of before next came back: read everything
	batches  []*batch // that hold parcels of it, in order: the first goes first
}

// lane is a destination: its sink, its lines, its health.
type lane struct {
	Destination
	share  *share
	debt   *debt
	target Target
	sink   Sink
	limits Limits
	host   string
	meter  occupancy
	wants  bool // a slot

	state  laneState
	streak int           // refusals in a row
	forHow time.Duration // they have gone on, while the bridge was there to see it
	last   time.Time     // of the last refusal, or since when this process sees them
	due    time.Time     // of the next attempt after a refusal
	why    Reason
	whyAt  time.Time
	pause  time.Time // no attempt before, for reasons of the bridge's own
	know   map[market.PurchaseID]Refusals

	lines  map[market.PurchaseID]*line
	ready  []*line // in order of turn; a line that is not ready any more is passed over
	cold   []*line
	held   []*line
	hot    int       // parcels in memory of ready lines
	since  time.Time // when the oldest of them, or the first after the last batch, got there
	failed []*batch  // refused, to be tried again whole
	busy   int       // attempts under way
	air    []*batch  // what they hand over, until its fate is booked
	reads  int       // reads under way
	timer  *time.Timer

	sent    uint64
	late    lateness
	parked  uint64
	dropped uint64
}

// batch is what one attempt hands over, and hands over again until it is resolved.
type batch struct {
	Batch
	lines   []*line
	written bool // its boundaries are on disk
	cut     bool // half of one that was refused
	streak  int
	forHow  time.Duration
	last    time.Time
	due     time.Time
	began   time.Time
	fresh   []ParcelKey // of its parcels under way, those that are not owed
	ahead   bool        // they are written down before they leave
	noted   bool        // they are
}

const (
	lineMax = 64    // parcels of a line in memory
	heldMax = 8_000 // parcels in memory
)

// NewCourier makes a courier; nothing moves before Run. open reads and opens a
// destination without connecting.
func NewCourier(cfg CourierConfig, out Outbox, gate Gate, dir Directory, open func(Destination) (Target, Sink, error), meter Meter, log *slog.Logger) *Courier {
	cfg.InFlight = cmp.Or(cfg.InFlight, 1024)
	cfg.PerHost = cmp.Or(cfg.PerHost, 32)
	cfg.Timeout = cmp.Or(cfg.Timeout, 15*time.Second)
	cfg.SuspendAfter = cmp.Or(cfg.SuspendAfter, 10)
	if len(cfg.Schedule) == 0 {
		cfg.Schedule = Schedule
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Courier{
		cfg: cfg, out: out, gate: gate, dir: dir, open: open, meter: meter, log: log.With("component", "courier"), now: cfg.Now,
		lines: map[market.PurchaseID]*line{}, lanes: map[DestinationID]*lane{}, debts: map[common.Address]*debt{}, slots: newSlots(cfg.InFlight, cfg.PerHost), tasks: make(chan task),
	}
	c.bug = func(what, state, event string) {
		c.log.Error("bug: a "+what+" in a state where this cannot happen", "state", state, "event", event)
	}
	c.jobs.init()
	for _, d := range cfg.Schedule {
		c.span += d
	}
	c.span += c.span / 5
	return c
}

// Run delivers until ctx ends, then waits for the attempts under way.
func (c *Courier) Run(ctx context.Context) error {
	backlog, err := c.out.Backlog()
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	c.mu.Lock()
	c.ctx = ctx
	for _, q := range c.lines { // known before Run
		c.lookUp(q)
	}
	for _, p := range backlog {
		c.line(p).spilled = true
	}
	c.mu.Unlock()
	c.ended.Go(c.jobs.work)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C: // what is held may be free by now
			c.noteLate()
			c.lapses()
			c.free()
		}
	}
	c.jobs.stop()
	c.mu.Lock()
	for _, l := range c.lanes {
		if l.timer != nil {
			l.timer.Stop()
		}
	}
	c.mu.Unlock()
	c.ended.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.lanes {
		l.close()
	}
	return nil
}

func (c *Courier) over() bool { return c.ctx == nil || c.ctx.Err() != nil }

// line finds or makes a purchase's line.
func (c *Courier) line(p market.PurchaseID) *line {
	q, ok := c.lines[p]
	if !ok {
		q = &line{purchase: p, spilled: true}
		c.lines[p] = q
		c.lookUp(q)
	}
	return q
}

// Posted hands over parcels that have just become durable: in the steady state
// nothing is read back from disk.
func (c *Courier) Posted(parcels []Parcel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var last *lane // what belongs together is sent together
	for i := range parcels {
		p := &parcels[i]
		q, known := c.lines[p.Purchase]
		if !known {
			q = c.line(p.Purchase)
			q.spilled = p.Seq > 0
		}
		c.post(q, p)
		if last != nil && q.lane != last {
			c.pump(last)
		}
		last = q.lane
	}
	if last != nil {
		c.pump(last)
	}
}

// post keeps a parcel in memory if it is next and there is room, and leaves it on disk
// otherwise.
func (c *Courier) post(q *line, p *Parcel) {
	if q.state == lineUnrouted && q.buyer == (common.Address{}) { // it was not there when it was looked up
		c.reset(q)
	}
	resting := q.lane != nil && q.lane.state != laneOpen
	switch {
	case p.Seq < q.end():
		return
	case q.state == lineLoading || q.state == lineStale || q.state == lineUnrouted || q.spilled || resting || len(q.mem) >= lineMax || c.held >= heldMax:
		q.spilled, q.missed = true, true
	default:
		q.mem = append(q.mem, *p)
		c.held++
		if q.state == lineReady {
			q.lane.hot++
		}
	}
	if q.state == lineIdle {
		c.moveOn(q)
	}
}

// end is the seq behind the last parcel known in memory.
func (q *line) end() uint32 {
	if n := len(q.mem); n > 0 {
		return q.mem[n-1].Seq + 1
	}
	return q.next
}

// moveOn moves a line on to what it holds.
func (c *Courier) moveOn(q *line) {
	switch {
	case q.state == lineStale:
		c.on(q, lineLand)
	case q.rewind:
		c.unload(q)
		q.rewind, q.next, q.spilled = false, 0, true
		c.on(q, lineDisk)
	case len(q.mem) > 0:
		c.on(q, lineHot)
	case q.spilled:
		c.on(q, lineDisk)
	default:
		c.on(q, lineEmpty)
	}
}

// unload forgets what a line holds in memory; disk has it.
func (c *Courier) unload(q *line) {
	if q.state == lineReady {
		q.lane.hot -= len(q.mem)
	}
	if len(q.mem) > 0 {
		q.spilled = true
	}
	c.held -= len(q.mem)
	q.mem = nil
}

// Replayed looks at a purchase's parcels again: parked ones have come back.
func (c *Courier) Replayed(p market.PurchaseID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.line(p)
	q.rewind = true
	switch q.state {
	case lineReady, lineHeld:
		c.moveOn(q)
	case lineIdle, lineCold:
		q.rewind, q.next, q.spilled = false, 0, true
		if q.state == lineIdle {
			c.moveOn(q)
		}
	case lineUnknown, lineUnrouted:
		q.rewind, q.next, q.spilled = false, 0, true
	}
	if q.lane != nil {
		delete(q.lane.know, p)
		c.remember(q.lane, p, nil)
		c.restart(q.lane)
		c.pump(q.lane)
	}
}

// restart begins a lane's schedule again, because its buyer asks: what he brings back would
// else be parked again before it is tried, and a failure after he fixed what he could make the
// next attempt wait for as long as the many before it.
func (c *Courier) restart(l *lane) {
	l.streak, l.forHow, l.last = min(l.streak, 1), 0, time.Time{}
	for _, b := range l.failed {
		b.streak, b.forHow, b.last = min(b.streak, 1), 0, time.Time{}
		c.remember(l, b.Parcels[0].Purchase, nil)
	}
	for p := range l.know {
		if p != 0 {
			delete(l.know, p)
			c.remember(l, p, nil)
		}
	}
	if l.streak > 0 {
		c.remember(l, 0, &Refusals{Streak: l.streak, Reason: l.why, At: l.whyAt})
	}
}

// Rerouted looks at a purchase's destination again.
func (c *Courier) Rerouted(p market.PurchaseID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reset(c.line(p))
}

// Rewound looks at the destination of every purchase again, and at all that waits for it where
// that is another: the chain took blocks back, and a purchase's number may be another buyer's.
func (c *Courier) Rewound() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.lines {
		switch {
		case q.lane != nil:
			c.job(func() { c.compare(q) })
		case q.state == lineUnrouted:
			q.rewind = true
			c.reset(q)
		}
	}
}

// compare resets a line whose purchase goes elsewhere by now.
func (c *Courier) compare(q *line) {
	d, ok, err := c.dir.Destination(q.purchase)
	c.mu.Lock()
	defer c.mu.Unlock()
	if q.lane == nil || err == nil && ok && d.ID == q.lane.ID {
		return
	}
	q.rewind = true
	c.reset(q)
}

// Changed looks at a destination again: it was set, changed or removed. Purchases of its
// buyer that have none are looked at too.
func (c *Courier) Changed(buyer common.Address, id DestinationID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	if l := c.lanes[id]; l != nil {
		c.retire(l)
	}
	for _, q := range c.lines {
		if q.state == lineUnrouted && (q.buyer == buyer || q.buyer == common.Address{}) {
			c.reset(q)
		}
	}
}

// Retry begins a destination's schedule again and makes its next attempt due now.
func (c *Courier) Retry(id DestinationID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lanes[id]
	if l == nil {
		return
	}
	if l.state == laneGone { // it is asked again, as if set again, once nothing on disk says that it is gone
		c.job(func() {
			c.out.Remember(l.ID, 0, nil, func(error) {
				c.mu.Lock()
				defer c.mu.Unlock()
				if c.lanes[l.ID] == l {
					c.retire(l)
				}
			})
		})
		return
	}
	c.restart(l)
	l.due, l.pause = time.Time{}, time.Time{}
	for _, b := range l.failed {
		b.due = time.Time{}
	}
	c.unhold(l)
	c.pump(l)
}

// reset forgets a line's destination and has it looked up.
func (c *Courier) reset(q *line) {
	c.unload(q)
	q.spilled = true
	if q.lane != nil {
		c.release(q.lane, q)
	}
	c.on(q, lineReset)
}

// release takes a line out of its lane's refused batches: they are made again.
func (c *Courier) release(l *lane, q *line) {
	for _, b := range slices.Clone(l.failed) {
		if slices.Contains(b.lines, q) {
			l.failed = without(l.failed, b)
			c.dissolve(l, b)
		}
	}
}

// dissolve gives a batch's parcels back to their lines, from disk. It waits for nobody.
func (c *Courier) dissolve(l *lane, b *batch) {
	if b.written {
		c.job(func() { c.out.Dissolve(l.ID, b.First, nil) })
	}
	c.giveBack(b, b.Parcels)
}

// giveBack lets a batch go: what is left of its parcels waits in its lines again.
func (c *Courier) giveBack(b *batch, rest []Parcel) {
	c.held -= len(rest)
	for _, q := range b.lines {
		q.batches = without(q.batches, b)
		for i := range rest {
			if p := &rest[i]; p.Purchase == q.purchase {
				c.unload(q)
				q.spilled = true
				q.next = min(q.next, p.Seq)
			}
		}
		c.unbound(q)
	}
}

// unbound moves a line on that no batch holds any more.
func (c *Courier) unbound(q *line) {
	if len(q.batches) == 0 {
		c.moveOn(q)
	}
}

func without(all []*batch, b *batch) []*batch {
	return slices.DeleteFunc(all, func(o *batch) bool { return o == b })
}

// retire ends a lane: its lines look for another, its sink is closed after the last attempt.
func (c *Courier) retire(l *lane) {
	c.onLane(l, laneRetire)
	delete(c.lanes, l.ID)
	c.slots.leave(l)
	if l.timer != nil {
		l.timer.Stop()
	}
	failed := l.failed
	l.failed = nil
	for _, b := range failed { // boundaries stay: the next lane takes them up or dissolves them
		c.giveBack(b, b.Parcels)
	}
	for _, q := range l.lines {
		c.reset(q)
	}
	if l.busy == 0 {
		l.close()
	}
}

func (l *lane) close() {
	if l.sink != nil {
		_ = l.sink.Close()
		l.sink = nil
	}
}

// WakeAll looks at everything that is held again, and at purchases that were not there: the
// chain has moved.
func (c *Courier) WakeAll() {
	c.mu.Lock()
	for _, q := range c.lines {
		if q.state == lineUnrouted && q.buyer == (common.Address{}) {
			c.reset(q)
		}
	}
	c.mu.Unlock()
	c.free()
}

func (c *Courier) free() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.lanes {
		if len(l.held) > 0 {
			c.unhold(l)
			c.pump(l)
		}
	}
}

// unhold looks at a lane's lines again that might not send.
func (c *Courier) unhold(l *lane) {
	held := l.held
	l.held = nil
	for _, q := range held {
		if q.state == lineHeld && q.lane == l {
			c.moveOn(q)
		}
	}
}

// pause is the wait before attempt number streak (0 was the first): as scheduled, a
// fifth more or less; if the sink asks for longer, that long and up to two fifths more,
// but of what it asks never more than twice what is scheduled.
func (c *Courier) pause(streak int, after time.Duration) time.Duration {
	d := c.cfg.Schedule[min(streak, len(c.cfg.Schedule)-1)]
	d = max(d, 50*time.Millisecond)
	least := 0.8
	if after > d {
		d, least = min(after, 2*max(d, 30*time.Second)), 1 // never sooner than asked
	}
	return time.Duration(float64(d) * (least + 0.4*rand.Float64()))
}
