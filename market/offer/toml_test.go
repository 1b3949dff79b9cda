package offer

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec"
	"github.com/ethereum/go-ethereum/crypto"
)

const whole = `
title = "Température, toit nord"
description = """
SHT31, shaded.
Calibrated in May."""
sell = ["values", "senml"]
interval = "10m"
tags = ["weather", "rooftop"]
contact = "owner@example.org"
personal_data = false
resale = "attribution"
geo_decimals = 2

[place]
name = "Gent"
country = "BE"
lat = 51.05437
lon = -3.71749
decimals = 2
indoor = false
height = 12

[[quantities]]
name = "TempC_SHT"
measures = "temperature"
unit = "Cel"
min = -40
max = 85.5
resolution = 0.01

[[quantities]]
name = "air.humidity"

[licence]
spdx = "CC-BY-4.0"

[codec]
kind = "js"
file = "codec.js"
variables = {offset = "1"}

[sample]
count = 5
delay = "24h"

[sla]
delivered = 0.95
latency = "1m"
`

func script(name string) ([]byte, error) {
	if name != "codec.js" {
		return nil, os.ErrNotExist
	}
	return []byte("function decodeUplink() {}"), nil
}

// The document is compared byte for byte with what RFC 8785 asks for, written by hand.
func TestAnOwnersFileBecomesOneDocument(t *testing.T) {
	o, text, err := ParseTOML([]byte(whole), script)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := o.Document()
	want := `{"codec":{"kind":"js","script":"` + crypto.Keccak256Hash(text).Hex() + `","variables":{"offset":"1"}},"contact":"owner@example.org",` +
		`"description":"SHT31, shaded.\nCalibrated in May.","geo_decimals":2,"interval":600,"licence":{"spdx":"CC-BY-4.0"},"personal_data":false,` +
		`"place":{"country":"BE","decimals":2,"height":12,"indoor":false,"lat":51.05,"lon":-3.71,"name":"Gent"},` +
		`"quantities":[{"max":85.5,"measures":"temperature","min":-40,"name":"TempC_SHT","resolution":0.01,"unit":"Cel"},{"name":"air.humidity"}],` +
		`"resale":"attribution","sample":{"count":5,"delay":86400},"sell":["senml","values"],"sla":{"delivered":0.95,"latency":60},"tags":["rooftop","weather"],"title":"Température, toit nord","version":2}`
	if string(doc) != want || err != nil {
		t.Errorf("got  %s %v\nwant %s", doc, err, want)
	}
	again, err := Read(doc)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := again.Document(); string(b) != want {
		t.Errorf("the document reads back as %s", b)
	}
	back, err := again.TOML()
	if err != nil {
		t.Fatal(err)
	}
	third, _, err := ParseTOML(back, script)
	if third.Codec != nil {
		third.Codec.File = ""
	}
	if err != nil || !reflect.DeepEqual(third, again) {
		t.Errorf("what was written reads back as\n%+v %v, want\n%+v:\n%s", third, err, again, back)
	}
	for q, want := range map[int]string{0: "temperature", 1: ""} {
		if got := again.Quantities[q].Measured(); got != want {
			t.Errorf("%s measures %q, want %q", again.Quantities[q].Name, got, want)
		}
	}
	if q := (&Quantity{Name: "humidity"}); q.Measured() != "humidity" {
		t.Error("a name of the list is not taken for what is measured")
	}
	if q := (&Quantity{Name: "level", Unit: "V"}); q.Measured() != "" {
		t.Error("a name of the list is believed although its unit says otherwise")
	}
}

// Numbers and texts are written as RFC 8785 has them: its appendix B, and the letters of 3.2.2.2.
func TestTheDocumentIsCanonical(t *testing.T) {
	for n, want := range map[float64]string{
		1e-7: "1e-7", 0.000001: "0.000001", 1e21: "1e+21", 333333333.33333329: "333333333.3333333", 9007199254740994: "9007199254740994", 4.5: "4.5", 2e-3: "0.002", 5e-324: "5e-324",
	} {
		o := Offer{Sell: []string{"values"}, Quantities: []Quantity{{Name: "a", Max: new(n)}}}
		if err := o.Check(); err != nil {
			t.Fatal(err)
		}
		if doc, err := o.Document(); err != nil || !strings.Contains(string(doc), `"max":`+want+`,`) {
			t.Errorf("%v is written %s %v", n, doc, err)
		}
	}
	o := Offer{Sell: []string{"values"}, Title: `€<&>"\/ß 😂`}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	if doc, err := o.Document(); err != nil || string(doc) != `{"sell":["values"],"title":"€<&>\"\\/ß 😂","version":2}` {
		t.Errorf("%s %v", doc, err)
	}
}

