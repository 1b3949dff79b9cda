package buyer

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// unackedMax is how many readings of a purchase are looked at to be shown: of those he has not
// acknowledged a buyer is shown fewer, of all his purchases together, see delivery.CreditDoubt.
const unackedMax = 100

// shown is what buyers were shown and have not acknowledged. It is in memory alone: after a
// restart they are shown the same readings again. That they were shown is in the ledger.
type shown struct {
	mu  sync.Mutex
	all map[market.PurchaseID]*shownOf
}

// shownOf is held while a page is put together, never while it is written to somebody.
type shownOf struct {
	pulled atomic.Int64 // unix nanoseconds of the last Pull; 0: none
	sync.Mutex
	parcels map[uint32]showing
	turn    uint64 // of the last page that showed a straggler
}

// showing is a reading that was shown. One whose seq is not above its reader's cursor is a
// straggler (it was parked, or held, while later ones went on): the cursor he asked with
// cannot acknowledge it, or who asks again after a lost answer would pay for what he never
// saw. It is acknowledged by the cursor of the page that showed it, which names its turn.
type showing struct {
	digest   common.Hash
	received uint64 // unix seconds
	turn     uint64 // 0: no straggler
}

func (s *shown) of(p market.PurchaseID) *shownOf {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[market.PurchaseID]*shownOf{}
	}
	if s.all[p] == nil {
		s.all[p] = &shownOf{parcels: map[uint32]showing{}, turn: rand.Uint64() >> 1} // cursors of a former life name other turns
	}
	return s.all[p]
}

// pulledFor is how long a purchase counts as fetched.
const pulledFor = 5 * time.Minute

// Readers tells how many live feeds are open, and how many purchases were fetched lately.
func (b *Desk) Readers() (feeds, pulled int) {
	since := time.Now().Add(-pulledFor).UnixNano()
	b.shown.mu.Lock()
	defer b.shown.mu.Unlock()
	for _, one := range b.shown.all {
		if one.pulled.Load() > since {
			pulled++
		}
	}
	return int(b.bells.hung.Load()), pulled
}

// cursor is how far a reader is.
type cursor struct {
	seq  int64  // the highest he has seen; -1: none
	turn uint64 // of the last straggler he has seen; 0: none
}

const (
	noCursor = "-" // text of a cursor before the first reading
	turnSpan = 1 << 20
)

func readCursor(text string) (c cursor, err error) {
	if text == "" || text == noCursor {
		return cursor{seq: -1}, nil
	}
	seq, turn, late := strings.Cut(text, ".")
	n, err := strconv.ParseUint(seq, 10, 32)
	if err == nil && late {
		c.turn, err = strconv.ParseUint(turn, 36, 64)
	}
	if err != nil {
		return c, fmt.Errorf("%w: after must be a cursor of a page before", api.ErrRefused)
	}
	c.seq = int64(n)
	return c, nil
}

func (c cursor) String() string {
	switch {
	case c.seq < 0:
		return noCursor
	case c.turn == 0:
		return strconv.FormatInt(c.seq, 10)
	}
	return strconv.FormatInt(c.seq, 10) + "." + strconv.FormatUint(c.turn, 36)
}

// acknowledges tells whether who is this far has seen what was shown.
func (c cursor) acknowledges(seq uint32, s showing) bool {
	return int64(seq) <= c.seq && (s.turn == 0 || c.turn >= s.turn && c.turn-s.turn < turnSpan)
}

// Pull acknowledges and gives the next readings.
func (b *Desk) Pull(ctx context.Context, p market.PurchaseID, after string, limit int) (page api.Page, err error) {
	if err := b.given(); err != nil {
		return page, err
	}
	at, err := readCursor(after)
	if err != nil {
		return page, err
	}
	seen := b.shown.of(p)
	seen.pulled.Store(time.Now().UnixNano())
	seen.Lock()
	defer seen.Unlock()
	n, err := b.acknowledge(ctx, p, seen, at)
	if err != nil {
		return page, err
	}
	page, _, err = b.look(ctx, p, seen, at, limit, nil)
	page.Acknowledged = n
	return page, err
}

