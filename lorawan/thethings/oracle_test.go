package thethings

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/google/go-cmp/cmp"
)

// oracle reads a message from the names of ApplicationUp, with encoding/json.
type oracle struct{ t testing.TB }

func (o oracle) get(v any, path ...string) any {
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func (o oracle) text(v any, path ...string) string { s, _ := o.get(v, path...).(string); return s }

func (o oracle) bytes(v any, path ...string) []byte {
	if s := o.text(v, path...); s != "" {
		return []byte(s)
	}
	return nil
}

func (o oracle) number(v any, path ...string) float64 {
	o.t.Helper()
	s := o.text(v, path...)
	if n, ok := o.get(v, path...).(json.Number); ok {
		s = n.String()
	}
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		o.t.Fatal(err)
	}
	return f
}

func (o oracle) time(v any, path ...string) time.Time {
	o.t.Helper()
	s := o.text(v, path...)
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		o.t.Fatal(err)
	}
	return at.UTC()
}

func (o oracle) read(payload []byte) (u lorawan.Uplink) {
	o.t.Helper()
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var top map[string]any
	if err := d.Decode(&top); err != nil {
		o.t.Fatal(err)
	}
	for _, wrapper := range []string{"result", "data"} {
		if inner, ok := top[wrapper].(map[string]any); ok {
			top = inner
		}
	}
	var err error
	if u.DevEUI, err = lorawan.ParseDevEUI(o.text(top, "end_device_ids", "dev_eui")); err != nil {
		o.t.Fatal(err)
	}
	if addr := o.text(top, "end_device_ids", "dev_addr"); addr != "" {
		if err := u.DevAddr.UnmarshalText([]byte(addr)); err != nil {
			o.t.Fatal(err)
		}
		u.Session = strings.ToLower(addr)
	}
	u.DeviceID, u.Application = o.bytes(top, "end_device_ids", "device_id"), o.bytes(top, "end_device_ids", "application_ids", "application_id")
	ids, _ := top["correlation_ids"].([]any)
	for _, id := range ids {
		if s, _ := id.(string); u.TraceID == "" {
			u.TraceID = s
		}
	}
	u.Simulated, _ = top["simulated"].(bool)
	u.Event = lorawan.EventUnknown
	for name, event := range map[string]lorawan.Event{
		"uplink_message": lorawan.EventUp, "uplink_normalized": lorawan.EventNormalized, "join_accept": lorawan.EventJoin,
		"downlink_ack": lorawan.EventAck, "downlink_nack": lorawan.EventAck, "downlink_sent": lorawan.EventTxAck,
		"downlink_failed": lorawan.EventDownlink, "downlink_queued": lorawan.EventDownlink, "downlink_queue_invalidated": lorawan.EventDownlink,
		"location_solved": lorawan.EventLocation, "service_data": lorawan.EventIntegration,
	} {
		body, there := top[name]
		if !there {
			continue
		}
		u.Event = event
		switch event {
		case lorawan.EventUp, lorawan.EventJoin, lorawan.EventNormalized:
			o.uplink(body, &u)
		case lorawan.EventLocation:
			u.Location = o.location(o.get(body, "location"), lorawan.LocationNetwork)
		}
	}
	if u.Received.IsZero() {
		u.Received = o.time(top, "received_at")
	}
	return u
}

func (o oracle) location(v any, source lorawan.LocationSource) lorawan.Location {
	if v == nil || o.number(v, "latitude") == 0 && o.number(v, "longitude") == 0 || math.Abs(o.number(v, "latitude")) > 90 || math.Abs(o.number(v, "longitude")) > 180 {
		return lorawan.Location{}
	}
	return lorawan.Location{Latitude: o.number(v, "latitude"), Longitude: o.number(v, "longitude"), Altitude: o.number(v, "altitude"), Accuracy: o.number(v, "accuracy"), Source: source}
}

