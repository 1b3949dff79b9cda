package detect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/gw"
	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/format"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/thingpark"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const (
	ChirpStackV4 = "chirpstack-v4"
	ChirpStackV3 = "chirpstack-v3"
	TheThings    = "the-things-stack"
	Gateway      = "gateway"
)

// families lists where the events of each format lie.
var families = map[string][]string{
	ChirpStackV4:          {"../chirpstack/testdata/v4-*.json"},
	ChirpStackV3:          {"../chirpstack/testdata/v3/*.json", "../chirpstack/testdata/v3/*/*.json", "../chirpstack/testdata/v3/*/*.pb", "testdata/http/*.http"},
	TheThings:             {"../thethings/testdata/*.json"},
	thingpark.Format.Name: {"../thingpark/testdata/*.json"},
	Gateway:               {"testdata/gateway/*.json"},
}

func all(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
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
		const every = lorawan.FieldValues | lorawan.FieldData | lorawan.FieldLink
		reading := u.Reading(time.Unix(1, 0))
		before := fmt.Sprintf("%+v %s", reading, reading.AppendJSON(nil, every))
		clear(payload) // what is sold waits for the disk, and its payload's memory is used again
		if after := fmt.Sprintf("%+v %s", reading, reading.AppendJSON(nil, every)); after != before {
			t.Errorf("%s: the reading changed with its payload from\n%s to\n%s", file, before, after)
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
	for _, frame := range []proto.Message{
		&gw.UplinkFrame{PhyPayload: bytes.Repeat([]byte{0x40}, 36), TxInfo: &gw.UplinkTxInfo{}, RxInfo: &gw.UplinkRxInfo{}},
		&integration.LogEvent{Description: "x", DeviceInfo: &integration.DeviceInfo{DevEui: "0101010101010101"}},
		&integration.TxAckEvent{DownlinkId: 7, DeviceInfo: &integration.DeviceInfo{DevEui: "0101010101010101"}},
	} {
		b, err := proto.Marshal(frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := string(payload)
		u := lorawan.Uplink{Network: "n"}
		err := Decode(payload, &u)
		if before != string(payload) {
			t.Error("the payload was changed")
		}
		if err != nil {
			if d := cmp.Diff(lorawan.Uplink{Network: "n"}, u); d != "" || !errors.Is(err, lorawan.ErrMalformed) {
				t.Errorf("%v left %s", err, d)
			}
			return
		}
		// Whatever an uplink held before, decoding gives the same.
		again := lorawan.Uplink{Network: "n", FCnt: 7, Object: []byte("x"), Gateways: 3, Encrypted: true, Owner: "x"}
		if err := Decode(payload, &again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(u, again); d != "" {
			t.Error(d)
		}
		if u.Billing() == lorawan.BillingSale && (u.FPort == 0 || u.Simulated) || len(u.Object) > 0 && !json.Valid(u.Object) {
			t.Errorf("%+v", u)
		}
		reading := u.Reading(time.Unix(1, 0))
		if sold := reading.AppendJSON([]byte("{"), lorawan.FieldValues|lorawan.FieldData|lorawan.FieldLink); !json.Valid(append(sold, '}')) || bytes.IndexByte(sold, '\n') >= 0 {
			t.Errorf("sold as %s", sold)
		}
	})
}

func TestRequestsOfTheHTTPIntegrationAreRead(t *testing.T) {
	index, err := os.ReadFile("testdata/http/index.tsv")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(index)) {
		cols := strings.Split(line, "\t")
		if cols[0] == "file" {
			continue
		}
		seen++
		raw, err := os.ReadFile("testdata/http/" + cols[0])
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if r.URL.String() != cols[2] {
			t.Errorf("%s asks for %s", cols[0], r.URL)
		}
		var u lorawan.Uplink
		if err := Decode(body, &u); err != nil {
			t.Errorf("%s: %v", cols[0], err)
		}
		var e struct {
			DevEUI        []byte `json:"devEUI"`
			Data          []byte `json:"data"`
			ApplicationID string `json:"applicationID"`
			FCnt          uint32 `json:"fCnt"`
			PublishedAt   time.Time
		}
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatal(err)
		}
		if u.Event != lorawan.EventOf(r.URL.Query().Get("event")) || !bytes.Equal(u.DevEUI[:], e.DevEUI) || !bytes.Equal(u.Data, e.Data) ||
			string(u.Application) != e.ApplicationID || u.FCnt != e.FCnt || !u.Received.Equal(e.PublishedAt) {
			t.Errorf("%s: %+v", cols[0], u)
		}
	}
	if seen != 3 {
		t.Errorf("%d requests", seen)
	}
}

func TestTheOrderOfMembersDoesNotMatter(t *testing.T) {
	for payload, want := range map[string]string{
		`{"gatewayId":"0016c001f153a14c","downlinkId":7,"deviceInfo":{"devEui":"0101010101010101"}}`: ChirpStackV4,
		`{"gatewayID":"ABbAAfFToUw=","fCnt":7,"devEUI":"AQEBAQEBAQE="}`:                              ChirpStackV3,
		`{"gatewayID":"ABbAAfFToUw=","state":"ONLINE"}`:                                              Gateway,
		`{"data":{"a":1},"end_device_ids":{"dev_eui":"0101010101010101"}}`:                           TheThings,
		`{"name":"x","data":{"received_at":"","end_device_ids":{}}}`:                                 TheThings,
		`{"data":{"a":1}}`:                       Unknown,
		`{"gatewayId":"0016c001f153a14c","x":[}`: Unknown,
	} {
		if got := Of([]byte(payload)); got != want {
			t.Errorf("%s is taken for %s", payload, got)
		}
	}
}

