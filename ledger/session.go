package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// reading is a queued uplink: a copy of what the caller handed in.
type reading struct {
	lorawan.Reading
	link    lorawan.Link
	key     sessionKey
	digest  [32]byte // of port and payload
	buf     []byte   // port, data, values
}

var readings = sync.Pool{New: func() any { return new(reading) }}

// copyReading copies r, so that the caller may decode the next uplink into the
// same memory, and computes in the caller's goroutine what the committer needs.
func copyReading(r *lorawan.Reading) *reading {
	c := readings.Get().(*reading)
	c.Reading = *r
	b := append(c.buf[:0], r.FPort)
	b = append(b, r.Data...)
	if len(r.Data) == 0 {
		c.digest = sha256.Sum256(append(b, r.Values...))
	} else {
		c.digest = sha256.Sum256(b)
	}
	b = append(b, r.Values...)
	c.buf = b
	n := 1 + len(r.Data)
	c.Data, c.Values = b[1:n:n], b[n:len(b):len(b)]
	if r.Link != nil {
		c.link = *r.Link
		c.Link = &c.link
	}
	c.key = newSessionKey(r.DevEUI, r.Network, r.Session)
	return c
}

func (c *reading) release() {
	if cap(c.buf) > 64<<10 {
		c.buf = nil
	}
	c.Reading = lorawan.Reading{}
	readings.Put(c)
}

// sessionKey names a session of a device: DevEUI, half of SHA-256(network, session).
type sessionKey [24]byte

func newSessionKey(dev lorawan.DevEUI, network, name string) (k sessionKey) {
	b := make([]byte, 0, 128)
	b = binary.BigEndian.AppendUint32(b, uint32(len(network)))
	b = append(b, network...)
	b = append(b, name...)
	h := sha256.Sum256(b)
	copy(k[:8], dev[:])
	copy(k[8:], h[:16])
	return k
}

// window is how far behind the highest counter a frame may come and still be
// told from a repeat.
const window = 512

// sessionsPerDevice bounds what joins leave behind: of more sessions of one
// device the one longest untouched is forgotten.
const sessionsPerDevice = 16

// session is the history of one session's frame counter.
type session struct {
	key     sessionKey
	high    uint32 // highest f_cnt seen
	fell    uint32 // last f_cnt seen of a counter that fell back, plus one; 0: it did not
	last    [32]byte // payload digest of high
	touched uint64 // chain time, unix seconds
	bits    [window / 64]uint64 // bit i: high-i was seen
	dirty   bool
}

func newSession(key sessionKey, f uint32, digest [32]byte) *session {
	s := &session{key: key, high: f, last: digest}
	s.bits[0] = 1
	return s
}

// see judges a frame of a known session and remembers it.
func (s *session) see(f uint32, digest [32]byte) Verdict {
	switch {
	case f > s.high:
		s.shift(f - s.high)
		s.high, s.last, s.fell = f, digest, 0
		return Posted
	case f == s.high && digest != s.last:
		return Reset // a counter stands still and its payload does not
	case s.high-f >= window:
		// A device that starts anew counts from near zero, and then on from there.
		if f < window || s.fell != 0 && f >= s.fell && f-s.fell < window {
			s.fell = f + 1
			return Reset
		}
		return Late
	case s.seen(s.high - f):
		return Repeat
	}
	behind := s.high - f
	s.bits[behind/64] |= 1 << (behind % 64)
	return Posted
}

func (s *session) seen(behind uint32) bool { return s.bits[behind/64]&(1<<(behind%64)) != 0 }

// shift moves the window up by n counters and marks the newest as seen.
func (s *session) shift(n uint32) {
	if n >= window {
		s.bits = [window / 64]uint64{}
	} else {
		words, rest := int(n/64), n%64
		for i := len(s.bits) - 1; i >= 0; i-- {
			var v uint64
			if i >= words {
				v = s.bits[i-words] << rest
				if rest > 0 && i > words {
					v |= s.bits[i-words-1] >> (64 - rest)
				}
			}
			s.bits[i] = v
		}
	}
	s.bits[0] |= 1
}

const sessionSize = 4 + 4 + 32 + 8 + window/8

func (w *work) putSession(s *session) error {
	v := w.value(sessionSize)
	v = binary.BigEndian.AppendUint32(v, s.high)
	v = binary.BigEndian.AppendUint32(v, s.fell)
	v = append(v, s.last[:]...)
	v = binary.BigEndian.AppendUint64(v, s.touched)
	for _, b := range s.bits {
		v = binary.BigEndian.AppendUint64(v, b)
	}
	s.dirty = false
	return w.put(bSessions, s.key[:], v)
}

