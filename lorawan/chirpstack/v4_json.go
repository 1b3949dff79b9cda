package chirpstack

import (
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

// Members of an event that may stand once.
const (
	inDeduplicationID = iota
	inTime
	inDeviceInfo
	inDevAddr
	inADR
	inDR
	inFCnt
	inFPort
	inConfirmed
	inData
	inObject
	inRxInfo
	inTxInfo
	inJoinServerContext
	inTags
	inRelay
	inRegion
	inCode
	inLocation
	inApplication
	inContext
)

// Members that tell the kinds of events apart.
const (
	marksUp = 1 << iota
	marksJoin
	marksAck
	marksTxAck
	marksLog
	marksStatus
	marksLocation
	marksIntegration
)

// kind decides by the marks of a JSON event. An uplink is recognised first, so
// that what a fork adds to it cannot turn it into something else.
func kind(marks int) lorawan.Event {
	switch {
	case marks&marksUp != 0:
		return lorawan.EventUp
	case marks&marksTxAck != 0:
		return lorawan.EventTxAck
	case marks&marksAck != 0:
		return lorawan.EventAck
	case marks&marksLog != 0:
		return lorawan.EventLog
	case marks&marksIntegration != 0:
		return lorawan.EventIntegration
	case marks&marksLocation != 0:
		return lorawan.EventLocation
	case marks&marksStatus != 0:
		return lorawan.EventStatus
	case marks&marksJoin != 0:
		return lorawan.EventJoin
	}
	return lorawan.EventUnknown
}

func decodeJSON(payload []byte, u *lorawan.Uplink) error {
	r := scan.New(payload)
	var seen uint64
	var marks int
	var region []byte // as gateways' metadata tell it
	noDR := false
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "deduplicationId":
			r.Once(&seen, inDeduplicationID)
			r.Describe(func(r *scan.Reader) { u.TraceID = r.String() })
		case "time":
			r.Once(&seen, inTime)
			r.Describe(func(r *scan.Reader) { u.Received = r.Time() })
		case "deviceInfo":
			r.Once(&seen, inDeviceInfo)
			readDeviceInfo(&r, u)
		case "devAddr":
			r.Once(&seen, inDevAddr)
			marks |= marksJoin
			if !parseDevAddr(u, r.Text()) {
				r.Fail("devAddr is not 8 hexadecimal digits")
			}
		case "dr":
			r.Once(&seen, inDR)
			noDR = !r.Describe(func(r *scan.Reader) { u.DR = uint8(r.Uint(8)) })
		case "fCnt":
			r.Once(&seen, inFCnt)
			marks |= marksUp
			u.FCnt = uint32(r.Uint(32))
		case "fPort":
			r.Once(&seen, inFPort)
			marks |= marksUp
			u.FPort = uint8(r.Uint(8))
		case "data":
			r.Once(&seen, inData)
			marks |= marksUp
			u.Data = r.Base64()
		case "object":
			r.Once(&seen, inObject)
			r.Describe(func(r *scan.Reader) { u.Object = r.RawObject() })
		default:
			marks |= other(&r, u, &seen, &region)
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	if seen&(1<<inDeviceInfo) == 0 {
		return errNoDevice
	}
	if len(u.Region) == 0 {
		u.Region = region
	}
	u.Odd = r.Odd()
	keep(u, kind(marks))
	u.HasDR = u.HasDR && !noDR
	return nil
}

// keep keeps of an event what its kind has: events about downlinks use the names
// an uplink's fields have, and v3's location and error events tell the counter of
// the uplink that caused them.
func keep(u *lorawan.Uplink, event lorawan.Event) {
	u.Event = event
	u.HasDR = event == lorawan.EventUp
	if event == lorawan.EventLog {
		if u.Code == "" {
			u.Code = lorawan.LogUnknown
		}
	} else {
		u.Code = ""
	}
	if event == lorawan.EventUp {
		return
	}
	u.FCnt, u.Object = 0, nil
	if event != lorawan.EventJoin {
		u.DR, u.Frequency, u.Bandwidth, u.SpreadingFactor, u.CodeRate = 0, 0, 0, 0, ""
	}
}

// readContext looks for the uplink a log event is about.
func readContext(r *scan.Reader, u *lorawan.Uplink) {
	if !r.IsObject() {
		r.Skip()
		return
	}
	var seen uint64
	for r.Object(); r.Next(); {
		if string(r.Key()) != "deduplication_id" || !r.IsText() {
			r.Skip()
			continue
		}
		r.Once(&seen, 0)
		u.TraceID = r.String()
	}
}

// readLogCode reads the name of a code.
func readLogCode(r *scan.Reader) lorawan.LogCode {
	if !r.IsText() {
		r.Skip()
		return lorawan.LogUnknown
	}
	return lorawan.LogCodeOf(string(r.Text()))
}

// readRelay reads a relayRxInfo: its devEui is the relay's.
func readRelay(r *scan.Reader, u *lorawan.Uplink) {
	if r.IsNull() {
		return
	}
	u.Relayed = true
	var seen uint64
	for r.Object(); r.Next(); {
		if string(r.Key()) != "devEui" {
			r.Skip()
			continue
		}
		r.Once(&seen, 0)
		relay, ok := lorawan.DecodeDevEUI(r.Text())
		if !ok {
			r.Fail("the relay's devEui is not 16 hexadecimal digits")
		}
		u.Relay = relay
	}
}

// readLocation reads a device's position: latitude and longitude in degrees,
// altitude and accuracy in metres.
func readLocation(r *scan.Reader, u *lorawan.Uplink) {
	if r.IsNull() {
		return
	}
	var seen uint64
	var n [4]float64
	source := lorawan.LocationUnknown
	for r.Object(); r.Next(); {
		which := uint(0)
		switch string(r.Key()) {
		case "latitude":
		case "longitude":
			which = 1
		case "altitude":
			which = 2
		case "accuracy":
			which = 3
		case "source":
			if !r.IsText() {
				r.Skip()
				continue
			}
			r.Once(&seen, 4)
			source = locationSource(r.Text())
			continue
		default:
			r.Skip()
			continue
		}
		r.Once(&seen, which)
		n[which] = r.Float()
	}
	u.Location = lorawan.At(n[0], n[1], n[2], n[3], source)
}

func readDeviceInfo(r *scan.Reader, u *lorawan.Uplink) {
	var seen uint64
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "devEui":
			r.Once(&seen, 0)
			dev, ok := lorawan.DecodeDevEUI(r.Text())
			if !ok {
				r.Fail("devEui is not 16 hexadecimal digits")
			}
			u.DevEUI = dev
		case "tags":
			r.Once(&seen, 1)
			r.Describe(func(r *scan.Reader) { readTags(r, u) })
		case "applicationId":
			r.Once(&seen, 2)
			r.Describe(func(r *scan.Reader) { u.Application = r.Text() })
		case "tenantId":
			r.Once(&seen, 3)
			r.Describe(func(r *scan.Reader) { u.Tenant = r.Text() })
		default:
			r.Skip()
		}
	}
	if seen&1 == 0 {
		r.Fail("deviceInfo names no devEui")
	}
}

