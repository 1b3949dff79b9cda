package delivery

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Read decodes a configuration into the options of a kind and then makes the kind's own
// checks in order, each of which may fill in what is derived. Their errors are sentences
// for the buyer.
func Read(config []byte, into any, checks ...func() error) error {
	if err := Decode(config, into); err != nil {
		return err
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return fmt.Errorf("%w: %w", ErrConfig, err)
		}
	}
	return nil
}

// Scheme is a way a kind's URLs may begin.
type Scheme struct {
	Port string // if the URL names none
	TLS  bool
}

// Split takes a URL of one of the schemes apart. ok is false unless it names exactly one
// host, without a zone.
func (u URL) Split(schemes map[string]Scheme) (parts *url.URL, address Address, ok bool) {
	parts, err := url.Parse(string(u))
	if err != nil || parts.Opaque != "" || parts.Hostname() == "" || strings.ContainsAny(parts.Host, ", \t") {
		return nil, Address{}, false
	}
	if a, err := netip.ParseAddr(parts.Hostname()); err == nil && a.Zone() != "" {
		return nil, Address{}, false
	}
	scheme, ok := schemes[parts.Scheme]
	if !ok {
		return nil, Address{}, false
	}
	address = Address{Host: parts.Hostname(), Port: parts.Port(), TLS: scheme.TLS}
	if address.Port == "" {
		address.Port = scheme.Port
	}
	return parts, address, true
}

// Batching checks the options batch and batch_wait, and puts the defaults in.
func Batching(batch *int, most, def int, wait *Duration, longest, defWait time.Duration) error {
	switch {
	case *batch == 0:
		*batch = def
	case *batch < 0 || *batch > most:
		return fmt.Errorf("batch must be 1 to %d readings", most)
	}
	switch {
	case *wait == 0:
		*wait = Duration(defWait)
	case *wait < 0 || time.Duration(*wait) > longest:
		return fmt.Errorf("batch_wait must be up to %gh", longest.Hours())
	}
	return nil
}
