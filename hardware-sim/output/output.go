// Package output carries what a simulated world emits to real servers: application
// level events by MQTT or HTTP, raw frames by gateway-level MQTT or Semtech's UDP.
//
// It knows transports and writes down in the truth log what it published. It
// refuses to know what made an event, and who reads it.
package output

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/gwmp"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

// Output is where things go. Its methods are called from the world's goroutine.
type Output interface {
	Event(ctx context.Context, e *sim.Event) error
	Heard(ctx context.Context, r *sim.Reception) error
	Sent(ctx context.Context, dl *sim.Downlink) error
	Activated(d *sim.Device)
	// Problem says, as a sentence, what keeps things from getting through; "": nothing
	// that is known. It may be called from any goroutine.
	Problem() string
	Close() error
}

// Nothing is an output that takes nothing; others embed it.
type nothing struct{}

func (nothing) Event(context.Context, *sim.Event) error     { return nil }
func (nothing) Heard(context.Context, *sim.Reception) error { return nil }
func (nothing) Sent(context.Context, *sim.Downlink) error   { return nil }
func (nothing) Activated(*sim.Device)                       {}
func (nothing) Problem() string                             { return "" }
func (nothing) Close() error                                { return nil }

// Truth takes the lines of the truth log.
type Truth func(*sim.Record) error

// Publisher is what hands a message to a broker; mqtt.Publisher is one.
type Publisher interface {
	Publish(ctx context.Context, topic string, payload []byte, qos byte) error
	Close() error
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// errRefused says that trying again will not help.
var errRefused = errors.New("it was refused: check the URL and the token")

// insist publishes until it succeeds, ctx ends, or it never will: what the truth log says was
// published has been.
func insist(ctx context.Context, try func() error) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := try()
		if err == nil || ctx.Err() != nil || errors.Is(err, mqtt.ErrConfig) || errors.Is(err, mqtt.ErrCredentials) || errors.Is(err, errRefused) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// application publishes events to a network server's MQTT broker.
type application struct {
	nothing
	name   string
	format sim.Format
	qos    byte
	pub    Publisher
	oracle sim.Oracle
	truth  Truth
}

// Application makes an output of events over MQTT.
func Application(name string, f sim.Format, qos byte, pub Publisher, truth Truth) Output {
	return &application{name: name, format: f, qos: qos, pub: pub, oracle: sim.Oracle{Format: f}, truth: truth}
}

func (a *application) Event(ctx context.Context, e *sim.Event) error {
	topic, body := a.format.Render(e)
	if topic == "" {
		return nil
	}
	fate := a.oracle.Foretell(e)
	if err := insist(ctx, func() error { return a.pub.Publish(ctx, topic, body, a.qos) }); err != nil {
		return err
	}
	return a.truth(sim.MessageRecord(a.name, e, fate, sum(body)))
}

func (a *application) Close() error { return a.pub.Close() }

// webhook posts events, as the HTTP integrations of the network servers do.
type webhook struct {
	nothing
	name   string
	format sim.Format
	url    string
	header http.Header
	client *http.Client
	oracle sim.Oracle
	truth  Truth
}

// Webhook makes an output of events over HTTP. ChirpStack puts the kind of the event
// into the query; The Things Stack has a path of its own for each, of which uplinks
// alone are sent.
func Webhook(name string, f sim.Format, target string, header http.Header, truth Truth) Output {
	return &webhook{name: name, format: f, url: target, header: header, client: &http.Client{Timeout: 10 * time.Second}, oracle: sim.Oracle{Format: f}, truth: truth}
}

func (w *webhook) Event(ctx context.Context, e *sim.Event) error {
	topic, body := w.format.Render(e)
	if topic == "" || w.format == sim.TTS && e.Kind != sim.EventUp {
		return nil
	}
	target, err := url.Parse(w.url)
	if err != nil {
		return fmt.Errorf("output %s: the URL does not parse", w.name)
	}
	if w.format != sim.TTS {
		q := target.Query()
		q.Set("event", string(e.Kind))
		target.RawQuery = q.Encode()
	}
	fate := w.oracle.Foretell(e)
	err = insist(ctx, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
		if err != nil {
			return err
		}
		maps.Copy(req.Header, w.header)
		req.Header.Set("Content-Type", w.format.MIME())
		res, err := w.client.Do(req)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
		_ = res.Body.Close()
		switch code := res.StatusCode; {
		case code < 300, code == http.StatusBadRequest: // a malformed body is answered with 400
			return nil
		case code >= 500 || code == http.StatusTooManyRequests:
			return fmt.Errorf("output %s: HTTP %d", w.name, code)
		default:
			return fmt.Errorf("output %s: HTTP %d: %w", w.name, code, errRefused)
		}
	})
	if err != nil {
		return err
	}
	return w.truth(sim.MessageRecord(w.name, e, fate, sum(body)))
}

