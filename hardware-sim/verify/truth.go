package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// reading is a line of the truth log, folded.
type reading struct {
	id     uint64
	log    int // which of several truth logs it is of
	dev    lorawan.DevEUI
	fCnt   uint32
	fPort  uint8
	data   []byte
	object any
	values any
	fault  string
	owed   bool
	at     time.Time
	fates  []sim.Fate // of the messages that carried it
	ended  string     // where and why it reached nobody

	// What its messages say of when it was received: by the simulated network server, by
	// gateways, and when it was sent to a real one.
	server, gateways, sent []time.Time
}

// why says why nobody is owed a reading.
func (r *reading) why() string {
	switch {
	case len(r.fates) > 0:
		var all []string
		for _, f := range r.fates {
			all = append(all, string(f))
		}
		return "its messages have the fate " + strings.Join(all, ", ")
	case r.ended != "":
		return "it ended at " + r.ended
	}
	return "no message carried it"
}

// message is something published, as far as its fate goes.
type message struct {
	output    string
	counts    bool // for what is owed
	countedIn string
	fCnt      uint32
	fate      sim.Fate
	carries   *reading
}

// Truth is a truth log, folded.
type Truth struct {
	byKey    map[key][]*reading
	all      []*reading
	messages []message
	counters map[string]*sim.Counters // by output
	logs     int
	// Sessions counts the joins of each device.
	Sessions map[lorawan.DevEUI]int
	// Fates counts messages by output and fate.
	Fates map[string]map[sim.Fate]int
	// Labels counts what each fault befell: readings and messages.
	Labels map[string]int
}

type key struct {
	dev  lorawan.DevEUI
	fCnt uint32
}

// logged is a line of a truth log.
type logged struct {
	Type         string         `json:"type"`
	At           time.Time      `json:"at"`
	Device       lorawan.DevEUI `json:"device"`
	Reading      uint64         `json:"reading"`
	DevEUI       lorawan.DevEUI `json:"dev_eui"`
	FCnt         uint32         `json:"f_cnt"`
	FPort        uint8          `json:"f_port"`
	Data         []byte         `json:"data"`
	Object       any            `json:"object"`
	Values       any            `json:"values"`
	Fault        string         `json:"fault"`
	Output       string         `json:"output"`
	Label        string         `json:"label"`
	Fate         sim.Fate       `json:"fate"`
	Counter      uint32         `json:"counter"`
	CountedIn    string         `json:"counted_in"`
	Carries      uint64         `json:"carries"`
	Server       time.Time      `json:"server_time"`
	GatewayTimes []time.Time    `json:"gateway_times"`
	Sent         time.Time      `json:"sent"`
	Where        string         `json:"where"`
	Why          string         `json:"why"`
}

// ReadTruth folds a truth log. outputs names those that count for what is owed; none:
// all.
func ReadTruth(r io.Reader, outputs ...string) (*Truth, error) {
	t := &Truth{byKey: map[key][]*reading{}, counters: map[string]*sim.Counters{}, logs: 1, Sessions: map[lorawan.DevEUI]int{}, Fates: map[string]map[sim.Fate]int{}, Labels: map[string]int{}}
	byID := map[uint64]*reading{}
	err := lines(r, func(text []byte) error {
		var l logged
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("not a line of a truth log: %w", err)
		}
		switch l.Type {
		case "reading":
			r := &reading{id: l.Reading, dev: l.DevEUI, fCnt: l.FCnt, fPort: l.FPort, data: l.Data, object: l.Object, values: l.Values, fault: l.Fault, at: l.At}
			byID[r.id] = r
			t.all = append(t.all, r)
			k := key{r.dev, r.fCnt}
			t.byKey[k] = append(t.byKey[k], r)
			if l.Fault != "" {
				t.Labels[l.Fault]++
			}
		case "message":
			t.message(&l, byID[l.Carries], len(outputs) == 0 || slices.Contains(outputs, l.Output))
		case "downlink":
		case "session":
			t.Sessions[l.Device]++
		case "lost":
			if r := byID[l.Carries]; r != nil {
				r.ended = l.Where + ": " + l.Why
			}
		default:
			return fmt.Errorf("there is no type %q in a truth log", l.Type)
		}
		return nil
	})
	if err == nil && len(t.all) == 0 {
		err = errors.New("the truth log holds no reading")
	}
	return t, err
}

// message takes something published, and the reading in it, if any.
func (t *Truth) message(l *logged, r *reading, counts bool) {
	if l.Label != "" {
		t.Labels[l.Label]++
	}
	if r != nil {
		if !l.Server.IsZero() {
			r.server = append(r.server, l.Server)
		}
		if !l.Sent.IsZero() {
			r.sent = append(r.sent, l.Sent)
		}
		r.gateways = append(r.gateways, l.GatewayTimes...)
	}
	m := message{output: l.Output, counts: counts, countedIn: l.CountedIn, fCnt: l.Counter, fate: l.Fate, carries: r}
	t.count(&m)
	t.became(m)
}

// count says what becomes of a message by the counters of all that was published before it.
func (t *Truth) count(m *message) sim.Fate {
	if m.countedIn == "" {
		return m.fate
	}
	if t.counters[m.output] == nil {
		t.counters[m.output] = &sim.Counters{}
	}
	return t.counters[m.output].Count(m.countedIn, m.fCnt)
}

// became notes what became of a message.
func (t *Truth) became(m message) {
	t.messages = append(t.messages, m)
	if t.Fates[m.output] == nil {
		t.Fates[m.output] = map[sim.Fate]int{}
	}
	t.Fates[m.output][m.fate]++
	r := m.carries
	if r == nil || !m.counts {
		return
	}
	r.owed = r.owed || m.fate == sim.FatePosted
	if !slices.Contains(r.fates, m.fate) {
		r.fates = append(r.fates, m.fate)
	}
}

// Add takes the readings of another log in: of another world, since one has one region, or of
// a later run of the same. One bridge was there for all: what a run published under counters
// that sessions of an earlier one had used is no new reading to it.
func (t *Truth) Add(other *Truth) {
	for _, r := range other.all {
		r.log += t.logs
		r.owed, r.fates = false, nil
	}
	t.logs += other.logs
	for k, all := range other.byKey {
		t.byKey[k] = append(t.byKey[k], all...)
	}
	t.all = append(t.all, other.all...)
	for _, m := range other.messages {
		m.fate = t.count(&m)
		t.became(m)
	}
	for dev, n := range other.Sessions {
		t.Sessions[dev] += n
	}
	for label, n := range other.Labels {
		t.Labels[label] += n
	}
}

// Owed counts the readings owed to whoever has bought all devices.
func (t *Truth) Owed() (n int) {
	for _, r := range t.all {
		if r.owed {
			n++
		}
	}
	return n
}

// of names the log of a reading, where there are several.
func (t *Truth) of(r *reading) string {
	if t.logs == 1 {
		return ""
	}
	return fmt.Sprintf(" of log %d", r.log+1)
}
