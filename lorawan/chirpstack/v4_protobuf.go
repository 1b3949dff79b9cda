package chirpstack

import (
	"errors"
	"math"
	"math/bits"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
	"google.golang.org/protobuf/encoding/protowire"
)

// fields holds the fields 1 to 18 of an event by how they were written: the kinds
// of events share topics and numbers but not types.
type fields struct {
	text   [19][]byte
	number [19]uint64
	bytes  uint32 // bit n: field n stands there as bytes
	varint uint32 // bit n: as a number
	fixed  uint32 // bit n: as 32 fixed bits
}

func (f *fields) isBytes(n int) bool  { return f.bytes&(1<<n) != 0 }
func (f *fields) isNumber(n int) bool { return f.varint&(1<<n) != 0 }

// take files a field; one that is written twice in one way is refused, so that two
// readers of one event cannot take different values from it.
func (f *fields) take(w *wire.Reader) error {
	if w.Num > 18 {
		return nil // a later version's
	}
	var kind *uint32
	switch w.Type {
	case protowire.BytesType:
		kind, f.text[w.Num] = &f.bytes, w.Bytes()
	case protowire.VarintType:
		kind, f.number[w.Num] = &f.varint, w.N
	case protowire.Fixed32Type:
		kind = &f.fixed // that it is there says enough
	default:
		return nil
	}
	if *kind&(1<<w.Num) != 0 {
		return twice(w.Num)
	}
	*kind |= 1 << w.Num
	return nil
}

// decodeProtobuf reads an event without a schema compiler's help: the field
// numbers are those of the messages of package integration. The kinds of events
// share a topic but not a type, so the set of fields decides which one it is.
func decodeProtobuf(payload []byte, u *lorawan.Uplink) error {
	var f fields
	var heard lorawan.Receptions
	var region, trace []byte
	w := wire.New(payload)
	for w.Next() {
		if w.Is(6, protowire.BytesType) && !f.isBytes(3) { // a log's context: a map, behind deviceInfo in 2
			key, value, err := entry(w.Bytes())
			if err == nil && string(key) == "deduplication_id" {
				trace = value
			}
			continue
		}
		if w.Is(12, protowire.BytesType) { // rxInfo, as often as it was heard
			f.bytes |= 1 << 12
			told, err := readReceptionPB(w.Bytes(), u, &heard)
			describe(u, err)
			if len(region) == 0 {
				region = told
			}
			continue
		}
		if err := f.take(&w); err != nil {
			return err
		}
	}
	if w.Bad {
		return wire.ErrWire
	}
	if !f.isBytes(3) && f.isBytes(2) {
		u.TraceID = string(trace)
		return readLogPB(&f, u)
	}
	if !f.isBytes(3) {
		return errNoDevice
	}
	if err := readDeviceInfoPB(f.text[3], u); err != nil {
		return err
	}
	var err error
	u.Received, err = wire.Time(f.text[2])
	describe(u, err)
	u.TraceID = string(f.text[1]) // of a TxAckEvent it is downlinkId, a number
	return readEventPB(&f, u, region)
}

// readEventPB reads what an event of a device has beside the device.
func readEventPB(f *fields, u *lorawan.Uplink, region []byte) error {
	event := kindPB(f)
	keep(u, event)
	switch event {
	case lorawan.EventUp:
		u.Region = region
		return readUplinkPB(f, u)
	case lorawan.EventJoin:
		if !parseDevAddr(u, f.text[4]) {
			return errDevAddr
		}
		u.Encrypted = f.isBytes(6)
		u.Region = f.text[7]
		describe(u, readRelayPB(f.text[5], u))
	case lorawan.EventLocation:
		describe(u, readLocationPB(f.text[4], u))
	}
	return nil
}

var errDevAddr = errors.New("dev_addr is not 8 hexadecimal digits")

// kindPB tells the kinds of events with a deviceInfo in field 3 apart.
func kindPB(f *fields) lorawan.Event {
	const uplink = 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<15 | 1<<16
	switch four := f.text[4]; {
	case f.bytes&uplink != 0 || f.isNumber(8): // data, object, rxInfo …; fPort
		return lorawan.EventUp
	case f.isNumber(1): // downlinkId
		return lorawan.EventTxAck
	case len(four) == 8 && isHex(four): // devAddr
		return lorawan.EventJoin
	case len(four) == 36: // queueItemId, a UUID
		return lorawan.EventAck
	case f.isBytes(4) && f.isBytes(5): // integrationName, eventType: before 4.14
		return lorawan.EventIntegration
	case f.isBytes(4):
		return lorawan.EventLocation
	case f.isNumber(5) || f.isNumber(6) || f.isNumber(7) || f.fixed&(1<<8) != 0: // margin, power, unavailable, level
		return lorawan.EventStatus
	}
	return lorawan.EventUnknown
}

func isHex(b []byte) bool {
	var a lorawan.DevAddr
	return a.UnmarshalText(b) == nil
}

// readLogPB reads a LogEvent: time 1, deviceInfo 2, level 3, code 4.
func readLogPB(f *fields, u *lorawan.Uplink) (err error) {
	u.Code = numbered(logCodes[:], f.number[4])
	keep(u, lorawan.EventLog)
	u.Received, err = wire.Time(f.text[1])
	describe(u, err)
	return readDeviceInfoPB(f.text[2], u)
}

