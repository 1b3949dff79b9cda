package bridge

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstackapi"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// Repair is Post for an uplink that was missed when it was live. It passes the same
// window, so that it is sold once however often it is brought, and counts as received
// when its network received it: that decides which purchases it belongs to. What the
// contract would pay by now still bounds what is sold.
func (b *Bridge) Repair(in *Intake, payload []byte, oldest time.Duration, settle func(Fate)) {
	counted := func(f Fate) {
		in.repairs[f].Inc()
		settle(f)
	}
	var topic lorawan.Topic
	if _, fate := b.bought(&topic, payload); fate != "" {
		counted(fate)
		return
	}
	u := new(lorawan.Uplink)
	if fate := b.read(in, &topic, payload, u); fate != "" {
		counted(fate)
		return
	}
	now := time.Unix(int64(b.entitlements.Now()), 0)
	at, fate := receivedAt(u, now, oldest)
	if fate != "" {
		counted(fate)
		return
	}
	r := u.Reading(at)
	r.Counted, r.Repaired = now, true
	b.sell(in, &r, counted)
}

// receivedAt says when a network received an uplink: by the server's clock, or by a
// gateway's if the server tells none. Nothing was received in the future.
func receivedAt(u *lorawan.Uplink, now time.Time, oldest time.Duration) (time.Time, Fate) {
	at := u.Received
	if at.IsZero() {
		at = u.Gateway
	}
	switch {
	case at.IsZero():
		return at, FateUndated
	case now.Sub(at) > oldest:
		return at, FateTooOld
	case at.After(now):
		return now, ""
	}
	return at, ""
}

// repairsInFlight is how many repaired uplinks wait for their commit at once.
const repairsInFlight = 256

// RepairAll reads events, one a line, and repairs each: The Things Stack's Storage
// Integration, or any event a source may publish. It returns what became of them, by
// fate; with an error, of those before it.
func (b *Bridge) RepairAll(ctx context.Context, in *Intake, lines io.Reader, longest int, oldest time.Duration) (map[string]int, error) {
	var mu sync.Mutex
	sum := map[string]int{}
	slots := make(chan struct{}, repairsInFlight)
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(make([]byte, 0, 64<<10), longest)
	var err error
	for err == nil && scanner.Scan() {
		line := bytes.TrimSpace(scanner.Bytes())
		if len(line) == 0 {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			err = ctx.Err()
			continue
		}
		b.Repair(in, bytes.Clone(line), oldest, func(f Fate) {
			mu.Lock()
			sum[string(f)]++
			mu.Unlock()
			<-slots
		})
	}
	for range repairsInFlight { // all have settled when every slot is free
		slots <- struct{}{}
	}
	if scanner.Err() != nil {
		err = fmt.Errorf("%w: a line is longer than %d bytes (the source's max_packet), or the file broke off", api.ErrRefused, longest)
	}
	return sum, err
}

// Backfill makes parts the api.Backfiller.
func (b backend) Backfill(ctx context.Context, source string, lines io.Reader) (map[string]int, error) {
	for i, s := range b.sources {
		if s.intake.Name != source {
			continue
		}
		c := b.cfg.Sources[i]
		if s.frames != nil {
			return nil, fmt.Errorf("%w: back-fill brings a network server's events; source %s reads raw frames", api.ErrRefused, source)
		}
		sum, err := b.bridge.RepairAll(ctx, s.intake, lines, c.MaxPacket, c.Backfill.MaxAge)
		if err == nil && sum[string(FateUncommitted)] > 0 {
			err = errors.New("the ledger failed during the back-fill: run it again, what was stored is known")
		}
		return sum, err
	}
	return nil, fmt.Errorf("%w: there is no source %q", api.ErrRefused, source)
}

// Histories gives the last events a network server keeps of a device, as
// chirpstackapi.Client does.
type Histories interface {
	History(ctx context.Context, devEUI string) ([]chirpstackapi.Event, error)
}

// mender asks a network server for what was missed: of every bought device after the
// bridge was away, and of one whose f_cnt jumps. One device at a time, and each at
// most once in mendEvery.
type mender struct {
	bridge *Bridge
	in     *Intake
	server Histories
	oldest time.Duration
	log    *slog.Logger

	mu    sync.Mutex
	wants map[lorawan.DevEUI]struct{}
	asked map[lorawan.DevEUI]time.Time
	wake  chan struct{}
}

