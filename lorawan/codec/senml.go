package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

// measurement is a resolved SenML record, as a buyer gets it.
type measurement struct {
	Value  *float64 `json:"v,omitempty"`
	Text   *string  `json:"vs,omitempty"`
	Bool   *bool    `json:"vb,omitempty"`
	Data   string   `json:"vd,omitempty"` // base64
	Sum    *float64 `json:"s,omitempty"`
	Unit   string   `json:"u,omitempty"`
	Time   float64  `json:"t,omitempty"` // seconds since 1970; below 2^28, relative to reception
	Update float64  `json:"ut,omitempty"`
}

// record is a SenML record as it is written.
type record struct {
	bn, bu         *string
	bt, bv, bs     *float64
	bver           *float64
	n, u           string
	v, s, t, ut    *float64
	vs             *string
	vb             *bool
	vd             []byte
	hasData        bool
	mustUnderstand string // an unknown field whose name ends with an underscore
}

// SenML decodes a pack of Sensor Measurement Lists (RFC 8428), JSON or CBOR, into
// an object: by name, a measurement with base fields resolved, or an array of them
// where a name stands more than once.
func SenML(data []byte) (json.RawMessage, error) {
	var records []record
	var err error
	if text := bytes.TrimLeft(data, " \t\r\n"); len(text) > 0 && text[0] == '[' {
		records, err = senmlJSON(data)
	} else {
		records, err = senmlCBOR(data)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: SenML: %w", ErrPayload, err)
	}
	object, err := resolve(records)
	if err != nil {
		return nil, fmt.Errorf("%w: SenML: %w", ErrPayload, err)
	}
	return json.Marshal(object)
}

// senmlVersion is the one RFC 8428 describes, and the default.
const senmlVersion = 10

// resolve applies base fields (RFC 8428, section 4.6).
func resolve(records []record) (map[string]any, error) {
	var b base
	object := map[string]any{}
	for i := range records {
		r := &records[i]
		if err := b.take(r); err != nil {
			return nil, err
		}
		values := r.values()
		switch {
		case values > 1:
			return nil, errors.New("a record has two values")
		case values == 0 && r.s == nil && r.n == "":
			continue // base fields alone
		case values == 0 && r.s == nil:
			return nil, errors.New("a record has no value")
		}
		full := b.name + r.n
		if !senmlName(full) {
			return nil, errors.New("a name is empty or has characters that are not allowed")
		}
		m, err := b.measurement(r)
		if err != nil {
			return nil, err
		}
		switch before := object[full].(type) {
		case nil:
			object[full] = m
		case measurement:
			object[full] = []measurement{before, m}
		case []measurement:
			object[full] = append(before, m)
		}
	}
	if len(object) == 0 {
		return nil, errors.New("no measurement")
	}
	return object, nil
}

// base is what base fields hold for the records behind them.
type base struct {
	name, unit string
	t, v, s    float64
}

// take takes a record's base fields over, and refuses what a later version may mean.
func (b *base) take(r *record) error {
	switch {
	case r.mustUnderstand != "":
		return errors.New("a field that must be understood is not")
	case r.bver != nil && *r.bver > senmlVersion:
		return errors.New("of a later version")
	}
	take(&b.name, r.bn)
	take(&b.unit, r.bu)
	take(&b.t, r.bt)
	take(&b.v, r.bv)
	take(&b.s, r.bs)
	return nil
}

// values counts a record's.
func (r *record) values() (n int) {
	for _, has := range []bool{r.v != nil, r.vs != nil, r.vb != nil, r.hasData} {
		if has {
			n++
		}
	}
	return n
}

// measurement is a record's, with what the base adds.
func (b *base) measurement(r *record) (measurement, error) {
	m := measurement{Text: r.vs, Bool: r.vb, Unit: b.unit, Time: b.t}
	if r.u != "" {
		m.Unit = r.u
	}
	if r.t != nil {
		m.Time += *r.t
	}
	if r.ut != nil {
		m.Update = *r.ut
	}
	if r.v != nil {
		sum := b.v + *r.v
		m.Value = &sum
	}
	if r.s != nil {
		sum := b.s + *r.s
		m.Sum = &sum
	}
	if r.hasData {
		m.Data = base64.StdEncoding.EncodeToString(r.vd)
	}
	for _, f := range []*float64{m.Value, m.Sum, &m.Time, &m.Update} {
		if f != nil && (math.IsNaN(*f) || math.IsInf(*f, 0)) {
			return m, errors.New("a number is out of range")
		}
	}
	return m, nil
}

func take[T any](into *T, from *T) {
	if from != nil {
		*into = *from
	}
}