func readTags(r *scan.Reader, u *lorawan.Uplink) {
	if r.IsNull() {
		return
	}
	var seen uint64
	for r.Object(); r.Next(); {
		if string(r.Key()) != ownerTag {
			r.Skip()
			continue
		}
		r.Once(&seen, 0)
		u.Owner = r.String()
	}
}

// readReceptions gives the region, if a gateway's metadata tell one.
func readReceptions(r *scan.Reader, u *lorawan.Uplink) (region []byte) {
	if r.IsNull() {
		return nil
	}
	var heard lorawan.Receptions
	for r.Array(); r.NextItem(); {
		r.Describe(func(r *scan.Reader) {
			if told := readReception(r, u, &heard); len(region) == 0 {
				region = told
			}
		})
	}
	return region
}

// readReception reads one rxInfo. What it leaves out is 0: ChirpStack does not
// write zeros here. Its gwTime was called time before ChirpStack 4.6.
func readReception(r *scan.Reader, u *lorawan.Uplink, heard *lorawan.Receptions) (region []byte) {
	var seen uint64
	var gateway lorawan.GatewayKey
	var rssi int
	var snr float64
	var at time.Time
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "gatewayId":
			r.Once(&seen, 3)
			gateway = gatewayKey(r.Text())
		case "rssi":
			r.Once(&seen, 0)
			rssi = dBm(r)
		case "snr":
			r.Once(&seen, 1)
			snr = r.Float()
		case "gwTime", "time":
			r.Once(&seen, 2)
			at = r.Time()
		case "metadata":
			r.Once(&seen, 4)
			region = readRegion(r)
		default:
			r.Skip()
		}
	}
	if r.Err() == nil {
		heard.Hear(u, gateway, rssi, snr, at)
	}
	return region
}

