package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/spf13/cobra"
)

// uplinkView is an uplink as commands print it. What an event does not tell is left out.
type uplinkView struct {
	Network   string          `json:"network"`
	Format    string          `json:"format"`
	Event     lorawan.Event   `json:"event"`
	Billing   lorawan.Billing `json:"billing"`
	DevEUI    lorawan.DevEUI  `json:"dev_eui"`
	DevAddr   lorawan.DevAddr `json:"dev_addr"`
	Session   string          `json:"session"`
	FCnt      uint32          `json:"f_cnt"`
	FPort     uint8           `json:"f_port"`
	Confirmed bool            `json:"confirmed"`
	ADR       bool            `json:"adr"`
	DR        *uint8          `json:"dr,omitempty"`
	Data      []byte          `json:"data"` // base64
	Values    json.RawMessage `json:"values"`
	Encrypted bool            `json:"encrypted,omitempty"`
	Simulated bool            `json:"simulated,omitempty"`
	Received  *time.Time      `json:"received"`
	Gateway   *time.Time      `json:"gateway_time,omitempty"`
	TraceID   string          `json:"trace_id,omitempty"`
	Owner     string          `json:"owner,omitempty"`
	Frequency uint32          `json:"frequency,omitempty"` // Hz
	RSSI      *int            `json:"rssi,omitempty"`      // dBm
	SNR       *float64        `json:"snr,omitempty"`       // dB
	Gateways  int             `json:"gateways"`
}

func viewUplink(u *lorawan.Uplink, format string) uplinkView {
	v := uplinkView{Network: u.Network, Format: format, Event: u.Event, Billing: u.Billing(), DevEUI: u.DevEUI, DevAddr: u.DevAddr, Session: u.Session,
		FCnt: u.FCnt, FPort: u.FPort, Confirmed: u.Confirmed, ADR: u.ADR, Data: u.Data, Values: u.Object, Encrypted: u.Encrypted,
		Simulated: u.Simulated, TraceID: u.TraceID, Owner: u.Owner, Frequency: u.Frequency, Gateways: u.Gateways}
	if v.Data == nil {
		v.Data = []byte{}
	}
	if u.HasDR {
		v.DR = &u.DR
	}
	if !u.Received.IsZero() {
		v.Received = new(u.Received.UTC())
	}
	if !u.Gateway.IsZero() {
		v.Gateway = new(u.Gateway.UTC())
	}
	if u.Gateways > 0 {
		v.RSSI, v.SNR = &u.RSSI, &u.SNR
	}
	return v
}

// documents splits what stands on standard input: JSON texts one after the other, or
// one payload that is none.
func documents(b []byte) ([][]byte, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: standard input is empty: `uplink decode < event.json`", errUsage)
	}
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

// namedBy reads a topic by the first template it is of; nil if there is no topic.
func namedBy(topic, template string) (*lorawan.Topic, error) {
	if topic == "" && template == "" {
		return nil, nil
	}
	templates := detect.Topics()
	if template != "" {
		templates = []string{template}
	}
	for _, text := range templates {
		t, err := lorawan.ParseTemplate(text)
		if err != nil {
			return nil, fmt.Errorf("%w: --template: %w", errUsage, err)
		}
		if read, ok := t.Read(topic); ok {
			return &read, nil
		}
	}
	if topic == "" {
		return nil, nil
	}
	return nil, fmt.Errorf("%w: --topic is not of the template %s", errUsage, strings.Join(templates, " or "))
}

// readEvent decodes an event as the source it came from would.
func readEvent(doc []byte, network string, topic *lorawan.Topic) (v uplinkView, err error) {
	format := detect.Of(doc)
	u := lorawan.Uplink{Network: cmp.Or(network, format)}
	if err := detect.Decode(doc, &u); err != nil {
		return v, err
	}
	if topic != nil {
		if u.Event == lorawan.EventUnknown && topic.Event != "" {
			u.Event = topic.Event
		}
		if err := topic.Check(&u); err != nil {
			return v, err
		}
	}
	return viewUplink(&u, format), nil
}

