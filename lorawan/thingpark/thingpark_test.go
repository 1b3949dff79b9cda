package thingpark

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/oddity"
)

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func one(payload []byte) (u lorawan.Uplink, err error) {
	err = Decode(payload, &u)
	return u, err
}

func decode(t testing.TB, payload []byte) lorawan.Uplink {
	t.Helper()
	u, err := one(payload)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// members are the document's own, whatever stands around them, numbers in strings or not.
func members(t testing.TB, payload []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(payload, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) == 1 {
		for _, inner := range all {
			all = inner.(map[string]any)
		}
	}
	return all
}

func number(t testing.TB, v any) float64 {
	t.Helper()
	if text, ok := v.(string); ok {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return v.(float64)
}

var uplinks = []string{"doc-uplink-text-numbers.json", "doc-uplink-decoded.json", "doc-uplink-legacy.json", "wiki-uplink-encrypted.json"}

func TestPublishedUplinksAreRead(t *testing.T) {
	for _, file := range uplinks {
		payload := read(t, file)
		u, m := decode(t, payload), members(t, payload)
		text := func(name string) string { return strings.ToLower(m[name].(string)) }
		at, err := time.Parse(time.RFC3339Nano, m["Time"].(string))
		if err != nil {
			t.Fatal(err)
		}
		if u.Event != lorawan.EventUp || u.Billing() != lorawan.BillingSale || u.DevEUI.String() != text("DevEUI") || u.DevAddr.String() != text("DevAddr") || u.Session != text("DevAddr") ||
			hex.EncodeToString(u.Data) != text("payload_hex") || string(u.Tenant) != m["CustomerID"] || !u.Gateway.Equal(at) || !u.Received.IsZero() || u.Odd != 0 {
			t.Errorf("%s: %+v", file, u)
		}
		if float64(u.FPort) != number(t, m["FPort"]) || float64(u.FCnt) != number(t, m["FCntUp"]) || u.ADR != (number(t, m["ADRbit"]) == 1) || u.Confirmed != (number(t, m["MType"]) == 4) ||
			float64(u.SpreadingFactor) != number(t, m["SpFact"]) || float64(u.RSSI) != number(t, m["LrrRSSI"]) || u.SNR != number(t, m["LrrSNR"]) ||
			float64(u.Gateways) != number(t, m["DevLrrCnt"]) {
			t.Errorf("%s: %+v", file, u)
		}
		if hz, ok := m["Frequency"]; ok != (u.Frequency != 0) || ok && float64(u.Frequency) != number(t, hz)*1e6 {
			t.Errorf("%s: %d Hz", file, u.Frequency)
		}
		var object map[string]any
		_ = json.Unmarshal(u.Object, &object)
		if want, _ := m["payload"].(map[string]any); len(want) != len(object) || len(want) > 0 && object["temperature"] != want["temperature"] {
			t.Errorf("%s: object %s", file, u.Object)
		}
	}
}

// The guide's own answer to its own document.
func TestAPayloadWithItsKeyIsEncrypted(t *testing.T) {
	payload := read(t, "wiki-uplink-encrypted.json")
	u := decode(t, payload)
	if !u.Encrypted {
		t.Fatal("it is not told")
	}
	key, err := lorawan.ParseKey(members(t, payload)["AppSKey"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if plain := lorawan.DecryptPayload(key, u.DevAddr, u.FCnt, u.Data); string(plain) != "HELLO" {
		t.Errorf("%q", plain)
	}
	for encryption, want := range map[string]bool{"0": false, `"0"`: false, "1": true} {
		text := strings.Replace(string(payload), `"AppSKey"`, `"PayloadEncryption": `+encryption+`, "AppSKey"`, 1)
		if u := decode(t, []byte(text)); u.Encrypted != want {
			t.Errorf("PayloadEncryption %s: encrypted %v", encryption, u.Encrypted)
		}
	}
}

func TestOtherDocumentsAreNoUplinks(t *testing.T) {
	for file, want := range map[string]lorawan.Event{"doc-join-request.json": lorawan.EventJoin, "doc-notification-join.json": lorawan.EventJoin,
		"doc-notification-status.json": lorawan.EventStatus, "doc-location.json": lorawan.EventLocation} {
		payload := read(t, file)
		u := decode(t, payload)
		if u.Event != want || u.Billing() != lorawan.BillingNotUplink || u.DevEUI.String() != strings.ToLower(members(t, payload)["DevEUI"].(string)) {
			t.Errorf("%s: %+v", file, u)
		}
	}
	at := decode(t, read(t, "doc-location.json")).Location
	if at != (lorawan.Location{Latitude: 10.11212, Longitude: 7.44464, Altitude: 50, Accuracy: 100, Source: lorawan.LocationNetwork}) {
		t.Errorf("%+v", at)
	}
}

func TestTheOwnersTagIsRead(t *testing.T) {
	owner := "0x" + strings.Repeat("5a", 20)
	text := strings.Replace(string(read(t, "doc-uplink-text-numbers.json")), `"site=Paris"`, `"site=Paris", 7, "dbdao_owner=`+owner+`"`, 1)
	if u := decode(t, []byte(text)); u.Owner != owner {
		t.Errorf("%q", u.Owner)
	}
}

func TestWhatIdentifiesAReadingMustBeSound(t *testing.T) {
	base := members(t, read(t, "doc-uplink-decoded.json"))
	for name, value := range map[string]any{"DevEUI": "0018B2", "DevAddr": "xyz", "FPort": 256, "FCntUp": -1, "payload_hex": "abc", "PayloadEncryption": "x", "FCntUp ": nil, "DevEUI ": nil} {
		m := maps.Clone(base)
		if key, gone := strings.CutSuffix(name, " "); gone {
			delete(m, key)
		} else {
			m[name] = value
		}
		payload, err := json.Marshal(map[string]any{"DevEUI_uplink": m})
		if err != nil {
			t.Fatal(err)
		}
		u := lorawan.Uplink{Network: "n", FCnt: 4}
		if err := Decode(payload, &u); !errors.Is(err, lorawan.ErrMalformed) || u.FCnt != 0 || u.Network != "n" {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := strings.Replace(string(read(t, "doc-uplink-decoded.json")), `"FCntUp": 265`, `"FCntUp": 265, "FCntUp": 266`, 1)
	if _, err := one([]byte(twice)); !errors.Is(err, lorawan.ErrMalformed) {
		t.Errorf("two counters: %v", err)
	}
}

var deciding = oddity.Set("DevEUI_uplink", "DevEUI_uplink.DevEUI", "DevEUI_uplink.DevAddr", "DevEUI_uplink.FPort", "DevEUI_uplink.FCntUp", "DevEUI_uplink.payload_hex",
	"DevEUI_uplink.PayloadEncryption", "DevEUI_uplink.AppSKey")

func odd(t testing.TB) [][]byte {
	return [][]byte{read(t, "doc-uplink-text-numbers.json"), read(t, "doc-uplink-decoded.json"), read(t, "wiki-uplink-encrypted.json")}
}

func TestNoMemberThatOnlyDescribesLosesAnUplink(t *testing.T) {
	oddity.Test(t, odd(t), deciding, one)
}
func FuzzDescriptiveMembers(f *testing.F) { oddity.Fuzz(f, odd(f), deciding, one) }

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 8 {
		f.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		u := lorawan.Uplink{Network: "n"}
		switch err := Decode(payload, &u); {
		case err != nil && !errors.Is(err, lorawan.ErrMalformed):
			t.Fatal(err)
		case err == nil && (!json.Valid(payload) || u.DevEUI == (lorawan.DevEUI{}) && !strings.Contains(string(payload), "0000000000000000")):
			t.Fatalf("%q was taken for %+v", payload, u)
		}
	})
}
