package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// Sources that are configured or fare as badly as sources do, beside one that is sound: each must
// be named within a minute, and the sound one must not.
func TestASilentSourceIsNamedWithinAMinute(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t, "--mixed-mining") })
	acl := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(acl, []byte("user chirpstack\ntopic readwrite #\nuser reader\ntopic read lab/#\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	guarded := servers.Mosquitto(t, "acl_file "+acl)
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	source := "\n[[sources]]\nname = %q\nnetwork = %q\nurl = %q\n"
	w.operate(fmt.Sprintf(source+"topic = \"prod/application/{application_id}/device/{dev_eui}/event/{event}\"\n", "wrong_topic", "1", w.mqtt) +
		fmt.Sprintf(source+"username = \"reader\"\n", "wrong_acl", "2", guarded.URL) +
		fmt.Sprintf(source, "wrong_server", "3", strings.Replace(web.URL, "http", "tcp", 1)) +
		fmt.Sprintf(source+"topic = \"weather/{any}\"\n", "other_server", "4", w.mqtt) +
		fmt.Sprintf(source+"kind = \"gateway\"\n", "dead_gateway", "5", w.mqtt))
	w.start()

	// Traffic for all, in the background; the gateway dies after a while.
	pub := mqtt.NewPublisher(mqtt.Config{URL: guarded.URL, ClientID: "chirpstack", Username: "chirpstack"})
	defer func() { _ = pub.Close() }()
	stop, died := make(chan struct{}), make(chan time.Time, 1)
	var traffic sync.WaitGroup
	traffic.Go(func() {
		for n := 0; ; n++ {
			w.publish(buoy, uplink(buoy, n))
			_ = pub.Publish(t.Context(), "application/1/device/"+buoy+"/event/up", uplink(buoy, n), 1)
			w.raw("weather/vienna", []byte(`{"temperature":21.5}`))
			if n < 20 {
				w.raw("eu868/gateway/be00000000ff0000/event/stats", []byte("{}"))
			} else if n == 20 {
				died <- time.Now()
			}
			select {
			case <-stop:
				return
			case <-time.After(500 * time.Millisecond):
			}
		}
	})
	defer traffic.Wait()
	defer close(stop)

	dead := <-died
	named := func(code, subject, says string) (since time.Time, text string) {
		w.eventually(code+" names "+subject+" and says "+says, 3*time.Minute, func() bool {
			var s struct {
				Conditions []struct {
					Code, Subject, Text string
					Since               time.Time
				}
			}
			out, _, _ := w.try("status", "-c", w.config, "-o", "json")
			_ = json.Unmarshal([]byte(out), &s)
			i := slices.IndexFunc(s.Conditions, func(c struct {
				Code, Subject, Text string
				Since               time.Time
			}) bool {
				return c.Code == code && strings.HasPrefix(c.Subject, subject) && strings.Contains(c.Text, says)
			})
			if i >= 0 {
				since, text = s.Conditions[i].Since, s.Conditions[i].Text
			}
			return i >= 0
		})
		return since, text
	}
	var s struct {
		Started time.Time
		Sources []struct {
			Name   string
			Since  time.Time `json:"connected_since"`
			Events []struct{ Event string }
		}
	}
	out, _, _ := w.try("status", "-c", w.config, "-o", "json")
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err, out)
	}
	for _, c := range []struct{ code, subject, says string }{
		{"source_silent", "wrong_topic", "topic"},
		{"source_silent", "wrong_acl", "access list"},
		{"broker_down", "wrong_server", "correct the source's url"},
		{"source_unreadable", "other_server", "network server"},
		{"source_silent", "dead_gateway", "usually"},
		{"gateway_silent", "dead_gateway", "be00000000ff0000"},
	} {
		t.Run(c.subject+" "+c.code, func(t *testing.T) {
			since, text := named(c.code, c.subject, c.says)
			from := s.Started
			for _, one := range s.Sources {
				if one.Name == c.subject && one.Since.After(from) {
					from = one.Since
				}
			}
			if strings.HasPrefix(c.subject, "dead_gateway") {
				from = dead
			}
			t.Logf("named %v after it began", since.Sub(from).Round(time.Second))
			if took := since.Sub(from); took > time.Minute {
				t.Errorf("named after %v: %s", took, text)
			}
		})
	}
	if out, _, _ := w.try("status", "-c", w.config, "-o", "json"); strings.Contains(out, `"subject": "chirpstack"`) {
		t.Errorf("the sound source is named too:\n%s", out)
	}
	if out, _, _ := w.try("status", "-c", w.config); !strings.Contains(out, "source chirpstack (mqtt): connected") || !strings.Contains(out, "nobody has bought this device's readings now") {
		t.Errorf("status:\n%s", out)
	}
	w.listens()
}

// listens runs check --listen, which says what arrives and where.
func (w *world) listens() {
	w.t.Helper()
	stream := w.list(buoy, "0.0001", 1)
	p := w.buy("ann", stream, "1h")
	w.settled(p)
	out, _, code := w.try("check", "-c", w.config, "--listen", "5s")
	for _, want := range []string{
		"ok    source chirpstack: heard ", "of 1 devices; bought: 1 devices of 1 that are, ",
		"FAULT source wrong_topic: nothing was heard in 5s under prod/application/+/device/+/event/+; under other topics the broker has ",
		"application/…/device/…/event/up (", "FAULT source wrong_acl: nothing was heard in 5s",
		"FAULT source wrong_server: nothing was heard", "FAULT source other_server: ", "none is understood",
	} {
		if !strings.Contains(out, want) {
			w.t.Errorf("check --listen (exit %d) lacks %q:\n%s", code, want, out)
		}
	}
}
