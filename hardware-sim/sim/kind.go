package sim

import (
	"embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Form is how a device writes its values into bytes.
type Form string

// The forms of a payload.
const (
	FormLPP    Form = "lpp"    // Cayenne LPP, FPort 2
	FormBinary Form = "binary" // a vendor's own, with a TS013 codec, FPort 10
	FormSenML  Form = "senml"  // RFC 8428 in JSON, FPort 20
)

// Forms lists them.
var Forms = []Form{FormLPP, FormBinary, FormSenML}

func (f Form) port() uint8 {
	return map[Form]uint8{FormLPP: 2, FormBinary: 10, FormSenML: 20}[f]
}

// Value is one quantity measured.
type Value struct {
	Name  string
	Value float64
}

// Values are what one reading holds, in the order of its kind.
type Values []Value

// MarshalJSON writes an object, members in order.
func (v Values) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, one := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, one.Name)
		b = append(b, ':')
		b = strconv.AppendFloat(b, one.Value, 'f', -1, 64)
	}
	return append(b, '}'), nil
}

// field is one quantity of a kind: its name in an object, and how each form
// writes it.
type field struct {
	name  string
	unit  string // SenML
	lpp   byte   // Cayenne LPP type
	width int    // bytes in the binary form
	sign  bool
	scale float64 // the binary form counts in 1/scale; values are held to this grid
}

// Kind is a model of device.
type Kind struct {
	Name   string
	fields []field
	// measure gives the values at a time; the state is the device's own.
	measure func(w *weather, s *state, at time.Time) []float64
}

// state is what a device remembers between readings, besides its LoRaWAN session.
type state struct {
	rng   *rand.Rand
	home  Place
	base  float64 // whatever makes this device differ from its siblings, 0 to 1
	last  time.Time
	x, y  float64
	total float64
	on    bool
	until time.Time
}

// weather is the same for all devices of a world, and a function of time alone.
type weather struct{ seed uint64 }

// noise is smooth, between -1 and 1, and changes over a period.
func (w *weather) noise(at time.Time, what string, period time.Duration) float64 {
	t := float64(at.UnixNano()) / float64(period)
	k := math.Floor(t)
	knot := func(i float64) float64 {
		return 2*source(w.seed, fmt.Sprintf("weather/%s/%d", what, int64(i))).Float64() - 1
	}
	f := t - k
	f = f * f * (3 - 2*f)
	return knot(k)*(1-f) + knot(k+1)*f
}

// hour of the day, in UTC.
func hour(at time.Time) float64 { return float64(at.Unix()%86_400) / 3600 }

// day is the course of a day: warmest at 15 h, coldest at 3 h.
func day(at time.Time) float64 { return math.Sin((hour(at) - 9) / 24 * 2 * math.Pi) }

// busy is how much people are about: 0 at night, 1 around noon.
func busy(at time.Time) float64 { return max(0, math.Sin((hour(at)-6)/16*math.Pi)) }

func (w *weather) outside(at time.Time) float64 {
	return 11 + 5*day(at) + 6*w.noise(at, "front", 30*time.Hour) + w.noise(at, "cloud", time.Hour)
}

func (w *weather) raining(at time.Time) bool { return w.noise(at, "rain", 3*time.Hour) > 0.7 }

var (
	temperature = field{"temperature", "Cel", 103, 2, true, 10}
	humidity    = field{"humidity", "%RH", 104, 1, false, 2}
	battery     = field{"battery", "V", 116, 2, false, 100}
)

