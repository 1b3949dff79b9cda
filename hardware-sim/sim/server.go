package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/brocaar/lorawan"
	ours "github.com/databrokerdao/dbdao-bridge/lorawan"
)

// ServerSetup is how the network server is set up.
type ServerSetup struct {
	DedupWindow   time.Duration // 0: 200 ms, as ChirpStack and The Things Stack
	Tenant        string
	TenantID      string // UUID
	Application   string
	ApplicationID string // UUID (v4), number (v3), text (TTS)
	NetID         ours.NetID
	StatusEvery   int // every so many uplinks it asks a device for its status; 0: never
	DownlinkEvery int // every so many uplinks it sends a confirmed downlink; 0: never
}

// Server is a network server: it answers joins, checks MIC and counter, merges what
// several gateways heard, decrypts, decodes, and publishes events. It is written
// from LoRaWAN L2 1.0.4 and 1.1 on top of brocaar/lorawan and follows ChirpStack v4
// where the specification leaves a choice.
type Server struct {
	setup    ServerSetup
	w        *World
	rng      *rand.Rand
	sessions map[lorawan.DevAddr][]*serverSession
	joined   map[*Device]*joinState
	open     map[string][]*Reception // what arrived within the window, by frame
	nextAddr uint32
}

// joinState is what the join server part remembers of a device.
type joinState struct {
	nonces    map[uint16]bool
	joinNonce uint32
	session   *serverSession
}

// serverSession is a device's session as the network knows it.
type serverSession struct {
	device         *Device // names and root keys, as provisioned
	addr           lorawan.DevAddr
	version        lorawan.MACVersion
	app, f, s, enc lorawan.AES128Key
	id             [16]byte // session key id
	next           uint32   // uplink counter expected next
	seen           bool
	nDown, aDown   uint32
	conf           uint32  // counter of the last confirmed downlink
	confWaits      string  // its queue item, until acknowledged
	joinTold       bool    // the join event is published at the first uplink
	label          Fault   // of its join
	snr            float64 // of the last uplink, at its best
	snrs           []float64
	dr             uint8
	power          byte
	uplinks        int
	asked          bool // a LinkADRReq waits for its answer
}

func newServer(w *World, s ServerSetup) *Server {
	if s.DedupWindow == 0 {
		s.DedupWindow = 200 * time.Millisecond
	}
	if s.TenantID == "" {
		s.Tenant, s.TenantID = "Example Telecom", "52f14cd4-c6f1-4fbd-8f87-4025e1d49242"
	}
	if s.ApplicationID == "" {
		s.Application, s.ApplicationID = "rooms", "17c82e96-be03-4f38-aef3-f83d48582d97"
	}
	if s.NetID == (ours.NetID{}) {
		s.NetID = ours.NetID{0, 0, 0x13}
	}
	v := &Server{
		setup: s, w: w, rng: w.setup.Former.source(w.setup.Seed, "server"), sessions: map[lorawan.DevAddr][]*serverSession{},
		joined: map[*Device]*joinState{}, open: map[string][]*Reception{}, nextAddr: 0x26000000,
	}
	for _, d := range w.devices {
		j := &joinState{nonces: map[uint16]bool{}}
		v.joined[d] = j
		if d.ABP {
			n := &serverSession{device: d, addr: lorawan.DevAddr(d.Addr), version: lorawan.LoRaWAN1_0, next: d.FCnt, joinTold: true,
				app: lorawan.AES128Key(d.Keys.AppSKey), f: lorawan.AES128Key(d.Keys.FNwkSIntKey), s: lorawan.AES128Key(d.Keys.SNwkSIntKey), enc: lorawan.AES128Key(d.Keys.NwkSEncKey)}
			if d.DeviceSetup.Version == ours.LoRaWAN11 {
				n.version = lorawan.LoRaWAN1_1
			}
			v.begin(n)
			j.session = n
		}
	}
	w.setup.Former.server(v)
	return v
}

func (v *Server) window() time.Duration { return v.setup.DedupWindow }

func (v *Server) sessionOf(d *Device) *serverSession { return v.joined[d].session }

