package chirpstack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/encoding/protowire"
)

// wire walks the fields of a protobuf message without a schema:
//
//	w := wire{rest: message}
//	for w.next() {
//		switch w.num { … }
//	}
//	if w.bad { … }
type wire struct {
	rest []byte
	num  protowire.Number
	typ  protowire.Type
	n    uint64 // the value of a varint or fixed field
	b    []byte // the value of a length-delimited field
	bad  bool   // not protobuf, or cut off
}

var errWire = errors.New("not protobuf, or cut off")

func badField(name string) error { return fmt.Errorf("%s is out of range", name) }

func twice(num protowire.Number) error { return fmt.Errorf("field %d stands twice", num) }

// next goes to the next field; false at the end and where the message is bad.
func (w *wire) next() bool {
	if len(w.rest) == 0 {
		return false
	}
	tag := uint64(w.rest[0])
	size := 1
	if tag >= 0x80 {
		tag, size = protowire.ConsumeVarint(w.rest)
	}
	if size < 0 || tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
		return w.fail()
	}
	w.num, w.typ = protowire.Number(tag>>3), protowire.Type(tag&7)
	w.rest = w.rest[size:]
	w.n, w.b = 0, nil
	switch w.typ {
	case protowire.BytesType:
		if len(w.rest) > 0 && w.rest[0] < 0x80 {
			w.n, size = uint64(w.rest[0]), 1
		} else {
			w.n, size = protowire.ConsumeVarint(w.rest)
		}
		if size < 0 || w.n > uint64(len(w.rest)-size) {
			return w.fail()
		}
		end := size + int(w.n)
		w.b, w.rest = w.rest[size:end:end], w.rest[end:]
		return true
	case protowire.VarintType:
		if len(w.rest) > 0 && w.rest[0] < 0x80 {
			w.n, size = uint64(w.rest[0]), 1
		} else {
			w.n, size = protowire.ConsumeVarint(w.rest)
		}
	case protowire.Fixed64Type:
		if size = 8; len(w.rest) >= size {
			w.n = binary.LittleEndian.Uint64(w.rest)
		}
	case protowire.Fixed32Type:
		if size = 4; len(w.rest) >= size {
			w.n = uint64(binary.LittleEndian.Uint32(w.rest))
		}
	default: // groups, of which these messages have none
		size = protowire.ConsumeFieldValue(w.num, w.typ, w.rest)
	}
	if size < 0 || size > len(w.rest) {
		return w.fail()
	}
	w.rest = w.rest[size:]
	return true
}

func (w *wire) fail() bool {
	w.bad, w.rest = true, nil
	return false
}

// is says whether the field is this one.
func (w *wire) is(num protowire.Number, typ protowire.Type) bool { return w.num == num && w.typ == typ }

// sound says whether b is a message, whatever its fields.
func sound(b []byte) bool {
	w := wire{rest: b}
	for w.next() {
	}
	return !w.bad
}

// timestamp reads a google.protobuf.Timestamp; nil is no time.
func timestamp(b []byte) (time.Time, error) {
	if b == nil {
		return time.Time{}, nil
	}
	var seconds int64
	var nanos int32
	w := wire{rest: b}
	for w.next() {
		switch {
		case w.typ != protowire.VarintType:
		case w.num == 1:
			seconds = int64(w.n)
		case w.num == 2:
			nanos = int32(w.n)
		}
	}
	// The bounds of google.protobuf.Timestamp: years 1 to 9999.
	switch {
	case w.bad:
		return time.Time{}, errWire
	case seconds < -62135596800 || seconds > 253402300799 || nanos < 0 || nanos > 999999999:
		return time.Time{}, badField("a time")
	}
	return time.Unix(seconds, int64(nanos)).UTC(), nil
}

// readTagPB reads an entry of a map of tags.
func readTagPB(b []byte, u *lorawan.Uplink) error {
	key, value, err := entry(b)
	if err == nil && string(key) == ownerTag {
		u.Owner = string(value)
	}
	return err
}

// entry reads an entry of a map of texts.
func entry(b []byte) (key, value []byte, err error) {
	w := wire{rest: b}
	for w.next() {
		switch {
		case w.typ != protowire.BytesType:
		case w.num == 1:
			key = w.b
		case w.num == 2:
			value = w.b
		}
	}
	if w.bad {
		return nil, nil, errWire
	}
	return key, value, nil
}

// readLocationPB reads a common.Location; its accuracy is a float in v4 and a whole
// number in v3.
func readLocationPB(b []byte, u *lorawan.Uplink) error {
	var n [4]float64
	source := uint64(0)
	w := wire{rest: b}
	for w.next() {
		switch {
		case w.typ == protowire.Fixed64Type && w.num <= 3:
			n[w.num-1] = math.Float64frombits(w.n)
		case w.is(4, protowire.VarintType):
			source = w.n
		case w.is(5, protowire.Fixed32Type):
			n[3] = float64(math.Float32frombits(uint32(w.n)))
		case w.is(5, protowire.VarintType):
			n[3] = float64(uint32(w.n))
		}
	}
	if w.bad {
		return errWire
	}
	for i := range n {
		if math.IsNaN(n[i]) || math.IsInf(n[i], 0) {
			return badField("location")
		}
	}
	name := lorawan.LocationUnknown
	if source < uint64(len(locationSources)) {
		name = locationSources[source].source
	}
	u.Location = lorawan.At(n[0], n[1], n[2], n[3], name)
	return nil
}

// readLoRaPB reads a LoRaModulationInfo, whose bandwidth is given in so many hertz.
// v4 writes the code rate as a number in field 5, v3 as text in field 3.
func readLoRaPB(b []byte, u *lorawan.Uplink, unit uint32) error {
	w := wire{rest: b}
	for w.next() {
		switch {
		case w.is(1, protowire.VarintType):
			if w.n >= 1<<22 {
				return badField("bandwidth")
			}
			u.Bandwidth = uint32(w.n) * unit
		case w.is(2, protowire.VarintType):
			if w.n > math.MaxUint8 {
				return badField("spreading_factor")
			}
			u.SpreadingFactor = uint8(w.n)
		case w.is(3, protowire.BytesType) && u.CodeRate == "":
			u.CodeRate = codeRate(w.b)
		case w.is(5, protowire.VarintType):
			u.CodeRate = ""
			if w.n < uint64(len(codeRates)) {
				u.CodeRate = codeRates[w.n].plain
			}
		}
	}
	if w.bad {
		return errWire
	}
	return nil
}
