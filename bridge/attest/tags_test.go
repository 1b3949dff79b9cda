package attest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstackapi"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

// asked is a source whose network server's API can be asked.
type asked []intake.TagReader

func (a asked) Tagged() bool                         { return true }
func (a asked) TagReaders(string) []intake.TagReader { return a }

// asks is who waits for the tags of a hall's uplinks.
func asks(h *bridgetest.Hall, api ...intake.TagReader) *Attester {
	return &Attester{Live: &h.Tags, Sources: asked(api)}
}

func TestATagProvesTheOwnerOnlyInALiveUplink(t *testing.T) {
	owner := common.HexToAddress("0x52908400098527886E0F7030069857D2E4169EE7")
	tag := func(value string) string {
		return strings.Replace(bridgetest.V4Event("a", "x", "01020304", 1, "qg=="), `{"applicationId"`, fmt.Sprintf(`{"tags":{"dbdao_owner":%q},"applicationId"`, value), 1)
	}
	live := func(h *bridgetest.Hall, m mqtt.Message) { m.Topic, m.QoS = "events/1", 1; h.Handle(m) }
	const quick, long = 30 * time.Millisecond, 10 * time.Second
	for why, c := range map[string]struct {
		wait  time.Duration
		bring func(h *bridgetest.Hall)
		says  string // "": proven
	}{
		"by MQTT":       {long, func(h *bridgetest.Hall) { live(h, mqtt.Message{Payload: []byte(tag(owner.Hex()))}) }, ""},
		"in lower case": {long, func(h *bridgetest.Hall) { live(h, mqtt.Message{Payload: []byte(tag(strings.ToLower(owner.Hex())))}) }, ""},
		"by HTTP": {long, func(h *bridgetest.Hall) {
			h.Take(h.In, intake.Arrival{Event: lorawan.EventUp, QoS: 1, Payload: []byte(tag(owner.Hex())), Done: intake.Then(func(intake.End) {})})
		}, ""},
		"without the tag first": {long, func(h *bridgetest.Hall) {
			live(h, mqtt.Message{Payload: []byte(bridgetest.V4Event("a", "x", "01020304", 0, "qg=="))})
			live(h, mqtt.Message{Payload: []byte(tag(owner.Hex()))})
		}, ""},
		"somebody else's": {long, func(h *bridgetest.Hall) {
			live(h, mqtt.Message{Payload: []byte(tag("0x00000000000000000000000000000000000000aa"))})
		}, "names 0x00000000000000000000000000000000000000AA, not " + owner.Hex()},
		"no address": {long, func(h *bridgetest.Hall) { live(h, mqtt.Message{Payload: []byte(tag("me"))}) }, "is no address"},
		"no tag": {quick, func(h *bridgetest.Hall) {
			live(h, mqtt.Message{Payload: []byte(bridgetest.V4Event("a", "x", "01020304", 0, "qg=="))})
		}, "without the device tag"},
		"nothing":    {quick, func(*bridgetest.Hall) {}, "no uplink"},
		"an old one": {quick, func(h *bridgetest.Hall) { live(h, mqtt.Message{Payload: []byte(tag(owner.Hex())), Retained: true}) }, "no uplink"},
		"another device's": {quick, func(h *bridgetest.Hall) {
			live(h, mqtt.Message{Payload: []byte(strings.Replace(tag(owner.Hex()), "5343", "5344", 1))})
		}, "no uplink"},
		"a foreign application's": {quick, func(h *bridgetest.Hall) {
			h.In.Allowed = map[string]bool{"y": true}
			live(h, mqtt.Message{Payload: []byte(tag(owner.Hex()))})
		}, "no uplink"},
		"brought by back-fill": {quick, func(h *bridgetest.Hall) {
			h.Take(h.In, intake.Arrival{Payload: []byte(tag(owner.Hex())), Missed: time.Hour, Done: intake.Then(func(intake.End) {})})
		}, "no uplink"},
		"not an event": {quick, func(h *bridgetest.Hall) { live(h, mqtt.Message{Payload: []byte(`{"devEui":"70b3d57ed8005343"`)}) }, "no uplink"},
	} {
		t.Run(why, func(t *testing.T) {
			h := bridgetest.New(t, 0, "events/{any}") // nobody bought the device
			ended := make(chan error, 1)
			go func() { ended <- asks(h).tagged(t.Context(), bridgetest.Device, owner, c.wait) }()
			for h.Tags.Watched() == 0 {
				time.Sleep(time.Millisecond)
			}
			c.bring(h)
			err := <-ended
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if h.Tags.Watched() > 0 {
				t.Error("it is still watched")
			}
		})
	}
}

