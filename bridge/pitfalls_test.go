package bridge

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// The pitfalls of LoRaWAN events that cost money: an uplink sold twice, or one sold
// that must not be. Those of decoding are tested in lorawan/detect.

var pitDevice = lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xd8, 0x00, 0x53, 0x43}

// newPit is an entrance whose topics carry no ids.
func newPit(t *testing.T) *hall {
	t.Helper()
	h := newHall(t, 0, "events/{any}")
	entitle(h.index, 1, pitDevice)
	return h
}

// fates hands payloads in one after the other and gives what became of each.
func (h *hall) fate(t *testing.T, m mqtt.Message) Fate {
	t.Helper()
	before := map[Fate]int{}
	for _, f := range Fates {
		before[f] = h.count(f)
	}
	m.Topic = "events/1"
	h.Handle(h.in, m)
	h.settled(t)
	for _, f := range Fates {
		if h.count(f) > before[f] {
			return f
		}
	}
	return ""
}

func (h *hall) expect(t *testing.T, want Fate, why, payload string) {
	t.Helper()
	if got := h.fate(t, mqtt.Message{Payload: []byte(payload), QoS: 1}); got != want {
		t.Errorf("%s: %s, want %s", why, got, want)
	}
}

// v4Event is an uplink of ChirpStack v4; id is its deduplicationId.
func v4Event(id, app, addr string, fCnt int, data string) string {
	return fmt.Sprintf(`{"deduplicationId":%q,"deviceInfo":{"applicationId":%q,"devEui":"70b3d57ed8005343"},"devAddr":%q,"fCnt":%d,"fPort":2,"data":%q}`, id, app, addr, fCnt, data)
}

// v3Event is one of ChirpStack v3, marshaler json_v3: it names no session.
func v3Event(fCnt int, data string) string {
	return fmt.Sprintf(`{"applicationID":"7","devEUI":"70b3d57ed8005343","rxInfo":[],"txInfo":{"frequency":868100000,"dr":5},"fCnt":%d,"fPort":2,"data":%q,"object":{}}`, fCnt, data)
}

func v3Join(addr string) string {
	return fmt.Sprintf(`{"applicationID":"7","devEUI":"70b3d57ed8005343","devAddr":%q,"rxInfo":[],"txInfo":{"frequency":868100000,"dr":5}}`, addr)
}

func TestPitfall05QoS0IsAnnouncedAndServed(t *testing.T) {
	h := newPit(t)
	if got := h.fate(t, mqtt.Message{Payload: []byte(v4Event("a", "x", "01020304", 1, "qg=="))}); got != FatePosted {
		t.Errorf("an uplink with QoS 0 is %s", got)
	}
	if c := h.health.Conditions(); len(c) != 1 || c[0].Code != "uplinks_qos0" {
		t.Errorf("nobody is told that uplinks are lost while the bridge is away: %v", c)
	}
}

func TestPitfall06RetainedUplinksAreNeverSold(t *testing.T) {
	h := newPit(t)
	for range 2 { // they come with every subscription
		if got := h.fate(t, mqtt.Message{Payload: []byte(v4Event("a", "x", "01020304", 1, "qg==")), QoS: 1, Retained: true}); got != FateRetained {
			t.Errorf("a retained uplink is %s", got)
		}
	}
	h.expect(t, FatePosted, "the same uplink live", v4Event("a", "x", "01020304", 1, "qg=="))
}

func TestPitfall07UplinksInAnyOrderAreEachSoldOnce(t *testing.T) {
	h := newPit(t)
	for _, f := range []int{5, 3, 4, 1, 2, 0, 511} {
		h.expect(t, FatePosted, fmt.Sprint("f_cnt ", f), v4Event("a", "x", "01020304", f, "qg=="))
	}
	for _, f := range []int{5, 3, 4, 1, 2, 0, 511} {
		h.expect(t, FateRepeat, fmt.Sprint("f_cnt ", f, " again"), v4Event("b", "x", "01020304", f, "qg=="))
	}
}

