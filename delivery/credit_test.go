package delivery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// reader stores what he is sent and calls it bad.
type reader map[ParcelID]bool

func (r reader) refuse(b Batch) Result {
	for i := range b.Parcels {
		r[b.Parcels[i].ID] = true
	}
	return Result{Reason: Reason{CodeRefused, "HTTP 413"}, Refused: true}
}

// Whoever stores the body and answers 413 is not sent more for a new destination, another
// route, a restart of the bridge, or another purchase.
func TestWhoRefusesWhatHeReadIsSentFewHoweverOftenHeReroutes(t *testing.T) {
	for _, limits := range []Limits{{Parcels: 1000, Bounded: true, Wait: 100 * time.Millisecond, Window: 4}, {Parcels: 1, Window: 32}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			read := reader{}
			at := func(name string) *place {
				k := w.place(1, name, limits, 1, 2, 3)
				k.set(read.refuse)
				return k
			}
			at("g")
			for p := range market.PurchaseID(3) {
				w.post(p+1, 0, 400)
			}
			stop := w.run()
			defer func() { stop() }()
			for i := range 200 {
				k := at(fmt.Sprint("g", i))
				for p := range market.PurchaseID(3) {
					w.c.Rerouted(p + 1)
				}
				w.c.Changed(k.dest.Buyer, k.dest.ID)
				time.Sleep(500 * time.Millisecond)
				if i%20 == 19 {
					stop()
					stop = w.run()
				}
			}
			time.Sleep(20 * time.Hour) // nothing lapses, what is refused by itself is parked
			synctest.Wait()
			if len(read) > CreditFirst {
				t.Errorf("of batches of %d he read %d readings and took none", limits.Parcels, len(read))
			}
			k := w.places["g199"]
			st, _ := w.c.StandingOf(k.dest.ID)
			if st.State != StateUnpaid || st.LastError.Code != CodeUnpaid || !strings.Contains(st.LastError.Text, "parcel replay") || st.Unpaid != len(read) {
				t.Errorf("he read %d, and reads of it: %+v", len(read), st)
			}
			k.set(nil) // he puts his storage right, and brings back what is parked
			if back := w.shelf.Unpark(); back > 0 {
				for p := range market.PurchaseID(3) {
					w.c.Replayed(p + 1)
				}
			}
			w.c.Retry(k.dest.ID)
			time.Sleep(time.Minute)
			synctest.Wait()
			if st, _ := w.c.StandingOf(k.dest.ID); len(w.shelf.Receipts()) != 1200 || w.shelf.Left() != 0 || st.Unpaid != 0 || st.State != StateIdle {
				t.Errorf("then %d of 1200 arrived, %d wait: %+v", len(w.shelf.Receipts()), w.shelf.Left(), st)
			}
		})
	}
}

// A bridge that is killed forgets what is under way. Who reads what he is sent and does not
// answer must not be sent others for it: neither an account that is new, however soon the kill
// comes, nor one that has paid, if he lets the bridge wait.
func TestWhoLeavesTheBridgeWaitingGainsNothingFromItsKills(t *testing.T) {
	for name, one := range map[string]struct {
		taken  uint64
		after  time.Duration
		limits Limits
		meant  func(inFirstLife int) int
	}{
		"a new account": {0, 10 * time.Millisecond, Limits{Window: 8}, func(int) int { return CreditFirst }},
		"one that paid": {20_000, 3 * time.Second, Limits{Parcels: 150, Window: 8}, func(first int) int { return max(first, CreditDoubt) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				k := w.place(1, "a", one.limits)
				k.hang = 14 * time.Second
				w.shelf.Owe(k.dest.Buyer, DebtChange{Taken: one.taken}, nil)
				over := market.PurchaseID(0)
				w.gate = func(p market.PurchaseID, _ uint64) market.Standing {
					if p <= over {
						return market.Cancel
					}
					return market.Deliver
				}
				read, first := 0, 0 // no purchase lives twice: each attempt is of others
				for life := range 20 {
					for p := over + 1; p <= over+3; p++ {
						w.routes[p] = "a"
						w.post(p, 0, 150)
					}
					stop := w.run()
					time.Sleep(one.after)
					synctest.Wait()
					w.shelf.Crash()
					stop()
					w.shelf.Recover()
					over += 3
					read = 0
					for _, n := range k.sizes {
						read += n
					}
					if life == 0 {
						first = read
					}
				}
				if read == 0 || read != one.meant(first) {
					t.Errorf("in 20 lives of the bridge he read %d readings (%d in the first) and took none, %d are meant", read, first, one.meant(first))
				}
			})
		})
	}
}

// An honest buyer owes nothing after a kill, though what he took last was written down as
// owed: its receipts end that.
func TestAKillLeavesNobodyOwingWhatHeTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{Window: 8}, 1)
		w.post(1, 0, 40)
		stop := w.run()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.shelf.Crash()
		stop()
		w.shelf.Recover()
		d, err := w.shelf.Debt(k.dest.Buyer)
		if err != nil || len(w.shelf.Receipts()) != 40 || len(d.Owed) != 0 {
			t.Errorf("%d receipts, and he owes %d (%v)", len(w.shelf.Receipts()), len(d.Owed), err)
		}
	})
}

