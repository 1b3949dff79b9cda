package codec_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan/codec"
)

func ExampleCayenneLPP() {
	values, err := codec.CayenneLPP([]byte{3, 103, 0x01, 0x10, 4, 104, 90})
	fmt.Println(string(values), err)
	_, err = codec.CayenneLPP([]byte{3, 99})
	fmt.Println(errors.Is(err, codec.ErrPayload))
	// Output:
	// {"humiditySensor":{"4":45},"temperatureSensor":{"3":27.2}} <nil>
	// true
}

func ExampleAppendLPP() {
	b, err := codec.AppendLPP(nil, 3, 103, 27.2)
	fmt.Printf("%x %v\n", b, err)
	// Output: 03670110 <nil>
}

func ExampleSenML() {
	values, err := codec.SenML([]byte(`[{"bn":"roof:","bu":"Cel","n":"north","v":21.5},{"n":"south","v":25}]`))
	fmt.Println(string(values), err)
	// Output: {"roof:north":{"v":21.5,"u":"Cel"},"roof:south":{"v":25,"u":"Cel"}} <nil>
}

// What no closed vocabulary and no terms give a unit is left out: a wrong unit would be believed.
func ExampleMeasurements() {
	units := map[string]string{"BatV": "mV"} // as the listing's terms tell it
	fmt.Println(string(codec.Measurements([]byte(`{"temperatureSensor":{"3":27.2},"BatV":3600,"distance":7}`), units, time.Time{})))
	// Output: [{"n":"BatV","u":"V","v":3.6},{"n":"temperature/3","u":"Cel","v":27.2}]
}

func ExampleShape_Apply() {
	s := codec.Shape{Quantities: []string{"gps.lat", "temperature"}, GeoDecimals: 1}
	fmt.Println(string(s.Apply([]byte(`{"temperature":21.5,"humidity":40,"gps":{"lat":50.84673,"lon":4.35179}}`))))
	// Output: {"temperature":21.5,"gps":{"lat":50.8}}
}