func TestWaitsForTagsAreBoundedAndEnd(t *testing.T) {
	h := bridgetest.New(t, 0, "events/{any}")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 4)
	many := make([]lorawan.DevEUI, intake.WatchMax-4)
	for i := range many {
		many[i] = lorawan.DevEUI{5: 1, 6: byte(i >> 8), 7: byte(i)}
	}
	w, ok := h.Tags.Watch(many...)
	if _, more := h.Tags.Watch(many[:5]...); !ok || more {
		t.Fatal(ok, more)
	}
	for i := range 4 { // two wait for each device
		go func() { ended <- asks(h).tagged(ctx, lorawan.DevEUI{7: byte(i / 2)}, common.Address{1}, time.Minute) }()
	}
	for end := time.Now().Add(10 * time.Second); h.Tags.Watched() < intake.WatchMax && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if err := asks(h).tagged(ctx, lorawan.DevEUI{7: 7}, common.Address{1}, time.Minute); !errors.Is(err, api.ErrRefused) {
		t.Errorf("one more waits: %v", err)
	}
	cancel()
	for range 4 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if h.Tags.Leave(w); h.Tags.Watched() > 0 {
		t.Error("somebody is still watched")
	}
}

// registry is a network server's API: the tags of the devices a key may read.
type registry struct {
	tags map[string]map[string]string
	err  error
}

func (r registry) Tags(_ context.Context, devEUI string) (map[string]string, error) {
	if r.err != nil {
		return nil, r.err
	}
	tags, ok := r.tags[devEUI]
	if !ok {
		return nil, chirpstackapi.ErrUnknown
	}
	return tags, nil
}

// ChirpStack merges the tags of application, profile and device into an event's. Where its
// API can be asked, only the device's own tag proves anything.
func TestAnApplicationsOrProfilesTagProvesNothing(t *testing.T) {
	owner := common.HexToAddress("0x52908400098527886E0F7030069857D2E4169EE7")
	own := registry{tags: map[string]map[string]string{bridgetest.Device.String(): {"dbdao_owner": strings.ToLower(owner.Hex())}}}
	inherited := registry{tags: map[string]map[string]string{bridgetest.Device.String(): {"floor": "3"}}}
	others := registry{tags: map[string]map[string]string{bridgetest.Device.String(): {"dbdao_owner": "0x00000000000000000000000000000000000000aa"}}}
	foreign, down := registry{}, registry{err: errors.New("it does not answer")}
	for why, c := range map[string]struct {
		tags []intake.TagReader
		says string
	}{
		"nobody can be asked":         {nil, ""},
		"the device's own":            {[]intake.TagReader{own}, ""},
		"read with the second key":    {[]intake.TagReader{foreign, own}, ""},
		"one key's server is down":    {[]intake.TagReader{down, own}, ""},
		"the application's":           {[]intake.TagReader{inherited}, "its application's or its device profile's"},
		"the device's own is another": {[]intake.TagReader{foreign, others}, "its application's or its device profile's"},
		"no key may read it":          {[]intake.TagReader{foreign, foreign}, "add its tenant's"},
		"the server does not answer":  {[]intake.TagReader{foreign, down}, "it does not answer"},
	} {
		t.Run(why, func(t *testing.T) {
			h := bridgetest.New(t, 0, "events/{any}")

			ended := make(chan error, 1)
			go func() { ended <- asks(h, c.tags...).tagged(t.Context(), bridgetest.Device, owner, time.Minute) }()
			for h.Tags.Watched() == 0 {
				time.Sleep(time.Millisecond)
			}
			event := strings.Replace(bridgetest.V4Event("a", "x", "01020304", 1, "qg=="), `{"applicationId"`, fmt.Sprintf(`{"tags":{"dbdao_owner":%q},"applicationId"`, owner.Hex()), 1)
			h.Handle(mqtt.Message{Topic: "events/1", QoS: 1, Payload: []byte(event)})
			err := <-ended
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
