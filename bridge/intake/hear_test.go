package intake

import (
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

func TestDistinctGatewaysAreCountedOnce(t *testing.T) {
	h := new(pending)
	for _, id := range []byte{1, 2, 1, 1} {
		h.add(&gateway.Reception{RSSI: -int(id)}, lorawan.DevEUI{id})
	}
	if h.uplink.Gateways != 2 || h.uplink.RSSI != -1 {
		t.Errorf("%d gateways, best %d dBm", h.uplink.Gateways, h.uplink.RSSI)
	}
}
