package bridge_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
)

func TestEveryArrivalHasOneFateAndIsAcknowledged(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	dev, err := lorawan.ParseDevEUI(bridgetest.Bought)
	if err != nil {
		t.Fatal(err)
	}
	bridgetest.Entitle(h.Index, 1, dev)
	up := bridgetest.Address + bridgetest.Bought + "/event/up"
	event := string(bridgetest.Capture(t, "v4-up-01-as923.json"))
	numbered := func(f int) []byte {
		return []byte(strings.Replace(event, `"fCnt": 174`, fmt.Sprintf(`"fCnt": %d`, f), 1))
	}
	for _, c := range []struct {
		why  string
		m    mqtt.Message
		fate intake.Fate
	}{
		{"a bought uplink", mqtt.Message{Topic: up, Payload: []byte(event), QoS: 1}, intake.FatePosted},
		{"the same again", mqtt.Message{Topic: up, Payload: []byte(event), QoS: 1, Dup: true}, intake.FateRepeat},
		{"one that was overtaken", mqtt.Message{Topic: up, Payload: numbered(173), QoS: 1}, intake.FatePosted},
		{"a later one", mqtt.Message{Topic: up, Payload: numbered(40_000), QoS: 1}, intake.FatePosted},
		{"one too far behind", mqtt.Message{Topic: up, Payload: numbered(39_000), QoS: 1}, intake.FateLate},
		{"a counter that fell back", mqtt.Message{Topic: up, Payload: numbered(1), QoS: 1}, intake.FateReset},
		{"an uplink nobody bought", mqtt.Message{Topic: bridgetest.Address + "0101010101010101/event/up", Payload: []byte("never read"), QoS: 1}, intake.FateUnbought},
		{"a join", mqtt.Message{Topic: bridgetest.Address + bridgetest.Bought + "/event/join", Payload: []byte(strings.NewReplacer("0101010101010101", bridgetest.Bought, "17c82e96-be03-4f38-aef3-f83d48582d97", "1f1e46b9-af07-462a-8475-c02cf6225c0b").Replace(string(bridgetest.Capture(t, "v4-doc-join.json")))), QoS: 1}, intake.FateOtherEvent},
		{"a join of nobody's", mqtt.Message{Topic: bridgetest.Address + "0101010101010101/event/join", Payload: []byte("never read"), QoS: 1}, intake.FateOtherEvent},
		{"a join another body tells", mqtt.Message{Topic: bridgetest.Address + bridgetest.Bought + "/event/join", Payload: bridgetest.Capture(t, "v4-doc-join.json"), QoS: 1}, intake.FateMismatch},
		{"a foreign topic", mqtt.Message{Topic: "some/thing", Payload: []byte("x"), QoS: 1}, intake.FateOtherTopic},
		{"a retained one", mqtt.Message{Topic: up, Payload: numbered(50_000), QoS: 1, Retained: true}, intake.FateRetained},
		{"half an event", mqtt.Message{Topic: up, Payload: []byte(event[:len(event)/2]), QoS: 1}, intake.FateMalformed},
		{"another device's body", mqtt.Message{Topic: up, Payload: bridgetest.Capture(t, "v4-up-03-gwtime.json"), QoS: 1}, intake.FateMismatch},
		{"MAC commands only", mqtt.Message{Topic: up, Payload: []byte(strings.NewReplacer(`"fPort": 2`, `"fPort": 0`, `"AEIkXEF7AclCAAAEAC0AEQA="`, `""`).Replace(event)), QoS: 1}, intake.FateEmpty},
	} {
		before := h.Count(c.fate)
		h.Handle(c.m)
		h.Ended(t)
		if h.Count(c.fate) != before+1 {
			t.Errorf("%s: not counted as %s", c.why, c.fate)
		}
	}
	if got := len(h.Posted); got != 4+2 { // Posted is called for every commit, with parcels or not
		t.Logf("%d hand-overs", got)
	}
	parcels, err := h.Ledger.Waiting(1, 0, 10)
	if err != nil || len(parcels) != 3 {
		t.Errorf("%d parcels wait, want 3 (%v)", len(parcels), err)
	}
}

func TestATopicWithoutIDsIsRoutedByItsBody(t *testing.T) {
	h := bridgetest.New(t, 0, "lorawan/up")
	dev, _ := lorawan.ParseDevEUI(bridgetest.Bought)
	bridgetest.Entitle(h.Index, 1, dev)
	h.Handle(mqtt.Message{Topic: "lorawan/up", Payload: bridgetest.Capture(t, "v4-up-01-as923.json"), QoS: 1})
	h.Handle(mqtt.Message{Topic: "lorawan/up", Payload: bridgetest.Capture(t, "v4-up-03-gwtime.json"), QoS: 1})
	h.Ended(t)
	if h.Count(intake.FatePosted) != 1 || h.Count(intake.FateUnbought) != 1 {
		t.Errorf("posted %d, unbought %d", h.Count(intake.FatePosted), h.Count(intake.FateUnbought))
	}
}

