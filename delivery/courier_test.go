package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type gate func(p market.PurchaseID, received uint64) market.Standing

func (g gate) Standing(p market.PurchaseID, _ uint32, received uint64) market.Standing {
	return g(p, received)
}

func open(market.PurchaseID, uint64) market.Standing { return market.Deliver }

// world is a courier with destinations that a test answers for.
type world struct {
	t     *testing.T
	shelf *sinktest.Shelf
	cfg   CourierConfig
	gate  gate

	mu     sync.Mutex
	routes map[market.PurchaseID]string // → name of the destination
	places map[string]*place
	meter  map[string]int // kind of thing → how often
	c      *Courier
}

// place is a destination and what its other side does.
type place struct {
	w      *world
	dest   Destination
	limits Limits
	answer func(b Batch) Result // nil: takes everything
	hang   time.Duration        // before it answers

	mu      sync.Mutex
	took    []uint32 // seqs
	batches []string // ids of all attempts
	sizes   []int
	at      []time.Time
	opened  int
	closed  int
	now     int // attempts under way
	most    int
	late    []time.Duration
}

func newWorld(t *testing.T) *world {
	return &world{t: t, shelf: sinktest.NewShelf(), gate: open, routes: map[market.PurchaseID]string{}, places: map[string]*place{}, meter: map[string]int{}}
}

// place adds a destination of a buyer.
func (w *world) place(buyer byte, name string, limits Limits, purchases ...market.PurchaseID) *place {
	if limits.Parcels == 0 {
		limits.Parcels = 1
	}
	if limits.Window == 0 {
		limits.Window = 8
	}
	p := &place{w: w, limits: limits, dest: Destination{Buyer: common.Address{buyer}, Name: name, Kind: "test"}}
	copy(p.dest.ID[:], fmt.Sprint(buyer, name))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.places[name] = p
	for _, id := range purchases {
		w.routes[id] = name
	}
	return p
}

func (w *world) Destination(p market.PurchaseID) (Destination, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pl, ok := w.places[w.routes[p]]
	if !ok {
		return Destination{}, false, nil
	}
	return pl.dest, true, nil
}

func (w *world) open(d Destination) (Target, Sink, error) {
	w.mu.Lock()
	p := w.places[d.Name]
	w.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened++
	return p, p, nil
}

func (p *place) Addresses() []Address       { return []Address{{Host: p.dest.Name, Port: "1", TLS: true}} }
func (p *place) Limits() Limits             { return p.limits }
func (p *place) Redacted() json.RawMessage  { return nil }
func (p *place) Open(Env) (Sink, error)     { return p, nil }
func (p *place) Close() error               { p.mu.Lock(); defer p.mu.Unlock(); p.closed++; return nil }
func (p *place) set(f func(b Batch) Result) { p.mu.Lock(); defer p.mu.Unlock(); p.answer = f }

func (p *place) Deliver(ctx context.Context, b Batch) Result {
	p.mu.Lock()
	p.batches = append(p.batches, b.ID)
	p.sizes = append(p.sizes, len(b.Parcels))
	p.at = append(p.at, time.Now())
	p.now++
	p.most = max(p.most, p.now)
	answer := p.answer
	p.mu.Unlock()
	if p.hang > 0 {
		select {
		case <-time.After(p.hang):
		case <-ctx.Done():
			p.mu.Lock()
			p.now--
			p.mu.Unlock()
			return Failed(CodeTimeout, "no answer in time")
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now--
	res := All(b)
	if answer != nil {
		res = answer(b)
	}
	for _, one := range b.Parcels[:min(res.Taken, len(b.Parcels))] {
		p.took = append(p.took, one.Seq)
		p.late = append(p.late, time.Since(one.Created))
	}
	return res
}

func (w *world) Attempted(_ string, code Code, _ time.Duration, taken int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meter["attempt "+string(code)]++
	w.meter["taken"] += taken
}

func (w *world) SetAside(action string, code Code, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meter[action+" "+string(code)] += n
}

// run starts the courier within a synctest bubble; the returned stop ends it.
func (w *world) run() (stop func()) {
	w.t.Helper()
	w.c = NewCourier(w.cfg, w.shelf, w.gate, w, w.open, w, slog.New(slog.DiscardHandler))
	w.c.Bugs(func(what, state, event string) { w.t.Errorf("bug: %s %s %s", what, state, event) })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	c := w.c
	go func() { done <- c.Run(ctx) }()
	synctest.Wait()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		for _, p := range w.places {
			if p.opened != p.closed {
				w.t.Errorf("%s was opened %d times and closed %d times", p.dest.Name, p.opened, p.closed)
			}
		}
	})
}