func uplinkCommand(o *options) *cobra.Command {
	var topic, template, network string
	decode := &cobra.Command{
		Use: "decode < EVENTS", Short: "Read a network server's events from standard input: JSON, one or many, or one in protobuf", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			in, err := io.ReadAll(io.LimitReader(c.InOrStdin(), 64<<20))
			if err != nil {
				return fmt.Errorf("read standard input: %w", err)
			}
			docs, err := documents(in)
			if err != nil {
				return err
			}
			named, err := namedBy(topic, template)
			if err != nil {
				return err
			}
			for i, doc := range docs {
				v, err := readEvent(doc, network, named)
				switch {
				case err != nil:
					err = fmt.Errorf("event %d: %w", i+1, err)
				case len(docs) > 1 && o.output == "json": // a line each
					err = json.NewEncoder(c.OutOrStdout()).Encode(v)
				default:
					err = o.print(c, v)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	decode.Flags().StringVar(&topic, "topic", "", "topic it was published under: checked against the event")
	decode.Flags().StringVar(&template, "template", "", "topic template (default: those of ChirpStack and The Things Stack)")
	decode.Flags().StringVar(&network, "network", "", "name of the network (default: the format)")
	return group("uplink", "Look into network servers' events", decode)
}

// codecFlags say what to decode, and how.
type codecFlags struct {
	file, asHex, asBase64, received string
	lpp, senml, raw                 bool
	limit                           time.Duration
	in                              js.Input
}

// read puts the texts into the input.
func (f *codecFlags) read() (err error) {
	kinds := 0
	for _, given := range []bool{f.file != "", f.lpp, f.senml, f.raw} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		return fmt.Errorf("%w: give one of --js FILE, --lpp, --senml and --raw", errUsage)
	}
	f.in.Bytes = []byte{}
	if f.asHex != "" || f.asBase64 != "" {
		if f.in.Bytes, err = frameBytes(f.asHex, f.asBase64); err != nil {
			return err
		}
	}
	f.in.Received = time.Now().UTC()
	if f.received != "" {
		if f.in.Received, err = time.Parse(time.RFC3339Nano, f.received); err != nil {
			return fmt.Errorf("%w: --recv-time must be RFC 3339, e.g. 2026-11-24T12:00:00Z", errUsage)
		}
	}
	return nil
}

func (f *codecFlags) decode(ctx context.Context) (r js.Result, err error) {
	switch {
	case f.lpp:
		r.Data, err = codec.CayenneLPP(f.in.Bytes)
	case f.senml:
		r.Data, err = codec.SenML(f.in.Bytes)
	case f.raw:
		r.Data, err = codec.Raw(f.in.Bytes)
	default:
		script, err := os.ReadFile(f.file)
		if err != nil {
			return r, fmt.Errorf("%w: --js: %w", errUsage, err)
		}
		p := js.NewPool(1, js.Limits{Time: f.limit})
		defer p.Close()
		return p.Decode(ctx, string(script), f.in)
	}
	return r, err
}

func codecCommand(o *options) *cobra.Command {
	var flags codecFlags
	run := &cobra.Command{
		Use: "run --js FILE | --lpp | --senml | --raw", Short: "Decode bytes as the bridge would", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := flags.read(); err != nil {
				return err
			}
			r, err := flags.decode(c.Context())
			if err != nil {
				return err
			}
			return o.print(c, viewCodec(r))
		},
	}
	f := run.Flags()
	f.StringVar(&flags.file, "js", "", "file of a JavaScript codec: decodeUplink (TS013), Decode or Decoder")
	f.BoolVar(&flags.lpp, "lpp", false, "Cayenne LPP")
	f.BoolVar(&flags.senml, "senml", false, "SenML, JSON or CBOR")
	f.BoolVar(&flags.raw, "raw", false, "no format: the bytes as hexadecimal digits")
	f.Uint8Var(&flags.in.FPort, "f-port", 1, "FPort the bytes came on")
	f.StringVar(&flags.asHex, "hex", "", "the application's bytes in hexadecimal digits")
	f.StringVar(&flags.asBase64, "base64", "", "the application's bytes in base64")
	f.StringVar(&flags.received, "recv-time", "", "time of reception, RFC 3339 (default: now)")
	f.StringToStringVar(&flags.in.Variables, "variables", nil, "the device's variables, name=value")
	spans.Var(f, &flags.limit, "time-limit", 250*time.Millisecond, "processor time a script may take")
	return group("codec", "Try payload codecs", run)
}

// codecView is what a codec returned, as TS013 names it, and what of it has a standard
// name and unit.
type codecView struct {
	Data       json.RawMessage `json:"data"` // null if there are errors
	Warnings   []string        `json:"warnings"`
	Errors     []string        `json:"errors"`
	Normalized json.RawMessage `json:"normalized,omitempty"`
	SenML      json.RawMessage `json:"senml,omitempty"`
	Log        []string        `json:"log,omitempty"`
}

func viewCodec(r js.Result) codecView {
	v := codecView{Data: r.Data, Warnings: append([]string{}, r.Warnings...), Errors: append([]string{}, r.Errors...),
		Normalized: r.Normalized, SenML: codec.Measurements(r.Data, nil, time.Time{}), Log: r.Log}
	if pack := codec.Normalized(r.Normalized, codec.Shape{GeoDecimals: -1}); pack != nil {
		v.SenML = pack
	}
	return v
}
