package lorawan

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	brocaar "github.com/brocaar/lorawan"
	"github.com/google/go-cmp/cmp"
)

func TestMACCommandsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		hex  string
		up   bool
		want map[string]any
	}{
		"LinkCheckAns":        {"020701", false, map[string]any{"margin": byte(7), "gateways": byte(1)}},
		"LinkADRReq":          {"0352070001", false, map[string]any{"data_rate": byte(5), "tx_power": byte(2), "channel_mask": "0007", "channel_mask_control": byte(0), "transmissions": byte(1)}},
		"LinkADRAns":          {"0305", true, map[string]any{"channel_mask_ack": true, "data_rate_ack": false, "power_ack": true}},
		"DevStatusAns":        {"06fe2a", true, map[string]any{"battery": 100., "margin": -22}},
		"RXParamSetupReq":     {"0513d2ad84", false, map[string]any{"rx1_dr_offset": byte(1), "rx2_data_rate": byte(3), "frequency": uint32(869525000)}},
		"NewChannelReq":       {"0703184f8450", false, map[string]any{"channel": byte(3), "frequency": uint32(867100000), "max_data_rate": byte(5), "min_data_rate": byte(0)}},
		"RXTimingSetupReq":    {"0800", false, map[string]any{"rx_delay": 1}},
		"DeviceTimeAns":       {"0d0100000080", false, map[string]any{"gps_seconds": uint32(1), "fraction": .5}},
		"RejoinParamSetupReq": {"0f57", false, map[string]any{"max_time": byte(5), "max_count": byte(7)}},
		"DeviceTimeReq":       {"0d", true, nil},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		all, rest, err := ParseMACCommands(b, c.up)
		if err != nil || len(rest) > 0 || len(all) != 1 || all[0].Name != name {
			t.Errorf("%s: %+v %x %v", name, all, rest, err)
			continue
		}
		if d := cmp.Diff(c.want, all[0].Fields); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	all, rest, err := ParseMACCommands([]byte{2, 7, 1, 0x80, 1}, false)
	if err != nil || len(all) != 1 || !bytes.Equal(rest, []byte{0x80, 1}) {
		t.Errorf("an unknown command: %+v %x %v", all, rest, err)
	}
	if _, _, err := ParseMACCommands([]byte{2, 7}, false); !errors.Is(err, ErrFrame) {
		t.Errorf("a command cut off: %v", err)
	}
}

// TestBrocaarKnowsTheSameCommands holds lengths and numbers to another implementation,
// as far as that goes.
func TestBrocaarKnowsTheSameCommands(t *testing.T) {
	for _, up := range []bool{true, false} {
		shapes := macDown
		if up {
			shapes = macUp
		}
		for cid, shape := range shapes {
			_, size, err := brocaar.GetMACPayloadAndSize(up, brocaar.CID(cid))
			switch {
			case cid == 0x12 || cid == 0x01 && !up && err != nil: // taken out of the specification; class B of 1.0
			case err != nil && shape.size == 0: // brocaar lists no commands without a body
			case err != nil || size != shape.size:
				t.Errorf("%s (%02x, up %v): %d bytes, brocaar says %d %v", shape.name, cid, up, shape.size, size, err)
			}
		}
	}
}

func TestDuplicatesHaveOneCanonicalForm(t *testing.T) {
	for _, v := range loadVectors(t).Vectors {
		switch v.Kind {
		case "data_up", "data_down", "join_request", "join_accept", "rejoin_request":
		case "malformed":
			phy := unhex(t, v.Phy)
			if _, err := Canonical(phy); !errors.Is(err, ErrFrame) {
				t.Errorf("%s: %v", v.ID, err)
			}
			continue
		default:
			continue
		}
		phy := unhex(t, v.Phy)
		for reserved := range byte(8) {
			other := bytes.Clone(phy)
			other[0] |= reserved << 2
			got, err := Canonical(other)
			if err != nil || !bytes.Equal(got, phy) {
				t.Errorf("%s with reserved bits %d: %x %v", v.ID, reserved, got, err)
			}
			if reserved != 0 && other[0]&mhdrReserved == 0 {
				t.Errorf("%s: the input was changed", v.ID)
			}
			if _, err := ParseFrame(other); reserved != 0 && err == nil {
				t.Errorf("%s: reserved bits are parsed", v.ID)
			}
		}
	}
}

