// Package codec turns the bytes of a device into values, for devices whose network
// server does not: Cayenne LPP and SenML.
//
// It knows payload formats. It refuses to know devices, listings and scripts.
package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// ErrPayload says that bytes are not in the format they were taken for.
var ErrPayload = errors.New("not a payload of this format")

// lppType is how Cayenne LPP writes one kind of quantity: parts values of width
// bytes, big-endian, in units of 1/scale.
type lppType struct {
	name   string // as ChirpStack names it
	parts  []string
	width  int
	signed bool
	scale  float64
	last   float64 // scale of the last part, if it differs

	is     quantity   // what SenML calls it
	partIs []quantity // and its parts, where they are several quantities
}

var (
	axes     = []string{"x", "y", "z"}
	position = []string{"latitude", "longitude", "altitude"}
	colour   = []string{"r", "g", "b"}
)

// lppTypes are the 26 kinds ChirpStack knows, by their number.
var lppTypes = map[byte]lppType{
	0:   {name: "digitalInput", width: 1, scale: 1, is: quantity{name: "digital_input"}},
	1:   {name: "digitalOutput", width: 1, scale: 1, is: quantity{name: "digital_output"}},
	2:   {name: "analogInput", width: 2, signed: true, scale: 100, is: quantity{name: "analog_input"}},
	3:   {name: "analogOutput", width: 2, signed: true, scale: 100, is: quantity{name: "analog_output"}},
	100: {name: "genericSensor", width: 4, scale: 1, is: quantity{name: "generic"}},
	101: {name: "illuminanceSensor", width: 2, scale: 1, is: quantity{name: "illuminance", unit: "lx"}},
	102: {name: "presenceSensor", width: 1, scale: 1, is: quantity{name: "presence"}},
	103: {name: "temperatureSensor", width: 2, signed: true, scale: 10, is: quantity{name: "temperature", unit: "Cel"}},
	104: {name: "humiditySensor", width: 1, scale: 2, is: quantity{name: "humidity", unit: "%RH"}},
	113: {name: "accelerometer", parts: axes, width: 2, signed: true, scale: 1000, is: quantity{name: "acceleration", unit: "m/s2", scale: 9.80665}}, // in g
	115: {name: "barometer", width: 2, scale: 10, is: quantity{name: "pressure", unit: "Pa", scale: 100}},                                            // in hPa
	116: {name: "voltage", width: 2, scale: 100, is: quantity{name: "voltage", unit: "V"}},
	117: {name: "current", width: 2, scale: 1000, is: quantity{name: "current", unit: "A"}},
	118: {name: "frequency", width: 4, scale: 1, is: quantity{name: "frequency", unit: "Hz"}},
	120: {name: "percentage", width: 1, scale: 1, is: quantity{name: "percentage", unit: "%"}},
	121: {name: "altitude", width: 2, signed: true, scale: 1, is: quantity{name: "altitude", unit: "m"}},
	125: {name: "concentration", width: 2, scale: 1, is: quantity{name: "concentration", unit: "ppm"}},
	128: {name: "power", width: 2, scale: 1, is: quantity{name: "power", unit: "W"}},
	130: {name: "distance", width: 4, scale: 1000, is: quantity{name: "distance", unit: "m"}},
	131: {name: "energy", width: 4, scale: 1000, is: quantity{name: "energy", unit: "kWh"}},
	132: {name: "direction", width: 2, scale: 1, is: quantity{name: "direction", unit: "deg"}},
	133: {name: "time", width: 4, scale: 1, is: quantity{name: "time", unit: "s"}},                                                                                // since 1970
	134: {name: "gyrometer", parts: axes, width: 2, signed: true, scale: 100, is: quantity{name: "angular_velocity", unit: "rad/s", scale: 0.017453292519943295}}, // in °/s
	135: {name: "colour", parts: colour, width: 1, scale: 1, is: quantity{name: "colour"}},
	136: {name: "gpsLocation", parts: position, width: 3, signed: true, scale: 10000, last: 100, is: quantity{name: "position"},
		partIs: []quantity{{name: "latitude", unit: "lat"}, {name: "longitude", unit: "lon"}, {name: "altitude", unit: "m"}}},
	142: {name: "switch", width: 1, scale: 1, is: quantity{name: "switch"}},
}

// lppNames are the kinds by name.
var lppNames = func() map[string]lppType {
	all := make(map[string]lppType, len(lppTypes))
	for _, t := range lppTypes {
		all[t.name] = t
	}
	return all
}()

func (t *lppType) count() int { return max(1, len(t.parts)) }

func (t *lppType) scaleOf(part int) float64 {
	if t.last != 0 && part == t.count()-1 {
		return t.last
	}
	return t.scale
}

// CayenneLPP decodes a payload into the object ChirpStack makes of it: by kind,
// then by channel. Of a channel that appears twice the last value counts.
func CayenneLPP(data []byte) (json.RawMessage, error) {
	object := map[string]map[string]any{}
	for rest := data; len(rest) > 0; {
		if len(rest) < 2 {
			return nil, fmt.Errorf("%w: Cayenne LPP ends within a value", ErrPayload)
		}
		t, known := lppTypes[rest[1]]
		size := 2 + t.width*t.count()
		switch {
		case !known:
			return nil, fmt.Errorf("%w: Cayenne LPP has no type %d", ErrPayload, rest[1])
		case len(rest) < size:
			return nil, fmt.Errorf("%w: Cayenne LPP ends within a value", ErrPayload)
		}
		channels := object[t.name]
		if channels == nil {
			channels = map[string]any{}
			object[t.name] = channels
		}
		channels[strconv.Itoa(int(rest[0]))] = t.decode(rest[2:size])
		rest = rest[size:]
	}
	return json.Marshal(object)
}

func (t *lppType) decode(b []byte) any {
	if t.parts == nil {
		return t.number(b, 0)
	}
	parts := make(map[string]float64, len(t.parts))
	for i, name := range t.parts {
		parts[name] = t.number(b[i*t.width:(i+1)*t.width], i)
	}
	return parts
}

func (t *lppType) number(b []byte, part int) float64 {
	var n int64
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	if bits := 8 * len(b); t.signed && n>>(bits-1) != 0 {
		n -= 1 << bits
	}
	return float64(n) / t.scaleOf(part)
}

// AppendLPP appends a value of a kind, by its number, on a channel. Values are
// rounded to what the kind can say and held within its range.
func AppendLPP(b []byte, channel, kind byte, values ...float64) ([]byte, error) {
	t, known := lppTypes[kind]
	if !known || len(values) != t.count() {
		return nil, fmt.Errorf("%w: Cayenne LPP has no type %d of %d values", ErrPayload, kind, len(values))
	}
	b = append(b, channel, kind)
	low, high := 0.0, math.Ldexp(1, 8*t.width)-1
	if t.signed {
		low, high = -math.Ldexp(1, 8*t.width-1), math.Ldexp(1, 8*t.width-1)-1
	}
	for i, v := range values {
		n := int64(min(max(math.Round(v*t.scaleOf(i)), low), high))
		for shift := 8 * (t.width - 1); shift >= 0; shift -= 8 {
			b = append(b, byte(n>>shift))
		}
	}
	return b, nil
}

// LPPKinds lists the numbers of the kinds, in order.
func LPPKinds() []byte {
	kinds := make([]byte, 0, len(lppTypes))
	for k := range lppTypes {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}
