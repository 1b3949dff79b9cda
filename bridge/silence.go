package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// rhythm is how often something comes, as learned.
type rhythm struct {
	mu     sync.Mutex
	last   time.Time
	sold   time.Time
	every  float64 // seconds between two events, an exponential mean; 0: not known yet
	beats  int
	poor   int // events in a row that were not understood
	qos0At time.Time
	qos1At time.Time
}

const (
	rhythmKnown  = 10               // events after which a rate is believed
	silentLeast  = 30 * time.Second // shorter silence is none
	silentNever  = 45 * time.Second // of a source that never said anything
	silentGaps   = 20               // times the usual gap: one in e^20 of what comes at random
	silentUnsure = 10 * time.Minute // with fewer events than make a rate
	poorMost     = 5
)

// beat notes that something came.
func (r *rhythm) beat(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last.IsZero() && now.After(r.last) {
		gap := now.Sub(r.last).Seconds()
		if r.every == 0 {
			r.every = gap
		} else {
			gap = min(gap, 4*max(r.every, 1)) // an outage is no rate
			r.every += (gap - r.every) / 16
		}
	}
	r.last = now
	r.beats++
}

// recall takes over what was learned before the start.
func (r *rhythm) recall(m memory) {
	if m.Every > 0 {
		r.every, r.beats = m.Every, rhythmKnown
	}
}

// silent says for how long nothing came, and whether that is long. since is when it began to
// be listened for.
func (r *rhythm) silent(now, since time.Time) (quiet time.Duration, long bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.last
	if from.Before(since) {
		from = since
	}
	quiet = now.Sub(from)
	gap := time.Duration(r.every * float64(time.Second))
	switch {
	case r.beats >= rhythmKnown:
		return quiet, quiet > max(silentLeast, silentGaps*gap)
	case r.beats == 0:
		return quiet, quiet > silentNever
	}
	return quiet, quiet > max(silentUnsure, silentGaps*gap)
}

// usual is the learned gap; 0: not known.
func (r *rhythm) usual() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.beats < rhythmKnown {
		return 0
	}
	return time.Duration(r.every * float64(time.Second)).Round(10 * time.Millisecond)
}

// note counts a message by the kind of its event. What the broker kept from before tells
// nothing of now.
func (in *Intake) note(e lorawan.Event, retained bool) {
	c := in.events[e]
	if c == nil {
		c = in.events[lorawan.EventUnknown]
	}
	c.Inc()
	if !retained {
		in.hearing.beat(time.Now())
	}
}

// became counts what became of a message.
func (in *Intake) became(f Fate) {
	in.fates[f].Inc()
	r := &in.hearing
	r.mu.Lock()
	defer r.mu.Unlock()
	switch f {
	case FateMalformed, FateOtherTopic, FateMismatch:
		r.poor++
		return
	case FatePosted:
		r.sold = r.last
	}
	r.poor = 0
}

// noteQoS tells the operator that his network server publishes in a way that loses uplinks
// whenever the bridge is away. Only uplinks count: they are what is lost.
func (b *Bridge) noteQoS(in *Intake, a mqtt.Message) {
	now := time.Now()
	r := &in.hearing
	r.mu.Lock()
	if a.QoS > 0 {
		r.qos1At = now
		r.mu.Unlock()
		return
	}
	r.qos0At = now
	r.mu.Unlock()
	in.qos0s.Inc()
	b.health.Raise(Condition{Code: "uplinks_qos0", Subject: in.Name,
		Text: "uplinks arrive with QoS 0 and are lost while the bridge restarts: set qos=1 in the network server's MQTT integration"})
}

// link is a source's connection to its broker.
type link struct {
	name, clientID, broker string

	health *Health
	log    interface{ Warn(msg string, args ...any) }

	mu      sync.Mutex
	up      bool
	since   time.Time // of the connection
	session string    // kept or new
	granted map[string]byte
	known   bool        // the broker had a session of ours before
	cut     []time.Time // ends of connections that had hardly begun
}

const (
	cutWithin = 15 * time.Second // a connection that ended sooner had hardly begun
	cutsMany  = 3
	cutsIn    = 2 * time.Minute
	steadyFor = time.Minute
)

