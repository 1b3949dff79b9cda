package sim

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// pulses is a world in which something happens every virtual second.
func pulses(t *testing.T, do func(i int)) *World {
	t.Helper()
	w, err := New(Setup{Seed: 1, Start: noon, Region: Regions["eu868"]})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		w.at(noon.Add(time.Duration(i)*time.Second), func() { do(i) })
	}
	return w
}

func TestAWorldKeepsItsPaceAndIsNotRushedAfterADelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		w := pulses(t, func(i int) {
			at = append(at, time.Since(start))
			if i == 3 {
				time.Sleep(5 * time.Second) // a broker that is away
			}
		})
		Pace(t.Context(), w, 10, noon.Add(20*time.Second), nil)
		for i, d := range at {
			want := time.Duration(i) * 100 * time.Millisecond
			if i > 3 { // one interval is made good at most
				want += 4900 * time.Millisecond
			}
			if d < want || d > want+110*time.Millisecond {
				t.Errorf("happening %d came after %v, want %v", i, d, want)
			}
		}
		if len(at) != 10 || !w.Now().Equal(noon.Add(20*time.Second)) {
			t.Errorf("%d happenings until %v", len(at), w.Now())
		}
	})
}

func TestWhatIsInjectedHappensAtTheTimeOfThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := pulses(t, func(int) {})
		inject := make(chan func())
		var at time.Time
		go func() {
			time.Sleep(250 * time.Millisecond)
			inject <- func() { at = w.Now() }
		}()
		Pace(t.Context(), w, 10, noon.Add(5*time.Second), inject)
		if !at.Equal(noon.Add(2500 * time.Millisecond)) {
			t.Errorf("injected at %v", at)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		Pace(ctx, w, 1, time.Time{}, inject) // returns
	})
}
