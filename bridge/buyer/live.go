package buyer

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

const (
	livePage = 25               // readings in an event at most: what a slow reader holds in memory
	liveLook = 20 * time.Second // a look though no bell rang: readings that were held may go now

	// A reader who only listens acknowledges when he connects again. So a feed ends when what
	// it showed waits this long for it, or this long when no more may be shown.
	ackWait     = 30 * time.Second
	ackWaitFull = 2 * time.Second
)

// feed is a purchase's readings as they come, for one reader.
type feed struct {
	*Desk
	p    market.PurchaseID
	who  common.Address // bought it
	at   cursor
	mine map[uint32]time.Time // shown here and not acknowledged, since when: at most unackedMax
	full bool                 // more waits, and may not be shown
	last time.Time            // something was shown
	bell chan struct{}
}

// Follow acknowledges what was shown up to after, and begins a feed there; without one it
// begins behind the newest receipt.
func (b *Desk) Follow(ctx context.Context, p market.PurchaseID, after string) (api.Feed, error) {
	if err := b.given(); err != nil {
		return nil, err
	}
	at, err := readCursor(after)
	if err != nil {
		return nil, err
	}
	if after == "" {
		newest, ok, err := b.ledger.NewestReceipt(p)
		if err != nil {
			return nil, err
		}
		if ok {
			at.seq = int64(newest)
		}
	} else {
		seen := b.shown.of(p)
		seen.Lock()
		_, err := b.acknowledge(ctx, p, seen, at)
		seen.Unlock()
		if err != nil {
			return nil, err
		}
	}
	purchase, _, err := b.ledger.Purchase(p)
	if err != nil {
		return nil, err
	}
	return &feed{Desk: b, p: p, who: purchase.Buyer, at: at, mine: map[uint32]time.Time{}, bell: b.bells.hang(p)}, nil
}

// Close ends it.
func (f *feed) Close() { f.bells.take(f.p, f.bell) }

// Cursor is how far it is.
func (f *feed) Cursor() string { return f.at.String() }

// Next waits for what is new.
func (f *feed) Next(ctx context.Context) (api.Page, error) {
	for {
		page, err := f.look(ctx)
		if err != nil || len(page.Readings) > 0 {
			return page, err
		}
		wait := min(f.patience(), liveLook)
		if wait <= 0 {
			return page, io.EOF
		}
		timer := time.NewTimer(wait)
		select {
		case <-f.bell:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return page, ctx.Err()
		}
		timer.Stop()
	}
}

// look puts a page of what this reader has not seen together.
func (f *feed) look(ctx context.Context) (api.Page, error) {
	purchase, _, err := f.ledger.Purchase(f.p)
	if err != nil {
		return api.Page{}, err
	}
	if purchase.Buyer != f.who { // the chain took his back, and gave its number to another's
		return api.Page{}, io.EOF
	}
	seen := f.shown.of(f.p)
	seen.Lock()
	defer seen.Unlock()
	for seq := range f.mine {
		if _, still := seen.parcels[seq]; !still {
			delete(f.mine, seq)
		}
	}
	page, next, err := f.Desk.look(ctx, f.p, seen, f.at, livePage, func(seq uint32) bool { _, mine := f.mine[seq]; return mine })
	if err != nil {
		return page, err
	}
	f.at, f.full = next, page.Withheld > 0
	now := time.Now()
	for _, r := range page.Readings {
		f.last = now
		if !r.Acknowledged {
			f.mine[r.Seq] = now
		}
	}
	return page, nil
}

// patience is how long what was shown here may still wait to be acknowledged.
func (f *feed) patience() time.Duration {
	if len(f.mine) >= unackedMax || f.full && len(f.mine) > 0 {
		return time.Until(f.last.Add(ackWaitFull))
	}
	left := ackWait
	for _, since := range f.mine {
		left = min(left, time.Until(since.Add(ackWait)))
	}
	return left
}

// bells wake who waits for a purchase's readings.
type bells struct {
	hung atomic.Int32
	mu   sync.Mutex
	all  map[market.PurchaseID]map[chan struct{}]struct{}
}

func (s *bells) hang(p market.PurchaseID) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[market.PurchaseID]map[chan struct{}]struct{}{}
	}
	if s.all[p] == nil {
		s.all[p] = map[chan struct{}]struct{}{}
	}
	c := make(chan struct{}, 1)
	s.all[p][c] = struct{}{}
	s.hung.Add(1)
	return c
}

func (s *bells) take(p market.PurchaseID, c chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.all[p][c]; !ok {
		return
	}
	s.hung.Add(-1)
	if delete(s.all[p], c); len(s.all[p]) == 0 {
		delete(s.all, p)
	}
}

// ring wakes those who wait for a purchase.
func (s *bells) ring(p market.PurchaseID) {
	if s.hung.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.all[p] {
		select {
		case c <- struct{}{}:
		default: // it rings already
		}
	}
}

func (s *bells) ringAll() {
	if s.hung.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, some := range s.all {
		for c := range some {
			select {
			case c <- struct{}{}:
			default: // it rings already
			}
		}
	}
}

// Posted tells the courier and the feeds of parcels that are durable now.
func (b *Desk) Posted(parcels []delivery.Parcel) {
	b.courier.Posted(parcels)
	for i := range parcels {
		b.bells.ring(parcels[i].Purchase)
	}
}

// outbox is the ledger as the courier sees it: receipts ring.
type outbox struct {
	*ledger.Ledger
	bells *bells
}

// Delivered makes receipts and wakes who follows them.
func (o outbox) Delivered(receipts []delivery.Receipt, batch *delivery.BatchKey, done func(error)) {
	if o.bells.hung.Load() == 0 {
		o.Ledger.Delivered(receipts, batch, done)
		return
	}
	purchases := map[market.PurchaseID]struct{}{}
	for i := range receipts {
		purchases[receipts[i].Purchase] = struct{}{}
	}
	o.Ledger.Delivered(receipts, batch, func(err error) {
		if done != nil {
			done(err)
		}
		for p := range purchases {
			o.bells.ring(p)
		}
	})
}
