package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrNoRoom says that a change was not made because its volume is full, its quota is used up, or
// the ledger has its greatest size. Nothing was kept of it, and the ledger works on: it goes on by
// itself when there is room.
var ErrNoRoom = market.ErrNoRoom

// Fullness is what a ledger has no room for.
type Fullness int32

// Before the file is full a reserve is left, for what must still be written when nothing more is
// taken in.
const (
	Ample    Fullness = iota // it has room for everything
	Reserved                 // the reserve alone is left: nothing is taken in; receipts and settlements are kept
	Full                     // the reserve is used up too: nothing is to be delivered or signed
)

// reserve is how many bytes of the file are kept free, with their blocks on the volume, for what
// must be written when there is no more room. Half of the file's greatest size at most.
var reserve = int64(16 << 20)

// class says what becomes of a change for which there is no room.
type class int

const (
	plain class = iota // it fails when the file is full
	grows              // it fails as soon as the reserve alone is left
	kept               // it waits until there is room: what it says has happened
	frees              // it is tried even when the file is full
)

const (
	regainEvery = 500 * time.Millisecond // between two looks whether there is room again
	waitingStep = 100                    // changes that waited, in a commit
	back        = 8                      // there is room again when there is the reserve and this part of it
	sweepsMost  = 32                     // commits in a row that only sweep, to empty the journal
)

// space is what the committer knows of the file's room. bbolt lets a file grow by leaving a hole
// at its end, which a full volume cannot fill later; here the end has its blocks before it is used.
type space struct {
	file     *os.File
	most     int64     // bytes the file may have; 0: any
	secured  int64     // bytes from the file's beginning that have their blocks, or more than are in use if less
	room     int64     // bytes that are free and certain
	level    Fullness  // as of the last commit
	why      error     // why the end cannot be moved on; nil: it could
	looked   time.Time // for room, when there was none
	strained bool      // the last commit had no room
	refused  time.Time // when a change was refused that did not fit
	waiting  []op      // kept, in order
}

func (s *space) least() int64 {
	if s.most > 0 {
		return min(reserve, s.most/4)
	}
	return reserve
}

// openSpace begins to look after a file's room.
func openSpace(path string, most int64) (*space, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	return &space{file: f, most: most}, nil
}

// secure moves the end that has its blocks on, so that with what is free within the file there is
// the reserve and a little more. high is how far the file is in use.
func (s *space) secure(high, free int64) {
	s.secured = max(s.secured, high)
	want := max(s.least()+s.least()/back-free, s.least()/16)
	if s.secured-high >= want {
		s.why = nil
		return
	}
	goal := high + want + s.least()/4
	if s.most > 0 {
		goal = min(goal, s.most)
	}
	s.why = nil
	for n := goal - s.secured; n >= pageSize; n /= 2 {
		n -= n % pageSize
		err := allocate(s.file, s.secured, n)
		if err == nil {
			s.secured += n
			return
		}
		s.why = err
	}
	if s.most > 0 && s.secured >= goal {
		s.why = berrors.ErrMaxSizeReached
	}
}

// whole is how many bytes the file may come to have: its greatest size, or what it has and its volume has
// left. 0: nobody knows.
func (s *space) whole(high int64) int64 {
	n, ok := available(s.file)
	if n += max(high, s.secured); !ok || n < high {
		return s.most
	}
	if s.most > 0 {
		return min(n, s.most)
	}
	return n
}

// zeros writes the end of a file where the file system cannot give it blocks otherwise.
func zeros(f *os.File, from, n int64) error {
	b := make([]byte, min(n, 1<<20))
	for at := int64(0); at < n; at += int64(len(b)) {
		if _, err := f.WriteAt(b[:min(n-at, int64(len(b)))], from+at); err != nil {
			return err
		}
	}
	return nil
}

// measure looks how much room there is, after a commit and while there is none.
func (l *Ledger) measure() error {
	tx, err := l.db.Begin(false)
	if err != nil {
		return err
	}
	high := tx.Size()
	if err := tx.Rollback(); err != nil {
		return err
	}
	s := &l.space
	free := int64(l.db.Stats().FreePageN) * pageSize
	s.secure(high, free)
	s.room = free + s.secured - high
	l.untaken.within(s.whole(high))
	least := s.least()
	level := Ample
	switch {
	case len(s.waiting) > 0, s.strained, s.room < least/16:
		level = Full
	case s.room < least, s.level != Ample && (s.room < least+least/back || time.Since(s.refused) < regainEvery):
		level = Reserved
	}
	s.level = level
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fullness, l.roomLeft, l.noRoomFor = level, s.room, s.why
	return nil
}