// post makes parcels durable and tells the courier, as a commit does.
func (w *world) post(p market.PurchaseID, from, n int) {
	all := sinktest.Parcels(p, from, n)
	w.shelf.Put(all...)
	if w.c != nil {
		w.c.Posted(all)
	}
}

func inOrder(n int) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

func refuse(text string) func(Batch) Result {
	return func(Batch) Result { return Failed(CodeAnswer, text) }
}

func TestParcelsOfAPurchaseArriveOnceAndInOrderHoweverManyWait(t *testing.T) {
	for _, batch := range []Limits{{}, {Parcels: 100, Window: 4, Bounded: true}, {Parcels: 30, Window: 1, Wait: time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.place(1, "a", batch, 1)
			var down atomic.Bool
			down.Store(true)
			k.answer = func(b Batch) Result {
				if down.Load() {
					return Failed(CodeAnswer, "HTTP 503")
				}
				return All(b)
			}
			stop := w.run()
			defer stop()
			for i := range 1000 { // far more than memory holds
				w.post(1, i, 1)
			}
			synctest.Wait()
			if n := w.c.Memory(); n > 300 {
				t.Errorf("%d parcels in memory while the destination is down", n)
			}
			down.Store(false)
			time.Sleep(time.Minute)
			w.post(1, 1000, 200)
			time.Sleep(time.Minute)
			synctest.Wait()
			if !slices.Equal(k.took, inOrder(1200)) {
				t.Fatalf("%d arrived, in order: %v", len(k.took), slices.IsSorted(k.took))
			}
			for p, n := range w.shelf.Receipts() {
				if n != 1 {
					t.Errorf("parcel %s has %d receipts", p, n)
				}
			}
			if w.shelf.Open(k.dest.ID) != 0 || w.c.Memory() != 0 {
				t.Errorf("%d batches are open, %d parcels in memory after everything was taken", w.shelf.Open(k.dest.ID), w.c.Memory())
			}
		})
	}
}

func TestInTheSteadyStateNothingIsReadBackFromDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1)
		stop := w.run()
		defer stop()
		for i := range 500 {
			w.post(1, i, 1)
			synctest.Wait()
		}
		if len(k.took) != 500 || w.shelf.Reads() > 1 {
			t.Errorf("%d arrived, %d reads", len(k.took), w.shelf.Reads())
		}
	})
}

func TestABuyerWhoHangsSlowsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for p := market.PurchaseID(1); p <= 20; p++ {
			k := w.place(byte(p), fmt.Sprint("host", p), Limits{}, p)
			if p%2 == 0 {
				k.hang = time.Hour
			}
		}
		stop := w.run()
		defer stop()
		for p := range market.PurchaseID(20) {
			w.post(p+1, 0, 5)
		}
		synctest.Wait() // no time has passed
		for p := market.PurchaseID(1); p <= 20; p += 2 {
			if got := len(w.places[fmt.Sprint("host", p)].took); got != 5 {
				t.Errorf("purchase %d got %d of 5 while others hang", p, got)
			}
		}
	})
}

