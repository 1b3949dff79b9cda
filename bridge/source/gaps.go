package source

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstackapi"
	"github.com/databrokerdao/dbdao-bridge/internal/metrics"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// Histories hands over the last events a network server keeps of a device, oldest first, as
// chirpstackapi.Client does.
type Histories interface {
	History(ctx context.Context, devEUI string, take func(chirpstackapi.Event) bool) error
}

// gapFiller asks a network server for what was missed: of every bought device after the
// bridge was away, and of one whose f_cnt jumps.
//
// The server keeps ten events of a device and drops the oldest for each new one, so this is a
// race. Many devices are read at once, first the one that will lose the next missed uplink
// soonest, as its learned rate has it. A device that was read rests for a minute, or for as long as
// half of what is kept takes it to send.
type gapFiller struct {
	bridge   *bridge.Bridge
	health   *health.Conditions
	in       *intake.Entrance
	servers  []Histories // one for each API key: a key reads one tenant's devices
	heard    Heard
	parallel int
	oldest   time.Duration
	log      *slog.Logger
	wake     chan struct{}

	mu      sync.Mutex
	all     bool // every bought device is wanted
	queue   gapQueue
	wants   map[lorawan.DevEUI]*gap
	resting []*gap // read a moment ago
	asked   map[lorawan.DevEUI]time.Time
	tenant  map[lorawan.DevEUI]int // which of servers knows a device
	reading int
	report  api.BackfillReport

	lost   *metrics.Counter
	filled atomic.Pointer[api.BackfillReport] // the last round; nil: none yet
}

// Heard tells which devices are bought, and how they sent before.
type Heard interface {
	Devices() []lorawan.DevEUI
	Rhythms() (map[string]map[lorawan.DevEUI]ledger.Rhythm, error) // by network
}

// gap is a device whose events are wanted.
type gap struct {
	dev     lorawan.DevEUI
	loses   time.Time // when the server drops the next event that was missed, as far as is known
	known   bool      // it was heard in this source's network before
	session string    // with it, uplinks from f_cnt until on came live
	until   uint32
	counted bool // in the report, once a round
	place   int  // in the queue; -1: not there
}

const (
	restLeast = 5 * time.Second // between two readings of one device's events
	restMost  = time.Minute
	gapsMax   = 100_000 // devices waiting to be read
	gapsLook  = time.Second
	keptUsual = 10 // events ChirpStack keeps of a device unless told otherwise
)

// gapQueue is a heap: what is lost soonest comes first.
type gapQueue []*gap

func (q gapQueue) Len() int           { return len(q) }
func (q gapQueue) Less(i, j int) bool { return q[i].loses.Before(q[j].loses) }
func (q gapQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *gapQueue) Push(one any) {
	g, _ := one.(*gap)
	g.place = len(*q)
	*q = append(*q, g)
}

func (q *gapQueue) Pop() any {
	last := len(*q) - 1
	g := (*q)[last]
	*q = (*q)[:last]
	g.place = -1
	return g
}

func newGapFiller(d *Deps, in *intake.Entrance, servers []Histories, h Heard, parallel int, oldest time.Duration) *gapFiller {
	return &gapFiller{bridge: d.Bridge, health: d.Health, in: in, servers: servers, heard: h, parallel: parallel, oldest: oldest, log: d.Log.With("component", "bridge", "source", in.Name),
		wake: make(chan struct{}, 1), wants: map[lorawan.DevEUI]*gap{}, asked: map[lorawan.DevEUI]time.Time{}, tenant: map[lorawan.DevEUI]int{},
		lost: d.Meter.Lost.With(in.Name)}
}

// losesAt says when the server drops the next of a device's missed events. The first one
// missed goes when as many as are kept have come after it; if it is gone already, the next
// uplink takes another.
func losesAt(now, last time.Time, every time.Duration) time.Time {
	if every <= 0 || last.IsZero() {
		return now.Add(time.Hour) // nothing is known to be missed
	}
	if first := last.Add((keptUsual + 1) * every); first.After(now) {
		return first
	}
	return last.Add((now.Sub(last)/every + 1) * every)
}

// wantAll asks for every bought device's missed uplinks. It never waits.
func (f *gapFiller) wantAll() {
	f.mu.Lock()
	f.all = true
	f.mu.Unlock()
	f.nudge()
}

// skipped asks for what a live uplink showed to be missing. It never waits.
func (f *gapFiller) skipped(r *lorawan.Reading, missed uint32) {
	now, every := time.Now(), f.bridge.Interval(r.DevEUI)
	f.mu.Lock()
	g := f.want(r.DevEUI, losesAt(now, now.Add(-time.Duration(missed+1)*every), every))
	if g != nil && r.Session != "" {
		g.known, g.session, g.until = true, r.Session, r.FCnt
	}
	f.mu.Unlock()
	f.nudge()
}

