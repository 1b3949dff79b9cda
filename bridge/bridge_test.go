package bridge

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	dto "github.com/prometheus/client_model/go"
)

const (
	bought  = "70b3d57ed8005343" // the device of v4-up-01-as923.json
	address = "application/1f1e46b9-af07-462a-8475-c02cf6225c0b/device/"
)

// capture reads a captured event (see lorawan/chirpstack/testdata for its source).
func capture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../cmd/dbdao-bridge/testdata/events", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func entitle(x *market.Index, p market.PurchaseID, dev lorawan.DevEUI) {
	now := uint64(time.Now().Unix())
	x.Set(&market.Entitlement{
		Purchase: p, Stream: 1, DevEUI: dev, Start: now - 1_000_000, End: now + 1_000_000, Price: 1000, Interval: 1, Quota: 2_000_000,
		Sale: lorawan.Sale{Fields: lorawan.FieldValues | lorawan.FieldData}, State: market.PurchaseActive,
	})
}

// hall is an entrance hall with a real ledger behind it and no courier.
type hall struct {
	*Bridge
	in     *Intake
	index  *market.Index
	ledger *ledger.Ledger
	posted chan []delivery.Parcel
}

type collector struct{ posted chan []delivery.Parcel }

func (c collector) Posted(p []delivery.Parcel) {
	if c.posted != nil {
		c.posted <- p
	}
}

func newHall(t testing.TB, gather time.Duration, topic string) *hall {
	t.Helper()
	x := market.NewIndex(0, 0)
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"), ledger.Options{
		Place: delivery.Place{ChainID: 1, Market: common.Address{1}}, Operator: 1, Index: x, Gather: gather,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	template, err := lorawan.ParseTemplate(topic)
	if err != nil {
		t.Fatal(err)
	}
	log := discreet(t)
	h := &hall{index: x, ledger: l, posted: make(chan []delivery.Parcel, 1000)}
	h.Bridge = New(x, l, collector{h.posted}, NewMetrics(), NewHealth(log), log)
	h.in = h.Intake("chirpstack", "chirpstack", template, detect.Decode)
	return h
}

const template = "application/{application_id}/device/{dev_eui}/event/{event}"

// count reads the counter of a fate.
func (h *hall) count(f Fate) int {
	var m dto.Metric
	_ = h.in.fates[f].Write(&m)
	return int(m.GetCounter().GetValue())
}

// settled waits until every arrival may be acknowledged.
func (h *hall) settled(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		h.in.acks.take(nil)
		if h.in.acks.pending() == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d arrivals are never acknowledged", h.in.acks.pending())
		}
	}
}

