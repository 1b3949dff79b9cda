package offer

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

func TestTermsAreWrittenInOneWay(t *testing.T) {
	two, hash := 2, common.HexToHash("0x0102")
	low, high, step, zero := -20.0, 1e21, 1e-7, math.Copysign(0, -1)
	for want, terms := range map[string]Offer{
		`{"sell":["data","values"],"version":2}`: {Sell: []string{"values", "data", "values"}},
		`{"geo_decimals":2,"quantities":[{"name":"a&<b"},{"name":"humidity"},{"name":"temperature"}],"sell":["senml","values"],"version":2}`: {
			Sell: []string{"values", "senml"}, Quantities: []Quantity{{Name: "temperature"}, {Name: "humidity"}, {Name: "a&<b"}}, GeoDecimals: &two},
		`{"quantities":[{"label":"Air","max":1e+21,"min":-20,"name":"t","resolution":1e-7,"unit":"Cel"}],"sell":["values"],"version":2}`: {
			Sell: []string{"values"}, Quantities: []Quantity{{Name: "t", Label: "Air", Unit: "Cel", Min: &low, Max: &high, Resolution: &step}}},
		`{"quantities":[{"min":0,"name":"t"}],"sell":["values"],"version":2}`:                                             {Sell: []string{"values"}, Quantities: []Quantity{{Name: "t", Min: &zero}}},
		`{"codec":{"kind":"cayenne_lpp"},"sell":["data","values"],"version":2}`:                                           {Sell: []string{"data", "values"}, Codec: &Codec{Kind: "cayenne_lpp"}},
		`{"codec":{"kind":"js","script":"0x` + hash.Hex()[2:] + `","variables":{"a":"1"}},"sell":["values"],"version":2}`: {Sell: []string{"values"}, Codec: &Codec{Kind: "js", Script: &hash, Variables: map[string]string{"a": "1"}}},
	} {
		if err := terms.Check(); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		b, err := terms.Document()
		if string(b) != want || err != nil {
			t.Errorf("got  %s %v\nwant %s", b, err, want)
		}
		again, err := Read(b)
		if err != nil || !reflect.DeepEqual(again, terms) {
			t.Errorf("%s reads back as %+v %v", b, again, err)
		}
	}
}

