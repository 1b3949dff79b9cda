package lorawan

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	brocaar "github.com/brocaar/lorawan"
)

func seedFrames(f *testing.F, kinds ...string) {
	for _, v := range loadVectors(f).Vectors {
		for _, k := range kinds {
			if b, err := hex.DecodeString(v.Phy); err == nil && v.Kind == k {
				f.Add(b, uint32(v.FCnt), []byte{1, 2, 3})
			}
		}
	}
}

// FuzzSession seals what the fuzzer makes up and opens it again, in both directions
// and generations; then it takes a byte of the frame for another.
func FuzzSession(f *testing.F) {
	seedFrames(f, "data_up", "data_down")
	f.Fuzz(func(t *testing.T, payload []byte, fCnt uint32, opts []byte) {
		opts = opts[:min(len(opts), 15)]
		fCnt &= 0x7fffffff
		for _, version := range []Version{LoRaWAN10, LoRaWAN11} {
			keys := testKeys()
			if version == LoRaWAN10 {
				keys = Keys10(Key{2}, Key{1})
			}
			device, server := NewSession(version, DevAddr{1, 2, 3, 4}, keys), NewSession(version, DevAddr{1, 2, 3, 4}, keys)
			frame := Frame{Type: UnconfirmedUp, ACK: fCnt&1 != 0, FOpts: opts, HasPort: true, FPort: 1 + byte(fCnt)%223, Payload: payload}
			radio := Radio{DR: byte(fCnt), Channel: byte(fCnt >> 8), ConfFCnt: uint16(fCnt)}
			phy, err := device.SealUp(frame, fCnt, radio)
			if err != nil {
				if len(payload)+len(opts)+13 <= maxPHY {
					t.Fatalf("%d and %d bytes: %v", len(payload), len(opts), err)
				}
				return
			}
			server.Resume(fCnt)
			got, n, err := server.OpenUp(phy, radio)
			if err != nil || n != fCnt || !bytes.Equal(got.Payload, payload) || !bytes.Equal(got.FOpts, opts) {
				t.Fatalf("version %d, f_cnt %d: %+v %d %v", version, fCnt, got, n, err)
			}
			if version == LoRaWAN10 {
				var p brocaar.PHYPayload
				if err := p.UnmarshalBinary(phy); err == nil { // brocaar reads FOpts, and refuses commands it does not know
					p.MACPayload.(*brocaar.MACPayload).FHDR.FCnt = fCnt
					if ok, err := p.ValidateUplinkDataMIC(brocaar.LoRaWAN1_0, 0, 0, 0, brocaar.AES128Key{2}, brocaar.AES128Key{2}); len(opts) == 0 && (!ok || err != nil) {
						t.Fatalf("brocaar: %v %v", ok, err)
					}
				}
			}
			frame.Type = ConfirmedDown
			down, err := server.SealDown(frame, fCnt, uint16(fCnt))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := device.OpenDown(down, fCnt, uint16(fCnt)); err != nil || !bytes.Equal(got.Payload, payload) || !bytes.Equal(got.FOpts, opts) {
				t.Fatalf("down: %+v %v", got, err)
			}
			at := int(fCnt) % len(phy)
			phy[at] ^= 1 << (fCnt % 8)
			server.Resume(fCnt)
			if f, _, err := server.OpenUp(phy, radio); err == nil {
				t.Fatalf("byte %d changed: %+v", at, f)
			}
		}
	})
}

