package lorawan

import (
	"encoding/binary"
	"slices"
	"time"
)

// Hear adds one reception by a gateway of its own to the uplink and keeps the
// quality of the best: by signal-to-noise ratio (dB), then by strength (dBm), as
// network servers rank them. at is the gateway's time of reception, zero if it has
// no clock; the best reception's counts, or any if that has none.
//
// [Receptions] tells the gateways apart where one may be listed twice.
func (u *Uplink) Hear(rssi int, snr float64, at time.Time) {
	u.hear(true, rssi, snr, at)
}

func (u *Uplink) hear(newGateway bool, rssi int, snr float64, at time.Time) {
	best := u.Gateways == 0 || snr > u.SNR || snr == u.SNR && rssi > u.RSSI
	if newGateway {
		u.Gateways++
	}
	if best {
		u.RSSI, u.SNR = rssi, snr
	}
	if best && !at.IsZero() || u.Gateway.IsZero() {
		u.Gateway = at
	}
}

// GatewayKey tells gateways apart within one uplink. 0 is a gateway without a
// name: it is taken for one of its own.
type GatewayKey uint64

const fnvOffset GatewayKey = 14695981039346656037

// KeyOfEUI makes a key of a gateway's EUI-64.
func KeyOfEUI(e [8]byte) GatewayKey {
	if k := GatewayKey(binary.BigEndian.Uint64(e[:])); k != 0 {
		return k
	}
	return fnvOffset // gateways nobody has set up call themselves 0
}

// And adds a part of a name (FNV-1a, 64 bits). Two names that collide make one
// gateway of two: a count is off by one, nobody's money is.
func (k GatewayKey) And(part []byte) GatewayKey {
	if k == 0 {
		k = fnvOffset
	}
	for _, c := range part {
		k = (k ^ GatewayKey(c)) * 1099511628211
	}
	return (k ^ 0xff) * 1099511628211 // no byte of UTF-8: parts do not run together
}

// Receptions hears one uplink by several gateways. A gateway with two antennas
// reports twice and counts once.
type Receptions struct {
	few  [8]GatewayKey
	n    int
	many map[GatewayKey]struct{}
}

// Hear is Uplink.Hear for a gateway that may have been heard before.
func (r *Receptions) Hear(u *Uplink, gateway GatewayKey, rssi int, snr float64, at time.Time) {
	u.hear(gateway == 0 || r.isNew(gateway), rssi, snr, at)
}

func (r *Receptions) isNew(k GatewayKey) bool {
	if slices.Contains(r.few[:r.n], k) {
		return false
	}
	if r.n < len(r.few) {
		r.few[r.n] = k
		r.n++
		return true
	}
	if _, heard := r.many[k]; heard {
		return false
	}
	if r.many == nil {
		r.many = make(map[GatewayKey]struct{})
	}
	r.many[k] = struct{}{}
	return true
}

// Base64DevEUI reads an EUI-64 in standard base64: 11 characters and a `=`.
func Base64DevEUI(b []byte) (DevEUI, bool) {
	if len(b) != 12 {
		return DevEUI{}, false
	}
	return base64EUI(b)
}