// connected notes a connection.
func (l *link) connected(present bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.since, l.granted = true, now, map[string]byte{}
	l.session = map[bool]string{true: "kept", false: "new"}[present]
	l.health.Clear("broker_down", l.name)
	l.health.Set(!present && l.known, Condition{Code: "session_lost", Subject: l.name,
		Text: "the broker had kept no session of ours (client id " + l.clientID + "): what was published while the bridge was away is lost. Let the broker keep sessions"})
	l.known = true
}

// lost notes that a connection ended, or could not be made.
func (l *link) lost(err error, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up && now.Sub(l.since) < cutWithin {
		l.cut = append(l.cut, now)
		l.cut = l.cut[max(0, len(l.cut)-cutsMany):]
	}
	l.up, l.session, l.granted = false, "", nil
	l.health.Raise(Condition{Code: "broker_down", Subject: l.name,
		Text: fmt.Sprintf("the network server's broker does not answer (%v): uplinks wait there if it publishes with QoS 1", err)})
	if len(l.cut) == cutsMany && now.Sub(l.cut[0]) < cutsIn {
		l.health.Raise(Condition{Code: "client_id_taken", Subject: l.name,
			Text: fmt.Sprintf("the broker ended the connection %d times right after it began: another client uses the client id %s, and each throws the other out", cutsMany, l.clientID)})
	}
}

// grant notes what the broker answered to a subscription; qos 128: it refused.
func (l *link) grant(topic string, qos byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.granted != nil {
		l.granted[topic] = qos
	}
	l.health.Set(qos > 2, Condition{Code: "subscription_refused", Subject: l.name,
		Text: "the broker does not let this account read " + topic + ": allow it in the broker's access list"})
	if qos == 0 {
		l.health.Raise(Condition{Code: "uplinks_qos0", Subject: l.name,
			Text: "the broker grants QoS 0 only: what is published while the bridge is away is lost"})
	}
}

// standing is the connection as it is now.
func (l *link) standing() (up bool, since time.Time, session, qos string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range l.granted {
		if qos == "" || q == 0 {
			qos = fmt.Sprint(q)
		}
	}
	return l.up, l.since, l.session, qos
}

// events lets a subscriber tell the link.
func (s *source) events(overlong interface{ Inc() }, longest int) mqtt.Events {
	return mqtt.Events{
		Connected: func(present bool) {
			s.link.connected(present, time.Now())
			if s.gaps != nil {
				s.gaps.wantAll()
			}
		},
		Lost:    func(err error) { s.link.lost(err, time.Now()) },
		Refused: func(topic string) { s.link.grant(topic, 128) },
		Granted: s.link.grant,
		Overlong: func(topic string, length int, _ byte) {
			overlong.Inc()
			s.link.log.Warn("an over-long packet was skipped", "source", s.link.name, "topic", topic, "bytes", length, "max_packet", longest)
		},
	}
}

// lookAtSources names sources that are silent or not understood.
func (p *parts) lookAtSources(now time.Time) {
	for _, s := range p.sources {
		name, r := s.intake.Name, &s.intake.hearing
		up, since := true, p.started
		if s.link != nil {
			up, since, _, _ = s.link.standing()
			if up && now.Sub(since) > steadyFor {
				p.health.Clear("client_id_taken", name)
			}
		}
		quiet, long := r.silent(now, since)
		p.health.Set(up && long, Condition{Code: "source_silent", Subject: name, Text: s.silence(quiet)})
		r.mu.Lock()
		poor, over := r.poor, r.qos1At.After(r.qos0At) && now.Sub(r.qos0At) > time.Minute
		r.mu.Unlock()
		p.health.Set(poor >= poorMost, Condition{Code: "source_unreadable", Subject: name,
			Text: fmt.Sprintf("the last %d messages were no events of a network server, or named other devices than their topics: are url and topic the network server's?", poor)})
		if over {
			p.health.Clear("uplinks_qos0", name)
		}
		if s.frames != nil {
			s.frames.lookAtGateways(p.health, now)
		}
	}
	if now.Sub(p.savedAt) > time.Minute {
		p.savedAt = now
		p.saveMemory()
	}
}

