// Package thethings reads the application messages of The Things Stack v3, as its
// MQTT broker and webhooks publish them in JSON, plain or in the wrappers of the
// Storage Integration, of the console and of the event stream.
//
// It decodes what a reading needs and checks the rest for soundness only: fields of
// later versions are accepted and ignored. It refuses to know how a message arrived
// and whether anybody bought it.
//
// What identifies and carries a reading decides whether a message is one; what only
// describes it and is of an odd kind is left out and counted.
//
// The format is that of ApplicationUp in The Things Stack's published API
// (ttn/lorawan/v3/messages.proto) in protobuf's mapping to JSON, with snake_case
// names. The Things Stack leaves out what is empty or 0: an absent f_cnt is 0, an
// absent f_port means MAC commands only. A data rate's index is told by versions
// before 3.19 alone, so HasDR is mostly false; spreading factor and bandwidth say
// the same without a region. Where the server's formatter gave no decoded_payload
// but a normalized_payload, that is the Object.
package thethings

import (
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

// Decode reads a message into u. Only Network of u is kept; Object and the ids may
// alias the payload. The error wraps lorawan.ErrMalformed and names the place, never the
// content.
func Decode(payload []byte, u *lorawan.Uplink) error {
	*u = lorawan.Uplink{Network: u.Network}
	d := decoder{r: scan.New(payload), u: u}
	d.message(wrappersMax)
	err := d.r.End()
	if err == nil && d.seen&(1<<inDevEUI) == 0 {
		err = errNoDevice
	}
	if err != nil {
		*u = lorawan.Uplink{Network: u.Network}
		return fmt.Errorf("%w of The Things Stack: %w", lorawan.ErrMalformed, err)
	}
	u.Odd = d.r.Odd()
	switch {
	case u.Event == "":
		u.Event = lorawan.EventUnknown
	case d.measurement != nil:
		if u.Normalized = d.normalized(); u.Object == nil {
			u.Object = d.object()
		}
	}
	if u.Session == "" && u.DevAddr != (lorawan.DevAddr{}) {
		u.Session = u.DevAddr.String() // a server that keeps its key ids to itself
	}
	if u.Received.IsZero() {
		u.Received = d.forwarded
	}
	return nil
}

var errNoDevice = errors.New("it names no device (end_device_ids.dev_eui)")

// Members of a message that may stand once.
const (
	inWrapper = iota
	inIDs
	inDevEUI
	inDevAddr
	inReceivedAt
	inSimulated
	inCorrelation
	inBody
	inSessionKeyID
	inFPort
	inFCnt
	inPayload
	inDecoded
	inMetadata
	inSettings
	inServerTime
	inConfirmed
	inAppSKey
	inAttributes
	inFrequency
	inDataRateIndex
	inDataRate
	inCodingRate
	inNormalized
	inLocations
	inNetworkIDs
	inVersionIDs
	inDeviceID
	inApplicationIDs
	inSolved
)

type decoder struct {
	r         scan.Reader
	u         *lorawan.Uplink
	seen      uint64
	forwarded time.Time // when the application server passed it on

	measurement  []byte // a normalized_payload, or the first of several
	measurements []byte // all of several
}

// body gives the kind of the members of which a message has exactly one.
func body(key []byte) lorawan.Event {
	switch string(key) {
	case "uplink_message", "uplink_normalized", "join_accept", "downlink_ack", "downlink_nack", "downlink_sent", "downlink_failed",
		"downlink_queued", "downlink_queue_invalidated", "location_solved", "service_data":
		return lorawan.EventOf(string(key))
	}
	return ""
}

// wrappersMax is how many may stand around a message: a line of the event stream is a
// `result` whose `data` is the message; a line of the Storage Integration and an event
// copied from the console are one of them.
const wrappersMax = 2

// message reads an ApplicationUp, or a wrapper of one. What a wrapper says of itself, its
// own ids for tracing and time, counts only where the message says nothing.
func (d *decoder) message(wrappers int) {
	r := &d.r
	var seen uint64
	var trace string
	var forwarded time.Time
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "result", "data":
			if wrappers == 0 || !r.IsObject() || wrappers == 1 && string(r.Key()) == "result" {
				r.Skip()
				break
			}
			r.Once(&seen, inWrapper)
			d.message(wrappers - 1)
		case "end_device_ids":
			r.Once(&d.seen, inIDs)
			d.ids()
		case "received_at":
			r.Once(&seen, inReceivedAt)
			r.Describe(func(r *scan.Reader) { forwarded = r.Time() })
		case "simulated": // decides: it is never sold
			r.Once(&seen, inSimulated)
			d.u.Simulated = r.Bool() || d.u.Simulated
		case "correlation_ids":
			r.Once(&seen, inCorrelation)
			r.Describe(func(r *scan.Reader) { trace = correlation(r) })
		default:
			event := body(r.Key())
			if event == "" {
				r.Skip()
				break
			}
			r.Once(&d.seen, inBody)
			d.u.Event = event
			switch {
			case r.IsNull():
			case event == lorawan.EventUp || event == lorawan.EventNormalized || event == lorawan.EventJoin:
				d.uplink()
			case event == lorawan.EventLocation:
				r.Describe(func(*scan.Reader) { d.solved() })
			default:
				r.Skip()
			}
		}
	}
	if d.u.TraceID == "" {
		d.u.TraceID = trace
	}
	if d.forwarded.IsZero() {
		d.forwarded = forwarded
	}
}

