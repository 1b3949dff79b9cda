package gateway

import (
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/format"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
)

// Format is what ChirpStack's Gateway Bridge writes, before any network server: it is known so
// that the mistake can be told.
var Format = format.Format{
	Name: "gateway", About: "a raw frame or a gateway's state, before any network server: of no use here, a source of kind `gateway` takes it",
	Member: func(key []byte, _ scan.Reader) format.Sign {
		switch string(key) {
		case "phyPayload":
			return format.Sure
		case "gatewayId", "gatewayID": // of a gateway's state, or of a txack
			return format.Hint
		}
		return format.None
	},
	Protobuf: isFrame,
	Decode: func(_ []byte, u *lorawan.Uplink) error {
		*u = lorawan.Uplink{Network: u.Network}
		return fmt.Errorf("%w: it is a gateway's, not a network server's: subscribe to the application's topics", lorawan.ErrMalformed)
	},
}

// isFrame looks for a PHYPayload in field 1 and messages in 4 and 5 (v4) or 2 and 3 (v3).
func isFrame(payload []byte) bool {
	frame := false
	var messages uint32 // bit n: field n is bytes
	w := wire.New(payload)
	for w.Next() {
		if !w.Message() {
			continue
		}
		if w.Num < 32 {
			messages |= 1 << w.Num
		}
		n := len(w.Bytes())
		frame = frame || w.Num == 1 && n >= 12 && n <= 255
	}
	const v4, v3 = 1<<4 | 1<<5, 1<<2 | 1<<3
	return !w.Bad && frame && (messages&v4 == v4 || messages&v3 == v3)
}
