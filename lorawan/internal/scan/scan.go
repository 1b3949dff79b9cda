// Package scan reads a JSON document once, front to back, handing out the values
// the caller asks for and checking the rest: RFC 8259 grammar, UTF-8. What is handed
// out nests at most [MaxDepth] deep; what is passed over may nest as it likes. It
// copies nothing but strings that contain escapes.
//
// It knows no event: the decoders of network servers do. A caller walks objects:
//
//	r := scan.New(payload)
//	for r.Object(); r.Next(); {
//		switch string(r.Key()) {
//		case "fCnt":
//			fCnt = r.Uint(32)
//		default:
//			r.Skip()
//		}
//	}
//	err := r.End()
//
// After the first fault every method returns zero values and Next false, so that
// only End need be asked.
package scan

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"time"
)

// MaxDepth is how deep objects and arrays may nest that are entered or handed out.
const MaxDepth = 64

// Reader is a position in a document.
type Reader struct {
	b      []byte
	i      int
	depth  int
	opened bool // an object or array was just entered
	err    error
	odd    int // values Describe passed over

	keyFrom, keyTo int    // where the present member's name stands
	keyPlain       []byte // the name if it was written with escapes
}

// New begins at the front of a document.
func New(b []byte) Reader { return Reader{b: b} }

// Fail records a fault at the present position, unless there was one before. The
// document ends there: nothing is read after a fault.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("byte %d: %s", r.i, fmt.Sprintf(format, args...))
		r.b, r.i, r.keyFrom, r.keyTo = nil, 0, 0, 0
	}
}

// Err gives the first fault so far.
func (r *Reader) Err() error { return r.err }

// End says whether the document was sound and has nothing behind it.
func (r *Reader) End() error {
	if r.err == nil {
		r.space()
		if r.i < len(r.b) {
			r.Fail("something follows the document")
		}
	}
	return r.err
}

