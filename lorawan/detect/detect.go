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
	ChirpStackV4 Format = "chirpstack-v4"
	ChirpStackV3 Format = "chirpstack-v3"
	TheThings    Format = "the-things-stack"
	Gateway      Format = "gateway" // a raw frame, before any network server
)

// Decode finds the format and decodes, like the Decode of its package.
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

// Of tells whose event it is. It reads no further than it must.
func Of(payload []byte) Format {
	if lorawan.IsJSON(payload) {
		return ofJSON(payload)
	}
	return ofProtobuf(payload)
}

func ofJSON(payload []byte) Format {
	r := scan.New(payload)
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "deviceInfo":
			return ChirpStackV4
		case "devEUI":
			return ChirpStackV3
		case "end_device_ids":
			return TheThings
		case "phyPayload", "gatewayId":
			return Gateway
		case "gatewayID":
			if !r.IsObject() { // a state message; ChirpStack v3 tells the device first
				return Gateway
			}
			r.Skip()
		case "result", "data":
			if r.IsObject() {
				return TheThings
			}
			r.Skip()
		default:
			r.Skip()
		}
	}
	return Unknown
}

// ofProtobuf goes by the first fields: ChirpStack v4 begins with a UUID in text or
// with a time, v3 with a number and has the DevEUI as 8 bytes in field 4.
func ofProtobuf(payload []byte) Format {
	numbered := false
	for b := payload; len(b) > 0; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return Unknown
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(num, typ, b)
		if size < 0 {
			return Unknown
		}
		value := b[:size]
		b = b[size:]
		switch {
		case num == 1 && typ == protowire.BytesType:
			return ChirpStackV4
		case num == 1 && typ == protowire.VarintType:
			numbered = true
		case num == 4 && typ == protowire.BytesType && len(value) == 9:
			return ChirpStackV3
		case num == 3 && typ == protowire.BytesType && numbered && embedded(value):
			return ChirpStackV4 // a txack: downlinkId, time, deviceInfo
		}
	}
	return Unknown
}

// embedded says whether a field is a deviceInfo: a message whose field 8 is an EUI
// in text.
func embedded(value []byte) bool {
	b, n := protowire.ConsumeBytes(value)
	for n >= 0 && len(b) > 0 {
		num, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return false
		}
		b = b[size:]
		if size = protowire.ConsumeFieldValue(num, typ, b); size < 0 {
			return false
		}
		if num == 8 && typ == protowire.BytesType {
			return size == 17
		}
		b = b[size:]
	}
	return false
}
