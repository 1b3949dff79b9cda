package codec

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Raw is the codec of bytes that nobody explains: an object of their hexadecimal digits.
func Raw(data []byte) (json.RawMessage, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: there are no bytes", ErrPayload)
	}
	return json.RawMessage(`{"bytes":"` + hex.EncodeToString(data) + `"}`), nil
}

// quantity is what SenML calls something: RFC 8428 and RFC 8798 list the units; "" is
// for what has none. Values are multiplied by scale (0: 1) and moved by plus.
//
// A name in a decoded object says little: `distance` is mm with one maker and m with
// another, `battery` volts or percent. Units therefore come from vocabularies that are
// closed, or from the listing's terms; what neither knows is left out. A wrong unit
// would be believed.
type quantity struct {
	name, unit  string
	scale, plus float64
}

// normalWords is the vocabulary of normalizeUplink: the payload schema of the LoRaWAN
// Device Repository (TheThingsNetwork/lorawan-devices, lib/payload.json).
var normalWords = map[string]quantity{
	"battery":                   {name: "battery_voltage", unit: "V"},
	"soil/depth":                {name: "soil/depth", unit: "m", scale: .01}, // in cm
	"soil/moisture":             {name: "soil/moisture", unit: "%"},
	"soil/temperature":          {name: "soil/temperature", unit: "Cel"},
	"soil/ec":                   {name: "soil/conductivity", unit: "S/m", scale: .1}, // in dS/m
	"soil/pH":                   {name: "soil/ph", unit: "pH"},
	"soil/n":                    {name: "soil/nitrogen", unit: "ppm"},
	"soil/p":                    {name: "soil/phosphorus", unit: "ppm"},
	"soil/k":                    {name: "soil/potassium", unit: "ppm"},
	"air/location":              {name: "air/location"},
	"air/temperature":           {name: "air/temperature", unit: "Cel"},
	"air/relativeHumidity":      {name: "air/humidity", unit: "%RH"},
	"air/pressure":              {name: "air/pressure", unit: "Pa", scale: 100}, // in hPa
	"air/co2":                   {name: "air/co2", unit: "ppm"},
	"air/lightIntensity":        {name: "air/illuminance", unit: "lx"},
	"wind/speed":                {name: "wind/speed", unit: "m/s"},
	"wind/direction":            {name: "wind/direction", unit: "deg"},
	"water/leak":                {name: "water/leak"},
	"water/temperature/min":     {name: "water/temperature/min", unit: "Cel"},
	"water/temperature/max":     {name: "water/temperature/max", unit: "Cel"},
	"water/temperature/avg":     {name: "water/temperature/avg", unit: "Cel"},
	"water/temperature/current": {name: "water/temperature", unit: "Cel"},
	"metering/water/total":      {name: "metering/water/total", unit: "m3", scale: .001}, // in l
	"action/motion/detected":    {name: "action/motion"},
	"action/motion/count":       {name: "action/motion/count", unit: "count"},
	"action/contactState":       {name: "action/contact"},
	"position/latitude":         {name: "position/latitude", unit: "lat"},
	"position/longitude":        {name: "position/longitude", unit: "lon"},
}

