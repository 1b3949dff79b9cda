package sim

import (
	"encoding/json"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// EventKind is the kind of an application-level event.
type EventKind string

// The events the network server publishes.
const (
	EventUp     EventKind = "up"
	EventJoin   EventKind = "join"
	EventStatus EventKind = "status"
	EventLog    EventKind = "log"
	EventAck    EventKind = "ack"
	EventTxAck  EventKind = "txack"
)

// Event is what a network server publishes, before a [Format] has put it into bytes.
type Event struct {
	Kind       EventKind
	At         time.Time // of publication
	DedupID    string    // UUID
	Time       time.Time // of reception, as the server has it
	Device     *Device
	Server     *ServerSetup
	Region     *Region
	Addr       lorawan.DevAddr
	SessionKey [16]byte // names the session in The Things Stack
	DR         uint8
	Receptions []*Reception

	FCnt      uint32 // up
	FPort     uint8
	Confirmed bool
	ADR       bool
	Data      []byte
	Object    json.RawMessage // nil: the server has no codec for it
	Simulated bool

	Code, Text string // log
	Battery    byte   // status, as in DevStatusAns
	Margin     int    // status, dB
	QueueItem  string // ack, txack
	FCntDown   uint32
	DownlinkID uint32 // txack

	Fault    Fault           // what is wrong with it, or with the frame it came from
	Mangle   uint64          // not 0: to be damaged, differently for each number
	Claims   lorawan.DevEUI  // not 0: the device its body claims to be about
	Stranger *lorawan.DevEUI // it is about a device nobody knows
	reading  *Reading
}

// Reading is the reading an up event carries; nil if it carries none of a device's
// own.
func (e *Event) Reading() *Reading { return e.reading }

// DevEUI is the device the event's topic names.
func (e *Event) DevEUI() lorawan.DevEUI {
	if e.Stranger != nil {
		return *e.Stranger
	}
	return e.Device.DevEUI
}

// body is the device the event's body names.
func (e *Event) body() lorawan.DevEUI {
	if e.Claims != (lorawan.DevEUI{}) {
		return e.Claims
	}
	return e.DevEUI()
}

// emit hands an event to whoever listens.
func (w *World) emit(e *Event) {
	e.At = w.now
	if e.reading != nil {
		e.reading.seen = true
	}
	if w.Event != nil {
		w.Event(e)
	}
}

// lateEvent is held until its device's counter has gone on.
type lateEvent struct {
	e    *Event
	wait int
}

// publish sends an event on its way, through the faults that befall events.
func (v *Server) publish(e *Event) {
	w := v.w
	if e.Kind != EventUp || e.FPort == 0 {
		w.emit(e)
		return
	}
	w.remember(e)
	switch {
	case e.reading == nil || e.reading.Fault == "" || e.reading.seen:
		w.emit(e)
	case e.Fault == FaultReorder:
		w.hold(e)
		return
	case e.Fault == FaultLate:
		w.lateHeld = append(w.lateHeld, lateEvent{e, 2})
		return
	default:
		w.emit(e)
		v.afterwards(e)
	}
	w.release(e.Device)
}

// hold keeps an event back until the next one of its device, at most 30 seconds.
func (w *World) hold(e *Event) {
	if old := w.held[e.Device]; old != nil {
		w.emit(old)
	}
	w.held[e.Device] = e
	w.at(w.now.Add(30*time.Second), func() {
		if w.held[e.Device] == e {
			delete(w.held, e.Device)
			w.emit(e)
		}
	})
}

// release lets go what was held back until now.
func (w *World) release(d *Device) {
	if e := w.held[d]; e != nil {
		delete(w.held, d)
		w.emit(e)
	}
	kept := w.lateHeld[:0]
	for _, l := range w.lateHeld {
		if l.e.Device == d {
			if l.wait--; l.wait == 0 {
				w.emit(l.e)
				continue
			}
		}
		kept = append(kept, l)
	}
	w.lateHeld = kept
}

// afterwards adds what somebody else publishes because of an event.
func (v *Server) afterwards(e *Event) {
	w := v.w
	again := *e
	again.reading = e.reading
	switch e.Fault {
	case FaultDuplicate: // a second server took the same frame (chirpstack#533)
		again.DedupID = v.uuid()
		w.emit(&again)
	case FaultReplay:
		w.at(w.now.Add(2*time.Second), func() { w.emit(&again) })
	case FaultMalformed:
		again.Mangle = 1 + v.rng.Uint64N(1<<32)
		again.reading = nil
		w.emit(&again)
	case FaultSpoofed:
		again.Claims = e.Device.DevEUI
		again.Claims[7] ^= 0x55
		again.FCnt, again.reading = e.FCnt+1, nil
		w.emit(&again)
	case FaultSimulated:
		again.Simulated = true
		again.FCnt, again.reading = e.FCnt+1, nil
		w.emit(&again)
	case FaultFlood:
		for i := range floodSize {
			one := again
			one.Stranger = &lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xdb, 0xff, byte(v.rng.Uint32()), byte(i)}
			one.DedupID, one.reading = v.uuid(), nil
			w.emit(&one)
		}
	}
}

// remember keeps the last readings of a device, so that a frame replayed by
// somebody is known again.
func (w *World) remember(e *Event) {
	if e.reading == nil {
		return
	}
	d := e.Device
	d.recent = append(d.recent, e.reading)
	d.recent = d.recent[max(0, len(d.recent)-64):]
}

// remembered finds the reading a replayed frame carries.
func (w *World) remembered(d *Device, e *Event) *Reading {
	for _, r := range d.recent {
		if r.FCnt == e.FCnt && r.Session == e.Addr.String() && string(r.Data) == string(e.Data) {
			return r
		}
	}
	return nil
}
