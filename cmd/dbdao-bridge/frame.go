package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/spf13/cobra"
)

// frameKeys are the keys a frame may need, by the names of their flags with _ for -.
type frameKeys map[string]*lorawan.Key

var frameKeyNames = []string{"nwk_s_key", "f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key", "app_s_key", "app_key", "nwk_key", "js_int_key", "js_enc_key"}

// keyFlags gives a command a flag for each key, and the file that keeps them out of
// the list of processes.
type keyFlags struct {
	texts map[string]*string
	file  string
}

func (k *keyFlags) add(c *cobra.Command) {
	k.texts = map[string]*string{}
	for _, name := range frameKeyNames {
		k.texts[name] = c.Flags().String(strings.ReplaceAll(name, "_", "-"), "", "32 hexadecimal digits; others on this machine can see it, --keys-file hides it")
	}
	c.Flags().StringVar(&k.file, "keys-file", "", "file of lines such as `app_s_key = 0123…`, readable by you alone")
}

func (k *keyFlags) read() (frameKeys, error) {
	keys := frameKeys{}
	set := func(name, text string) error {
		key, err := lorawan.ParseKey(text)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", errUsage, name, err)
		}
		keys[name] = &key
		return nil
	}
	if k.file != "" {
		text, err := settlement.ReadSecret(k.file)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(strings.NewReader(text))
		for n := 1; lines.Scan(); n++ {
			line, _, _ := strings.Cut(lines.Text(), "#")
			name, value, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), "=", " "), " ")
			name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
			switch {
			case name == "":
				continue
			case !slices.Contains(frameKeyNames, name):
				return nil, fmt.Errorf("%w: line %d of %s names no key: want one of %s", errUsage, n, k.file, strings.Join(frameKeyNames, ", "))
			}
			if err := set(name, strings.TrimSpace(value)); err != nil {
				return nil, err
			}
		}
	}
	for name, text := range k.texts {
		if *text != "" {
			if err := set(name, *text); err != nil {
				return nil, err
			}
		}
	}
	return keys, nil
}

// session gives the session keys and their generation; integrity says whether the
// MIC of a frame in this direction can be computed with them.
func (k frameKeys) session(up bool) (v lorawan.Version, keys lorawan.SessionKeys, integrity, payload bool) {
	at := func(name string) lorawan.Key {
		if k[name] == nil {
			return lorawan.Key{}
		}
		return *k[name]
	}
	keys = lorawan.Keys10(at("nwk_s_key"), at("app_s_key"))
	if k["f_nwk_s_int_key"] != nil || k["s_nwk_s_int_key"] != nil || k["nwk_s_enc_key"] != nil {
		v = lorawan.LoRaWAN11
		keys.FNwkSIntKey, keys.SNwkSIntKey, keys.NwkSEncKey = at("f_nwk_s_int_key"), at("s_nwk_s_int_key"), at("nwk_s_enc_key")
		return v, keys, k["s_nwk_s_int_key"] != nil && (k["f_nwk_s_int_key"] != nil || !up), k["app_s_key"] != nil
	}
	return lorawan.LoRaWAN10, keys, k["nwk_s_key"] != nil, k["app_s_key"] != nil
}

// macView is a MAC command as commands print it.
type macView struct {
	CID    string         `json:"cid"`
	Name   string         `json:"name"`
	Body   string         `json:"body,omitempty"`
	Fields map[string]any `json:"fields,omitempty"`
}

// frameView is a frame as commands print it. Members of other kinds of frames are left out.
type frameView struct {
	Type   string `json:"m_type"`
	Size   int    `json:"size"`
	MIC    string `json:"mic,omitempty"`
	Valid  *bool  `json:"mic_valid,omitempty"` // missing: no key to check it with
	MAC    string `json:"mac_version,omitempty"`
	Reason string `json:"mic_reason,omitempty"`

	DevAddr   string    `json:"dev_addr,omitempty"`
	FCnt      *uint32   `json:"f_cnt,omitempty"`
	FPort     *uint8    `json:"f_port,omitempty"`
	ADR       *bool     `json:"adr,omitempty"`
	ADRACKReq *bool     `json:"adr_ack_req,omitempty"`
	ACK       *bool     `json:"ack,omitempty"`
	Pending   *bool     `json:"f_pending,omitempty"`
	ClassB    *bool     `json:"class_b,omitempty"`
	FOpts     *string   `json:"f_opts,omitempty"`
	Payload   *string   `json:"frm_payload,omitempty"`
	Encrypted bool      `json:"encrypted,omitempty"` // frm_payload is as on air
	Commands  []macView `json:"mac_commands,omitempty"`
	Unknown   string    `json:"mac_unknown,omitempty"` // from the first command that is not known

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
	CFList    *cfListView       `json:"cf_list,omitempty"`
	Plain     string            `json:"plain,omitempty"` // the clear join-accept
	Session   map[string]string `json:"session_keys,omitempty"`
}

