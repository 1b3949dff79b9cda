package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// shapeJSON lists the paths of a JSON value with their types.
func shapeJSON(v any, path string, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, one := range v {
			if path == ".object" || path == ".tags" || path == ".decoded_payload" { // the device's own
				k = "*"
			}
			shapeJSON(one, path+"."+k, into)
		}
	case []any:
		for _, one := range v {
			shapeJSON(one, path+"[]", into)
		}
	case nil: // absent and null say the same
	default:
		into[path] = fmt.Sprintf("%T", v)
	}
}

// shapePB lists the fields of a protobuf message by number and wire type, those of
// messages within it too, as far as depth says which they are.
func shapePB(b []byte, path string, messages map[string]bool, into map[string]string) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			into[path] = "broken"
			return
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(num, typ, b)
		if size < 0 {
			into[path] = "broken"
			return
		}
		at := fmt.Sprintf("%s.%d", path, num)
		if typ == protowire.BytesType && messages[at] {
			inner, _ := protowire.ConsumeBytes(b)
			shapePB(inner, at, messages, into)
		} else {
			into[at] = fmt.Sprint(typ)
		}
		b = b[size:]
	}
}

// bodies gives an event of each kind in a format, of a device of ChirpStack's 1.0.
func bodies(t *testing.T, f Format) map[EventKind][]byte {
	t.Helper()
	d := Fleet(2, 1, FleetSetup{Interval: time.Minute, Radius: 200})
	d[0].Owner = "0x00"
	w, err := New(Setup{Seed: 2, Start: noon, Region: Regions["eu868"], Devices: d, Gateways: Grid(2, 1, 200), Server: ServerSetup{StatusEvery: 2}})
	if err != nil {
		t.Fatal(err)
	}
	all := map[EventKind][]byte{}
	w.Event = func(e *Event) {
		if e.Kind == EventUp && (e.FCnt == 0 || e.Receptions[0].Channel == 0) {
			return // zeros are left out in protobuf
		}
		_, all[e.Kind] = f.Render(e)
	}
	w.RunUntil(noon.Add(6 * time.Minute))
	return all
}

// What real servers of ChirpStack v3 published (lorawan/chirpstack/testdata) and what
// the simulated one publishes has the same members, of the same types.
func TestEventsHaveTheShapeOfCapturedOnes(t *testing.T) {
	const dir = "../../lorawan/chirpstack/testdata/v3/"
	messages := map[string]bool{".5": true, ".6": true, ".5.2": true, ".5.11": true, ".6.3": true, ".13": true, ".16": true}
	for _, c := range []struct {
		format Format
		kind   EventKind
		file   string
	}{
		{V3JSONv3, EventUp, "json_v3/004.up.json"},
		{V3JSONv3, EventJoin, "json_v3/002.join.json"},
		{V3JSONv3, EventStatus, "json_v3/003.status.json"},
		{V3JSON, EventUp, "json/004.up.json"},
		{V3JSON, EventJoin, "json/001.join.json"},
		{V3JSON, EventStatus, "json/003.status.json"},
		{V3Protobuf, EventUp, "protobuf/004.up.pb"},
	} {
		b, err := os.ReadFile(dir + c.file)
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[string]string{}, map[string]string{}
		body := bodies(t, c.format)[c.kind]
		if c.format == V3Protobuf {
			shapePB(b, "", messages, want)
			shapePB(body, "", messages, got)
		} else {
			var v, w any
			if err := json.Unmarshal(b, &v); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(body, &w); err != nil {
				t.Fatalf("%s %s: %v", c.format, c.kind, err)
			}
			shapeJSON(v, "", want)
			shapeJSON(w, "", got)
		}
		for _, path := range slices.Sorted(maps.Keys(want)) {
			if got[path] != want[path] {
				t.Errorf("%s %s: %s is %q, captured %q", c.format, c.kind, path, got[path], want[path])
			}
		}
		for _, path := range slices.Sorted(maps.Keys(got)) {
			if want[path] == "" {
				t.Errorf("%s %s: %s is %q, not in the captured one", c.format, c.kind, path, got[path])
			}
		}
	}
}

// Of ChirpStack v4 and The Things Stack there are captures of other networks only:
// what these have, the simulator has too, save what is that network's own.
func TestEventsHaveWhatCapturedOnesOfOtherNetworksHave(t *testing.T) {
	for _, c := range []struct {
		format Format
		file   string
		own    []string
	}{
		{V4JSON, "../../lorawan/chirpstack/testdata/v4-up-01-as923.json", nil},
		{V4JSON, "../../lorawan/chirpstack/testdata/v4-up-03-gwtime.json", []string{".rxInfo[].timeSinceGpsEpoch", ".rxInfo[].antenna", ".rxInfo[].board", ".rxInfo[].rfChain"}},
		{TTS, "../../lorawan/thethings/testdata/tts-up-01-starter-kit-2025.json", []string{
			".uplink_message.confirmed", ".uplink_message.last_battery_percentage", ".uplink_message.network_ids", ".uplink_message.settings.time", ".uplink_message.version_ids", ".uplink_message.decoded_payload"}},
	} {
		b, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		var v, w any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(bodies(t, c.format)[EventUp], &w); err != nil {
			t.Fatal(err)
		}
		want, got := map[string]string{}, map[string]string{}
		shapeJSON(v, "", want)
		shapeJSON(w, "", got)
		for _, path := range slices.Sorted(maps.Keys(want)) {
			if slices.ContainsFunc(c.own, func(p string) bool { return strings.HasPrefix(path, p) }) || strings.HasPrefix(path, ".object") || strings.HasPrefix(path, ".deviceInfo.tags") {
				continue
			}
			if got[path] != want[path] {
				t.Errorf("%s, %s: %s is %q, captured %q", c.format, c.file, path, got[path], want[path])
			}
		}
	}
}
