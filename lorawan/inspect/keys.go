package inspect

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// ErrInput is wrapped by every error that what was asked for causes, not the frame: a key or
// field that is missing or not of its form.
var ErrInput = errors.New("inspect")

// NeedError says what is missing to read or make a frame.
type NeedError struct {
	text string // names of fields and keys in braces
}

func need(text string) error { return &NeedError{text} }

// Error names fields and keys as JSON does.
func (e *NeedError) Error() string { return e.Say(func(name string) string { return name }) }

// Is makes a NeedError an ErrInput.
func (*NeedError) Is(target error) bool { return target == ErrInput }

// Say is the sentence with each field and key named by name, e.g. as a command's flag.
func (e *NeedError) Say(name func(string) string) string {
	var b strings.Builder
	rest := e.text
	for {
		before, after, ok := strings.Cut(rest, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		var field string
		field, rest, _ = strings.Cut(after, "}")
		b.WriteString(name(field))
	}
}

// KeyNames are the keys a frame may need, as Keys names them.
var KeyNames = []string{"nwk_s_key", "f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key", "app_s_key", "app_key", "nwk_key", "js_int_key", "js_enc_key"}

// Keys are the keys at hand, by their names.
type Keys map[string]*lorawan.Key

// Set reads a key of 32 hexadecimal digits.
func (k Keys) Set(name, text string) error {
	if !slices.Contains(KeyNames, name) {
		return fmt.Errorf("%w: %.40q is no key: want one of %s", ErrInput, name, strings.Join(KeyNames, ", "))
	}
	key, err := lorawan.ParseKey(text)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrInput, name, err)
	}
	k[name] = &key
	return nil
}

// Read sets the keys of lines such as `app_s_key = 0123…`; # begins a comment.
func (k Keys) Read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		name, value, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), "=", " "), " ")
		name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
		if name == "" {
			continue
		}
		if err := k.Set(name, strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	return nil
}

// first is the first of the keys that is at hand.
func (k Keys) first(names ...string) (lorawan.Key, error) {
	for _, n := range names {
		if k[n] != nil {
			return *k[n], nil
		}
	}
	return lorawan.Key{}, need("such a frame needs {" + strings.Join(names, "} or {") + "}")
}

// session gives the session keys and their generation; integrity says whether the
// MIC of a frame in this direction can be computed with them.
func (k Keys) session(up bool) (v lorawan.Version, keys lorawan.SessionKeys, integrity, payload bool) {
	at := func(name string) lorawan.Key {
		if k[name] == nil {
			return lorawan.Key{}
		}
		return *k[name]
	}
	keys = lorawan.Keys10(at("nwk_s_key"), at("app_s_key"))
	if k["f_nwk_s_int_key"] != nil || k["s_nwk_s_int_key"] != nil || k["nwk_s_enc_key"] != nil {
		v = lorawan.LoRaWAN11
		keys.FNwkSIntKey, keys.SNwkSIntKey, keys.NwkSEncKey = at("f_nwk_s_int_key"), at("s_nwk_s_int_key"), at("nwk_s_enc_key")
		return v, keys, k["s_nwk_s_int_key"] != nil && (k["f_nwk_s_int_key"] != nil || !up), k["app_s_key"] != nil
	}
	return lorawan.LoRaWAN10, keys, k["nwk_s_key"] != nil, k["app_s_key"] != nil
}

// joinServer are the keys a join-accept is signed and encrypted with: JSIntKey and the key of
// the answer to reqType (LoRaWAN 1.1, section 6.1.1.3). Either may be missing.
func (k Keys) joinServer(devEUI *lorawan.DevEUI, reqType uint8) (jsInt, enc *lorawan.Key) {
	jsInt, enc = k["js_int_key"], k["nwk_key"]
	if k["nwk_key"] != nil && devEUI != nil {
		i, e := lorawan.JoinServerKeys(*k["nwk_key"], *devEUI)
		jsInt = cmp.Or(jsInt, &i)
		if reqType != AfterJoinRequest {
			enc = &e
		}
	}
	if reqType != AfterJoinRequest {
		enc = cmp.Or(k["js_enc_key"], enc)
	}
	return jsInt, enc
}
