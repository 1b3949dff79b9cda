package lorawan

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Fields is the allow-list of a listing: what of an uplink its buyers get
// besides identity, counter and time. Anything not named stays in the house.
type Fields uint8

// The fields a listing may sell.
const (
	FieldValues Fields = 1 << iota // the decoded object, as `values`
	FieldData                      // the application bytes, as `data` (base64)
	FieldLink                      // rssi, snr, dr, frequency of the best reception, as `link`
	FieldSenML                     // what of the values has a standard name and unit, as `senml` (RFC 8428)
)

// Reading is what a buyer buys: an uplink with everything private to the
// operator left behind.
type Reading struct {
	Network     string          // name of the source's network
	Session     string          // what names the device's session there
	DevEUI      DevEUI          // the device
	FCnt        uint32          // its uplink counter, 32 bits
	FPort       uint8           // 1 to 255
	Received    time.Time       // when the bridge took it in, by chain time: decides the window
	Counted     time.Time       // chain time by which the rate is capped; zero: Received
	Repaired    bool            // brought by back-fill: Received is when its network received it
	Application string          // id of the application as the server writes it; "" if not given
	Server      time.Time       // the server's time of reception; zero if unknown, or if it cannot be
	Gateway     time.Time       // the gateway's time of reception; zero if unknown, or if it cannot be
	TraceID     string          // the server's name for the event; "" if it has none
	Values      json.RawMessage // nil if none
	Normalized  json.RawMessage // the same in the vocabulary of normalizeUplink, if the server says that; nil if not
	Data        []byte          // the application's bytes; nil if none
	Link        *Link           // nil if no gateway is told
	Sealed      bool            // end-to-end encrypted: Data is for the holder of the key
	Decoded     []Decoded       // what listings' codecs made of Data where Values is nil
}

// Link is the radio quality of the best reception. With Relayed it is the relay's
// link, not the device's.
type Link struct {
	RSSI            int     `json:"rssi"`                       // dBm
	SNR             float64 `json:"snr"`                        // dB
	DR              *uint8  `json:"dr,omitempty"`               // data rate index, region-relative
	Frequency       uint32  `json:"frequency"`                  // Hz
	SpreadingFactor uint8   `json:"spreading_factor,omitempty"` // 5 to 12
	Bandwidth       uint32  `json:"bandwidth,omitempty"`        // Hz
	Relayed         bool    `json:"relayed,omitempty"`          // a relay (LoRaWAN TS011) passed the frame on
}

// Reading takes from the uplink what may be sold at all. received is the chain
// time at which the bridge took the uplink in. It shares no memory with the uplink, nor with
// what that was decoded from.
func (u *Uplink) Reading(received time.Time) Reading {
	r := Reading{
		Network: u.Network, Session: u.Session, DevEUI: u.DevEUI,
		FCnt: u.FCnt, FPort: u.FPort, TraceID: u.TraceID,
		Application: string(u.Application), Received: received, Server: u.Received, Gateway: u.Gateway,
		Values: slices.Clone(u.Object), Normalized: slices.Clone(u.Normalized), Data: slices.Clone(u.Data), Sealed: u.Encrypted,
	}
	if u.Gateways > 0 {
		link := &struct {
			Link
			dr uint8
		}{Link{
			RSSI: u.RSSI, SNR: u.SNR, Frequency: u.Frequency,
			SpreadingFactor: u.SpreadingFactor, Bandwidth: u.Bandwidth, Relayed: u.Relayed,
		}, u.DR}
		if u.HasDR {
			link.DR = &link.dr
		}
		r.Link = &link.Link
	}
	return r
}

// How far a time of reception may be from the clock of whoever takes the uplink in. What waits at
// a broker or is brought later may be old, no clock that is kept is an hour ahead, and the years of
// clocks that were never set (1970, 1980, 2000) are long past.
const (
	ClockAhead  = time.Hour
	ClockBehind = 366 * 24 * time.Hour
)

// Undate drops the times of reception that cannot be: those later or earlier than given. Who needs
// a time goes by Received then. It says whose clock tells so, "" if none does, and what it told.
func (r *Reading) Undate(earliest, latest time.Time) (clock string, told time.Time) {
	for _, c := range []struct {
		clock string
		told  *time.Time
	}{{"a gateway", &r.Gateway}, {"the network server", &r.Server}} {
		if !c.told.IsZero() && (c.told.Before(earliest) || c.told.After(latest)) {
			clock, told, *c.told = c.clock, *c.told, time.Time{}
		}
	}
	return clock, told
}