// Kinds are the models there are, by name.
var Kinds = map[string]*Kind{
	"climate": {"climate", []field{temperature, humidity}, func(w *weather, s *state, at time.Time) []float64 {
		inside := 17 + 6*s.base + 1.5*day(at) + 0.15*(w.outside(at)-11)
		return []float64{inside + s.rng.NormFloat64()*0.15, clamp(62-1.4*(inside-17)+8*w.noise(at, "damp", 12*time.Hour)+s.rng.NormFloat64(), 15, 95)}
	}},
	"air": {"air", []field{{"co2", "ppm", 125, 2, false, 1}, {"pm2_5", "ug/m3", 2, 2, true, 100}, temperature}, func(w *weather, s *state, at time.Time) []float64 {
		people := busy(at) * (0.5 + s.base)
		return []float64{
			420 + 900*people*(1+0.3*w.noise(at, "meeting", 40*time.Minute)) + 12*s.rng.NormFloat64(),
			clamp(8+6*w.noise(at, "smog", 8*time.Hour)+4*people+s.rng.NormFloat64()*0.7, 0, 300),
			19 + 3*s.base + 2*people + s.rng.NormFloat64()*0.1,
		}
	}},
	"parking": {"parking", []field{{"occupied", "/", 102, 1, false, 1}, battery}, func(_ *weather, s *state, at time.Time) []float64 {
		if !at.Before(s.until) { // somebody comes, or leaves
			s.on = s.rng.Float64() < 0.15+0.75*busy(at)
			s.until = at.Add(time.Duration((5 + s.rng.ExpFloat64()*40) * float64(time.Minute)))
		}
		return []float64{flag(s.on), drained(s, at)}
	}},
	"soil": {"soil", []field{{"moisture", "%", 104, 1, false, 2}, temperature}, func(w *weather, s *state, at time.Time) []float64 {
		if s.last.IsZero() {
			s.x = 25 + 20*s.base
		}
		hours := since(s, at)
		if w.raining(at) {
			s.x += (48 - s.x) * (1 - math.Exp(-hours/2))
		} else {
			s.x += (12 - s.x) * (1 - math.Exp(-hours/70))
		}
		ground := 10 + 2*day(at.Add(-3*time.Hour)) + 4*w.noise(at.Add(-6*time.Hour), "front", 30*time.Hour)
		return []float64{clamp(s.x+s.rng.NormFloat64()*0.3, 0, 100), ground + s.rng.NormFloat64()*0.1}
	}},
	"water": {"water", []field{{"volume", "l", 100, 4, false, 1}, battery}, func(_ *weather, s *state, at time.Time) []float64 {
		if s.last.IsZero() {
			s.total = math.Floor(s.base * 400_000)
		}
		// Households draw mostly in the morning and the evening; a meter never runs back.
		rate := 2 + 25*math.Exp(-sq(hour(at)-7)/2) + 18*math.Exp(-sq(hour(at)-19)/4)
		s.total += since(s, at) * rate * (0.5 + s.rng.Float64())
		return []float64{math.Floor(s.total), drained(s, at)}
	}},
	"gps": {"gps", []field{
		{"latitude", "lat", 136, 4, true, 10_000}, {"longitude", "lon", 136, 4, true, 10_000}, {"altitude", "m", 136, 3, true, 100},
	}, func(_ *weather, s *state, at time.Time) []float64 {
		hours := min(since(s, at), 1)
		heading := s.rng.Float64() * 2 * math.Pi
		s.x += math.Sin(heading)*3000*hours*(0.2+busy(at)) - s.x*0.1*hours // wanders, and comes home
		s.y += math.Cos(heading)*3000*hours*(0.2+busy(at)) - s.y*0.1*hours
		p := s.home.moved(s.x, s.y)
		return []float64{p.Latitude + s.rng.NormFloat64()*2e-5, p.Longitude + s.rng.NormFloat64()*2e-5, p.Altitude + s.rng.NormFloat64()*3}
	}},
	"leak": {"leak", []field{{"leak", "/", 0, 1, false, 1}, battery}, func(_ *weather, s *state, at time.Time) []float64 {
		if s.on && at.After(s.until) {
			s.on = false
		} else if !s.on && s.rng.Float64() < 0.005 {
			s.on, s.until = true, at.Add(time.Duration(10+s.rng.IntN(120))*time.Minute)
		}
		return []float64{flag(s.on), drained(s, at)}
	}},
}

// KindNames lists the kinds in order.
func KindNames() []string { return slices.Sorted(maps.Keys(Kinds)) }

func clamp(v, low, high float64) float64 { return min(max(v, low), high) }
func sq(v float64) float64               { return v * v }

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// since is the time from the device's last reading, in hours, and takes note of this one.
func since(s *state, at time.Time) float64 {
	last := s.last
	s.last = at
	if last.IsZero() {
		return 0
	}
	return at.Sub(last).Hours()
}

// drained is the voltage of a lithium cell that lasts about ten years.
func drained(s *state, at time.Time) float64 {
	years := float64(at.Unix()%315_360_000) / 31_536_000
	return 3.6 - 0.05*years - 0.1*s.base
}

// sample measures, and rounds to what the device can say.
func (k *Kind) sample(w *weather, s *state, at time.Time) Values {
	raw := k.measure(w, s, at)
	out := make(Values, len(raw))
	for i, f := range k.fields {
		low, high := 0.0, math.Ldexp(1, 8*f.width)-1
		if f.sign {
			low, high = -math.Ldexp(1, 8*f.width-1), math.Ldexp(1, 8*f.width-1)-1
		}
		if f.lpp == 136 { // three bytes in Cayenne LPP
			low, high = -(1 << 23), 1<<23-1
		}
		out[i] = Value{f.name, clamp(math.Round(raw[i]*f.scale), low, high) / f.scale}
	}
	return out
}

