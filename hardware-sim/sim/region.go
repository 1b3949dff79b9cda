package sim

import (
	"fmt"
	"math"
	"time"
)

// DataRate is a LoRa data rate of a region.
type DataRate struct {
	SF         int // spreading factor, 7 to 12
	Bandwidth  int // Hz
	MaxPayload int // bytes of FRMPayload with no FOpts (RP002-1.0.3, N with dwell time where the region has one); 0: not for uplinks
}

// String gives Semtech's name of it, e.g. SF7BW125.
func (d DataRate) String() string { return fmt.Sprintf("SF%dBW%d", d.SF, d.Bandwidth/1000) }

// lowRate says whether symbols are so long that the modem's low data rate
// optimisation is on: above 16 ms (AN1200.13).
func (d DataRate) lowRate() bool { return float64(int(1)<<d.SF)/float64(d.Bandwidth) > 0.016 }

// Airtime is how long a frame of n bytes is on air: explicit header, coding rate
// 4/5, 8 symbols of preamble, with or without payload CRC (Semtech AN1200.13,
// section 4; uplinks carry a CRC, downlinks do not).
func (d DataRate) Airtime(n int, crc bool) time.Duration {
	symbol := time.Duration(float64(time.Second) * float64(int(1)<<d.SF) / float64(d.Bandwidth))
	low, check := 0, 0
	if d.lowRate() {
		low = 1
	}
	if crc {
		check = 16
	}
	bits := float64(8*n - 4*d.SF + 28 + check)
	symbols := 8 + max(0, int(math.Ceil(bits/float64(4*(d.SF-2*low))))*5)
	return symbol*time.Duration(symbols) + symbol*1225/100 // 8 + 4.25 symbols of preamble
}

// Sensitivity is the weakest signal a gateway or device receives, in dBm: thermal
// noise of the bandwidth, a noise figure of 6 dB, and the SNR the spreading factor
// needs (Semtech SX1276 data sheet, table 13).
func (d DataRate) Sensitivity() float64 { return noiseFloor(d.Bandwidth) + d.RequiredSNR() }

// RequiredSNR is the SNR in dB at which demodulation begins to fail.
func (d DataRate) RequiredSNR() float64 { return -7.5 - 2.5*float64(d.SF-7) }

const noiseFigure = 6 // dB

func noiseFloor(bandwidth int) float64 {
	return -174 + 10*math.Log10(float64(bandwidth)) + noiseFigure
}

// Channel is an uplink channel: its place in the region's list is its number.
type Channel struct {
	Frequency    uint32 // Hz
	MinDR, MaxDR uint8
}

// band is a stretch of spectrum with a limit on the share of time a transmitter may
// use (ETSI EN 300 220).
type band struct {
	from, to uint32 // Hz
	duty     float64
}

// Region is what RP002-1.0.3 says of one part of the world, as far as class A needs.
type Region struct {
	Name      string // as ChirpStack names its region configuration, e.g. eu868
	TTS       string // as The Things Stack names its band
	Fixed     bool   // its channels are numbered for good, and masked (US915)
	Channels  []Channel
	JoinChans []int // channels a device begins with, by number: the first ones, where not Fixed
	DataRates []DataRate
	DownDR0   int     // index into DataRates at which downlink rates of US915 begin; 0: the same rates
	JoinDRs   []uint8 // tried in turn
	RX2       uint8   // data rate
	RX2Freq   uint32  // Hz
	Power     float64 // dBm EIRP of a device at TXPower 0
	GWPower   float64 // dBm of a gateway
	Dwell     time.Duration
	CFList    []byte
	From, To  uint32 // Hz, its band
	bands     []band
}

// Windows of class A (RP002-1.0.3, section 3.2.2).
const (
	joinDelay1 = 5 * time.Second
	joinDelay2 = 6 * time.Second
	rxDelay1   = time.Second
	rxDelay2   = 2 * time.Second
)

// Regions are those the simulator knows, by name.
var Regions = map[string]*Region{"eu868": eu868(), "us915": us915(), "as923": as923()}

func eu868() *Region {
	r := &Region{
		Name: "eu868", TTS: "EU_863_870",
		DataRates: []DataRate{{12, 125_000, 51}, {11, 125_000, 51}, {10, 125_000, 51}, {9, 125_000, 115}, {8, 125_000, 222}, {7, 125_000, 222}, {7, 250_000, 222}},
		JoinDRs:   []uint8{5, 4, 3, 2, 1, 0}, JoinChans: []int{0, 1, 2}, RX2: 0, RX2Freq: 869_525_000, From: 863_000_000, To: 870_000_000, Power: 16, GWPower: 16,
		bands: []band{{865_000_000, 868_000_000, 0.01}, {868_000_000, 868_600_000, 0.01}},
	}
	extra := []uint32{867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000}
	for _, f := range append([]uint32{868_100_000, 868_300_000, 868_500_000}, extra...) {
		r.Channels = append(r.Channels, Channel{f, 0, 5})
	}
	r.CFList = frequencyList(extra)
	return r
}

