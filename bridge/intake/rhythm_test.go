package intake

import (
	"testing"
	"time"
)

func TestSilenceIsJudgedByTheLearnedRate(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	every := func(n int, gap time.Duration) func(r *Rhythm) time.Time {
		return func(r *Rhythm) time.Time {
			now := start
			for range n {
				now = now.Add(gap)
				r.Beat(now)
			}
			return now
		}
	}
	for _, c := range []struct {
		why      string
		teach    func(r *Rhythm) time.Time
		long     time.Duration // so long is too long
		usualsIs time.Duration
	}{
		{"never a word", every(0, 0), 45 * time.Second, 0},
		{"one a second", every(100, time.Second), 30 * time.Second, time.Second},
		{"one in ten seconds", every(100, 10*time.Second), 200 * time.Second, 10 * time.Second},
		{"one in ten minutes", every(30, 10*time.Minute), 200 * time.Minute, 10 * time.Minute},
		{"too few to know", every(5, time.Second), 10 * time.Minute, 0},
		{"known from before the start", func(r *Rhythm) time.Time { r.Recall(10 * time.Minute); return start }, 200 * time.Minute, 10 * time.Minute},
	} {
		r := &Rhythm{}
		last := c.teach(r)
		if quiet, long := r.Silent(last.Add(c.long), start); long || quiet != c.long {
			t.Errorf("%s: %v of silence is too long", c.why, quiet)
		}
		if _, long := r.Silent(last.Add(c.long+time.Second), start); !long {
			t.Errorf("%s: %v of silence is nothing", c.why, c.long+time.Second)
		}
		if _, long := r.Silent(last.Add(c.long+time.Second), last.Add(c.long)); long {
			t.Errorf("%s: silence counts from before it was listened for", c.why)
		}
		if got := r.Usual(); got != c.usualsIs {
			t.Errorf("%s: learned %v", c.why, got)
		}
	}
}
