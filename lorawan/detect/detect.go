// Package detect decodes an event of any network server, telling their formats
// apart by the payload alone, so that one subscriber can serve mixed servers.
//
// It lists the formats and leaves them to their packages.
package detect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/chirpstack"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/format"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/thethings"
	"github.com/databrokerdao/dbdao-bridge/lorawan/thingpark"
)

// Formats are formats that can be told apart.
type Formats []format.Format

// All are the formats the bridge knows.
var All = Formats{chirpstack.V4, chirpstack.V3, thethings.Format, thingpark.Format, gateway.Format}

// Auto, as the name of a format, tells them apart by the payload; Unknown is what is of none.
const (
	Auto    = "auto"
	Unknown = "unknown"
)

// Decode finds the format of an event and decodes it; see Formats.Decode.
func Decode(payload []byte, u *lorawan.Uplink) error { return All.Decode(payload, u) }

// Of tells whose event it is; see Formats.Of.
func Of(payload []byte) string { return All.Of(payload) }

// Names lists what a source's events can be said to be, Auto first.
func Names() []string {
	names := []string{Auto}
	for i := range All {
		names = append(names, All[i].Name)
	}
	return names
}

// Topics are the templates network servers publish under unless told otherwise.
func Topics() (all []string) {
	for i := range All {
		for _, t := range All[i].Topics {
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all
}

// Decoder gives the decoder of the format of that name, or of any for Auto.
func Decoder(name string) (func([]byte, *lorawan.Uplink) error, error) {
	if name == Auto {
		return Decode, nil
	}
	for i := range All {
		if All[i].Name == name {
			return All[i].Decode, nil
		}
	}
	return nil, fmt.Errorf("want one of %s", strings.Join(Names(), ", "))
}

// Decode finds the format and decodes, like the Decode of its package: only Network
// of u is kept, and its slices may alias the payload. An error wraps
// lorawan.ErrMalformed and never quotes the payload; u is then empty.
func (f Formats) Decode(payload []byte, u *lorawan.Uplink) error {
	if i := f.find(payload); i >= 0 {
		return f[i].Decode(payload, u)
	}
	*u = lorawan.Uplink{Network: u.Network}
	return fmt.Errorf("%w: of no network server the bridge knows", lorawan.ErrMalformed)
}

// Of tells whose event it is, whatever the order of its members. It reads no
// further than it must; the soundness of the rest is the decoders' to check.
func (f Formats) Of(payload []byte) string {
	if i := f.find(payload); i >= 0 {
		return f[i].Name
	}
	return Unknown
}

// find gives the place of the payload's format, -1 if it is of none.
func (f Formats) find(payload []byte) int {
	if lorawan.IsJSON(payload) {
		return f.ofJSON(payload)
	}
	return slices.IndexFunc(f, func(one format.Format) bool { return one.Protobuf != nil && one.Protobuf(payload) })
}

func (f Formats) ofJSON(payload []byte) int {
	hint := -1
	r := scan.New(payload)
	for r.Object(); r.Next(); r.Skip() {
		for i := range f {
			switch f[i].Member(r.Key(), r) {
			case format.Sure:
				return i
			case format.Hint:
				hint = i
			}
		}
	}
	if r.Err() != nil {
		return -1
	}
	return hint
}
