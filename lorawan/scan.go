package lorawan

import (
	"encoding/base64"

	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
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
	for w := wire.New(b); w.Next(); {
		if !w.Message() {
			continue
		}
		switch v := w.Bytes(); {
		case w.Num == 4 && len(v) == 8:
			return DevEUI(v), true
		case w.Num == 2 || w.Num == 3:
			if e, ok := deviceInfoEUI(v); ok {
				return e, true
			}
		}
	}
	return DevEUI{}, false
}

func deviceInfoEUI(b []byte) (DevEUI, bool) {
	for w := wire.New(b); w.Next(); {
		if w.Num == 8 && w.Message() {
			return DecodeDevEUI(w.Bytes())
		}
	}
	return DevEUI{}, false
}
