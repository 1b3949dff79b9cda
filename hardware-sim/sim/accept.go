package sim

import (
	"crypto/aes"
	"encoding/binary"
	"slices"

	"github.com/brocaar/lorawan"
	ours "github.com/databrokerdao/dbdao-bridge/lorawan"
)

func (v *Server) join(p *lorawan.PHYPayload, heard []*Reception) {
	q, ok := p.MACPayload.(*lorawan.JoinRequestPayload)
	if !ok {
		return
	}
	d := v.w.byEUI[ours.DevEUI(q.DevEUI)]
	if d == nil || d.ABP {
		return
	}
	root := d.AppKey
	if d.Version == ours.LoRaWAN11 {
		root = d.NwkKey
	}
	if ok, err := p.ValidateUplinkJoinMIC(lorawan.AES128Key(root)); err != nil || !ok {
		return
	}
	j := v.joined[d]
	if j.nonces[uint16(q.DevNonce)] {
		v.log(d, heard, "OTAA", "DevNonce has already been used")
		return
	}
	j.nonces[uint16(q.DevNonce)] = true
	j.joinNonce++
	v.nextAddr++
	n := &serverSession{device: d, version: lorawan.LoRaWAN1_0, label: heard[0].Fault}
	binary.BigEndian.PutUint32(n.addr[:], v.nextAddr)

	phy := v.accept(d, j, n, q, root)
	v.begin(n)
	j.session = n
	v.w.capture(&Capture{PHY: phy, Down: true, Device: d, Version: d.Version, Join: true, DevNonce: uint16(q.DevNonce)})
	v.answer(phy, heard, joinDelay1, n)
}

// accept makes the join-accept of a session, and the session's keys.
func (v *Server) accept(d *Device, j *joinState, n *serverSession, q *lorawan.JoinRequestPayload, root ours.Key) []byte {
	nonce := []byte{byte(j.joinNonce), byte(j.joinNonce >> 8), byte(j.joinNonce >> 16)}
	devNonce := []byte{byte(q.DevNonce), byte(q.DevNonce >> 8)}
	accept := lorawan.PHYPayload{
		MHDR: lorawan.MHDR{MType: lorawan.JoinAccept, Major: lorawan.LoRaWANR1},
		MACPayload: &lorawan.JoinAcceptPayload{
			JoinNonce: lorawan.JoinNonce(j.joinNonce), HomeNetID: lorawan.NetID(v.setup.NetID), DevAddr: n.addr,
			DLSettings: lorawan.DLSettings{RX2DataRate: v.w.region.RX2, OptNeg: d.Version == ours.LoRaWAN11}, RXDelay: 1, CFList: v.cfList(),
		},
	}
	signer := lorawan.AES128Key(root)
	if d.Version == ours.LoRaWAN11 {
		n.version = lorawan.LoRaWAN1_1
		eui := little(q.JoinEUI[:])
		n.f, n.app = derived(d.NwkKey, 1, nonce, eui, devNonce), derived(d.AppKey, 2, nonce, eui, devNonce)
		n.s, n.enc = derived(d.NwkKey, 3, nonce, eui, devNonce), derived(d.NwkKey, 4, nonce, eui, devNonce)
		signer = derived(d.NwkKey, 6, little(q.DevEUI[:]))
	} else {
		net := little(v.setup.NetID[:])
		n.f, n.app = derived(root, 1, nonce, net, devNonce), derived(root, 2, nonce, net, devNonce)
		n.s, n.enc = n.f, n.f
	}
	if err := accept.SetDownlinkJoinMIC(lorawan.JoinRequestType, q.JoinEUI, q.DevNonce, signer); err != nil {
		panic("bug: sign a join-accept: " + err.Error())
	}
	if err := accept.EncryptJoinAcceptPayload(lorawan.AES128Key(root)); err != nil {
		panic("bug: encrypt a join-accept: " + err.Error())
	}
	phy, err := accept.MarshalBinary()
	if err != nil {
		panic("bug: marshal a join-accept: " + err.Error())
	}
	return phy
}

// derived encrypts a block into a key: LoRaWAN L2 1.1, section 6.2.5.
func derived(root ours.Key, kind byte, parts ...[]byte) (k lorawan.AES128Key) {
	block, err := aes.NewCipher(root[:])
	if err != nil {
		panic("bug: a 16-byte key is refused")
	}
	var b [16]byte
	b[0] = kind
	n := 1
	for _, p := range parts {
		n += copy(b[n:], p)
	}
	block.Encrypt(k[:], b[:])
	return k
}

// little gives bytes in the order of the air, least significant first.
func little(b []byte) []byte {
	out := slices.Clone(b)
	slices.Reverse(out)
	return out
}

func (v *Server) cfList() *lorawan.CFList {
	var c lorawan.CFList
	if err := c.UnmarshalBinary(v.w.region.CFList); err != nil {
		panic("bug: the region's CFList: " + err.Error())
	}
	return &c
}
