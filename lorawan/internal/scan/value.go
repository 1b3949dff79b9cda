package scan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// number takes a number's text, plain or in a string; nil for null.
func (r *Reader) number() []byte {
	switch c := r.peek(); {
	case r.err != nil:
		return nil
	case c == 'n':
		r.literal("null")
		return nil
	case c == '"':
		t := r.text()
		inner := Reader{b: t}
		inner.numeral()
		if r.err == nil && (inner.err != nil || inner.i != len(t)) {
			r.Fail("want a number")
		}
		return t
	case c == '-' || c-'0' <= 9:
		from := r.i
		if r.numeral(); r.err != nil {
			return nil
		}
		return r.b[from:r.i]
	}
	r.Fail("want a number")
	return nil
}

// levels remembers of nested containers which are objects: a bit for each.
type levels struct {
	near uint64
	far  []uint64 // beyond the 64th
}

func (l *levels) set(level int, object bool) {
	word := &l.near
	if level >= 64 {
		for len(l.far) < level/64 {
			l.far = append(l.far, 0)
		}
		word = &l.far[level/64-1]
	}
	*word &^= 1 << (level % 64)
	if object {
		*word |= 1 << (level % 64)
	}
}

func (l *levels) object(level int) bool {
	word := l.near
	if level >= 64 {
		word = l.far[level/64-1]
	}
	return word&(1<<(level%64)) != 0
}

// value checks any value that nests at most so deep, the containers around it counted. It keeps
// its own stack, a bit per level: the machine's stack is not touched.
func (r *Reader) value(most int) {
	var inside levels
	floor := r.depth
	for {
		c := r.peek()
		if r.err != nil {
			return
		}
		switch {
		case c == '{' || c == '[':
			r.i++
			if r.depth++; r.depth > most {
				r.Fail("nested deeper than %d", most)
				return
			}
			inside.set(r.depth-floor-1, c == '{')
			r.opened = true
		case c == '"':
			r.pass()
		case c == 't':
			r.literal("true")
		case c == 'f':
			r.literal("false")
		case c == 'n':
			r.literal("null")
		case c == '-' || c-'0' <= 9:
			r.numeral()
		default:
			r.Fail("want a value")
		}
		for { // close what ends here, then go to the next value
			if r.err != nil || r.depth == floor {
				return
			}
			object := inside.object(r.depth - floor - 1)
			end := byte(']')
			if object {
				end = '}'
			}
			if !r.step(end) {
				continue
			}
			if object {
				if !r.at('"') && r.peek() != '"' {
					r.Fail("want a member's name")
					return
				}
				if r.pass(); !r.colon() {
					return
				}
			}
			break
		}
	}
}

func (r *Reader) literal(s string) {
	if len(r.b)-r.i < len(s) || string(r.b[r.i:r.i+len(s)]) != s {
		r.Fail("want a value")
		return
	}
	r.i += len(s)
}

// numeral passes over a number.
func (r *Reader) numeral() {
	b, i := r.b, r.i
	if i < len(b) && b[i] == '-' {
		i++
	}
	from := i
	if i < len(b) && b[i] == '0' {
		i++
	} else {
		i = figures(b, i)
	}
	sound := i > from
	if sound && i < len(b) && b[i] == '.' {
		from = i + 1
		i = figures(b, from)
		sound = i > from
	}
	if sound && i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from = i
		i = figures(b, from)
		sound = i > from
	}
	if r.i = i; !sound {
		r.Fail("want a digit")
	}
}

// figures gives where a run of digits ends.
func figures(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks, by the highest bit of its byte, the lowest of eight bytes that
// needs a thought in a string: a quote, a backslash, a control character, a part of
// a character beyond ASCII. Marks above the lowest may be wrong.
func special(x uint64) uint64 {
	quote, backslash := x^ones*'"', x^ones*'\\'
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (x-ones*0x20)&^x | x) & highs
}

// pass checks a string and gives where its inside lies and whether it has escapes.
func (r *Reader) pass() (from, to int, escaped bool) {
	b, i := r.b, r.i+1
	from = i
	wide := false
	for {
		for len(b)-i >= 8 {
			if m := special(binary.LittleEndian.Uint64(b[i:])); m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			r.i = i
			r.Fail("the document is cut off")
			return 0, 0, false
		}
		switch c := b[i]; {
		case c == '"':
			if wide && !utf8.Valid(b[from:i]) {
				r.i = i
				r.Fail("not UTF-8")
				return 0, 0, false
			}
			r.i = i + 1
			return from, i, escaped
		case c == '\\':
			escaped = true
			if r.i = i; !r.escape() {
				r.Fail("not an escape")
				return 0, 0, false
			}
			i = r.i
		case c < 0x20:
			r.i = i
			r.Fail("a control character in a string")
			return 0, 0, false
		default:
			wide = wide || c >= utf8.RuneSelf
			i++
		}
	}
}

func (r *Reader) escape() bool {
	if r.i+1 >= len(r.b) {
		return false
	}
	switch r.b[r.i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		r.i += 2
		return true
	case 'u':
		if _, ok := hex4(r.b[r.i+2:]); ok {
			r.i += 6
			return true
		}
	}
	return false
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var v rune
	for _, c := range b[:4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}

func (r *Reader) text() []byte {
	from, to, escaped := r.pass()
	if r.err != nil {
		return nil
	}
	if !escaped {
		return r.b[from:to:to]
	}
	return unescape(r.b[from:to])
}

// unescape copies a checked string; a surrogate without its other half becomes
// U+FFFD, as in encoding/json.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			out = append(out, b[i])
			i++
			continue
		}
		switch c := b[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			v, _ := hex4(b[i+2:])
			i += 4
			if utf16.IsSurrogate(v) {
				low, paired := rune(0), false
				if i+3 < len(b) && b[i+2] == '\\' && b[i+3] == 'u' {
					low, paired = hex4(b[i+4:])
				}
				if v = utf16.DecodeRune(v, low); paired && v != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, v)
		default:
			out = append(out, c)
		}
		i += 2
	}
	return out
}
