package chirpstack

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/encoding/protowire"
)

// walk visits the fields of a protobuf message. For varint and fixed fields n
// holds the value, for length-delimited ones b does.
func walk(msg []byte, visit func(num protowire.Number, typ protowire.Type, n uint64, b []byte) error) error {
	for len(msg) > 0 {
		num, typ, size := protowire.ConsumeTag(msg)
		if size < 0 {
			return errWire
		}
		msg = msg[size:]
		var n uint64
		var b []byte
		switch typ {
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(msg)
		case protowire.Fixed64Type:
			n, size = protowire.ConsumeFixed64(msg)
		case protowire.Fixed32Type:
			var short uint32
			short, size = protowire.ConsumeFixed32(msg)
			n = uint64(short)
		case protowire.BytesType:
			b, size = protowire.ConsumeBytes(msg)
		default: // groups, of which these messages have none
			size = protowire.ConsumeFieldValue(num, typ, msg)
		}
		if size < 0 {
			return errWire
		}
		msg = msg[size:]
		if err := visit(num, typ, n, b); err != nil {
			return err
		}
	}
	return nil
}

var errWire = errors.New("not protobuf, or cut off")

func badField(name string) error { return fmt.Errorf("%s is out of range", name) }

// decodeProtobuf reads an event without a schema compiler's help: the field
// numbers are those of the messages of package integration. The kinds of events
// share a topic but not a type, so the set of fields decides which one it is.
func decodeProtobuf(payload []byte, u *lorawan.Uplink) error {
	var (
		seen   uint64 // bit n: field n as bytes; bit 17+n: as a number
		f      [17][]byte
		number [17]uint64
	)
	err := walk(payload, func(num protowire.Number, typ protowire.Type, n uint64, b []byte) error {
		if num > 16 {
			return nil
		}
		bit := uint64(1) << num
		switch {
		case typ == protowire.BytesType && num == 12: // rxInfo, as often as it was heard
			seen |= bit
			return readReceptionPB(b, u)
		case typ == protowire.BytesType:
			f[num] = b
		case typ == protowire.VarintType:
			bit <<= 17
			number[num] = n
		case typ == protowire.Fixed32Type && num == 8:
			bit = statusLevel
		default: // a later version's
			return nil
		}
		if seen&bit != 0 {
			return fmt.Errorf("field %d stands twice", num)
		}
		seen |= bit
		return nil
	})
	if err != nil {
		return err
	}
	asBytes := func(n int) bool { return seen&(1<<n) != 0 }
	asNumber := func(n int) bool { return seen&(1<<(17+n)) != 0 }

	if !asBytes(3) && asBytes(2) { // LogEvent: time 1, deviceInfo 2, level 3, code 4
		u.Event = lorawan.EventLog
		if u.Received, err = timestamp(f[1]); err != nil {
			return err
		}
		return readDeviceInfoPB(f[2], u)
	}
	if !asBytes(3) {
		return errNoDevice
	}
	if err := readDeviceInfoPB(f[3], u); err != nil {
		return err
	}
	if u.Received, err = timestamp(f[2]); err != nil {
		return err
	}
	if asNumber(1) { // TxAckEvent: downlinkId 1
		u.Event = lorawan.EventTxAck
		return nil
	}
	u.TraceID = string(f[1])
	switch {
	case asBytes(10) || asBytes(11) || asBytes(12) || asBytes(13) || asBytes(14) || asBytes(15) || asBytes(16) || asNumber(8):
		u.Event = lorawan.EventUp
	case asBytes(4) && len(f[4]) == 8 && parseDevAddr(u, f[4]):
		u.Event = lorawan.EventJoin
		return nil
	case asBytes(4) && len(f[4]) == 36:
		u.Event = lorawan.EventAck
		return nil
	case asBytes(4):
		u.Event = lorawan.EventLocation
		return nil
	case asNumber(5) || asNumber(6) || asNumber(7) || seen&statusLevel != 0:
		u.Event = lorawan.EventStatus
		return nil
	default:
		u.Event = lorawan.EventUnknown
		return nil
	}

	if !parseDevAddr(u, f[4]) {
		return errors.New("dev_addr is not 8 hexadecimal digits")
	}
	u.ADR = number[5] != 0
	if uint32(number[6]) > math.MaxUint8 {
		return badField("dr")
	}
	u.DR = uint8(number[6])
	u.FCnt = uint32(number[7])
	if uint32(number[8]) > math.MaxUint8 {
		return badField("f_port")
	}
	u.FPort = uint8(number[8])
	u.Confirmed = number[9] != 0
	if len(f[10]) > 0 {
		u.Data = f[10]
	}
	u.Encrypted = asBytes(15)
	if asBytes(13) {
		err = walk(f[13], func(num protowire.Number, typ protowire.Type, n uint64, _ []byte) error {
			if num == 1 && typ == protowire.VarintType {
				u.Frequency = uint32(n)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if asBytes(11) {
		u.Object, err = structJSON(make([]byte, 0, 2*len(f[11])), f[11], 0)
	}
	return err
}

// statusLevel marks a float in field 8: the battery level of a StatusEvent.
const statusLevel = 1 << 63

func timestamp(b []byte) (time.Time, error) {
	if b == nil {
		return time.Time{}, nil
	}
	var seconds int64
	var nanos int32
	err := walk(b, func(num protowire.Number, typ protowire.Type, n uint64, _ []byte) error {
		switch {
		case typ != protowire.VarintType:
		case num == 1:
			seconds = int64(n)
		case num == 2:
			nanos = int32(n)
		}
		return nil
	})
	if err != nil {
		return time.Time{}, err
	}
	// The bounds of google.protobuf.Timestamp: years 1 to 9999.
	if seconds < -62135596800 || seconds > 253402300799 || nanos < 0 || nanos > 999999999 {
		return time.Time{}, badField("a time")
	}
	return time.Unix(seconds, int64(nanos)).UTC(), nil
}

func readDeviceInfoPB(b []byte, u *lorawan.Uplink) error {
	named := false
	err := walk(b, func(num protowire.Number, typ protowire.Type, _ uint64, b []byte) error {
		if typ != protowire.BytesType {
			return nil
		}
		switch num {
		case 8:
			if named {
				return errors.New("dev_eui stands twice")
			}
			if u.DevEUI, named = lorawan.DecodeDevEUI(b); !named {
				return errors.New("dev_eui is not 16 hexadecimal digits")
			}
		case 9:
			return readTagPB(b, u)
		}
		return nil
	})
	if err == nil && !named {
		err = errNoDevice
	}
	return err
}

func readTagPB(b []byte, u *lorawan.Uplink) error {
	var key, value []byte
	err := walk(b, func(num protowire.Number, typ protowire.Type, _ uint64, b []byte) error {
		switch {
		case typ != protowire.BytesType:
		case num == 1:
			key = b
		case num == 2:
			value = b
		}
		return nil
	})
	if err == nil && string(key) == ownerTag {
		u.Owner = string(value)
	}
	return err
}

func readReceptionPB(b []byte, u *lorawan.Uplink) error {
	var rssi int
	var snr float64
	var at []byte
	err := walk(b, func(num protowire.Number, typ protowire.Type, n uint64, b []byte) error {
		switch {
		case num == 3 && typ == protowire.BytesType:
			at = b
		case num == 6 && typ == protowire.VarintType:
			rssi = int(int32(n))
		case num == 7 && typ == protowire.Fixed32Type:
			snr = float64(math.Float32frombits(uint32(n)))
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
