// Package oddity holds decoders to a promise: only what identifies and carries a reading
// may refuse it. It replaces members of real events that only describe by values no server
// writes there, and looks whether the reading is still the same. For tests.
package oddity

import (
	"bytes"
	"encoding/json"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/encoding/protowire"
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
	`{"a":1}`, strings.Repeat("[", 200) + strings.Repeat("]", 200), strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), `{"lora":7,"bandwidth":{},"latitude":"x","time":1}`, `[{"rssi":"x","snr":[],"gatewayId":{},"time":5,"gateway_ids":3}]`}

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
// not UTF-8.
func sound(value []byte) bool { return bytes.Equal(value, bytes.ToValidUTF8(value, nil)) }

func hold(t *testing.T, event []byte, p path, value string, decode Decode) {
	t.Helper()
	want, err := decode(event)
	if err != nil {
		t.Fatalf("the event itself: %v", err)
	}
	same(t, want, append(append(append([]byte{}, event[:p.from]...), value...), event[p.to:]...), p.name, value, decode)
}

// same holds an event with one odd part to the reading of the event itself.
func same(t *testing.T, want lorawan.Uplink, odd []byte, name, value string, decode Decode) {
	t.Helper()
	got, err := decode(odd)
	if err != nil {
		t.Errorf("%s is %.80q: %v", name, value, err)
		return
	}
	if got.DevEUI != want.DevEUI || got.FCnt != want.FCnt || got.FPort != want.FPort || !bytes.Equal(got.Data, want.Data) ||
		got.Session != want.Session || got.Event != want.Event || got.Simulated != want.Simulated || got.Encrypted != want.Encrypted {
		t.Errorf("%s is %.80q: another reading: %+v", name, value, got)
	}
	if len(got.Object) > 0 && !json.Valid(got.Object) {
		t.Errorf("%s is %.80q: the values are no JSON", name, value)
	}
}

// Protobuf replaces each field of each event that only describes, and each of those within the
// fields that are looked into, by fields of every type. Fields are named by their numbers, with
// dots between.
func Protobuf(t *testing.T, events [][]byte, deciding, within map[string]bool, decode Decode) {
	t.Helper()
	tried := 0
	for _, event := range events {
		want, err := decode(event)
		if err != nil {
			t.Fatalf("the event itself: %v", err)
		}
		replaceFields(t, "", event, deciding, within, func(name string, odd []byte) {
			tried++
			same(t, want, odd, name, string(odd), decode)
		})
	}
	if tried < 20*len(events) {
		t.Errorf("%d fields of %d events were replaced", tried, len(events))
	}
	t.Logf("%d events with one odd field", tried)
}

// replaceFields calls try with the message as it is with one field replaced.
func replaceFields(t *testing.T, prefix string, msg []byte, deciding, within map[string]bool, try func(name string, odd []byte)) {
	t.Helper()
	for at := 0; at < len(msg); {
		num, typ, tag := protowire.ConsumeTag(msg[at:])
		size := protowire.ConsumeFieldValue(num, typ, msg[at+max(tag, 0):])
		if tag < 0 || size < 0 {
			t.Fatalf("%s: the event itself is no protobuf", prefix)
		}
		before, after := msg[:at], msg[at+tag+size:]
		name := prefix + strconv.Itoa(int(num))
		put := func(name string, field []byte) {
			try(name, append(append(append([]byte{}, before...), field...), after...))
		}
		if within[name] {
			inner, _ := protowire.ConsumeBytes(msg[at+tag:])
			replaceFields(t, name+".", inner, deciding, within, func(name string, odd []byte) {
				put(name, protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), odd))
			})
		}
		if !deciding[name] {
			for _, f := range fieldsOf(num) {
				put(name, f)
			}
		}
		at += tag + size
	}
}

// fieldsOf makes fields of that number, of every type.
func fieldsOf(num protowire.Number) (all [][]byte) {
	for _, n := range []uint64{0, 1, 255, 256, 1 << 40, 1<<64 - 1} {
		all = append(all, protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), n))
	}
	deep := []byte{}
	for range 100 { // a struct in a struct
		value := protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), deep)
		entry := protowire.AppendBytes(protowire.AppendTag([]byte("\x0a\x01k"), 2, protowire.BytesType), value)
		deep = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), entry)
	}
	for _, b := range []string{"", "x", "\xff\xff\xff", "\x0a\x09x", "12345678", "0101010101010101", strings.Repeat("\xff", 200), "\x08\xff\xff\xff\xff\xff\xff\xff\xff\x01", string(deep)} {
		all = append(all, protowire.AppendString(protowire.AppendTag(nil, num, protowire.BytesType), b))
	}
	return append(all, protowire.AppendFixed32(protowire.AppendTag(nil, num, protowire.Fixed32Type), 1<<31),
		protowire.AppendFixed64(protowire.AppendTag(nil, num, protowire.Fixed64Type), 1<<63-1))
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
