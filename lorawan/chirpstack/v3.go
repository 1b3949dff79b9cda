package chirpstack

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
	"google.golang.org/protobuf/encoding/protowire"
)

// DecodeV3 reads an event of ChirpStack v3 in any of its marshalers: json_v3,
// json, protobuf. Otherwise it is like Decode.
//
// json_v3 tells no device address: a session then has no name, and a device that
// joins again looks as if its counter had fallen back.
func DecodeV3(payload []byte, u *lorawan.Uplink) error {
	*u = lorawan.Uplink{Network: u.Network}
	var err error
	if lorawan.IsJSON(payload) {
		err = decodeJSONV3(payload, u)
	} else {
		err = decodeProtobufV3(payload, u)
	}
	if err == nil {
		return nil
	}
	*u = lorawan.Uplink{Network: u.Network}
	return fmt.Errorf("%w of ChirpStack v3: %w", lorawan.ErrMalformed, err)
}

func decodeJSONV3(payload []byte, u *lorawan.Uplink) error {
	r := scan.New(payload)
	var seen uint64
	var marks int
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "devEUI":
			r.Once(&seen, inDeviceInfo)
			readEUIV3(&r, u)
		case "applicationID":
			r.Once(&seen, inApplication)
			r.Describe(func(r *scan.Reader) {
				if r.IsText() {
					u.Application = r.Text()
				} else {
					u.Application = r.Raw()
				}
			})
		case "devAddr":
			r.Once(&seen, inDevAddr)
			marks |= marksJoin
			readDevAddrV3(&r, u)
		case "publishedAt":
			r.Once(&seen, inTime)
			r.Describe(func(r *scan.Reader) { u.Received = r.Time() })
		case "fCnt":
			r.Once(&seen, inFCnt)
			u.FCnt = uint32(r.Uint(32))
		case "fPort":
			r.Once(&seen, inFPort)
			marks |= marksUp
			u.FPort = uint8(r.Uint(8))
		case "data":
			r.Once(&seen, inData)
			marks |= marksUp
			u.Data = r.Base64()
		case "object", "objectJSON": // one event has one of them
			r.Once(&seen, inObject)
			if len(r.Key()) == len("object") {
				r.Describe(func(r *scan.Reader) { u.Object = r.RawObject() })
			} else {
				r.Describe(func(r *scan.Reader) { setObjectText(u, r.Text()) })
			}
		default:
			marks |= otherV3(&r, u, &seen)
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	if seen&(1<<inDeviceInfo) == 0 {
		return errNoDeviceV3
	}
	u.Odd = r.Odd()
	keep(u, kind(marks))
	u.HasDR = u.HasDR && seen&(1<<inDR) != 0
	return nil
}

// otherV3 reads a member that describes an uplink's way, or tells what other event it is.
func otherV3(r *scan.Reader, u *lorawan.Uplink, seen *uint64) (marks int) {
	switch string(r.Key()) {
	case "adr":
		r.Once(seen, inADR)
		r.Describe(func(r *scan.Reader) { u.ADR = r.Bool() })
	case "dr":
		r.Once(seen, inDR)
		if !r.Describe(func(r *scan.Reader) { u.DR = uint8(r.Uint(8)) }) {
			*seen &^= 1 << inDR // none is told
		}
	case "confirmedUplink":
		r.Once(seen, inConfirmed)
		r.Describe(func(r *scan.Reader) { u.Confirmed = r.Bool() })
	case "tags":
		r.Once(seen, inTags)
		r.Describe(func(r *scan.Reader) { readTags(r, u) })
	case "txInfo":
		r.Once(seen, inTxInfo)
		had := *seen
		if !r.Describe(func(r *scan.Reader) { readTransmissionV3(r, u, seen) }) {
			*seen = had
		}
	case "rxInfo":
		r.Once(seen, inRxInfo)
		r.Describe(func(r *scan.Reader) { readReceptionsV3(r, u) })
	case "acknowledged":
		marks = marksAck
		r.Skip()
	case "type":
		r.Once(seen, inCode)
		marks = marksLog
		u.Code = readLogCode(r)
	case "error":
		marks = marksLog
		r.Skip()
	case "gatewayID":
		marks = marksTxAck
		r.Skip()
	default:
		return otherEvent(r, u, seen)
	}
	return marks
}

