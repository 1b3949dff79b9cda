package lorawan

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
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
		{"The Things Stack as documented", "v3/{application_id}@{tenant_id}/devices/{device_id}/{event}", "v3/app@tenant/devices/eui-1/join", "0000000000000000", EventJoin, true},
		{"its events of two levels", "v3/{application_id}/devices/{device_id}/{event}", "v3/app/devices/eui-1/down/ack", "0000000000000000", EventAck, true},
		{"its normalized copies", "v3/{application_id}/devices/{device_id}/{event}", "v3/app/devices/eui-1/up/normalized", "0000000000000000", EventNormalized, true},
		{"a downlink to push", "v3/{application_id}/devices/{device_id}/{event}", "v3/app/devices/eui-1/down/push", "", "", false},
		{"uplinks only", "v3/{application_id}/devices/{device_id}/up", "v3/app@tenant/devices/a-free-name/up", "0000000000000000", EventUnknown, true},
		{"a legacy template of v3", "application/{{ .ApplicationID }}/device/{{ .DevEUI }}/rx", "application/7/device/ffffff200000b703/rx", "ffffff200000b703", EventUnknown, true},
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
		"{application_id}@{application_id}", "{tenant_id}@{application_id}", "{application_id}@tenant", "{application_id}@{tenant_id}/{tenant_id}", "{application_id}/{application_id}",
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
	u := Uplink{DevEUI: DevEUI{1}, Application: []byte("8")}
	if n := testing.AllocsPerRun(100, func() {
		topic, _ := tpl.Read("application/7/device/ffffff200000b703/event/up")
		if topic.Check(&u) == nil {
			t.Fatal("another device's")
		}
	}); n != 0 {
		t.Errorf("%v allocations in checking", n)
	}
}

func TestATopicIsReadAndCheckedAgainstTheBody(t *testing.T) {
	dev := DevEUI{0xff, 0xff, 0xff, 0x20, 0, 0, 0xb7, 0x03}
	const theThings = "v3/{application_id}@{tenant_id}/devices/{device_id}/{event}"
	cases := []struct {
		name, template, topic string
		u                     Uplink
		want                  error
	}{
		{"the same", standard, "application/3EF9e6b9/device/FFFFFF200000B703/event/up", Uplink{DevEUI: dev, Application: []byte("3ef9e6b9")}, nil},
		{"another device", standard, "application/7/device/ffffff200000b704/event/up", Uplink{DevEUI: dev, Application: []byte("7")}, errTopicDevice},
		{"a body without a device", standard, "application/7/device/ffffff200000b703/event/up", Uplink{Application: []byte("7")}, errTopicDevice},
		{"another application", standard, "application/8/device/ffffff200000b703/event/up", Uplink{DevEUI: dev, Application: []byte("7")}, errTopicApplication},
		{"an application longer", standard, "application/77/device/ffffff200000b703/event/up", Uplink{DevEUI: dev, Application: []byte("7")}, errTopicApplication},
		{"a body without an application", standard, "application/8/device/ffffff200000b703/event/up", Uplink{DevEUI: dev}, nil},
		{"signs are not letters", standard, "application/[/device/ffffff200000b703/event/up", Uplink{DevEUI: dev, Application: []byte("{")}, errTopicApplication},
		{"a topic without ids", "up", "up", Uplink{DevEUI: dev, Application: []byte("7")}, nil},
		{"The Things Stack", theThings, "v3/app@ttn/devices/d-1/up", Uplink{DevEUI: dev, Application: []byte("app"), Tenant: []byte("other"), DeviceID: []byte("d-1")}, nil},
		{"another device there", theThings, "v3/app@ttn/devices/d-2/up", Uplink{DevEUI: dev, Application: []byte("app"), DeviceID: []byte("d-1")}, errTopicDeviceID},
		{"another application there", theThings, "v3/app2@ttn/devices/d-1/up", Uplink{DevEUI: dev, Application: []byte("app"), DeviceID: []byte("d-1")}, errTopicApplication},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tpl := mustTemplate(t, c.template)
			topic, ok := tpl.Read(c.topic)
			if !ok {
				t.Fatal("not read")
			}
			if err := topic.Check(&c.u); err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
			if c.want != nil && !errors.Is(c.want, ErrTopic) {
				t.Errorf("%v does not wrap ErrTopic", c.want)
			}
		})
	}
	scanned := Topic{DevEUI: DevEUI{1}} // what a scan of the payload found
	if err := scanned.Check(&Uplink{DevEUI: dev}); err != errTopicDevice {
		t.Error(err)
	}
	tpl := mustTemplate(t, theThings)
	if topic, _ := tpl.Read("v3/app@ttn/devices/d-1/up"); topic.Application != "app" || topic.Tenant != "ttn" || topic.DeviceID != "d-1" {
		t.Errorf("%+v", topic)
	}
	if got := tpl.Subscription(); got != "v3/+/devices/+/+" {
		t.Error(got)
	}
}

