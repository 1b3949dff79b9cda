package lorawan

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
)

// Seal encrypts and signs a join-accept for a 1.0.x device, or for a 1.1 device
// when the network does not negotiate 1.1: AES decryption, so that devices need
// encryption only.
func (a *JoinAccept) Seal(root Key) ([]byte, error) {
	b, err := a.sealable()
	if err != nil {
		return nil, err
	}
	mic := newMAC(root).sum(b)
	return sealJoinAccept(root, append(b, mic[:4]...)), nil
}

// Seal11 seals a join-accept of 1.1. typ is 0xff for an answer to a join-request,
// else the type of the rejoin-request; enc is NwkKey, or JSEncKey after a
// rejoin-request.
func (a *JoinAccept) Seal11(enc, jsInt Key, typ byte, joinEUI DevEUI, devNonce uint16) ([]byte, error) {
	b, err := a.sealable()
	if err != nil {
		return nil, err
	}
	mic := micJoinAccept11(jsInt, typ, joinEUI, devNonce, b)
	return sealJoinAccept(enc, append(b, mic[:]...)), nil
}

func (a *JoinAccept) sealable() ([]byte, error) {
	if (len(a.CFList) != 0 && len(a.CFList) != 16) || a.JoinNonce>>24 != 0 {
		return nil, fmt.Errorf("%w: a CFList has 16 bytes, a JoinNonce 24 bits", ErrFrame)
	}
	return a.plain(), nil
}

func sealJoinAccept(k Key, b []byte) []byte {
	block := newBlock(k)
	for i := 1; i < len(b); i += 16 {
		block.Decrypt(b[i:i+16], b[i:i+16])
	}
	return b
}

// openJoinAccept gives the clear bytes of a join-accept.
func openJoinAccept(k Key, phy []byte) ([]byte, error) {
	if err := joinAcceptShape(phy); err != nil {
		return nil, err
	}
	plain := cloned(phy)
	block := newBlock(k)
	for i := 1; i < len(plain); i += 16 {
		block.Encrypt(plain[i:i+16], plain[i:i+16])
	}
	return plain, nil
}

// OpenJoinAccept checks and decrypts a join-accept of 1.0.x.
func OpenJoinAccept(root Key, phy []byte) (JoinAccept, error) {
	plain, err := openJoinAccept(root, phy)
	if err != nil {
		return JoinAccept{}, err
	}
	end := len(plain) - 4
	mic := newMAC(root).sum(plain[:end])
	if err := fits(mic[:4], plain[end:]); err != nil {
		return JoinAccept{}, err
	}
	return parseJoinAccept(plain), nil
}

// OpenJoinAccept11 checks and decrypts a join-accept of 1.1; the arguments are
// those of Seal11.
func OpenJoinAccept11(enc, jsInt Key, typ byte, joinEUI DevEUI, devNonce uint16, phy []byte) (JoinAccept, error) {
	plain, err := openJoinAccept(enc, phy)
	if err != nil {
		return JoinAccept{}, err
	}
	end := len(plain) - 4
	mic := micJoinAccept11(jsInt, typ, joinEUI, devNonce, plain[:end])
	if err := fits(mic[:], plain[end:]); err != nil {
		return JoinAccept{}, err
	}
	return parseJoinAccept(plain), nil
}

func micJoinAccept11(jsInt Key, typ byte, joinEUI DevEUI, devNonce uint16, plain []byte) [4]byte {
	b := appendReversed([]byte{typ}, joinEUI[:])
	b = binary.LittleEndian.AppendUint16(b, devNonce)
	m := newMAC(jsInt).sum(append(b, plain...))
	return [4]byte(m[:4])
}

// derive encrypts a type byte and fields, most significant byte first each, into
// a key (LoRaWAN L2 1.1, section 6.2.5).
func derive(root Key, typ byte, fields ...[]byte) (k Key) {
	b := append(make([]byte, 0, 16), typ)
	for _, f := range fields {
		b = appendReversed(b, f)
	}
	newBlock(root).Encrypt(k[:], b[:16:16])
	return k
}

func nonce24(n uint32) []byte { return []byte{byte(n >> 16), byte(n >> 8), byte(n)} }
func nonce16(n uint16) []byte { return []byte{byte(n >> 8), byte(n)} }

// DeriveKeys10 derives the session keys of a 1.0.x join.
func DeriveKeys10(appKey Key, a *JoinAccept, devNonce uint16) SessionKeys {
	key := func(typ byte) Key {
		return derive(appKey, typ, nonce24(a.JoinNonce), a.NetID[:], nonce16(devNonce))
	}
	return Keys10(key(1), key(2))
}

// DeriveKeys11 derives the session keys of a 1.1 join.
func DeriveKeys11(nwkKey, appKey Key, a *JoinAccept, joinEUI DevEUI, devNonce uint16) SessionKeys {
	return deriveKeys11(nwkKey, appKey, a.JoinNonce, joinEUI[:], devNonce)
}

func deriveKeys11(nwkKey, appKey Key, joinNonce uint32, joinEUI []byte, devNonce uint16) SessionKeys {
	key := func(root Key, typ byte) Key {
		return derive(root, typ, nonce24(joinNonce), joinEUI, nonce16(devNonce))
	}
	return SessionKeys{FNwkSIntKey: key(nwkKey, 1), AppSKey: key(appKey, 2), SNwkSIntKey: key(nwkKey, 3), NwkSEncKey: key(nwkKey, 4)}
}

// JoinServerKeys derives the keys by which a 1.1 join server signs (jsInt) and
// encrypts (jsEnc) rejoin answers.
func JoinServerKeys(nwkKey Key, dev DevEUI) (jsInt, jsEnc Key) {
	return derive(nwkKey, 6, dev[:]), derive(nwkKey, 5, dev[:])
}

// WrapKey puts a key into an envelope (RFC 3394).
func WrapKey(kek, k Key) []byte {
	block := newBlock(kek)
	b := [16]byte{0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6}
	r := cloned(k[:])
	for j := range 6 {
		for i := 1; i <= 2; i++ {
			copy(b[8:], r[8*(i-1):8*i])
			block.Encrypt(b[:], b[:])
			binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])^uint64(2*j+i))
			copy(r[8*(i-1):], b[8:])
		}
	}
	return append(cloned(b[:8]), r...)
}

// ErrWrap says that a wrapped key is not intact or was wrapped under another key.
var ErrWrap = errors.New("the wrapped key does not open")

// UnwrapKey opens a key envelope (RFC 3394), as join servers hand out AppSKeys.
func UnwrapKey(kek Key, wrapped []byte) (Key, error) {
	if len(wrapped) != 24 {
		return Key{}, ErrWrap
	}
	block := newBlock(kek)
	var b [16]byte // A, R[i]
	copy(b[:8], wrapped)
	r := cloned(wrapped[8:])
	for j := 5; j >= 0; j-- {
		for i := 2; i >= 1; i-- {
			t := binary.BigEndian.Uint64(b[:8]) ^ uint64(2*j+i)
			binary.BigEndian.PutUint64(b[:8], t)
			copy(b[8:], r[8*(i-1):8*i])
			block.Decrypt(b[:], b[:])
			copy(r[8*(i-1):], b[8:])
		}
	}
	want := [8]byte{0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6}
	if subtle.ConstantTimeCompare(b[:8], want[:]) != 1 {
		return Key{}, ErrWrap
	}
	return Key(r), nil
}
