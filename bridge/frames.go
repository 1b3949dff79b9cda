package bridge

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// Frames is the entrance of a gateway-level source: what gateways hear becomes
// uplinks of registered devices. A frame several gateways heard waits for its other
// copies for a short window and goes to the outbox once, with all receptions; every
// copy is acknowledged only when that one uplink is committed.
type Frames struct {
	bridge   *Bridge
	in       *Intake
	registry *gateway.Registry
	window   time.Duration
	store    SessionStore

	mu   sync.Mutex
	open map[copyKey]*hearing
	due  []*hearing    // of open, in the order their windows end
	wake chan struct{} // due was empty

	gatewaysMu sync.Mutex
	gateways   map[lorawan.DevEUI]*rhythm // of each gateway's events of any kind
}

// SessionStore keeps the registry's state, sealed.
type SessionStore interface {
	PutSessions(source string, states []ledger.SessionState) error
	Sessions(source string) ([]ledger.SessionState, error)
	DeleteSession(source string, dev lorawan.DevEUI) error
}

// copyKey tells one transmission: the frame (whose reserved bits are clear, so that
// its bytes have one form), and how it was sent.
type copyKey struct {
	phy       string
	frequency uint32
	bandwidth uint32
	bitrate   uint32
	sf        uint8
}

// hearing is a frame in its window.
type hearing struct {
	key        copyKey
	uplink     lorawan.Uplink
	receptions lorawan.Receptions
	tickets    []ticket
	until      time.Time
}

// openMax bounds the frames in their windows; one more ends the oldest's early.
const openMax = 4096

// saveEvery is how often changed counters are stored. Nothing is lost between: the
// window of the ledger tells repeats, and a counter remembered too low is completed
// all the same.
const saveEvery = 10 * time.Second

// Frames prepares a gateway-level entrance and restores its devices: those added by
// command, and the state of those its devices file still lists.
func (b *Bridge) Frames(in *Intake, region gateway.Region, window time.Duration, devices []gateway.Device, store SessionStore) (*Frames, error) {
	f := &Frames{
		bridge: b, in: in, registry: gateway.NewRegistry(region), window: window, store: store,
		open: map[copyKey]*hearing{}, gateways: map[lorawan.DevEUI]*rhythm{}, wake: make(chan struct{}, 1),
	}
	states, err := store.Sessions(in.Name)
	if err != nil {
		return nil, err
	}
	listed := map[lorawan.DevEUI]bool{}
	for _, d := range devices {
		listed[d.DevEUI] = true
	}
	for _, s := range states {
		fromFile, err := f.registry.Restore(s.DevEUI, s.State)
		if err != nil {
			return nil, err
		}
		if fromFile && !listed[s.DevEUI] {
			f.registry.Remove(s.DevEUI)
			if err := store.DeleteSession(in.Name, s.DevEUI); err != nil {
				return nil, err
			}
		}
	}
	for _, d := range devices {
		if err := f.registry.Set(d, true); err != nil {
			return nil, err
		}
	}
	return f, f.save()
}

// Run ends windows as they run out and stores counters, until ctx ends. Frames in
// their windows then stay unacknowledged: the broker sends them again.
func (f *Frames) Run(ctx context.Context) {
	save := time.NewTicker(saveEvery)
	defer save.Stop()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(f.endWindows(time.Now()))
		select {
		case <-ctx.Done():
			f.trySave()
			return
		case <-save.C:
			f.trySave()
		case <-f.wake:
		case <-timer.C:
		}
	}
}

func (f *Frames) trySave() {
	if err := f.save(); err != nil {
		f.bridge.log.Error("the counters of gateway-level sessions could not be stored", "source", f.in.Name, "err", err)
	}
}

func (f *Frames) save() error {
	var states []ledger.SessionState
	for _, dev := range f.registry.Changed() {
		if s := f.registry.State(dev); s != nil {
			states = append(states, ledger.SessionState{DevEUI: dev, State: s})
		}
	}
	if len(states) == 0 {
		return nil
	}
	return f.store.PutSessions(f.in.Name, states)
}

