package spans

import (
	"testing"
	"time"
)

func TestASpanIsReadAndWrittenInDays(t *testing.T) {
	const d = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"30d": 30 * d, "1d12h": 36 * time.Hour, "1d1h1m1.5s": 25*time.Hour + time.Minute + 1500*time.Millisecond,
		"5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond, "0s": 0, "1s": time.Second, "100000d": 100_000 * d,
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
		if back := Text(want); back != text {
			t.Errorf("%v is written %s, not %s", want, back, text)
		}
	}
	for text, want := range map[string]time.Duration{"720h": 30 * d, "36h": 36 * time.Hour, "90s": 90 * time.Second, "-1h": -time.Hour, "0": 0} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "1.5d", "-1d", "1d-1h", "1d+1h", "1d24h", "1d1d", "30", "1day", "100001d", "99999999999d", "1h1d", "soon"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}
