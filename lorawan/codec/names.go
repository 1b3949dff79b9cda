package codec

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Raw is the codec of bytes that nobody explains: an object of their hexadecimal digits.
func Raw(data []byte) (json.RawMessage, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: there are no bytes", ErrPayload)
	}
	return json.RawMessage(`{"bytes":"` + hex.EncodeToString(data) + `"}`), nil
}

// quantity is what a member of a decoded object is called in SenML: RFC 8428 and
// RFC 8798 list the units; "" is for what has none. Values are multiplied by scale
// and moved by plus.
type quantity struct {
	name, unit  string
	scale, plus float64
}

// words names quantities as codecs do, in lower case with - and _ left out: the
// kinds of Cayenne LPP, the vocabulary of normalizeUplink (The Things Stack), and
// what devices' makers commonly write. A word that means different things to
// different makers does not stand here: an unknown quantity is left out, a wrong unit
// would be believed.
var words = func() map[string]quantity {
	words := map[string]quantity{}
	for _, q := range []struct {
		quantity
		words string
	}{
		{quantity{name: "temperature", unit: "Cel"}, "temperature temp temperaturesensor airtemperature temperaturec tempc ambienttemperature internaltemperature externaltemperature soiltemperature watertemperature boardtemperature tempcds tempcsht"},
		{quantity{name: "temperature", unit: "Cel", scale: 5. / 9, plus: -32 * 5. / 9}, "temperaturef tempf"},
		{quantity{name: "humidity", unit: "%RH"}, "humidity hum relativehumidity humiditysensor humsht airhumidity rh"},
		{quantity{name: "pressure", unit: "Pa", scale: 100}, "barometer barometricpressure airpressure pressurehpa atmosphericpressure"},
		{quantity{name: "co2", unit: "ppm"}, "co2 co2ppm co2concentration"},
		{quantity{name: "tvoc", unit: "ppb"}, "tvocppb vocppb"},
		{quantity{name: "concentration", unit: "ppm"}, "concentration"},
		{quantity{name: "illuminance", unit: "lx"}, "illuminance illuminancesensor lux lightintensity luminosity lightlux illumination"},
		{quantity{name: "voltage", unit: "V"}, "voltage"},
		{quantity{name: "battery_voltage", unit: "V"}, "batv batteryvoltage battv vbat vbatt batteryv"},
		{quantity{name: "battery_voltage", unit: "V", scale: .001}, "batterymv batterymillivolt batterymillivolts batmv vbatmv"},
		{quantity{name: "battery", unit: "%EL"}, "batterylevel batterypercent batterypercentage batterypct"},
		{quantity{name: "current", unit: "A"}, "current"},
		{quantity{name: "frequency", unit: "Hz"}, "frequency"},
		{quantity{name: "percentage", unit: "%"}, "percentage"},
		{quantity{name: "altitude", unit: "m"}, "altitude"},
		{quantity{name: "latitude", unit: "lat"}, "latitude lat"},
		{quantity{name: "longitude", unit: "lon"}, "longitude lon lng"},
		{quantity{name: "position"}, "gpslocation"},
		{quantity{name: "power", unit: "W"}, "power activepower"},
		{quantity{name: "distance", unit: "m"}, "distance distancem"},
		{quantity{name: "distance", unit: "m", scale: .001}, "distancemm levelmm"},
		{quantity{name: "energy", unit: "kWh"}, "energy energykwh"},
		{quantity{name: "direction", unit: "deg"}, "direction winddirection"},
		{quantity{name: "speed", unit: "m/s"}, "windspeed"},
		{quantity{name: "acceleration", unit: "m/s2", scale: 9.80665}, "accelerometer"},
		{quantity{name: "soil_moisture", unit: "%"}, "soilmoisture moisture"},
		{quantity{name: "ph", unit: "pH"}, "ph"},
		{quantity{name: "time", unit: "s"}, "unixtime"},
		{quantity{name: "pulses"}, "pulses pulsecount"},
		{quantity{name: "presence"}, "presencesensor"},
		{quantity{name: "motion"}, "motion pir"},
		{quantity{name: "digital_input"}, "digitalinput"},
		{quantity{name: "digital_output"}, "digitaloutput"},
		{quantity{name: "analog_input"}, "analoginput"},
		{quantity{name: "analog_output"}, "analogoutput"},
		{quantity{name: "switch"}, "switch"},
	} {
		if q.scale == 0 {
			q.scale = 1
		}
		for w := range strings.FieldsSeq(q.words) {
			words[w] = q.quantity
		}
	}
	return words
}()

