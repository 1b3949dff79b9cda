// Package oddity holds decoders to a promise: only what identifies and carries a reading
// may refuse it. It replaces members of real events that only describe by values no server
// writes there, and looks whether the reading is still the same. For tests.
package oddity

import (
	"bytes"
	"encoding/json"
	"sort"
	"strconv"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Decode reads an event.
type Decode func(payload []byte) (lorawan.Uplink, error)

// Set names members by their paths, with dots between.
func Set(paths ...string) map[string]bool {
	all := map[string]bool{}
	for _, p := range paths {
		all[p] = true
	}
	return all
}

// values are of every kind JSON has, and some that are almost right.
var values = []string{`null`, `true`, `0`, `-1`, `1e400`, `3.5`, `99999999999999999999`, `""`, `"x"`, `"2026-13-45T99:00:00Z"`, `"1"`, `[]`, `[1,"a",null]`, `[[]]`, `[{}]`, `{}`,
	`{"a":1}`, `{"lora":7,"bandwidth":{},"latitude":"x","time":1}`, `[{"rssi":"x","snr":[],"gatewayId":{},"time":5,"gateway_ids":3}]`}

// Test replaces each descriptive member of each event by each value.
func Test(t *testing.T, events [][]byte, deciding map[string]bool, decode Decode) {
	t.Helper()
	tried := 0
	for _, event := range events {
		all := paths(t, event, deciding)
		for _, p := range all {
			for _, v := range values {
				hold(t, event, p, v, decode)
				tried++
			}
		}
	}
	if tried < 20*len(events) {
		t.Errorf("%d members of %d events were replaced", tried, len(events))
	}
	t.Logf("%d events with one odd member", tried)
}

// Fuzz replaces a descriptive member of one of the events by what the fuzzer makes up.
func Fuzz(f *testing.F, events [][]byte, deciding map[string]bool, decode Decode) {
	for i := range events {
		for j, v := range values {
			f.Add(uint(i), uint(i+7*j), []byte(v))
		}
	}
	f.Fuzz(func(t *testing.T, event, member uint, value []byte) {
		if !json.Valid(value) || !sound(value) {
			return
		}
		e := events[event%uint(len(events))]
		all := paths(t, e, deciding)
		hold(t, e, all[member%uint(len(all))], string(value), decode)
	})
}

// sound leaves out what encoding/json takes and a strict reader must not: texts that are
// not UTF-8, deep nesting.
func sound(value []byte) bool {
	depth, most := 0, 0
	for _, c := range value {
		switch c {
		case '{', '[':
			depth++
			most = max(most, depth)
		case '}', ']':
			depth--
		}
	}
	return most < 32 && bytes.Equal(value, bytes.ToValidUTF8(value, nil))
}

func hold(t *testing.T, event []byte, p path, value string, decode Decode) {
	t.Helper()
	want, err := decode(event)
	if err != nil {
		t.Fatalf("the event itself: %v", err)
	}
	odd := append(append(append([]byte{}, event[:p.from]...), value...), event[p.to:]...)
	got, err := decode(odd)
	if err != nil {
		t.Errorf("%s is %s: %v", p.name, value, err)
		return
	}
	if got.DevEUI != want.DevEUI || got.FCnt != want.FCnt || got.FPort != want.FPort || !bytes.Equal(got.Data, want.Data) ||
		got.Session != want.Session || got.Event != want.Event || got.Simulated != want.Simulated || got.Encrypted != want.Encrypted {
		t.Errorf("%s is %s: another reading: %+v", p.name, value, got)
	}
	if len(got.Object) > 0 && !json.Valid(got.Object) {
		t.Errorf("%s is %s: the values are no JSON", p.name, value)
	}
}

// path is where the value of a member stands.
type path struct {
	name     string
	from, to int
}

// paths finds the members of an event, those within members too, which only describe.
func paths(t testing.TB, event []byte, deciding map[string]bool) []path {
	t.Helper()
	var all []path
	var walk func(prefix string, from int, raw json.RawMessage)
	walk = func(prefix string, from int, raw json.RawMessage) {
		d := json.NewDecoder(bytes.NewReader(raw))
		open, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		if open != json.Delim('{') && open != json.Delim('[') {
			return
		}
		for i := 0; d.More(); i++ {
			name := strconv.Itoa(i)
			if open == json.Delim('{') {
				key, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				name, _ = key.(string)
			}
			if prefix != "" {
				name = prefix + "." + name
			}
			var v json.RawMessage
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			end := from + int(d.InputOffset())
			at := path{name, end - len(v), end}
			if !deciding[name] {
				all = append(all, at)
			}
			walk(name, at.from, v)
		}
	}
	walk("", 0, event)
	sort.Slice(all, func(i, j int) bool { return all[i].from < all[j].from })
	return all
}