func TestFramesOfARelayAreTheNetworks(t *testing.T) {
	keys := testKeys()
	s := NewSession(LoRaWAN11, DevAddr{1}, keys)
	phy, err := s.SealUp(Frame{Type: UnconfirmedUp, HasPort: true, FPort: 226, Payload: []byte("forwarded frame")}, 5, Radio{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := ParseFrame(phy)
	if err != nil {
		t.Fatal(err)
	}
	if got := DecryptPayload(keys.NwkSEncKey, DevAddr{1}, 5, f.Payload); string(got) != "forwarded frame" {
		t.Errorf("under NwkSEncKey it is %q", got)
	}
}

func TestARejoinRequestIsSealedAndFound(t *testing.T) {
	for _, r := range []RejoinRequest{
		{Type: 0, NetID: NetID{1, 2, 3}, DevEUI: DevEUI{4, 5}, Count: 7},
		{Type: 1, Join: DevEUI{9, 8}, DevEUI: DevEUI{4, 5}, Count: 0x1234},
		{Type: 2, NetID: NetID{1, 2, 3}, DevEUI: DevEUI{4, 5}, Count: 7},
	} {
		phy, err := r.Seal(Key{1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseRejoinRequest(phy)
		if err != nil || got != r || VerifyJoin(Key{1}, phy) != nil || !errors.Is(VerifyJoin(Key{2}, phy), ErrMIC) {
			t.Errorf("%+v: %+v %v", r, got, err)
		}
		var p brocaar.PHYPayload
		if err := p.UnmarshalBinary(phy); err != nil {
			t.Errorf("brocaar: %v", err)
		}
	}
	if _, err := (RejoinRequest{Type: 3}).Seal(Key{}); !errors.Is(err, ErrFrame) {
		t.Error(err)
	}
}

func TestAnEnvelopeOpensUnderItsKey(t *testing.T) {
	for i := range byte(20) {
		kek, k := Key{i, 1}, Key{2, i}
		if got, err := UnwrapKey(kek, WrapKey(kek, k)); err != nil || got != k {
			t.Errorf("%d: %v", i, err)
		}
		if _, err := UnwrapKey(Key{i, 2}, WrapKey(kek, k)); !errors.Is(err, ErrWrap) {
			t.Errorf("%d: another key: %v", i, err)
		}
	}
	for _, v := range loadVectors(t).Vectors {
		if v.Kind == "keywrap" {
			if got := hex.EncodeToString(WrapKey(v.key(t, "kek"), Key(unhex(t, v.Expect["plain"].(string))))); got != v.Expect["wrapped"] {
				t.Errorf("%s: %s", v.ID, got)
			}
		}
	}
}

// TestAnOpenedFrameIsItsOwn checks that no slice of a frame can be grown or written
// into another, nor into the bytes it was read from.
func TestAnOpenedFrameIsItsOwn(t *testing.T) {
	for _, version := range []Version{LoRaWAN10, LoRaWAN11} {
		keys := testKeys()
		if version == LoRaWAN10 {
			keys = Keys10(Key{2}, Key{1})
		}
		device, server := NewSession(version, DevAddr{1}, keys), NewSession(version, DevAddr{1}, keys)
		phy, err := device.SealUp(Frame{Type: UnconfirmedUp, FOpts: []byte{2, 3}, HasPort: true, FPort: 3, Payload: []byte("payload")}, 1, Radio{})
		if err != nil {
			t.Fatal(err)
		}
		before := string(phy)
		room := make([]byte, 2, 64)
		f, _, all, err := server.OpenUpAppend(room, phy, Radio{})
		if err != nil || string(f.Payload) != "payload" || !bytes.Equal(f.FOpts, []byte{2, 3}) || len(all) != 11 || &all[0] != &room[0] {
			t.Fatalf("%+v %d %v", f, len(all), err)
		}
		_ = append(f.Payload, 'x')
		_ = append(f.FOpts, 'x')
		clear(f.FOpts)
		if string(f.Payload) != "payload" || string(phy) != before {
			t.Error("one slice of a frame reaches into another")
		}
		clear(phy)
		if string(f.Payload) != "payload" {
			t.Error("the frame changes with the buffer it was read from")
		}
		phy = []byte(before)
		for name, c := range map[string]struct {
			most float64
			open func() error
		}{
			"OpenUp":       {1, func() error { _, _, err := server.OpenUp(phy, Radio{}); return err }},
			"OpenUpAppend": {0, func() error { _, _, _, err := server.OpenUpAppend(room[:0], phy, Radio{}); return err }},
		} {
			n := testing.AllocsPerRun(50, func() {
				server.Resume(0)
				if err := c.open(); err != nil {
					t.Fatal(err)
				}
			})
			if n > c.most {
				t.Errorf("%s allocates %v times", name, n)
			}
		}
	}
}
