// Package offer reads and writes offer documents: what an owner sells, what he promises of
// it, and where and what it is. They are the terms of a listing: the keccak256 of a
// document's canonical JSON (RFC 8785) stands on chain.
//
// Some members decide what is delivered: sell, quantities' names, geo_decimals and codec.
// The others describe, so that buyers find and judge a stream. It refuses to know prices,
// which stand on chain, and devices' identities, which stand nowhere.
package offer

import (
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

// Version is the version of the documents this program writes and reads.
const Version = 2

// Offer is an offer document. The field tags of its types are what docs/offers.md is made of.
type Offer struct {
	Codec        *Codec     `json:"codec,omitempty" toml:"codec,omitempty" doc:"Who decodes what the network server does not; left out: nobody."`
	Contact      string     `json:"contact,omitempty" toml:"contact,omitempty" doc:"Where a buyer asks: an address of e-mail or of the web. Up to 256 bytes."`
	Description  string     `json:"description,omitempty" toml:"description,omitempty" doc:"What a buyer should know: sensor, mounting, accuracy, calibration. Up to 4,096 bytes."`
	GeoDecimals  *int       `json:"geo_decimals,omitempty" toml:"geo_decimals,omitempty" doc:"Decimals kept of coordinates in the values sold, 0 (about 111 km) to 6 (about 0.1 m); left out: as decoded."`
	Interval     Seconds    `json:"interval,omitempty" toml:"interval,omitempty" doc:"Time between two readings of the sensor, 1 s to 31 days; what is due is counted by it. Seconds in JSON, such as \"10m\" in TOML."`
	Licence      *Licence   `json:"licence,omitempty" toml:"licence,omitempty" doc:"What buyers may do with readings."`
	PersonalData *bool      `json:"personal_data,omitempty" toml:"personal_data,omitempty" doc:"Whether readings are about people who can be told apart."`
	Place        *Place     `json:"place,omitempty" toml:"place,omitempty" doc:"Where the device is."`
	Quantities   []Quantity `json:"quantities,omitempty" toml:"quantities,omitempty" doc:"The members of the values that are sold, up to 64; left out: all."`
	Resale       string     `json:"resale,omitempty" toml:"resale,omitempty" doc:"Whether buyers may sell what they make of readings: forbidden, allowed or attribution (allowed to those who name the source)."`
	Sample       *Sample    `json:"sample,omitempty" toml:"sample,omitempty" doc:"What may be shown to everybody."`
	Sell         []string   `json:"sell" toml:"sell,omitempty" doc:"What a reading contains, of data (its bytes), link (radio quality), senml (measurements with units) and values (the decoded object)."`
	SLA          *SLA       `json:"sla,omitempty" toml:"sla,omitempty" doc:"What is promised of deliveries."`
	Tags         []string   `json:"tags,omitempty" toml:"tags,omitempty" doc:"Words to find the stream by, up to 16 of 32 bytes."`
	Title        string     `json:"title,omitempty" toml:"title,omitempty" doc:"One line that says what it is. Up to 128 bytes."`
	Version      int        `json:"version" toml:"version,omitempty" doc:"2."`
}

// Quantity is a member of the values that is sold, and what is promised of it.
type Quantity struct {
	Label      string   `json:"label,omitempty" toml:"label,omitempty" doc:"Its name for people. Up to 256 bytes."`
	Max        *float64 `json:"max,omitempty" toml:"max,omitempty" doc:"Promised: no value is above."`
	Measures   string   `json:"measures,omitempty" toml:"measures,omitempty" doc:"What it measures: a word of the list below, or one of your own that begins with x-. Left out: the name, where that is in the list."`
	Min        *float64 `json:"min,omitempty" toml:"min,omitempty" doc:"Promised: no value is below."`
	Name       string   `json:"name" toml:"name,omitempty" doc:"The member of the decoded object; members of members are joined with a dot."`
	Resolution *float64 `json:"resolution,omitempty" toml:"resolution,omitempty" doc:"Smallest step between two values, above 0."`
	Unit       string   `json:"unit,omitempty" toml:"unit,omitempty" doc:"Of the decoded value, in UCUM."`
}

// Codec names a codec. A script is named by its hash: a buyer who gets the script from its
// owner can repeat what the bridge decoded.
type Codec struct {
	File      string            `json:"-" toml:"file,omitempty" doc:"TOML only: the script of kind js, beside the offer. The document has its hash."`
	Kind      string            `json:"kind" toml:"kind,omitempty" doc:"cayenne_lpp, senml, raw or js."`
	Script    *common.Hash      `json:"script,omitempty" toml:"script,omitempty" doc:"keccak256 of the script of kind js."`
	Variables map[string]string `json:"variables,omitempty" toml:"variables,omitempty" doc:"What the script finds in input.variables, up to 32."`
}

// Licence is what buyers may do: a licence of the SPDX list, or a text of one's own.
type Licence struct {
	Hash *common.Hash `json:"hash,omitempty" toml:"hash,omitempty" doc:"keccak256 of the text at url."`
	SPDX string       `json:"spdx,omitempty" toml:"spdx,omitempty" doc:"Its name in the SPDX list, such as CC-BY-4.0."`
	URL  string       `json:"url,omitempty" toml:"url,omitempty" doc:"Where a licence that is in no list can be read; with hash."`
}

// Place is where a device is, as its owner tells.
type Place struct {
	Country  string   `json:"country,omitempty" toml:"country,omitempty" doc:"ISO 3166-1 alpha-2, such as BE."`
	Decimals *int     `json:"decimals,omitempty" toml:"decimals,omitempty" doc:"Decimals told of lat and lon, 0 to 6: in TOML they are cut to it, a document with more is refused. Needed with them."`
	Height   *float64 `json:"height,omitempty" toml:"height,omitempty" doc:"Metres above the ground, -12,000 to 12,000."`
	Indoor   *bool    `json:"indoor,omitempty" toml:"indoor,omitempty" doc:"Whether it is inside a building."`
	Lat      *float64 `json:"lat,omitempty" toml:"lat,omitempty" doc:"Degrees of latitude (WGS 84), -90 to 90."`
	Lon      *float64 `json:"lon,omitempty" toml:"lon,omitempty" doc:"Degrees of longitude, -180 to 180."`
	Name     string   `json:"name,omitempty" toml:"name,omitempty" doc:"Such as a town. Up to 128 bytes."`
}

// Sample is what of the readings may be shown to everybody.
type Sample struct {
	Count int     `json:"count" toml:"count,omitempty" doc:"The newest so many readings, 1 to 100,"`
	Delay Seconds `json:"delay" toml:"delay,omitempty" doc:"that are at least so old, 1 s to 31 days. Seconds in JSON, such as \"24h\" in TOML."`
}

// SLA is what is promised of deliveries. Nothing enforces it but a challenge.
type SLA struct {
	Delivered *float64 `json:"delivered,omitempty" toml:"delivered,omitempty" doc:"Part of the readings due that arrive, above 0, at most 1."`
	Latency   Seconds  `json:"latency,omitempty" toml:"latency,omitempty" doc:"Time from the device's sending to the buyer's storage. Seconds in JSON."`
}

// The bounds of offers.
const (
	Max           = 64 << 10 // bytes of a document
	quantitiesMax = 64
	variablesMax  = 32
	tagsMax       = 16
	textMax       = 256
	secondsMax    = 31 * 24 * 3600
)

var sellable = map[string]lorawan.Fields{
	"data": lorawan.FieldData, "link": lorawan.FieldLink, "senml": lorawan.FieldSenML, "values": lorawan.FieldValues,
}

// Check sorts the lists and looks whether the offer makes sense.
func (o *Offer) Check() error {
	o.Version = Version
	slices.Sort(o.Sell)
	o.Sell = slices.Compact(o.Sell)
	var sold lorawan.Fields
	for _, name := range o.Sell {
		f, known := sellable[name]
		if !known {
			return refuse("%.40q cannot be sold: data, link, senml and values can", name)
		}
		sold |= f
	}
	if sold == 0 {
		return refuse("nothing is sold: name some of data, link, senml and values (sell)")
	}
	hides := len(o.Quantities) > 0 || o.GeoDecimals != nil
	switch {
	case hides && sold&lorawan.FieldData != 0:
		return refuse("who sells the bytes (data) sells everything in them: leave data out, or quantities and geo_decimals")
	case hides && sold&(lorawan.FieldValues|lorawan.FieldSenML) == 0:
		return refuse("quantities and geo_decimals say what of the values is sold: sell values or senml")
	case o.GeoDecimals != nil && (*o.GeoDecimals < 0 || *o.GeoDecimals > 6):
		return refuse("geo_decimals must be 0 (about 111 km) to 6 (about 0.1 m)")
	}
	for _, check := range []func() error{o.checkQuantities, func() error { return o.checkCodec(sold) }, o.checkWords, o.checkPlace, o.checkLicence, o.checkPromises} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *Offer) checkQuantities() error {
	if len(o.Quantities) > quantitiesMax {
		return refuse("more than %d quantities", quantitiesMax)
	}
	slices.SortStableFunc(o.Quantities, func(a, b Quantity) int { return strings.Compare(a.Name, b.Name) })
	for i := range o.Quantities {
		q := &o.Quantities[i]
		if !ascii(q.Name) || q.Name == "" || len(q.Name) > 64 || strings.ContainsAny(q.Name, ",=") {
			return refuse("%.70q is no name of a quantity", q.Name)
		}
		if i > 0 && o.Quantities[i-1].Name == q.Name {
			return refuse("the quantity %s is named twice", q.Name)
		}
		if err := q.check(); err != nil {
			return err
		}
	}
	return nil
}

func (q *Quantity) check() error {
	if !readable(q.Label, textMax) {
		return refuse("the label of %s has characters that are not shown, or more than %d bytes", q.Name, textMax)
	}
	if !ascii(q.Unit) || len(q.Unit) > 64 || strings.ContainsAny(q.Unit, ",=") {
		return refuse("%.70q, the unit of %s, is no unit of UCUM (https://ucum.org): ASCII alone", q.Unit, q.Name)
	}
	for _, n := range []*float64{q.Min, q.Max, q.Resolution} {
		if n != nil && (math.IsNaN(*n) || math.IsInf(*n, 0)) {
			return refuse("%s has a bound that is no number", q.Name)
		}
		if n != nil {
			*n += 0 // canonical JSON knows no negative zero
		}
	}
	switch {
	case q.Min != nil && q.Max != nil && *q.Min > *q.Max:
		return refuse("%s has a min above its max", q.Name)
	case q.Resolution != nil && *q.Resolution <= 0:
		return refuse("%s has a resolution that is not above 0", q.Name)
	case q.Measures == "":
		return nil
	}
	if own, free := strings.CutPrefix(q.Measures, "x-"); free {
		if !word.MatchString(own) {
			return refuse("%.70q, what %s measures, must be x- and a word of lower-case letters, digits and _", q.Measures, q.Name)
		}
		return nil
	}
	m, known := measureOf(q.Measures)
	switch {
	case !known:
		return refuse("%.70q, what %s measures, is in no list: `offer quantities` has the words; one of your own begins with x-", q.Measures, q.Name)
	case !m.has(q.Unit):
		return refuse("%s of %s is not measured in %.40s but in %s", m.Name, q.Name, q.Unit, strings.Join(m.Units, ", "))
	}
	return nil
}

func (o *Offer) checkCodec(sold lorawan.Fields) error {
	if o.Codec == nil {
		return nil
	}
	kind, known := lorawan.ParseCodecKind(o.Codec.Kind)
	switch {
	case !known || kind == lorawan.CodecNone:
		return refuse("%.40q is no codec: cayenne_lpp, senml, raw and js are", o.Codec.Kind)
	case kind == lorawan.CodecJS && o.Codec.Script == nil:
		return refuse("the codec js needs its script: name its file (codec.file)")
	case kind != lorawan.CodecJS && (o.Codec.Script != nil || len(o.Codec.Variables) > 0):
		return refuse("only the codec js has a script and variables")
	case sold&(lorawan.FieldValues|lorawan.FieldSenML) == 0:
		return refuse("a codec makes values: sell values or senml")
	case len(o.Codec.Variables) > variablesMax:
		return refuse("more than %d variables", variablesMax)
	}
	for name, value := range o.Codec.Variables {
		if !ascii(name) || !ascii(value) || len(name) > 64 || len(value) > textMax || name == "" {
			return refuse("the variable %.40q is too long, or has characters variables cannot have (ASCII alone can)", name)
		}
	}
	return nil
}

var (
	word  = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,60}$`)
	spdx  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$`)
	upper = regexp.MustCompile(`^[A-Z]{2}$`)
)

