// Package v3official holds the decoder of ChirpStack v3 against the official
// protobuf package of v3. It is a package of its own because the official packages
// of v3 and v4 register the same names and cannot live in one program.
package v3official

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/brocaar/chirpstack-api/go/v3/as/integration"
	"github.com/brocaar/chirpstack-api/go/v3/common"
	"github.com/brocaar/chirpstack-api/go/v3/gw"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/chirpstack"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const testdata = "../testdata/v3"

// messages by the kind of event, as topics name it.
var messages = map[string]func() protoadapt.MessageV1{
	"up":          func() protoadapt.MessageV1 { return new(integration.UplinkEvent) },
	"join":        func() protoadapt.MessageV1 { return new(integration.JoinEvent) },
	"ack":         func() protoadapt.MessageV1 { return new(integration.AckEvent) },
	"txack":       func() protoadapt.MessageV1 { return new(integration.TxAckEvent) },
	"error":       func() protoadapt.MessageV1 { return new(integration.ErrorEvent) },
	"status":      func() protoadapt.MessageV1 { return new(integration.StatusEvent) },
	"location":    func() protoadapt.MessageV1 { return new(integration.LocationEvent) },
	"integration": func() protoadapt.MessageV1 { return new(integration.IntegrationEvent) },
}

// A capture is one event a real server published: its file's bytes and the topic.
type capture struct {
	file, topic, event string
	payload            []byte
}

func captures(t testing.TB, marshaler string) (all []capture) {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(testdata, marshaler, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(index)) {
		cols := strings.Split(strings.TrimSpace(line), "\t")
		if cols[0] == "file" {
			continue
		}
		payload, err := os.ReadFile(filepath.Join(testdata, marshaler, cols[0]))
		if err != nil {
			t.Fatal(err)
		}
		if size, _ := strconv.Atoi(cols[1]); size != len(payload) {
			t.Fatalf("%s has %d bytes, its index says %s", cols[0], len(payload), cols[1])
		}
		all = append(all, capture{cols[0], cols[2], cols[2][strings.LastIndexByte(cols[2], '/')+1:], payload})
	}
	if len(all) != 12 {
		t.Fatalf("%d captures", len(all))
	}
	return all
}

func decode(t testing.TB, payload []byte) (u lorawan.Uplink) {
	t.Helper()
	if err := detect.Decode(payload, &u); err != nil {
		t.Fatal(err)
	}
	u.Object = canonical(t, u.Object)
	return u
}

