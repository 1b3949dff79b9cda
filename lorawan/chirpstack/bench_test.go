package chirpstack

import (
	"bytes"
	"encoding/json"
	"syscall"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// libraryEvent is what a reader with encoding/json would write: the fields a
// reading needs, the object untouched. It is given no more work than Decode does.
type libraryEvent struct {
	DeduplicationID string    `json:"deduplicationId"`
	Time            time.Time `json:"time"`
	DeviceInfo      struct {
		TenantID      string            `json:"tenantId"`
		ApplicationID string            `json:"applicationId"`
		DevEUI        string            `json:"devEui"`
		Tags          map[string]string `json:"tags"`
	} `json:"deviceInfo"`
	DevAddr   string          `json:"devAddr"`
	ADR       bool            `json:"adr"`
	DR        uint8           `json:"dr"`
	FCnt      uint32          `json:"fCnt"`
	FPort     uint8           `json:"fPort"`
	Confirmed bool            `json:"confirmed"`
	Data      []byte          `json:"data"`
	Object    json.RawMessage `json:"object"`
	RxInfo    []struct {
		GatewayID string    `json:"gatewayId"`
		GwTime    time.Time `json:"gwTime"`
		RSSI      int       `json:"rssi"`
		SNR       float64   `json:"snr"`
	} `json:"rxInfo"`
	TxInfo struct {
		Frequency  uint32 `json:"frequency"`
		Modulation struct {
			LoRa struct {
				Bandwidth       uint32 `json:"bandwidth"`
				SpreadingFactor uint8  `json:"spreadingFactor"`
				CodeRate        string `json:"codeRate"`
			} `json:"lora"`
		} `json:"modulation"`
	} `json:"txInfo"`
	JoinServerContext json.RawMessage `json:"joinServerContext"`
	RegionConfigID    string          `json:"regionConfigId"`
}

// uplink takes from it what Decode gives.
func (e *libraryEvent) uplink(u *lorawan.Uplink) error {
	*u = lorawan.Uplink{
		Event: lorawan.EventUp, TraceID: e.DeduplicationID, Received: e.Time, Session: e.DevAddr, ADR: e.ADR, DR: e.DR, HasDR: true, FCnt: e.FCnt, FPort: e.FPort,
		Confirmed: e.Confirmed, Data: e.Data, Object: e.Object, Frequency: e.TxInfo.Frequency, Owner: e.DeviceInfo.Tags["dbdao_owner"],
		Bandwidth: e.TxInfo.Modulation.LoRa.Bandwidth, SpreadingFactor: e.TxInfo.Modulation.LoRa.SpreadingFactor, CodeRate: e.TxInfo.Modulation.LoRa.CodeRate,
	}
	for _, rx := range e.RxInfo {
		u.Hear(rx.RSSI, rx.SNR, rx.GwTime)
	}
	return u.DevEUI.UnmarshalText([]byte(e.DeviceInfo.DevEUI))
}

// cpu is the processor time the program has used. On a machine with other work to do
// it tells more than the clock.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEvent puts the ways from one captured event of v4 to a struct, and to the
// JSON a buyer gets, side by side.
func BenchmarkEvent(b *testing.B) {
	pretty := read(b, "v4-up-01-as923.json")
	var compact bytes.Buffer
	if err := json.Compact(&compact, pretty); err != nil {
		b.Fatal(err)
	}
	text, binary := compact.Bytes(), asProtobuf(b, lorawan.EventUp, pretty)
	var u lorawan.Uplink
	out := make([]byte, 0, 4096)
	now := time.Now()
	sell := func() {
		reading := u.Reading(now)
		out = reading.AppendJSON(out[:0], lorawan.FieldValues|lorawan.FieldData|lorawan.FieldLink)
	}
	ours := func(payload []byte) error {
		err := Decode(payload, &u)
		sell()
		return err
	}
	for _, way := range []struct {
		name    string
		payload []byte
		f       func([]byte) error
	}{
		{"json/ours-to-reading", text, ours},
		{"json/encoding-json-to-reading", text, func(p []byte) error {
			var e libraryEvent
			if err := json.Unmarshal(p, &e); err != nil {
				return err
			}
			err := e.uplink(&u)
			sell()
			return err
		}},
		{"json/ours-decode", text, func(p []byte) error { return Decode(p, &u) }},
		{"json/encoding-json-decode", text, func(p []byte) error { var e libraryEvent; return json.Unmarshal(p, &e) }},
		{"json/protojson-decode", text, func(p []byte) error {
			var e integration.UplinkEvent
			return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(p, &e)
		}},
		{"protobuf/ours-to-reading", binary, ours},
		{"protobuf/ours-decode", binary, func(p []byte) error { return Decode(p, &u) }},
		{"protobuf/proto-unmarshal-decode", binary, func(p []byte) error { var e integration.UplinkEvent; return proto.Unmarshal(p, &e) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				if err := way.f(way.payload); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}
