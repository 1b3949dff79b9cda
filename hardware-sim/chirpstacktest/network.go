package chirpstacktest

import (
	"crypto/aes"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/brocaar/lorawan"
	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/chirpstack/chirpstack/api/go/v4/common"
)

// Network is the part of a ChirpStack that hears one region: it answers join-requests
// and takes uplinks of the devices the server knows, by the rules of
// chirpstack/src/uplink/{join,data}.rs and storage/{device,device_keys}.rs. It has no
// code of this module: cryptography and frames are brocaar/lorawan's.
type Network struct {
	server   *Server
	region   common.Region
	channels []uint32 // Hz: what the region's configuration lists
	cfList   []uint32
	sessions map[string]*session // by DevEUI

	uplinks []Uplink
	refused []string
}

// Uplink is an uplink with application data, as the server publishes it.
type Uplink struct {
	DevEUI string
	FCnt   uint32
	FPort  uint8
	Data   []byte
	At     time.Time
}

// session is what the server adds to an activation.
type session struct {
	addr string
	next uint32
}

// NewNetwork makes one of a region with its own channels, and with some more that it
// tells devices in the CFList of a join-accept, if there are any.
func (s *Server) NewNetwork(region common.Region, own, more []uint32) *Network {
	return &Network{server: s, region: region, channels: slices.Concat(own, more), cfList: more, sessions: map[string]*session{}}
}

// Uplinks gives what was published so far, and what was refused and why.
func (n *Network) Uplinks() (taken []Uplink, refused []string) {
	n.server.mu.Lock()
	defer n.server.mu.Unlock()
	return slices.Clone(n.uplinks), slices.Clone(n.refused)
}

// answer is a downlink, so long after the uplink.
type answer struct {
	phy   []byte
	after time.Duration
}

// frame takes a frame heard at a frequency in Hz. dr is its data rate.
func (n *Network) frame(phy []byte, freq uint32, dr uint8) *answer {
	n.server.mu.Lock()
	defer n.server.mu.Unlock()
	a, err := n.take(phy, freq, dr)
	if err != nil {
		n.refused = append(n.refused, err.Error())
	}
	return a
}

func (n *Network) take(phy []byte, freq uint32, dr uint8) (*answer, error) {
	channel := slices.Index(n.channels, freq)
	if channel < 0 { // helpers::get_uplink_ch
		return nil, fmt.Errorf("no channel of %s has %d Hz", n.region, freq)
	}
	var p lorawan.PHYPayload
	if err := p.UnmarshalBinary(slices.Clone(phy)); err != nil {
		return nil, err
	}
	switch m := p.MACPayload.(type) {
	case *lorawan.JoinRequestPayload:
		return n.join(&p, m)
	case *lorawan.MACPayload:
		return n.data(&p, m, dr, uint8(channel))
	}
	return nil, fmt.Errorf("a frame of type %s", p.MHDR.MType)
}

func keyOfHex(text string) (k lorawan.AES128Key) {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic("bug: a stored key: " + err.Error())
	}
	copy(k[:], b)
	return k
}

// profileFor finds a device that may speak in this region, and its profile.
func (n *Network) profileFor(eui string) (*api.Device, *api.DeviceProfile, error) {
	d := n.server.devices[eui]
	if d == nil {
		return nil, nil, fmt.Errorf("device %s: not there", eui)
	}
	p := n.server.profiles[d.GetDeviceProfileId()]
	switch {
	case p.GetRegion() != n.region:
		return nil, nil, fmt.Errorf("device %s: invalid device-profile region", eui)
	case d.GetIsDisabled():
		return nil, nil, fmt.Errorf("device %s: disabled", eui)
	}
	return d, p, nil
}

