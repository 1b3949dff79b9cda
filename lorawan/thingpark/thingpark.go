// Package thingpark reads the documents of Actility's ThingPark, as its HTTP and MQTT
// connections write them in JSON: an object of one member that names the kind
// (DevEUI_uplink, DevEUI_notification …), or the members of an uplink alone, which its
// documents call the legacy format. Numbers stand plain or in strings.
//
// It decodes what a reading needs and checks the rest for soundness only: fields of later
// versions are accepted and ignored. What identifies and carries a reading decides whether a
// document is one; what only describes it and is of an odd kind is left out and counted.
//
// The format is that of ThingPark's published message documents and samples
// (testdata/SOURCES.md). Time is the gateway's clock, so Received is not given. A document names
// no session: DevAddr stands for it. A payload is encrypted where PayloadEncryption says so, or
// where the key comes with it and PayloadEncryption is missing. The owner's tag is one of the
// device's: dbdao_owner=0x….
package thingpark

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/format"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

// Format is what ThingPark writes.
var Format = format.Format{
	Name:   "thingpark",
	About:  "Actility ThingPark: JSON of its HTTP and MQTT connections",
	Topics: []string{"mqtt/things/{dev_eui}/{event}"},
	Member: func(key []byte, _ scan.Reader) format.Sign {
		switch {
		case kind(key) != "":
			return format.Sure
		case string(key) == "DevEUI": // the legacy format
			return format.Hint
		}
		return format.None
	},
	Decode: Decode,
}

// kind gives the event of a document's one member.
func kind(key []byte) lorawan.Event {
	switch string(key) {
	case "DevEUI_uplink":
		return lorawan.EventUp
	case "DevEUI_location":
		return lorawan.EventLocation
	case "DevEUI_downlink_Sent":
		return lorawan.EventTxAck
	case "DevEUI_downlink_Rejected":
		return lorawan.EventDownlink
	case "DevEUI_notification", "DevEUI_multicast_summary":
		return lorawan.EventLog
	}
	return ""
}

var (
	errNoDevice  = errors.New("it names no device (DevEUI)")
	errNoCounter = errors.New("an uplink without FCntUp")
)

// Members of a document that may stand once.
const (
	inBody = iota
	inDevEUI
	inDevAddr
	inFPort
	inFCnt
	inPayload
	inObject
	inEncryption
	inKey
	inMType
	inADR
	inTime
	inSpreading
	inFrequency
	inReceptions
	inRSSI
	inSNR
	inCustomer
	inCustomerData
	inType
	inLatitude
	inLongitude
	inAltitude
	inAccuracy
	inJoinRequest
)

type decoder struct {
	r    scan.Reader
	u    *lorawan.Uplink
	seen uint64

	encryption uint64 // PayloadEncryption
	rssi, snr  float64
	place      [4]float64 // latitude, longitude, altitude, accuracy
}

func (d *decoder) has(member uint) bool { return d.seen&(1<<member) != 0 }

// Decode reads a document into u. Only Network of u is kept; Object and the ids may alias the
// payload. The error wraps lorawan.ErrMalformed and names the place, never the content.
func Decode(payload []byte, u *lorawan.Uplink) error {
	*u = lorawan.Uplink{Network: u.Network}
	d := decoder{r: scan.New(payload), u: u}
	d.document()
	err := d.r.End()
	switch {
	case err != nil:
	case !d.has(inDevEUI):
		err = errNoDevice
	case u.Event == lorawan.EventUp && !d.has(inFCnt):
		err = errNoCounter
	}
	if err != nil {
		*u = lorawan.Uplink{Network: u.Network}
		return fmt.Errorf("%w of ThingPark: %w", lorawan.ErrMalformed, err)
	}
	d.settle()
	return nil
}

// document reads the one member, or the members of an uplink alone.
func (d *decoder) document() {
	r := &d.r
	for r.Object(); r.Next(); {
		if event := kind(r.Key()); event != "" {
			r.Once(&d.seen, inBody)
			d.u.Event = event
			for r.Object(); r.Next(); {
				d.member()
			}
			continue
		}
		if d.has(inBody) {
			r.Skip()
			continue
		}
		d.member()
	}
	if !d.has(inBody) {
		d.u.Event = lorawan.EventUp
	}
	if d.has(inJoinRequest) {
		d.u.Event = lorawan.EventJoin
	}
}

// settle says what follows from several members.
func (d *decoder) settle() {
	u := d.u
	u.Odd = d.r.Odd()
	u.Encrypted = d.encryption != 0 || d.has(inKey) && !d.has(inEncryption)
	if u.DevAddr != (lorawan.DevAddr{}) {
		u.Session = u.DevAddr.String()
	}
	if u.Gateways == 0 && d.has(inRSSI) { // no list: the best one stands alone
		u.Hear(int(d.rssi), d.snr, time.Time{})
	}
	source := lorawan.LocationNetwork
	u.Location = lorawan.At(d.place[0], d.place[1], d.place[2], d.place[3], source)
}