// FuzzJoinAccept opens what the fuzzer makes up, and seals and opens join-accepts.
func FuzzJoinAccept(f *testing.F) {
	seedFrames(f, "join_accept", "join_accept_plain", "join_accept_mic_11")
	f.Fuzz(func(t *testing.T, phy []byte, nonce uint32, cfList []byte) {
		before := string(phy)
		root, jsInt, join := Key{1}, Key{2}, DevEUI{3}
		if _, err := OpenJoinAccept(root, phy); err != nil && !errors.Is(err, ErrFrame) && !errors.Is(err, ErrMIC) {
			t.Fatal(err)
		}
		_, _ = OpenJoinAccept11(root, jsInt, 0xff, join, uint16(nonce), phy)
		if before != string(phy) {
			t.Fatal("overwritten")
		}
		a := JoinAccept{JoinNonce: nonce, DLSettings: byte(nonce >> 3), RxDelay: byte(nonce), CFList: cfList}
		sealed, err := a.Seal(root)
		if err != nil {
			if nonce>>24 == 0 && (len(cfList) == 0 || len(cfList) == 16) {
				t.Fatal(err)
			}
			return
		}
		got, err := OpenJoinAccept(root, sealed)
		if err != nil || got.JoinNonce != nonce || !bytes.Equal(got.CFList, cfList) {
			t.Fatalf("%+v %v", got, err)
		}
		var p brocaar.PHYPayload
		if err := p.UnmarshalBinary(sealed); err != nil {
			t.Fatalf("brocaar: %v", err)
		}
		sealed, err = a.Seal11(root, jsInt, 0xff, join, uint16(nonce))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := OpenJoinAccept11(root, jsInt, 0xff, join, uint16(nonce), sealed); err != nil || got.DLSettings != a.DLSettings {
			t.Fatalf("1.1: %+v %v", got, err)
		}
		if _, err := OpenJoinAccept11(root, Key{9}, 0xff, join, uint16(nonce), sealed); !errors.Is(err, ErrMIC) {
			t.Fatalf("another key: %v", err)
		}
	})
}

// FuzzMACCommands holds that what is read is what was written, to the byte.
func FuzzMACCommands(f *testing.F) {
	for _, v := range loadVectors(f).Vectors {
		for _, name := range []string{"fopts", "fopts_plain"} {
			if s, ok := v.Expect[name].(string); ok {
				if b, err := hex.DecodeString(s); err == nil {
					f.Add(b, v.Kind != "data_down")
				}
			}
		}
	}
	f.Add([]byte{6, 254, 42, 3, 5, 0x0d}, true)
	f.Add([]byte{3, 0x52, 7, 0, 1, 0x0d, 1, 2, 3, 4, 5}, false)
	f.Fuzz(func(t *testing.T, b []byte, up bool) {
		all, rest, err := ParseMACCommands(b, up)
		if err != nil && !errors.Is(err, ErrFrame) {
			t.Fatal(err)
		}
		var again []byte
		for i := range all {
			again = all[i].Append(again)
		}
		if !bytes.Equal(append(again, rest...), b) {
			t.Errorf("%x is read as %+v and %x", b, all, rest)
		}
	})
}

// FuzzKeyWrap opens what the fuzzer makes up, and what was wrapped.
func FuzzKeyWrap(f *testing.F) {
	for _, v := range loadVectors(f).Vectors {
		if v.Kind == "keywrap" {
			f.Add(unhex(f, v.Keys["kek"]), unhex(f, v.Expect["wrapped"].(string)))
		}
	}
	f.Fuzz(func(t *testing.T, kek, wrapped []byte) {
		var k Key
		copy(k[:], kek)
		before := string(wrapped)
		got, err := UnwrapKey(k, wrapped)
		if before != string(wrapped) {
			t.Fatal("overwritten")
		}
		if err == nil && string(WrapKey(k, got)) != before {
			t.Errorf("%x opens, and wrapped again is %x", wrapped, WrapKey(k, got))
		}
		var inner Key
		copy(inner[:], wrapped)
		if got, err := UnwrapKey(k, WrapKey(k, inner)); err != nil || got != inner {
			t.Errorf("wrapped and opened: %v", err)
		}
	})
}

// FuzzCanonical holds that a frame's one form is a fixed point, and parses if the frame did.
func FuzzCanonical(f *testing.F) {
	for _, v := range loadVectors(f).Vectors {
		if b, err := hex.DecodeString(v.Phy); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, phy []byte) {
		c, err := Canonical(phy)
		if err != nil {
			if parseAny(phy) == nil && FrameType(phy[0]>>5) != JoinAcceptFrame {
				t.Errorf("%x is parsed and has no canonical form: %v", phy, err)
			}
			return
		}
		again, err := Canonical(c)
		if err != nil || !bytes.Equal(again, c) || !bytes.Equal(c[1:], phy[1:]) || c[0]&mhdrReserved != 0 {
			t.Errorf("%x becomes %x, then %x %v", phy, c, again, err)
		}
	})
}
