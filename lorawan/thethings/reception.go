package thethings

import (
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

func (d *decoder) receptions() {
	r := &d.r
	if r.IsNull() {
		return
	}
	var heard lorawan.Receptions
	for r.Array(); r.NextItem(); {
		r.Describe(func(*scan.Reader) { d.reception(&heard) })
	}
}

// reception reads one of rx_metadata, of which there is one per antenna. gps_time
// stands in for time.
func (d *decoder) reception(heard *lorawan.Receptions) {
	r := &d.r
	var seen uint64
	var gateway, broker lorawan.GatewayKey
	var rssi, snr float64
	var at, gps time.Time
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "gateway_ids":
			r.Once(&seen, 0)
			gateway = d.gateway()
		case "packet_broker":
			r.Once(&seen, 1)
			broker = d.forwarder()
		case "rssi":
			r.Once(&seen, 2)
			rssi = r.Float()
		case "snr":
			r.Once(&seen, 3)
			snr = r.Float()
		case "time":
			r.Once(&seen, 4)
			at = r.Time()
		case "gps_time":
			r.Once(&seen, 5)
			gps = r.Time()
		case "relay": // names the relay by its free name only
			r.Once(&seen, 6)
			if !r.IsNull() {
				d.u.Relayed = true
				r.Skip()
			}
		default:
			r.Skip()
		}
	}
	if rssi < -1000 || rssi > 1000 {
		r.Fail("rssi is out of range")
		return
	}
	if broker != 0 {
		gateway = broker
	}
	if at.IsZero() {
		at = gps
	}
	if r.Err() == nil {
		heard.Hear(d.u, gateway, int(rssi), snr, at)
	}
}

// gateway reads gateway_ids. All receptions through Packet Broker have the id
// packetbroker, which therefore names nobody.
func (d *decoder) gateway() (k lorawan.GatewayKey) {
	r := &d.r
	if r.IsNull() {
		return 0
	}
	var seen uint64
	var id, eui []byte
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "gateway_id":
			r.Once(&seen, 0)
			id = r.Text()
		case "eui":
			r.Once(&seen, 1)
			eui = r.Text()
		default:
			r.Skip()
		}
	}
	switch e, ok := lorawan.DecodeDevEUI(eui); {
	case ok:
		return lorawan.KeyOfEUI(e)
	case len(id) > 0 && string(id) != "packetbroker":
		return k.And(id)
	}
	return 0
}

// forwarder reads packet_broker: a gateway is named by the network and tenant that
// forwarded its reception, and by its EUI or its id there.
func (d *decoder) forwarder() (k lorawan.GatewayKey) {
	r := &d.r
	if r.IsNull() {
		return 0
	}
	var seen uint64
	var part [4][]byte // net id, tenant, id, EUI
	for r.Object(); r.Next(); {
		which := uint(0)
		switch string(r.Key()) {
		case "forwarder_net_id":
		case "forwarder_tenant_id":
			which = 1
		case "forwarder_gateway_id":
			which = 2
		case "forwarder_gateway_eui":
			which = 3
		default:
			r.Skip()
			continue
		}
		r.Once(&seen, which)
		part[which] = r.Text()
	}
	if len(part[2]) == 0 && len(part[3]) == 0 {
		return 0
	}
	for _, p := range part {
		k = k.And(p)
	}
	return k
}

// settings reads the frequency, which is a number in a string, the data rate, and
// what versions before 3.19 told beside it.
func (d *decoder) settings() {
	r := &d.r
	if r.IsNull() {
		return
	}
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "frequency":
			r.Once(&d.seen, inFrequency)
			d.u.Frequency = uint32(r.Uint(32))
		case "data_rate_index":
			r.Once(&d.seen, inDataRateIndex)
			d.u.DR = uint8(r.Uint(8))
			d.u.HasDR = r.Err() == nil
		case "data_rate":
			r.Once(&d.seen, inDataRate)
			d.dataRate()
		case "coding_rate":
			r.Once(&d.seen, inCodingRate)
			d.u.CodeRate = codeRate(r.Text())
		default:
			r.Skip()
		}
	}
}

// dataRate reads a data_rate; of FSK and LR-FHSS nothing is kept.
func (d *decoder) dataRate() {
	r := &d.r
	if r.IsNull() {
		return
	}
	for r.Object(); r.Next(); {
		if string(r.Key()) != "lora" || !r.IsObject() {
			r.Skip()
			continue
		}
		var seen uint64
		for r.Object(); r.Next(); {
			switch string(r.Key()) {
			case "bandwidth":
				r.Once(&seen, 0)
				d.u.Bandwidth = uint32(r.Uint(32))
			case "spreading_factor":
				r.Once(&seen, 1)
				d.u.SpreadingFactor = uint8(r.Uint(8))
			case "coding_rate":
				r.Once(&d.seen, inCodingRate)
				d.u.CodeRate = codeRate(r.Text())
			default:
				r.Skip()
			}
		}
	}
}

// codeRate keeps what LoRa has.
func codeRate(text []byte) string {
	for _, c := range [...]string{"4/5", "4/6", "4/7", "4/8", "4/5LI", "4/6LI", "4/8LI"} {
		if string(text) == c {
			return c
		}
	}
	return ""
}

// locations reads the device's positions by where they come from. What the device
// sent goes before what a service found, that before what somebody typed in.
func (d *decoder) locations() {
	r := &d.r
	if r.IsNull() {
		return
	}
	best := 0
	for r.Object(); r.Next(); {
		rank, source := 2, lorawan.LocationNetwork
		switch string(r.Key()) {
		case "frm-payload":
			rank, source = 3, lorawan.LocationPayload
		case "user":
			rank, source = 1, lorawan.LocationRegistry
		}
		if at := d.location(source); at.Source != "" && rank > best {
			d.u.Location, best = at, rank
		}
	}
}

// location reads a position. What it says of its source itself is not looked at:
// the key it stands under says more.
func (d *decoder) location(source lorawan.LocationSource) lorawan.Location {
	r := &d.r
	if r.IsNull() {
		return lorawan.Location{}
	}
	var seen uint64
	var n [4]float64
	for r.Object(); r.Next(); {
		which := uint(0)
		switch string(r.Key()) {
		case "latitude":
		case "longitude":
			which = 1
		case "altitude":
			which = 2
		case "accuracy":
			which = 3
		default:
			r.Skip()
			continue
		}
		r.Once(&seen, which)
		n[which] = r.Float()
	}
	return lorawan.At(n[0], n[1], n[2], n[3], source)
}

// solved reads a location_solved.
func (d *decoder) solved() {
	r := &d.r
	for r.Object(); r.Next(); {
		if string(r.Key()) != "location" {
			r.Skip()
			continue
		}
		r.Once(&d.seen, inSolved)
		d.u.Location = d.location(lorawan.LocationNetwork)
	}
}

// attributes looks for the owner's mark; the stack's attribute names have no
// underscores.
func (d *decoder) attributes() {
	r := &d.r
	if r.IsNull() {
		return
	}
	var seen uint64
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "dbdao-owner", "dbdao_owner":
			r.Once(&seen, 0)
			d.u.Owner = r.String()
		default:
			r.Skip()
		}
	}
}
