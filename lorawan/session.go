package lorawan

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Key is an AES-128 key of LoRaWAN. Printing one prints no secret.
type Key [16]byte

// ParseKey reads 32 hexadecimal digits.
func ParseKey(s string) (k Key, err error) {
	if len(s) != 2*len(k) {
		return Key{}, errors.New("not a key: want 32 hexadecimal digits")
	}
	if _, err := hex.Decode(k[:], []byte(s)); err != nil {
		return Key{}, errors.New("not a key: want 32 hexadecimal digits")
	}
	return k, nil
}

// String hides the key.
func (k Key) String() string { return "(key)" }

// GoString hides the key.
func (k Key) GoString() string { return "(key)" }

func newBlock(k Key) cipher.Block {
	b, err := aes.NewCipher(k[:])
	if err != nil {
		panic("bug: a 16-byte key is refused")
	}
	return b
}

// mac computes AES-CMAC (RFC 4493) with its key schedule and subkeys kept. The
// scratch is part of it, so that a sum allocates nothing; one goroutine at a time.
type mac struct {
	block  cipher.Block
	k1, k2 [16]byte
	x      [16]byte
}

func newMAC(k Key) *mac {
	m := &mac{block: newBlock(k)}
	m.block.Encrypt(m.x[:], m.x[:])
	m.k1 = doubled(m.x)
	m.k2 = doubled(m.k1)
	return m
}

// doubled multiplies by x in GF(2^128).
func doubled(v [16]byte) (d [16]byte) {
	for i := range 15 {
		d[i] = v[i]<<1 | v[i+1]>>7
	}
	d[15] = v[15]<<1 ^ 0x87*(v[0]>>7)
	return d
}

// sum is the CMAC of a message.
func (m *mac) sum(msg []byte) [16]byte {
	m.x = [16]byte{}
	return m.finish(msg)
}

// sumBehind is the CMAC of a block and a message that is not empty.
func (m *mac) sumBehind(b0 [16]byte, msg []byte) [16]byte {
	m.block.Encrypt(m.x[:], m.into(b0))
	return m.finish(msg)
}

func (m *mac) into(b [16]byte) []byte {
	m.x = b
	return m.x[:]
}

func (m *mac) finish(msg []byte) [16]byte {
	for len(msg) > 16 {
		subtle.XORBytes(m.x[:], m.x[:], msg[:16])
		m.block.Encrypt(m.x[:], m.x[:])
		msg = msg[16:]
	}
	subtle.XORBytes(m.x[:], m.x[:], msg)
	last := &m.k1
	if len(msg) < 16 {
		m.x[len(msg)] ^= 0x80
		last = &m.k2
	}
	subtle.XORBytes(m.x[:], m.x[:], last[:])
	m.block.Encrypt(m.x[:], m.x[:])
	return m.x
}

func fits(want, got []byte) error {
	if subtle.ConstantTimeCompare(want, got) != 1 {
		return ErrMIC
	}
	return nil
}

// Version is the generation of a device's MAC layer.
type Version uint8

// The generations that differ in their cryptography.
const (
	LoRaWAN10 Version = iota // 1.0.x
	LoRaWAN11                // 1.1
)

// SessionKeys are the keys of an activated device. In 1.0.x the three network
// keys are one, NwkSKey.
type SessionKeys struct {
	AppSKey     Key
	FNwkSIntKey Key
	SNwkSIntKey Key
	NwkSEncKey  Key
}

// Keys10 gives the session keys of a 1.0.x device.
func Keys10(nwkSKey, appSKey Key) SessionKeys {
	return SessionKeys{AppSKey: appSKey, FNwkSIntKey: nwkSKey, SNwkSIntKey: nwkSKey, NwkSEncKey: nwkSKey}
}

// Radio is what the MIC of a 1.1 uplink covers beyond the frame.
type Radio struct {
	DR       uint8
	Channel  uint8
	ConfFCnt uint16 // counter of the confirmed frame an ACK answers
}

// Session is an activated device with its key schedules expanded: sealing or
// opening a frame costs AES alone. It is used by one goroutine at a time.
type Session struct {
	version Version
	addr    DevAddr
	next    uint32 // uplink counter expected next
	seen    bool   // an uplink was opened
	f, s    *mac
	enc     cipher.Block // NwkSEncKey
	app     cipher.Block
	a, ks   [16]byte // scratch of the stream cipher
}

// NewSession expands the keys of a device.
func NewSession(v Version, addr DevAddr, k SessionKeys) *Session {
	s := &Session{version: v, addr: addr, f: newMAC(k.FNwkSIntKey), enc: newBlock(k.NwkSEncKey), app: newBlock(k.AppSKey)}
	s.s = s.f
	if k.SNwkSIntKey != k.FNwkSIntKey {
		s.s = newMAC(k.SNwkSIntKey)
	}
	return s
}

// DevAddr is the address the session has in its network.
func (s *Session) DevAddr() DevAddr { return s.addr }

