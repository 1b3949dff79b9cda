package source

import (
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

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
func (s *Source) makeFrames(d *Deps, c config.Source) error {
	region, err := gateway.RegionOf(c.Region)
	if err != nil {
		return err
	}
	devices, err := devicesOf(c)
	if err != nil {
		return err
	}
	s.in = d.entrance(c, lorawan.Template{}, nil)
	s.frames, err = intake.NewFrames(d.Bridge, s.in, d.Log, region, c.DedupWindow, devices, d.Store)
	return err
}

// framesOf finds a gateway-level source; "" is the only one there is.
func (s *Sources) framesOf(name string) (*intake.Frames, error) {
	var found *intake.Frames
	for _, one := range s.all {
		if one.frames == nil || name != "" && one.in.Name != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%w: there are several sources of kind gateway: say which with --source", api.ErrRefused)
		}
		found = one.frames
	}
	if found == nil {
		return nil, fmt.Errorf("%w: there is no source of kind gateway of that name", api.ErrRefused)
	}
	return found, nil
}

// Sessions, AddSession and RemoveSession make Sources the api.Sessions.
func (s *Sources) Sessions(source string) ([]gateway.Info, error) {
	f, err := s.framesOf(source)
	if err != nil {
		return nil, err
	}
	return f.Sessions(), nil
}

// AddSession registers a device with a gateway-level source.
func (s *Sources) AddSession(source string, k config.DeviceKeys) error {
	f, err := s.framesOf(source)
	if err != nil {
		return err
	}
	d, err := k.Device()
	if err != nil {
		return fmt.Errorf("%w: %w", api.ErrRefused, err)
	}
	return f.Add(d)
}

// RemoveSession forgets one.
func (s *Sources) RemoveSession(source string, dev lorawan.DevEUI) error {
	f, err := s.framesOf(source)
	if err != nil {
		return err
	}
	known, err := f.Remove(dev)
	if err == nil && !known {
		err = fmt.Errorf("%w: %s is not registered with this source", api.ErrRefused, dev)
	}
	return err
}
