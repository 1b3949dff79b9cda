package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/crypto"
)

// Schedule is the retry schedule of Standard Webhooks: the wait before each
// attempt, 75 h 35 m 5 s in all.
var Schedule = []time.Duration{
	0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// CourierConfig bounds what the courier does at a time.
type CourierConfig struct {
	InFlight     int             // attempts under way at once, over all routes; default 512
	PerHost      int             // attempts under way at once to one host; default 32
	Schedule     []time.Duration // default Schedule
	Timeout      time.Duration   // of one attempt; default 15 s
	SuspendAfter int             // refusals in a row after which a route is called suspended; default 10
}

// Meter is told what happened; it must not block.
type Meter interface {
	Attempted(k Kind, result string, took time.Duration, parcels int)
	SetAside(result string, parcels int)
}

// RouteState is what a route is doing.
type RouteState string

// The states of a route.
const (
	RouteIdle      RouteState = "idle"
	RouteSending   RouteState = "sending"
	RouteHeld      RouteState = "held"      // the purchase is not confirmed, or the chain is silent
	RouteUnset     RouteState = "unset"     // the buyer has set no route
	RouteRetrying  RouteState = "retrying"  // the last attempt failed
	RouteSuspended RouteState = "suspended" // so did many before it: probes only
	RouteGone      RouteState = "gone"      // the buyer switched it off (410)
)

// RouteStatus is the standing of one route.
type RouteStatus struct {
	Purchase  market.PurchaseID `json:"purchase"`
	Kind      Kind              `json:"kind,omitempty"`
	Host      string            `json:"host,omitempty"`
	State     RouteState        `json:"state"`
	Streak    int               `json:"failures"` // in a row
	Next      time.Time         `json:"next_attempt,omitzero"`
	LastError string            `json:"last_error,omitempty"`
	Delivered uint64            `json:"delivered"` // since the start
}

// Courier moves parcels from the outbox to the sinks: a queue per purchase, strict
// order within it, the same few thousand goroutines at most for all of them.
type Courier struct {
	cfg   CourierConfig
	out   Outbox
	gate  Gate
	dir   Directory
	open  func(Route) (Sink, error)
	meter Meter
	log   *slog.Logger
	span  time.Duration // of the whole schedule: older parcels are parked

	mu      sync.Mutex
	ctx     context.Context
	queues  map[market.PurchaseID]*queue
	hosts   map[string]*host
	flying  int
	waiting []*queue // ready, but InFlight are under way
	ended   sync.WaitGroup
}

// host counts the attempts under way to one host.
type host struct {
	flying  int
	waiting []*queue
}

// queue is the state of one route. Everything is guarded by Courier.mu except
// during an attempt, when busy keeps others out.
type queue struct {
	purchase market.PurchaseID
	mem      []Parcel // next parcels in order
	next     uint32   // seq of the first parcel not handed out yet
	spilled  bool     // the outbox may hold parcels behind mem
	missed   bool     // a parcel was posted while spilled
	busy     bool
	again    bool // became ready while busy
	woken    bool // to be looked at anew while busy
	held     bool
	unset    bool
	gone     bool
	streak   int
	due      time.Time // of the next attempt after a failure
	timer    *time.Timer
	failure  string
	sent     uint64

	sink  Sink
	route Route
	host  string
}

const memMax = 256

// NewCourier makes a courier; nothing moves before Run.
func NewCourier(cfg CourierConfig, out Outbox, gate Gate, dir Directory, open func(Route) (Sink, error), meter Meter, log *slog.Logger) *Courier {
	if cfg.InFlight == 0 {
		cfg.InFlight = 512
	}
	if cfg.PerHost == 0 {
		cfg.PerHost = 32
	}
	if len(cfg.Schedule) == 0 {
		cfg.Schedule = Schedule
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.SuspendAfter == 0 {
		cfg.SuspendAfter = 10
	}
	c := &Courier{
		cfg: cfg, out: out, gate: gate, dir: dir, open: open, meter: meter, log: log.With("component", "courier"),
		queues: map[market.PurchaseID]*queue{}, hosts: map[string]*host{},
	}
	for _, d := range cfg.Schedule {
		c.span += d
	}
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
	for _, p := range backlog {
		c.queue(p).spilled = true
	}
	for _, q := range c.queues {
		c.ready(q)
	}
	c.mu.Unlock()
	<-ctx.Done()
	c.mu.Lock()
	for _, q := range c.queues {
		if q.timer != nil {
			q.timer.Stop()
		}
	}
	c.mu.Unlock()
	c.ended.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.queues {
		q.close()
	}
	return nil
}

// queue finds or makes a purchase's queue; a new one begins on disk.
func (c *Courier) queue(p market.PurchaseID) *queue {
	q, ok := c.queues[p]
	if !ok {
		q = &queue{purchase: p, spilled: true}
		c.queues[p] = q
	}
	return q
}

// Posted hands over parcels that have just become durable: in the steady state
// nothing is read back from disk.
func (c *Courier) Posted(parcels []Parcel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range parcels {
		q, known := c.queues[p.Purchase]
		if !known {
			q = c.queue(p.Purchase)
			q.spilled, q.next = p.Seq > 0, 0
		}
		switch {
		case q.spilled || len(q.mem) >= memMax:
			q.spilled, q.missed = true, true
		case p.Seq >= q.end():
			q.mem = append(q.mem, p)
		}
		c.ready(q)
	}
}

// end is the seq behind the last parcel known in memory.
func (q *queue) end() uint32 {
	if n := len(q.mem); n > 0 {
		return q.mem[n-1].Seq + 1
	}
	return q.next
}

// Wake looks at a purchase anew: its route was set, or parked parcels came back.
func (c *Courier) Wake(p market.PurchaseID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.queue(p)
	if q.busy {
		q.woken = true
		return
	}
	q.renew()
	c.ready(q)
}

// renew forgets what was known of a route and of the parcels behind it.
func (q *queue) renew() {
	q.close()
	q.gone, q.unset, q.held, q.woken, q.streak, q.failure, q.due = false, false, false, false, 0, "", time.Time{}
	q.mem, q.next, q.spilled, q.missed = nil, 0, true, true
}

// WakeAll looks at every held queue anew: the chain has moved.
func (c *Courier) WakeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.queues {
		c.ready(q)
	}
}

// Routes lists the standing of every route, by purchase.
func (c *Courier) Routes() []RouteStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]RouteStatus, 0, len(c.queues))
	for _, q := range c.queues {
		s := RouteStatus{Purchase: q.purchase, Kind: q.route.Kind, Host: q.host, State: RouteIdle,
			Streak: q.streak, Next: q.due, LastError: q.failure, Delivered: q.sent}
		switch {
		case q.gone:
			s.State = RouteGone
		case q.streak >= c.cfg.SuspendAfter:
			s.State = RouteSuspended
		case q.streak > 0:
			s.State = RouteRetrying
		case q.unset:
			s.State = RouteUnset
		case q.held:
			s.State = RouteHeld
		case q.busy:
			s.State = RouteSending
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b RouteStatus) int { return int(int64(a.Purchase) - int64(b.Purchase)) })
	return all
}