func (f *gapFiller) nudge() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// push puts a device into the queue and counts it, if this round has not read it before.
func (f *gapFiller) push(g *gap) {
	heap.Push(&f.queue, g)
	if g.counted = f.report.Since.IsZero() || f.asked[g.dev].Before(f.report.Since); g.counted {
		f.report.Wanted++
	}
}

// want puts a device into the queue, or forward in it. It gives nil if there are too many.
func (f *gapFiller) want(dev lorawan.DevEUI, loses time.Time) *gap {
	g := f.wants[dev]
	switch {
	case g == nil && len(f.wants) >= gapsMax:
		return nil
	case g == nil:
		g = &gap{dev: dev, loses: loses, place: -1}
		f.wants[dev] = g
		f.push(g)
	case loses.Before(g.loses):
		g.loses = loses
		if g.place >= 0 {
			heap.Fix(&f.queue, g.place)
		}
	}
	return g
}

// gather puts all bought devices into the queue but those of other networks.
func (f *gapFiller) gather(now time.Time) {
	rhythms, err := f.heard.Rhythms()
	if err != nil {
		f.log.Warn("how devices sent before could not be read: they are asked for in any order", "err", err)
	}
	elsewhere := map[lorawan.DevEUI]bool{}
	for network, devices := range rhythms {
		if network == f.in.Network {
			continue
		}
		for dev := range devices {
			elsewhere[dev] = true
		}
	}
	here := rhythms[f.in.Network]
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, dev := range f.heard.Devices() {
		r, known := here[dev]
		if !known && elsewhere[dev] {
			continue
		}
		if g := f.want(dev, losesAt(now, r.Last, cmp.Or(r.Every, f.bridge.Interval(dev)))); g != nil {
			g.known = g.known || known
		}
	}
}

// rested says whether a device may be read again.
func (f *gapFiller) rested(dev lorawan.DevEUI, now time.Time) bool {
	last, asked := f.asked[dev]
	rest := restMost
	if every := f.bridge.Interval(dev); every > 0 {
		rest = min(max(every*keptUsual/2, restLeast), restMost)
	}
	return !asked || now.Sub(last) >= rest
}

// next takes the device that is to be read now, if there is room for one more.
func (f *gapFiller) next(now time.Time) *gap {
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting := f.resting[:0]
	for _, g := range f.resting {
		if f.rested(g.dev, now) {
			f.push(g)
		} else {
			waiting = append(waiting, g)
		}
	}
	f.resting = waiting
	for f.reading < f.parallel && len(f.queue) > 0 {
		g, _ := heap.Pop(&f.queue).(*gap)
		if !f.rested(g.dev, now) {
			f.resting = append(f.resting, g)
			if g.counted {
				f.report.Wanted--
			}
			continue
		}
		delete(f.wants, g.dev)
		if len(f.asked) >= gapsMax {
			clear(f.asked)
		}
		f.asked[g.dev] = now
		if f.reading++; f.report.Since.IsZero() {
			f.report.Since = now.UTC()
		}
		return g
	}
	return nil
}

// run fills gaps until ctx ends.
func (f *gapFiller) run(ctx context.Context) {
	look := time.NewTicker(gapsLook)
	defer look.Stop()
	var readers sync.WaitGroup
	defer readers.Wait()
	for {
		f.mu.Lock()
		all := f.all
		f.all = false
		f.mu.Unlock()
		if all {
			f.gather(time.Now())
		}
		for g := f.next(time.Now()); g != nil; g = f.next(time.Now()) {
			readers.Go(func() {
				f.read(ctx, g)
				f.nudge()
			})
		}
		f.finish()
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		case <-look.C:
		}
	}
}

// read reads one device's events with the key that may, and adds to the report.
func (f *gapFiller) read(ctx context.Context, g *gap) {
	f.mu.Lock()
	first := f.tenant[g.dev]
	f.mu.Unlock()
	var failed error
	sum := filled{}
	told := false
	for i := range f.servers {
		k := (first + i) % len(f.servers)
		err := f.fill(ctx, f.servers[k], g, &sum)
		if errors.Is(err, chirpstackapi.ErrUnknown) {
			continue // another tenant's
		}
		failed = errors.Join(failed, err)
		if err == nil {
			told, failed = true, nil
			f.mu.Lock()
			f.tenant[g.dev] = k
			f.mu.Unlock()
			break
		}
	}
	if ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &f.report
	r.Brought += sum.brought
	if r.Lost += sum.lost; sum.lost > 0 {
		r.Kept = min(cmp.Or(r.Kept, sum.entries), sum.entries) // one that sends meanwhile has more
	}
	switch {
	case told && g.counted:
		r.Read++
	case told:
	case failed != nil:
		r.Failed++
		r.Error = failed.Error()
		if f.wants[g.dev] == nil {
			f.wants[g.dev] = g
			f.resting = append(f.resting, g)
		}
	default:
		r.Unknown++
		if g.known {
			r.Foreign++
		}
	}
	f.reading--
}

