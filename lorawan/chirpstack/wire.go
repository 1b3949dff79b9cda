package chirpstack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/encoding/protowire"
)

// wire walks the fields of a protobuf message without a schema:
//
//	w := wire{msg: message}
//	for w.next() {
//		switch w.num { … }
//	}
//	if w.bad { … }
//
// It holds positions, not slices: pointers written field by field cost a garbage
// collector's write barrier each.
type wire struct {
	msg  []byte
	at   int // where the next field begins
	num  protowire.Number
	typ  protowire.Type
	n    uint64 // the value of a varint or fixed field
	from int    // where the value of a length-delimited field begins; it ends at at
	bad  bool   // not protobuf, or cut off
}

// b is the value of a length-delimited field.
func (w *wire) b() []byte { return w.msg[w.from:w.at:w.at] }

var errWire = errors.New("not protobuf, or cut off")

func badField(name string) error { return fmt.Errorf("%s is out of range", name) }

func twice(num protowire.Number) error { return fmt.Errorf("field %d appears twice", num) }

// next goes to the next field; false at the end and where the message is bad.
func (w *wire) next() bool {
	if w.at >= len(w.msg) {
		return false
	}
	tag, ok := w.varint()
	if !ok || tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
		return w.fail()
	}
	w.num, w.typ, w.n = protowire.Number(tag>>3), protowire.Type(tag&7), 0
	left := len(w.msg) - w.at
	switch w.typ {
	case protowire.BytesType:
		size, ok := w.varint()
		if w.from = w.at; !ok || size > uint64(len(w.msg)-w.at) {
			return w.fail()
		}
		w.at += int(size)
	case protowire.VarintType:
		if w.n, ok = w.varint(); !ok {
			return w.fail()
		}
	case protowire.Fixed64Type:
		if left < 8 {
			return w.fail()
		}
		w.n = binary.LittleEndian.Uint64(w.msg[w.at:])
		w.at += 8
	case protowire.Fixed32Type:
		if left < 4 {
			return w.fail()
		}
		w.n = uint64(binary.LittleEndian.Uint32(w.msg[w.at:]))
		w.at += 4
	default: // groups, of which these messages have none
		size := protowire.ConsumeFieldValue(w.num, w.typ, w.msg[w.at:])
		if size < 0 {
			return w.fail()
		}
		w.at += size
	}
	return true
}

// varint reads a number, most of which have one byte.
func (w *wire) varint() (n uint64, ok bool) {
	if w.at < len(w.msg) && w.msg[w.at] < 0x80 {
		w.at++
		return uint64(w.msg[w.at-1]), true
	}
	return w.longVarint()
}

func (w *wire) longVarint() (n uint64, ok bool) {
	n, size := protowire.ConsumeVarint(w.msg[w.at:])
	if size < 0 {
		return 0, false
	}
	w.at += size
	return n, true
}

func (w *wire) fail() bool {
	w.bad, w.at, w.from = true, len(w.msg), len(w.msg)
	return false
}

// is says whether the field is this one.
func (w *wire) is(num protowire.Number, typ protowire.Type) bool { return w.num == num && w.typ == typ }

// sound says whether b is a message, whatever its fields.
func sound(b []byte) bool {
	w := wire{msg: b}
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
	w := wire{msg: b}
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
	w := wire{msg: b}
	for w.next() {
		switch {
		case w.typ != protowire.BytesType:
		case w.num == 1:
			key = w.b()
		case w.num == 2:
			value = w.b()
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
	w := wire{msg: b}
	for w.next() {
		switch {
		case w.typ == protowire.Fixed64Type && w.num <= 3:
			n[w.num-1] = math.Float64frombits(w.n)
		case w.is(4, protowire.VarintType):
			source = w.n
		case w.is(5, protowire.Fixed32Type):
			n[3] = widened(uint32(w.n))
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
	w := wire{msg: b}
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
			u.CodeRate = codeRate(w.b())
		case w.is(5, protowire.VarintType) && unit == 1: // v4
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

// widened gives a float32 as the number its shortest digits name, as a server's JSON
// would say it: 2.7, not 2.700000047683716.
func widened(bits uint32) float64 {
	var digits [32]byte
	f, err := strconv.ParseFloat(string(strconv.AppendFloat(digits[:0], float64(math.Float32frombits(bits)), 'g', -1, 32)), 64)
	if err != nil {
		return float64(math.Float32frombits(bits))
	}
	return f
}
