package scenario

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/manual"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

func TestThePrintedFileHasEveryKeyDocumentedAndIsAScenario(t *testing.T) {
	text := Defaults()
	var walk func(reflect.Type)
	walk = func(ty reflect.Type) {
		for f := range ty.Fields() {
			key := f.Tag.Get("toml")
			if key == "" || f.Tag.Get("doc") == "" {
				t.Errorf("%s.%s has no key or doc", ty.Name(), f.Name)
			}
			switch {
			case f.Type.Kind() == reflect.Struct:
				walk(f.Type)
			case manual.IsTables(f.Type):
				walk(f.Type.Elem())
			case !strings.Contains(text, "\n"+key+" = "+f.Tag.Get("def")+"\n"):
				t.Errorf("the printed file lacks %s with its default", key)
			}
		}
	}
	walk(reflect.TypeFor[Scenario]())
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Devices) != 1 || len(s.Gateways) != 1 || len(s.Outputs) != 1 || s.Devices[0].Interval != Duration(time.Minute) || !s.Devices[0].ADR {
		t.Errorf("%+v", s)
	}
	setup, err := s.Setup()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.New(setup); err != nil {
		t.Error(err)
	}
}

func TestWhatIsLeftOutHasItsDefaultAndWhatIsSaidCounts(t *testing.T) {
	s, err := Parse([]byte(`
seed = 9
start = "2026-06-01T12:00:00+02:00"
[[gateways]]
count = 2
id = "0016c001f1000001"
outages = ["1m+30s"]
store = true
[[gateways]]
clock = false
[[devices]]
count = 3
kinds = ["soil", "leak"]
activation = "mixed"
sold = false
[[devices]]
name = "lab"
forms = ["binary"]
version = "1.1"
[faults]
loss = 1
`))
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Setup()
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Gateways) != 3 || w.Gateways[1].ID.String() != "0016c001f1000002" || !w.Gateways[0].Store || w.Gateways[0].Outages[0] != (sim.Outage{After: time.Minute, For: 30 * time.Second}) || !w.Gateways[2].NoClock {
		t.Errorf("%+v", w.Gateways)
	}
	if len(w.Devices) != 4 || w.Devices[1].Version != lorawan.LoRaWAN11 || !w.Devices[2].ABP || w.Devices[0].Sold || !w.Devices[3].Sold || w.Devices[3].Name != "lab-4" || w.Devices[3].Form != sim.FormBinary {
		t.Errorf("%+v", w.Devices)
	}
	if w.Faults[sim.FaultLoss] != 1 || w.FaultsAfter != time.Minute || w.Start.Hour() != 10 {
		t.Errorf("%v %v %v", w.Faults, w.FaultsAfter, w.Start)
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	for text, want := range map[string][]string{
		"sed = 1\n[[devices]]\nintervall = \"1s\"\n[faults]\nbadmic = 1":            {"no key sed: did you mean seed", "devices[0].intervall: did you mean devices.interval", "faults.badmic: did you mean faults.bad_mic"},
		"region = \"mars\"\nspeed = 5000":                                           {"mars", "speed"},
		"[[devices]]\nkinds = [\"toaster\"]\nforms = [\"xml\"]\nactivation = \"x\"": {"toaster", "xml", "activation"},
		"[[outputs]]\nkind = \"x\"":                                                 {"outputs[0].kind = \"x\": want", "mqtt, http, gateway or semtech"},
		"[[gateways]]\n[[outputs]]\nformat = \"gw_v4_json\"\n[[outputs]]\n":         {"outputs[0].format", "appears twice"},
		"[[gateways]]\n[[outputs]]\nkind = \"gateway\"\n":                           {"outputs[0].format", "gw_v4_json"},
		"[[gateways]]\n[[outputs]]\nkind = \"semtech\"\n":                           {"outputs[0].url", "host:port"},
		"[[gateways]]\n[[outputs]]\nurl = \"http://h\"\n":                           {"outputs[0].url", "tcp://"},
		"[[gateways]]\n[[outputs]]\nkind = \"http\"\nurl = \"h:80\"\n":              {"outputs[0].url", "http://"},
		"[[devices]]\ncount = -5\n[[gateways]]\nbackhaul = \"-1s\"":                 {"devices[0].count = -5: want a whole number: 1 to 100000", "gateways[0].backhaul = \"-1s\": want a duration"},
		"[[gateways]]\noutages = [\"soon\"]":                                        {"soon"},
		"[faults]\nloss = 0.7\nlate = 0.7":                                          {"add up"},
		"speed = 0":                                                                 {"duration"},
		"start = \"noon\"":                                                          {"noon"},
		"[[devices]]\ninterval = \"soon\"":                                          {"soon"},
		"server = 3":                                                                {"[server]"},
		"gateways = 3":                                                              {"[[gateways]]"},
		"seed = ":                                                                   {"line 1"},
		"[server]\nexternal = true\n[[outputs]]\n":                                  {"external"},
		"[server]\nexternal = true\n[faults]\nrfu = 0.01":                           {"faults.rfu", "server.external"},
	} {
		_, err := Parse([]byte(text))
		if err == nil {
			t.Errorf("%q was taken", text)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: the error lacks %q: %v", text, w, err)
			}
		}
	}
}