func (o oracle) uplink(m any, u *lorawan.Uplink) {
	o.t.Helper()
	if id := o.text(m, "session_key_id"); id != "" {
		u.Session = id
	}
	u.FPort, u.FCnt = uint8(o.number(m, "f_port")), uint32(o.number(m, "f_cnt"))
	if s := o.text(m, "frm_payload"); s != "" {
		var err error
		if u.Data, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "=")); err != nil {
			o.t.Fatal(err)
		}
	}
	u.Confirmed, _ = o.get(m, "confirmed").(bool)
	u.Encrypted = o.get(m, "app_s_key") != nil
	u.Received = o.time(m, "received_at")
	u.Tenant, u.Region = o.bytes(m, "network_ids", "tenant_id"), o.bytes(m, "version_ids", "band_id")
	u.Owner = o.text(m, "attributes", "dbdao-owner") + o.text(m, "attributes", "dbdao_owner")
	u.Frequency = uint32(o.number(m, "settings", "frequency"))
	u.Bandwidth, u.SpreadingFactor = uint32(o.number(m, "settings", "data_rate", "lora", "bandwidth")), uint8(o.number(m, "settings", "data_rate", "lora", "spreading_factor"))
	u.CodeRate = codeRate(o.bytes(m, "settings", "data_rate", "lora", "coding_rate"))
	if old := o.bytes(m, "settings", "coding_rate"); len(old) > 0 {
		u.CodeRate = codeRate(old)
	}
	u.HasDR = o.get(m, "settings", "data_rate_index") != nil
	u.DR = uint8(o.number(m, "settings", "data_rate_index"))
	for _, kind := range []struct {
		key    string
		source lorawan.LocationSource
	}{{"user", lorawan.LocationRegistry}, {"lora-cloud-geolocation", lorawan.LocationNetwork}, {"frm-payload", lorawan.LocationPayload}} {
		if at := o.location(o.get(m, "locations", kind.key), kind.source); at.Source != "" {
			u.Location = at
		}
	}
	object := o.get(m, "decoded_payload")
	normalized := o.get(m, "normalized_payload")
	if several, ok := normalized.([]any); ok && len(several) == 1 {
		normalized = several[0]
	} else if ok && len(several) == 0 {
		normalized = nil
	}
	if normalized != nil {
		u.Normalized, _ = json.Marshal(normalized)
	}
	if object == nil {
		object = o.get(m, "normalized_payload")
		switch several, ok := object.([]any); {
		case ok && len(several) == 0:
			object = nil
		case ok && len(several) == 1:
			object = several[0]
		case ok:
			object = map[string]any{"normalized_payload": several}
		}
	}
	if object != nil {
		u.Object, _ = json.Marshal(object)
	}
	gateways := map[string]bool{}
	rx, _ := o.get(m, "rx_metadata").([]any)
	for i, r := range rx {
		rssi, snr, at := int(o.number(r, "rssi")), o.number(r, "snr"), o.time(r, "time")
		if at.IsZero() {
			at = o.time(r, "gps_time")
		}
		best := i == 0 || snr > u.SNR || snr == u.SNR && rssi > u.RSSI
		if best {
			u.RSSI, u.SNR = rssi, snr
		}
		if best && !at.IsZero() || u.Gateway.IsZero() {
			u.Gateway = at
		}
		u.Relayed = u.Relayed || o.get(r, "relay") != nil
		name := strings.ToUpper(o.text(r, "gateway_ids", "eui"))
		if _, err := lorawan.ParseDevEUI(name); err != nil || len(name) != 16 {
			name = o.text(r, "gateway_ids", "gateway_id")
		}
		if name == "" || name == "packetbroker" {
			name = "nameless " + strconv.Itoa(i)
		}
		if o.text(r, "packet_broker", "forwarder_gateway_id")+o.text(r, "packet_broker", "forwarder_gateway_eui") != "" {
			name = strings.Join([]string{
				o.text(r, "packet_broker", "forwarder_net_id"), o.text(r, "packet_broker", "forwarder_tenant_id"),
				o.text(r, "packet_broker", "forwarder_gateway_id"), o.text(r, "packet_broker", "forwarder_gateway_eui"),
			}, "/")
		}
		gateways[name] = true
	}
	u.Gateways = len(gateways)
}

