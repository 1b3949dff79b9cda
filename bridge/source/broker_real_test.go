package source

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// started runs sources that remember in a file; until waits for what they do, and end ends them.
func started(t *testing.T, sources, file string) (p *Sources, h *bridgetest.Hall, until func(what string, ok func() bool), end func()) {
	t.Helper()
	p, h, err := remembering(t, sources, file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	close(ready)
	go func() { ended <- p.Run(ctx, ready) }()
	until = func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s never happens: %+v %+v", what, p.Status(), h.Health.List())
			}
		}
	}
	return p, h, until, func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// A real Mosquitto, and what happens to sessions there: uplinks with QoS 0 and then 1, another
// client under the bridge's id, and the session that this one threw away.
func TestWhatHappensToASessionAtMosquittoIsNamedAndOverWhenItIsOver(t *testing.T) {
	servers.Need(t, "mosquitto")
	broker := servers.Mosquitto(t)
	p, h, until, end := started(t, fmt.Sprintf("[[sources]]\nname = \"cs\"\nurl = %q\n", broker.URL), filepath.Join(t.TempDir(), "sources.json"))
	defer end()
	ctx := t.Context()
	st := func() (connected bool, session, qos string) {
		s := p.Status()[0]
		return s.Connected, s.Session, s.QoS
	}
	until("a connection", func() bool { up, session, qos := st(); return up && session == "new" && qos == "1" })
	if h.Says("session_lost") != "" {
		t.Error("the first connection has lost a session")
	}

	pub := mqtt.NewPublisher(mqtt.Config{URL: broker.URL, ClientID: "chirpstack"})
	defer func() { _ = pub.Close() }()
	publish := func(n int, qos byte) {
		t.Helper()
		topic := "application/x/device/" + bridgetest.Device.String() + "/event/up"
		if err := pub.Publish(ctx, topic, []byte(bridgetest.V4Event("a", "x", "01020304", n, "qg==")), qos); err != nil {
			t.Fatal(err)
		}
	}
	publish(1, 0)
	until("QoS 0 being named", func() bool { return h.Says("uplinks_qos0") != "" })
	publish(2, 1)
	until("an uplink with QoS 1", func() bool { return p.Status()[0].Events[0].Count == 2 })
	if p.Look(time.Now()); h.Says("uplinks_qos0") == "" {
		t.Error("one uplink with QoS 1 is taken for the end of QoS 0")
	}
	if p.Look(time.Now().Add(2 * time.Minute)); h.Says("uplinks_qos0") != "" {
		t.Error("QoS 0 that is over is told for ever")
	}

	thief, stop := context.WithCancel(ctx) // comes back whenever it is thrown out, and wants no session
	stolen := make(chan error, 1)
	other := mqtt.NewSubscriber(mqtt.Config{URL: broker.URL, ClientID: "dbdao-bridge-1-cs", CleanSession: true}, []string{"x"}, func(m mqtt.Message) { m.Ack() }, mqtt.Events{})
	go func() { stolen <- other.Run(thief) }()
	until("the other client being named", func() bool { return h.Says("client_id_taken") != "" })
	if text := h.Says("client_id_taken"); !strings.Contains(text, "dbdao-bridge-1-cs") {
		t.Error(text)
	}
	stop()
	<-stolen
	until("a session that was lost being named", func() bool { up, session, _ := st(); return up && session == "new" && h.Says("session_lost") != "" })
	if p.Look(time.Now()); h.Says("client_id_taken") == "" {
		t.Error("the other client is forgotten at once")
	}
	if p.Look(time.Now().Add(2 * time.Minute)); h.Says("client_id_taken") != "" {
		t.Error("the other client is told of for ever")
	}
	broker.Stop()
	until("the broker being missed", func() bool { return h.Says("broker_down") != "" })
	broker.Start()
	until("the session being kept", func() bool { up, session, _ := st(); return up && session == "kept" && h.Says("session_lost") == "" })
}

// A source is given another topic while the bridge is down: what its broker kept of the former one is taken in,
// and nothing more of it is sent.
func TestWhatWaitsUnderAFormerTopicIsTakenIn(t *testing.T) {
	servers.Need(t, "mosquitto")
	broker, file := servers.Mosquitto(t), filepath.Join(t.TempDir(), "sources.json")
	pub := mqtt.NewPublisher(mqtt.Config{URL: broker.URL, ClientID: "chirpstack"})
	defer func() { _ = pub.Close() }()
	published := 0
	publish := func(before string) {
		t.Helper()
		published++
		topic := before + "/x/device/" + bridgetest.Device.String() + "/event/up"
		if err := pub.Publish(t.Context(), topic, []byte(bridgetest.V4Event("a", "x", "01020304", published, "qg==")), 1); err != nil {
			t.Fatal(err)
		}
	}
	// run has a bridge with a topic, and ends it when f does.
	run := func(before string, f func(p *Sources, until func(string, func() bool))) {
		t.Helper()
		p, _, until, end := started(t, fmt.Sprintf("[[sources]]\nname = \"cs\"\nurl = %q\ntopic = \"%s/{application_id}/device/{dev_eui}/event/{event}\"\n", broker.URL, before), file)
		until("a connection", func() bool { s := p.Status()[0]; return s.Connected && s.QoS == "1" })
		f(p, until)
		end()
		p.Save()
	}
	came := func(p *Sources) (n int) {
		for _, e := range p.Status()[0].Events {
			n += int(e.Count)
		}
		return n
	}
	gone := func(p *Sources) bool {
		p.all[0].link.mu.Lock()
		defer p.all[0].link.mu.Unlock()
		return len(p.all[0].link.former) == 0
	}

	run("old", func(p *Sources, until func(string, func() bool)) {
		publish("old")
		until("an uplink", func() bool { return came(p) == 1 })
	})
	publish("old")
	publish("old")
	run("new", func(p *Sources, until func(string, func() bool)) {
		until("what waited under the former topic", func() bool { return came(p) == 2 })
		if n := p.all[0].in.Count(intake.FateOtherTopic); n != 0 {
			t.Errorf("%d of them were dropped", n)
		}
		until("the former topic's end", func() bool { return gone(p) })
		publish("old")
		publish("new")
		until("an uplink under the new topic", func() bool { return came(p) == 3 })
		if n := p.all[0].in.Count(intake.FateOtherTopic); n != 0 || came(p) != 3 {
			t.Errorf("%d have come, %d of another topic: the former one is still subscribed to", came(p), n)
		}
	})
	run("new", func(p *Sources, _ func(string, func() bool)) {
		if len(p.all[0].in.Former) != 0 {
			t.Error("the former topic is remembered for ever")
		}
	})
}