func (r *Reader) space() {
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

// peek gives the first byte of the next token; 0 at the end and after a fault.
func (r *Reader) peek() byte {
	if r.i < len(r.b) && r.b[r.i] > ' ' {
		return r.b[r.i]
	}
	return r.seek()
}

// at says whether this byte comes next, without white space before it. Compact
// documents have none, and it costs less than peek.
func (r *Reader) at(c byte) bool { return r.i < len(r.b) && r.b[r.i] == c }

// seek is peek where white space, the end or a fault is in the way.
func (r *Reader) seek() byte {
	r.space()
	if r.i < len(r.b) {
		return r.b[r.i]
	}
	r.Fail("the document is cut off")
	return 0
}

// Object enters an object; Next then visits its members. Ask IsNull first where
// null may stand for one.
func (r *Reader) Object() { r.enter('{', "an object") }

// Array enters an array; NextItem then visits its items.
func (r *Reader) Array() { r.enter('[', "an array") }

func (r *Reader) enter(open byte, what string) {
	switch c := r.peek(); {
	case r.err != nil:
	case c == open:
		r.i++
		if r.depth++; r.depth > MaxDepth {
			r.Fail("nested deeper than %d", MaxDepth)
			return
		}
		r.opened = true
	default:
		r.Fail("want %s", what)
	}
}

// IsNull takes a null, if there is one.
func (r *Reader) IsNull() bool {
	if r.peek() != 'n' {
		return false
	}
	r.literal("null")
	return r.err == nil
}

// IsObject says whether the value is an object, without taking it.
func (r *Reader) IsObject() bool { return r.peek() == '{' }

// IsText says whether the value is a string, without taking it.
func (r *Reader) IsText() bool { return r.peek() == '"' }

// Next goes to the next member of the object: Key names it, and its value must be
// taken or skipped. false: the object has ended, or there was a fault.
func (r *Reader) Next() bool {
	if !r.step('}') {
		return false
	}
	if !r.at('"') && r.peek() != '"' {
		r.Fail("want a member's name")
		return false
	}
	from, to, escaped := r.pass()
	r.keyFrom, r.keyTo = from, to
	if escaped || r.keyPlain != nil {
		r.plainKey(escaped)
	}
	return r.colon()
}

func (r *Reader) colon() bool {
	if !r.at(':') && r.peek() != ':' {
		r.Fail("want a colon")
		return false
	}
	r.i++
	return true
}

// NextItem goes to the next item of the array.
func (r *Reader) NextItem() bool { return r.step(']') }

// step goes past the comma between two members or items, or past the end.
func (r *Reader) step(end byte) bool {
	if r.at(',') && !r.opened {
		r.i++
		return true
	}
	return r.ends(end)
}

func (r *Reader) ends(end byte) bool {
	c := r.peek()
	first := r.opened
	r.opened = false
	switch {
	case r.err != nil:
		return false
	case c == ',' && !first:
		r.i++
		return true
	case c == end:
		r.i++
		r.depth--
		return false
	case first:
		return true
	}
	r.Fail("want a comma or %q", end)
	return false
}

// Key is the name of the present member, valid until the next call of Next.
func (r *Reader) Key() []byte {
	if r.keyPlain != nil {
		return r.keyPlain
	}
	return r.b[r.keyFrom:r.keyTo]
}

func (r *Reader) plainKey(escaped bool) {
	r.keyPlain = nil
	if escaped && r.err == nil {
		r.keyPlain = unescape(r.b[r.keyFrom:r.keyTo])
	}
}

// Once marks a member as seen in the set and refuses it the second time: two
// readers of one document must not take different values from it.
func (r *Reader) Once(seen *uint64, member uint) {
	if *seen&(1<<member) != 0 {
		r.Fail("%q appears twice", printable(r.Key()))
	}
	*seen |= 1 << member
}

// Describe reads a value that only describes. One of another kind than read expects is
// passed over and counted, and the document goes on; what is no JSON ends it all the same.
// Of a value that is sound in part, read may have taken that part. false: it was passed over.
func (r *Reader) Describe(read func(*Reader)) bool {
	if r.err != nil {
		return false
	}
	before := *r
	if read(r); r.err != nil {
		*r = before
		r.odd++
		r.Skip()
		return false
	}
	return true
}

// Odd is how many values Describe has passed over.
func (r *Reader) Odd() int { return r.odd }

func printable(key []byte) []byte { return key[:min(len(key), 40)] }

// Skip checks the value and passes over it, however deep it nests.
func (r *Reader) Skip() { r.value(len(r.b)) }

// Raw gives the value as it is written; one that nests deeper than MaxDepth is a fault.
func (r *Reader) Raw() []byte {
	if r.peek(); r.err != nil {
		return nil
	}
	from := r.i
	r.value(MaxDepth)
	if r.err != nil {
		return nil
	}
	return r.b[from:r.i]
}

// RawObject gives an object as it is written, on one line; nil for null.
func (r *Reader) RawObject() []byte {
	if r.IsNull() {
		return nil
	}
	if c := r.peek(); r.err == nil && c != '{' {
		r.Fail("want an object")
	}
	return OneLine(r.Raw())
}

// OneLine drops the white space of a sound JSON value if it has line breaks, so
// that it can stand in line-delimited JSON.
func OneLine(b []byte) []byte {
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	quoted := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted:
			if c == '\\' {
				out = append(out, c)
				i++
			} else if c == '"' {
				quoted = false
			}
			out = append(out, b[i])
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		default:
			quoted = c == '"'
			out = append(out, c)
		}
	}
	return out
}

// Text gives a string's bytes: a part of the document, or a copy if it has
// escapes. nil for null.
func (r *Reader) Text() []byte {
	switch c := r.peek(); {
	case r.err != nil:
		return nil
	case c == '"':
		return r.text()
	case c == 'n':
		r.literal("null")
		return nil
	}
	r.Fail("want a string")
	return nil
}

// String is Text as a string of its own.
func (r *Reader) String() string { return string(r.Text()) }

// Base64 decodes a string of standard base64, padded or not; nil for null and
// for an empty one.
func (r *Reader) Base64() []byte {
	t := r.Text()
	if r.err != nil || len(t) == 0 {
		return nil
	}
	enc := base64.StdEncoding
	if t[len(t)-1] != '=' && len(t)%4 != 0 {
		enc = base64.RawStdEncoding
	}
	if bytes.IndexByte(t, '\n') >= 0 || bytes.IndexByte(t, '\r') >= 0 { // the decoder would pass over them
		r.Fail("not base64")
		return nil
	}
	out := make([]byte, enc.DecodedLen(len(t)))
	n, err := enc.Decode(out, t)
	if err != nil {
		r.Fail("not base64")
		return nil
	}
	return out[:n]
}

