package bridge

import (
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
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
	s.intake = p.bridge.Intake(c.Name, c.Network, lorawan.Template{}, nil)
	s.frames, err = p.bridge.Frames(s.intake, region, c.DedupWindow, devices, p.ledger)
	return err
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
