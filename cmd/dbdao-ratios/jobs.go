package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/load"
)

// job is one piece of work, done by the bridge and by a peer.
type job struct {
	name   string
	what   string
	tenth  bool // a tenth of the uplinks is bought
	timed  bool // at 1,000 a second: lateness counts, not cost
	kind   string
	config string // of the destination; %s is its address
	peer   string // "telegraf" or "mosquitto"
	batch  int
	target float64 // of the ratio, or of the p99 in milliseconds
}

const (
	single  = `{"url": "http://%s/bridge", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`
	batched = `{"url": "http://%s/bridge", "batch": 100}`
	toTopic = `{"url": "mqtt://%s", "topic": "readings"}`
)

var jobs = []job{
	{name: "http", what: "POST each reading, all bought", kind: "http", config: single, peer: "telegraf", batch: 1, target: 0.23},
	{name: "batch", what: "POST batches of 100, all bought", kind: "http", config: batched, peer: "telegraf", batch: 100, target: 0.30},
	{name: "mqtt", what: "publish to another broker, QoS 1, all bought", kind: "mqtt", config: toTopic, peer: "mosquitto", target: 1.9},
	{name: "http10", what: "POST each reading, 10 % bought", tenth: true, kind: "http", config: single, peer: "telegraf", batch: 1, target: 0.19},
	{name: "mqtt10", what: "publish to another broker, 10 % bought", tenth: true, kind: "mqtt", config: toTopic, peer: "mosquitto", target: 4.3},
	{name: "p99", what: "POST each reading, 1,000 a second", timed: true, kind: "http", config: single, target: 12},
}