func (d *decoder) ids() {
	r := &d.r
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "device_id":
			r.Once(&d.seen, inDeviceID)
			r.Describe(func(r *scan.Reader) { d.u.DeviceID = r.Text() })
		case "application_ids":
			r.Once(&d.seen, inApplicationIDs)
			r.Describe(func(*scan.Reader) { d.u.Application = d.textIn("application_id") })
		case "dev_eui":
			r.Once(&d.seen, inDevEUI)
			dev, ok := lorawan.DecodeDevEUI(r.Text())
			if !ok {
				r.Fail("dev_eui is not 16 hexadecimal digits")
			}
			d.u.DevEUI = dev
		case "dev_addr":
			r.Once(&d.seen, inDevAddr)
			text := r.Text()
			if len(text) > 0 && d.u.DevAddr.UnmarshalText(text) != nil {
				r.Fail("dev_addr is not 8 hexadecimal digits")
			}
		default:
			r.Skip()
		}
	}
}

// textIn reads the member of that name of an object of ids.
func (d *decoder) textIn(name string) (text []byte) {
	r := &d.r
	if r.IsNull() {
		return nil
	}
	var seen uint64
	for r.Object(); r.Next(); {
		if string(r.Key()) != name {
			r.Skip()
			continue
		}
		r.Once(&seen, 0)
		text = r.Text()
	}
	return text
}

// correlation takes the first id that is one for tracing.
func correlation(r *scan.Reader) (trace string) {
	if r.IsNull() {
		return ""
	}
	for r.Array(); r.NextItem(); {
		if trace == "" {
			trace = r.String()
		} else {
			r.Skip()
		}
	}
	return trace
}

// uplink reads an uplink_message, or what an uplink_normalized and a join_accept
// have in common with one. The session is named by its key's id: addresses are
// reused, and a device that joins again gets another key.
func (d *decoder) uplink() {
	r, u := &d.r, d.u
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "session_key_id":
			r.Once(&d.seen, inSessionKeyID)
			u.Session = r.String()
		case "f_port":
			r.Once(&d.seen, inFPort)
			u.FPort = uint8(r.Uint(8))
		case "f_cnt":
			r.Once(&d.seen, inFCnt)
			u.FCnt = uint32(r.Uint(32))
		case "frm_payload":
			r.Once(&d.seen, inPayload)
			u.Data = r.Base64()
		case "decoded_payload":
			r.Once(&d.seen, inDecoded)
			r.Describe(func(r *scan.Reader) { u.Object = r.RawObject() })
		case "rx_metadata":
			r.Once(&d.seen, inMetadata)
			r.Describe(func(*scan.Reader) { d.receptions() })
		case "settings":
			r.Once(&d.seen, inSettings)
			r.Describe(func(*scan.Reader) { d.settings() })
		case "received_at":
			r.Once(&d.seen, inServerTime)
			r.Describe(func(r *scan.Reader) { u.Received = r.Time() })
		case "confirmed":
			r.Once(&d.seen, inConfirmed)
			r.Describe(func(r *scan.Reader) { u.Confirmed = r.Bool() })
		case "app_s_key": // only with skip_payload_crypto: the payload is still encrypted
			r.Once(&d.seen, inAppSKey)
			if !r.IsNull() {
				u.Encrypted = true
				r.Skip()
			}
		case "attributes":
			r.Once(&d.seen, inAttributes)
			r.Describe(func(*scan.Reader) { d.attributes() })
		case "normalized_payload":
			r.Once(&d.seen, inNormalized)
			r.Describe(func(*scan.Reader) { d.normal() })
		case "locations":
			r.Once(&d.seen, inLocations)
			r.Describe(func(*scan.Reader) { d.locations() })
		case "network_ids":
			r.Once(&d.seen, inNetworkIDs)
			r.Describe(func(*scan.Reader) { d.u.Tenant = d.textIn("tenant_id") })
		case "version_ids":
			r.Once(&d.seen, inVersionIDs)
			r.Describe(func(*scan.Reader) { d.u.Region = d.textIn("band_id") })
		default:
			r.Skip()
		}
	}
}

// normal reads a normalized_payload: one measurement in an uplink_normalized, a
// list of them in an uplink_message.
func (d *decoder) normal() {
	r := &d.r
	if r.IsNull() {
		return
	}
	if r.IsObject() {
		d.measurement = r.RawObject()
		return
	}
	all := r.Raw()
	list := scan.New(all)
	for list.Array(); list.NextItem(); {
		one := list.RawObject()
		if d.measurement == nil {
			d.measurement = one
		} else {
			d.measurements = all
		}
	}
	if list.Err() != nil {
		r.Fail("normalized_payload is not a list of objects")
	}
}

// normalized gives the measurement, or the list of them if there are several.
func (d *decoder) normalized() []byte {
	if d.measurements == nil {
		return d.measurement
	}
	return scan.OneLine(d.measurements)
}

// object gives what stands in for a decoded payload: the measurement, or
// {"normalized_payload":[…]} if there are several.
func (d *decoder) object() []byte {
	if d.measurements == nil {
		return d.measurement
	}
	return append(append([]byte(`{"normalized_payload":`), d.normalized()...), '}')
}
