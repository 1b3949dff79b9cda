package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// DeviceSetup is a device as it left the factory and was put up.
type DeviceSetup struct {
	Name     string
	DevEUI   lorawan.DevEUI
	JoinEUI  lorawan.DevEUI
	Kind     string // see Kinds
	Form     Form
	Version  lorawan.Version
	Place    Place
	Interval time.Duration // between readings; 0: only when World.Measure says so

	AppKey lorawan.Key // OTAA, root keys: 1.0 has AppKey alone
	NwkKey lorawan.Key // 1.1
	ABP    bool        // no join: address and session keys as below
	Addr   lorawan.DevAddr
	Keys   lorawan.SessionKeys
	FCnt   uint32 // counter it begins with, ABP

	ADR            bool
	ConfirmEvery   int  // every so many readings it asks for an acknowledgement; 0: never
	LinkCheckEvery int  // every so many readings it asks how it is heard; 0: never
	StatusOnly     int  // every so many readings an empty frame follows, MAC commands only; 0: never
	NoDutyCycle    bool // a device of the lab, against the rules
	SkipFCntCheck  bool // the network server takes any counter of it (ChirpStack's skip_fcnt_check)
	ClassC         bool // it listens all the time
	Multicast      *Multicast
	Sold           bool // somebody has bought its readings: its fates say so
	Owner          string
}

// Multicast is a group of class C devices that hear the same downlinks, on the channel
// and data rate of the region's second window. It answers none: LoRaWAN has no acknowledgement for a group.
type Multicast struct {
	Name    string
	Addr    lorawan.DevAddr
	NwkSKey lorawan.Key
	AppSKey lorawan.Key
}

// Device is a class A or class C device.
type Device struct {
	DeviceSetup
	kind   *Kind
	region *Region
	rng    *rand.Rand
	state  state

	devNonce uint16
	plan     *plan
	external bool
	session  *lorawan.Session
	group    *lorawan.Session
	live     lorawan.Version // of the session
	fCnt     uint32
	nDown    uint32 // next downlink counter expected: all of 1.0, the network's of 1.1
	aDown    uint32 // the application's, 1.1
	mDown    uint32 // the multicast group's

	dr       uint8
	power    float64 // dB below the region's
	nbTrans  int
	rxDelay  time.Duration
	rx1Minus uint8 // RX1DROffset
	rx2DR    uint8
	rx2Freq  uint32

	answers   []byte // MAC commands for the next uplink
	greeting  []byte // ResetInd or RekeyInd, repeated until confirmed
	mode      []byte // DeviceModeInd of a 1.1 device of class C, repeated until confirmed
	ack       bool   // a confirmed downlink waits for its acknowledgement
	ackFCnt   uint16
	lastSNR   float64 // of the last downlink
	heardDown bool
	readings  int
	timer     int // which of its timers counts
	busy      int // frames not yet done with
	restarted bool
	recent    []*Reading

	waiting *confirmed
	windows []window
	silent  time.Time            // when it has finished sending
	free    map[uint32]time.Time // by band: when it may send again
	keys    lorawan.SessionKeys
}

// confirmed is an uplink that waits for its acknowledgement.
type confirmed struct {
	frame   lorawan.Frame
	fCnt    uint32
	left    int
	reading *Reading
}

// window is a time at which the device listens.
type window struct {
	from, to time.Time
	freq     uint32
	dr       uint8
}

const (
	nbTransMax    = 15
	confirmTries  = 4
	windowSlack   = 30 * time.Millisecond // how far from the second a downlink may begin
	downFCntAhead = 16_384
)

// nonceEvery is the least time between two join-requests of a device: a DevNonce made
// from the clock in these steps has not been used before, for six days.
const nonceEvery = 8 * time.Second

