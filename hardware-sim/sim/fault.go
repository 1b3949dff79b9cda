package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fault is something that goes wrong. The label stands in the truth log with
// everything it touched.
type Fault string

// The faults there are. Those of the air happen to frames and reach every output;
// those of events happen between the network server and whoever listens to it.
const (
	FaultLoss      Fault = "loss"        // air: no gateway hears the frame
	FaultBadMIC    Fault = "bad_mic"     // air: a bit is wrong
	FaultRFU       Fault = "rfu"         // air: reserved bits of the MHDR are set
	FaultReplay    Fault = "replay"      // air and events: sent again by somebody, byte for byte, later
	FaultDuplicate Fault = "duplicate"   // air and events: a gateway forwards it again after the window; a second server publishes it under another id
	FaultFCntReset Fault = "f_cnt_reset" // device: an ABP device restarts and counts from 0
	FaultRejoin    Fault = "rejoin"      // device: an OTAA device restarts and joins again
	FaultReorder   Fault = "reorder"     // events: published after the next one of the device
	FaultLate      Fault = "late"        // events: published after the counter went on by hundreds
	FaultMalformed Fault = "malformed"   // events: a damaged copy
	FaultSpoofed   Fault = "spoofed"     // air: a frame under the device's address and a foreign key; events: a copy whose body names another device than its topic
	FaultFlood     Fault = "flood"       // air and events: a burst of strangers
	FaultSimulated Fault = "simulated"   // events: a copy marked simulated (The Things Stack)
)

const (
	floodSize = 20
	lateJump  = 600 // a device that keeps its counter in flash skips ahead when it restarts
)

// AllFaults lists them, in the order they are drawn.
var AllFaults = []Fault{
	FaultLoss, FaultBadMIC, FaultRFU, FaultReplay, FaultDuplicate, FaultFCntReset, FaultRejoin, FaultReorder,
	FaultLate, FaultMalformed, FaultSpoofed, FaultFlood, FaultSimulated,
}

// Faults says how often each fault befalls a reading, 0 to 1. A reading has at
// most one.
type Faults map[Fault]float64

// Check finds names and numbers that are none.
func (f Faults) Check() error {
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !slices.Contains(AllFaults, name) {
			return fmt.Errorf("there is no fault %q: want one of %s", name, strings.Join(names(), ", "))
		}
		if f[name] < 0 || f[name] > 1 {
			return fmt.Errorf("fault %s: %v is no share, want 0 to 1", name, f[name])
		}
		sum += f[name]
	}
	if sum > 1 {
		return fmt.Errorf("the shares of all faults add up to %v: a reading has at most one, so to 1 at most", sum)
	}
	return nil
}

func names() []string {
	var all []string
	for _, f := range AllFaults {
		all = append(all, string(f))
	}
	return all
}

// draw decides what befalls a reading.
func (w *World) draw(d *Device) Fault {
	x := w.faultRNG.Float64()
	for _, f := range AllFaults {
		if x -= w.setup.Faults[f]; x < 0 {
			if f == FaultFCntReset && !d.ABP || f == FaultRejoin && d.ABP {
				return ""
			}
			return f
		}
	}
	return ""
}