const (
	mendEvery = time.Minute
	mendMax   = 100_000 // devices waiting to be asked for
	mendPause = 5 * time.Second
)

func newMender(b *Bridge, in *Intake, server Histories, oldest time.Duration) *mender {
	return &mender{bridge: b, in: in, server: server, oldest: oldest, log: b.log.With("source", in.Name),
		wants: map[lorawan.DevEUI]struct{}{}, asked: map[lorawan.DevEUI]time.Time{}, wake: make(chan struct{}, 1)}
}

// want asks for a device's missed uplinks. It never waits.
func (m *mender) want(devices ...lorawan.DevEUI) {
	m.mu.Lock()
	for _, d := range devices {
		if len(m.wants) < mendMax {
			m.wants[d] = struct{}{}
		}
	}
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// next takes a device that may be asked for now.
func (m *mender) next(now time.Time) (dev lorawan.DevEUI, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for d := range m.wants {
		if now.Sub(m.asked[d]) < mendEvery {
			continue
		}
		delete(m.wants, d)
		if len(m.asked) >= mendMax {
			clear(m.asked)
		}
		m.asked[d] = now
		return d, true
	}
	return dev, false
}

// run mends until ctx ends.
func (m *mender) run(ctx context.Context) {
	look := time.NewTicker(mendPause)
	defer look.Stop()
	for {
		m.round(ctx)
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-look.C:
		}
	}
}

// round mends what may be asked for now. All bought devices are asked for after a pause,
// and some may be another source's, which this server does not know; if it knows none,
// the key is wrong or was deleted.
func (m *mender) round(ctx context.Context) {
	told, unknown := 0, 0
	var failed error
	for {
		dev, ok := m.next(time.Now())
		if !ok || ctx.Err() != nil {
			break
		}
		switch err := m.mend(ctx, dev); {
		case err == nil:
			told++
		case errors.Is(err, chirpstackapi.ErrUnknown):
			unknown++
		default:
			failed = err
			m.want(dev) // asked again when its minute is over
		}
	}
	if ctx.Err() != nil || told+unknown == 0 && failed == nil {
		return
	}
	if failed == nil && told == 0 {
		failed = fmt.Errorf("%w, of %d asked for: does the key belong to the devices' tenant, and was it deleted?", chirpstackapi.ErrUnknown, unknown)
	}
	m.bridge.health.Set(failed != nil, Condition{Code: "backfill_failing", Subject: m.in.Name,
		Text: fmt.Sprintf("the network server does not tell what was missed (%v): gaps stay", failed)})
}

// mend repairs one device, in the order of its counter.
func (m *mender) mend(ctx context.Context, dev lorawan.DevEUI) error {
	events, err := m.server.History(ctx, dev.String())
	type up struct {
		body []byte
		at   time.Time
		fCnt uint32
	}
	var ups []up
	for _, e := range events {
		var u lorawan.Uplink
		if detect.Decode(e.Body, &u) != nil || u.Event != lorawan.EventUp || u.DevEUI != dev {
			continue
		}
		ups = append(ups, up{e.Body, u.Received, u.FCnt})
	}
	slices.SortStableFunc(ups, func(a, b up) int { return a.at.Compare(b.at) })
	var wg sync.WaitGroup
	repaired := 0
	var mu sync.Mutex
	for _, one := range ups {
		wg.Add(1)
		m.bridge.Repair(m.in, one.body, m.oldest, func(f Fate) {
			if f == FatePosted {
				mu.Lock()
				repaired++
				mu.Unlock()
			}
			wg.Done()
		})
	}
	wg.Wait()
	if repaired > 0 {
		m.log.Info("missed uplinks were repaired", "device", m.bridge.nameOf(dev), "uplinks", repaired)
	}
	return err
}

// makeMender prepares a source's automatic back-fill, if it has one.
func (p *parts) makeMender(c config.Source, in *Intake) (*mender, error) {
	if c.Backfill.URL == "" {
		return nil, nil
	}
	key, err := settlement.ReadSecret(c.Backfill.APIKeyFile)
	if err != nil {
		return nil, fmt.Errorf("backfill.api_key_file: %w", err)
	}
	client, err := chirpstackapi.New(c.Backfill.URL, key)
	if err != nil {
		return nil, fmt.Errorf("backfill.url: %w", err)
	}
	m := newMender(p.bridge, in, client, c.Backfill.MaxAge)
	in.mender = m
	return m, nil
}
