package bridge

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

func TestSilenceIsJudgedByTheLearnedRate(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	every := func(n int, gap time.Duration) func(r *rhythm) time.Time {
		return func(r *rhythm) time.Time {
			now := start
			for range n {
				now = now.Add(gap)
				r.beat(now)
			}
			return now
		}
	}
	for _, c := range []struct {
		why      string
		teach    func(r *rhythm) time.Time
		long     time.Duration // so long is too long
		usualsIs time.Duration
	}{
		{"never a word", every(0, 0), 45 * time.Second, 0},
		{"one a second", every(100, time.Second), 30 * time.Second, time.Second},
		{"one in ten seconds", every(100, 10*time.Second), 200 * time.Second, 10 * time.Second},
		{"one in ten minutes", every(30, 10*time.Minute), 200 * time.Minute, 10 * time.Minute},
		{"too few to know", every(5, time.Second), 10 * time.Minute, 0},
		{"known from before the start", func(r *rhythm) time.Time { r.recall(memory{Every: 600}); return start }, 200 * time.Minute, 10 * time.Minute},
	} {
		r := &rhythm{}
		last := c.teach(r)
		if quiet, long := r.silent(last.Add(c.long), start); long || quiet != c.long {
			t.Errorf("%s: %v of silence is too long", c.why, quiet)
		}
		if _, long := r.silent(last.Add(c.long+time.Second), start); !long {
			t.Errorf("%s: %v of silence is nothing", c.why, c.long+time.Second)
		}
		if _, long := r.silent(last.Add(c.long+time.Second), last.Add(c.long)); long {
			t.Errorf("%s: silence counts from before it was listened for", c.why)
		}
		if got := r.usual(); got != c.usualsIs {
			t.Errorf("%s: learned %v", c.why, got)
		}
	}
}

// aLink is a source's connection and the conditions it raises.
func aLink(t *testing.T, known bool) (*link, *hall) {
	h := newPit(t)
	return &link{name: "chirpstack", clientID: "dbdao-bridge-1-chirpstack", health: h.health, known: known}, h
}

