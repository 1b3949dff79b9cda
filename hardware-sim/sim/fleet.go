package sim

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Home is where fleets stand if nobody says otherwise: Antwerp.
var Home = Place{Latitude: 51.2194, Longitude: 4.4025, Altitude: 10}

// FleetSetup says what a fleet is made of. Kinds and forms take turns.
type FleetSetup struct {
	Kinds    []string // nil: climate
	Forms    []Form   // nil: lpp
	Version  lorawan.Version
	ABP      bool
	Mixed    bool // OTAA and ABP, 1.0 and 1.1 take turns
	Interval time.Duration
	Center   Place   // zero: Home
	Radius   float64 // m; 0: 1500

	ADR, NoDutyCycle, SkipFCntCheck, Sold    bool
	ClassC, Multicast                        bool // Multicast: they are a group, of class C
	ConfirmEvery, LinkCheckEvery, StatusOnly int
	FCnt                                     uint32
	Owner, Name                              string // Name is the prefix of the names; "": the kind
	First                                    int    // number of the first device, for a second fleet in one world
}

// Fleet makes n devices that differ, from a seed.
func Fleet(seed uint64, n int, f FleetSetup) []DeviceSetup {
	if f.Kinds == nil {
		f.Kinds = []string{"climate"}
	}
	if f.Forms == nil {
		f.Forms = []Form{FormLPP}
	}
	if f.Center == (Place{}) {
		f.Center = Home
	}
	if f.Radius == 0 {
		f.Radius = 1500
	}
	var group *Multicast
	if f.Multicast {
		group = multicastOf(seed, f.First)
	}
	all := make([]DeviceSetup, n)
	for i := range all {
		all[i] = f.member(seed, i, group)
	}
	return all
}

// member is the i-th of a fleet.
func (f *FleetSetup) member(seed uint64, i int, group *Multicast) DeviceSetup {
	no := f.First + i
	rng := source(seed, fmt.Sprintf("fleet/%d", no))
	key := func() (k lorawan.Key) {
		for j := range k {
			k[j] = byte(rng.Uint32())
		}
		return k
	}
	d := DeviceSetup{
		Kind: f.Kinds[i%len(f.Kinds)], Form: f.Forms[i/len(f.Kinds)%len(f.Forms)], Version: f.Version, ABP: f.ABP, Interval: f.Interval,
		AppKey: key(), NwkKey: key(), ADR: f.ADR, NoDutyCycle: f.NoDutyCycle, Sold: f.Sold, Owner: f.Owner,
		ConfirmEvery: f.ConfirmEvery, LinkCheckEvery: f.LinkCheckEvery, StatusOnly: f.StatusOnly, FCnt: f.FCnt, SkipFCntCheck: f.SkipFCntCheck,
		ClassC: f.ClassC || f.Multicast, Multicast: group,
	}
	if f.Mixed {
		d.ABP = i%3 == 2
		if i%2 == 1 {
			d.Version = lorawan.LoRaWAN11
		}
	}
	if d.ABP {
		d.SkipFCntCheck = true // otherwise it is mute for ever after its first restart
	}
	name := f.Name
	if name == "" {
		name = d.Kind
	}
	d.Name = fmt.Sprintf("%s-%d", name, no+1)
	// 70b3d5 is the OUI The Things Industries hands out blocks of; 7edbda0 is nobody's block.
	binary.BigEndian.PutUint64(d.DevEUI[:], 0x70b3d57edb000000|uint64(seed&0xff)<<16|uint64(no))
	binary.BigEndian.PutUint64(d.JoinEUI[:], 0x70b3d57edb000000)
	binary.BigEndian.PutUint32(d.Addr[:], 0x27000000|uint32(seed&0x7f)<<16|uint32(no))
	nwk, app := key(), key()
	d.Keys = lorawan.Keys10(nwk, app)
	if d.Version == lorawan.LoRaWAN11 {
		d.Keys = lorawan.SessionKeys{AppSKey: app, FNwkSIntKey: nwk, SNwkSIntKey: key(), NwkSEncKey: key()}
	}
	r, angle := f.Radius*math.Sqrt(rng.Float64()), 2*math.Pi*rng.Float64()
	d.Place = f.Center.moved(r*math.Sin(angle), r*math.Cos(angle))
	d.Place.Altitude += 1 + 20*rng.Float64()
	return d
}

// multicastOf makes the group of a fleet.
func multicastOf(seed uint64, first int) *Multicast {
	rng := source(seed, fmt.Sprintf("multicast/%d", first))
	m := &Multicast{Name: fmt.Sprintf("hardware-sim group %d of seed %d", first, seed)}
	for i := range m.NwkSKey {
		m.NwkSKey[i], m.AppSKey[i] = byte(rng.Uint32()), byte(rng.Uint32())
	}
	binary.BigEndian.PutUint32(m.Addr[:], 0x27800000|uint32(seed&0x7f)<<16|uint32(first))
	return m
}

// Grid makes n gateways on a ring of a radius in metres around Home.
func Grid(seed uint64, n int, radius float64) []GatewaySetup { return Ring(seed, n, Home, radius) }

// Ring makes n gateways on a ring of a radius in metres, with clocks that are a
// little off.
func Ring(seed uint64, n int, center Place, radius float64) []GatewaySetup {
	all := make([]GatewaySetup, n)
	for i := range all {
		rng := source(seed, fmt.Sprintf("ring/%d", i))
		g := GatewaySetup{Name: fmt.Sprintf("gateway-%d", i+1), Skew: time.Duration(rng.NormFloat64() * float64(300*time.Microsecond))}
		binary.BigEndian.PutUint64(g.ID[:], 0x0016c001ff100000|uint64(seed&0xff)<<8|uint64(i))
		angle := 2 * math.Pi * float64(i) / float64(n)
		g.Place = center.moved(radius*math.Sin(angle), radius*math.Cos(angle))
		g.Place.Altitude = 35
		all[i] = g
	}
	return all
}
