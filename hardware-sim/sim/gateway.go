package sim

import (
	"math/rand/v2"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// GatewaySetup is a gateway as it was put up.
type GatewaySetup struct {
	ID       lorawan.DevEUI
	Name     string
	Place    Place
	Skew     time.Duration // how far its clock is ahead
	NoClock  bool          // it has no time at all, only its microsecond counter
	Backhaul time.Duration // from the antenna to the network server; 0: 40 ms
	Outages  []Outage
	Store    bool // what it hears during an outage it forwards afterwards
}

// Outage is a time without backhaul, from the start of the world.
type Outage struct {
	After, For time.Duration
}

// Gateway hears devices and forwards what it heard.
type Gateway struct {
	GatewaySetup
	rng      *rand.Rand
	boot     time.Time
	uplinkID uint32
	backlog  int // forwarded since the last outage

	Received, Forwarded, Sent uint32 // for status reports
}

// Reception is one gateway's copy of an uplink.
type Reception struct {
	Gateway   *Gateway
	PHY       []byte
	At        time.Time // when it ended, by true time
	Time      time.Time // the same by the gateway's clock; zero if it has none
	Forwarded time.Time // when it reached the network
	Tmst      uint32    // the gateway's microsecond counter when it ended
	UplinkID  uint32
	RSSI      float64 // dBm
	SNR       float64 // dB
	Channel   int     // the gateway's demodulator
	Frequency uint32  // Hz
	DR        uint8
	DataRate  DataRate

	Stored  bool  // it was held back by an outage
	Fault   Fault // of the frame, or of this copy
	reading *Reading
	carried *Reading // of a frame somebody else sent again
}

// Downlink is what a network server has a gateway send.
type Downlink struct {
	Gateway   *Gateway
	PHY       []byte
	At        time.Time // when it begins, by true time
	Frequency uint32    // Hz
	DR        uint8
	Power     float64 // dBm; 0: the region's

	ID      uint32          // the network server's
	Delay   time.Duration   // from the uplink it answers
	Tmst    uint32          // the gateway's counter when it begins
	Label   Fault           // of the uplink it answers
	Join    *Device         // it carries the join-accept of this device
	Address lorawan.DevAddr // that it is given
}

// tmst is the gateway's microsecond counter at a time.
func (g *Gateway) tmst(at time.Time) uint32 { return uint32(at.Sub(g.boot).Microseconds()) }

// At gives the time at which the gateway's counter will next show a value, near now.
func (g *Gateway) At(now time.Time, tmst uint32) time.Time {
	ahead := int32(tmst - g.tmst(now))
	return now.Add(time.Duration(ahead) * time.Microsecond)
}

// out is the outage at a time, and when it ends.
func (g *Gateway) out(start, at time.Time) (until time.Time, out bool) {
	for _, o := range g.Outages {
		from := start.Add(o.After)
		if !at.Before(from) && at.Before(from.Add(o.For)) {
			return from.Add(o.For), true
		}
	}
	return time.Time{}, false
}

// drain is the time between two stored uplinks as a gateway catches up.
const drain = 50 * time.Millisecond

// forward says when a reception reaches the network server, if it does.
func (g *Gateway) forward(start time.Time, r *Reception) (time.Time, bool) {
	until, out := g.out(start, r.At)
	switch {
	case out && !g.Store:
		return time.Time{}, false
	case out:
		g.backlog++
		r.Stored = true
		return until.Add(time.Duration(g.backlog) * drain), true
	}
	g.backlog = 0
	delay := g.Backhaul
	if delay == 0 {
		delay = 40 * time.Millisecond
	}
	return r.At.Add(delay + time.Duration(g.rng.Int64N(int64(delay/4)+1))), true
}
