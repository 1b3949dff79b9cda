// Package inspect takes radio frames apart and makes them, for people: every field by its name,
// MIC checked and payloads decrypted with whatever keys are at hand (LoRaWAN 1.0.4 and 1.1).
package inspect

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// AfterJoinRequest is the JoinReqType of a join-accept that answers a join-request (LoRaWAN 1.1,
// section 6.2.3); 0, 1 and 2 are the types of rejoin-requests.
const AfterJoinRequest = 0xff

// Input is what is known of a frame beside its bytes. Zero is nothing, but for ReqType.
type Input struct {
	Keys        Keys
	JoinEUI     *lorawan.DevEUI // for a join-accept of 1.1
	DevEUI      *lorawan.DevEUI // JSIntKey follows from it and nwk_key
	DevNonce    *uint16         // of the join-request
	ReqType     uint8           // what a join-accept of 1.1 answers
	FCnt        *uint32         // of the frame, or the one expected next; nil: the 16 bits on air, and with a key the first that fits
	Radio       lorawan.Radio   // of 1.1
	SessionKeys bool            // tell the session keys a join-accept leads to
}

// MACCommand is a MAC command.
type MACCommand struct {
	CID    string         `json:"cid"`
	Name   string         `json:"name"`
	Body   string         `json:"body,omitempty"`
	Fields map[string]any `json:"fields,omitempty"`
}

// Frame is what a frame holds. Members of other kinds of frames are left out.
type Frame struct {
	Type   string `json:"m_type"`
	Size   int    `json:"size"`
	MIC    string `json:"mic,omitempty"`
	Valid  *bool  `json:"mic_valid,omitempty"` // missing: no key to check it with
	MAC    string `json:"mac_version,omitempty"`
	Reason string `json:"mic_reason,omitempty"`

	DevAddr   string       `json:"dev_addr,omitempty"`
	FCnt      *uint32      `json:"f_cnt,omitempty"`
	FPort     *uint8       `json:"f_port,omitempty"`
	ADR       *bool        `json:"adr,omitempty"`
	ADRACKReq *bool        `json:"adr_ack_req,omitempty"`
	ACK       *bool        `json:"ack,omitempty"`
	Pending   *bool        `json:"f_pending,omitempty"`
	ClassB    *bool        `json:"class_b,omitempty"`
	FOpts     *string      `json:"f_opts,omitempty"`
	Payload   *string      `json:"frm_payload,omitempty"`
	Encrypted bool         `json:"encrypted,omitempty"` // frm_payload is as on air
	Commands  []MACCommand `json:"mac_commands,omitempty"`
	Unknown   string       `json:"mac_unknown,omitempty"` // from the first command that is not known

	JoinEUI    string `json:"join_eui,omitempty"`
	DevEUI     string `json:"dev_eui,omitempty"`
	DevNonce   string `json:"dev_nonce,omitempty"`
	RejoinType *uint8 `json:"rejoin_type,omitempty"`
	RJCount    string `json:"rj_count,omitempty"`

	JoinNonce string            `json:"join_nonce,omitempty"`
	NetID     string            `json:"net_id,omitempty"`
	OptNeg    *bool             `json:"opt_neg,omitempty"`
	RX1Offset *uint8            `json:"rx1_dr_offset,omitempty"`
	RX2DR     *uint8            `json:"rx2_dr,omitempty"`
	RxDelay   *int              `json:"rx_delay,omitempty"` // seconds
	CFList    *CFList           `json:"cf_list,omitempty"`
	Plain     string            `json:"plain,omitempty"` // the clear join-accept
	Session   map[string]string `json:"session_keys,omitempty"`
}

// CFList is the list of channels a join-accept brings.
type CFList struct {
	Raw         string   `json:"raw"`
	Type        uint8    `json:"type"`
	Frequencies []uint32 `json:"frequencies,omitempty"` // Hz
	Masks       []string `json:"channel_masks,omitempty"`
}

// Decode takes a PHYPayload apart; with its keys it is checked and decrypted. A wrong MIC is no
// error: it is told. Errors are those of lorawan, and ErrInput.
func Decode(phy []byte, in Input) (Frame, error) {
	if _, err := lorawan.Canonical(phy); err != nil { // of any kind
		return Frame{}, err
	}
	t := lorawan.FrameType(phy[0] >> 5)
	v := Frame{Type: t.String(), Size: len(phy)}
	if len(phy) >= 5 && t != lorawan.JoinAcceptFrame && t != lorawan.ProprietaryFrame {
		v.MIC = hex.EncodeToString(phy[len(phy)-4:])
	}
	switch t {
	case lorawan.JoinRequestFrame:
		return v, v.joinRequest(phy, in)
	case lorawan.JoinAcceptFrame:
		return v, v.joinAccept(phy, in)
	case lorawan.RejoinRequestFrame:
		return v, v.rejoin(phy, in)
	case lorawan.ProprietaryFrame:
		v.Payload = new(hex.EncodeToString(phy[1:]))
		return v, nil
	}
	return v, v.data(phy, in)
}

