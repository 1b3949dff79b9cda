package codec

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

var at = time.Unix(1_800_000_000, 0)

func TestUnitsComeFromClosedVocabularies(t *testing.T) {
	for object, want := range map[string]string{
		`{"barometer":{"10":1005},"accelerometer":{"9":{"x":1,"y":-1,"z":0}}}`:                `[{"n":"pressure/10","u":"Pa","v":100500},{"n":"acceleration/9/x","u":"m/s2","v":9.80665},{"n":"acceleration/9/y","u":"m/s2","v":-9.80665},{"n":"acceleration/9/z","u":"m/s2","v":0}]`,
		`{"gpsLocation":{"12":{"altitude":10,"latitude":42.3519,"longitude":-87.9}}}`:         `[{"n":"position/12/altitude","u":"m","v":10},{"n":"position/12/latitude","u":"lat","v":42.3519},{"n":"position/12/longitude","u":"lon","v":-87.9}]`,
		`{"temperatureSensor":{"7":-4.1},"digitalInput":{"1":true}}`:                          `[{"n":"temperature/7","u":"Cel","v":-4.1},{"n":"digital_input/1","vb":true}]`,
		`{"urn:dev:x:temp":{"v":23.1,"u":"Cel","t":1276020076}}`:                              `[{"n":"urn:dev:x:temp","u":"Cel","v":23.1,"t":1276020076}]`,
		`{"a":{"v":1},"b":{"vs":"x"},"c":{"vb":false},"d":{"s":5,"u":"J"},"e":{"vd":"+/8="}}`: `[{"n":"a","v":1},{"n":"b","vs":"x"},{"n":"c","vb":false},{"n":"d","u":"J","s":5},{"n":"e","vd":"-_8"}]`,
		// A series keeps its times; relative ones become absolute.
		`{"t":[{"v":1,"u":"Cel","t":-60},{"v":2,"u":"Cel"}]}`: `[{"n":"t","u":"Cel","v":1,"t":1799999940},{"n":"t","u":"Cel","v":2,"t":1800000000}]`,
		// Names that makers use for different units (Elsys and Dragino, Netvox, MClimate, Develiot), and all others.
		`{"distance":8977,"current":1000,"voltage":3312,"batteryLevel":2.74}`:                               ``,
		`{"temperature":70.2,"humidity":40,"battery":99,"speed":8,"air":{"temperature":21.5}}`:              ``,
		`{"distance":{"far":8977},"voltage":{"1":3.3,"x":4},"current":{"256":1},"temperatureSensor":"hot"}`: ``,
		`{"a":{"v":"text"},"b":{"v":1,"what":2},"c":[1,2],"d":[{"v":1},7]}`:                                 `[{"n":"d","v":1,"t":1800000000}]`,
		`[]`: ``, `{`: ``, ``: ``,
	} {
		if got := string(Measurements(json.RawMessage(object), nil, at)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", object, got, want)
		}
	}
}

func TestUnitsComeFromTheTermsToo(t *testing.T) {
	units := map[string]string{"distance": "mm", "air.temp": "[degF]", "co2": "[ppm]", "level": "parsec", "voltage": "mV", "ec": "uS/cm"}
	const object = `{"distance":8977,"air":{"temp":212,"hum":40},"co2":417,"level":3,"voltage":{"1":3312},"ec":15}`
	const want = `[{"n":"distance","u":"m","v":8.977},{"n":"air/temp","u":"Cel","v":100},{"n":"co2","u":"ppm","v":417},{"n":"ec","u":"S/m","v":0.0015}]`
	if got := string(Measurements(json.RawMessage(object), units, at)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Of several channels the terms may name one.
	const both = `[{"n":"analogInput/2","u":"m","v":0.007},{"n":"analog_input/1","v":3}]`
	if got := string(Measurements(json.RawMessage(`{"analogInput":{"1":3,"2":7}}`), map[string]string{"analogInput.2": "mm"}, at)); got != both {
		t.Errorf("got  %s\nwant %s", got, both)
	}
}

func TestACoordinateIsCutWhereverItStands(t *testing.T) {
	s := Shape{GeoDecimals: 2}
	for object, want := range map[string]string{
		`{"latitude":50.84673,"GPSLongitude":4.359,"lat":"50.84673","x":1.23456}`: `{"latitude":50.84,"GPSLongitude":4.35,"lat":"50.84","x":1.23456}`,
		`{"coordinates":[4.35179,50.84673],"gps_lat":-0.999}`:                     `{"coordinates":[4.35,50.84],"gps_lat":-0.99}`,
		`{"position":{"value":"50.84673 N"},"geohash":"u151710dunz"}`:             `{"position":{"value":null},"geohash":null}`,
		`{"lng":4.3517e0,"long":12,"lon":true}`:                                   `{"lng":0,"long":12,"lon":true}`,
		`{"a":[{"location":{"deep":[[1.2345]]}}]}`:                                `{"a":[{"location":{"deep":[[1.23]]}}]}`,
		`{"plateau":1.23456,"flat":1.23456,"belong":9.87654}`:                     `{"plateau":1.23456,"flat":1.23456,"belong":9.87654}`,
	} {
		if got := string(s.Apply(json.RawMessage(object))); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", object, got, want)
		}
	}
	if got := s.Apply(json.RawMessage(`[1]`)); got != nil {
		t.Errorf("%s", got)
	}
}

