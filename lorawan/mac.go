package lorawan

import (
	"encoding/binary"
	"fmt"
)

// MACCommand is one MAC command: what network and device tell each other beside the
// application. Fields are for people to read.
type MACCommand struct {
	CID    byte
	Name   string
	Body   []byte         // as sent, without the CID; aliases what it was parsed from
	Fields map[string]any // decoded body; nil if it has none
}

// macShape is the length of a command's body and how to read it.
type macShape struct {
	name   string
	size   int
	fields func(b []byte) map[string]any
}

// reply tells the bits of an answer that say "taken", lowest first.
func reply(names ...string) func([]byte) map[string]any {
	return func(b []byte) map[string]any {
		m := map[string]any{}
		for i, n := range names {
			m[n] = b[0]>>i&1 != 0
		}
		return m
	}
}

// one gives a body of one byte a name; mask says which bits count.
func one(name string, mask byte) func([]byte) map[string]any {
	return func(b []byte) map[string]any { return map[string]any{name: b[0] & mask} }
}

func frequency(b []byte) uint32 {
	return 100 * (uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16)
}

// delaySeconds is how RxDelay writes one second: as 0 or 1 (LoRaWAN L2 1.0.4, section 5.7).
func delaySeconds(b byte) int { return max(1, int(b&0x0f)) }