func TestEveryArrivalHasOneFateAndIsAcknowledged(t *testing.T) {
	h := newHall(t, 0, template)
	dev, err := lorawan.ParseDevEUI(bought)
	if err != nil {
		t.Fatal(err)
	}
	entitle(h.index, 1, dev)
	up := address + bought + "/event/up"
	event := string(capture(t, "v4-up-01-as923.json"))
	numbered := func(f int) []byte {
		return []byte(strings.Replace(event, `"fCnt": 174`, fmt.Sprintf(`"fCnt": %d`, f), 1))
	}
	for _, c := range []struct {
		why  string
		m    mqtt.Message
		fate Fate
	}{
		{"a bought uplink", mqtt.Message{Topic: up, Payload: []byte(event), QoS: 1}, FatePosted},
		{"the same again", mqtt.Message{Topic: up, Payload: []byte(event), QoS: 1, Dup: true}, FateRepeat},
		{"one that was overtaken", mqtt.Message{Topic: up, Payload: numbered(173), QoS: 1}, FatePosted},
		{"a later one", mqtt.Message{Topic: up, Payload: numbered(40_000), QoS: 1}, FatePosted},
		{"one too far behind", mqtt.Message{Topic: up, Payload: numbered(39_000), QoS: 1}, FateLate},
		{"a counter that fell back", mqtt.Message{Topic: up, Payload: numbered(1), QoS: 1}, FateReset},
		{"an uplink nobody bought", mqtt.Message{Topic: address + "0101010101010101/event/up", Payload: []byte("never read"), QoS: 1}, FateUnbought},
		{"a join", mqtt.Message{Topic: address + bought + "/event/join", Payload: []byte(strings.NewReplacer("0101010101010101", bought, "17c82e96-be03-4f38-aef3-f83d48582d97", "1f1e46b9-af07-462a-8475-c02cf6225c0b").Replace(string(capture(t, "v4-doc-join.json")))), QoS: 1}, FateOtherEvent},
		{"a join of nobody's", mqtt.Message{Topic: address + "0101010101010101/event/join", Payload: []byte("never read"), QoS: 1}, FateOtherEvent},
		{"a join another body tells", mqtt.Message{Topic: address + bought + "/event/join", Payload: capture(t, "v4-doc-join.json"), QoS: 1}, FateMismatch},
		{"a foreign topic", mqtt.Message{Topic: "some/thing", Payload: []byte("x"), QoS: 1}, FateOtherTopic},
		{"a retained one", mqtt.Message{Topic: up, Payload: numbered(50_000), QoS: 1, Retained: true}, FateRetained},
		{"half an event", mqtt.Message{Topic: up, Payload: []byte(event[:len(event)/2]), QoS: 1}, FateMalformed},
		{"another device's body", mqtt.Message{Topic: up, Payload: capture(t, "v4-up-03-gwtime.json"), QoS: 1}, FateMismatch},
		{"MAC commands only", mqtt.Message{Topic: up, Payload: []byte(strings.NewReplacer(`"fPort": 2`, `"fPort": 0`, `"AEIkXEF7AclCAAAEAC0AEQA="`, `""`).Replace(event)), QoS: 1}, FateEmpty},
	} {
		before := h.count(c.fate)
		h.Handle(h.in, c.m)
		h.settled(t)
		if h.count(c.fate) != before+1 {
			t.Errorf("%s: not counted as %s", c.why, c.fate)
		}
	}
	if got := len(h.posted); got != 4+2 { // Posted is called for every commit, with parcels or not
		t.Logf("%d hand-overs", got)
	}
	parcels, err := h.ledger.Waiting(1, 0, 10)
	if err != nil || len(parcels) != 3 {
		t.Errorf("%d parcels wait, want 3 (%v)", len(parcels), err)
	}
}

func TestATopicWithoutIDsIsRoutedByItsBody(t *testing.T) {
	h := newHall(t, 0, "lorawan/up")
	dev, _ := lorawan.ParseDevEUI(bought)
	entitle(h.index, 1, dev)
	h.Handle(h.in, mqtt.Message{Topic: "lorawan/up", Payload: capture(t, "v4-up-01-as923.json"), QoS: 1})
	h.Handle(h.in, mqtt.Message{Topic: "lorawan/up", Payload: capture(t, "v4-up-03-gwtime.json"), QoS: 1})
	h.settled(t)
	if h.count(FatePosted) != 1 || h.count(FateUnbought) != 1 {
		t.Errorf("posted %d, unbought %d", h.count(FatePosted), h.count(FateUnbought))
	}
}

func TestQoS0IsAnnouncedOnce(t *testing.T) {
	h := newHall(t, 0, template)
	for range 3 {
		h.Handle(h.in, mqtt.Message{Topic: address + bought + "/event/up", QoS: 0})
	}
	if c := h.health.Conditions(); len(c) != 1 || c[0].Code != "uplinks_qos0" {
		t.Errorf("%+v", c)
	}
}

// failing is an outbox whose disk is gone.
type failing struct{}

func (failing) Ingest(_ *lorawan.Reading, done func(ledger.Outcome, error)) {
	done(ledger.Outcome{}, errors.New("no disk"))
}

func TestNothingIsAcknowledgedThatWasNotCommitted(t *testing.T) {
	h := newHall(t, 0, template)
	dev, _ := lorawan.ParseDevEUI(bought)
	entitle(h.index, 1, dev)
	h.outbox = failing{}
	h.Handle(h.in, mqtt.Message{Topic: address + bought + "/event/up", Payload: capture(t, "v4-up-01-as923.json"), QoS: 1})
	h.Handle(h.in, mqtt.Message{Topic: "some/thing", QoS: 1}) // settled, but behind it
	if ready := h.in.acks.take(nil); len(ready) != 0 || h.in.acks.pending() != 2 {
		t.Errorf("%d acknowledged, %d pending", len(ready), h.in.acks.pending())
	}
}

