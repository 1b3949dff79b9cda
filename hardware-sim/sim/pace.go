package sim

import (
	"context"
	"time"
)

// lagMax is how far, by the clock, a world may be behind and still make it good.
const lagMax = 50 * time.Millisecond

// Pace lets a world happen at so many times the speed of a clock until a virtual
// time (zero: without end) or the end of ctx; speed 0 is as fast as it goes. What
// arrives at inject is done between two happenings, at the virtual time of then.
//
// A world held up by a slow output or a busy machine goes on from where it is: what
// is seconds apart never comes at once, because there was a delay to make good.
func Pace(ctx context.Context, w *World, speed float64, until time.Time, inject <-chan func()) {
	wall, virtual := time.Now(), w.Now()
	now := func() time.Time {
		return virtual.Add(time.Duration(float64(time.Since(wall)) * speed))
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		next, ok := w.Next()
		if !until.IsZero() && (!ok || next.After(until)) {
			next, ok = until, true
		}
		if ok && speed > 0 && float64(now().Sub(next)) > float64(lagMax)*speed {
			wall, virtual = time.Now(), next
		}
		wait := time.Hour
		if ok && speed > 0 {
			wait = time.Duration(float64(next.Sub(now())) / speed)
		} else if ok {
			wait = 0
		}
		if wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return
			case do := <-inject:
				if at := now(); speed > 0 && at.Before(next) {
					w.RunUntil(at)
				}
				do()
				continue
			case <-timer.C:
			}
		} else {
			select {
			case do := <-inject:
				do()
				continue
			default:
			}
		}
		if !until.IsZero() && !next.Before(until) {
			w.RunUntil(until)
			return
		}
		if ok {
			w.Step()
		}
	}
}
