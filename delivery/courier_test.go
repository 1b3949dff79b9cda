package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is an outbox in memory.
type shelf struct {
	mu       sync.Mutex
	waiting  map[market.PurchaseID][]Parcel
	receipts map[string]int // purchase/seq → times
	parked   []uint32
	dropped  []uint32
	reads    int
}

func newShelf() *shelf {
	return &shelf{waiting: map[market.PurchaseID][]Parcel{}, receipts: map[string]int{}}
}

func (s *shelf) Backlog() (all []market.PurchaseID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, w := range s.waiting {
		if len(w) > 0 {
			all = append(all, p)
		}
	}
	return all, nil
}

func (s *shelf) Waiting(p market.PurchaseID, from uint32, limit int) (all []Parcel, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	for _, one := range s.waiting[p] {
		if one.Seq >= from && len(all) < limit {
			all = append(all, one)
		}
	}
	return all, nil
}

func (s *shelf) remove(p market.PurchaseID, seq uint32) {
	s.waiting[p] = slices.DeleteFunc(s.waiting[p], func(o Parcel) bool { return o.Seq == seq })
}

func (s *shelf) Delivered(rs []Receipt, done func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rs {
		s.receipts[fmt.Sprint(r.Purchase, "/", r.Seq)]++
		s.remove(r.Purchase, r.Seq)
	}
}

func (s *shelf) Park(p market.PurchaseID, seqs []uint32, _ string, _ func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range seqs {
		s.parked = append(s.parked, n)
		s.remove(p, n)
	}
}

func (s *shelf) Drop(p market.PurchaseID, seqs []uint32, _ string, _ func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range seqs {
		s.dropped = append(s.dropped, n)
		s.remove(p, n)
	}
}

// post makes parcels durable and tells the courier, as a commit does.
func (s *shelf) post(c *Courier, p market.PurchaseID, from, n int) {
	var all []Parcel
	for i := range n {
		all = append(all, Parcel{ID: ParcelID(fmt.Sprint("msg_", p, "_", from+i)), Purchase: p, Seq: uint32(from + i), Created: time.Now(), Body: []byte("{}")})
	}
	s.mu.Lock()
	s.waiting[p] = append(s.waiting[p], all...)
	s.mu.Unlock()
	if c != nil {
		c.Posted(all)
	}
}

type gate func(p market.PurchaseID, received uint64) market.Standing

func (g gate) Standing(p market.PurchaseID, _ uint32, received uint64) market.Standing {
	return g(p, received)
}

func open(market.PurchaseID, uint64) market.Standing { return market.Deliver }

type routes map[market.PurchaseID]Route

func (r routes) Route(p market.PurchaseID) (Route, bool, error) {
	one, ok := r[p]
	return one, ok, nil
}

// sink answers as told and remembers what it took.
type sink struct {
	mu     sync.Mutex
	took   []uint32
	sizes  []int
	answer func(batch []Parcel) Result
	hang   time.Duration
}

