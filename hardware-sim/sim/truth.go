package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Reading is one measurement a device has put into a frame.
type Reading struct {
	Device   *Device         `json:"-"`
	ID       uint64          `json:"reading"` // counts from 1 in one truth log
	DevEUI   lorawan.DevEUI  `json:"dev_eui"`
	Session  string          `json:"session"` // device address
	FCnt     uint32          `json:"f_cnt"`
	FPort    uint8           `json:"f_port"`
	Kind     string          `json:"kind"`
	Form     Form            `json:"form"`
	Measured time.Time       `json:"time"`
	Values   Values          `json:"values"`
	Data     []byte          `json:"data"`             // FRMPayload
	Object   json.RawMessage `json:"object,omitempty"` // what the network server decodes
	Fault    Fault           `json:"fault,omitempty"`  // what befalls it
	Sold     bool            `json:"sold"`

	seen bool // the network server has published it
}

// Fate is what a bridge must make of something published: the label of its counter
// dbdao_uplinks_total.
type Fate string

// The fates of application-level events, and below the line those only raw frames
// have.
const (
	FatePosted     Fate = "posted"
	FateUnbought   Fate = "unbought"
	FateRepeat     Fate = "repeat"
	FateLate       Fate = "late"
	FateReset      Fate = "reset"
	FateEmpty      Fate = "empty"
	FateSimulated  Fate = "simulated"
	FateOtherEvent Fate = "other_event"
	FateMalformed  Fate = "malformed"
	FateMismatch   Fate = "mismatch"

	FateUnknownSession Fate = "unknown_session"
	FateDuplicateCopy  Fate = "duplicate_copy"
	FateBadMIC         Fate = "bad_mic"
	FateReservedBits   Fate = "reserved_bits"
	FateJoin           Fate = "join"
)

// Foretold is the fate a bridge must give something published and, where a counter decided it,
// the session it was counted in.
type Foretold struct {
	Fate      Fate
	CountedIn string
}

// Oracle foretells the fate of everything published through one output, in its
// order. It follows what README and docs say of the bridge.
//
// It cannot know purchases: posted means posted, or over_rate or unbought if the
// purchases of the device do not cover it.
type Oracle struct {
	Format Format
	count  Counters
}

// Counters remembers every counter of every session, where the bridge keeps a bitmap. Its zero
// value has seen none.
type Counters struct {
	taken map[string]*counters
}

type counters struct {
	newest uint32
	all    map[uint32]bool
}

// The bridge's counter rules (docs/architecture.md): so far below the newest counter
// an uplink may still come, and such a fall is a reset.
const (
	behindMax = 512
	resetGap  = 16_384
)

// Foretell says what becomes of an event.
func (o *Oracle) Foretell(e *Event) Foretold {
	fate := o.refuses(e)
	if fate != "" {
		return Foretold{Fate: fate}
	}
	session := o.session(e)
	return Foretold{o.count.Count(session, e.FCnt), session}
}

// refuses says why an event is not sold whatever its counter is; "": it may be.
func (o *Oracle) refuses(e *Event) Fate {
	d := e.Device
	switch {
	case e.Kind != EventUp:
		return FateOtherEvent
	case e.Mangle != 0 && o.Format == TTS && e.Mangle%4 >= 2:
		return FateMalformed // neither topic nor body names a device
	case e.Stranger != nil || !d.Sold:
		return FateUnbought // the topic decides, where it names the device
	case e.Mangle != 0:
		return FateMalformed
	case e.Claims != lorawan.DevEUI{}:
		if o.Format == TTS { // its topic names no device by EUI: the claimed one is a stranger
			return FateUnbought
		}
		return FateMismatch
	case e.Simulated && o.Format == TTS:
		return FateSimulated
	case e.FPort == 0 || len(e.Data) == 0:
		return FateEmpty
	}
	return ""
}

// session is what tells one session of a device from the next, as far as the format
// tells it.
func (o *Oracle) session(e *Event) string {
	switch o.Format {
	case V3JSONv3: // tells none
		return e.Device.DevEUI.String()
	case TTS:
		return fmt.Sprintf("%s/%x", e.Device.DevEUI, e.SessionKey)
	}
	return e.Device.DevEUI.String() + "/" + e.Addr.String()
}

