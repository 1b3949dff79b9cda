package lorawan

import "time"

// Hear adds one gateway's reception to the uplink and keeps the quality of the
// best: by signal-to-noise ratio, then by strength, as network servers rank them.
// at is the gateway's time of reception, zero if it has no clock; the best
// reception's counts, or any if that has none.
func (u *Uplink) Hear(rssi int, snr float64, at time.Time) {
	u.Gateways++
	best := u.Gateways == 1 || snr > u.SNR || snr == u.SNR && rssi > u.RSSI
	if best {
		u.RSSI, u.SNR = rssi, snr
	}
	if best && !at.IsZero() || u.Gateway.IsZero() {
		u.Gateway = at
	}
}

// Base64DevEUI reads an EUI-64 in standard base64: 11 characters and a `=`.
func Base64DevEUI(b []byte) (DevEUI, bool) {
	if len(b) != 12 {
		return DevEUI{}, false
	}
	return base64EUI(b)
}
