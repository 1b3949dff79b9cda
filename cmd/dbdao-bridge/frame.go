package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/inspect"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/spf13/cobra"
)

// keyFlags gives a command a flag for each key, and the file that keeps them out of
// the list of processes.
type keyFlags struct {
	texts map[string]*string
	file  string
}

func flagName(name string) string { return "--" + strings.ReplaceAll(name, "_", "-") }

func (k *keyFlags) add(c *cobra.Command) {
	k.texts = map[string]*string{}
	for _, name := range inspect.KeyNames {
		k.texts[name] = c.Flags().String(flagName(name)[2:], "", "32 hexadecimal digits; others on this machine can see it, --keys-file hides it")
	}
	c.Flags().StringVar(&k.file, "keys-file", "", "file of lines such as `app_s_key = 0123…`, readable by you alone")
}

func (k *keyFlags) read() (inspect.Keys, error) {
	keys := inspect.Keys{}
	if k.file != "" {
		text, err := settlement.ReadSecret(k.file)
		if err != nil {
			return nil, err
		}
		if err := keys.Read(strings.NewReader(text)); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errUsage, k.file, err)
		}
	}
	for name, text := range k.texts {
		if *text == "" {
			continue
		}
		if err := keys.Set(name, *text); err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	return keys, nil
}

// misused names what inspect misses by its flag.
func misused(err error) error {
	var need *inspect.NeedError
	switch {
	case errors.As(err, &need):
		return fmt.Errorf("%w: %s", errUsage, need.Say(flagName))
	case errors.Is(err, inspect.ErrInput):
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return err
}

// joinFlags are the fields of a join that both decode and encode may need.
type joinFlags struct{ joinEUI, devEUI, devNonce string }

func (j *joinFlags) read() (join, dev *lorawan.DevEUI, nonce *uint16, err error) {
	if join, err = optionalEUI("--join-eui", j.joinEUI); err != nil {
		return nil, nil, nil, err
	}
	if dev, err = optionalEUI("--dev-eui", j.devEUI); err != nil {
		return nil, nil, nil, err
	}
	b, err := fixed("--dev-nonce", j.devNonce, 2)
	if b != nil {
		nonce = new(uint16(b[0])<<8 | uint16(b[1]))
	}
	return join, dev, nonce, err
}

func frameCommand(o *options) *cobra.Command {
	return group("frame", "Take radio frames apart and make them", frameDecode(o), frameEncode(o))
}

func frameDecode(o *options) *cobra.Command {
	var in inspect.Input
	var keys keyFlags
	var join joinFlags
	var asHex, asBase64 string
	var fCnt, confFCnt int64
	c := &cobra.Command{
		Use: "decode --hex H | --base64 B", Short: "Take a frame apart; with its keys, check and decrypt it", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			phy, err := frameBytes(asHex, asBase64)
			if err != nil {
				return err
			}
			if in.Keys, err = keys.read(); err != nil {
				return err
			}
			if in.JoinEUI, in.DevEUI, in.DevNonce, err = join.read(); err != nil {
				return err
			}
			if fCnt >= 1<<32 || confFCnt < 0 {
				return fmt.Errorf("%w: --f-cnt and --conf-f-cnt have 32 bits", errUsage)
			}
			if fCnt >= 0 {
				in.FCnt = new(uint32(fCnt))
			}
			in.Radio.ConfFCnt = uint16(confFCnt)
			v, err := inspect.Decode(phy, in)
			if err != nil {
				return misused(err)
			}
			return o.print(c, v)
		},
	}
	f := c.Flags()
	f.StringVar(&asHex, "hex", "", "the PHYPayload in hexadecimal digits")
	f.StringVar(&asBase64, "base64", "", "the PHYPayload in base64")
	keys.add(c)
	f.StringVar(&join.joinEUI, "join-eui", "", "JoinEUI: for a join-accept of 1.1")
	f.StringVar(&join.devEUI, "dev-eui", "", "DevEUI: JSIntKey follows from it and --nwk-key")
	f.StringVar(&join.devNonce, "dev-nonce", "", "DevNonce of the join-request, 4 hexadecimal digits")
	f.Uint8Var(&in.ReqType, "join-req-type", inspect.AfterJoinRequest, "what a join-accept of 1.1 answers: 255 a join-request, else the type of the rejoin-request")
	f.Int64Var(&fCnt, "f-cnt", -1, "full counter of the frame, or the one expected next (default: the 16 bits on air, and with a key the first that fits)")
	f.Int64Var(&confFCnt, "conf-f-cnt", 0, "counter of the confirmed frame an ACK answers (1.1)")
	f.Uint8Var(&in.Radio.DR, "tx-dr", 0, "data rate the uplink was sent with (1.1)")
	f.Uint8Var(&in.Radio.Channel, "tx-ch", 0, "channel the uplink was sent on (1.1)")
	f.BoolVar(&in.SessionKeys, "session-keys", false, "print the session keys a join-accept leads to")
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

// fixed reads exactly n bytes in hexadecimal; nil if there is no text.
func fixed(name, text string, n int) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	b, err := hexFlag(name, text)
	if err == nil && len(b) != n {
		err = fmt.Errorf("%w: %s wants %d hexadecimal digits", errUsage, name, 2*n)
	}
	return b, err
}

