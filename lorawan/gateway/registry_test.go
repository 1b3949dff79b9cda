package gateway

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"pgregory.net/rapid"
)

func key(b byte) (k lorawan.Key) {
	for i := range k {
		k[i] = b
	}
	return k
}

func newRegistry(t testing.TB) *Registry {
	t.Helper()
	r, err := RegionOf("eu868")
	if err != nil {
		t.Fatal(err)
	}
	return NewRegistry(r)
}

func abp(n byte, v lorawan.Version) Device {
	d := Device{DevEUI: lorawan.DevEUI{7: n}, Version: v, ABP: true, DevAddr: lorawan.DevAddr{1, 2, 3, 4}, Keys: lorawan.Keys10(key(n), key(n+100))}
	if v == lorawan.LoRaWAN11 {
		d.Keys.SNwkSIntKey, d.Keys.NwkSEncKey = key(n+50), key(n+60)
	}
	return d
}

func register(t testing.TB, r *Registry, d Device) *lorawan.Session {
	t.Helper()
	if err := r.Set(d, false); err != nil {
		t.Fatal(err)
	}
	return lorawan.NewSession(d.Version, d.DevAddr, d.Keys)
}

// heard seals an uplink and lets a gateway hear it.
func heard(t testing.TB, s *lorawan.Session, fCnt uint32, radio lorawan.Radio, f lorawan.Frame) *Reception {
	t.Helper()
	f.Type = lorawan.UnconfirmedUp
	if f.Payload != nil {
		f.HasPort = true
	}
	if f.HasPort && f.FPort == 0 {
		f.FPort = 2
	}
	phy, err := s.SealUp(f, fCnt, radio)
	if err != nil {
		t.Fatal(err)
	}
	return &Reception{PHY: phy, Frequency: 868_300_000, Bandwidth: 125_000, SF: 12 - radio.DR}
}

func TestFramesOfRegisteredDevicesOpen(t *testing.T) {
	for _, v := range []lorawan.Version{lorawan.LoRaWAN10, lorawan.LoRaWAN11} {
		r := newRegistry(t)
		s := register(t, r, abp(1, v))
		for _, fCnt := range []uint32{0, 1, 5, 70, 65_535, 65_536, 100_000} {
			f := lorawan.Frame{Payload: []byte("a reading"), FOpts: []byte{2, 6, 9}}
			o, err := r.Open(heard(t, s, fCnt, lorawan.Radio{DR: 3, Channel: 1}, f))
			if err != nil || o.FCnt != fCnt || string(o.Frame.Payload) != "a reading" || !bytes.Equal(o.Frame.FOpts, f.FOpts) || o.DevEUI != abp(1, v).DevEUI || o.Session != "01020304" || o.DR != 3 {
				t.Errorf("version %d, f_cnt %d: %+v, %v", v, fCnt, o, err)
			}
		}
	}
}

func TestDevicesThatShareAnAddressAreToldApartByTheirKeys(t *testing.T) {
	r := newRegistry(t)
	var sessions []*lorawan.Session
	for n := byte(1); n <= 5; n++ {
		sessions = append(sessions, register(t, r, abp(n, lorawan.LoRaWAN10)))
	}
	for i, s := range sessions {
		o, err := r.Open(heard(t, s, uint32(10+i), lorawan.Radio{}, lorawan.Frame{Payload: []byte{byte(i)}}))
		if err != nil || o.DevEUI != (lorawan.DevEUI{7: byte(i + 1)}) || o.Frame.Payload[0] != byte(i) {
			t.Errorf("device %d: %+v, %v", i+1, o, err)
		}
	}
}

func TestEveryChangedBitIsNoticed(t *testing.T) {
	r := newRegistry(t)
	rx := heard(t, register(t, r, abp(1, lorawan.LoRaWAN10)), 7, lorawan.Radio{}, lorawan.Frame{Payload: []byte("x")})
	for bit := range 8 * len(rx.PHY) {
		forged := *rx
		forged.PHY = slices.Clone(rx.PHY)
		forged.PHY[bit/8] ^= 1 << (bit % 8)
		if o, err := r.Open(&forged); err == nil {
			t.Errorf("bit %d of a frame was changed and it opened: %+v", bit, o)
		}
	}
	if _, err := r.Open(rx); err != nil {
		t.Errorf("the forgeries used the counter up: %v", err)
	}
}

func TestCountersBehindOpenWithTheirTrueValue(t *testing.T) {
	r := newRegistry(t)
	s := register(t, r, abp(1, lorawan.LoRaWAN10))
	for _, c := range []uint32{70_000, 69_990, 70_000, 3, 65_530, 70_001} { // a late one, a repeat, a reset, one across 16 bits
		o, err := r.Open(heard(t, s, c, lorawan.Radio{}, lorawan.Frame{Payload: []byte("x")}))
		if err != nil || o.FCnt != c {
			t.Errorf("f_cnt %d: %d, %v", c, o.FCnt, err)
		}
	}
	if got := r.List()[0].FCnt; got != 70_002 {
		t.Errorf("a frame behind moved the counter: next is %d", got)
	}
}

