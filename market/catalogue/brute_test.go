package catalogue

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// What follows shares nothing with the index but Entry and Query: words are written down
// beside the way they are typed, places are compared by vectors, and every stream is looked at.

// spoken words as owners write them and as they must be found.
var spoken = [][2]string{
	{"Temperature", "temperature"}, {"Température", "temperature"}, {"TEMPÉRATURE", "temperature"}, {"température", "temperature"},
	{"Straße", "strasse"}, {"STRASSE", "strasse"}, {"Ｔｅｍｐ", "temp"}, {"temp", "temp"}, {"Ångström", "angstrom"}, {"ÅNGSTRÖM", "angstrom"},
	{"Łódź", "lodz"}, {"Ørsted", "orsted"}, {"tem\u00adperature", "temperature"}, {"hu\u202emidity", "humidity"}, {"Humidity", "humidity"},
	{"soil", "soil"}, {"Soil", "soil"}, {"moisture", "moisture"}, {"roof", "roof"}, {"river", "river"}, {"level", "level"}, {"CO2", "co2"}, {"co₂", "co2"},
	{"Ñandú", "nandu"}, {"ΑΘΉΝΑ", "αθηνα"}, {"Αθήνα", "αθηνα"}, {"москва", "москва"}, {"МОСКВА", "москва"}, {"東", "東"}, {"京", "京"},
	{"z\u0338\u0322a\u0351l\u0321g\u0334o\u0350", "zalgo"}, {"ﬁsh", "fish"}, {"'", ""}, {"<script>", "script"}, {"\x00\xff\xfe", ""}, {"%s%n", "s n"}, {"a--b", "a b"},
}

var (
	names     = []string{"temperature", "humidity", "soil_moisture", "co2", "level", "battery"}
	units     = []string{"Cel", "%", "ppm", "m", "V", "[degF]"}
	countries = []string{"BE", "NL", "DE", "FJ", "NO", "AQ"}
	licences  = []string{"CC-BY-4.0", "CC0-1.0", "ODbL-1.0", "https://example.org/licence#1"}
	resales   = []string{"forbidden", "allowed", "attribution"}
)

// known is an entry with what the brute force goes by.
type known struct {
	Entry
	folded []string
}

// made gives stream number i of a market of n.
func made(i, n int) known {
	r := rand.New(rand.NewPCG(uint64(i), 7))
	k := known{Entry: Entry{
		Stream: market.StreamID(i + 1), Operator: market.OperatorID(1 + r.IntN(40)),
		Score: uint32(r.IntN(20)) * uint32(r.IntN(1_000_000)), Price: uint64(r.IntN(1000)) * 10, Every: uint32(r.IntN(60) * 60),
		Verified: r.IntN(3) > 0, Figures: Figures{Delivered: uint64(r.IntN(1000)), Due: uint64(r.IntN(1200))},
	}}
	if r.IntN(5) > 0 {
		k.Last = 1_700_000_000 + uint64(r.IntN(1_000_000))
	}
	say := func(written, folded string) {
		k.Text = append(k.Text, written)
		k.folded = append(k.folded, strings.Fields(folded)...)
	}
	for range 1 + r.IntN(6) {
		w := spoken[min(r.IntN(len(spoken)), r.IntN(len(spoken)))]
		say(w[0], w[1])
	}
	say(fmt.Sprintf("Sensor %d", r.IntN(n)), "sensor")
	k.folded = append(k.folded, strings.Fields(k.Text[len(k.Text)-1])[1])
	for range 1 + r.IntN(3) {
		j := min(r.IntN(len(names)), r.IntN(len(names)))
		k.Quantities = append(k.Quantities, Quantity{names[j], units[(j+r.IntN(5)/4)%len(units)]})
	}
	if r.IntN(10) > 0 {
		k.Place = &Place{somewhere(r), countries[r.IntN(len(countries))]}
	}
	k.Licence, k.Resale = licences[r.IntN(len(licences))], resales[r.IntN(len(resales))]
	return k
}

// somewhere is in towns, at the poles, at the antimeridian or anywhere, to four decimals.
func somewhere(r *rand.Rand) Point {
	near := func(lat, lon, spread float64) Point {
		return Point{lat + spread*r.NormFloat64(), lon + spread*r.NormFloat64()}
	}
	var p Point
	switch r.IntN(10) {
	case 0:
		p = Point{90 * float64(1-2*r.IntN(2)), float64(r.IntN(361) - 180)}
	case 1:
		p = near(89.9*float64(1-2*r.IntN(2)), 0, 0.05)
		p.Lon = r.Float64()*360 - 180
	case 2:
		p = near(-17, 180, 0.5)
	case 3:
		p = Point{r.Float64()*180 - 90, float64(180 - 360*r.IntN(2))}
	case 4, 5, 6:
		p = near(51.05, 3.72, 0.3)
	default:
		p = Point{math.Asin(2*r.Float64()-1) * 180 / math.Pi, r.Float64()*360 - 180}
	}
	p.Lat = min(max(p.Lat, -90), 90)
	if p.Lon > 180 {
		p.Lon -= 360
	}
	return Point{math.Round(p.Lat*1e4) / 1e4, math.Round(p.Lon*1e4) / 1e4}
}

// question is a query, and what its text must find.
type question struct {
	Query
	folded []string // of the last one the beginning is enough
}

