package inspect

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// vector is one of the published frames (lorawan/testdata/phy_vectors.json names their sources).
type vector struct {
	ID, Kind, Phy string
	Keys          map[string]string
	FCnt          *uint32 `json:"f_cnt"`
	ConfFCnt      uint16  `json:"conf_f_cnt"`
	TxDR          uint8   `json:"tx_dr"`
	TxCh          uint8   `json:"tx_ch"`
	DevNonce      string  `json:"dev_nonce"`
	Expect        map[string]any
}

func vectors(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("../testdata/phy_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw struct{ Vectors []json.RawMessage }
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	kinds := []string{"data_up", "data_down", "fcnt_search", "parse_only", "join_request", "join_pair", "join_accept", "rejoin_request", "malformed"}
	var all []vector
	for _, one := range raw.Vectors {
		var v vector
		var kind struct{ Kind string }
		if err := json.Unmarshal(one, &kind); err != nil || !slices.Contains(kinds, kind.Kind) {
			continue // no frame as it is on air
		}
		if err := json.Unmarshal(one, &v); err != nil {
			t.Fatalf("%s: %v", one, err)
		}
		all = append(all, v)
	}
	if len(all) < 39 {
		t.Fatalf("only %d vectors are there", len(all))
	}
	return all
}

// input is what a vector says is known of its frame.
func (v *vector) input(t *testing.T) Input {
	t.Helper()
	in := Input{Keys: Keys{}, ReqType: AfterJoinRequest, FCnt: v.FCnt, Radio: lorawan.Radio{ConfFCnt: v.ConfFCnt, DR: v.TxDR, Channel: v.TxCh}}
	for name, key := range v.Keys {
		if name == "key" { // of a rejoin-request, by its type
			name = map[any]string{0.: "s_nwk_s_int_key", 1.: "js_int_key", 2.: "s_nwk_s_int_key"}[v.Expect["rejoin_type"]]
		}
		if err := in.Keys.Set(name, key); err != nil {
			t.Fatal(err)
		}
	}
	if v.DevNonce != "" {
		b, err := hex.DecodeString(v.DevNonce)
		if err != nil || len(b) != 2 {
			t.Fatalf("dev_nonce %q", v.DevNonce)
		}
		in.DevNonce, in.SessionKeys = new(uint16(b[0])<<8|uint16(b[1])), true
	}
	return in
}

func TestPublishedFramesAreTakenApartAsPublished(t *testing.T) {
	compared := 0
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			phy, err := hex.DecodeString(v.Phy)
			if err != nil {
				phy = nil // malformed even as text
			}
			f, err := Decode(phy, v.input(t))
			if v.Kind == "malformed" {
				if err == nil {
					t.Errorf("was taken apart: %+v", f)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			members := map[string]string{}
			text, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			var has map[string]any
			if err := json.Unmarshal(text, &has); err != nil {
				t.Fatal(err)
			}
			for name, value := range has {
				b, _ := json.Marshal(value)
				members[name] = strings.ToLower(strings.Trim(string(b), `"`))
			}
			maps.Copy(members, f.Session)
			for name, want := range v.Expect {
				b, _ := json.Marshal(want)
				wants := strings.ToLower(strings.Trim(string(b), `"`))
				as := map[string]string{"fopts": "f_opts", "fopts_plain": "f_opts", "frm_plain": "frm_payload", "frm_plain_by_verifier": "frm_payload", "f_cnt16": "f_cnt"}
				if as[name] != "" {
					name = as[name]
				}
				have := members[name]
				switch {
				case name == "accept_mic_valid" || v.Kind == "join_accept" && name == "mic": // the MIC of an accept is inside
					continue
				case name == "plain": // with its MIC in the vectors
					wants = wants[:min(len(wants), len(have))]
				}
				if compared++; have != wants {
					t.Errorf("%s is %q, want %q", name, have, wants)
				}
			}
		})
	}
	if compared < 95 {
		t.Errorf("only %d members were compared", compared)
	}
}

