package detect

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// families lists where the events of each format lie.
var families = map[Format][]string{
	ChirpStackV4: {"../chirpstack/testdata/v4-*.json"},
	ChirpStackV3: {"../chirpstack/testdata/v3/*.json", "../chirpstack/testdata/v3/*/*.json", "../chirpstack/testdata/v3/*/*.pb", "testdata/http/*.http"},
	TheThings:    {"../thethings/testdata/*.json"},
	Gateway:      {"testdata/gateway/*.json"},
}

func all(t testing.TB) map[string]Format {
	t.Helper()
	files := map[string]Format{}
	for format, patterns := range families {
		for _, p := range patterns {
			found, err := filepath.Glob(p)
			if err != nil || len(found) == 0 {
				t.Fatalf("%s: %d files, %v", p, len(found), err)
			}
			for _, f := range found {
				files[f] = format
			}
		}
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(file, ".http") {
		_, b, _ = bytes.Cut(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	}
	return b
}

func TestEveryCaptureIsToldApartAndDecoded(t *testing.T) {
	files := all(t)
	if len(files) < 60 {
		t.Errorf("%d files", len(files))
	}
	for file, want := range files {
		payload := read(t, file)
		if got := Of(payload); got != want {
			t.Errorf("%s is taken for %s", file, got)
			continue
		}
		var u lorawan.Uplink
		err := Decode(payload, &u)
		if want == Gateway {
			if !errors.Is(err, lorawan.ErrMalformed) {
				t.Errorf("%s: %v", file, err)
			}
			continue
		}
		if err != nil || u.DevEUI == (lorawan.DevEUI{}) || u.Event == lorawan.EventUnknown {
			t.Errorf("%s: %v %+v", file, err, u)
		}
		if named := strings.Contains(filepath.Base(file), "up"); named != (u.Event == lorawan.EventUp) {
			t.Errorf("%s is an event %s", file, u.Event)
		}
	}
}

func TestTheProtobufOfBothChirpStacksIsToldApart(t *testing.T) {
	messages := map[string]proto.Message{
		"up": new(integration.UplinkEvent), "join": new(integration.JoinEvent), "ack": new(integration.AckEvent), "txack": new(integration.TxAckEvent),
		"log": new(integration.LogEvent), "status": new(integration.StatusEvent), "location": new(integration.LocationEvent),
	}
	for event, m := range messages {
		payload := read(t, "../chirpstack/testdata/v4-doc-"+event+".json")
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(payload, m); err != nil {
			t.Fatal(err)
		}
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var u lorawan.Uplink
		if err := Decode(b, &u); err != nil || u.Event != lorawan.EventOf(event) || Of(b) != ChirpStackV4 {
			t.Errorf("%s: %s, %v, %s", event, Of(b), err, u.Event)
		}
	}
}

func TestWhatIsNobodysIsRefused(t *testing.T) {
	for _, payload := range []string{"", "{}", "x", `{"a":1}`, "\xff\xff", `{"data":"x"}`, "\x08\x01"} {
		u := lorawan.Uplink{Network: "n", FCnt: 4}
		if err := Decode([]byte(payload), &u); !errors.Is(err, lorawan.ErrMalformed) || u.FCnt != 0 || u.Network != "n" {
			t.Errorf("%q: %v", payload, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for file := range all(f) {
		f.Add(read(f, file))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := string(payload)
		var u lorawan.Uplink
		if err := Decode(payload, &u); err != nil && !errors.Is(err, lorawan.ErrMalformed) {
			t.Error(err)
		}
		if before != string(payload) {
			t.Error("the payload was changed")
		}
	})
}
