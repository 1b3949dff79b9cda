package sim

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Format is how a network server puts its events into bytes.
type Format string

// The formats of application-level events.
const (
	V4JSON     Format = "v4_json"     // ChirpStack v4, json=true
	V4Protobuf Format = "v4_protobuf" // ChirpStack v4, its default
	V3JSONv3   Format = "v3_json_v3"  // ChirpStack v3, marshaler json_v3, its default
	V3JSON     Format = "v3_json"     // ChirpStack v3, marshaler json
	V3Protobuf Format = "v3_protobuf" // ChirpStack v3, marshaler protobuf
	TTS        Format = "tts"         // The Things Stack v3, JSON
)

// Formats lists them.
var Formats = []Format{V4JSON, V4Protobuf, V3JSONv3, V3JSON, V3Protobuf, TTS}

// Render gives topic and body of an event; an empty topic says that the network
// server has no such event. The body of a mangled event is damaged so that no
// decoder can take it.
func (f Format) Render(e *Event) (topic string, body []byte) {
	switch f {
	case V4JSON:
		topic, body = renderV4JSON(e)
	case V4Protobuf:
		topic, body = renderV4Protobuf(e)
	case V3JSONv3, V3JSON, V3Protobuf:
		topic, body = renderV3(f, e)
	case TTS:
		topic, body = renderTTS(e)
	}
	if e.Mangle != 0 && topic != "" {
		body = mangled(body, e.Mangle)
	}
	return topic, body
}

// MIME is the content type of a body.
func (f Format) MIME() string {
	if f == V4Protobuf || f == V3Protobuf {
		return "application/octet-stream"
	}
	return "application/json"
}

// mangled damages a body: cut off, wrong types, garbage, nothing at all.
func mangled(body []byte, n uint64) []byte {
	text := len(body) > 0 && body[0] == '{'
	switch n % 4 {
	case 0:
		if text {
			return body[:len(body)*2/3]
		}
		return body[:20] // within the first field, whose length says more
	case 1:
		for _, counter := range []string{`"fCnt":`, `"f_cnt":`} {
			if i := bytes.Index(body, []byte(counter)); text && i >= 0 {
				return slices.Concat(body[:i], []byte(counter+`{"x":`), body[i+len(counter):])
			}
		}
		return append([]byte{0x0f}, body...) // wire type 7 does not exist
	case 2:
		return []byte("\x00\xff{{{{not an event")
	}
	return nil
}

// chrono writes a time as ChirpStack v4 does: UTC as +00:00, 0, 3, 6 or 9 digits.
func chrono(t time.Time) string {
	t = t.UTC()
	layout := "2006-01-02T15:04:05"
	switch ns := t.Nanosecond(); {
	case ns == 0:
	case ns%1_000_000 == 0:
		layout += ".000"
	case ns%1000 == 0:
		layout += ".000000"
	default:
		layout += ".000000000"
	}
	return t.Format(layout) + "+00:00"
}