// Time takes an RFC 3339 time and gives it in UTC; null and "" are the zero time.
func (r *Reader) Time() (t time.Time) {
	b := r.Text()
	if r.err != nil || len(b) == 0 {
		return t
	}
	if t, ok := stamp(b); ok {
		return t
	}
	if err := t.UnmarshalText(b); err != nil {
		r.Fail("not a time")
		return time.Time{}
	}
	return t.UTC()
}

// stamp reads the times servers write: in UTC, with 0 to 9 digits of a second. What
// is written otherwise, or does not exist, it leaves to the library.
func stamp(b []byte) (t time.Time, ok bool) {
	const form = "0000-00-00T00:00:00"
	if len(b) <= len(form) {
		return t, false
	}
	var n [6]int
	field := 0
	for i := range len(form) {
		switch c := b[i]; {
		case form[i] == '0' && c-'0' <= 9:
			n[field] = n[field]*10 + int(c-'0')
		case form[i] != '0' && c == form[i]:
			field++
		default:
			return t, false
		}
	}
	b = b[len(form):]
	nanos := 0
	if b[0] == '.' {
		scale := 100_000_000
		i := 1
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			nanos += int(b[i]-'0') * scale
			scale /= 10
		}
		if i == 1 || i > 10 {
			return t, false
		}
		b = b[i:]
	}
	if string(b) != "Z" && string(b) != "+00:00" {
		return t, false
	}
	if n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 28 || n[3] > 23 || n[4] > 59 || n[5] > 59 { // the 29th asks for a calendar
		return t, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], nanos, time.UTC), true
}

// Bool takes true or false; null is false.
func (r *Reader) Bool() bool {
	switch c := r.peek(); {
	case r.err != nil:
	case c == 't':
		r.literal("true")
		return r.err == nil
	case c == 'f':
		r.literal("false")
	case c == 'n':
		r.literal("null")
	default:
		r.Fail("want true or false")
	}
	return false
}

// Uint takes a whole number of at most so many bits, plain or in a string
// (protobuf's JSON writes 64-bit numbers so); null is 0.
func (r *Reader) Uint(size int) uint64 {
	n := r.number()
	if r.err != nil || n == nil {
		return 0
	}
	if v, ok := digits(n); ok && v>>size == 0 {
		return v
	}
	f, err := strconv.ParseFloat(string(n), 64) // 1e3 and 45.0 are whole numbers too
	if err != nil || f != math.Trunc(f) || f < 0 || f >= math.Ldexp(1, min(size, 53)) {
		r.Fail("want a whole number of %d bits", size)
		return 0
	}
	return uint64(f)
}

// digits reads up to 18 decimal digits.
func digits(b []byte) (v uint64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		v = v*10 + uint64(c-'0')
	}
	return v, true
}

// Float takes a number; null is 0.
func (r *Reader) Float() float64 {
	n := r.number()
	if r.err != nil || n == nil {
		return 0
	}
	if v, ok := simple(n); ok {
		return v
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		r.Fail("a number out of range")
		return 0
	}
	return f
}

// simple reads a number of few digits without an exponent, exactly: both the
// digits and the power of ten are exact as float64.
func simple(b []byte) (float64, bool) {
	sign := 1.0
	if len(b) > 0 && b[0] == '-' {
		sign, b = -1, b[1:]
	}
	whole, fraction, _ := bytes.Cut(b, []byte{'.'})
	if len(whole)+len(fraction) > 15 {
		return 0, false
	}
	v, ok := digits(whole)
	if !ok {
		return 0, false
	}
	scale := 1.0
	for _, c := range fraction {
		if c-'0' > 9 {
			return 0, false
		}
		v, scale = v*10+uint64(c-'0'), scale*10
	}
	return sign * (float64(v) / scale), true
}
