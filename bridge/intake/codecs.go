package intake

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
)

// Scripts keeps listings' terms and the scripts they name.
type Scripts interface {
	Terms(hash common.Hash) ([]byte, bool, error)
	Script(hash common.Hash) ([]byte, bool, error)
}

// Interpreter runs scripts of strangers within limits.
type Interpreter interface {
	Decode(ctx context.Context, script string, in js.Input) (js.Result, error)
}

// Codecs decode what the network server has not, before a reading goes to the outbox.
// What the bridge knows itself is decoded on the spot. A script runs in a worker
// goroutine; meanwhile later readings of the same device wait behind it, so that a
// device's readings reach the outbox in the order they came, and readings of other
// devices do not wait.
type Codecs struct {
	scripts Scripts
	run     Interpreter
	meter   *meter.Metrics
	health  *health.Conditions
	log     *slog.Logger

	waiting atomic.Int64 // jobs queued or running: 0 keeps devices without scripts off the lock
	mu      sync.Mutex
	ready   sync.Cond // due has a device, or the workers stop
	room    sync.Cond // waiting fell
	queues  map[lorawan.DevEUI][]*decoding
	due     []lorawan.DevEUI // devices whose first job nobody works on
	stopped bool

	listings map[[32]byte]*listing // by terms
	held     int                   // bytes of scripts in listings
}

// decoding is one reading on its way through the codecs.
type decoding struct {
	reading *lorawan.Reading
	needs   []lorawan.Codec
	next    func()
}

// listing is a script with its fuse.
type listing struct {
	script    string
	variables map[string]string
	missing   bool
	bad       int       // runs in a row that hit a limit
	until     time.Time // no run before: the script is suspended
}

const (
	decodingsMax = 4096     // then sources wait; their brokers keep the rest
	scriptsMax   = 16 << 20 // bytes of scripts held in memory
	fuse         = 5        // runs in a row that hit a limit before a script is suspended
	suspension   = time.Minute
)

// NewCodecs makes them without scripts.
func NewCodecs(m *meter.Metrics, h *health.Conditions, log *slog.Logger) *Codecs {
	c := &Codecs{meter: m, health: h, log: log, queues: map[lorawan.DevEUI][]*decoding{}, listings: map[[32]byte]*listing{}}
	c.ready.L, c.room.L = &c.mu, &c.mu
	return c
}

// UseScripts lets listings' scripts run. Without it, and without Work running, readings that
// need one are not sold.
func (c *Codecs) UseScripts(s Scripts, run Interpreter) { c.scripts, c.run = s, run }

// needs lists the codecs a reading's buyers need, each once.
func needs(r *lorawan.Reading, buyers []*market.Entitlement) (all []lorawan.Codec, script bool) {
	for _, e := range buyers {
		if e.State != market.PurchaseActive || !r.Needs(e.Codec) {
			continue
		}
		known := false
		for _, c := range all {
			known = known || c == e.Codec
		}
		if !known {
			all = append(all, e.Codec)
			script = script || e.Codec.Kind == lorawan.CodecJS
		}
	}
	return all, script
}

// Through decodes a reading for its buyers and calls next: at once if no script has
// to run, else from a worker. It blocks only when too many readings wait.
func (c *Codecs) Through(r *lorawan.Reading, buyers []*market.Entitlement, next func()) {
	all, script := needs(r, buyers)
	if !script && c.waiting.Load() == 0 {
		c.decode(context.Background(), r, all)
		next()
		return
	}
	c.mu.Lock()
	queue, behind := c.queues[r.DevEUI]
	if !script && !behind {
		c.mu.Unlock()
		c.decode(context.Background(), r, all)
		next()
		return
	}
	for c.waiting.Load() >= decodingsMax && !c.stopped {
		c.room.Wait()
		queue, behind = c.queues[r.DevEUI]
	}
	c.queues[r.DevEUI] = append(queue, &decoding{r, all, next})
	c.waiting.Add(1)
	if !behind {
		c.due = append(c.due, r.DevEUI)
		c.ready.Signal()
	}
	c.mu.Unlock()
}

// Work runs one worker until ctx ends. What waits then goes nowhere: it is not
// acknowledged, and the broker sends it again.
func (c *Codecs) Work(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stopped = true
		c.ready.Broadcast()
		c.room.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for len(c.due) == 0 && !c.stopped {
			c.ready.Wait()
		}
		if c.stopped {
			return
		}
		dev := c.due[0]
		c.due = c.due[1:]
		job := c.queues[dev][0]
		c.mu.Unlock()
		done := c.decode(ctx, job.reading, job.needs)
		if done {
			job.next()
		}
		c.mu.Lock()
		if !done {
			return
		}
		if c.queues[dev] = c.queues[dev][1:]; len(c.queues[dev]) == 0 {
			delete(c.queues, dev)
		} else {
			c.due = append(c.due, dev)
			c.ready.Signal()
		}
		c.waiting.Add(-1)
		c.room.Signal()
	}
}

