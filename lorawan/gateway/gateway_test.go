package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"github.com/chirpstack/chirpstack/api/go/v4/gw"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/oddity"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// frames reads the captures: a ChirpStack v4 with its Gateway Bridge in both
// versions (v3-json-*, v4-json-*), and the example of ChirpStack's documentation.
func frames(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no captures %s (%v)", pattern, err)
	}
	all := map[string][]byte{}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(n)] = b
	}
	return all
}

func TestTopicsAreMatchedByTheirEnd(t *testing.T) {
	id := lorawan.DevEUI{0xbe, 0, 0, 0, 0, 0xff, 0, 1}
	for _, c := range []struct {
		topic string
		kind  Kind
	}{
		{"eu868/gateway/be00000000ff0001/event/up", Up},
		{"gateway/be00000000ff0001/event/up", Up},
		{"a/b/gateway/BE00000000FF0001/event/up", Up},
		{"eu868/gateway/be00000000ff0001/command/down", Down},
		{"eu868/gateway/be00000000ff0001/event/stats", Other},
		{"eu868/gateway/be00000000ff0001/event/mesh", Other},
		{"gateway/be00000000ff0001/state/conn", Other},
		{"gateway/be00000000ff00/event/up", NoTopic},
		{"gateway/be00000000ff0001/up", NoTopic},
		{"event/up", NoTopic},
		{"up", NoTopic},
		{"", NoTopic},
	} {
		got, kind := ParseTopic(c.topic)
		if kind != c.kind || kind != NoTopic && got != id {
			t.Errorf("%q: got %v of %s, want %v", c.topic, kind, got, c.kind)
		}
	}
	for prefix, want := range map[string]string{"": "+/gateway/+/event/+", "eu868/gateway/": "eu868/gateway/+/event/+"} {
		if all, err := Subscriptions(prefix); err != nil || all[0] != want {
			t.Errorf("prefix %q: %v, %v", prefix, all, err)
		}
	}
	if _, err := Subscriptions("+/gateway"); err == nil {
		t.Error("a wildcard was taken for a prefix")
	}
}

// of says what a v4 frame of the official package should decode to.
func of(f *gw.UplinkFrame) Reception {
	rx := Reception{
		PHY: f.PhyPayload, Frequency: f.TxInfo.GetFrequency(), RSSI: int(f.RxInfo.GetRssi()), SNR: float64(f.RxInfo.GetSnr()), CRC: CRC(f.RxInfo.GetCrcStatus()),
		Bandwidth: f.TxInfo.GetModulation().GetLora().GetBandwidth(), SF: uint8(f.TxInfo.GetModulation().GetLora().GetSpreadingFactor()),
		Bitrate: f.TxInfo.GetModulation().GetFsk().GetDatarate(),
	}
	if h := f.TxInfo.GetModulation().GetLrFhss(); h != nil {
		rx.LRFHSS, rx.Bandwidth = true, h.OperatingChannelWidth
	}
	if f.RxInfo.GetGwTime() != nil {
		rx.Time = f.RxInfo.GwTime.AsTime()
	}
	return rx
}

func decoded(t *testing.T, payload []byte) Reception {
	t.Helper()
	var rx Reception
	if err := Decode(payload, &rx); err != nil {
		t.Fatalf("%.80q: %v", payload, err)
	}
	return rx
}

