package bridge

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/crypto"
)

// unackedMax is how many readings of a purchase are shown without being acknowledged: who
// never acknowledges reads no more for nothing.
const unackedMax = 100

// shown is what buyers were shown and have not acknowledged. It is in memory alone: after a
// restart they are shown the same readings again.
type shown struct {
	mu  sync.Mutex
	all map[market.PurchaseID]*shownOf
}

type shownOf struct {
	sync.Mutex // one request of a purchase at a time
	parcels    map[uint32]delivery.Receipt
}

func (s *shown) of(p market.PurchaseID) *shownOf {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[market.PurchaseID]*shownOf{}
	}
	if s.all[p] == nil {
		s.all[p] = &shownOf{parcels: map[uint32]delivery.Receipt{}}
	}
	return s.all[p]
}

// Pull acknowledges and gives the next readings.
func (b backend) Pull(ctx context.Context, p market.PurchaseID, after string, limit int) (page api.Page, err error) {
	from := uint64(0)
	if after != "" {
		if from, err = strconv.ParseUint(after, 10, 32); err != nil {
			return page, fmt.Errorf("%w: after must be a cursor of a page before", api.ErrRefused)
		}
		from++
	}
	seen := b.shown.of(p)
	seen.Lock()
	defer seen.Unlock()
	if after != "" {
		if page.Acknowledged, err = b.acknowledge(ctx, seen, uint32(from-1)); err != nil {
			return page, err
		}
	}
	page.Readings, page.Cursor = []api.PageReading{}, after
	var bodies []byte
	var parcels []delivery.Parcel
	add := func(r api.PageReading) {
		page.Readings = append(page.Readings, r)
		if n, err := strconv.ParseUint(page.Cursor, 10, 32); page.Cursor == "" || err == nil && uint64(r.Seq) > n {
			page.Cursor = strconv.FormatUint(uint64(r.Seq), 10)
		}
		bodies = append(append(bodies, r.Body...), '\n')
		parcels = append(parcels, delivery.Parcel{ID: delivery.ParcelID(fmt.Sprint(p, "/", r.Seq))})
	}
	if from <= 1<<32-1 {
		received, err := b.ledger.Received(p, uint32(from), limit)
		if err != nil {
			return page, err
		}
		for _, r := range received {
			add(api.PageReading{Seq: r.Seq, Body: string(r.Body), Acknowledged: true})
		}
	}
	if len(page.Readings) < limit {
		if err := b.show(p, seen, limit-len(page.Readings), func(one *delivery.Parcel) {
			page.Unacknowledged++
			add(api.PageReading{ID: one.ID, Seq: one.Seq, Body: string(one.Body)})
		}); err != nil {
			return page, err
		}
	}
	if len(page.Readings) > 0 {
		page.ID = delivery.NewBatch(0, parcels).ID
		page.Timestamp = strconv.FormatInt(time.Now().Unix(), 10)
		page.Signature = "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(b.signing, append([]byte(page.ID+"."+page.Timestamp+"."), bodies...)))
	}
	return page, nil
}

// acknowledge makes receipts of what was shown up to a seq, and waits until they are durable.
func (b backend) acknowledge(ctx context.Context, seen *shownOf, upTo uint32) (int, error) {
	var receipts []delivery.Receipt
	now := time.Now().UTC()
	for seq, r := range seen.parcels {
		if seq <= upTo {
			r.At = now
			receipts = append(receipts, r)
		}
	}
	if len(receipts) == 0 {
		return 0, nil
	}
	slices.SortFunc(receipts, func(a, b delivery.Receipt) int { return cmp.Compare(a.Seq, b.Seq) })
	done := make(chan error, 1)
	b.ledger.Delivered(receipts, nil, func(err error) { done <- err })
	select {
	case err := <-done:
		if err != nil {
			return 0, err
		}
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	for _, r := range receipts {
		delete(seen.parcels, r.Seq)
	}
	b.meter.receipts.Add(float64(len(receipts)))
	return len(receipts), nil
}

// show gives what waits and may be delivered now, the oldest first, if it is not pushed.
func (b backend) show(p market.PurchaseID, seen *shownOf, limit int, each func(*delivery.Parcel)) error {
	d, ok, err := b.ledger.Destination(p)
	if err != nil {
		return err
	}
	if ok {
		t, err := kinds.All.Parse(d.Kind, d.Config, b.guard)
		if err != nil || !t.Limits().Pull {
			return nil // pushed: what is under way is shown when it has arrived
		}
	}
	waiting, err := b.ledger.Waiting(p, 0, unackedMax)
	if err != nil {
		return err
	}
	shown := map[uint32]delivery.Receipt{}
	for i := 0; i < len(waiting) && len(shown) < limit; i++ {
		one := &waiting[i]
		standing := b.index.Standing(p, one.Seq, one.Received)
		if standing == market.Hold {
			break // what comes behind must not overtake it
		}
		if standing == market.Cancel {
			b.ledger.Drop(p, []uint32{one.Seq}, delivery.Reason{Code: delivery.CodeUncovered, Text: "the purchase does not cover it, or is over"}, nil)
			b.meter.SetAside(delivery.ActionDropped, delivery.CodeUncovered, 1)
			continue
		}
		shown[one.Seq] = delivery.Receipt{Purchase: p, Seq: one.Seq, Digest: crypto.Keccak256Hash(one.Body)}
		each(one)
	}
	maps.Copy(seen.parcels, shown)
	return nil
}
