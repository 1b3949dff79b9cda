package catalogue

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// builder takes entries in any order.
type builder struct {
	*index
	speller
	lexicon *lexicon
	has     []uint32 // numbers of words, entry after entry
	begins  []uint32 // of each entry in has
}

// build makes an index of all entries.
func build(all iter.Seq[Entry]) *index {
	b := &builder{index: &index{}, lexicon: newLexicon()}
	for e := range all {
		b.add(&e)
	}
	b.begins = append(b.begins, uint32(len(b.has)))
	b.spell(b.sort())
	b.locate()
	return b.index
}

func (b *builder) add(e *Entry) {
	b.ids = append(b.ids, e.Stream)
	b.score = append(b.score, e.Score)
	b.price = append(b.price, e.Price)
	b.every = append(b.every, e.Every)
	b.last = append(b.last, e.Figures.last())
	b.ratio = append(b.ratio, e.Figures.ratio())
	b.at = append(b.at, fix(e.Place))
	from := len(b.has)
	b.begins = append(b.begins, uint32(from))
	b.tell(e, func(word []byte) bool {
		n := b.lexicon.number(word)
		another := !slices.Contains(b.has[from:], n)
		if another {
			b.has = append(b.has, n)
		}
		return another
	})
}

// placed is a hit with where its entry stands.
type placed struct {
	Hit
	at uint32
}

// sort puts the columns in the catalogue's order; order tells what stood where.
func (b *builder) sort() (order []uint32) {
	hits := make([]placed, len(b.ids))
	for i := range hits {
		hits[i].Hit, hits[i].at = Hit{b.ids[i], b.score[i]}, uint32(i)
	}
	slices.SortFunc(hits, func(x, y placed) int { return x.order(y.Hit) })
	order = make([]uint32, len(hits))
	for i := range hits {
		order[i] = hits[i].at
	}
	b.ids, b.score, b.price = arrange(b.ids, order), arrange(b.score, order), arrange(b.price, order)
	b.every, b.last, b.ratio = arrange(b.every, order), arrange(b.last, order), arrange(b.ratio, order)
	b.at = arrange(b.at, order)
	b.byID = count(len(b.ids))
	slices.SortFunc(b.byID, func(x, y uint32) int { return cmp.Compare(b.ids[x], b.ids[y]) })
	return order
}

// count gives the numbers below n.
func count(n int) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

func arrange[T any](column []T, order []uint32) []T {
	sorted := make([]T, len(order))
	for i, old := range order {
		sorted[i] = column[old]
	}
	return sorted
}

// spelt is a word with as much of it as most differ in.
type spelt struct {
	first  uint64
	number uint32
}

// spell makes the vocabulary.
func (b *builder) spell(order []uint32) {
	x := b.lexicon
	sorted := make([]spelt, x.size())
	for n := range sorted {
		var first [8]byte
		copy(first[:], x.word(uint32(n)))
		sorted[n] = spelt{binary.BigEndian.Uint64(first[:]), uint32(n)}
	}
	slices.SortFunc(sorted, func(p, q spelt) int {
		if c := cmp.Compare(p.first, q.first); c != 0 {
			return c
		}
		return bytes.Compare(x.word(p.number), x.word(q.number))
	})
	posts, ends := b.posts(order)
	v := &b.vocabulary
	v.text = make([]byte, 0, len(x.text))
	v.begin, v.from = make([]uint32, 1, len(sorted)+1), make([]uint32, 1, len(sorted)+1)
	for i, w := range sorted {
		v.text = append(v.text, x.word(w.number)...)
		v.begin = append(v.begin, uint32(len(v.text)))
		begin := uint32(0)
		if w.number > 0 {
			begin = ends[w.number-1]
		}
		if has := posts[begin:ends[w.number]]; len(has) > rareMax {
			m := roaring.BitmapOf(has...)
			m.RunOptimize()
			v.frequent, v.maps = append(v.frequent, uint32(i)), append(v.maps, m)
		} else {
			v.rare = append(v.rare, has...)
		}
		v.from = append(v.from, uint32(len(v.rare)))
	}
	v.rare = slices.Clip(v.rare)
}

// posts gives the positions that have each word, in the order of the words' numbers, and where
// each word's end.
func (b *builder) posts(order []uint32) (posts, ends []uint32) {
	ends = make([]uint32, b.lexicon.size()+1) // of word n at n+1 at first: that is where n+1's begin
	for _, n := range b.has {
		ends[n+1]++
	}
	for n := 1; n < len(ends); n++ {
		ends[n] += ends[n-1]
	}
	posts = make([]uint32, len(b.has))
	for at, old := range order {
		for _, n := range b.has[b.begins[old]:b.begins[old+1]] {
			posts[ends[n]] = uint32(at)
			ends[n]++
		}
	}
	return posts, ends
}

// locate makes the grid.
func (b *builder) locate() {
	n := 0
	for _, f := range b.at {
		if f != nowhere {
			n++
		}
	}
	b.cells = make([]uint64, 0, n)
	for at, f := range b.at {
		if f != nowhere {
			b.cells = append(b.cells, uint64(f.cell())<<32|uint64(at))
		}
	}
	slices.Sort(b.cells)
}