func TestWhatAnOwnerWritesWronglyIsSaidInASentence(t *testing.T) {
	for text, want := range map[string]string{
		"sell = ['values']\ntitel = 'x'":                        "line 2: there is no member titel",
		"sell = ['values']\n[place]\nlatt = 1":                  "line 3: there is no member place.latt",
		"sell = 'values'":                                       "line 1",
		"sell = ['values'":                                      "line 1",
		"sell = ['values']\ninterval = '10'":                    "no time of whole seconds",
		"sell = ['values']\ninterval = '40000h'":                "no time of whole seconds",
		"sell = ['values']\nversion = 1":                        "leave version out",
		"sell = ['values']\n[codec]\nkind='js'\nfile='none.js'": "codec.file",
		"sell = ['values']\n[codec]\nkind='js'\nfile='codec.js'\nscript='0x" + strings.Repeat("1", 64) + "'": "not the hash of codec.js",
		"sell = ['values']\n[place]\nlat = 1.0\nlon = 1.0":                                                   "place.decimals is missing",
		"sell = ['values']\n[place]\nlat = 1.0\ndecimals = 1":                                                "lat and lon, or neither",
		"sell = ['values']\n[place]\nlat = 91.0\nlon = 1.0\ndecimals = 1":                                    "-90 to 90",
		"sell = ['values']\n[place]\nlat = nan\nlon = 1.0\ndecimals = 1":                                     "-90 to 90",
		"sell = ['values']\n[place]\ncountry = 'XX'":                                                         "is no country",
		"sell = ['values']\n[place]\ncountry = 'E '":                                                         "is no country",
		"sell = ['values']\nresale = 'perhaps'":                                                              "forbidden, allowed or attribution",
		"sell = ['values']\n[licence]\nurl = 'https://example.org'":                                          "licence.hash is missing",
		"sell = ['values']\n[licence]\nspdx = 'CC BY'":                                                       "no name of the SPDX list",
		"sell = ['values']\n[licence]\nspdx = 'MIT'\nurl = 'https://a.b'":                                    "either spdx",
		"sell = ['values']\n[licence]\nurl = 'http://a:b@c'\nhash = '0x" + strings.Repeat("1", 64) + "'":     "begins with https://",
		"sell = ['values']\n[sample]\ncount = 0\ndelay = '1h'":                                               "count of 1 to 100",
		"sell = ['values']\n[sla]\ndelivered = 1.5":                                                          "above 0 and at most 1",
		"sell = ['values']\n[sla]\ndelivered = 0.5":                                                          "give interval",
		"sell = ['values']\ntags = ['']":                                                                     "is empty",
		"sell = ['values']\ntitle = \"a\\u202Eb\"":                                                           "title has characters that are not shown",
		"sell = ['values']\ntitle = \"a\\nb\"":                                                               "break the line",
		"sell = ['values']\ndescription = \"a\\u200Bb\"":                                                     "description has characters",
		"sell = ['values']\n[[quantities]]\nname='t'\nmeasures='warmth'":                                     "is in no list",
		"sell = ['values']\n[[quantities]]\nname='t'\nmeasures='x-'":                                         "must be x- and a word",
		"sell = ['values']\n[[quantities]]\nname='t'\nmeasures='temperature'\nunit='V'":                      "not measured in V but in Cel",
		"description = '" + strings.Repeat("x", Max) + "'":                                                   "more than 65536",
	} {
		if _, _, err := ParseTOML([]byte(text), script); !errors.Is(err, ErrOffer) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
	fine := "sell = ['values']\n[[quantities]]\nname='t'\nmeasures='x-sap_flow'\nunit='g/h'\n[place]\nname='Straße des 17. Juni'"
	if _, _, err := ParseTOML([]byte(fine), script); err != nil {
		t.Error(err)
	}
}

// A document whose place is finer than it says was not made by this program.
func TestAPlaceIsNeverFinerThanItsOwnerSays(t *testing.T) {
	if _, err := Read([]byte(`{"place":{"decimals":2,"lat":51.054,"lon":3.71},"sell":["values"],"version":2}`)); !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "more decimals than the 2") {
		t.Error(err)
	}
	for _, c := range []struct {
		degrees  float64
		decimals int
		want     float64
	}{{51.05999, 2, 51.05}, {-51.05999, 2, -51.05}, {51.05, 2, 51.05}, {0.000009, 5, 0}, {1e-9, 6, 0}, {179.9999999, 0, 179}, {4.35, 6, 4.35}} {
		if got := Cut(c.degrees, c.decimals); got != c.want {
			t.Errorf("%v to %d decimals: %v, want %v", c.degrees, c.decimals, got, c.want)
		}
	}
}