var errNoDeviceV3 = errors.New("it names no device (devEUI)")

// readEUIV3 reads an EUI as json_v3 writes it, in hexadecimal, or as json does, in
// base64: their lengths differ.
func readEUIV3(r *scan.Reader, u *lorawan.Uplink) {
	dev, ok := euiV3(r.Text())
	if !ok {
		r.Fail("devEUI is neither 16 hexadecimal digits nor base64 of 8 bytes")
	}
	u.DevEUI = dev
}

func euiV3(text []byte) (lorawan.DevEUI, bool) {
	if dev, ok := lorawan.DecodeDevEUI(text); ok {
		return dev, true
	}
	return lorawan.Base64DevEUI(text)
}

// readDevAddrV3 reads 8 hexadecimal digits, or base64 of 4 bytes, which ends with
// two `=`.
func readDevAddrV3(r *scan.Reader, u *lorawan.Uplink) {
	text := r.Text()
	if len(text) == 8 && text[7] == '=' {
		inner := scan.New(append(append([]byte{'"'}, text...), '"'))
		addr := inner.Base64()
		if inner.End() != nil || len(addr) != 4 {
			r.Fail("devAddr is not base64 of 4 bytes")
			return
		}
		u.DevAddr = lorawan.DevAddr(addr)
		u.Session = u.DevAddr.String()
		return
	}
	if !parseDevAddr(u, text) {
		r.Fail("devAddr is neither 8 hexadecimal digits nor base64 of 4 bytes")
	}
}

// setObjectText takes the object of the json and protobuf marshalers, JSON within a
// string. Servers have written things that are no object there: those are left out,
// the uplink's data is still worth something.
func setObjectText(u *lorawan.Uplink, text []byte) {
	inner := scan.New(text)
	object := inner.RawObject()
	if inner.End() == nil {
		u.Object = object
	}
}

func readReceptionsV3(r *scan.Reader, u *lorawan.Uplink) {
	if r.IsNull() {
		return
	}
	var heard lorawan.Receptions
	for r.Array(); r.NextItem(); {
		r.Describe(func(r *scan.Reader) { readReceptionV3(r, u, &heard) })
	}
}

func readReceptionV3(r *scan.Reader, u *lorawan.Uplink, heard *lorawan.Receptions) {
	var seen uint64
	var gateway lorawan.GatewayKey
	var rssi int
	var snr float64
	var at time.Time
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "gatewayID":
			r.Once(&seen, 3)
			if id := r.Text(); len(id) > 0 {
				eui, ok := euiV3(id)
				if gateway = lorawan.KeyOfEUI(eui); !ok {
					gateway = gatewayKey(id)
				}
			}
		case "rssi":
			r.Once(&seen, 0)
			rssi = dBm(r)
		case "loRaSNR":
			r.Once(&seen, 1)
			snr = r.Float()
		case "time":
			r.Once(&seen, 2)
			at = r.Time()
		default:
			r.Skip()
		}
	}
	if r.Err() == nil {
		heard.Hear(u, gateway, rssi, snr, at)
	}
}

// readTransmissionV3 reads a txInfo: bandwidths are in kHz. json_v3 has the data
// rate in it and nothing of the modulation.
func readTransmissionV3(r *scan.Reader, u *lorawan.Uplink, outer *uint64) {
	if r.IsNull() {
		return
	}
	var seen uint64
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "frequency":
			r.Once(&seen, 0)
			u.Frequency = uint32(r.Uint(32))
		case "dr":
			r.Once(outer, inDR)
			u.DR = uint8(r.Uint(8))
		case "loRaModulationInfo":
			r.Once(&seen, 1)
			readLoRa(r, u, 1000)
		default:
			r.Skip()
		}
	}
}