// NextFCnt is the uplink counter expected next.
func (s *Session) NextFCnt() uint32 { return s.next }

// Resume sets the uplink counter expected next, as a store remembered it.
func (s *Session) Resume(next uint32) { s.next, s.seen = next, next > 0 }

const (
	dirUp   = 0
	dirDown = 1
)

// b0 is the block the MIC begins with (LoRaWAN L2 1.1, section 4.4).
func (s *Session) b0(dir byte, fCnt uint32, length int) (b [16]byte) {
	b[0], b[5], b[15] = 0x49, dir, byte(length)
	s.putAddrAndCounter(&b, fCnt)
	return b
}

func (s *Session) putAddrAndCounter(b *[16]byte, fCnt uint32) {
	b[6], b[7], b[8], b[9] = s.addr[3], s.addr[2], s.addr[1], s.addr[0]
	binary.LittleEndian.PutUint32(b[10:], fCnt)
}

// micUp computes the MIC of an uplink's bytes up to the MIC.
func (s *Session) micUp(msg []byte, fCnt uint32, ack bool, r Radio) (mic [4]byte) {
	b := s.b0(dirUp, fCnt, len(msg))
	f := s.f.sumBehind(b, msg)
	if s.version == LoRaWAN10 {
		return [4]byte(f[:4])
	}
	if ack {
		binary.LittleEndian.PutUint16(b[1:], r.ConfFCnt)
	}
	b[3], b[4] = r.DR, r.Channel
	serving := s.s.sumBehind(b, msg)
	return [4]byte{serving[0], serving[1], f[0], f[1]}
}

func (s *Session) micDown(msg []byte, fCnt uint32, ack bool, confFCnt uint16) [4]byte {
	b := s.b0(dirDown, fCnt, len(msg))
	if s.version == LoRaWAN11 && ack {
		binary.LittleEndian.PutUint16(b[1:], confFCnt)
	}
	m := s.s.sumBehind(b, msg)
	return [4]byte(m[:4])
}

// stream runs LoRaWAN's counter mode over src into dst, which may be src. special
// is the byte before the direction: 0 for FRMPayload, else the flavour of FOpts.
func (s *Session) stream(dst, src []byte, block cipher.Block, dir, special byte, fCnt uint32) {
	s.a = [16]byte{0: 0x01, 4: special, 5: dir}
	s.putAddrAndCounter(&s.a, fCnt)
	for i := 0; len(src) > 0; i++ {
		s.a[15] = byte(i + 1)
		block.Encrypt(s.ks[:], s.a[:])
		n := subtle.XORBytes(dst, src, s.ks[:])
		dst, src = dst[n:], src[n:]
	}
}

// relayPort carries the frames a relay forwards: network business (TS011-1.0.1,
// section 5.2).
const relayPort = 226

func (s *Session) payloadKey(port uint8) cipher.Block {
	if port == 0 || port == relayPort {
		return s.enc
	}
	return s.app
}

// Flavours of the counter FOpts are encrypted under (LoRaWAN L2 1.1, errata).
const (
	fOptsUpOrNetwork  = 1 // FCntUp, NFCntDown
	fOptsApplications = 2 // AFCntDown
)

// crypt encrypts or decrypts payload and FOpts of a frame, appending both to dst,
// of which it returns the rest: the frame's slices are parts of it and overlap
// neither each other nor what they were read from.
func (s *Session) crypt(dst []byte, f *Frame, dir byte, fCnt uint32) []byte {
	if n := len(f.Payload) + len(f.FOpts); n > 0 {
		dst = slices.Grow(dst, n)
	}
	if f.Payload = emptied(f.Payload); f.Payload != nil {
		var out []byte
		dst, out = extend(dst, len(f.Payload))
		s.stream(out, f.Payload, s.payloadKey(f.FPort), dir, 0, fCnt)
		f.Payload = out
	}
	if f.FOpts = emptied(f.FOpts); f.FOpts != nil {
		var out []byte
		dst, out = extend(dst, len(f.FOpts))
		if s.version == LoRaWAN11 {
			flavour := byte(fOptsUpOrNetwork)
			if dir == dirDown && f.HasPort && f.FPort > 0 {
				flavour = fOptsApplications
			}
			s.stream(out, f.FOpts, s.enc, dir, flavour, fCnt)
		} else {
			copy(out, f.FOpts)
		}
		f.FOpts = out
	}
	return dst
}