// Commands by CID (LoRaWAN L2 1.0.4, section 5, and 1.1, section 5; class B 1.0.4,
// section 12). up is what devices send.
var (
	macUp = map[byte]macShape{
		0x01: {"ResetInd", 1, one("minor", 0x0f)},
		0x02: {"LinkCheckReq", 0, nil},
		0x03: {"LinkADRAns", 1, reply("channel_mask_ack", "data_rate_ack", "power_ack")},
		0x04: {"DutyCycleAns", 0, nil},
		0x05: {"RXParamSetupAns", 1, reply("channel_ack", "rx2_data_rate_ack", "rx1_dr_offset_ack")},
		0x06: {"DevStatusAns", 2, func(b []byte) map[string]any {
			m := map[string]any{"margin": int(int8(b[1]<<2)) >> 2} // dB, six bits with sign
			switch b[0] {
			case 0:
				m["external_power"] = true
			case 255:
				m["battery_unknown"] = true
			default:
				m["battery"] = float64(b[0]) * 100 / 254 // %
			}
			return m
		}},
		0x07: {"NewChannelAns", 1, reply("frequency_ack", "data_rate_range_ack")},
		0x08: {"RXTimingSetupAns", 0, nil},
		0x09: {"TxParamSetupAns", 0, nil},
		0x0a: {"DlChannelAns", 1, reply("frequency_ack", "uplink_frequency_ack")},
		0x0b: {"RekeyInd", 1, one("minor", 0x0f)},
		0x0c: {"ADRParamSetupAns", 0, nil},
		0x0d: {"DeviceTimeReq", 0, nil},
		0x0f: {"RejoinParamSetupAns", 1, reply("time_ok")},
		0x10: {"PingSlotInfoReq", 1, one("periodicity", 0x07)},
		0x11: {"PingSlotChannelAns", 1, reply("frequency_ack", "data_rate_ack")},
		0x12: {"BeaconTimingReq", 0, nil},
		0x13: {"BeaconFreqAns", 1, reply("frequency_ack")},
		0x20: {"DeviceModeInd", 1, one("class", 0xff)},
	}
	macDown = map[byte]macShape{
		0x01: {"ResetConf", 1, one("minor", 0x0f)},
		0x02: {"LinkCheckAns", 2, func(b []byte) map[string]any {
			return map[string]any{"margin": b[0], "gateways": b[1]} // dB above the floor
		}},
		0x03: {"LinkADRReq", 4, func(b []byte) map[string]any {
			return map[string]any{"data_rate": b[0] >> 4, "tx_power": b[0] & 0x0f,
				"channel_mask": fmt.Sprintf("%04x", binary.LittleEndian.Uint16(b[1:])), "channel_mask_control": b[3] >> 4 & 7, "transmissions": b[3] & 0x0f}
		}},
		0x04: {"DutyCycleReq", 1, one("max_duty_cycle", 0x0f)},
		0x05: {"RXParamSetupReq", 4, func(b []byte) map[string]any {
			return map[string]any{"rx1_dr_offset": b[0] >> 4 & 7, "rx2_data_rate": b[0] & 0x0f, "frequency": frequency(b[1:])}
		}},
		0x06: {"DevStatusReq", 0, nil},
		0x07: {"NewChannelReq", 5, func(b []byte) map[string]any {
			return map[string]any{"channel": b[0], "frequency": frequency(b[1:]), "max_data_rate": b[4] >> 4, "min_data_rate": b[4] & 0x0f}
		}},
		0x08: {"RXTimingSetupReq", 1, func(b []byte) map[string]any { return map[string]any{"rx_delay": delaySeconds(b[0])} }},
		0x09: {"TxParamSetupReq", 1, func(b []byte) map[string]any {
			return map[string]any{"max_eirp_index": b[0] & 0x0f, "uplink_dwell_time": b[0]&0x10 != 0, "downlink_dwell_time": b[0]&0x20 != 0}
		}},
		0x0a: {"DlChannelReq", 4, func(b []byte) map[string]any {
			return map[string]any{"channel": b[0], "frequency": frequency(b[1:])}
		}},
		0x0b: {"RekeyConf", 1, one("minor", 0x0f)},
		0x0c: {"ADRParamSetupReq", 1, func(b []byte) map[string]any {
			return map[string]any{"limit_exponent": b[0] >> 4, "delay_exponent": b[0] & 0x0f}
		}},
		0x0d: {"DeviceTimeAns", 5, func(b []byte) map[string]any {
			return map[string]any{"gps_seconds": binary.LittleEndian.Uint32(b), "fraction": float64(b[4]) / 256}
		}},
		0x0e: {"ForceRejoinReq", 2, func(b []byte) map[string]any {
			v := binary.LittleEndian.Uint16(b)
			return map[string]any{"period": v >> 11 & 7, "max_retries": v >> 8 & 7, "rejoin_type": v >> 4 & 7, "data_rate": v & 0x0f}
		}},
		0x0f: {"RejoinParamSetupReq", 1, func(b []byte) map[string]any {
			return map[string]any{"max_time": b[0] >> 4, "max_count": b[0] & 0x0f}
		}},
		0x10: {"PingSlotInfoAns", 0, nil},
		0x11: {"PingSlotChannelReq", 4, func(b []byte) map[string]any {
			return map[string]any{"frequency": frequency(b), "data_rate": b[3] & 0x0f}
		}},
		0x12: {"BeaconTimingAns", 3, func(b []byte) map[string]any {
			return map[string]any{"delay": binary.LittleEndian.Uint16(b), "channel": b[2]}
		}},
		0x13: {"BeaconFreqReq", 3, func(b []byte) map[string]any { return map[string]any{"frequency": frequency(b)} }},
		0x20: {"DeviceModeConf", 1, one("class", 0xff)},
	}
)

// ParseMACCommands reads clear MAC commands, from FOpts or from a payload on FPort 0:
// after the frame's MIC was checked, never before. A command it does not know ends
// the reading, since its length is not known either: what it read comes with the
// rest. ErrFrame says that a known command was cut off.
func ParseMACCommands(b []byte, up bool) (commands []MACCommand, rest []byte, err error) {
	shapes := macDown
	if up {
		shapes = macUp
	}
	for len(b) > 0 {
		shape, known := shapes[b[0]]
		if !known {
			return commands, b, nil
		}
		if len(b) < 1+shape.size {
			return commands, b, fmt.Errorf("%w: the MAC command %s is cut off", ErrFrame, shape.name)
		}
		c := MACCommand{CID: b[0], Name: shape.name, Body: b[1 : 1+shape.size : 1+shape.size]}
		if shape.fields != nil {
			c.Fields = shape.fields(c.Body)
		}
		commands, b = append(commands, c), b[1+shape.size:]
	}
	return commands, nil, nil
}

// Append writes the command as FOpts or a payload on FPort 0 want it.
func (c *MACCommand) Append(b []byte) []byte { return append(append(b, c.CID), c.Body...) }
