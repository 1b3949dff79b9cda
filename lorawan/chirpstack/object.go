package chirpstack

import (
	"errors"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"google.golang.org/protobuf/encoding/protowire"
)

var (
	errDeep = errors.New("object is nested too deep")
	errText = errors.New("object holds text that is not UTF-8")
)

// structJSON appends a google.protobuf.Struct as a JSON object. A map field that
// stands twice stays twice, as it would in JSON spliced verbatim.
func structJSON(out, b []byte, depth int) ([]byte, error) {
	if depth >= scan.MaxDepth {
		return nil, errDeep
	}
	out = append(out, '{')
	first := true
	err := walk(b, func(num protowire.Number, typ protowire.Type, _ uint64, entry []byte) error {
		if num != 1 || typ != protowire.BytesType {
			return nil
		}
		var key, value []byte
		err := walk(entry, func(num protowire.Number, typ protowire.Type, _ uint64, b []byte) error {
			switch {
			case typ != protowire.BytesType:
			case num == 1:
				key = b
			case num == 2:
				value = b
			}
			return nil
		})
		if err != nil {
			return err
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		if out, err = appendText(out, key); err != nil {
			return err
		}
		out = append(out, ':')
		out, err = valueJSON(out, value, depth)
		return err
	})
	return append(out, '}'), err
}

// valueJSON appends a google.protobuf.Value; of a oneof set twice the last one
// counts.
func valueJSON(out, b []byte, depth int) ([]byte, error) {
	from := len(out)
	out = append(out, "null"...)
	err := walk(b, func(num protowire.Number, typ protowire.Type, n uint64, b []byte) (err error) {
		switch {
		case num == 1 && typ == protowire.VarintType:
			out = append(out[:from], "null"...)
		case num == 2 && typ == protowire.Fixed64Type:
			out = appendFloat(out[:from], math.Float64frombits(n))
		case num == 3 && typ == protowire.BytesType:
			out, err = appendText(out[:from], b)
		case num == 4 && typ == protowire.VarintType:
			out = strconv.AppendBool(out[:from], n != 0)
		case num == 5 && typ == protowire.BytesType:
			out, err = structJSON(out[:from], b, depth+1)
		case num == 6 && typ == protowire.BytesType:
			out, err = listJSON(out[:from], b, depth+1)
		}
		return err
	})
	return out, err
}

func listJSON(out, b []byte, depth int) ([]byte, error) {
	if depth >= scan.MaxDepth {
		return nil, errDeep
	}
	out = append(out, '[')
	first := true
	err := walk(b, func(num protowire.Number, typ protowire.Type, _ uint64, item []byte) (err error) {
		if num != 1 || typ != protowire.BytesType {
			return nil
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out, err = valueJSON(out, item, depth)
		return err
	})
	return append(out, ']'), err
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
