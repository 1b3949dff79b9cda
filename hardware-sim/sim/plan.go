package sim

import "slices"

// plan is what a device knows of the channels it may send on: at first the region's
// join channels, then what the network told it, in the join-accept's CFList and by MAC
// commands. A channel's place is its number, which the MIC of LoRaWAN 1.1 covers.
type plan struct {
	region   *Region
	channels []planned
}

type planned struct {
	Channel
	down uint32 // frequency of its first window in Hz; 0: the region's rule
	on   bool
}

const (
	cfListFrequencies = 0  // CFListType 0: five frequencies (LoRaWAN L2 1.0.4, section 6.2.3)
	cfListMasks       = 1  // CFListType 1: channel masks
	channelsMax       = 16 // of a region with dynamic channels (RP002-1.0.3, section 2.1)
)

// newPlan is a device's plan before the network has said anything. One that was
// personalised for a network knows that network's channels.
func newPlan(r *Region, personalised bool) *plan {
	p := &plan{region: r}
	for i, c := range r.Channels {
		start := slices.Contains(r.JoinChans, i)
		if !r.Fixed && !personalised && !start {
			break // JoinChans come first
		}
		p.channels = append(p.channels, planned{Channel: c, on: start || personalised && !r.Fixed})
	}
	return p
}

// learn takes a join-accept's CFList, where the region has that type of it.
func (p *plan) learn(cfList []byte) {
	if len(cfList) != 16 {
		return
	}
	switch {
	case cfList[15] == cfListFrequencies && !p.region.Fixed:
		for i := range 5 {
			freq := 100 * (uint32(cfList[3*i]) | uint32(cfList[3*i+1])<<8 | uint32(cfList[3*i+2])<<16)
			p.set(len(p.region.JoinChans)+i, freq, p.region.Channels[0].MinDR, p.region.Channels[0].MaxDR)
		}
	case cfList[15] == cfListMasks && p.region.Fixed:
		on := make([]bool, len(p.channels))
		for i := range on {
			on[i] = cfList[i/8]&(1<<(i%8)) != 0
		}
		p.use(on)
	}
}

// set puts a channel at a number, or takes it away if the frequency is 0.
func (p *plan) set(number int, freq uint32, minDR, maxDR uint8) {
	for len(p.channels) <= number {
		p.channels = append(p.channels, planned{})
	}
	p.channels[number] = planned{Channel: Channel{Frequency: freq, MinDR: minDR, MaxDR: maxDR}, on: freq != 0}
}

// use switches channels on and off; false: a channel that is not there would be on, or
// none at all.
func (p *plan) use(on []bool) bool {
	if !p.may(on) {
		return false
	}
	for i := range p.channels {
		p.channels[i].on = i < len(on) && on[i]
	}
	return true
}

func (p *plan) may(on []bool) bool {
	for i, yes := range on {
		if yes && (i >= len(p.channels) || p.channels[i].Frequency == 0) {
			return false
		}
	}
	return slices.Contains(on, true)
}

// states are the channels that are on, by number.
func (p *plan) states() []bool {
	on := make([]bool, max(len(p.channels), channelsMax))
	for i, c := range p.channels {
		on[i] = c.on
	}
	return on
}

// masked applies the channel mask of a LinkADRReq (RP002-1.0.3, sections 2.4.5 and
// 2.5.5) to states; ok is false for a control value the region does not have.
func (p *plan) masked(on []bool, mask uint16, control byte) (after []bool, ok bool) {
	after = slices.Clone(on)
	bits := func(from int) {
		for i := range 16 {
			if from+i < len(after) {
				after[from+i] = mask&(1<<i) != 0
			}
		}
	}
	switch {
	case !p.region.Fixed && control == 0:
		bits(0)
	case !p.region.Fixed && control == 6:
		for i := range after {
			after[i] = i < len(p.channels) && p.channels[i].Frequency != 0
		}
	case p.region.Fixed && control <= 4:
		bits(16 * int(control))
	case p.region.Fixed && control == 5: // banks of eight, and their 500 kHz channel
		for bank := range 8 {
			for i := range 8 {
				after[8*bank+i] = mask&(1<<bank) != 0
			}
			after[64+bank] = mask&(1<<bank) != 0
		}
	case p.region.Fixed && (control == 6 || control == 7):
		for i := range 64 {
			after[i] = control == 6
		}
		bits(64)
	default:
		return on, false
	}
	return after, true
}

// carries says whether a channel that would be on carries a data rate.
func (p *plan) carries(on []bool, dr uint8) bool {
	for i, c := range p.channels {
		if i < len(on) && on[i] && dr >= c.MinDR && dr <= c.MaxDR {
			return true
		}
	}
	return false
}

// fit are the channels that are on and carry a data rate; if there is none, all that
// carry it.
func (p *plan) fit(dr uint8) (numbers []int) {
	for _, on := range []bool{true, false} {
		for i, c := range p.channels {
			if c.Frequency != 0 && (c.on || !on) && dr >= c.MinDR && dr <= c.MaxDR {
				numbers = append(numbers, i)
			}
		}
		if len(numbers) > 0 {
			break
		}
	}
	return numbers
}

// lowestDR is the slowest data rate that takes n bytes and that a channel carries.
func (p *plan) lowestDR(n int) (uint8, bool) {
	on := p.states()
	for i, d := range p.region.DataRates {
		if d.MaxPayload >= n && d.MaxPayload > 0 && p.carries(on, uint8(i)) {
			return uint8(i), true
		}
	}
	return 0, false
}
