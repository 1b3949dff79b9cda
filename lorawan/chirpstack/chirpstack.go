// Package chirpstack reads the application events ChirpStack publishes: v4 as JSON
// and as protobuf, v3 by its three marshalers.
//
// It decodes what a reading needs and checks the rest for soundness only: fields
// of later versions and of vendors' forks are accepted and ignored. It refuses to
// know how an event arrived and whether anybody bought it.
//
// The formats are those of the published API definitions: package integration of
// chirpstack/api/go/v4 4.18 and package as/integration of
// brocaar/chirpstack-api/go/v3 3.12. Absent numbers are 0 and absent switches off:
// ChirpStack leaves such values out of protobuf, of the gateways' part of JSON, and
// before 4.1 of all JSON.
package chirpstack

import (
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Decode reads an event of ChirpStack v4, JSON or protobuf, into u. Only Network
// of u is kept; Data, Object and the ids may alias the payload. The error wraps
// lorawan.ErrMalformed and names the place, never the content.
func Decode(payload []byte, u *lorawan.Uplink) error {
	*u = lorawan.Uplink{Network: u.Network}
	var err error
	if lorawan.IsJSON(payload) {
		err = decodeJSON(payload, u)
	} else {
		err = decodeProtobuf(payload, u)
	}
	if err == nil {
		return nil
	}
	*u = lorawan.Uplink{Network: u.Network}
	return fmt.Errorf("%w of ChirpStack v4: %w", lorawan.ErrMalformed, err)
}

var errNoDevice = errors.New("it names no device (deviceInfo.devEui)")

// ownerTag is the device tag by which an owner proves control of a device.
const ownerTag = "dbdao_owner"

// parseDevAddr reads 8 hexadecimal digits.
func parseDevAddr(u *lorawan.Uplink, b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if err := u.DevAddr.UnmarshalText(b); err != nil {
		return false
	}
	u.Session = u.DevAddr.String()
	return true
}

// codeRates of LoRa, as v4 writes them in JSON (enum CodeRate) and as everybody
// else does. The index is the number in v4's protobuf.
var codeRates = [...]struct{ v4, plain string }{
	{"CR_UNDEFINED", ""}, {"CR_4_5", "4/5"}, {"CR_4_6", "4/6"}, {"CR_4_7", "4/7"}, {"CR_4_8", "4/8"}, {"CR_3_8", "3/8"}, {"CR_2_6", "2/6"},
	{"CR_1_4", "1/4"}, {"CR_1_6", "1/6"}, {"CR_5_6", "5/6"}, {"CR_LI_4_5", "4/5LI"}, {"CR_LI_4_6", "4/6LI"}, {"CR_LI_4_8", "4/8LI"},
}

// codeRate reads either way of writing; what it does not know is left out.
func codeRate(text []byte) string {
	for i := range codeRates {
		if c := &codeRates[i]; string(text) == c.v4 || string(text) == c.plain {
			return c.plain
		}
	}
	return ""
}

// logCodes by their numbers in v4's protobuf (enum LogCode) and v3's (enum
// ErrorType).
var (
	logCodes = [...]lorawan.LogCode{
		lorawan.LogUnknown, lorawan.LogDownlinkPayloadSize, lorawan.LogUplinkCodec, lorawan.LogDownlinkCodec, lorawan.LogOTAA, lorawan.LogUplinkFCntReset,
		lorawan.LogUplinkMIC, lorawan.LogUplinkFCntRetransmit, lorawan.LogDownlinkGateway, lorawan.LogRelayNewEndDevice, lorawan.LogFCntDown, lorawan.LogExpired,
	}
	errorTypes = [...]lorawan.LogCode{
		lorawan.LogUnknown, lorawan.LogDownlinkPayloadSize, lorawan.LogFCntDown, lorawan.LogUplinkCodec, lorawan.LogDownlinkCodec, lorawan.LogOTAA,
		lorawan.LogUplinkFCntReset, lorawan.LogUplinkMIC, lorawan.LogUplinkFCntRetransmit, lorawan.LogDownlinkGateway,
	}
)

func numbered(codes []lorawan.LogCode, n uint64) lorawan.LogCode {
	if n < uint64(len(codes)) {
		return codes[n]
	}
	return lorawan.LogUnknown
}

// locationSources by their numbers in the protobuf of v4 and v3 (enum
// LocationSource of package common).
var locationSources = [...]struct {
	name   string
	source lorawan.LocationSource
}{
	{"UNKNOWN", lorawan.LocationUnknown}, {"GPS", lorawan.LocationGPS}, {"CONFIG", lorawan.LocationRegistry}, {"GEO_RESOLVER_TDOA", lorawan.LocationNetwork},
	{"GEO_RESOLVER_RSSI", lorawan.LocationNetwork}, {"GEO_RESOLVER_GNSS", lorawan.LocationNetwork}, {"GEO_RESOLVER_WIFI", lorawan.LocationNetwork},
}

func locationSource(text []byte) lorawan.LocationSource {
	for i := range locationSources {
		if string(text) == locationSources[i].name {
			return locationSources[i].source
		}
	}
	return lorawan.LocationUnknown
}