// member reads one that identifies or carries a reading; describing ones are describe's.
func (d *decoder) member() {
	r, u := &d.r, d.u
	switch string(r.Key()) {
	case "DevEUI":
		r.Once(&d.seen, inDevEUI)
		dev, ok := lorawan.DecodeDevEUI(r.Text())
		if !ok {
			r.Fail("DevEUI is not 16 hexadecimal digits")
		}
		u.DevEUI = dev
	case "DevAddr":
		r.Once(&d.seen, inDevAddr)
		if text := r.Text(); len(text) > 0 && u.DevAddr.UnmarshalText(text) != nil {
			r.Fail("DevAddr is not 8 hexadecimal digits")
		}
	case "FPort":
		r.Once(&d.seen, inFPort)
		u.FPort = uint8(r.Uint(8))
	case "FCntUp":
		r.Once(&d.seen, inFCnt)
		u.FCnt = uint32(r.Uint(32))
	case "payload_hex":
		r.Once(&d.seen, inPayload)
		text := r.Text()
		u.Data = make([]byte, hex.DecodedLen(len(text)))
		if _, err := hex.Decode(u.Data, text); err != nil {
			r.Fail("payload_hex is not hexadecimal")
		}
	case "PayloadEncryption":
		r.Once(&d.seen, inEncryption)
		d.encryption = r.Uint(8)
	case "AppSKey":
		r.Once(&d.seen, inKey)
		r.Skip()
	case "rawJoinRequest":
		r.Once(&d.seen, inJoinRequest)
		r.Skip()
	default:
		d.describe()
	}
}

func (d *decoder) describe() {
	r, u := &d.r, d.u
	once := func(member uint, read func(*scan.Reader)) {
		r.Once(&d.seen, member)
		r.Describe(read)
	}
	place := func(member uint) {
		once(member, func(r *scan.Reader) { d.place[member-inLatitude] = r.Float() })
	}
	switch string(r.Key()) {
	case "payload": // what the device's driver decoded
		once(inObject, func(r *scan.Reader) { u.Object = r.RawObject() })
	case "MType":
		once(inMType, func(r *scan.Reader) { u.Confirmed = r.Uint(8) == uint64(lorawan.ConfirmedUp) })
	case "ADRbit":
		once(inADR, func(r *scan.Reader) { u.ADR = r.Uint(8) == 1 })
	case "Time":
		once(inTime, func(r *scan.Reader) { u.Gateway = r.Time() })
	case "SpFact", "Spfact":
		once(inSpreading, func(r *scan.Reader) { u.SpreadingFactor = spreading(r) })
	case "Frequency": // MHz
		once(inFrequency, func(r *scan.Reader) { u.Frequency = hertz(r) })
	case "Lrrs":
		once(inReceptions, func(*scan.Reader) { d.receptions() })
	case "LrrRSSI":
		once(inRSSI, func(r *scan.Reader) { d.rssi = strength(r) })
	case "LrrSNR":
		once(inSNR, func(r *scan.Reader) { d.snr = r.Float() })
	case "CustomerID":
		once(inCustomer, func(r *scan.Reader) { u.Tenant = r.Text() })
	case "CustomerData":
		once(inCustomerData, func(*scan.Reader) { d.customer() })
	case "Type": // of a notification
		once(inType, func(r *scan.Reader) { d.notified(r.Text()) })
	case "DevLAT":
		place(inLatitude)
	case "DevLON":
		place(inLongitude)
	case "DevAlt":
		place(inAltitude)
	case "DevLocRadius": // metres
		place(inAccuracy)
	default:
		r.Skip()
	}
}

// notified tells what a notification is about.
func (d *decoder) notified(text []byte) {
	switch string(text) {
	case "join":
		d.u.Event = lorawan.EventJoin
	case "devstatusans":
		d.u.Event = lorawan.EventStatus
	}
}

func spreading(r *scan.Reader) uint8 {
	n := r.Uint(8)
	if n < 5 || n > 12 {
		r.Fail("a spreading factor is 5 to 12")
		return 0
	}
	return uint8(n)
}

func hertz(r *scan.Reader) uint32 {
	mhz := r.Float()
	if mhz < 0 || mhz > 4000 {
		r.Fail("a frequency is out of range")
		return 0
	}
	return uint32(mhz*1e6 + 0.5)
}

func strength(r *scan.Reader) float64 {
	dBm := r.Float()
	if dBm < -1000 || dBm > 1000 {
		r.Fail("a strength is out of range")
		return 0
	}
	return dBm
}

// receptions reads Lrrs: {"Lrr": [one of each gateway, the best first]}.
func (d *decoder) receptions() {
	r := &d.r
	if r.IsNull() {
		return
	}
	var heard lorawan.Receptions
	var seen uint64
	for r.Object(); r.Next(); {
		if string(r.Key()) != "Lrr" {
			r.Skip()
			continue
		}
		r.Once(&seen, 0)
		if r.IsObject() { // a list of one, as what converts from XML writes it
			r.Describe(func(*scan.Reader) { d.reception(&heard) })
			continue
		}
		for r.Array(); r.NextItem(); {
			r.Describe(func(*scan.Reader) { d.reception(&heard) })
		}
	}
}

func (d *decoder) reception(heard *lorawan.Receptions) {
	r := &d.r
	var seen uint64
	var gateway lorawan.GatewayKey
	var rssi, snr float64
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "Lrrid":
			r.Once(&seen, 0)
			gateway = gateway.And(r.Text())
		case "LrrRSSI":
			r.Once(&seen, 1)
			rssi = strength(r)
		case "LrrSNR":
			r.Once(&seen, 2)
			snr = r.Float()
		default:
			r.Skip()
		}
	}
	if r.Err() == nil {
		at := d.u.Gateway
		heard.Hear(d.u, gateway, int(rssi), snr, time.Time{})
		d.u.Gateway = at // of the document, whose one time it is
	}
}

// customer looks for the owner among the device's tags.
func (d *decoder) customer() {
	r := &d.r
	if r.IsNull() {
		return
	}
	var seen uint64
	for r.Object(); r.Next(); {
		if string(r.Key()) != "tags" {
			r.Skip()
			continue
		}
		r.Once(&seen, 0)
		for r.Array(); r.NextItem(); {
			r.Describe(func(r *scan.Reader) {
				if owner, ok := strings.CutPrefix(r.String(), "dbdao_owner="); ok {
					d.u.Owner = owner
				}
			})
		}
	}
}
