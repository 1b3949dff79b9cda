package sim

import (
	"errors"
	"time"
)

// Transmit has a gateway send. The error says why it cannot, in the words of the
// Semtech protocol: TOO_LATE, TOO_EARLY.
func (w *World) Transmit(dl Downlink) error {
	switch ahead := dl.At.Sub(w.now); {
	case ahead < 0:
		return errors.New("TOO_LATE")
	case ahead > 20*time.Second:
		return errors.New("TOO_EARLY")
	}
	if dl.Power == 0 {
		dl.Power = w.region.GWPower
	}
	dl.Gateway.Sent++
	w.at(dl.At, func() { w.down(dl) })
	return nil
}

// down is a downlink on air: who listens?
func (w *World) down(dl Downlink) {
	j := -1
	for i, g := range w.gateways {
		if g == dl.Gateway {
			j = i
		}
	}
	if int(dl.DR) >= len(w.region.DataRates) {
		return
	}
	rate := w.region.DataRates[dl.DR]
	for i, d := range w.devices {
		if !d.hears(w.now, dl.Frequency, dl.DR) {
			continue
		}
		_, snr, ok := w.setup.Radio.hear(w.radioRNG, w.links[[2]int{i, j}], dl.Power, rate)
		if !ok {
			continue
		}
		w.at(w.now.Add(rate.Airtime(len(dl.PHY), false)), func() {
			was := d.Joined()
			switch got, err := d.receive(dl.PHY, snr); {
			case err != nil:
			case got != nil:
				w.received(got)
			case !was && d.Joined():
				w.joined(d)
			}
		})
	}
}

// received tells of a downlink, and has a device of class C acknowledge it.
func (w *World) received(r *Received) {
	if w.Received != nil && r.FPort > 0 {
		w.Received(r)
	}
	d := r.Device
	if !r.Confirmed || !d.ClassC {
		return
	}
	session := d.session
	w.at(w.now.Add(ackWithin), func() {
		if d.ack && d.session == session && d.busy == 0 {
			w.uplink(d, d.acknowledgement(), nil, "")
		}
	})
}
