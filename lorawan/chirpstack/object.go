package chirpstack

import (
	"errors"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
	"google.golang.org/protobuf/encoding/protowire"
)

var (
	errDeep = errors.New("object is nested too deep")
	errText = errors.New("object holds text that is not UTF-8")
)

// structJSON appends a google.protobuf.Struct as a JSON object. A map field that
// appears twice stays twice, as it would in JSON spliced verbatim.
func structJSON(out, b []byte, depth int) (_ []byte, err error) {
	if depth >= scan.MaxDepth {
		return nil, errDeep
	}
	out = append(out, '{')
	first := true
	w := wire.New(b)
	for w.Next() {
		if !w.Is(1, protowire.BytesType) {
			continue
		}
		key, value, err := entry(w.Bytes())
		if err != nil {
			return nil, err
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		if out, err = appendText(out, key); err != nil {
			return nil, err
		}
		out = append(out, ':')
		if out, err = valueJSON(out, value, depth); err != nil {
			return nil, err
		}
	}
	if w.Bad {
		return nil, wire.ErrWire
	}
	return append(out, '}'), nil
}

// valueJSON appends a google.protobuf.Value; of a oneof set twice the last one
// counts.
func valueJSON(out, b []byte, depth int) (_ []byte, err error) {
	from := len(out)
	w := wire.New(b)
	for w.Next() {
		switch {
		case w.Is(1, protowire.VarintType):
			out = append(out[:from], "null"...)
		case w.Is(2, protowire.Fixed64Type):
			out = appendFloat(out[:from], math.Float64frombits(w.N))
		case w.Is(3, protowire.BytesType):
			out, err = appendText(out[:from], w.Bytes())
		case w.Is(4, protowire.VarintType):
			out = strconv.AppendBool(out[:from], w.N != 0)
		case w.Is(5, protowire.BytesType):
			out, err = structJSON(out[:from], w.Bytes(), depth+1)
		case w.Is(6, protowire.BytesType):
			out, err = listJSON(out[:from], w.Bytes(), depth+1)
		}
		if err != nil {
			return nil, err
		}
	}
	if w.Bad {
		return nil, wire.ErrWire
	}
	if len(out) == from {
		out = append(out, "null"...)
	}
	return out, nil
}

func listJSON(out, b []byte, depth int) (_ []byte, err error) {
	if depth >= scan.MaxDepth {
		return nil, errDeep
	}
	out = append(out, '[')
	first := true
	w := wire.New(b)
	for w.Next() {
		if !w.Is(1, protowire.BytesType) {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		if out, err = valueJSON(out, w.Bytes(), depth); err != nil {
			return nil, err
		}
	}
	if w.Bad {
		return nil, wire.ErrWire
	}
	return append(out, ']'), nil
}

// appendFloat writes a number as encoding/json does; what JSON cannot say is
// null.
func appendFloat(out []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(out, "null"...)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(out, f, format, -1, 64)
}

func appendText(out, s []byte) ([]byte, error) {
	if !utf8.Valid(s) {
		return nil, errText
	}
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < 0x20:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"'), nil
}
