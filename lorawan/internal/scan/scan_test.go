package scan

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func check(b []byte) error {
	r := New(b)
	r.Skip()
	return r.End()
}

// agrees holds the scanner to encoding/json: it accepts a document exactly if
// encoding/json does and the text is UTF-8. How deep encoding/json goes is bounded.
func agrees(t *testing.T, b []byte) {
	t.Helper()
	if bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) >= 10_000 {
		return
	}
	err := check(b)
	if err == nil && !json.Valid(b) {
		t.Fatalf("accepted %q", b)
	}
	if err == nil && !utf8.Valid(b) {
		t.Fatalf("accepted bad UTF-8 %q", b)
	}
	if err != nil && json.Valid(b) && utf8.Valid(b) {
		t.Fatalf("refused %q: %v", b, err)
	}
	if err != nil {
		return
	}
	var one, two any
	if json.Unmarshal(b, &one) != nil || json.Unmarshal(OneLine(b), &two) != nil {
		t.Fatalf("on one line %q is %q", b, OneLine(b))
	}
	x, _ := json.Marshal(one)
	y, _ := json.Marshal(two)
	if !bytes.Equal(x, y) {
		t.Fatalf("on one line %s is %s", x, y)
	}
	if s, ok := one.(string); ok {
		if r := New(b); r.String() != s {
			t.Fatalf("%q reads %q, not %q", b, r.String(), s)
		}
	}
	if f, ok := one.(float64); ok {
		if r := New(b); r.Float() != f {
			t.Fatalf("%q is not %v", b, f)
		}
	}
}

var documents = []string{
	`{}`, `[]`, `null`, `true`, `false`, `0`, `-0`, `1.5e-7`, `""`, ` {"a" : [1, 2, {"b":null}] } `,
	`{"a":1,}`, `{,}`, `[1,]`, `[,1]`, `{"a"}`, `{"a":}`, `{"a" 1}`, `[1 2]`, `01`, `1.`, `.5`, `-`, `1e`, `+1`, `nul`, `truex`,
	`"\u00e9\ud83d\ude00"`, `"\ud800"`, `"\ud800\u0041"`, `"\x"`, `"\u12g4"`, `"\`, `"a`, "\"\x01\"", "\"\xff\"", "\"é\"",
	`{"a":1} x`, `{} {}`, ``, ` `, `[[[[]]]]`, `{"a":{"b":{"c":[{}]}}}`, "[\n1,\r\n\"a b\\\"\\n\"]", `123456789012345678901234567890`, `0.1`, `3.605`,
	`1e400`, `"\/\b\f\n\r\t\"\\"`, `[}`, `{]`, `"\udc00\ud800\udc00"`,
}

func TestTheScannerAgreesWithEncodingJSON(t *testing.T) {
	for _, d := range documents {
		if d == `1e400` { // valid JSON that no float64 holds
			continue
		}
		agrees(t, []byte(d))
	}
}

func FuzzAgainstEncodingJSON(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		if json.Valid(b) && json.Unmarshal(b, &v) != nil {
			t.Skip() // numbers beyond float64
		}
		agrees(t, b)
	})
}

func TestNestingOfWhatIsHandedOutIsBounded(t *testing.T) {
	for _, n := range []int{1, 63, 64, 65, 127, 128, 129, 5000, 70_000} {
		for _, doc := range []string{
			strings.Repeat("[", n) + strings.Repeat("]", n),
			strings.Repeat(`{"a":`, n) + `1` + strings.Repeat(`,"b":null}`, n),
			strings.Repeat(`[{"a":`, (n+1)/2) + "0" + strings.Repeat(`}]`, (n+1)/2),
		} {
			if err := check([]byte(doc)); err != nil {
				t.Errorf("%d levels were not passed over: %v", n, err)
			}
			for _, bad := range []string{doc[:len(doc)-1], doc[:len(doc)-1] + "x", strings.Replace(doc, "]", "}", 1)} {
				if bad != doc && check([]byte(bad)) == nil {
					t.Errorf("%d levels that do not end as they begin were accepted", n)
				}
			}
			r := New([]byte(doc))
			if r.Raw(); (r.End() == nil) != (strings.Count(doc, "[")+strings.Count(doc, "{") <= MaxDepth) {
				t.Errorf("%d levels were handed out: %v", n, r.Err())
			}
		}
	}
	if err := check([]byte(strings.Repeat(`{"a":`, 1<<20))); err == nil {
		t.Error("a million levels that do not end were accepted")
	}
	deep := []byte(strings.Repeat("[", 256<<10) + strings.Repeat("]", 256<<10))
	if n := testing.AllocsPerRun(3, func() { _ = check(deep) }); n > 25 {
		t.Errorf("%v allocations", n)
	}
}

// Strings are looked at eight bytes at a time: every byte must be seen at every
// place of the eight, alone and behind others that look like it.
func TestEveryByteIsSeenAtEveryPlace(t *testing.T) {
	for c := range 256 {
		for before := range 17 {
			for _, filler := range []string{"a", "!", "]", "\x7f", "#"} {
				for after := range 9 {
					doc := `"` + strings.Repeat(filler, before) + string([]byte{byte(c)}) + strings.Repeat(filler, after) + `"`
					if (check([]byte(doc)) == nil) != (json.Valid([]byte(doc)) && utf8.ValidString(doc)) {
						t.Fatalf("%q: %v", doc, check([]byte(doc)))
					}
				}
			}
		}
	}
}