func TestTheScheduleIsKeptForFourDaysThenParcelsAreParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1)
		k.answer = refuse("HTTP 500")
		stop := w.run()
		defer stop()
		w.post(1, 0, 1)
		time.Sleep(8 * 24 * time.Hour)
		synctest.Wait()
		due := time.Duration(0)
		for i, d := range Schedule {
			if i >= len(k.at) {
				t.Fatalf("only %d attempts", len(k.at))
			}
			if i > 0 {
				wait := k.at[i].Sub(k.at[i-1])
				if wait < d*8/10-time.Second || wait > d*12/10+time.Second {
					t.Errorf("attempt %d came after %v, scheduled %v", i+1, wait, d)
				}
			}
			due += d
		}
		if due != 99*time.Hour+35*time.Minute+5*time.Second {
			t.Errorf("the schedule sums up to %v", due)
		}
		aside := w.shelf.Aside()
		if len(aside) != 1 || aside[0].Why.Code != CodeTooOld || !strings.Contains(aside[0].Why.Text, "HTTP 500") || w.meter["parked too_old"] != 1 {
			t.Errorf("set aside %+v after %d attempts", aside, len(k.at))
		}
	})
}

// D5: the first edition's clock was the parcel's age, whoever had let it grow old.
func TestTheBridgesOwnAbsenceParksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1)
		w.post(1, 0, 20)
		time.Sleep(6 * 24 * time.Hour) // no courier runs, for longer than the schedule and a fifth
		first := true
		k.answer = func(b Batch) Result {
			if first {
				first = false
				return Failed(CodeAnswer, "HTTP 503")
			}
			return All(b)
		}
		stop := w.run()
		defer stop()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(w.shelf.Aside()) != 0 || !slices.Equal(k.took, inOrder(20)) {
			t.Errorf("set aside %v, took %v", w.shelf.Aside(), k.took)
		}
	})
}

// A bridge that is restarted every day still gives a parcel up that was refused for four.
func TestRefusalsAreRememberedAcrossRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1)
		k.answer = refuse("HTTP 500")
		w.post(1, 0, 1)
		days := 0
		for ; days < 90 && w.shelf.Left() > 0; days++ {
			stop := w.run()
			time.Sleep(23 * time.Hour)
			stop()
			time.Sleep(time.Hour)
		}
		if len(w.shelf.Aside()) != 1 || days < 4 { // jitter decides how many: a day is lost whenever a wait outlasts the bridge
			t.Errorf("after %d days: %v", days, w.shelf.Aside())
		}
	})
}

// D11: 410 is remembered, and ended by whoever sets the destination again or asks for a retry.
func TestGoneIsRememberedAcrossRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1)
		k.answer = func(Batch) Result { return Result{Reason: Reason{CodeGone, "HTTP 410"}, Gone: true} }
		w.post(1, 0, 2)
		for range 3 {
			stop := w.run()
			time.Sleep(100 * time.Hour)
			if st, _ := w.c.StandingOf(k.dest.ID); st.State != StateGone || st.LastError.Code != CodeGone {
				t.Errorf("it stands at %+v", st)
			}
			stop()
		}
		if len(k.batches) != 1 {
			t.Errorf("a destination that is gone was asked %d times", len(k.batches))
		}
		k.answer = nil
		w.shelf.Gather(10 * time.Millisecond)
		stop := w.run()
		defer stop()
		synctest.Wait()
		w.c.Retry(k.dest.ID)
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.Equal(k.took, inOrder(2)) {
			t.Errorf("after a retry it took %v", k.took)
		}
	})
}

// D11: what the bridge lacks itself is no refusal.
func TestTheBridgesOwnFaultsAreNotTheBuyers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1)
		k.answer = func(Batch) Result { return Failed(CodeOwn, "no file descriptor") }
		stop := w.run()
		defer stop()
		w.post(1, 0, 3)
		time.Sleep(2*time.Hour + 500*time.Millisecond) // it tries each second
		synctest.Wait()
		if st, _ := w.c.StandingOf(k.dest.ID); st.Streak != 0 || st.State != StateWaiting || len(w.shelf.Aside()) != 0 {
			t.Errorf("%+v, aside %v", st, w.shelf.Aside())
		}
		k.set(nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !slices.Equal(k.took, inOrder(3)) {
			t.Errorf("took %v", k.took)
		}
	})
}

