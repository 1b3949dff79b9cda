// Command hardware-sim publishes the uplinks of a fleet of virtual LoRaWAN devices
// to an MQTT broker, as ChirpStack v4 would, and writes what it sent to standard
// output, one JSON object a line.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

func main() {
	broker := flag.String("broker", "tcp://127.0.0.1:1883", "URL of the MQTT broker")
	devices := flag.Int("devices", 5, "how many")
	interval := flag.Duration("interval", 10*time.Second, "between two uplinks of a device")
	span := flag.Duration("for", 0, "how long; 0: until Ctrl-C")
	seed := flag.Uint64("seed", 1, "the same seed gives the same frames")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *span > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *span)
		defer cancel()
	}
	if err := run(ctx, *broker, *devices, *interval, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "hardware-sim:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, broker string, devices int, interval time.Duration, seed uint64) error {
	fleet := sim.Fleet(seed, devices)
	server := sim.NewServer(seed, fleet)
	for _, d := range fleet {
		accept, err := server.Join(d.Join())
		if err != nil {
			return err
		}
		if err := d.Joined(accept); err != nil {
			return err
		}
	}
	pub := mqtt.NewPublisher(mqtt.Config{URL: broker, ClientID: fmt.Sprintf("hardware-sim-%d", seed), CleanSession: true})
	defer pub.Close()
	truth := json.NewEncoder(os.Stdout)
	tick := time.NewTicker(interval / time.Duration(max(1, devices)))
	defer tick.Stop()
	for i := 0; ; i++ {
		d := fleet[i%len(fleet)]
		now := time.Now()
		phy, fCnt, sample, err := d.Send(now)
		if err != nil {
			return err
		}
		topic, event, err := server.Receive(phy, now)
		if err != nil {
			return err
		}
		if err := pub.Publish(ctx, topic, event, 1); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("publish: %w", err)
		}
		if err := truth.Encode(map[string]any{"time": now.UTC(), "dev_eui": d.DevEUI, "f_cnt": fCnt, "values": sample}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
