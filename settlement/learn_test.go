package settlement

import (
	"testing"
	"time"
)

// Reading the accounts costs a share of the time, however many there are; who asks for a
// settlement has them read at once.
func TestTheAccountsAreReadAShareOfTheTime(t *testing.T) {
	read := 0
	s := &Settler{cfg: Config{Interval: time.Hour}, faults: map[FaultCode]Fault{}, news: func() (News, error) {
		read++
		time.Sleep(200 * time.Millisecond)
		return News{}, nil
	}}
	learn := func(forced bool, want int) {
		t.Helper()
		if err := s.learn(forced); err != nil || read != want {
			t.Errorf("read %d times, want %d (%v)", read, want, err)
		}
	}
	learn(false, 1)
	learn(false, 1)
	learn(true, 2)
	learn(false, 2)
	s.learned = s.learned.Add(-s.cfg.Interval / 20)
	learn(false, 3)
}

// What there is to claim is looked for a share of the time too; who asks for a settlement has it
// looked for at once.
func TestLookingForClaimsRestsAsLongAsItTakes(t *testing.T) {
	s := &Settler{cfg: Config{Interval: time.Hour}}
	now := time.Unix(1_700_000_000, 0)
	for _, one := range []struct {
		ago, took time.Duration
		want      bool
	}{{time.Second, 4 * time.Millisecond, false}, {time.Second, 6 * time.Millisecond, true}, {179 * time.Second, time.Minute, true}, {181 * time.Second, time.Minute, false}} {
		if got := s.soon(now, now.Add(-one.ago), one.took); got != one.want {
			t.Errorf("%s after %s: rests %v", one.ago, one.took, got)
		}
	}
}