// emptied makes an empty slice nil: it must not keep the bytes alive it was cut from.
func emptied(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// extend lengthens a slice and gives the new part, which cannot grow into what follows.
func extend(b []byte, n int) (all, part []byte) {
	all = b[:len(b)+n]
	return all, all[len(b):len(all):len(all)]
}

// SealUp encrypts and signs an uplink: f holds clear FOpts and Payload, of which
// nothing is changed; DevAddr and FCnt of f are set by the session.
func (s *Session) SealUp(f Frame, fCnt uint32, r Radio) ([]byte, error) {
	if f.Type != UnconfirmedUp && f.Type != ConfirmedUp {
		return nil, fmt.Errorf("%w a device sends", ErrFrame)
	}
	f.DevAddr, f.FCnt = s.addr, uint16(fCnt)
	s.crypt(nil, &f, dirUp, fCnt)
	b, err := f.append(make([]byte, 0, dataMin+1+len(f.FOpts)+len(f.Payload)))
	if err != nil {
		return nil, err
	}
	mic := s.micUp(b, fCnt, f.ACK, r)
	return append(b, mic[:]...), nil
}

// SealDown encrypts and signs a downlink.
func (s *Session) SealDown(f Frame, fCnt uint32, confFCnt uint16) ([]byte, error) {
	if f.Type != UnconfirmedDown && f.Type != ConfirmedDown {
		return nil, fmt.Errorf("%w a network sends", ErrFrame)
	}
	f.DevAddr, f.FCnt = s.addr, uint16(fCnt)
	s.crypt(nil, &f, dirDown, fCnt)
	b, err := f.append(make([]byte, 0, dataMin+1+len(f.FOpts)+len(f.Payload)))
	if err != nil {
		return nil, err
	}
	mic := s.micDown(b, fCnt, f.ACK, confFCnt)
	return append(b, mic[:]...), nil
}

// VerifyUp checks the MIC of an uplink under a full counter.
func (s *Session) VerifyUp(phy []byte, fCnt uint32, r Radio) error {
	if len(phy) < dataMin {
		return fmt.Errorf("%w: too short", ErrFrame)
	}
	msg := phy[:len(phy)-4]
	mic := s.micUp(msg, fCnt, phy[5]&0x20 != 0, r)
	return fits(mic[:], phy[len(phy)-4:])
}

// VerifyDown checks the MIC of a downlink under a full counter.
func (s *Session) VerifyDown(phy []byte, fCnt uint32, confFCnt uint16) error {
	if len(phy) < dataMin {
		return fmt.Errorf("%w: too short", ErrFrame)
	}
	msg := phy[:len(phy)-4]
	mic := s.micDown(msg, fCnt, phy[5]&0x20 != 0, confFCnt)
	return fits(mic[:], phy[len(phy)-4:])
}

// OpenUp checks and decrypts an uplink and takes its counter as used. The frame
// has its clear Payload and FOpts; the full counter comes with it. A counter used
// before gives ErrReplay.
func (s *Session) OpenUp(phy []byte, r Radio) (Frame, uint32, error) {
	f, fCnt, _, err := s.OpenUpAppend(nil, phy, r)
	return f, fCnt, err
}

// OpenUpAppend is OpenUp with the clear bytes appended to dst, which comes back
// longer: with room in dst nothing is allocated. The frame's Payload and FOpts are
// parts of it, good until the caller uses dst again. dst must not overlap phy.
func (s *Session) OpenUpAppend(dst, phy []byte, r Radio) (Frame, uint32, []byte, error) {
	f, err := parseFrame(phy)
	if err != nil {
		return Frame{}, 0, dst, err
	}
	if !f.Type.Up() || f.DevAddr != s.addr {
		return Frame{}, 0, dst, fmt.Errorf("%w of this device", ErrFrame)
	}
	fCnt := FullFCnt(s.next, f.FCnt)
	if err := s.VerifyUp(phy, fCnt, r); err != nil {
		return Frame{}, 0, dst, err
	}
	if s.seen && fCnt < s.next {
		return Frame{}, fCnt, dst, ErrReplay
	}
	dst = s.crypt(dst, &f, dirUp, fCnt)
	s.next, s.seen = fCnt+1, true
	return f, fCnt, dst, nil
}

// OpenDown checks and decrypts a downlink under a full counter.
func (s *Session) OpenDown(phy []byte, fCnt uint32, confFCnt uint16) (Frame, error) {
	f, err := parseFrame(phy)
	if err != nil {
		return Frame{}, err
	}
	if f.Type.Up() || f.DevAddr != s.addr {
		return Frame{}, fmt.Errorf("%w for this device", ErrFrame)
	}
	if err := s.VerifyDown(phy, fCnt, confFCnt); err != nil {
		return Frame{}, err
	}
	s.crypt(nil, &f, dirDown, fCnt)
	return f, nil
}

// Decrypt decrypts a frame's Payload and FOpts under a full counter without a look
// at its MIC, for tools that show what a frame would say.
func (s *Session) Decrypt(f *Frame, fCnt uint32) {
	dir := byte(dirDown)
	if f.Type.Up() {
		dir = dirUp
	}
	s.crypt(nil, f, dir, fCnt)
}

// DecryptPayload decrypts application data a server passed on encrypted, given the
// AppSKey (LoRaWAN L2 1.0.4, section 4.3.3). data is left as it was.
func DecryptPayload(appSKey Key, addr DevAddr, fCnt uint32, data []byte) []byte {
	s := Session{addr: addr}
	out := make([]byte, len(data))
	s.stream(out, data, newBlock(appSKey), dirUp, 0, fCnt)
	return out
}
