package bridge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

// A time of reception that cannot be is not sold as the measurement's: the reading is, with the
// bridge's own time.
func TestATimeThatCannotBeIsNotSold(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	stamp := func(at time.Time) string { return at.Format(time.RFC3339) }
	h := bridgetest.New(t, 0, bridgetest.Template)
	bridgetest.Entitle(h.Index, 1, bridgetest.Device)
	fCnt := 0
	sold := func(server, gateway string) map[string]any {
		t.Helper()
		fCnt++
		event := bridgetest.V4Event("a", "1f1e46b9-af07-462a-8475-c02cf6225c0b", "01020304", fCnt, "qg==")
		if server != "" {
			event = strings.Replace(event, "{", fmt.Sprintf(`{"time":%q,`, server), 1)
		}
		if gateway != "" {
			event = strings.Replace(event, "{", fmt.Sprintf(`{"rxInfo":[{"gatewayId":"0102030405060708","gwTime":%q,"rssi":-60}],`, gateway), 1)
		}
		h.Handle(mqtt.Message{Topic: bridgetest.Address + bridgetest.Bought + "/event/up", Payload: []byte(event), QoS: 1})
		h.Ended(t)
		for {
			select {
			case parcels := <-h.Posted:
				if len(parcels) == 0 {
					continue
				}
				var body map[string]any
				if err := json.Unmarshal(parcels[0].Body, &body); err != nil {
					t.Fatal(err)
				}
				return body
			default:
				t.Fatalf("%s and %s: it was not sold", server, gateway)
			}
		}
	}
	for _, c := range []struct{ server, gateway, soldServer, soldGateway, clock string }{
		{stamp(now), stamp(now), stamp(now), stamp(now), ""},
		{stamp(now.Add(-40 * 24 * time.Hour)), "", stamp(now.Add(-40 * 24 * time.Hour)), "", ""}, // it waited at the broker
		{stamp(now.Add(20 * time.Minute)), "", stamp(now.Add(20 * time.Minute)), "", ""},
		{"", "", "", "", ""},
		{"9999-12-31T23:59:59Z", "", "", "", "the network server"},
		{"1970-01-01T00:00:00Z", stamp(now), "", stamp(now), "the network server"},
		{stamp(now.Add(3 * time.Hour)), "", "", "", "the network server"}, // a local time that calls itself UTC
		{stamp(now), "1980-01-06T00:00:12Z", stamp(now), "", "a gateway"},
		{"0001-01-01T00:00:01Z", "2262-04-11T23:47:16Z", "", "", "the network server"},
	} {
		before := h.Meter.Misdated.With("chirpstack").Value()
		body := sold(c.server, c.gateway)
		if got := [2]any{body["time"], body["gateway_time"]}; got != [2]any{orNil(c.soldServer), orNil(c.soldGateway)} {
			t.Errorf("%s and %s were sold as %v", c.server, c.gateway, got)
		}
		if at, err := time.Parse(time.RFC3339, fmt.Sprint(body["received"])); err != nil || at.Sub(now).Abs() > time.Minute {
			t.Errorf("received is %v", body["received"])
		}
		counted := h.Meter.Misdated.With("chirpstack").Value() - before
		if said := h.Says("time_wrong"); (counted == 1) != (c.clock != "") || c.clock != "" && !strings.Contains(said, c.clock) {
			t.Errorf("%s and %s: counted %d, said %q", c.server, c.gateway, counted, said)
		}
	}
	h.In.LookAtDates(time.Now().Add(intake.MisdatedOver / 2))
	if h.Says("time_wrong") == "" {
		t.Error("it is over at once")
	}
	h.In.LookAtDates(time.Now().Add(2 * intake.MisdatedOver))
	if said := h.Says("time_wrong"); said != "" {
		t.Errorf("it is never over: %s", said)
	}
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// What back-fill brings is dated by a time that can be, or not sold: the year 9999 is no time to
// belong to a purchase.
func TestBackfillIsDatedByATimeThatCanBe(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	bridgetest.Entitle(h.Index, 1, bridgetest.Device)
	for i, c := range []struct {
		server, gateway string
		fate            intake.Fate
	}{
		{"9999-12-31T23:59:59Z", "", intake.FateUndated},
		{"9999-12-31T23:59:59Z", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), intake.FatePosted},
		{"1970-01-01T00:00:00Z", "", intake.FateTooOld},
		{time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "1970-01-01T00:00:00Z", intake.FatePosted},
	} {
		event := bridgetest.V4Event("a", "x", "01020304", i+1, "qg==")
		event = strings.Replace(event, "{", fmt.Sprintf(`{"time":%q,`, c.server), 1)
		if c.gateway != "" {
			event = strings.Replace(event, "{", fmt.Sprintf(`{"rxInfo":[{"gatewayId":"0102030405060708","gwTime":%q,"rssi":-60}],`, c.gateway), 1)
		}
		got := make(chan intake.Fate, 1)
		h.Take(h.In, intake.Arrival{Payload: []byte(event), QoS: 1, Missed: 720 * time.Hour, Done: intake.Then(func(e intake.End) { got <- e.Fate })})
		if fate := <-got; fate != c.fate {
			t.Errorf("%s and %s: %s, want %s", c.server, c.gateway, fate, c.fate)
		}
	}
}
