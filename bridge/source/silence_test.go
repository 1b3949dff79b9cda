package source

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

// looksAt is a source whose arrivals come through a hall.
func looksAt(t *testing.T, h *bridgetest.Hall, l *link) *Sources {
	d := deps(h)
	if l == nil {
		l = &link{}
	}
	return &Sources{Deps: d, savedAt: time.Now().Add(time.Hour), all: []*Source{{in: h.In, link: l, acks: h.Acks}}}
}

// aLink is a source's connection and the conditions it raises.
func aLink(t *testing.T, known bool) (*link, *bridgetest.Hall) {
	h := bridgetest.NewPit(t)
	return &link{name: "chirpstack", clientID: "dbdao-bridge-1-chirpstack", health: h.Health, known: known}, h
}

func TestALostSessionIsNamedUntilTheBrokerKeepsOne(t *testing.T) {
	now := time.Now()
	l, h := aLink(t, false)
	if l.connected(false, now); h.Says("session_lost") != "" {
		t.Error("a first connection has lost a session")
	}
	l.lost(errors.New("EOF"), now.Add(time.Hour))
	l.connected(false, now.Add(2*time.Hour))
	if !strings.Contains(h.Says("session_lost"), "what was published while the bridge was away is lost") {
		t.Errorf("a lost session: %q", h.Says("session_lost"))
	}
	l.lost(errors.New("EOF"), now.Add(3*time.Hour))
	if l.connected(true, now.Add(4*time.Hour)); h.Says("session_lost") != "" {
		t.Error("the broker keeps sessions again, and nobody is told")
	}
	if l, h = aLink(t, true); true { // the bridge was started again
		if l.connected(false, now); h.Says("session_lost") == "" {
			t.Error("a session lost while the bridge was down is kept quiet")
		}
	}
}

func TestATakenClientIDIsNamedAndARestartOfTheBrokerIsNot(t *testing.T) {
	now := time.Now()
	l, h := aLink(t, true)
	l.connected(true, now)
	l.lost(errors.New("EOF"), now.Add(time.Hour)) // the broker restarts
	for i := range 5 {
		l.lost(errors.New("refused"), now.Add(time.Hour+time.Duration(i)*time.Second))
	}
	if h.Says("client_id_taken") != "" || h.Says("broker_down") == "" {
		t.Errorf("a restart: %v", h.Health.List())
	}
	now = now.Add(2 * time.Hour)
	for range 3 {
		l.connected(true, now)
		now = now.Add(4 * time.Second)
		l.lost(errors.New("EOF"), now)
	}
	if !strings.Contains(h.Says("client_id_taken"), "dbdao-bridge-1-chirpstack") {
		t.Errorf("taken: %q", h.Says("client_id_taken"))
	}
	p := looksAt(t, h, l)
	l.connected(true, now)
	if p.Look(now.Add(30 * time.Second)); h.Says("client_id_taken") == "" {
		t.Error("cleared before it was seen to be over")
	}
	if p.Look(now.Add(2 * time.Minute)); h.Says("client_id_taken") != "" {
		t.Error("a steady connection does not clear it")
	}
}

func TestQoS0ThatIsOverIsOver(t *testing.T) {
	h := bridgetest.NewPit(t)
	l := &link{name: "chirpstack", health: h.Health}
	p := looksAt(t, h, l)
	l.connected(true, time.Now())
	l.grant("a/#", 0)
	if !strings.Contains(h.Says("uplinks_qos0"), "grants QoS 0 only") {
		t.Errorf("granted 0: %q", h.Says("uplinks_qos0"))
	}
	h.Fate(t, mqtt.Message{Payload: []byte(bridgetest.V4Event("a", "x", "01020304", 1, "qg=="))})
	h.Fate(t, mqtt.Message{Payload: []byte(bridgetest.V4Event("a", "x", "01020304", 2, "qg==")), QoS: 1})
	if p.Look(time.Now().Add(30 * time.Second)); h.Says("uplinks_qos0") == "" {
		t.Error("one uplink with QoS 1 clears it")
	}
	if p.Look(time.Now().Add(2 * time.Minute)); h.Says("uplinks_qos0") != "" {
		t.Error("it never clears")
	}
	l.grant("a/#", 128)
	if h.Says("subscription_refused") == "" {
		t.Error("a refusal is kept quiet")
	}
	if l.grant("a/#", 1); h.Says("subscription_refused") != "" {
		t.Error("a grant does not clear it")
	}
}

func TestAnotherKindOfServerIsNamed(t *testing.T) {
	h := bridgetest.NewPit(t)
	p := looksAt(t, h, nil)
	for range poorMost {
		h.Expect(t, intake.FateMalformed, "not an event", `{"temperature":21.5}`)
	}
	if p.Look(time.Now()); h.Says("source_unreadable") == "" {
		t.Error("nothing is understood, and nobody is told")
	}
	h.Expect(t, intake.FatePosted, "an event", bridgetest.V4Event("a", "x", "01020304", 1, "qg=="))
	if p.Look(time.Now()); h.Says("source_unreadable") != "" {
		t.Error("an event does not clear it")
	}
	st := p.all[0].Status()
	if len(st.Events) == 0 || st.Fates[0].Fate != "posted" || st.Fates[0].Means == "" || st.LastEvent.IsZero() || st.LastSold.IsZero() {
		t.Errorf("status: %+v", st)
	}
}

func TestWhatWasLearnedOfSourcesSurvivesARestart(t *testing.T) {
	p, h, err := configured(t, "[[sources]]\nname = \"cs\"\nurl = \"tcp://user:secret@broker:1883\"\n")
	if err != nil {
		t.Fatal(err)
	}
	s := p.all[0]
	now := time.Now()
	for range 20 {
		now = now.Add(10 * time.Second)
		s.in.Heard.Beat(now)
	}
	s.link.connected(false, now)
	p.Save()
	all, err := readMemory(p.File)
	m := all["cs"]
	if err != nil || m.Every != 10 || m.Broker != "broker:1883" || !m.session("dbdao-bridge-1-cs", "tcp://other:secret@broker:1883") || m.session("another", "tcp://broker:1883") {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := readMemory(filepath.Join(t.TempDir(), "none")); err != nil || all != nil {
		t.Errorf("no file: %v %v", all, err)
	}
	_ = h
}

func TestASharedSubscriptionIsRefusedWithTheReason(t *testing.T) {
	for _, topic := range []string{"$share/bridges/application/{application_id}/device/{dev_eui}/event/{event}", "$queue/application/{application_id}/device/{dev_eui}/event/{event}"} {
		_, err := config.Parse("[operator]\nid = 1\nkeystore = \"k\"\npassword_file = \"p\"\n[chain]\nmarket = \"0x00000000000000000000000000000000000000aa\"\n[settlement]\nsettle_when_cut_covers = \"0x gas\"\n[[sources]]\nname = \"cs\"\ntopic = \"" + topic + "\"\n")
		if err == nil || !strings.Contains(err.Error(), "out of their order") || !strings.Contains(err.Error(), "one bridge") {
			t.Errorf("%s: %v", topic, err)
		}
	}
}