func newDevice(s DeviceSetup, world *Setup) (*Device, error) {
	r, seed := world.Region, world.Seed
	s.FCnt = max(s.FCnt, world.Former.fCnt[s.DevEUI])
	kind, ok := Kinds[s.Kind]
	switch {
	case !ok:
		return nil, fmt.Errorf("device %s: there is no kind %q: want one of %v", s.DevEUI, s.Kind, KindNames())
	case !slices.Contains(Forms, s.Form):
		return nil, fmt.Errorf("device %s: there is no form %q: want one of %v", s.DevEUI, s.Form, Forms)
	}
	d := &Device{DeviceSetup: s, kind: kind, region: r, external: world.External, rng: world.Former.source(seed, "device/"+s.DevEUI.String()), free: map[uint32]time.Time{}}
	d.state = state{rng: source(seed, "physics/"+s.DevEUI.String()), home: s.Place}
	d.state.base = d.state.rng.Float64()
	d.devNonce = uint16(d.rng.Uint32N(1 << 10)) // it was joined before
	if world.External {                         // a real server remembers the nonces of earlier runs
		d.devNonce = uint16(world.Start.Unix() / int64(nonceEvery/time.Second))
	}
	d.devNonce = world.Former.devNonce(s.DevEUI, d.devNonce)
	d.fresh()
	if m := s.Multicast; m != nil {
		d.group = lorawan.NewSession(lorawan.LoRaWAN10, m.Addr, lorawan.Keys10(m.NwkSKey, m.AppSKey))
	}
	if s.ABP {
		d.activate(s.Addr, s.Keys, s.Version)
		d.fCnt = s.FCnt
		if s.Version == lorawan.LoRaWAN11 {
			d.greeting = []byte{0x01, 1} // ResetInd, minor 1
		}
	}
	return d, nil
}

// fresh sets the radio to the region's defaults.
func (d *Device) fresh() {
	d.dr, d.power, d.nbTrans, d.rxDelay, d.rx1Minus = d.region.highestDR(), 0, 1, rxDelay1, 0
	d.rx2DR, d.rx2Freq = d.region.RX2, d.region.RX2Freq
	d.plan = newPlan(d.region, d.ABP && !d.external)
	if d.ADR {
		d.dr, _ = d.plan.lowestDR(0)
	}
}

func (d *Device) activate(a lorawan.DevAddr, k lorawan.SessionKeys, v lorawan.Version) {
	d.session, d.keys = lorawan.NewSession(v, a, k), k
	d.live = v
	d.fCnt, d.nDown, d.aDown = 0, 0, 0
	d.answers, d.greeting, d.mode, d.ack, d.waiting = nil, nil, nil, false, nil
	if d.ClassC && v == lorawan.LoRaWAN11 {
		d.mode = []byte{0x20, 0x02} // DeviceModeInd: class C
	}
}

// Joined says whether the device has a session.
func (d *Device) Joined() bool { return d.session != nil }

// DevAddr is the address of the device's session.
func (d *Device) DevAddr() lorawan.DevAddr {
	if d.session == nil {
		return lorawan.DevAddr{}
	}
	return d.session.DevAddr()
}

// NextFCnt is the counter the device's next uplink will have.
func (d *Device) NextFCnt() uint32 { return d.fCnt }

func (d *Device) joinKey() lorawan.Key {
	if d.Version == lorawan.LoRaWAN11 {
		return d.NwkKey
	}
	return d.AppKey
}

// joinRequest makes the next join-request.
func (d *Device) joinRequest() []byte {
	d.devNonce++
	return lorawan.JoinRequest{JoinEUI: d.JoinEUI, DevEUI: d.DevEUI, DevNonce: d.devNonce}.Seal(d.joinKey())
}

// joinAccept takes the answer to the last join-request.
func (d *Device) joinAccept(phy []byte) error {
	if d.Version == lorawan.LoRaWAN11 {
		jsInt, _ := lorawan.JoinServerKeys(d.NwkKey, d.DevEUI)
		if a, err := lorawan.OpenJoinAccept11(d.NwkKey, jsInt, 0xff, d.JoinEUI, d.devNonce, phy); err == nil && a.OptNeg() {
			d.fresh()
			d.activate(a.DevAddr, lorawan.DeriveKeys11(d.NwkKey, d.AppKey, &a, d.JoinEUI, d.devNonce), lorawan.LoRaWAN11)
			d.settings(&a)
			d.greeting = []byte{0x0b, 1} // RekeyInd, minor 1
			return nil
		}
	}
	a, err := lorawan.OpenJoinAccept(d.joinKey(), phy)
	if err != nil {
		return fmt.Errorf("device %s: %w", d.DevEUI, err)
	}
	d.fresh()
	d.activate(a.DevAddr, lorawan.DeriveKeys10(d.joinKey(), &a, d.devNonce), lorawan.LoRaWAN10)
	d.settings(&a)
	return nil
}

func (d *Device) settings(a *lorawan.JoinAccept) {
	d.rxDelay = time.Duration(max(1, a.RxDelay&0x0f)) * time.Second
	d.rx1Minus, d.rx2DR = a.DLSettings>>4&7, a.DLSettings&0x0f
	d.plan.learn(a.CFList)
}

