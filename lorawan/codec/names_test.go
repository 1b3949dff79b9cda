package codec

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestQuantitiesGetTheirStandardNamesAndUnits(t *testing.T) {
	for object, want := range map[string]string{
		`{"temperature":21.5}`: `[{"n":"temperature","u":"Cel","v":21.5}]`,
		`{"Temp_C":21,"tempF":212,"BatV":3.6,"battery_mv":3600,"Hum_SHT":40.2}`:                      `[{"n":"temperature","u":"Cel","v":21},{"n":"temperature","u":"Cel","v":100},{"n":"battery_voltage","u":"V","v":3.6},{"n":"battery_voltage","u":"V","v":3.6},{"n":"humidity","u":"%RH","v":40.2}]`,
		`{"barometer":{"10":1005},"accelerometer":{"9":{"x":1,"y":-1,"z":0}}}`:                       `[{"n":"pressure/10","u":"Pa","v":100500},{"n":"acceleration/9/x","u":"m/s2","v":9.80665},{"n":"acceleration/9/y","u":"m/s2","v":-9.80665},{"n":"acceleration/9/z","u":"m/s2","v":0}]`,
		`{"gpsLocation":{"12":{"altitude":10,"latitude":42.3519,"longitude":-87.9}}}`:                `[{"n":"position/12/altitude","u":"m","v":10},{"n":"position/12/latitude","u":"lat","v":42.3519},{"n":"position/12/longitude","u":"lon","v":-87.9}]`,
		`{"air":{"temperature":21.5,"relativeHumidity":40,"pressure":990},"action":{"motion":true}}`: `[{"n":"air/temperature","u":"Cel","v":21.5},{"n":"air/humidity","u":"%RH","v":40},{"n":"action/motion","vb":true}]`,
		`{"urn:dev:x:temp":{"v":23.1,"u":"Cel","t":1276020076}}`:                                     `[{"n":"urn:dev:x:temp","u":"Cel","v":23.1}]`,
		`{"sensor one":{"temperature":1}}`:                                                           ``,
		`{"foo":1,"temperature":"hot","humidity":null}`:                                              ``,
		`[]`: ``, `{`: ``, ``: ``,
	} {
		if got := string(Measurements(json.RawMessage(object))); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", object, got, want)
		}
	}
	if got := Measurements(json.RawMessage(strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100))); got != nil {
		t.Errorf("%s", got)
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
		if pack := Measurements(got); pack != nil && !json.Valid(pack) {
			t.Errorf("%s gives %s", got, pack)
		}
	})
}

func TestWhatAScriptNormalizedHasItsOwnNames(t *testing.T) {
	for doc, want := range map[string]string{
		`{"air":{"temperature":21.5}}`:                            `[{"n":"air/temperature","u":"Cel","v":21.5}]`,
		` [{"air":{"temperature":21.5,"odour":3}}]`:               `[{"n":"air/temperature","u":"Cel","v":21.5}]`,
		`[{"air":{"temperature":1}},7,{"air":{"temperature":2}}]`: `[{"n":"0/air/temperature","u":"Cel","v":1},{"n":"2/air/temperature","u":"Cel","v":2}]`,
		`[]`:   ``,
		`"no"`: ``,
	} {
		if got := string(Normalized(json.RawMessage(doc), Shape{GeoDecimals: -1})); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", doc, got, want)
		}
	}
}
