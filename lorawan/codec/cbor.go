package codec

import (
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"
)

// cbor reads the part of CBOR (RFC 8949) that SenML uses: numbers become float64,
// byte strings []byte, text string, arrays []any, maps map[any]any with keys that
// are numbers or text. Decimal fractions are the only tag with a meaning.
type cbor struct{ b []byte }

var (
	errCBOR      = errors.New("not CBOR, or cut off")
	errCBORDeep  = errors.New("nested too deep")
	errCBORTwice = errors.New("a key appears twice")
)

const (
	cborDepth      = 8
	cborIndefinite = 31
)

type cborBreak struct{}

// head reads the first byte of an item and its argument.
func (c *cbor) head() (major, info byte, arg uint64, err error) {
	if len(c.b) == 0 {
		return 0, 0, 0, errCBOR
	}
	major, info = c.b[0]>>5, c.b[0]&31
	c.b = c.b[1:]
	switch {
	case info < 24:
		return major, info, uint64(info), nil
	case info <= 27:
		size := 1 << (info - 24)
		if len(c.b) < size {
			return 0, 0, 0, errCBOR
		}
		var wide [8]byte
		copy(wide[8-size:], c.b)
		c.b = c.b[size:]
		return major, info, binary.BigEndian.Uint64(wide[:]), nil
	case info == cborIndefinite:
		return major, info, 0, nil
	}
	return 0, 0, 0, errCBOR
}

func (c *cbor) value(depth int) (any, error) {
	if depth > cborDepth {
		return nil, errCBORDeep
	}
	major, info, arg, err := c.head()
	if err != nil {
		return nil, err
	}
	indefinite := info == cborIndefinite
	switch major {
	case 0, 1:
		if indefinite {
			return nil, errCBOR
		}
		if major == 1 {
			return -1 - float64(arg), nil
		}
		return float64(arg), nil
	case 2, 3:
		return c.text(major, arg, indefinite)
	case 4:
		return c.array(arg, indefinite, depth)
	case 5:
		return c.pairs(arg, indefinite, depth)
	case 6:
		if indefinite {
			return nil, errCBOR
		}
		return c.tagged(arg, depth)
	}
	return simple(info, arg)
}

func (c *cbor) text(major byte, n uint64, indefinite bool) (any, error) {
	if indefinite || n > uint64(len(c.b)) { // chunked strings have no place in a radio frame
		return nil, errCBOR
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	if major == 2 {
		return b, nil
	}
	if !utf8.Valid(b) {
		return nil, errCBOR
	}
	return string(b), nil
}

func (c *cbor) array(n uint64, indefinite bool, depth int) (any, error) {
	items := []any{}
	for i := uint64(0); indefinite || i < n; i++ {
		v, err := c.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if v == (cborBreak{}) {
			if indefinite {
				return items, nil
			}
			return nil, errCBOR
		}
		items = append(items, v)
	}
	return items, nil
}

func (c *cbor) pairs(n uint64, indefinite bool, depth int) (any, error) {
	m := map[any]any{}
	for i := uint64(0); indefinite || i < n; i++ {
		k, err := c.value(depth + 1)
		if err != nil {
			return nil, err
		}
		switch k.(type) {
		case cborBreak:
			if indefinite {
				return m, nil
			}
			return nil, errCBOR
		case float64, string:
		default:
			return nil, errCBOR
		}
		if _, twice := m[k]; twice {
			return nil, errCBORTwice
		}
		v, err := c.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if _, ended := v.(cborBreak); ended {
			return nil, errCBOR
		}
		m[k] = v
	}
	return m, nil
}

// tagged reads a decimal fraction, [exponent, mantissa], or drops the tag.
func (c *cbor) tagged(tag uint64, depth int) (any, error) {
	v, err := c.value(depth + 1)
	if err != nil {
		return nil, err
	}
	if _, ended := v.(cborBreak); ended {
		return nil, errCBOR
	}
	if tag != 4 {
		return v, nil
	}
	if pair, ok := v.([]any); ok && len(pair) == 2 {
		exponent, isNumber := pair[0].(float64)
		mantissa, too := pair[1].(float64)
		if isNumber && too {
			if exponent < 0 { // dividing by a power of ten rounds once
				return mantissa / math.Pow(10, -exponent), nil
			}
			return mantissa * math.Pow(10, exponent), nil
		}
	}
	return nil, errCBOR
}

func simple(info byte, arg uint64) (any, error) {
	switch info {
	case 20, 21:
		return info == 21, nil
	case 22, 23:
		return nil, nil
	case 25:
		return half(uint16(arg)), nil
	case 26:
		return float64(math.Float32frombits(uint32(arg))), nil
	case 27:
		return math.Float64frombits(arg), nil
	case cborIndefinite:
		return cborBreak{}, nil
	}
	return nil, errCBOR
}

// half widens a 16-bit float (RFC 8949, appendix D).
func half(h uint16) float64 {
	exponent, mantissa := int(h>>10&31), float64(h&0x3ff)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(mantissa, -24)
	case 31:
		v = math.Inf(1)
		if mantissa != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(mantissa+1024, exponent-25)
	}
	if h&0x8000 != 0 {
		return -v
	}
	return v
}