func TestAcksKeepTheOrderOfArrival(t *testing.T) {
	a := newAcker()
	var tickets []ticket
	for i := range 3000 {
		tickets = append(tickets, a.arrive(mqtt.Message{Topic: fmt.Sprint(i)}))
	}
	for i := len(tickets) - 1; i > 0; i-- {
		a.settle(tickets[i])
	}
	if got := a.take(nil); len(got) != 0 {
		t.Fatalf("%d acknowledged before the first", len(got))
	}
	a.settle(tickets[0])
	for i := 0; i < 3000; {
		got := a.take(nil)
		if len(got) == 0 {
			t.Fatalf("stopped after %d", i)
		}
		for _, m := range got {
			if m.Topic != fmt.Sprint(i) {
				t.Fatalf("acknowledged %s where %d was due", m.Topic, i)
			}
			i++
		}
	}
}

// BenchmarkUnboughtUplink is the whole path of an uplink nobody bought, with a
// hundred thousand devices bought by others: no parse, no allocation.
func BenchmarkUnboughtUplink(b *testing.B) {
	h := newHall(b, 0, template)
	for i := range 100_000 {
		var dev lorawan.DevEUI
		dev[0], dev[5], dev[6], dev[7] = 1, byte(i>>16), byte(i>>8), byte(i)
		entitle(h.index, market.PurchaseID(i+1), dev)
	}
	m := mqtt.Message{Topic: address + "0101010101010101/event/up", Payload: capture(b, "v4-up-01-as923.json"), QoS: 1}
	into := make([]mqtt.Message, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		h.Handle(h.in, m)
		into = h.in.acks.take(into[:0])
	}
}

// BenchmarkBoughtUplink takes a v4 JSON event of 1.1 KB from its bytes to a durable
// parcel, commits gathered for 10 ms, and records its delivery. cpu-µs/op counts all
// threads of the process.
func BenchmarkBoughtUplink(b *testing.B) {
	h := newHall(b, 10*time.Millisecond, template)
	h.courier = collector{}
	const devices = 5000
	event := string(capture(b, "v4-up-01-as923.json"))
	topics := make([]string, devices)
	for i := range devices {
		dev, err := lorawan.ParseDevEUI(fmt.Sprintf("70b3d57ed8%06x", i))
		if err != nil {
			b.Fatal(err)
		}
		entitle(h.index, market.PurchaseID(i+1), dev)
		topics[i] = address + dev.String() + "/event/up"
	}
	start := cpu()
	b.ReportAllocs()
	done := make(chan struct{}, 1)
	i := 0
	for b.Loop() {
		dev, f := i%devices, i/devices
		body := strings.NewReplacer(bought, topics[dev][len(address):len(address)+16], `"fCnt": 174`, `"fCnt": `+fmt.Sprint(f)).Replace(event)
		h.Handle(h.in, mqtt.Message{Topic: topics[dev], Payload: []byte(body), QoS: 1})
		h.ledger.Delivered([]delivery.Receipt{{Purchase: market.PurchaseID(dev + 1), Seq: uint32(f), At: time.Unix(0, 0)}}, nil, nil)
		i++
	}
	h.ledger.Delivered(nil, nil, func(error) { done <- struct{}{} })
	<-done
	b.ReportMetric(float64((cpu()-start).Microseconds())/float64(i), "cpu-µs/op")
	b.ReportMetric(float64(len(event)), "event-bytes")
}

func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// discreet is a log that must name no device by its DevEUI, nor quote an uplink.
func discreet(t testing.TB) *slog.Logger {
	t.Helper()
	var mu sync.Mutex
	var text bytes.Buffer
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if found := regexp.MustCompile(`(?i)\b[0-9a-f]{16}\b|frm_?payload|qg==`).Find(text.Bytes()); found != nil {
			t.Errorf("the log has %s:\n%s", found, text.Bytes())
		}
	})
	return slog.New(slog.NewTextHandler(writer(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(b)
	}), nil))
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