// Who owes for readings that are gone for good is given another a day.
func TestADebtOfReadingsThatAreGoneLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		read := reader{}
		k := w.place(1, "a", Limits{Window: 4}, 1, 2, 3, 4, 5)
		k.set(func(b Batch) Result {
			r := read.refuse(b)
			return Result{Reason: r.Reason, Never: []Never{{0, r.Reason}}}
		})
		for p := range market.PurchaseID(5) {
			w.post(p+1, 0, 100)
		}
		stop := w.run()
		defer stop()
		time.Sleep(6 * 24 * time.Hour)
		synctest.Wait()
		if len(read) < CreditFirst+4 || len(read) > CreditFirst+6 {
			t.Errorf("in 6 days he read %d", len(read))
		}
		k.set(nil)
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		if len(w.shelf.Receipts()) < 400 {
			t.Errorf("after he began to take them %d arrived", len(w.shelf.Receipts()))
		}
	})
}

// A table that refuses every row of one device sets them aside; the others' arrive at once,
// and go on arriving, over restarts too.
func TestRowsThatATableRefusesStallNobodyElse(t *testing.T) {
	for _, limits := range []Limits{{Parcels: 1, Window: 4}, {Parcels: 50, Window: 4, Wait: 100 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.place(1, "a", limits, 1, 2)
			k.set(func(b Batch) Result {
				for i := range b.Parcels {
					if b.Parcels[i].Purchase == 1 {
						return Result{Reason: Reason{CodeRefused, "SQLSTATE 22P05"}, Refused: true}
					}
				}
				return All(b)
			})
			stop := w.run()
			defer func() { stop() }()
			for i := range 200 {
				w.post(1, 2*i, 2) // two bad ones in a row
				w.post(2, i, 1)
				time.Sleep(time.Second)
				synctest.Wait()
				if len(k.took) != i+1 {
					st, _ := w.c.StandingOf(k.dest.ID)
					t.Fatalf("batches of %d: %d of %d good rows arrived a second after they were posted: %+v", limits.Parcels, len(k.took), i+1, st)
				}
				if st, _ := w.c.StandingOf(k.dest.ID); st.Streak != 0 || st.State == StateSuspended {
					t.Fatalf("%+v", st)
				}
				if i%50 == 49 {
					stop()
					stop = w.run()
				}
			}
		})
	}
}

// Whoever asks for another attempt begins the schedule again: if it fails too, the next one waits no longer
// than after a first failure, whatever failed before.
func TestARetryBeginsTheScheduleAgain(t *testing.T) {
	for _, refused := range []bool{false, true} { // the destination, or a single reading
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.place(1, "a", Limits{Window: 1}, 1)
			k.set(func(Batch) Result { return Result{Reason: Reason{CodeAnswer, "HTTP 500"}, Refused: refused} })
			w.post(1, 0, 1)
			stop := w.run()
			defer func() { stop() }()
			time.Sleep(20 * time.Minute) // three failures
			synctest.Wait()
			for range 3 {
				w.c.Retry(k.dest.ID)
				time.Sleep(time.Second)
				synctest.Wait()
				s, _ := w.c.StandingOf(k.dest.ID)
				if wait := time.Until(s.Next); s.State != StateRetrying || wait > 7*time.Minute {
					t.Errorf("refused %t: after a retry the next attempt is in %s: %+v", refused, wait, s)
				}
			}
		})
	}
}

// A restart attempts nothing before its time, counts nothing, and makes nobody wait longer.
func TestARestartKeepsTheRetrySchedule(t *testing.T) {
	for _, refused := range []bool{false, true} { // the destination, or a single reading
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.place(1, "a", Limits{Window: 1}, 1)
			k.set(func(Batch) Result { return Result{Reason: Reason{CodeAnswer, "HTTP 500"}, Refused: refused} })
			tries := func() []time.Time { k.mu.Lock(); defer k.mu.Unlock(); return slices.Clone(k.at) }
			w.post(1, 0, 1)
			stop := w.run()
			defer func() { stop() }()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			st, _ := w.c.StandingOf(k.dest.ID)
			due, asked := st.Next, len(tries())
			if asked != 2 || time.Until(due) < 3*time.Minute || time.Until(due) > 7*time.Minute {
				t.Fatalf("after two attempts: %d, %+v", asked, st)
			}
			for range 6 {
				stop()
				time.Sleep(5 * time.Second)
				stop = w.run()
				time.Sleep(5 * time.Second)
				synctest.Wait()
				now, _ := w.c.StandingOf(k.dest.ID)
				if len(tries()) != asked || now.Streak != st.Streak || now.State != StateRetrying || !refused && !now.Next.Equal(due) {
					t.Fatalf("a restart: %d attempts, %+v", len(tries()), now)
				}
			}
			time.Sleep(time.Until(due) + 2*time.Second)
			synctest.Wait()
			if len(tries()) != asked+1 || tries()[asked].Before(due) {
				t.Errorf("%d attempts, the third at %v, due %v", len(tries()), tries()[len(tries())-1], due)
			}
			stop()
			time.Sleep(time.Hour) // due meanwhile
			stop = w.run()
			time.Sleep(time.Second)
			synctest.Wait()
			if len(tries()) != asked+2 {
				t.Errorf("%d attempts after an hour's absence", len(tries()))
			}
		})
	}
}