func TestTheBestReceptionIsKept(t *testing.T) {
	clock := time.Unix(1000, 0)
	var u Uplink
	var heard Receptions
	heard.Hear(&u, 0, 0, 0, time.Time{})
	heard.Hear(&u, 7, -50, -3, clock)
	if u.RSSI != 0 || u.SNR != 0 || u.Gateways != 2 || !u.Gateway.Equal(clock) {
		t.Errorf("a weaker one took the place: %+v", u)
	}
	heard.Hear(&u, 7, -60, 2, clock.Add(time.Second))
	if u.RSSI != -60 || u.SNR != 2 || u.Gateways != 2 || !u.Gateway.Equal(clock.Add(time.Second)) {
		t.Errorf("a better antenna: %+v", u)
	}
	heard.Hear(&u, 8, -40, 2, time.Time{})
	if u.RSSI != -40 || u.Gateways != 3 || !u.Gateway.Equal(clock.Add(time.Second)) {
		t.Errorf("a stronger one without a clock: %+v", u)
	}
	heard.Hear(&u, 0, -90, -9, clock)
	heard.Hear(&u, 0, -90, -9, clock)
	for k := range GatewayKey(40) {
		for range 2 {
			heard.Hear(&u, k+100, -90, -9, clock)
		}
	}
	if u.Gateways != 45 {
		t.Errorf("%d gateways", u.Gateways)
	}
	a, b := GatewayKey(0).And([]byte("ab")).And([]byte("c")), GatewayKey(0).And([]byte("a")).And([]byte("bc"))
	if a == b || a == 0 || KeyOfEUI([8]byte{}) == 0 || KeyOfEUI([8]byte{1}) == KeyOfEUI([8]byte{2}) {
		t.Error("names run together")
	}
}

func TestAPositionMustBeOnEarth(t *testing.T) {
	for _, none := range []Location{At(0, 0, 7, 7, LocationGPS), At(91, 1, 0, 0, LocationGPS), At(1, -181, 0, 0, LocationGPS), At(math.NaN(), 1, 0, 0, LocationGPS)} {
		if none != (Location{}) {
			t.Errorf("%+v", none)
		}
	}
	if here := At(-50, 0, 1, 2, LocationUnknown); here.Source != LocationUnknown || here.Latitude != -50 || here.Accuracy != 2 {
		t.Errorf("%+v", here)
	}
}

func FuzzTimesAreWrittenAsTheLibraryDoes(f *testing.F) {
	for _, n := range []int64{0, 1, 100, 120_000_000, 999_999_999, 457_000_000} {
		f.Add(int64(1_768_898_863), n)
		f.Add(int64(-62_135_596_800), n)
		f.Add(int64(253_402_300_799), n)
		f.Add(int64(253_402_300_800), n)
		f.Add(int64(1_709_164_800), n)
	}
	f.Fuzz(func(t *testing.T, seconds, nanos int64) {
		at := time.Unix(seconds, nanos%1e9).UTC()
		if got, want := string(appendStamp(nil, at)), at.Format(time.RFC3339Nano); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	})
}