// forwarder publishes raw frames as a gateway's MQTT forwarder does.
type forwarder struct {
	nothing
	name   string
	format sim.GatewayFormat
	prefix string
	qos    byte
	pub    Publisher
	world  *sim.World
	oracle sim.GatewayOracle
	truth  Truth
	online map[*sim.Gateway]bool
}

// Gateway makes an output of raw frames over MQTT. window is how long, in virtual
// time, a bridge takes copies of a frame for one. Of a world whose network server is
// simulated its downlinks are published too, so that whoever listens sees joins.
func Gateway(name string, f sim.GatewayFormat, prefix string, qos byte, window time.Duration, w *sim.World, pub Publisher, truth Truth) Output {
	g := &forwarder{name: name, format: f, prefix: prefix, qos: qos, pub: pub, world: w, oracle: sim.GatewayOracle{Window: window}, truth: truth, online: map[*sim.Gateway]bool{}}
	g.oracle.Prime(w)
	return g
}

func (g *forwarder) publish(ctx context.Context, topic string, body []byte) error {
	return insist(ctx, func() error { return g.pub.Publish(ctx, topic, body, g.qos) })
}

// greet announces a gateway before its first frame, and now and then how it is.
func (g *forwarder) greet(ctx context.Context, at *sim.Gateway) error {
	what, body := "event/stats", []byte(nil)
	switch {
	case !g.online[at]:
		g.online[at] = true
		what, body = "state/conn", g.format.RenderConn(at)
	case at.Forwarded%50 == 0:
		body = g.format.RenderStats(at, g.world.Now())
	default:
		return nil
	}
	if err := g.publish(ctx, g.format.Topic(g.prefix, at, what), body); err != nil {
		return err
	}
	return g.truth(&sim.Record{Type: "message", At: g.world.Now(), Output: g.name, Event: sim.EventKind(what[len("event/"):]), Fate: sim.FateOtherEvent, Gateway: at.ID.String(), SHA256: sum(body)})
}

func (g *forwarder) Heard(ctx context.Context, r *sim.Reception) error {
	if err := g.greet(ctx, r.Gateway); err != nil {
		return err
	}
	body := g.format.RenderUp(r, g.world.Region())
	fate := g.oracle.Up(r)
	if err := g.publish(ctx, g.format.Topic(g.prefix, r.Gateway, "event/up"), body); err != nil {
		return err
	}
	return g.truth(sim.ReceptionRecord(g.name, r, fate, sum(body)))
}

func (g *forwarder) Sent(ctx context.Context, dl *sim.Downlink) error {
	body := g.format.RenderDown(dl, g.world.Region())
	fate := g.oracle.Down(dl)
	if err := g.publish(ctx, g.format.Topic(g.prefix, dl.Gateway, "command/down"), body); err != nil {
		return err
	}
	return g.truth(sim.DownlinkRecord(g.name, g.world.Now(), dl, fate, sum(body)))
}

func (g *forwarder) Activated(d *sim.Device) { g.oracle.Activated(d) }

