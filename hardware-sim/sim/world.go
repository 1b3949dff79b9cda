package sim

import (
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Setup describes a world.
type Setup struct {
	Seed     uint64
	Start    time.Time
	Region   *Region
	Devices  []DeviceSetup
	Gateways []GatewaySetup
	Radio    Propagation
	Server   ServerSetup
	External bool // the network server is a real one, behind the gateways: ours does not run
	Faults   Faults
	// FaultsAfter is when faults begin, from the start: joins may be left in peace.
	FaultsAfter time.Duration
	Former      Former // what earlier runs have used up
}

// World is one simulation in virtual time. It is used by one goroutine; its hooks
// are called from Step.
type World struct {
	// Event is told what the network server publishes.
	Event func(*Event)
	// Heard is told what reaches the network server from a gateway.
	Heard func(*Reception)
	// Sent is told what the network server has a gateway send.
	Sent func(*Downlink)
	// Activated is told of a device that has got a session, whichever server gave it.
	Activated func(*Device)
	// Read is told of every reading, before it is sent.
	Read func(*Reading)
	// Received is told of a downlink with data that a device took.
	Received func(*Received)
	// Lost is told of a reading that will reach nobody behind a point: the air, a
	// gateway's backhaul or the network server.
	Lost func(r *Reading, where, why string)
	// Captured is told of every frame, with the keys it was sealed with.
	Captured func(*Capture)

	onAir func(*Transmission) // for tests: what devices send

	setup    Setup
	region   *Region
	now      time.Time
	queue    queue
	order    uint64
	readings uint64
	weather  weather
	devices  []*Device
	gateways []*Gateway
	links    map[[2]int]link
	radioRNG *rand.Rand
	faultRNG *rand.Rand
	server   *Server
	held     map[*Device]*Event // reordered: published behind the next
	lateHeld []lateEvent
	index    map[*Device]int
	byEUI    map[lorawan.DevEUI]*Device
}

// Capture is a frame and what is needed to check it.
type Capture struct {
	PHY      []byte
	Down     bool
	Device   *Device
	Version  lorawan.Version
	Keys     lorawan.SessionKeys
	FCnt     uint32
	ConfFCnt uint16
	DR, Chan uint8
	Join     bool   // join-request or join-accept
	DevNonce uint16 // join-accept: of the request it answers
	Payload  []byte // FRMPayload and FOpts before they were encrypted
	FOpts    []byte
}

// New builds a world. Nothing happens before Step.
func New(s Setup) (*World, error) {
	if s.Region == nil {
		return nil, errors.New("the world has no region")
	}
	if err := s.Faults.Check(); err != nil {
		return nil, err
	}
	w := &World{
		setup: s, region: s.Region, now: s.Start, weather: weather{s.Seed}, links: map[[2]int]link{},
		radioRNG: s.Former.source(s.Seed, "radio"), faultRNG: s.Former.source(s.Seed, "faults"), held: map[*Device]*Event{},
		index: map[*Device]int{}, byEUI: map[lorawan.DevEUI]*Device{},
	}
	w.setup.Radio = s.Radio.orOulu()
	for _, gs := range s.Gateways {
		g := &Gateway{GatewaySetup: gs, rng: source(s.Seed, "gateway/"+gs.ID.String())}
		g.boot = s.Start.Add(-time.Duration(g.rng.Int64N(int64(2 * time.Hour))))
		w.gateways = append(w.gateways, g)
	}
	for i, ds := range s.Devices {
		d, err := newDevice(ds, &s)
		if err != nil {
			return nil, err
		}
		if w.byEUI[d.DevEUI] != nil {
			return nil, fmt.Errorf("device %s appears twice", d.DevEUI)
		}
		w.devices = append(w.devices, d)
		w.index[d], w.byEUI[d.DevEUI] = i, d
		for j, g := range w.gateways {
			w.links[[2]int{i, j}] = w.setup.Radio.link(source(s.Seed, "link/"+d.DevEUI.String()+"/"+g.ID.String()), d.Place, g.Place)
		}
	}
	w.server = newServer(w, s.Server)
	for _, d := range w.devices {
		w.begin(d)
	}
	return w, nil
}

// begin schedules a device's first act: somewhere in its first interval, so that a
// fleet does not speak at once.
func (w *World) begin(d *Device) {
	spread := d.Interval
	if spread == 0 {
		spread = 2 * time.Second
	}
	first := w.now.Add(time.Duration(d.rng.Int64N(int64(spread))))
	if d.Joined() {
		if d.Interval > 0 {
			w.at(first, func() { w.wake(d, d.timer) })
		}
		return
	}
	w.at(first, func() { w.join(d, 0) })
}

// Now is the virtual time.
func (w *World) Now() time.Time { return w.now }

// Devices are the world's devices, as set up.
func (w *World) Devices() []*Device { return w.devices }

// Gateways are the world's gateways, as set up.
func (w *World) Gateways() []*Gateway { return w.gateways }

// Region is where the world is.
func (w *World) Region() *Region { return w.region }

// Next is when something will happen next; false: nothing ever will.
func (w *World) Next() (time.Time, bool) {
	if len(w.queue) == 0 {
		return time.Time{}, false
	}
	return w.queue[0].at, true
}

// Step lets the next thing happen.
func (w *World) Step() {
	e := heap.Pop(&w.queue).(happening)
	w.now = e.at
	e.do()
}

// RunUntil lets everything happen up to a time, which it then is.
func (w *World) RunUntil(t time.Time) {
	for next, ok := w.Next(); ok && !next.After(t); next, ok = w.Next() {
		w.Step()
	}
	if t.After(w.now) {
		w.now = t
	}
}

// RunWhile lets things happen as long as a condition holds, at most until a time.
// It gives whether the condition has ceased to hold.
func (w *World) RunWhile(holds func() bool, until time.Time) bool {
	for holds() {
		next, ok := w.Next()
		if !ok || next.After(until) {
			return false
		}
		w.Step()
	}
	return true
}

// AllJoined says whether every device has a session.
func (w *World) AllJoined() bool {
	for _, d := range w.devices {
		if !d.Joined() {
			return false
		}
	}
	return true
}

// Measure has a device take a reading now and send it as soon as it may.
func (w *World) Measure(d *Device) { w.at(w.now, func() { w.reading(d) }) }

// Stop lets devices take no further readings; what is under way arrives, and what
// was held back is let go.
func (w *World) Stop() {
	for _, d := range w.devices {
		d.Interval = -1
		if e := w.held[d]; e != nil {
			delete(w.held, d)
			w.emit(e)
		}
	}
	for _, l := range w.lateHeld {
		w.emit(l.e)
	}
	w.lateHeld = nil
}

// Quiet is how long after Stop something may still arrive: answers, replays, and
// what gateways hold back until their outages are over.
func (w *World) Quiet() time.Duration {
	quiet := 20 * time.Second
	for _, g := range w.gateways {
		for _, o := range g.Outages {
			if end := w.setup.Start.Add(o.After + o.For); g.Store && end.After(w.now) && w.setup.Start.Add(o.After).Before(w.now) {
				quiet = max(quiet, end.Sub(w.now)+20*time.Second)
			}
		}
	}
	return quiet
}

// at schedules. What is late happens now.
func (w *World) at(t time.Time, do func()) {
	w.order++
	heap.Push(&w.queue, happening{maxTime(t, w.now), w.order, do})
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

type happening struct {
	at    time.Time
	order uint64
	do    func()
}

type queue []happening

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].order < q[j].order
	}
	return q[i].at.Before(q[j].at)
}
func (q *queue) Push(x any) { *q = append(*q, x.(happening)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	old[len(old)-1] = happening{}
	*q = old[:len(old)-1]
	return x
}

// join sends a join-request, and another if no accept comes.
func (w *World) join(d *Device, try int) {
	if d.Joined() {
		return
	}
	drs := w.region.JoinDRs
	dr := drs[try%len(drs)]
	if w.region.Name == "eu868" { // two tries on each, fast first
		dr = drs[min(try/2, len(drs)-1)]
	}
	d.plan = newPlan(d.region, false)
	channel := d.channel(dr)
	if at := d.mayNot(channel, w.now); at.After(w.now) {
		w.at(at, func() { w.join(d, try) })
		return
	}
	fault := Fault("")
	if d.restarted {
		fault = FaultRejoin
	}
	phy := d.joinRequest()
	w.capture(&Capture{PHY: phy, Device: d, Version: d.Version, Join: true, DevNonce: d.devNonce})
	t := w.send(d, phy, channel, dr, nil, fault)
	d.listen(t.End, channel, dr, true)
	retry := joinDelay2 + time.Duration(2000+d.rng.IntN(8000))*time.Millisecond
	w.at(t.End.Add(retry), func() { w.join(d, try+1) })
}

// joined is called when a device got its join-accept.
func (w *World) joined(d *Device) {
	d.busy, d.restarted = 0, false
	if w.Activated != nil {
		w.Activated(d)
	}
	if d.Interval > 0 {
		d.timer++
		timer := d.timer
		w.at(w.now.Add(time.Duration(d.rng.Int64N(int64(d.Interval)))), func() { w.wake(d, timer) })
	}
}

// wake is a device's timer. A device that joins again starts it again.
func (w *World) wake(d *Device, timer int) {
	if d.Interval < 0 || !d.Joined() || timer != d.timer {
		return
	}
	w.at(w.now.Add(d.Interval), func() { w.wake(d, timer) })
	w.reading(d)
}

// reading takes a reading and sends it.
func (w *World) reading(d *Device) {
	if !d.Joined() || d.busy > 0 { // still at the last one, as the duty cycle or a missing acknowledgement has it
		return
	}
	fault := Fault("")
	if !w.now.Before(w.setup.Start.Add(w.setup.FaultsAfter)) {
		fault = w.draw(d)
	}
	switch fault {
	case FaultRejoin:
		d.session, d.restarted = nil, true
		w.join(d, 0)
		return
	case FaultFCntReset:
		d.fCnt, d.nDown, d.aDown = 0, 0, 0
		if s := w.server.sessionOf(d); s != nil && d.SkipFCntCheck {
			s.nDown, s.aDown = 0, 0
		}
	}
	f, values := d.measured(&w.weather, w.now)
	w.readings++
	r := &Reading{
		ID: w.readings, Device: d, DevEUI: d.DevEUI, Session: d.DevAddr().String(), FCnt: d.fCnt, FPort: f.FPort, Kind: d.Kind, Form: d.Form,
		Measured: w.now, Values: values, Data: f.Payload, Fault: fault, Sold: d.Sold,
	}
	r.Object, _ = d.kind.object(d.Form, f.Payload)
	if w.Read != nil {
		w.Read(r)
	}
	w.uplink(d, f, r, fault)
	if fault == FaultLate {
		d.fCnt += lateJump
	}
	if d.StatusOnly > 0 && d.readings%d.StatusOnly == 0 {
		w.at(w.now.Add(d.rxDelay+2*time.Second), func() {
			if d.Joined() {
				w.uplink(d, d.statusOnly(), nil, "")
			}
		})
	}
}

// uplink sends a frame under the device's next counter.
func (w *World) uplink(d *Device, f lorawan.Frame, r *Reading, fault Fault) {
	fCnt := d.fCnt
	d.fCnt++
	d.busy++
	if f.Type == lorawan.ConfirmedUp {
		d.waiting = &confirmed{frame: f, fCnt: fCnt, left: confirmTries - 1, reading: r}
	}
	w.try(d, f, fCnt, r, fault, d.nbTrans)
	d.ack = false
}

// try puts a frame on air as soon as the duty cycle lets it, and again as often as
// the network asked for (NbTrans) or until it is acknowledged. The device is busy
// until that is over.
func (w *World) try(d *Device, f lorawan.Frame, fCnt uint32, r *Reading, fault Fault, times int) {
	session := d.session
	over := func() {
		if d.session == session {
			d.busy--
		}
	}
	channel, dr, err := d.tune(&f, w.now)
	if err != nil {
		w.lose(r, "device", err.Error())
		over()
		return
	}
	if at := d.mayNot(channel, w.now); at.After(w.now) {
		w.at(at, func() {
			if d.session == session {
				w.try(d, f, fCnt, r, fault, times)
			} else {
				w.lose(r, "device", "it restarted before it could send")
			}
		})
		return
	}
	phy, err := d.seal(f, fCnt, channel, dr)
	if err != nil {
		w.lose(r, "device", err.Error())
		over()
		return
	}
	w.capture(&Capture{PHY: phy, Device: d, Version: d.live, Keys: d.keys, FCnt: fCnt, ConfFCnt: d.ackFCnt, DR: dr, Chan: uint8(channel), Payload: f.Payload, FOpts: f.FOpts})
	t := w.send(d, phy, channel, dr, r, fault)
	d.listen(t.End, channel, dr, false)
	behind := t.End.Add(d.rxDelay + time.Second + time.Duration(1000+d.rng.IntN(2000))*time.Millisecond)
	switch {
	case f.Type == lorawan.ConfirmedUp:
		w.at(behind, func() {
			c := d.waiting
			if c == nil || c.fCnt != fCnt || d.session != session {
				over()
				return
			}
			if c.left--; c.left < 0 {
				d.waiting = nil
				over()
				return
			}
			w.try(d, f, fCnt, r, "", 1)
		})
	case times > 1:
		w.at(behind, func() {
			if d.session == session {
				w.try(d, f, fCnt, r, "", times-1)
			}
		})
	default:
		over()
	}
}

// send puts bytes on air and lets the gateways hear them.
func (w *World) send(d *Device, phy []byte, channel int, dr uint8, r *Reading, fault Fault) *Transmission {
	rate := w.region.DataRates[dr]
	t := &Transmission{
		PHY: phy, Start: w.now, End: w.now.Add(rate.Airtime(len(phy), true)), Channel: channel, Frequency: d.frequency(channel), DR: dr,
		Power: w.region.Power - d.power, device: d, reading: r, fault: fault,
	}
	d.sent(channel, t)
	if w.onAir != nil {
		w.onAir(t)
	}
	switch fault {
	case FaultBadMIC:
		t.PHY = damaged(phy)
	case FaultRFU:
		t.PHY = append([]byte{phy[0] | 0x04}, phy[1:]...)
	case FaultReplay:
		w.at(t.End.Add(time.Duration(3000+w.faultRNG.IntN(3000))*time.Millisecond), func() {
			w.intrude(t, phy, FaultReplay, r)
		})
	case FaultSpoofed:
		w.at(t.End.Add(time.Duration(3000+w.faultRNG.IntN(3000))*time.Millisecond), func() { w.spoof(t) })
	case FaultFlood:
		w.at(t.End.Add(2*time.Second), func() { w.flood(t) })
	}
	w.at(t.End, func() { w.ended(t) })
	return t
}

// ended is the end of a transmission: who heard it?
func (w *World) ended(t *Transmission) {
	if t.fault == FaultLoss {
		w.lose(t.reading, "air", string(FaultLoss))
		return
	}
	heard, dropped := 0, 0
	rate := w.region.DataRates[t.DR]
	for j, g := range w.gateways {
		rssi, snr, ok := w.setup.Radio.hear(w.radioRNG, w.links[[2]int{w.index[t.device], j}], t.Power, rate)
		if !ok {
			continue
		}
		g.uplinkID++
		r := &Reception{
			Gateway: g, PHY: t.PHY, At: w.now, Tmst: g.tmst(w.now), UplinkID: g.uplinkID, RSSI: rssi, SNR: snr,
			Channel: w.region.demodulator(t.Channel), Frequency: t.Frequency, DR: t.DR, DataRate: rate, Fault: t.fault, reading: t.reading, carried: t.carried,
		}
		if !g.NoClock {
			r.Time = w.now.Add(g.Skew)
		}
		g.Received++
		at, ok := g.forward(w.setup.Start, r)
		if !ok {
			dropped++
			continue
		}
		heard++
		w.at(at, func() { w.forwarded(r) })
		if t.fault == FaultDuplicate && heard == 1 {
			again := *r
			w.at(at.Add(w.server.window()+2*time.Second), func() { w.forwarded(&again) })
		}
	}
	switch {
	case heard > 0:
	case dropped > 0:
		w.lose(t.reading, "backhaul", "every gateway that heard it had an outage")
	default:
		w.lose(t.reading, "air", "too weak for every gateway")
	}
}

// forwarded is the arrival of a reception at the network.
func (w *World) forwarded(r *Reception) {
	r.Forwarded = w.now
	r.Gateway.Forwarded++
	if w.Heard != nil {
		w.Heard(r)
	}
	if !w.setup.External {
		w.server.receive(r)
	}
}

// ackWithin is how long a device of class C waits for something else to say before it
// acknowledges a confirmed downlink with an empty frame. ChirpStack's class C time limit is of seconds.
const ackWithin = time.Second

func (w *World) lose(r *Reading, where, why string) {
	if r != nil && !r.seen && w.Lost != nil {
		w.Lost(r, where, why)
	}
}

func (w *World) capture(c *Capture) {
	if w.Captured != nil {
		w.Captured(c)
	}
}