// silence says what silence may mean.
func (s *source) silence(quiet time.Duration) string {
	quiet = quiet.Round(time.Second)
	usual := s.intake.hearing.usual()
	switch {
	case usual > 0:
		return fmt.Sprintf("nothing has arrived for %v, though usually an event comes every %v: are the gateways and the network server up? `dbdao-bridge check --listen 30s` listens", quiet, usual)
	case s.link == nil:
		return fmt.Sprintf("nothing has been posted for %v (posts without the right token: %d): look at the integration's URL and token", quiet, s.intake.refused.Load())
	}
	return fmt.Sprintf("nothing has arrived in the %v since it connected, though the broker grants the topic: is the topic the network server's, does the broker's access list let this account read it, does the network server publish here? `dbdao-bridge check --listen 30s` listens", quiet)
}

// lookAtGateways names gateways that fell silent.
func (f *Frames) lookAtGateways(h *Health, now time.Time) {
	f.gatewaysMu.Lock()
	defer f.gatewaysMu.Unlock()
	for id, r := range f.gateways {
		quiet, long := r.silent(now, time.Time{})
		h.Set(long, Condition{Code: "gateway_silent", Subject: f.in.Name + " " + id.String(),
			Text: fmt.Sprintf("the gateway %s has sent nothing for %v, though usually it does every %v: look at its power and uplink", id, quiet.Round(time.Second), r.usual())})
	}
}

// status is what `status` tells of a source.
func (s *source) status() api.SourceStatus {
	in := s.intake
	st := api.SourceStatus{Name: in.Name, Kind: s.kind, Connected: true, Pending: s.pending(), QoS0: count(in.qos0s), Refused: in.refused.Load(),
		Usually: in.hearing.usual().Seconds(), Events: []api.EventCount{}, Fates: []api.FateCount{}}
	if s.link != nil {
		st.Connected, st.Since, st.Session, st.QoS = s.link.standing()
	}
	in.hearing.mu.Lock()
	st.LastEvent, st.LastSold = in.hearing.last.UTC(), in.hearing.sold.UTC()
	in.hearing.mu.Unlock()
	for _, e := range eventKinds {
		if n := count(in.events[e]); n > 0 {
			st.Events = append(st.Events, api.EventCount{Event: string(e), Count: n})
		}
	}
	for _, f := range FateMeanings {
		if n := count(in.fates[f.Fate]); n > 0 {
			st.Fates = append(st.Fates, api.FateCount{Fate: string(f.Fate), Count: n, Means: f.Means})
		}
	}
	if s.frames != nil {
		s.frames.gatewaysMu.Lock()
		st.Gateways = len(s.frames.gateways)
		s.frames.gatewaysMu.Unlock()
	}
	if s.gaps != nil {
		st.Backfill = s.gaps.progress()
	}
	return st
}

// sourcesFile keeps what was learned of the sources over a restart, in data_dir.
const sourcesFile = "sources.json"

// memory is what is remembered of a source.
type memory struct {
	Every    float64 `json:"usual_seconds,omitempty"` // between two events
	ClientID string  `json:"client_id,omitempty"`     // of the session its broker had
	Broker   string  `json:"broker,omitempty"`
}

// session says whether the broker had a session of this client's.
func (m memory) session(clientID, broker string) bool {
	return m.ClientID == clientID && m.Broker == hostOf(broker)
}

func readMemory(path string) (all map[string]memory, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(text, &all)
}

// saveMemory writes what was learned. It is of use, not needed: a failure is told and passed over.
func (p *parts) saveMemory() {
	all := map[string]memory{}
	for _, s := range p.sources {
		m := memory{Every: s.intake.hearing.usual().Seconds()}
		if s.link != nil {
			s.link.mu.Lock()
			if s.link.known {
				m.ClientID, m.Broker = s.link.clientID, hostOf(s.link.broker)
			}
			s.link.mu.Unlock()
		}
		all[s.intake.Name] = m
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		path := p.cfg.Path(sourcesFile)
		next := filepath.Join(filepath.Dir(path), ".sources.json.new")
		if err = os.WriteFile(next, append(text, '\n'), 0o600); err == nil {
			err = os.Rename(next, path)
		}
	}
	if err != nil {
		p.log.Warn("what was learned of the sources could not be kept", "err", err)
	}
}
