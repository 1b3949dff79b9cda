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
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return DevEUI{}, false
		}
		b = b[n:]
		if typ != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
				return DevEUI{}, false
			}
			b = b[n:]
			continue
		}
		v, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return DevEUI{}, false
		}
		b = b[n:]
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
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return DevEUI{}, false
		}
		b = b[n:]
		if num == 8 && typ == protowire.BytesType {
			v, n := protowire.ConsumeBytes(b)
			if n < 0 {
				return DevEUI{}, false
			}
			return DecodeDevEUI(v)
		}
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return DevEUI{}, false
		}
		b = b[n:]
	}
	return DevEUI{}, false
}