func TestV4FramesDecodeAsTheOfficialPackageDoes(t *testing.T) {
	all := frames(t, "v4-json-*.up.json")
	all["doc"] = []byte(strings.Replace(string(frames(t, "v4-gw-doc-up.json")["v4-gw-doc-up.json"]), `"time"`, `"gwTime"`, 1)) // its name since 4.6
	var list []*gw.UplinkFrame
	for name, text := range all {
		f := new(gw.UplinkFrame)
		if err := protojson.Unmarshal(text, f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list = append(list, f)
	}
	at := timestamppb.New(time.Date(2026, 11, 22, 20, 0, 0, 5, time.UTC))
	for _, m := range []*gw.Modulation{
		{Parameters: &gw.Modulation_Fsk{Fsk: &gw.FskModulationInfo{FrequencyDeviation: 25000, Datarate: 50000}}},
		{Parameters: &gw.Modulation_LrFhss{LrFhss: &gw.LrFhssModulationInfo{OperatingChannelWidth: 137000, GridSteps: 8}}},
		{Parameters: &gw.Modulation_Lora{Lora: &gw.LoraModulationInfo{Bandwidth: 500000, SpreadingFactor: 8, CodeRate: gw.CodeRate_CR_4_5}}},
		nil,
	} {
		list = append(list, &gw.UplinkFrame{PhyPayload: []byte{0x40, 1, 2, 3, 4}, TxInfo: &gw.UplinkTxInfo{Frequency: 4_000_000_000, Modulation: m},
			RxInfo:       &gw.UplinkRxInfo{GatewayId: "0102030405060708", Rssi: -137, Snr: -20.25, GwTime: at, CrcStatus: gw.CRCStatus_BAD_CRC},
			TxInfoLegacy: &gw.UplinkTxInfoLegacy{Frequency: 1}, RxInfoLegacy: &gw.UplinkRxInfoLegacy{Rssi: -1}}) // as with v4_migrate
	}
	for i, f := range list {
		want := of(f)
		pb, err := proto.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		js, err := protojson.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, payload := range [][]byte{pb, js} {
			got := decoded(t, payload)
			got.SNR = float64(float32(got.SNR)) // the package has 32 bits of it
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("frame %d (-official +ours):\n%s", i, diff)
			}
			if h, ok := Peek(payload); !ok && len(f.PhyPayload) >= 6 || ok && h.DevAddr != (lorawan.DevAddr{f.PhyPayload[4], f.PhyPayload[3], f.PhyPayload[2], f.PhyPayload[1]}) {
				t.Errorf("frame %d: the peek gives %v %v", i, h, ok)
			}
		}
	}
}

