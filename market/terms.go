package market

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// TermsVersion is the version of the terms documents this program writes and reads.
const TermsVersion = 2

// Terms is a listing's terms document: what its readings contain, and what is promised
// of them. keccak256 of the document stands on chain, so that a buyer knows what he buys.
type Terms struct {
	Codec       *TermsCodec `json:"codec,omitempty"`        // decodes what the network server does not; nil: nobody
	GeoDecimals *int        `json:"geo_decimals,omitempty"` // decimals kept of coordinates in the values, 0 to 6; nil: as decoded
	Quantities  []Quantity  `json:"quantities,omitempty"`   // members of the values sold, by name; empty: all
	Sell        []string    `json:"sell"`                   // of data, link, senml, values; sorted
	Version     int         `json:"version"`                // TermsVersion
}

// Quantity is a member of the values that is sold, and what is promised of it.
type Quantity struct {
	Label      string   `json:"label,omitempty"`
	Max        *float64 `json:"max,omitempty"`        // promised: no value is above
	Min        *float64 `json:"min,omitempty"`        // promised: no value is below
	Name       string   `json:"name"`                 // members of members are joined with a dot
	Resolution *float64 `json:"resolution,omitempty"` // smallest step between two values, above 0
	Unit       string   `json:"unit,omitempty"`       // UCUM
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
	TermsMax      = 64 << 10 // bytes of a document
	quantitiesMax = 64
	variablesMax  = 32
	textMax       = 256
)

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrTerms}, args...)...)
}

// Check sorts the lists and looks whether the terms make sense together.
func (t *Terms) Check() error {
	t.Version = TermsVersion
	slices.Sort(t.Sell)
	t.Sell = slices.Compact(t.Sell)
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
	}
	if err := t.checkQuantities(); err != nil {
		return err
	}
	return t.checkCodec(sold)
}

func (t *Terms) checkQuantities() error {
	if len(t.Quantities) > quantitiesMax {
		return refuse("more than %d quantities", quantitiesMax)
	}
	slices.SortStableFunc(t.Quantities, func(a, b Quantity) int { return strings.Compare(a.Name, b.Name) })
	for i := range t.Quantities {
		q := &t.Quantities[i]
		if !plainText(q.Name) || q.Name == "" || len(q.Name) > 64 || strings.ContainsAny(q.Name, ",=") {
			return refuse("%.70q is no name of a quantity", q.Name)
		}
		if i > 0 && t.Quantities[i-1].Name == q.Name {
			return refuse("the quantity %s is named twice", q.Name)
		}
		if !plainText(q.Label) || !plainText(q.Unit) || len(q.Label) > textMax || len(q.Unit) > 64 {
			return refuse("label or unit of %s has characters terms cannot have (ASCII alone can), or is too long", q.Name)
		}
		if strings.ContainsAny(q.Unit, ",=") {
			return refuse("%.70q is no unit of UCUM (https://ucum.org)", q.Unit)
		}
		for _, n := range []*float64{q.Min, q.Max, q.Resolution} {
			if n != nil && (math.IsNaN(*n) || math.IsInf(*n, 0)) {
				return refuse("%s has a bound that is no number", q.Name)
			}
			if n != nil {
				*n += 0 // canonical JSON knows no negative zero
			}
		}
		if q.Min != nil && q.Max != nil && *q.Min > *q.Max {
			return refuse("%s has a min above its max", q.Name)
		}
		if q.Resolution != nil && *q.Resolution <= 0 {
			return refuse("%s has a resolution that is not above 0", q.Name)
		}
	}
	return nil
}

func (t *Terms) checkCodec(sold lorawan.Fields) error {
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

// Why terms that a listing was made under do not tell what it sells.
var (
	ErrTermsMissing    = errors.New("the document is not in this ledger")
	ErrTermsUnreadable = errors.New("the document cannot be read")
)

// ReadTerms reads a terms document. Members that say how to describe or find a listing are
// passed over; those that decide what is sold must be understood wholly, or the error
// wraps ErrTermsUnreadable: who guesses sells what was not agreed.
func ReadTerms(document []byte) (Terms, error) {
	unreadable := func(format string, args ...any) (Terms, error) {
		return Terms{}, fmt.Errorf("%w: "+format, append([]any{ErrTermsUnreadable}, args...)...)
	}
	if len(document) > TermsMax {
		return unreadable("it has %d bytes, more than %d", len(document), TermsMax)
	}
	members, err := membersOf(document)
	if err != nil {
		return unreadable("%v", err)
	}
	var t Terms
	for name, into := range map[string]any{"codec": &t.Codec, "geo_decimals": &t.GeoDecimals, "quantities": &t.Quantities, "sell": &t.Sell, "version": &t.Version} {
		if text, ok := members[name]; ok {
			if err := json.Unmarshal(text, into); err != nil {
				return unreadable("its member %s is of another type", name)
			}
		}
	}
	if t.Version != TermsVersion {
		return unreadable("it is of version %d, this program knows %d", t.Version, TermsVersion)
	}
	if err := t.Check(); err != nil {
		return unreadable("%v", err)
	}
	return t, nil
}

// membersOf splits a JSON object into its members. It refuses one that names a member
// twice: readers differ in which of the two counts.
func membersOf(document []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.New("it is no JSON object")
	}
	all := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, errors.New("it is no JSON object")
		}
		name, _ := key.(string) // keys are strings, or Token fails
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("it has the member %.40q twice", name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errors.New("it is no JSON object")
		}
		all[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("it is no JSON object")
	}
	if d.More() || d.InputOffset() != int64(len(bytes.TrimRight(document, " \t\r\n"))) {
		return nil, errors.New("something follows the JSON object")
	}
	return all, nil
}

// SaleOf tells what a listing sells: what its terms document, whose hash stands on chain,
// says. Without terms (the zero hash) values and bytes are sold. A document that is missing
// (nil), is another than the hash names, or is not understood gives an error and sells
// nothing.
func SaleOf(hash common.Hash, document []byte) (lorawan.Sale, error) {
	switch {
	case hash == common.Hash{}:
		return lorawan.Sale{Fields: lorawan.FieldValues | lorawan.FieldData}, nil
	case document == nil:
		return lorawan.Sale{}, ErrTermsMissing
	case crypto.Keccak256Hash(document) != hash:
		return lorawan.Sale{}, fmt.Errorf("%w: it is another than the hash names", ErrTermsUnreadable)
	}
	t, err := ReadTerms(document)
	if err != nil {
		return lorawan.Sale{}, err
	}
	var s lorawan.Sale
	for _, name := range t.Sell {
		s.Fields |= sellable[name]
	}
	names := make([]string, 0, len(t.Quantities))
	var units []string
	for _, q := range t.Quantities {
		names = append(names, q.Name)
		if q.Unit != "" {
			units = append(units, q.Name+"="+q.Unit)
		}
	}
	s.Quantities, s.Units = strings.Join(names, ","), strings.Join(units, ",")
	if t.GeoDecimals != nil {
		s.GeoDecimals = int8(*t.GeoDecimals) + 1
	}
	if t.Codec != nil {
		s.Codec.Kind, _ = lorawan.ParseCodecKind(t.Codec.Kind) // Check knows it
		if s.Codec.Kind == lorawan.CodecJS {
			s.Codec.Terms = hash
		}
	}
	return s, nil
}
