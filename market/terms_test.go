package market

import (
	"errors"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

func TestTermsAreWrittenInOneWay(t *testing.T) {
	two, hash := 2, common.HexToHash("0x0102")
	for want, terms := range map[string]Terms{
		`{"sell":["data","values"],"version":1}`: {Sell: []string{"values", "data", "values"}},
		`{"geo_decimals":2,"quantities":["a&<b","humidity","temperature"],"sell":["senml","values"],"version":1}`:         {Sell: []string{"values", "senml"}, Quantities: []string{"temperature", "humidity", "a&<b"}, GeoDecimals: &two},
		`{"codec":{"kind":"cayenne_lpp"},"sell":["data","values"],"version":1}`:                                           {Sell: []string{"data", "values"}, Codec: &TermsCodec{Kind: "cayenne_lpp"}},
		`{"codec":{"kind":"js","script":"0x` + hash.Hex()[2:] + `","variables":{"a":"1"}},"sell":["values"],"version":1}`: {Sell: []string{"values"}, Codec: &TermsCodec{Kind: "js", Script: &hash, Variables: map[string]string{"a": "1"}}},
	} {
		if err := terms.Check(); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if b, err := terms.Document(); string(b) != want || err != nil {
			t.Errorf("got  %s %v\nwant %s", b, err, want)
		}
	}
}

func TestTermsThatContradictThemselvesAreRefused(t *testing.T) {
	two, far, hash := 2, 9, common.Hash{1}
	for want, terms := range map[string]Terms{
		"cannot be sold":         {Sell: []string{"gateways"}},
		"nothing is sold":        {},
		"everything in them":     {Sell: []string{"data", "values"}, Quantities: []string{"temperature"}},
		"what of the values":     {Sell: []string{"link"}, GeoDecimals: &two},
		"0 (about 111 km)":       {Sell: []string{"values"}, GeoDecimals: &far},
		"no name of a quantity":  {Sell: []string{"values"}, Quantities: []string{"a,b"}},
		"is no codec":            {Sell: []string{"values"}, Codec: &TermsCodec{Kind: "lua"}},
		"needs its script":       {Sell: []string{"values"}, Codec: &TermsCodec{Kind: "js"}},
		"only the codec js":      {Sell: []string{"values"}, Codec: &TermsCodec{Kind: "raw", Script: &hash}},
		"a codec makes values":   {Sell: []string{"data"}, Codec: &TermsCodec{Kind: "raw"}},
		"ASCII alone":            {Sell: []string{"values"}, Codec: &TermsCodec{Kind: "js", Script: &hash, Variables: map[string]string{"ü": ""}}},
		"more than 64":           {Sell: []string{"values"}, Quantities: strings.Split(strings.Repeat("a b c d e f g h i j ", 7)+"x", " ")},
		"more than 32 variables": {Sell: []string{"values"}, Codec: &TermsCodec{Kind: "js", Script: &hash, Variables: manyVariables()}},
	} {
		if strings.HasPrefix(want, "more than 64") {
			for i := range terms.Quantities {
				terms.Quantities[i] += strings.Repeat("x", i%60)
			}
			terms.Quantities = append(terms.Quantities, strings.Split("1 2 3 4 5 6 7 8 9", " ")...)
		}
		if err := terms.Check(); !errors.Is(err, ErrTerms) || !strings.Contains(err.Error(), want) {
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

func TestASaleIsReadFromItsTerms(t *testing.T) {
	hash := common.Hash{7}
	for doc, want := range map[string]lorawan.Sale{
		"":                                     {Fields: lorawan.FieldValues | lorawan.FieldData},
		`{"sell":["link"],"version":1}`:        {Fields: lorawan.FieldLink},
		`{"sell":["values","holograms"]}`:      {Fields: lorawan.FieldValues},
		`{"geo_decimals":0,"sell":["values"]}`: {Fields: lorawan.FieldValues, GeoDecimals: 1},
		`{"quantities":["a","b"],"sell":["senml"]}`:                 {Fields: lorawan.FieldSenML, Quantities: "a,b"},
		`{"codec":{"kind":"senml"},"sell":["values"]}`:              {Fields: lorawan.FieldValues, Codec: lorawan.Codec{Kind: lorawan.CodecSenML}},
		`{"codec":{"kind":"js","script":"0x01"},"sell":["values"]}`: {Fields: lorawan.FieldValues | lorawan.FieldData}, // no terms of ours: the hash is cut off
		`{"codec":{"kind":"js"},"sell":["values"]}`:                 {Fields: lorawan.FieldValues, Codec: lorawan.Codec{Kind: lorawan.CodecJS, Terms: hash}},
	} {
		if got := SaleOf(hash, []byte(doc)); got != want {
			t.Errorf("%s: %+v, want %+v", doc, got, want)
		}
	}
}