func TestTermsThatContradictThemselvesAreRefused(t *testing.T) {
	two, far, hash := 2, 9, common.Hash{1}
	for want, terms := range map[string]Offer{
		"cannot be sold":         {Sell: []string{"gateways"}},
		"nothing is sold":        {},
		"everything in them":     {Sell: []string{"data", "values"}, Quantities: []Quantity{{Name: "temperature"}}},
		"what of the values":     {Sell: []string{"link"}, GeoDecimals: &two},
		"0 (about 111 km)":       {Sell: []string{"values"}, GeoDecimals: &far},
		"no name of a quantity":  {Sell: []string{"values"}, Quantities: []Quantity{{Name: "a,b"}}},
		"is no codec":            {Sell: []string{"values"}, Codec: &Codec{Kind: "lua"}},
		"needs its script":       {Sell: []string{"values"}, Codec: &Codec{Kind: "js"}},
		"only the codec js":      {Sell: []string{"values"}, Codec: &Codec{Kind: "raw", Script: &hash}},
		"a codec makes values":   {Sell: []string{"data"}, Codec: &Codec{Kind: "raw"}},
		"ASCII alone":            {Sell: []string{"values"}, Codec: &Codec{Kind: "js", Script: &hash, Variables: map[string]string{"ü": ""}}},
		"more than 64":           {Sell: []string{"values"}, Quantities: make([]Quantity, 65)},
		"named twice":            {Sell: []string{"values"}, Quantities: []Quantity{{Name: "a"}, {Name: "a"}}},
		"min above its max":      {Sell: []string{"values"}, Quantities: []Quantity{{Name: "a", Min: new(2.0), Max: new(1.0)}}},
		"no number":              {Sell: []string{"values"}, Quantities: []Quantity{{Name: "a", Min: new(math.NaN())}}},
		"not above 0":            {Sell: []string{"values"}, Quantities: []Quantity{{Name: "a", Resolution: new(0.0)}}},
		"no unit of UCUM":        {Sell: []string{"values"}, Quantities: []Quantity{{Name: "a", Unit: "°C"}}},
		"more than 32 variables": {Sell: []string{"values"}, Codec: &Codec{Kind: "js", Script: &hash, Variables: manyVariables()}},
	} {
		if err := terms.Check(); !errors.Is(err, ErrOffer) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func manyVariables() map[string]string {
	m := map[string]string{}
	for i := range 33 {
		m[strings.Repeat("v", i+1)] = ""
	}
	return m
}

// What a document says decides; what it leaves open sells nothing.
func TestASaleIsReadFromItsTermsOrNotMade(t *testing.T) {
	for doc, want := range map[string]lorawan.Sale{
		`{"sell":["link"],"version":2}`: {Fields: lorawan.FieldLink},
		`{"title":"A buoy","place":{"name":"North Sea"},"sell":["values"],"version":2}`:                         {Fields: lorawan.FieldValues},
		`{"geo_decimals":0,"sell":["values"],"version":2}`:                                                      {Fields: lorawan.FieldValues, GeoDecimals: 1},
		`{"quantities":[{"name":"b","max":4,"colour":"red"},{"name":"a"}],"sell":["senml"],"version":2}` + "\n": {Fields: lorawan.FieldSenML, Quantities: "a,b"},
		`{"codec":{"kind":"senml"},"sell":["values"],"version":2}`:                                              {Fields: lorawan.FieldValues, Codec: lorawan.Codec{Kind: lorawan.CodecSenML}},
	} {
		if got, err := SaleOf(crypto.Keccak256Hash([]byte(doc)), []byte(doc)); err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", doc, got, err, want)
		}
	}
	script := `{"codec":{"kind":"js","script":"0x` + strings.Repeat("01", 32) + `"},"sell":["values"],"version":2}`
	hash := crypto.Keccak256Hash([]byte(script))
	if got, err := SaleOf(hash, []byte(script)); err != nil || got.Codec != (lorawan.Codec{Kind: lorawan.CodecJS, Terms: hash}) {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := SaleOf(common.Hash{}, nil); err != nil || got.Fields != lorawan.FieldValues|lorawan.FieldData {
		t.Errorf("without terms: %+v %v", got, err)
	}
	if got, err := SaleOf(common.Hash{1}, nil); !errors.Is(err, ErrMissing) || got != (lorawan.Sale{}) {
		t.Errorf("with terms nobody has: %+v %v", got, err)
	}
	if _, err := SaleOf(hash, []byte(`{"sell":["values"],"version":2}`)); !errors.Is(err, ErrUnreadable) {
		t.Errorf("with another's terms: %v", err)
	}
	for name, doc := range map[string]string{
		"nothing":                 "",
		"no object":               `["values"]`,
		"cut short":               `{"sell":["values"],"version":2`,
		"two documents":           `{"sell":["values"],"version":2}{"sell":["data"]}`,
		"another version":         `{"sell":["values"],"version":3}`,
		"no version":              `{"sell":["values"]}`,
		"something new is sold":   `{"sell":["values","holograms"],"version":2}`,
		"nothing is sold":         `{"sell":[],"version":2}`,
		"sold as in no edition":   `{"sell":"values","version":2}`,
		"a member twice":          `{"sell":["values"],"sell":["data"],"version":2}`,
		"a member in capitals":    `{"SELL":["values"],"version":2}`,
		"quantities as names":     `{"quantities":["a"],"sell":["values"],"version":2}`,
		"quantities by name":      `{"quantities":{"a":{"max":1}},"sell":["values"],"version":2}`,
		"a quantity twice":        `{"quantities":[{"name":"a"},{"name":"a"}],"sell":["values"],"version":2}`,
		"a range of nothing":      `{"quantities":[{"name":"a","min":2,"max":1}],"sell":["values"],"version":2}`,
		"a script without a hash": `{"codec":{"kind":"js"},"sell":["values"],"version":2}`,
		"a codec not known":       `{"codec":{"kind":"wasm"},"sell":["values"],"version":2}`,
		"too many decimals":       `{"geo_decimals":700,"sell":["values"],"version":2}`,
		"longer than is read":     `{"sell":["values"],"version":2,"title":"` + strings.Repeat("x", Max) + `"}`,
	} {
		if got, err := SaleOf(crypto.Keccak256Hash([]byte(doc)), []byte(doc)); !errors.Is(err, ErrUnreadable) || got != (lorawan.Sale{}) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}
