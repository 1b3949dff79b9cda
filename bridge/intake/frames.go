package intake

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// Frames is the entrance of a gateway-level source: what gateways hear becomes
// uplinks of registered devices. A frame several gateways heard waits for its other
// copies for a short window and goes to the outbox once, with all receptions; every
// copy is acknowledged only when that one uplink is committed.
type Frames struct {
	seller   Seller
	in       *Entrance
	log      *slog.Logger
	registry *gateway.Registry
	window   time.Duration
	store    SessionStore

	mu   sync.Mutex
	open map[copyKey]*pending
	due  []*pending    // of open, in the order their windows end
	wake chan struct{} // due was empty

	gatewaysMu sync.Mutex
	gateways   map[lorawan.DevEUI]*Rhythm // of each gateway's events of any kind
	forgotAt   time.Time                  // when forgetGateways looked last
}

// Seller sells uplinks: package bridge does. done is called once, after the commit.
type Seller interface {
	Buyers
	Sell(in *Entrance, u *lorawan.Uplink, done func(End))
	Sent(dev lorawan.DevEUI) // it has sent a frame of its own just now
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

// pending is a frame in its window, with all its receptions so far.
type pending struct {
	key        copyKey
	uplink     lorawan.Uplink
	receptions lorawan.Receptions
	dones      []Done
	until      time.Time
}

// openMax bounds the frames in their windows; one more ends the oldest's early.
const openMax = 4096

// saveEvery is how often changed counters are stored. Nothing is lost between: the
// window of the ledger tells repeats, and a counter remembered too low is completed
// all the same.
const saveEvery = 10 * time.Second

// NewFrames prepares a gateway-level entrance and restores its devices: those added by
// command, and the state of those its devices file still lists.
func NewFrames(s Seller, in *Entrance, log *slog.Logger, region gateway.Region, window time.Duration, devices []gateway.Device, store SessionStore) (*Frames, error) {
	f := &Frames{
		seller: s, in: in, log: log.With("component", "bridge"), registry: gateway.NewRegistry(region), window: window, store: store,
		open: map[copyKey]*pending{}, gateways: map[lorawan.DevEUI]*Rhythm{}, wake: make(chan struct{}, 1),
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
			if err := store.DeleteSession(in.Name, s.DevEUI); err != nil && !errors.Is(err, ledger.ErrNoRoom) { // the next start does it
				return nil, err
			}
		}
	}
	for _, d := range devices {
		if err := f.registry.Set(d, true); err != nil {
			return nil, err
		}
	}
	if err := f.save(); err != nil && !errors.Is(err, ledger.ErrNoRoom) { // it is saved when there is
		return nil, err
	}
	return f, nil
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
		f.log.Error("the counters of gateway-level sessions could not be stored", "source", f.in.Name, "err", err)
	}
}

func (f *Frames) save() error {
	var states []ledger.SessionState
	changed := f.registry.Changed()
	for _, dev := range changed {
		if s := f.registry.State(dev); s != nil {
			states = append(states, ledger.SessionState{DevEUI: dev, State: s})
		}
	}
	if len(states) == 0 {
		return nil
	}
	err := f.store.PutSessions(f.in.Name, states)
	if err != nil {
		f.registry.Unsaved(changed)
	}
	return err
}

// Take decides what a gateway's message is. It never waits for disk or network, and its calls
// must not overlap.
func (f *Frames) Take(a Arrival) {
	id, kind := gateway.ParseTopic(a.Topic)
	f.note(id, kind, &a)
	fate := FateOtherEvent
	switch kind {
	case gateway.NoTopic:
		fate = FateOtherTopic
	case gateway.Down:
		fate = f.down(&a)
	case gateway.Up:
		fate = f.up(&a, id)
	}
	if fate != "" {
		f.in.End(&a, fate)
	}
}