// fOpts are the MAC commands of the next uplink. What the device would like to ask
// comes last, if there is room.
func (d *Device) fOpts(ask []byte) []byte {
	var b []byte
	for _, part := range [][]byte{d.greeting, d.mode, d.answers, ask} {
		if len(b)+len(part) <= 15 {
			b = append(b, part...)
		}
	}
	d.answers = nil
	return b
}

// measured makes the frame of a reading, without sealing it.
func (d *Device) measured(w *weather, at time.Time) (lorawan.Frame, Values) {
	v := d.kind.sample(w, &d.state, at)
	d.readings++
	var ask []byte
	if d.LinkCheckEvery > 0 && d.readings%d.LinkCheckEvery == 0 {
		ask = []byte{0x02} // LinkCheckReq
	}
	f := lorawan.Frame{
		Type: lorawan.UnconfirmedUp, ADR: d.ADR, ACK: d.ack, FOpts: d.fOpts(ask),
		HasPort: true, FPort: d.Form.port(), Payload: d.kind.encode(d.Form, v),
	}
	if d.ConfirmEvery > 0 && d.readings%d.ConfirmEvery == 0 {
		f.Type = lorawan.ConfirmedUp
	}
	return f, v
}

// statusOnly makes a frame without application data.
func (d *Device) statusOnly() lorawan.Frame {
	return lorawan.Frame{Type: lorawan.UnconfirmedUp, ADR: d.ADR, ACK: d.ack, FOpts: d.fOpts([]byte{0x02})}
}

// acknowledgement makes the frame that answers a confirmed downlink when there is nothing
// else to say: class C has no uplink on its way.
func (d *Device) acknowledgement() lorawan.Frame {
	return lorawan.Frame{Type: lorawan.UnconfirmedUp, ADR: d.ADR, ACK: true, FOpts: d.fOpts(nil)}
}

// tune chooses data rate and channel for a frame: the data rate ADR has set, or the
// slowest faster one that takes it.
func (d *Device) tune(f *lorawan.Frame, now time.Time) (channel int, dr uint8, err error) {
	lowest, ok := d.plan.lowestDR(len(f.Payload) + len(f.FOpts))
	if !ok {
		return 0, 0, fmt.Errorf("device %s: no data rate of %s takes %d bytes", d.DevEUI, d.region.Name, len(f.Payload))
	}
	dr = max(d.dr, lowest)
	channel = d.channel(dr)
	for range 4 { // one whose band is free, if there is one
		if d.mayNot(channel, now).Equal(now) {
			break
		}
		other := d.channel(dr)
		if d.mayNot(other, now).Before(d.mayNot(channel, now)) {
			channel = other
		}
	}
	return channel, dr, nil
}

// channel draws one that carries a data rate.
func (d *Device) channel(dr uint8) int {
	fit := d.plan.fit(dr)
	return fit[d.rng.IntN(len(fit))]
}

// frequency is where a channel lies, in Hz.
func (d *Device) frequency(channel int) uint32 { return d.plan.channels[channel].Frequency }

// seal encrypts and signs a frame under a counter, for a channel and a data rate.
func (d *Device) seal(f lorawan.Frame, fCnt uint32, channel int, dr uint8) ([]byte, error) {
	return d.session.SealUp(f, fCnt, lorawan.Radio{DR: dr, Channel: uint8(channel), ConfFCnt: d.ackFCnt})
}

// mayNot is when the device may begin to send on a channel: now, or when its band
// has rested.
func (d *Device) mayNot(channel int, at time.Time) time.Time {
	name, _ := d.region.duty(d.frequency(channel))
	if free := d.free[name]; free.After(at) && !d.NoDutyCycle {
		return free
	}
	return at
}

func (d *Device) sent(channel int, t *Transmission) {
	name, share := d.region.duty(d.frequency(channel))
	air := t.End.Sub(t.Start)
	d.free[name] = t.Start.Add(time.Duration(float64(air) / share))
}

// listen opens the windows behind an uplink.
func (d *Device) listen(end time.Time, channel int, dr uint8, join bool) {
	d.silent = end
	one, two := d.rxDelay, d.rxDelay+time.Second
	rx2, minus := d.rx2DR, d.rx1Minus
	if join {
		one, two, rx2, minus = joinDelay1, joinDelay2, d.region.RX2, 0
	}
	freq, down := d.region.RX1(d.frequency(channel), dr)
	if own := d.plan.channels[channel].down; own != 0 {
		freq = own
	}
	if down >= minus {
		down -= minus
	}
	d.windows = []window{
		{end.Add(one - windowSlack), end.Add(one + windowSlack), freq, down},
		{end.Add(two - windowSlack), end.Add(two + windowSlack), d.rx2Freq, rx2},
	}
}

