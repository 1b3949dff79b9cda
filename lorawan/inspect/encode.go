package inspect

import (
	"fmt"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Spec says what frame to make: the type names the fields that count.
type Spec struct {
	Type  lorawan.FrameType
	Keys  Keys
	FCnt  uint32 // full counter; the count of a rejoin-request
	Radio lorawan.Radio

	Data lorawan.Frame // of a data frame, in the clear; its Type and FCnt are the ones above

	DevAddr    *lorawan.DevAddr // of a data frame or join-accept
	NetID      *lorawan.NetID   // of a join-accept, and of a rejoin-request of type 0 and 2
	JoinEUI    *lorawan.DevEUI
	DevEUI     *lorawan.DevEUI
	DevNonce   *uint16
	RejoinType uint8 // 0, 1 or 2

	Accept  lorawan.JoinAccept // with the DevAddr and NetID above
	ReqType uint8              // what a join-accept of 1.1 answers
}

// Types are the kinds of frames Encode makes, by their names.
var Types = []lorawan.FrameType{lorawan.JoinRequestFrame, lorawan.JoinAcceptFrame, lorawan.RejoinRequestFrame,
	lorawan.UnconfirmedUp, lorawan.ConfirmedUp, lorawan.UnconfirmedDown, lorawan.ConfirmedDown}

// ParseType reads the name of a kind of frame, in any case.
func ParseType(name string) (lorawan.FrameType, error) {
	names := make([]string, len(Types))
	for i, t := range Types {
		if names[i] = t.String(); strings.EqualFold(names[i], name) {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%w: %.40q is no kind of frame: want one of %s", ErrInput, name, strings.Join(names, ", "))
}

// Encode makes the PHYPayload: what Decode takes apart. Errors are those of lorawan, and ErrInput.
func Encode(s Spec) ([]byte, error) {
	switch s.Type {
	case lorawan.JoinRequestFrame:
		return s.joinRequest()
	case lorawan.RejoinRequestFrame:
		return s.rejoinRequest()
	case lorawan.JoinAcceptFrame:
		return s.joinAccept()
	}
	return s.data()
}

func (s *Spec) joinRequest() ([]byte, error) {
	root, err := s.Keys.first("nwk_key", "app_key")
	if err != nil {
		return nil, err
	}
	if s.JoinEUI == nil || s.DevEUI == nil || s.DevNonce == nil {
		return nil, need("a join-request needs {join_eui}, {dev_eui} and {dev_nonce}")
	}
	return lorawan.JoinRequest{JoinEUI: *s.JoinEUI, DevEUI: *s.DevEUI, DevNonce: *s.DevNonce}.Seal(root), nil
}

func (s *Spec) rejoinRequest() ([]byte, error) {
	r := lorawan.RejoinRequest{Type: s.RejoinType, Count: uint16(s.FCnt)}
	name, missing := "s_nwk_s_int_key", s.NetID == nil
	if r.Type == 1 {
		name, missing = "js_int_key", s.JoinEUI == nil
	}
	key, err := s.Keys.first(name)
	if err != nil {
		return nil, err
	}
	if s.DevEUI == nil || missing {
		return nil, need("a rejoin-request needs {dev_eui}, and {join_eui} (type 1) or {net_id}")
	}
	r.DevEUI = *s.DevEUI
	if r.Type == 1 {
		r.Join = *s.JoinEUI
	} else {
		r.NetID = *s.NetID
	}
	return r.Seal(key)
}

func (s *Spec) joinAccept() ([]byte, error) {
	if s.DevAddr == nil {
		return nil, need("a join-accept needs {dev_addr}")
	}
	s.Accept.DevAddr = *s.DevAddr
	if s.NetID != nil {
		s.Accept.NetID = *s.NetID
	}
	if !s.Accept.OptNeg() {
		root, err := s.Keys.first("nwk_key", "app_key")
		if err != nil {
			return nil, err
		}
		return s.Accept.Seal(root)
	}
	jsInt, enc := s.Keys.joinServer(s.DevEUI, s.ReqType)
	if s.JoinEUI == nil || s.DevNonce == nil || jsInt == nil {
		return nil, need("a join-accept of 1.1 needs {join_eui}, {dev_nonce}, and {js_int_key} or {nwk_key} with {dev_eui}")
	}
	if enc == nil {
		return nil, need("a join-accept of 1.1 is encrypted under {nwk_key}, or {js_enc_key} after a rejoin-request")
	}
	return s.Accept.Seal11(*enc, *jsInt, s.ReqType, *s.JoinEUI, *s.DevNonce)
}

func (s *Spec) data() ([]byte, error) {
	if s.DevAddr == nil {
		return nil, need("a data frame needs {dev_addr}")
	}
	f := s.Data
	f.Type = s.Type
	version, keys, integrity, app := s.Keys.session(f.Type.Up())
	if !integrity {
		return nil, need("a frame of 1.0 needs {nwk_s_key}, one of 1.1 {f_nwk_s_int_key}, {s_nwk_s_int_key} and {nwk_s_enc_key}")
	}
	network := f.FPort == 0 || f.FPort == 226
	seals := version == lorawan.LoRaWAN11 && (network && f.HasPort || len(f.FOpts) > 0)
	if len(f.Payload) > 0 && !network && !app || seals && s.Keys["nwk_s_enc_key"] == nil {
		return nil, need("a payload needs {app_s_key}; FOpts and payloads of the network (FPort 0, 226) of 1.1 need {nwk_s_enc_key}")
	}
	session := lorawan.NewSession(version, *s.DevAddr, keys)
	if f.Type.Up() {
		return session.SealUp(f, s.FCnt, s.Radio)
	}
	return session.SealDown(f, s.FCnt, s.Radio.ConfFCnt)
}
