package scenario

import (
	"fmt"
	"os"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
)

// Continue is the world of a scenario that goes on where earlier runs ended: not before their
// virtual time, and behind what they have used up. logs are their truth logs, the first run's
// first; without any it is Setup.
func (s *Scenario) Continue(logs []string) (sim.Setup, error) {
	out, err := s.Setup()
	if err != nil || len(logs) == 0 {
		return out, err
	}
	for _, path := range logs {
		f, err := os.Open(path)
		if err != nil {
			return out, fmt.Errorf("truth log of an earlier run: %w", err)
		}
		err = out.Former.Add(f)
		f.Close()
		if err != nil {
			return out, fmt.Errorf("%s: %w", path, err)
		}
	}
	if !slices.ContainsFunc(out.Devices, func(d sim.DeviceSetup) bool { return out.Former.Knows(d.DevEUI) }) {
		return out, fmt.Errorf("%s tells of no device of this scenario: it is of another one, or of another seed", logs[0])
	}
	if first := out.Former.Ended.Add(sim.Resumes); out.Start.Before(first) {
		out.Start = first
	}
	return out, nil
}
