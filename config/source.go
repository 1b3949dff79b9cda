package config

import (
	"fmt"
	"regexp"
	"strings"

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

// check finds values of a source that cannot work.
func (s *Source) check(i int) (faults []error) {
	wrong := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("sources[%d]."+format, append([]any{i}, args...)...))
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
	if _, err := detect.Decoder(s.Format); err != nil {
		wrong("format = %q: %w", s.Format, err)
	}
	if s.Format != detect.Auto && s.Kind == KindGateway {
		wrong("format is for network servers' events: a gateway's frames have one")
	}
	switch s.Kind {
	case KindMQTT:
		if (s.CertFile == "") != (s.KeyFile == "") {
			wrong("cert_file and key_file belong together")
		}
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
		if !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(s.Name) {
			wrong("name is part of a URL: write letters, digits, dot, dash and underscore")
		}
		if (s.CertFile == "") != (s.KeyFile == "") {
			wrong("cert_file and key_file belong together")
		}
	}
	return faults
}

func (s *Source) checkGateway(wrong func(string, ...any)) {
	if _, err := gateway.Subscriptions(s.Topic); err != nil {
		wrong("topic: %w", err)
	}
	if _, err := gateway.RegionOf(s.Region); err != nil {
		wrong("region = %q: %w", s.Region, err)
	}
}