func TestALostSessionIsNamedUntilTheBrokerKeepsOne(t *testing.T) {
	now := time.Now()
	l, h := aLink(t, false)
	if l.connected(false, now); h.says("session_lost") != "" {
		t.Error("a first connection has lost a session")
	}
	l.lost(errors.New("EOF"), now.Add(time.Hour))
	l.connected(false, now.Add(2*time.Hour))
	if !strings.Contains(h.says("session_lost"), "what was published while the bridge was away is lost") {
		t.Errorf("a lost session: %q", h.says("session_lost"))
	}
	l.lost(errors.New("EOF"), now.Add(3*time.Hour))
	if l.connected(true, now.Add(4*time.Hour)); h.says("session_lost") != "" {
		t.Error("the broker keeps sessions again, and it is not told")
	}
	if l, h = aLink(t, true); true { // the bridge was started again
		if l.connected(false, now); h.says("session_lost") == "" {
			t.Error("a session lost while the bridge was down is not told")
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
	if h.says("client_id_taken") != "" || h.says("broker_down") == "" {
		t.Errorf("a restart: %v", h.health.Conditions())
	}
	now = now.Add(2 * time.Hour)
	for range 3 {
		l.connected(true, now)
		now = now.Add(4 * time.Second)
		l.lost(errors.New("EOF"), now)
	}
	if !strings.Contains(h.says("client_id_taken"), "dbdao-bridge-1-chirpstack") {
		t.Errorf("taken: %q", h.says("client_id_taken"))
	}
	p := &parts{health: h.health, log: discreet(t), savedAt: now.Add(time.Hour), sources: []*source{{intake: h.in, link: l}}}
	l.connected(true, now)
	if p.lookAtSources(now.Add(30 * time.Second)); h.says("client_id_taken") == "" {
		t.Error("cleared before it was seen to be over")
	}
	if p.lookAtSources(now.Add(2 * time.Minute)); h.says("client_id_taken") != "" {
		t.Error("a steady connection does not clear it")
	}
}

func TestQoS0ThatIsOverIsOver(t *testing.T) {
	h := newPit(t)
	l := &link{name: "chirpstack", health: h.health}
	p := &parts{health: h.health, log: discreet(t), savedAt: time.Now().Add(time.Hour), sources: []*source{{intake: h.in, link: l}}}
	l.connected(true, time.Now())
	l.grant("a/#", 0)
	if !strings.Contains(h.says("uplinks_qos0"), "grants QoS 0 only") {
		t.Errorf("granted 0: %q", h.says("uplinks_qos0"))
	}
	h.fate(t, mqtt.Message{Payload: []byte(v4Event("a", "x", "01020304", 1, "qg=="))})
	h.fate(t, mqtt.Message{Payload: []byte(v4Event("a", "x", "01020304", 2, "qg==")), QoS: 1})
	if p.lookAtSources(time.Now().Add(30 * time.Second)); h.says("uplinks_qos0") == "" {
		t.Error("one uplink with QoS 1 clears it")
	}
	if p.lookAtSources(time.Now().Add(2 * time.Minute)); h.says("uplinks_qos0") != "" {
		t.Error("it never clears")
	}
	l.grant("a/#", 128)
	if h.says("subscription_refused") == "" {
		t.Error("a refusal is not told")
	}
	if l.grant("a/#", 1); h.says("subscription_refused") != "" {
		t.Error("a grant does not clear it")
	}
}

func TestAnotherKindOfServerIsNamed(t *testing.T) {
	h := newPit(t)
	p := &parts{health: h.health, log: discreet(t), savedAt: time.Now().Add(time.Hour), sources: []*source{{intake: h.in}}}
	for range poorMost {
		h.expect(t, FateMalformed, "not an event", `{"temperature":21.5}`)
	}
	if p.lookAtSources(time.Now()); h.says("source_unreadable") == "" {
		t.Error("nothing is understood, and nobody is told")
	}
	h.expect(t, FatePosted, "an event", v4Event("a", "x", "01020304", 1, "qg=="))
	if p.lookAtSources(time.Now()); h.says("source_unreadable") != "" {
		t.Error("an event does not clear it")
	}
	st := p.sources[0].status()
	if len(st.Events) == 0 || st.Fates[0].Fate != "posted" || st.Fates[0].Means == "" || st.LastEvent.IsZero() || st.LastSold.IsZero() {
		t.Errorf("status: %+v", st)
	}
}

func TestWhatWasLearnedOfSourcesSurvivesARestart(t *testing.T) {
	p, h, err := configured(t, "[[sources]]\nname = \"cs\"\nurl = \"tcp://user:secret@broker:1883\"\n")
	if err != nil {
		t.Fatal(err)
	}
	p.cfg.DataDir = t.TempDir()
	s := p.sources[0]
	now := time.Now()
	for range 20 {
		now = now.Add(10 * time.Second)
		s.intake.hearing.beat(now)
	}
	s.link.connected(false, now)
	p.saveMemory()
	all, err := readMemory(filepath.Join(p.cfg.DataDir, sourcesFile))
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

func TestASilentGatewayIsNamedWhileOthersSpeak(t *testing.T) {
	y := openYard(t, filepath.Join(t.TempDir(), "ledger.db"), time.Millisecond, ours)
	start := time.Now()
	dead, alive := lorawan.DevEUI{7: 0xde}, lorawan.DevEUI{7: 0xa1}
	for _, id := range []lorawan.DevEUI{dead, alive} {
		y.hear("eu868/gateway/"+id.String()+"/event/stats", []byte("{}"))
	}
	y.frames.Handle(mqtt.Message{Topic: "eu868/gateway/" + lorawan.DevEUI{7: 0xee}.String() + "/state/conn", Payload: []byte("{}"), QoS: 1, Retained: true})
	for id, until := range map[lorawan.DevEUI]int{dead: 20, alive: 100} {
		r := y.frames.gateways[id]
		for i := range until {
			r.beat(start.Add(time.Duration(i) * 2 * time.Second))
		}
	}
	if len(y.frames.gateways) != 2 {
		t.Errorf("%d gateways: what the broker kept from before counts", len(y.frames.gateways))
	}
	y.frames.lookAtGateways(y.health, start.Add(201*time.Second))
	if got := y.says("gateway_silent"); !strings.Contains(got, dead.String()) || !strings.Contains(got, "every 2s") {
		t.Errorf("the condition says %q", got)
	}
	if n := len(y.health.Conditions()); n != 1 {
		t.Errorf("%d conditions", n)
	}
}