// encode writes values in a form.
func (k *Kind) encode(form Form, v Values) []byte {
	switch form {
	case FormLPP:
		return k.encodeLPP(v)
	case FormSenML:
		return k.encodeSenML(v)
	}
	var b []byte
	for i, f := range k.fields {
		b = appendInt(b, int64(math.Round(v[i].Value*f.scale)), f.width)
	}
	return b
}

func appendInt(b []byte, n int64, width int) []byte {
	for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
		b = append(b, byte(n>>shift))
	}
	return b
}

// lppTypes are the types of Cayenne LPP 1.0 and of ChirpStack's extension that the
// kinds use: size in bytes, sign, and units (developers.mydevices.com/cayenne/docs/lora).
var lppTypes = map[byte]struct {
	name  string // as ChirpStack names it in an object
	width int
	sign  bool
	scale float64
}{
	0:   {"digitalInput", 1, false, 1},
	2:   {"analogInput", 2, true, 100},
	100: {"genericSensor", 4, false, 1},
	102: {"presenceSensor", 1, false, 1},
	103: {"temperatureSensor", 2, true, 10},
	104: {"humiditySensor", 1, false, 2},
	116: {"voltage", 2, false, 100},
	125: {"concentration", 2, false, 1},
	136: {"gpsLocation", 3, true, 10_000}, // the altitude in 1/100
}

func (k *Kind) encodeLPP(v Values) []byte {
	var b []byte
	for i, f := range k.fields {
		t := lppTypes[f.lpp]
		if f.lpp != 136 || f.name == "latitude" {
			b = append(b, byte(i+1), f.lpp)
		}
		scale := t.scale
		if f.name == "altitude" {
			scale = 100
		}
		b = appendInt(b, int64(math.Round(v[i].Value*scale)), t.width)
	}
	return b
}

func (k *Kind) encodeSenML(v Values) []byte {
	type record struct {
		N string  `json:"n"`
		U string  `json:"u"`
		V float64 `json:"v"`
	}
	var all []record
	for i, f := range k.fields {
		all = append(all, record{f.name, f.unit, v[i].Value})
	}
	b, err := json.Marshal(all)
	if err != nil {
		panic("bug: numbers do not marshal: " + err.Error())
	}
	return b
}

// object is what the codec a network server is given for the device makes of its
// bytes: for Cayenne LPP ChirpStack's built-in one, for the binary form the kind's
// script, for SenML none (nil). It reads the bytes again.
func (k *Kind) object(form Form, data []byte) (json.RawMessage, error) {
	switch form {
	case FormLPP:
		return objectLPP(data)
	case FormSenML:
		return nil, nil
	}
	out := Values{}
	for _, f := range k.fields {
		if len(data) < f.width {
			return nil, fmt.Errorf("%s: the payload is too short", k.Name)
		}
		out = append(out, Value{f.name, float64(readInt(data[:f.width], f.sign)) / f.scale})
		data = data[f.width:]
	}
	return out.MarshalJSON()
}

func readInt(b []byte, sign bool) int64 {
	var full [8]byte
	if sign && b[0]&0x80 != 0 {
		full = [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	}
	copy(full[8-len(b):], b)
	return int64(binary.BigEndian.Uint64(full[:]))
}

func objectLPP(data []byte) (json.RawMessage, error) {
	out := map[string]map[string]any{}
	for len(data) >= 2 {
		channel, kind := strconv.Itoa(int(data[0])), data[1]
		t, known := lppTypes[kind]
		size := t.width
		if kind == 136 {
			size = 9
		}
		if data = data[2:]; !known || len(data) < size {
			return nil, fmt.Errorf("no Cayenne LPP: type %d", kind)
		}
		var v any = float64(readInt(data[:t.width], t.sign)) / t.scale
		if kind == 136 {
			v = map[string]float64{
				"latitude": v.(float64), "longitude": float64(readInt(data[3:6], true)) / 10_000, "altitude": float64(readInt(data[6:9], true)) / 100,
			}
		}
		if out[t.name] == nil {
			out[t.name] = map[string]any{}
		}
		out[t.name][channel] = v
		data = data[size:]
	}
	return json.Marshal(out)
}

//go:embed codecs/*.js
var scripts embed.FS

// Codec is the TS013 script that decodes the kind's binary form.
func (k *Kind) Codec() string {
	b, err := scripts.ReadFile("codecs/" + k.Name + ".js")
	if err != nil {
		panic("bug: the kind has no codec: " + err.Error())
	}
	return string(b)
}