type cfListView struct {
	Raw         string   `json:"raw"`
	Type        uint8    `json:"type"`
	Frequencies []uint32 `json:"frequencies,omitempty"` // Hz
	Masks       []string `json:"channel_masks,omitempty"`
}

// frameInput is what the flags of decode say beside the keys.
type frameInput struct {
	keys     frameKeys
	joinEUI  *lorawan.DevEUI
	devEUI   *lorawan.DevEUI
	devNonce *uint16
	reqType  uint8
	fCnt     *uint32
	radio    lorawan.Radio
	derive   bool
}

func frameCommand(o *options) *cobra.Command {
	return group("frame", "Take radio frames apart and make them", frameDecode(o), frameEncode(o))
}

func frameDecode(o *options) *cobra.Command {
	var in frameInput
	var keys keyFlags
	var asHex, asBase64, joinEUI, devEUI, devNonce string
	var fCnt, confFCnt int64
	c := &cobra.Command{
		Use: "decode --hex H | --base64 B", Short: "Take a frame apart; with its keys, check and decrypt it", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			phy, err := frameBytes(asHex, asBase64)
			if err != nil {
				return err
			}
			if in.keys, err = keys.read(); err != nil {
				return err
			}
			if in.joinEUI, err = optionalEUI("--join-eui", joinEUI); err != nil {
				return err
			}
			if in.devEUI, err = optionalEUI("--dev-eui", devEUI); err != nil {
				return err
			}
			if in.devNonce, err = optionalNonce(devNonce); err != nil {
				return err
			}
			if fCnt >= 1<<32 || confFCnt < 0 {
				return fmt.Errorf("%w: --f-cnt and --conf-f-cnt have 32 bits", errUsage)
			}
			if fCnt >= 0 {
				in.fCnt = new(uint32(fCnt))
			}
			in.radio.ConfFCnt = uint16(confFCnt)
			v, err := decodeFrame(phy, in)
			if err != nil {
				return err
			}
			return o.print(c, v)
		},
	}
	f := c.Flags()
	f.StringVar(&asHex, "hex", "", "the PHYPayload in hexadecimal digits")
	f.StringVar(&asBase64, "base64", "", "the PHYPayload in base64")
	keys.add(c)
	f.StringVar(&joinEUI, "join-eui", "", "JoinEUI: for a join-accept of 1.1")
	f.StringVar(&devEUI, "dev-eui", "", "DevEUI: JSIntKey follows from it and --nwk-key")
	f.StringVar(&devNonce, "dev-nonce", "", "DevNonce of the join-request, 4 hexadecimal digits")
	f.Uint8Var(&in.reqType, "join-req-type", 0xff, "what a join-accept of 1.1 answers: 255 a join-request, else the type of the rejoin-request")
	f.Int64Var(&fCnt, "f-cnt", -1, "full counter of the frame, or the one expected next (default: the 16 bits on air, and with a key the first that fits)")
	f.Int64Var(&confFCnt, "conf-f-cnt", 0, "counter of the confirmed frame an ACK answers (1.1)")
	f.Uint8Var(&in.radio.DR, "tx-dr", 0, "data rate the uplink was sent with (1.1)")
	f.Uint8Var(&in.radio.Channel, "tx-ch", 0, "channel the uplink was sent on (1.1)")
	f.BoolVar(&in.derive, "session-keys", false, "print the session keys a join-accept leads to")
	return c
}

func frameBytes(asHex, asBase64 string) ([]byte, error) {
	switch {
	case (asHex == "") == (asBase64 == ""):
		return nil, fmt.Errorf("%w: give either --hex or --base64", errUsage)
	case asHex != "":
		return hexFlag("--hex", asHex)
	}
	b, err := base64.StdEncoding.DecodeString(asBase64)
	if err != nil {
		return nil, fmt.Errorf("%w: --base64 is not standard base64", errUsage)
	}
	return b, nil
}

func hexFlag(name, text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "", "0x", "").Replace(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not hexadecimal: %w", errUsage, name, err)
	}
	return b, nil
}