func TestRawBytesAreShown(t *testing.T) {
	if got, err := Raw([]byte{1, 0xab}); err != nil || string(got) != `{"bytes":"01ab"}` {
		t.Errorf("%s %v", got, err)
	}
	if _, err := Raw(nil); !errors.Is(err, ErrPayload) {
		t.Error(err)
	}
}

// FuzzShape holds what is sold of an object to what JSON readers take.
func FuzzShape(f *testing.F) {
	f.Add(`{"temperature":21.5,"gps":{"lat":50.84673}}`, "gps", 2)
	f.Add(capturedObject, "gpsLocation.12.latitude", 0)
	f.Add(`{"a":{"b":[{"lat":1.5e3},"x"]},"a":1}`, "a.b", 9)
	f.Fuzz(func(t *testing.T, object, quantity string, decimals int) {
		if !json.Valid([]byte(object)) {
			return
		}
		s := Shape{GeoDecimals: max(-1, min(decimals, 9))}
		if quantity != "" {
			s.Quantities = []string{quantity}
		}
		got := s.Apply(json.RawMessage(object))
		if got != nil && !json.Valid(got) {
			t.Errorf("%s of %s gives %s", quantity, object, got)
		}
		if pack := Measurements(got, map[string]string{quantity: "mm"}, at); pack != nil && !json.Valid(pack) {
			t.Errorf("%s gives %s", got, pack)
		}
	})
}

func TestWhatWasNormalizedHasTheUnitsOfItsSchema(t *testing.T) {
	for doc, want := range map[string]string{
		`{"air":{"temperature":21.5}}`:                                                         `[{"n":"air/temperature","u":"Cel","v":21.5}]`,
		` [{"air":{"temperature":21.5,"odour":3}}]`:                                            `[{"n":"air/temperature","u":"Cel","v":21.5}]`,
		`[{"air":{"temperature":1}},7,{"air":{"temperature":2}}]`:                              `[{"n":"0/air/temperature","u":"Cel","v":1},{"n":"2/air/temperature","u":"Cel","v":2}]`,
		`{"wind":{"direction":90,"speed":4.1152},"air":{"pressure":1013.2},"soil":{"ec":1.5}}`: `[{"n":"wind/direction","u":"deg","v":90},{"n":"wind/speed","u":"m/s","v":4.1152},{"n":"air/pressure","u":"Pa","v":101320},{"n":"soil/conductivity","u":"S/m","v":0.15}]`,
		`[{"time":"2026-01-02T03:04:05Z","soil":{"moisture":30,"depth":20}}]`:                  `[{"n":"soil/moisture","u":"%","v":30,"t":1767323045},{"n":"soil/depth","u":"m","v":0.2,"t":1767323045}]`,
		`{"action":{"motion":{"detected":true,"count":3},"contactState":"open"},"water":{"temperature":{"current":9}},"battery":3.1,"metering":{"water":{"total":1234}}}`: `[{"n":"action/motion","vb":true},{"n":"action/motion/count","u":"count","v":3},{"n":"action/contact","vs":"open"},{"n":"water/temperature","u":"Cel","v":9},{"n":"battery_voltage","u":"V","v":3.1},{"n":"metering/water/total","u":"m3","v":1.234}]`,
		`{"temperature":21.5,"speed":8}`: ``,
		`[]`:                             ``,
		`"no"`:                           ``,
	} {
		if got := string(Normalized(json.RawMessage(doc), Shape{GeoDecimals: -1})); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", doc, got, want)
		}
	}
}
