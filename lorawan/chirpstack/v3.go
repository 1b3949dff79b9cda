package chirpstack

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
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
		case "devAddr":
			r.Once(&seen, inDevAddr)
			marks |= marksJoin
			readDevAddrV3(&r, u)
		case "publishedAt":
			r.Once(&seen, inTime)
			u.Received = r.Time()
		case "adr":
			r.Once(&seen, inADR)
			u.ADR = r.Bool()
		case "dr":
			r.Once(&seen, inDR)
			u.DR = uint8(r.Uint(8))
		case "fCnt":
			r.Once(&seen, inFCnt)
			u.FCnt = uint32(r.Uint(32))
		case "fPort":
			r.Once(&seen, inFPort)
			marks |= marksUp
			u.FPort = uint8(r.Uint(8))
		case "confirmedUplink":
			r.Once(&seen, inConfirmed)
			u.Confirmed = r.Bool()
		case "data":
			r.Once(&seen, inData)
			marks |= marksUp
			u.Data = r.Base64()
		case "object", "objectJSON": // one event has one of them
			r.Once(&seen, inObject)
			if len(r.Key()) == len("object") {
				u.Object = r.RawObject()
			} else {
				setObjectText(u, r.Text())
			}
		case "rxInfo":
			r.Once(&seen, inRxInfo)
			readReceptionsV3(&r, u)
		case "txInfo":
			r.Once(&seen, inTxInfo)
			readTransmissionV3(&r, u, &seen)
		case "tags":
			r.Once(&seen, inTags)
			readTags(&r, u)
		case "acknowledged":
			marks |= marksAck
			r.Skip()
		case "error", "type":
			marks |= marksLog
			r.Skip()
		case "gatewayID":
			marks |= marksTxAck
			r.Skip()
		case "margin", "batteryLevel", "batteryLevelUnavailable", "externalPowerSource":
			marks |= marksStatus
			r.Skip()
		case "location":
			marks |= marksLocation
			r.Skip()
		case "integrationName":
			marks |= marksIntegration
			r.Skip()
		default:
			r.Skip()
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	if seen&(1<<inDeviceInfo) == 0 {
		return errNoDeviceV3
	}
	u.Event = kind(marks)
	return nil
}

var errNoDeviceV3 = errors.New("it names no device (devEUI)")

// readEUIV3 reads an EUI as json_v3 writes it, in hexadecimal, or as json does, in
// base64: their lengths differ.
func readEUIV3(r *scan.Reader, u *lorawan.Uplink) {
	text := r.Text()
	dev, ok := lorawan.DecodeDevEUI(text)
	if !ok {
		dev, ok = lorawan.Base64DevEUI(text)
	}
	if !ok {
		r.Fail("devEUI is neither 16 hexadecimal digits nor base64 of 8 bytes")
	}
	u.DevEUI = dev
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
	for r.Array(); r.NextItem(); {
		var seen uint64
		var rssi int
		var snr float64
		var at time.Time
		for r.Object(); r.Next(); {
			switch string(r.Key()) {
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
		u.Hear(rssi, snr, at)
	}
}

// readTransmissionV3 reads a txInfo; json_v3 has the data rate in it.
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
		default:
			r.Skip()
		}
	}
}

// decodeProtobufV3 reads the messages of package as/integration. They share fields
// 1 to 4 (application, names, DevEUI); the rest decides which one it is.
func decodeProtobufV3(payload []byte, u *lorawan.Uplink) error {
	var (
		text   [19][]byte
		number [19]uint64
		given  [19]bool // as bytes
		told   [19]bool // as a number
		rx     [][]byte
	)
	err := walk(payload, func(num protowire.Number, typ protowire.Type, n uint64, b []byte) error {
		if num > 18 {
			return nil
		}
		switch {
		case typ == protowire.BytesType && num == 5:
			rx = append(rx, b)
		case typ == protowire.BytesType && (num == 6 || num == 9 || num == 13): // join: rxInfo; tags
		case typ == protowire.BytesType && given[num], typ == protowire.VarintType && told[num]:
			return fmt.Errorf("field %d stands twice", num)
		}
		switch {
		case typ == protowire.BytesType && num == 13:
			given[num] = true
			return readTagPB(b, u)
		case typ == protowire.BytesType:
			text[num], given[num] = b, true
		case typ == protowire.VarintType:
			number[num], told[num] = n, true
		case typ == protowire.Fixed32Type && num == 8: // a status event's battery level
			told[num] = true
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(text[4]) != 8:
		return errNoDeviceV3
	}
	u.DevEUI = lorawan.DevEUI(text[4])
	if u.Event = kindV3(given, told, rx); u.Event != lorawan.EventUp {
		return nil
	}
	if given[15] {
		if len(text[15]) != 4 {
			return badField("dev_addr")
		}
		u.DevAddr = lorawan.DevAddr(text[15])
		u.Session = u.DevAddr.String()
	}
	if u.Received, err = timestamp(text[16]); err != nil {
		return err
	}
	for _, b := range rx {
		if err := readReceptionPBV3(b, u); err != nil {
			return err
		}
	}
	if uint32(number[8]) > math.MaxUint8 {
		return badField("dr")
	}
	if uint32(number[10]) > math.MaxUint8 {
		return badField("f_port")
	}
	u.ADR, u.DR, u.FCnt, u.FPort = number[7] != 0, uint8(number[8]), uint32(number[9]), uint8(number[10])
	u.Confirmed = number[14] != 0
	if len(text[11]) > 0 {
		u.Data = text[11]
	}
	setObjectText(u, text[12])
	return walk(text[6], func(num protowire.Number, typ protowire.Type, n uint64, _ []byte) error {
		if num == 1 && typ == protowire.VarintType {
			u.Frequency = uint32(n)
		}
		return nil
	})
}

func kindV3(given, told [19]bool, five [][]byte) lorawan.Event {
	switch {
	case told[10] || given[11] || given[12] || given[13] || given[15] || given[16] || given[17] || given[18]:
		return lorawan.EventUp // fPort, data, objectJSON, tags, devAddr, publishedAt, profile
	case len(five) == 1 && len(five[0]) == 4:
		return lorawan.EventJoin // devAddr 5
	case given[5] && told[7]:
		return lorawan.EventAck // rxInfo 5, acknowledged 7
	case given[6] && told[5]:
		return lorawan.EventLog // type 5, error 6
	case told[5] || told[6] || told[7] || told[8]:
		return lorawan.EventStatus // margin 5, power 6, unavailable 7, level 8
	}
	return lorawan.EventUnknown
}

func readReceptionPBV3(b []byte, u *lorawan.Uplink) error {
	var rssi int
	var snr float64
	var at []byte
	err := walk(b, func(num protowire.Number, typ protowire.Type, n uint64, b []byte) error {
		switch {
		case num == 2 && typ == protowire.BytesType:
			at = b
		case num == 5 && typ == protowire.VarintType:
			rssi = int(int32(n))
		case num == 6 && typ == protowire.Fixed64Type:
			snr = math.Float64frombits(n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if math.IsNaN(snr) || math.IsInf(snr, 0) {
		return badField("snr")
	}
	gateway, err := timestamp(at)
	if err != nil {
		return err
	}
	u.Hear(rssi, snr, gateway)
	return nil
}
