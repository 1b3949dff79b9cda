// Package chirpstack reads the application events ChirpStack publishes.
//
// It decodes what a reading needs and checks the rest for soundness only: fields
// of later versions and of vendors' forks are accepted and ignored. It refuses to
// know how an event arrived and whether anybody bought it.
package chirpstack

import (
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Decode reads an event of ChirpStack v4, JSON or protobuf, into u. Only Network
// of u is kept; Data and Object may alias the payload. The error wraps
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