func (n *Network) join(p *lorawan.PHYPayload, q *lorawan.JoinRequestPayload) (*answer, error) {
	eui := q.DevEUI.String()
	d, profile, err := n.profileFor(eui)
	if err != nil {
		return nil, err
	}
	keys := n.server.rootKeys[eui]
	if !profile.GetSupportsOtaa() || keys == nil {
		return nil, fmt.Errorf("device %s: no OTAA, or no keys", eui)
	}
	root := keyOfHex(keys.GetNwkKey())
	if ok, err := p.ValidateUplinkJoinMIC(root); err != nil || !ok {
		return nil, fmt.Errorf("device %s: invalid MIC", eui)
	}
	nonces := n.server.nonces[eui+"/"+q.JoinEUI.String()]
	if nonces == nil {
		nonces = map[uint16]bool{}
		n.server.nonces[eui+"/"+q.JoinEUI.String()] = nonces
	}
	if nonces[uint16(q.DevNonce)] {
		return nil, fmt.Errorf("device %s: DevNonce %d has already been used", eui, q.DevNonce)
	}
	nonces[uint16(q.DevNonce)] = true
	joinNonce := n.server.joins[eui]
	n.server.joins[eui]++
	d.JoinEui = q.JoinEUI.String()

	n.server.addresses++
	addr := lorawan.DevAddr{0, 0x51, byte(n.server.addresses >> 8), byte(n.server.addresses)}
	later := profile.GetMacVersion() == common.MacVersion_LORAWAN_1_1_0
	phy, session := accept(q, addr, joinNonce, root, keyOfHex(keys.GetAppKey()), later, n.cfList)
	session.DevEui = eui
	n.server.sessions[eui] = session
	delete(n.sessions, eui)
	return &answer{phy, 5 * time.Second}, nil
}

// accept makes a join-accept and the session that comes of it: LoRaWAN L2 1.0.3, section
// 6.2.5, and 1.1, sections 6.2.3 and 6.2.5.
func accept(q *lorawan.JoinRequestPayload, addr lorawan.DevAddr, joinNonce uint32, nwk, app lorawan.AES128Key, later bool, cfList []uint32) ([]byte, *api.DeviceActivation) {
	payload := &lorawan.JoinAcceptPayload{JoinNonce: lorawan.JoinNonce(joinNonce), DevAddr: addr, DLSettings: lorawan.DLSettings{OptNeg: later}, RXDelay: 1}
	if len(cfList) > 0 {
		channels := &lorawan.CFListChannelPayload{}
		copy(channels.Channels[:], cfList)
		payload.CFList = &lorawan.CFList{CFListType: lorawan.CFListChannel, Payload: channels}
	}
	derive := func(root lorawan.AES128Key, kind byte, parts ...[]byte) string {
		block, err := aes.NewCipher(root[:])
		if err != nil {
			panic("bug: " + err.Error())
		}
		b := make([]byte, 16)
		copy(b, slices.Concat(append([][]byte{{kind}}, parts...)...))
		block.Encrypt(b, b)
		return hex.EncodeToString(b)
	}
	reversed := func(b []byte) []byte { b = slices.Clone(b); slices.Reverse(b); return b }
	nonce := []byte{byte(joinNonce), byte(joinNonce >> 8), byte(joinNonce >> 16)}
	dev := []byte{byte(q.DevNonce), byte(q.DevNonce >> 8)}
	a := &api.DeviceActivation{DevAddr: addr.String()}
	signer, eui := nwk, reversed(q.JoinEUI[:])
	if later {
		a.FNwkSIntKey, a.AppSKey = derive(nwk, 1, nonce, eui, dev), derive(app, 2, nonce, eui, dev)
		a.SNwkSIntKey, a.NwkSEncKey = derive(nwk, 3, nonce, eui, dev), derive(nwk, 4, nonce, eui, dev)
		signer = keyOfHex(derive(nwk, 6, reversed(q.DevEUI[:])))
	} else {
		netID := []byte{0, 0, 0}
		a.FNwkSIntKey, a.AppSKey = derive(nwk, 1, nonce, netID, dev), derive(nwk, 2, nonce, netID, dev)
		a.SNwkSIntKey, a.NwkSEncKey = a.FNwkSIntKey, a.FNwkSIntKey
	}
	p := lorawan.PHYPayload{MHDR: lorawan.MHDR{MType: lorawan.JoinAccept, Major: lorawan.LoRaWANR1}, MACPayload: payload}
	for _, err := range []error{p.SetDownlinkJoinMIC(lorawan.JoinRequestType, q.JoinEUI, q.DevNonce, signer), p.EncryptJoinAcceptPayload(nwk)} {
		if err != nil {
			panic("bug: make a join-accept: " + err.Error())
		}
	}
	return marshal(&p), a
}