func (s *sink) Deliver(ctx context.Context, batch []Parcel) Result {
	if s.hang > 0 {
		select {
		case <-time.After(s.hang):
		case <-ctx.Done():
			return Result{Err: errors.New("no answer in time"), Retry: true}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sizes = append(s.sizes, len(batch))
	if s.answer != nil {
		if r := s.answer(batch); r.Err != nil {
			return r
		}
	}
	for _, p := range batch {
		s.took = append(s.took, p.Seq)
	}
	return Result{}
}

func (s *sink) Close() error { return nil }

type quiet struct{}

func (quiet) Attempted(Kind, string, time.Duration, int) {}
func (quiet) SetAside(string, int)                       {}

// run starts a courier within a synctest bubble; the returned stop ends it.
func run(t *testing.T, cfg CourierConfig, out Outbox, g Gate, r routes, sinks map[string]*sink) (*Courier, func()) {
	t.Helper()
	c := NewCourier(cfg, out, g, r, func(r Route) (Sink, error) { return sinks[r.URL], nil }, quiet{}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	synctest.Wait()
	return c, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func inOrder(n int) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

func TestParcelsOfAPurchaseArriveOnceAndInOrderHoweverManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newShelf(), &sink{}
		var down atomic.Bool
		down.Store(true)
		k.answer = func([]Parcel) Result {
			if down.Load() {
				return Result{Err: errors.New("HTTP 503"), Retry: true}
			}
			return Result{}
		}
		c, stop := run(t, CourierConfig{}, s, gate(open), routes{1: {URL: "a"}}, map[string]*sink{"a": k})
		defer stop()
		for i := range 1000 { // far more than memory holds
			s.post(c, 1, i, 1)
		}
		synctest.Wait()
		if st := c.Routes()[0]; st.State != RouteRetrying || st.Streak != 1 || len(k.took) != 0 {
			t.Errorf("%+v", st)
		}
		down.Store(false)
		time.Sleep(10 * time.Second) // the second attempt comes after 5 s, more or less
		synctest.Wait()
		for i := range 200 {
			s.post(c, 1, 1000+i, 1)
		}
		synctest.Wait()
		if !slices.Equal(k.took, inOrder(1200)) {
			t.Fatalf("%d arrived, in order: %v", len(k.took), slices.IsSorted(k.took))
		}
		for p, n := range s.receipts {
			if n != 1 {
				t.Errorf("parcel %s has %d receipts", p, n)
			}
		}
	})
}

func TestInTheSteadyStateNothingIsReadBackFromDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newShelf(), &sink{}
		c, stop := run(t, CourierConfig{}, s, gate(open), routes{1: {URL: "a"}}, map[string]*sink{"a": k})
		defer stop()
		for i := range 500 {
			s.post(c, 1, i, 1)
			synctest.Wait()
		}
		if len(k.took) != 500 || s.reads > 1 {
			t.Errorf("%d arrived, %d reads", len(k.took), s.reads)
		}
	})
}

func TestABuyerWhoHangsSlowsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r, sinks := newShelf(), routes{}, map[string]*sink{}
		for p := market.PurchaseID(1); p <= 20; p++ {
			url := fmt.Sprintf("https://host%d/", p)
			k := &sink{}
			if p%2 == 0 {
				k.hang = time.Hour
			}
			r[p], sinks[url] = Route{URL: url}, k
		}
		c, stop := run(t, CourierConfig{}, s, gate(open), r, sinks)
		for p := range r {
			s.post(c, p, 0, 5)
		}
		synctest.Wait() // no time has passed
		for p, route := range r {
			if got := len(sinks[route.URL].took); p%2 == 1 && got != 5 {
				t.Errorf("purchase %d got %d of 5 while others hang", p, got)
			}
		}
		stop()
	})
}

func TestTheScheduleIsKeptForFourDaysThenParcelsAreParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newShelf(), &sink{}
		start := time.Now()
		var at []time.Duration
		k.answer = func([]Parcel) Result {
			at = append(at, time.Since(start))
			return Result{Err: errors.New("HTTP 500"), Retry: true}
		}
		c, stop := run(t, CourierConfig{}, s, gate(open), routes{1: {URL: "a"}}, map[string]*sink{"a": k})
		defer stop()
		s.post(c, 1, 0, 1)
		time.Sleep(8 * 24 * time.Hour)
		synctest.Wait()
		due := time.Duration(0)
		for i, d := range Schedule {
			if i >= len(at) {
				t.Fatalf("only %d attempts", len(at))
			}
			if i > 0 {
				wait := at[i] - at[i-1]
				if wait < d*8/10-time.Second || wait > d*12/10+time.Second {
					t.Errorf("attempt %d came after %v, scheduled %v", i+1, wait, d)
				}
			}
			due += d
		}
		if due != 75*time.Hour+35*time.Minute+5*time.Second {
			t.Errorf("the schedule sums up to %v", due)
		}
		if !slices.Equal(s.parked, []uint32{0}) {
			t.Errorf("parked %v after %d attempts", s.parked, len(at))
		}
	})
}