func TestAGatewaysProtobufIsToldFromAnEvent(t *testing.T) {
	for _, tx := range []*gw.UplinkTxInfo{{Frequency: 868100000}, {Frequency: 868100000, Modulation: &gw.Modulation{}}} { // the second has 8 bytes, as an EUI
		frame := &gw.UplinkFrame{PhyPayload: bytes.Repeat([]byte{0x40}, 36), TxInfo: tx, RxInfo: &gw.UplinkRxInfo{GatewayId: "0016c001f153a14c"}}
		b, err := proto.Marshal(frame)
		if err != nil {
			t.Fatal(err)
		}
		if got := Of(b); got != Gateway {
			t.Errorf("it is taken for %s", got)
		}
	}
}

// The topics under which captures came, where they are known.
func TestACapturesTopicAgreesWithItsBody(t *testing.T) {
	for file, where := range map[string][2]string{
		"../chirpstack/testdata/v4-up-04-two-gateways.json":     {"application/{{application_id}}/device/{{dev_eui}}/event/{{event}}", "application/3ef9e6b9-ec54-4eda-86b8-a5fb46899f39/device/ffffff200000b703/event/up"},
		"../thethings/testdata/tts-up-01-starter-kit-2025.json": {"v3/{application_id}@{tenant_id}/devices/{device_id}/{event}", "v3/starter-kit@docs-test-account/devices/eui-70b3d52dd600035a/up"},
		"../chirpstack/testdata/v3/v3-jsonv3-up-01-marine.json": {"application/{{ .ApplicationID }}/device/{{ .DevEUI }}/rx", "application/156/device/2222222222222222/rx"},
		"../chirpstack/testdata/v3/v3-json-up-01-innotas.json":  {"application/{application_id}/device/{dev_eui}/{event}", "application/201/device/b0b353fffe40366a/rx"},
	} {
		template, err := lorawan.ParseTemplate(where[0])
		if err != nil {
			t.Fatal(err)
		}
		topic, ok := template.Read(where[1])
		if !ok {
			t.Errorf("%s is not read", where[1])
		}
		var u lorawan.Uplink
		if err := Decode(read(t, file), &u); err != nil {
			t.Fatal(err)
		}
		if err := topic.Check(&u); err != nil || string(u.Application) != topic.Application || template.NamesEvent() && topic.Event != lorawan.EventUp {
			t.Errorf("%s under %s: %v", file, where[1], err)
		}
		u.Application = append(bytes.Clone(u.Application[:len(u.Application)-1]), '#')
		if err := topic.Check(&u); !errors.Is(err, lorawan.ErrTopic) {
			t.Errorf("another application's under %s: %v", where[1], err)
		}
	}
}

// A further server is one folder and one line of the list: this one is of nobody.
var toy = format.Format{
	Name: "toy", About: "a toy",
	Member: func(key []byte, value scan.Reader) format.Sign {
		if string(key) == "toy" && value.IsObject() {
			return format.Sure
		}
		return format.None
	},
	Protobuf: func(payload []byte) bool { return bytes.HasPrefix(payload, []byte("\x7a\x03toy")) },
	Decode: func(_ []byte, u *lorawan.Uplink) error {
		*u = lorawan.Uplink{Network: u.Network, Event: lorawan.EventUp}
		return nil
	},
}

func TestAFurtherFormatIsOneFolderAndOneLine(t *testing.T) {
	with := append(slices.Clone(All), toy)
	for payload, want := range map[string]string{`{"n":1,"toy":{"dev_eui":"0101010101010101"}}`: "toy", "\x7a\x03toy": "toy", `{"toy":1}`: Unknown} {
		u := lorawan.Uplink{Network: "n"}
		if err := with.Decode([]byte(payload), &u); with.Of([]byte(payload)) != want || (err == nil) != (want == "toy") || Of([]byte(payload)) != Unknown {
			t.Errorf("%q: %s, %v", payload, with.Of([]byte(payload)), err)
		}
	}
	for file, want := range all(t) {
		if got := with.Of(read(t, file)); got != want {
			t.Errorf("%s is taken for %s once there is a toy", file, got)
		}
	}
}

func TestASourceMayNameItsFormat(t *testing.T) {
	event := read(t, "../chirpstack/testdata/v4-doc-up.json")
	for _, name := range Names() {
		decode, err := Decoder(name)
		if err != nil {
			t.Fatal(err)
		}
		var u lorawan.Uplink
		if err := decode(event, &u); (err == nil) != (name == Auto || name == ChirpStackV4) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Decoder("chirpstack"); err == nil || !strings.Contains(err.Error(), ChirpStackV4) {
		t.Errorf("an unknown format: %v", err)
	}
}

func TestTheDocumentListsTheFormats(t *testing.T) {
	doc, err := os.ReadFile("../../docs/intake.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("|---|---|\n| `auto` | any of them |\n")
	for _, f := range All {
		want.WriteString("| `" + f.Name + "` | " + f.About + " |\n")
	}
	if !strings.Contains(string(doc), want.String()) {
		t.Errorf("docs/intake.md does not hold\n%s", want.String())
	}
}
