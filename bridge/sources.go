package bridge

import (
	"crypto/tls"
	"fmt"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// topicsOf lists the topic filters a source subscribes to.
func topicsOf(c config.Source) ([]string, error) {
	if c.Kind == config.KindGateway {
		return gateway.Subscriptions(c.Prefix())
	}
	t, err := lorawan.ParseTemplate(c.Topic)
	if err != nil {
		return nil, err
	}
	return []string{t.Subscription()}, nil
}

// intake prepares a source's entrance.
func (p *parts) intake(c config.Source, t lorawan.Template, decode func([]byte, *lorawan.Uplink) error) *Intake {
	in := p.bridge.Intake(c.Name, c.Network, t, decode)
	if len(c.Applications) > 0 {
		in.Allowed = map[string]bool{}
		for _, a := range c.Applications {
			in.Allowed[a] = true
		}
	}
	return in
}

// devicesOf reads a gateway-level source's devices file.
func devicesOf(c config.Source) ([]gateway.Device, error) {
	if c.DevicesFile == "" {
		return nil, nil
	}
	listed, err := config.LoadDevices(c.DevicesFile)
	if err != nil {
		return nil, fmt.Errorf("devices_file: %w", err)
	}
	devices := make([]gateway.Device, len(listed))
	for i := range listed {
		if devices[i], err = listed[i].Device(); err != nil {
			return nil, fmt.Errorf("devices_file: %w", err)
		}
	}
	return devices, nil
}

// makeFrames prepares the entrance of a gateway-level source.
func (p *parts) makeFrames(c config.Source, s *source) error {
	region, err := gateway.RegionOf(c.Region)
	if err != nil {
		return err
	}
	devices, err := devicesOf(c)
	if err != nil {
		return err
	}
	s.intake = p.intake(c, lorawan.Template{}, nil)
	s.frames, err = p.bridge.Frames(s.intake, region, c.DedupWindow, devices, p.ledger)
	return err
}

// pending counts arrivals not yet acknowledged, or not yet answered.
func (s *source) pending() int {
	if s.ingest != nil {
		return len(s.ingest.slots)
	}
	return s.intake.acks.pending()
}

// tokenMin is the shortest token of an HTTP source or of the admin API, in characters.
const tokenMin = 16

// readToken reads a token from its file. An empty or short one would be a door left open.
func readToken(file string) (string, error) {
	token, err := settlement.ReadSecret(file)
	if err == nil && len(strings.TrimSpace(token)) < tokenMin {
		err = fmt.Errorf("%s holds fewer than %d characters: `openssl rand -hex 24` makes a good one", file, tokenMin)
	}
	return token, err
}

// ingestSecrets reads an HTTP source's token and certificate.
func ingestSecrets(c config.Source) (token string, secure *tls.Config, err error) {
	if token, err = readToken(c.TokenFile); err != nil {
		return "", nil, fmt.Errorf("token_file: %w", err)
	}
	if c.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return "", nil, fmt.Errorf("cert_file and key_file: %w", err)
		}
		secure = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	}
	return token, secure, nil
}

// makeIngest prepares an HTTP source.
func (p *parts) makeIngest(c config.Source) (*source, error) {
	token, secure, err := ingestSecrets(c)
	if err != nil {
		return nil, err
	}
	for _, s := range p.sources {
		if s.listen == c.Listen && s.listen != "" && (s.tls == nil) != (secure == nil) {
			return nil, fmt.Errorf("source %s listens at %s too, one of them with TLS and one without", s.intake.Name, c.Listen)
		}
	}
	decode, err := detect.Decoder(c.Format)
	if err != nil {
		return nil, err
	}
	s := &source{kind: c.Kind, intake: p.intake(c, lorawan.Template{}, decode), listen: c.Listen, tls: secure}
	s.ingest = newIngest(p.bridge, s.intake, token, c.MaxPacket, p.ledger.Room)
	if s.gaps, err = p.makeGapFiller(c, s.intake); err != nil {
		return nil, err
	}
	if s.gaps != nil {
		s.gaps.wantAll()
	}
	return s, nil
}

// framesOf finds a gateway-level source; "" is the only one there is.
func (b backend) framesOf(name string) (*Frames, error) {
	var found *Frames
	for _, s := range b.sources {
		if s.frames == nil || name != "" && s.intake.Name != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%w: there are several sources of kind gateway: say which with --source", api.ErrRefused)
		}
		found = s.frames
	}
	if found == nil {
		return nil, fmt.Errorf("%w: there is no source of kind gateway of that name", api.ErrRefused)
	}
	return found, nil
}

func (b backend) Sessions(source string) ([]gateway.Info, error) {
	f, err := b.framesOf(source)
	if err != nil {
		return nil, err
	}
	return f.registry.List(), nil
}

func (b backend) AddSession(source string, k config.DeviceKeys) error {
	f, err := b.framesOf(source)
	if err != nil {
		return err
	}
	d, err := k.Device()
	if err != nil {
		return fmt.Errorf("%w: %w", api.ErrRefused, err)
	}
	return f.Add(d)
}

func (b backend) RemoveSession(source string, dev lorawan.DevEUI) error {
	f, err := b.framesOf(source)
	if err != nil {
		return err
	}
	known, err := f.Remove(dev)
	if err == nil && !known {
		err = fmt.Errorf("%w: %s is not registered with this source", api.ErrRefused, dev)
	}
	return err
}
