package lorawan

import (
	"encoding/hex"
	"errors"
	"testing"
)

const standard = "application/{application_id}/device/{dev_eui}/event/{event}"

func mustTemplate(t testing.TB, s string) Template {
	t.Helper()
	tpl, err := ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func TestTopicsAreRoutedByTemplate(t *testing.T) {
	cases := []struct {
		name, template, topic string
		dev                   string
		event                 Event
		ok                    bool
	}{
		{"an uplink of ChirpStack v4", standard, "application/3ef9e6b9-ec54-4eda-86b8-a5fb46899f39/device/ffffff200000b703/event/up", "ffffff200000b703", EventUp, true},
		{"a numeric application of v3", standard, "application/7/device/FFFFFF200000B703/event/join", "ffffff200000b703", EventJoin, true},
		{"an error event of v3 is a log", standard, "application/7/device/ffffff200000b703/event/error", "ffffff200000b703", EventLog, true},
		{"an event of a later version", standard, "application/7/device/ffffff200000b703/event/sunrise", "ffffff200000b703", EventUnknown, true},
		{"the legacy topic of v3", "application/{application_id}/device/{dev_eui}/{event}", "application/7/device/ffffff200000b703/rx", "ffffff200000b703", EventUp, true},
		{"ChirpStack's own placeholders", "application/{{application_id}}/device/{{dev_eui}}/event/{{event}}", "application/7/device/ffffff200000b703/event/up", "ffffff200000b703", EventUp, true},
		{"Go placeholders of v3", "application/{{ .ApplicationID }}/device/{{ .DevEUI }}/event/{{ .EventType }}", "application/7/device/ffffff200000b703/event/up", "ffffff200000b703", EventUp, true},
		{"no ids at all", "events/{event}", "events/up", "0000000000000000", EventUp, true},
		{"no event", "devices/{dev_eui}", "devices/ffffff200000b703", "ffffff200000b703", EventUnknown, true},
		{"The Things Stack", "v3/{application_id}/devices/{device_id}/{event}", "v3/app@tenant/devices/eui-1/up", "0000000000000000", EventUp, true},
		{"a level too many", standard, "application/7/device/ffffff200000b703/event/up/more", "", "", false},
		{"a level too few", standard, "application/7/device/ffffff200000b703/event", "", "", false},
		{"a command", standard, "application/7/device/ffffff200000b703/command/down", "", "", false},
		{"an EUI that is none", standard, "application/7/device/ffffff200000b70g/event/up", "", "", false},
		{"an EUI too short", standard, "application/7/device/ffffff200000b7/event/up", "", "", false},
		{"an empty id", standard, "application//device/ffffff200000b703/event/up", "", "", false},
		{"nothing", standard, "", "", "", false},
		{"a trailing slash", standard, "application/7/device/ffffff200000b703/event/up/", "", "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tpl := mustTemplate(t, c.template)
			dev, event, ok := tpl.Route(c.topic)
			if ok != c.ok {
				t.Fatalf("ok = %v", ok)
			}
			if ok && (dev.String() != c.dev || event != c.event) {
				t.Fatalf("got %s %s, want %s %s", dev, event, c.dev, c.event)
			}
			if !ok && dev != (DevEUI{}) {
				t.Fatal("a refused topic names a device")
			}
		})
	}
}

func TestATemplateMustMakeSense(t *testing.T) {
	for _, s := range []string{
		"", "a/{nope}", "a/x{dev_eui}", "a/{dev_eui}/{dev_eui}", "a/+/b", "a/#", "{event}/{event}", "a/{", "a/}", "a/{{dev_eui}",
	} {
		if _, err := ParseTemplate(s); !errors.Is(err, ErrTemplate) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestATemplateGivesItsSubscription(t *testing.T) {
	tpl := mustTemplate(t, standard)
	if got := tpl.Subscription(); got != "application/+/device/+/event/+" {
		t.Error(got)
	}
	dev := DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xd8, 0x00, 0x53, 0x43}
	if got := tpl.DeviceSubscription(dev); got != "application/+/device/70b3d57ed8005343/event/up" {
		t.Error(got)
	}
	if !tpl.NamesDevice() || !tpl.NamesEvent() {
		t.Error("the standard template names device and event")
	}
}

func TestRoutingAllocatesNothing(t *testing.T) {
	tpl := mustTemplate(t, standard)
	if n := testing.AllocsPerRun(100, func() { tpl.Route("application/7/device/ffffff200000b703/event/up") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTheDevEUIIsFoundWithoutParsing(t *testing.T) {
	pb := func(s string) string { b, _ := hex.DecodeString(s); return string(b) }
	cases := []struct {
		name, payload, want string
	}{
		{"ChirpStack v4", `{"deviceInfo":{"deviceName":"x","devEui":"70b3d57ed8005343"}}`, "70b3d57ed8005343"},
		{"with spaces", " {\n \"devEui\" :\t\"70b3d57ed8005343\"}", "70b3d57ed8005343"},
		{"ChirpStack v3 json_v3", `{"devEUI":"70b3d57ed8005343"}`, "70b3d57ed8005343"},
		{"ChirpStack v3 json", `{"devEUI":"cLPVftgAU0M="}`, "70b3d57ed8005343"},
		{"The Things Stack", `{"end_device_ids":{"dev_eui":"70B3D57ED8005343"}}`, "70b3d57ed8005343"},
		{"a device name that tries to be a key", `{"deviceName":"\"devEui\":\"1111111111111111\"","devEui":"70b3d57ed8005343"}`, "70b3d57ed8005343"},
		{"v4 protobuf", pb("0a0178" + "1a12" + "4210" + hex.EncodeToString([]byte("70b3d57ed8005343"))), "70b3d57ed8005343"},
		{"v3 protobuf", pb("0801" + "120178" + "2208" + "70b3d57ed8005343"), "70b3d57ed8005343"},
		{"no device", `{"deviceInfo":{}}`, ""},
		{"cut off", `{"devEui":"70b3d5`, ""},
		{"a number", `{"devEui":12}`, ""},
		{"nothing", "", ""},
		{"noise", "\xff\xff\xff\xff", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dev, ok := ScanDevEUI([]byte(c.payload))
			if ok != (c.want != "") || ok && dev.String() != c.want {
				t.Errorf("got %s %v", dev, ok)
			}
		})
	}
}

func FuzzRoute(f *testing.F) {
	tpl := mustTemplate(f, standard)
	f.Add("application/7/device/ffffff200000b703/event/up")
	f.Add("application/7/device/ffffff200000b703/event")
	f.Fuzz(func(t *testing.T, topic string) { tpl.Route(topic) })
}

func FuzzScanDevEUI(f *testing.F) {
	f.Add([]byte(`{"deviceInfo":{"devEui":"70b3d57ed8005343"}}`))
	f.Add([]byte("\x08\x01\x22\x08\x70\xb3\xd5\x7e\xd8\x00\x53\x43"))
	f.Fuzz(func(t *testing.T, b []byte) { ScanDevEUI(b) })
}

func BenchmarkRoute(b *testing.B) {
	tpl := mustTemplate(b, standard)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := tpl.Route("application/3ef9e6b9-ec54-4eda-86b8-a5fb46899f39/device/ffffff200000b703/event/up"); !ok {
			b.Fatal("not routed")
		}
	}
}