func TestASinkDecidesWhetherAndWhen(t *testing.T) {
	fail := Reason{CodeAnswer, "HTTP 429"}
	for name, c := range map[string]struct {
		answer Result
		after  time.Duration
		took   int // parcels taken after the time
		state  State
	}{
		"asked to come back later, it waits as long":  {Result{Reason: fail, After: 20 * time.Second}, 17 * time.Second, 0, StateRetrying},
		"asked to wait a year, it does not":           {Result{Reason: fail, After: 9000 * time.Hour}, 2 * time.Minute, 2, StateIdle},
		"switched off, it stays away":                 {Result{Reason: fail, Gone: true}, 100 * time.Hour, 0, StateGone},
		"a refusal of one parcel is tried again":      {Result{Reason: fail, Refused: true}, time.Minute, 2, StateIdle},
		"a liar who took nothing and gives no reason": {Result{}, time.Minute, 2, StateIdle},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				k := w.place(1, "a", Limits{}, 1)
				first := true
				k.answer = func(b Batch) Result {
					if first {
						first = false
						return c.answer
					}
					return All(b)
				}
				stop := w.run()
				defer stop()
				w.post(1, 0, 2)
				time.Sleep(c.after)
				synctest.Wait()
				if st, _ := w.c.StandingOf(k.dest.ID); len(k.took) != c.took || st.State != c.state || len(w.shelf.Aside()) != 0 {
					t.Errorf("took %v, state %s, aside %v", k.took, st.State, w.shelf.Aside())
				}
			})
		})
	}
}

func TestABatchWithABadParcelIsHalvedUntilItIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{Parcels: 50, Window: 2, Bounded: true}, 1, 2, 3)
		k.answer = func(b Batch) Result {
			for _, p := range b.Parcels {
				if p.Purchase == 2 && p.Seq == 17 {
					return Result{Reason: Reason{CodeRefused, "HTTP 422"}, Refused: true}
				}
			}
			return All(b)
		}
		for p := range market.PurchaseID(3) {
			w.post(p+1, 0, 40)
		}
		stop := w.run()
		defer stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		aside := w.shelf.Aside()
		if len(aside) != 1 || aside[0].Purchase != 2 || aside[0].Seq != 17 || aside[0].Why.Text != "HTTP 422" {
			t.Errorf("aside %+v", aside)
		}
		if len(k.took) != 119 || len(w.shelf.Receipts()) != 119 || len(k.batches) > 30 {
			t.Errorf("%d of 119 taken in %d attempts", len(k.took), len(k.batches))
		}
	})
}

// A parcel that makes the other side stumble must hold up its own purchase alone, and
// not for ever.
func TestAPoisonousParcelHoldsUpItsOwnPurchaseOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1, 2)
		k.answer = func(b Batch) Result {
			if b.Parcels[0].Purchase == 1 {
				return Failed(CodeAnswer, "HTTP 500")
			}
			return All(b)
		}
		stop := w.run()
		defer stop()
		for i := range 100 {
			w.post(1, i, 1)
			w.post(2, i, 1)
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if len(k.took) < 99 {
			t.Errorf("the other purchase got %d of 100", len(k.took))
		}
		time.Sleep(8 * 24 * time.Hour)
		w.post(2, 100, 1)
		synctest.Wait()
		if n := len(w.shelf.Aside()); n == 0 || n > 100 {
			t.Errorf("%d set aside after eight days of refusals", n)
		}
	})
}

func TestADestinationThatIsGoneOrUnsetDeliversOnceItIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stop := w.run()
		defer stop()
		w.post(1, 0, 100)
		time.Sleep(time.Hour)
		if w.c.Unrouted() != 1 || w.c.Memory() != 0 {
			t.Errorf("%d unrouted, %d in memory", w.c.Unrouted(), w.c.Memory())
		}
		k := w.place(1, "a", Limits{}, 1)
		w.c.Changed(k.dest.Buyer, k.dest.ID)
		synctest.Wait()
		if !slices.Equal(k.took, inOrder(100)) {
			t.Errorf("took %v", k.took)
		}
	})
}

