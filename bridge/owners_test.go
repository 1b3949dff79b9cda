package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstackapi"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

func TestATagProvesTheOwnerOnlyInALiveUplink(t *testing.T) {
	owner := common.HexToAddress("0x52908400098527886E0F7030069857D2E4169EE7")
	tag := func(value string) string {
		return strings.Replace(v4Event("a", "x", "01020304", 1, "qg=="), `{"applicationId"`, fmt.Sprintf(`{"tags":{"dbdao_owner":%q},"applicationId"`, value), 1)
	}
	live := func(h *hall, m mqtt.Message) { m.Topic, m.QoS = "events/1", 1; h.Handle(h.in, m) }
	const quick, long = 30 * time.Millisecond, 10 * time.Second
	for why, c := range map[string]struct {
		wait  time.Duration
		bring func(h *hall)
		says  string // "": proven
	}{
		"by MQTT":       {long, func(h *hall) { live(h, mqtt.Message{Payload: []byte(tag(owner.Hex()))}) }, ""},
		"in lower case": {long, func(h *hall) { live(h, mqtt.Message{Payload: []byte(tag(strings.ToLower(owner.Hex())))}) }, ""},
		"by HTTP": {long, func(h *hall) {
			h.Post(h.in, lorawan.EventUp, []byte(tag(owner.Hex())), func(Fate) {})
		}, ""},
		"without the tag first": {long, func(h *hall) {
			live(h, mqtt.Message{Payload: []byte(v4Event("a", "x", "01020304", 0, "qg=="))})
			live(h, mqtt.Message{Payload: []byte(tag(owner.Hex()))})
		}, ""},
		"somebody else's": {long, func(h *hall) {
			live(h, mqtt.Message{Payload: []byte(tag("0x00000000000000000000000000000000000000aa"))})
		}, "names 0x00000000000000000000000000000000000000AA, not " + owner.Hex()},
		"no address": {long, func(h *hall) { live(h, mqtt.Message{Payload: []byte(tag("me"))}) }, "is no address"},
		"no tag":     {quick, func(h *hall) { live(h, mqtt.Message{Payload: []byte(v4Event("a", "x", "01020304", 0, "qg=="))}) }, "without the device tag"},
		"nothing":    {quick, func(*hall) {}, "no uplink"},
		"an old one": {quick, func(h *hall) { live(h, mqtt.Message{Payload: []byte(tag(owner.Hex())), Retained: true}) }, "no uplink"},
		"another device's": {quick, func(h *hall) {
			live(h, mqtt.Message{Payload: []byte(strings.Replace(tag(owner.Hex()), "5343", "5344", 1))})
		}, "no uplink"},
		"a foreign application's": {quick, func(h *hall) {
			h.in.Allowed = map[string]bool{"y": true}
			live(h, mqtt.Message{Payload: []byte(tag(owner.Hex()))})
		}, "no uplink"},
		"brought by back-fill": {quick, func(h *hall) { h.Repair(h.in, []byte(tag(owner.Hex())), time.Hour, func(Fate, uint32) {}) }, "no uplink"},
		"not an event":         {quick, func(h *hall) { live(h, mqtt.Message{Payload: []byte(`{"devEui":"70b3d57ed8005343"`)}) }, "no uplink"},
	} {
		t.Run(why, func(t *testing.T) {
			h := newHall(t, 0, "events/{any}") // nobody bought the device
			ended := make(chan error, 1)
			go func() { ended <- h.tagged(t.Context(), pitDevice, owner, c.wait) }()
			for h.owners.watched.Load() == nil {
				time.Sleep(time.Millisecond)
			}
			c.bring(h)
			err := <-ended
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if h.owners.watched.Load() != nil {
				t.Error("it is still watched")
			}
		})
	}
}

func TestWaitsForTagsAreBoundedAndEnd(t *testing.T) {
	h := newHall(t, 0, "events/{any}")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, watchMax)
	for i := range watchMax { // two wait for each device
		go func() { ended <- h.tagged(ctx, lorawan.DevEUI{6: 1, 7: byte(i / 2)}, common.Address{1}, time.Minute) }()
	}
	waiting := func() (n int) {
		if m := h.owners.watched.Load(); m != nil {
			for _, all := range *m {
				n += len(all)
			}
		}
		return n
	}
	for end := time.Now().Add(10 * time.Second); waiting() < watchMax && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if err := h.tagged(ctx, lorawan.DevEUI{7: 7}, common.Address{1}, time.Minute); !errors.Is(err, api.ErrRefused) {
		t.Errorf("one more waits: %v", err)
	}
	cancel()
	for range watchMax {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if h.owners.watched.Load() != nil {
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
	own := registry{tags: map[string]map[string]string{pitDevice.String(): {"dbdao_owner": strings.ToLower(owner.Hex())}}}
	inherited := registry{tags: map[string]map[string]string{pitDevice.String(): {"floor": "3"}}}
	others := registry{tags: map[string]map[string]string{pitDevice.String(): {"dbdao_owner": "0x00000000000000000000000000000000000000aa"}}}
	foreign, down := registry{}, registry{err: errors.New("it does not answer")}
	for why, c := range map[string]struct {
		tags []ownTags
		says string
	}{
		"nobody can be asked":         {nil, ""},
		"the device's own":            {[]ownTags{own}, ""},
		"read with the second key":    {[]ownTags{foreign, own}, ""},
		"one key's server is down":    {[]ownTags{down, own}, ""},
		"the application's":           {[]ownTags{inherited}, "its application's or its device profile's"},
		"the device's own is another": {[]ownTags{foreign, others}, "its application's or its device profile's"},
		"no key may read it":          {[]ownTags{foreign, foreign}, "add its tenant's"},
		"the server does not answer":  {[]ownTags{foreign, down}, "it does not answer"},
	} {
		t.Run(why, func(t *testing.T) {
			h := newHall(t, 0, "events/{any}")
			h.in.tags = c.tags
			ended := make(chan error, 1)
			go func() { ended <- h.tagged(t.Context(), pitDevice, owner, time.Minute) }()
			for h.owners.watched.Load() == nil {
				time.Sleep(time.Millisecond)
			}
			event := strings.Replace(v4Event("a", "x", "01020304", 1, "qg=="), `{"applicationId"`, fmt.Sprintf(`{"tags":{"dbdao_owner":%q},"applicationId"`, owner.Hex()), 1)
			h.Handle(h.in, mqtt.Message{Topic: "events/1", QoS: 1, Payload: []byte(event)})
			err := <-ended
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
