package sinktest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// Shelf is an outbox in memory. What it holds is what would be on disk: a courier that
// is stopped after Crash leaves it as a killed bridge leaves its ledger.
type Shelf struct {
	mu       sync.Mutex
	waiting  map[market.PurchaseID][]delivery.Parcel
	receipts map[string]int // purchase/seq → how often it was reported
	aside    []Aside
	begun    map[delivery.DestinationID]map[uint64][]delivery.Parcel
	next     map[delivery.DestinationID]uint64
	standing map[delivery.DestinationID]map[market.PurchaseID]delivery.Refusals
	parked   []delivery.Parcel
	debts    map[common.Address]delivery.Debt
	reads    int
	crashed  bool
	slow     time.Duration
}

// Aside is a parcel that was parked or dropped.
type Aside struct {
	Action   string
	Purchase market.PurchaseID
	Seq      uint32
	Why      delivery.Reason
}

var errCrashed = errors.New("the shelf has crashed")

// NewShelf makes an empty one.
func NewShelf() *Shelf {
	return &Shelf{
		waiting: map[market.PurchaseID][]delivery.Parcel{}, receipts: map[string]int{},
		begun: map[delivery.DestinationID]map[uint64][]delivery.Parcel{}, next: map[delivery.DestinationID]uint64{},
		standing: map[delivery.DestinationID]map[market.PurchaseID]delivery.Refusals{}, debts: map[common.Address]delivery.Debt{},
	}
}

// Put makes parcels durable.
func (s *Shelf) Put(parcels ...delivery.Parcel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parcels {
		s.waiting[p.Purchase] = append(s.waiting[p.Purchase], p)
	}
}

// Gather makes what is to be remembered of refusals take so long until it is on disk, as in a
// ledger that gathers what it commits.
func (s *Shelf) Gather(slow time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow = slow
}

// Crash makes the shelf forget everything it is told from now on, until Recover.
func (s *Shelf) Crash() { s.set(true) }

// Recover ends it.
func (s *Shelf) Recover() { s.set(false) }

func (s *Shelf) set(crashed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashed = crashed
}

// Receipts tells how often each parcel was reported as delivered, by "purchase/seq".
func (s *Shelf) Receipts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.receipts)
}

// Aside lists what was parked or dropped.
func (s *Shelf) Aside() []Aside {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.aside)
}

// Left counts what still waits.
func (s *Shelf) Left() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.waiting {
		n += len(w)
	}
	return n
}

// Reads counts calls of Waiting.
func (s *Shelf) Reads() int { s.mu.Lock(); defer s.mu.Unlock(); return s.reads }

// Open counts the boundaries written down and not resolved.
func (s *Shelf) Open(d delivery.DestinationID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.begun[d])
}