var plainWord = strings.NewReplacer("_", "", "-", "", " ", "", "°", "")

// The bounds of Measurements.
const (
	measurementsMax = 64
	namesDepth      = 6
)

// measured is one SenML record (RFC 8428).
type measured struct {
	Name  string   `json:"n"`
	Unit  string   `json:"u,omitempty"`
	Value *float64 `json:"v,omitempty"`
	Bool  *bool    `json:"vb,omitempty"`
}

// Measurements gives what of a decoded object has a name and unit the world agrees
// on, as a SenML pack (RFC 8428); nil if nothing has. Names begin with where the
// member stood, so that two temperatures stay apart: {"temperatureSensor":{"7":-4.1}}
// gives [{"n":"temperature/7","u":"Cel","v":-4.1}], {"air":{"temperature":21.5}}
// gives "air/temperature". Units are the ones SenML names: pressure in Pa,
// acceleration in m/s². What is not known is left out; the values have it.
func Measurements(object json.RawMessage) json.RawMessage {
	members, ok := membersOf(object)
	if !ok {
		return nil
	}
	return packed(named(nil, "", nil, members, 0))
}

func packed(all []measured) json.RawMessage {
	if len(all) == 0 {
		return nil
	}
	b, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return b
}

// Normalized is Measurements for what a script's normalizeUplink returned: an object, or
// a list of them (of several, names begin with the place in the list), cut to shape.
func Normalized(doc json.RawMessage, shape Shape) json.RawMessage {
	list, ok := itemsOf(doc)
	if !ok {
		return Measurements(shape.Apply(doc))
	}
	var all []measured
	for i, one := range list[:min(len(list), measurementsMax)] {
		path := ""
		if len(list) > 1 {
			path = strconv.Itoa(i)
		}
		if members, ok := membersOf(shape.Apply(one)); ok {
			all = named(all, path, nil, members, 0)
		}
	}
	return packed(all)
}

func named(all []measured, path string, of *quantity, members []member, depth int) []measured {
	if depth > namesDepth {
		return all
	}
	for _, m := range members {
		q, known := words[plainWord.Replace(strings.ToLower(m.name))]
		here := of
		if known {
			here = &q
		}
		name := join(path, m.name, known, q.name)
		if inner, ok := membersOf(m.value); ok {
			if unit, v, isOne := ownUnit(inner); isOne && senmlName(name) {
				all = append(all, measured{Name: name, Unit: unit, Value: &v})
			} else {
				all = named(all, name, here, inner, depth+1)
			}
		} else if here != nil && len(all) < measurementsMax && senmlName(name) && (known || of != nil && numbered(m.name)) {
			if one, ok := here.measure(name, m.value); ok {
				all = append(all, one)
			}
		}
	}
	return all
}

// ownUnit reads a measurement that SenML's decoder resolved.
func ownUnit(members []member) (unit string, v float64, ok bool) {
	for _, m := range members {
		switch m.name {
		case "v":
			ok = json.Unmarshal(m.value, &v) == nil
		case "u":
			_ = json.Unmarshal(m.value, &unit)
		case "t", "ut", "s":
		default:
			return "", 0, false
		}
	}
	return unit, v, ok
}

// numbered says whether a name is a channel or an axis of the quantity it stands in.
func numbered(name string) bool {
	_, err := strconv.Atoi(name)
	return err == nil || name == "x" || name == "y" || name == "z"
}

func join(path, name string, known bool, standard string) string {
	if known {
		name = standard
	}
	if path == "" {
		return name
	}
	return path + "/" + name
}

func (q *quantity) measure(name string, value json.RawMessage) (measured, bool) {
	var v float64
	if json.Unmarshal(value, &v) == nil && string(value) != "null" {
		if v = v*q.scale + q.plus; q.scale != 1 {
			v = math.Round(v*1e6) / 1e6
		}
		return measured{Name: name, Unit: q.unit, Value: &v}, !math.IsInf(v, 0)
	}
	var b bool
	if q.unit == "" && json.Unmarshal(value, &b) == nil {
		return measured{Name: name, Bool: &b}, true
	}
	return measured{}, false
}