// A destination is changed, removed and set again while attempts are under way: nothing
// is lost, nothing overtakes, and what was resolved is not sent again.
func TestADestinationIsReplacedUnderWay(t *testing.T) {
	for _, limits := range []Limits{{}, {Parcels: 10, Bounded: true}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.place(1, "a", limits, 1, 2, 3)
			k.hang = 300 * time.Millisecond
			stop := w.run()
			defer stop()
			for i := range 60 {
				for p := range market.PurchaseID(3) {
					w.post(p+1, i, 1)
				}
				time.Sleep(100 * time.Millisecond)
				switch i % 5 {
				case 0:
					w.c.Changed(k.dest.Buyer, k.dest.ID)
				case 2:
					w.c.Rerouted(2)
				case 4:
					k.set(refuse("HTTP 500"))
				default:
					k.set(nil)
				}
			}
			k.set(nil)
			w.c.Changed(k.dest.Buyer, k.dest.ID)
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			if len(w.shelf.Receipts()) != 180 || w.shelf.Left() != 0 || w.c.Memory() != 0 {
				t.Errorf("%d receipts, %d left, %d in memory", len(w.shelf.Receipts()), w.shelf.Left(), w.c.Memory())
			}
			for p, n := range w.shelf.Receipts() {
				if n != 1 {
					t.Errorf("%s was delivered %d times", p, n)
				}
			}
			if k.opened < 10 {
				t.Errorf("opened %d times only", k.opened)
			}
		})
	}
}

// A buyer whose storage hangs points his purchase elsewhere while an attempt is under way: what is
// left goes there when the attempt has ended, and nothing more of it to the place he left.
func TestAPurchaseThatIsReroutedDuringAnAttemptMovesWhenItEnds(t *testing.T) {
	for _, limits := range []Limits{{}, {Parcels: 10, Bounded: true}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			left := w.place(1, "left", limits, 1, 2)
			left.hang = 5 * time.Second
			left.set(refuse("HTTP 503"))
			to := w.place(1, "to", limits)
			stop := w.run()
			defer stop()
			w.post(1, 0, 5)
			w.post(2, 0, 1)
			time.Sleep(time.Second)
			w.mu.Lock()
			w.routes[1] = "to"
			w.mu.Unlock()
			w.c.Rerouted(1)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if !slices.Equal(to.took, inOrder(5)) {
				t.Errorf("when the attempt has ended, %v are where he wants them", to.took)
			}
			before := w.shelf.Left()
			left.set(nil) // the other purchase stays
			time.Sleep(time.Hour)
			synctest.Wait()
			if before != 1 || !slices.Equal(left.took, []uint32{0}) || w.shelf.Left() != 0 || w.c.Memory() != 0 {
				t.Errorf("%d waited; the place he left took %v; %d wait, %d in memory", before, left.took, w.shelf.Left(), w.c.Memory())
			}
		})
	}
}

func TestReplayedParcelsAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1)
		stop := w.run()
		defer stop()
		w.post(1, 5, 3)
		synctest.Wait()
		w.shelf.Put(sinktest.Parcels(1, 2, 2)...) // they were parked
		w.c.Replayed(1)
		synctest.Wait()
		if !slices.Equal(k.took, []uint32{5, 6, 7, 2, 3}) {
			t.Errorf("took %v", k.took)
		}
	})
}

func TestTheGateHoldsCancelsAndOpens(t *testing.T) {
	for _, limits := range []Limits{{}, {Parcels: 10, Bounded: true}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.place(1, "a", limits, 1)
			var mu sync.Mutex
			standing := market.Hold
			w.gate = func(market.PurchaseID, uint64) market.Standing { mu.Lock(); defer mu.Unlock(); return standing }
			set := func(v market.Standing) { mu.Lock(); standing = v; mu.Unlock() }
			stop := w.run()
			defer stop()
			w.post(1, 0, 2)
			time.Sleep(time.Hour)
			if st, _ := w.c.StandingOf(k.dest.ID); len(k.took) != 0 || st.State != StateHeld {
				t.Errorf("took %v while held (%s)", k.took, st.State)
			}
			set(market.Deliver)
			w.c.WakeAll()
			synctest.Wait()
			if len(k.took) != 2 {
				t.Errorf("took %v after the gate opened", k.took)
			}
			k.set(refuse("HTTP 500"))
			w.post(1, 2, 2)
			synctest.Wait() // refused once
			set(market.Cancel)
			k.set(nil)
			time.Sleep(time.Minute)
			synctest.Wait()
			if aside := w.shelf.Aside(); len(k.took) != 2 || len(aside) != 2 || aside[0].Action != ActionDropped || aside[0].Why.Code != CodeUncovered {
				t.Errorf("took %v, aside %+v", k.took, aside)
			}
		})
	}
}

