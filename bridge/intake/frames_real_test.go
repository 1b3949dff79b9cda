package intake_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// TestAFrameInItsWindowSurvivesAKillOfTheBridge lets two gateways publish a frame
// through a real Mosquitto, stops the bridge while the frame waits for its copies,
// and starts it again: the broker sends both copies again, and one reading is sold.
func TestAFrameInItsWindowSurvivesAKillOfTheBridge(t *testing.T) {
	servers.Need(t, "mosquitto")
	broker := servers.Mosquitto(t)
	path := filepath.Join(t.TempDir(), "ledger.db")
	topics, err := gateway.Subscriptions("")
	if err != nil {
		t.Fatal(err)
	}
	run := func(y *bridgetest.Yard, windows bool) (arrived func() int, stop func()) {
		var mu sync.Mutex
		n := 0
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		up := make(chan struct{}, 10)
		sub := mqtt.NewSubscriber(mqtt.Config{URL: broker.URL, ClientID: "yard"}, topics, func(m mqtt.Message) {
			y.Publish(m)
			mu.Lock()
			n++
			mu.Unlock()
		}, mqtt.Events{Granted: func(string, byte) { up <- struct{}{} }})
		wg.Go(func() { _ = sub.Run(ctx) })
		wg.Go(func() { y.Acks.Run(ctx) })
		if windows {
			wg.Go(func() { y.Frames.Run(ctx) })
		}
		for range topics {
			select {
			case <-up:
			case <-time.After(10 * time.Second):
				t.Fatal("the broker grants no subscription")
			}
		}
		return func() int { mu.Lock(); defer mu.Unlock(); return n }, func() { cancel(); wg.Wait() }
	}
	wait := func(what string, is func() bool) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("waited for %s", what)
			}
		}
	}

	y := bridgetest.OpenYard(t, path, time.Hour, bridgetest.Ours)
	arrived, stop := run(y, false)
	pub := mqtt.NewPublisher(mqtt.Config{URL: broker.URL, ClientID: "gateways", CleanSession: true})
	defer pub.Close()
	phy := bridgetest.Sealed(t, bridgetest.Ours, 7, "reading")
	for _, topic := range []string{bridgetest.GatewayA, bridgetest.GatewayB} {
		if err := pub.Publish(t.Context(), topic, bridgetest.OnAir(phy, -80, ""), 1); err != nil {
			t.Fatal(err)
		}
	}
	wait("both copies", func() bool { return arrived() == 2 })
	stop()
	if err := y.Ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if y.Count(intake.FatePosted) != 0 {
		t.Fatal("the frame left its window")
	}

	y = bridgetest.OpenYard(t, path, 20*time.Millisecond, bridgetest.Ours)
	arrived, stop = run(y, true)
	defer stop()
	if body := y.Parcel(t); body["f_cnt"] != 7.0 {
		t.Errorf("parcel: %v", body)
	}
	wait("both copies again", func() bool { return arrived() == 2 })
	wait("the acknowledgements", func() bool { return y.Acks.Pending() == 0 })
	if y.Count(intake.FatePosted) != 1 {
		t.Errorf("%d readings were sold", y.Count(intake.FatePosted))
	}
}