func TestALogsCodeIsOneOfAFew(t *testing.T) {
	for s, want := range map[string]LogCode{
		"UPLINK_CODEC": LogUplinkCodec, "UPLINK_FCNT_RESET": LogUplinkFCntReset, "DOWNLINK_FCNT": LogFCntDown, "": LogUnknown, "secret": LogUnknown, "UNKNOWN": LogUnknown,
	} {
		if got := LogCodeOf(s); got != want {
			t.Errorf("%s: %s", s, got)
		}
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
	f.Add("application/7/device/ffffff200000b703/event/down/ack")
	// The oracle splits at every slash and compares level by level.
	f.Fuzz(func(t *testing.T, topic string) {
		read, ok := tpl.Read(topic)
		level := strings.SplitN(topic, "/", 6)
		want := len(level) == 6 && level[0] == "application" && level[1] != "" && level[2] == "device" && level[4] == "event" && level[5] != ""
		dev, err := hex.DecodeString(strings.Join(level[min(3, len(level)):min(4, len(level))], ""))
		want = want && err == nil && len(dev) == 8
		if want && strings.Contains(level[5], "/") {
			want = EventOf(level[5]) != EventUnknown
		}
		if ok != want {
			t.Fatalf("%q: %v", topic, ok)
		}
		if !ok {
			return
		}
		application, tenant, _ := strings.Cut(level[1], "@")
		if DevEUI(dev) != read.DevEUI || read.Event != EventOf(level[5]) || read.Application != application || read.Tenant != tenant {
			t.Fatalf("%q: %+v", topic, read)
		}
	})
}

// FuzzParseTemplate fills what a template leaves open and reads the topic back.
func FuzzParseTemplate(f *testing.F) {
	for _, s := range []string{
		standard, "v3/{application_id}@{tenant_id}/devices/{device_id}/{event}", "application/{{ .ApplicationID }}/device/{{ .DevEUI }}/event/{{ .EventType }}",
		"{any}/{any}", "a/{dev_eui}", "{", "a@b", "{application_id}@", "/", "a//b", "{event}/{dev_eui}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tpl, err := ParseTemplate(s)
		if err != nil {
			if !errors.Is(err, ErrTemplate) {
				t.Fatal(err)
			}
			return
		}
		fill := map[levelKind]string{
			levelDevEUI: "70b3d57ed8005343", levelEvent: "up", levelApplication: "7", levelApplicationTenant: "7@t", levelTenant: "t", levelDevice: "d", levelAny: "x",
		}
		var topic []string
		for _, l := range tpl.levels {
			if l.kind == levelText {
				topic = append(topic, l.text)
			} else {
				topic = append(topic, fill[l.kind])
			}
		}
		read, ok := tpl.Read(strings.Join(topic, "/"))
		if !ok || tpl.NamesDevice() != (read.DevEUI != DevEUI{}) || tpl.NamesEvent() != (read.Event == EventUp) {
			t.Fatalf("%q: %v %+v", s, ok, read)
		}
		u := Uplink{DevEUI: read.DevEUI, Application: []byte("7"), DeviceID: []byte("d")}
		if err := read.Check(&u); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if sub := tpl.Subscription(); strings.Count(sub, "/") != strings.Count(s, "/") || strings.Contains(sub, "#") {
			t.Fatalf("%q: %s", s, sub)
		}
	})
}

// FuzzScanDevEUI holds the scan to encoding/json where a document names one device in
// one way only; elsewhere it is a hint the decoder's answer overrules.
func FuzzScanDevEUI(f *testing.F) {
	f.Add([]byte(`{"deviceInfo":{"devEui":"70b3d57ed8005343"}}`))
	f.Add([]byte(`{"devEUI":"cLPVftgAU0M="}`))
	f.Add([]byte(`{"end_device_ids": {"dev_eui" : "70B3D57ED8005343"}}`))
	f.Add([]byte("\x08\x01\x22\x08\x70\xb3\xd5\x7e\xd8\x00\x53\x43"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dev, ok := ScanDevEUI(b)
		if !ok && dev != (DevEUI{}) {
			t.Fatalf("%s though there is none", dev)
		}
		var e struct {
			Info struct {
				DevEUI string `json:"devEui"`
			} `json:"deviceInfo"`
		}
		if !IsJSON(b) || bytes.Contains(b, []byte(`\`)) || bytes.Count(bytes.ToLower(b), []byte("dev")) != 2 || bytes.Count(b, []byte(`"devEui"`)) != 1 || json.Unmarshal(b, &e) != nil || e.Info.DevEUI == "" {
			return
		}
		want, err := hex.DecodeString(e.Info.DevEUI)
		if ok = ok && len(e.Info.DevEUI) == 16; ok != (err == nil && len(want) == 8) || ok && dev != DevEUI(want) {
			t.Fatalf("%s in %s: %s", e.Info.DevEUI, b, dev)
		}
	})
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
