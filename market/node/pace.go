package node

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// pace keeps the calls of a node below what it allows a second. It begins without a
// limit; the first refusal shows the limit, later ones correct it. Close below a rate that
// was refused it stays for a minute before it tries more.
type pace struct {
	mu     sync.Mutex
	rate   float64 // calls a second; 0: no limit is known
	over   float64 // a rate that was refused
	next   time.Time
	rest   time.Time // nothing is sent before
	raised time.Time
	cut    time.Time
	waits  int         // tries that were refused since a call was last taken
	before float64     // the rate before the first of them
	recent []time.Time // of the calls that were not refused for their number within the last second
}

const (
	raiseEach = 3 * time.Second
	waitMost  = 5 * time.Second // between two tries of a node that takes nothing at all
	overKept  = time.Minute
	rateMax   = 2_000 // a limit above this is none
)

// raise tries a little more after a while without a refusal.
func (p *pace) raise(now time.Time) {
	if p.rate == 0 || now.Sub(p.raised) < raiseEach || now.Sub(p.cut) < raiseEach {
		return
	}
	if now.Sub(p.cut) > overKept {
		p.over = 0
	}
	more := p.rate * 1.5 // no rate of its own choice was refused lately
	if p.over > 0 {
		more = p.rate * 1.1
		more = min(more, max(p.rate, 0.97*p.over))
	}
	if p.rate, p.raised = more, now; p.rate > rateMax {
		p.rate = 0
	}
}

// errPaced says that a call would have to wait longer than its caller can.
type errPaced struct{ wait time.Duration }

func (e errPaced) Error() string {
	return fmt.Sprintf("it allows so few requests that this one would wait %s", e.wait.Round(100*time.Millisecond))
}

// wait until so many calls may be sent. What cannot be sent before ctx's deadline is not
// waited for: an errPaced says so at once.
func (p *pace) wait(ctx context.Context, calls int) error {
	p.mu.Lock()
	now := time.Now()
	p.raise(now)
	at := now
	if p.rest.After(at) {
		at = p.rest
	}
	if p.rate > 0 && p.next.After(at) {
		at = p.next
	}
	if deadline, ok := ctx.Deadline(); ok && at.After(deadline) {
		p.mu.Unlock()
		return errPaced{at.Sub(now)}
	}
	if p.rate > 0 {
		p.next = at.Add(time.Duration(float64(calls) / p.rate * float64(time.Second)))
	}
	p.mu.Unlock()
	if !at.After(now) {
		return ctx.Err()
	}
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// taken notes calls the node answered.
func (p *pace) taken(calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.waits > 1 { // what it refused for was not the rate
		p.rate, p.over, p.next = p.before, 0, now
	}
	p.waits = 0
	p.trim(now)
	for range min(calls, rateMax-len(p.recent)) {
		p.recent = append(p.recent, now)
	}
}

func (p *pace) trim(now time.Time) {
	i := 0
	for i < len(p.recent) && now.Sub(p.recent[i]) > time.Second {
		i++
	}
	p.recent = p.recent[i:]
}

// refused notes that there were too many calls. rest and rate are what the node said; 0
// if it said nothing.
func (p *pace) refused(rest time.Duration, rate float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.trim(now)
	pause := 300 * time.Millisecond
	since := now.Sub(p.cut)
	if since >= time.Second { // else requests already under way say the same again
		if p.waits++; p.waits == 1 {
			p.before = p.rate
		}
	}
	switch {
	case rate > 0:
		p.rate = rate
	case p.waits > 1 && since >= time.Second: // it takes nothing, however little is sent: that says nothing of a rate
		pause = min(waitMost, time.Second<<min(p.waits-2, 4))
	case p.rate == 0:
		p.rate, pause = max(1, 0.96*float64(len(p.recent))), time.Second
	case since < time.Second:
		pause = 0
	case since < raiseEach: // the first guess was a burst the node allowed once
		p.over, p.rate = p.rate, max(0.2, p.rate*0.6)
	default:
		p.over, p.rate = p.rate, max(0.2, p.rate*0.9)
	}
	if pause > 0 {
		p.cut = now
	}
	if until := now.Add(max(rest, pause)); until.After(p.rest) {
		p.rest = until
	}
	if p.next.Before(p.rest) || pause > 0 {
		p.next = p.rest
	}
}

// resting tells until when nothing more can be sent.
func (p *pace) resting() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate > 0 && p.next.After(p.rest) {
		return p.next
	}
	return p.rest
}

// size finds how much a node takes at once. It doubles what went well up to the limit,
// and once something was refused, narrows down to the largest that is taken. What it
// learnt of a ceiling it forgets after a while.
type size struct {
	mu   sync.Mutex
	good uint64 // the largest taken
	bad  uint64 // the smallest refused; 0: none
	most uint64
	till time.Time // the ceiling is believed until then
}

const ceilingKept = 15 * time.Minute

// next is what to ask for now.
func (s *size) next() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad != 0 && time.Now().After(s.till) {
		s.bad = 0
	}
	switch {
	case s.bad == 0:
		return min(s.most, s.good)
	case s.good == 0:
		return max(1, s.bad/2)
	case s.bad > s.good+1 && (s.bad-s.good)*8 > s.good: // to an eighth is near enough, but for small ones
		return s.good + (s.bad-s.good)/2
	}
	return s.good
}

// taken notes that n were taken, of which asked was wanted.
func (s *size) taken(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.bad == 0 && n >= s.good:
		s.good = min(s.most, 2*n)
	case s.bad != 0 && n > s.good && n < s.bad:
		s.good = n
	}
}

// refused notes that n were too many; it tells whether fewer can be asked for.
func (s *size) refused(n uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n <= 1 {
		return false
	}
	if s.bad == 0 || n < s.bad {
		s.bad = n
	}
	if s.good >= n {
		s.good = 0
	}
	s.till = time.Now().Add(ceilingKept)
	return true
}