// ready starts a queue's turn, or remembers to when there is room. Called with mu held.
func (c *Courier) ready(q *queue) {
	switch {
	case c.ctx == nil || c.ctx.Err() != nil:
		return
	case q.busy:
		q.again = true
		return
	case q.gone || time.Now().Before(q.due):
		return
	case len(q.mem) == 0 && !q.spilled:
		return
	}
	h := c.hosts[q.host]
	if h == nil {
		h = &host{}
		c.hosts[q.host] = h
	}
	q.busy, q.again = true, false
	switch {
	case q.host != "" && h.flying >= c.cfg.PerHost:
		h.waiting = append(h.waiting, q)
	case c.flying >= c.cfg.InFlight:
		c.waiting = append(c.waiting, q)
	default:
		c.fly(q, h)
	}
}

func (c *Courier) fly(q *queue, h *host) {
	h.flying++
	c.flying++
	at := q.host
	c.ended.Go(func() {
		pause := c.turn(q)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.land(at, h)
		q.busy = false
		if q.woken {
			q.renew()
			pause = 0
		}
		if pause > 0 && c.ctx.Err() == nil {
			if q.timer != nil {
				q.timer.Stop()
			}
			q.timer = time.AfterFunc(pause, func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.ready(q)
			})
		}
		if q.again && !q.held && !q.unset || pause == 0 {
			c.ready(q)
		}
	})
}