// ucum are the units terms documents may name for which SenML has a unit.
var ucum = map[string]quantity{
	"Cel": {unit: "Cel"}, "[degF]": {unit: "Cel", scale: 5. / 9, plus: -32 * 5. / 9}, "K": {unit: "K"},
	"%": {unit: "%"}, "%{RH}": {unit: "%RH"}, "%{EL}": {unit: "%EL"}, "[ppm]": {unit: "ppm"}, "[ppb]": {unit: "ppb"}, "ug/m3": {unit: "ug/m3"}, "[pH]": {unit: "pH"},
	"Pa": {unit: "Pa"}, "hPa": {unit: "Pa", scale: 100}, "mbar": {unit: "Pa", scale: 100}, "kPa": {unit: "Pa", scale: 1000}, "bar": {unit: "Pa", scale: 1e5},
	"V": {unit: "V"}, "mV": {unit: "V", scale: .001}, "A": {unit: "A"}, "mA": {unit: "A", scale: .001}, "W": {unit: "W"}, "kW": {unit: "W", scale: 1000}, "Ohm": {unit: "Ohm"},
	"W.h": {unit: "kWh", scale: .001}, "kW.h": {unit: "kWh"}, "J": {unit: "J"}, "Hz": {unit: "Hz"},
	"m": {unit: "m"}, "cm": {unit: "m", scale: .01}, "mm": {unit: "m", scale: .001}, "km": {unit: "m", scale: 1000}, "mm/h": {unit: "mm/h"},
	"m/s": {unit: "m/s"}, "km/h": {unit: "m/s", scale: 1 / 3.6}, "m/s2": {unit: "m/s2"}, "[g]": {unit: "m/s2", scale: 9.80665}, "deg": {unit: "deg"},
	"m3": {unit: "m3"}, "L": {unit: "m3", scale: .001}, "l": {unit: "m3", scale: .001}, "m3/s": {unit: "m3/s"}, "kg": {unit: "kg"}, "g": {unit: "kg", scale: .001},
	"s": {unit: "s"}, "ms": {unit: "s", scale: .001}, "min": {unit: "s", scale: 60}, "h": {unit: "s", scale: 3600},
	"lx": {unit: "lx"}, "W/m2": {unit: "W/m2"}, "dB": {unit: "dB"}, "S/m": {unit: "S/m"}, "dS/m": {unit: "S/m", scale: .1}, "mS/cm": {unit: "S/m", scale: .1}, "uS/cm": {unit: "S/m", scale: 1e-4},
	"1": {}, "{count}": {unit: "count"},
}

// The bounds of a pack.
const (
	measurementsMax = 64
	namesDepth      = 6
)

// measured is one SenML record (RFC 8428).
type measured struct {
	Name  string   `json:"n"`
	Unit  string   `json:"u,omitempty"`
	Value *float64 `json:"v,omitempty"`
	Text  *string  `json:"vs,omitempty"`
	Bool  *bool    `json:"vb,omitempty"`
	Data  string   `json:"vd,omitempty"` // base64url
	Sum   *float64 `json:"s,omitempty"`
	Time  float64  `json:"t,omitempty"` // seconds since 1970
}

// pack collects records.
type pack struct {
	all      []measured
	received time.Time // what relative times are relative to
}

func (p *pack) add(m measured) {
	if len(p.all) < measurementsMax && senmlName(m.Name) {
		p.all = append(p.all, m)
	}
}

func (p *pack) json() json.RawMessage {
	if len(p.all) == 0 {
		return nil
	}
	b, err := json.Marshal(p.all)
	if err != nil {
		return nil
	}
	return b
}

// Measurements gives what of a decoded object is in a vocabulary with units, as a SenML
// pack (RFC 8428); nil if nothing is: the kinds of Cayenne LPP as ChirpStack writes them
// ({"temperatureSensor":{"7":-4.1}} gives [{"n":"temperature/7","u":"Cel","v":-4.1}]), and
// measurements that SenML decoded, series of them too. Units are the ones SenML names:
// pressure in Pa, acceleration in m/s². units names, by the path of a member (with dots), the
// UCUM unit that the listing's terms give it. received is the time of reception: SenML's
// relative times become absolute by it.
func Measurements(object json.RawMessage, units map[string]string, received time.Time) json.RawMessage {
	p := pack{received: received}
	members, ok := membersOf(object)
	if !ok {
		return nil
	}
	p.told("", members, units, 0)
	for _, m := range members {
		if _, told := units[m.name]; told {
			continue
		}
		if t, known := lppNames[m.name]; known {
			p.lpp(&t, m.value, units)
		} else {
			p.senml(m.name, m.value)
		}
	}
	return p.json()
}

// told adds the members whose units the terms tell.
func (p *pack) told(path string, members []member, units map[string]string, depth int) {
	if depth > namesDepth || len(units) == 0 {
		return
	}
	for _, m := range members {
		at := below(path, ".", m.name)
		if inner, ok := membersOf(m.value); ok {
			p.told(at, inner, units, depth+1)
		} else if q, known := ucum[units[at]]; known {
			q.name = strings.ReplaceAll(at, ".", "/")
			p.number(&q, q.name, m.value)
		}
	}
}

