package bridge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

const (
	gatewayA = "eu868/gateway/be00000000ff0000/event/up"
	gatewayB = "gateway/be00000000ff0001/event/up"
)

var (
	ours = gateway.Device{DevEUI: lorawan.DevEUI{7: 1}, ABP: true, DevAddr: lorawan.DevAddr{1, 2, 3, 4},
		Keys: lorawan.Keys10(lorawan.Key{0: 1, 15: 0xee}, lorawan.Key{0: 2, 15: 0xdd})}
	joiner = gateway.Device{DevEUI: lorawan.DevEUI{7: 2}, JoinEUI: lorawan.DevEUI{7: 8}, AppKey: lorawan.Key{0: 3, 15: 0xcc}}
)

// yard is a gateway-level source with a real ledger behind it.
type yard struct {
	*hall
	frames *Frames
	path   string
}

func openYard(t testing.TB, path string, window time.Duration, devices ...gateway.Device) *yard {
	t.Helper()
	x := market.NewIndex(0, 0)
	l, err := ledger.Open(path, ledger.Options{Place: delivery.Place{ChainID: 1, Market: common.Address{1}}, Operator: 1, Index: x, RouteKey: [32]byte{9}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.DiscardHandler)
	h := &hall{index: x, ledger: l, posted: make(chan []delivery.Parcel, 1000)}
	h.Bridge = New(x, l, collector{h.posted}, NewMetrics(), NewHealth(log), log)
	h.in = h.Intake("yard", "yard", lorawan.Template{}, nil)
	region, err := gateway.RegionOf("EU868")
	if err != nil {
		t.Fatal(err)
	}
	y := &yard{hall: h, path: path}
	if y.frames, err = h.Frames(h.in, region, window, devices, l); err != nil {
		t.Fatal(err)
	}
	for _, d := range []lorawan.DevEUI{ours.DevEUI, joiner.DevEUI} {
		now := uint64(time.Now().Unix())
		x.Set(&market.Entitlement{Purchase: market.PurchaseID(d[7]), Stream: 1, DevEUI: d, Start: now - 1e6, End: now + 1e6, Price: 1, Interval: 1, Quota: 2e6,
			Sale: lorawan.Sale{Fields: lorawan.FieldData | lorawan.FieldLink}, State: market.PurchaseActive})
	}
	return y
}

// run lets windows end.
func (y *yard) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { y.frames.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

// onAir is a frame as a v4 gateway reports it.
func onAir(phy []byte, rssi int, more string) []byte {
	return fmt.Appendf(nil, `{"phyPayload":%q,"txInfo":{"frequency":868100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}},"rxInfo":{"rssi":%d,"snr":8.2%s}}`,
		base64.StdEncoding.EncodeToString(phy), rssi, more)
}

func sealed(t testing.TB, d gateway.Device, fCnt uint32, payload string) []byte {
	t.Helper()
	s := lorawan.NewSession(d.Version, d.DevAddr, d.Keys)
	phy, err := s.SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, HasPort: true, FPort: 2, Payload: []byte(payload)}, fCnt, lorawan.Radio{DR: 5})
	if err != nil {
		t.Fatal(err)
	}
	return phy
}

func (y *yard) hear(topic string, payload []byte) {
	y.frames.Handle(mqtt.Message{Topic: topic, Payload: payload, QoS: 1})
}

func (y *yard) parcel(t *testing.T) map[string]any {
	t.Helper()
	for {
		select {
		case p := <-y.posted:
			if len(p) == 0 { // a commit that made none
				continue
			}
			var body map[string]any
			if err := json.Unmarshal(p[0].Body, &body); err != nil || len(p) > 1 {
				t.Fatal(len(p), err)
			}
			return body
		case <-time.After(5 * time.Second):
			t.Fatal("no parcel was posted")
		}
	}
}