func canonical(t testing.TB, object []byte) json.RawMessage {
	t.Helper()
	if len(object) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(object, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// identified is what all events have.
type identified interface {
	GetApplicationId() uint64
	GetDevEui() []byte
	GetTags() map[string]string
	GetPublishedAt() *timestamppb.Timestamp
}

// expect reads a message of the official package.
func expect(t testing.TB, m any) (u lorawan.Uplink) {
	t.Helper()
	of := m.(identified)
	u.DevEUI, u.Owner = lorawan.DevEUI(of.GetDevEui()), of.GetTags()["dbdao_owner"]
	if of.GetApplicationId() != 0 {
		u.Application = []byte(strconv.FormatUint(of.GetApplicationId(), 10))
	}
	if at := of.GetPublishedAt(); at != nil {
		u.Received = at.AsTime()
	}
	radio := func(addr []byte, rx []*gw.UplinkRXInfo, tx *gw.UplinkTXInfo) {
		if len(addr) > 0 {
			u.DevAddr = lorawan.DevAddr(addr)
			u.Session = hex.EncodeToString(addr)
		}
		lora := tx.GetLoraModulationInfo()
		u.Frequency, u.Bandwidth, u.SpreadingFactor, u.CodeRate = tx.GetFrequency(), 1000*lora.GetBandwidth(), uint8(lora.GetSpreadingFactor()), lora.GetCodeRate()
		gateways := map[string]bool{}
		for i, r := range rx {
			best := i == 0 || r.LoraSnr > u.SNR || r.LoraSnr == u.SNR && int(r.Rssi) > u.RSSI
			if best {
				u.RSSI, u.SNR = int(r.Rssi), r.LoraSnr
			}
			if at := r.GetTime(); at != nil && (best || u.Gateway.IsZero()) {
				u.Gateway = at.AsTime()
			}
			if len(r.GatewayId) != 8 || !gateways[string(r.GatewayId)] {
				u.Gateways++
			}
			gateways[string(r.GatewayId)] = true
		}
	}
	switch m := m.(type) {
	case *integration.UplinkEvent:
		u.Event, u.HasDR = lorawan.EventUp, true
		u.ADR, u.DR, u.FCnt, u.FPort, u.Confirmed = m.Adr, uint8(m.Dr), m.FCnt, uint8(m.FPort), m.ConfirmedUplink
		if len(m.Data) > 0 {
			u.Data = m.Data
		}
		var object map[string]any
		if json.Unmarshal([]byte(m.ObjectJson), &object) == nil && object != nil {
			u.Object = canonical(t, []byte(m.ObjectJson))
		}
		radio(m.DevAddr, m.RxInfo, m.TxInfo)
	case *integration.JoinEvent:
		u.Event, u.DR = lorawan.EventJoin, uint8(m.Dr)
		radio(m.DevAddr, m.RxInfo, m.TxInfo)
	case *integration.AckEvent:
		u.Event = lorawan.EventAck
	case *integration.TxAckEvent:
		u.Event = lorawan.EventTxAck
	case *integration.ErrorEvent:
		u.Event, u.Code = lorawan.EventLog, lorawan.LogCodeOf(m.Type.String())
	case *integration.StatusEvent:
		u.Event = lorawan.EventStatus
	case *integration.LocationEvent:
		u.Event = lorawan.EventLocation
		at := m.GetLocation()
		source := lorawan.LocationNetwork
		switch at.GetSource() {
		case common.LocationSource_UNKNOWN:
			source = lorawan.LocationUnknown
		case common.LocationSource_GPS:
			source = lorawan.LocationGPS
		case common.LocationSource_CONFIG:
			source = lorawan.LocationRegistry
		}
		u.Location = lorawan.At(at.GetLatitude(), at.GetLongitude(), at.GetAltitude(), float64(at.GetAccuracy()), source)
	case *integration.IntegrationEvent:
		u.Event = lorawan.EventIntegration
	default:
		t.Fatalf("%T", m)
	}
	return u
}

func v2(m protoadapt.MessageV1) proto.Message { return protoadapt.MessageV2Of(m) }

func TestEveryProtobufCaptureIsWhatTheOfficialPackageMakesOfIt(t *testing.T) {
	for _, c := range captures(t, "protobuf") {
		t.Run(c.file, func(t *testing.T) {
			m := messages[c.event]()
			if err := proto.Unmarshal(c.payload, v2(m)); err != nil {
				t.Fatal(err)
			}
			u := decode(t, c.payload)
			if d := cmp.Diff(expect(t, m), u); d != "" {
				t.Error(d)
			}
			if want := "application/" + string(u.Application) + "/device/" + u.DevEUI.String() + "/event/" + c.event; want != c.topic {
				t.Errorf("%s under %s", want, c.topic)
			}
		})
	}
}

func TestOneEventIsTheSameUplinkInJSONAndProtobuf(t *testing.T) {
	for _, c := range captures(t, "json") {
		t.Run(c.file, func(t *testing.T) {
			m := messages[c.event]()
			if err := protojson.Unmarshal(c.payload, v2(m)); err != nil {
				t.Fatal(err)
			}
			binary, err := proto.Marshal(v2(m))
			if err != nil {
				t.Fatal(err)
			}
			want := decode(t, c.payload)
			if d := cmp.Diff(want, decode(t, binary)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(expect(t, m), want); d != "" {
				t.Errorf("the official package says otherwise: %s", d)
			}
		})
	}
}

// other events, of which there is no capture.
func others() map[string]protoadapt.MessageV1 {
	dev, at, tags := []byte{1, 2, 3, 4, 5, 6, 7, 8}, timestamppb.New(time.Unix(1700000000, 5e8)), map[string]string{"dbdao_owner": "0xabc", "a": ""}
	return map[string]protoadapt.MessageV1{
		"ack":                 &integration.AckEvent{ApplicationId: 7, ApplicationName: "a", DeviceName: "d", DevEui: dev, Acknowledged: true, FCnt: 3, Tags: tags, PublishedAt: at},
		"ack, negative":       &integration.AckEvent{ApplicationId: 7, DevEui: dev, FCnt: 3, Tags: tags, PublishedAt: at},
		"txack":               &integration.TxAckEvent{ApplicationId: 7, DevEui: dev, FCnt: 9, GatewayId: dev, TxInfo: &gw.DownlinkTXInfo{GatewayId: dev, Frequency: 868100000}, Tags: tags, PublishedAt: at},
		"error":               &integration.ErrorEvent{ApplicationId: 7, DevEui: dev, Type: integration.ErrorType_UPLINK_CODEC, Error: "x", FCnt: 9, Tags: tags, PublishedAt: at},
		"error, type 0":       &integration.ErrorEvent{ApplicationId: 7, DevEui: dev, Error: "secret", PublishedAt: at},
		"error, counter":      &integration.ErrorEvent{ApplicationId: 7, DevEui: dev, Type: integration.ErrorType_UPLINK_FCNT_RETRANSMISSION, Error: "x", PublishedAt: at},
		"location":            &integration.LocationEvent{ApplicationId: 7, DevEui: dev, Location: &common.Location{Latitude: 1, Longitude: -2, Altitude: 3, Source: common.LocationSource_GEO_RESOLVER_TDOA, Accuracy: 9}, UplinkIds: [][]byte{dev, dev}, FCnt: 4, Tags: tags, PublishedAt: at},
		"location unknown":    &integration.LocationEvent{ApplicationId: 7, DevEui: dev, Location: &common.Location{Altitude: 3}, Tags: tags, PublishedAt: at},
		"integration":         &integration.IntegrationEvent{ApplicationId: 7, DevEui: dev, IntegrationName: "loracloud", EventType: "x", ObjectJson: "{}", Tags: tags, PublishedAt: at},
		"status":              &integration.StatusEvent{ApplicationId: 7, DevEui: dev, Margin: -12, ExternalPowerSource: true, Tags: tags, PublishedAt: at},
		"status, level alone": &integration.StatusEvent{ApplicationId: 7, DevEui: dev, BatteryLevel: 50},
		"up, no receptions":   &integration.UplinkEvent{ApplicationId: 7, DevEui: dev, FCnt: 1, FPort: 2, Data: dev, Tags: tags, ObjectJson: "{\"a\":"},
		"up, MAC only":        &integration.UplinkEvent{ApplicationId: 7, DevEui: dev, RxInfo: []*gw.UplinkRXInfo{{GatewayId: dev, Rssi: -1, LoraSnr: 1}}, TxInfo: &gw.UplinkTXInfo{Frequency: 1}, FCnt: 5, DevAddr: dev[:4], PublishedAt: at},
		"up, one gateway twice": &integration.UplinkEvent{ApplicationId: 7, DevEui: dev, FPort: 1, Data: dev, RxInfo: []*gw.UplinkRXInfo{
			{GatewayId: dev, Rssi: -80, LoraSnr: 1}, {GatewayId: dev, Rssi: -70, LoraSnr: 1, Time: at}, {GatewayId: []byte{2, 2, 3, 4, 5, 6, 7, 8}, Rssi: -90, LoraSnr: -3},
		}},
		"join": &integration.JoinEvent{ApplicationId: 7, DevEui: dev, DevAddr: dev[:4], RxInfo: []*gw.UplinkRXInfo{{GatewayId: dev}}, TxInfo: &gw.UplinkTXInfo{Frequency: 868100000}, Dr: 3, Tags: tags, PublishedAt: at},
	}
}

func TestEveryKindOfEventIsRecognised(t *testing.T) {
	for name, m := range others() {
		t.Run(name, func(t *testing.T) {
			binary, err := proto.Marshal(v2(m))
			if err != nil {
				t.Fatal(err)
			}
			want := expect(t, m)
			if d := cmp.Diff(want, decode(t, binary)); d != "" {
				t.Errorf("protobuf: %s", d)
			}
			asJSON, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(v2(m))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, decode(t, asJSON)); d != "" {
				t.Errorf("JSON: %s\n%s", d, asJSON)
			}
		})
	}
}

func TestEveryTypeOfErrorHasACode(t *testing.T) {
	for number, name := range integration.ErrorType_name {
		m := &integration.ErrorEvent{ApplicationId: 7, DevEui: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Type: integration.ErrorType(number), Error: "x"}
		binary, err := proto.Marshal(v2(m))
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := protojson.Marshal(v2(m))
		if err != nil {
			t.Fatal(err)
		}
		for _, payload := range [][]byte{binary, asJSON} {
			if u := decode(t, payload); u.Event != lorawan.EventLog || u.Code != lorawan.LogCodeOf(name) || number != 0 && u.Code == lorawan.LogUnknown {
				t.Errorf("%s: %s %s", name, u.Event, u.Code)
			}
		}
	}
}

func FuzzProtobufAgainstTheOfficialPackage(f *testing.F) {
	for _, c := range captures(f, "protobuf") {
		f.Add(c.payload)
	}
	for _, m := range others() {
		b, err := proto.Marshal(v2(m))
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
		if chirpstack.DecodeV3(payload, &got) != nil {
			return
		}
		if len(got.Object) > 0 && !json.Valid(got.Object) {
			t.Fatalf("object %q", got.Object)
		}
		var m integration.UplinkEvent
		if got.Event != lorawan.EventUp || proto.Unmarshal(payload, v2(&m)) != nil {
			return
		}
		if strings.Count(m.ObjectJson, "{")+strings.Count(m.ObjectJson, "[") > 60 {
			return // beyond the depth an object may have
		}
		want := expect(t, &m)
		got.Object = canonical(t, got.Object)
		if got.CodeRate == "" {
			want.CodeRate = "" // a text that is no code rate
		}
		if strings.HasPrefix(want.CodeRate, "CR_") {
			want.CodeRate = got.CodeRate // v4's way of writing, which is understood too
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s\n%v", d, &m)
		}
	})
}
