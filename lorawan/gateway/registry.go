package gateway

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// What a frame can be besides an uplink of a registered device.
var (
	ErrUnknown = errors.New("the frame is of no registered device")
	ErrNonce   = errors.New("the join was seen before")
	ErrDevice  = errors.New("the device cannot be registered")
)

// Device is what an owner supplies of a device: the keys of its session (ABP), or
// its root keys, with which its next join is followed (OTAA).
type Device struct {
	DevEUI  lorawan.DevEUI
	Version lorawan.Version

	ABP     bool
	DevAddr lorawan.DevAddr
	Keys    lorawan.SessionKeys
	Sealed  bool   // no AppSKey was given: payloads stay encrypted and are sold so
	FCnt    uint32 // uplink counter expected next, if known

	JoinEUI lorawan.DevEUI
	AppKey  lorawan.Key
	NwkKey  lorawan.Key // 1.1
}

// Info is what may be shown of a registered device: no keys.
type Info struct {
	DevEUI     lorawan.DevEUI   `json:"dev_eui"`
	Activation string           `json:"activation"` // abp or otaa
	Version    string           `json:"version"`    // 1.0 or 1.1
	DevAddr    *lorawan.DevAddr `json:"dev_addr"`   // nil: it has not joined yet
	FCnt       uint32           `json:"f_cnt"`      // expected next
	Sealed     bool             `json:"sealed"`     // without AppSKey
	File       bool             `json:"from_file"`  // of the devices_file
}

// Opened is a frame of a registered device, checked and decrypted.
type Opened struct {
	DevEUI  lorawan.DevEUI
	Session string // names the session in billing
	FCnt    uint32
	DR      uint8
	Frame   lorawan.Frame
	Sealed  bool // Frame.Payload is still encrypted
}

// Registry holds devices and their sessions. Its methods may be called from any
// goroutine.
type Registry struct {
	region Region
	now    func() time.Time

	mu       sync.RWMutex
	devices  map[lorawan.DevEUI]*device
	sessions map[lorawan.DevAddr][]*session
	joining  []joining
	changed  map[lorawan.DevEUI]struct{}
}

type device struct {
	Device
	file    bool
	current *session
	offered []*session // by join-accepts no uplink has confirmed yet
	nonces  []uint16   // of joins that gave a session, sorted
}

type session struct {
	dev      *device
	addr     lorawan.DevAddr
	keys     lorawan.SessionKeys
	version  lorawan.Version
	crypto   *lorawan.Session
	name     string
	nonce    uint16
	next     uint32
	seen     bool
	confFCnt uint16   // of the last confirmed downlink seen
	added    []uint32 // channels of the join-accept's CFList, Hz
	learned  map[uint32]uint8
}

// joining is a join-request whose answer has not been seen.
type joining struct {
	dev   *device
	typ   byte // 0xff, or the type of a rejoin-request
	nonce uint16
	until time.Time
}

const (
	joiningMax = 1024             // join-requests awaiting their answer
	joinLife   = 30 * time.Second // a join-accept comes 5 or 6 s after its request; servers may delay it
	offeredMax = 4
	epochsMax  = 16 // how many times 65,536 a counter never seen may be ahead
)

// NewRegistry makes an empty registry.
func NewRegistry(r Region) *Registry {
	return &Registry{
		region: r, now: time.Now,
		devices: map[lorawan.DevEUI]*device{}, sessions: map[lorawan.DevAddr][]*session{},
		changed: map[lorawan.DevEUI]struct{}{},
	}
}

// Set registers a device, or replaces what is registered under its DevEUI. A device
// set again with the same keys keeps its counters and joins.
func (r *Registry) Set(d Device, fromFile bool) error {
	if d.DevEUI == (lorawan.DevEUI{}) {
		return fmt.Errorf("%w: it has no DevEUI", ErrDevice)
	}
	if !d.ABP && d.AppKey == (lorawan.Key{}) {
		return fmt.Errorf("%w: it has neither session keys nor an AppKey", ErrDevice)
	}
	if !d.ABP && d.Version == lorawan.LoRaWAN11 && d.NwkKey == (lorawan.Key{}) {
		return fmt.Errorf("%w: a 1.1 device joins with an NwkKey too", ErrDevice)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.devices[d.DevEUI]; old != nil {
		if same := old.Device; sameKeys(same, d) {
			old.file = fromFile
			return nil
		}
		r.remove(old)
	}
	dev := &device{Device: d, file: fromFile}
	r.devices[d.DevEUI] = dev
	if d.ABP {
		dev.current = r.add(dev, session{addr: d.DevAddr, keys: d.Keys, version: d.Version, name: d.DevAddr.String(), next: d.FCnt, seen: d.FCnt > 0})
	}
	r.changed[d.DevEUI] = struct{}{}
	return nil
}

func sameKeys(a, b Device) bool {
	a.FCnt, b.FCnt = 0, 0
	return a == b
}

// Remove forgets a device; false: it was not registered.
func (r *Registry) Remove(dev lorawan.DevEUI) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.devices[dev]
	if d == nil {
		return false
	}
	r.remove(d)
	delete(r.changed, dev)
	return true
}