func (v *Server) begin(n *serverSession) {
	for i := range n.id {
		n.id[i] = byte(v.rng.Uint32())
	}
	if n.device.ADR {
		n.dr, _ = v.w.region.lowestDR(0)
	} else {
		n.dr = v.w.region.highestDR()
	}
	v.sessions[n.addr] = append(v.sessions[n.addr], n)
}

// receive gathers the copies of a frame; the first one starts the window.
func (v *Server) receive(r *Reception) {
	key := fmt.Sprintf("%d/%d/%x", r.Frequency, r.DR, r.PHY)
	v.open[key] = append(v.open[key], r)
	if len(v.open[key]) == 1 {
		v.w.at(v.w.now.Add(v.window()), func() {
			all := v.open[key]
			delete(v.open, key)
			v.frame(all)
		})
	}
}

// frame takes a frame heard by all of these.
func (v *Server) frame(heard []*Reception) {
	phy := heard[0].PHY
	r := heard[0].reading
	if len(phy) < 12 || phy[0]&0x1f != 0 { // Major 0, RFU 0: brocaar would drop these bits
		v.w.lose(r, "server", "reserved bits, or not LoRaWAN R1")
		return
	}
	var p lorawan.PHYPayload
	if err := p.UnmarshalBinary(slices.Clone(phy)); err != nil {
		v.w.lose(r, "server", "not a frame")
		return
	}
	switch p.MHDR.MType {
	case lorawan.JoinRequest:
		v.join(&p, heard)
	case lorawan.UnconfirmedDataUp, lorawan.ConfirmedDataUp:
		v.data(&p, heard)
	}
}

// answer sends a downlink in RX1, through the gateway that heard best. Stored
// uplinks are too old to be answered.
func (v *Server) answer(phy []byte, heard []*Reception, after time.Duration, join *serverSession) {
	best := heard[0]
	for _, r := range heard {
		if r.SNR > best.SNR {
			best = r
		}
	}
	freq, dr := v.w.region.RX1(best.Frequency, best.DR)
	dl := Downlink{
		Gateway: best.Gateway, PHY: phy, At: best.At.Add(after), Frequency: freq, DR: dr, ID: 1 + v.rng.Uint32N(math.MaxUint32),
		Delay: after, Tmst: best.Tmst + uint32(after.Microseconds()), Label: heard[0].Fault,
	}
	if join != nil {
		dl.Join, dl.Address = join.device, ours.DevAddr(join.addr)
	}
	if v.w.Transmit(dl) == nil && v.w.Sent != nil {
		v.w.Sent(&dl)
	}
}

// full completes a counter, by ChirpStack's rule: one behind the expected is a
// repetition, anything else is ahead.
func full(next uint32, got uint16) uint32 {
	if got == uint16(next)-1 && next > 0 {
		return next - 1
	}
	return next + uint32(got-uint16(next))
}

func (v *Server) data(p *lorawan.PHYPayload, heard []*Reception) {
	m, ok := p.MACPayload.(*lorawan.MACPayload)
	if !ok {
		return
	}
	reading := heard[0].reading
	candidates := v.sessions[m.FHDR.DevAddr]
	if len(candidates) == 0 {
		v.w.lose(reading, "server", "no session has this address")
		return
	}
	short := uint16(m.FHDR.FCnt)
	for _, n := range candidates {
		tries := []uint32{full(n.next, short)}
		if n.device.SkipFCntCheck && tries[0] != uint32(short) {
			tries = append(tries, uint32(short))
		}
		for _, fCnt := range tries {
			m.FHDR.FCnt = fCnt
			conf := uint32(0)
			if m.FHDR.FCtrl.ACK {
				conf = n.conf
			}
			valid, err := p.ValidateUplinkDataMIC(n.version, conf, heard[0].DR, v.w.region.Number(heard[0].Frequency, heard[0].DR), n.f, n.s)
			if err != nil || !valid {
				continue
			}
			if fCnt < n.next && n.seen && !n.device.SkipFCntCheck {
				v.repeated(n, p, heard)
				return
			}
			v.accepted(n, p, m, fCnt, heard)
			return
		}
	}
	v.w.lose(reading, "server", "the MIC is wrong")
	v.log(candidates[0].device, heard, "UPLINK_MIC", "Invalid MIC")
}