func TestASinkDecidesWhetherAndWhen(t *testing.T) {
	fail := errors.New("HTTP 429")
	for name, c := range map[string]struct {
		answer Result
		after  time.Duration
		took   int // parcels taken after the time
		state  RouteState
		parked int
	}{
		"asked to come back later, it waits as long": {Result{Err: fail, Retry: true, After: 20 * time.Second}, 17 * time.Second, 0, RouteRetrying, 0},
		"asked to wait a year, it does not":          {Result{Err: fail, Retry: true, After: 9000 * time.Hour}, 2 * time.Minute, 2, RouteIdle, 0},
		"switched off, it stays away":                {Result{Err: fail, Gone: true}, 100 * time.Hour, 0, RouteGone, 0},
		"never to be taken, the parcel is parked":    {Result{Err: fail}, time.Minute, 1, RouteIdle, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, k := newShelf(), &sink{}
				first := true
				k.answer = func([]Parcel) Result {
					if first {
						first = false
						return c.answer
					}
					return Result{}
				}
				co, stop := run(t, CourierConfig{}, s, gate(open), routes{1: {URL: "a"}}, map[string]*sink{"a": k})
				defer stop()
				s.post(co, 1, 0, 2)
				time.Sleep(c.after)
				synctest.Wait()
				if st := co.Routes()[0].State; len(k.took) != c.took || st != c.state || len(s.parked) != c.parked {
					t.Errorf("took %v, state %s, parked %v", k.took, st, s.parked)
				}
			})
		})
	}
}

func TestARouteThatIsGoneOrUnsetDeliversOnceItIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k, r := newShelf(), &sink{}, routes{}
		c, stop := run(t, CourierConfig{}, s, gate(open), r, map[string]*sink{"a": k})
		defer stop()
		s.post(c, 1, 0, 3)
		time.Sleep(time.Hour)
		if st := c.Routes()[0].State; st != RouteUnset || len(k.took) != 0 {
			t.Errorf("%s, took %v", st, k.took)
		}
		r[1] = Route{URL: "a"}
		c.Wake(1)
		synctest.Wait()
		if !slices.Equal(k.took, inOrder(3)) {
			t.Errorf("took %v", k.took)
		}
	})
}

func TestTheGateHoldsCancelsAndOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newShelf(), &sink{}
		var mu sync.Mutex
		standing := market.Hold
		g := gate(func(market.PurchaseID, uint64) market.Standing { mu.Lock(); defer mu.Unlock(); return standing })
		set := func(v market.Standing) { mu.Lock(); standing = v; mu.Unlock() }
		c, stop := run(t, CourierConfig{}, s, g, routes{1: {URL: "a"}}, map[string]*sink{"a": k})
		defer stop()
		s.post(c, 1, 0, 2)
		time.Sleep(time.Hour)
		if st := c.Routes()[0].State; len(k.took) != 0 || st != RouteHeld {
			t.Errorf("took %v while held (%s)", k.took, st)
		}
		set(market.Deliver)
		c.WakeAll()
		synctest.Wait()
		if len(k.took) != 2 {
			t.Errorf("took %v after the gate opened", k.took)
		}
		set(market.Cancel)
		s.post(c, 1, 2, 2)
		synctest.Wait()
		if len(k.took) != 2 || !slices.Equal(s.dropped, []uint32{2, 3}) {
			t.Errorf("took %v, dropped %v", k.took, s.dropped)
		}
	})
}

func TestABatchShrinksToAProbeAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newShelf(), &sink{}
		fails := 2
		k.answer = func([]Parcel) Result {
			if fails > 0 {
				fails--
				return Result{Err: errors.New("HTTP 500"), Retry: true}
			}
			return Result{}
		}
		s.post(nil, 1, 0, 25)
		_, stop := run(t, CourierConfig{}, s, gate(open), routes{1: {URL: "a", Batch: 10}}, map[string]*sink{"a": k})
		defer stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if want := []int{10, 1, 1, 10, 10, 4}; !slices.Equal(k.sizes, want) || !slices.Equal(k.took, inOrder(25)) {
			t.Errorf("batches of %v, want %v; took %v", k.sizes, want, k.took)
		}
	})
}

func TestTheLimitsInFlightHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r, sinks := newShelf(), routes{}, map[string]*sink{}
		var mu sync.Mutex
		now, most := 0, 0
		for p := market.PurchaseID(1); p <= 50; p++ {
			url := fmt.Sprintf("https://one.example/%d", p)
			k := &sink{}
			k.answer = func([]Parcel) Result {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				now--
				mu.Unlock()
				return Result{}
			}
			r[p], sinks[url] = Route{URL: url}, k
			s.post(nil, p, 0, 3)
		}
		_, stop := run(t, CourierConfig{InFlight: 8}, s, gate(open), r, sinks)
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		for url, k := range sinks {
			if !slices.Equal(k.took, inOrder(3)) {
				t.Errorf("%s took %v", url, k.took)
			}
		}
		if most > 8 {
			t.Errorf("%d attempts at once", most)
		}
	})
}
