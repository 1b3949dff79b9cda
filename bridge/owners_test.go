package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
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
