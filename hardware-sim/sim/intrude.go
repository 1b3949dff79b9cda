package sim

import (
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// damaged flips a bit of the encrypted part: the radio's own CRC has not noticed.
func damaged(phy []byte) []byte {
	b := append([]byte(nil), phy...)
	b[len(b)-6] ^= 0x10
	return b
}

// intrude sends foreign bytes from where a device stands, as it sent before.
func (w *World) intrude(as *Transmission, phy []byte, fault Fault, carried *Reading) {
	rate := w.region.DataRates[as.DR]
	t := &Transmission{PHY: phy, Start: w.now, End: w.now.Add(rate.Airtime(len(phy), true)), Channel: as.Channel, Frequency: as.Frequency, DR: as.DR,
		Power: w.region.Power, device: as.device, fault: fault, carried: carried}
	w.at(t.End, func() { w.ended(t) })
}

// spoof sends a frame under a device's address that is sealed with a foreign key.
func (w *World) spoof(as *Transmission) {
	d := as.device
	if !d.Joined() {
		return
	}
	var k lorawan.Key
	for i := range k {
		k[i] = byte(w.faultRNG.Uint32())
	}
	s := lorawan.NewSession(lorawan.LoRaWAN10, d.DevAddr(), lorawan.Keys10(k, k))
	phy, err := s.SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, HasPort: true, FPort: d.Form.port(), Payload: []byte{1, 103, 3, 0xe8}}, d.fCnt+5, lorawan.Radio{})
	if err == nil {
		w.intrude(as, phy, FaultSpoofed, nil)
	}
}

// flood sends frames of devices nobody knows.
func (w *World) flood(as *Transmission) {
	for i := range floodSize {
		var k lorawan.Key
		k[0] = byte(i)
		addr := lorawan.DevAddr{0xfc, byte(w.faultRNG.Uint32()), byte(w.faultRNG.Uint32()), byte(i)}
		phy, err := lorawan.NewSession(lorawan.LoRaWAN10, addr, lorawan.Keys10(k, k)).
			SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, HasPort: true, FPort: 1, Payload: []byte{byte(i)}}, uint32(i), lorawan.Radio{})
		if err != nil {
			continue
		}
		w.at(w.now.Add(time.Duration(i)*20*time.Millisecond), func() { w.intrude(as, phy, FaultFlood, nil) })
	}
}