// Published frames whose keys are known are made again, byte for byte.
func TestPublishedFramesAreMadeAgain(t *testing.T) {
	made := map[string]int{}
	for _, v := range vectors(t) {
		phy, err := hex.DecodeString(v.Phy)
		in := v.input(t)
		f, derr := Decode(phy, in)
		if err != nil || derr != nil || f.Valid == nil || !*f.Valid || f.Encrypted {
			continue
		}
		s := Spec{Keys: in.Keys, Radio: in.Radio, ReqType: in.ReqType}
		if s.Type, err = ParseType(f.Type); err != nil {
			t.Fatal(err)
		}
		switch v.Kind {
		case "data_up", "data_down", "fcnt_search":
			if s.Data, err = lorawan.ParseFrame(phy); err != nil {
				t.Fatal(err)
			}
			s.DevAddr, s.FCnt = &s.Data.DevAddr, *f.FCnt
			if s.Data.FOpts, err = hex.DecodeString(*f.FOpts); err != nil {
				t.Fatal(err)
			}
			if f.Payload != nil {
				if s.Data.Payload, err = hex.DecodeString(*f.Payload); err != nil {
					t.Fatal(err)
				}
			}
			if len(s.Data.FOpts) > 0 && f.MAC == "1.1" && in.Keys["nwk_s_enc_key"] == nil {
				continue // they are as on air
			}
		case "join_request":
			j, err := lorawan.ParseJoinRequest(phy)
			if err != nil {
				t.Fatal(err)
			}
			s.JoinEUI, s.DevEUI, s.DevNonce = &j.JoinEUI, &j.DevEUI, &j.DevNonce
		case "rejoin_request":
			r, err := lorawan.ParseRejoinRequest(phy)
			if err != nil {
				t.Fatal(err)
			}
			s.RejoinType, s.FCnt, s.DevEUI, s.JoinEUI, s.NetID = r.Type, uint32(r.Count), &r.DevEUI, &r.Join, &r.NetID
		default:
			continue
		}
		again, err := Encode(s)
		if err != nil || !bytes.Equal(again, phy) {
			t.Errorf("%s (%s): %x %v, want %x", v.ID, v.Kind, again, err, phy)
			continue
		}
		made[v.Kind]++
	}
	if made["data_up"] < 8 || made["data_down"] < 3 || made["join_request"] < 3 {
		t.Errorf("only %v were made again", made)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	addr, eui, nonce := &lorawan.DevAddr{1}, &lorawan.DevEUI{1}, new(uint16(1))
	with := func(names ...string) Keys {
		k := Keys{}
		for _, n := range names {
			k[n] = &lorawan.Key{1}
		}
		return k
	}
	for _, c := range []struct {
		spec Spec
		says string // with fields named as JSON does; "": made
	}{
		{Spec{Type: lorawan.JoinRequestFrame}, "nwk_key or app_key"},
		{Spec{Type: lorawan.JoinRequestFrame, Keys: with("app_key")}, "join_eui, dev_eui and dev_nonce"},
		{Spec{Type: lorawan.JoinRequestFrame, Keys: with("app_key"), JoinEUI: eui, DevEUI: eui, DevNonce: nonce}, ""},
		{Spec{Type: lorawan.RejoinRequestFrame, RejoinType: 1}, "js_int_key"},
		{Spec{Type: lorawan.RejoinRequestFrame, Keys: with("s_nwk_s_int_key")}, "dev_eui"},
		{Spec{Type: lorawan.RejoinRequestFrame, Keys: with("s_nwk_s_int_key"), DevEUI: eui, NetID: &lorawan.NetID{1}}, ""},
		{Spec{Type: lorawan.JoinAcceptFrame}, "dev_addr"},
		{Spec{Type: lorawan.JoinAcceptFrame, DevAddr: addr}, "nwk_key or app_key"},
		{Spec{Type: lorawan.JoinAcceptFrame, DevAddr: addr, Keys: with("app_key")}, ""},
		{Spec{Type: lorawan.JoinAcceptFrame, DevAddr: addr, Accept: lorawan.JoinAccept{DLSettings: 0x80}, Keys: with("nwk_key"), ReqType: AfterJoinRequest}, "join_eui, dev_nonce"},
		{Spec{Type: lorawan.JoinAcceptFrame, DevAddr: addr, Accept: lorawan.JoinAccept{DLSettings: 0x80}, Keys: with("js_int_key"), ReqType: 0, JoinEUI: eui, DevNonce: nonce}, "js_enc_key"},
		{Spec{Type: lorawan.JoinAcceptFrame, DevAddr: addr, Accept: lorawan.JoinAccept{DLSettings: 0x80}, Keys: with("nwk_key"), ReqType: AfterJoinRequest, JoinEUI: eui, DevEUI: eui, DevNonce: nonce}, ""},
		{Spec{Type: lorawan.UnconfirmedUp}, "dev_addr"},
		{Spec{Type: lorawan.UnconfirmedUp, DevAddr: addr}, "nwk_s_key"},
		{Spec{Type: lorawan.UnconfirmedUp, DevAddr: addr, Keys: with("nwk_s_key"), Data: lorawan.Frame{HasPort: true, FPort: 1, Payload: []byte{1}}}, "app_s_key"},
		{Spec{Type: lorawan.UnconfirmedUp, DevAddr: addr, Keys: with("s_nwk_s_int_key", "f_nwk_s_int_key"), Data: lorawan.Frame{FOpts: []byte{2}}}, "nwk_s_enc_key"},
		{Spec{Type: lorawan.ConfirmedDown, DevAddr: addr, Keys: with("nwk_s_key", "app_s_key"), Data: lorawan.Frame{HasPort: true, FPort: 1, Payload: []byte{1}}}, ""},
	} {
		phy, err := Encode(c.spec)
		if (err == nil) != (c.says == "") || err != nil && (!errors.Is(err, ErrInput) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%v with %v: %x, %v, want %q", c.spec.Type, slices.Sorted(maps.Keys(c.spec.Keys)), phy, err, c.says)
		}
		var missing *NeedError
		if errors.As(err, &missing) && strings.ContainsAny(missing.Say(func(name string) string { return "--" + name }), "{}") {
			t.Errorf("%v: a field is not named: %s", c.spec.Type, err)
		}
	}
	for _, name := range []string{"", "Beacon", strings.Repeat("x", 1000)} {
		if _, err := ParseType(name); !errors.Is(err, ErrInput) || len(err.Error()) > 250 {
			t.Errorf("ParseType(%.10q): %v", name, err)
		}
	}
	if got, err := ParseType("joinREQUEST"); err != nil || got != lorawan.JoinRequestFrame {
		t.Errorf("%v %v", got, err)
	}
}

func TestKeysAreReadByTheirNamesAndNeverQuoted(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	for text, want := range map[string]string{ // "": read
		"app_s_key = " + secret:                                   "",
		"# a comment\n\nNwk-S-Key=" + secret + " # and another\n": "",
		"app_s_key " + secret:                                     "",
		"app_skey = " + secret:                                    "is no key: want one of",
		"app_key = " + secret + "\nnwk_key = " + secret[1:]:       "line 2",
		"app_key =":                "app_key",
		strings.Repeat("x", 1<<17): "inspect",
	} {
		k := Keys{}
		err := k.Read(strings.NewReader(text))
		if (err == nil) != (want == "") || err != nil && (!errors.Is(err, ErrInput) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret[1:])) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
		if err == nil && len(k) != 1 {
			t.Errorf("%.60q: %d keys", text, len(k))
		}
	}
}

// Whatever the bytes, they are taken apart or refused.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x40, 0xf1, 0x7d, 0xbe, 0x49, 0, 2, 0, 1, 0x95, 0x43, 0x78, 0x76, 0x2b, 0x11, 0xff, 0x0d})
	f.Add(append([]byte{0x20}, make([]byte, 32)...))
	key := &lorawan.Key{1}
	f.Fuzz(func(t *testing.T, phy []byte) {
		all := Keys{}
		for _, name := range KeyNames {
			all[name] = key
		}
		for _, in := range []Input{{}, {Keys: all, ReqType: AfterJoinRequest, JoinEUI: &lorawan.DevEUI{}, DevEUI: &lorawan.DevEUI{}, DevNonce: new(uint16(0)), SessionKeys: true}} {
			if v, err := Decode(phy, in); err == nil && v.Size != len(phy) {
				t.Errorf("%x: %+v", phy, v)
			}
		}
	})
}