func TestADeviceFirstHeardLateIsFound(t *testing.T) {
	r := newRegistry(t)
	s := register(t, r, abp(1, lorawan.LoRaWAN10))
	if o, err := r.Open(heard(t, s, 9<<16|77, lorawan.Radio{}, lorawan.Frame{Payload: []byte("x")})); err != nil || o.FCnt != 9<<16|77 {
		t.Errorf("got %d, %v", o.FCnt, err)
	}
}

func TestWithoutAppSKeyThePayloadStaysSealed(t *testing.T) {
	r := newRegistry(t)
	d := abp(1, lorawan.LoRaWAN10)
	s := lorawan.NewSession(d.Version, d.DevAddr, d.Keys)
	app := d.Keys.AppSKey
	d.Keys.AppSKey, d.Sealed = lorawan.Key{}, true
	register(t, r, d)
	o, err := r.Open(heard(t, s, 4, lorawan.Radio{}, lorawan.Frame{Payload: []byte("secret")}))
	if err != nil || !o.Sealed || string(o.Frame.Payload) == "secret" {
		t.Fatalf("%+v, %v", o, err)
	}
	if got := lorawan.DecryptPayload(app, d.DevAddr, 4, o.Frame.Payload); string(got) != "secret" {
		t.Errorf("whoever has the key reads %q", got)
	}
}

func TestA11MICCoversRateChannelAndAcknowledgedCounter(t *testing.T) {
	r := newRegistry(t)
	d := abp(1, lorawan.LoRaWAN11)
	s := register(t, r, d)
	added := heard(t, s, 1, lorawan.Radio{DR: 5, Channel: 6}, lorawan.Frame{Payload: []byte("x")})
	added.Frequency = 867_300_000 // a channel the network gave by MAC command
	if _, err := r.Open(added); err != nil {
		t.Errorf("an added channel: %v", err)
	}
	wrong := heard(t, s, 2, lorawan.Radio{DR: 5, Channel: 1}, lorawan.Frame{Payload: []byte("x")})
	wrong.SF = 9
	if _, err := r.Open(wrong); !errors.Is(err, lorawan.ErrMIC) {
		t.Errorf("another data rate than was signed: %v", err)
	}
	down, err := s.SealDown(lorawan.Frame{Type: lorawan.ConfirmedDown}, 4711, 0)
	if err != nil {
		t.Fatal(err)
	}
	ack := heard(t, s, 3, lorawan.Radio{DR: 5, Channel: 1, ConfFCnt: 4711}, lorawan.Frame{ACK: true, Payload: []byte("x")})
	if _, err := r.Open(ack); !errors.Is(err, lorawan.ErrMIC) {
		t.Errorf("an acknowledgement of a downlink nobody saw: %v", err)
	}
	r.Downlink(down)
	if _, err := r.Open(ack); err != nil {
		t.Errorf("an acknowledgement: %v", err)
	}
}

func otaa(v lorawan.Version) Device {
	return Device{DevEUI: lorawan.DevEUI{7: 9}, Version: v, JoinEUI: lorawan.DevEUI{7: 8}, AppKey: key(0xa), NwkKey: key(0xb)}
}

// network is the other side of a join.
func join(t *testing.T, r *Registry, d Device, nonce uint16, addr lorawan.DevAddr) *lorawan.Session {
	t.Helper()
	root := d.AppKey
	if d.Version == lorawan.LoRaWAN11 {
		root = d.NwkKey
	}
	if _, err := r.Join(lorawan.JoinRequest{JoinEUI: d.JoinEUI, DevEUI: d.DevEUI, DevNonce: nonce}.Seal(root)); err != nil {
		t.Fatalf("join %d: %v", nonce, err)
	}
	a := lorawan.JoinAccept{JoinNonce: uint32(nonce) + 1, DevAddr: addr, RxDelay: 1}
	var phy []byte
	var err error
	keys := lorawan.DeriveKeys10(root, &a, nonce)
	if d.Version == lorawan.LoRaWAN11 {
		a.DLSettings = 0x80
		jsInt, _ := lorawan.JoinServerKeys(d.NwkKey, d.DevEUI)
		phy, err = a.Seal11(d.NwkKey, jsInt, 0xff, d.JoinEUI, nonce)
		keys = lorawan.DeriveKeys11(d.NwkKey, d.AppKey, &a, d.JoinEUI, nonce)
	} else {
		phy, err = a.Seal(root)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // once for each receive window
		if !r.Downlink(phy) {
			t.Fatal("the join-accept was not recognised")
		}
	}
	return lorawan.NewSession(d.Version, addr, keys)
}

