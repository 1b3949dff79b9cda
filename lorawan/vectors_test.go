package lorawan

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	brocaar "github.com/brocaar/lorawan"
)

type vector struct {
	ID, Kind, MAC, Phy, Message string
	PhyAccept                   string `json:"phy_accept"`
	Keys                        map[string]string
	FCnt                        uint32   `json:"f_cnt"`
	ConfFCnt                    uint16   `json:"conf_f_cnt"`
	TxDR                        uint8    `json:"tx_dr"`
	TxCh                        uint8    `json:"tx_ch"`
	DevAddr                     string   `json:"dev_addr"`
	DevEUI                      string   `json:"dev_eui"`
	DevNonce                    string   `json:"dev_nonce"`
	JoinNonce                   string   `json:"join_nonce"`
	NetID                       string   `json:"net_id"`
	JoinEUI                     string   `json:"join_eui"`
	JoinEUIOrNetID              string   `json:"join_eui_or_netid"`
	JoinReqType                 uint8    `json:"join_req_type"`
	FCntMSBRange                []uint32 `json:"fcnt_msb_range"`
	Expect                      map[string]any
}

type vectors struct {
	Vectors []vector
	Rebuild struct {
		Cases [][3]uint32
	} `json:"fcnt_reconstruction"`
}

func loadVectors(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/phy_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Vectors) < 60 {
		t.Fatalf("%d vectors", len(v.Vectors))
	}
	return v
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v *vector) key(t testing.TB, names ...string) Key {
	t.Helper()
	for _, n := range names {
		if s, ok := v.Keys[n]; ok {
			k, err := ParseKey(s)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
	}
	return Key{}
}

func (v *vector) session(t testing.TB, addr DevAddr) *Session {
	t.Helper()
	version := LoRaWAN10
	if v.MAC == "1.1" {
		version = LoRaWAN11
	}
	return NewSession(version, addr, SessionKeys{
		AppSKey:     v.key(t, "app_s_key"),
		FNwkSIntKey: v.key(t, "f_nwk_s_int_key", "nwk_s_key"),
		SNwkSIntKey: v.key(t, "s_nwk_s_int_key", "nwk_s_key"),
		NwkSEncKey:  v.key(t, "nwk_s_enc_key", "nwk_s_key"),
	})
}

func number16(t testing.TB, s string) uint16 { return uint16(number(t, s)) }

func number(t testing.TB, s string) (n uint32) {
	t.Helper()
	for _, b := range unhex(t, s) {
		n = n<<8 | uint32(b)
	}
	return n
}

// expect checks the fields of a vector that are there.
func (v *vector) expect(t *testing.T, got map[string]string) {
	t.Helper()
	for name, value := range got {
		if want, ok := v.Expect[name].(string); ok && !strings.EqualFold(want, value) {
			t.Errorf("%s is %s, want %s", name, value, want)
		}
	}
}

func (v *vector) valid(t *testing.T, name string, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrMIC) {
		t.Errorf("%v", err)
	}
	if want, ok := v.Expect[name].(bool); ok && want != (err == nil) {
		t.Errorf("%s: got %v, want %v", name, err, want)
	}
}

