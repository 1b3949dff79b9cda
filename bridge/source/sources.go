// Package source brings arrivals: from an MQTT broker, from network servers that post, from
// gateways, and from what a network server still keeps of what was missed. It notices when a source
// falls silent, and says why.
//
// It hands every arrival to package bridge and knows nothing of what becomes of it.
package source

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"golang.org/x/sync/errgroup"
)

// Store is what sources ask of the ledger.
type Store interface {
	intake.SessionStore
	Room() bool // false: it is full or has failed
}

// Deps are what sources work with.
type Deps struct {
	Bridge   *bridge.Bridge
	Store    Store
	Heard    Heard
	Operator uint64
	Meter    *meter.Metrics
	Health   *health.Conditions
	Log      *slog.Logger
	Started  time.Time
	File     string // where what is learned of sources is kept over a restart
}

// Sources are all of a bridge's.
type Sources struct {
	Deps
	all        []*Source
	remembered map[string]memory // of sources, from before the start
	savedAt    time.Time         // when that was written last
}

// Source is one [[sources]] table at work.
type Source struct {
	config config.Source
	in     *intake.Entrance
	gaps   *gapFiller         // nil: no automatic back-fill
	tags   []intake.TagReader // one for each API key of the network server; none: it cannot be asked

	ingest *ingest // of a source that is posted to
	tls    *tls.Config

	sub    *mqtt.Subscriber // of one with a broker
	link   *link
	acks   *intake.Acks
	frames *intake.Frames // of a gateway-level source
}

// Open prepares the sources of a configuration.
func Open(all []config.Source, d Deps) (*Sources, error) {
	s := &Sources{Deps: d}
	var err error
	if s.remembered, err = readMemory(d.File); err != nil {
		d.Log.Warn("what was known of the sources could not be read: their rates are learned again", "err", err)
	}
	networks := map[string]int{}
	for _, c := range all {
		if networks[c.Network]++; networks[c.Network] > 1 {
			d.Bridge.Copies.Share(c.Network)
		}
		one, err := s.open(c)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", c.Name, err)
		}
		one.in.Heard.Recall(time.Duration(s.remembered[c.Name].Every * float64(time.Second)))
		s.all = append(s.all, one)
	}
	return s, nil
}

func (s *Sources) open(c config.Source) (*Source, error) {
	one := &Source{config: c}
	switch c.Kind {
	case config.KindHTTP:
		return one, one.openPosts(s)
	case config.KindGateway:
		if err := one.makeFrames(&s.Deps, c); err != nil {
			return nil, err
		}
		return one, one.openBroker(s, one.frames.Take)
	}
	template, err := lorawan.ParseTemplate(c.Topic)
	if err != nil {
		return nil, err
	}
	decode, err := detect.Decoder(c.Format)
	if err != nil {
		return nil, err
	}
	one.in = s.entrance(c, template, decode)
	if err := one.makeGapFiller(&s.Deps, c); err != nil {
		return nil, err
	}
	return one, one.openBroker(s, func(a intake.Arrival) { s.Bridge.Take(one.in, a) })
}

// entrance prepares a source's entrance.
func (d *Deps) entrance(c config.Source, t lorawan.Template, decode func([]byte, *lorawan.Uplink) error) *intake.Entrance {
	in := intake.NewEntrance(c.Name, c.Network, t, decode, d.Meter, d.Health, d.Log)
	if len(c.Applications) > 0 {
		in.Allowed = map[string]bool{}
		for _, a := range c.Applications {
			in.Allowed[a] = true
		}
	}
	return in
}

// openBroker prepares a subscription that hands its arrivals to take.
func (s *Source) openBroker(all *Sources, take func(intake.Arrival)) error {
	c := s.config
	topics, err := topicsOf(c)
	if err != nil {
		return err
	}
	conn, err := brokerConfig(c, all.Operator, all.Log)
	if err != nil {
		return err
	}
	s.acks = intake.NewAcks()
	s.link = &link{name: c.Name, clientID: conn.ClientID, broker: c.URL, topics: strings.Join(topics, ", "), health: all.Health, log: all.Log, known: all.remembered[c.Name].session(conn.ClientID, c.URL)}
	all.Health.Await(health.Condition{Code: "broker_down", Subject: c.Name, Text: "the network server's broker is not connected yet"})
	s.sub = mqtt.NewSubscriber(conn, topics, func(m mqtt.Message) { take(s.acks.Receive(m)) }, s.events(all.Meter.Overlong.With(c.Name), c.MaxPacket))
	if s.link.known {
		s.formerly(all.remembered[c.Name])
	}
	return nil
}

