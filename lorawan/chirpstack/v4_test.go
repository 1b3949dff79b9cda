package chirpstack

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t testing.TB, payload []byte) lorawan.Uplink {
	t.Helper()
	var u lorawan.Uplink
	if err := Decode(payload, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestUplinksOfRealServersAreRead(t *testing.T) {
	object := func(file string) json.RawMessage {
		var e struct{ Object json.RawMessage }
		if err := json.Unmarshal(read(t, file), &e); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := json.Compact(&b, e.Object); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	data := func(s string) []byte {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for file, want := range map[string]lorawan.Uplink{
		"v4-up-01-as923.json": {
			Event: lorawan.EventUp, TraceID: "c7ae79b7-7806-40d2-a4da-48a4e37446c9",
			Tenant: []byte("7b238e1b-67aa-4ca9-9cd9-8cf8f757c53a"), Application: []byte("1f1e46b9-af07-462a-8475-c02cf6225c0b"), Region: []byte("as923"),
			HasDR: true, Bandwidth: 125000, SpreadingFactor: 7, CodeRate: "4/5",
			DevEUI:  lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xd8, 0x00, 0x53, 0x43},
			DevAddr: lorawan.DevAddr{0x27, 0xfa, 0x7d, 0xa0}, Session: "27fa7da0",
			DR: 5, FCnt: 174, FPort: 2, Data: data("AEIkXEF7AclCAAAEAC0AEQA="), Object: object("v4-up-01-as923.json"),
			Received:  at("2026-09-10T07:14:22.384670565Z"),
			Frequency: 923200000, RSSI: -121, SNR: -1, Gateways: 1,
		},
		"v4-up-03-gwtime.json": {
			Event: lorawan.EventUp, TraceID: "7658d04d-7f1c-4eb6-900b-d948f3061a9d",
			Tenant: []byte("6e073e9a-6b4f-4747-b22c-7507568debfb"), Application: []byte("c3f2c4aa-07c8-4d6c-8a86-7ea2d4a31dca"), Region: []byte("eu868"),
			HasDR: true, Bandwidth: 125000, SpreadingFactor: 7, CodeRate: "4/5",
			DevEUI:  lorawan.DevEUI{0x24, 0xe1, 0x24, 0x53, 0x8b, 0x22, 0x32, 0x13},
			DevAddr: lorawan.DevAddr{0x01, 0xa4, 0x4c, 0x4c}, Session: "01a44c4c",
			ADR: true, DR: 5, FCnt: 153, FPort: 84, Data: data("AXU9AwABBAAB"),
			Received: at("2025-06-13T12:44:52.653Z"), Gateway: at("2025-06-13T12:44:52.653481Z"),
			Frequency: 867300000, RSSI: -68, SNR: 13.2, Gateways: 1,
		},
		"v4-up-04-two-gateways.json": {
			Event: lorawan.EventUp, TraceID: "00000000-0000-4000-bf6d-a61ca48b9ebf",
			Tenant: []byte("af1374c6-87f5-4986-93cd-57857e412930"), Application: []byte("3ef9e6b9-ec54-4eda-86b8-a5fb46899f39"), Region: []byte("cn470"),
			HasDR: true, Bandwidth: 125000, SpreadingFactor: 7, CodeRate: "4/5",
			DevEUI:  lorawan.DevEUI{0xff, 0xff, 0xff, 0x20, 0x00, 0x00, 0xb7, 0x03},
			DevAddr: lorawan.DevAddr{0x36, 0x10, 0xbd, 0x78}, Session: "3610bd78",
			ADR: true, DR: 5, FCnt: 18230, FPort: 210, Confirmed: true,
			Data: data("AAEDBA4VfQB3ARAKCBICPwMB"), Object: object("v4-up-04-two-gateways.json"),
			Received:  at("2026-01-20T08:47:43.457927819Z"),
			Frequency: 482100000, RSSI: -60, SNR: 14, Gateways: 2,
		},
		"v4-doc-up.json": {
			Event: lorawan.EventUp, TraceID: "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
			Tenant: []byte("52f14cd4-c6f1-4fbd-8f87-4025e1d49242"), Application: []byte("17c82e96-be03-4f38-aef3-f83d48582d97"), Region: []byte("eu868"),
			HasDR: true, Bandwidth: 125000, SpreadingFactor: 11, CodeRate: "4/5",
			DevEUI:  lorawan.DevEUI{1, 1, 1, 1, 1, 1, 1, 1},
			DevAddr: lorawan.DevAddr{0x00, 0x18, 0x94, 0x40}, Session: "00189440",
			DR: 1, FPort: 1, Data: []byte{0xaa}, Received: at("2022-07-18T09:34:15.775023242Z"),
			Frequency: 867100000, RSSI: -36, SNR: 10.5, Gateways: 1,
		},
	} {
		t.Run(file, func(t *testing.T) {
			got := decode(t, read(t, file))
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if got.Billing() != lorawan.BillingSale {
				t.Error(got.Billing())
			}
		})
	}
}

// messages by the kind of event, to write the JSON files as protobuf.
var messages = map[lorawan.Event]func() proto.Message{
	lorawan.EventUp:       func() proto.Message { return new(integration.UplinkEvent) },
	lorawan.EventJoin:     func() proto.Message { return new(integration.JoinEvent) },
	lorawan.EventAck:      func() proto.Message { return new(integration.AckEvent) },
	lorawan.EventTxAck:    func() proto.Message { return new(integration.TxAckEvent) },
	lorawan.EventLog:      func() proto.Message { return new(integration.LogEvent) },
	lorawan.EventStatus:   func() proto.Message { return new(integration.StatusEvent) },
	lorawan.EventLocation: func() proto.Message { return new(integration.LocationEvent) },
}

func asProtobuf(t testing.TB, event lorawan.Event, payload []byte) []byte {
	t.Helper()
	m := messages[event]()
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(payload, m); err != nil {
		t.Fatal(err)
	}
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func eventOfFile(file string) lorawan.Event {
	part := strings.Split(strings.TrimSuffix(filepath.Base(file), ".json"), "-")
	if part[1] == "doc" {
		return lorawan.EventOf(part[2])
	}
	return lorawan.EventOf(part[1])
}

func files(t testing.TB) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/v4-*.json")
	if err != nil || len(all) < 9 {
		t.Fatalf("%d files, %v", len(all), err)
	}
	for i, f := range all {
		all[i] = filepath.Base(f)
	}
	return all
}

func TestEveryKindOfEventIsRecognisedInBothForms(t *testing.T) {
	for _, file := range files(t) {
		t.Run(file, func(t *testing.T) {
			payload := read(t, file)
			want := eventOfFile(file)
			fromJSON := decode(t, payload)
			if fromJSON.Event != want {
				t.Errorf("JSON: %s", fromJSON.Event)
			}
			if want != lorawan.EventUp && fromJSON.Billing() != lorawan.BillingNotUplink {
				t.Errorf("billed as %s", fromJSON.Billing())
			}
			binary := asProtobuf(t, want, payload)
			fromPB := decode(t, binary)
			if fromPB.Event != want {
				t.Errorf("protobuf: %s", fromPB.Event)
			}
			if want == lorawan.EventUp {
				same(t, fromJSON, fromPB)
			}
			for name, b := range map[string][]byte{"JSON": payload, "protobuf": binary} {
				if dev, ok := lorawan.ScanDevEUI(b); !ok || dev != fromJSON.DevEUI {
					t.Errorf("scanning the %s finds %s", name, dev)
				}
			}
		})
	}
}

// same compares what the two forms of one event give.
func same(t testing.TB, a, b lorawan.Uplink) {
	t.Helper()
	var x, y any
	if len(a.Object) > 0 {
		if err := json.Unmarshal(a.Object, &x); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.Object) > 0 {
		if err := json.Unmarshal(b.Object, &y); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(x, y); d != "" {
		t.Errorf("object: %s", d)
	}
	a.Object, b.Object = nil, nil
	if math.Abs(a.SNR-b.SNR) < 1e-6 { // a float in protobuf
		b.SNR = a.SNR
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
}

const minimal = `{"deviceInfo":{"devEui":"0101010101010101"%s},"devAddr":"00189440","fCnt":1,"fPort":1,"data":"qg=="%s}`

func event(device, rest string) []byte {
	return []byte(strings.Replace(strings.Replace(minimal, "%s", device, 1), "%s", rest, 1))
}

func TestWhatABuyerPaysForIsFlagged(t *testing.T) {
	sealed := decode(t, event("", `,"joinServerContext":{"sessionKeyId":"abcd","appSKey":{"kekLabel":"k","aesKey":"AA=="}}`))
	if !sealed.Encrypted {
		t.Error("end-to-end encrypted data is not flagged")
	}
	if decode(t, event("", `,"joinServerContext":null`)).Encrypted {
		t.Error("clear data is flagged as encrypted")
	}
	owned := decode(t, event(`,"tags":{"room":"3","dbdao_owner":"0x52908400098527886E0F7030069857D2E4169EE7"}`, ""))
	if owned.Owner != "0x52908400098527886E0F7030069857D2E4169EE7" {
		t.Errorf("owner %q", owned.Owner)
	}
	macOnly := decode(t, []byte(`{"deviceInfo":{"devEui":"0101010101010101"},"devAddr":"00189440","fCnt":7,"fPort":0,"data":""}`))
	if macOnly.Billing() != lorawan.BillingEmpty {
		t.Errorf("MAC commands alone are billed as %s", macOnly.Billing())
	}
}

func TestAnObjectIsSplicedOnOneLine(t *testing.T) {
	u := decode(t, event("", ",\"object\":{\n \"a b\": [1.0,\r\n 2],\n \"c\\\"\": \"x \\n y\"\n}"))
	if got := string(u.Object); got != `{"a b":[1.0,2],"c\"":"x \n y"}` {
		t.Error(got)
	}
	if u := decode(t, event("", `,"object":null`)); u.Object != nil {
		t.Errorf("null became %q", u.Object)
	}
	if u := decode(t, event("", `,"object":{"n": 45.0}`)); string(u.Object) != `{"n": 45.0}` {
		t.Errorf("not verbatim: %s", u.Object)
	}
}

func TestMalformedEventsAreRefusedAndNotQuoted(t *testing.T) {
	for name, payload := range map[string][]byte{
		"nothing":                       nil,
		"an empty object":               []byte(`{}`),
		"an array":                      []byte(`[]`),
		"a text":                        []byte(`"secret"`),
		"no device":                     []byte(`{"deviceInfo":{},"fCnt":1}`),
		"a device that is null":         []byte(`{"deviceInfo":null}`),
		"an EUI too short":              []byte(`{"deviceInfo":{"devEui":"secret"}}`),
		"two EUIs":                      event(`,"devEui":"0202020202020202"`, ""),
		"two counters":                  event("", `,"fCnt":2`),
		"a hidden second counter":       event("", `,"f\u0043nt":2`),
		"two devices":                   event("", `,"deviceInfo":{"devEui":"0202020202020202"}`),
		"two objects":                   event("", `,"object":{},"object":{}`),
		"bad UTF-8 in a name":           event(",\"deviceName\":\"\xff\"", ""),
		"something behind":              append(event("", ""), " secret"...),
		"cut off":                       event("", "")[:60],
		"a counter of 33 bits":          []byte(`{"deviceInfo":{"devEui":"0101010101010101"},"fCnt":4294967296}`),
		"a port of 9 bits":              []byte(`{"deviceInfo":{"devEui":"0101010101010101"},"fPort":256}`),
		"data that is not base64":       []byte(`{"deviceInfo":{"devEui":"0101010101010101"},"data":"se*cret"}`),
		"an address too short":          []byte(`{"deviceInfo":{"devEui":"0101010101010101"},"devAddr":"secret"}`),
		"protobuf noise":                []byte("\x0a\x24secret"),
		"a protobuf without a device":   {0x0a, 0x01, 'x', 0x12, 0x00},
		"a protobuf with a field twice": {0x1a, 0x12, 0x42, 0x10, '0', '1', '0', '1', '0', '1', '0', '1', '0', '1', '0', '1', '0', '1', '0', '1', 0x38, 0x01, 0x38, 0x02},
	} {
		u := lorawan.Uplink{Network: "n", FCnt: 9}
		err := Decode(payload, &u)
		if !errors.Is(err, lorawan.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error quotes the payload: %v", name, err)
		}
		if d := cmp.Diff(lorawan.Uplink{Network: "n"}, u); d != "" {
			t.Errorf("%s: something was left behind: %s", name, d)
		}
	}
}

func TestAnUplinkReusedForgetsTheOneBefore(t *testing.T) {
	u := lorawan.Uplink{Network: "n"}
	for _, file := range []string{"v4-up-04-two-gateways.json", "v4-doc-up.json"} {
		if err := Decode(read(t, file), &u); err != nil {
			t.Fatal(err)
		}
	}
	want := decode(t, read(t, "v4-doc-up.json"))
	want.Network = "n"
	if d := cmp.Diff(want, u); d != "" {
		t.Error(d)
	}
}

func TestDecodingLeavesThePayloadAsItWas(t *testing.T) {
	for _, file := range files(t) {
		payload := read(t, file)
		before := bytes.Clone(payload)
		decode(t, payload)
		if !bytes.Equal(before, payload) {
			t.Errorf("%s was changed", file)
		}
	}
}

func FuzzJSONAgainstEncodingJSON(f *testing.F) {
	for _, file := range files(f) {
		f.Add(read(f, file))
	}
	f.Add(event(`,"tags":{"dbdao_owner":"x"}`, `,"object":{"a":[1,null]},"joinServerContext":{}`))
	f.Add(event(`,"tags":null`, `,"rxInfo":[{"rssi":"-12","snr":1e1}],"dr":"3"`))
	for _, m := range invented() {
		b, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if !lorawan.IsJSON(payload) {
			t.Skip()
		}
		var got lorawan.Uplink
		if Decode(payload, &got) != nil || got.Odd > 0 { // of odd members FuzzDescriptiveMembers tells what is left
			return
		}
		if got.Event != lorawan.EventUp {
			parse(t, payload)
			return
		}
		got.Event = ""
		if d := cmp.Diff(canonical(t, oracle(t, payload)), canonical(t, got), cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
	})
}

func FuzzProtobufAgainstTheOfficialLibrary(f *testing.F) {
	for _, file := range files(f) {
		f.Add(asProtobuf(f, eventOfFile(file), read(f, file)))
	}
	for _, m := range invented() {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if lorawan.IsJSON(payload) {
			t.Skip()
		}
		var got lorawan.Uplink
		if Decode(payload, &got) != nil {
			return
		}
		if len(got.Object) > 0 && !json.Valid(got.Object) {
			t.Fatalf("object %q", got.Object)
		}
		var e integration.UplinkEvent
		if got.Event != lorawan.EventUp || proto.Unmarshal(payload, &e) != nil || got.Odd > 0 { // what is odd was left out
			return
		}
		want := official(t, &e)
		if len(want.Object) > 0 {
			var x, y any
			if err := errors.Join(json.Unmarshal(want.Object, &x), json.Unmarshal(got.Object, &y)); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(x, y); d != "" {
				t.Errorf("object: %s", d)
			}
		}
		got.Object, want.Object = nil, nil
		if e.GetTxInfo().GetModulation().GetLora().GetCodeRateLegacy() != "" {
			got.CodeRate = want.CodeRate // the official package leaves what it was to its caller
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s\n%v", d, &e)
		}
	})
}

func TestAStructBecomesTheSameJSONAsInTheOfficialLibrary(t *testing.T) {
	m := map[string]any{
		"n": nil, "t": true, "f": 45.0, "small": 1e-9, "big": 1e22, "neg": -0.25, "s": "a \"b\" \\ \n é \u2028",
		"l": []any{1.0, "x", nil, []any{}, map[string]any{}}, "o": map[string]any{"p": map[string]any{"q": "r"}},
	}
	s, err := structpb.NewStruct(m)
	if err != nil {
		t.Fatal(err)
	}
	b, err := proto.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	out, err := structJSON(nil, b, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if d := cmp.Diff(any(m), got); d != "" {
		t.Error(d)
	}
}