func TestAFleetHasAnOfferALine(t *testing.T) {
	base := "sell = ['values']\ntitle = 'Soil'\ninterval = '1h'\n[place]\ncountry = 'BE'\ndecimals = 1\n"
	lines := "\ufeffdev_eui,title,lat,lon,tags\r\n70b3d57ed8005343,\"Field, north\",51.27,3.5,\r\n70-B3-D5-7E-D8-00-53-44,,51.3,3.61,wet clay\r\n"
	base = strings.Replace(base, "[place]\ncountry = 'BE'\ndecimals = 1\n", "[place]\ncountry = 'BE'\nlat = 50.0\nlon = 4.0\ndecimals = 1\n", 1)
	fleet, err := Fleet([]byte(base), []byte(lines), script)
	if err != nil || len(fleet) != 2 {
		t.Fatalf("%+v %v", fleet, err)
	}
	for i, want := range []string{
		`{"interval":3600,"place":{"country":"BE","decimals":1,"lat":51.2,"lon":3.5},"sell":["values"],"title":"Field, north","version":2}`,
		`{"interval":3600,"place":{"country":"BE","decimals":1,"lat":51.3,"lon":3.6},"sell":["values"],"tags":["clay","wet"],"title":"Soil","version":2}`,
	} {
		if doc, err := fleet[i].Offer.Document(); string(doc) != want || err != nil {
			t.Errorf("got  %s %v\nwant %s", doc, err, want)
		}
	}
	if want, _ := lorawan.ParseDevEUI("70b3d57ed8005344"); fleet[1].DevEUI != want {
		t.Errorf("%v", fleet[1].DevEUI)
	}
	for lines, want := range map[string]string{
		"":                                "no first line",
		"dev_eui\n":                       "no line with a device",
		"title\nx\n":                      "no column dev_eui",
		"dev_eui,colour\n":                `a column "colour"`,
		"dev_eui,dev_eui\n":               "twice",
		"dev_eui,lat\n70b3d57ed8005343,x": "line 2 of the fleet's file: lat",
		"dev_eui\n70b3d57ed8005343\n70B3D57ED8005343\n": "line 3 of the fleet's file names the device of line 2 again",
		"dev_eui,title\n70b3d57ed8005343\n":             "wrong number of fields",
		"dev_eui\nx\n":                                  "dev_eui",
		"dev_eui,country\n70b3d57ed8005343,ZZ\n":        "is no country",
	} {
		if _, err := Fleet([]byte(base), []byte(lines), script); !errors.Is(err, ErrOffer) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", lines, err, want)
		}
	}
}

// Every unit of the list can be sold as a measurement.
func TestTheListIsSortedAndItsUnitsAreKnownToTheCodecs(t *testing.T) {
	for i, m := range Measures {
		if i > 0 && Measures[i-1].Name >= m.Name {
			t.Errorf("%s stands at the wrong place", m.Name)
		}
		if !word.MatchString(m.Name) || m.Means == "" || len(m.Units) == 0 {
			t.Errorf("%+v", m)
		}
		for _, unit := range m.Units {
			if !codec.KnownUnit(unit) {
				t.Errorf("%s: no measurement is made of %s", m.Name, unit)
			}
		}
	}
}

// Every member of the type is read by its name.
func TestEveryMemberIsRead(t *testing.T) {
	var o Offer
	all := o.members()
	for f := range reflect.TypeFor[Offer]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if all[name] == nil || reflect.TypeOf(all[name]).Elem() != f.Type {
			t.Errorf("%s is not read", name)
		}
	}
}

func FuzzAnOfferThatIsReadCanBeWrittenAndReadAgain(f *testing.F) {
	f.Add([]byte(`{"sell":["values"],"version":2,"place":{"lat":1.5,"lon":2,"decimals":1},"title":"é"}`))
	o, _, err := ParseTOML([]byte(whole), script)
	if err != nil {
		f.Fatal(err)
	}
	doc, _ := o.Document()
	f.Add(doc)
	f.Fuzz(func(t *testing.T, document []byte) {
		o, err := Read(document)
		if err != nil {
			return
		}
		doc, err := o.Document()
		if err != nil && errors.Is(err, ErrOffer) {
			return // longer when written canonically
		}
		again, err2 := Read(doc)
		second, err3 := again.Document()
		if err != nil || err2 != nil || err3 != nil || string(second) != string(doc) || !json.Valid(doc) {
			t.Errorf("%s becomes %s and then %s (%v %v %v)", document, doc, second, err, err2, err3)
		}
	})
}
