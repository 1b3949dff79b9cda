package catalogue

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"sort"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// index is a built catalogue. Its positions are in the order of Hit.order.
type index struct {
	ids   []market.StreamID
	score []uint32
	price []uint64
	every []uint32
	last  []uint32
	ratio []uint16
	at    []fixed
	byID  []uint32 // positions in the order of ids
	cells []uint64 // cell<<32 | position, sorted
	vocabulary
	dense sync.Pool // of *[]uint64: a bit for each position
}

// vocabulary holds, for each word, the positions that have it.
type vocabulary struct {
	text     []byte
	begin    []uint32 // of each word in text, sorted by word, and of the end
	rare     []uint32 // positions, word after word; frequent words have none here
	from     []uint32 // of each word in rare, and of the end
	frequent []uint32 // numbers of the frequent words
	maps     []*roaring.Bitmap
}

// A word that stands in more streams than this has a bitmap.
const rareMax = 1024

func (ix *index) size() int { return len(ix.ids) }

// position finds a stream.
func (ix *index) position(id market.StreamID) (uint32, bool) {
	i, ok := slices.BinarySearchFunc(ix.byID, id, func(at uint32, id market.StreamID) int { return cmp.Compare(ix.ids[at], id) })
	if !ok {
		return 0, false
	}
	return ix.byID[i], true
}

func (v *vocabulary) word(i int) []byte { return v.text[v.begin[i]:v.begin[i+1]] }

// find is the number of the first word that is not before w.
func (v *vocabulary) find(w []byte) int {
	return sort.Search(len(v.begin)-1, func(i int) bool { return bytes.Compare(v.word(i), w) >= 0 })
}

// exactly gives the positions that have a word; the bitmap is the vocabulary's own.
func (ix *index) exactly(w string) *roaring.Bitmap {
	i := ix.find([]byte(w))
	if i == len(ix.begin)-1 || string(ix.word(i)) != w {
		return nil
	}
	if k, ok := slices.BinarySearch(ix.frequent, uint32(i)); ok {
		return ix.maps[k]
	}
	return roaring.BitmapOf(ix.rare[ix.from[i]:ix.from[i+1]]...)
}

// beginning gives the positions that have some word with a prefix.
func (ix *index) beginning(prefix string) *roaring.Bitmap {
	i := ix.find([]byte(prefix))
	j := i + sort.Search(len(ix.begin)-1-i, func(k int) bool { return !bytes.HasPrefix(ix.word(i+k), []byte(prefix)) })
	if i == j {
		return nil
	}
	a, _ := slices.BinarySearch(ix.frequent, uint32(i))
	b, _ := slices.BinarySearch(ix.frequent, uint32(j))
	some := ix.gather(func(yield func(uint32) bool) {
		for _, at := range ix.rare[ix.from[i]:ix.from[j]] {
			if !yield(at) {
				return
			}
		}
	})
	return roaring.FastOr(append([]*roaring.Bitmap{some}, ix.maps[a:b]...)...)
}

// gather makes a bitmap of positions in any order.
func (ix *index) gather(all iter.Seq[uint32]) *roaring.Bitmap {
	buffer, _ := ix.dense.Get().(*[]uint64)
	if buffer == nil {
		buffer = new(make([]uint64, (ix.size()+63)/64))
	}
	defer ix.dense.Put(buffer)
	for at := range all {
		(*buffer)[at/64] |= 1 << (at % 64)
	}
	m := roaring.FromDense(*buffer, true)
	clear(*buffer)
	return m
}

// search finds the first hits of the index, one more than asked for if there are.
func (ix *index) search(s *search, dead *roaring.Bitmap) []Hit {
	var from uint32
	if s.after != nil {
		from = uint32(sort.Search(ix.size(), func(i int) bool { return s.after.order(Hit{ix.ids[i], ix.score[i]}) < 0 }))
	}
	hits := make([]Hit, 0, s.limit+1)
	take := func(at uint32) (more bool) {
		if s.within(ix.price[at], ix.every[at], ix.last[at], ix.ratio[at]) && (s.area == nil || s.area.holds(ix.at[at])) && !dead.Contains(at) {
			hits = append(hits, Hit{ix.ids[at], ix.score[at]})
		}
		return len(hits) <= s.limit
	}
	must, none := ix.musts(s)
	switch {
	case none:
	case len(must) == 0:
		for at := from; at < uint32(ix.size()) && take(at); at++ {
		}
	default:
		found := roaring.FastAnd(must...)
		found.RemoveRange(0, uint64(from))
		each(found, take)
	}
	return hits
}

// each calls take for every position of a bitmap until it has enough.
func each(found *roaring.Bitmap, take func(uint32) bool) {
	some := make([]uint32, 256)
	for it := found.ManyIterator(); ; {
		n := it.NextMany(some)
		for _, at := range some[:n] {
			if !take(at) {
				return
			}
		}
		if n == 0 {
			return
		}
	}
}

// musts gives bitmaps every hit is in; none tells that there is no hit.
func (ix *index) musts(s *search) (must []*roaring.Bitmap, none bool) {
	for _, w := range s.words {
		m := ix.exactly(w)
		if m == nil {
			return nil, true
		}
		must = append(must, m)
	}
	if s.prefix != "" {
		m := ix.beginning(s.prefix)
		if m == nil {
			return nil, true
		}
		must = append(must, m)
	}
	if s.area != nil {
		if pieces, few := ix.pieces(s.area); few {
			must = append(must, ix.gather(func(yield func(uint32) bool) {
				for _, p := range pieces {
					for _, c := range p {
						if !yield(uint32(c)) {
							return
						}
					}
				}
			}))
		}
	}
	return must, false
}

// pieces gives the parts of the grid's list that an area reaches. few is false if they are
// so many that looking at each stream's place is as quick.
func (ix *index) pieces(a *area) (pieces [][]uint64, few bool) {
	n, rest := 0, ix.cells
	cut := func(cell uint64) int {
		return sort.Search(len(rest), func(i int) bool { return rest[i] >= cell<<32 })
	}
	for row := uint64(rowOf(a.latMin)); row <= uint64(rowOf(a.latMax)); row++ {
		spans := a.spans
		if a.poles && (row == 0 || row == rows-1) {
			spans = [][2]float64{{-180, 180}}
		}
		for _, span := range spans {
			west, east := row*columns+uint64(columnOf(span[0])), row*columns+uint64(columnOf(span[1]))
			rest = rest[cut(west):]
			p := rest[:cut(east+1)]
			if len(p) > 0 {
				pieces, n = append(pieces, p), n+len(p)
			}
		}
		if n > ix.size()/8 {
			return nil, false
		}
	}
	return pieces, true
}