func optionalEUI(name, text string) (*lorawan.DevEUI, error) {
	if text == "" {
		return nil, nil
	}
	e, err := lorawan.ParseDevEUI(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s %w", errUsage, name, err)
	}
	return &e, nil
}

// fixed reads exactly n bytes in hexadecimal.
func fixed(name, text string, n int) ([]byte, error) {
	b, err := hexFlag(name, text)
	if err == nil && len(b) != n {
		err = fmt.Errorf("%w: %s wants %d hexadecimal digits", errUsage, name, 2*n)
	}
	return b, err
}

func optionalNonce(text string) (*uint16, error) {
	if text == "" {
		return nil, nil
	}
	b, err := fixed("--dev-nonce", text, 2)
	if err != nil {
		return nil, err
	}
	return new(uint16(b[0])<<8 | uint16(b[1])), nil
}

func decodeFrame(phy []byte, in frameInput) (frameView, error) {
	if _, err := lorawan.Canonical(phy); err != nil { // of any kind
		return frameView{}, err
	}
	t := lorawan.FrameType(phy[0] >> 5)
	v := frameView{Type: t.String(), Size: len(phy)}
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
func (v *frameView) checked(err error) {
	v.Valid = new(err == nil)
	if err != nil {
		v.Reason = err.Error()
	}
}

func (v *frameView) data(phy []byte, in frameInput) error {
	f, err := lorawan.ParseFrame(phy)
	if err != nil {
		return err
	}
	up := f.Type.Up()
	version, keys, integrity, payload := in.keys.session(up)
	s := lorawan.NewSession(version, f.DevAddr, keys)
	verify := func(fCnt uint32) error {
		if up {
			return s.VerifyUp(phy, fCnt, in.radio)
		}
		return s.VerifyDown(phy, fCnt, in.radio.ConfFCnt)
	}
	fCnt := uint32(f.FCnt)
	if in.fCnt != nil {
		fCnt = lorawan.FullFCnt(*in.fCnt, f.FCnt)
	}
	if integrity {
		v.MAC = [...]string{"1.0", "1.1"}[version]
		err := verify(fCnt)
		if in.fCnt == nil { // the half that is not on air is not told: try
			for high := uint32(1); err != nil && high < 256; high++ {
				if tried := high<<16 | uint32(f.FCnt); verify(tried) == nil {
					fCnt, err = tried, nil
				}
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
		canOpen = version == lorawan.LoRaWAN10 && in.keys["nwk_s_key"] != nil || in.keys["nwk_s_enc_key"] != nil
	}
	onAir, sealedOpts := f.Payload, version == lorawan.LoRaWAN11
	clearOpts := !sealedOpts || in.keys["nwk_s_enc_key"] != nil
	plain := f
	s.Decrypt(&plain, fCnt)
	if clearOpts {
		f.FOpts = plain.FOpts
	}
	if canOpen {
		f.Payload = plain.Payload
	} else {
		f.Payload, v.Encrypted = onAir, len(onAir) > 0
	}
	v.FOpts = new(hex.EncodeToString(f.FOpts))
	if f.HasPort {
		v.FPort, v.Payload = &f.FPort, new(hex.EncodeToString(f.Payload))
	}
	if v.Valid == nil || !*v.Valid {
		return nil // what a frame commands is read only when its sender is known
	}
	commands := []byte(nil)
	switch {
	case len(f.FOpts) > 0 && clearOpts:
		commands = f.FOpts
	case f.HasPort && f.FPort == 0 && canOpen:
		commands = f.Payload
	}
	all, rest, err := lorawan.ParseMACCommands(commands, up)
	for _, m := range all {
		v.Commands = append(v.Commands, macView{fmt.Sprintf("%02x", m.CID), m.Name, hex.EncodeToString(m.Body), m.Fields})
	}
	v.Unknown = hex.EncodeToString(rest)
	return err
}

func (v *frameView) joinRequest(phy []byte, in frameInput) error {
	j, err := lorawan.ParseJoinRequest(phy)
	if err != nil {
		return err
	}
	v.JoinEUI, v.DevEUI, v.DevNonce = j.JoinEUI.String(), j.DevEUI.String(), fmt.Sprintf("%04x", j.DevNonce)
	if root := cmp.Or(in.keys["nwk_key"], in.keys["app_key"]); root != nil { // 1.1 signs under NwkKey
		v.checked(lorawan.VerifyJoin(*root, phy))
	}
	return nil
}

func (v *frameView) rejoin(phy []byte, in frameInput) error {
	r, err := lorawan.ParseRejoinRequest(phy)
	if err != nil {
		return err
	}
	v.RejoinType, v.DevEUI, v.RJCount = &r.Type, r.DevEUI.String(), fmt.Sprintf("%04x", r.Count)
	key := in.keys["s_nwk_s_int_key"]
	if r.Type == 1 {
		v.JoinEUI = r.Join.String()
		if key = in.keys["js_int_key"]; key == nil && in.keys["nwk_key"] != nil {
			jsInt, _ := lorawan.JoinServerKeys(*in.keys["nwk_key"], r.DevEUI)
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
func (v *frameView) joinAccept(phy []byte, in frameInput) error {
	root := cmp.Or(in.keys["nwk_key"], in.keys["app_key"])
	enc := root
	jsInt := in.keys["js_int_key"]
	if nwk := in.keys["nwk_key"]; nwk != nil && in.devEUI != nil {
		a, b := lorawan.JoinServerKeys(*nwk, *in.devEUI)
		jsInt = cmp.Or(jsInt, &a)
		if in.reqType != 0xff {
			enc = &b
		}
	}
	if in.reqType != 0xff {
		enc = cmp.Or(in.keys["js_enc_key"], enc)
	}
	if enc == nil {
		v.Payload, v.Encrypted = new(hex.EncodeToString(phy[1:])), true
		return nil
	}
	a, err := lorawan.JoinAccept{}, lorawan.ErrMIC
	if jsInt != nil && in.joinEUI != nil && in.devNonce != nil {
		a, err = lorawan.OpenJoinAccept11(*enc, *jsInt, in.reqType, *in.joinEUI, *in.devNonce, phy)
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
	if !in.derive {
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

func (v *frameView) sessionKeys(a *lorawan.JoinAccept, in frameInput) (lorawan.SessionKeys, error) {
	if in.devNonce == nil {
		return lorawan.SessionKeys{}, fmt.Errorf("%w: --session-keys needs --dev-nonce", errUsage)
	}
	if !a.OptNeg() {
		return lorawan.DeriveKeys10(*cmp.Or(in.keys["nwk_key"], in.keys["app_key"]), a, *in.devNonce), nil
	}
	if in.keys["nwk_key"] == nil || in.keys["app_key"] == nil || in.joinEUI == nil {
		return lorawan.SessionKeys{}, fmt.Errorf("%w: --session-keys of 1.1 needs --nwk-key, --app-key and --join-eui", errUsage)
	}
	return lorawan.DeriveKeys11(*in.keys["nwk_key"], *in.keys["app_key"], a, *in.joinEUI, *in.devNonce), nil
}

// viewCFList reads the channels a join-accept brings: five frequencies or channel
// masks, by its last byte (RP002-1.0.4, section 2).
func viewCFList(b []byte) *cfListView {
	if len(b) != 16 {
		return nil
	}
	v := &cfListView{Raw: hex.EncodeToString(b), Type: b[15]}
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

func frameEncode(o *options) *cobra.Command {
	var keys keyFlags
	var mType, devAddr, payload, fOpts, joinEUI, devEUI, devNonce, joinNonce, netID, cfList string
	var fCnt uint32
	var confFCnt uint16
	var fPort int
	var radio lorawan.Radio
	var f lorawan.Frame
	var dlSettings, rxDelay, rejoinType, reqType uint8
	c := &cobra.Command{
		Use: "encode --m-type TYPE", Short: "Make a frame: what decode takes apart", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			k, err := keys.read()
			if err != nil {
				return err
			}
			need := func(names ...string) (lorawan.Key, error) {
				for _, n := range names {
					if k[n] != nil {
						return *k[n], nil
					}
				}
				return lorawan.Key{}, fmt.Errorf("%w: such a frame needs --%s", errUsage, strings.ReplaceAll(strings.Join(names, " or --"), "_", "-"))
			}
			join, err := optionalEUI("--join-eui", joinEUI)
			if err != nil {
				return err
			}
			dev, err := optionalEUI("--dev-eui", devEUI)
			if err != nil {
				return err
			}
			nonce, err := optionalNonce(devNonce)
			if err != nil {
				return err
			}
			var phy []byte
			switch t, known := frameTypes[strings.ToLower(mType)]; {
			case !known:
				return fmt.Errorf("%w: --m-type must be one of JoinRequest, JoinAccept, RejoinRequest, UnconfirmedDataUp, ConfirmedDataUp, UnconfirmedDataDown, ConfirmedDataDown", errUsage)
			case t == lorawan.JoinRequestFrame:
				root, err := need("nwk_key", "app_key")
				if err != nil {
					return err
				}
				if join == nil || dev == nil || nonce == nil {
					return fmt.Errorf("%w: a join-request needs --join-eui, --dev-eui and --dev-nonce", errUsage)
				}
				phy = lorawan.JoinRequest{JoinEUI: *join, DevEUI: *dev, DevNonce: *nonce}.Seal(root)
			case t == lorawan.RejoinRequestFrame:
				r := lorawan.RejoinRequest{Type: rejoinType, Count: uint16(fCnt)}
				name := "s_nwk_s_int_key"
				if rejoinType == 1 {
					name = "js_int_key"
				}
				key, err := need(name)
				if err != nil {
					return err
				}
				if dev == nil || rejoinType == 1 && join == nil || rejoinType != 1 && netID == "" {
					return fmt.Errorf("%w: a rejoin-request needs --dev-eui, and --join-eui (type 1) or --net-id", errUsage)
				}
				r.DevEUI = *dev
				if join != nil {
					r.Join = *join
				}
				if rejoinType != 1 {
					id, err := fixed("--net-id", netID, 3)
					if err != nil {
						return err
					}
					r.NetID = lorawan.NetID(id)
				}
				if phy, err = r.Seal(key); err != nil {
					return err
				}
			case t == lorawan.JoinAcceptFrame:
				a := lorawan.JoinAccept{DLSettings: dlSettings, RxDelay: rxDelay}
				for _, field := range []struct {
					flag, text string
					size       int
					put        func([]byte)
				}{
					{"--join-nonce", joinNonce, 3, func(b []byte) { a.JoinNonce = uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }},
					{"--net-id", netID, 3, func(b []byte) { a.NetID = lorawan.NetID(b) }},
					{"--dev-addr", devAddr, 4, func(b []byte) { a.DevAddr = lorawan.DevAddr(b) }},
				} {
					b, err := fixed(field.flag, field.text, field.size)
					if err != nil {
						return err
					}
					field.put(b)
				}
				if cfList != "" {
					if a.CFList, err = fixed("--cf-list", cfList, 16); err != nil {
						return err
					}
				}
				if !a.OptNeg() {
					root, err := need("nwk_key", "app_key")
					if err != nil {
						return err
					}
					if phy, err = a.Seal(root); err != nil {
						return err
					}
					break
				}
				if join == nil || nonce == nil || k["js_int_key"] == nil && (k["nwk_key"] == nil || dev == nil) {
					return fmt.Errorf("%w: a join-accept of 1.1 needs --join-eui, --dev-nonce, and --js-int-key or --nwk-key with --dev-eui", errUsage)
				}
				jsInt, enc := k["js_int_key"], k["nwk_key"]
				if k["nwk_key"] != nil && dev != nil {
					i, e := lorawan.JoinServerKeys(*k["nwk_key"], *dev)
					jsInt = cmp.Or(jsInt, &i)
					if reqType != 0xff {
						enc = &e
					}
				}
				if reqType != 0xff {
					enc = cmp.Or(k["js_enc_key"], enc)
				}
				if enc == nil {
					return fmt.Errorf("%w: a join-accept of 1.1 is encrypted under --nwk-key, or --js-enc-key after a rejoin-request", errUsage)
				}
				if phy, err = a.Seal11(*enc, *jsInt, reqType, *join, *nonce); err != nil {
					return err
				}
			default:
				addr, err := fixed("--dev-addr", devAddr, 4)
				if err != nil {
					return err
				}
				f.Type = t
				if f.Payload, err = hexFlag("--payload", payload); err != nil {
					return err
				}
				if f.FOpts, err = hexFlag("--f-opts", fOpts); err != nil {
					return err
				}
				if fPort >= 0 {
					if fPort > 255 {
						return fmt.Errorf("%w: --f-port is at most 255", errUsage)
					}
					f.HasPort, f.FPort = true, uint8(fPort)
				}
				version, session, integrity, app := k.session(t.Up())
				if !integrity {
					return fmt.Errorf("%w: a frame of 1.0 needs --nwk-s-key, one of 1.1 --f-nwk-s-int-key, --s-nwk-s-int-key and --nwk-s-enc-key", errUsage)
				}
				network := f.FPort == 0 || f.FPort == 226
				if len(f.Payload) > 0 && !network && !app || version == lorawan.LoRaWAN11 && k["nwk_s_enc_key"] == nil && (network && f.HasPort || len(f.FOpts) > 0) {
					return fmt.Errorf("%w: a payload needs --app-s-key; FOpts and payloads of the network (FPort 0, 226) of 1.1 need --nwk-s-enc-key", errUsage)
				}
				s := lorawan.NewSession(version, lorawan.DevAddr(addr), session)
				radio.ConfFCnt = confFCnt
				if t.Up() {
					phy, err = s.SealUp(f, fCnt, radio)
				} else {
					phy, err = s.SealDown(f, fCnt, confFCnt)
				}
				if err != nil {
					return err
				}
			}
			return o.print(c, struct {
				Type   string `json:"m_type"`
				Hex    string `json:"hex"`
				Base64 string `json:"base64"`
			}{lorawan.FrameType(phy[0] >> 5).String(), hex.EncodeToString(phy), base64.StdEncoding.EncodeToString(phy)})
		},
	}
	fl := c.Flags()
	fl.StringVar(&mType, "m-type", "UnconfirmedDataUp", "kind of frame, as decode names it")
	keys.add(c)
	fl.StringVar(&devAddr, "dev-addr", "", "DevAddr, 8 hexadecimal digits")
	fl.Uint32Var(&fCnt, "f-cnt", 0, "full counter; the count of a rejoin-request")
	fl.IntVar(&fPort, "f-port", -1, "FPort (default: none)")
	fl.StringVar(&payload, "payload", "", "clear FRMPayload in hexadecimal digits")
	fl.StringVar(&fOpts, "f-opts", "", "clear MAC commands in hexadecimal digits")
	fl.BoolVar(&f.ADR, "adr", false, "set the ADR bit")
	fl.BoolVar(&f.ADRACKReq, "adr-ack-req", false, "set the ADRACKReq bit")
	fl.BoolVar(&f.ACK, "ack", false, "set the ACK bit")
	fl.BoolVar(&f.Pending, "f-pending", false, "set the FPending bit (down) or the class B bit (up)")
	fl.Uint16Var(&confFCnt, "conf-f-cnt", 0, "counter of the confirmed frame an ACK answers (1.1)")
	fl.Uint8Var(&radio.DR, "tx-dr", 0, "data rate the uplink is sent with (1.1)")
	fl.Uint8Var(&radio.Channel, "tx-ch", 0, "channel the uplink is sent on (1.1)")
	fl.StringVar(&joinEUI, "join-eui", "", "JoinEUI, 16 hexadecimal digits")
	fl.StringVar(&devEUI, "dev-eui", "", "DevEUI, 16 hexadecimal digits")
	fl.StringVar(&devNonce, "dev-nonce", "", "DevNonce, 4 hexadecimal digits")
	fl.StringVar(&joinNonce, "join-nonce", "000000", "JoinNonce, 6 hexadecimal digits")
	fl.StringVar(&netID, "net-id", "000000", "NetID, 6 hexadecimal digits")
	fl.Uint8Var(&dlSettings, "dl-settings", 0, "DLSettings of a join-accept; 128 and more: OptNeg, 1.1")
	fl.Uint8Var(&rxDelay, "rx-delay", 1, "RxDelay of a join-accept, seconds")
	fl.StringVar(&cfList, "cf-list", "", "CFList of a join-accept, 32 hexadecimal digits")
	fl.Uint8Var(&rejoinType, "rejoin-type", 0, "type of a rejoin-request: 0, 1 or 2")
	fl.Uint8Var(&reqType, "join-req-type", 0xff, "what a join-accept of 1.1 answers: 255 a join-request, else the type of the rejoin-request")
	return c
}

var frameTypes = func() map[string]lorawan.FrameType {
	m := map[string]lorawan.FrameType{}
	for t := lorawan.JoinRequestFrame; t <= lorawan.RejoinRequestFrame; t++ {
		m[strings.ToLower(t.String())] = t
	}
	return m
}()

// documents splits what stands on standard input: JSON texts one after the other, or
// one payload that is none.
func documents(b []byte) ([][]byte, error) {
	if !lorawan.IsJSON(b) {
		return [][]byte{b}, nil
	}
	var all [][]byte
	d := json.NewDecoder(bytes.NewReader(b))
	for d.More() {
		var doc json.RawMessage
		if err := d.Decode(&doc); err != nil {
			return all, fmt.Errorf("document %d on standard input: %w", len(all)+1, err)
		}
		all = append(all, doc)
	}
	return all, nil
}
