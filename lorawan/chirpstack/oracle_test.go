package chirpstack

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/gw"
	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// tree is an event as encoding/json reads it: names in exact case, numbers as
// written.
type tree map[string]any

func parse(t testing.TB, payload []byte) tree {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var m tree
	if err := d.Decode(&m); err != nil {
		t.Fatalf("encoding/json refuses it: %v", err)
	}
	return m
}

func (m tree) sub(key string) tree { v, _ := m[key].(map[string]any); return v }

func (m tree) text(key string) string { v, _ := m[key].(string); return v }

func (m tree) bytes(key string) []byte {
	if v, ok := m[key].(string); ok {
		return []byte(v)
	}
	return nil
}

func (m tree) is(key string) bool { v, _ := m[key].(bool); return v }

// number reads a number, plain or in a string as protobuf's JSON may have it.
func (m tree) number(t testing.TB, key string) float64 {
	t.Helper()
	s := m.text(key)
	if v, ok := m[key].(json.Number); ok {
		s = v.String()
	}
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (m tree) time(t testing.TB, key string) time.Time {
	t.Helper()
	s := m.text(key)
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func (m tree) base64(t testing.TB, key string) []byte {
	t.Helper()
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(m.text(key), "="))
	if err != nil {
		t.Fatal(err)
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

// oracle reads an uplink of ChirpStack v4 from the names and rules of its API's
// definition, with encoding/json. It says nothing of the kind of event.
func oracle(t testing.TB, payload []byte) (u lorawan.Uplink) {
	t.Helper()
	top := parse(t, payload)
	info := top.sub("deviceInfo")
	var err error
	if u.DevEUI, err = lorawan.ParseDevEUI(info.text("devEui")); err != nil {
		t.Fatal(err)
	}
	u.Application, u.Tenant, u.Owner = info.bytes("applicationId"), info.bytes("tenantId"), info.sub("tags").text("dbdao_owner")
	u.TraceID = top.text("deduplicationId")
	if addr := top.bytes("devAddr"); len(addr) > 0 {
		if err := u.DevAddr.UnmarshalText(addr); err != nil {
			t.Fatal(err)
		}
		u.Session = strings.ToLower(string(addr))
	}
	u.Received, u.ADR, u.Confirmed = top.time(t, "time"), top.is("adr"), top.is("confirmed")
	u.DR, u.FCnt, u.FPort = uint8(top.number(t, "dr")), uint32(top.number(t, "fCnt")), uint8(top.number(t, "fPort"))
	u.HasDR = true
	u.Data = top.base64(t, "data")
	u.Encrypted = top["joinServerContext"] != nil
	u.Relayed = top["relayRxInfo"] != nil
	if relay := top.sub("relayRxInfo").text("devEui"); relay != "" {
		if u.Relay, err = lorawan.ParseDevEUI(relay); err != nil {
			t.Fatal(err)
		}
	}
	tx := top.sub("txInfo")
	lora := tx.sub("modulation").sub("lora")
	u.Frequency, u.Bandwidth, u.SpreadingFactor = uint32(tx.number(t, "frequency")), uint32(lora.number(t, "bandwidth")), uint8(lora.number(t, "spreadingFactor"))
	u.CodeRate = map[string]string{"CR_4_5": "4/5", "CR_4_6": "4/6", "CR_4_7": "4/7", "CR_4_8": "4/8", "CR_LI_4_5": "4/5LI", "CR_LI_4_6": "4/6LI", "CR_LI_4_8": "4/8LI"}[lora.text("codeRate")]

	if object, ok := top["object"].(map[string]any); ok {
		if u.Object, err = json.Marshal(object); err != nil {
			t.Fatal(err)
		}
	}
	gateways := map[string]bool{}
	for i, one := range list(top["rxInfo"]) {
		rx := tree(one)
		rssi, snr := int(rx.number(t, "rssi")), rx.number(t, "snr")
		at := rx.time(t, "gwTime")
		if at.IsZero() {
			at = rx.time(t, "time")
		}
		best := i == 0 || snr > u.SNR || snr == u.SNR && rssi > u.RSSI
		if best {
			u.RSSI, u.SNR = rssi, snr
		}
		if best && !at.IsZero() || u.Gateway.IsZero() {
			u.Gateway = at
		}
		id := strings.ToLower(rx.text("gatewayId"))
		if id == "" || !gateways[id] {
			u.Gateways++
		}
		gateways[id] = true
		for _, name := range []string{"region_config_id", "region_name", "region_common_name"} {
			if region := rx.sub("metadata").bytes(name); len(u.Region) == 0 && len(region) > 0 {
				u.Region = region
			}
		}
	}
	if region := top.bytes("regionConfigId"); len(region) > 0 {
		u.Region = region
	}
	return u
}

func list(v any) (out []map[string]any) {
	items, _ := v.([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		out = append(out, m)
	}
	return out
}

// canonical writes the object in one way, so that two can be compared.
func canonical(t testing.TB, u lorawan.Uplink) lorawan.Uplink {
	t.Helper()
	if len(u.Object) == 0 {
		u.Object = nil
		return u
	}
	b, err := json.Marshal(parse(t, u.Object))
	if err != nil {
		t.Fatal(err)
	}
	u.Object = b
	return u
}

// official reads an event as the official protobuf package of v4 does.
func official(t testing.TB, m proto.Message) (u lorawan.Uplink) {
	t.Helper()
	info := m.(interface {
		GetDeviceInfo() *integration.DeviceInfo
	}).GetDeviceInfo()
	var err error
	if u.DevEUI, err = lorawan.ParseDevEUI(info.GetDevEui()); err != nil {
		t.Fatal(err)
	}
	u.Application, u.Tenant, u.Owner = octets(info.GetApplicationId()), octets(info.GetTenantId()), info.GetTags()["dbdao_owner"]
	if at := m.(interface{ GetTime() *timestamppb.Timestamp }).GetTime(); at != nil {
		u.Received = at.AsTime()
	}
	if named, ok := m.(interface{ GetDeduplicationId() string }); ok {
		u.TraceID = named.GetDeduplicationId()
	}
	address := func(s string) {
		if s == "" {
			return
		}
		if err := u.DevAddr.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		u.Session = strings.ToLower(s)
	}
	relay := func(r *integration.UplinkRelayRxInfo) {
		if u.Relayed = r != nil; r.GetDevEui() != "" {
			if u.Relay, err = lorawan.ParseDevEUI(r.GetDevEui()); err != nil {
				t.Fatal(err)
			}
		}
	}
	switch m := m.(type) {
	case *integration.UplinkEvent:
		u.Event, u.HasDR = lorawan.EventUp, true
		address(m.GetDevAddr())
		relay(m.GetRelayRxInfo())
		u.ADR, u.DR, u.FCnt, u.FPort, u.Confirmed = m.GetAdr(), uint8(m.GetDr()), m.GetFCnt(), uint8(m.GetFPort()), m.GetConfirmed()
		u.Data, u.Encrypted = m.GetData(), m.GetJoinServerContext() != nil
		lora := m.GetTxInfo().GetModulation().GetLora()
		u.Frequency, u.Bandwidth, u.SpreadingFactor = m.GetTxInfo().GetFrequency(), lora.GetBandwidth(), uint8(lora.GetSpreadingFactor())
		name := lora.GetCodeRate().String()
		if cr, ok := strings.CutPrefix(name, "CR_LI_"); ok {
			u.CodeRate = strings.Replace(cr, "_", "/", 1) + "LI"
		} else if cr, ok := strings.CutPrefix(name, "CR_"); ok && lora.GetCodeRate() != gw.CodeRate_CR_UNDEFINED {
			u.CodeRate = strings.Replace(cr, "_", "/", 1)
		}
		if m.GetObject() != nil {
			if u.Object, err = json.Marshal(plain(structpb.NewStructValue(m.GetObject()))); err != nil {
				t.Fatal(err)
			}
		}
		gateways := map[string]bool{}
		for i, rx := range m.GetRxInfo() {
			snr := shortest(t, rx.GetSnr())
			best := i == 0 || snr > u.SNR || snr == u.SNR && int(rx.GetRssi()) > u.RSSI
			if best {
				u.RSSI, u.SNR = int(rx.GetRssi()), snr
			}
			if rx.GetGwTime() != nil && (best || u.Gateway.IsZero()) {
				u.Gateway = rx.GetGwTime().AsTime()
			}
			id := strings.ToLower(rx.GetGatewayId())
			if id == "" || !gateways[id] {
				u.Gateways++
			}
			gateways[id] = true
			for _, name := range []string{"region_config_id", "region_name", "region_common_name"} {
				if region := rx.GetMetadata()[name]; len(u.Region) == 0 && region != "" {
					u.Region = []byte(region)
				}
			}
		}
		if m.GetRegionConfigId() != "" {
			u.Region = []byte(m.GetRegionConfigId())
		}
	case *integration.JoinEvent:
		u.Event = lorawan.EventJoin
		address(m.GetDevAddr())
		relay(m.GetRelayRxInfo())
		u.Encrypted, u.Region = m.GetJoinServerContext() != nil, octets(m.GetRegionConfigId())
	case *integration.AckEvent:
		u.Event = lorawan.EventAck
	case *integration.TxAckEvent:
		u.Event = lorawan.EventTxAck
	case *integration.LogEvent:
		u.Event, u.Code, u.TraceID = lorawan.EventLog, lorawan.LogCode(m.GetCode().String()), m.GetContext()["deduplication_id"]
	case *integration.StatusEvent:
		u.Event = lorawan.EventStatus
	case *integration.LocationEvent:
		u.Event = lorawan.EventLocation
		at := m.GetLocation()
		u.Location = lorawan.Location{
			Latitude: at.GetLatitude(), Longitude: at.GetLongitude(), Altitude: at.GetAltitude(),
			Accuracy: shortest(t, at.GetAccuracy()), Source: sourceOf(at.GetSource().String()),
		}
	}
	return u
}

func octets(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// plain is AsInterface, but for what JSON has no number for: ChirpStack writes null.
func plain(v *structpb.Value) any {
	switch k := v.GetKind().(type) {
	case *structpb.Value_NumberValue:
		if math.IsNaN(k.NumberValue) || math.IsInf(k.NumberValue, 0) {
			return nil
		}
	case *structpb.Value_StructValue:
		m := map[string]any{}
		for name, value := range k.StructValue.GetFields() {
			m[name] = plain(value)
		}
		return m
	case *structpb.Value_ListValue:
		list := []any{}
		for _, value := range k.ListValue.GetValues() {
			list = append(list, plain(value))
		}
		return list
	}
	return v.AsInterface()
}

// shortest is a float32 as JSON writes it.
func shortest(t testing.TB, f float32) (v float64) {
	t.Helper()
	b, err := json.Marshal(f)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}
