package thethings

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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

func starterKit(t testing.TB) lorawan.Uplink {
	var e struct {
		Uplink struct {
			Decoded json.RawMessage `json:"decoded_payload"`
		} `json:"uplink_message"`
	}
	if err := json.Unmarshal(read(t, "tts-up-01-starter-kit-2025.json"), &e); err != nil {
		t.Fatal(err)
	}
	var object bytes.Buffer
	if err := json.Compact(&object, e.Uplink.Decoded); err != nil {
		t.Fatal(err)
	}
	return lorawan.Uplink{
		Event: lorawan.EventUp, TraceID: "gs:uplink:01JRZ767CVCHBZW1Y8YG9PZ3TS",
		DevEUI:  lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x2d, 0xd6, 0x00, 0x03, 0x5a},
		DevAddr: lorawan.DevAddr{0x27, 0xfe, 0x87, 0xf6}, Session: "aAixKtmNZUKQXd4GqpHDsw==",
		DeviceID: []byte("eui-70b3d52dd600035a"), Application: []byte("starter-kit"), Tenant: []byte("docs-test-account"), Region: []byte("EU_863_870"),
		Bandwidth: 125000, SpreadingFactor: 7, CodeRate: "4/5",
		FCnt: 14, FPort: 2, Confirmed: true, Data: []byte{0xb1, 0, 0, 0x10, 1, 0xe5, 0, 0xd7, 1}, Object: object.Bytes(),
		Received: at("2025-04-16T11:54:13.787593298Z"), Gateway: at("2025-04-16T11:54:13.697237014Z"),
		Frequency: 867700000, RSSI: -31, SNR: 9.5, Gateways: 1,
	}
}

func TestARealUplinkIsRead(t *testing.T) {
	payload := read(t, "tts-up-01-starter-kit-2025.json")
	if d := cmp.Diff(starterKit(t), decode(t, payload)); d != "" {
		t.Error(d)
	}
	if dev, ok := lorawan.ScanDevEUI(payload); !ok || dev.String() != "70b3d52dd600035a" {
		t.Errorf("scanning finds %s", dev)
	}
}

func TestWrappersAreOpened(t *testing.T) {
	payload := read(t, "tts-up-01-starter-kit-2025.json")
	for name, wrapped := range map[string]string{
		"storage line": `{"result":` + string(payload) + `}`,
		"console copy": `{"name":"as.up.data.forward","time":"2025-04-16T11:54:13Z","data":` + string(payload) + `}`,
		"event stream": `{"result":{"name":"as.up.data.forward","correlation_ids":["x"],"data":` + string(payload) + `,"correlation_ids_of":["y"]}}`,
		"ids twice":    `{"correlation_ids":["x"],"received_at":"2020-01-01T00:00:00Z","data":` + string(payload) + `,"unique_id":"u"}`,
	} {
		if d := cmp.Diff(starterKit(t), decode(t, []byte(wrapped))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// The console copies an event with the ids for tracing of both, the event and the message.
func TestAConsoleCopyIsRead(t *testing.T) {
	u := decode(t, read(t, "tts-up-02-console-copy.json"))
	if u.FCnt != 33 || u.FPort != 1 || string(u.Data) != "\x01\x02\x03" || u.Billing() != lorawan.BillingSale || u.TraceID != "as:up:A" || u.Odd != 0 {
		t.Errorf("%+v", u)
	}
}

func TestOtherMessagesAreRecognised(t *testing.T) {
	for file, want := range map[string]lorawan.Event{"tts-doc-join.json": lorawan.EventJoin, "tts-doc-downlink-ack.json": lorawan.EventAck} {
		u := decode(t, read(t, file))
		if u.Event != want || u.Billing() != lorawan.BillingNotUplink || u.DevEUI.String() != "0004a30b001c0530" || u.Received.IsZero() {
			t.Errorf("%s: %+v", file, u)
		}
	}
	if u := decode(t, []byte(`{"end_device_ids":{"dev_eui":"0004A30B001C0530"},"uplink_normalized":{"f_port":1,"frm_payload":"qg=="}}`)); u.Billing() != lorawan.BillingNotUplink {
		t.Errorf("the normalized copy is billed as %s", u.Billing())
	}
}

func TestWhatABuyerPaysForIsFlagged(t *testing.T) {
	up := func(top, inner string) lorawan.Uplink {
		return decode(t, []byte(`{"end_device_ids":{"dev_eui":"0004A30B001C0530"}`+top+`,"uplink_message":{"f_port":1,"frm_payload":"qg=="`+inner+`}}`))
	}
	simulated := up(`,"simulated":true`, "")
	if b := simulated.Billing(); b != lorawan.BillingSimulated {
		t.Error(b)
	}
	if !up("", `,"app_s_key":{"encrypted_key":"AA==","kek_label":"k"}`).Encrypted {
		t.Error("an encrypted payload is not flagged")
	}
	if o := up("", `,"attributes":{"dbdao-owner":"0xabc"}`).Owner; o != "0xabc" {
		t.Errorf("owner %q", o)
	}
	if u := up("", ""); u.FCnt != 0 || u.Billing() != lorawan.BillingSale {
		t.Errorf("a counter left out is 0: %+v", u)
	}
	empty := decode(t, []byte(`{"end_device_ids":{"dev_eui":"0004A30B001C0530"},"uplink_message":{"f_cnt":3}}`))
	if b := empty.Billing(); b != lorawan.BillingEmpty {
		t.Error(b)
	}
}

func TestMalformedMessagesAreRefusedAndNotQuoted(t *testing.T) {
	for _, payload := range []string{
		"", "{}", "[]", `{"end_device_ids":{}}`, `{"end_device_ids":{"dev_eui":"secret"}}`,
		`{"end_device_ids":{"dev_eui":"0004A30B001C0530"},"uplink_message":{"f_cnt":1},"join_accept":{}}`,
		`{"end_device_ids":{"dev_eui":"0004A30B001C0530"},"uplink_message":{"f_cnt":1,"f_cnt":2}}`,
		`{"end_device_ids":{"dev_eui":"0004A30B001C0530"},"uplink_message":{"frm_payload":"se*cret"}}`,
		`{"result":{"result":{"end_device_ids":{"dev_eui":"0004A30B001C0530"}}}}`,
	} {
		u := lorawan.Uplink{Network: "n"}
		err := Decode([]byte(payload), &u)
		if !errors.Is(err, lorawan.ErrMalformed) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", payload, err)
		}
		if d := cmp.Diff(lorawan.Uplink{Network: "n"}, u); d != "" {
			t.Errorf("%q: %s", payload, d)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, file := range []string{"tts-up-01-starter-kit-2025.json", "tts-doc-join.json", "tts-doc-downlink-ack.json"} {
		f.Add(read(f, file))
	}
	for _, text := range invented {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"end_device_ids":{"dev_eui":"0000000000000000"},"received_at":{}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var u lorawan.Uplink
		if Decode(payload, &u) != nil || u.Odd > 0 { // of odd members FuzzDescriptiveMembers tells what is left
			return
		}
		if !json.Valid(payload) || len(u.Object) > 0 && !json.Valid(u.Object) {
			t.Fatalf("accepted %q", payload)
		}
		var top map[string]json.RawMessage
		if json.Unmarshal(payload, &top) != nil || bytes.HasPrefix(top["data"], []byte("{")) || bytes.HasPrefix(top["result"], []byte("{")) {
			return
		}
		if d := cmp.Diff(canonical(t, oracle{t}.read(payload)), canonical(t, u), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s\n%s", d, payload)
		}
	})
}
