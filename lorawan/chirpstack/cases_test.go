package chirpstack

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"github.com/chirpstack/chirpstack/api/go/v4/gw"
	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// oracleOther reads what an event that is no uplink tells, from the names of its
// API's definition, with encoding/json.
func oracleOther(t testing.TB, event lorawan.Event, payload []byte) (u lorawan.Uplink) {
	t.Helper()
	top := parse(t, payload)
	info := top.sub("deviceInfo")
	var err error
	if u.DevEUI, err = lorawan.ParseDevEUI(info.text("devEui")); err != nil {
		t.Fatal(err)
	}
	u.Event, u.TraceID, u.Received = event, top.text("deduplicationId"), top.time(t, "time")
	u.Application, u.Tenant, u.Owner = info.bytes("applicationId"), info.bytes("tenantId"), info.sub("tags").text("dbdao_owner")
	switch event {
	case lorawan.EventJoin:
		if err := u.DevAddr.UnmarshalText(top.bytes("devAddr")); err != nil {
			t.Fatal(err)
		}
		u.Session, u.Region = top.text("devAddr"), top.bytes("regionConfigId")
	case lorawan.EventLog:
		u.Code, u.TraceID = lorawan.LogCode(top.text("code")), top.sub("context").text("deduplication_id")
	case lorawan.EventLocation:
		at := top.sub("location")
		u.Location = lorawan.Location{
			Latitude: at.number(t, "latitude"), Longitude: at.number(t, "longitude"),
			Altitude: at.number(t, "altitude"), Accuracy: at.number(t, "accuracy"), Source: sourceOf(at.text("source")),
		}
	}
	return u
}

func sourceOf(s string) lorawan.LocationSource {
	switch s {
	case "", "UNKNOWN":
		return lorawan.LocationUnknown
	case "GPS":
		return lorawan.LocationGPS
	case "CONFIG":
		return lorawan.LocationRegistry
	}
	return lorawan.LocationNetwork
}

func TestEveryEventOfV4IsWhatEncodingJSONMakesOfIt(t *testing.T) {
	for _, file := range files(t) {
		t.Run(file, func(t *testing.T) {
			payload := read(t, file)
			event := eventOfFile(file)
			want := oracleOther(t, event, payload)
			if event == lorawan.EventUp {
				want = oracle(t, payload)
				want.Event = event
			}
			if d := cmp.Diff(canonical(t, want), canonical(t, decode(t, payload))); d != "" {
				t.Error(d)
			}
		})
	}
}

// oracleV3 reads an event of ChirpStack v3's json (EUIs and addresses in base64) or
// json_v3 with encoding/json.
func oracleV3(t testing.TB, inBase64 func(text string) bool, payload []byte) (u lorawan.Uplink) {
	t.Helper()
	top := parse(t, payload)
	octets := func(m tree, key string) []byte {
		if inBase64(m.text(key)) {
			return m.base64(t, key)
		}
		b, err := hex.DecodeString(m.text(key))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	u.DevEUI = lorawan.DevEUI(octets(top, "devEUI"))
	u.Application, u.Owner = top.bytes("applicationID"), top.sub("tags").text("dbdao_owner")
	if n, ok := top["applicationID"].(json.Number); ok {
		u.Application = []byte(n.String())
	}
	u.Received = top.time(t, "publishedAt")
	if top.text("devAddr") != "" { // json_v3 tells it of joins only
		u.DevAddr = lorawan.DevAddr(octets(top, "devAddr"))
		u.Session = hex.EncodeToString(u.DevAddr[:])
	}
	tx := top.sub("txInfo")
	lora := tx.sub("loRaModulationInfo")
	u.Frequency = uint32(tx.number(t, "frequency"))
	u.Bandwidth, u.SpreadingFactor, u.CodeRate = uint32(1000*lora.number(t, "bandwidth")), uint8(lora.number(t, "spreadingFactor")), lora.text("codeRate")
	u.DR = uint8(top.number(t, "dr") + tx.number(t, "dr"))
	u.ADR, u.Confirmed = top.is("adr"), top.is("confirmedUplink")
	u.FCnt, u.FPort, u.Data = uint32(top.number(t, "fCnt")), uint8(top.number(t, "fPort")), top.base64(t, "data")
	if text := top.text("objectJSON"); text != "" {
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) == nil && object != nil {
			u.Object = json.RawMessage(text)
		}
	} else if object := top["object"]; object != nil {
		var err error
		if u.Object, err = json.Marshal(object); err != nil {
			t.Fatal(err)
		}
	}
	gateways := map[string]bool{}
	for i, rx := range list(top["rxInfo"]) {
		rx := tree(rx)
		rssi, snr, at := int(rx.number(t, "rssi")), rx.number(t, "loRaSNR"), rx.time(t, "time")
		best := i == 0 || snr > u.SNR || snr == u.SNR && rssi > u.RSSI
		if best {
			u.RSSI, u.SNR = rssi, snr
		}
		if best && !at.IsZero() || u.Gateway.IsZero() {
			u.Gateway = at
		}
		id := rx.text("gatewayID")
		if id == "" || !gateways[id] {
			u.Gateways++
		}
		gateways[id] = true
	}
	return u
}