func marshal(p *lorawan.PHYPayload) []byte {
	b, err := p.MarshalBinary()
	if err != nil {
		panic("bug: marshal a downlink: " + err.Error())
	}
	return b
}

// full completes a counter: helpers::get_full_f_cnt_up.
func full(next uint32, got uint16) uint32 {
	if uint16(next)-1 == got && next > 0 { // a retransmission
		return next - 1
	}
	return next + uint32(got-uint16(next))
}

func (n *Network) data(p *lorawan.PHYPayload, m *lorawan.MACPayload, dr, channel uint8) (*answer, error) {
	short := uint16(m.FHDR.FCnt)
	for eui, a := range n.server.sessions {
		if a.GetDevAddr() != m.FHDR.DevAddr.String() {
			continue
		}
		d := n.server.devices[eui]
		profile := n.server.profiles[d.GetDeviceProfileId()]
		if d.GetIsDisabled() {
			continue
		}
		s := n.sessions[eui]
		if s == nil || s.addr != a.GetDevAddr() {
			s = &session{a.GetDevAddr(), a.GetFCntUp()}
			n.sessions[eui] = s
		}
		version := lorawan.LoRaWAN1_0
		if profile.GetMacVersion() == common.MacVersion_LORAWAN_1_1_0 {
			version = lorawan.LoRaWAN1_1
		}
		for _, fCnt := range []uint32{full(s.next, short), uint32(short)} {
			m.FHDR.FCnt = fCnt
			ok, err := p.ValidateUplinkDataMIC(version, 0, dr, channel, keyOfHex(a.GetFNwkSIntKey()), keyOfHex(a.GetSNwkSIntKey()))
			if err != nil || !ok {
				continue
			}
			if _, _, err := n.profileFor(eui); err != nil { // only the MIC says whose it is: others may have the address too
				return nil, err
			}
			return n.accepted(eui, d, a, s, p, m, fCnt, version)
		}
	}
	return nil, fmt.Errorf("f_cnt %d of %s: no session has this address and MIC", short, m.FHDR.DevAddr)
}

func (n *Network) accepted(eui string, d *api.Device, a *api.DeviceActivation, s *session, p *lorawan.PHYPayload, m *lorawan.MACPayload, fCnt uint32, version lorawan.MACVersion) (*answer, error) {
	again := fCnt < s.next && !d.GetSkipFcntCheck()
	if again && fCnt+1 != s.next {
		return nil, fmt.Errorf("device %s: frame-counter reset", eui)
	}
	if !again {
		s.next = fCnt + 1
		if m.FPort != nil && *m.FPort > 0 {
			if err := p.DecryptFRMPayload(keyOfHex(a.GetAppSKey())); err != nil {
				return nil, err
			}
			up := Uplink{DevEUI: eui, FCnt: fCnt, FPort: *m.FPort, At: time.Now()}
			if len(m.FRMPayload) > 0 {
				up.Data = m.FRMPayload[0].(*lorawan.DataPayload).Bytes
			}
			n.uplinks = append(n.uplinks, up)
		}
	}
	if p.MHDR.MType != lorawan.ConfirmedDataUp {
		return nil, nil
	}
	down := lorawan.PHYPayload{MHDR: lorawan.MHDR{MType: lorawan.UnconfirmedDataDown, Major: lorawan.LoRaWANR1},
		MACPayload: &lorawan.MACPayload{FHDR: lorawan.FHDR{DevAddr: m.FHDR.DevAddr, FCtrl: lorawan.FCtrl{ACK: true}, FCnt: a.GetNFCntDown()}}}
	a.NFCntDown++
	if err := down.SetDownlinkDataMIC(version, fCnt, keyOfHex(a.GetSNwkSIntKey())); err != nil {
		return nil, err
	}
	return &answer{marshal(&down), time.Second}, nil
}
