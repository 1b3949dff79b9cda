package sim

import (
	"math"
	"time"
)

// obey carries out MAC commands and notes the answers. An unknown one ends the list.
func (d *Device) obey(b []byte) {
	for len(b) > 0 {
		cid := b[0]
		n, known := downCommands[cid]
		if !known || len(b) < 1+n {
			return
		}
		arg := b[1 : 1+n]
		if cid == 0x03 { // a block of them is one request
			b = d.adapt(b)
			continue
		}
		b = b[1+n:]
		switch cid {
		case 0x01, 0x0b: // ResetConf, RekeyConf
			d.greeting = nil
		case 0x20: // DeviceModeConf
			d.mode = nil
		case 0x04, 0x09, 0x0c: // DutyCycleReq, TxParamSetupReq, ADRParamSetupReq
			d.answers = append(d.answers, cid)
		case 0x05: // RXParamSetupReq
			d.rx1Minus, d.rx2DR = arg[0]>>4&7, arg[0]&0x0f
			d.rx2Freq = hertz(arg[1:])
			d.answers = append(d.answers, cid, 0x07)
		case 0x06:
			d.answers = append(d.answers, cid, d.batteryLevel(), byte(int8(clamp(math.Round(d.lastSNR), -32, 31)))&0x3f)
		case 0x07: // NewChannelReq
			d.answers = append(d.answers, cid, d.newChannel(int(arg[0]), hertz(arg[1:]), arg[4]&0x0f, arg[4]>>4))
		case 0x08: // RXTimingSetupReq
			d.rxDelay = time.Duration(max(1, arg[0]&0x0f)) * time.Second
			d.answers = append(d.answers, cid)
		case 0x0a: // DlChannelReq
			status := byte(0)
			if i := int(arg[0]); !d.region.Fixed && i < len(d.plan.channels) && d.plan.channels[i].Frequency != 0 {
				status = 0x02 // the uplink frequency is there
				if freq := hertz(arg[1:]); d.region.covers(freq) {
					d.plan.channels[i].down, status = freq, 0x03
				}
			}
			d.answers = append(d.answers, cid, status)
		case 0x0f: // RejoinParamSetupReq
			d.answers = append(d.answers, cid, 0x00)
		}
	}
}

// hertz reads a frequency of three bytes in units of 100 Hz.
func hertz(b []byte) uint32 { return 100 * (uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16) }

// newChannel obeys a NewChannelReq and gives the status of its answer: bit 0 frequency,
// 1 data rates. The region's own channels are not to be changed.
func (d *Device) newChannel(number int, freq uint32, minDR, maxDR uint8) (status byte) {
	if d.region.Fixed || number < len(d.region.JoinChans) || number >= channelsMax {
		return 0
	}
	if freq == 0 || d.region.covers(freq) {
		status |= 0x01
	}
	if minDR <= maxDR && int(maxDR) < len(d.region.DataRates) {
		status |= 0x02
	}
	if status == 0x03 {
		d.plan.set(number, freq, minDR, maxDR)
	}
	return status
}

// adapt obeys the LinkADRReqs that begin b, all of them or none, and gives what is
// behind them. Each is answered with the same status: bit 0 channel mask, 1 data rate,
// 2 power (LoRaWAN L2 1.0.4, section 5.3).
func (d *Device) adapt(b []byte) (rest []byte) {
	on, masks, n := d.plan.states(), true, 0
	var arg []byte
	for ; len(b) >= 5 && b[0] == 0x03; b = b[5:] {
		arg = b[1:5]
		after, ok := d.plan.masked(on, uint16(arg[1])|uint16(arg[2])<<8, arg[3]>>4&7)
		on, masks = after, masks && ok
		n++
	}
	dr, power, nb := arg[0]>>4, arg[0]&0x0f, int(arg[3]&0x0f)
	status := byte(0x04)
	if masks && d.plan.may(on) {
		status |= 0x01
	}
	if dr == 0x0f || int(dr) < len(d.region.DataRates) && d.plan.carries(on, dr) {
		status |= 0x02
	}
	if status == 0x07 {
		d.plan.use(on)
		if dr != 0x0f {
			d.dr = dr
		}
		if power != 0x0f {
			d.power = 2 * float64(power)
		}
		if nb > 0 {
			d.nbTrans = min(nb, nbTransMax)
		}
	}
	for range n {
		d.answers = append(d.answers, 0x03, status)
	}
	return b
}