func always(yes bool) func(string) bool { return func(string) bool { return yes } }

func FuzzJSONOfV3AgainstEncodingJSON(f *testing.F) {
	for _, marshaler := range []string{"json", "json_v3"} {
		for file := range captures(f, marshaler) {
			f.Add(read(f, filepath.Join("v3", marshaler, file)))
		}
	}
	for _, file := range []string{"v3/v3-json-up-01-innotas.json", "v3/v3-jsonv3-up-01-marine.json"} {
		f.Add(read(f, file))
	}
	f.Add([]byte(`{"devEUI":"0000000000000000","dr":false,"data":""}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var got lorawan.Uplink
		if !lorawan.IsJSON(payload) || DecodeV3(payload, &got) != nil || got.Odd > 0 { // of odd members FuzzDescriptiveMembers tells what is left
			return
		}
		top := parse(t, payload)
		if got.Event != lorawan.EventUp || strings.Count(top.text("objectJSON"), "{")+strings.Count(top.text("objectJSON"), "[") > 60 {
			return // beyond the depth an object may have
		}
		want := oracleV3(t, func(text string) bool { return strings.HasSuffix(text, "=") }, payload)
		want.Event, want.HasDR, want.CodeRate = got.Event, got.HasDR, codeRate([]byte(want.CodeRate))
		if got.Gateways < want.Gateways { // one gateway written in two ways
			want.Gateways = got.Gateways
		}
		if d := cmp.Diff(canonical(t, want), canonical(t, got), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s\n%s", d, payload)
		}
	})
}

func TestEveryEventOfV3InJSONIsWhatEncodingJSONMakesOfIt(t *testing.T) {
	tpl, err := lorawan.ParseTemplate("application/{application_id}/device/{dev_eui}/event/{event}")
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, inBase64 bool, event lorawan.Event, payload []byte) lorawan.Uplink {
		want, got := oracleV3(t, always(inBase64), payload), decodeV3(t, payload)
		want.Event = event
		want.HasDR = event == lorawan.EventUp
		if d := cmp.Diff(canonical(t, want), canonical(t, got)); d != "" {
			t.Error(d)
		}
		return got
	}
	for _, marshaler := range []string{"json", "json_v3"} {
		for file, where := range captures(t, marshaler) {
			t.Run(marshaler+"/"+file, func(t *testing.T) {
				topic, ok := tpl.Read(where)
				if !ok {
					t.Fatal(where)
				}
				u := check(t, marshaler == "json", topic.Event, read(t, filepath.Join("v3", marshaler, file)))
				if err := topic.Check(&u); err != nil || string(u.Application) != topic.Application {
					t.Errorf("%v: application %s under %s", err, u.Application, where)
				}
			})
		}
	}
	check(t, true, lorawan.EventUp, read(t, "v3/v3-json-up-01-innotas.json"))
	check(t, false, lorawan.EventUp, read(t, "v3/v3-jsonv3-up-01-marine.json"))
}

// asJSONV3 writes an event of the json marshaler as json_v3 does: EUIs in
// hexadecimal, the object in clear, the data rate in txInfo, and nothing json_v3
// does not tell.
func asJSONV3(t testing.TB, payload []byte) []byte {
	t.Helper()
	top := parse(t, payload)
	inHex := func(m tree, key string) {
		b, err := base64.StdEncoding.DecodeString(m.text(key))
		if err != nil {
			t.Fatal(err)
		}
		m[key] = hex.EncodeToString(b)
	}
	inHex(top, "devEUI")
	var rx []any
	for _, one := range list(top["rxInfo"]) {
		one := tree(one)
		inHex(one, "gatewayID")
		rx = append(rx, map[string]any{"gatewayID": one["gatewayID"], "time": one["time"], "rssi": one["rssi"], "loRaSNR": one["loRaSNR"], "location": one["location"]})
	}
	top["rxInfo"] = rx
	top["txInfo"] = map[string]any{"frequency": top.sub("txInfo")["frequency"], "dr": top["dr"]}
	if text := top.text("objectJSON"); text != "" {
		top["object"] = json.RawMessage(text)
	}
	for _, key := range []string{"devAddr", "dr", "objectJSON", "confirmedUplink", "publishedAt"} {
		delete(top, key)
	}
	b, err := json.Marshal(top)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOneEventOfV3IsTheSameUplinkInJSONAndJSONV3(t *testing.T) {
	uplinks := 0
	for file := range captures(t, "json") {
		payload := read(t, filepath.Join("v3/json", file))
		want := decodeV3(t, payload)
		if want.Event != lorawan.EventUp {
			continue
		}
		uplinks++
		got := decodeV3(t, asJSONV3(t, payload))
		// What json_v3 does not tell.
		want.DevAddr, want.Session, want.Confirmed, want.Received = lorawan.DevAddr{}, "", false, got.Received
		want.Bandwidth, want.SpreadingFactor, want.CodeRate = 0, 0, ""
		if d := cmp.Diff(canonical(t, want), canonical(t, got)); d != "" || !got.Received.IsZero() {
			t.Errorf("%s: %s", file, d)
		}
	}
	if uplinks < 7 {
		t.Errorf("%d uplinks", uplinks)
	}
}

// invented are events no capture shows, for the official package to write.
func invented() map[string]proto.Message {
	info := &integration.DeviceInfo{TenantId: "52f14cd4-c6f1-4fbd-8f87-4025e1d49242", ApplicationId: "17c82e96-be03-4f38-aef3-f83d48582d97", DevEui: "0102030405060708", Tags: map[string]string{"dbdao_owner": "0xabc", "b": ""}}
	at := timestamppb.New(time.Unix(1700000000, 123456789))
	id := "3ac7e3c4-4401-4b8d-9386-a5c902f9202d"
	sealed := &common.JoinServerContext{SessionKeyId: "abcd", AppSKey: &common.KeyEnvelope{KekLabel: "k", AesKey: []byte{1}}}
	relay := &integration.UplinkRelayRxInfo{DevEui: "1112131415161718", Frequency: 868100000, Dr: 3, Snr: -7, Rssi: -99}
	return map[string]proto.Message{
		"sealed, through a relay": &integration.UplinkEvent{
			DeduplicationId: id, Time: at, DeviceInfo: info, DevAddr: "01020304", FCnt: 70000, FPort: 3, Data: []byte{1, 2}, JoinServerContext: sealed, RelayRxInfo: relay, RegionConfigId: "eu868",
			TxInfo: &gw.UplinkTxInfo{Frequency: 2403000000, Modulation: &gw.Modulation{Parameters: &gw.Modulation_Lora{Lora: &gw.LoraModulationInfo{Bandwidth: 812000, SpreadingFactor: 12, CodeRate: gw.CodeRate_CR_LI_4_8}}}},
		},
		"two antennas and a stranger": &integration.UplinkEvent{
			DeduplicationId: id, Time: at, DeviceInfo: info, DevAddr: "01020304", FCnt: 0, FPort: 223, Dr: 7, Adr: true, Confirmed: true, Data: []byte{9},
			RxInfo: []*gw.UplinkRxInfo{
				{GatewayId: "0016c001f153a14c", Rssi: -80, Snr: 1.5, Antenna: 0},
				{GatewayId: "0016c001f153a14c", Rssi: -60, Snr: 9.5, Antenna: 1, GwTime: at, Metadata: map[string]string{"region_common_name": "EU868", "region_config_id": "eu868_2"}},
				{GatewayId: "0016c001f153a14d"},
			},
			TxInfo: &gw.UplinkTxInfo{Frequency: 868800000, Modulation: &gw.Modulation{Parameters: &gw.Modulation_Fsk{Fsk: &gw.FskModulationInfo{Datarate: 50000}}}},
		},
		"a counter of 0 and MAC commands": &integration.UplinkEvent{DeduplicationId: id, Time: at, DeviceInfo: info, DevAddr: "01020304", RxInfo: []*gw.UplinkRxInfo{{GatewayId: "0016c001f153a14c"}}, RegionConfigId: "us915_0"},
		"a sealed join":                   &integration.JoinEvent{DeduplicationId: id, Time: at, DeviceInfo: info, DevAddr: "01020304", RelayRxInfo: relay, JoinServerContext: sealed, RegionConfigId: "eu868"},
		"a negative ack":                  &integration.AckEvent{DeduplicationId: id, Time: at, DeviceInfo: info, QueueItemId: id, FCntDown: 7},
		"a txack":                         &integration.TxAckEvent{DownlinkId: 77, Time: at, DeviceInfo: info, QueueItemId: id, FCntDown: 7, GatewayId: "0016c001f153a14c", TxInfo: &gw.DownlinkTxInfo{Frequency: 869525000}},
		"a codec that failed":             &integration.LogEvent{Time: at, DeviceInfo: info, Level: integration.LogLevel_ERROR, Code: integration.LogCode_UPLINK_CODEC, Description: "Exception generated by QuickJS", Context: map[string]string{"deduplication_id": id, "b": "c"}},
		"a log of nothing":                &integration.LogEvent{Time: at, DeviceInfo: info, Description: "x"},
		"a full status":                   &integration.StatusEvent{DeduplicationId: id, Time: at, DeviceInfo: info, Margin: -5, BatteryLevel: 88.5},
		"a position":                      &integration.LocationEvent{DeduplicationId: id, Time: at, DeviceInfo: info, Location: &common.Location{Latitude: 50.5, Longitude: -4.25, Altitude: 7, Source: common.LocationSource_GEO_RESOLVER_WIFI, Accuracy: 12.5}},
	}
}

func TestEveryEventOfV4IsWhatTheOfficialPackageMakesOfIt(t *testing.T) {
	events := invented()
	for _, file := range files(t) {
		m := messages[eventOfFile(file)]()
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(read(t, file), m); err != nil {
			t.Fatal(err)
		}
		events[file] = m
	}
	for name, m := range events {
		t.Run(name, func(t *testing.T) {
			binary, err := proto.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			want := canonical(t, official(t, m))
			if d := cmp.Diff(want, canonical(t, decode(t, binary))); d != "" {
				t.Errorf("protobuf: %s", d)
			}
			for _, defaults := range []bool{false, true} { // before 4.1, and since
				text, err := protojson.MarshalOptions{EmitDefaultValues: defaults}.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				got := canonical(t, decode(t, text))
				got.SNR = shortest(t, float32(got.SNR)) // what protobuf can say
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("JSON, defaults written %v: %s\n%s", defaults, d, text)
				}
			}
		})
	}
}
