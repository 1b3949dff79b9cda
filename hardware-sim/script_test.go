package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/load"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hardware-sim": main})
}

// Each file of testdata/script is a session as an operator types it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

func TestTheSinkKeepsEveryBodyWithItsID(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var out strings.Builder
	ended := make(chan error, 1)
	go func() { ended <- sink(ctx, addr, moods{}, &out, os.Stderr) }()
	post := func(body string) int {
		req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/ann?secret=1", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("webhook-id", "msg_1")
		for range 100 {
			if res, err := http.DefaultClient.Do(req.Clone(ctx)); err == nil {
				res.Body.Close()
				return res.StatusCode
			}
			time.Sleep(10 * time.Millisecond)
			req.Body, _ = req.GetBody()
		}
		t.Fatal("the sink does not answer")
		return 0
	}
	for body, want := range map[string]int{`{"id":"msg_1","f_cnt":7}`: 204, "no JSON": 400} {
		if got := post(body); got != want {
			t.Errorf("%s: HTTP %d", body, got)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var line struct {
		ID   string `json:"webhook_id"`
		Path string
		Body json.RawMessage
	}
	if err := json.Unmarshal([]byte(out.String()), &line); err != nil || line.ID != "msg_1" || line.Path != "/ann" || string(line.Body) != `{"id":"msg_1","f_cnt":7}` || strings.Contains(out.String(), "secret") {
		t.Errorf("%s: %v", out.String(), err)
	}
}

// Load through a real broker: every message arrives, is an uplink the bridge's
// decoder reads, and is another one.
func TestLoadPublishesUplinksThatAreAllDifferent(t *testing.T) {
	servers.Need(t, "mosquitto")
	broker := servers.Mosquitto(t)
	for _, c := range []struct {
		format sim.Format
		qos    byte
	}{{sim.V4JSON, 0}, {sim.V4Protobuf, 1}, {sim.TTS, 0}} {
		const messages, devices = 1000, 50
		seen := map[string]bool{}
		done := make(chan struct{})
		ready := make(chan struct{})
		sub := mqtt.NewSubscriber(mqtt.Config{URL: broker.URL, ClientID: fmt.Sprint(c), CleanSession: true}, []string{"#"}, func(m mqtt.Message) {
			var u lorawan.Uplink
			if err := detect.Decode(m.Payload, &u); err != nil {
				t.Errorf("%s: %v", c.format, err)
			}
			seen[fmt.Sprint(u.DevEUI, u.FCnt)] = true
			m.Ack()
			if len(seen) == messages {
				close(done)
			}
		}, mqtt.Events{Granted: func(string, byte) { close(ready) }})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- sub.Run(ctx) }()
		<-ready
		rep, err := load.Run(ctx, load.Options{Broker: strings.TrimPrefix(broker.URL, "tcp://"), Messages: messages, Devices: devices, QoS: c.qos, InFlight: 100, Rate: 5000, Format: c.format, Seed: 1, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Errorf("%s, QoS %d: %d of %d arrived", c.format, c.qos, len(seen), messages)
		}
		if c.qos == 1 && rep.Acknowledged != messages || rep.PerSecond > 7000 {
			t.Errorf("%+v", rep)
		}
		cancel()
		<-ended
	}
}
