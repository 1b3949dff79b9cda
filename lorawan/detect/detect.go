// Package detect decodes an event of any network server, telling their formats
// apart by the payload alone, so that one subscriber can serve mixed servers.
//
// It knows what tells formats apart and leaves the formats to their packages.
package detect

import (
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/chirpstack"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/thethings"
	"google.golang.org/protobuf/encoding/protowire"
)

// Format names a network server's way of writing events.
type Format string

// The formats.
const (
	Unknown      Format = "unknown"
	ChirpStackV4 Format = "chirpstack-v4"    // JSON and protobuf
	ChirpStackV3 Format = "chirpstack-v3"    // json_v3, json and protobuf
	TheThings    Format = "the-things-stack" // The Things Stack v3: MQTT, webhooks, console copies, lines of the Storage Integration and of the event stream
	Gateway      Format = "gateway"          // a raw frame or a gateway's state, before any network server
)

// Decode finds the format and decodes, like the Decode of its package: only Network
// of u is kept, and its slices may alias the payload. An error wraps
// lorawan.ErrMalformed and never quotes the payload; u is then empty.
func Decode(payload []byte, u *lorawan.Uplink) error {
	switch f := Of(payload); f {
	case ChirpStackV4:
		return chirpstack.Decode(payload, u)
	case ChirpStackV3:
		return chirpstack.DecodeV3(payload, u)
	case TheThings:
		return thethings.Decode(payload, u)
	case Gateway:
		*u = lorawan.Uplink{Network: u.Network}
		return fmt.Errorf("%w: it is a gateway's, not a network server's: subscribe to the application's topics", lorawan.ErrMalformed)
	}
	*u = lorawan.Uplink{Network: u.Network}
	return fmt.Errorf("%w: of no network server the bridge knows", lorawan.ErrMalformed)
}

// Of tells whose event it is, whatever the order of its members. It reads no
// further than it must; the soundness of the rest is the decoders' to check.
func Of(payload []byte) Format {
	if lorawan.IsJSON(payload) {
		return ofJSON(payload)
	}
	return ofProtobuf(payload)
}

func ofJSON(payload []byte) Format {
	hint := Unknown // what it is if nothing better follows
	r := scan.New(payload)
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "deviceInfo":
			return ChirpStackV4
		case "devEUI":
			return ChirpStackV3
		case "end_device_ids":
			return TheThings
		case "phyPayload":
			return Gateway
		case "gatewayId", "gatewayID": // of a gateway's state, or of a txack
			hint = Gateway
			r.Skip()
		case "result", "data": // the wrappers of a Storage Integration's line, a console copy, an event stream's line
			if !r.IsObject() {
				r.Skip()
			} else if wrapsTheThings(&r, 1) {
				return TheThings
			}
		default:
			r.Skip()
		}
	}
	if r.Err() != nil {
		return Unknown
	}
	return hint
}

// wrapsTheThings looks into an object for a message of The Things Stack, with so many
// wrappers around it.
func wrapsTheThings(r *scan.Reader, wrappers int) bool {
	for r.Object(); r.Next(); {
		switch key := string(r.Key()); {
		case key == "end_device_ids":
			return true
		case key == "data" && wrappers > 0 && r.IsObject():
			if wrapsTheThings(r, wrappers-1) {
				return true
			}
		default:
			r.Skip()
		}
	}
	return false
}

// ofProtobuf goes by the types of the first fields:
//
//	v4           1 a UUID in text     2 a time   3 deviceInfo
//	v4 log       1 a time             2 deviceInfo
//	v4 txack     1 a number           2 a time   3 deviceInfo
//	v3           1 a number           …          4 the DevEUI, 8 bytes
//	gateway      1 the frame          and messages in 4 and 5 (v4) or 2 and 3 (v3)
func ofProtobuf(payload []byte) Format {
	var frame bool
	var messages uint32 // bit n: field n is bytes
	for b := payload; len(b) > 0; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return Unknown
		}
		b = b[n:]
		if typ != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
				return Unknown
			}
			b = b[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return Unknown
		}
		b = b[n:]
		if num < 32 {
			messages |= 1 << num
		}
		switch {
		case num == 1 && isUUID(value):
			return ChirpStackV4
		case num == 1:
			frame = len(value) >= 12 && len(value) <= 255 // a PHYPayload
		case (num == 2 || num == 3) && isDeviceInfo(value):
			return ChirpStackV4
		case num == 4 && len(value) == 8 && !frame:
			return ChirpStackV3
		}
	}
	const v4, v3 = 1<<4 | 1<<5, 1<<2 | 1<<3
	if frame && (messages&v4 == v4 || messages&v3 == v3) {
		return Gateway
	}
	return Unknown
}

func isUUID(b []byte) bool {
	return len(b) == 36 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-'
}

// isDeviceInfo says whether b is a message whose field 8 is an EUI in text.
func isDeviceInfo(b []byte) bool {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return false
		}
		if num == 8 && typ == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(b)
			_, ok := lorawan.DecodeDevEUI(value)
			return ok
		}
		b = b[n:]
	}
	return false
}
