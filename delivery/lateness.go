package delivery

import (
	"math"
	"time"
)

// lateness counts how long after its posting a parcel was taken, in steps of a quarter
// of a doubling from a millisecond up.
type lateness struct {
	counts [128]uint32
	n      uint64
}

func (h *lateness) add(d time.Duration) {
	i := 0
	if ms := float64(d) / float64(time.Millisecond); ms > 1 {
		i = min(len(h.counts)-1, int(4*math.Log2(ms))+1)
	}
	h.counts[i]++
	h.n++
}

// quantile is the lateness that a share q of the parcels did not exceed; 0 if there are none.
func (h *lateness) quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	want := uint64(math.Ceil(q * float64(h.n)))
	var sum uint64
	for i, c := range h.counts {
		if sum += uint64(c); sum >= want {
			return time.Duration(math.Exp2(float64(i)/4) * float64(time.Millisecond)).Round(time.Millisecond)
		}
	}
	return 0
}
