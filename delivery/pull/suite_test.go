package pull

import (
	"testing"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

func TestConformance(t *testing.T) {
	sinktest.Run(t, sinktest.Suite{Kind: Kind, Bad: map[string]string{`{"url":"https://example.com"}`: "there is no option"}})
}

// Nothing is handed over, whatever a courier thinks: only what its buyer acknowledges is paid.
func TestNothingIsTaken(t *testing.T) {
	target, sink := sinktest.Open(t, Kind, `{}`)
	if res := sink.Deliver(t.Context(), delivery.NewBatch(0, sinktest.Parcels(1, 0, 2))); res.Taken != 0 || res.Reason.None() || !target.Limits().Pull {
		t.Errorf("%+v, %+v", res, target.Limits())
	}
}