func canonical(t testing.TB, u lorawan.Uplink) lorawan.Uplink {
	t.Helper()
	for _, raw := range []*json.RawMessage{&u.Object, &u.Normalized} {
		if len(*raw) == 0 {
			*raw = nil
			continue
		}
		d := json.NewDecoder(bytes.NewReader(*raw))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		*raw, _ = json.Marshal(v)
	}
	return u
}

const ids = `"end_device_ids":{"device_id":"d-1","application_ids":{"application_id":"app"},"dev_eui":"0004A30B001C0530","dev_addr":"27FE87F6"},"correlation_ids":["as:up:1","ns:2"],"received_at":"2025-04-16T11:54:13.9Z"`

// invented are messages no capture shows, after the documentation of the data
// formats and ttn/lorawan/v3/messages.proto.
var invented = map[string]string{
	"all an uplink can say": `{` + ids + `,"uplink_message":{"session_key_id":"AZ==","f_port":2,"f_cnt":70000,"frm_payload":"sQAA","confirmed":true,
		"rx_metadata":[
			{"gateway_ids":{"gateway_id":"a","eui":"58A0CBFFFE8052EC"},"antenna_index":0,"rssi":-90,"snr":1.5,"uplink_token":"secret"},
			{"gateway_ids":{"gateway_id":"a","eui":"58A0CBFFFE8052EC"},"antenna_index":1,"rssi":-80,"snr":2.5,"gps_time":"2025-04-16T11:54:13.5Z","frequency_offset":"-12"},
			{"gateway_ids":{"gateway_id":"packetbroker"},"packet_broker":{"message_id":"x","forwarder_net_id":"000013","forwarder_tenant_id":"ttn","forwarder_cluster_id":"eu1","forwarder_gateway_eui":"58A0CBFFFE000001","forwarder_gateway_id":"g1"},"rssi":-100,"snr":-3},
			{"gateway_ids":{"gateway_id":"packetbroker"},"packet_broker":{"message_id":"x","forwarder_net_id":"000013","forwarder_tenant_id":"ttn","forwarder_gateway_id":"g2"},"rssi":-101,"snr":-3.25},
			{"gateway_ids":{"gateway_id":"packetbroker"},"packet_broker":{"message_id":"y","forwarder_net_id":"000013","forwarder_tenant_id":"other","forwarder_gateway_id":"g2"},"rssi":-102,"snr":-4}],
		"settings":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":12,"coding_rate":"4/5"}},"frequency":"868100000","timestamp":1},
		"received_at":"2025-04-16T11:54:13.78Z","locations":{"user":{"latitude":1.5,"longitude":2.5,"altitude":3,"source":"SOURCE_REGISTRY"},
		"frm-payload":{"latitude":50.25,"longitude":-4.5,"altitude":10,"accuracy":5,"source":"SOURCE_GPS"},"lora-cloud-geolocation":{"latitude":9,"longitude":9}},
		"decoded_payload":{"a":[1,{"b":null}]},"normalized_payload":[{"air":{"temperature":20}}],"attributes":{"dbdao-owner":"0xabc","x":"y"},
		"network_ids":{"net_id":"000013","tenant_id":"ttn"},"version_ids":{"brand_id":"b","band_id":"EU_863_870"},"packet_error_rate":0.1}}`,
	"a version before 3.19":  `{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg==","settings":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":7}},"data_rate_index":5,"coding_rate":"4/6","frequency":"867700000"}}}`,
	"FSK":                    `{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg==","settings":{"data_rate":{"fsk":{"bit_rate":50000}},"frequency":"868800000"}}}`,
	"normalized, one":        `{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg==","normalized_payload":[{"air":{"temperature":20.5,"relativeHumidity":60}}],"normalized_payload_warnings":["x"]}}`,
	"normalized, two":        `{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg==","normalized_payload":[{"air":{"temperature":20.5}},{"time":"2025-01-01T00:00:00Z","air":{"temperature":21}}]}}`,
	"normalized, empty":      `{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg==","normalized_payload":[]}}`,
	"normalized, none":       `{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg==","normalized_payload":null,"decoded_payload":null}}`,
	"a normalized copy":      `{` + ids + `,"uplink_normalized":{"session_key_id":"AZ==","f_port":2,"f_cnt":9,"frm_payload":"qg==","normalized_payload":{"air":{"temperature":20.5}}}}`,
	"through a relay":        `{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg==","rx_metadata":[{"gateway_ids":{"gateway_id":"g"},"relay":{"device_id":"r","wor_channel":"x"},"snr":1}]}}`,
	"simulated":              `{` + ids + `,"simulated":true,"uplink_message":{"f_port":1,"frm_payload":"qg=="}}`,
	"sealed":                 `{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg==","app_s_key":{"kek_label":"k","encrypted_key":"AA=="}}}`,
	"a sealed join":          `{` + ids + `,"join_accept":{"session_key_id":"AZ==","app_s_key":{"kek_label":"k","encrypted_key":"AA=="},"received_at":"2025-04-16T11:54:13.78Z"}}`,
	"a downlink's ack":       `{` + ids + `,"downlink_ack":{"session_key_id":"AZ==","f_port":15,"f_cnt":11,"frm_payload":"qg==","correlation_ids":["a"]}}`,
	"a downlink's nack":      `{` + ids + `,"downlink_nack":{"f_port":15,"f_cnt":11}}`,
	"a downlink sent":        `{` + ids + `,"downlink_sent":{"f_port":15,"f_cnt":11}}`,
	"a downlink failed":      `{` + ids + `,"downlink_failed":{"downlink":{"f_port":15},"error":{"namespace":"x","name":"y"}}}`,
	"a downlink queued":      `{` + ids + `,"downlink_queued":{"f_port":15}}`,
	"a queue invalidated":    `{` + ids + `,"downlink_queue_invalidated":{"downlinks":[],"last_f_cnt_down":3,"session_key_id":"AZ=="}}`,
	"a position solved":      `{` + ids + `,"location_solved":{"service":"lora-cloud","location":{"latitude":50.25,"longitude":-4.5,"accuracy":20,"source":"SOURCE_LORA_TDOA"},"attributes":{"a":"b"}}}`,
	"a service's data":       `{` + ids + `,"service_data":{"service":"s","data":{"end_device_ids":1}}}`,
	"an event of the future": `{` + ids + `,"uplink_message_v2":{"f_port":15}}`,
	"a storage line":         `{"result":{` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg=="}}}`,
	"a console copy":         `{"name":"as.up.data.forward","time":"2025-04-16T11:54:14Z","identifiers":[{"device_ids":{"dev_eui":"1111111111111111"}}],"data":{"@type":"type.googleapis.com/ttn.lorawan.v3.ApplicationUp",` + ids + `,"uplink_message":{"f_port":1,"frm_payload":"qg=="}}}`,
}

func TestEveryMessageIsWhatEncodingJSONMakesOfIt(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	messages := map[string][]byte{}
	for name, text := range invented {
		messages[name] = []byte(text)
	}
	for _, file := range files {
		messages[filepath.Base(file)] = read(t, filepath.Base(file))
	}
	for name, payload := range messages {
		t.Run(name, func(t *testing.T) {
			got := decode(t, payload)
			if d := cmp.Diff(canonical(t, oracle{t}.read(payload)), canonical(t, got)); d != "" {
				t.Error(d)
			}
			if got.Event != lorawan.EventUp && got.Billing() != lorawan.BillingNotUplink {
				t.Errorf("an event %s is billed as %s", got.Event, got.Billing())
			}
		})
	}
}