// senmlName follows RFC 8428, section 4.5.1.
func senmlName(s string) bool {
	if s == "" || strings.IndexByte("-:./_", s[0]) >= 0 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-:./_", c) >= 0 {
			continue
		}
		return false
	}
	return true
}

func senmlJSON(data []byte) ([]record, error) {
	r := scan.New(data)
	var records []record
	for r.Array(); r.NextItem(); {
		var rec record
		var seen uint64
		for r.Object(); r.Next(); {
			label, known := senmlLabels[string(r.Key())]
			if !known {
				if key := string(r.Key()); strings.HasSuffix(key, "_") {
					rec.mustUnderstand = key
				}
				r.Skip()
				continue
			}
			r.Once(&seen, uint(label+8))
			switch label {
			case labelBN:
				rec.bn = new(r.String())
			case labelBU:
				rec.bu = new(r.String())
			case labelN:
				rec.n = r.String()
			case labelU:
				rec.u = r.String()
			case labelVS:
				rec.vs = new(r.String())
			case labelVB:
				rec.vb = new(r.Bool())
			case labelVD:
				rec.vd, rec.hasData = urlBase64(&r), true
			default:
				*rec.number(label) = new(r.Float())
			}
		}
		records = append(records, rec)
	}
	return records, r.End()
}

// urlBase64 takes data as SenML writes it: base64url without padding.
func urlBase64(r *scan.Reader) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(r.String(), "="))
	if err != nil {
		r.Fail("vd is not base64url")
	}
	return b
}

// Labels of the fields in CBOR (RFC 8428, section 6).
const (
	labelBVER = -1
	labelBN   = -2
	labelBT   = -3
	labelBU   = -4
	labelBV   = -5
	labelBS   = -6
	labelN    = 0
	labelU    = 1
	labelV    = 2
	labelVS   = 3
	labelVB   = 4
	labelS    = 5
	labelT    = 6
	labelUT   = 7
	labelVD   = 8
)

var senmlLabels = map[string]int{
	"bver": labelBVER, "bn": labelBN, "bt": labelBT, "bu": labelBU, "bv": labelBV, "bs": labelBS,
	"n": labelN, "u": labelU, "v": labelV, "vs": labelVS, "vb": labelVB, "s": labelS, "t": labelT, "ut": labelUT, "vd": labelVD,
}

// number is where a numeric field goes.
func (r *record) number(label int) **float64 {
	switch label {
	case labelBVER:
		return &r.bver
	case labelBT:
		return &r.bt
	case labelBV:
		return &r.bv
	case labelBS:
		return &r.bs
	case labelV:
		return &r.v
	case labelS:
		return &r.s
	case labelT:
		return &r.t
	case labelUT:
		return &r.ut
	}
	panic("bug: no numeric field of SenML")
}

func senmlCBOR(data []byte) ([]record, error) {
	c := cbor{b: data}
	pack, err := c.value(0)
	if err != nil {
		return nil, err
	}
	if len(c.b) > 0 {
		return nil, errors.New("something follows the pack")
	}
	items, ok := pack.([]any)
	if !ok {
		return nil, errors.New("a pack is an array")
	}
	var records []record
	for _, item := range items {
		m, ok := item.(map[any]any)
		if !ok {
			return nil, errors.New("a record is a map")
		}
		var rec record
		for key, value := range m {
			if err := rec.set(key, value); err != nil {
				return nil, err
			}
		}
		records = append(records, rec)
	}
	return records, nil
}

func (r *record) set(key, value any) error {
	label, known := 0, false
	switch k := key.(type) {
	case float64:
		label, known = int(k), k == math.Trunc(k) && k >= labelBS && k <= labelVD
	case string:
		if strings.HasSuffix(k, "_") {
			r.mustUnderstand = k
		}
	}
	if !known {
		return nil
	}
	ok := false
	switch label {
	case labelBN, labelBU, labelN, labelU, labelVS:
		var s string
		if s, ok = value.(string); ok {
			switch label {
			case labelBN:
				r.bn = &s
			case labelBU:
				r.bu = &s
			case labelN:
				r.n = s
			case labelU:
				r.u = s
			case labelVS:
				r.vs = &s
			}
		}
	case labelVB:
		var b bool
		b, ok = value.(bool)
		r.vb = &b
	case labelVD:
		r.vd, ok = value.([]byte)
		r.hasData = true
	default:
		var f float64
		f, ok = value.(float64)
		*r.number(label) = &f
	}
	if !ok {
		return errors.New("a field is of the wrong kind")
	}
	return nil
}
