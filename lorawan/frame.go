package lorawan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// FrameType is the kind of a radio frame: the top three bits of its first byte
// (LoRaWAN L2 1.0.4, section 4.2.1).
type FrameType uint8

// The kinds of radio frames.
const (
	JoinRequestFrame FrameType = iota
	JoinAcceptFrame
	UnconfirmedUp
	UnconfirmedDown
	ConfirmedUp
	ConfirmedDown
	RejoinRequestFrame
	ProprietaryFrame
)

// Up says whether devices send frames of this kind.
func (t FrameType) Up() bool {
	return t == JoinRequestFrame || t == UnconfirmedUp || t == ConfirmedUp || t == RejoinRequestFrame
}

// String names the kind as ChirpStack's console does.
func (t FrameType) String() string {
	return [...]string{"JoinRequest", "JoinAccept", "UnconfirmedDataUp", "UnconfirmedDataDown",
		"ConfirmedDataUp", "ConfirmedDataDown", "RejoinRequest", "Proprietary"}[t&7]
}

// data says whether frames of this kind carry FHDR, FPort and FRMPayload.
func (t FrameType) data() bool { return t >= UnconfirmedUp && t <= ConfirmedDown }

// Errors of frames. A frame that gives one has changed nothing.
var (
	ErrFrame  = errors.New("not a LoRaWAN frame")
	ErrMIC    = errors.New("the frame's integrity code does not fit: another key, another counter, or forged")
	ErrReplay = errors.New("the frame's counter was used before")
)

// Frame is a data frame taken apart. Its slices are its own: they alias neither
// the bytes it was parsed from nor each other.
type Frame struct {
	Type      FrameType
	DevAddr   DevAddr
	ADR       bool
	ADRACKReq bool // up only
	ACK       bool
	Pending   bool   // down: FPending; up: class B
	FCnt      uint16 // the lower half of the counter, all the air carries
	FOpts     []byte // MAC commands; encrypted in 1.1
	HasPort   bool
	FPort     uint8
	Payload   []byte // FRMPayload; encrypted on air
	MIC       [4]byte
}

const (
	mhdrReserved = 0b0001_1100
	mhdrMajor    = 0b0000_0011
	dataMin      = 1 + 7 + 4 // MHDR, FHDR without FOpts, MIC
	maxPHY       = 255
)

// frameType reads an MHDR. Reserved bits must be clear: implementations that drop
// them let eight frames of one MIC pass for different ones.
func frameType(phy []byte) (FrameType, error) {
	switch {
	case len(phy) == 0:
		return 0, fmt.Errorf("%w: it is empty", ErrFrame)
	case len(phy) > maxPHY:
		return 0, fmt.Errorf("%w: longer than any radio sends", ErrFrame)
	case phy[0]&mhdrReserved != 0:
		return 0, fmt.Errorf("%w: reserved bits are set", ErrFrame)
	case phy[0]&mhdrMajor != 0:
		return 0, fmt.Errorf("%w: another major version than LoRaWAN R1", ErrFrame)
	}
	return FrameType(phy[0] >> 5), nil
}

// ParseFrame takes a data frame apart. It checks no MIC: see [Session].
func ParseFrame(phy []byte) (Frame, error) {
	f, err := parseFrame(phy)
	f.FOpts, f.Payload = cloned(f.FOpts), cloned(f.Payload)
	return f, err
}

// parseFrame is ParseFrame with FOpts and Payload left in the frame's bytes.
func parseFrame(phy []byte) (Frame, error) {
	t, err := frameType(phy)
	switch {
	case err != nil:
		return Frame{}, err
	case !t.data():
		return Frame{}, fmt.Errorf("%w with data", ErrFrame)
	case len(phy) < dataMin:
		return Frame{}, fmt.Errorf("%w: too short", ErrFrame)
	}
	fctrl := phy[5]
	f := Frame{
		Type:    t,
		DevAddr: DevAddr{phy[4], phy[3], phy[2], phy[1]},
		ADR:     fctrl&0x80 != 0,
		ACK:     fctrl&0x20 != 0,
		Pending: fctrl&0x10 != 0,
		FCnt:    binary.LittleEndian.Uint16(phy[6:]),
		MIC:     [4]byte(phy[len(phy)-4:]),
	}
	f.ADRACKReq = t.Up() && fctrl&0x40 != 0
	rest := phy[8 : len(phy)-4]
	opts := int(fctrl & 0x0f)
	if opts > len(rest) {
		return Frame{}, fmt.Errorf("%w: FOpts are longer than the frame", ErrFrame)
	}
	f.FOpts, rest = rest[:opts], rest[opts:]
	if len(rest) > 0 {
		f.HasPort, f.FPort, f.Payload = true, rest[0], rest[1:]
	}
	if f.HasPort && f.FPort == 0 && opts > 0 {
		return Frame{}, fmt.Errorf("%w: MAC commands in FOpts and under FPort 0", ErrFrame)
	}
	return f, nil
}

