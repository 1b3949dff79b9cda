package bridgetest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// Topics of two gateways.
const (
	GatewayA = "eu868/gateway/be00000000ff0000/event/up"
	GatewayB = "gateway/be00000000ff0001/event/up"
)

// Two devices.
var (
	Ours = gateway.Device{DevEUI: lorawan.DevEUI{7: 1}, ABP: true, DevAddr: lorawan.DevAddr{1, 2, 3, 4},
		Keys: lorawan.Keys10(lorawan.Key{0: 1, 15: 0xee}, lorawan.Key{0: 2, 15: 0xdd})}
	Joiner = gateway.Device{DevEUI: lorawan.DevEUI{7: 2}, JoinEUI: lorawan.DevEUI{7: 8}, AppKey: lorawan.Key{0: 3, 15: 0xcc}}
)

// Yard is a gateway-level source with a real ledger behind it.
type Yard struct {
	*Hall
	Frames *intake.Frames
}

// OpenYard opens, or makes, one.
func OpenYard(t testing.TB, path string, window time.Duration, devices ...gateway.Device) *Yard {
	t.Helper()
	h := open(t, path, 0, slog.New(slog.DiscardHandler))
	h.In = h.Entrance("yard", "yard", lorawan.Template{}, nil)
	region, err := gateway.RegionOf("EU868")
	if err != nil {
		t.Fatal(err)
	}
	y := &Yard{Hall: h}
	if y.Frames, err = intake.NewFrames(h.Bridge, h.In, h.Log, region, window, devices, h.Ledger); err != nil {
		t.Fatal(err)
	}
	for _, d := range []lorawan.DevEUI{Ours.DevEUI, Joiner.DevEUI} {
		now := uint64(time.Now().Unix())
		h.Index.Set(&market.Entitlement{Purchase: market.PurchaseID(d[7]), Stream: 1, DevEUI: d, Start: now - 1e6, End: now + 1e6, Price: 1, Interval: 1, Quota: 2e6,
			Sale: lorawan.Sale{Fields: lorawan.FieldData | lorawan.FieldLink}, State: market.PurchaseActive})
	}
	return y
}

// Run lets windows end.
func (y *Yard) Run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { y.Frames.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

// OnAir is a frame as a v4 gateway reports it.
func OnAir(phy []byte, rssi int, more string) []byte {
	return fmt.Appendf(nil, `{"phyPayload":%q,"txInfo":{"frequency":868100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}},"rxInfo":{"rssi":%d,"snr":8.2%s}}`,
		base64.StdEncoding.EncodeToString(phy), rssi, more)
}

// Sealed is a frame a device sends.
func Sealed(t testing.TB, d gateway.Device, fCnt uint32, payload string) []byte {
	t.Helper()
	s := lorawan.NewSession(d.Version, d.DevAddr, d.Keys)
	phy, err := s.SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, HasPort: true, FPort: 2, Payload: []byte(payload)}, fCnt, lorawan.Radio{DR: 5})
	if err != nil {
		t.Fatal(err)
	}
	return phy
}

// Publish hands a gateway's message in.
func (y *Yard) Publish(m mqtt.Message) { y.Frames.Take(y.Acks.Arrive(m)) }

// Hear is Publish with QoS 1.
func (y *Yard) Hear(topic string, payload []byte) {
	y.Publish(mqtt.Message{Topic: topic, Payload: payload, QoS: 1})
}

// Parcel waits for the next parcel and gives its body.
func (y *Yard) Parcel(t testing.TB) map[string]any {
	t.Helper()
	for {
		select {
		case p := <-y.Posted:
			if len(p) == 0 { // a commit that made none
				continue
			}
			var body map[string]any
			if err := json.Unmarshal(p[0].Body, &body); err != nil || len(p) > 1 {
				t.Fatal(len(p), err)
			}
			return body
		case <-time.After(time.Minute):
			t.Fatal("no parcel was posted")
		}
	}
}
