package codec

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func senml(t *testing.T, data []byte) map[string]any {
	t.Helper()
	raw, err := SenML(data)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// The examples of RFC 8428, sections 5.1.1 to 5.1.3, shortened.
func TestThePacksOfTheRFCAreResolved(t *testing.T) {
	for name, c := range map[string]struct{ pack, want string }{
		"one measurement": {
			`[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]`,
			`{"urn:dev:ow:10e2073a01080063":{"v":23.1,"u":"Cel"}}`,
		},
		"base fields": {
			`[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1276020076,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
			  {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3}]`,
			`{"urn:dev:ow:10e2073a0108006:voltage":{"v":120.1,"u":"V","t":1276020076},
			  "urn:dev:ow:10e2073a0108006:current":[{"v":1.2,"u":"A","t":1276020071},{"v":1.3,"u":"A","t":1276020072}]}`,
		},
		"kinds of values": {
			`[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]`,
			`{"urn:dev:ow:10e2073a01080063:temp":{"v":23.1,"u":"Cel"},"urn:dev:ow:10e2073a01080063:label":{"vs":"Machine Room"},
			  "urn:dev:ow:10e2073a01080063:open":{"vb":false},"urn:dev:ow:10e2073a01080063:nfc-reader":{"vd":"aGkgCg=="}}`,
		},
		"base value and sum": {`[{"bn":"a","bv":10,"bs":5,"v":2,"s":1}]`, `{"a":{"v":12,"s":6}}`},
		"unknown fields":     {`[{"n":"a","v":1,"foo":[{}]}]`, `{"a":{"v":1}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var want map[string]any
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, senml(t, []byte(c.pack))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCBORSaysTheSameAsJSON(t *testing.T) {
	text := func(s string) string { return hex.EncodeToString(append([]byte{byte(0x60 + len(s))}, s...)) }
	for name, c := range map[string]struct{ cbor, json string }{
		"double":           {"81a3" + "00" + text("temp") + "01" + text("Cel") + "02" + "fb403719999999999a", `[{"n":"temp","u":"Cel","v":23.1}]`},
		"half":             {"81a2" + "00" + text("a") + "02" + "f93e00", `[{"n":"a","v":1.5}]`},
		"single":           {"81a2" + "00" + text("a") + "02" + "fa40200000", `[{"n":"a","v":2.5}]`},
		"integer":          {"81a2" + "00" + text("a") + "02" + "3903e7", `[{"n":"a","v":-1000}]`},
		"decimal fraction": {"81a2" + "00" + text("a") + "02" + "c48221196ab3", `[{"n":"a","v":273.15}]`},
		"base fields":      {"82a3" + "21" + text("b:") + "22" + "1a4c0e0000" + "23" + text("V") + "a3" + "00" + text("x") + "02" + "01" + "06" + "24", `[{"bn":"b:","bt":1275985920,"bu":"V"},{"n":"x","v":1,"t":-5}]`},
		"bool and bytes":   {"82a2" + "00" + text("o") + "04f5" + "a2" + "00" + text("d") + "0842ff00", `[{"n":"o","vb":true},{"n":"d","vd":"_wA"}]`},
		"indefinite":       {"9fbf" + "00" + text("a") + "0207" + "ffff", `[{"n":"a","v":7}]`},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := hex.DecodeString(c.cbor)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(senml(t, []byte(c.json)), senml(t, b)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPacksThatAreNoneAreRefused(t *testing.T) {
	for _, pack := range []string{
		"", "[]", "[{}]", `[{"n":"a"}]`, `[{"v":1}]`, `[{"n":"a","v":1,"vs":"x"}]`, `[{"n":"a","v":"x"}]`, `[{"n":"a b","v":1}]`, `[{"n":"-a","v":1}]`,
		`[{"n":"a","v":1,"v":2}]`, `[{"bver":11,"n":"a","v":1}]`, `[{"n":"a","v":1,"new_":1}]`, `[{"n":"a","v":1}] x`, `[{"n":"a","vd":"!"}]`,
		"\x80", "\x81\xa0x", "\x81\xa2\x00\x61a\x02", "\x81\xa3\x00\x61a\x02\x01\x02\x01", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
		strings.Repeat("\x81", 100), "\x81\xa2\x00\x61a\x02\xf9\x7c\x00", "\xff", "\x81\xff",
	} {
		if got, err := SenML([]byte(pack)); !errors.Is(err, ErrPayload) {
			t.Errorf("%q: %s, %v", pack, got, err)
		}
	}
}

func FuzzSenML(f *testing.F) {
	f.Add([]byte(`[{"bn":"a","bt":1,"n":"b","v":2}]`))
	f.Add([]byte("\x81\xa2\x00\x61a\x02\x07"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := SenML(b); err == nil && !json.Valid(got) {
			t.Errorf("%q gives %s", b, got)
		}
	})
}

// FuzzCBOR holds the reader of CBOR to its bounds: it takes no longer and nests no
// deeper than the bytes it is given.
func FuzzCBOR(f *testing.F) {
	for _, seed := range []string{"81a20061610207", "9fbf00616102f93e00ffff", "81a2006161021bffffffffffffffff", "c48221196ab3", "9b00000000ffffffff", "818181818181818181", "5f41ff", "f97e00"} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := cbor{b: b}
		v, err := c.value(0)
		if err == nil && len(c.b) == len(b) {
			t.Errorf("%x: %v from no bytes", b, v)
		}
		if n := values(v); err == nil && n > len(b) {
			t.Errorf("%x: %d values from %d bytes", b, n, len(b))
		}
		if got, err := SenML(b); err == nil && !json.Valid(got) {
			t.Errorf("%x gives %s", b, got)
		}
	})
}

func values(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			n += values(one)
		}
	case map[any]any:
		for k, one := range v {
			n += values(k) + values(one)
		}
	}
	return n
}
