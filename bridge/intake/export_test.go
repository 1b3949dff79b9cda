package intake

import (
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// OpenMax is how many frames may be in their windows.
const OpenMax = openMax

// Open counts the frames in their windows, and those that are due.
func (f *Frames) Open() (open, due int) { return len(f.open), len(f.due) }

// Gateway is what is known of a gateway's rate.
func (f *Frames) Gateway(id lorawan.DevEUI) *Rhythm { return f.gateways[id] }

// ForgetGateways makes room for others.
func (f *Frames) ForgetGateways(now time.Time) { f.forgetGateways(now) }

// Wait sets how long a poor copy waits for a richer one.
func (c *Copies) Wait(d time.Duration) { c.wait = d }