func TestPublishedVectors(t *testing.T) {
	for _, v := range loadVectors(t).Vectors {
		t.Run(v.ID, func(t *testing.T) {
			phy := unhex(t, v.Phy)
			before := string(phy)
			switch v.Kind {
			case "data_up", "data_down", "mic_down":
				v.data(t, phy)
			case "fcnt_search":
				f, err := ParseFrame(phy)
				if err != nil {
					t.Fatal(err)
				}
				for high := v.FCntMSBRange[0]; high <= v.FCntMSBRange[1]; high++ {
					v.FCnt = high<<16 | uint32(f.FCnt)
					if v.session(t, f.DevAddr).VerifyUp(phy, v.FCnt, Radio{}) == nil {
						break
					}
				}
				if want := uint32(v.Expect["f_cnt"].(float64)); v.FCnt != want {
					t.Errorf("f_cnt %d, want %d", v.FCnt, want)
				}
				v.data(t, phy)
			case "parse_only":
				f, err := ParseFrame(phy)
				if err != nil {
					t.Fatal(err)
				}
				if f.FCnt != uint16(v.Expect["f_cnt16"].(float64)) || f.FPort != uint8(v.Expect["f_port"].(float64)) {
					t.Errorf("%+v", f)
				}
				v.expect(t, map[string]string{"dev_addr": f.DevAddr.String(), "fopts": hex.EncodeToString(f.FOpts), "mic": hex.EncodeToString(f.MIC[:])})
			case "join_request", "join_pair":
				j, err := ParseJoinRequest(phy)
				if err != nil {
					t.Fatal(err)
				}
				root := v.key(t, "app_key", "nwk_key")
				v.valid(t, "mic_valid", VerifyJoin(root, phy))
				v.expect(t, map[string]string{"dev_eui": j.DevEUI.String(), "join_eui": j.JoinEUI.String(), "dev_nonce": hex.EncodeToString(nonce16(j.DevNonce)), "mic": hex.EncodeToString(phy[19:])})
				if v.Expect["mic_valid"] == true && string(j.Seal(root)) != string(phy) {
					t.Errorf("sealed again it is %x", j.Seal(root))
				}
				if v.Kind == "join_pair" {
					_, err := OpenJoinAccept(root, unhex(t, v.PhyAccept))
					v.valid(t, "accept_mic_valid", err)
				}
			case "join_accept":
				root := v.key(t, "app_key")
				a, err := OpenJoinAccept(root, phy)
				v.valid(t, "mic_valid", err)
				if err != nil {
					return
				}
				again, err := a.Seal(root)
				if err != nil || string(again) != string(phy) {
					t.Errorf("sealed again it is %x, %v", again, err)
				}
				v.expect(t, map[string]string{"plain": hex.EncodeToString(a.plain()) + hex.EncodeToString(micOf(root, a.plain())),
					"dev_addr": a.DevAddr.String(), "net_id": hex.EncodeToString(a.NetID[:]), "join_nonce": hex.EncodeToString(nonce24(a.JoinNonce))})
				if v.DevNonce != "" {
					k := DeriveKeys10(root, &a, number16(t, v.DevNonce))
					v.expect(t, map[string]string{"nwk_s_key": hex.EncodeToString(k.FNwkSIntKey[:]), "app_s_key": hex.EncodeToString(k.AppSKey[:])})
				}
			case "join_accept_plain":
				a := parseJoinAccept(phy)
				v.expect(t, map[string]string{"dev_addr": a.DevAddr.String(), "net_id": hex.EncodeToString(a.NetID[:]),
					"join_nonce": hex.EncodeToString(nonce24(a.JoinNonce)), "mic": hex.EncodeToString(micOf(v.key(t, "app_key"), a.plain()))})
			case "join_accept_mic_11":
				mic := micJoinAccept11(v.key(t, "js_int_key"), v.JoinReqType, DevEUI(unhex(t, v.JoinEUI)), number16(t, v.DevNonce), phy[:len(phy)-4])
				v.expect(t, map[string]string{"mic": hex.EncodeToString(mic[:])})
			case "rejoin_request":
				r, err := ParseRejoinRequest(phy)
				if err != nil || float64(r.Type) != v.Expect["rejoin_type"] {
					t.Errorf("%+v %v", r, err)
				}
				v.valid(t, "mic_valid", VerifyJoin(v.key(t, "key"), phy))
			case "keys_10":
				a := JoinAccept{JoinNonce: number(t, v.JoinNonce), NetID: NetID(unhex(t, v.NetID))}
				k := DeriveKeys10(v.key(t, "app_key"), &a, number16(t, v.DevNonce))
				v.expect(t, map[string]string{"nwk_s_key": hex.EncodeToString(k.FNwkSIntKey[:]), "app_s_key": hex.EncodeToString(k.AppSKey[:])})
			case "keys_11":
				k := deriveKeys11(v.key(t, "nwk_key"), v.key(t, "app_key"), number(t, v.JoinNonce), unhex(t, v.JoinEUIOrNetID), number16(t, v.DevNonce))
				v.expect(t, map[string]string{"app_s_key": hex.EncodeToString(k.AppSKey[:]), "f_nwk_s_int_key": hex.EncodeToString(k.FNwkSIntKey[:]),
					"s_nwk_s_int_key": hex.EncodeToString(k.SNwkSIntKey[:]), "nwk_s_enc_key": hex.EncodeToString(k.NwkSEncKey[:])})
			case "js_keys":
				jsInt, jsEnc := JoinServerKeys(v.key(t, "nwk_key"), DevEUI(unhex(t, v.DevEUI)))
				v.expect(t, map[string]string{"js_int_key": hex.EncodeToString(jsInt[:]), "js_enc_key": hex.EncodeToString(jsEnc[:])})
			case "frm_crypto":
				plain := DecryptPayload(v.key(t, "key"), DevAddr(unhex(t, v.DevAddr)), v.FCnt, unhex(t, v.Expect["cipher"].(string)))
				v.expect(t, map[string]string{"plain": hex.EncodeToString(plain), "frm_plain_by_verifier": hex.EncodeToString(plain)})
			case "fopts_crypto":
				s := Session{addr: DevAddr(unhex(t, v.DevAddr))}
				out := make([]byte, 4)
				s.stream(out, unhex(t, v.Expect["cipher"].(string)), newBlock(v.key(t, "key")), dirUp, fOptsUpOrNetwork, v.FCnt)
				v.expect(t, map[string]string{"plain": hex.EncodeToString(out)})
			case "cmac":
				m := newMAC(v.key(t, "key")).sum(unhex(t, v.Message))
				v.expect(t, map[string]string{"mac": hex.EncodeToString(m[:])})
			case "keywrap":
				k, err := UnwrapKey(v.key(t, "kek"), unhex(t, v.Expect["wrapped"].(string)))
				if err != nil {
					t.Fatal(err)
				}
				v.expect(t, map[string]string{"plain": hex.EncodeToString(k[:])})
			case "malformed":
				if parseAny(phy) == nil {
					t.Error("was parsed")
				}
			default:
				t.Fatalf("nothing tests a %s", v.Kind)
			}
			if before != string(phy) {
				t.Error("the frame was overwritten")
			}
		})
	}
}

