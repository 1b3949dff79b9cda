package delivery

import (
	"math"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// slots shares the attempts that may be under way at once: among buyers first, then
// among each buyer's destinations. What is shared is occupancy, slots times time held, so
// that a slow destination pays for its slowness and not its neighbours. A slot is held
// for one attempt. Guarded by Courier.mu.
type slots struct {
	total   int
	perHost int // of one buyer's attempts to one host and port
	busy    int
	shares  map[common.Address]*share
	waiting []*share // with lanes that want a slot
}

// share is what one buyer uses of the slots.
type share struct {
	busy    int
	hosts   map[string]int
	waiting []*lane
	meter   occupancy
}

// occupancy is slots times time held: in all, which decides whose turn it is, and as
// a mean of late, which tells the slow from the quick.
type occupancy struct {
	spent float64 // slot seconds
	mean  float64 // slots
	busy  int
	at    time.Time
}

// horizon is how far back the mean of an occupancy looks.
const horizon = 30.0 // seconds

func (o *occupancy) advance(now time.Time) {
	if dt := now.Sub(o.at).Seconds(); dt > 0 && !o.at.IsZero() {
		o.spent += float64(o.busy) * dt
		keep := math.Exp(-dt / horizon)
		o.mean = o.mean*keep + float64(o.busy)*(1-keep)
	}
	o.at = now
}

func (o *occupancy) add(n int, now time.Time) {
	o.advance(now)
	o.busy += n
}

func newSlots(total, perHost int) *slots {
	return &slots{total: total, perHost: perHost, shares: map[common.Address]*share{}}
}

func (s *slots) share(buyer common.Address) *share {
	sh := s.shares[buyer]
	if sh == nil {
		sh = &share{hosts: map[string]int{}}
		s.shares[buyer] = sh
	}
	return sh
}

// quick is the mean occupancy, in slots, of a buyer who may use the last eighth.
const quick = 0.5

// may says whether a lane may have another slot now. A buyer may hold as many as are
// free, so that however many slow ones there are, something is left for the next; the
// last eighth is for buyers who hold none and held little of late. Within a buyer the same goes for each
// destination.
func (s *slots) may(l *lane, now time.Time) bool {
	free := s.total - s.busy
	if l.meter.busy > 0 && l.meter.busy >= free-l.share.busy || l.host != "" && l.share.hosts[l.host] >= s.perHost {
		return false
	}
	return s.mayBuyer(l.share, now)
}

// mayBuyer is may, as far as the buyer decides it.
func (s *slots) mayBuyer(sh *share, now time.Time) bool {
	free := s.total - s.busy
	if free <= 0 || sh.busy >= free {
		return false
	}
	if free <= s.total/8 {
		sh.meter.advance(now)
		return sh.busy == 0 && sh.meter.mean < quick
	}
	return true
}

func (s *slots) take(l *lane, now time.Time) {
	s.busy++
	l.share.busy++
	l.share.hosts[l.host]++
	l.share.meter.add(1, now)
	l.meter.add(1, now)
	s.leave(l)
}

func (s *slots) give(l *lane, now time.Time) {
	s.busy--
	l.share.busy--
	if l.share.hosts[l.host]--; l.share.hosts[l.host] == 0 {
		delete(l.share.hosts, l.host)
	}
	l.share.meter.add(-1, now)
	l.meter.add(-1, now)
}

// wait puts a lane among those that want a slot. One that comes after a pause has no
// credit of the time it wanted none.
func (s *slots) wait(l *lane, now time.Time) {
	if l.wants {
		return
	}
	l.wants = true
	sh := l.share
	if len(sh.waiting) == 0 {
		sh.meter.advance(now)
		if len(s.waiting) > 0 {
			sh.meter.spent = max(sh.meter.spent, least(s.waiting, func(o *share) float64 { return o.meter.spent }))
		}
		s.waiting = append(s.waiting, sh)
	} else {
		l.meter.spent = max(l.meter.spent, least(sh.waiting, func(o *lane) float64 { return o.meter.spent }))
	}
	sh.waiting = append(sh.waiting, l)
}

func least[T any](all []T, of func(T) float64) float64 {
	m := math.Inf(1)
	for _, one := range all {
		m = min(m, of(one))
	}
	return m
}

func (s *slots) leave(l *lane) {
	if !l.wants {
		return
	}
	l.wants = false
	sh := l.share
	sh.waiting = slices.DeleteFunc(sh.waiting, func(o *lane) bool { return o == l })
	if len(sh.waiting) == 0 {
		s.waiting = slices.DeleteFunc(s.waiting, func(o *share) bool { return o == sh })
	}
}

// next is the lane whose turn it is: of the buyer, then of the destination, that has
// used least. Nil if none of those that wait may have a slot.
func (s *slots) next(now time.Time) *lane {
	var best *lane
	var bestShare, bestLane float64
	for _, sh := range s.waiting {
		sh.meter.advance(now)
		if best != nil && sh.meter.spent > bestShare || !s.mayBuyer(sh, now) {
			continue
		}
		for _, l := range sh.waiting {
			l.meter.advance(now)
			if (best == nil || sh.meter.spent < bestShare || l.meter.spent < bestLane) && s.may(l, now) {
				best, bestShare, bestLane = l, sh.meter.spent, l.meter.spent
			}
		}
	}
	return best
}
