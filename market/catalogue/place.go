package catalogue

import (
	"math"
)

// Point is a place on Earth in degrees: WGS 84.
type Point struct {
	Lat float64 `json:"lat"` // -90 to 90, north positive
	Lon float64 `json:"lon"` // -180 to 180, east positive
}

// Near is a circle on Earth.
type Near struct {
	Point
	Radius float64 // metres, from 0: the very point
}

// Box is a piece of Earth between two parallels and two meridians. One whose West is
// greater than its East crosses the antimeridian. A pole lies on every meridian.
type Box struct{ South, West, North, East float64 }

const (
	earth     = 6_371_008.8 // metres: the mean radius (IUGG)
	tolerance = 0.001       // metres: two ways to write one point are one
	steps     = 1e7         // of a degree: about a centimetre
	cellsEach = 4           // cells of the grid a degree
	columns   = 360 * cellsEach
	rows      = 180 * cellsEach
)

// fixed is a point as the index keeps it, in steps of a degree.
type fixed struct{ lat, lon int32 }

// nowhere is the place of a stream that tells none.
var nowhere = fixed{math.MaxInt32, 0}

func fix(p *Place) fixed {
	if p == nil || !p.valid() {
		return nowhere
	}
	f := fixed{int32(math.Round(p.Lat * steps)), int32(math.Round(p.Lon * steps))}
	if f.lon == 180*steps {
		f.lon = -180 * steps
	}
	return f
}

func (p Point) valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

func (f fixed) point() Point { return Point{float64(f.lat) / steps, float64(f.lon) / steps} }

// cell is the number of the grid's cell a point lies in, row by row from the south.
func (f fixed) cell() uint32 { p := f.point(); return rowOf(p.Lat)*columns + columnOf(p.Lon) }

func rowOf(lat float64) uint32 { return uint32(min(max((lat+90)*cellsEach, 0), rows-1)) }
func columnOf(lon float64) uint32 {
	return uint32(min(max((lon+180)*cellsEach, 0), columns-1))
}

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }

// area is what a query asks of a place: piece of the grid, and the exact answer.
type area struct {
	near           *Near
	box            *Box
	cosLat         float64      // of near
	latMin, latMax float64      // what lies outside these is not in it
	spans          [][2]float64 // of longitudes, west before east: what lies in none is not in it
	poles          bool         // the box holds a pole, whose longitude may be written in any way
}

// bound works out the pieces of the grid that a circle or box reaches.
func (a *area) bound() {
	if b := a.box; b != nil {
		a.latMin, a.latMax = b.South, b.North
		a.spans = between(b.West, b.East)
		a.poles = b.South == -90 || b.North == 90
		return
	}
	n := a.near
	a.cosLat = math.Cos(radians(n.Lat))
	reach := (n.Radius + 2*tolerance) / earth
	degrees := reach * (180 / math.Pi)
	a.latMin, a.latMax = n.Lat-degrees, n.Lat+degrees
	a.spans = between(-180, 180)
	if a.latMin > -90 && a.latMax < 90 && math.Sin(reach) < a.cosLat {
		wide := math.Asin(math.Sin(reach)/a.cosLat)*(180/math.Pi) + 2/steps
		if wide < 180 {
			a.spans = between(wrap(n.Lon-wide), wrap(n.Lon+wide))
		}
	}
}

func wrap(lon float64) float64 {
	switch {
	case lon < -180:
		return lon + 360
	case lon > 180:
		return lon - 360
	}
	return lon
}

// between gives the spans of longitudes from west to east. The antimeridian is kept as -180.
func between(west, east float64) [][2]float64 {
	switch {
	case west > east:
		return [][2]float64{{-180, east}, {west, 180}}
	case east == 180:
		return [][2]float64{{-180, -180}, {west, 180}}
	}
	return [][2]float64{{west, east}}
}

// holds is the exact answer.
func (a *area) holds(f fixed) bool {
	if f.lat == nowhere.lat {
		return false
	}
	p := f.point()
	if p.Lat < a.latMin || p.Lat > a.latMax {
		return false
	}
	if a.near != nil {
		return a.distance(p) <= a.near.Radius+tolerance
	}
	if a.poles && math.Abs(p.Lat) == 90 {
		return true
	}
	for _, s := range a.spans {
		if p.Lon >= s[0] && p.Lon <= s[1] {
			return true
		}
	}
	return false
}

// distance is the great circle's, in metres, by the haversine formula.
func (a *area) distance(p Point) float64 {
	lat := math.Sin(radians(p.Lat-a.near.Lat) / 2)
	lon := math.Sin(radians(p.Lon-a.near.Lon) / 2)
	h := min(lat*lat+a.cosLat*math.Cos(radians(p.Lat))*lon*lon, 1)
	return 2 * earth * math.Asin(math.Sqrt(h))
}
