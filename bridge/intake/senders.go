package intake

import (
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Senders remembers when devices sent last, bought or not: nobody vouches for one that is not
// there. Its zero value remembers none yet. It is lost when the bridge stops.
type Senders struct {
	mu   sync.RWMutex
	last map[lorawan.DevEUI]uint32 // unix seconds, as exact as sendersStep
}

// What is remembered: for how long, how exactly, and of how many devices at most (24 MB).
const (
	SendersKept = 24 * time.Hour
	sendersStep = 10 * time.Minute
	sendersMax  = 1 << 20
)

// Note remembers that a device sent now. Nearly always that is known already, and costs a look.
func (s *Senders) Note(dev lorawan.DevEUI, now time.Time) {
	at := uint32(now.Unix())
	s.mu.RLock()
	last, known := s.last[dev]
	s.mu.RUnlock()
	if known && at-last < uint32(sendersStep/time.Second) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[lorawan.DevEUI]uint32{}
	}
	if !known && len(s.last) >= sendersMax {
		for other, last := range s.last {
			if now.Sub(time.Unix(int64(last), 0)) > SendersKept {
				delete(s.last, other)
			}
		}
		if len(s.last) >= sendersMax { // more devices than anybody has
			return
		}
	}
	s.last[dev] = at
}

// Sent says whether a device sent within SendersKept.
func (s *Senders) Sent(dev lorawan.DevEUI, now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	last, known := s.last[dev]
	return known && now.Sub(time.Unix(int64(last), 0)) <= SendersKept
}