// zulu writes a time as Go's servers do.
func zulu(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func mustJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("bug: an event does not marshal: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// context is what a gateway bridge keeps to schedule a downlink: its counter.
func (r *Reception) context() []byte { return binary.BigEndian.AppendUint32(nil, r.Tmst) }

func (e *Event) tags() map[string]string {
	t := map[string]string{}
	if e.Device.Owner != "" {
		t["dbdao_owner"] = e.Device.Owner
	}
	return t
}

// percent is DevStatusAns' battery level as ChirpStack tells it: 0 is external
// power, 255 unknown.
func percent(b byte) (level float64, external, unknown bool) {
	switch b {
	case 0:
		return 0, true, false
	case 255:
		return 0, false, true
	}
	return math.Round(float64(b)/254*10_000) / 100, false, false
}

const (
	profileID   = "14855bf7-d10d-4aee-b618-ebfcb64dc7ad"
	profileName = "hardware-sim"
)

// The members of ChirpStack v4's integration messages in JSON. Those of package
// integration are written even when they are zero; those of package gw are not.
type (
	v4Device struct {
		TenantID        string            `json:"tenantId"`
		TenantName      string            `json:"tenantName"`
		ApplicationID   string            `json:"applicationId"`
		ApplicationName string            `json:"applicationName"`
		ProfileID       string            `json:"deviceProfileId"`
		ProfileName     string            `json:"deviceProfileName"`
		DeviceName      string            `json:"deviceName"`
		DevEUI          string            `json:"devEui"`
		Class           string            `json:"deviceClassEnabled"`
		Tags            map[string]string `json:"tags"`
	}
	v4Location struct {
		Latitude  float64 `json:"latitude,omitempty"`
		Longitude float64 `json:"longitude,omitempty"`
		Altitude  float64 `json:"altitude,omitempty"`
	}
	v4Rx struct {
		GatewayID string            `json:"gatewayId,omitempty"`
		UplinkID  uint32            `json:"uplinkId,omitempty"`
		GwTime    string            `json:"gwTime,omitempty"`
		NsTime    string            `json:"nsTime,omitempty"`
		RSSI      int               `json:"rssi,omitempty"`
		SNR       float64           `json:"snr,omitempty"`
		Channel   int               `json:"channel,omitempty"`
		RFChain   int               `json:"rfChain,omitempty"`
		Location  *v4Location       `json:"location,omitempty"`
		Context   []byte            `json:"context,omitempty"`
		Metadata  map[string]string `json:"metadata,omitempty"`
		CRCStatus string            `json:"crcStatus,omitempty"`
	}
	v4Tx struct {
		Frequency  uint32 `json:"frequency,omitempty"`
		Modulation struct {
			LoRa v4LoRa `json:"lora"`
		} `json:"modulation"`
	}
	v4LoRa struct {
		Bandwidth int    `json:"bandwidth,omitempty"`
		SF        int    `json:"spreadingFactor,omitempty"`
		CodeRate  string `json:"codeRate,omitempty"`
		Inverted  bool   `json:"polarizationInversion,omitempty"`
	}
	v4Up struct {
		DedupID   string          `json:"deduplicationId"`
		Time      string          `json:"time"`
		Device    v4Device        `json:"deviceInfo"`
		DevAddr   string          `json:"devAddr"`
		ADR       bool            `json:"adr"`
		DR        uint8           `json:"dr"`
		FCnt      uint32          `json:"fCnt"`
		FPort     uint8           `json:"fPort"`
		Confirmed bool            `json:"confirmed"`
		Data      []byte          `json:"data"`
		Object    json.RawMessage `json:"object,omitempty"`
		RxInfo    []v4Rx          `json:"rxInfo"`
		TxInfo    v4Tx            `json:"txInfo"`
		Region    string          `json:"regionConfigId"`
	}
	v4Join struct {
		DedupID string   `json:"deduplicationId"`
		Time    string   `json:"time"`
		Device  v4Device `json:"deviceInfo"`
		DevAddr string   `json:"devAddr"`
		Region  string   `json:"regionConfigId"`
	}
	v4Status struct {
		DedupID     string   `json:"deduplicationId"`
		Time        string   `json:"time"`
		Device      v4Device `json:"deviceInfo"`
		Margin      int      `json:"margin"`
		External    bool     `json:"externalPowerSource"`
		Unavailable bool     `json:"batteryLevelUnavailable"`
		Level       float64  `json:"batteryLevel"`
	}
	v4Log struct {
		Time        string            `json:"time"`
		Device      v4Device          `json:"deviceInfo"`
		Level       string            `json:"level"`
		Code        string            `json:"code"`
		Description string            `json:"description"`
		Context     map[string]string `json:"context"`
	}
	v4Ack struct {
		DedupID      string   `json:"deduplicationId"`
		Time         string   `json:"time"`
		Device       v4Device `json:"deviceInfo"`
		QueueItem    string   `json:"queueItemId"`
		Acknowledged bool     `json:"acknowledged"`
		FCntDown     uint32   `json:"fCntDown"`
	}
	v4TxAck struct {
		DownlinkID uint32   `json:"downlinkId"`
		Time       string   `json:"time"`
		Device     v4Device `json:"deviceInfo"`
		QueueItem  string   `json:"queueItemId"`
		FCntDown   uint32   `json:"fCntDown"`
		GatewayID  string   `json:"gatewayId"`
		TxInfo     v4Tx     `json:"txInfo"`
	}
)

func v4Topic(e *Event) string {
	return "application/" + e.Server.ApplicationID + "/device/" + e.DevEUI().String() + "/event/" + string(e.Kind)
}

func v4DeviceOf(e *Event) v4Device {
	return v4Device{
		TenantID: e.Server.TenantID, TenantName: e.Server.Tenant, ApplicationID: e.Server.ApplicationID, ApplicationName: e.Server.Application,
		ProfileID: profileID, ProfileName: profileName, DeviceName: e.Device.Name, DevEUI: e.body().String(), Class: "CLASS_A", Tags: e.tags(),
	}
}

func v4RxOf(r *Reception, region *Region) v4Rx {
	x := v4Rx{
		GatewayID: r.Gateway.ID.String(), UplinkID: r.UplinkID, NsTime: chrono(r.Forwarded), RSSI: int(r.RSSI), SNR: r.SNR, Channel: r.Channel,
		Location: &v4Location{r.Gateway.Place.Latitude, r.Gateway.Place.Longitude, r.Gateway.Place.Altitude}, Context: r.context(),
		Metadata:  map[string]string{"region_config_id": region.Name, "region_common_name": strings.ToUpper(region.Name)},
		CRCStatus: "CRC_OK",
	}
	if !r.Time.IsZero() {
		x.GwTime = chrono(r.Time)
	}
	return x
}

func v4TxOf(freq uint32, d DataRate, down bool) v4Tx {
	t := v4Tx{Frequency: freq}
	t.Modulation.LoRa = v4LoRa{Bandwidth: d.Bandwidth, SF: d.SF, CodeRate: "CR_4_5", Inverted: down}
	return t
}

func renderV4JSON(e *Event) (string, []byte) {
	device := v4DeviceOf(e)
	var body any
	switch e.Kind {
	case EventUp:
		up := v4Up{
			DedupID: e.DedupID, Time: chrono(e.Time), Device: device, DevAddr: e.Addr.String(), ADR: e.ADR, DR: e.DR, FCnt: e.FCnt, FPort: e.FPort,
			Confirmed: e.Confirmed, Data: e.Data, Object: floated(e.Object), Region: e.Region.Name,
			TxInfo: v4TxOf(e.Receptions[0].Frequency, e.Receptions[0].DataRate, false),
		}
		if up.Data == nil {
			up.Data = []byte{}
		}
		for _, r := range e.Receptions {
			up.RxInfo = append(up.RxInfo, v4RxOf(r, e.Region))
		}
		body = up
	case EventJoin:
		body = v4Join{e.DedupID, chrono(e.Time), device, e.Addr.String(), e.Region.Name}
	case EventStatus:
		level, external, unknown := percent(e.Battery)
		body = v4Status{e.DedupID, chrono(e.Time), device, e.Margin, external, unknown, level}
	case EventLog:
		body = v4Log{chrono(e.Time), device, "WARNING", e.Code, e.Text, map[string]string{"deduplication_id": e.DedupID}}
	case EventAck:
		body = v4Ack{e.DedupID, chrono(e.Time), device, e.QueueItem, true, e.FCntDown}
	case EventTxAck:
		r := e.Receptions[0]
		freq, dr := e.Region.RX1(r.Frequency, r.DR)
		body = v4TxAck{e.DownlinkID, chrono(e.Time), device, e.QueueItem, e.FCntDown, r.Gateway.ID.String(), v4TxOf(freq, e.Region.DataRates[dr], true)}
	}
	return v4Topic(e), mustJSON(body)
}

// floated writes an object's numbers as Rust's serde writes doubles: 45 is 45.0.
func floated(object json.RawMessage) json.RawMessage {
	if object == nil {
		return nil
	}
	out := make([]byte, 0, len(object)+8)
	for i := 0; i < len(object); {
		c := object[i]
		switch {
		case c == '"': // names have no escapes here
			j := i + 1 + bytes.IndexByte(object[i+1:], '"') + 1
			out, i = append(out, object[i:j]...), j
		case c == '-' || c >= '0' && c <= '9':
			j := i
			for j < len(object) && strings.IndexByte("+-.eE0123456789", object[j]) >= 0 {
				j++
			}
			out = append(out, object[i:j]...)
			if !bytes.ContainsAny(object[i:j], ".eE") {
				out = append(out, ".0"...)
			}
			i = j
		default:
			out, i = append(out, c), i+1
		}
	}
	return out
}

// The Things Stack, JSON: zero fields are left out, EUIs in capitals.
func renderTTS(e *Event) (string, []byte) {
	upper := func(s string) string { return strings.ToUpper(s) }
	id := "eui-" + e.body().String()
	correlation := "gs:uplink:" + upper(e.DedupID[:8]+e.DedupID[24:])
	out := map[string]any{
		"end_device_ids": map[string]any{
			"device_id": id, "application_ids": map[string]string{"application_id": e.Server.Application},
			"dev_eui": upper(e.body().String()), "join_eui": upper(e.Device.JoinEUI.String()), "dev_addr": upper(e.Addr.String()),
		},
		"correlation_ids": []string{correlation}, "received_at": zulu(e.At),
	}
	topic := "v3/" + e.Server.Application + "@" + strings.ToLower(strings.ReplaceAll(e.Server.Tenant, " ", "-")) + "/devices/eui-" + e.DevEUI().String() + "/"
	if e.Simulated {
		out["simulated"] = true
	}
	switch e.Kind {
	case EventUp:
		topic += "up"
		out["uplink_message"] = ttsUplink(e)
	case EventJoin:
		topic += "join"
		out["join_accept"] = map[string]any{"session_key_id": e.SessionKey[:], "received_at": zulu(e.Time)}
	case EventAck:
		topic += "down/ack"
		out["downlink_ack"] = map[string]any{"session_key_id": e.SessionKey[:], "f_port": 5, "f_cnt": e.FCntDown, "confirmed": true}
	case EventTxAck:
		topic += "down/sent"
		out["downlink_sent"] = map[string]any{"session_key_id": e.SessionKey[:], "f_port": 5, "f_cnt": e.FCntDown, "confirmed": true}
	default:
		return "", nil
	}
	return topic, mustJSON(out)
}

func ttsUplink(e *Event) map[string]any {
	r0 := e.Receptions[0]
	up := map[string]any{
		"session_key_id": e.SessionKey[:], "received_at": zulu(e.Time),
		"settings": map[string]any{
			"data_rate": map[string]any{"lora": map[string]any{"bandwidth": r0.DataRate.Bandwidth, "spreading_factor": r0.DataRate.SF, "coding_rate": "4/5"}},
			"frequency": strconv.Itoa(int(r0.Frequency)), "timestamp": r0.Tmst,
		},
		"consumed_airtime": fmt.Sprintf("%.6fs", r0.DataRate.Airtime(len(r0.PHY), true).Seconds()),
		"version_ids":      map[string]string{"brand_id": "hardware-sim", "model_id": e.Device.Kind, "band_id": e.Region.TTS},
		"network_ids":      map[string]string{"net_id": fmt.Sprintf("%x", e.Server.NetID[:]), "tenant_id": "example", "cluster_id": "eu1"},
	}
	var rx []any
	for _, r := range e.Receptions {
		one := map[string]any{
			"gateway_ids": map[string]string{"gateway_id": r.Gateway.Name, "eui": strings.ToUpper(r.Gateway.ID.String())},
			"timestamp":   r.Tmst, "rssi": int(r.RSSI), "channel_rssi": int(r.RSSI), "uplink_token": r.context(), "received_at": zulu(r.Forwarded),
		}
		if r.SNR != 0 {
			one["snr"] = r.SNR
		}
		if r.Channel != 0 {
			one["channel_index"] = r.Channel
		}
		if !r.Time.IsZero() {
			one["time"] = zulu(r.Time)
		}
		rx = append(rx, one)
	}
	up["rx_metadata"] = rx
	if e.FPort != 0 {
		up["f_port"] = e.FPort
	}
	if e.FCnt != 0 {
		up["f_cnt"] = e.FCnt
	}
	if len(e.Data) > 0 {
		up["frm_payload"] = e.Data
	}
	if e.Object != nil {
		up["decoded_payload"] = e.Object
	}
	if e.Confirmed {
		up["confirmed"] = true
	}
	return up
}

// hexOf gives the hexadecimal form ChirpStack uses for EUIs.
func hexOf(e lorawan.DevEUI) string { return e.String() }