// decodeProtobufV3 reads the messages of package as/integration. They share fields
// 1 to 4 (application, names, DevEUI); the rest decides which one it is.
func decodeProtobufV3(payload []byte, u *lorawan.Uplink) error {
	var f fields
	var several [19][][]byte // of fields that may be repeated: receptions, tags
	w := wire.New(payload)
	for w.Next() {
		if w.Type == protowire.BytesType && w.Num >= 5 && w.Num <= 18 {
			several[w.Num] = append(several[w.Num], w.Bytes())
			if f.isBytes(int(w.Num)) {
				continue // whether it may stand twice is known when its kind is
			}
		}
		if err := f.take(&w); err != nil {
			return err
		}
	}
	switch {
	case w.Bad:
		return wire.ErrWire
	case len(f.text[4]) != 8:
		return errNoDeviceV3
	}
	u.DevEUI = lorawan.DevEUI(f.text[4])
	if f.number[1] != 0 {
		u.Application = strconv.AppendUint(nil, f.number[1], 10)
	}
	kind, odd := kindV3(&f)
	if kind == nil {
		keep(u, lorawan.EventUnknown)
		return nil
	}
	if odd {
		u.Odd++
	}
	keep(u, kind.event)
	return kind.read(&f, &several, u)
}

// A kindPBV3 says what type each field from 5 on has in one kind of event.
type kindPBV3 struct {
	event    lorawan.Event
	needs    int    // a field that makes no sense to leave out; 0: none
	types    string // from field 5 on
	repeated uint32 // bit n: field n may stand several times
	tags     int
	time     int
}

// The types: v a number, 4 32 fixed bits, m a message, t an entry of a map,
// r a reception, l a location, a 4 bytes, e 8 bytes, s anything.
var kindsV3 = [...]kindPBV3{
	{event: lorawan.EventUp, types: "rmvvvvsstvamss", repeated: 1<<5 | 1<<13, tags: 13, time: 16},
	{event: lorawan.EventJoin, needs: 5, types: "armvtm", repeated: 1<<6 | 1<<9, tags: 9, time: 10},
	{event: lorawan.EventAck, types: "vvtm", repeated: 1 << 7, tags: 7, time: 8},
	{event: lorawan.EventTxAck, needs: 7, types: "vtemm", repeated: 1 << 6, tags: 6, time: 9},
	{event: lorawan.EventLog, needs: 6, types: "vsvtm", repeated: 1 << 8, tags: 8, time: 9},
	{event: lorawan.EventStatus, types: "vvv4tm", repeated: 1 << 9, tags: 9, time: 10},
	{event: lorawan.EventLocation, needs: 5, types: "ltsvm", repeated: 1<<6 | 1<<7, tags: 6, time: 9},
	{event: lorawan.EventIntegration, needs: 6, types: "tsssm", repeated: 1 << 5, tags: 5, time: 9},
}

// kindV3 finds the first kind whose fields those of the event can be; nil if there
// is none. What may be sold has an fPort, a number in field 10, which only an
// uplink has: one whose counter, data and address are of the right types is an uplink
// whatever describes it.
func kindV3(f *fields) (k *kindPBV3, odd bool) {
	for i := range kindsV3 {
		if k := &kindsV3[i]; k.fits(f) {
			return k, false
		}
	}
	const fCnt, fPort, data, addr = 9, 10, 11, 15
	wrong := f.isBytes(fCnt) || f.isBytes(fPort) || f.isNumber(data) || f.isNumber(addr) || f.isBytes(addr) && len(f.text[addr]) != 4 ||
		f.fixed&(1<<fCnt|1<<fPort|1<<data|1<<addr) != 0
	if f.isNumber(fPort) && !wrong {
		return &kindsV3[0], true
	}
	return nil, false
}

func (k *kindPBV3) fits(f *fields) bool {
	if k.needs != 0 && !f.isBytes(k.needs) {
		return false
	}
	some := false
	for n := 5; n <= 18; n++ {
		typ := byte('-')
		if n-5 < len(k.types) {
			typ = k.types[n-5]
		}
		if f.isNumber(n) && typ != 'v' || f.fixed&(1<<n) != 0 && typ != '4' || f.isBytes(n) && !ofType(typ, f.text[n]) {
			return false
		}
		some = some || f.isNumber(n) || f.isBytes(n) || f.fixed&(1<<n) != 0
	}
	return some
}

func ofType(typ byte, b []byte) bool {
	switch typ {
	case 's':
		return true
	case 'm':
		return wire.Sound(b)
	case 'a':
		return len(b) == 4
	case 'e':
		return len(b) == 8
	case 't', 'r', 'l':
		w := wire.New(b)
		for w.Next() {
			switch {
			case typ == 't' && (w.Type != protowire.BytesType || w.Num > 2),
				typ == 'r' && w.Num == 1 && (w.Type != protowire.BytesType || len(w.Bytes()) != 8),
				typ == 'l' && w.Num <= 3 && w.Type != protowire.Fixed64Type:
				return false
			}
		}
		return !w.Bad
	}
	return false
}

