package config

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// The kinds of sources.
const (
	KindMQTT    = "mqtt"
	KindGateway = "gateway"
	KindHTTP    = "http"
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
	if s.MaxPacket < 1024 {
		wrong("max_packet is below 1024 bytes: a ChirpStack uplink has 1 to 2 KB")
	}
	if s.DevicesFile != "" && s.Kind != KindGateway {
		wrong("devices_file is for sources of kind gateway: a network server's events need no keys")
	}
	if len(s.Applications) > 0 && s.Kind == KindGateway {
		wrong("applications is for network servers' events: raw frames have none")
	}
	if s.TokenFile != "" && s.Kind != KindHTTP {
		wrong("token_file is for sources of kind http")
	}
	switch b := s.Backfill; {
	case b.URL != "" && s.Kind == KindGateway:
		wrong("backfill is for network servers' events: gateways keep none")
	case (b.URL != "") != (len(b.APIKeyFiles) > 0):
		wrong("backfill.url and backfill.api_key_files belong together")
	case b.CAFile != "" && b.URL == "":
		wrong("backfill.ca_file is of no use without backfill.url")
	}
	if s.Backfill.Parallel < 1 || s.Backfill.Parallel > 200 {
		wrong("backfill.parallel must be 1 to 200")
	}
	if s.Backfill.MaxAge < 0 {
		wrong("backfill.max_age is negative")
	}
	if _, err := detect.Decoder(s.Format); err != nil {
		wrong("%w", err)
	}
	if s.Format != detect.Auto && s.Kind == KindGateway {
		wrong("format is for network servers' events: a gateway's frames have one")
	}
	switch s.Kind {
	case KindMQTT:
		if strings.HasPrefix(s.Topic, "$share/") || strings.HasPrefix(s.Topic, "$queue/") {
			wrong("topic is a shared subscription: a broker deals its messages out to several clients, and a device's uplinks would come out of their order. Write the topic without its first two levels; one bridge takes them all, under one session")
			break
		}
		if _, err := lorawan.ParseTemplate(s.Topic); err != nil {
			wrong("topic: %w", err)
		}
	case KindGateway:
		s.checkGateway(wrong)
	case KindHTTP:
		if s.TokenFile == "" {
			wrong("token_file is empty: name a file (mode 0600) with the token the network server will send")
		}
		if _, _, err := net.SplitHostPort(s.Listen); err != nil {
			wrong("listen is no address: write host:port")
		}
		if !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(s.Name) {
			wrong("name is part of a URL: write letters, digits, dot, dash and underscore")
		}
		if (s.CertFile == "") != (s.KeyFile == "") {
			wrong("cert_file and key_file belong together")
		}
	default:
		wrong("kind must be mqtt, gateway or http")
	}
	return faults
}

func (s *Source) checkGateway(wrong func(string, ...any)) {
	if _, err := gateway.Subscriptions(s.Prefix()); err != nil {
		wrong("topic: %w", err)
	}
	if _, err := gateway.RegionOf(s.Region); err != nil {
		wrong("region: %w", err)
	}
	if s.DedupWindow < 10*time.Millisecond || s.DedupWindow > 10*time.Second {
		wrong("dedup_window must be 10ms to 10s")
	}
}
