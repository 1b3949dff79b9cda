package chirpstack

import (
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/format"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
	"google.golang.org/protobuf/encoding/protowire"
)

// V4 and V3 are what ChirpStack writes.
var (
	V4 = format.Format{
		Name: "chirpstack-v4", About: "ChirpStack v4: JSON and protobuf",
		Topics:   []string{"application/{application_id}/device/{dev_eui}/event/{event}"},
		Member:   member("deviceInfo"),
		Protobuf: isV4, Decode: Decode,
	}
	V3 = format.Format{
		Name: "chirpstack-v3", About: "ChirpStack v3: json_v3, json and protobuf",
		Topics:   []string{"application/{application_id}/device/{dev_eui}/event/{event}", "application/{application_id}/device/{dev_eui}/{event}"},
		Member:   member("devEUI"),
		Protobuf: isV3, Decode: DecodeV3,
	}
)

func member(name string) func([]byte, scan.Reader) format.Sign {
	return func(key []byte, _ scan.Reader) format.Sign {
		if string(key) == name {
			return format.Sure
		}
		return format.None
	}
}

// isV4 goes by the types of the first fields:
//
//	event     1 a UUID in text     2 a time   3 deviceInfo
//	log       1 a time             2 deviceInfo
//	txack     1 a number           2 a time   3 deviceInfo
func isV4(payload []byte) bool {
	for w := (wire.New(payload)); w.Next(); {
		if w.Type != protowire.BytesType {
			continue
		}
		switch b := w.Bytes(); {
		case w.Num == 1 && isUUID(b), (w.Num == 2 || w.Num == 3) && isDeviceInfo(b):
			return true
		}
	}
	return false
}

// isV3 looks for the DevEUI: 8 bytes in field 4. What begins with a frame is a gateway's.
func isV3(payload []byte) bool {
	for w := (wire.New(payload)); w.Next(); {
		switch {
		case w.Is(1, protowire.BytesType) && len(w.Bytes()) >= 12:
			return false
		case w.Is(4, protowire.BytesType) && len(w.Bytes()) == 8:
			return true
		}
	}
	return false
}

func isUUID(b []byte) bool {
	return len(b) == 36 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-'
}

// isDeviceInfo says whether b is a message whose field 8 is an EUI in text.
func isDeviceInfo(b []byte) bool {
	for w := (wire.New(b)); w.Next(); {
		if w.Is(8, protowire.BytesType) {
			_, ok := lorawan.DecodeDevEUI(w.Bytes())
			return ok
		}
	}
	return false
}