// checked notes what became of a MIC check.
func (v *Frame) checked(err error) {
	v.Valid = new(err == nil)
	if err != nil {
		v.Reason = err.Error()
	}
}

func (v *Frame) data(phy []byte, in Input) error {
	f, err := lorawan.ParseFrame(phy)
	if err != nil {
		return err
	}
	up := f.Type.Up()
	version, keys, integrity, payload := in.Keys.session(up)
	s := lorawan.NewSession(version, f.DevAddr, keys)
	verify := func(fCnt uint32) error {
		if up {
			return s.VerifyUp(phy, fCnt, in.Radio)
		}
		return s.VerifyDown(phy, fCnt, in.Radio.ConfFCnt)
	}
	fCnt := uint32(f.FCnt)
	if in.FCnt != nil {
		fCnt = lorawan.FullFCnt(*in.FCnt, f.FCnt)
	}
	if integrity {
		v.MAC = [...]string{"1.0", "1.1"}[version]
		err := verify(fCnt)
		for high := uint32(1); in.FCnt == nil && err != nil && high < 256; high++ { // the half that is not on air is unknown: try
			if tried := high<<16 | uint32(f.FCnt); verify(tried) == nil {
				fCnt, err = tried, nil
			}
		}
		v.checked(err)
	}
	v.DevAddr, v.FCnt = f.DevAddr.String(), &fCnt
	v.ADR, v.ACK = &f.ADR, &f.ACK
	if up {
		v.ADRACKReq, v.ClassB = &f.ADRACKReq, &f.Pending
	} else {
		v.Pending = &f.Pending
	}
	network := f.HasPort && (f.FPort == 0 || f.FPort == 226)
	canOpen := payload
	if network {
		canOpen = version == lorawan.LoRaWAN10 && in.Keys["nwk_s_key"] != nil || in.Keys["nwk_s_enc_key"] != nil
	}
	clearOpts := version != lorawan.LoRaWAN11 || in.Keys["nwk_s_enc_key"] != nil
	plain := f
	s.Decrypt(&plain, fCnt)
	if clearOpts {
		f.FOpts = plain.FOpts
	}
	if canOpen {
		f.Payload = plain.Payload
	} else {
		v.Encrypted = len(f.Payload) > 0
	}
	v.FOpts = new(hex.EncodeToString(f.FOpts))
	if f.HasPort {
		v.FPort, v.Payload = &f.FPort, new(hex.EncodeToString(f.Payload))
	}
	switch {
	case v.Valid == nil || !*v.Valid:
		return nil // what a frame commands is read only when its sender is known
	case len(f.FOpts) > 0 && clearOpts:
		return v.commands(f.FOpts, up)
	case f.HasPort && f.FPort == 0 && canOpen:
		return v.commands(f.Payload, up)
	}
	return nil
}

// commands reads MAC commands up to the first that is not known.
func (v *Frame) commands(b []byte, up bool) error {
	all, rest, err := lorawan.ParseMACCommands(b, up)
	for _, m := range all {
		v.Commands = append(v.Commands, MACCommand{fmt.Sprintf("%02x", m.CID), m.Name, hex.EncodeToString(m.Body), m.Fields})
	}
	v.Unknown = hex.EncodeToString(rest)
	return err
}

func (v *Frame) joinRequest(phy []byte, in Input) error {
	j, err := lorawan.ParseJoinRequest(phy)
	if err != nil {
		return err
	}
	v.JoinEUI, v.DevEUI, v.DevNonce = j.JoinEUI.String(), j.DevEUI.String(), fmt.Sprintf("%04x", j.DevNonce)
	if root := cmp.Or(in.Keys["nwk_key"], in.Keys["app_key"]); root != nil { // 1.1 signs under NwkKey
		v.checked(lorawan.VerifyJoin(*root, phy))
	}
	return nil
}

