package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"go.etcd.io/bbolt"
)

// filling takes readings in until there is no room, or most have been; it gives those that wait, and
// the next f_cnt. Their buyer takes some where too many of them wait.
func filling(t *testing.T, l *ledger.Ledger, from uint32, most int) (wait []delivery.Parcel, next uint32, err error) {
	t.Helper()
	for next = from; err == nil && int(next-from) < most; next++ {
		var untaken int
		r := uplink(1, next, 5_900)
		r.Data = make([]byte, 2_500)
		done := make(chan struct{})
		l.Ingest(r, func(o ledger.Outcome, failed error) {
			untaken, err = o.Untaken, failed
			close(done)
		})
		<-done
		if wait := waiting(t, l, 1); untaken > 0 {
			deliver(t, l, wait[:len(wait)/2]...)
		}
	}
	return waiting(t, l, 1), next, err
}

// brim is filling until the ledger, which empties its journal meanwhile, has no room any more.
func brim(t *testing.T, l *ledger.Ledger, from uint32) (all []delivery.Parcel, next uint32) {
	t.Helper()
	for next = from; ; {
		var err error
		all, next, err = filling(t, l, next, 1_000)
		refusedForRoom(t, "an uplink", err)
		time.Sleep(1500 * time.Millisecond)
		if is, _ := l.Fullness(); is != ledger.Ample {
			return all, next
		}
	}
}

// posted is how many readings were stored for a purchase.
func posted(t *testing.T, l *ledger.Ledger, p market.PurchaseID) uint32 {
	t.Helper()
	d, _, err := l.Delivery(p)
	ok(t, err)
	return d.Posted
}

// becomes waits until a ledger has room for so much.
func becomes(t *testing.T, l *ledger.Ledger, want ledger.Fullness) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		is, why := l.Fullness()
		if is == want {
			return
		}
		select {
		case err := <-l.Failed():
			t.Fatalf("the ledger failed: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("fullness %d (%v), want %d", is, why, want)
		}
	}
}

func refusedForRoom(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, ledger.ErrNoRoom) || !strings.Contains(err.Error(), "goes on by itself") {
		t.Errorf("%s: %v", what, err)
	}
}

// R4: a ledger at its greatest size ended the process, and every restart.
func TestALedgerAtItsGreatestSizeDeliversAndGoesOnByItself(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	o := ledgertest.Options()
	o.MaxSize = 2 << 20
	l := ledgertest.Open(t, path, o)
	c := begin(t, l)
	taken, f := brim(t, l, 0)
	if posted := posted(t, l, 1); posted < 20 || len(taken) < 5 || l.Room() {
		t.Fatalf("%d readings were taken in, %d wait, room %t", posted, len(taken), l.Room())
	}
	becomes(t, l, ledger.Reserved)
	if s := must[ledger.Stats](t)(l.Stats()); s.Full != "intake" || s.Room == 0 || s.Size > o.MaxSize {
		t.Errorf("%+v", s)
	}
	refusedForRoom(t, "a join", func() error {
		done := make(chan error, 1)
		l.Joined("cs", ledgertest.Dev(1), [4]byte{1}, func(err error) { done <- err })
		return <-done
	}())
	refusedForRoom(t, "a device", l.PutDevice(ledgertest.Device(2)))

	// It is opened all the same, and what has happened is written.
	ledgertest.Close(t, l)
	l = ledgertest.Open(t, path, o)
	taken, f = brim(t, l, f) // its journal was emptied
	becomes(t, l, ledger.Reserved)
	for _, p := range taken {
		deliver(t, l, p)
	}
	advance(t, l, 0, c.Mine(), c.Mine())
	if r, w, _ := account(t, l, 1); r != posted(t, l, 1) || w != 0 {
		t.Errorf("%d receipts and %d waiting, want %d and 0", r, w, posted(t, l, 1))
	}

	// The retention frees pages; nobody restarts it.
	later := time.Unix(6_000, 0).Add(2 * o.Retention)
	for more := true; more; {
		more = must[bool](t)(l.Purge(later))
	}
	becomes(t, l, ledger.Ample)
	again, _, err := filling(t, l, f+1, 10)
	ok(t, err)
	if len(again) != 10 || !l.Room() {
		t.Errorf("%d readings were taken in, room %t", len(again), l.Room())
	}
	if st, err := os.Stat(path); err != nil || st.Size() > o.MaxSize {
		t.Errorf("the file has %d bytes, %d are allowed (%v)", st.Size(), o.MaxSize, err)
	}
	ok(t, os.WriteFile(path+".copy", must[[]byte](t)(os.ReadFile(path)), 0o600))
	copied := ledgertest.Open(t, path+".copy", o)
	if n := len(waiting(t, copied, 1)); n != 10 {
		t.Errorf("%d wait in the file, want 10", n)
	}
}