// repeated answers a retransmission: the acknowledgement may have been lost.
func (v *Server) repeated(n *serverSession, p *lorawan.PHYPayload, heard []*Reception) {
	v.log(n.device, heard, "UPLINK_F_CNT_RETRANSMISSION", "Uplink was flagged as re-transmission / frame-counter did not increment")
	if p.MHDR.MType == lorawan.ConfirmedDataUp {
		v.reply(n, heard, true, nil, n.next-1)
	}
}

// accepted takes a valid frame.
func (v *Server) accepted(n *serverSession, p *lorawan.PHYPayload, m *lorawan.MACPayload, fCnt uint32, heard []*Reception) {
	n.next, n.seen = fCnt+1, true
	n.uplinks++
	d := n.device
	if !n.joinTold {
		n.joinTold = true
		e := v.event(n, heard, EventJoin)
		e.Fault = n.label
		v.publish(e)
	}
	port, payload, opts, err := n.clear(m, fCnt)
	if err != nil {
		return
	}
	best := heard[0].SNR
	for _, r := range heard {
		best = max(best, r.SNR)
	}
	n.snr = best
	n.snrs = append(n.snrs, best)
	n.snrs = n.snrs[max(0, len(n.snrs)-20):]

	if m.FHDR.FCtrl.ACK && n.confWaits != "" {
		e := v.event(n, heard, EventAck)
		e.QueueItem, e.FCntDown = n.confWaits, n.conf
		n.confWaits = ""
		v.publish(e)
	}
	up := v.event(n, heard, EventUp)
	up.FCnt, up.FPort, up.Data = fCnt, port, payload
	up.Confirmed, up.ADR = p.MHDR.MType == lorawan.ConfirmedDataUp, m.FHDR.FCtrl.ADR
	if port > 0 {
		if up.reading = heard[0].reading; up.reading == nil {
			up.reading = v.w.remembered(d, up)
		}
		object, err := d.kind.object(d.Form, payload)
		if err != nil {
			v.log(d, heard, "UPLINK_CODEC", err.Error())
		}
		up.Object = object
	}
	v.publish(up)

	commands := v.commands(n, opts, heard)
	wants := up.Confirmed || m.FHDR.FCtrl.ADRACKReq || len(commands) > 0 || v.setup.DownlinkEvery > 0 && n.uplinks%v.setup.DownlinkEvery == 0
	if wants {
		v.reply(n, heard, up.Confirmed, commands, fCnt)
	}
}

// clear decrypts an uplink's payload and its commands, which of port 0 are the payload.
func (n *serverSession) clear(m *lorawan.MACPayload, fCnt uint32) (port uint8, payload, opts []byte, err error) {
	opts = rawOpts(m.FHDR.FOpts)
	if n.version == lorawan.LoRaWAN1_1 && len(opts) > 0 {
		clear, err := lorawan.EncryptFOpts(n.enc, false, true, n.addr, fCnt, slices.Clone(opts))
		if err == nil {
			opts = clear
		}
	}
	if m.FPort != nil {
		port = *m.FPort
		key := n.app
		if port == 0 {
			key = n.enc
		}
		if len(m.FRMPayload) > 0 {
			raw, err := m.FRMPayload[0].MarshalBinary()
			if err == nil {
				payload, err = lorawan.EncryptFRMPayload(key, true, n.addr, fCnt, slices.Clone(raw))
			}
			if err != nil {
				return 0, nil, nil, err
			}
		}
		if port == 0 {
			opts, payload = payload, nil
		}
	}
	return port, payload, opts, nil
}

// rawOpts gives the bytes of FOpts, which brocaar keeps undecoded until asked.
func rawOpts(p []lorawan.Payload) []byte {
	var b []byte
	for _, one := range p {
		raw, err := one.MarshalBinary()
		if err != nil {
			return nil
		}
		b = append(b, raw...)
	}
	return b
}

