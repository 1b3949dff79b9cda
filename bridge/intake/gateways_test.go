package intake_test

import (
	"fmt"
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

// Whoever may publish can invent gateways: they make no condition of their own, and do not keep
// real ones from being noticed.
func TestInventedGatewaysMakeNeitherConditionsNorBlindness(t *testing.T) {
	y := bridgetest.OpenYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Millisecond, bridgetest.Ours)
	invent := func(from, n, times int) {
		for i := range n {
			for range times {
				y.Hear(fmt.Sprintf("eu868/gateway/%016x/event/stats", from+i), []byte("{}"))
			}
		}
	}
	invent(1, 20_000, 1)
	if n := y.Frames.Gateways(); n > 10_000 {
		t.Errorf("%d gateways are remembered", n)
	}
	y.Frames.LookAtGateways(y.Health, time.Now().Add(time.Hour))
	if all := y.Health.List(); len(all) != 0 {
		t.Errorf("gateways that were heard once: %d conditions, %v", len(all), all[0])
	}
	y.Frames.ForgetGateways(time.Now().Add(2 * time.Minute))
	invent(1<<32, 12, 12)
	start := time.Now()
	for i := range 12 {
		r := y.Frames.Gateway(lorawan.DevEUI{3: 1, 7: byte(i)})
		if r == nil {
			t.Fatalf("a real gateway is not noticed behind invented ones")
		}
		for k := range 20 {
			r.Beat(start.Add(time.Duration(k) * time.Second))
		}
	}
	y.Frames.LookAtGateways(y.Health, start.Add(time.Hour))
	all := y.Health.List()
	if len(all) != 1 || !strings.Contains(all[0].Text, "12 have fallen silent: ") || !strings.Contains(all[0].Text, "0000000100000004 (for ") || !strings.Contains(all[0].Text, "and 7 more") {
		t.Errorf("%d conditions: %v", len(all), all)
	}
}