// play runs a job once with each program.
func (s *stage) play(ctx context.Context, j job, t *table, round int) error {
	programs := []string{"bridge"}
	if j.peer != "" {
		programs = append(programs, j.peer)
	}
	if round%2 == 1 && len(programs) == 2 { // who goes first changes
		programs[0], programs[1] = programs[1], programs[0]
	}
	for _, p := range programs {
		r, err := s.one(ctx, j, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		t.add(j, p, r)
		fmt.Printf("  round %d  %-7s %-10s %s\n", round+1, j.name, p, r)
	}
	return nil
}

// result is what a run came to.
type result struct {
	cpu       float64 // seconds
	wall      float64
	in        int // messages that came in
	delivered int // readings
	repeats   int64
	peak      int64 // bytes
	p50, p99  time.Duration
	direct    time.Duration // p99 of a subscriber at the broker, beside it
	load      string
}

// per is processor seconds per 100,000 messages that came in.
func (r result) per() float64 { return r.cpu / float64(r.in) * 100_000 }

func (r result) String() string {
	text := fmt.Sprintf("%6.2f CPU-s per 100,000 in  %7.0f/s  %3d MB  %d repeats  load %s", r.per(), float64(r.in)/r.wall, r.peak>>20, r.repeats, r.load)
	if r.direct > 0 {
		text += fmt.Sprintf("  p50 %.1f p99 %.1f ms (a bare subscriber: p99 %.1f ms)", ms(r.p50), ms(r.p99), ms(r.direct))
	}
	return text
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// one runs a job with a program, on brokers of its own.
func (s *stage) one(ctx context.Context, j job, program string) (r result, err error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	source, err := s.broker(ctx, "source", s.ports.source)
	if err != nil {
		return r, err
	}
	defer source.stop()
	if j.kind == "mqtt" {
		target, err := s.broker(ctx, "target", s.ports.target)
		if err != nil {
			return r, err
		}
		defer target.stop()
	}
	sold, other := s.bought, (*load.Load)(nil)
	measured := s.o.messages
	switch {
	case j.tenth:
		sold, other, measured = s.few, s.unsold, s.o.messages/10
	case j.timed:
		measured = 1000 * s.o.seconds
	}
	warm := len(sold.Devices())
	to := s.receiver(formOf(program, j), warm, warm+measured)
	to.from = warm
	s.sink.to.Store(to)
	defer s.sink.to.Store(nil)
	if j.kind == "mqtt" {
		if err := subscribe(ctx, local(s.ports.target), "buyer", "#", to); err != nil {
			return r, err
		}
	}
	p, err := s.launch(ctx, j, program)
	if p != nil {
		defer p.stop()
	}
	if err != nil {
		return r, err
	}
	if err := source.says(ctx, " 1 application/"); err != nil { // it has subscribed
		return r, err
	}
	var direct *receiver
	if j.timed {
		direct = s.receiver(events, warm, warm+measured)
		direct.sent, direct.from = to.sent, warm
		if err := subscribe(ctx, local(s.ports.source), "bare", everything, direct); err != nil {
			return r, err
		}
	}
	return s.measure(ctx, j, p, measured, to, direct, func(first, n int) error { return s.send(ctx, sold, other, first, n, j, to) })
}

// measure sends a job's messages through a program that runs.
func (s *stage) measure(ctx context.Context, j job, p *process, measured int, to, direct *receiver, send func(first, n int) error) (r result, err error) {
	warm := to.from
	// Every device sends once before what is measured: caches fill, connections open.
	if err := send(0, warm); err != nil {
		return r, err
	}
	time.Sleep(500 * time.Millisecond)
	go p.watch(ctx)
	before, began := p.cpu(), time.Now()
	if err := send(warm, measured); err != nil {
		return r, err
	}
	r.wall = time.Since(began).Seconds()
	time.Sleep(300 * time.Millisecond) // acknowledgements, receipts
	r.cpu = p.cpu() - before
	r.in, r.delivered, r.repeats, r.load = measured, int(to.total.Load())-warm, to.repeats.Load(), loadAverage()
	if j.tenth {
		r.in *= 10
	}
	p.mu.Lock()
	r.peak = p.peak
	p.mu.Unlock()
	if j.timed {
		r.p50, r.p99, r.direct = to.percentile(0.5), to.percentile(0.99), direct.percentile(0.99)
	}
	if to.alien > 0 {
		return r, fmt.Errorf("%d messages arrived that nobody sent", to.alien)
	}
	return r, nil
}

func formOf(program string, j job) form {
	switch program {
	case "telegraf":
		return metrics
	case "mosquitto":
		return events
	}
	return parcels
}

// launch starts a program for a job.
func (s *stage) launch(ctx context.Context, j job, program string) (*process, error) {
	var only []string
	if j.tenth {
		for _, dev := range s.few.Devices() {
			only = append(only, dev.String())
		}
	}
	switch program {
	case "telegraf":
		return s.startTelegraf(j.batch, only)
	case "mosquitto":
		p, err := s.startRelay(ctx, only)
		if err != nil {
			return p, err
		}
		return p, (&process{name: "target", log: s.path("target.log"), done: p.done}).says(ctx, "relay-out")
	}
	address := local(s.ports.http)
	if j.kind == "mqtt" {
		address = local(s.ports.target)
	}
	return s.startBridge(ctx, j.kind, fmt.Sprintf(j.config, address))
}

// send publishes n messages of the devices that are sold from number from on, nine times as
// many of others beside them if there are any, and waits until the readings have arrived.
func (s *stage) send(ctx context.Context, sold, other *load.Load, from, n int, j job, to *receiver) error {
	rate := 0.0
	if j.timed {
		rate = 1000
	}
	beside := make(chan error, 1)
	if other == nil {
		beside <- nil
	} else {
		rate = 2_000 // both end at the same time
		go func() {
			_, err := other.Publish(ctx, local(s.ports.source), 9*from, 9*n, 9*rate, nil)
			beside <- err
		}()
	}
	_, err := sold.Publish(ctx, local(s.ports.source), from, n, rate, to.sending)
	if err := errors.Join(err, <-beside); err != nil {
		return err
	}
	return until(ctx, "readings are missing", func() error {
		if got := to.total.Load(); got < int64(from+n) {
			return fmt.Errorf("%d of %d arrived", got, from+n)
		}
		return nil
	})
}
