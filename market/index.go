package market

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Index is the memory face of the entitlements: what every uplink asks. Reads
// take no lock, allocate nothing, and never touch disk or network. One writer,
// the ledger's committer, changes it after its commits.
type Index struct {
	confirmations uint64
	maxStaleness  time.Duration
	now           func() time.Time
	clock         chainClock
	claimWindow   atomic.Uint64 // seconds; 0: not known yet

	shards [256]shard
	head   atomic.Pointer[heard]

	mu        sync.Mutex // serialises writers
	devices   atomic.Int64
	purchases atomic.Int64
	withheld  atomic.Int64
}

// shard holds the devices and the purchases whose key ends in the same byte. Its
// maps are replaced by changed copies: at a million devices a copy has four
// thousand entries.
type shard struct {
	byDevice   atomic.Pointer[map[lorawan.DevEUI][]*Entitlement]
	byPurchase atomic.Pointer[map[PurchaseID]*Entitlement]
}

type heard struct {
	at Position
	by time.Time
}

// NewIndex makes an empty index. A purchase is served once confirmations blocks
// stand on top of its own; deliveries are held when no node has answered for
// maxStaleness (0: never).
func NewIndex(confirmations uint64, maxStaleness time.Duration) *Index {
	x := &Index{confirmations: confirmations, maxStaleness: maxStaleness, now: time.Now}
	x.head.Store(&heard{})
	for i := range x.shards {
		x.shards[i].byDevice.Store(&map[lorawan.DevEUI][]*Entitlement{})
		x.shards[i].byPurchase.Store(&map[PurchaseID]*Entitlement{})
	}
	return x
}

func (x *Index) deviceShard(d lorawan.DevEUI) *shard { return &x.shards[d[7]^d[5]] }
func (x *Index) purchaseShard(p PurchaseID) *shard   { return &x.shards[byte(p)] }

// Lookup gives the entitlements of a device, nil if nobody bought it. The slice
// is never changed after publication. Windows are the caller's business.
func (x *Index) Lookup(dev lorawan.DevEUI) []*Entitlement {
	return (*x.deviceShard(dev).byDevice.Load())[dev]
}

// Purchase gives the entitlement of a purchase.
func (x *Index) Purchase(p PurchaseID) (*Entitlement, bool) {
	e, ok := (*x.purchaseShard(p).byPurchase.Load())[p]
	return e, ok
}

// Set inserts or replaces an entitlement. Readers see the old one or the new one,
// never neither: an uplink looked up in between must not pass for unbought.
func (x *Index) Set(e *Entitlement) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.deviceShard(e.DevEUI)
	byDevice := clone(*s.byDevice.Load())
	if byDevice[e.DevEUI] == nil {
		x.devices.Add(1)
	}
	byDevice[e.DevEUI] = append(without(byDevice[e.DevEUI], e.Purchase), e)
	s.byDevice.Store(&byDevice)

	s = x.purchaseShard(e.Purchase)
	byPurchase := clone(*s.byPurchase.Load())
	old, known := byPurchase[e.Purchase]
	byPurchase[e.Purchase] = e
	s.byPurchase.Store(&byPurchase)
	x.withheld.Add(withholds(e) - withholds(old))
	switch {
	case !known:
		x.purchases.Add(1)
	case old.DevEUI != e.DevEUI:
		x.leave(old)
	}
}

// without copies a device's entitlements, except one purchase's.
func without(all []*Entitlement, p PurchaseID) []*Entitlement {
	rest := make([]*Entitlement, 0, len(all)+1)
	for _, e := range all {
		if e.Purchase != p {
			rest = append(rest, e)
		}
	}
	return rest
}

// leave takes an entitlement from its device.
func (x *Index) leave(e *Entitlement) {
	s := x.deviceShard(e.DevEUI)
	byDevice := clone(*s.byDevice.Load())
	if rest := without(byDevice[e.DevEUI], e.Purchase); len(rest) > 0 {
		byDevice[e.DevEUI] = rest
	} else {
		delete(byDevice, e.DevEUI)
		x.devices.Add(-1)
	}
	s.byDevice.Store(&byDevice)
}

// Remove forgets a purchase.
func (x *Index) Remove(p PurchaseID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(p)
}