func (g *forwarder) Close() error { return g.pub.Close() }

// semtech is one packet forwarder per gateway.
type semtech struct {
	nothing
	name    string
	server  string
	world   *sim.World
	clients map[*sim.Gateway]*gwmp.Client
	truth   Truth
	oracle  sim.GatewayOracle
	cancel  context.CancelFunc
	ended   chan struct{}
	stats   map[*sim.Gateway]time.Time
}

// statEvery is how often a packet forwarder reports (stat_interval of lora_pkt_fwd).
const statEvery = 30 * time.Second

// Semtech makes an output of raw frames by Semtech's UDP protocol. What the server
// wants sent is handed to the world through inject, between two happenings.
func Semtech(ctx context.Context, name, server string, keepAlive time.Duration, seed uint64, w *sim.World, inject chan<- func(), truth Truth) (Output, error) {
	s := &semtech{name: name, server: server, world: w, clients: map[*sim.Gateway]*gwmp.Client{}, truth: truth, ended: make(chan struct{}), stats: map[*sim.Gateway]time.Time{}}
	s.oracle.Window = 200 * time.Millisecond
	s.oracle.Prime(w)
	running, cancel := context.WithCancel(ctx)
	s.cancel = cancel
	done := make(chan struct{}, len(w.Gateways()))
	for _, g := range w.Gateways() {
		c, err := gwmp.Dial(server, g.ID, keepAlive, seed)
		if err != nil {
			cancel()
			return nil, err
		}
		s.clients[g] = c
		go func() {
			defer func() { done <- struct{}{} }()
			_ = c.Run(running, func(t gwmp.TXPK, report func(string)) { // a closed socket ends it
				select {
				case inject <- func() { report(problem(transmit(w, g, &t))) }:
				case <-running.Done():
				}
			})
		}()
	}
	go func() {
		for range w.Gateways() {
			<-done
		}
		close(s.ended)
	}()
	return s, nil
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// transmit carries out a txpk.
func transmit(w *sim.World, g *sim.Gateway, t *gwmp.TXPK) error {
	sf, bandwidth, err := t.LoRa()
	if err != nil {
		return errors.New("TX_FREQ")
	}
	dr, ok := w.Region().DownRate(sf, bandwidth)
	if !ok {
		return errors.New("TX_FREQ")
	}
	dl := sim.Downlink{Gateway: g, PHY: t.Data, At: w.Now(), Frequency: uint32(t.Freq), DR: dr, Power: float64(t.Powe)}
	switch {
	case t.Imme:
	case t.Tmst != nil:
		dl.At = g.At(w.Now(), *t.Tmst)
	default:
		return errors.New("GPS_UNLOCKED")
	}
	return w.Transmit(dl)
}

func (s *semtech) Heard(_ context.Context, r *sim.Reception) error {
	rx := gwmp.RXPK{
		Tmst: r.Tmst, Freq: gwmp.MHz(r.Frequency), Chan: r.Channel, Stat: 1, Modu: "LORA", Datr: r.DataRate.String(), Codr: "4/5",
		RSSI: int(r.RSSI), LSNR: r.SNR, Size: len(r.PHY), Data: r.PHY,
	}
	if !r.Time.IsZero() {
		t := r.Time.UTC().Truncate(time.Microsecond)
		rx.Time = &t
	}
	var stat *gwmp.Stat
	if now := s.world.Now(); now.Sub(s.stats[r.Gateway]) >= statEvery {
		s.stats[r.Gateway] = now
		p := r.Gateway.Place
		stat = &gwmp.Stat{Time: now.UTC().Format(gwmp.StatTime), Lati: p.Latitude, Long: p.Longitude, Alti: int(p.Altitude),
			RXNb: r.Gateway.Received, RXOK: r.Gateway.Received, RXFw: r.Gateway.Forwarded}
	}
	if err := s.clients[r.Gateway].Push([]gwmp.RXPK{rx}, stat); err != nil {
		return err
	}
	return s.truth(sim.ReceptionRecord(s.name, r, s.oracle.Up(r), sum(r.PHY)))
}

func (s *semtech) Sent(_ context.Context, dl *sim.Downlink) error {
	s.oracle.Down(dl)
	return nil
}

func (s *semtech) Activated(d *sim.Device) { s.oracle.Activated(d) }

// silentAfter is how long a server may leave PULL_DATA unanswered; gateways send one
// every few seconds.
const silentAfter = 30 * time.Second

// Problem says that the server does not answer. UDP itself says nothing, or that
// nobody listens on the port.
func (s *semtech) Problem() string {
	var sum gwmp.Counts
	for _, c := range s.clients {
		n := c.Counts()
		sum.Pulled, sum.PullAcked, sum.Pushed, sum.PushAcked, sum.Refused = sum.Pulled+n.Pulled, sum.PullAcked+n.PullAcked, sum.Pushed+n.Pushed, sum.PushAcked+n.PushAcked, sum.Refused+n.Refused
		if n.Heard.After(sum.Heard) {
			sum.Heard = n.Heard
		}
	}
	what := fmt.Sprintf("output %s: %d of %d PUSH_DATA and %d of %d PULL_DATA acknowledged", s.name, sum.PushAcked, sum.Pushed, sum.PullAcked, sum.Pulled)
	switch {
	case sum.Pulled == 0 || sum.Heard.IsZero() && sum.Refused == 0 && sum.Pulled < 2*len(s.clients): // it has had no time
		return ""
	case sum.Heard.IsZero() && sum.Refused > 0:
		return fmt.Sprintf("%s: nothing listens on %s/UDP: start the network server's UDP backend (ChirpStack Gateway Bridge: [backend.semtech_udp] udp_bind), or correct the output's url", what, s.server)
	case sum.Heard.IsZero():
		return fmt.Sprintf("%s: %s/UDP has never answered: check host and port of the output's url, that the network server's UDP backend runs, and that no firewall drops UDP", what, s.server)
	case time.Since(sum.Heard) > silentAfter:
		return fmt.Sprintf("%s: %s/UDP has not answered for %v: is the network server's UDP backend still up?", what, s.server, time.Since(sum.Heard).Round(time.Second))
	}
	return ""
}

// Silent says whether an output has a problem that left the whole run without effect.
func (s *semtech) Silent() bool {
	for _, c := range s.clients {
		if !c.Counts().Heard.IsZero() {
			return false
		}
	}
	return true
}

func (s *semtech) Close() error {
	s.cancel()
	<-s.ended
	var errs []error
	for _, c := range s.clients {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Follow hands a real network server's commands for the world's gateways to it, and
// its gateways' answers back, until ctx ends: ChirpStack v4, gateway-level MQTT.
func Follow(ctx context.Context, cfg mqtt.Config, f sim.GatewayFormat, prefix string, w *sim.World, pub Publisher, inject chan<- func()) error {
	byTopic := map[string]*sim.Gateway{}
	var topics []string
	for _, g := range w.Gateways() {
		t := f.Topic(prefix, g, "command/down")
		byTopic[t] = g
		topics = append(topics, t)
	}
	sub := mqtt.NewSubscriber(cfg, topics, func(m mqtt.Message) {
		g := byTopic[m.Topic]
		body := bytes.Clone(m.Payload)
		m.Ack()
		if g == nil || m.Retained {
			return
		}
		select {
		case <-ctx.Done():
		case inject <- func() {
			dl, id, err := w.ParseDown(g, body)
			if err == nil {
				err = w.Transmit(dl)
			}
			_ = pub.Publish(ctx, f.Topic(prefix, g, "event/ack"), f.RenderAck(g, id, problem(err)), 0) // a lost ack is a lost ack
		}:
		}
	}, mqtt.Events{})
	return sub.Run(ctx)
}
