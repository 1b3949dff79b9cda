package catalogue

import (
	"cmp"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// builder takes entries in any order.
type builder struct {
	*index
	numbers map[string]uint32 // of words as they came
	words   []string
	has     []uint32 // numbers of words, entry after entry
	begins  []uint32 // of each entry in has
}

// build makes an index of all entries.
func build(all iter.Seq[Entry]) *index {
	b := &builder{index: &index{}, numbers: map[string]uint32{}}
	for e := range all {
		b.add(&e)
	}
	b.begins = append(b.begins, uint32(len(b.has)))
	order := b.sort()
	b.vocabulary = b.spell(order)
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
	b.begins = append(b.begins, uint32(len(b.has)))
	for _, w := range e.words() {
		n, known := b.numbers[w]
		if !known {
			n = uint32(len(b.words))
			b.numbers[w] = n
			b.words = append(b.words, w)
		}
		b.has = append(b.has, n)
	}
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

// spell makes the vocabulary.
func (b *builder) spell(order []uint32) vocabulary {
	byWord := count(len(b.words))
	slices.SortFunc(byWord, func(x, y uint32) int { return cmp.Compare(b.words[x], b.words[y]) })
	v := vocabulary{begin: make([]uint32, 1, len(byWord)+1)}
	for _, n := range byWord {
		v.text = append(v.text, b.words[n]...)
		v.begin = append(v.begin, uint32(len(v.text)))
	}
	v.text = slices.Clip(v.text)
	times := make([]uint32, len(b.words))
	for _, n := range b.has {
		times[n]++
	}
	next := make([]uint32, len(b.words)) // where in rare a word's next position goes
	bitmaps := make([]*roaring.Bitmap, len(b.words))
	v.from = make([]uint32, 1, len(byWord)+1)
	total := uint32(0)
	for i, n := range byWord {
		if next[n] = total; times[n] > rareMax {
			bitmaps[n] = roaring.New()
			v.frequent, v.maps = append(v.frequent, uint32(i)), append(v.maps, bitmaps[n])
		} else {
			total += times[n]
		}
		v.from = append(v.from, total)
	}
	v.rare = make([]uint32, total)
	for at, old := range order {
		for _, n := range b.has[b.begins[old]:b.begins[old+1]] {
			if m := bitmaps[n]; m != nil {
				m.Add(uint32(at))
				continue
			}
			v.rare[next[n]] = uint32(at)
			next[n]++
		}
	}
	for _, m := range v.maps {
		m.RunOptimize()
	}
	return v
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
