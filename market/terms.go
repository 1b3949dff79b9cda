package market

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

// Terms is a listing's terms document: what its readings contain. keccak256 of the
// document stands on chain, so that a buyer knows what was promised.
type Terms struct {
	Codec       *TermsCodec `json:"codec,omitempty"`        // decodes what the network server does not; nil: nobody
	GeoDecimals *int        `json:"geo_decimals,omitempty"` // decimals kept of coordinates in the values, 0 to 6; nil: as decoded
	Quantities  []string    `json:"quantities,omitempty"`   // members of the values sold, sorted; empty: all
	Sell        []string    `json:"sell"`                   // of data, link, senml, values; sorted
	Version     int         `json:"version"`                // 1
}

// TermsCodec names a codec. A script is named by its hash: a buyer who gets the
// script from its owner can repeat what the bridge decoded.
type TermsCodec struct {
	Kind      string            `json:"kind"` // cayenne_lpp, senml, raw or js
	Script    *common.Hash      `json:"script,omitempty"`
	Variables map[string]string `json:"variables,omitempty"` // what the script finds in input.variables
}

// ErrTerms says why terms cannot be offered.
var ErrTerms = errors.New("such terms cannot be offered")

var sellable = map[string]lorawan.Fields{
	"data": lorawan.FieldData, "link": lorawan.FieldLink, "senml": lorawan.FieldSenML, "values": lorawan.FieldValues,
}

// The bounds of terms.
const (
	quantitiesMax = 64
	variablesMax  = 32
	textMax       = 256
)

// Check sorts the lists and looks whether the terms make sense together.
func (t *Terms) Check() error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrTerms}, args...)...)
	}
	t.Version = 1
	slices.Sort(t.Sell)
	t.Sell = slices.Compact(t.Sell)
	slices.Sort(t.Quantities)
	t.Quantities = slices.Compact(t.Quantities)
	var sold lorawan.Fields
	for _, name := range t.Sell {
		f, known := sellable[name]
		if !known {
			return refuse("%q cannot be sold: data, link, senml and values can", name)
		}
		sold |= f
	}
	if sold == 0 {
		return refuse("nothing is sold: name some of data, link, senml and values")
	}
	hides := len(t.Quantities) > 0 || t.GeoDecimals != nil
	switch {
	case hides && sold&lorawan.FieldData != 0:
		return refuse("who sells the bytes (data) sells everything in them: leave data out, or quantities and geo_decimals")
	case hides && sold&(lorawan.FieldValues|lorawan.FieldSenML) == 0:
		return refuse("quantities and geo_decimals say what of the values is sold: sell values or senml")
	case t.GeoDecimals != nil && (*t.GeoDecimals < 0 || *t.GeoDecimals > 6):
		return refuse("geo_decimals must be 0 (about 111 km) to 6 (about 0.1 m)")
	case len(t.Quantities) > quantitiesMax:
		return refuse("more than %d quantities", quantitiesMax)
	}
	for _, q := range t.Quantities {
		if !plainText(q) || q == "" || len(q) > 64 || strings.Contains(q, ",") {
			return refuse("%.70q is no name of a quantity", q)
		}
	}
	if t.Codec == nil {
		return nil
	}
	kind, known := lorawan.ParseCodecKind(t.Codec.Kind)
	switch {
	case !known || kind == lorawan.CodecNone:
		return refuse("%.40q is no codec: cayenne_lpp, senml, raw and js are", t.Codec.Kind)
	case kind == lorawan.CodecJS && t.Codec.Script == nil:
		return refuse("the codec js needs its script")
	case kind != lorawan.CodecJS && (t.Codec.Script != nil || len(t.Codec.Variables) > 0):
		return refuse("only the codec js has a script and variables")
	case sold&(lorawan.FieldValues|lorawan.FieldSenML) == 0:
		return refuse("a codec makes values: sell values or senml")
	case len(t.Codec.Variables) > variablesMax:
		return refuse("more than %d variables", variablesMax)
	}
	for name, value := range t.Codec.Variables {
		if !plainText(name) || !plainText(value) || len(name) > 64 || len(value) > textMax {
			return refuse("the variable %.70q or its value has characters terms cannot have (ASCII alone can), or is too long", name)
		}
	}
	return nil
}

// plainText says whether every JSON encoder writes a text the same way.
func plainText(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Document is the canonical JSON (RFC 8785) whose keccak256 stands on chain: members
// in alphabetical order, no spaces, ASCII.
func (t *Terms) Document() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(t); err != nil {
		return nil, fmt.Errorf("write the terms: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// SaleOf reads from a terms document what its listing sells; hash is the document's.
// Without one, values and bytes are sold. What a later version of the terms may add
// is passed over.
func SaleOf(hash common.Hash, document []byte) lorawan.Sale {
	var t Terms
	if json.Unmarshal(document, &t) != nil || t.Sell == nil {
		return lorawan.Sale{Fields: lorawan.FieldValues | lorawan.FieldData}
	}
	var s lorawan.Sale
	for _, name := range t.Sell {
		s.Fields |= sellable[name]
	}
	s.Quantities = strings.Join(t.Quantities, ",")
	if t.GeoDecimals != nil {
		s.GeoDecimals = int8(min(max(*t.GeoDecimals, 0), 100)) + 1
	}
	if t.Codec != nil {
		s.Codec.Kind, _ = lorawan.ParseCodecKind(t.Codec.Kind)
		if s.Codec.Kind == lorawan.CodecJS {
			s.Codec.Terms = hash
		}
	}
	return s
}