func (o *Offer) checkWords() error {
	for name, one := range map[string]struct {
		text string
		max  int
	}{"title": {o.Title, 128}, "contact": {o.Contact, textMax}} {
		if !readable(one.text, one.max) {
			return refuse("%s has characters that are not shown or break the line, or more than %d bytes", name, one.max)
		}
	}
	if !readable(strings.ReplaceAll(o.Description, "\n", ""), 4096) || len(o.Description) > 4096 {
		return refuse("description has characters that are not shown, or more than 4096 bytes")
	}
	slices.Sort(o.Tags)
	o.Tags = slices.Compact(o.Tags)
	if len(o.Tags) > tagsMax {
		return refuse("more than %d tags", tagsMax)
	}
	for _, tag := range o.Tags {
		if tag == "" || !readable(tag, 32) {
			return refuse("the tag %.40q is empty, has characters that are not shown, or more than 32 bytes", tag)
		}
	}
	return nil
}

func (o *Offer) checkPlace() error {
	p := o.Place
	if p == nil {
		return nil
	}
	switch {
	case !readable(p.Name, 128):
		return refuse("place.name has characters that are not shown or break the line, or more than 128 bytes")
	case p.Country != "" && (!upper.MatchString(p.Country) || !strings.Contains(countries, p.Country)):
		return refuse("place.country %.10q is no country: ISO 3166-1 alpha-2, such as BE", p.Country)
	case p.Height != nil && !(math.Abs(*p.Height) <= 12_000):
		return refuse("place.height is in metres above the ground, -12000 to 12000")
	case (p.Lat == nil) != (p.Lon == nil):
		return refuse("place has lat and lon, or neither")
	case p.Lat == nil && p.Decimals != nil:
		return refuse("place.decimals comes with lat and lon")
	case p.Lat == nil:
		return nil
	case p.Decimals == nil:
		return refuse("place.decimals is missing: say how finely the place may be told, 0 (about 111 km) to 6 (about 0.1 m); 2 is about 1 km")
	case *p.Decimals < 0 || *p.Decimals > 6:
		return refuse("place.decimals must be 0 (about 111 km) to 6 (about 0.1 m)")
	case !(math.Abs(*p.Lat) <= 90) || !(math.Abs(*p.Lon) <= 180):
		return refuse("place.lat is -90 to 90, place.lon -180 to 180")
	}
	for name, at := range map[string]*float64{"lat": p.Lat, "lon": p.Lon} {
		if Cut(*at, *p.Decimals) != *at {
			return refuse("place.%s has more decimals than the %d that place.decimals allows", name, *p.Decimals)
		}
		*at += 0
	}
	return nil
}