func parseSession(key, body []byte) (*session, error) {
	if len(key) != len(sessionKey{}) || len(body) != sessionSize {
		return nil, bSessions.damage(key, "wrong length")
	}
	s := &session{
		key: sessionKey(key), high: binary.BigEndian.Uint32(body), fell: binary.BigEndian.Uint32(body[4:]),
		last: [32]byte(body[8:40]), touched: binary.BigEndian.Uint64(body[40:]),
	}
	for i := range s.bits {
		s.bits[i] = binary.BigEndian.Uint64(body[48+8*i:])
	}
	return s, nil
}

// see judges an uplink by the history of its session.
func (w *work) see(r *reading, at uint64) (Verdict, error) {
	s, ok := w.sessions.get(r.key)
	if !ok {
		body, err := w.get(bSessions, r.key[:])
		if err != nil {
			return "", err
		}
		if body != nil {
			if s, err = parseSession(r.key[:], body); err != nil {
				return "", err
			}
			w.sessions.put(r.key, s)
		}
	}
	verdict := Posted
	if s == nil {
		if err := w.forgetSessions(r.DevEUI); err != nil {
			return "", err
		}
		s = newSession(r.key, r.FCnt, r.digest)
		w.sessions.put(r.key, s)
	} else if fell := s.fell; true {
		verdict = s.see(r.FCnt, r.digest)
		if verdict != Posted && s.fell == fell {
			return verdict, nil // nothing to remember
		}
	}
	s.touched = at
	if !s.dirty {
		s.dirty = true
		w.dirtySessions = append(w.dirtySessions, s)
	}
	return verdict, nil
}

// forgetSessions makes room for a new session of a device.
func (w *work) forgetSessions(dev lorawan.DevEUI) error {
	for _, s := range w.dirtySessions { // the new ones among them are not on disk yet
		if lorawan.DevEUI(s.key[:8]) == dev {
			if err := w.putSession(s); err != nil {
				return err
			}
			s.dirty = true // written again at the end of the group
		}
	}
	keys := w.keys(bSessions, dev[:])
	for len(keys) >= sessionsPerDevice {
		oldest, age := 0, uint64(0)
		for i, k := range keys {
			body, err := w.get(bSessions, k)
			if err != nil {
				return err
			}
			s, err := parseSession(k, body)
			if err != nil {
				return err
			}
			if i == 0 || s.touched < age {
				oldest, age = i, s.touched
			}
		}
		gone := sessionKey(keys[oldest])
		if err := w.delete(bSessions, gone[:]); err != nil {
			return err
		}
		w.sessions.drop(gone)
		w.dirtySessions = slices.DeleteFunc(w.dirtySessions, func(s *session) bool { return s.key == gone })
		keys = slices.Delete(keys, oldest, oldest+1)
	}
	return nil
}

// ingest judges an uplink and makes a parcel for every purchase due one.
func (w *work) ingest(r *reading) (Outcome, error) {
	if w.full {
		return Outcome{}, refuse(ErrFull)
	}
	bought := w.index.Lookup(r.DevEUI)
	if len(bought) == 0 {
		return Outcome{Verdict: Unbought}, nil
	}
	at := uint64(max(0, r.Received.Unix()))
	out := Outcome{Verdict: Unbought}
	for _, e := range bought {
		switch {
		case e.State != market.PurchaseActive || e.StreamState == market.StreamSlashed:
		case e.Covers(at):
			out.Verdict = Posted
		default:
			out.OutOfWindow++
		}
	}
	verdict, err := w.see(r, at)
	if err != nil {
		return Outcome{}, err
	}
	if out.Verdict == Unbought {
		return out, nil
	}
	if out.Verdict = verdict; verdict != Posted {
		return out, nil
	}
	for _, e := range bought {
		if e.State != market.PurchaseActive || e.StreamState == market.StreamSlashed || !e.Covers(at) {
			continue
		}
		a, err := w.account(e.Purchase, identify(e))
		if err != nil {
			return Outcome{}, err
		}
		if a.seq >= e.Quota {
			out.OverQuota++
			continue
		}
		if a.seq >= e.Due(at) {
			out.OverRate++
			continue
		}
		p := delivery.Pack(w.place, e, a.seq, &r.Reading, r.digest, w.now)
		if err := w.putParcel(bOutbox, parcelKey(p.Purchase, p.Seq), &p, ""); err != nil {
			return Outcome{}, err
		}
		a.seq++
		a.waiting++
		w.counts.waiting++
		w.touch(a)
		out.Parcels = append(out.Parcels, p)
	}
	return out, nil
}