func (r *Registry) remove(d *device) {
	for _, s := range append([]*session{d.current}, d.offered...) {
		r.drop(s)
	}
	delete(r.devices, d.DevEUI)
	r.joining = slices.DeleteFunc(r.joining, func(j joining) bool { return j.dev == d })
}

func (r *Registry) add(d *device, s session) *session {
	one := &s
	one.dev, one.crypto = d, lorawan.NewSession(s.version, s.addr, s.keys)
	r.sessions[s.addr] = append(r.sessions[s.addr], one)
	return one
}

func (r *Registry) drop(s *session) {
	if s == nil {
		return
	}
	rest := slices.DeleteFunc(r.sessions[s.addr], func(o *session) bool { return o == s })
	if len(rest) == 0 {
		delete(r.sessions, s.addr)
		return
	}
	r.sessions[s.addr] = rest
}

// List shows the registered devices, without keys, by DevEUI.
func (r *Registry) List() []Info {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]Info, 0, len(r.devices))
	for _, d := range r.devices {
		i := Info{DevEUI: d.DevEUI, Activation: "otaa", Version: "1.0", Sealed: d.Sealed, File: d.file}
		if d.ABP {
			i.Activation = "abp"
		}
		if d.Version == lorawan.LoRaWAN11 {
			i.Version = "1.1"
		}
		if s := d.current; s != nil {
			i.DevAddr, i.FCnt = new(s.addr), s.next
		}
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b Info) int { return slices.Compare(a.DevEUI[:], b.DevEUI[:]) })
	return all
}

// Known says whether any session has the address. It is what nearly every frame
// on the air ends at.
func (r *Registry) Known(a lorawan.DevAddr) bool {
	r.mu.RLock()
	_, ok := r.sessions[a]
	r.mu.RUnlock()
	return ok
}

