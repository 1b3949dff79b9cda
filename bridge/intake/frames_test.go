package intake_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

func TestAFrameManyGatewaysHeardIsSoldOnceAndAllCopiesAreAcknowledgedAfterTheCommit(t *testing.T) {
	y := bridgetest.OpenYard(t, filepath.Join(t.TempDir(), "ledger.db"), 50*time.Millisecond, bridgetest.Ours)
	phy := bridgetest.Sealed(t, bridgetest.Ours, 7, "reading")
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(phy, -100, ""))
	y.Hear(bridgetest.GatewayB, bridgetest.OnAir(phy, -60, ""))
	y.Hear(bridgetest.GatewayB, bridgetest.OnAir(phy, -60, "")) // the broker sends it again
	if got := y.Acks.Flush(); got != 0 || y.Acks.Pending() != 3 {
		t.Fatalf("%d copies were acknowledged before the commit", got)
	}
	defer y.Run(t)()
	body := y.Parcel(t)
	if body["data"] != base64.StdEncoding.EncodeToString([]byte("reading")) || body["f_cnt"] != 7.0 || body["link"].(map[string]any)["rssi"] != -60.0 {
		t.Errorf("parcel: %v", body)
	}
	y.Ended(t)
	if y.Count(intake.FatePosted) != 1 || y.Count(intake.FateDuplicateCopy) != 2 {
		t.Errorf("posted %d, copies %d", y.Count(intake.FatePosted), y.Count(intake.FateDuplicateCopy))
	}
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(phy, -100, "")) // a gateway that was slow
	y.Ended(t)
	if y.Count(intake.FateRepeat) != 1 {
		t.Error("a late copy was not a repeat")
	}
}