// lpp adds the channels of one kind of Cayenne LPP. What has another shape only has the
// name in common.
func (p *pack) lpp(t *lppType, value json.RawMessage, units map[string]string) {
	channels, ok := membersOf(value)
	if !ok {
		return
	}
	for _, c := range channels {
		if n, err := strconv.Atoi(c.name); err != nil || n < 0 || n > 255 {
			return
		}
	}
	for _, c := range channels {
		if units[t.name+"."+c.name] != "" { // the terms know better
			continue
		}
		name := t.is.name + "/" + c.name
		if t.parts == nil {
			p.number(&t.is, name, c.value)
			continue
		}
		parts, _ := membersOf(c.value)
		for _, part := range parts {
			i := slices.Index(t.parts, part.name)
			if i < 0 {
				continue
			}
			q := &t.is
			if t.partIs != nil {
				q = &t.partIs[i]
			}
			p.number(q, name+"/"+part.name, part.value)
		}
	}
}

// senml adds a measurement that SenML's decoder resolved, or a series of them.
func (p *pack) senml(name string, value json.RawMessage) {
	series, isSeries := itemsOf(value)
	if !isSeries {
		series = []json.RawMessage{value}
	}
	for _, one := range series {
		members, ok := membersOf(one)
		if !ok {
			return
		}
		for _, m := range members {
			if _, known := senmlLabels[m.name]; !known {
				return
			}
		}
		var m measurement
		if json.Unmarshal(one, &m) != nil || m.Value == nil && m.Text == nil && m.Bool == nil && m.Data == "" && m.Sum == nil {
			return
		}
		r := measured{Name: name, Unit: m.Unit, Value: m.Value, Text: m.Text, Bool: m.Bool, Sum: m.Sum, Time: m.Time}
		if raw, err := base64.StdEncoding.DecodeString(m.Data); err == nil && m.Data != "" {
			r.Data = base64.RawURLEncoding.EncodeToString(raw)
		}
		if (isSeries || m.Time != 0) && m.Time < relativeTime && !p.received.IsZero() {
			r.Time += float64(p.received.UnixMilli()) / 1000
		}
		p.add(r)
	}
}

// relativeTime is where SenML's times begin to be absolute (RFC 8428, section 4.5.3).
const relativeTime = 1 << 28

// Normalized is Measurements for what a normalizeUplink returned: an object, or a list of
// them (of several, names begin with the place in the list), cut to shape. A member beyond
// the vocabulary is left out.
func Normalized(doc json.RawMessage, shape Shape) json.RawMessage {
	var p pack
	list, ok := itemsOf(doc)
	if !ok {
		list = []json.RawMessage{doc}
	}
	for i, one := range list[:min(len(list), measurementsMax)] {
		prefix := ""
		if len(list) > 1 {
			prefix = strconv.Itoa(i) + "/"
		}
		if members, ok := membersOf(shape.Apply(one)); ok {
			p.normal(prefix, "", members, measuredAt(members), 0)
		}
	}
	return p.json()
}

// measuredAt is the time of one of several measurements, in seconds since 1970; 0 if not given.
func measuredAt(members []member) float64 {
	for _, m := range members {
		var at time.Time
		if m.name == "time" && json.Unmarshal(m.value, &at) == nil && at.Year() > 1970 {
			return float64(at.UnixMilli()) / 1000
		}
	}
	return 0
}

func (p *pack) normal(prefix, path string, members []member, at float64, depth int) {
	if depth > namesDepth {
		return
	}
	for _, m := range members {
		name := below(path, "/", m.name)
		if inner, ok := membersOf(m.value); ok {
			p.normal(prefix, name, inner, at, depth+1)
			continue
		}
		q, known := normalWords[name]
		if !known {
			continue
		}
		before := len(p.all)
		if p.number(&q, prefix+q.name, m.value); len(p.all) > before {
			p.all[before].Time = at
		}
	}
}

// number adds a value: a number, or a truth or a word where there is no unit.
func (p *pack) number(q *quantity, name string, value json.RawMessage) {
	var v float64
	var yes bool
	var text string
	switch {
	case string(value) == "null":
	case json.Unmarshal(value, &v) == nil:
		if q.scale != 0 {
			if v = v*q.scale + q.plus; math.Abs(v) < 1e6 {
				v = math.Round(v*1e9) / 1e9
			}
		}
		if !math.IsInf(v, 0) {
			p.add(measured{Name: name, Unit: q.unit, Value: &v})
		}
	case q.unit != "":
	case json.Unmarshal(value, &yes) == nil:
		p.add(measured{Name: name, Bool: &yes})
	case json.Unmarshal(value, &text) == nil && len(text) <= 64:
		p.add(measured{Name: name, Text: &text})
	}
}