// Enrich takes from another copy of the same uplink what this one lacks.
func (r *Reading) Enrich(other *Reading) {
	if r.Link == nil {
		r.Link = other.Link
	}
	if len(r.Data) == 0 {
		r.Data = other.Data
	}
	if r.Gateway.IsZero() {
		r.Gateway = other.Gateway
	}
	if r.Server.IsZero() {
		r.Server = other.Server
	}
}

// AppendJSON appends the members of the reading a listing with these fields
// sells, without the enclosing braces, so that a parcel can put its own
// members in front:
//
//	"f_cnt":174,"f_port":2,"received":"…","time":"…","values":{…},"data":"…"
//
// Times are RFC 3339 in UTC. Values are spliced verbatim.
func (r *Reading) AppendJSON(b []byte, sold Fields) []byte {
	return r.appendJSON(b, sold, r.Values, nil)
}

func (r *Reading) appendJSON(b []byte, sold Fields, values, pack json.RawMessage) []byte {
	b = append(b, `"f_cnt":`...)
	b = strconv.AppendUint(b, uint64(r.FCnt), 10)
	b = append(b, `,"f_port":`...)
	b = strconv.AppendUint(b, uint64(r.FPort), 10)
	b = appendTime(b, `,"received":`, r.Received)
	b = appendTime(b, `,"time":`, r.Server)
	b = appendTime(b, `,"gateway_time":`, r.Gateway)
	if r.Sealed {
		b = append(b, `,"sealed":true`...)
	}
	if sold&FieldValues != 0 && len(values) > 0 {
		b = append(b, `,"values":`...)
		b = append(b, values...)
	}
	if len(pack) > 0 {
		b = append(b, `,"senml":`...)
		b = append(b, pack...)
	}
	if sold&FieldData != 0 && len(r.Data) > 0 {
		b = append(b, `,"data":"`...)
		b = base64.StdEncoding.AppendEncode(b, r.Data)
		b = append(b, '"')
	}
	if sold&FieldLink != 0 && r.Link != nil {
		b = append(b, `,"link":{"rssi":`...)
		b = strconv.AppendInt(b, int64(r.Link.RSSI), 10)
		b = append(b, `,"snr":`...)
		b = strconv.AppendFloat(b, r.Link.SNR, 'g', -1, 64)
		if r.Link.DR != nil {
			b = append(b, `,"dr":`...)
			b = strconv.AppendUint(b, uint64(*r.Link.DR), 10)
		}
		b = append(b, `,"frequency":`...)
		b = strconv.AppendUint(b, uint64(r.Link.Frequency), 10)
		if r.Link.SpreadingFactor != 0 {
			b = append(b, `,"spreading_factor":`...)
			b = strconv.AppendUint(b, uint64(r.Link.SpreadingFactor), 10)
		}
		if r.Link.Bandwidth != 0 {
			b = append(b, `,"bandwidth":`...)
			b = strconv.AppendUint(b, uint64(r.Link.Bandwidth), 10)
		}
		if r.Link.Relayed {
			b = append(b, `,"relayed":true`...)
		}
		b = append(b, '}')
	}
	return b
}

func appendTime(b []byte, key string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = append(b, key...)
	b = append(b, '"')
	b = appendStamp(b, t.UTC())
	return append(b, '"')
}

// appendStamp writes a time in UTC as time.RFC3339Nano has it, in half the time:
// every reading has two or three.
func appendStamp(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(b, time.RFC3339Nano)
	}
	hour, minute, second := t.Clock()
	two := func(n int) (byte, byte) { return byte('0' + n/10), byte('0' + n%10) }
	var s [30]byte
	s[0], s[1] = two(year / 100)
	s[2], s[3] = two(year % 100)
	s[5], s[6] = two(int(month))
	s[8], s[9] = two(day)
	s[11], s[12] = two(hour)
	s[14], s[15] = two(minute)
	s[17], s[18] = two(second)
	s[4], s[7], s[10], s[13], s[16] = '-', '-', 'T', ':', ':'
	end := 19
	if n := t.Nanosecond(); n > 0 {
		s[19] = '.'
		for i := 28; i > 19; i-- {
			if s[i] = byte('0' + n%10); s[i] != '0' {
				end = max(end, i+1)
			}
			n /= 10
		}
	}
	s[end] = 'Z'
	return append(b, s[:end+1]...)
}
