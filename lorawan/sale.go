package lorawan

import (
	"encoding/json"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan/codec"
)

// CodecKind says who decodes what the network server has not.
type CodecKind uint8

// The kinds of codecs a listing may name.
const (
	CodecNone  CodecKind = iota
	CodecLPP             // Cayenne LPP
	CodecSenML           // RFC 8428, JSON or CBOR
	CodecRaw             // the bytes as hexadecimal digits
	CodecJS              // the owner's script
)

var codecNames = [...]string{"", "cayenne_lpp", "senml", "raw", "js"}

// ParseCodecKind reads a kind as terms documents write it; "" is CodecNone.
func ParseCodecKind(s string) (CodecKind, bool) {
	for k, name := range codecNames {
		if name == s {
			return CodecKind(k), true
		}
	}
	return CodecNone, false
}

// String gives the kind as terms documents write it.
func (k CodecKind) String() string { return codecNames[min(int(k), len(codecNames)-1)] }

// Codec is a listing's codec. Two listings with equal ones decode alike.
type Codec struct {
	Kind  CodecKind
	Terms [32]byte // of a script: keccak256 of the terms document that names it
}

// Sale is what a listing sells of its device's readings. It is comparable; the zero
// Sale sells identity, counter and time alone.
type Sale struct {
	Fields      Fields
	Codec       Codec
	Quantities  string // members of the values sold, sorted, with commas between; "": all
	Units       string // units of some of them, name=unit (UCUM), with commas between
	GeoDecimals int8   // decimals kept of coordinates, plus one; 0: as they are
}

// Decoded is what a codec made of a reading's bytes; no Values if it failed.
type Decoded struct {
	Codec      Codec
	Values     json.RawMessage
	Normalized json.RawMessage // the same in the vocabulary of normalizeUplink, if the codec knows it
}

// Needs says whether a codec has to run before the reading is sold so: the server's
// own object goes first, and what is end-to-end encrypted no codec can read.
func (r *Reading) Needs(c Codec) bool {
	return c.Kind != CodecNone && len(r.Values) == 0 && !r.Sealed && len(r.Data) > 0
}

// values are those the sale has: of the server, else of its codec, and of these the
// part that is sold.
func (r *Reading) values(s *Sale) json.RawMessage {
	v := r.Values
	if r.Needs(s.Codec) {
		for i := range r.Decoded {
			if r.Decoded[i].Codec == s.Codec {
				v = r.Decoded[i].Values
			}
		}
	}
	if s.Quantities == "" && s.GeoDecimals == 0 || len(v) == 0 {
		return v
	}
	shape := codec.Shape{GeoDecimals: int(s.GeoDecimals) - 1}
	if s.Quantities != "" {
		shape.Quantities = strings.Split(s.Quantities, ",")
	}
	return shape.Apply(v)
}

// pack is what of the values has a unit, as SenML. What a normalizeUplink gave, the
// codec's or the server's, has the widest vocabulary; but which quantities a listing sells
// is said in the names of the values, so a listing that chooses has its pack made of these.
func (r *Reading) pack(s *Sale, values json.RawMessage) json.RawMessage {
	if s.Quantities == "" {
		shape := codec.Shape{GeoDecimals: int(s.GeoDecimals) - 1}
		if pack := codec.Normalized(r.normalized(s), shape); pack != nil {
			return pack
		}
	}
	at := r.Server
	if at.IsZero() {
		at = r.Received
	}
	return codec.Measurements(values, s.units(), at)
}

func (r *Reading) normalized(s *Sale) json.RawMessage {
	if !r.Needs(s.Codec) {
		return r.Normalized
	}
	for i := range r.Decoded {
		if d := &r.Decoded[i]; d.Codec == s.Codec {
			return d.Normalized
		}
	}
	return nil
}

func (s *Sale) units() map[string]string {
	if s.Units == "" {
		return nil
	}
	all := map[string]string{}
	for one := range strings.SplitSeq(s.Units, ",") {
		name, unit, _ := strings.Cut(one, "=")
		all[name] = unit
	}
	return all
}

// Lack says why a reading is not sold to a listing's buyers.
type Lack uint8

// The lacks.
const (
	LacksNothing Lack = iota
	LacksValues       // it holds nothing of what the listing sells
	LacksDecode       // the codec gave no values, and the listing sells no bytes
)

// Lacks says whether a reading holds what the listing sells. One that sells bytes
// needs no values; an encrypted reading is for those who have its key.
func (r *Reading) Lacks(s *Sale) Lack {
	const decoded = FieldValues | FieldSenML
	if s.Fields&FieldData != 0 || s.Fields&decoded == 0 || r.Sealed {
		return LacksNothing
	}
	v := r.values(s)
	switch {
	case len(v) == 0 && r.Needs(s.Codec) && !r.decoded(s.Codec):
		return LacksDecode
	case len(v) == 0, s.Fields&decoded == FieldSenML && r.pack(s, v) == nil:
		return LacksValues
	}
	return LacksNothing
}

func (r *Reading) decoded(c Codec) bool {
	for i := range r.Decoded {
		if r.Decoded[i].Codec == c {
			return len(r.Decoded[i].Values) > 0
		}
	}
	return false
}

// AppendSale appends the members of the reading a listing sells, like AppendJSON:
// values from the listing's codec where the server has none, only the quantities it
// sells, coordinates cut to the decimals it sells, and `senml`, a SenML pack of what
// has a standard name and unit, if it sells that.
func (r *Reading) AppendSale(b []byte, s *Sale) []byte {
	var v, pack json.RawMessage
	if s.Fields&(FieldValues|FieldSenML) != 0 {
		v = r.values(s)
	}
	if s.Fields&FieldSenML != 0 {
		pack = r.pack(s, v)
	}
	return r.appendJSON(b, s.Fields, v, pack)
}