// Fullness tells what there is no room for, and why: nil if the reason is past.
func (l *Ledger) Fullness() (f Fullness, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fullness, l.noRoomFor
}

// roomFor is what Stats tells of it.
func (l *Ledger) roomFor() (bytes int64, full string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.roomLeft, [...]string{Ample: "", Reserved: "intake", Full: "delivery"}[l.fullness]
}

// Room says whether an uplink would be taken in now: false when there is no room for it, when the
// queue is nearly full, and after a commit failed or Close was called.
func (l *Ledger) Room() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken == nil && !l.closed && l.fullness == Ample && len(l.queue) < queueMax-queueMax/8
}

// outOfRoom tells the errors of a commit that a full volume, a used-up quota, or the greatest size
// cause. bbolt gives some as text.
func outOfRoom(err error) bool {
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		return true
	}
	for _, is := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, is) {
			return true
		}
		for _, begins := range []string{"file resize error: ", "file sync error: "} {
			if strings.HasPrefix(err.Error(), begins) && strings.HasSuffix(err.Error(), is.Error()) {
				return true
			}
		}
	}
	return false
}

// noRoom says whether a commit that failed left the file as it was before, for lack of room. One
// that shows all the same, though a restart may not find it, is none: whoever reads would be told
// what may not stay.
func (l *Ledger) noRoom(before int, err error) bool {
	if !outOfRoom(err) {
		return false
	}
	tx, err := l.db.Begin(false)
	if err != nil {
		return false
	}
	now := tx.ID()
	return tx.Rollback() == nil && now == before
}

// admit answers those of a batch for which there is no room, keeps those that wait for it, and
// gives the rest.
func (l *Ledger) admit(batch []op) []op {
	s := &l.space
	if s.level == Ample {
		return batch
	}
	rest := batch[:0:0]
	for _, o := range batch {
		switch {
		case o.class == grows, s.level == Full && o.class == plain:
			o.end(l.lacking())
		case o.class == kept && len(s.waiting) > 0:
			s.waiting = append(s.waiting, o)
		default:
			rest = append(rest, o)
		}
	}
	return rest
}

// lacking is ErrNoRoom with its cause.
func (l *Ledger) lacking() error {
	why := cmp.Or(l.space.why, error(errReserve))
	if path, ok := errors.AsType[*fs.PathError](why); ok {
		why = path.Err
	}
	return fmt.Errorf("%w (%w)", ErrNoRoom, why)
}

var errReserve = errors.New("what is left is for receipts and settlements")

// putOff ends a batch for which there was no room. What only grows the file is refused first, and
// the rest tried without; then what must be kept waits.
func (l *Ledger) putOff(batch []op) bool {
	s := &l.space
	s.refused, s.strained = time.Now(), true
	var rest []op
	for _, o := range batch {
		if o.class == grows {
			o.end(l.lacking())
		} else {
			rest = append(rest, o)
		}
	}
	if len(rest) > 0 && len(rest) < len(batch) {
		return l.carryOut(rest)
	}
	for _, o := range rest {
		if o.class == kept {
			s.waiting = append(s.waiting, o)
		} else {
			o.end(l.lacking())
		}
	}
	return true
}

// regain looks for room while there is none: it moves the file's end on, commits what waits, and
// empties the journal. It returns false when the ledger has failed.
func (l *Ledger) regain() bool {
	s := &l.space
	if s.level == Ample || time.Since(s.looked) < regainEvery {
		return true
	}
	s.looked = time.Now()
	if s.strained = len(s.waiting) > 0; l.measured() != nil {
		return false
	}
	all := s.waiting
	for s.waiting = nil; len(all) > 0 && len(s.waiting) == 0; {
		n := min(len(all), waitingStep)
		step := all[:n:n]
		all = all[n:]
		if !l.carryOut(step) {
			s.waiting = all
			l.answerWaiting(l.broken)
			return false
		}
	}
	s.waiting = append(s.waiting, all...)
	for range sweepsMost {
		if s.level == Ample || s.strained || !l.worthSweeping() {
			break
		}
		if !l.carryOut(nil) {
			return false
		}
	}
	return l.measured() == nil
}

// measured is measure; if the file cannot even be looked at, the ledger has failed.
func (l *Ledger) measured() error {
	err := l.measure()
	if err != nil {
		l.fail(nil, err)
	}
	return err
}

// worthSweeping says whether emptying the journal would make room.
func (l *Ledger) worthSweeping() bool {
	return l.journal.sweeping || int64(l.recent.logged) >= l.space.least()/4
}

// answerWaiting ends what waits for room.
func (l *Ledger) answerWaiting(err error) {
	all := l.space.waiting
	l.space.waiting = nil
	for _, o := range all {
		o.end(err)
	}
}
