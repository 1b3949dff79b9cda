package intake

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/internal/metrics"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Entrance is where a source's arrivals come in: how they are read, how many there were, and
// what has been said about them already.
type Entrance struct {
	Name     string // the source's
	Network  string
	Template lorawan.Template                              // of its topics
	Former   []lorawan.Template                            // of topics it had, of which messages may wait at the broker
	Decode   func(payload []byte, u *lorawan.Uplink) error // nil: its arrivals are frames
	Allowed  map[string]bool                               // applications uplinks are taken from; nil: any
	Skipped  func(r *lorawan.Reading, missed uint32)       // told of gaps between live uplinks; nil: gaps stay until somebody brings what is missing
	Heard    Rhythm                                        // of events of any kind

	health  *health.Conditions
	log     *slog.Logger
	fates   map[Fate]*metrics.Counter // of live arrivals
	repairs map[Fate]*metrics.Counter // of those brought later
	events  map[lorawan.Event]*metrics.Counter
	qos0    *metrics.Counter
	odd     *metrics.Counter
	dates   *metrics.Counter // that cannot be
	datedAt atomic.Int64     // when such a one came last, unix seconds
	said    sync.Map         // Fate → struct{}: logged once per source
}

// NewEntrance makes the entrance of a source.
func NewEntrance(name, network string, t lorawan.Template, decode func([]byte, *lorawan.Uplink) error, m *meter.Metrics, h *health.Conditions, log *slog.Logger) *Entrance {
	return &Entrance{
		Name: name, Network: network, Template: t, Decode: decode, health: h, log: log.With("component", "bridge"),
		fates: ofSource(m.Uplinks, name, Fates), repairs: ofSource(m.Repairs, name, Fates), events: ofSource(m.Events, name, Events),
		qos0: m.QoS0.With(name), odd: m.Odd.With(name), dates: m.Misdated.With(name),
	}
}

// ofSource finds the counters of one source once: the hot path then neither hashes
// labels nor allocates.
func ofSource[L ~string](by *metrics.CounterVec, source string, labels []L) map[L]*metrics.Counter {
	c := make(map[L]*metrics.Counter, len(labels))
	for _, l := range labels {
		c[l] = by.With(source, string(l))
	}
	return c
}

// Events are the kinds of events that are counted.
var Events = []lorawan.Event{lorawan.EventUp, lorawan.EventJoin, lorawan.EventAck, lorawan.EventTxAck, lorawan.EventLog, lorawan.EventStatus,
	lorawan.EventLocation, lorawan.EventIntegration, lorawan.EventDownlink, lorawan.EventNormalized, lorawan.EventUnknown}

// Route finds from the topic alone, where there is one, of what kind an arrival is and whose, and
// dismisses what is never read.
func (in *Entrance) Route(a *Arrival) (topic lorawan.Topic, fate Fate) {
	switch {
	case a.Missed > 0:
		return topic, "" // the body tells everything
	case a.Topic == "":
		topic.Event = a.Event
	default:
		var ok bool
		if topic, ok = in.Template.Read(a.Topic); !ok {
			if topic, ok = in.readFormer(a.Topic); !ok {
				return topic, FateOtherTopic
			}
		}
	}
	switch {
	case !Matters(topic.Event):
		return topic, FateOtherEvent
	case a.Retained:
		return topic, FateRetained
	}
	return topic, ""
}

func (in *Entrance) readFormer(topic string) (read lorawan.Topic, ok bool) {
	for i := range in.Former {
		if read, ok = in.Former[i].Read(topic); ok {
			return read, true
		}
	}
	return lorawan.Topic{Event: lorawan.EventUnknown}, false
}

// Matters says whether an event of a bought device is read at all.
func Matters(e lorawan.Event) bool {
	return e == lorawan.EventUp || e == lorawan.EventJoin || e == lorawan.EventUnknown
}

