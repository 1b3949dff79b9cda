package thethings

import (
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/format"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

// Format is what The Things Stack v3 writes.
var Format = format.Format{
	Name:   "the-things-stack",
	About:  "The Things Stack v3: MQTT, webhooks, console copies, lines of the Storage Integration and of the event stream",
	Topics: []string{"v3/{application_id}/devices/{device_id}/{event}"},
	Member: func(key []byte, value scan.Reader) format.Sign {
		switch string(key) {
		case "end_device_ids":
			return format.Sure
		case "result", "data": // the wrappers
			if value.IsObject() && wraps(&value, wrappersMax-1) {
				return format.Sure
			}
		}
		return format.None
	},
	Decode: Decode,
}

// wraps looks into an object for a message, with so many wrappers around it.
func wraps(r *scan.Reader, wrappers int) bool {
	for r.Object(); r.Next(); {
		switch key := string(r.Key()); {
		case key == "end_device_ids":
			return true
		case key == "data" && wrappers > 0 && r.IsObject():
			if wraps(r, wrappers-1) {
				return true
			}
		default:
			r.Skip()
		}
	}
	return false
}
