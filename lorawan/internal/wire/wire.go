// Package wire walks the fields of protobuf messages without a schema, front to back:
//
//	w := wire.New(message)
//	for w.Next() {
//		switch w.Num { … }
//	}
//	if w.Bad { … }
//
// It copies nothing and knows no event: the decoders of network servers do.
package wire

import (
	"encoding/binary"
	"errors"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The faults of messages.
var (
	ErrWire = errors.New("not protobuf, or cut off")
	ErrTime = errors.New("a time is out of range")
)

// Reader is a position in a message. It holds positions, not slices: pointers written field by
// field cost a garbage collector's write barrier each.
type Reader struct {
	Num  protowire.Number // of the present field
	Type protowire.Type   // of the present field
	N    uint64           // the value of a varint or a fixed field
	Bad  bool             // the message is not protobuf, or cut off

	msg  []byte
	at   int // where the next field begins
	from int // where the value of a length-delimited field begins; it ends at at
}

// New begins at the front of a message.
func New(msg []byte) Reader { return Reader{msg: msg} }

// Bytes is the value of a length-delimited field, a part of the message.
func (w *Reader) Bytes() []byte { return w.msg[w.from:w.at:w.at] }

// Next goes to the next field; false at the end and where the message is bad.
func (w *Reader) Next() bool {
	if w.at >= len(w.msg) {
		return false
	}
	tag, ok := w.varint()
	if !ok || tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
		return w.fail()
	}
	w.Num, w.Type, w.N = protowire.Number(tag>>3), protowire.Type(tag&7), 0
	left := len(w.msg) - w.at
	switch w.Type {
	case protowire.BytesType:
		size, ok := w.varint()
		if w.from = w.at; !ok || size > uint64(len(w.msg)-w.at) {
			return w.fail()
		}
		w.at += int(size)
	case protowire.VarintType:
		if w.N, ok = w.varint(); !ok {
			return w.fail()
		}
	case protowire.Fixed64Type:
		if left < 8 {
			return w.fail()
		}
		w.N = binary.LittleEndian.Uint64(w.msg[w.at:])
		w.at += 8
	case protowire.Fixed32Type:
		if left < 4 {
			return w.fail()
		}
		w.N = uint64(binary.LittleEndian.Uint32(w.msg[w.at:]))
		w.at += 4
	default: // groups, of which these messages have none
		size := protowire.ConsumeFieldValue(w.Num, w.Type, w.msg[w.at:])
		if size < 0 {
			return w.fail()
		}
		w.at += size
	}
	return true
}

// varint reads a number, most of which have one byte.
func (w *Reader) varint() (n uint64, ok bool) {
	if w.at < len(w.msg) && w.msg[w.at] < 0x80 {
		w.at++
		return uint64(w.msg[w.at-1]), true
	}
	return w.longVarint()
}

func (w *Reader) longVarint() (n uint64, ok bool) {
	n, size := protowire.ConsumeVarint(w.msg[w.at:])
	if size < 0 {
		return 0, false
	}
	w.at += size
	return n, true
}

func (w *Reader) fail() bool {
	w.Bad, w.at, w.from = true, len(w.msg), len(w.msg)
	return false
}

// Is says whether the field is this one.
func (w *Reader) Is(num protowire.Number, typ protowire.Type) bool {
	return w.Num == num && w.Type == typ
}

// Message says whether the field is length-delimited, as texts, bytes and messages are.
func (w *Reader) Message() bool { return w.Type == protowire.BytesType }

// Sound says whether b is a message, whatever its fields.
func Sound(b []byte) bool {
	w := New(b)
	for w.Next() {
	}
	return !w.Bad
}

// Time reads a google.protobuf.Timestamp, of the years 1 to 9999; nil is no time.
func Time(b []byte) (time.Time, error) {
	if b == nil {
		return time.Time{}, nil
	}
	var seconds int64
	var nanos int32
	w := New(b)
	for w.Next() {
		switch {
		case w.Type != protowire.VarintType:
		case w.Num == 1:
			seconds = int64(w.N)
		case w.Num == 2:
			nanos = int32(w.N)
		}
	}
	switch {
	case w.Bad:
		return time.Time{}, ErrWire
	case seconds < -62135596800 || seconds > 253402300799 || nanos < 0 || nanos > 999999999:
		return time.Time{}, ErrTime
	}
	return time.Unix(seconds, int64(nanos)).UTC(), nil
}
