package delivery

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
)

// ErrConfig says why a configuration is not a destination's; the wrapping error's text
// is for the buyer.
var ErrConfig = errors.New("not a usable destination")

// Kind is a kind of storage. Parse is parser and checker at once: what it accepts can be
// opened.
type Kind struct {
	Name    string
	Summary string // one sentence
	Guide   string // Markdown: what arrives, what makes it idempotent, what the buyer must set up
	Example string // a configuration, JSON
	Options any    // zero value of the struct Parse reads: tags json, doc and def explain its members
	Parse   func(config []byte) (Target, error)
	// Rotate replaces the secret that signs; the one before signs as well until then. Nil
	// if the kind has none.
	Rotate func(config []byte, secret string, until time.Time) ([]byte, error)
}

// Address is a place a sink will connect to first. Whatever else it learns to connect to
// passes Env.Dial as well.
type Address struct {
	Host string // name or literal address
	Port string
	TLS  bool
}

// String joins host and port.
func (a Address) String() string { return net.JoinHostPort(a.Host, a.Port) }

// Limits say how a kind wants its batches.
type Limits struct {
	Parcels int           // in a batch at most; at least 1
	Bytes   int           // of bodies in a batch at most; 0: no limit. A single parcel may have more
	Wait    time.Duration // a batch that is not full waits this long for more
	Window  int           // attempts under way at once at most; at least 1
	Bounded bool          // the other side sees where a batch ends: boundaries are written down before the first byte leaves
	Pull    bool          // nothing is sent: the buyer fetches
}

// Env is what the bridge lends a sink.
type Env struct {
	Dial        func(ctx context.Context, network, address string) (net.Conn, error) // the only way out
	Key         ed25519.PrivateKey                                                   // the operator's: signs what is delivered
	Agent       string                                                               // names the bridge, e.g. in User-Agent
	Destination DestinationID                                                        // unique: client ids, object names
	Now         func() time.Time
}

// Target is a destination's configuration, read. It prints itself redacted, however it
// is printed.
type Target interface {
	Addresses() []Address
	Limits() Limits
	Redacted() json.RawMessage // what may be shown: secrets are "(set)"
	Open(Env) (Sink, error)
}

// Kinds are the kinds a bridge has.
type Kinds []Kind

// Parse reads a destination's configuration, as a bridge behind this guard would use it.
func (ks Kinds) Parse(kind string, config []byte, guard netguard.Guard) (Target, error) {
	k, err := ks.Kind(kind)
	if err != nil {
		return nil, err
	}
	t, err := k.Parse(config)
	if err != nil {
		return nil, err
	}
	for _, a := range t.Addresses() {
		if err := checkAddress(a, guard); err != nil {
			return nil, err
		}
	}
	if l := t.Limits(); !l.Pull && (l.Parcels < 1 || l.Window < 1) {
		return nil, fmt.Errorf("%w: bug: kind %s gives limits %+v", ErrConfig, kind, l)
	}
	return t, nil
}

// Kind finds a kind by its name.
func (ks Kinds) Kind(name string) (Kind, error) {
	names := make([]string, len(ks))
	for i, k := range ks {
		if k.Name == name {
			return k, nil
		}
		names[i] = k.Name
	}
	return Kind{}, fmt.Errorf("%w: there is no such kind; there are %s", ErrConfig, strings.Join(names, ", "))
}

// checkAddress refuses what the guard would refuse at every attempt anyway.
func checkAddress(a Address, guard netguard.Guard) error {
	if a.Host == "" {
		return fmt.Errorf("%w: an address names no host", ErrConfig)
	}
	if n, err := strconv.Atoi(a.Port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%w: the port of %s must be 1 to 65535", ErrConfig, a.Host)
	}
	if !a.TLS && !guard.AllowPrivate {
		return fmt.Errorf("%w: the connection to %s would not be encrypted: use the TLS form of the URL", ErrConfig, a.Host)
	}
	if ip, err := netip.ParseAddr(a.Host); err == nil && guard.Check(ip) != nil {
		return fmt.Errorf("%w: %w", ErrConfig, netguard.ErrForbidden)
	}
	return nil
}

// Secret is a member of a configuration that is never shown: it can be set, not read.
type Secret string

// Hidden is how a secret that is set prints.
const Hidden = "(set)"

// String, GoString and MarshalText keep it out of logs, errors and answers.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Hidden
}

// GoString hides it from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText hides it from JSON and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads it.
func (s *Secret) UnmarshalText(b []byte) error { *s = Secret(b); return nil }

// URL is a URL of a configuration: its query, and a user and password in it, are never shown.
type URL string

// String shows scheme, host and path.
func (u URL) String() string {
	text := string(u)
	rest := text
	if scheme, after, ok := strings.Cut(text, "://"); ok {
		end := strings.IndexAny(after, "/?#")
		if end < 0 {
			end = len(after)
		}
		host := after[:end]
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			host = Hidden + host[at:]
		}
		rest = scheme + "://" + host + after[end:]
	}
	if path, query, ok := strings.Cut(rest, "?"); ok {
		rest = path
		if query != "" {
			rest += "?" + Hidden
		}
	}
	return rest
}