// us915 begins with the second sub-band, channels 8 to 15 and 65, as most networks use
// it; a network's masks may send its devices elsewhere.
func us915() *Region {
	r := &Region{
		Name: "us915", TTS: "US_902_928", Fixed: true,
		DataRates: []DataRate{
			{10, 125_000, 11}, {9, 125_000, 53}, {8, 125_000, 125}, {7, 125_000, 242}, {8, 500_000, 242}, {}, {}, {},
			{12, 500_000, 0}, {11, 500_000, 0}, {10, 500_000, 0}, {9, 500_000, 0}, {8, 500_000, 0}, {7, 500_000, 0},
		},
		DownDR0: 8, JoinDRs: []uint8{0, 4}, RX2: 8, RX2Freq: 923_300_000, From: 902_000_000, To: 928_000_000, Power: 30, GWPower: 27, Dwell: 400 * time.Millisecond,
	}
	for i := range 64 {
		r.Channels = append(r.Channels, Channel{902_300_000 + uint32(i)*200_000, 0, 3})
	}
	for i := range 8 {
		r.Channels = append(r.Channels, Channel{903_000_000 + uint32(i)*1_600_000, 4, 4})
		r.JoinChans = append(r.JoinChans, 8+i)
	}
	r.JoinChans = append(r.JoinChans, 65)
	// Channel masks: channels 8 to 15 and 65 (RP002-1.0.3, section 2.5.4; CFListType 1).
	r.CFList = []byte{0x00, 0xff, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 1}
	return r
}

func as923() *Region {
	r := &Region{
		Name: "as923", TTS: "AS_923",
		DataRates: []DataRate{{12, 125_000, 0}, {11, 125_000, 0}, {10, 125_000, 11}, {9, 125_000, 53}, {8, 125_000, 125}, {7, 125_000, 242}, {7, 250_000, 242}},
		JoinDRs:   []uint8{2, 3, 4, 5}, JoinChans: []int{0, 1}, RX2: 2, RX2Freq: 923_200_000, From: 915_000_000, To: 928_000_000, Power: 16, GWPower: 16, Dwell: 400 * time.Millisecond,
		bands: []band{{923_000_000, 923_500_000, 0.01}, {922_000_000, 923_000_000, 0.01}, {923_500_000, 925_000_000, 0.01}},
	}
	extra := []uint32{922_200_000, 922_400_000, 922_600_000, 922_800_000, 923_000_000}
	for _, f := range append([]uint32{923_200_000, 923_400_000}, extra...) {
		r.Channels = append(r.Channels, Channel{f, 2, 5})
	}
	r.CFList = frequencyList(extra)
	return r
}

// frequencyList is a CFList of type 0: five channels in units of 100 Hz.
func frequencyList(f []uint32) []byte {
	b := make([]byte, 0, 16)
	for _, hz := range f {
		n := hz / 100
		b = append(b, byte(n), byte(n>>8), byte(n>>16))
	}
	return append(b, 0)
}

// Number is the number of the channel with a frequency and a data rate, as a network of
// the region's own plan counts: the MIC of LoRaWAN 1.1 covers it.
func (r *Region) Number(freq uint32, dr uint8) uint8 {
	for i, c := range r.Channels {
		if c.Frequency == freq && dr >= c.MinDR && dr <= c.MaxDR {
			return uint8(i)
		}
	}
	return 0
}

// RX1 is the window an uplink opens first.
func (r *Region) RX1(freq uint32, dr uint8) (down uint32, rate uint8) {
	if r.Fixed {
		return 923_300_000 + uint32(r.Number(freq, dr)%8)*600_000, min(dr+10, 13)
	}
	return freq, min(dr, 5)
}

// demodulator is which of a gateway's an uplink came through: eight for 125 kHz, and
// one for the rest.
func (r *Region) demodulator(number int) int {
	switch {
	case !r.Fixed:
		return number
	case number >= 64:
		return 8
	}
	return number % 8
}

// covers says whether a frequency lies in the region's band.
func (r *Region) covers(freq uint32) bool { return freq >= r.From && freq <= r.To }

// duty is the share of time a device may send on a frequency; 1: no limit.
func (r *Region) duty(freq uint32) (name uint32, share float64) {
	for _, b := range r.bands {
		if freq >= b.from && freq < b.to {
			return b.from, b.duty
		}
	}
	return 0, 1
}

// lowestDR is the slowest data rate that takes n bytes of FRMPayload and FOpts.
func (r *Region) lowestDR(n int) (uint8, bool) {
	for i, d := range r.DataRates {
		if d.MaxPayload >= n && d.MaxPayload > 0 && r.channelFor(uint8(i)) {
			return uint8(i), true
		}
	}
	return 0, false
}

// highestDR is the fastest data rate of the 125 kHz channels.
func (r *Region) highestDR() uint8 { return r.Channels[0].MaxDR }

// DownRate finds a downlink data rate by its modulation, bandwidth in Hz.
func (r *Region) DownRate(sf, bandwidth int) (uint8, bool) { return r.dataRate(sf, bandwidth, true) }

func (r *Region) channelFor(dr uint8) bool {
	for _, c := range r.Channels {
		if dr >= c.MinDR && dr <= c.MaxDR {
			return true
		}
	}
	return false
}

// dataRate finds a rate by its modulation, among the uplink or the downlink rates.
func (r *Region) dataRate(sf, bandwidth int, down bool) (uint8, bool) {
	for i, d := range r.DataRates {
		if d.SF != sf || d.Bandwidth != bandwidth || r.DownDR0 > 0 && down != (i >= r.DownDR0) {
			continue
		}
		return uint8(i), true
	}
	return 0, false
}