// gatewayKey tells gateways apart by their ids: 16 hexadecimal digits from a
// server, anything from a fork.
func gatewayKey(id []byte) lorawan.GatewayKey {
	if eui, ok := lorawan.DecodeDevEUI(id); ok {
		return lorawan.KeyOfEUI(eui)
	}
	if len(id) == 0 {
		return 0
	}
	return lorawan.GatewayKey(0).And(id)
}

// readRegion finds the region in a gateway's metadata: before 4.11 an event told it
// nowhere else.
func readRegion(r *scan.Reader) (region []byte) {
	if r.IsNull() {
		return nil
	}
	var names regionNames
	for r.Object(); r.Next(); {
		if which := regionName(r.Key()); which >= 0 && r.IsText() {
			names[which] = r.Text()
		} else {
			r.Skip()
		}
	}
	return names.best()
}

// regionNames are the names metadata have for a region, the best first: the
// configuration's id, what 4.0 called it, the region's common name.
type regionNames [3][]byte

func regionName(key []byte) int {
	switch string(key) {
	case "region_config_id":
		return 0
	case "region_name":
		return 1
	case "region_common_name":
		return 2
	}
	return -1
}

func (n *regionNames) best() []byte {
	for _, name := range n {
		if len(name) > 0 {
			return name
		}
	}
	return nil
}

// dBm reads a strength; a fraction is dropped.
func dBm(r *scan.Reader) int {
	f := r.Float()
	if f < -1000 || f > 1000 {
		r.Fail("rssi is out of range")
		return 0
	}
	return int(f)
}

func readTransmission(r *scan.Reader, u *lorawan.Uplink) {
	if r.IsNull() {
		return
	}
	var seen uint64
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "frequency":
			r.Once(&seen, 0)
			u.Frequency = uint32(r.Uint(32))
		case "modulation":
			r.Once(&seen, 1)
			if !r.IsObject() { // what it is a downlink's event only says
				r.Skip()
				break
			}
			for r.Object(); r.Next(); {
				if string(r.Key()) != "lora" {
					r.Skip()
					continue
				}
				r.Once(&seen, 2)
				readLoRa(r, u, 1)
			}
		default:
			r.Skip()
		}
	}
}

// readLoRa reads the parameters of a LoRa modulation, whose bandwidth is given in
// so many hertz.
func readLoRa(r *scan.Reader, u *lorawan.Uplink, unit uint32) {
	if r.IsNull() {
		return
	}
	var seen uint64
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "bandwidth":
			r.Once(&seen, 0)
			u.Bandwidth = uint32(r.Uint(22)) * unit // 4 MHz is more than LoRa has, 4 GHz fits
		case "spreadingFactor":
			r.Once(&seen, 1)
			u.SpreadingFactor = uint8(r.Uint(8))
		case "codeRate":
			r.Once(&seen, 2)
			u.CodeRate = codeRate(r.Text())
		default:
			r.Skip()
		}
	}
}
