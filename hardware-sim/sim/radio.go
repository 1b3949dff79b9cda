package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// Place is where something stands.
type Place struct {
	Latitude, Longitude float64 // degrees, WGS 84
	Altitude            float64 // m
}

const metresPerDegree = 111_320

// moved is a place so many metres to the north and the east.
func (p Place) moved(north, east float64) Place {
	p.Latitude += north / metresPerDegree
	p.Longitude += east / (metresPerDegree * math.Cos(p.Latitude*math.Pi/180))
	return p
}

// distance between places in metres, good for the tens of kilometres of LoRa.
func distance(a, b Place) float64 {
	north := (a.Latitude - b.Latitude) * metresPerDegree
	east := (a.Longitude - b.Longitude) * metresPerDegree * math.Cos((a.Latitude+b.Latitude)/2*math.Pi/180)
	return math.Sqrt(north*north + east*east + (a.Altitude-b.Altitude)*(a.Altitude-b.Altitude))
}

// Propagation is the log-distance model: loss = Reference + 10·Exponent·log10(d/1 km)
// + shadowing of the link + fading of the frame. Its zero value stands for what
// Petäjäjärvi and others measured for LoRa at 868 MHz in Oulu (ITST 2015).
type Propagation struct {
	Reference float64 // dB at 1 km
	Exponent  float64
	Shadowing float64 // standard deviation in dB, the same for all frames of a link
	Fading    float64 // standard deviation in dB, new for each frame
}

func (p Propagation) orOulu() Propagation {
	if p == (Propagation{}) {
		return Propagation{Reference: 128.95, Exponent: 2.32, Shadowing: 4, Fading: 1.5}
	}
	return p
}

// link is the way between one device and one gateway.
type link struct {
	loss float64 // dB, without fading
}

func (p Propagation) link(rng *rand.Rand, a, b Place) link {
	d := max(distance(a, b), 1)
	return link{loss: p.Reference + 10*p.Exponent*math.Log10(d/1000) + rng.NormFloat64()*p.Shadowing}
}

// hear gives what arrives of a frame sent with so many dBm, and whether it is enough.
func (p Propagation) hear(rng *rand.Rand, l link, power float64, d DataRate) (rssi, snr float64, ok bool) {
	rssi = power - l.loss + rng.NormFloat64()*p.Fading
	snr = rssi - noiseFloor(d.Bandwidth)
	// An SX1301 reports at most some 14 dB, however strong the signal.
	return math.Round(rssi), math.Round(min(snr, 14)*10) / 10, rssi >= d.Sensitivity()
}

// Transmission is an uplink on air.
type Transmission struct {
	PHY     []byte
	Start   time.Time
	End     time.Time
	Channel int // its number in the device's plan

	Frequency uint32 // Hz
	DR        uint8
	Power     float64 // dBm

	device  *Device
	reading *Reading // nil: no reading in it
	carried *Reading // somebody sends it again
	fault   Fault    // what is wrong with it; "": nothing
}