// Count says what becomes of an uplink by its counter, and remembers that.
func (all *Counters) Count(session string, fCnt uint32) Fate {
	if all.taken == nil {
		all.taken = map[string]*counters{}
	}
	c := all.taken[session]
	if c == nil {
		all.taken[session] = &counters{fCnt, map[uint32]bool{fCnt: true}}
		return FatePosted
	}
	if fCnt < c.newest {
		switch behind := c.newest - fCnt; {
		case behind < behindMax:
		case behind >= resetGap || fCnt < behindMax:
			return FateReset
		default:
			return FateLate
		}
	}
	if c.all[fCnt] {
		return FateRepeat
	}
	c.all[fCnt] = true
	c.newest = max(c.newest, fCnt)
	return FatePosted
}

// Record is a line of the truth log.
//
// A "session" line says that a device has joined. A "reading" line stands for every measurement, before it is sent. A "message" line
// stands for everything published through an output, with the fate a bridge behind
// that output must give it, and names the reading it carries, if any. A "lost" line
// says where a reading ended. A reading is owed to its buyers exactly if some
// message with the fate posted carries it.
type Record struct {
	Type   string    `json:"type"` // session, reading, message, downlink, lost
	At     time.Time `json:"at"`   // virtual time
	Output string    `json:"output,omitempty"`

	*Reading

	Event   EventKind      `json:"event,omitempty"`
	Dev     lorawan.DevEUI `json:"device"` // the device the message is about
	Sess    string         `json:"in_session,omitempty"`
	Nonce   *uint16        `json:"dev_nonce,omitempty"` // session: of the join-request that was answered
	Counter *uint32        `json:"counter,omitempty"`
	Server  *time.Time     `json:"server_time,omitempty"` // time of reception in the message
	Label   Fault          `json:"label,omitempty"`
	Fate    Fate           `json:"fate,omitempty"`
	Carries uint64         `json:"carries,omitempty"` // the reading in it
	SHA256  string         `json:"sha256,omitempty"`  // of the body
	Gateway string         `json:"gateway,omitempty"`

	CountedIn    string      `json:"counted_in,omitempty"`    // the session whose counters decided the fate
	GatewayTimes []time.Time `json:"gateway_times,omitempty"` // time of reception by the gateways' clocks, in a message with a reading
	Sent         *time.Time  `json:"sent,omitempty"`          // by this machine's clock, to a real network server

	Port      uint8  `json:"port,omitempty"`    // downlink
	Payload   []byte `json:"payload,omitempty"` // downlink: decrypted
	Confirmed bool   `json:"confirmed,omitempty"`
	Multicast bool   `json:"multicast,omitempty"`

	Where string `json:"where,omitempty"` // lost: air, backhaul, server, device
	Why   string `json:"why,omitempty"`
}

// ReadingRecord is the line of a reading.
func ReadingRecord(r *Reading) *Record {
	return &Record{Type: "reading", At: r.Measured, Dev: r.DevEUI, Reading: r}
}

// SessionRecord is the line of a device that has got a session.
func SessionRecord(at time.Time, d *Device) *Record {
	return &Record{Type: "session", At: at, Dev: d.DevEUI, Sess: d.DevAddr().String(), Nonce: new(d.devNonce)}
}

// ReceivedRecord is the line of a downlink a device took.
func ReceivedRecord(at time.Time, r *Received) *Record {
	return &Record{Type: "downlink", At: at, Dev: r.Device.DevEUI, Sess: r.Device.DevAddr().String(), Counter: &r.FCnt, Port: r.FPort, Payload: r.Payload, Confirmed: r.Confirmed, Multicast: r.Multicast}
}

// MessageRecord is the line of an event published.
func MessageRecord(output string, e *Event, f Foretold, sum string) *Record {
	r := &Record{Type: "message", At: e.At, Output: output, Event: e.Kind, Dev: e.DevEUI(), Label: e.Fault, Fate: f.Fate, CountedIn: f.CountedIn, SHA256: sum}
	if e.Kind == EventUp {
		r.Sess, r.Counter, r.Server = e.Addr.String(), &e.FCnt, &e.Time
		if e.reading != nil {
			r.Carries = e.reading.ID
			r.heardAt(e.Receptions...)
		}
	}
	return r
}

// heardAt notes the gateways' times of a message.
func (r *Record) heardAt(all ...*Reception) {
	for _, one := range all {
		if !one.Time.IsZero() && !slices.ContainsFunc(r.GatewayTimes, one.Time.Equal) {
			r.GatewayTimes = append(r.GatewayTimes, one.Time)
		}
	}
}

