package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// The kinds of sources.
const (
	KindMQTT    = "mqtt"
	KindGateway = "gateway"
)

// anyGateway stands for the topic a gateway-level source leaves out.
const anyGateway = "gateway"

// Prefix is what a gateway-level source's topics begin with; "" for any region or none.
func (s *Source) Prefix() string {
	if s.Topic == anyGateway {
		return ""
	}
	return s.Topic
}

// check finds values of a source that cannot work.
func (s *Source) check(i int) (faults []error) {
	wrong := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("sources[%d]."+format, append([]any{i}, args...)...))
	}
	if !slices.Contains([]string{KindMQTT, KindGateway}, s.Kind) {
		wrong("kind must be mqtt or gateway")
		return faults
	}
	if s.Kind != KindGateway {
		if _, err := lorawan.ParseTemplate(s.Topic); err != nil {
			wrong("topic: %w", err)
		}
		if s.DevicesFile != "" {
			wrong("devices_file is for sources of kind gateway: a network server's events need no keys")
		}
		return faults
	}
	if _, err := gateway.Subscriptions(s.Prefix()); err != nil {
		wrong("topic: %w", err)
	}
	if _, err := gateway.RegionOf(s.Region); err != nil {
		wrong("region: %w", err)
	}
	if s.DedupWindow < 10*time.Millisecond || s.DedupWindow > 10*time.Second {
		wrong("dedup_window must be 10ms to 10s")
	}
	return faults
}