// land makes room for those that wait: first of the same host, then of any.
func (c *Courier) land(at string, h *host) {
	h.flying--
	c.flying--
	if h.flying == 0 && len(h.waiting) == 0 {
		delete(c.hosts, at)
	}
	for c.flying < c.cfg.InFlight {
		var q *queue
		switch {
		case len(h.waiting) > 0 && h.flying < c.cfg.PerHost:
			q, h.waiting = h.waiting[0], h.waiting[1:]
			c.fly(q, h)
		case len(c.waiting) > 0:
			q, c.waiting = c.waiting[0], c.waiting[1:]
			q.busy = false
			c.ready(q)
		default:
			return
		}
	}
}

// turn makes at most a handful of attempts for one queue and says how long to wait
// before the next; 0: there is more to do now or nothing at all.
func (c *Courier) turn(q *queue) time.Duration {
	for range 16 {
		if c.ctx.Err() != nil {
			return 0
		}
		n, ok := c.fill(q)
		if !ok {
			return time.Second
		}
		if n == 0 {
			return 0
		}
		if !c.equip(q) {
			return time.Minute
		}
		batch, wait := c.admit(q)
		if wait > 0 {
			return wait
		}
		if len(batch) == 0 {
			continue
		}
		if pause := c.attempt(q, batch); pause > 0 {
			return pause
		}
	}
	return 0
}

