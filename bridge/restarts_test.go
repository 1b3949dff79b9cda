package bridge

import (
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

func TestARestartedABPDeviceIsNamedUntilItIsSoldAgain(t *testing.T) {
	type uplink struct {
		after time.Duration // since the one before
		fCnt  uint32
		v     ledger.Verdict
	}
	run := func(every time.Duration, from uint32, n int, v ledger.Verdict) (all []uplink) {
		for i := range n {
			all = append(all, uplink{every, from + uint32(i), v})
		}
		return all
	}
	for _, c := range []struct {
		name            string
		uplinks         []uplink
		raised, cleared bool
	}{
		{"restarted", run(5*time.Second, 0, 3, ledger.Repeat), true, false},
		{"restarted far behind", run(5*time.Second, 0, 3, ledger.Reset), true, false},
		{"sold again", append(run(5*time.Second, 0, 4, ledger.Repeat), uplink{time.Second, 61, ledger.Posted}), true, true},
		{"what the broker brings again at once", run(10*time.Millisecond, 10, 100, ledger.Repeat), false, false},
		{"each event twice", []uplink{{0, 1, ledger.Posted}, {0, 1, ledger.Repeat}, {time.Minute, 2, ledger.Posted}, {0, 2, ledger.Repeat}, {time.Minute, 3, ledger.Posted}, {0, 3, ledger.Repeat}}, false, false},
		{"one frame again and again", []uplink{{0, 7, ledger.Repeat}, {time.Minute, 7, ledger.Repeat}, {time.Minute, 7, ledger.Repeat}, {time.Minute, 7, ledger.Repeat}}, false, false},
		{"restarted at every uplink", []uplink{{0, 7, ledger.Repeat}, {time.Minute, 0, ledger.Repeat}, {time.Minute, 1, ledger.Repeat}}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r restarts
			now, raised, cleared := time.Unix(1e9, 0), false, false
			for _, u := range c.uplinks {
				now = now.Add(u.after)
				r.note(lorawan.DevEUI{7: 1}, u.fCnt, u.v, now, func() { raised = true }, func() { cleared = true })
			}
			if raised != c.raised || cleared != c.cleared {
				t.Errorf("raised %v, cleared %v", raised, cleared)
			}
			if last := c.uplinks[len(c.uplinks)-1]; (last.v == ledger.Posted) != (r.n.Load() == 0) {
				t.Errorf("%d devices are looked at", r.n.Load())
			}
		})
	}
}
