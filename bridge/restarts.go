package bridge

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// restarts notices devices that count from the start again within their session, as ABP devices
// do after a restart: each uplink is then a repeat or a reset, and nothing is sold, for as long
// as it takes to catch up. Events that merely come twice do not count on for so long.
type restarts struct {
	n  atomic.Int32 // how many devices are looked at; nearly always 0
	mu sync.Mutex
	of map[lorawan.DevEUI]*restart
}

// restart is a run of live uplinks that were not sold for their counter.
type restart struct {
	since time.Time
	fCnt  uint32 // of the newest
	n     int
	told  bool
}

// A run is told when it is so long, in uplinks and in time: a broker sends again what was not
// acknowledged within a moment.
const (
	restartUplinks = 3
	restartTime    = 10 * time.Second
)

// note takes an uplink's verdict. raise is called when a device has restarted, clear when one
// that was told of is sold again.
func (r *restarts) note(dev lorawan.DevEUI, fCnt uint32, v ledger.Verdict, now time.Time, raise, clear func()) {
	back := v == ledger.Repeat || v == ledger.Reset || v == ledger.Late
	if !back && r.n.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.of[dev]
	switch {
	case !back && one == nil:
	case !back:
		delete(r.of, dev)
		r.n.Add(-1)
		if one.told {
			clear()
		}
	case one == nil:
		if r.of == nil {
			r.of = map[lorawan.DevEUI]*restart{}
		}
		r.of[dev] = &restart{since: now, fCnt: fCnt, n: 1}
		r.n.Add(1)
	case fCnt <= one.fCnt: // the same again, or another restart
		if fCnt < one.fCnt {
			one.since, one.n = now, 1
		}
		one.fCnt = fCnt
	default:
		one.fCnt = fCnt
		if one.n++; one.n >= restartUplinks && now.Sub(one.since) >= restartTime {
			one.told = true
			raise()
		}
	}
}

// noteRestart raises counter_restarted for a device whose counter started over, until it is sold again.
func (b *Bridge) noteRestart(r *lorawan.Reading, v ledger.Verdict) {
	name := b.NameOf(r.DevEUI)
	b.restarts.note(r.DevEUI, r.FCnt, v, time.Now(), func() {
		b.health.Raise(health.Condition{Code: "counter_restarted", Subject: name,
			Text: fmt.Sprintf("a bought device counts from the start again within its session (f_cnt is %d now), as an ABP device does that was restarted: its uplinks are taken for repeats and not sold until the counter has passed where it was, or the device has a new session", r.FCnt)})
	}, func() { b.health.Clear("counter_restarted", name) })
}