func TestEveryFrameHasOneFateAndIsAcknowledged(t *testing.T) {
	y := bridgetest.OpenYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Millisecond, bridgetest.Ours, bridgetest.Joiner)
	defer y.Run(t)()
	stranger := bridgetest.Ours
	stranger.DevAddr = lorawan.DevAddr{9, 9, 9, 9}
	unbought := bridgetest.Ours
	unbought.DevEUI, unbought.DevAddr, unbought.Keys.FNwkSIntKey = lorawan.DevEUI{7: 77}, lorawan.DevAddr{7, 7, 7, 7}, lorawan.Key{5}
	if err := y.Frames.Add(unbought); err != nil {
		t.Fatal(err)
	}
	good := bridgetest.Sealed(t, bridgetest.Ours, 1000, "x")
	forged := append([]byte(nil), good...)
	forged[len(forged)-1] ^= 1
	reserved := append([]byte(nil), good...)
	reserved[0] |= 0x04
	mac, err := lorawan.NewSession(bridgetest.Ours.Version, bridgetest.Ours.DevAddr, bridgetest.Ours.Keys).SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, FOpts: []byte{2}}, 1001, lorawan.Radio{})
	if err != nil {
		t.Fatal(err)
	}
	request := lorawan.JoinRequest{JoinEUI: bridgetest.Joiner.JoinEUI, DevEUI: bridgetest.Joiner.DevEUI, DevNonce: 5}
	accept, err := (&lorawan.JoinAccept{JoinNonce: 1, DevAddr: lorawan.DevAddr{5, 5, 5, 5}, RxDelay: 1}).Seal(bridgetest.Joiner.AppKey)
	if err != nil {
		t.Fatal(err)
	}
	down := fmt.Appendf(nil, `{"downlinkId":1,"items":[{"phyPayload":%q}],"gatewayId":"be00000000ff0000"}`, base64.StdEncoding.EncodeToString(accept))
	for _, c := range []struct {
		why  string
		m    mqtt.Message
		fate intake.Fate
	}{
		{"a frame of ours", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(good, -80, ""), QoS: 1}, intake.FatePosted},
		{"replayed later", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(good, -80, ""), QoS: 1}, intake.FateRepeat},
		{"sent again on another channel", mqtt.Message{Topic: bridgetest.GatewayA, Payload: []byte(strings.Replace(string(bridgetest.OnAir(good, -80, "")), "868100000", "868300000", 1)), QoS: 1}, intake.FateRepeat},
		{"forged", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(forged, -80, ""), QoS: 1}, intake.FateBadMIC},
		{"reserved bits", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(reserved, -80, ""), QoS: 1}, intake.FateReservedBits},
		{"damaged on air", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(good, -80, `,"crcStatus":"BAD_CRC"`), QoS: 1}, intake.FateBadCRC},
		{"a stranger's", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(bridgetest.Sealed(t, stranger, 1, "x"), -80, ""), QoS: 1}, intake.FateUnknownSession},
		{"registered and not bought", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(bridgetest.Sealed(t, unbought, 1, "x"), -80, ""), QoS: 1}, intake.FateUnbought},
		{"MAC commands only", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(mac, -80, ""), QoS: 1}, intake.FateEmpty},
		{"a counter that was reset", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, 2, "y"), -80, ""), QoS: 1}, intake.FateReset},
		{"proprietary", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir([]byte{0xe0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, -80, ""), QoS: 1}, intake.FateProprietary},
		{"another major version", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(append([]byte{0x41}, good[1:]...), -80, ""), QoS: 1}, intake.FateMalformed},
		{"a stranger's join", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(lorawan.JoinRequest{DevNonce: 1}.Seal(lorawan.Key{}), -80, ""), QoS: 1}, intake.FateUnknownSession},
		{"a forged join", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(request.Seal(lorawan.Key{}), -80, ""), QoS: 1}, intake.FateBadMIC},
		{"a join", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(request.Seal(bridgetest.Joiner.AppKey), -80, ""), QoS: 1}, intake.FateJoin},
		{"its answer", mqtt.Message{Topic: "eu868/gateway/be00000000ff0000/command/down", Payload: down, QoS: 1}, intake.FateJoin},
		{"the join replayed", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(request.Seal(bridgetest.Joiner.AppKey), -80, ""), QoS: 1}, intake.FateReplayed},
		{"statistics", mqtt.Message{Topic: "eu868/gateway/be00000000ff0000/event/stats", Payload: []byte("{}"), QoS: 1}, intake.FateOtherEvent},
		{"a state the broker kept", mqtt.Message{Topic: "eu868/gateway/be00000000ff0000/state/conn", Payload: []byte("{}"), QoS: 1, Retained: true}, intake.FateOtherEvent},
		{"a retained frame", mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(good, -80, ""), QoS: 1, Retained: true}, intake.FateRetained},
		{"no gateway's topic", mqtt.Message{Topic: "application/1/device/x/event/up", Payload: []byte("{}"), QoS: 1}, intake.FateOtherTopic},
		{"no frame", mqtt.Message{Topic: bridgetest.GatewayA, Payload: []byte(`{"phyPayload":1}`), QoS: 1}, intake.FateMalformed},
	} {
		before := y.Count(c.fate)
		y.Publish(c.m)
		y.Ended(t)
		if y.Count(c.fate) != before+1 {
			t.Errorf("%s: not counted as %s", c.why, c.fate)
		}
	}
	y.Parcel(t)
	joined := bridgetest.Joiner
	joined.DevAddr = lorawan.DevAddr{5, 5, 5, 5}
	joined.Keys = lorawan.DeriveKeys10(bridgetest.Joiner.AppKey, &lorawan.JoinAccept{JoinNonce: 1, DevAddr: joined.DevAddr, RxDelay: 1}, 5)
	y.Hear(bridgetest.GatewayB, bridgetest.OnAir(bridgetest.Sealed(t, joined, 0, "after the join"), -80, ""))
	y.Ended(t)
	if y.Count(intake.FatePosted) != 2 {
		t.Error("the first uplink after a join seen on air was not sold")
	}
}

func TestSessionsSurviveARestartSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	y := bridgetest.OpenYard(t, path, time.Millisecond, bridgetest.Ours)
	if err := y.Frames.Add(bridgetest.Joiner); err != nil {
		t.Fatal(err)
	}
	stop := y.Run(t)
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, 65_530, "x"), -80, ""))
	y.Ended(t)
	stop()
	if err := y.Ledger.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []lorawan.Key{bridgetest.Ours.Keys.AppSKey, bridgetest.Ours.Keys.FNwkSIntKey, bridgetest.Joiner.AppKey} {
		if strings.Contains(string(file), string(k[:])) || strings.Contains(string(file), fmt.Sprintf("%x", k[:])) {
			t.Error("a key lies in the ledger in clear")
		}
	}

	y = bridgetest.OpenYard(t, path, time.Millisecond, bridgetest.Ours)
	defer y.Run(t)()
	if n := len(y.Frames.Sessions()); n != 2 {
		t.Errorf("%d devices are left", n)
	}
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, 65_530, "x"), -80, ""))
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, 65_540, "over 16 bits"), -80, ""))
	y.Ended(t)
	if y.Count(intake.FateRepeat) != 1 || y.Count(intake.FatePosted) != 1 {
		t.Errorf("after a restart: %d repeats, %d posted", y.Count(intake.FateRepeat), y.Count(intake.FatePosted))
	}
	if body := y.Parcel(t); body["f_cnt"] != 65_540.0 {
		t.Errorf("the counter was completed wrongly: %v", body["f_cnt"])
	}
	if known, err := y.Frames.Remove(bridgetest.Joiner.DevEUI); !known || err != nil {
		t.Errorf("remove: %v %v", known, err)
	}
	if states, err := y.Ledger.Sessions("yard"); err != nil || len(states) != 1 {
		t.Errorf("%d states are stored (%v)", len(states), err)
	}
}

func TestADeviceTakenOffTheDevicesFileIsForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	y := bridgetest.OpenYard(t, path, time.Millisecond, bridgetest.Ours)
	if err := y.Ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if y = bridgetest.OpenYard(t, path, time.Millisecond); len(y.Frames.Sessions()) != 0 {
		t.Error("it is still known")
	}
}

func TestWindowsAreBounded(t *testing.T) {
	y := bridgetest.OpenYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Hour, bridgetest.Ours)
	for i := range uint32(intake.OpenMax + 10) {
		y.Hear(bridgetest.GatewayA, bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, i, "x"), -80, ""))
	}
	if open, due := y.Frames.Open(); open != intake.OpenMax || due != intake.OpenMax {
		t.Errorf("%d frames wait", open)
	}
}

func BenchmarkAForeignFrame(b *testing.B) {
	y := bridgetest.OpenYard(b, filepath.Join(b.TempDir(), "ledger.db"), time.Millisecond, bridgetest.Ours)
	stranger := bridgetest.Ours
	stranger.DevAddr = lorawan.DevAddr{9, 9, 9, 9}
	m := mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(bridgetest.Sealed(b, stranger, 1, "x"), -80, ""), QoS: 1}
	b.ReportAllocs()
	for b.Loop() {
		y.Publish(m)
		y.Acks.Flush()
	}
	if y.Count(intake.FateUnknownSession) == 0 {
		b.Fatal("not foreign")
	}
}

func TestAForeignFrameCostsNoMemory(t *testing.T) {
	y := bridgetest.OpenYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Millisecond, bridgetest.Ours)
	stranger := bridgetest.Ours
	stranger.DevAddr = lorawan.DevAddr{9, 9, 9, 9}
	m := mqtt.Message{Topic: bridgetest.GatewayA, Payload: bridgetest.OnAir(bridgetest.Sealed(t, stranger, 1, "x"), -80, ""), QoS: 1}
	if n := testing.AllocsPerRun(100, func() {
		y.Publish(m)
		y.Acks.Flush()
	}); n > 0 {
		t.Errorf("%v allocations for a frame of nobody's", n)
	}
}
