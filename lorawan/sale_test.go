package lorawan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func saleText(r *Reading, s Sale) string {
	b := string(r.AppendSale(nil, &s))
	_, rest, _ := strings.Cut(b, `"received":"2026-01-02T03:04:05Z"`)
	return strings.TrimPrefix(rest, ",")
}

func TestAListingSellsWhatItsTermsSay(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	object := json.RawMessage(`{"temperature":21.5,"gps":{"latitude":50.84673,"longitude":-4.35179,"sats":7},"battery":3.1,"air":{"humidity":40,"co2":500}}`)
	server := Reading{Received: at, Values: object, Data: []byte{1}}
	js := Codec{Kind: CodecJS, Terms: [32]byte{1}}
	lpp := Codec{Kind: CodecLPP}
	undecoded := Reading{Received: at, Data: []byte{1, 2}, Decoded: []Decoded{{Codec: lpp, Values: json.RawMessage(`{"temperatureSensor":{"3":27.2}}`)}, {Codec: js}}}
	normal := Reading{Received: at, Data: []byte{1, 2}, Decoded: []Decoded{{Codec: js, Values: json.RawMessage(`{"t":21.5,"where":{"lat":50.84673}}`),
		Normalized: json.RawMessage(`[{"air":{"temperature":21.5},"position":{"latitude":50.84673}}]`)}}}
	sealed := Reading{Received: at, Data: []byte{9}, Sealed: true}
	for name, c := range map[string]struct {
		r    Reading
		s    Sale
		want string
		lack Lack
	}{
		"all of it":           {server, Sale{Fields: FieldValues}, `"values":` + string(object), LacksNothing},
		"quantities":          {server, Sale{Fields: FieldValues, Quantities: "air.co2,temperature"}, `"values":{"temperature":21.5,"air":{"co2":500}}`, LacksNothing},
		"coordinates cut":     {server, Sale{Fields: FieldValues, Quantities: "gps", GeoDecimals: 3}, `"values":{"gps":{"latitude":50.84,"longitude":-4.35,"sats":7}}`, LacksNothing},
		"whole degrees":       {server, Sale{Fields: FieldValues, Quantities: "gps.latitude", GeoDecimals: 1}, `"values":{"gps":{"latitude":50}}`, LacksNothing},
		"none of them":        {server, Sale{Fields: FieldValues, Quantities: "wind"}, ``, LacksValues},
		"names and units":     {server, Sale{Fields: FieldSenML, Quantities: "air,temperature", Units: "temperature=Cel,air.humidity=%{RH},air.co2=[ppm]"}, `"senml":[{"n":"temperature","u":"Cel","v":21.5},{"n":"air/humidity","u":"%RH","v":40},{"n":"air/co2","u":"ppm","v":500}]`, LacksNothing},
		"senml is cut too":    {server, Sale{Fields: FieldSenML, Quantities: "gps", Units: "gps.latitude=deg,gps.longitude=deg", GeoDecimals: 2}, `"senml":[{"n":"gps/latitude","u":"deg","v":50.8},{"n":"gps/longitude","u":"deg","v":-4.3}]`, LacksNothing},
		"no names known":      {server, Sale{Fields: FieldSenML, Quantities: "battery"}, ``, LacksValues},
		"the codec's":         {undecoded, Sale{Fields: FieldValues | FieldSenML, Codec: lpp}, `"values":{"temperatureSensor":{"3":27.2}},"senml":[{"n":"temperature/3","u":"Cel","v":27.2}]`, LacksNothing},
		"the codec failed":    {undecoded, Sale{Fields: FieldValues, Codec: js}, ``, LacksDecode},
		"normalized":          {normal, Sale{Fields: FieldSenML, Codec: js, GeoDecimals: 3}, `"senml":[{"n":"air/temperature","u":"Cel","v":21.5},{"n":"position/latitude","u":"lat","v":50.84}]`, LacksNothing},
		"chosen by value":     {normal, Sale{Fields: FieldSenML, Codec: js, Quantities: "where", Units: "where.lat=deg"}, `"senml":[{"n":"where/lat","u":"deg","v":50.84673}]`, LacksNothing},
		"no unit is guessed":  {server, Sale{Fields: FieldSenML}, ``, LacksValues},
		"the server's normal": {Reading{Received: at, Values: object, Normalized: json.RawMessage(`{"air":{"temperature":21.5}}`)}, Sale{Fields: FieldSenML}, `"senml":[{"n":"air/temperature","u":"Cel","v":21.5}]`, LacksNothing},
		"but bytes go":        {undecoded, Sale{Fields: FieldValues | FieldData, Codec: js}, `"data":"AQI="`, LacksNothing},
		"nobody decodes":      {undecoded, Sale{Fields: FieldValues}, ``, LacksValues},
		"the server first":    {Reading{Received: at, Values: object, Decoded: []Decoded{{Codec: lpp, Values: json.RawMessage(`{"x":1}`)}}}, Sale{Fields: FieldValues, Codec: lpp, Quantities: "battery"}, `"values":{"battery":3.1}`, LacksNothing},
		"encrypted":           {sealed, Sale{Fields: FieldValues | FieldData, Codec: js}, `"sealed":true,"data":"CQ=="`, LacksNothing},
		"link alone":          {undecoded, Sale{Fields: FieldLink}, ``, LacksNothing},
		"no gateway is in it": {Reading{Received: at, Values: json.RawMessage(`{"a":1}`), Link: &Link{RSSI: -90, SNR: 7, Frequency: 868100000}}, Sale{Fields: FieldLink | FieldValues}, `"values":{"a":1},"link":{"rssi":-90,"snr":7,"frequency":868100000}`, LacksNothing},
	} {
		if got := saleText(&c.r, c.s); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
		if got := c.r.Lacks(&c.s); got != c.lack {
			t.Errorf("%s: lacks %d, want %d", name, got, c.lack)
		}
		if b := "{" + string(c.r.AppendSale(nil, &c.s)) + "}"; !json.Valid([]byte(b)) {
			t.Errorf("%s: no JSON: %s", name, b)
		}
	}
}