func TestAFrameManyGatewaysHeardIsSoldOnceAndAllCopiesAreAcknowledgedAfterTheCommit(t *testing.T) {
	y := openYard(t, filepath.Join(t.TempDir(), "ledger.db"), 50*time.Millisecond, ours)
	phy := sealed(t, ours, 7, "reading")
	y.hear(gatewayA, onAir(phy, -100, ""))
	y.hear(gatewayB, onAir(phy, -60, ""))
	y.hear(gatewayB, onAir(phy, -60, "")) // the broker sends it again
	if got := y.in.acks.take(nil); len(got) != 0 || y.in.acks.pending() != 3 {
		t.Fatalf("%d copies were acknowledged before the commit", len(got))
	}
	defer y.run(t)()
	body := y.parcel(t)
	if body["data"] != base64.StdEncoding.EncodeToString([]byte("reading")) || body["f_cnt"] != 7.0 || body["link"].(map[string]any)["rssi"] != -60.0 {
		t.Errorf("parcel: %v", body)
	}
	y.settled(t)
	if y.count(FatePosted) != 1 || y.count(FateDuplicateCopy) != 2 {
		t.Errorf("posted %d, copies %d", y.count(FatePosted), y.count(FateDuplicateCopy))
	}
	y.hear(gatewayA, onAir(phy, -100, "")) // a gateway that was slow
	y.settled(t)
	if y.count(FateRepeat) != 1 {
		t.Error("a late copy was not a repeat")
	}
}

func TestDistinctGatewaysAreCountedOnce(t *testing.T) {
	h := new(hearing)
	for _, id := range []byte{1, 2, 1, 1} {
		h.hear(&gateway.Reception{RSSI: -int(id)}, lorawan.DevEUI{id})
	}
	if h.uplink.Gateways != 2 || h.uplink.RSSI != -1 {
		t.Errorf("%d gateways, best %d dBm", h.uplink.Gateways, h.uplink.RSSI)
	}
}