// note counts a gateway's message, of any kind.
func (f *Frames) note(id lorawan.DevEUI, kind gateway.Kind, a *Arrival) {
	event := lorawan.EventUnknown
	switch kind {
	case gateway.Up:
		event = lorawan.EventUp
		f.in.NoteQoS(a.QoS)
	case gateway.Down:
		event = lorawan.EventDownlink
	}
	f.in.Note(event, a.Retained)
	if kind != gateway.Up && kind != gateway.Other || a.Retained {
		return
	}
	f.gatewaysMu.Lock()
	r := f.gateways[id]
	if r == nil && len(f.gateways) >= gatewaysMax {
		f.forgetGateways(time.Now())
	}
	if r == nil && len(f.gateways) < gatewaysMax {
		r = &Rhythm{}
		f.gateways[id] = r
	}
	f.gatewaysMu.Unlock()
	if r != nil {
		r.Beat(time.Now())
	}
}

// down looks for join-accepts among the downlinks.
func (f *Frames) down(a *Arrival) Fate {
	if a.Retained {
		return FateRetained
	}
	frames, err := gateway.Downlinks(bytes.Clone(a.Payload))
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
// the arrival.
func (f *Frames) up(a *Arrival, id lorawan.DevEUI) Fate {
	if a.Retained {
		return FateRetained
	}
	if h, ok := gateway.Peek(a.Payload); ok && h.Clear && (h.Type == lorawan.UnconfirmedUp || h.Type == lorawan.ConfirmedUp) && !f.registry.Known(h.DevAddr) {
		return FateUnknownSession // nearly every frame on the air ends here
	}
	var rx gateway.Reception
	if err := gateway.Decode(bytes.Clone(a.Payload), &rx); err != nil {
		f.in.SayOnce(FateMalformed, "a gateway's message was not understood: check that the topic is a ChirpStack gateway's",
			slog.String("gateway", id.String()), slog.Any("err", Redacted(err)))
		return FateMalformed
	}
	if rx.Odd > 0 {
		f.in.NoteOdd()
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
		return f.data(&rx, id, a.Done)
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

func (f *Frames) data(rx *gateway.Reception, id lorawan.DevEUI, done Done) Fate {
	key := copyKey{phy: string(rx.PHY), frequency: rx.Frequency, bandwidth: rx.Bandwidth, bitrate: rx.Bitrate, sf: rx.SF}
	if f.another(key, rx, id, done) {
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
	f.seller.Sent(o.DevEUI)
	if f.seller.Lookup(o.DevEUI) == nil {
		return FateUnbought
	}
	h := &pending{key: key, dones: []Done{done}, uplink: lorawan.Uplink{
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
	h.add(rx, id)
	f.start(h)
	return ""
}

// relayPort carries other devices' frames between a relay and its network (TS011).
const relayPort = 226

// add adds a gateway's reception; a gateway counts once, however many antennas it
// has and however often the broker sends its message.
func (h *pending) add(rx *gateway.Reception, id lorawan.DevEUI) {
	h.receptions.Hear(&h.uplink, lorawan.KeyOfEUI(id), rx.RSSI, rx.SNR, rx.Time)
}

// another adds a copy to the frame's window, if it is in one.
func (f *Frames) another(key copyKey, rx *gateway.Reception, id lorawan.DevEUI, done Done) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.open[key]
	if h == nil {
		return false
	}
	h.add(rx, id)
	h.dones = append(h.dones, done)
	f.in.Became(FateDuplicateCopy)
	return true
}

// start opens a frame's window.
func (f *Frames) start(h *pending) {
	f.mu.Lock()
	var early *pending
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
		f.sell(early)
	}
	if first {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// endWindows sells the frames whose window is over and says when to look again.
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
		f.sell(h)
	}
}

// sell hands the frame over; all its copies are acknowledged together.
func (f *Frames) sell(h *pending) {
	f.seller.Sell(f.in, &h.uplink, func(e End) {
		f.in.Became(e.Fate)
		for _, done := range h.dones {
			done.Tell(e)
		}
	})
}

// Sessions lists the registered devices.
func (f *Frames) Sessions() []gateway.Info { return f.registry.List() }

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

// Redacted keeps an error's kind and drops whatever of the payload it quotes.
func Redacted(err error) error {
	if errors.Is(err, lorawan.ErrMalformed) {
		return err // decoders name the place and the field, never the content
	}
	return errors.New("not decodable")
}