// finish ends a round of which all were read, and tells what came of it.
func (f *gapFiller) finish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reading == 0 && len(f.queue) == 0 && !f.report.Since.IsZero() {
		f.tell()
	}
}

// filled is what one device's history came to.
type filled struct {
	entries int // events the server kept
	brought int
	lost    int // uplinks between the oldest kept and the newest before it
}

// fill sells a device's missed uplinks in the order they come.
func (f *gapFiller) fill(ctx context.Context, server Histories, g *gap, sum *filled) error {
	var mu sync.Mutex
	var ends sync.WaitGroup
	oldest, refused := true, false
	err := server.History(ctx, g.dev.String(), func(e chirpstackapi.Event) bool {
		mu.Lock()
		sum.entries++
		mu.Unlock()
		var u lorawan.Uplink
		if detect.Decode(e.Body, &u) != nil || u.Event != lorawan.EventUp || u.DevEUI != g.dev {
			return true
		}
		if g.session != "" && u.Session == g.session && u.FCnt >= g.until {
			return false // from here on they came live
		}
		first := oldest
		oldest = false
		ends.Add(1)
		f.bridge.Take(f.in, intake.Arrival{Payload: e.Body, Missed: f.oldest, Done: intake.Then(func(e intake.End) {
			mu.Lock()
			defer mu.Unlock()
			refused = refused || e.Fate == intake.FateUncommitted
			if e.Fate == intake.FatePosted {
				sum.brought++
			}
			if first {
				sum.lost += int(e.Below)
			}
			ends.Done()
		})})
		return true
	})
	ends.Wait()
	if err == nil && refused {
		return errRefused
	}
	return err
}

var errRefused = errors.New("the bridge's ledger takes nothing in now: it asks again")

// tell says what came of a round, and begins the next.
func (f *gapFiller) tell() {
	r := f.report
	f.report = api.BackfillReport{}
	r.Took = float64(time.Since(r.Since).Milliseconds()) / 1000 // 2.28, where Seconds says 2.2800000000000002
	f.filled.Store(&r)
	f.lost.Add(r.Lost)
	var why string
	switch {
	case r.Failed > 0:
		why = fmt.Sprintf("%d of %d devices could not be read (%s): gaps stay", r.Failed, r.Wanted, r.Error)
	case r.Read == 0 && r.Unknown > 0:
		why = fmt.Sprintf("the API keys may read none of %d devices: do they belong to the devices' tenants, and were they deleted?", r.Unknown)
	case r.Foreign > 0:
		why = fmt.Sprintf("of %d devices that are heard here the API keys may read all but %d: add a key of their tenant to backfill.api_key_files, or their gaps stay", r.Read+r.Foreign, r.Foreign)
	}
	h := f.health
	h.Set(why != "", health.Condition{Code: "backfill_failing", Subject: f.in.Name, Text: why})
	if r.Read > 0 {
		h.Set(r.Lost > 0, health.Condition{Code: "backfill_lost", Subject: f.in.Name, Text: r.String()})
	}
	if r.Brought > 0 || r.Lost > 0 {
		f.log.Info("back-fill: "+r.String(), "took", time.Duration(r.Took*float64(time.Second)).String())
	}
}

// progress is the round under way, or the last one.
func (f *gapFiller) progress() *api.BackfillReport {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reading > 0 || len(f.queue) > 0 {
		r := f.report
		r.Running = true
		return &r
	}
	return f.filled.Load()
}

// historiesOf makes a client for each API key of a source's back-fill.
func historiesOf(c config.Backfill) (all []*chirpstackapi.Client, err error) {
	roots, err := rootsIf(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("backfill.ca_file: %w", err)
	}
	for _, file := range c.APIKeyFiles {
		key, err := settlement.ReadSecret(file)
		if err != nil {
			return nil, fmt.Errorf("backfill.api_key_files: %w", err)
		}
		client, err := chirpstackapi.New(c.URL, key, roots)
		if err != nil {
			return nil, fmt.Errorf("backfill.url: %w", err)
		}
		all = append(all, client)
	}
	return all, nil
}

// makeGapFiller prepares a source's automatic back-fill, if it has one.
func (s *Source) makeGapFiller(d *Deps, c config.Source) error {
	if c.Backfill.URL == "" {
		return nil
	}
	clients, err := historiesOf(c.Backfill)
	if err != nil {
		return err
	}
	servers := make([]Histories, len(clients))
	for i, one := range clients {
		servers[i] = one
		s.tags = append(s.tags, one)
	}
	s.gaps = newGapFiller(d, s.in, servers, d.Heard, c.Backfill.Parallel, c.Backfill.MaxAge)
	s.in.Skipped = s.gaps.skipped
	return nil
}