// bound is what one key takes, written down once more by hand.
type bound struct{ takes, refuses []string }

func text(n int) string { return `"` + strings.Repeat("x", n) + `"` }

func numbers(least, most string, refuses ...string) bound {
	return bound{[]string{least, most}, append(refuses, `"7"`, "true", "[7]", `""`)}
}

func durations(takes []string, refuses ...string) bound {
	return bound{takes, append(refuses, "7", "1.5", "true", `""`, `"1"`, `"soon"`, `"99999999h"`)}
}

func words(all string) (b bound) {
	for w := range strings.FieldsSeq(all) {
		b.takes = append(b.takes, `"`+w+`"`)
	}
	return bound{b.takes, []string{`""`, `"x"`, "7", "true"}}
}

func lists(all string) (b bound) {
	for _, w := range words(all).takes {
		b.takes = append(b.takes, "["+w+"]")
	}
	return bound{b.takes, []string{"[]", `["x"]`, "[7]", `"climate"`, "[" + strings.Repeat(words(all).takes[0]+",", 101) + "]"}}
}

var (
	often    = numbers("0", "1000000", "-1", "1000001", "1.5")
	shares   = numbers("0", "1.0", "-0.001", "1.001", "2", "nan", "inf", "-inf")
	name     = bound{[]string{text(1), text(64)}, []string{`""`, text(65), "7"}}
	latitude = numbers("-90", "90.0", "-90.001", "91", "nan")
	degrees  = numbers("-180", "180.0", "-181", "180.5", "nan")
	meters   = numbers("0", "1000000", "-1", "1000000.5", "inf")
	uuid     = bound{[]string{`"52f14cd4-c6f1-4fbd-8f87-4025e1d49242"`}, []string{`""`, `"x"`, `"52f14cd4c6f14fbd8f874025e1d49242"`, `"52f14cd4-c6f1-4fbd-8f87-4025e1d4924g"`, "7"}}
	optional = func(most int) bound {
		return bound{[]string{`""`, text(1), text(most)}, []string{text(most + 1), "7", "true"}}
	}
)

var bounds = map[string]bound{
	"seed": numbers("0", "9223372036854775807", "-1", "1.5", "9223372036854775808"), "start": {[]string{`""`, `"2026-06-01T12:00:00+02:00"`}, []string{`"noon"`, `"2026-06-01"`, "7"}},
	"duration": durations([]string{`"0s"`, `"1ms"`, `"8784h"`}, `"-1s"`, `"8785h"`, `"1us"`), "speed": numbers("0.001", "1000", "-1", "1000.1", "nan", "inf"),
	"region": words("eu868 us915 as923"), "truth": {[]string{`""`, `"-"`, text(4095)}, []string{text(4096), "7"}},

	"server.external": {[]string{"true", "false"}, []string{"1", `"true"`}}, "server.dedup_window": durations([]string{`"1ms"`, `"10s"`}, `"0s"`, `"-1s"`, `"11s"`),
	"server.tenant": {[]string{text(1), text(100)}, []string{`""`, text(101), "7"}}, "server.tenant_id": uuid, "server.application": {[]string{text(1), text(100)}, []string{`""`, text(101)}}, "server.application_id": uuid,
	"server.status_every": often, "server.downlink_every": often,

	"radio.reference_loss_db": numbers("0", "300", "-1", "301", "nan"), "radio.exponent": numbers("1", "10", "0.9", "10.1"), "radio.shadowing_db": numbers("0", "50", "-1", "51"), "radio.fading_db": numbers("0", "50", "-1", "51"),

	"gateways.count": numbers("1", "1000", "0", "-1", "1001"), "gateways.id": {[]string{`""`, `"0016C001f1000001"`}, []string{`"0016"`, `"0016c001f100000g"`, "7"}}, "gateways.latitude": latitude, "gateways.longitude": degrees,
	"gateways.altitude": numbers("-500", "40000", "-501", "40001"), "gateways.radius": meters, "gateways.skew": durations([]string{`"-24h"`, `"0s"`, `"24h"`}, `"-25h"`, `"25h"`), "gateways.clock": {[]string{"true", "false"}, []string{"1"}},
	"gateways.backhaul": durations([]string{`"1ms"`, `"1m"`}, `"0s"`, `"-1ms"`, `"61s"`), "gateways.outages": {[]string{"[]", `["1m+30s"]`}, []string{`["soon"]`, `"1m+30s"`, "[7]", `["1m+0s"]`, `["-1m+1s"]`}}, "gateways.store": {[]string{"true"}, []string{"0"}},

	"devices.name": optional(64), "devices.count": numbers("1", "100000", "0", "-1", "100001"), "devices.kinds": lists("air climate gps leak parking soil water"), "devices.forms": lists("binary lpp senml"),
	"devices.activation": words("otaa abp mixed"), "devices.class": words("A C"), "devices.multicast": {[]string{"true"}, []string{"1"}}, "devices.version": words("1.0 1.1"), "devices.interval": durations([]string{`"100ms"`, `"8784h"`}, `"0s"`, `"99ms"`, `"-1s"`),
	"devices.latitude": latitude, "devices.longitude": degrees, "devices.radius": meters, "devices.adr": {[]string{"false"}, []string{"0"}}, "devices.duty_cycle": {[]string{"false"}, []string{"0"}}, "devices.f_cnt": numbers("0", "4294967295", "-1", "4294967296"),
	"devices.confirm_every": often, "devices.link_check_every": often, "devices.status_only_every": often, "devices.skip_f_cnt_check": {[]string{"true"}, []string{"1"}}, "devices.sold": {[]string{"false"}, []string{"0"}}, "devices.owner": optional(128),

	"faults.after": durations([]string{`"0s"`, `"8784h"`}, `"-1s"`), "faults.loss": shares, "faults.bad_mic": shares, "faults.rfu": shares, "faults.replay": shares, "faults.duplicate": shares, "faults.f_cnt_reset": shares, "faults.rejoin": shares,
	"faults.reorder": shares, "faults.late": shares, "faults.malformed": shares, "faults.spoofed": shares, "faults.flood": shares, "faults.simulated": shares,

	"outputs.name": name, "outputs.kind": {[]string{`"mqtt"`}, []string{`""`, `"MQTT"`, "7"}}, "outputs.format": {words("v4_json v4_protobuf v3_json_v3 v3_json v3_protobuf tts").takes, []string{`""`, `"xml"`, "7"}},
	"outputs.url": {[]string{`"tcp://h"`, `"ssl://h:1"`}, []string{`""`, `"h"`, `"http://h"`, text(2049), "7"}}, "outputs.username": optional(1024), "outputs.password_file": optional(4095), "outputs.qos": numbers("0", "1", "2", "-1"), "outputs.prefix": optional(64),
	"outputs.window": durations([]string{`"1ms"`, `"10s"`}, `"0s"`, `"11s"`), "outputs.keep_alive": durations([]string{`"10ms"`, `"10m"`}, `"9ms"`, `"0s"`, `"11m"`),
}