func TestV3FramesDecode(t *testing.T) {
	for name, text := range frames(t, "v3-json-*.up.json") {
		var want struct {
			PhyPayload []byte
			TxInfo     struct {
				Frequency          uint32
				LoRaModulationInfo struct{ Bandwidth, SpreadingFactor uint32 }
			}
			RxInfo struct {
				Time    time.Time
				RSSI    int
				LoRaSNR float64
			}
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		lora := want.TxInfo.LoRaModulationInfo
		expect := Reception{PHY: want.PhyPayload, Frequency: want.TxInfo.Frequency, Bandwidth: 1000 * lora.Bandwidth, SF: uint8(lora.SpreadingFactor),
			RSSI: want.RxInfo.RSSI, SNR: want.RxInfo.LoRaSNR, Time: want.RxInfo.Time, CRC: CRCOK}
		if diff := cmp.Diff(expect, decoded(t, text)); diff != "" {
			t.Errorf("%s JSON:\n%s", name, diff)
		}
		pb, err := proto.Marshal(&gw.UplinkFrame{PhyPayload: want.PhyPayload,
			TxInfoLegacy: &gw.UplinkTxInfoLegacy{Frequency: want.TxInfo.Frequency, Modulation: common.Modulation_LORA,
				ModulationInfo: &gw.UplinkTxInfoLegacy_LoraModulationInfo{LoraModulationInfo: &gw.LoraModulationInfo{Bandwidth: lora.Bandwidth, SpreadingFactor: lora.SpreadingFactor, CodeRateLegacy: "4/5"}}},
			RxInfoLegacy: &gw.UplinkRxInfoLegacy{GatewayId: []byte("gateway0"), Time: timestamppb.New(want.RxInfo.Time), Rssi: int32(want.RxInfo.RSSI), LoraSnr: want.RxInfo.LoRaSNR, CrcStatus: gw.CRCStatus_CRC_OK}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expect, decoded(t, pb)); diff != "" {
			t.Errorf("%s protobuf:\n%s", name, diff)
		}
	}
}

func TestADownlinkGivesItsFrames(t *testing.T) {
	f := &gw.DownlinkFrame{DownlinkId: 7, GatewayId: "0102030405060708", Items: []*gw.DownlinkFrameItem{{PhyPayload: []byte{0x20, 1}}, {PhyPayload: []byte{0x20, 2}}}}
	pb, _ := proto.Marshal(f)
	js, _ := protojson.Marshal(f)
	v3 := []byte(`{"phyPayload":"IAE=","gatewayID":"AQIDBAUGBwg=","items":[{"phyPayload":"IAI=","txInfo":null}],"token":1}`)
	for _, payload := range [][]byte{pb, js, v3} {
		got, err := Downlinks(payload)
		if err != nil || !slices.EqualFunc(got, [][]byte{{0x20, 1}, {0x20, 2}}, bytes.Equal) {
			t.Errorf("%q: %x, %v", payload, got, err)
		}
	}
	if _, err := Downlinks([]byte(`{"items":1}`)); !errors.Is(err, lorawan.ErrMalformed) {
		t.Errorf("no downlink: %v", err)
	}
}

func TestWhatIsNoFrameIsRefused(t *testing.T) {
	for _, bad := range []string{
		"", "{", "{}", `{"phyPayload":""}`, `{"phyPayload":"%"}`, `{"phyPayload":"QAA=","phyPayload":"QAA="}`,
		"\x0a\x05ab", "\x12\x00", "\x0a\x01a\x0a\x01b",
	} {
		var rx Reception
		if err := Decode([]byte(bad), &rx); !errors.Is(err, lorawan.ErrMalformed) || rx.PHY != nil {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWhatCannotBeOfAReceptionIsLeftOut(t *testing.T) {
	for _, odd := range []string{`{"phyPayload":"QAA=","rxInfo":{"rssi":-1e9}}`, "\x0a\x01a\x2a\x05\x3d\x00\x00\xc0\x7f", `{"phyPayload":"QAA=","rxInfo":{"time":"yesterday"}}`} {
		var rx Reception
		if err := Decode([]byte(odd), &rx); err != nil || rx.Odd != 1 || rx.RSSI != 0 || rx.SNR != 0 || !rx.Time.IsZero() {
			t.Errorf("%q: %+v, %v", odd, rx, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, b := range frames(f, "*.json") {
		f.Add(b)
	}
	f.Add([]byte("\x0a\x06\x40\x01\x02\x03\x04\x00\x22\x05\x08\x80\x80\x80\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var rx Reception
		err := Decode(b, &rx)
		if err == nil && len(rx.PHY) == 0 {
			t.Fatal("no frame and no error")
		}
		if h, ok := Peek(b); ok && err == nil && len(rx.PHY) >= 6 && !bytes.Contains(b, []byte(`phyPayload":"`)) && !lorawan.IsJSON(b) {
			if want := (lorawan.DevAddr{rx.PHY[4], rx.PHY[3], rx.PHY[2], rx.PHY[1]}); h.DevAddr != want {
				t.Fatalf("peek %s, decode %s", h.DevAddr, want)
			}
		}
		_, _ = Downlinks(b)
	})
}

func BenchmarkPeekAtAForeignFrame(b *testing.B) {
	r, _ := RegionOf("EU868")
	reg := NewRegistry(r)
	payload := frames(b, "v4-json-01.up.json")["v4-json-01.up.json"]
	b.ReportAllocs()
	for b.Loop() {
		h, ok := Peek(payload)
		if !ok || reg.Known(h.DevAddr) {
			b.Fatal("not foreign")
		}
	}
}

// Only the frame decides whether a gateway's message is one.
func TestNothingThatOnlyDescribesAReceptionLosesTheFrame(t *testing.T) {
	asUplink := func(payload []byte) (u lorawan.Uplink, err error) {
		var rx Reception
		err = Decode(payload, &rx)
		u.Data = rx.PHY
		return u, err
	}
	var asJSON, asProtobuf [][]byte
	for name, b := range frames(t, "*up.json") {
		asJSON = append(asJSON, b)
		if !strings.HasPrefix(name, "v4-") {
			continue
		}
		var f gw.UplinkFrame
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(b, &f); err != nil {
			t.Fatal(err)
		}
		pb, err := proto.Marshal(&f)
		if err != nil {
			t.Fatal(err)
		}
		asProtobuf = append(asProtobuf, pb)
	}
	if len(asProtobuf) < 3 {
		t.Fatalf("%d frames in protobuf", len(asProtobuf))
	}
	oddity.Test(t, asJSON, oddity.Set("phyPayload"), asUplink)
	oddity.Protobuf(t, asProtobuf, oddity.Set("1"), oddity.Set("2", "3", "4", "5", "4.2", "4.2.3", "2.3"), asUplink)
}
