package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/spf13/cobra"
)

// uplinkView is an uplink as commands print it. What an event does not tell is left out.
type uplinkView struct {
	Network   string          `json:"network"`
	Format    detect.Format   `json:"format"`
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

func viewUplink(u *lorawan.Uplink, f detect.Format) uplinkView {
	v := uplinkView{Network: u.Network, Format: f, Event: u.Event, Billing: u.Billing(), DevEUI: u.DevEUI, DevAddr: u.DevAddr, Session: u.Session,
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

// eventTopics are the templates servers publish under unless told otherwise.
var eventTopics = []string{
	"application/{application_id}/device/{dev_eui}/event/{event}",
	"application/{application_id}/device/{dev_eui}/{event}",
	"v3/{application_id}/devices/{device_id}/{event}",
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
			if len(in) == 0 {
				return fmt.Errorf("%w: standard input is empty: `uplink decode < event.json`", errUsage)
			}
			docs, err := documents(in)
			if err != nil {
				return err
			}
			templates := eventTopics
			if template != "" {
				templates = []string{template}
			}
			var named *lorawan.Topic
			for _, text := range templates {
				t, err := lorawan.ParseTemplate(text)
				if err != nil {
					return fmt.Errorf("%w: --template: %w", errUsage, err)
				}
				if read, ok := t.Read(topic); topic != "" && ok {
					named = &read
					break
				}
			}
			if topic != "" && named == nil {
				return fmt.Errorf("%w: --topic is not of the template %s", errUsage, strings.Join(templates, " or "))
			}
			for i, doc := range docs {
				format := detect.Of(doc)
				u := lorawan.Uplink{Network: network}
				if network == "" {
					u.Network = string(format)
				}
				if err := detect.Decode(doc, &u); err != nil {
					return fmt.Errorf("event %d: %w", i+1, err)
				}
				if named != nil {
					if u.Event == lorawan.EventUnknown && named.Event != "" {
						u.Event = named.Event
					}
					if err := named.Check(&u); err != nil {
						return fmt.Errorf("event %d: %w", i+1, err)
					}
				}
				v := viewUplink(&u, format)
				if len(docs) > 1 && o.output == "json" { // a line each
					if err := json.NewEncoder(c.OutOrStdout()).Encode(v); err != nil {
						return fmt.Errorf("encode the result: %w", err)
					}
				} else if err := o.print(c, v); err != nil {
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

func codecCommand(o *options) *cobra.Command {
	var file, asHex, asBase64, received string
	var lpp, senml, raw bool
	var variables map[string]string
	var limit time.Duration
	var fPort uint8
	run := &cobra.Command{
		Use: "run --js FILE | --lpp | --senml | --raw", Short: "Decode bytes as the bridge would", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			kinds := 0
			for _, given := range []bool{file != "", lpp, senml, raw} {
				if given {
					kinds++
				}
			}
			if kinds != 1 {
				return fmt.Errorf("%w: give one of --js FILE, --lpp, --senml and --raw", errUsage)
			}
			data := []byte{}
			if asHex != "" || asBase64 != "" {
				b, err := frameBytes(asHex, asBase64)
				if err != nil {
					return err
				}
				data = b
			}
			at := time.Now().UTC()
			if received != "" {
				t, err := time.Parse(time.RFC3339Nano, received)
				if err != nil {
					return fmt.Errorf("%w: --recv-time must be RFC 3339, e.g. 2026-11-24T12:00:00Z", errUsage)
				}
				at = t
			}
			var r js.Result
			var err error
			switch {
			case lpp:
				r.Data, err = codec.CayenneLPP(data)
			case senml:
				r.Data, err = codec.SenML(data)
			case raw:
				r.Data, err = codec.Raw(data)
			default:
				script, errRead := os.ReadFile(file)
				if errRead != nil {
					return fmt.Errorf("%w: --js: %w", errUsage, errRead)
				}
				p := js.NewPool(1, js.Limits{Time: limit})
				defer p.Close()
				r, err = p.Decode(c.Context(), string(script), js.Input{Bytes: data, FPort: fPort, Received: at, Variables: variables})
			}
			if err != nil {
				return err
			}
			return o.print(c, viewCodec(r))
		},
	}
	f := run.Flags()
	f.StringVar(&file, "js", "", "file of a JavaScript codec: decodeUplink (TS013), Decode or Decoder")
	f.BoolVar(&lpp, "lpp", false, "Cayenne LPP")
	f.BoolVar(&senml, "senml", false, "SenML, JSON or CBOR")
	f.BoolVar(&raw, "raw", false, "no format: the bytes as hexadecimal digits")
	f.Uint8Var(&fPort, "f-port", 1, "FPort the bytes came on")
	f.StringVar(&asHex, "hex", "", "the application's bytes in hexadecimal digits")
	f.StringVar(&asBase64, "base64", "", "the application's bytes in base64")
	f.StringVar(&received, "recv-time", "", "time of reception, RFC 3339 (default: now)")
	f.StringToStringVar(&variables, "variables", nil, "the device's variables, name=value")
	f.DurationVar(&limit, "time-limit", 250*time.Millisecond, "processor time a script may take")
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
