package ledger

import (
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// What a device's rate is must be known after a restart, when it decides whose events are read
// first.
func TestTheRateOfADeviceIsLearnedAndKept(t *testing.T) {
	w, now := &window{}, uint64(1_000_000)
	send := func(n uint32, after uint64) {
		now += after
		var ahead uint32
		if w.seen {
			ahead = n
		}
		w.take(w.newest+n, 1, false)
		w.learn(now, ahead)
		w.touched = now
	}
	send(1, 0)
	if w.every != 0 {
		t.Errorf("one uplink tells a rate: %d", w.every)
	}
	send(1, 60)
	if w.every != 60_000 {
		t.Errorf("learned %d ms, want 60000", w.every)
	}
	send(10, 600) // nine were missed
	if w.every != 60_000 {
		t.Errorf("an outage teaches %d ms", w.every)
	}
	for range 5 { // what waited at the broker comes at once
		send(1, 0)
	}
	send(1, 24*3600) // it was switched off
	if w.every > 90_000 {
		t.Errorf("a day's pause teaches %d ms", w.every)
	}
	for range 60 {
		send(1, 300)
	}
	if w.every < 290_000 || w.every > 310_000 {
		t.Errorf("after 60 uplinks every 300 s: %d ms", w.every)
	}
	k := windowKey(&lorawan.Reading{Network: "n", DevEUI: lorawan.DevEUI{7: 1}}, "s")
	again, err := decodeWindow(k, bind(bWindows, k, w.encode()))
	if err != nil || again.every != w.every {
		t.Errorf("stored %d, read %d, %v", w.every, again.every, err)
	}
}

func TestMissingBelowCountsToTheNextThatWasTaken(t *testing.T) {
	for _, c := range []struct {
		why   string
		taken []uint32
		of    uint32
		want  uint32
	}{
		{"nothing was taken before", []uint32{5000}, 5000, 0},
		{"the one below was", []uint32{7, 8}, 8, 0},
		{"four are missing", []uint32{7, 12}, 12, 4},
		{"a live one came first", []uint32{100, 130, 120}, 120, 19},
		{"missing across a word of the bits", []uint32{10, 200, 150}, 150, 139},
		{"missing far below the bits", []uint32{10, 5000, 4900}, 4900, 4889},
		{"a gap below one that was filled", []uint32{10, 5000, 3000, 2900}, 2900, 2889},
		{"down to the start of the session", []uint32{100, 50}, 50, 0},
	} {
		w := &window{}
		for _, f := range c.taken {
			if v := w.take(f, 1, true); v != Posted {
				t.Fatalf("%s: %d is %s", c.why, f, v)
			}
		}
		if got := w.missingBelow(c.of); got != c.want {
			t.Errorf("%s: %d, want %d", c.why, got, c.want)
		}
	}
}