// Handle decides what a gateway's message is. Like Bridge.Handle it never waits, and
// its calls must not overlap.
func (f *Frames) Handle(m mqtt.Message) {
	t := f.in.acks.arrive(m)
	id, kind := gateway.ParseTopic(m.Topic)
	f.note(id, kind, m)
	switch kind {
	case gateway.NoTopic:
		f.bridge.dismiss(f.in, t, FateOtherTopic)
	case gateway.Down:
		f.bridge.dismiss(f.in, t, f.down(m))
	case gateway.Up:
		if fate := f.up(m, id, t); fate != "" {
			f.bridge.dismiss(f.in, t, fate)
		}
	default:
		f.bridge.dismiss(f.in, t, FateOtherEvent)
	}
}

// gatewaysMax bounds the gateways whose silence is noticed.
const gatewaysMax = 10_000

// note counts a gateway's message, of any kind.
func (f *Frames) note(id lorawan.DevEUI, kind gateway.Kind, m mqtt.Message) {
	event := lorawan.EventUnknown
	switch kind {
	case gateway.Up:
		event = lorawan.EventUp
		f.bridge.noteQoS(f.in, m)
	case gateway.Down:
		event = lorawan.EventDownlink
	}
	f.in.note(event, m.Retained)
	if kind != gateway.Up && kind != gateway.Other || m.Retained {
		return
	}
	f.gatewaysMu.Lock()
	r := f.gateways[id]
	if r == nil && len(f.gateways) < gatewaysMax {
		r = &rhythm{}
		f.gateways[id] = r
	}
	f.gatewaysMu.Unlock()
	if r != nil {
		r.beat(time.Now())
	}
}

// down looks for join-accepts among the downlinks.
func (f *Frames) down(m mqtt.Message) Fate {
	if m.Retained {
		return FateRetained
	}
	frames, err := gateway.Downlinks(m.Payload)
	if err != nil {
		return FateMalformed
	}
	joined := false
	for _, phy := range frames {
		joined = f.registry.Downlink(phy) || joined
	}
	if joined {
		return FateJoin
	}
	return FateOtherEvent
}

// up opens a frame, or gives its fate if it is not to be sold. "": the frame holds
// the ticket.
func (f *Frames) up(m mqtt.Message, id lorawan.DevEUI, t ticket) Fate {
	if m.Retained {
		return FateRetained
	}
	if h, ok := gateway.Peek(m.Payload); ok && h.Clear && (h.Type == lorawan.UnconfirmedUp || h.Type == lorawan.ConfirmedUp) && !f.registry.Known(h.DevAddr) {
		return FateUnknownSession // nearly every frame on the air ends here
	}
	var rx gateway.Reception
	if err := gateway.Decode(m.Payload, &rx); err != nil {
		f.bridge.sayOnce(f.in, FateMalformed, "a gateway's message was not understood: check that the topic is a ChirpStack gateway's",
			slog.String("gateway", id.String()), slog.Any("err", redacted(err)))
		return FateMalformed
	}
	switch {
	case rx.CRC == gateway.BadCRC:
		return FateBadCRC
	case rx.PHY[0]&0x1c != 0:
		return FateReservedBits
	}
	switch lorawan.FrameType(rx.PHY[0] >> 5) {
	case lorawan.ProprietaryFrame:
		return FateProprietary
	case lorawan.JoinRequestFrame, lorawan.RejoinRequestFrame:
		return f.join(rx.PHY)
	case lorawan.UnconfirmedUp, lorawan.ConfirmedUp:
		return f.data(&rx, id, t)
	}
	return FateMalformed // a downlink, which no gateway hears, or a later version's
}

func (f *Frames) join(phy []byte) Fate {
	_, err := f.registry.Join(phy)
	switch {
	case err == nil:
		return FateJoin
	case errors.Is(err, gateway.ErrUnknown):
		return FateUnknownSession
	case errors.Is(err, gateway.ErrNonce):
		return FateReplayed
	case errors.Is(err, lorawan.ErrMIC):
		return FateBadMIC
	}
	return FateMalformed
}

