package buyer

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
)

// peer is the other side of a destination: what it answers, and what it has.
type peer struct {
	mu     sync.Mutex
	answer func(asked int) delivery.Result // nil, or a result without a reason: it takes the batch
	asked  int
	has    map[delivery.ParcelID]int
}

func (p *peer) set(answer func(asked int) delivery.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer, p.asked = answer, 0
}

// Deliver and Close make it a sink.
func (p *peer) Deliver(_ context.Context, b delivery.Batch) delivery.Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.answer != nil {
		if res := p.answer(p.asked); !res.Reason.None() {
			return res
		}
	}
	for _, one := range b.Parcels {
		p.has[one.ID]++
	}
	return delivery.All(b)
}

func (p *peer) Close() error { return nil }

func (p *peer) open(d delivery.Destination) (delivery.Target, delivery.Sink, error) {
	target, err := kinds.All.Parse(d.Kind, d.Config, netguard.Guard{})
	return target, p, err
}

func down(int) delivery.Result { return delivery.Failed(delivery.CodeUnreachable, "refused") }

// once503 is a server that comes back: it answers 503 once.
func once503(asked int) delivery.Result {
	if asked == 1 {
		return delivery.Failed(delivery.CodeAnswer, "HTTP 503")
	}
	return delivery.Result{}
}

// S4, D5: whoever was away for four days, nothing is parked at the first refusal after it.
// The courier and its schedule are the bridge's, the ledger is one on disk; only the clock
// is moved.
func TestFourDaysOfDowntimeParkNothing(t *testing.T) {
	const days = 4 * 24 * time.Hour
	for name, play := range map[string]func(t *testing.T, s *depot){
		"the bridge, before anything was tried": func(t *testing.T, s *depot) {
			s.peer.set(down)
			s.post(20)
			s.stop()
			time.Sleep(days)
			s.peer.set(once503)
			s.start()
		},
		"the bridge, after a refusal": func(t *testing.T, s *depot) {
			s.peer.set(func(int) delivery.Result { return delivery.Failed(delivery.CodeAnswer, "HTTP 503") })
			s.post(20)
			time.Sleep(20 * time.Minute)
			s.stop()
			time.Sleep(days)
			s.peer.set(once503)
			s.start()
		},
		"the destination, while readings come": func(t *testing.T, s *depot) {
			s.peer.set(down)
			for range 96 {
				s.post(1)
				time.Sleep(time.Hour)
			}
			s.peer.set(once503)
		},
		"both, one after the other": func(t *testing.T, s *depot) {
			s.peer.set(down)
			s.post(10)
			time.Sleep(days / 2)
			s.stop()
			time.Sleep(days)
			s.start()
			s.post(10)
			time.Sleep(days / 2)
			s.peer.set(once503)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newDepot(t)
				play(t, s)
				time.Sleep(3 * 24 * time.Hour) // the longest wait of the schedule, twice
				synctest.Wait()
				s.holds(0)
				s.stop()
			})
		})
	}
}

// Refusals for longer than the schedule park, with the reason, and what is parked comes
// back by the buyer's hand: nothing is lost.
func TestWhatIsParkedComesBackByTheBuyersHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newDepot(t)
		s.peer.set(func(int) delivery.Result { return delivery.Failed(delivery.CodeAnswer, "HTTP 503") })
		s.post(20)
		time.Sleep(15 * 24 * time.Hour)
		synctest.Wait()
		parked, err := s.b.Parked(1, 0, 100)
		if err != nil || len(parked) != 20 || parked[0].Code != delivery.CodeTooOld {
			t.Fatalf("%d parked: %+v %v", len(parked), parked, err)
		}
		s.peer.set(nil)
		if done, err := s.b.Replay(t.Context(), 1, api.Range{}); err != nil || done.Unparked != 20 {
			t.Errorf("%+v %v", done, err)
		}
		if err := s.b.RetryDestination(ann, "store"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		s.holds(0)
		s.stop()
	})
}

// depot is a shop that can be shut, with one destination.
type depot struct {
	t      *testing.T
	path   string
	peer   *peer
	b      *Desk
	put    func(f uint32) delivery.Parcel
	stop   func()
	posted map[delivery.ParcelID]bool
}

func newDepot(t *testing.T) *depot {
	s := &depot{t: t, path: filepath.Join(t.TempDir(), "ledger.db"), peer: &peer{has: map[delivery.ParcelID]int{}}, posted: map[delivery.ParcelID]bool{}}
	s.start()
	if _, err := s.b.SetDestination(ann, "", "store", api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"https://example.com"}`), Default: true}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *depot) start() { s.b, s.put, s.stop = openShop(s.t, s.path, nil, s.peer.open) }

func (s *depot) post(n int) {
	for range n {
		s.posted[s.put(uint32(len(s.posted)+1)).ID] = true
	}
}

// holds checks that everything arrived once, has its receipt, and how much is parked.
func (s *depot) holds(parked int) {
	s.t.Helper()
	all, err := s.b.Parked(1, 0, 1000)
	dv, derr := s.b.Delivery(1)
	if err != nil || derr != nil || len(all) != parked || int(dv.Receipts) != len(s.posted)-parked {
		s.t.Errorf("%d parked, %d receipts for %d readings: %+v %v %v", len(all), dv.Receipts, len(s.posted), all, err, derr)
	}
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	for id := range s.posted {
		if s.peer.has[id] != 1 {
			s.t.Errorf("%s arrived %d times", id, s.peer.has[id])
		}
	}
}
