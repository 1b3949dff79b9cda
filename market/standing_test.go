package market

import (
	"testing"
	"time"
)

// M1: one reading per interval begun while a purchase runs, one per interval of its
// whole time once it is over, at most the quota, and never fewer as time goes on.
func TestWhatIsDueFollowsTheContractsRule(t *testing.T) {
	for _, c := range []struct {
		start, end uint64
		interval   uint32
		quota      uint32
		at         uint64
		want       uint32
	}{
		{100, 160, 10, 6, 99, 0},
		{100, 160, 10, 6, 100, 1},
		{100, 160, 10, 6, 109, 1},
		{100, 160, 10, 6, 110, 2},
		{100, 160, 10, 6, 159, 6},
		{100, 160, 10, 6, 160, 6},
		{100, 160, 10, 6, 100_000, 6},
		{100, 165, 10, 7, 164, 7},
		{100, 165, 10, 7, 165, 7},
		{100, 130, 10, 6, 130, 3}, // cancelled at a boundary: the reading of that second is not paid
		{100, 131, 10, 6, 131, 4},
		{100, 100, 10, 6, 100, 0}, // cancelled in the second it was bought
		{100, 100, 10, 6, 500, 0},
		{100, 160, 0, 6, 130, 0},
	} {
		e := Entitlement{Start: c.start, End: c.end, Interval: c.interval, Quota: c.quota}
		if got := e.Due(c.at); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
		last := uint32(0)
		for at := c.start; at < c.end+50; at++ {
			if now := e.Due(at); now < last {
				t.Fatalf("%+v: falls from %d to %d at %d", c, last, now, at)
			} else {
				last = now
			}
		}
	}
}

// M1: whatever ends a purchase after the newest block, what was sent before is paid.
func TestAParcelIsSentOnlyWhenTheNewestBlockPaysIt(t *testing.T) {
	clock := time.Now()
	x := NewIndex(0, 6*time.Hour)
	x.now = func() time.Time { return clock }
	e := func(end uint64) *Entitlement {
		return &Entitlement{Purchase: 1, Start: 1_000, End: end, Interval: 30, Quota: 100, State: PurchaseActive}
	}
	x.Set(e(4_000))
	x.SetHead(Position{Number: 9, Time: 1_060}, clock)
	for seq, want := range map[uint32]Standing{0: Deliver, 2: Deliver, 3: Hold, 4: Hold} {
		if got := x.Standing(1, seq, 1_060); got != want {
			t.Errorf("parcel %d at the third interval: %d, want %d", seq, got, want)
		}
		if got := e(4_000).Due(1_060); want == Deliver && seq >= got {
			t.Errorf("parcel %d is sent, %d are paid", seq, got)
		}
		for end := uint64(1_061); end < 1_200; end++ { // a cancellation in any later block
			if paid := e(end).Due(end); want == Deliver && seq >= paid {
				t.Errorf("parcel %d was sent, and a cancellation at %d pays %d", seq, end, paid)
			}
		}
	}
	x.Set(e(1_050)) // cancelled in a block before: what was not sent is never paid
	if got := x.Standing(1, 2, 1_040); got != Cancel {
		t.Errorf("a parcel that is never paid: %d", got)
	}
	x.Set(e(4_000))
	clock = clock.Add(40 * time.Second) // the next block may be a while in coming
	if got := x.Standing(1, 3, 1_060); got != Hold {
		t.Errorf("between two blocks: %d", got)
	}
	clock = clock.Add(time.Minute) // no node answers: known purchases go on
	if got := x.Standing(1, 5, 1_060); got != Deliver {
		t.Errorf("in an outage: %d", got)
	}
	if got := x.Standing(1, 9, 1_060); got != Hold {
		t.Errorf("in an outage, ahead of the rate: %d", got)
	}
	clock = clock.Add(6 * time.Hour)
	if got := x.Standing(1, 5, 1_060); got != Hold {
		t.Errorf("after max_staleness: %d", got)
	}
}

// A buyer who let his readings wait, cancelled, and had them all when the claim window was over paid
// for none. Nothing leaves the house that cannot be claimed any more, and nobody guesses how long that is.
func TestNothingIsGivenThatCannotBeClaimedAnyMore(t *testing.T) {
	clock := time.Now()
	x := NewIndex(0, 0)
	x.now = func() time.Time { return clock }
	x.Set(&Entitlement{Purchase: 1, Start: 1_000, End: 2_000, Interval: 10, Quota: 100, State: PurchaseActive})
	at := func(when uint64) Standing {
		x.SetHead(Position{Number: 9, Time: when}, clock)
		return x.Standing(1, 3, 1_040)
	}
	if got := at(1_999); got != Deliver {
		t.Errorf("while it runs, with the window unknown: %d", got)
	}
	if got := at(2_000); got != Hold {
		t.Errorf("after its end, with the window unknown: %d", got)
	}
	for window, last := range map[uint64]uint64{80: 2_069, 7 * 86_400: 2_000 + 7*86_400 - 3_601} {
		x.ClaimWithin(window)
		for when, want := range map[uint64]Standing{2_000: Deliver, last: Deliver, last + 1: Cancel, 2_000 + window: Cancel, 1e10: Cancel} {
			if got := at(when); got != want {
				t.Errorf("a window of %d, %d s after the end: %d, want %d", window, when-2_000, got, want)
			}
		}
	}
	at(2_000) // no node answers, and time goes on: it may still be claimed if the blocks are late, or not
	x.ClaimWithin(600)
	if clock = clock.Add(10 * time.Minute); x.Standing(1, 3, 1_040) != Hold {
		t.Error("it is given though no node says that it can be claimed")
	}
	if o := x.Outlook(&Purchase{ID: 1, End: 2_000, State: PurchaseActive}, &Stream{}, 3, 5); !o.Over {
		t.Errorf("the buyer is told %+v", o)
	}
}
