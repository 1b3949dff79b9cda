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