func TestEnteringIsBoundedAsSkippingIs(t *testing.T) {
	r := New([]byte(strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)))
	entered := 0
	for r.Array(); r.NextItem(); r.Array() {
		entered++
	}
	if entered != MaxDepth || r.Err() == nil {
		t.Errorf("%d levels, %v", entered, r.Err())
	}
}

func TestNumbersAreTakenWholeOrNotAtAll(t *testing.T) {
	cases := []struct {
		text string
		bits int
		want uint64
		ok   bool
	}{
		{"174", 32, 174, true}, {`"174"`, 32, 174, true}, {"null", 32, 0, true}, {"4294967295", 32, math.MaxUint32, true},
		{"4294967296", 32, 0, false}, {"256", 8, 0, false}, {"-1", 8, 0, false}, {"45.0", 8, 45, true}, {"1e2", 8, 100, true},
		{"1.5", 8, 0, false}, {`"x"`, 8, 0, false}, {`" 1"`, 8, 0, false}, {`""`, 8, 0, false}, {"true", 8, 0, false}, {"2.56e2", 8, 0, false},
	}
	for _, c := range cases {
		r := New([]byte(c.text))
		got := r.Uint(c.bits)
		if err := r.End(); (err == nil) != c.ok || got != c.want {
			t.Errorf("%s in %d bits: %d, %v", c.text, c.bits, got, err)
		}
	}
}

func TestBase64IsStrict(t *testing.T) {
	for text, want := range map[string]string{`"qg=="`: "\xaa", `"qg"`: "\xaa", `""`: "", `null`: "", `"AAEC"`: "\x00\x01\x02"} {
		r := New([]byte(text))
		if got := r.Base64(); string(got) != want || r.End() != nil {
			t.Errorf("%s: %q %v", text, got, r.Err())
		}
	}
	for _, text := range []string{`"q"`, `"qg="`, `"q_=="`, `"qg==\n"`, `"qg==="`, `7`} {
		r := New([]byte(text))
		if got := r.Base64(); r.End() == nil {
			t.Errorf("%s was taken for %q", text, got)
		}
	}
}

func TestAMemberSeenTwiceIsRefused(t *testing.T) {
	r := New([]byte(`{"a":1,"b":2,"\u0061":3}`))
	var seen uint64
	for r.Object(); r.Next(); {
		if string(r.Key()) == "a" {
			r.Once(&seen, 0)
		}
		r.Skip()
	}
	if r.End() == nil {
		t.Error("accepted")
	}
}

// FuzzValues holds what is read from a string to the library's readers of times,
// numbers and base64.
func FuzzValues(f *testing.F) {
	for _, s := range []string{
		"2026-01-20T08:47:43.457927819+00:00", "2026-02-30T08:47:43Z", "2026-12-31T23:59:60Z", "2026-01-29T00:00:00.5Z", "0000-01-01T00:00:00Z", "2026-01-20T08:47:43,5Z",
		"2026-01-20T08:47:43.1234567890Z", "2026-1-20T08:47:43Z", "2026-01-20T8:47:43Z", "2026-01-20t08:47:43z", "2026-01-20T08:47:43+24:00", "868100000", "45.0", "1e3", "-0", "256", "1e-3",
		"AAECAw==", "AAECAw", "AAEC", "AA=", "A", "====", "AB==",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := json.Marshal(s)
		if err != nil || !utf8.ValidString(s) {
			t.Skip()
		}
		r := New(doc)
		at := r.Time()
		var want time.Time
		err = want.UnmarshalText([]byte(s))
		if s == "" {
			err = nil
		}
		if (err == nil) != (r.End() == nil) || err == nil && (!at.Equal(want) || at.Location() != time.UTC) {
			t.Errorf("time %q: %v (%v), want %v (%v)", s, at, r.Err(), want, err)
		}

		r = New(doc)
		n := r.Uint(32)
		number, err := strconv.ParseFloat(s, 64)
		whole := err == nil && json.Valid([]byte(s)) && strings.TrimSpace(s) == s && number == math.Trunc(number) && number >= 0 && number < 1<<32
		if whole != (r.End() == nil) || whole && float64(n) != number {
			t.Errorf("number %q: %d (%v), want %v (%v)", s, n, r.Err(), number, err)
		}

		r = New(doc)
		b := r.Base64()
		bare := strings.TrimRight(s, "=")
		padding := len(s) - len(bare)
		plain, err := base64.RawStdEncoding.DecodeString(bare)
		ok := err == nil && !strings.ContainsAny(s, "\r\n") && (padding == 0 || len(s)%4 == 0 && padding == -len(bare)&3)
		if ok != (r.End() == nil) || ok && !bytes.Equal(b, plain) {
			t.Errorf("base64 %q: %x (%v), want %x (%v)", s, b, r.Err(), plain, err)
		}
	})
}