func TestEveryKeyHasALeastAndAMost(t *testing.T) {
	for _, key := range manual.KeysOf(reflect.TypeFor[Scenario](), "toml") {
		if _, ok := bounds[key]; !ok {
			t.Errorf("%s has no bounds in this table", key)
		}
	}
	document := func(key, value string) string {
		section, own, inTable := strings.Cut(key, ".")
		switch {
		case !inTable:
			return key + " = " + value + "\n[[gateways]]\n"
		case section == "gateways":
			return "[[gateways]]\n" + own + " = " + value + "\n"
		case section == "devices" || section == "outputs":
			return "[[gateways]]\n[[" + section + "]]\n" + own + " = " + value + "\n"
		}
		return "[[gateways]]\n[" + section + "]\n" + own + " = " + value + "\n"
	}
	for key, b := range bounds {
		for _, value := range b.takes {
			if _, err := Parse([]byte(document(key, value))); err != nil {
				t.Errorf("%s = %.40s is refused: %v", key, value, err)
			}
		}
		_, own, _ := strings.Cut(key, ".")
		for _, value := range b.refuses {
			if _, err := Parse([]byte(document(key, value))); err == nil || !strings.Contains(err.Error(), own) && !strings.Contains(err.Error(), "outage") && !strings.Contains(err.Error(), "line 1") {
				t.Errorf("%s = %.40s is taken, or not named: %v", key, value, err)
			}
		}
	}
}

// What the keys' own lists say is what the simulator has.
func TestTheListsOfWordsAreTheSimulators(t *testing.T) {
	listed := map[string]string{}
	var walk func(reflect.Type, string)
	walk = func(ty reflect.Type, path string) {
		for f := range ty.Fields() {
			key := path + f.Tag.Get("toml")
			switch {
			case f.Type.Kind() == reflect.Struct:
				walk(f.Type, key+".")
			case manual.IsTables(f.Type):
				walk(f.Type.Elem(), key+".")
			default:
				listed[key] = f.Tag.Get("of")
			}
		}
	}
	walk(reflect.TypeFor[Scenario](), "")
	var formats []string
	for _, f := range sim.Formats {
		formats = append(formats, string(f))
	}
	for _, f := range sim.GatewayFormats {
		formats = append(formats, string(f))
	}
	var forms []string
	for _, f := range sim.Forms {
		forms = append(forms, string(f))
	}
	for key, has := range map[string][]string{"region": slices.Collect(maps.Keys(sim.Regions)), "devices.kinds": sim.KindNames(), "devices.forms": forms, "outputs.format": formats} {
		want, got := slices.Sorted(slices.Values(has)), slices.Sorted(strings.SplitSeq(listed[key], ","))
		if !slices.Equal(want, got) {
			t.Errorf("%s lists %v, the simulator has %v", key, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Defaults())
	f.Add("seed = 1")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = Parse([]byte(text)) // an error or a scenario, never a panic
	})
}