// Lengths of the MAC commands a device sends, by identifier.
var upCommands = map[byte]int{
	0x01: 1, 0x02: 0, 0x03: 1, 0x04: 0, 0x05: 1, 0x06: 2, 0x07: 1, 0x08: 0, 0x09: 0, 0x0a: 1, 0x0b: 1, 0x0c: 0, 0x0d: 0, 0x0f: 1, 0x20: 1,
}

// commands reads the MAC commands of a device and gives those for it.
func (v *Server) commands(n *serverSession, b []byte, heard []*Reception) (out []byte) {
	for len(b) > 0 {
		size, known := upCommands[b[0]]
		if !known || len(b) < 1+size {
			break
		}
		arg := b[1 : 1+size]
		switch b[0] {
		case 0x01, 0x0b: // ResetInd → ResetConf, RekeyInd → RekeyConf
			out = append(out, b[0], 1)
		case 0x20: // DeviceModeInd → DeviceModeConf
			out = append(out, b[0], arg[0])
		case 0x02: // LinkCheckReq → LinkCheckAns: margin, gateways
			margin := clamp(n.snr-v.w.region.DataRates[heard[0].DR].RequiredSNR(), 0, 254)
			out = append(out, 0x02, byte(margin), byte(len(heard)))
		case 0x03:
			if n.asked = false; arg[0] == 7 {
				n.snrs = nil
			}
		case 0x06:
			e := v.event(n, heard, EventStatus)
			e.Battery, e.Margin = arg[0], int(int8(arg[1]<<2))>>2
			v.publish(e)
		}
		b = b[1+size:]
	}
	if v.setup.StatusEvery > 0 && n.uplinks%v.setup.StatusEvery == 0 {
		out = append(out, 0x06)
	}
	return append(out, v.adapt(n, heard[0].DR)...)
}

// adapt is Semtech's ADR: with the best SNR of the last 20 uplinks, 10 dB of margin
// and 3 dB a step, first the data rate rises, then the power falls.
func (v *Server) adapt(n *serverSession, dr uint8) []byte {
	if !n.device.ADR || len(n.snrs) < 20 || n.asked {
		return nil
	}
	n.dr = dr
	steps := int(math.Floor((slices.Max(n.snrs) - v.w.region.DataRates[dr].RequiredSNR() - 10) / 3))
	power := n.power
	for ; steps > 0; steps-- {
		if n.dr < v.w.region.highestDR() {
			n.dr++
		} else if power < 5 {
			power++
		}
	}
	if n.dr == dr && power == n.power {
		return nil
	}
	n.power, n.asked = power, true
	mask := uint16(1)<<min(8, len(v.w.region.Channels)) - 1
	if v.w.region.Fixed {
		return []byte{0x03, n.dr<<4 | power, 0x00, 0xff, 0x01} // ChMaskCntl 0, channels 8 to 15
	}
	return []byte{0x03, n.dr<<4 | power, byte(mask), byte(mask >> 8), 0x01}
}

