// Package listings is the market's streams as the bridge tells of them: it keeps the catalogue in
// step with what the ledger folds, fetches the offers of other operators' streams, and shows both.
//
// It knows streams of every operator, and nothing of devices, readings' contents or buyers.
package listings

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"log/slog"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/catalogue"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/lru"
)

// Deps are what Listings work with.
type Deps struct {
	Ledger   *ledger.Ledger
	Index    *market.Index
	Operator market.OperatorID                                    // whose offers are in the ledger
	AskRules func(context.Context) (contracts.Config, int, error) // the market's, and the decimals of its token, as a node tells them
	Guard    netguard.Guard
	Dir      string // where fetched offers are kept
	Signing  ed25519.PrivateKey
	Log      *slog.Logger
	Pace     time.Duration // between two looks at what changed; 0: a second
}

// Listings are all streams of the market.
type Listings struct {
	Deps
	catalogue *catalogue.Catalogue
	fetches   *fetches
	store     *store
	parsed    *lru.Cache[common.Hash, *offer.Offer]

	mu     sync.Mutex
	rules  *contracts.Config
	places int
	asked  time.Time // when the rules were asked for last
	faults faults
	ready  bool // the catalogue was built once
}

// New makes listings that are empty until Run.
func New(d Deps) *Listings {
	d.Pace = cmp.Or(d.Pace, time.Second)
	d.Log = d.Log.With("component", "listings")
	kept := &store{dir: d.Dir}
	shares, err := kept.shares()
	if err != nil {
		d.Log.Warn("what is kept of other operators' offers cannot be counted", "err", err)
	}
	return &Listings{Deps: d, catalogue: catalogue.New(), store: kept, fetches: newFetches(newFetcher(d.Guard), shares),
		parsed: lru.NewCache[common.Hash, *offer.Offer](4096), faults: newFaults()}
}

// Run keeps the catalogue in step until ctx ends.
func (l *Listings) Run(ctx context.Context) {
	var fetching sync.WaitGroup
	defer fetching.Wait()
	for range fetchersMax {
		fetching.Go(func() { l.fetch(ctx) })
	}
	tick := time.NewTicker(l.Pace)
	defer tick.Stop()
	all, built, observed := true, time.Time{}, time.Time{}
	for {
		if _, _, err := l.market(ctx); err == nil { // without the token's decimals nothing has a rank
			changed := l.Ledger.Changes()
			all = all || changed.All || l.catalogue.Stale() || l.fetches.again()
			switch {
			case all && time.Since(built) >= rebuildEvery:
				all = !l.rebuild(ctx)
				built = time.Now()
			default:
				all = !l.follow(changed) || all
			}
			if time.Since(observed) > observeEvery {
				l.observe()
				observed = time.Now()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case got := <-l.fetches.arrived:
			l.put(got)
		}
	}
}

const (
	rebuildEvery = time.Minute // at most
	observeEvery = time.Minute // figures of this operator's streams
	pageSize     = 512         // streams read of the ledger at once
	familyMax    = 4096        // streams of an owner, device or operator that are ranked again one by one
)

// rebuild makes the catalogue again of everything the ledger has folded.
func (l *Listings) rebuild(ctx context.Context) (done bool) {
	began := time.Now()
	f := newFaults()
	if !l.each(ctx, func(one *market.Listing) { f.note(one) }) {
		return false
	}
	l.mu.Lock()
	l.faults = f
	l.mu.Unlock()
	l.fetches.scan()
	l.catalogue.Rebuild(func(yield func(catalogue.Entry) bool) {
		more := true
		done = l.each(ctx, func(one *market.Listing) {
			if more && one.State == market.StreamOpen {
				more = yield(l.entry(one))
			}
		})
	})
	l.mu.Lock()
	l.ready = l.ready || done
	l.mu.Unlock()
	if done {
		l.Log.Debug("the catalogue was built", "streams", l.catalogue.Len(), "took", time.Since(began).Round(time.Millisecond).String())
	}
	return done
}

// each calls f for every stream of the market, by number.
func (l *Listings) each(ctx context.Context, f func(*market.Listing)) bool {
	for from := market.StreamID(0); ctx.Err() == nil; {
		page, err := l.Ledger.Listings(from, pageSize)
		if err != nil {
			l.failed(err)
			return false
		}
		for i := range page {
			f(&page[i])
			from = page[i].ID + 1
		}
		if len(page) < pageSize {
			return true
		}
	}
	return false
}

func (l *Listings) failed(err error) {
	if !l.Ledger.Closed() {
		l.Log.Warn("the market's streams cannot be read", "err", err)
	}
}

// follow brings what changed into the catalogue. It tells whether that is enough.
func (l *Listings) follow(changed ledger.Changes) (enough bool) {
	enough = true
	for id := range changed.Operators {
		l.fetches.forgive(id)
	}
	for id := range changed.Streams {
		one, ok, err := l.Ledger.Listing(id)
		if err != nil {
			l.failed(err)
			return false
		}
		if !ok { // a reorg took it away
			one.ID = id
		}
		l.mu.Lock()
		family, ranks := l.faults.note(&one)
		l.mu.Unlock()
		l.update(&one)
		if ranks {
			enough = l.again(family) && enough
		}
	}
	return enough
}

// update brings one stream into the catalogue, or takes it out.
func (l *Listings) update(one *market.Listing) {
	if one.State == market.StreamOpen {
		l.catalogue.Put(l.entry(one))
	} else {
		l.catalogue.Remove(one.ID)
	}
}

// again ranks the streams that share an owner or a device with one whose faults changed. Of an
// operator's there may be any number: if the fault was his the catalogue must be built again.
func (l *Listings) again(family fault) (enough bool) {
	of, err := l.Ledger.StreamsOf(family.owner, familyMax)
	with, err2 := l.Ledger.StreamsWith(family.device, familyMax)
	if err = cmp.Or(err, err2); err != nil {
		l.failed(err)
		return false
	}
	for _, id := range append(of, with...) {
		if sibling, ok, err := l.Ledger.Listing(id); err == nil && ok {
			l.update(&sibling)
		}
	}
	return !family.operates && len(of) < familyMax && len(with) < familyMax
}

// put brings the streams under an offer that has arrived into the catalogue.
func (l *Listings) put(got arrival) {
	for _, id := range got.streams {
		if one, ok, err := l.Ledger.Listing(id); err == nil && ok && one.Terms == got.terms {
			l.update(&one)
		}
	}
}

// observe tells the catalogue how this operator's streams fare.
func (l *Listings) observe() {
	own, err := l.Ledger.Streams()
	if err != nil {
		l.failed(err)
		return
	}
	for i := range own {
		if one, ok, err := l.Ledger.Listing(own[i].ID); err == nil && ok && one.State == market.StreamOpen {
			o, _ := l.offerOf(&one.Stream)
			l.catalogue.Observe(one.ID, l.figures(&one, o).Figures)
		}
	}
}

// market gives its rules, and its token's decimals. A node is asked once a minute at most.
func (l *Listings) market(ctx context.Context) (*contracts.Config, int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rules != nil && time.Since(l.asked) < time.Minute {
		return l.rules, l.places, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	rules, places, err := l.AskRules(ctx)
	if err == nil {
		l.rules, l.places = &rules, places
	}
	if l.asked = time.Now(); l.rules != nil { // as they were: hardly anything of them ever changes
		return l.rules, l.places, nil
	}
	return nil, 0, err
}