// Note counts an arrival by the kind of its event. What the broker kept from before tells
// nothing of now.
func (in *Entrance) Note(e lorawan.Event, retained bool) {
	c := in.events[e]
	if c == nil {
		c = in.events[lorawan.EventUnknown]
	}
	c.Inc()
	if !retained {
		in.Heard.Beat(time.Now())
	}
}

// NoteQoS tells the operator that his network server publishes in a way that loses uplinks
// whenever the bridge is away. Only uplinks count: they are what is lost.
func (in *Entrance) NoteQoS(qos byte) {
	in.Heard.published(qos, time.Now())
	if qos > 0 {
		return
	}
	in.qos0.Inc()
	in.health.Raise(health.Condition{Code: "uplinks_qos0", Subject: in.Name,
		Text: "uplinks arrive with QoS 0 and are lost while the bridge restarts: set qos=1 in the network server's MQTT integration"})
}

// Takes says whether uplinks of an application are taken.
func (in *Entrance) Takes(application []byte) bool {
	return in.Allowed == nil || in.Allowed[string(application)]
}

// NoteOdd counts an uplink that was read without members that only describe.
func (in *Entrance) NoteOdd() { in.odd.Inc() }

// NoteMisdated counts an uplink whose time of reception cannot be, by whose clock, and tells the
// operator.
func (in *Entrance) NoteMisdated(clock string, told, now time.Time) {
	in.dates.Inc()
	in.datedAt.Store(now.Unix())
	in.health.Raise(health.Condition{Code: "time_wrong", Subject: in.Name, Text: fmt.Sprintf(
		"the clock of %s tells %s as the time of reception, while it is %s here: readings are sold without that time, with the bridge's own (`received`). Set that clock", clock,
		told.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))})
}

// MisdatedOver is after how long without a time that cannot be the clocks are right again.
const MisdatedOver = 10 * time.Minute

// LookAtDates clears what NoteMisdated told when it is over.
func (in *Entrance) LookAtDates(now time.Time) {
	if at := in.datedAt.Load(); at != 0 && now.Sub(time.Unix(at, 0)) > MisdatedOver {
		in.datedAt.Store(0)
		in.health.Clear("time_wrong", in.Name)
	}
}

// Became counts what became of a live arrival.
func (in *Entrance) Became(f Fate) {
	in.fates[f].Inc()
	in.Heard.became(f)
}

// End counts what became of an arrival and tells who brought it.
func (in *Entrance) End(a *Arrival, f Fate) {
	in.count(a.Missed > 0, f)
	a.Done.Tell(End{Fate: f})
}

// Ending is End for an arrival whose fate is not known yet.
func (in *Entrance) Ending(a *Arrival) func(End) {
	done, missed := a.Done, a.Missed > 0
	return func(e End) {
		in.count(missed, e.Fate)
		done.Tell(e)
	}
}

func (in *Entrance) count(missed bool, f Fate) {
	if missed {
		in.repairs[f].Inc()
	} else {
		in.Became(f)
	}
}

// SayOnce logs the first arrival of a bad kind of each source; the counter has
// the rest.
func (in *Entrance) SayOnce(f Fate, text string, attrs ...any) {
	if _, told := in.said.LoadOrStore(f, struct{}{}); told {
		return
	}
	in.log.Warn(text, append([]any{slog.String("source", in.Name), slog.String("fate", string(f))}, attrs...)...)
}

// Count is how many live arrivals had a fate.
func (in *Entrance) Count(f Fate) uint64 { return in.fates[f].Value() }

// CountMissed is how many of those brought later had a fate.
func (in *Entrance) CountMissed(f Fate) uint64 { return in.repairs[f].Value() }

// CountEvent is how many arrivals were events of a kind.
func (in *Entrance) CountEvent(e lorawan.Event) uint64 { return in.events[e].Value() }

// CountQoS0 is how many uplinks came with QoS 0.
func (in *Entrance) CountQoS0() uint64 { return in.qos0.Value() }