// A-07 of docs/contracts.md: a buyer who takes readings and answers 500, so that they
// are never paid, sees what he was shown first again and again, and little else.
func TestA07_ABuyerWhoTakesReadingsAndAnswers500IsSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{Parcels: 10, Bounded: true, Window: 1}, 1, 2, 3)
		shown := map[ParcelID]bool{}
		k.answer = func(b Batch) Result {
			for _, p := range b.Parcels {
				shown[p.ID] = true
			}
			return Failed(CodeAnswer, "HTTP 500")
		}
		for p := range market.PurchaseID(3) {
			w.post(p+1, 0, 100)
		}
		stop := w.run()
		defer stop()
		time.Sleep(90 * time.Hour)
		synctest.Wait()
		if st, _ := w.c.StandingOf(k.dest.ID); st.State != StateSuspended || st.Delivered != 0 {
			t.Errorf("it stands at %+v", st)
		}
		if len(shown) > 16 || len(k.sizes) > 40 {
			t.Errorf("in four days of refusals he was shown %d readings in %d attempts", len(shown), len(k.sizes))
		}
	})
}

// Nor does he read for free who says of every parcel that it is a bad one.
func TestWhoCallsEveryParcelBadReadsFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{Parcels: 20, Bounded: true, Window: 1}, 1)
		k.answer = func(b Batch) Result {
			res := Result{Reason: Reason{CodeRefused, "bad"}}
			for i := range b.Parcels {
				res.Never = append(res.Never, Never{i, Reason{CodeRefused, "bad"}})
			}
			return res
		}
		w.post(1, 0, 1000)
		stop := w.run()
		defer stop()
		time.Sleep(90 * time.Hour)
		synctest.Wait()
		if n := len(w.shelf.Aside()); n > 40 {
			t.Errorf("%d readings were parked for his word", n)
		}
	})
}

// D9: a batch is of a destination, not of a purchase.
func TestBatchesFillAcrossPurchases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var all []market.PurchaseID
		for p := range market.PurchaseID(1000) {
			all = append(all, p+1)
		}
		k := w.place(1, "a", Limits{Parcels: 100, Window: 4, Wait: time.Second, Bounded: true}, all...)
		k.hang = 20 * time.Millisecond
		stop := w.run()
		defer stop()
		for i := range 3 {
			for _, p := range all {
				w.post(p, i, 1)
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(k.took) != 3000 || len(k.batches) > 40 {
			t.Errorf("%d parcels in %d batches of %v", len(k.took), len(k.batches), k.sizes)
		}
		if k.opened != 1 {
			t.Errorf("%d sinks for one destination", k.opened)
		}
	})
}

// A crash between the other side's acceptance and the receipt: the same batches again.
func TestAfterACrashBatchesAreTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{Parcels: 7, Window: 3, Bounded: true}, 1, 2, 3)
		stop := w.run()
		for p := range market.PurchaseID(3) {
			w.post(p+1, 0, 5)
		}
		synctest.Wait()
		w.shelf.Crash()
		k.mu.Lock()
		k.hang, k.batches = time.Second, nil
		k.mu.Unlock()
		w.shelf.Recover()
		for p := range market.PurchaseID(3) {
			w.post(p+1, 5, 20)
		}
		time.Sleep(500 * time.Millisecond)
		w.shelf.Crash() // receipts of what is under way are lost
		time.Sleep(time.Second)
		stop()
		sent := slices.Clone(k.batches)
		k.hang, k.batches = 0, nil
		w.shelf.Recover()
		open := w.shelf.Open(k.dest.ID)
		for p := range market.PurchaseID(3) {
			w.post(p+1, 25, 1) // what comes now must not change what went out then
		}
		stop = w.run()
		time.Sleep(time.Minute)
		stop()
		for _, id := range sent[:open] {
			if !slices.Contains(k.batches, id) {
				t.Errorf("batch %s left before the crash and never again", id)
			}
		}
		if open < 1 || len(w.shelf.Receipts()) != 78 || w.shelf.Left() != 0 {
			t.Errorf("%d batches were open; %d receipts, %d left", open, len(w.shelf.Receipts()), w.shelf.Left())
		}
	})
}

func TestTheLimitsInFlightHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var all []market.PurchaseID
		for p := market.PurchaseID(1); p <= 50; p++ {
			all = append(all, p)
		}
		k := w.place(1, "a", Limits{Window: 6}, all...)
		k.hang = time.Second
		for _, p := range all {
			w.post(p, 0, 3)
		}
		stop := w.run()
		defer stop()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(k.took) != 150 || k.most != 6 {
			t.Errorf("%d taken, %d attempts at once", len(k.took), k.most)
		}
	})
}

// D4, S3: 520 destinations of one buyer that accept after 14 s, and forty slow ones on the
// host of a quick one. Time is simulated: what is measured is the schedule alone.
func TestOneBuyersSlownessIsHisOwn(t *testing.T) {
	run := func(slow int, buyers int) (p99 time.Duration, all int) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.cfg.InFlight = 512
			id := market.PurchaseID(1)
			for i := range slow {
				k := w.place(byte(200+i%buyers), fmt.Sprint("slow", i), Limits{Window: 32}, id, id+1, id+2)
				k.hang = 14 * time.Second
				w.shelf.Owe(k.dest.Buyer, DebtChange{Taken: 20_000}, nil) // who owed nothing yet could hold but few slots
				id += 3
			}
			first := id
			var quick []*place
			for i := range 50 {
				k := w.place(byte(i+1), fmt.Sprint("quick", i), Limits{Window: 32}, id)
				k.hang = 5 * time.Millisecond
				quick = append(quick, k)
				id++
			}
			stop := w.run()
			defer stop()
			for p := market.PurchaseID(1); p < first; p++ {
				w.post(p, 0, 20)
			}
			time.Sleep(time.Second)
			for i := range 100 {
				for p := first; p < id; p++ {
					w.post(p, i, 1)
				}
				time.Sleep(50 * time.Millisecond)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			var late []time.Duration
			for _, k := range quick {
				late = append(late, k.late...)
			}
			if len(late) == 0 {
				t.Fatal("nothing of the others arrived")
			}
			slices.Sort(late)
			p99, all = late[len(late)*99/100], len(late)
			if slow > 0 && len(w.places["slow0"].took) == 0 && w.places["slow0"].now == 0 {
				t.Error("a slow destination was never asked")
			}
		})
		return p99, all
	}
	base, n := run(0, 1)
	for _, buyers := range []int{1, 40} {
		loaded, m := run(520, buyers)
		t.Logf("p99 of the others: %v alone, %v beside 520 destinations of %d buyers that take 14 s", base, loaded, buyers)
		if m != n || loaded > base*3/2 {
			t.Errorf("the others' p99 went from %v to %v; %d of %d arrived", base, loaded, m, n)
		}
	}
}

var errTest = errors.New("x")

func TestADestinationThatCannotBeOpenedSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.place(1, "a", Limits{}, 1)
		c := NewCourier(CourierConfig{}, w.shelf, w.gate, w, func(Destination) (Target, Sink, error) { return nil, nil, errTest }, w, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		synctest.Wait()
		c.Posted(sinktest.Parcels(1, 0, 1))
		synctest.Wait()
		if st, ok := c.StandingOf(k.dest.ID); !ok || st.State != StateBroken || st.LastError.Text != "x" {
			t.Errorf("%+v", st)
		}
		cancel()
		<-done
	})
}