func TestQoS0IsAnnouncedOnce(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	for range 3 {
		h.Handle(mqtt.Message{Topic: bridgetest.Address + bridgetest.Bought + "/event/up", QoS: 0})
	}
	if c := h.Health.List(); len(c) != 1 || c[0].Code != "uplinks_qos0" {
		t.Errorf("%+v", c)
	}
}

// failing is an outbox whose disk is gone.
type failing struct{}

func (failing) Ingest(_ *lorawan.Reading, done func(ledger.Outcome, error)) {
	done(ledger.Outcome{}, errors.New("no disk"))
}

func TestNothingIsAcknowledgedThatWasNotCommitted(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	dev, _ := lorawan.ParseDevEUI(bridgetest.Bought)
	bridgetest.Entitle(h.Index, 1, dev)
	h.Outbox = failing{}
	h.Handle(mqtt.Message{Topic: bridgetest.Address + bridgetest.Bought + "/event/up", Payload: bridgetest.Capture(t, "v4-up-01-as923.json"), QoS: 1})
	if n := h.Acks.Flush(); n != 0 || len(h.Acks.Cut()) != 1 {
		t.Errorf("%d acknowledged, the connection ends %d times: the broker sends it again on the next one alone", n, len(h.Acks.Cut()))
	}
	h.Handle(mqtt.Message{Topic: "some/thing", QoS: 1}) // settled
	if n := h.Acks.Flush(); n != 1 || h.Acks.Pending() != 0 {
		t.Errorf("%d acknowledged, %d pending", n, h.Acks.Pending())
	}
}

// BenchmarkUnboughtUplink is the whole path of an uplink nobody bought, with a
// hundred thousand devices bought by others: no parse, no allocation.
func BenchmarkUnboughtUplink(b *testing.B) {
	h := bridgetest.New(b, 0, bridgetest.Template)
	for i := range 100_000 {
		var dev lorawan.DevEUI
		dev[0], dev[5], dev[6], dev[7] = 1, byte(i>>16), byte(i>>8), byte(i)
		bridgetest.Entitle(h.Index, market.PurchaseID(i+1), dev)
	}
	m := mqtt.Message{Topic: bridgetest.Address + "0101010101010101/event/up", Payload: bridgetest.Capture(b, "v4-up-01-as923.json"), QoS: 1}
	b.ReportAllocs()
	for b.Loop() {
		h.Handle(m)
		h.Acks.Flush()
	}
}

// BenchmarkBoughtUplink takes a v4 JSON event of 1.1 KB from its bytes to a durable
// parcel, commits gathered for 10 ms, and records its delivery. cpu-µs/op counts all
// threads of the process.
func BenchmarkBoughtUplink(b *testing.B) {
	h := bridgetest.New(b, 10*time.Millisecond, bridgetest.Template)
	h.Deaf = true
	const devices = 5000
	event := string(bridgetest.Capture(b, "v4-up-01-as923.json"))
	topics := make([]string, devices)
	for i := range devices {
		dev, err := lorawan.ParseDevEUI(fmt.Sprintf("70b3d57ed8%06x", i))
		if err != nil {
			b.Fatal(err)
		}
		bridgetest.Entitle(h.Index, market.PurchaseID(i+1), dev)
		topics[i] = bridgetest.Address + dev.String() + "/event/up"
	}
	start := cpu()
	b.ReportAllocs()
	done := make(chan struct{}, 1)
	i := 0
	for b.Loop() {
		dev, f := i%devices, i/devices
		body := strings.NewReplacer(bridgetest.Bought, topics[dev][len(bridgetest.Address):len(bridgetest.Address)+16], `"fCnt": 174`, `"fCnt": `+fmt.Sprint(f)).Replace(event)
		h.Handle(mqtt.Message{Topic: topics[dev], Payload: []byte(body), QoS: 1})
		h.Ledger.Delivered([]delivery.Receipt{{Purchase: market.PurchaseID(dev + 1), Seq: uint32(f), At: time.Unix(0, 0)}}, nil, nil)
		i++
	}
	h.Ledger.Delivered(nil, nil, func(error) { done <- struct{}{} })
	<-done
	b.ReportMetric(float64((cpu()-start).Microseconds())/float64(i), "cpu-µs/op")
	b.ReportMetric(float64(len(event)), "event-bytes")
}

func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
