package bridge_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// The pitfalls of LoRaWAN events that cost money: an uplink sold twice, or one sold
// that must not be. Those of decoding are tested in lorawan/detect.

func TestPitfall05QoS0IsAnnouncedAndServed(t *testing.T) {
	h := bridgetest.NewPit(t)
	if got := h.Fate(t, mqtt.Message{Payload: []byte(bridgetest.V4Event("a", "x", "01020304", 1, "qg=="))}); got != intake.FatePosted {
		t.Errorf("an uplink with QoS 0 is %s", got)
	}
	if c := h.Health.List(); len(c) != 1 || c[0].Code != "uplinks_qos0" {
		t.Errorf("nobody is told that uplinks are lost while the bridge is away: %v", c)
	}
}

func TestPitfall06RetainedUplinksAreNeverSold(t *testing.T) {
	h := bridgetest.NewPit(t)
	for range 2 { // they come with every subscription
		if got := h.Fate(t, mqtt.Message{Payload: []byte(bridgetest.V4Event("a", "x", "01020304", 1, "qg==")), QoS: 1, Retained: true}); got != intake.FateRetained {
			t.Errorf("a retained uplink is %s", got)
		}
	}
	h.Expect(t, intake.FatePosted, "the same uplink live", bridgetest.V4Event("a", "x", "01020304", 1, "qg=="))
}

func TestPitfall07UplinksInAnyOrderAreEachSoldOnce(t *testing.T) {
	h := bridgetest.NewPit(t)
	for _, f := range []int{5, 3, 4, 1, 2, 0, 511} {
		h.Expect(t, intake.FatePosted, fmt.Sprint("f_cnt ", f), bridgetest.V4Event("a", "x", "01020304", f, "qg=="))
	}
	for _, f := range []int{5, 3, 4, 1, 2, 0, 511} {
		h.Expect(t, intake.FateRepeat, fmt.Sprint("f_cnt ", f, " again"), bridgetest.V4Event("b", "x", "01020304", f, "qg=="))
	}
}

func TestPitfall08ACounterThatStartsOverIsSoldOnlyInANewSession(t *testing.T) {
	t.Run("v4 names the session", func(t *testing.T) {
		h := bridgetest.NewPit(t)
		h.Expect(t, intake.FatePosted, "a session", bridgetest.V4Event("a", "x", "01020304", 40_000, "qg=="))
		h.Expect(t, intake.FateReset, "the counter falls without a join (frame-counter check off)", bridgetest.V4Event("a", "x", "01020304", 0, "qg=="))
		h.Expect(t, intake.FateReset, "another reading under a used counter", bridgetest.V4Event("a", "x", "01020304", 40_000, "qw=="))
		h.Expect(t, intake.FateRepeat, "a radio replay", bridgetest.V4Event("a", "x", "01020304", 40_000, "qg=="))
		h.Expect(t, intake.FatePosted, "after a join the address is another", bridgetest.V4Event("a", "x", "05060708", 0, "qg=="))
		h.Expect(t, intake.FateRepeat, "a straggler of the old session", bridgetest.V4Event("a", "x", "01020304", 40_000, "qg=="))
	})
	t.Run("json_v3 names it in the join only", func(t *testing.T) {
		h := bridgetest.NewPit(t)
		h.Expect(t, intake.FateOtherEvent, "a join", bridgetest.V3Join("01020304"))
		h.Expect(t, intake.FatePosted, "a session", bridgetest.V3Event(40_000, "qg=="))
		h.Expect(t, intake.FateReset, "the counter falls without a join", bridgetest.V3Event(0, "qg=="))
		h.Expect(t, intake.FateOtherEvent, "a join under another address", bridgetest.V3Join("05060708"))
		h.Expect(t, intake.FateRepeat, "the broker sends the last uplink of the old session again", bridgetest.V3Event(40_000, "qg=="))
		h.Expect(t, intake.FatePosted, "an uplink of the old session that was overtaken", bridgetest.V3Event(40_001, "qg=="))
		h.Expect(t, intake.FatePosted, "the first of the new session", bridgetest.V3Event(0, "qg=="))
		h.Expect(t, intake.FateRepeat, "the same again", bridgetest.V3Event(0, "qg=="))
		h.Expect(t, intake.FateOtherEvent, "the old join comes again", bridgetest.V3Join("01020304"))
		h.Expect(t, intake.FateRepeat, "and brings nothing back", bridgetest.V3Event(0, "qg=="))
		h.Expect(t, intake.FatePosted, "the new session goes on", bridgetest.V3Event(1, "qg=="))
	})
}

