// Package catalogue finds streams: an index in memory of every stream of the market that
// can be bought, of every operator, in the order of a rank that anybody can compute from the
// chain (docs/offers.md).
//
// It refuses to know where entries come from: who folds the chain and reads offers puts them
// in. It keeps no names; a hit is a number, and who shows it looks the rest up.
//
// How it is laid out: streams have positions in rank order, so that whatever is intersected
// comes out ranked. Words, quantities, units, countries, operators, licences and terms of
// resale are words of one vocabulary: frequent ones have a roaring bitmap, rare ones a piece
// of one long list, so that a stream with a name of its own costs no bitmap. Places are a
// list sorted by cell of a grid of 0.25°. Prices, intervals, figures and coordinates are
// columns. What changed since the index was built is looked through entry by entry.
package catalogue

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// Entry is what can be searched of a stream.
type Entry struct {
	Stream     market.StreamID
	Operator   market.OperatorID
	Score      uint32     // Rank.Score
	Price      uint64     // 10⁻⁶ DTX per reading
	Every      uint32     // seconds between readings as the offer states; 0: it does not
	Verified   bool       // the owner proved that the device is his
	Text       []string   // title, tags, names: what words are looked for in
	Quantities []Quantity // what is sold
	Place      *Place     // nil: the offer tells none
	Licence    string     // as the offer writes it; "": none
	Resale     string     // as the offer writes it; "": it does not say
	Figures
}

// Quantity is something measured.
type Quantity struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"` // UCUM
}

// Place is where a device is, as its owner tells.
type Place struct {
	Point
	Country string // ISO 3166-1 alpha-2; "": unknown
}

// Figures are what changes with every reading. They never change a rank.
type Figures struct {
	Last      uint64 // unix seconds of the last reading; 0: none seen
	Delivered uint64
	Due       uint64 // seconds run ÷ the interval the offer states; 0: nothing was due yet
}

// Hit is a stream found.
type Hit struct {
	Stream market.StreamID
	Score  uint32
}

// order is that of the catalogue: the higher score first, of equals the older stream.
func (h Hit) order(o Hit) int {
	return cmp.Or(cmp.Compare(o.Score, h.Score), cmp.Compare(h.Stream, o.Stream))
}

// Catalogue is the index and what changed since it was built. Its methods may be called at
// the same time.
type Catalogue struct {
	one sync.Mutex // rebuilds, one at a time

	mu    sync.RWMutex
	base  *index
	dead  *roaring.Bitmap              // positions of base that changes stands in for
	delta map[market.StreamID]*changed // nil: it is gone
	late  map[market.StreamID]*changed // while a rebuild reads: what it may miss
	fresh map[market.StreamID]Figures  // likewise
}

// changed is an entry that is not in the index yet.
type changed struct {
	Entry
	words []string // of the vocabulary, sorted
	at    fixed
}

// New is an empty catalogue.
func New() *Catalogue {
	c := &Catalogue{}
	c.install(build(func(func(Entry) bool) {}), map[market.StreamID]*changed{})
	return c
}

// install makes an index the catalogue's. The caller holds mu, or has the catalogue alone.
func (c *Catalogue) install(ix *index, delta map[market.StreamID]*changed) {
	c.base, c.delta, c.dead = ix, delta, roaring.New()
	for id := range delta {
		if at, ok := ix.position(id); ok {
			c.dead.Add(at)
		}
	}
}

// Rebuild makes the index again, of all entries there are, each once. What is put in, removed
// or observed while it reads is kept, whether or not the entries tell it.
func (c *Catalogue) Rebuild(all iter.Seq[Entry]) {
	c.one.Lock()
	defer c.one.Unlock()
	c.mu.Lock()
	c.late, c.fresh = map[market.StreamID]*changed{}, map[market.StreamID]Figures{}
	c.mu.Unlock()
	ix := build(all)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.install(ix, c.late)
	for id, f := range c.fresh {
		c.observe(id, f)
	}
	c.late, c.fresh = nil, nil
}

// Stale tells whether so much changed since the last Rebuild that searches get slow.
func (c *Catalogue) Stale() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.delta) > changesMax
}

// changesMax is how many changes are looked through one by one: about a millisecond's.
const changesMax = 4096

// Put adds a stream or replaces it.
func (c *Catalogue) Put(e Entry) {
	c.put(e.Stream, &changed{Entry: e, words: e.words(), at: fix(e.Place)})
}

// Remove takes a stream out: it cannot be bought any more.
func (c *Catalogue) Remove(id market.StreamID) { c.put(id, nil) }

func (c *Catalogue) put(id market.StreamID, e *changed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delta[id] = e
	if at, ok := c.base.position(id); ok {
		c.dead.Add(at)
	}
	if c.late != nil {
		c.late[id] = e
		delete(c.fresh, id) // e's are newer
	}
}

// Observe tells the figures of a stream. Of one that is not in the catalogue it keeps none.
func (c *Catalogue) Observe(id market.StreamID, f Figures) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe(id, f)
	if c.fresh != nil {
		c.fresh[id] = f
	}
}

func (c *Catalogue) observe(id market.StreamID, f Figures) {
	if e, ok := c.delta[id]; ok {
		if e != nil {
			again := *e // searches may hold the old one
			again.Figures = f
			c.delta[id] = &again
		}
		return
	}
	if at, ok := c.base.position(id); ok {
		c.base.last[at], c.base.ratio[at] = f.last(), f.ratio()
	}
}

// Len is how many streams can be found.
func (c *Catalogue) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n := c.base.size() - int(c.dead.GetCardinality())
	for _, e := range c.delta {
		if e != nil {
			n++
		}
	}
	return n
}

// Ahead counts the streams that stand before a hit, whether or not it is there itself.
func (c *Catalogue) Ahead(h Hit) (n int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	at := sort.Search(c.base.size(), func(i int) bool { return h.order(Hit{c.base.ids[i], c.base.score[i]}) <= 0 })
	n = at
	if at > 0 {
		n -= int(c.dead.Rank(uint32(at - 1)))
	}
	if own, ok := c.base.position(h.Stream); ok && own < uint32(at) && !c.dead.Contains(own) {
		n-- // as it stands now
	}
	for id, e := range c.delta {
		if e != nil && id != h.Stream && (Hit{id, e.Score}).order(h) < 0 {
			n++
		}
	}
	return n
}

// Search finds the streams a query asks for, best first, at most q.Limit. more tells that
// others follow: they come after the last hit (Query.After).
func (c *Catalogue) Search(q Query) (hits []Hit, more bool, err error) {
	s, err := q.compile()
	if err != nil {
		return nil, false, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	hits = c.base.search(s, c.dead)
	old := len(hits)
	for id, e := range c.delta {
		if h := (Hit{id, 0}); e != nil && s.takes(e) {
			if h.Score = e.Score; s.after == nil || s.after.order(h) < 0 {
				hits = append(hits, h)
			}
		}
	}
	if len(hits) > old {
		slices.SortFunc(hits, Hit.order)
	}
	if more = len(hits) > s.limit; more {
		hits = hits[:s.limit]
	}
	return hits, more, nil
}
