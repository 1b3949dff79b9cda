package delivery

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A-07 of docs/contracts.md: a buyer who takes readings and answers 500, so that they
// are never paid, reads one at a time, and few of those.
func TestA07_ABuyerWhoTakesReadingsAndAnswers500IsSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newShelf(), &sink{}
		k.answer = func([]Parcel) Result { return Result{Err: errors.New("HTTP 500"), Retry: true} }
		s.post(nil, 1, 0, 100)
		c, stop := run(t, CourierConfig{}, s, gate(open), routes{1: {URL: "a", Batch: 10}}, map[string]*sink{"a": k})
		defer stop()
		time.Sleep(90 * time.Hour)
		synctest.Wait()
		if got := c.Routes(); len(got) != 1 || got[0].State != RouteSuspended || got[0].Delivered != 0 {
			t.Errorf("the route stands at %+v", got)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		seen := 0
		for i, n := range k.sizes {
			if i > 0 && n != 1 {
				t.Errorf("attempt %d showed %d readings", i+1, n)
			}
			seen = max(seen, n)
		}
		// Probes repeat the first reading: what he ever saw is the first batch.
		if seen > 10 || len(k.sizes) > 40 {
			t.Errorf("in four days of refusals he was shown %d readings in %d attempts", seen, len(k.sizes))
		}
	})
}