func (f *Frames) data(rx *gateway.Reception, id lorawan.DevEUI, t ticket) Fate {
	key := copyKey{phy: string(rx.PHY), frequency: rx.Frequency, bandwidth: rx.Bandwidth, bitrate: rx.Bitrate, sf: rx.SF}
	if f.another(key, rx, id, t) {
		return ""
	}
	o, err := f.registry.Open(rx)
	switch {
	case err == nil:
	case errors.Is(err, gateway.ErrUnknown):
		return FateUnknownSession
	case errors.Is(err, lorawan.ErrMIC):
		return FateBadMIC
	default:
		return FateMalformed
	}
	if f.bridge.entitlements.Lookup(o.DevEUI) == nil {
		return FateUnbought
	}
	h := &hearing{key: key, tickets: []ticket{t}, uplink: lorawan.Uplink{
		Network: f.in.Network, Event: lorawan.EventUp, DevEUI: o.DevEUI, DevAddr: o.Frame.DevAddr, Session: o.Session, FCnt: o.FCnt, FPort: o.Frame.FPort,
		Confirmed: o.Frame.Type == lorawan.ConfirmedUp, ADR: o.Frame.ADR, DR: o.DR, HasDR: true, Data: o.Frame.Payload, Encrypted: o.Sealed,
		Received: time.Now().UTC(), Frequency: rx.Frequency, SpreadingFactor: rx.SF,
	}}
	if rx.SF > 0 {
		h.uplink.Bandwidth = rx.Bandwidth
	}
	if o.Frame.FPort == relayPort || h.uplink.Billing() == lorawan.BillingEmpty {
		return FateEmpty
	}
	h.hear(rx, id)
	f.start(h)
	return ""
}

// relayPort carries other devices' frames between a relay and its network (TS011).
const relayPort = 226

// hear adds a gateway's reception; a gateway counts once, however many antennas it
// has and however often the broker sends its message.
func (h *hearing) hear(rx *gateway.Reception, id lorawan.DevEUI) {
	h.receptions.Hear(&h.uplink, lorawan.KeyOfEUI(id), rx.RSSI, rx.SNR, rx.Time)
}

// another adds a copy to the frame's window, if it is in one.
func (f *Frames) another(key copyKey, rx *gateway.Reception, id lorawan.DevEUI, t ticket) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.open[key]
	if h == nil {
		return false
	}
	h.hear(rx, id)
	h.tickets = append(h.tickets, t)
	f.in.became(FateDuplicateCopy)
	return true
}

// start opens a frame's window.
func (f *Frames) start(h *hearing) {
	f.mu.Lock()
	var early *hearing
	if len(f.due) >= openMax {
		early = f.due[0]
		f.due = f.due[1:]
		delete(f.open, early.key)
	}
	h.until = time.Now().Add(f.window)
	f.open[h.key] = h
	f.due = append(f.due, h)
	first := len(f.due) == 1
	f.mu.Unlock()
	if early != nil {
		f.commit(early)
	}
	if first {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// endWindows commits the frames whose window is over and says when to look again.
func (f *Frames) endWindows(now time.Time) time.Duration {
	for {
		f.mu.Lock()
		if len(f.due) == 0 {
			f.due = nil // a burst's backing array goes with it
			f.mu.Unlock()
			return time.Hour
		}
		h := f.due[0]
		if wait := h.until.Sub(now); wait > 0 {
			f.mu.Unlock()
			return wait
		}
		f.due = f.due[1:]
		delete(f.open, h.key)
		f.mu.Unlock()
		f.commit(h)
	}
}

// commit hands the frame over; all its copies are acknowledged together.
func (f *Frames) commit(h *hearing) {
	f.bridge.commit(f.in, &h.uplink, func(fate Fate) {
		f.in.became(fate)
		if fate == FateUncommitted {
			return
		}
		for _, t := range h.tickets {
			f.in.acks.settle(t)
		}
	})
}

// Add registers a device and stores it.
func (f *Frames) Add(d gateway.Device) error {
	if err := f.registry.Set(d, false); err != nil {
		return err
	}
	return f.save()
}

// Remove forgets a device; false: it was not registered.
func (f *Frames) Remove(dev lorawan.DevEUI) (bool, error) {
	if !f.registry.Remove(dev) {
		return false, nil
	}
	return true, f.store.DeleteSession(f.in.Name, dev)
}