// look puts the page behind a cursor together: first what has receipts, then what waits, but
// for what skip says. The caller holds seen.
func (b *Desk) look(ctx context.Context, p market.PurchaseID, seen *shownOf, at cursor, limit int, skip func(seq uint32) bool) (page api.Page, next cursor, err error) {
	page.Readings, next = []api.PageReading{}, at
	var bodies []byte
	var parcels []delivery.Parcel
	add := func(r api.PageReading) {
		page.Readings = append(page.Readings, r)
		next.seq = max(next.seq, int64(r.Seq))
		bodies = append(append(bodies, r.Body...), '\n')
		parcels = append(parcels, delivery.Parcel{ID: delivery.ParcelID(fmt.Sprint(p, "/", r.Seq))})
	}
	if at.seq < math.MaxUint32 && limit > 0 {
		received, err := b.ledger.Received(p, uint32(at.seq+1), limit)
		if err != nil {
			return page, next, err
		}
		for _, r := range received {
			add(api.PageReading{Seq: r.Seq, Body: string(r.Body), Acknowledged: true})
		}
	}
	if len(page.Readings) < limit {
		turn := seen.turn + 1
		some, withheld, err := b.show(ctx, p, seen, limit-len(page.Readings), skip)
		if err != nil {
			return page, next, err
		}
		for i := range some {
			one := &some[i]
			s := showing{digest: crypto.Keccak256Hash(one.Body), received: one.Received}
			if int64(one.Seq) <= at.seq || seen.parcels[one.Seq].turn != 0 {
				s.turn, seen.turn, next.turn = turn, turn, turn
			}
			seen.parcels[one.Seq] = s
			page.Unacknowledged++
			add(api.PageReading{ID: one.ID, Seq: one.Seq, Body: string(one.Body)})
		}
		page.Withheld = withheld
	}
	page.Cursor = next.String()
	if len(page.Readings) > 0 {
		page.ID = delivery.NewBatch(0, parcels).ID
		page.Timestamp = strconv.FormatInt(b.index.Clock().Unix(), 10)
		page.Signature = "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(b.signing, append([]byte(page.ID+"."+page.Timestamp+"."), bodies...)))
	}
	return page, next, nil
}

// acknowledge makes receipts of what was shown up to a cursor, and waits until they are
// durable. What is gone meanwhile makes none, and stays owed. The caller holds seen.
func (b *Desk) acknowledge(ctx context.Context, p market.PurchaseID, seen *shownOf, at cursor) (int, error) {
	var receipts []delivery.Receipt
	now := b.index.Clock().UTC()
	for seq, s := range seen.parcels {
		if at.acknowledges(seq, s) && b.Standing(p, seq, s.received) != market.Cancel { // nobody is paid for it any more
			receipts = append(receipts, delivery.Receipt{Purchase: p, Seq: seq, Digest: s.digest, At: now, Owed: true})
		}
	}
	if len(receipts) == 0 {
		return 0, nil
	}
	if b.full() {
		return 0, ledger.ErrNoRoom // a receipt would wait for it, and its buyer with it
	}
	receipts, err := b.ledger.Held(receipts)
	if err != nil {
		return 0, err
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
	b.courier.Fetched(p, len(receipts))
	b.meter.Receipts.Add(len(receipts))
	purchase, _, err := b.ledger.Purchase(p)
	if err != nil {
		return 0, err
	}
	freed, err := b.courier.Acknowledged(purchase.Buyer, receipts)
	if err != nil {
		return 0, err
	}
	b.bells.ring(p)
	if freed { // other purchases of his had waited for it
		b.bells.ringAll()
	}
	return len(receipts), nil
}

// show gives what waits and may be delivered now, the oldest first, if it is not pushed and its
// buyer has credit for it, and says how many he has none for; it forgets having shown what
// waits no more.
func (b *Desk) show(ctx context.Context, p market.PurchaseID, seen *shownOf, limit int, skip func(seq uint32) bool) (some []delivery.Parcel, withheld int, err error) {
	buyer, pushed, err := b.pushed(p)
	if err != nil || pushed {
		return nil, 0, err // what is under way is shown when it has arrived
	}
	waiting, err := b.ledger.Waiting(p, 0, unackedMax)
	if err != nil {
		return nil, 0, err
	}
	maps.DeleteFunc(seen.parcels, func(seq uint32, _ showing) bool {
		return !slices.ContainsFunc(waiting, func(one delivery.Parcel) bool { return one.Seq == seq })
	})
	var keys []delivery.ParcelKey
	for i := range waiting {
		one := &waiting[i]
		if skip != nil && skip(one.Seq) {
			continue
		}
		standing := b.Standing(p, one.Seq, one.Received)
		if standing == market.Hold {
			break // what comes behind must not overtake it
		}
		if standing == market.Cancel {
			b.ledger.Drop(p, []uint32{one.Seq}, delivery.Reason{Code: delivery.CodeUncovered, Text: "the purchase does not cover it, or is over"}, nil)
			b.meter.SetAside(delivery.ActionDropped, delivery.CodeUncovered, 1)
			continue
		}
		some, keys = append(some, *one), append(keys, delivery.ParcelKey{Purchase: p, Seq: one.Seq})
	}
	if len(some) == 0 {
		return nil, 0, nil
	}
	may, err := b.courier.Show(ctx, buyer, keys, limit)
	if err != nil {
		return nil, 0, err
	}
	all := some
	some = nil
	for i := range all {
		switch {
		case may[i]:
			some = append(some, all[i])
		case len(some) < limit:
			withheld++
		}
	}
	return some, withheld, nil
}

// pushed tells whose a purchase is, and whether its readings are sent somewhere.
func (b *Desk) pushed(p market.PurchaseID) (buyer common.Address, pushed bool, err error) {
	d, ok, err := b.ledger.Destination(p)
	if err != nil || !ok {
		return d.Buyer, false, err
	}
	t, err := kinds.All.Parse(d.Kind, d.Config, b.guard)
	return d.Buyer, err != nil || !t.Limits().Pull, nil
}