// readUplinkPB reads an UplinkEvent but for its receptions.
func readUplinkPB(f *fields, u *lorawan.Uplink) error {
	var err error
	if !parseDevAddr(u, f.text[4]) {
		return errDevAddr
	}
	if f.number[8] > math.MaxUint8 {
		return badField("f_port")
	}
	const numbers, texts = 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<9, 1<<1 | 1<<2 | 1<<4 | 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<16
	const deciding = 1<<4 | 1<<7 | 1<<8 | 1<<10 // dev_addr, f_cnt, f_port, data
	wrong := f.bytes&numbers | f.varint&texts | f.fixed&(numbers|texts)
	if wrong&deciding != 0 {
		return errors.New("dev_addr, f_cnt, f_port or data is of another type")
	}
	u.Odd += bits.OnesCount32(wrong)
	u.ADR, u.FCnt, u.FPort = f.number[5] != 0, uint32(f.number[7]), uint8(f.number[8])
	u.HasDR = readDataRatePB(f.number[6], u)
	u.Confirmed = f.number[9] != 0
	if len(f.text[10]) > 0 {
		u.Data = f.text[10]
	}
	if f.isBytes(11) {
		u.Object, err = structJSON(make([]byte, 0, 2*len(f.text[11])), f.text[11], 0)
		describe(u, err)
	}
	describe(u, readTransmissionPB(f.text[13], u))
	describe(u, readRelayPB(f.text[14], u))
	u.Encrypted = f.isBytes(15)
	if len(f.text[16]) > 0 {
		u.Region = f.text[16]
	}
	return nil
}

// readDataRatePB takes the index of a data rate; false: it is none.
func readDataRatePB(n uint64, u *lorawan.Uplink) bool {
	if n > math.MaxUint8 {
		u.Odd++
		return false
	}
	u.DR = uint8(n)
	return true
}

// readTransmissionPB reads an UplinkTxInfo: frequency 1, modulation 2, in which
// lora is 3.
func readTransmissionPB(b []byte, u *lorawan.Uplink) error {
	w := wire.New(b)
	for w.Next() {
		switch {
		case w.Is(1, protowire.VarintType):
			u.Frequency = uint32(w.N)
		case w.Is(2, protowire.BytesType):
			m := wire.New(w.Bytes())
			for m.Next() {
				switch {
				case m.Is(3, protowire.BytesType):
					if err := readLoRaPB(m.Bytes(), u, 1); err != nil {
						return err
					}
				case (m.Num == 4 || m.Num == 5) && m.Type == protowire.BytesType: // FSK, LR-FHSS: of a oneof the last counts
					u.Bandwidth, u.SpreadingFactor, u.CodeRate = 0, 0, ""
				}
			}
			w.Bad = w.Bad || m.Bad
		}
	}
	if w.Bad {
		return wire.ErrWire
	}
	return nil
}

// readRelayPB reads an UplinkRelayRxInfo: the relay's EUI 1.
func readRelayPB(b []byte, u *lorawan.Uplink) error {
	u.Relayed = b != nil
	w := wire.New(b)
	for w.Next() {
		if !w.Is(1, protowire.BytesType) {
			continue
		}
		var ok bool
		if u.Relay, ok = lorawan.DecodeDevEUI(w.Bytes()); !ok {
			return errors.New("the relay's dev_eui is not 16 hexadecimal digits")
		}
	}
	if w.Bad {
		return wire.ErrWire
	}
	return nil
}

// readDeviceInfoPB reads a DeviceInfo: tenant 1, application 3, dev_eui 8, tags 9.
func readDeviceInfoPB(b []byte, u *lorawan.Uplink) error {
	named := false
	w := wire.New(b)
	for w.Next() {
		if w.Type != protowire.BytesType {
			continue
		}
		switch w.Num {
		case 1:
			u.Tenant = w.Bytes()
		case 3:
			u.Application = w.Bytes()
		case 8:
			if named {
				return errors.New("dev_eui appears twice")
			}
			if u.DevEUI, named = lorawan.DecodeDevEUI(w.Bytes()); !named {
				return errors.New("dev_eui is not 16 hexadecimal digits")
			}
		case 9:
			describe(u, readTagPB(w.Bytes(), u))
		}
	}
	switch {
	case w.Bad:
		return wire.ErrWire
	case !named:
		return errNoDevice
	}
	return nil
}

// readReceptionPB reads an UplinkRxInfo: gateway 1, gw_time 3, rssi 6, snr 7,
// metadata 15. It gives the region the metadata tell.
func readReceptionPB(b []byte, u *lorawan.Uplink, heard *lorawan.Receptions) (region []byte, err error) {
	var gateway lorawan.GatewayKey
	var rssi int
	var snr float64
	var at []byte
	var names regionNames
	w := wire.New(b)
	for w.Next() {
		switch {
		case w.Is(1, protowire.BytesType):
			gateway = gatewayKey(w.Bytes())
		case w.Is(3, protowire.BytesType):
			if at != nil {
				return nil, twice(3)
			}
			at = w.Bytes()
		case w.Is(6, protowire.VarintType):
			rssi = int(int32(w.N))
		case w.Is(7, protowire.Fixed32Type):
			snr = widened(uint32(w.N))
		case w.Is(15, protowire.BytesType):
			key, value, err := entry(w.Bytes())
			if err != nil {
				return nil, err
			}
			if which := regionName(key); which >= 0 {
				names[which] = value
			}
		}
	}
	if w.Bad {
		return nil, wire.ErrWire
	}
	return names.best(), hear(u, heard, gateway, rssi, snr, at)
}

// hear checks what a JSON number could not have been.
func hear(u *lorawan.Uplink, heard *lorawan.Receptions, gateway lorawan.GatewayKey, rssi int, snr float64, at []byte) error {
	if math.IsNaN(snr) || math.IsInf(snr, 0) {
		return badField("snr")
	}
	if rssi < -1000 || rssi > 1000 {
		return badField("rssi")
	}
	t, err := wire.Time(at)
	if err == nil {
		heard.Hear(u, gateway, rssi, snr, t)
	}
	return err
}
