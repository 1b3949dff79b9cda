package intake_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

func TestASilentGatewayIsNamedWhileOthersSpeak(t *testing.T) {
	y := bridgetest.OpenYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Millisecond, bridgetest.Ours)
	start := time.Now()
	dead, alive := lorawan.DevEUI{7: 0xde}, lorawan.DevEUI{7: 0xa1}
	for _, id := range []lorawan.DevEUI{dead, alive} {
		y.Hear("eu868/gateway/"+id.String()+"/event/stats", []byte("{}"))
	}
	y.Publish(mqtt.Message{Topic: "eu868/gateway/" + lorawan.DevEUI{7: 0xee}.String() + "/state/conn", Payload: []byte("{}"), QoS: 1, Retained: true})
	for id, until := range map[lorawan.DevEUI]int{dead: 20, alive: 100} {
		r := y.Frames.Gateway(id)
		for i := range until {
			r.Beat(start.Add(time.Duration(i) * 2 * time.Second))
		}
	}
	if y.Frames.Gateways() != 2 {
		t.Errorf("%d gateways: what the broker kept from before counts", y.Frames.Gateways())
	}
	y.Frames.LookAtGateways(y.Health, start.Add(201*time.Second))
	if got := y.Says("gateway_silent"); !strings.Contains(got, dead.String()) || !strings.Contains(got, "every 2s") {
		t.Errorf("the condition says %q", got)
	}
	if n := len(y.Health.List()); n != 1 {
		t.Errorf("%d conditions", n)
	}
}
