package offer

import "slices"

// Measure is something that can be measured, with the units it is measured in.
type Measure struct {
	Name  string
	Means string
	Units []string // UCUM; empty: it has none
}

// Measures is the vocabulary, by name. Its units are those that SenML has a unit for, so that
// every measurement of the list can be sold as one (lorawan/codec); a test compares them.
var Measures = []Measure{
	{"acceleration", "acceleration", []string{"m/s2", "[g]"}},
	{"air_pressure", "pressure of the air where the sensor is", []string{"hPa", "Pa", "kPa", "mbar", "bar"}},
	{"battery_level", "what is left in the device's battery", []string{"%{EL}", "%"}},
	{"battery_voltage", "voltage of the device's battery", []string{"V", "mV"}},
	{"co2", "carbon dioxide in the air", []string{"[ppm]"}},
	{"conductivity", "electrical conductivity of a liquid or of soil", []string{"S/m", "dS/m", "mS/cm", "uS/cm"}},
	{"count", "how many there were", []string{"{count}", "1"}},
	{"current", "electrical current", []string{"A", "mA"}},
	{"distance", "distance from the sensor to something", []string{"m", "cm", "mm", "km"}},
	{"energy", "electrical energy, counted", []string{"kW.h", "W.h", "J"}},
	{"flow", "volume of a liquid or gas in a time", []string{"m3/s"}},
	{"frequency", "frequency", []string{"Hz"}},
	{"heading", "direction, from north by east", []string{"deg"}},
	{"humidity", "relative humidity of the air", []string{"%{RH}", "%"}},
	{"illuminance", "light as people see it", []string{"lx"}},
	{"irradiance", "power of sunlight on an area", []string{"W/m2"}},
	{"level", "level of a liquid or of what fills something", []string{"m", "cm", "mm", "%"}},
	{"mass", "mass", []string{"kg", "g"}},
	{"nitrogen_dioxide", "nitrogen dioxide in the air", []string{"[ppb]", "ug/m3"}},
	{"noise", "loudness", []string{"dB"}},
	{"ozone", "ozone in the air", []string{"[ppb]", "ug/m3"}},
	{"ph", "acidity", []string{"[pH]"}},
	{"pm10", "particles up to 10 µm in the air", []string{"ug/m3"}},
	{"pm2_5", "particles up to 2.5 µm in the air", []string{"ug/m3"}},
	{"power", "electrical power", []string{"W", "kW"}},
	{"precipitation", "rain and snow in a time", []string{"mm/h"}},
	{"rainfall", "rain and snow, counted as height of water", []string{"mm"}},
	{"resistance", "electrical resistance", []string{"Ohm"}},
	{"soil_moisture", "water in a volume of soil", []string{"%"}},
	{"soil_temperature", "temperature of soil", []string{"Cel", "K", "[degF]"}},
	{"speed", "speed of what moves past", []string{"m/s", "km/h"}},
	{"temperature", "temperature of the air", []string{"Cel", "K", "[degF]"}},
	{"time", "how long something lasted", []string{"s", "ms", "min", "h"}},
	{"tvoc", "volatile organic compounds in the air", []string{"[ppb]", "ug/m3"}},
	{"voltage", "electrical voltage", []string{"V", "mV"}},
	{"volume", "volume of a liquid or gas, counted", []string{"m3", "L", "l"}},
	{"water_temperature", "temperature of water", []string{"Cel", "K", "[degF]"}},
	{"wind_direction", "where wind comes from, from north by east", []string{"deg"}},
	{"wind_speed", "speed of wind", []string{"m/s", "km/h"}},
}

func measureOf(name string) (Measure, bool) {
	i := slices.IndexFunc(Measures, func(m Measure) bool { return m.Name == name })
	if i < 0 {
		return Measure{}, false
	}
	return Measures[i], true
}

func (m Measure) has(unit string) bool { return slices.Contains(m.Units, unit) }

// Measured is what a quantity measures: the word it says, or its name where that is in the
// list and its unit, if it tells one, fits; "" if neither tells.
func (q *Quantity) Measured() string {
	if q.Measures != "" {
		return q.Measures
	}
	if m, known := measureOf(q.Name); known && (q.Unit == "" || m.has(q.Unit)) {
		return m.Name
	}
	return ""
}