// Backlog and the rest make it a delivery.Outbox.
func (s *Shelf) Backlog() (all []market.PurchaseID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, w := range s.waiting {
		if len(w) > 0 {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all, nil
}

// Waiting reads.
func (s *Shelf) Waiting(p market.PurchaseID, from uint32, limit int) (all []delivery.Parcel, err error) {
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

func (s *Shelf) change(done func(error), f func()) {
	s.mu.Lock()
	if !s.crashed {
		f()
	}
	s.mu.Unlock()
	if done != nil {
		done(nil)
	}
}

func (s *Shelf) remove(p market.PurchaseID, seq uint32) (found bool) {
	before := len(s.waiting[p])
	s.waiting[p] = slices.DeleteFunc(s.waiting[p], func(o delivery.Parcel) bool { return o.Seq == seq })
	return len(s.waiting[p]) < before
}

// Begin writes boundaries down.
func (s *Shelf) Begin(d delivery.DestinationID, parcels []delivery.Parcel, done func(uint64, error)) {
	first, err := uint64(0), errCrashed
	s.change(nil, func() {
		first, err = s.next[d], nil
		s.next[d] += uint64(len(parcels))
		if s.begun[d] == nil {
			s.begun[d] = map[uint64][]delivery.Parcel{}
		}
		s.begun[d][first] = slices.Clone(parcels)
	})
	done(first, err)
}

// Begun lists them.
func (s *Shelf) Begun(d delivery.DestinationID) (all []delivery.Batch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, first := range slices.Sorted(maps.Keys(s.begun[d])) {
		all = append(all, delivery.NewBatch(first, s.begun[d][first]))
	}
	return all, nil
}

// Dissolve forgets them.
func (s *Shelf) Dissolve(d delivery.DestinationID, first uint64, done func(error)) {
	s.change(done, func() { delete(s.begun[d], first) })
}

// Delivered makes receipts.
func (s *Shelf) Delivered(rs []delivery.Receipt, batch *delivery.BatchKey, done func(error)) {
	s.change(done, func() {
		for _, r := range rs {
			s.receipts[fmt.Sprint(r.Purchase, "/", r.Seq)]++
			s.remove(r.Purchase, r.Seq)
			for buyer, d := range s.debts {
				d.Owed = slices.DeleteFunc(d.Owed, func(k delivery.ParcelKey) bool {
					return r.Owed && k == delivery.ParcelKey{Purchase: r.Purchase, Seq: r.Seq}
				})
				s.debts[buyer] = d
			}
		}
		if batch != nil {
			delete(s.begun[batch.Destination], batch.First)
		}
	})
}

func (s *Shelf) setAside(action string, p market.PurchaseID, seqs []uint32, why delivery.Reason, done func(error)) {
	s.change(done, func() {
		for _, n := range seqs {
			i := slices.IndexFunc(s.waiting[p], func(o delivery.Parcel) bool { return o.Seq == n })
			if i >= 0 && action == delivery.ActionParked {
				s.parked = append(s.parked, s.waiting[p][i])
			}
			if s.remove(p, n) {
				s.aside = append(s.aside, Aside{action, p, n, why})
			}
		}
	})
}

// Park sets parcels aside.
func (s *Shelf) Park(p market.PurchaseID, seqs []uint32, why delivery.Reason, done func(error)) {
	s.setAside(delivery.ActionParked, p, seqs, why, done)
}

// Unpark brings everything back that was parked, and tells how much.
func (s *Shelf) Unpark() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.parked)
	for _, p := range s.parked {
		w := append(s.waiting[p.Purchase], p)
		slices.SortFunc(w, func(a, b delivery.Parcel) int { return cmp.Compare(a.Seq, b.Seq) })
		s.waiting[p.Purchase] = w
	}
	s.parked = nil
	return n
}

// Drop deletes them.
func (s *Shelf) Drop(p market.PurchaseID, seqs []uint32, why delivery.Reason, done func(error)) {
	s.setAside(delivery.ActionDropped, p, seqs, why, done)
}

// Standings reads what is remembered.
func (s *Shelf) Standings(d delivery.DestinationID) (map[market.PurchaseID]delivery.Refusals, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[market.PurchaseID]delivery.Refusals{}
	maps.Copy(all, s.standing[d])
	return all, nil
}

// Remember writes it.
func (s *Shelf) Remember(d delivery.DestinationID, p market.PurchaseID, r *delivery.Refusals, done func(error)) {
	write := func() {
		s.change(done, func() {
			if r == nil {
				delete(s.standing[d], p)
				return
			}
			if s.standing[d] == nil {
				s.standing[d] = map[market.PurchaseID]delivery.Refusals{}
			}
			s.standing[d][p] = *r
		})
	}
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	if slow == 0 {
		write()
		return
	}
	time.AfterFunc(slow, write)
}

// Debt reads what a buyer owes.
func (s *Shelf) Debt(buyer common.Address) (delivery.Debt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.debts[buyer]
	d.Owed = slices.Clone(d.Owed)
	return d, nil
}

// Owe changes it.
func (s *Shelf) Owe(buyer common.Address, c delivery.DebtChange, done func(error)) {
	s.change(done, func() {
		d := s.debts[buyer]
		d.Taken, d.Since = c.Taken, c.Since
		d.Owed = append(slices.DeleteFunc(d.Owed, func(k delivery.ParcelKey) bool { return slices.Contains(c.Paid, k) }), c.Owe...)
		s.debts[buyer] = d
	})
}

// Parcels makes n parcels of a purchase from seq from on, as Pack would: bodies are JSON
// with the members every reading has.
func Parcels(p market.PurchaseID, from, n int) []delivery.Parcel {
	all := make([]delivery.Parcel, n)
	for i := range all {
		seq := uint32(from + i)
		id := delivery.ParcelID(fmt.Sprintf("msg_%08d%018d", p, seq))
		all[i] = delivery.Parcel{ID: id, Purchase: p, Seq: seq, FCnt: seq, Received: 1_790_000_000 + uint64(seq), Created: time.Now(),
			Body: fmt.Appendf(nil, `{"id":"%s","stream":%d,"purchase":%d,"seq":%d,"prev":"0x%064x","dev":"0x%064x","f_cnt":%d,"f_port":2,`+
				`"received":"2026-09-10T07:14:22Z","time":"2026-09-10T07:14:21.384670565Z","values":{"temperature":%d.5,"note":"a \"b\", c=d e","air":{"humidity":%d}}}`,
				id, p, p, seq, seq, p, seq, seq%40, seq%100)}
	}
	return all
}