func TestPitfall08ACounterThatStartsOverIsSoldOnlyInANewSession(t *testing.T) {
	t.Run("v4 names the session", func(t *testing.T) {
		h := newPit(t)
		h.expect(t, FatePosted, "a session", v4Event("a", "x", "01020304", 40_000, "qg=="))
		h.expect(t, FateReset, "the counter falls without a join (frame-counter check off)", v4Event("a", "x", "01020304", 0, "qg=="))
		h.expect(t, FateReset, "another reading under a used counter", v4Event("a", "x", "01020304", 40_000, "qw=="))
		h.expect(t, FateRepeat, "a radio replay", v4Event("a", "x", "01020304", 40_000, "qg=="))
		h.expect(t, FatePosted, "after a join the address is another", v4Event("a", "x", "05060708", 0, "qg=="))
		h.expect(t, FateRepeat, "a straggler of the old session", v4Event("a", "x", "01020304", 40_000, "qg=="))
	})
	t.Run("json_v3 names it in the join only", func(t *testing.T) {
		h := newPit(t)
		h.expect(t, FateOtherEvent, "a join", v3Join("01020304"))
		h.expect(t, FatePosted, "a session", v3Event(40_000, "qg=="))
		h.expect(t, FateReset, "the counter falls without a join", v3Event(0, "qg=="))
		h.expect(t, FateOtherEvent, "a join under another address", v3Join("05060708"))
		h.expect(t, FateRepeat, "the broker sends the last uplink of the old session again", v3Event(40_000, "qg=="))
		h.expect(t, FatePosted, "an uplink of the old session that was overtaken", v3Event(40_001, "qg=="))
		h.expect(t, FatePosted, "the first of the new session", v3Event(0, "qg=="))
		h.expect(t, FateRepeat, "the same again", v3Event(0, "qg=="))
		h.expect(t, FateOtherEvent, "the old join comes again", v3Join("01020304"))
		h.expect(t, FateRepeat, "and brings nothing back", v3Event(0, "qg=="))
		h.expect(t, FatePosted, "the new session goes on", v3Event(1, "qg=="))
	})
}