func (x *Index) remove(p PurchaseID) {
	s := x.purchaseShard(p)
	e, ok := (*s.byPurchase.Load())[p]
	if !ok {
		return
	}
	byPurchase := clone(*s.byPurchase.Load())
	delete(byPurchase, p)
	s.byPurchase.Store(&byPurchase)
	x.purchases.Add(-1)
	x.withheld.Add(-withholds(e))
	x.leave(e)
}

func clone[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m)+1)
	maps.Copy(c, m)
	return c
}

// SetHead tells the newest folded block and when a node last answered.
func (x *Index) SetHead(p Position, by time.Time) { x.head.Store(&heard{at: p, by: by}) }

// Head gives what SetHead told last.
func (x *Index) Head() (Position, time.Time) {
	h := x.head.Load()
	return h.at, h.by
}

// Now is chain time in unix seconds: the later of the clock and the newest block, so that a
// clock that is behind opens no window late.
func (x *Index) Now() uint64 {
	return max(uint64(x.Clock().Unix()), x.head.Load().at.Time)
}

// ClaimWithin tells how many seconds after its end a purchase is paid.
func (x *Index) ClaimWithin(seconds uint64) { x.claimWindow.Store(seconds) }

// claimTime is what is left of a claim window for the last claim to be made and mined: an hour, or
// an eighth of a shorter window.
func claimTime(window uint64) uint64 { return min(window/8, 3600) }

// claimable says whether what is delivered of a purchase at chain time t can still be claimed. While
// nobody knows how long claims are taken, only what is delivered before its end surely is.
func (x *Index) claimable(e *Entitlement, t uint64) bool {
	w := x.claimWindow.Load()
	return t < e.End || w > 0 && t < e.End+w-claimTime(w)
}

// Standing says what may be done now with a parcel: number seq (from 0) of its
// purchase, taken in at chain time received. A parcel is sent only when the newest
// block's time pays it: whatever ends the purchase after that block, what was sent is
// paid.
func (x *Index) Standing(p PurchaseID, seq uint32, received uint64) Standing {
	e, ok := x.Purchase(p)
	if !ok || e.State != PurchaseActive || !e.Covers(received) {
		return Cancel
	}
	h := x.head.Load()
	switch {
	case h.at.Time >= e.End && seq >= e.Due(h.at.Time):
		return Cancel
	case x.claimWindow.Load() > 0 && !x.claimable(e, h.at.Time):
		return Cancel
	case !x.claimable(e, x.paidUntil(h)):
		return Hold
	case h.at.Number < e.Block+x.confirmations:
		return Hold
	case x.maxStaleness > 0 && x.now().Sub(h.by) > x.maxStaleness:
		return Hold
	case seq >= e.Due(x.paidUntil(h)):
		return Hold
	}
	return Deliver
}

// silence is how long no node may have answered before chain time is taken to go on
// without one.
const silence = time.Minute

// paidUntil is the time up to which the contract surely pays: the newest block's. While
// no node answers it goes on as a clock does, so that known purchases are served.
func (x *Index) paidUntil(h *heard) uint64 {
	if quiet := x.now().Sub(h.by); !h.by.IsZero() && quiet > silence {
		return h.at.Time + uint64(quiet/time.Second)
	}
	return h.at.Time
}

// Serving counts the purchases whose parcels are delivered now.
func (x *Index) Serving() int {
	n, now := 0, x.Now()
	for i := range x.shards {
		for p, e := range *x.shards[i].byPurchase.Load() {
			if e.Covers(now) && x.Standing(p, 0, now) == Deliver {
				n++
			}
		}
	}
	return n
}

func withholds(e *Entitlement) int64 {
	if e == nil || e.Withheld == "" {
		return 0
	}
	return 1
}

// Withheld lists the purchases of which nothing is sold because their terms do not tell
// what, in no order.
func (x *Index) Withheld() (all []*Entitlement) {
	if x.withheld.Load() == 0 {
		return nil
	}
	for i := range x.shards {
		for _, e := range *x.shards[i].byPurchase.Load() {
			if e.Withheld != "" {
				all = append(all, e)
			}
		}
	}
	return all
}

// Devices lists the devices with at least one purchase, in no order.
func (x *Index) Devices() []lorawan.DevEUI {
	var all []lorawan.DevEUI
	for i := range x.shards {
		for dev := range *x.shards[i].byDevice.Load() {
			all = append(all, dev)
		}
	}
	return all
}

// Len counts devices and purchases.
func (x *Index) Len() (devices, purchases int) {
	return int(x.devices.Load()), int(x.purchases.Load())
}