// encodeFlags are what encode reads as text.
type encodeFlags struct {
	keys                                                     keyFlags
	join                                                     joinFlags
	mType, devAddr, payload, fOpts, joinNonce, netID, cfList string
	fPort                                                    int
}

// read puts them into the spec.
func (e *encodeFlags) read(s *inspect.Spec) (err error) {
	if s.Keys, err = e.keys.read(); err != nil {
		return err
	}
	if s.JoinEUI, s.DevEUI, s.DevNonce, err = e.join.read(); err != nil {
		return err
	}
	if s.Type, err = inspect.ParseType(e.mType); err != nil {
		return fmt.Errorf("%w: --m-type: %w", errUsage, err)
	}
	for _, field := range []struct {
		flag, text string
		size       int
		put        func([]byte)
	}{
		{"--join-nonce", e.joinNonce, 3, func(b []byte) { s.Accept.JoinNonce = uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }},
		{"--net-id", e.netID, 3, func(b []byte) { s.NetID = new(lorawan.NetID(b)) }},
		{"--dev-addr", e.devAddr, 4, func(b []byte) { s.DevAddr = new(lorawan.DevAddr(b)) }},
		{"--cf-list", e.cfList, 16, func(b []byte) { s.Accept.CFList = b }},
	} {
		b, err := fixed(field.flag, field.text, field.size)
		if err != nil {
			return err
		}
		if b != nil {
			field.put(b)
		}
	}
	if s.Data.Payload, err = hexFlag("--payload", e.payload); err != nil {
		return err
	}
	if s.Data.FOpts, err = hexFlag("--f-opts", e.fOpts); err != nil {
		return err
	}
	if e.fPort > 255 {
		return fmt.Errorf("%w: --f-port is at most 255", errUsage)
	}
	if e.fPort >= 0 {
		s.Data.HasPort, s.Data.FPort = true, uint8(e.fPort)
	}
	return nil
}

func frameEncode(o *options) *cobra.Command {
	var flags encodeFlags
	var s inspect.Spec
	c := &cobra.Command{
		Use: "encode --m-type TYPE", Short: "Make a frame: what decode takes apart", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := flags.read(&s); err != nil {
				return err
			}
			phy, err := inspect.Encode(s)
			if err != nil {
				return misused(err)
			}
			return o.print(c, struct {
				Type   string `json:"m_type"`
				Hex    string `json:"hex"`
				Base64 string `json:"base64"`
			}{lorawan.FrameType(phy[0] >> 5).String(), hex.EncodeToString(phy), base64.StdEncoding.EncodeToString(phy)})
		},
	}
	f := c.Flags()
	f.StringVar(&flags.mType, "m-type", "UnconfirmedDataUp", "kind of frame, as decode names it")
	flags.keys.add(c)
	f.StringVar(&flags.devAddr, "dev-addr", "", "DevAddr, 8 hexadecimal digits")
	f.Uint32Var(&s.FCnt, "f-cnt", 0, "full counter; the count of a rejoin-request")
	f.IntVar(&flags.fPort, "f-port", -1, "FPort (default: none)")
	f.StringVar(&flags.payload, "payload", "", "clear FRMPayload in hexadecimal digits")
	f.StringVar(&flags.fOpts, "f-opts", "", "clear MAC commands in hexadecimal digits")
	f.BoolVar(&s.Data.ADR, "adr", false, "set the ADR bit")
	f.BoolVar(&s.Data.ADRACKReq, "adr-ack-req", false, "set the ADRACKReq bit")
	f.BoolVar(&s.Data.ACK, "ack", false, "set the ACK bit")
	f.BoolVar(&s.Data.Pending, "f-pending", false, "set the FPending bit (down) or the class B bit (up)")
	f.Uint16Var(&s.Radio.ConfFCnt, "conf-f-cnt", 0, "counter of the confirmed frame an ACK answers (1.1)")
	f.Uint8Var(&s.Radio.DR, "tx-dr", 0, "data rate the uplink is sent with (1.1)")
	f.Uint8Var(&s.Radio.Channel, "tx-ch", 0, "channel the uplink is sent on (1.1)")
	f.StringVar(&flags.join.joinEUI, "join-eui", "", "JoinEUI, 16 hexadecimal digits")
	f.StringVar(&flags.join.devEUI, "dev-eui", "", "DevEUI, 16 hexadecimal digits")
	f.StringVar(&flags.join.devNonce, "dev-nonce", "", "DevNonce, 4 hexadecimal digits")
	f.StringVar(&flags.joinNonce, "join-nonce", "000000", "JoinNonce, 6 hexadecimal digits")
	f.StringVar(&flags.netID, "net-id", "000000", "NetID, 6 hexadecimal digits")
	f.Uint8Var(&s.Accept.DLSettings, "dl-settings", 0, "DLSettings of a join-accept; 128 and more: OptNeg, 1.1")
	f.Uint8Var(&s.Accept.RxDelay, "rx-delay", 1, "RxDelay of a join-accept, seconds")
	f.StringVar(&flags.cfList, "cf-list", "", "CFList of a join-accept, 32 hexadecimal digits")
	f.Uint8Var(&s.RejoinType, "rejoin-type", 0, "type of a rejoin-request: 0, 1 or 2")
	f.Uint8Var(&s.ReqType, "join-req-type", inspect.AfterJoinRequest, "what a join-accept of 1.1 answers: 255 a join-request, else the type of the rejoin-request")
	return c
}