// read takes from the event what its kind has.
func (k *kindPBV3) read(f *fields, several *[19][][]byte, u *lorawan.Uplink) (err error) {
	for n, values := range several {
		if len(values) > 1 && k.repeated&(1<<n) == 0 {
			return twice(protowire.Number(n))
		}
	}
	u.Received, err = wire.Time(f.text[k.time])
	describe(u, err)
	for _, b := range several[k.tags] {
		describe(u, readTagPB(b, u))
	}
	switch k.event {
	case lorawan.EventUp:
		return readUplinkPBV3(f, several[5], u)
	case lorawan.EventJoin:
		u.DR = uint8(f.number[8])
		readRadioPBV3(f.text[5], several[6], f.text[7], u)
	case lorawan.EventLog:
		u.Code = numbered(errorTypes[:], f.number[5])
	case lorawan.EventLocation:
		describe(u, readLocationPB(f.text[5], u))
	}
	return nil
}

func readUplinkPBV3(f *fields, receptions [][]byte, u *lorawan.Uplink) error {
	if f.number[10] > math.MaxUint8 {
		return badField("f_port")
	}
	u.ADR, u.FCnt, u.FPort = f.number[7] != 0, uint32(f.number[9]), uint8(f.number[10])
	u.HasDR = readDataRatePB(f.number[8], u)
	u.Confirmed = f.number[14] != 0
	if len(f.text[11]) > 0 {
		u.Data = f.text[11]
	}
	setObjectText(u, f.text[12])
	readRadioPBV3(f.text[15], receptions, f.text[6], u)
	return nil
}

// readRadioPBV3 reads the address, which names the session, and what describes the way.
func readRadioPBV3(addr []byte, receptions [][]byte, tx []byte, u *lorawan.Uplink) {
	if len(addr) == 4 {
		u.DevAddr = lorawan.DevAddr(addr)
		u.Session = u.DevAddr.String()
	}
	var heard lorawan.Receptions
	for _, b := range receptions {
		describe(u, readReceptionPBV3(b, u, &heard))
	}
	describe(u, readTransmissionPBV3(tx, u))
}

// readTransmissionPBV3 reads an UplinkTXInfo: frequency 1, modulation 2, loRaModulationInfo 3.
func readTransmissionPBV3(tx []byte, u *lorawan.Uplink) error {
	w := wire.New(tx)
	for w.Next() {
		switch {
		case w.Is(1, protowire.VarintType):
			u.Frequency = uint32(w.N)
		case w.Is(3, protowire.BytesType):
			if err := readLoRaPB(w.Bytes(), u, 1000); err != nil {
				return err
			}
		case (w.Num == 4 || w.Num == 5) && w.Type == protowire.BytesType: // FSK, LR-FHSS: of a oneof the last counts
			u.Bandwidth, u.SpreadingFactor, u.CodeRate = 0, 0, ""
		}
	}
	if w.Bad {
		return wire.ErrWire
	}
	return nil
}

// readReceptionPBV3 reads an UplinkRXInfo: gateway 1, time 2, rssi 5, loRaSNR 6.
func readReceptionPBV3(b []byte, u *lorawan.Uplink, heard *lorawan.Receptions) error {
	var gateway lorawan.GatewayKey
	var rssi int
	var snr float64
	var at []byte
	w := wire.New(b)
	for w.Next() {
		switch {
		case w.Is(1, protowire.BytesType):
			if gateway = 0; len(w.Bytes()) == 8 {
				gateway = lorawan.KeyOfEUI([8]byte(w.Bytes()))
			}
		case w.Is(2, protowire.BytesType):
			if at != nil {
				return twice(2)
			}
			at = w.Bytes()
		case w.Is(5, protowire.VarintType):
			rssi = int(int32(w.N))
		case w.Is(6, protowire.Fixed64Type):
			snr = math.Float64frombits(w.N)
		}
	}
	if w.Bad {
		return wire.ErrWire
	}
	return hear(u, heard, gateway, rssi, snr, at)
}