// fill makes sure that mem holds the next parcels if there are any, and tells how many
// it holds. Not ok: the outbox did not answer.
func (c *Courier) fill(q *queue) (n int, ok bool) {
	c.mu.Lock()
	if len(q.mem) > 0 || !q.spilled {
		n = len(q.mem)
		c.mu.Unlock()
		return n, true
	}
	q.missed = false
	from := q.next
	c.mu.Unlock()
	parcels, err := c.out.Waiting(q.purchase, from, memMax)
	if err != nil {
		c.log.Error("the outbox cannot be read", "purchase", q.purchase, "err", err)
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	q.mem = parcels
	if len(parcels) < memMax && !q.missed {
		q.spilled = false
	}
	return len(parcels), true
}

// equip opens the sink of the queue's route. False: there is none, the buyer has to act.
func (c *Courier) equip(q *queue) bool {
	if q.sink != nil {
		return true
	}
	route, ok, err := c.dir.Route(q.purchase)
	var sink Sink
	if err == nil && ok {
		sink, err = c.open(route)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	q.unset = !ok && err == nil
	if err != nil {
		q.failure = err.Error()
		q.streak = max(q.streak, 1)
		return false
	}
	if !ok {
		return false
	}
	q.sink, q.route = sink, route
	if u, err := url.Parse(route.URL); err == nil {
		q.host = u.Host
	}
	return true
}

func (q *queue) close() {
	if q.sink != nil {
		_ = q.sink.Close()
		q.sink = nil
	}
}

// admit takes from the front of the queue what may be sent now. Parcels that may
// never be sent are dropped, those that are too old are parked.
//
// The outbox is never called with mu held: it may make its caller wait for the
// committer, and the committer's callbacks come here.
func (c *Courier) admit(q *queue) (batch []Parcel, wait time.Duration) {
	batch, dropped, parked, wait := c.sort(q)
	if len(dropped) > 0 {
		c.out.Drop(q.purchase, dropped, "the purchase does not cover it", nil)
		c.meter.SetAside("dropped", len(dropped))
	}
	if len(parked) > 0 {
		c.out.Park(q.purchase, parked, "older than the retry schedule", nil)
		c.meter.SetAside("parked", len(parked))
	}
	return batch, wait
}

// sort decides about the parcels at the front.
func (c *Courier) sort(q *queue) (batch []Parcel, dropped, parked []uint32, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := max(1, q.route.Batch)
	if q.streak > 0 {
		most = 1 // a probe: a buyer who refuses reads one reading, not a batch
	}
	q.held = false
	for len(q.mem) > 0 && len(batch) < most {
		p := q.mem[0]
		switch c.gate.Standing(p.Purchase, p.Seq, p.Received) {
		case market.Hold:
			if len(batch) == 0 {
				q.held = true
				wait = time.Second
			}
		case market.Cancel:
			dropped = append(dropped, p.Seq)
			q.pop(1)
			continue
		default:
			if time.Since(p.Created) > c.span+c.span/5 && q.streak > 0 {
				parked = append(parked, p.Seq)
				q.pop(1)
				continue
			}
			batch = append(batch, p)
			q.mem = q.mem[1:]
			continue
		}
		break
	}
	q.mem = append(slices.Clone(batch), q.mem...)
	return batch, dropped, parked, wait
}

func (q *queue) pop(n int) {
	q.next = q.mem[n-1].Seq + 1
	q.mem = q.mem[n:]
}

// attempt hands a batch over and says how long to wait after a failure.
func (c *Courier) attempt(q *queue, batch []Parcel) time.Duration {
	ctx, cancel := context.WithTimeout(c.ctx, c.cfg.Timeout)
	started := time.Now()
	res := q.sink.Deliver(ctx, batch)
	cancel()
	if c.ctx.Err() != nil && res.Err != nil {
		return 0 // we hung up, not the buyer
	}
	result := "delivered"
	switch {
	case res.Err == nil:
	case res.Gone:
		result = "gone"
	case res.Retry:
		result = "failed"
	default:
		result = "refused"
	}
	c.meter.Attempted(q.route.Kind, result, time.Since(started), len(batch))

	switch {
	case res.Err == nil:
		c.accepted(q, len(batch))
		c.out.Delivered(receipts(batch), nil)
		return 0
	case !res.Retry && !res.Gone && len(batch) == 1:
		c.out.Park(q.purchase, []uint32{batch[0].Seq}, res.Err.Error(), nil)
		c.meter.SetAside("parked", 1)
	}
	return c.failed(q, batch, res)
}

// accepted moves on.
func (c *Courier) accepted(q *queue, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q.streak, q.failure, q.due = 0, "", time.Time{}
	q.sent += uint64(n)
	q.pop(n)
}

// failed notes a failure and says how long to wait.
func (c *Courier) failed(q *queue, batch []Parcel, res Result) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	q.streak++
	q.failure = res.Err.Error()
	if res.Gone {
		q.gone = true
		return time.Hour // nothing happens then either: only Wake brings it back
	}
	if !res.Retry && len(batch) == 1 {
		q.pop(1)
	}
	pause := c.pause(q.streak, res.After)
	q.due = time.Now().Add(pause)
	return pause
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

func receipts(batch []Parcel) []Receipt {
	now := time.Now().UTC()
	all := make([]Receipt, len(batch))
	for i, p := range batch {
		all[i] = Receipt{Purchase: p.Purchase, Seq: p.Seq, Digest: crypto.Keccak256Hash(p.Body), At: now}
	}
	return all
}
