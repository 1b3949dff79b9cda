package codec

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// member is a member of a JSON object, in the order it stands there.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf takes an object apart; ok is false for what is none.
func membersOf(b []byte) (all []member, ok bool) {
	if b = bytes.TrimLeft(b, " \t\r\n"); len(b) == 0 || b[0] != '{' {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	for d.More() {
		t, err := d.Token()
		name, isName := t.(string)
		var v json.RawMessage
		if err != nil || !isName || d.Decode(&v) != nil {
			return nil, false
		}
		all = append(all, member{name, v})
	}
	return all, true
}

// below is the path of a member that stands below path.
func below(path, between, name string) string {
	if path == "" {
		return name
	}
	return path + between + name
}

func itemsOf(b []byte) (all []json.RawMessage, ok bool) {
	b = bytes.TrimLeft(b, " \t\r\n")
	return all, len(b) > 0 && b[0] == '[' && json.Unmarshal(b, &all) == nil
}

// Shape is what a listing sells of a decoded object.
type Shape struct {
	Quantities  []string // members sold, by name, or by path with . between; empty: all
	GeoDecimals int      // decimals kept of latitudes and longitudes; below 0: all
}

// Apply gives the part of an object that is sold, in the order it had; nil if
// nothing of it is. It cuts coordinates, it does not round them: what is sold tells
// the cell of the grid a device is in.
func (s *Shape) Apply(object json.RawMessage) json.RawMessage {
	members, ok := membersOf(object)
	if !ok {
		return nil
	}
	b := s.object(nil, members, "", len(s.Quantities) == 0, false)
	if len(b) <= 2 {
		return nil
	}
	return b
}

// wants says whether a path is sold whole, or holds something that is.
func (s *Shape) wants(path string) (whole, part bool) {
	for _, q := range s.Quantities {
		if q == path {
			return true, true
		}
		part = part || strings.HasPrefix(q, path+".")
	}
	return false, part
}

func (s *Shape) object(b []byte, members []member, path string, whole, geo bool) []byte {
	b = append(b, '{')
	start := len(b)
	for _, m := range members {
		at := below(path, ".", m.name)
		sold, part := whole, false
		if !whole {
			sold, part = s.wants(at)
		}
		inner, isObject := membersOf(m.value)
		if !sold && (!part || !isObject) {
			continue
		}
		before := len(b)
		if len(b) > start {
			b = append(b, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return b[:before]
		}
		b = append(append(b, name...), ':')
		if isObject {
			from := len(b)
			b = s.object(b, inner, at, sold, geo || isGeo(m.name))
			if !sold && len(b) == from+2 { // nothing of it is there
				b = b[:before]
			}
			continue
		}
		b = s.value(b, m.value, geo || isGeo(m.name), at)
	}
	return append(b, '}')
}

// value writes a value that is sold; geo says that a name above it is a coordinate's.
func (s *Shape) value(b []byte, v json.RawMessage, geo bool, path string) []byte {
	if inner, ok := membersOf(v); ok {
		return s.object(b, inner, path, true, geo)
	}
	if items, ok := itemsOf(v); ok {
		b = append(b, '[')
		for i, item := range items {
			if i > 0 {
				b = append(b, ',')
			}
			b = s.value(b, item, geo, path)
		}
		return append(b, ']')
	}
	if geo && s.GeoDecimals >= 0 {
		return append(b, cut(v, s.GeoDecimals)...)
	}
	return append(b, bytes.TrimSpace(v)...)
}

// geoWords are parts of names of coordinates. What stands below such a name is cut
// too: {"coordinates":[4.35,50.85]}.
var geoWords = map[string]bool{
	"lat": true, "latitude": true, "lon": true, "lng": true, "long": true, "longitude": true,
	"coordinates": true, "coords": true, "coordinate": true, "position": true, "location": true, "gps": true, "gpslocation": true, "geo": true,
	"latlng": true, "latlon": true, "geolocation": true, "gpslat": true, "gpslon": true, "gpslng": true, "geohash": true, "pluscode": true,
}

func isGeo(name string) bool {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, w := range append(words, name) {
		if geoWords[strings.ToLower(w)] {
			return true
		}
		for _, part := range camel(w) {
			if geoWords[strings.ToLower(part)] {
				return true
			}
		}
	}
	return false
}

// camel splits gpsLatitude into gps and Latitude.
func camel(w string) (parts []string) {
	from := 0
	for i, r := range w {
		if i > from && unicode.IsUpper(r) {
			parts, from = append(parts, w[from:i]), i
		}
	}
	return append(parts, w[from:])
}

// cut shortens the decimals of a number, also of one in a string. What is in a
// string that is no number ("50.8503 N, 4.3517 E", a geohash) is withheld: it could
// tell the place.
func cut(v json.RawMessage, decimals int) []byte {
	v = bytes.TrimSpace(v)
	switch {
	case len(v) == 0:
		return []byte("null")
	case v[0] == '"':
		var text string
		if json.Unmarshal(v, &text) != nil {
			return []byte("null")
		}
		if n := json.Number(strings.TrimSpace(text)); json.Valid([]byte(n)) && isNumber(string(n)) {
			return append(append([]byte{'"'}, cutNumber(string(n), decimals)...), '"')
		}
		return []byte("null")
	case isNumber(string(v)):
		return []byte(cutNumber(string(v), decimals))
	}
	return v // true, false, null
}

func isNumber(s string) bool { return s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') }

func cutNumber(s string, decimals int) string {
	if strings.ContainsAny(s, "eE") {
		return "0" // no device writes coordinates so, and 4.3517e0 must not slip through
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > decimals {
		fraction = fraction[:decimals]
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