// openPosts prepares a source that is posted to.
func (s *Source) openPosts(all *Sources) error {
	c := s.config
	token, secure, err := ingestSecrets(c)
	if err != nil {
		return err
	}
	for _, other := range all.all {
		if other.ingest != nil && other.config.Listen == c.Listen && (other.tls == nil) != (secure == nil) {
			return fmt.Errorf("source %s listens at %s too, one of them with TLS and one without", other.in.Name, c.Listen)
		}
	}
	decode, err := detect.Decoder(c.Format)
	if err != nil {
		return err
	}
	s.in, s.tls = all.entrance(c, lorawan.Template{}, decode), secure
	s.ingest = newIngest(&all.Deps, s.in, token, c.MaxPacket)
	if err := s.makeGapFiller(&all.Deps, c); err != nil {
		return err
	}
	if s.gaps != nil {
		s.gaps.wantAll()
	}
	return nil
}

// Run takes arrivals in from when ready is closed, until ctx ends or a source cannot go on.
func (s *Sources) Run(ctx context.Context, ready <-chan struct{}) error {
	all, ctx := errgroup.WithContext(ctx)
	start := func(f func(context.Context) error) {
		all.Go(func() error {
			select {
			case <-ready:
				return f(ctx)
			case <-ctx.Done():
				return nil
			}
		})
	}
	for _, one := range s.all {
		start(func(ctx context.Context) error { return one.Run(ctx, s.Store.Room) })
	}
	for _, server := range s.listeners() {
		start(func(ctx context.Context) error { return serveIngest(ctx, server) })
	}
	return all.Wait()
}

// Run takes a source's arrivals in while there is room, but for posts: those come through a listener
// that several sources may share.
func (s *Source) Run(ctx context.Context, room func() bool) error {
	all, ctx := errgroup.WithContext(ctx)
	start := func(f func(context.Context)) { all.Go(func() error { f(ctx); return nil }) }
	if s.gaps != nil {
		start(s.gaps.run)
	}
	if s.frames != nil {
		start(s.frames.Run)
	}
	if s.sub != nil {
		start(s.acks.Run)
		all.Go(func() error { return s.subscribe(ctx, room) })
	}
	return all.Wait()
}

// holdLeast is how long a source is away at least that was refused something.
const holdLeast = time.Second

// subscribe reads a broker's messages while the ledger has room for them. Of those that were refused
// none is acknowledged: the connection ends, and on the next, when there is room, they come again.
func (s *Source) subscribe(ctx context.Context, room func() bool) error {
	for {
		on, end := context.WithCancel(ctx)
		go func() {
			select {
			case <-on.Done():
			case <-s.acks.Cut():
				end()
			}
		}()
		err := s.sub.Run(on)
		end()
		if err != nil || ctx.Err() != nil {
			return err
		}
		s.link.hold()
		for wait := true; wait; wait = !room() {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(holdLeast):
			}
		}
	}
}

// Status tells of every source.
func (s *Sources) Status() (all []api.SourceStatus) {
	for _, one := range s.all {
		all = append(all, one.Status())
	}
	return all
}

// Tagged says whether any source has events with device tags: raw frames have none.
func (s *Sources) Tagged() bool {
	return slices.ContainsFunc(s.all, func(one *Source) bool { return one.frames == nil })
}

// TagReaders gives what can be asked for the tags of devices that a source brings.
func (s *Sources) TagReaders(name string) []intake.TagReader {
	for _, one := range s.all {
		if one.in.Name == name {
			return one.tags
		}
	}
	return nil
}

// Status is what `status` tells of a source.
func (s *Source) Status() api.SourceStatus {
	in := s.in
	st := api.SourceStatus{Name: in.Name, Kind: s.config.Kind, Connected: true, QoS0: in.CountQoS0(),
		Usually: in.Heard.Usual().Seconds(), Events: []api.EventCount{}, Fates: []api.FateCount{}}
	switch {
	case s.ingest != nil:
		st.Pending, st.Refused = len(s.ingest.slots), s.ingest.refused.Load()
	default:
		st.Pending = s.acks.Pending()
		st.Connected, st.Since, st.Session, st.QoS = s.link.standing()
	}
	came, sold := in.Heard.Last()
	st.LastEvent, st.LastSold = came.UTC(), sold.UTC()
	for _, e := range intake.Events {
		if n := in.CountEvent(e); n > 0 {
			st.Events = append(st.Events, api.EventCount{Event: string(e), Count: n})
		}
	}
	for _, f := range intake.FateMeanings {
		if n := in.Count(f.Fate); n > 0 {
			st.Fates = append(st.Fates, api.FateCount{Fate: string(f.Fate), Count: n, Means: f.Means})
		}
	}
	if s.frames != nil {
		st.Gateways = s.frames.Gateways()
	}
	if s.gaps != nil {
		st.Backfill = s.gaps.progress()
	}
	return st
}
