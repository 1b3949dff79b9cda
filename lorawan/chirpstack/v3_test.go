package chirpstack

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/google/go-cmp/cmp"
)

// captures lists the events a real server published with a marshaler: file and
// topic.
func captures(t testing.TB, marshaler string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/v3", marshaler, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	topics := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if cols := strings.Split(line, "\t"); len(cols) > 2 && cols[0] != "file" {
			topics[cols[0]] = cols[2]
		}
	}
	if len(topics) < 11 {
		t.Fatalf("%d captures", len(topics))
	}
	return topics
}

func decodeV3(t testing.TB, payload []byte) lorawan.Uplink {
	t.Helper()
	var u lorawan.Uplink
	if err := DecodeV3(payload, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestEventsOfARealV3AreReadInEveryMarshaler(t *testing.T) {
	tpl, err := lorawan.ParseTemplate("application/{application_id}/device/{dev_eui}/event/{event}")
	if err != nil {
		t.Fatal(err)
	}
	for _, marshaler := range []string{"json", "json_v3", "protobuf"} {
		for file, topic := range captures(t, marshaler) {
			t.Run(marshaler+"/"+file, func(t *testing.T) {
				payload := read(t, filepath.Join("v3", marshaler, file))
				dev, event, _ := tpl.Route(topic)
				u := decodeV3(t, payload)
				if u.DevEUI != dev || u.Event != event {
					t.Fatalf("%s of %s, topic %s", u.Event, u.DevEUI, topic)
				}
				if scanned, ok := lorawan.ScanDevEUI(payload); !ok || scanned != dev {
					t.Errorf("scanning finds %s", scanned)
				}
				if event != lorawan.EventUp {
					return
				}
				if u.Billing() != lorawan.BillingSale || u.FPort == 0 || len(u.Data) == 0 || u.DR != 5 || u.Frequency < 860e6 ||
					u.RSSI != -71 || u.SNR != 7.5 || u.Gateways != 1 || u.Gateway.IsZero() {
					t.Errorf("%+v", u)
				}
				if named := marshaler != "json_v3"; named != (u.Session != "") || named == u.Received.IsZero() {
					t.Errorf("session %q, received %s", u.Session, u.Received)
				}
			})
		}
	}
}

func TestTheMarshalersOfV3Agree(t *testing.T) {
	find := func(marshaler, device string, fCnt uint32) lorawan.Uplink {
		for file, topic := range captures(t, marshaler) {
			if strings.Contains(topic, device+"/event/up") {
				if u := decodeV3(t, read(t, filepath.Join("v3", marshaler, file))); u.FCnt == fCnt {
					return u
				}
			}
		}
		t.Fatalf("no uplink %d of …%s in %s", fCnt, device, marshaler)
		return lorawan.Uplink{}
	}
	objects := 0
	for _, device := range []string{"0001", "0002", "0003", "0004"} {
		one, two, three := find("json", device, 0), find("json_v3", device, 0), find("protobuf", device, 0)
		for _, other := range []lorawan.Uplink{two, three} {
			if !bytes.Equal(one.Data, other.Data) || one.FPort != other.FPort || one.ADR != other.ADR {
				t.Errorf("device %s: %+v and %+v", device, one, other)
			}
			var a, b any
			if len(one.Object) > 0 {
				objects++
				if err := errors.Join(json.Unmarshal(one.Object, &a), json.Unmarshal(other.Object, &b)); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(a, b); d != "" {
				t.Errorf("device %s: %s", device, d)
			}
		}
	}
	if objects == 0 {
		t.Error("no object was compared")
	}
}

func TestAnEUIInBase64IsRead(t *testing.T) {
	u := decodeV3(t, read(t, "v3/v3-json-up-01-innotas.json"))
	want := lorawan.Uplink{
		Event: lorawan.EventUp, DevEUI: lorawan.DevEUI{0xb0, 0xb3, 0x53, 0xff, 0xfe, 0x40, 0x36, 0x6a},
		DevAddr: lorawan.DevAddr{0x01, 0x42, 0x0a, 0x61}, Session: "01420a61", FCnt: 300, FPort: 3, Confirmed: true, ADR: true, DR: 5, HasDR: true, Application: []byte("201"),
		Bandwidth: 125000, SpreadingFactor: 7, CodeRate: "4/5",
		Data: []byte{0, 0, 3, 0x8d}, Gateway: at("2022-07-11T10:44:40.458589Z"), Frequency: 868100000, RSSI: -98, SNR: 8.2, Gateways: 1,
	}
	if d := cmp.Diff(want, u); d != "" {
		t.Error(d)
	}
	marine := decodeV3(t, read(t, "v3/v3-jsonv3-up-01-marine.json"))
	if marine.DevEUI.String() != "2222222222222222" || marine.DR != 4 || marine.FPort != 1 || len(marine.Object) == 0 {
		t.Errorf("%+v", marine)
	}
}

func TestAnObjectTextThatIsNoObjectIsLeftOut(t *testing.T) {
	for text, want := range map[string]string{`""`: "", `"{\"a\":1}"`: `{"a":1}`, `"[1]"`: "", `"{\"a\":"`: "", `"null"`: "", `"NaN"`: ""} {
		u := decodeV3(t, []byte(`{"devEUI":"0101010101010101","fPort":1,"data":"qg==","objectJSON":`+text+`}`))
		if string(u.Object) != want {
			t.Errorf("%s became %s", text, u.Object)
		}
	}
}

func TestMalformedEventsOfV3AreRefusedAndNotQuoted(t *testing.T) {
	for _, payload := range []string{
		"", "{}", `{"devEUI":"secret"}`, `{"devEUI":"secretsecr!="}`, `{"devEUI":"0101010101010101","devEUI":"0101010101010101"}`,
		`{"devEUI":"0101010101010101","devAddr":"secret!="}`, `{"devEUI":"0101010101010101","object":{},"objectJSON":"{}"}`,
		"\x08\x01\x22\x06secret", "\x08\x01\x22\x08\x01\x01\x01\x01\x01\x01\x01\x01\x50\x01\x50\x02",
	} {
		u := lorawan.Uplink{Network: "n"}
		err := DecodeV3([]byte(payload), &u)
		if !errors.Is(err, lorawan.ErrMalformed) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", payload, err)
		}
		if d := cmp.Diff(lorawan.Uplink{Network: "n"}, u); d != "" {
			t.Errorf("%q: %s", payload, d)
		}
	}
}

func FuzzDecodeV3(f *testing.F) {
	for _, marshaler := range []string{"json", "json_v3", "protobuf"} {
		for file := range captures(f, marshaler) {
			f.Add(read(f, filepath.Join("v3", marshaler, file)))
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var u lorawan.Uplink
		if DecodeV3(payload, &u) == nil && len(u.Object) > 0 && !json.Valid(u.Object) {
			t.Errorf("object %q", u.Object)
		}
	})
}