func TestPitfall08TheSessionOfAJoinSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	y := bridgetest.OpenYard(t, path, 1, bridgetest.Ours)
	join := func(y *bridgetest.Yard, addr byte) {
		done := make(chan error, 1)
		y.Ledger.Joined("n", bridgetest.Ours.DevEUI, lorawan.DevAddr{addr}, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	take := func(y *bridgetest.Yard, f uint32) ledger.Verdict {
		done := make(chan ledger.Verdict, 1)
		u := lorawan.Uplink{Network: "n", DevEUI: bridgetest.Ours.DevEUI, FCnt: f, Data: []byte{byte(f)}}
		r := u.Reading(time.Unix(int64(y.Index.Now()), 0))
		y.Ledger.Ingest(&r, func(o ledger.Outcome, _ error) { done <- o.Verdict })
		return <-done
	}
	join(y, 1)
	if take(y, 900) != ledger.Posted {
		t.Fatal("not posted")
	}
	join(y, 2)
	if err := y.Ledger.Close(); err != nil {
		t.Fatal(err)
	}
	y = bridgetest.OpenYard(t, path, 1, bridgetest.Ours)
	if got := take(y, 0); got != ledger.Posted {
		t.Errorf("the first of the new session is %s", got)
	}
	if got := take(y, 900); got != ledger.Repeat {
		t.Errorf("the last of the old session is %s", got)
	}
}

func TestPitfall09OneFrameUnderTwoDeduplicationIDsIsSoldOnce(t *testing.T) {
	h := bridgetest.NewPit(t)
	h.Expect(t, intake.FatePosted, "one server's", bridgetest.V4Event("3ac7e3c4-4401-4b8d-9386-a5c902f9202d", "x", "01020304", 9, "qg=="))
	h.Expect(t, intake.FateRepeat, "the other's", bridgetest.V4Event("11111111-4401-4b8d-9386-a5c902f9202d", "x", "01020304", 9, "qg=="))
}

// TestPitfall10TwoSourcesOfOneNetworkSellOnce reads one network through two brokers,
// and another network with the same numbers. (That two bridges do not share a ledger
// is tested there.)
func TestPitfall10TwoSourcesOfOneNetworkSellOnce(t *testing.T) {
	h := bridgetest.NewPit(t)
	h.Expect(t, intake.FatePosted, "through one broker", bridgetest.V4Event("a", "x", "01020304", 9, "qg=="))
	other := h.Entrance("standby", "chirpstack", h.In.Template, h.In.Decode)
	elsewhere := h.Entrance("city", "city", h.In.Template, h.In.Decode)
	first := h.In
	h.In = other
	h.Expect(t, intake.FateRepeat, "through the other", bridgetest.V4Event("a", "x", "01020304", 9, "qg=="))
	h.In = elsewhere
	h.Expect(t, intake.FatePosted, "another network's frame", bridgetest.V4Event("a", "x", "01020304", 9, "qg=="))
	h.In = first
}

func TestPitfall11TheBodyNamesTheDeviceAndTheTopicMustAgree(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	bridgetest.Entitle(h.Index, 1, bridgetest.Device)
	h.Handle(mqtt.Message{Topic: "application/x/device/70b3d57ed8005343/event/up", QoS: 1, Payload: []byte(strings.Replace(bridgetest.V4Event("a", "x", "01020304", 9, "qg=="), "5343", "5344", 1))})
	h.Handle(mqtt.Message{Topic: "application/y/device/70b3d57ed8005343/event/up", QoS: 1, Payload: []byte(bridgetest.V4Event("a", "x", "01020304", 9, "qg=="))})
	h.Handle(mqtt.Message{Topic: "application/x/device/70b3d57ed8005343/extra/event/up", QoS: 1, Payload: []byte(bridgetest.V4Event("a", "x", "01020304", 9, "qg=="))})
	h.Ended(t)
	if h.Count(intake.FateMismatch) != 2 || h.Count(intake.FateOtherTopic) != 1 || h.Count(intake.FatePosted) != 0 {
		t.Errorf("mismatch %d, other topic %d, posted %d", h.Count(intake.FateMismatch), h.Count(intake.FateOtherTopic), h.Count(intake.FatePosted))
	}
}

func TestPitfall12EmptyAndSimulatedUplinksAreNeverSold(t *testing.T) {
	h := bridgetest.NewPit(t)
	h.Expect(t, intake.FateEmpty, "MAC commands only", strings.Replace(bridgetest.V4Event("a", "x", "01020304", 9, ""), `"fPort":2`, `"fPort":0`, 1))
	h.Expect(t, intake.FateEmpty, "no payload", bridgetest.V4Event("a", "x", "01020304", 9, ""))
	h.Expect(t, intake.FateSimulated, "simulated", `{"end_device_ids":{"dev_eui":"70B3D57ED8005343","application_ids":{"application_id":"x"}},"simulated":true,"uplink_message":{"f_port":2,"f_cnt":9,"frm_payload":"qg=="}}`)
	h.Expect(t, intake.FatePosted, "they took no counter", bridgetest.V4Event("a", "x", "01020304", 9, "qg=="))
}

func TestPitfall22ADeviceThatMovedIsNotSoldUntilVouchedForAgain(t *testing.T) {
	h := bridgetest.NewPit(t)
	h.Expect(t, intake.FatePosted, "its application", bridgetest.V4Event("a", "1f1e46b9-af07-462a-8475-c02cf6225c0b", "01020304", 1, "qg=="))
	h.Expect(t, intake.FateMoved, "another", bridgetest.V4Event("a", "17c82e96-be03-4f38-aef3-f83d48582d97", "05060708", 0, "qg=="))
	if c := h.Health.List(); len(c) != 1 || c[0].Code != "device_moved" || c[0].Subject != h.NameOf(bridgetest.Device) || strings.Contains(c[0].Subject+c[0].Text, bridgetest.Device.String()) {
		t.Errorf("conditions: %v", c)
	}
	h.Expect(t, intake.FatePosted, "its application again", bridgetest.V4Event("a", "1F1E46B9-AF07-462A-8475-C02CF6225C0B", "01020304", 2, "qg=="))
	if err := h.Vouch(); err != nil {
		t.Fatal(err)
	}
	h.Expect(t, intake.FatePosted, "the other, after the operator vouched for it again", bridgetest.V4Event("a", "17c82e96-be03-4f38-aef3-f83d48582d97", "05060708", 1, "qg=="))
	h.Expect(t, intake.FateMoved, "the first", bridgetest.V4Event("a", "1f1e46b9-af07-462a-8475-c02cf6225c0b", "01020304", 3, "qg=="))

	h.In.Allowed = map[string]bool{"17c82e96-be03-4f38-aef3-f83d48582d97": true}
	h.Expect(t, intake.FateForeign, "an application that is not listed", bridgetest.V4Event("a", "1f1e46b9-af07-462a-8475-c02cf6225c0b", "01020304", 4, "qg=="))
	h.Expect(t, intake.FatePosted, "one that is", bridgetest.V4Event("a", "17c82e96-be03-4f38-aef3-f83d48582d97", "05060708", 2, "qg=="))
}
