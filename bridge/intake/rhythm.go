package intake

import (
	"sync"
	"time"
)

// Rhythm is how often something comes, as learned.
type Rhythm struct {
	mu     sync.Mutex
	last   time.Time
	sold   time.Time
	every  float64 // seconds between two events, an exponential mean; 0: not known yet
	beats  int
	poor   int // events in a row that were not understood
	qos0At time.Time
	qos1At time.Time
}

const (
	rhythmKnown  = 10               // events after which a rate is believed
	silentLeast  = 30 * time.Second // shorter silence is none
	silentNever  = 45 * time.Second // of a source that never said anything
	silentGaps   = 20               // times the usual gap: one in e^20 of what comes at random
	silentUnsure = 10 * time.Minute // with fewer events than make a rate
)

// Beat notes that something came.
func (r *Rhythm) Beat(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last.IsZero() && now.After(r.last) {
		gap := now.Sub(r.last).Seconds()
		if r.every == 0 {
			r.every = gap
		} else {
			gap = min(gap, 4*max(r.every, 1)) // an outage is no rate
			r.every += (gap - r.every) / 16
		}
	}
	r.last = now
	r.beats++
}

// Recall takes over the gap that was learned before the start; 0: none was.
func (r *Rhythm) Recall(usual time.Duration) {
	if usual > 0 {
		r.every, r.beats = usual.Seconds(), rhythmKnown
	}
}

// Silent says for how long nothing came, and whether that is long. since is when it began to
// be listened for.
func (r *Rhythm) Silent(now, since time.Time) (quiet time.Duration, long bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.last
	if from.Before(since) {
		from = since
	}
	quiet = now.Sub(from)
	gap := time.Duration(r.every * float64(time.Second))
	switch {
	case r.beats >= rhythmKnown:
		return quiet, quiet > max(silentLeast, silentGaps*gap)
	case r.beats == 0:
		return quiet, quiet > silentNever
	}
	return quiet, quiet > max(silentUnsure, silentGaps*gap)
}

// Usual is the learned gap; 0: not known.
func (r *Rhythm) Usual() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.beats < rhythmKnown {
		return 0
	}
	return time.Duration(r.every * float64(time.Second)).Round(10 * time.Millisecond)
}

// Last is when something came last, and when something of it was sold; zero: never.
func (r *Rhythm) Last() (came, sold time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.sold
}

// Unread counts how many in a row, of those that came last, were not understood.
func (r *Rhythm) Unread() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.poor
}

// qosOver is how long uplinks with QoS 1 alone must have come before those with QoS 0 are over.
const qosOver = time.Minute

// QoS0Over says whether uplinks came with QoS 0, and that is over.
func (r *Rhythm) QoS0Over(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.qos1At.After(r.qos0At) && now.Sub(r.qos0At) > qosOver
}

// published notes the QoS of an uplink.
func (r *Rhythm) published(qos byte, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if qos > 0 {
		r.qos1At = now
	} else {
		r.qos0At = now
	}
}

// became notes what became of something.
func (r *Rhythm) became(f Fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch f {
	case FateMalformed, FateOtherTopic, FateMismatch:
		r.poor++
		return
	case FatePosted:
		r.sold = r.last
	}
	r.poor = 0
}