func TestAJoinIsFollowedPassively(t *testing.T) {
	for _, v := range []lorawan.Version{lorawan.LoRaWAN10, lorawan.LoRaWAN11} {
		r := newRegistry(t)
		d := otaa(v)
		if err := r.Set(d, false); err != nil {
			t.Fatal(err)
		}
		first := join(t, r, d, 1, lorawan.DevAddr{1, 1, 1, 1})
		open := func(s *lorawan.Session, fCnt uint32) (Opened, error) {
			return r.Open(heard(t, s, fCnt, lorawan.Radio{DR: 5, Channel: 1}, lorawan.Frame{Payload: []byte("joined")}))
		}
		if o, err := open(first, 0); err != nil || string(o.Frame.Payload) != "joined" || o.Session != "01010101" {
			t.Fatalf("version %d: %+v, %v", v, o, err)
		}
		again := join(t, r, d, 2, lorawan.DevAddr{1, 1, 1, 1}) // the network gives the same address again
		if _, err := open(first, 1); err != nil {
			t.Errorf("version %d: the old session ended before the new one spoke: %v", v, err)
		}
		again2 := join(t, r, d, 3, lorawan.DevAddr{1, 1, 1, 1})
		if o, err := open(again2, 0); err != nil || o.Session != "01010101-0003" {
			t.Errorf("version %d: a counter from 0 under the same address must be another session: %+v, %v", v, o, err)
		}
		for _, old := range []*lorawan.Session{first, again} {
			if _, err := open(old, 2); !errors.Is(err, lorawan.ErrMIC) {
				t.Errorf("version %d: an ended session still opens: %v", v, err)
			}
		}
	}
}

func TestAJoinNonceServesOnce(t *testing.T) {
	r := newRegistry(t)
	d := otaa(lorawan.LoRaWAN10)
	if err := r.Set(d, false); err != nil {
		t.Fatal(err)
	}
	join(t, r, d, 7, lorawan.DevAddr{1})
	request := lorawan.JoinRequest{JoinEUI: d.JoinEUI, DevEUI: d.DevEUI, DevNonce: 7}
	if _, err := r.Join(request.Seal(d.AppKey)); !errors.Is(err, ErrNonce) {
		t.Errorf("a replayed join-request: %v", err)
	}
	again := newRegistry(t)
	if _, err := again.Restore(d.DevEUI, r.State(d.DevEUI)); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Join(request.Seal(d.AppKey)); !errors.Is(err, ErrNonce) {
		t.Errorf("a replayed join-request after a restart: %v", err)
	}
	if _, err := r.Join(lorawan.JoinRequest{JoinEUI: d.JoinEUI, DevEUI: d.DevEUI, DevNonce: 8}.Seal(key(1))); !errors.Is(err, lorawan.ErrMIC) {
		t.Errorf("a forged join-request: %v", err)
	}
	if _, err := r.Join(lorawan.JoinRequest{JoinEUI: d.JoinEUI, DevEUI: lorawan.DevEUI{1}, DevNonce: 8}.Seal(key(1))); !errors.Is(err, ErrUnknown) {
		t.Errorf("a stranger's join-request: %v", err)
	}
}

