// Package thethings reads the application messages of The Things Stack v3, as its
// MQTT broker and webhooks publish them in JSON, plain or in the wrappers of the
// Storage Integration and of the console's event stream.
//
// It decodes what a reading needs and checks the rest for soundness only. It
// refuses to know how a message arrived and whether anybody bought it.
package thethings

import (
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

// Decode reads a message into u. Only Network of u is kept; Object may alias the
// payload. The error wraps lorawan.ErrMalformed and names the place, never the
// content.
func Decode(payload []byte, u *lorawan.Uplink) error {
	*u = lorawan.Uplink{Network: u.Network}
	d := decoder{r: scan.New(payload), u: u}
	d.message(true)
	err := d.r.End()
	if err == nil && d.seen&(1<<inDevEUI) == 0 {
		err = errNoDevice
	}
	if err != nil {
		*u = lorawan.Uplink{Network: u.Network}
		return fmt.Errorf("%w of The Things Stack: %w", lorawan.ErrMalformed, err)
	}
	if u.Event == "" {
		u.Event = lorawan.EventUnknown
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
)

type decoder struct {
	r         scan.Reader
	u         *lorawan.Uplink
	seen      uint64
	forwarded time.Time // when the application server passed it on
}

// bodies are the members of which a message has exactly one.
var bodies = map[string]lorawan.Event{
	"uplink_message": lorawan.EventUp, "join_accept": lorawan.EventJoin,
	"downlink_ack": lorawan.EventAck, "downlink_nack": lorawan.EventAck, "downlink_sent": lorawan.EventTxAck,
	"downlink_failed": lorawan.EventLog, "downlink_queued": lorawan.EventLog, "downlink_queue_invalidated": lorawan.EventLog,
	"location_solved": lorawan.EventLocation, "service_data": lorawan.EventIntegration,
	"uplink_normalized": lorawan.EventUnknown, // a second rendering of an uplink_message: selling it would bill twice
}

// message reads an ApplicationUp, or the wrapper of one.
func (d *decoder) message(wrapped bool) {
	r := &d.r
	for r.Object(); r.Next(); {
		key := string(r.Key())
		switch key {
		case "result", "data":
			if !wrapped || !r.IsObject() {
				r.Skip()
				break
			}
			r.Once(&d.seen, inWrapper)
			d.message(false)
		case "end_device_ids":
			r.Once(&d.seen, inIDs)
			d.ids()
		case "received_at":
			r.Once(&d.seen, inReceivedAt)
			d.forwarded = r.Time()
		case "simulated":
			r.Once(&d.seen, inSimulated)
			d.u.Simulated = r.Bool()
		case "correlation_ids":
			r.Once(&d.seen, inCorrelation)
			d.correlation()
		default:
			event, known := bodies[key]
			if !known {
				r.Skip()
				break
			}
			r.Once(&d.seen, inBody)
			d.u.Event = event
			if event == lorawan.EventUp && !r.IsNull() {
				d.uplink()
			} else {
				r.Skip()
			}
		}
	}
}

func (d *decoder) ids() {
	r := &d.r
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
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

// correlation takes the first id for tracing.
func (d *decoder) correlation() {
	r := &d.r
	if r.IsNull() {
		return
	}
	for r.Array(); r.NextItem(); {
		if d.u.TraceID == "" {
			d.u.TraceID = r.String()
		} else {
			r.Skip()
		}
	}
}

// uplink reads an uplink_message. The session is named by its key's id: addresses
// are reused, and a device that joins again gets another key.
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
			u.Object = r.RawObject()
		case "rx_metadata":
			r.Once(&d.seen, inMetadata)
			d.receptions()
		case "settings":
			r.Once(&d.seen, inSettings)
			d.settings()
		case "received_at":
			r.Once(&d.seen, inServerTime)
			u.Received = r.Time()
		case "confirmed":
			r.Once(&d.seen, inConfirmed)
			u.Confirmed = r.Bool()
		case "app_s_key": // only with skip_payload_crypto: the payload is still encrypted
			r.Once(&d.seen, inAppSKey)
			if !r.IsNull() {
				u.Encrypted = true
				r.Skip()
			}
		case "attributes":
			r.Once(&d.seen, inAttributes)
			d.attributes()
		default:
			r.Skip()
		}
	}
}

func (d *decoder) receptions() {
	r := &d.r
	if r.IsNull() {
		return
	}
	for r.Array(); r.NextItem(); {
		var seen uint64
		var rssi, snr float64
		var at time.Time
		for r.Object(); r.Next(); {
			switch string(r.Key()) {
			case "rssi":
				r.Once(&seen, 0)
				rssi = r.Float()
			case "snr":
				r.Once(&seen, 1)
				snr = r.Float()
			case "time":
				r.Once(&seen, 2)
				at = r.Time()
			default:
				r.Skip()
			}
		}
		if rssi < -1000 || rssi > 1000 {
			r.Fail("rssi is out of range")
			return
		}
		d.u.Hear(int(rssi), snr, at)
	}
}

// settings reads the frequency, which is a number in a string, and the data rate's
// index, which versions before 3.19 told.
func (d *decoder) settings() {
	r := &d.r
	if r.IsNull() {
		return
	}
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "frequency":
			r.Once(&d.seen, inFrequency)
			d.u.Frequency = uint32(r.Uint(32))
		case "data_rate_index":
			r.Once(&d.seen, inDataRateIndex)
			d.u.DR = uint8(r.Uint(8))
		default:
			r.Skip()
		}
	}
}

// attributes looks for the owner's mark; the stack's attribute names have no
// underscores.
func (d *decoder) attributes() {
	r := &d.r
	if r.IsNull() {
		return
	}
	var seen uint64
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "dbdao-owner", "dbdao_owner":
			r.Once(&seen, 0)
			d.u.Owner = r.String()
		default:
			r.Skip()
		}
	}
}
