// Package bridgetest puts a bridge on a real ledger, for tests of the bridge and of what stands
// before it.
package bridgetest

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// The device of the captured event v4-up-01-as923.json, and how its topics begin.
const (
	Bought  = "70b3d57ed8005343"
	Address = "application/1f1e46b9-af07-462a-8475-c02cf6225c0b/device/"
)

// Device is Bought.
var Device = lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xd8, 0x00, 0x53, 0x43}

// Template is ChirpStack's topic.
const Template = "application/{application_id}/device/{dev_eui}/event/{event}"

// Capture reads a captured event (see lorawan/chirpstack/testdata for its source).
func Capture(t testing.TB, name string) []byte {
	t.Helper()
	var b []byte
	var err error
	for _, up := range []string{"..", "../.."} {
		if b, err = os.ReadFile(filepath.Join(up, "cmd/dbdao-bridge/testdata/events", name)); err == nil {
			return b
		}
	}
	t.Fatal(err)
	return nil
}

// Entitle lets somebody buy a device.
func Entitle(x *market.Index, p market.PurchaseID, dev lorawan.DevEUI) {
	now := uint64(time.Now().Unix())
	x.Set(&market.Entitlement{
		Purchase: p, Stream: 1, DevEUI: dev, Start: now - 1_000_000, End: now + 1_000_000, Price: 1000, Interval: 1, Quota: 2_000_000,
		Sale: lorawan.Sale{Fields: lorawan.FieldValues | lorawan.FieldData}, State: market.PurchaseActive,
	})
}

// Hall is a bridge with a real ledger behind it and no courier, and the entrance of one source.
type Hall struct {
	*bridge.Bridge
	In     *intake.Entrance
	Acks   *intake.Acks
	Index  *market.Index
	Ledger *ledger.Ledger
	Meter  *meter.Metrics
	Health *health.Conditions
	Log    *slog.Logger
	Posted chan []delivery.Parcel // what the courier is told of
	Deaf   bool                   // it is told nothing
	Outbox bridge.Outbox          // instead of the ledger; nil: the ledger
}

// hallLedger and hallCourier are what the hall's bridge stands on.
type hallLedger struct {
	*ledger.Ledger
	h *Hall
}

func (l hallLedger) Ingest(r *lorawan.Reading, done func(ledger.Outcome, error)) {
	if l.h.Outbox != nil {
		l.h.Outbox.Ingest(r, done)
		return
	}
	l.Ledger.Ingest(r, done)
}

type hallCourier struct{ h *Hall }

func (c hallCourier) Posted(p []delivery.Parcel) {
	if !c.h.Deaf {
		c.h.Posted <- p
	}
}

// New makes a hall whose source has a topic.
func New(t testing.TB, gather time.Duration, topic string) *Hall {
	t.Helper()
	template, err := lorawan.ParseTemplate(topic)
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, filepath.Join(t.TempDir(), "ledger.db"), gather, Discreet(t))
	h.In = h.Entrance("chirpstack", "chirpstack", template, detect.Decode)
	return h
}

// NewPit is a hall whose topics carry no ids.
func NewPit(t testing.TB) *Hall {
	t.Helper()
	h := New(t, 0, "events/{any}")
	Entitle(h.Index, 1, Device)
	return h
}

func open(t testing.TB, path string, gather time.Duration, log *slog.Logger) *Hall {
	t.Helper()
	x := market.NewIndex(0, 0)
	x.ClaimWithin(ledgertest.ClaimWindow)
	l, err := ledger.Open(path, ledger.Options{
		Place: delivery.Place{ChainID: 1, Market: common.Address{1}}, Operator: 1, Index: x, Gather: gather, RouteKey: [32]byte{9},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &Hall{Acks: intake.NewAcks(), Index: x, Ledger: l, Meter: meter.New(), Health: health.New(log), Log: log, Posted: make(chan []delivery.Parcel, 1000)}
	h.Bridge = bridge.New(x, hallLedger{l, h}, hallCourier{h}, h.Meter, h.Health, log)
	return h
}

// Entrance makes another source's.
func (h *Hall) Entrance(name, network string, t lorawan.Template, decode func([]byte, *lorawan.Uplink) error) *intake.Entrance {
	return intake.NewEntrance(name, network, t, decode, h.Meter, h.Health, h.Log)
}

// Handle takes a publication in.
func (h *Hall) Handle(m mqtt.Message) { h.HandleAt(h.In, m) }

// HandleAt takes a publication of another source in.
func (h *Hall) HandleAt(in *intake.Entrance, m mqtt.Message) { h.Take(in, h.Acks.Arrive(m)) }

// Count reads the counter of a fate.
func (h *Hall) Count(f intake.Fate) int { return int(h.In.Count(f)) }

// Ended waits until every arrival may be acknowledged.
func (h *Hall) Ended(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		h.Acks.Flush()
		if h.Acks.Pending() == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d arrivals are never acknowledged", h.Acks.Pending())
		}
	}
}

// Fate hands a payload in and gives what became of it.
func (h *Hall) Fate(t testing.TB, m mqtt.Message) intake.Fate {
	t.Helper()
	before := map[intake.Fate]int{}
	for _, f := range intake.Fates {
		before[f] = h.Count(f)
	}
	m.Topic = "events/1"
	h.Handle(m)
	h.Ended(t)
	for _, f := range intake.Fates {
		if h.Count(f) > before[f] {
			return f
		}
	}
	return ""
}

// Expect insists on the fate of a payload.
func (h *Hall) Expect(t testing.TB, want intake.Fate, why, payload string) {
	t.Helper()
	if got := h.Fate(t, mqtt.Message{Payload: []byte(payload), QoS: 1}); got != want {
		t.Errorf("%s: %s, want %s", why, got, want)
	}
}

// Vouch attests Device again, as an operator does when it was moved.
func (h *Hall) Vouch() error {
	return h.Ledger.Attest(market.Device{DevEUI: Device, Commitment: common.Hash{1}}, []byte(`{"sell":["data"],"version":2}`), nil)
}

// Says gives the text of a condition, or "".
func (h *Hall) Says(code string) string {
	for _, c := range h.Health.List() {
		if c.Code == code {
			return c.Text
		}
	}
	return ""
}

// Discreet is a log that must name no device by its DevEUI, nor quote an uplink.
func Discreet(t testing.TB) *slog.Logger {
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
