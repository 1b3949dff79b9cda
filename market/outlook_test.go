package market

import (
	"strings"
	"testing"
	"time"
)

func TestAnOutlookSaysWhatToExpect(t *testing.T) {
	wall := time.Unix(2000, 0)
	entitled := func(e Entitlement) *Entitlement {
		e.Purchase, e.Start, e.Interval, e.Quota, e.Block, e.State = 7, 1000, 100, 1000, 50, max(e.State, PurchaseActive)
		if e.End == 0 {
			e.End = 9000
		}
		return &e
	}
	for _, is := range []struct {
		name         string
		state        PurchaseState
		stream       Stream
		e            *Entitlement
		block        uint64
		by           time.Time
		seq, waiting uint32
		over         bool
		why          string
	}{
		{"it runs and nothing waits", PurchaseActive, Stream{}, entitled(Entitlement{}), 60, wall, 3, 0, false, ""},
		{"it runs and what waits may go", PurchaseActive, Stream{}, entitled(Entitlement{}), 60, wall, 3, 2, false, ""},
		{"closed", PurchaseClosed, Stream{}, nil, 60, wall, 0, 0, true, "closed on chain"},
		{"closed, and waits for receipts", PurchaseActive, Stream{}, entitled(Entitlement{State: PurchaseClosed}), 60, wall, 0, 2, true, "closed on chain"},
		{"no device", PurchaseActive, Stream{}, nil, 60, wall, 0, 2, false, "device"},
		{"slashed", PurchaseActive, Stream{Unpaid: true}, nil, 60, wall, 0, 2, true, "found at fault"},
		{"a stopped stream ended it", PurchaseActive, Stream{StopAt: 1600}, entitled(Entitlement{End: 1600}), 60, wall, 3, 0, true, "since 1970-01-01T00:26:40Z"},
		{"over, but what came late may be on its way", PurchaseActive, Stream{StopAt: 1900}, entitled(Entitlement{End: 1900}), 60, wall, 3, 0, false, ""},
		{"over, but something waits", PurchaseActive, Stream{StopAt: 1600}, entitled(Entitlement{End: 1600}), 60, wall, 3, 1, false, ""},
		{"its claim window is over, nearly", PurchaseActive, Stream{StopAt: 1300}, entitled(Entitlement{End: 1300}), 60, wall, 3, 1, true, "is over, or nearly"},
		{"not confirmed", PurchaseActive, Stream{}, entitled(Entitlement{}), 51, wall, 3, 1, false, "bought at 1970-01-01T00:16:40Z, and its block must have 2 confirmations before anything is delivered; still missing: 1"},
		{"no node", PurchaseActive, Stream{}, entitled(Entitlement{}), 60, wall.Add(-time.Hour), 3, 1, false, "since 1969-12-31T23:33:20Z"},
		{"ahead of its time", PurchaseActive, Stream{}, entitled(Entitlement{}), 60, wall, 11, 1, false, "when its interval begins"},
	} {
		x := NewIndex(2, 10*time.Minute)
		x.now = func() time.Time { return wall }
		x.ClaimWithin(800)
		x.SetHead(Position{Number: is.block, Time: 2000}, is.by)
		if is.e != nil {
			x.Set(is.e)
		}
		got := x.Outlook(&Purchase{ID: 7, State: is.state, End: 9000}, &is.stream, is.seq, is.waiting)
		if got.Over != is.over || !strings.Contains(got.Why, is.why) || (is.why == "") != (got.Why == "") {
			t.Errorf("%s: %+v", is.name, got)
		}
		if is.e != nil && got.Ends.Unix() != int64(is.e.End) {
			t.Errorf("%s: ends %v", is.name, got.Ends)
		}
	}
}
