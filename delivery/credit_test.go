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
		time.Sleep(20 * 24 * time.Hour)
		synctest.Wait()
		if len(read) < CreditFirst+18 || len(read) > CreditFirst+20 {
			t.Errorf("in 20 days he read %d", len(read))
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