// volume is a small file system of its own.
func volume(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small volume cannot be mounted here (%v): the test needs root", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// ballast fills a volume to its last byte.
func ballast(t *testing.T, dir string) (name string) {
	t.Helper()
	name = filepath.Join(dir, fmt.Sprintf("ballast-%d", time.Now().UnixNano()))
	f, err := os.Create(name)
	ok(t, err)
	defer f.Close()
	for b := make([]byte, 64<<10); len(b) >= 512; {
		if n, err := f.Write(b); err != nil || n < len(b) {
			b = b[:len(b)/2]
		}
	}
	return name
}

// R4: on a full volume what is taken in stops, what waits is delivered from the reserve; when that is
// used up what has happened waits, and everything else is refused at once; with room all goes on.
func TestALedgerOnAFullVolumeKeepsWhatHappenedAndGoesOnByItself(t *testing.T) {
	t.Parallel()
	dir := volume(t, "24m")
	path := filepath.Join(dir, "ledger.db")
	o := ledgertest.Options()
	l := ledgertest.Open(t, path, o)
	c := begin(t, l)
	taken, f, err := filling(t, l, 0, 20)
	ok(t, err)
	for round := range 3 {
		full := ballast(t, dir)
		before := posted(t, l, 1)
		taken, f = brim(t, l, f)
		if more := posted(t, l, 1) - before; more > 400 { // all of the reserve, and what the journal had
			t.Errorf("round %d: %d readings were taken in with no room on the volume", round, more)
		}
		becomes(t, l, ledger.Reserved)
		for _, p := range taken[:len(taken)/2] {
			deliver(t, l, p)
		}
		taken = taken[len(taken)/2:]
		advance(t, l, 0, c.Mine())

		// Refusals that are remembered use the reserve up.
		var remembered, sent atomic.Int32
		var order atomic.Int32
		is := ledger.Ample
		for n := 0; is != ledger.Full && n < 3_000; n++ {
			why := &delivery.Refusals{Reason: delivery.Reason{Code: delivery.CodeRefused, Text: strings.Repeat("no ", 3_000)}}
			place := sent.Add(1)
			l.Remember(delivery.DestinationID{1, byte(round), byte(n), byte(n >> 8)}, 1, why, func(err error) {
				if err != nil || order.Add(1) != place {
					t.Errorf("refusal %d: %v, or out of order", place, err)
				}
				remembered.Add(1)
			})
			if n%8 == 7 {
				time.Sleep(2 * time.Millisecond)
			}
			is, _ = l.Fullness()
		}
		becomes(t, l, ledger.Full)
		kept := make(chan error, 1)
		l.Delivered([]delivery.Receipt{receiptOf(taken[0])}, nil, func(err error) { kept <- err })
		if b := c.Mine(); !errors.Is(l.Advance([]market.Block{b}, 0), ledger.ErrNoRoom) {
			t.Error("a block was folded: the ledger is not full")
		}
		c.Fork(1)
		refusedForRoom(t, "a session", l.PutSessions("gw", []ledger.SessionState{{DevEUI: ledgertest.Dev(1), State: []byte("x")}}))
		copied, readErr := os.ReadFile(path)
		ok(t, readErr)
		select {
		case err := <-kept:
			if err != nil {
				t.Fatalf("round %d: what has happened was refused: %v", round, err)
			}
		case <-time.After(1200 * time.Millisecond):
		}

		ok(t, os.Remove(full))
		becomes(t, l, ledger.Ample)
		if len(kept) > 0 {
			ok(t, <-kept)
		}
		for deadline := time.Now().Add(time.Minute); remembered.Load() < sent.Load() && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		if remembered.Load() != sent.Load() {
			t.Fatalf("round %d: %d of %d changes were kept", round, remembered.Load(), sent.Load())
		}
		taken = taken[1:]
		ledgertest.Check(t, l)
		elsewhere := filepath.Join(t.TempDir(), "killed.db")
		ok(t, os.WriteFile(elsewhere, copied, 0o600))
		ledgertest.Close(t, ledgertest.Open(t, elsewhere, ledgertest.Options()))
		advance(t, l, 0, c.Mine())
	}
	if got := waiting(t, l, 1); len(got) != len(taken) {
		t.Errorf("%d readings wait, want %d", len(got), len(taken))
	}
}

// inUse is how far a closed file is in use.
func inUse(t *testing.T, path string) (n int64) {
	t.Helper()
	raw(t, path, func(tx *bbolt.Tx) error { n = tx.Size(); return nil })
	return n
}

// A ledger is opened on a full volume, and reads.
func TestALedgerOpensOnAFullVolume(t *testing.T) {
	t.Parallel()
	dir := volume(t, "8m")
	path := filepath.Join(dir, "ledger.db")
	l := ledgertest.Open(t, path, ledgertest.Options())
	begin(t, l)
	taken, _, err := filling(t, l, 0, 5)
	ok(t, err)
	ledgertest.Close(t, l)
	ok(t, os.Truncate(path, inUse(t, path))) // as an earlier edition, or a copy, leaves it
	name := ballast(t, dir)
	l = ledgertest.Open(t, path, ledgertest.Options())
	if is, why := l.Fullness(); is == ledger.Ample || !errors.Is(why, syscall.ENOSPC) {
		t.Errorf("fullness %d, %v", is, why)
	}
	if got := waiting(t, l, 1); len(got) != len(taken) {
		t.Errorf("%d wait, want %d", len(got), len(taken))
	}
	ok(t, os.Remove(name))
	becomes(t, l, ledger.Ample)
	_, _, err = filling(t, l, 100, 5)
	ok(t, err)
}
