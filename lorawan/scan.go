package lorawan

import (
	"encoding/base64"

	"google.golang.org/protobuf/encoding/protowire"
)

// base64EUI reads the 12 characters of an EUI-64 in standard base64.
func base64EUI(b []byte) (e DevEUI, ok bool) {
	var buf [9]byte
	n, err := base64.StdEncoding.Decode(buf[:], b)
	if err != nil || n != len(e) {
		return DevEUI{}, false
	}
	return DevEUI(buf[:8]), true
}

// scanProtobuf walks the top level of an event: in ChirpStack v4 deviceInfo is
// field 3 (field 2 of a log event) and holds the DevEUI as text in its field 8; in
// v3 it is field 4, as 8 bytes.
func scanProtobuf(b []byte) (DevEUI, bool) {
	for len(b) > 0 {
		num, v, rest, ok := nextField(b)
		if !ok {
			return DevEUI{}, false
		}
		b = rest
		switch {
		case num == 4 && len(v) == 8:
			return DevEUI(v), true
		case num == 2 || num == 3:
			if e, ok := deviceInfoEUI(v); ok {
				return e, true
			}
		}
	}
	return DevEUI{}, false
}

func deviceInfoEUI(b []byte) (DevEUI, bool) {
	for len(b) > 0 {
		num, v, rest, ok := nextField(b)
		switch {
		case !ok:
			return DevEUI{}, false
		case num == 8 && v != nil:
			return DecodeDevEUI(v)
		}
		b = rest
	}
	return DevEUI{}, false
}

// nextField takes the first field off a protobuf message; v is nil if it is no field of bytes.
func nextField(b []byte) (num protowire.Number, v, rest []byte, ok bool) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return 0, nil, nil, false
	}
	b = b[n:]
	if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
		return 0, nil, nil, false
	}
	if typ == protowire.BytesType {
		v, _ = protowire.ConsumeBytes(b)
	}
	return num, v, b[n:], true
}