func TestAnUnansweredJoinIsForgotten(t *testing.T) {
	r := newRegistry(t)
	now := time.Now()
	r.now = func() time.Time { return now }
	d := otaa(lorawan.LoRaWAN10)
	if err := r.Set(d, false); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Join(lorawan.JoinRequest{JoinEUI: d.JoinEUI, DevEUI: d.DevEUI, DevNonce: 7}.Seal(d.AppKey)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(joinLife + time.Second)
	phy, err := (&lorawan.JoinAccept{JoinNonce: 1}).Seal(d.AppKey)
	if err != nil {
		t.Fatal(err)
	}
	if r.Downlink(phy) {
		t.Error("a join-accept a minute later was believed")
	}
}

func TestStateSurvivesAndShowsNoKey(t *testing.T) {
	r := newRegistry(t)
	s := register(t, r, abp(1, lorawan.LoRaWAN11))
	d := otaa(lorawan.LoRaWAN10)
	if err := r.Set(d, true); err != nil {
		t.Fatal(err)
	}
	joined := join(t, r, d, 5, lorawan.DevAddr{5})
	if _, err := r.Open(heard(t, s, 300, lorawan.Radio{DR: 5, Channel: 1}, lorawan.Frame{Payload: []byte("x")})); err != nil {
		t.Fatal(err)
	}
	again := newRegistry(t)
	for _, dev := range r.Changed() {
		if _, err := again.Restore(dev, r.State(dev)); err != nil {
			t.Fatal(err)
		}
	}
	if o, err := again.Open(heard(t, s, 301, lorawan.Radio{DR: 5, Channel: 1}, lorawan.Frame{Payload: []byte("x")})); err != nil || o.FCnt != 301 {
		t.Errorf("the ABP session is lost: %v", err)
	}
	if _, err := again.Open(heard(t, joined, 0, lorawan.Radio{}, lorawan.Frame{Payload: []byte("x")})); err != nil {
		t.Errorf("the joined session no uplink had confirmed is lost: %v", err)
	}
	shown := fmt.Sprintf("%+v %#v", again.List(), abp(1, lorawan.LoRaWAN11))
	for _, k := range []lorawan.Key{key(1), key(101), key(51), d.AppKey} {
		if strings.Contains(shown, hex.EncodeToString(k[:])) {
			t.Error("a key was printed")
		}
	}
	if _, err := again.Restore(d.DevEUI, []byte(`{"keys":["00"]}`)); err == nil {
		t.Error("a damaged state was taken")
	}
}

func TestSettingADeviceAgainKeepsItsCounterUnlessItsKeysChanged(t *testing.T) {
	r := newRegistry(t)
	d := abp(1, lorawan.LoRaWAN10)
	s := register(t, r, d)
	if _, err := r.Open(heard(t, s, 500, lorawan.Radio{}, lorawan.Frame{Payload: []byte("x")})); err != nil {
		t.Fatal(err)
	}
	register(t, r, d)
	if got := r.List()[0].FCnt; got != 501 {
		t.Errorf("the counter is %d", got)
	}
	d.Keys.FNwkSIntKey = key(77)
	register(t, r, d)
	if _, err := r.Open(heard(t, s, 501, lorawan.Radio{}, lorawan.Frame{Payload: []byte("x")})); !errors.Is(err, lorawan.ErrMIC) {
		t.Errorf("the old key still opens: %v", err)
	}
	first, second := r.Remove(d.DevEUI), r.Remove(d.DevEUI)
	if !first || second || r.Known(d.DevAddr) {
		t.Error("a removed device is known")
	}
}

// TestAnyOrderOfFramesOpensWithTheTrueCounter holds Open to a model: whatever a
// device sends, repeated and overtaken by less than 65,536, opens under the counter
// it was sealed with.
func TestAnyOrderOfFramesOpensWithTheTrueCounter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRegistry(t)
		s := register(t, r, abp(1, lorawan.LoRaWAN10))
		newest := uint32(0)
		for range rapid.IntRange(1, 30).Draw(rt, "frames") {
			c := newest
			if rapid.Bool().Draw(rt, "behind") {
				c -= min(newest, rapid.Uint32Range(0, 30_000).Draw(rt, "by"))
			} else {
				c += rapid.Uint32Range(0, 30_000).Draw(rt, "ahead")
			}
			o, err := r.Open(heard(t, s, c, lorawan.Radio{}, lorawan.Frame{Payload: []byte("x")}))
			if err != nil || o.FCnt != c {
				rt.Fatalf("f_cnt %d after %d: %d, %v", c, newest, o.FCnt, err)
			}
			newest = max(newest, c)
		}
	})
}

// FuzzAnyFrame hands any bytes to a registry as every kind of frame: nothing may
// panic, and nothing but what was sealed may open.
func FuzzAnyFrame(f *testing.F) {
	d := abp(1, lorawan.LoRaWAN11)
	s := lorawan.NewSession(d.Version, d.DevAddr, d.Keys)
	good, err := s.SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, HasPort: true, FPort: 2, FOpts: []byte{2}, Payload: []byte("x")}, 7, lorawan.Radio{DR: 5, Channel: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(lorawan.JoinRequest{JoinEUI: otaa(lorawan.LoRaWAN11).JoinEUI, DevEUI: otaa(lorawan.LoRaWAN11).DevEUI, DevNonce: 1}.Seal(otaa(lorawan.LoRaWAN11).NwkKey))
	f.Add([]byte{0xc0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0})
	f.Add(append([]byte{0x20}, make([]byte, 32)...))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, phy []byte) {
		r := newRegistry(t)
		register(t, r, d)
		if err := r.Set(otaa(lorawan.LoRaWAN11), false); err != nil {
			t.Fatal(err)
		}
		o, err := r.Open(&Reception{PHY: phy, Frequency: 868_300_000, Bandwidth: 125_000, SF: 7})
		if err == nil && !bytes.Equal(phy, good) {
			t.Fatalf("%x opens: %+v", phy, o)
		}
		_, _ = r.Join(phy)
		r.Downlink(phy)
		for _, dev := range r.Changed() {
			if _, err := newRegistry(t).Restore(dev, r.State(dev)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