// say writes a text.
func (a *question) say(r *rand.Rand, n int) {
	var words []string
	add := func(written, folded string) {
		words, a.folded = append(words, written), append(a.folded, strings.Fields(folded)...)
	}
	for range 1 + r.IntN(2) {
		w := spoken[r.IntN(len(spoken))]
		add(w[r.IntN(2)], w[1])
	}
	if r.IntN(6) == 0 {
		w := fmt.Sprint(r.IntN(n))
		add(w, w)
	}
	if r.IntN(2) == 0 { // and the beginning of one
		w := spoken[r.IntN(len(spoken))]
		written, folded := []rune(w[0]), []rune(w[1])
		if len(written) == len(folded) && !strings.Contains(w[1], " ") {
			k := 1 + r.IntN(len(written))
			add(string(written[:k]), string(folded[:k]))
		} else {
			add("SENS", "sens")
		}
	}
	if len(a.folded) > 0 {
		a.Text = strings.Join(words, " ")
	}
}

// asked makes a random query about a market of n.
func asked(r *rand.Rand, n int) *question {
	a := &question{Query: Query{Limit: 1 + r.IntN(40)}}
	q := &a.Query
	some := func(oneIn int) bool { return r.IntN(oneIn) == 0 }
	if some(2) {
		a.say(r, n)
	}
	j := r.IntN(len(names))
	if some(3) {
		q.Quantity = names[j]
	}
	if some(6) {
		q.Unit = units[(j+r.IntN(2))%len(units)]
	}
	switch r.IntN(5) {
	case 0, 1:
		q.Near = &Near{somewhere(r), []float64{0, 0, 50, 2_000, 20_000, 300_000, 3e6, 2e7, 3e7}[r.IntN(9)] * (1 - r.Float64()/2)}
	case 2:
		a, b := somewhere(r), somewhere(r)
		if some(3) {
			b = Point{a.Lat + r.Float64(), a.Lon + r.Float64()}
		}
		q.Box = &Box{min(a.Lat, b.Lat), a.Lon, min(max(a.Lat, b.Lat), 90), min(b.Lon, 180)}
	}
	if some(6) {
		q.Country = strings.ToLower(countries[r.IntN(len(countries))])
	}
	if some(5) {
		q.PriceMax = uint64(1 + r.IntN(10_000))
		q.PriceMin = uint64(r.IntN(int(q.PriceMax) + 1))
	}
	if some(6) {
		q.EveryMax = uint32(1 + r.IntN(3600))
		q.EveryMin = uint32(r.IntN(int(q.EveryMax) + 1))
	}
	if some(8) {
		q.Operator = market.OperatorID(1 + r.IntN(41))
	}
	if some(8) {
		q.Licence = licences[r.IntN(len(licences))]
	}
	if some(8) {
		q.Resale = resales[r.IntN(len(resales))]
	}
	q.Verified = some(6)
	if some(6) {
		q.Since = 1_700_000_000 + uint64(r.IntN(1_000_000))
	}
	if some(6) {
		q.DeliveredMin = float64(r.IntN(10_001)) / 10_000
	}
	return a
}

// wanted is the brute force's answer about one stream.
func wanted(q *question, k *known) bool {
	switch {
	case q.PriceMin > k.Price, q.PriceMax > 0 && q.PriceMax < k.Price,
		q.EveryMin > k.Every, q.EveryMax > 0 && (k.Every == 0 || q.EveryMax < k.Every),
		q.Operator > 0 && q.Operator != k.Operator, q.Licence != "" && q.Licence != k.Licence,
		q.Resale != "" && q.Resale != k.Resale, q.Verified && !k.Verified, q.Since > k.Last:
		return false
	}
	if q.DeliveredMin > 0 {
		least := uint64(math.Round(q.DeliveredMin * 10_000))
		if k.Due == 0 || min(k.Delivered, k.Due)*10_000/k.Due < least {
			return false
		}
	}
	if q.Country != "" && (k.Place == nil || !strings.EqualFold(q.Country, k.Place.Country)) {
		return false
	}
	if !lies(&q.Query, k.Place) {
		return false
	}
	if q.Quantity != "" || q.Unit != "" {
		if !slices.ContainsFunc(k.Quantities, func(o Quantity) bool {
			return (q.Quantity == "" || o.Name == q.Quantity) && (q.Unit == "" || o.Unit == q.Unit)
		}) {
			return false
		}
	}
	for i, w := range q.folded {
		if !slices.ContainsFunc(k.folded, func(o string) bool { return o == w || i == len(q.folded)-1 && strings.HasPrefix(o, w) }) {
			return false
		}
	}
	return true
}

func lies(q *Query, p *Place) bool {
	switch {
	case q.Near != nil:
		return p != nil && vectorDistance(q.Near.Point, p.Point) <= q.Near.Radius+1e-3
	case q.Box != nil:
		if p == nil || p.Lat < q.Box.South || p.Lat > q.Box.North {
			return false
		}
		if p.Lat == 90 || p.Lat == -90 {
			return true
		}
		for _, turn := range []float64{-360, 0, 360} { // a meridian has many numbers
			east := q.Box.East
			if east < q.Box.West {
				east += 360
			}
			if lon := p.Lon + turn; lon >= q.Box.West && lon <= east {
				return true
			}
		}
		return false
	}
	return true
}

// vectorDistance is the angle between two vectors from the middle of Earth, by its tangent.
func vectorDistance(a, b Point) float64 {
	v := func(p Point) (x, y, z float64) {
		sinLat, cosLat := math.Sincos(p.Lat * math.Pi / 180)
		sinLon, cosLon := math.Sincos(p.Lon * math.Pi / 180)
		return cosLat * cosLon, cosLat * sinLon, sinLat
	}
	ax, ay, az := v(a)
	bx, by, bz := v(b)
	cross := math.Hypot(math.Hypot(ay*bz-az*by, az*bx-ax*bz), ax*by-ay*bx)
	return math.Atan2(cross, ax*bx+ay*by+az*bz) * 6_371_008.8
}