// Canonical gives the one form of a frame that duplicates are told by. The reserved
// bits of the first byte mean nothing, and some network servers drop them before they
// check the MIC: eight frames then pass that differ in those bits alone. Whoever keeps
// a list of frames seen keeps this form. It is a fresh slice; the sealed parts are
// left alone, and nothing but the outer shape is checked.
func Canonical(phy []byte) ([]byte, error) {
	c := cloned(phy)
	if len(c) > 0 {
		c[0] &^= mhdrReserved
	}
	t, err := frameType(c)
	if err != nil {
		return nil, err
	}
	switch t {
	case JoinRequestFrame:
		_, err = ParseJoinRequest(c)
	case JoinAcceptFrame:
		err = joinAcceptShape(c)
	case RejoinRequestFrame:
		_, err = ParseRejoinRequest(c)
	case ProprietaryFrame:
	default:
		_, err = parseFrame(c)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func joinAcceptShape(phy []byte) error {
	t, err := frameType(phy)
	if err == nil && (t != JoinAcceptFrame || len(phy) != 17 && len(phy) != 33) {
		err = fmt.Errorf("%w: no join-accept of 17 or 33 bytes", ErrFrame)
	}
	return err
}

func cloned(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return slices.Clone(b)
}

// append writes the frame up to the MIC, with payload and FOpts as they stand.
func (f *Frame) append(b []byte) ([]byte, error) {
	switch {
	case !f.Type.data():
		return nil, fmt.Errorf("%w with data", ErrFrame)
	case len(f.FOpts) > 15:
		return nil, fmt.Errorf("%w: FOpts of more than 15 bytes", ErrFrame)
	case f.HasPort && f.FPort == 0 && len(f.FOpts) > 0:
		return nil, fmt.Errorf("%w: MAC commands in FOpts and under FPort 0", ErrFrame)
	case !f.HasPort && len(f.Payload) > 0:
		return nil, fmt.Errorf("%w: a payload without a port", ErrFrame)
	case dataMin+len(f.FOpts)+1+len(f.Payload) > maxPHY:
		return nil, fmt.Errorf("%w: longer than any radio sends", ErrFrame)
	}
	fctrl := byte(len(f.FOpts))
	for _, bit := range []struct {
		set  bool
		mask byte
	}{{f.ADR, 0x80}, {f.ADRACKReq && f.Type.Up(), 0x40}, {f.ACK, 0x20}, {f.Pending, 0x10}} {
		if bit.set {
			fctrl |= bit.mask
		}
	}
	a := f.DevAddr
	b = append(b, byte(f.Type)<<5, a[3], a[2], a[1], a[0], fctrl, byte(f.FCnt), byte(f.FCnt>>8))
	b = append(b, f.FOpts...)
	if f.HasPort {
		b = append(b, f.FPort)
		b = append(b, f.Payload...)
	}
	return b, nil
}

// FullFCnt completes the 16 bits of a counter that the air carries, given the
// counter expected next. It may only be one behind (a repetition); anything else
// is ahead, and a MIC that does not fit then tells an old frame. These are the
// rules of ChirpStack.
func FullFCnt(next uint32, got uint16) uint32 {
	ahead := got - uint16(next)
	if ahead == 0xffff && next > 0 {
		return next - 1
	}
	return next + uint32(ahead)
}

// JoinRequest is what a device sends to join by OTAA.
type JoinRequest struct {
	JoinEUI  DevEUI
	DevEUI   DevEUI
	DevNonce uint16
}

const joinRequestLen = 1 + 8 + 8 + 2 + 4

// ParseJoinRequest takes a join-request apart; [VerifyJoin] checks it.
func ParseJoinRequest(phy []byte) (JoinRequest, error) {
	t, err := frameType(phy)
	switch {
	case err != nil:
		return JoinRequest{}, err
	case t != JoinRequestFrame || len(phy) != joinRequestLen:
		return JoinRequest{}, fmt.Errorf("%w: no join-request of 23 bytes", ErrFrame)
	}
	return JoinRequest{
		JoinEUI: reversedEUI(phy[1:]), DevEUI: reversedEUI(phy[9:]),
		DevNonce: binary.LittleEndian.Uint16(phy[17:]),
	}, nil
}

// Seal writes the join-request under the device's root key (AppKey in 1.0, NwkKey
// in 1.1).
func (j JoinRequest) Seal(root Key) []byte {
	b := make([]byte, 0, joinRequestLen)
	b = append(b, byte(JoinRequestFrame)<<5)
	b = appendReversed(b, j.JoinEUI[:])
	b = appendReversed(b, j.DevEUI[:])
	b = binary.LittleEndian.AppendUint16(b, j.DevNonce)
	mic := newMAC(root).sum(b)
	return append(b, mic[:4]...)
}

// VerifyJoin checks the MIC of a join- or rejoin-request: CMAC of the whole frame
// under the root key (1.0: AppKey, 1.1: NwkKey; rejoin types 0 and 2: SNwkSIntKey,
// type 1: JSIntKey).
func VerifyJoin(key Key, phy []byte) error {
	if len(phy) < 5 {
		return fmt.Errorf("%w: too short", ErrFrame)
	}
	mic := newMAC(key).sum(phy[:len(phy)-4])
	return fits(mic[:4], phy[len(phy)-4:])
}

// RejoinRequest is what a 1.1 device sends to be found again.
type RejoinRequest struct {
	Type   uint8
	NetID  NetID  // types 0 and 2
	Join   DevEUI // type 1: the JoinEUI
	DevEUI DevEUI
	Count  uint16
}

// ParseRejoinRequest takes a rejoin-request apart; [VerifyJoin] checks it.
func ParseRejoinRequest(phy []byte) (RejoinRequest, error) {
	t, err := frameType(phy)
	if err != nil {
		return RejoinRequest{}, err
	}
	if t != RejoinRequestFrame || len(phy) < 2 {
		return RejoinRequest{}, fmt.Errorf("%w: no rejoin-request", ErrFrame)
	}
	r := RejoinRequest{Type: phy[1]}
	switch {
	case (r.Type == 0 || r.Type == 2) && len(phy) == 19:
		r.NetID = NetID{phy[4], phy[3], phy[2]}
		r.DevEUI, r.Count = reversedEUI(phy[5:]), binary.LittleEndian.Uint16(phy[13:])
	case r.Type == 1 && len(phy) == 24:
		r.Join, r.DevEUI, r.Count = reversedEUI(phy[2:]), reversedEUI(phy[10:]), binary.LittleEndian.Uint16(phy[18:])
	default:
		return RejoinRequest{}, fmt.Errorf("%w: no rejoin-request of a known type and length", ErrFrame)
	}
	return r, nil
}

// Seal writes the rejoin-request under its key: SNwkSIntKey for types 0 and 2,
// JSIntKey for type 1.
func (r RejoinRequest) Seal(key Key) ([]byte, error) {
	b := []byte{byte(RejoinRequestFrame) << 5, r.Type}
	switch r.Type {
	case 0, 2:
		b = appendReversed(b, r.NetID[:])
	case 1:
		b = appendReversed(b, r.Join[:])
	default:
		return nil, fmt.Errorf("%w: no rejoin-request of a known type", ErrFrame)
	}
	b = appendReversed(b, r.DevEUI[:])
	b = binary.LittleEndian.AppendUint16(b, r.Count)
	mic := newMAC(key).sum(b)
	return append(b, mic[:4]...), nil
}

// NetID is the 24-bit identifier of a network, most significant byte first.
type NetID [3]byte

// JoinAccept is a network's answer to a join-request.
type JoinAccept struct {
	JoinNonce  uint32 // 24 bits
	NetID      NetID
	DevAddr    DevAddr
	DLSettings byte // bit 7 is OptNeg: the network speaks 1.1
	RxDelay    byte
	CFList     []byte // nil or 16 bytes
}

// OptNeg says whether the network derives the keys of LoRaWAN 1.1.
func (a *JoinAccept) OptNeg() bool { return a.DLSettings&0x80 != 0 }

// Plain is the join-accept in the clear, up to the MIC, as it never is on air.
func (a *JoinAccept) Plain() []byte { return a.plain() }

func (a *JoinAccept) plain() []byte {
	b := []byte{byte(JoinAcceptFrame) << 5, byte(a.JoinNonce), byte(a.JoinNonce >> 8), byte(a.JoinNonce >> 16)}
	b = appendReversed(b, a.NetID[:])
	b = appendReversed(b, a.DevAddr[:])
	b = append(b, a.DLSettings, a.RxDelay)
	return append(b, a.CFList...)
}

func parseJoinAccept(plain []byte) JoinAccept {
	return JoinAccept{
		JoinNonce:  uint32(plain[1]) | uint32(plain[2])<<8 | uint32(plain[3])<<16,
		NetID:      NetID{plain[6], plain[5], plain[4]},
		DevAddr:    DevAddr{plain[10], plain[9], plain[8], plain[7]},
		DLSettings: plain[11], RxDelay: plain[12],
		CFList: cloned(plain[13 : len(plain)-4]),
	}
}

func reversedEUI(b []byte) (e DevEUI) {
	for i := range e {
		e[i] = b[7-i]
	}
	return e
}

func appendReversed(b, v []byte) []byte {
	for _, c := range slices.Backward(v) {
		b = append(b, c)
	}
	return b
}