func micOf(k Key, b []byte) []byte {
	m := newMAC(k).sum(b)
	return m[:4]
}

func parseAny(phy []byte) error {
	t, err := frameType(phy)
	if err != nil {
		return err
	}
	switch t {
	case JoinRequestFrame:
		_, err = ParseJoinRequest(phy)
	case JoinAcceptFrame:
		_, err = OpenJoinAccept(Key{}, phy)
	case RejoinRequestFrame:
		_, err = ParseRejoinRequest(phy)
	default:
		_, err = ParseFrame(phy)
	}
	return err
}

func (v *vector) data(t *testing.T, phy []byte) {
	t.Helper()
	f, err := ParseFrame(phy)
	if err != nil {
		t.Fatal(err)
	}
	s := v.session(t, f.DevAddr)
	dir, radio := byte(dirUp), Radio{DR: v.TxDR, Channel: v.TxCh, ConfFCnt: v.ConfFCnt}
	if v.Kind == "data_up" || v.Kind == "fcnt_search" {
		v.valid(t, "mic_valid", s.VerifyUp(phy, v.FCnt, radio))
	} else {
		dir = dirDown
		v.valid(t, "mic_valid", s.VerifyDown(phy, v.FCnt, v.ConfFCnt))
	}
	if want, ok := v.Expect["f_port"].(float64); ok && (!f.HasPort || uint8(want) != f.FPort) {
		t.Errorf("f_port %d", f.FPort)
	}
	v.expect(t, map[string]string{"dev_addr": f.DevAddr.String(), "fopts": hex.EncodeToString(f.FOpts)})
	if v.Expect["mic_valid"] == true {
		v.expect(t, map[string]string{"mic": hex.EncodeToString(f.MIC[:])})
	}
	clear := f
	s.crypt(nil, &clear, dir, v.FCnt)
	v.expect(t, map[string]string{"frm_plain": hex.EncodeToString(clear.Payload), "frm_plain_by_verifier": hex.EncodeToString(clear.Payload), "fopts_plain": hex.EncodeToString(clear.FOpts)})
	if v.Expect["mic_valid"] != true || v.Kind == "mic_down" {
		return
	}
	var again []byte
	if dir == dirUp {
		again, err = s.SealUp(clear, v.FCnt, radio)
	} else {
		again, err = s.SealDown(clear, v.FCnt, v.ConfFCnt)
	}
	if err != nil || string(again) != string(phy) {
		t.Errorf("sealed again it is %x, %v", again, err)
	}
}