// reply sends a data downlink in RX1.
func (v *Server) reply(n *serverSession, heard []*Reception, ack bool, commands []byte, upFCnt uint32) {
	for len(commands) > 15 {
		commands = nil
	}
	p := lorawan.PHYPayload{MHDR: lorawan.MHDR{MType: lorawan.UnconfirmedDataDown, Major: lorawan.LoRaWANR1}}
	m := &lorawan.MACPayload{FHDR: lorawan.FHDR{DevAddr: n.addr, FCtrl: lorawan.FCtrl{ACK: ack, ADR: n.device.ADR}, FCnt: n.nDown}}
	confirmed := v.setup.DownlinkEvery > 0 && n.uplinks%v.setup.DownlinkEvery == 0
	item, payload := "", []byte(nil)
	if confirmed {
		p.MHDR.MType = lorawan.ConfirmedDataDown
		port := uint8(5)
		m.FPort = &port
		if n.version == lorawan.LoRaWAN1_1 {
			m.FHDR.FCnt = n.aDown
			n.aDown++
		} else {
			n.nDown++
		}
		payload = []byte{byte(n.uplinks), byte(n.uplinks >> 8)}
		m.FRMPayload = []lorawan.Payload{&lorawan.DataPayload{Bytes: slices.Clone(payload)}}
		item = v.uuid()
		n.conf, n.confWaits = m.FHDR.FCnt, item
	} else {
		n.nDown++
	}
	if len(commands) > 0 {
		m.FHDR.FOpts = []lorawan.Payload{&lorawan.DataPayload{Bytes: commands}}
		if n.version == lorawan.LoRaWAN1_1 {
			sealed, err := lorawan.EncryptFOpts(n.enc, confirmed, false, n.addr, m.FHDR.FCnt, slices.Clone(commands))
			if err != nil {
				panic("bug: encrypt FOpts: " + err.Error())
			}
			m.FHDR.FOpts = []lorawan.Payload{&lorawan.DataPayload{Bytes: sealed}}
		}
	}
	conf := uint32(0)
	if ack {
		conf = upFCnt
	}
	phy := v.seal(n, &p, m, confirmed, conf, payload, commands)
	v.answer(phy, heard, rxDelay1, nil)
	if confirmed {
		e := v.event(n, heard, EventTxAck)
		e.QueueItem, e.FCntDown, e.DownlinkID = item, m.FHDR.FCnt, 1+v.rng.Uint32N(math.MaxUint32)
		v.publish(e)
	}
}

// seal encrypts and signs a downlink.
func (v *Server) seal(n *serverSession, p *lorawan.PHYPayload, m *lorawan.MACPayload, confirmed bool, conf uint32, payload, commands []byte) []byte {
	p.MACPayload = m
	if confirmed {
		if err := p.EncryptFRMPayload(n.app); err != nil {
			panic("bug: encrypt a downlink: " + err.Error())
		}
	}
	if err := p.SetDownlinkDataMIC(n.version, conf, n.s); err != nil {
		panic("bug: sign a downlink: " + err.Error())
	}
	phy, err := p.MarshalBinary()
	if err != nil {
		panic("bug: marshal a downlink: " + err.Error())
	}
	version := ours.LoRaWAN10
	if n.version == lorawan.LoRaWAN1_1 {
		version = ours.LoRaWAN11
	}
	v.w.capture(&Capture{PHY: phy, Down: true, Device: n.device, Version: version, FCnt: m.FHDR.FCnt, ConfFCnt: uint16(conf), Payload: payload, FOpts: commands, Keys: ours.SessionKeys{
		AppSKey: ours.Key(n.app), FNwkSIntKey: ours.Key(n.f), SNwkSIntKey: ours.Key(n.s), NwkSEncKey: ours.Key(n.enc)}})
	return phy
}

func (v *Server) uuid() string {
	a, b := v.rng.Uint64(), v.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a), uint16(a>>32), a>>48&0xfff, 0x8000|b>>48&0x3fff, b&(1<<48-1))
}

// event begins an event about a session. Its time is the first gateway's if that
// clock is plausible, else the server's own.
func (v *Server) event(n *serverSession, heard []*Reception, kind EventKind) *Event {
	e := &Event{
		Kind: kind, At: v.w.now, DedupID: v.uuid(), Time: v.w.now, Device: n.device, Server: &v.setup, Region: v.w.region,
		Addr: ours.DevAddr(n.addr), SessionKey: n.id, Receptions: heard, DR: heard[0].DR, Fault: heard[0].Fault,
	}
	if t := heard[0].Time; !t.IsZero() && t.Sub(v.w.now).Abs() < 30*time.Second {
		e.Time = t
	}
	return e
}

// log publishes what went wrong with a frame of a device.
func (v *Server) log(d *Device, heard []*Reception, code, text string) {
	n := v.joined[d].session
	if n == nil {
		n = &serverSession{device: d}
	}
	e := v.event(n, heard, EventLog)
	e.Code, e.Text = code, text
	v.publish(e)
}
