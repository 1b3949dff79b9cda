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
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "deduplicationId":
			r.Once(&seen, inDeduplicationID)
			u.TraceID = r.String()
		case "time":
			r.Once(&seen, inTime)
			u.Received = r.Time()
		case "deviceInfo":
			r.Once(&seen, inDeviceInfo)
			readDeviceInfo(&r, u)
		case "devAddr":
			r.Once(&seen, inDevAddr)
			marks |= marksJoin
			if !parseDevAddr(u, r.Text()) {
				r.Fail("devAddr is not 8 hexadecimal digits")
			}
		case "adr":
			r.Once(&seen, inADR)
			u.ADR = r.Bool()
		case "dr":
			r.Once(&seen, inDR)
			u.DR = uint8(r.Uint(8))
		case "fCnt":
			r.Once(&seen, inFCnt)
			marks |= marksUp
			u.FCnt = uint32(r.Uint(32))
		case "fPort":
			r.Once(&seen, inFPort)
			marks |= marksUp
			u.FPort = uint8(r.Uint(8))
		case "confirmed":
			r.Once(&seen, inConfirmed)
			u.Confirmed = r.Bool()
		case "data":
			r.Once(&seen, inData)
			marks |= marksUp
			u.Data = r.Base64()
		case "object":
			r.Once(&seen, inObject)
			u.Object = r.RawObject()
		case "rxInfo":
			r.Once(&seen, inRxInfo)
			marks |= marksUp
			readReceptions(&r, u)
		case "txInfo":
			r.Once(&seen, inTxInfo)
			readTransmission(&r, u)
		case "joinServerContext":
			r.Once(&seen, inJoinServerContext)
			if !r.IsNull() {
				u.Encrypted = true
				r.Skip()
			}
		case "downlinkId":
			marks |= marksTxAck
			r.Skip()
		case "acknowledged", "queueItemId":
			marks |= marksAck
			r.Skip()
		case "level", "code", "description":
			marks |= marksLog
			r.Skip()
		case "margin", "batteryLevel", "batteryLevelUnavailable", "externalPowerSource":
			marks |= marksStatus
			r.Skip()
		case "location":
			marks |= marksLocation
			r.Skip()
		case "integrationName":
			marks |= marksIntegration
			r.Skip()
		default:
			r.Skip()
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	if seen&(1<<inDeviceInfo) == 0 {
		return errNoDevice
	}
	u.Event = kind(marks)
	return nil
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
			readTags(r, u)
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

func readReceptions(r *scan.Reader, u *lorawan.Uplink) {
	if r.IsNull() {
		return
	}
	for r.Array(); r.NextItem(); {
		readReception(r, u)
	}
}

// readReception reads one rxInfo. What it leaves out is 0: ChirpStack does not
// write zeros here. Its gwTime was called time before ChirpStack 4.6.
func readReception(r *scan.Reader, u *lorawan.Uplink) {
	var seen uint64
	var rssi int
	var snr float64
	var gateway time.Time
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "rssi":
			r.Once(&seen, 0)
			rssi = dBm(r)
		case "snr":
			r.Once(&seen, 1)
			snr = r.Float()
		case "gwTime", "time":
			r.Once(&seen, 2)
			gateway = r.Time()
		default:
			r.Skip()
		}
	}
	u.Hear(rssi, snr, gateway)
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
		if string(r.Key()) != "frequency" {
			r.Skip()
			continue
		}
		r.Once(&seen, 0)
		u.Frequency = uint32(r.Uint(32))
	}
}