// GoString hides the same from %#v.
func (u URL) GoString() string { return strconv.Quote(u.String()) }

// MarshalText hides the same from JSON and logs.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads it.
func (u *URL) UnmarshalText(b []byte) error { *u = URL(b); return nil }

// Duration is a duration of a configuration, written as "1m30s" or "2d".
type Duration time.Duration

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := spans.Parse(string(b))
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// optionName is what a mistyped name of an option looks like.
var optionName = regexp.MustCompile(`^[a-z_]{1,24}$`)

// Decode reads a configuration strictly into the struct of a kind: unknown members are
// refused, and what a refusal says quotes no value.
func Decode(config []byte, into any) error {
	if !bytes.HasPrefix(bytes.TrimSpace(config), []byte("{")) {
		return fmt.Errorf("%w: the configuration is no JSON object", ErrConfig)
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: the configuration goes on behind its end", ErrConfig)
		}
		return nil
	case errors.As(err, &kind):
		return fmt.Errorf("%w: %s must be a %s", ErrConfig, strings.TrimPrefix(kind.Field, "TLS."), typeName(kind.Type))
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		field, _ := strconv.Unquote(strings.TrimPrefix(err.Error(), "json: unknown field "))
		if !optionName.MatchString(field) { // it is a value, perhaps a secret, in the place of a name
			field = "of one of these names"
		}
		return fmt.Errorf("%w: there is no option %s; there are %s", ErrConfig, field, strings.Join(optionNames(into), ", "))
	case strings.HasPrefix(err.Error(), "a duration"):
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return fmt.Errorf("%w: the configuration is no JSON object", ErrConfig)
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Map, reflect.Struct:
		return "JSON object"
	case reflect.Slice:
		return "JSON array"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "number"
	case reflect.Bool:
		return "true or false"
	}
	return "text"
}

func optionNames(into any) []string {
	var names []string
	for _, o := range optionsOf(reflect.TypeOf(into)) {
		names = append(names, o.Name)
	}
	return names
}

// Option is a documented member of a kind's configuration.
type Option struct {
	Name    string `json:"name"`
	Default string `json:"default,omitempty"`
	Secret  bool   `json:"secret,omitempty"`
	Text    bool   `json:"-"` // its value is a JSON string
	Doc     string `json:"doc"`
}

// Manual lists the options of a kind.
func (k Kind) Manual() []Option { return optionsOf(reflect.TypeOf(k.Options)) }

var (
	secretType = reflect.TypeFor[Secret]()
	secretMap  = reflect.TypeFor[map[string]Secret]()
)

func optionsOf(t reflect.Type) []Option {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var all []Option
	for f := range t.Fields() {
		if f.Anonymous {
			all = append(all, optionsOf(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		text := f.Type.Kind() == reflect.String || f.Type == reflect.TypeFor[Duration]()
		all = append(all, Option{Name: name, Default: f.Tag.Get("def"), Secret: f.Type == secretType || f.Type == secretMap,
			Text: text, Doc: f.Tag.Get("doc")})
	}
	return all
}

// Redact shows a configuration struct: secrets are hidden by their types, members
// without a doc tag are left out, and what does not marshal is not shown at all.
func Redact(config any) json.RawMessage {
	text, err := json.Marshal(config)
	var members map[string]json.RawMessage
	if err != nil || json.Unmarshal(text, &members) != nil {
		return json.RawMessage(`{}`)
	}
	shown := map[string]json.RawMessage{}
	for _, o := range optionsOf(reflect.TypeOf(config)) {
		if v, ok := members[o.Name]; ok && o.Doc != "" && !bytes.Equal(v, []byte(`""`)) && !bytes.Equal(v, []byte(`null`)) {
			shown[o.Name] = v
		}
	}
	text, err = json.Marshal(shown)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return text
}

// Keep completes a new configuration with what its writer cannot have read: a member
// that is written as the old configuration shows it, "(set)" above all, keeps its value.
func Keep(fresh, old, oldRedacted []byte) []byte {
	var a, b, r any
	if json.Unmarshal(fresh, &a) != nil || json.Unmarshal(old, &b) != nil || json.Unmarshal(oldRedacted, &r) != nil {
		return fresh
	}
	text, err := json.Marshal(keep(a, b, r))
	if err != nil {
		return fresh
	}
	return text
}

func keep(fresh, old, redacted any) any {
	switch f := fresh.(type) {
	case string:
		if o, ok := old.(string); ok && f == redacted {
			return o
		}
	case map[string]any:
		o, _ := old.(map[string]any)
		r, _ := redacted.(map[string]any)
		for k, v := range f {
			f[k] = keep(v, o[k], r[k])
		}
	}
	return fresh
}