// LostRecord is the line of a reading that reaches nobody behind a point.
func LostRecord(at time.Time, r *Reading, where, why string) *Record {
	return &Record{Type: "lost", At: at, Dev: r.DevEUI, Sess: r.Session, Counter: &r.FCnt, Label: r.Fault, Carries: r.ID, Where: where, Why: why}
}

// GatewayOracle foretells the fate of everything gateways publish, before a bridge
// that opens the frames of all the world's devices itself.
type GatewayOracle struct {
	Window time.Duration // of virtual time within which copies of a frame are one
	known  map[lorawan.DevAddr]*Device
	open   map[string]time.Time // frames in their windows, and when these end
	count  Counters
}

// Activated tells the oracle a session that a network server gave a device, a real one
// or ours: the device itself knows it.
func (o *GatewayOracle) Activated(d *Device) { o.known[d.DevAddr()] = d }

// Prime tells the oracle the sessions that exist before anything is published.
func (o *GatewayOracle) Prime(w *World) {
	o.known, o.open = map[lorawan.DevAddr]*Device{}, map[string]time.Time{}
	for _, d := range w.Devices() {
		if d.ABP {
			o.known[d.Addr] = d
		}
	}
}

// Up says what becomes of one gateway's copy of a frame.
func (o *GatewayOracle) Up(r *Reception) Foretold {
	phy := r.PHY
	switch {
	case phy[0]&0x1c != 0:
		return Foretold{Fate: FateReservedBits}
	case lorawan.FrameType(phy[0]>>5) == lorawan.JoinRequestFrame:
		return Foretold{Fate: FateJoin}
	}
	addr := lorawan.DevAddr{phy[4], phy[3], phy[2], phy[1]}
	d := o.known[addr]
	switch {
	case d == nil:
		return Foretold{Fate: FateUnknownSession}
	case r.Fault == FaultBadMIC || r.Fault == FaultSpoofed && r.reading == nil: // of the spoofed device itself nothing is wrong
		return Foretold{Fate: FateBadMIC}
	}
	key := fmt.Sprintf("%d/%d/%s", r.Frequency, r.DR, phy)
	if until, ok := o.open[key]; ok && r.Forwarded.Before(until) {
		return Foretold{Fate: FateDuplicateCopy}
	}
	if !d.ABP { // its first uplink ends the sessions before
		for a, other := range o.known {
			if other == d && a != addr {
				delete(o.known, a)
			}
		}
	}
	reading := r.source()
	switch {
	case !d.Sold:
		return Foretold{Fate: FateUnbought}
	case reading == nil:
		return Foretold{Fate: FateEmpty}
	}
	o.open[key] = r.Forwarded.Add(o.Window)
	session := d.DevEUI.String() + "/" + addr.String()
	return Foretold{o.count.Count(session, reading.FCnt), session}
}

// source is the reading in a frame, also in one that somebody else sent again; nil: none.
func (r *Reception) source() *Reading {
	if r.reading != nil {
		return r.reading
	}
	return r.carried
}

// Down says what becomes of a downlink.
func (o *GatewayOracle) Down(dl *Downlink) Fate {
	if dl.Join == nil {
		return FateOtherEvent
	}
	o.known[dl.Address] = dl.Join
	return FateJoin
}

// ReceptionRecord is the line of one gateway's copy of a frame.
func ReceptionRecord(output string, r *Reception, f Foretold, sum string) *Record {
	rec := &Record{Type: "message", At: r.Forwarded, Output: output, Event: "frame", Label: r.Fault, Fate: f.Fate, CountedIn: f.CountedIn, SHA256: sum, Gateway: r.Gateway.ID.String()}
	if reading := r.source(); reading != nil {
		rec.Dev, rec.Sess, rec.Counter, rec.Carries = reading.DevEUI, reading.Session, &reading.FCnt, reading.ID
		rec.heardAt(r)
	}
	return rec
}

// DownlinkRecord is the line of a downlink a gateway is sent.
func DownlinkRecord(output string, at time.Time, dl *Downlink, fate Fate, sum string) *Record {
	return &Record{Type: "message", At: at, Output: output, Event: "down", Label: dl.Label, Fate: fate, SHA256: sum, Gateway: dl.Gateway.ID.String()}
}