// hears says whether the device listens to a downlink that begins now.
// One of class C listens on the second window's channel whenever it does not send, and
// on its group's.
func (d *Device) hears(at time.Time, freq uint32, dr uint8) bool {
	if d.ClassC && d.session != nil && !at.Before(d.silent) {
		if freq == d.rx2Freq && dr == d.rx2DR || d.Multicast != nil && freq == d.region.RX2Freq && dr == d.region.RX2 {
			return true
		}
	}
	return slices.ContainsFunc(d.windows, func(w window) bool {
		return w.freq == freq && w.dr == dr && !at.Before(w.from) && !at.After(w.to)
	})
}

var errNotMine = errors.New("not for this device")

// Received is a downlink a device took.
type Received struct {
	Device    *Device
	FCnt      uint32
	FPort     uint8
	Payload   []byte
	Confirmed bool
	Multicast bool
}

// receive takes a downlink: a join-accept, which gives nil, or a data frame.
func (d *Device) receive(phy []byte, snr float64) (*Received, error) {
	if len(phy) == 0 {
		return nil, errNotMine
	}
	if lorawan.FrameType(phy[0]>>5) == lorawan.JoinAcceptFrame {
		if d.session != nil {
			return nil, errNotMine
		}
		if err := d.joinAccept(phy); err != nil {
			return nil, err
		}
		d.windows = nil
		return nil, nil
	}
	if d.session == nil {
		return nil, errNotMine
	}
	f, err := lorawan.ParseFrame(phy)
	if err != nil {
		return nil, err
	}
	if d.group != nil && f.DevAddr == d.group.DevAddr() {
		return d.multicast(phy, &f)
	}
	if f.DevAddr != d.session.DevAddr() {
		return nil, errNotMine
	}
	counter := &d.nDown
	if d.live == lorawan.LoRaWAN11 && f.HasPort && f.FPort > 0 {
		counter = &d.aDown
	}
	fCnt := lorawan.FullFCnt(*counter, f.FCnt)
	if fCnt < *counter || fCnt-*counter > downFCntAhead {
		return nil, lorawan.ErrReplay
	}
	var conf uint16
	if d.waiting != nil {
		conf = uint16(d.waiting.fCnt)
	}
	opened, err := d.session.OpenDown(phy, fCnt, conf)
	if err != nil {
		return nil, err
	}
	*counter = fCnt + 1
	d.windows = nil
	d.lastSNR, d.heardDown = snr, true
	if opened.ACK && d.waiting != nil {
		d.waiting = nil
	}
	d.ack = opened.Type == lorawan.ConfirmedDown
	d.ackFCnt = uint16(fCnt)
	commands := opened.FOpts
	if opened.HasPort && opened.FPort == 0 {
		commands = opened.Payload
	}
	d.obey(commands)
	return &Received{Device: d, FCnt: fCnt, FPort: opened.FPort, Payload: opened.Payload, Confirmed: d.ack}, nil
}

// multicast takes a downlink for the group: never confirmed, without MAC commands
// (LoRaWAN L2 1.0.4, section 17.3.1).
func (d *Device) multicast(phy []byte, f *lorawan.Frame) (*Received, error) {
	fCnt := lorawan.FullFCnt(d.mDown, f.FCnt)
	if fCnt < d.mDown || fCnt-d.mDown > downFCntAhead {
		return nil, lorawan.ErrReplay
	}
	opened, err := d.group.OpenDown(phy, fCnt, 0)
	if err != nil {
		return nil, err
	}
	if opened.Type == lorawan.ConfirmedDown || len(opened.FOpts) > 0 || !opened.HasPort || opened.FPort == 0 {
		return nil, errNotMine
	}
	d.mDown = fCnt + 1
	return &Received{Device: d, FCnt: fCnt, FPort: opened.FPort, Payload: opened.Payload, Multicast: true}, nil
}

// Lengths of the MAC commands a network sends (LoRaWAN L2 1.0.4, section 5; 1.1,
// section 5), by identifier.
var downCommands = map[byte]int{
	0x01: 1, 0x02: 2, 0x03: 4, 0x04: 1, 0x05: 4, 0x06: 0, 0x07: 5, 0x08: 1, 0x09: 1, 0x0a: 4, 0x0b: 1, 0x0c: 1, 0x0d: 5, 0x0e: 2, 0x0f: 1, 0x20: 1,
}

// batteryLevel is 1 (empty) to 254 (full), as DevStatusAns has it.
func (d *Device) batteryLevel() byte { return byte(120 + 130*(1-d.state.base)) }