func TestPitfall08TheSessionOfAJoinSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	y := openYard(t, path, 1, ours)
	join := func(y *yard, addr byte) {
		done := make(chan error, 1)
		y.ledger.Joined("n", ours.DevEUI, lorawan.DevAddr{addr}, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	take := func(y *yard, f uint32) ledger.Verdict {
		done := make(chan ledger.Verdict, 1)
		u := lorawan.Uplink{Network: "n", DevEUI: ours.DevEUI, FCnt: f, Data: []byte{byte(f)}}
		r := u.Reading(time.Unix(int64(y.index.Now()), 0))
		y.ledger.Ingest(&r, func(o ledger.Outcome, _ error) { done <- o.Verdict })
		return <-done
	}
	join(y, 1)
	if take(y, 900) != ledger.Posted {
		t.Fatal("not posted")
	}
	join(y, 2)
	if err := y.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	y = openYard(t, path, 1, ours)
	if got := take(y, 0); got != ledger.Posted {
		t.Errorf("the first of the new session is %s", got)
	}
	if got := take(y, 900); got != ledger.Repeat {
		t.Errorf("the last of the old session is %s", got)
	}
}

func TestPitfall09OneFrameUnderTwoDeduplicationIDsIsSoldOnce(t *testing.T) {
	h := newPit(t)
	h.expect(t, FatePosted, "one server's", v4Event("3ac7e3c4-4401-4b8d-9386-a5c902f9202d", "x", "01020304", 9, "qg=="))
	h.expect(t, FateRepeat, "the other's", v4Event("11111111-4401-4b8d-9386-a5c902f9202d", "x", "01020304", 9, "qg=="))
}

// TestPitfall10TwoSourcesOfOneNetworkSellOnce reads one network through two brokers,
// and another network with the same numbers. (That two bridges do not share a ledger
// is tested there.)
func TestPitfall10TwoSourcesOfOneNetworkSellOnce(t *testing.T) {
	h := newPit(t)
	h.expect(t, FatePosted, "through one broker", v4Event("a", "x", "01020304", 9, "qg=="))
	other := h.Intake("standby", "chirpstack", h.in.Template, h.in.Decode)
	elsewhere := h.Intake("city", "city", h.in.Template, h.in.Decode)
	first := h.in
	h.in = other
	h.expect(t, FateRepeat, "through the other", v4Event("a", "x", "01020304", 9, "qg=="))
	h.in = elsewhere
	h.expect(t, FatePosted, "another network's frame", v4Event("a", "x", "01020304", 9, "qg=="))
	h.in = first
}

func TestPitfall11TheBodyNamesTheDeviceAndTheTopicMustAgree(t *testing.T) {
	h := newHall(t, 0, template)
	entitle(h.index, 1, pitDevice)
	h.Handle(h.in, mqtt.Message{Topic: "application/x/device/70b3d57ed8005343/event/up", QoS: 1, Payload: []byte(strings.Replace(v4Event("a", "x", "01020304", 9, "qg=="), "5343", "5344", 1))})
	h.Handle(h.in, mqtt.Message{Topic: "application/y/device/70b3d57ed8005343/event/up", QoS: 1, Payload: []byte(v4Event("a", "x", "01020304", 9, "qg=="))})
	h.Handle(h.in, mqtt.Message{Topic: "application/x/device/70b3d57ed8005343/extra/event/up", QoS: 1, Payload: []byte(v4Event("a", "x", "01020304", 9, "qg=="))})
	h.settled(t)
	if h.count(FateMismatch) != 2 || h.count(FateOtherTopic) != 1 || h.count(FatePosted) != 0 {
		t.Errorf("mismatch %d, other topic %d, posted %d", h.count(FateMismatch), h.count(FateOtherTopic), h.count(FatePosted))
	}
}

func TestPitfall12EmptyAndSimulatedUplinksAreNeverSold(t *testing.T) {
	h := newPit(t)
	h.expect(t, FateEmpty, "MAC commands only", strings.Replace(v4Event("a", "x", "01020304", 9, ""), `"fPort":2`, `"fPort":0`, 1))
	h.expect(t, FateEmpty, "no payload", v4Event("a", "x", "01020304", 9, ""))
	h.expect(t, FateSimulated, "simulated", `{"end_device_ids":{"dev_eui":"70B3D57ED8005343","application_ids":{"application_id":"x"}},"simulated":true,"uplink_message":{"f_port":2,"f_cnt":9,"frm_payload":"qg=="}}`)
	h.expect(t, FatePosted, "they took no counter", v4Event("a", "x", "01020304", 9, "qg=="))
}

func TestPitfall22ADeviceThatMovedIsNotSoldUntilVouchedForAgain(t *testing.T) {
	h := newPit(t)
	h.expect(t, FatePosted, "its application", v4Event("a", "1f1e46b9-af07-462a-8475-c02cf6225c0b", "01020304", 1, "qg=="))
	h.expect(t, FateMoved, "another", v4Event("a", "17c82e96-be03-4f38-aef3-f83d48582d97", "05060708", 0, "qg=="))
	if c := h.health.Conditions(); len(c) != 1 || c[0].Code != "device_moved" || c[0].Subject != h.nameOf(pitDevice) || strings.Contains(c[0].Subject+c[0].Text, pitDevice.String()) {
		t.Errorf("conditions: %v", c)
	}
	h.expect(t, FatePosted, "its application again", v4Event("a", "1F1E46B9-AF07-462A-8475-C02CF6225C0B", "01020304", 2, "qg=="))
	if err := h.ledger.ForgetApplication(pitDevice); err != nil {
		t.Fatal(err)
	}
	h.expect(t, FatePosted, "the other, after the operator vouched for it again", v4Event("a", "17c82e96-be03-4f38-aef3-f83d48582d97", "05060708", 1, "qg=="))
	h.expect(t, FateMoved, "the first", v4Event("a", "1f1e46b9-af07-462a-8475-c02cf6225c0b", "01020304", 3, "qg=="))

	h.in.Allowed = map[string]bool{"17c82e96-be03-4f38-aef3-f83d48582d97": true}
	h.expect(t, FateForeign, "an application that is not listed", v4Event("a", "1f1e46b9-af07-462a-8475-c02cf6225c0b", "01020304", 4, "qg=="))
	h.expect(t, FatePosted, "one that is", v4Event("a", "17c82e96-be03-4f38-aef3-f83d48582d97", "05060708", 2, "qg=="))
}
