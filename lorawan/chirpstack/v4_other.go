package chirpstack

import (
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

// other reads a member that describes an uplink's way, or tells what other event it is.
func other(r *scan.Reader, u *lorawan.Uplink, seen *uint64, region *[]byte) (marks int) {
	switch string(r.Key()) {
	case "adr":
		r.Once(seen, inADR)
		r.Describe(func(r *scan.Reader) { u.ADR = r.Bool() })
	case "confirmed":
		r.Once(seen, inConfirmed)
		r.Describe(func(r *scan.Reader) { u.Confirmed = r.Bool() })
	case "rxInfo":
		r.Once(seen, inRxInfo)
		marks = marksUp
		r.Describe(func(r *scan.Reader) { *region = readReceptions(r, u) })
	case "txInfo":
		r.Once(seen, inTxInfo)
		r.Describe(func(r *scan.Reader) { readTransmission(r, u) })
	case "joinServerContext":
		r.Once(seen, inJoinServerContext)
		if !r.IsNull() {
			u.Encrypted = true
			r.Skip()
		}
	case "relayRxInfo":
		r.Once(seen, inRelay)
		r.Describe(func(r *scan.Reader) { readRelay(r, u) })
	case "regionConfigId": // since 4.11
		r.Once(seen, inRegion)
		r.Describe(func(r *scan.Reader) { u.Region = r.Text() })
	case "downlinkId":
		marks = marksTxAck
		r.Skip()
	case "acknowledged", "queueItemId":
		marks = marksAck
		r.Skip()
	case "code":
		r.Once(seen, inCode)
		marks = marksLog
		u.Code = readLogCode(r)
	case "level", "description":
		marks = marksLog
		r.Skip()
	case "context": // of a log event
		r.Once(seen, inContext)
		readContext(r, u)
	default:
		return otherEvent(r, u, seen)
	}
	return marks
}

// otherEvent reads a member of an event other than an uplink that v3 and v4 have alike.
func otherEvent(r *scan.Reader, u *lorawan.Uplink, seen *uint64) (marks int) {
	switch string(r.Key()) {
	case "margin", "batteryLevel", "batteryLevelUnavailable", "externalPowerSource":
		marks = marksStatus
		r.Skip()
	case "location":
		r.Once(seen, inLocation)
		marks = marksLocation
		r.Describe(func(r *scan.Reader) { readLocation(r, u) })
	case "integrationName":
		marks = marksIntegration
		r.Skip()
	default:
		r.Skip()
	}
	return marks
}