func TestCountersAreCompletedAsChirpStackDoes(t *testing.T) {
	for _, c := range loadVectors(t).Rebuild.Cases {
		if got := FullFCnt(c[0], uint16(c[1])); got != c[2] {
			t.Errorf("next %d, got %d: %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func testKeys() SessionKeys {
	return SessionKeys{AppSKey: Key{1}, FNwkSIntKey: Key{2}, SNwkSIntKey: Key{3}, NwkSEncKey: Key{4}}
}

func TestASessionOpensWhatItsDeviceSeals(t *testing.T) {
	for _, version := range []Version{LoRaWAN10, LoRaWAN11} {
		keys := testKeys()
		if version == LoRaWAN10 {
			keys = Keys10(Key{2}, Key{1})
		}
		device, server := NewSession(version, DevAddr{1, 2, 3, 4}, keys), NewSession(version, DevAddr{1, 2, 3, 4}, keys)
		radio := Radio{DR: 5, Channel: 2, ConfFCnt: 7}
		for _, fCnt := range []uint32{0, 1, 5, 65535, 65536, 70000} {
			payload := []byte("seventeen bytes !")
			phy, err := device.SealUp(Frame{Type: ConfirmedUp, ACK: true, FOpts: []byte{2}, HasPort: true, FPort: 7, Payload: payload}, fCnt, radio)
			if err != nil {
				t.Fatal(err)
			}
			if string(payload) != "seventeen bytes !" {
				t.Fatal("sealing overwrote the payload")
			}
			f, got, err := server.OpenUp(phy, radio)
			if err != nil || got != fCnt || string(f.Payload) != string(payload) || string(f.FOpts) != "\x02" {
				t.Fatalf("version %d, counter %d: %+v %d %v", version, fCnt, f, got, err)
			}
			if _, _, err := server.OpenUp(phy, radio); !errors.Is(err, ErrReplay) {
				t.Fatalf("the same frame again: %v", err)
			}
			if version == LoRaWAN11 {
				if _, _, err := server.OpenUp(phy, Radio{DR: 4, Channel: 2, ConfFCnt: 7}); !errors.Is(err, ErrMIC) {
					t.Fatalf("on another data rate: %v", err)
				}
			}
			down, err := server.SealDown(Frame{Type: UnconfirmedDown, FOpts: []byte{6}, HasPort: true, FPort: 9, Payload: []byte("x")}, fCnt, 0)
			if err != nil {
				t.Fatal(err)
			}
			if d, err := device.OpenDown(down, fCnt, 0); err != nil || string(d.Payload) != "x" || string(d.FOpts) != "\x06" {
				t.Fatalf("down: %+v %v", d, err)
			}
		}
	}
}

func TestNoFirstByteButOneFitsAMIC(t *testing.T) {
	s := NewSession(LoRaWAN10, DevAddr{1}, Keys10(Key{2}, Key{1}))
	phy, err := s.SealUp(Frame{Type: UnconfirmedUp, HasPort: true, FPort: 1, Payload: []byte("x")}, 3, Radio{})
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for first := range 256 {
		phy[0] = byte(first)
		if _, err := ParseFrame(phy); err == nil && first&0b0001_1111 != 0 {
			t.Errorf("reserved bits or another major version are parsed: %08b", first)
		}
		other := NewSession(LoRaWAN10, DevAddr{1}, Keys10(Key{2}, Key{1}))
		if _, _, err := other.OpenUp(phy, Radio{}); err == nil {
			passed++
		}
	}
	if passed != 1 {
		t.Errorf("%d first bytes pass", passed)
	}
}

func TestAnyBitFlippedIsNoticed(t *testing.T) {
	s := NewSession(LoRaWAN10, DevAddr{1}, Keys10(Key{2}, Key{1}))
	phy, err := s.SealUp(Frame{Type: UnconfirmedUp, HasPort: true, FPort: 1, Payload: []byte("payload")}, 3, Radio{})
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(phy) {
		phy[bit/8] ^= 1 << (bit % 8)
		if _, _, err := NewSession(LoRaWAN10, DevAddr{1}, Keys10(Key{2}, Key{1})).OpenUp(phy, Radio{}); err == nil {
			t.Errorf("bit %d flipped passes", bit)
		}
		phy[bit/8] ^= 1 << (bit % 8)
	}
}

func TestJoiningUnder11(t *testing.T) {
	nwk, dev, join := Key{7}, DevEUI{1, 2}, DevEUI{3}
	jsInt, _ := JoinServerKeys(nwk, dev)
	a := JoinAccept{JoinNonce: 5, NetID: NetID{0, 0, 0x13}, DevAddr: DevAddr{1, 2, 3, 4}, DLSettings: 0x80, RxDelay: 1, CFList: make([]byte, 16)}
	phy, err := a.Seal11(nwk, jsInt, 0xff, join, 9)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenJoinAccept11(nwk, jsInt, 0xff, join, 9, phy)
	if err != nil || !got.OptNeg() || got.DevAddr != a.DevAddr || got.JoinNonce != 5 || len(got.CFList) != 16 {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := OpenJoinAccept11(nwk, jsInt, 0xff, join, 10, phy); !errors.Is(err, ErrMIC) {
		t.Errorf("for another nonce: %v", err)
	}
}

func TestAKeyIsNeverPrinted(t *testing.T) {
	k := Key{0xde, 0xad}
	if s := k.String() + k.GoString(); strings.Contains(s, "dead") || strings.Contains(s, "222") {
		t.Error(s)
	}
	if _, err := ParseKey("secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	if _, err := UnwrapKey(k, make([]byte, 24)); !errors.Is(err, ErrWrap) {
		t.Error(err)
	}
}

// TestBrocaarReadsWhatWeSeal holds frames of ours to another implementation.
func TestBrocaarReadsWhatWeSeal(t *testing.T) {
	s := NewSession(LoRaWAN10, DevAddr{1, 2, 3, 4}, Keys10(Key{2}, Key{1}))
	for n := range 60 {
		payload := make([]byte, n)
		phy, err := s.SealUp(Frame{Type: UnconfirmedUp, ADR: true, HasPort: true, FPort: 3, Payload: payload}, uint32(n)<<12, Radio{})
		if err != nil {
			t.Fatal(err)
		}
		var p brocaar.PHYPayload
		if err := p.UnmarshalBinary(phy); err != nil {
			t.Fatal(err)
		}
		p.MACPayload.(*brocaar.MACPayload).FHDR.FCnt = uint32(n) << 12
		if ok, err := p.ValidateUplinkDataMIC(brocaar.LoRaWAN1_0, 0, 0, 0, brocaar.AES128Key{2}, brocaar.AES128Key{2}); !ok || err != nil {
			t.Fatalf("%d bytes: %v %v", n, ok, err)
		}
	}
}

func FuzzFrames(f *testing.F) {
	for _, v := range loadVectors(f).Vectors {
		if b, err := hex.DecodeString(v.Phy); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, phy []byte) {
		before := string(phy)
		_ = parseAny(phy)
		fr, err := ParseFrame(phy)
		if err == nil && fr.Type.data() {
			b, err := fr.append(nil)
			if err != nil || string(append(b, fr.MIC[:]...)) != before && phy[5]&0x40 == 0 {
				t.Errorf("%x written again is %x, %v", before, b, err)
			}
			s := NewSession(LoRaWAN11, fr.DevAddr, testKeys())
			_, _, _ = s.OpenUp(phy, Radio{})
			_, _ = s.OpenDown(phy, 1, 0)
		}
		if before != string(phy) {
			t.Error("overwritten")
		}
	})
}

func BenchmarkFrame(b *testing.B) {
	keys := Keys10(Key{2}, Key{1})
	device := NewSession(LoRaWAN10, DevAddr{1}, keys)
	phy, err := device.SealUp(Frame{Type: UnconfirmedUp, HasPort: true, FPort: 1, Payload: make([]byte, 20)}, 3, Radio{})
	if err != nil {
		b.Fatal(err)
	}
	s := NewSession(LoRaWAN10, DevAddr{1}, keys)
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := s.VerifyUp(phy, 3, Radio{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Resume(0)
			if _, _, err := s.OpenUp(phy, Radio{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open append", func(b *testing.B) {
		b.ReportAllocs()
		room := make([]byte, 0, 256)
		for b.Loop() {
			s.Resume(0)
			if _, _, _, err := s.OpenUpAppend(room[:0], phy, Radio{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("brocaar", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var p brocaar.PHYPayload
			if err := p.UnmarshalBinary(phy); err != nil {
				b.Fatal(err)
			}
			if ok, _ := p.ValidateUplinkDataMIC(brocaar.LoRaWAN1_0, 0, 0, 0, brocaar.AES128Key{2}, brocaar.AES128Key{2}); !ok {
				b.Fatal("mic")
			}
			if err := p.DecryptFRMPayload(brocaar.AES128Key{1}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