// Cut drops decimals of a coordinate: what is left tells the cell of a grid, and not where in it.
func Cut(degrees float64, decimals int) float64 {
	text := strconv.FormatFloat(degrees, 'f', -1, 64)
	if at := strings.IndexByte(text, '.'); at >= 0 {
		text = text[:min(len(text), at+1+decimals)]
	}
	short, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return short
}

func (o *Offer) checkLicence() error {
	l := o.Licence
	switch {
	case l == nil:
	case (l.SPDX == "") == (l.URL == ""):
		return refuse("licence has either spdx, a name of the SPDX list, or url and hash of a text")
	case l.SPDX != "" && (!spdx.MatchString(l.SPDX) || l.Hash != nil):
		return refuse("licence.spdx %.70q is no name of the SPDX list (https://spdx.org/licenses), or has a hash beside it", l.SPDX)
	case l.URL != "" && l.Hash == nil:
		return refuse("licence.hash is missing: keccak256 of the text at licence.url, which could change otherwise")
	case l.URL != "" && !webAddress(l.URL):
		return refuse("licence.url must be an address that begins with https://, up to 256 bytes")
	}
	switch o.Resale {
	case "", "forbidden", "allowed", "attribution":
		return nil
	}
	return refuse("resale is forbidden, allowed or attribution")
}

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && ascii(text) && len(text) <= textMax
}

func (o *Offer) checkPromises() error {
	if o.Interval > secondsMax {
		return refuse("interval is 1 s to 31 days")
	}
	if s := o.Sample; s != nil && (s.Count < 1 || s.Count > 100 || s.Delay < 1 || s.Delay > secondsMax) {
		return refuse("sample has a count of 1 to 100 and a delay of 1 s to 31 days")
	}
	if s := o.SLA; s != nil && (s.Latency > secondsMax || s.Delivered != nil && !(*s.Delivered > 0 && *s.Delivered <= 1)) {
		return refuse("sla.delivered is above 0 and at most 1, sla.latency at most 31 days")
	}
	if o.SLA != nil && o.SLA.Delivered != nil && o.Interval == 0 {
		return refuse("sla.delivered is a part of what is due, which interval tells: give interval")
	}
	return nil
}

// ascii says whether a text is of visible ASCII.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// readable says whether people see all of a text, in the order it has, on one line.
func readable(s string, most int) bool {
	if len(s) > most || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) {
			return false
		}
	}
	return true
}

// countries are the codes of ISO 3166-1 alpha-2.
const countries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ " +
	"DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM " +
	"PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
	"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
