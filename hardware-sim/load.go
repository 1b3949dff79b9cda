package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/load"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/spf13/cobra"
)

func loadCommand() *cobra.Command {
	var o load.Options
	var qos int
	var format string
	c := &cobra.Command{
		Use: "load", Short: "Publish uplinks as fast as told, for benchmarks, and tell what it cost",
		Long: "Publish application-level uplinks made beforehand as fast as told. Of each message only the counter changes: every one is a new uplink of a device. The last line is JSON: what was sent, how fast, and the CPU it took.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.QoS, o.Format = byte(qos), load.Format(format)
			rep, err := load.Run(c.Context(), o)
			if err != nil {
				return fmt.Errorf("load: %w", err)
			}
			return json.NewEncoder(c.OutOrStdout()).Encode(rep)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Broker, "broker", "127.0.0.1:1883", "host:port of the MQTT broker, without TLS")
	f.StringVar(&o.Username, "username", "", "for the broker")
	f.StringVar(&o.Password, "password", "", "for the broker")
	f.IntVar(&o.Messages, "messages", 100_000, "how many")
	f.Float64Var(&o.Rate, "rate", 20_000, "a second; 0: as fast as it goes")
	f.IntVar(&o.Devices, "devices", 1000, "they take turns; the first have DevEUIs 70b3d57edb0S0000 and on, S the seed")
	f.IntVar(&qos, "qos", 0, "0 or 1")
	f.IntVar(&o.InFlight, "in-flight", 1000, "QoS 1: unacknowledged at most")
	f.StringVar(&format, "format", "v4_json", "v4_json, v4_protobuf, v3_json_v3, v3_json, v3_protobuf or tts")
	f.Uint64Var(&o.Seed, "seed", 1, "of the devices")
	spans.Var(f, &o.Timeout, "timeout", 10*time.Minute, "give up after this long")
	return c
}