// decode adds to a reading what its buyers' codecs make of it; false if ctx ended first.
func (c *Codecs) decode(ctx context.Context, r *lorawan.Reading, all []lorawan.Codec) bool {
	for _, k := range all {
		d := lorawan.Decoded{Codec: k}
		outcome := c.one(ctx, r, &d)
		if ctx.Err() != nil {
			return false
		}
		c.meter.CodecRuns.With(k.Kind.String(), outcome).Inc()
		r.Decoded = append(r.Decoded, d)
	}
	return true
}

// one runs a codec and fills in what it made. The outcome counts; why a script failed
// is for `codec run` to tell, since its words may quote the payload.
func (c *Codecs) one(ctx context.Context, r *lorawan.Reading, d *lorawan.Decoded) (outcome string) {
	var err error
	switch d.Codec.Kind {
	case lorawan.CodecLPP:
		d.Values, err = codec.CayenneLPP(r.Data)
	case lorawan.CodecSenML:
		d.Values, err = codec.SenML(r.Data)
	case lorawan.CodecRaw:
		d.Values, err = codec.Raw(r.Data)
	case lorawan.CodecJS:
		return c.script(ctx, r, d)
	default:
		err = codec.ErrPayload
	}
	if err != nil {
		return "payload"
	}
	return "ok"
}

func (c *Codecs) script(ctx context.Context, r *lorawan.Reading, d *lorawan.Decoded) string {
	terms := d.Codec.Terms
	l, err := c.listing(terms)
	switch {
	case err != nil:
		c.log.Error("a listing's codec could not be read", "terms", common.Hash(terms).Hex(), "err", err)
		return "worker"
	case l.missing || c.run == nil:
		c.health.Raise(health.Condition{Code: "codec_missing", Subject: common.Hash(terms).Hex(),
			Text: "the script of a listing's codec is not in this ledger: attest the device again with it, or restore a backup"})
		return "missing"
	case !c.mayRun(l):
		return "suspended"
	}
	at := r.Server
	if at.IsZero() {
		at = r.Received
	}
	started := time.Now()
	result, err := c.run.Decode(ctx, l.script, js.Input{Bytes: r.Data, FPort: r.FPort, Received: at, Variables: l.variables})
	if ctx.Err() != nil {
		return ""
	}
	c.meter.CodecTime.Observe(time.Since(started).Seconds())
	c.note(terms, l, err)
	c.health.Set(errors.Is(err, js.ErrWorker), health.Condition{Code: "codec_down",
		Text: "scripts cannot run: the bridge cannot start its own program again as a worker (is /proc there, and may the service start processes?)"})
	if outcome := js.Outcome(result, err); outcome != "ok" {
		return outcome
	}
	d.Values, d.Normalized = result.Data, result.Normalized
	return "ok"
}

// listing finds a script by the terms that name it. It reads the ledger off the lock.
func (c *Codecs) listing(terms [32]byte) (*listing, error) {
	c.mu.Lock()
	l := c.listings[terms]
	c.mu.Unlock()
	if l != nil {
		return l, nil
	}
	l, err := c.load(terms)
	if err != nil || l.missing { // not remembered: it may be attested again
		return l, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.listings[terms]; known != nil { // another worker was quicker
		return known, nil
	}
	if c.held += len(l.script); c.held > scriptsMax {
		clear(c.listings)
		c.held = len(l.script)
	}
	c.listings[terms] = l
	return l, nil
}

func (c *Codecs) load(terms [32]byte) (*listing, error) {
	l := &listing{missing: true}
	if c.scripts == nil {
		return l, nil
	}
	doc, ok, err := c.scripts.Terms(terms)
	if err != nil {
		return nil, err
	}
	if !ok {
		return l, nil
	}
	t, err := offer.Read(doc)
	if err != nil || t.Codec == nil || t.Codec.Script == nil {
		return l, nil
	}
	text, ok, err := c.scripts.Script(*t.Codec.Script)
	if err != nil {
		return nil, err
	}
	return &listing{script: string(text), variables: t.Codec.Variables, missing: !ok}, nil
}

func (c *Codecs) mayRun(l *listing) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !time.Now().Before(l.until)
}

// note counts runs that hit a limit: a script that does so again and again must not
// take the workers' time from those of others.
func (c *Codecs) note(terms [32]byte, l *listing, err error) {
	hit := errors.Is(err, js.ErrTime) || errors.Is(err, js.ErrMemory)
	c.mu.Lock()
	defer c.mu.Unlock()
	subject := common.Hash(terms).Hex()
	if !hit {
		l.bad = 0
		c.health.Clear("codec_suspended", subject)
		return
	}
	if l.bad++; l.bad < fuse {
		return
	}
	l.until = time.Now().Add(suspension)
	c.health.Raise(health.Condition{Code: "codec_suspended", Subject: subject,
		Text: "a listing's script takes more time or memory than it may: its readings are sold without values, or not at all, and it is tried once a minute"})
}