// Open checks and decrypts a data frame. Frames behind the newest counter are
// opened too, if their MIC fits: whether they are repeats, late or a counter that
// was reset is for whoever keeps history to say. An error is ErrUnknown, wraps
// lorawan.ErrMIC, or wraps lorawan.ErrFrame.
func (r *Registry) Open(rx *Reception) (Opened, error) {
	f, err := lorawan.ParseFrame(rx.PHY)
	if err != nil {
		return Opened{}, err
	}
	if !f.Type.Up() {
		return Opened{}, fmt.Errorf("%w a device sends", lorawan.ErrFrame)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	candidates := r.sessions[f.DevAddr]
	if len(candidates) == 0 {
		return Opened{}, ErrUnknown
	}
	for _, s := range candidates {
		if fCnt, radio, ok := r.fit(s, rx, &f); ok {
			return r.open(s, rx, f, fCnt, radio)
		}
	}
	return Opened{}, lorawan.ErrMIC
}

// counters lists the full counters a frame's 16 bits may stand for: ahead of what
// is expected, behind it, and from the start of a counter that was reset. A session
// without history may have begun long ago.
func (s *session) counters(got uint16, into []uint32) []uint32 {
	ahead := lorawan.FullFCnt(s.next, got)
	into = append(into, ahead)
	if ahead >= 1<<16 {
		into = append(into, ahead-1<<16)
	}
	if ahead >= 2<<16 {
		into = append(into, uint32(got))
	}
	if !s.seen {
		for epoch := uint32(1); epoch < epochsMax; epoch++ {
			into = append(into, epoch<<16|uint32(got))
		}
	}
	return into
}

func (r *Registry) fit(s *session, rx *Reception, f *lorawan.Frame) (uint32, lorawan.Radio, bool) {
	var counters [3 + epochsMax]uint32
	var channels [channelsMax + 1]uint8
	radio := lorawan.Radio{DR: r.region.dataRate(rx), ConfFCnt: s.confFCnt}
	tries := append(channels[:0], 0)
	if s.version == lorawan.LoRaWAN11 {
		if ch, ok := s.learned[rx.Frequency]; ok {
			tries = append(channels[:0], ch)
		} else {
			tries = r.region.candidates(rx, s.added, channels[:0])
		}
	}
	for _, fCnt := range s.counters(f.FCnt, counters[:0]) {
		for _, radio.Channel = range tries {
			if s.crypto.VerifyUp(rx.PHY, fCnt, radio) == nil {
				return fCnt, radio, true
			}
		}
	}
	return 0, radio, false
}

// learnedMax bounds the channels remembered of a session.
const learnedMax = 96

func (r *Registry) open(s *session, rx *Reception, f lorawan.Frame, fCnt uint32, radio lorawan.Radio) (Opened, error) {
	sealed := s.dev.Sealed && f.HasPort && f.FPort > 0
	s.crypto.Resume(fCnt)
	clear, _, err := s.crypto.OpenUp(rx.PHY, radio)
	if err != nil {
		return Opened{}, err
	}
	if sealed {
		clear.Payload = f.Payload // there is no key it could be opened with
	}
	if s.version == lorawan.LoRaWAN11 && len(s.learned) < learnedMax {
		if s.learned == nil {
			s.learned = map[uint32]uint8{}
		}
		s.learned[rx.Frequency] = radio.Channel
	}
	if s != s.dev.current {
		r.confirm(s)
	}
	if !s.seen || fCnt >= s.next {
		s.next, s.seen = fCnt, true
		if fCnt < math.MaxUint32 {
			s.next++
		}
		r.changed[s.dev.DevEUI] = struct{}{}
	}
	return Opened{DevEUI: s.dev.DevEUI, Session: s.name, FCnt: fCnt, DR: radio.DR, Frame: clear, Sealed: sealed}, nil
}

// confirm makes the session of a join the device's: it speaks under its keys.
func (r *Registry) confirm(s *session) {
	d := s.dev
	r.drop(d.current)
	for _, o := range d.offered {
		if o != s {
			r.drop(o)
		}
	}
	d.current, d.offered = s, nil
	r.changed[d.DevEUI] = struct{}{}
}

// Join takes note of a join- or rejoin-request of a registered device. An error is
// ErrUnknown, ErrNonce, or wraps lorawan.ErrMIC or lorawan.ErrFrame.
func (r *Registry) Join(phy []byte) (lorawan.DevEUI, error) {
	if len(phy) > 0 && lorawan.FrameType(phy[0]>>5) == lorawan.RejoinRequestFrame {
		return r.rejoin(phy)
	}
	q, err := lorawan.ParseJoinRequest(phy)
	if err != nil {
		return lorawan.DevEUI{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.devices[q.DevEUI]
	if d == nil || d.ABP || d.JoinEUI != q.JoinEUI {
		return q.DevEUI, ErrUnknown
	}
	if err := lorawan.VerifyJoin(d.root(), phy); err != nil {
		return q.DevEUI, err
	}
	return q.DevEUI, r.await(joining{dev: d, typ: 0xff, nonce: q.DevNonce})
}

func (r *Registry) rejoin(phy []byte) (lorawan.DevEUI, error) {
	q, err := lorawan.ParseRejoinRequest(phy)
	if err != nil {
		return lorawan.DevEUI{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.devices[q.DevEUI]
	if d == nil || d.ABP || d.Version != lorawan.LoRaWAN11 {
		return q.DevEUI, ErrUnknown
	}
	key, _ := lorawan.JoinServerKeys(d.NwkKey, d.DevEUI)
	if q.Type != 1 {
		if d.current == nil {
			return q.DevEUI, ErrUnknown
		}
		key = d.current.keys.SNwkSIntKey
	}
	if err := lorawan.VerifyJoin(key, phy); err != nil {
		return q.DevEUI, err
	}
	return q.DevEUI, r.await(joining{dev: d, typ: q.Type, nonce: q.Count})
}

// root is the key a device's joins are signed with.
func (d *device) root() lorawan.Key {
	if d.Version == lorawan.LoRaWAN11 {
		return d.NwkKey
	}
	return d.AppKey
}

// await remembers a request until its answer is seen.
func (r *Registry) await(j joining) error {
	if _, used := slices.BinarySearch(j.dev.nonces, j.nonce); used && j.typ == 0xff {
		return ErrNonce
	}
	now := r.now()
	j.until = now.Add(joinLife)
	r.joining = slices.DeleteFunc(r.joining, func(o joining) bool {
		return now.After(o.until) || o.dev == j.dev && o.typ == j.typ && o.nonce == j.nonce
	})
	if len(r.joining) >= joiningMax {
		r.joining = slices.Delete(r.joining, 0, 1)
	}
	r.joining = append(r.joining, j)
	return nil
}

// Downlink looks at a frame on its way to a device: a join-accept gives a device
// that asked to join its session, which its first uplink confirms; a confirmed
// downlink's counter is part of the MIC of the 1.1 uplink that acknowledges it.
// true: it was a join-accept of a registered device.
func (r *Registry) Downlink(phy []byte) bool {
	if len(phy) == 0 || phy[0]&0x1f != 0 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch lorawan.FrameType(phy[0] >> 5) {
	case lorawan.JoinAcceptFrame:
		return r.accept(phy)
	case lorawan.ConfirmedDown:
		if f, err := lorawan.ParseFrame(phy); err == nil {
			for _, s := range r.sessions[f.DevAddr] {
				s.confFCnt = f.FCnt
			}
		}
	}
	return false
}

func (r *Registry) accept(phy []byte) bool {
	now := r.now()
	for i := len(r.joining) - 1; i >= 0; i-- {
		j := r.joining[i]
		if now.After(j.until) {
			continue
		}
		a, keys, version, err := j.open(phy)
		if err != nil {
			continue
		}
		d := j.dev
		s := session{addr: a.DevAddr, keys: keys, version: version, nonce: j.nonce, name: a.DevAddr.String(), added: cfListChannels(a.CFList)}
		if slices.ContainsFunc(append([]*session{d.current}, d.offered...), func(o *session) bool { return o != nil && o.keys == keys }) {
			return true // the same accept again, for the second receive window
		}
		if d.current != nil && d.current.addr == a.DevAddr {
			s.name = fmt.Sprintf("%s-%04x", a.DevAddr, j.nonce) // the address did not change, so the counter's fall needs another name
		}
		if len(d.offered) >= offeredMax {
			r.drop(d.offered[0])
			d.offered = slices.Delete(d.offered, 0, 1)
		}
		d.offered = append(d.offered, r.add(d, s))
		if at, used := slices.BinarySearch(d.nonces, j.nonce); !used && j.typ == 0xff {
			d.nonces = slices.Insert(d.nonces, at, j.nonce)
		}
		r.changed[d.DevEUI] = struct{}{}
		return true
	}
	return false
}

// open tries a join-accept as the answer to a request.
func (j *joining) open(phy []byte) (lorawan.JoinAccept, lorawan.SessionKeys, lorawan.Version, error) {
	d := j.dev
	if d.Version == lorawan.LoRaWAN11 {
		jsInt, jsEnc := lorawan.JoinServerKeys(d.NwkKey, d.DevEUI)
		enc := d.NwkKey
		if j.typ != 0xff {
			enc = jsEnc
		}
		a, err := lorawan.OpenJoinAccept11(enc, jsInt, j.typ, d.JoinEUI, j.nonce, phy)
		if err == nil && a.OptNeg() {
			return a, lorawan.DeriveKeys11(d.NwkKey, d.AppKey, &a, d.JoinEUI, j.nonce), lorawan.LoRaWAN11, nil
		}
	}
	a, err := lorawan.OpenJoinAccept(d.root(), phy) // a 1.1 device in a 1.0 network falls back
	if err != nil {
		return a, lorawan.SessionKeys{}, 0, err
	}
	return a, lorawan.DeriveKeys10(d.root(), &a, j.nonce), lorawan.LoRaWAN10, nil
}

// cfListChannels reads the five frequencies a join-accept may add to a dynamic
// plan (RP002-1.0.3, CFList type 0), in units of 100 Hz.
func cfListChannels(cf []byte) (hz []uint32) {
	if len(cf) != 16 || cf[15] != 0 {
		return nil
	}
	for i := range 5 {
		hz = append(hz, 100*(uint32(cf[3*i])|uint32(cf[3*i+1])<<8|uint32(cf[3*i+2])<<16))
	}
	return hz
}