func TestEveryFrameHasOneFateAndIsAcknowledged(t *testing.T) {
	y := openYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Millisecond, ours, joiner)
	defer y.run(t)()
	stranger := ours
	stranger.DevAddr = lorawan.DevAddr{9, 9, 9, 9}
	unbought := ours
	unbought.DevEUI, unbought.DevAddr, unbought.Keys.FNwkSIntKey = lorawan.DevEUI{7: 77}, lorawan.DevAddr{7, 7, 7, 7}, lorawan.Key{5}
	if err := y.frames.Add(unbought); err != nil {
		t.Fatal(err)
	}
	good := sealed(t, ours, 1000, "x")
	forged := append([]byte(nil), good...)
	forged[len(forged)-1] ^= 1
	reserved := append([]byte(nil), good...)
	reserved[0] |= 0x04
	mac, err := lorawan.NewSession(ours.Version, ours.DevAddr, ours.Keys).SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, FOpts: []byte{2}}, 1001, lorawan.Radio{})
	if err != nil {
		t.Fatal(err)
	}
	request := lorawan.JoinRequest{JoinEUI: joiner.JoinEUI, DevEUI: joiner.DevEUI, DevNonce: 5}
	accept, err := (&lorawan.JoinAccept{JoinNonce: 1, DevAddr: lorawan.DevAddr{5, 5, 5, 5}, RxDelay: 1}).Seal(joiner.AppKey)
	if err != nil {
		t.Fatal(err)
	}
	down := fmt.Appendf(nil, `{"downlinkId":1,"items":[{"phyPayload":%q}],"gatewayId":"be00000000ff0000"}`, base64.StdEncoding.EncodeToString(accept))
	for _, c := range []struct {
		why  string
		m    mqtt.Message
		fate Fate
	}{
		{"a frame of ours", mqtt.Message{Topic: gatewayA, Payload: onAir(good, -80, ""), QoS: 1}, FatePosted},
		{"replayed later", mqtt.Message{Topic: gatewayA, Payload: onAir(good, -80, ""), QoS: 1}, FateRepeat},
		{"sent again on another channel", mqtt.Message{Topic: gatewayA, Payload: []byte(strings.Replace(string(onAir(good, -80, "")), "868100000", "868300000", 1)), QoS: 1}, FateRepeat},
		{"forged", mqtt.Message{Topic: gatewayA, Payload: onAir(forged, -80, ""), QoS: 1}, FateBadMIC},
		{"reserved bits", mqtt.Message{Topic: gatewayA, Payload: onAir(reserved, -80, ""), QoS: 1}, FateReservedBits},
		{"damaged on air", mqtt.Message{Topic: gatewayA, Payload: onAir(good, -80, `,"crcStatus":"BAD_CRC"`), QoS: 1}, FateBadCRC},
		{"a stranger's", mqtt.Message{Topic: gatewayA, Payload: onAir(sealed(t, stranger, 1, "x"), -80, ""), QoS: 1}, FateUnknownSession},
		{"registered and not bought", mqtt.Message{Topic: gatewayA, Payload: onAir(sealed(t, unbought, 1, "x"), -80, ""), QoS: 1}, FateUnbought},
		{"MAC commands only", mqtt.Message{Topic: gatewayA, Payload: onAir(mac, -80, ""), QoS: 1}, FateEmpty},
		{"a counter that was reset", mqtt.Message{Topic: gatewayA, Payload: onAir(sealed(t, ours, 2, "y"), -80, ""), QoS: 1}, FateReset},
		{"proprietary", mqtt.Message{Topic: gatewayA, Payload: onAir([]byte{0xe0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, -80, ""), QoS: 1}, FateProprietary},
		{"another major version", mqtt.Message{Topic: gatewayA, Payload: onAir(append([]byte{0x41}, good[1:]...), -80, ""), QoS: 1}, FateMalformed},
		{"a stranger's join", mqtt.Message{Topic: gatewayA, Payload: onAir(lorawan.JoinRequest{DevNonce: 1}.Seal(lorawan.Key{}), -80, ""), QoS: 1}, FateUnknownSession},
		{"a forged join", mqtt.Message{Topic: gatewayA, Payload: onAir(request.Seal(lorawan.Key{}), -80, ""), QoS: 1}, FateBadMIC},
		{"a join", mqtt.Message{Topic: gatewayA, Payload: onAir(request.Seal(joiner.AppKey), -80, ""), QoS: 1}, FateJoin},
		{"its answer", mqtt.Message{Topic: "eu868/gateway/be00000000ff0000/command/down", Payload: down, QoS: 1}, FateJoin},
		{"the join replayed", mqtt.Message{Topic: gatewayA, Payload: onAir(request.Seal(joiner.AppKey), -80, ""), QoS: 1}, FateReplayed},
		{"statistics", mqtt.Message{Topic: "eu868/gateway/be00000000ff0000/event/stats", Payload: []byte("{}"), QoS: 1}, FateOtherEvent},
		{"a state the broker kept", mqtt.Message{Topic: "eu868/gateway/be00000000ff0000/state/conn", Payload: []byte("{}"), QoS: 1, Retained: true}, FateOtherEvent},
		{"a retained frame", mqtt.Message{Topic: gatewayA, Payload: onAir(good, -80, ""), QoS: 1, Retained: true}, FateRetained},
		{"no gateway's topic", mqtt.Message{Topic: "application/1/device/x/event/up", Payload: []byte("{}"), QoS: 1}, FateOtherTopic},
		{"no frame", mqtt.Message{Topic: gatewayA, Payload: []byte(`{"phyPayload":1}`), QoS: 1}, FateMalformed},
	} {
		before := y.count(c.fate)
		y.frames.Handle(c.m)
		y.settled(t)
		if y.count(c.fate) != before+1 {
			t.Errorf("%s: not counted as %s", c.why, c.fate)
		}
	}
	y.parcel(t)
	joined := joiner
	joined.DevAddr = lorawan.DevAddr{5, 5, 5, 5}
	joined.Keys = lorawan.DeriveKeys10(joiner.AppKey, &lorawan.JoinAccept{JoinNonce: 1, DevAddr: joined.DevAddr, RxDelay: 1}, 5)
	y.hear(gatewayB, onAir(sealed(t, joined, 0, "after the join"), -80, ""))
	y.settled(t)
	if y.count(FatePosted) != 2 {
		t.Error("the first uplink after a join seen on air was not sold")
	}
}

func TestSessionsSurviveARestartSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	y := openYard(t, path, time.Millisecond, ours)
	if err := y.frames.Add(joiner); err != nil {
		t.Fatal(err)
	}
	stop := y.run(t)
	y.hear(gatewayA, onAir(sealed(t, ours, 65_530, "x"), -80, ""))
	y.settled(t)
	stop()
	if err := y.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []lorawan.Key{ours.Keys.AppSKey, ours.Keys.FNwkSIntKey, joiner.AppKey} {
		if strings.Contains(string(file), string(k[:])) || strings.Contains(string(file), fmt.Sprintf("%x", k[:])) {
			t.Error("a key lies in the ledger in clear")
		}
	}

	y = openYard(t, path, time.Millisecond, ours)
	defer y.run(t)()
	if n := len(y.frames.registry.List()); n != 2 {
		t.Errorf("%d devices are left", n)
	}
	y.hear(gatewayA, onAir(sealed(t, ours, 65_530, "x"), -80, ""))
	y.hear(gatewayA, onAir(sealed(t, ours, 65_540, "over 16 bits"), -80, ""))
	y.settled(t)
	if y.count(FateRepeat) != 1 || y.count(FatePosted) != 1 {
		t.Errorf("after a restart: %d repeats, %d posted", y.count(FateRepeat), y.count(FatePosted))
	}
	if body := y.parcel(t); body["f_cnt"] != 65_540.0 {
		t.Errorf("the counter was completed wrongly: %v", body["f_cnt"])
	}
	if known, err := y.frames.Remove(joiner.DevEUI); !known || err != nil {
		t.Errorf("remove: %v %v", known, err)
	}
	if states, err := y.ledger.Sessions("yard"); err != nil || len(states) != 1 {
		t.Errorf("%d states are stored (%v)", len(states), err)
	}
}

func TestADeviceTakenOffTheDevicesFileIsForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	y := openYard(t, path, time.Millisecond, ours)
	if err := y.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if y = openYard(t, path, time.Millisecond); len(y.frames.registry.List()) != 0 {
		t.Error("it is still known")
	}
}

func TestWindowsAreBounded(t *testing.T) {
	y := openYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Hour, ours)
	for i := range uint32(openMax + 10) {
		y.hear(gatewayA, onAir(sealed(t, ours, i, "x"), -80, ""))
	}
	if len(y.frames.open) != openMax || len(y.frames.due) != openMax {
		t.Errorf("%d frames wait", len(y.frames.open))
	}
}

func BenchmarkAForeignFrame(b *testing.B) {
	y := openYard(b, filepath.Join(b.TempDir(), "ledger.db"), time.Millisecond, ours)
	stranger := ours
	stranger.DevAddr = lorawan.DevAddr{9, 9, 9, 9}
	m := mqtt.Message{Topic: gatewayA, Payload: onAir(sealed(b, stranger, 1, "x"), -80, ""), QoS: 1}
	into := make([]mqtt.Message, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		y.frames.Handle(m)
		into = y.in.acks.take(into[:0])
	}
	if y.count(FateUnknownSession) == 0 || len(into) != 1 {
		b.Fatal("not foreign")
	}
}

func TestAForeignFrameCostsNoMemory(t *testing.T) {
	y := openYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Millisecond, ours)
	stranger := ours
	stranger.DevAddr = lorawan.DevAddr{9, 9, 9, 9}
	m := mqtt.Message{Topic: gatewayA, Payload: onAir(sealed(t, stranger, 1, "x"), -80, ""), QoS: 1}
	into := make([]mqtt.Message, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		y.frames.Handle(m)
		into = y.in.acks.take(into[:0])
	}); n > 0 {
		t.Errorf("%v allocations for a frame of nobody's", n)
	}
}
