package offer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/gowebpki/jcs"
)

// ErrOffer says why something cannot be offered.
var ErrOffer = errors.New("this cannot be offered")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrOffer}, args...)...)
}

// Why the document that a listing was made under does not tell what it sells.
var (
	ErrMissing    = errors.New("the document is not in this ledger")
	ErrUnreadable = errors.New("the document cannot be read")
)

// Seconds is a time. It is a number in JSON and a text such as "10m" in TOML.
type Seconds uint32

// MarshalJSON writes a number.
func (s Seconds) MarshalJSON() ([]byte, error) { return strconv.AppendUint(nil, uint64(s), 10), nil }

// UnmarshalJSON reads a number.
func (s *Seconds) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseUint(string(b), 10, 32)
	*s = Seconds(n)
	return err
}

// MarshalText writes the shortest text.
func (s Seconds) MarshalText() ([]byte, error) {
	text := (time.Duration(s) * time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return []byte(text), nil
}

// UnmarshalText reads whole seconds.
func (s *Seconds) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err != nil || d <= 0 || d%time.Second != 0 || d > secondsMax*time.Second {
		return fmt.Errorf("%.20q is no time of whole seconds up to 31 days, such as 30s, 10m or 24h", b)
	}
	*s = Seconds(d / time.Second)
	return nil
}

// Document is the canonical JSON (RFC 8785) whose keccak256 stands on chain.
func (o *Offer) Document() ([]byte, error) {
	b, err := json.Marshal(o)
	if err == nil {
		b, err = jcs.Transform(b)
	}
	if err != nil {
		return nil, fmt.Errorf("write the offer: %w", err)
	}
	if len(b) > Max {
		return nil, refuse("the document has %d bytes, more than %d", len(b), Max)
	}
	return b, nil
}

// Read reads an offer document, of whatever form of JSON. Members that it does not know are
// passed over; all others must be understood wholly, or the error wraps ErrUnreadable: who
// guesses sells what was not agreed.
func Read(document []byte) (Offer, error) {
	unreadable := func(format string, args ...any) (Offer, error) {
		return Offer{}, fmt.Errorf("%w: "+format, append([]any{ErrUnreadable}, args...)...)
	}
	if len(document) > Max {
		return unreadable("it has %d bytes, more than %d", len(document), Max)
	}
	members, err := membersOf(document)
	if err != nil {
		return unreadable("%v", err)
	}
	var o Offer
	for name, into := range o.members() {
		if text, ok := members[name]; ok {
			if err := json.Unmarshal(text, into); err != nil {
				return unreadable("its member %s is of another type", name)
			}
		}
	}
	if o.Version != Version {
		return unreadable("it is of version %d, this program knows %d", o.Version, Version)
	}
	if err := o.Check(); err != nil {
		return unreadable("%v", err)
	}
	return o, nil
}

// members are an offer's by their names in JSON, which are told apart by case.
func (o *Offer) members() map[string]any {
	return map[string]any{
		"codec": &o.Codec, "contact": &o.Contact, "description": &o.Description, "geo_decimals": &o.GeoDecimals, "interval": &o.Interval,
		"licence": &o.Licence, "personal_data": &o.PersonalData, "place": &o.Place, "quantities": &o.Quantities, "resale": &o.Resale,
		"sample": &o.Sample, "sell": &o.Sell, "sla": &o.SLA, "tags": &o.Tags, "title": &o.Title, "version": &o.Version,
	}
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

// SaleOf tells what a listing sells: what its offer document, whose hash stands on chain,
// says. Without terms (the zero hash) values and bytes are sold. A document that is missing
// (nil), is another than the hash names, or is not understood gives an error and sells
// nothing.
func SaleOf(hash common.Hash, document []byte) (lorawan.Sale, error) {
	switch {
	case hash == common.Hash{}:
		return lorawan.Sale{Fields: lorawan.FieldValues | lorawan.FieldData}, nil
	case document == nil:
		return lorawan.Sale{}, ErrMissing
	case crypto.Keccak256Hash(document) != hash:
		return lorawan.Sale{}, fmt.Errorf("%w: it is another than the hash names", ErrUnreadable)
	}
	o, err := Read(document)
	if err != nil {
		return lorawan.Sale{}, err
	}
	var s lorawan.Sale
	for _, name := range o.Sell {
		s.Fields |= sellable[name]
	}
	names := make([]string, 0, len(o.Quantities))
	var units []string
	for _, q := range o.Quantities {
		names = append(names, q.Name)
		if q.Unit != "" {
			units = append(units, q.Name+"="+q.Unit)
		}
	}
	s.Quantities, s.Units = strings.Join(names, ","), strings.Join(units, ",")
	if o.GeoDecimals != nil {
		s.GeoDecimals = int8(*o.GeoDecimals) + 1
	}
	if o.Codec != nil {
		s.Codec.Kind, _ = lorawan.ParseCodecKind(o.Codec.Kind) // Check knows it
		if s.Codec.Kind == lorawan.CodecJS {
			s.Codec.Terms = hash
		}
	}
	return s, nil
}