func (v *Frame) rejoin(phy []byte, in Input) error {
	r, err := lorawan.ParseRejoinRequest(phy)
	if err != nil {
		return err
	}
	v.RejoinType, v.DevEUI, v.RJCount = &r.Type, r.DevEUI.String(), fmt.Sprintf("%04x", r.Count)
	key := in.Keys["s_nwk_s_int_key"]
	if r.Type == 1 {
		v.JoinEUI = r.Join.String()
		if key = in.Keys["js_int_key"]; key == nil && in.Keys["nwk_key"] != nil {
			jsInt, _ := lorawan.JoinServerKeys(*in.Keys["nwk_key"], r.DevEUI)
			key = &jsInt
		}
	} else {
		v.NetID = hex.EncodeToString(r.NetID[:])
	}
	if key != nil {
		v.checked(lorawan.VerifyJoin(*key, phy))
	}
	return nil
}

// joinAccept tries the forms a join-accept can have: of 1.1 if what that needs is
// given, and of 1.0.
func (v *Frame) joinAccept(phy []byte, in Input) error {
	root := cmp.Or(in.Keys["nwk_key"], in.Keys["app_key"])
	jsInt, enc := in.Keys.joinServer(in.DevEUI, in.ReqType)
	enc = cmp.Or(enc, root)
	if enc == nil {
		v.Payload, v.Encrypted = new(hex.EncodeToString(phy[1:])), true
		return nil
	}
	a, err := lorawan.JoinAccept{}, lorawan.ErrMIC
	if jsInt != nil && in.JoinEUI != nil && in.DevNonce != nil {
		a, err = lorawan.OpenJoinAccept11(*enc, *jsInt, in.ReqType, *in.JoinEUI, *in.DevNonce, phy)
		v.MAC = "1.1"
	}
	if err != nil && root != nil {
		a, err = lorawan.OpenJoinAccept(*root, phy)
		v.MAC = "1.0"
	}
	v.checked(err)
	if err != nil {
		v.MAC = ""
		if errors.Is(err, lorawan.ErrMIC) {
			return nil
		}
		return err
	}
	plain := a.Plain()
	v.Plain = hex.EncodeToString(plain)
	v.JoinNonce, v.NetID, v.DevAddr = fmt.Sprintf("%06x", a.JoinNonce), hex.EncodeToString(a.NetID[:]), a.DevAddr.String()
	v.OptNeg, v.RX1Offset, v.RX2DR = new(a.OptNeg()), new(a.DLSettings>>4&7), new(a.DLSettings&15)
	v.RxDelay, v.CFList = new(max(1, int(a.RxDelay&15))), viewCFList(a.CFList)
	if !in.SessionKeys {
		return nil
	}
	keys, err := v.sessionKeys(&a, in)
	if err != nil {
		return err
	}
	v.Session = map[string]string{"app_s_key": hex.EncodeToString(keys.AppSKey[:])}
	if v.MAC == "1.1" && a.OptNeg() {
		v.Session["f_nwk_s_int_key"] = hex.EncodeToString(keys.FNwkSIntKey[:])
		v.Session["s_nwk_s_int_key"] = hex.EncodeToString(keys.SNwkSIntKey[:])
		v.Session["nwk_s_enc_key"] = hex.EncodeToString(keys.NwkSEncKey[:])
	} else {
		v.Session["nwk_s_key"] = hex.EncodeToString(keys.FNwkSIntKey[:])
	}
	return nil
}

func (v *Frame) sessionKeys(a *lorawan.JoinAccept, in Input) (lorawan.SessionKeys, error) {
	if in.DevNonce == nil {
		return lorawan.SessionKeys{}, need("session keys need {dev_nonce}")
	}
	if !a.OptNeg() {
		return lorawan.DeriveKeys10(*cmp.Or(in.Keys["nwk_key"], in.Keys["app_key"]), a, *in.DevNonce), nil
	}
	if in.Keys["nwk_key"] == nil || in.Keys["app_key"] == nil || in.JoinEUI == nil {
		return lorawan.SessionKeys{}, need("session keys of 1.1 need {nwk_key}, {app_key} and {join_eui}")
	}
	return lorawan.DeriveKeys11(*in.Keys["nwk_key"], *in.Keys["app_key"], a, *in.JoinEUI, *in.DevNonce), nil
}

// viewCFList reads the channels a join-accept brings: five frequencies or channel
// masks, by its last byte (RP002-1.0.4, section 2).
func viewCFList(b []byte) *CFList {
	if len(b) != 16 {
		return nil
	}
	v := &CFList{Raw: hex.EncodeToString(b), Type: b[15]}
	switch v.Type {
	case 0:
		for i := 0; i < 15; i += 3 {
			v.Frequencies = append(v.Frequencies, 100*(uint32(b[i])|uint32(b[i+1])<<8|uint32(b[i+2])<<16))
		}
	case 1:
		for i := 0; i < 14; i += 2 {
			v.Masks = append(v.Masks, fmt.Sprintf("%02x%02x", b[i+1], b[i]))
		}
	}
	return v
}
