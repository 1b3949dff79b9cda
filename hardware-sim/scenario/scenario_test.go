package scenario

import (
	"reflect"
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
		"sed = 1\n[[devices]]\nintervall = \"1s\"\n[faults]\nbadmic = 1":            {"no key sed: did you mean seed", "devices.intervall: did you mean interval", "faults.badmic: did you mean bad_mic"},
		"region = \"mars\"\nspeed = 5000":                                           {"mars", "speed"},
		"[[devices]]\nkinds = [\"toaster\"]\nforms = [\"xml\"]\nactivation = \"x\"": {"toaster", "xml", "activation"},
		"[[outputs]]\nformat = \"gw_v4_json\"\n[[outputs]]\nkind = \"x\"":           {"format", "appears twice", "kind"},
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

func FuzzParse(f *testing.F) {
	f.Add(Defaults())
	f.Add("seed = 1")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = Parse([]byte(text)) // an error or a scenario, never a panic
	})
}
