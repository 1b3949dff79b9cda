package ledger

import (
	"encoding/binary"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// windowBits is how far below the newest f_cnt an uplink may come and still be
// told from a repeat.
const windowBits = 512

// resetGap is the fall of a counter within a session that is a reset rather
// than a late uplink.
const resetGap = 16_384

// window remembers which counters of a session were taken in: the newest, and a
// bit for each of the 512 below it (bit 0 is the newest itself). What lies further
// below and was never taken in stands in gaps, for back-fill. For the newest 32
// counters it remembers a hash of the payload too, which tells a repeat from
// another reading under a counter that was reset.
type window struct {
	newest  uint32
	touched uint64 // chain time of the last new uplink, unix seconds
	every   uint32 // milliseconds between two uplinks, as learned from live ones; 0: not known yet
	bits    [windowBits / 64]uint64
	sums    [sumsMax]uint32 // by how far below the newest; 0: none known
	gaps    []span          // below the bits, sorted, apart
	seen    bool
}

// span is counters from, from+1 … to-1.
type span struct{ from, to uint32 }

const (
	sumsMax = 32
	gapsMax = 16
)

// take says what an uplink with this counter and payload hash is, and remembers it
// if it is new. A repaired one, which back-fill brings, may come from a gap below
// the bits.
func (w *window) take(fCnt, sum uint32, repaired bool) Verdict {
	sum = max(sum, 1)
	switch {
	case !w.seen:
		w.seen, w.newest = true, fCnt
		w.bits = [windowBits / 64]uint64{1}
		w.sums = [sumsMax]uint32{sum}
		if fCnt >= windowBits {
			w.miss(0, fCnt-windowBits+1)
		}
		return Posted
	case fCnt > w.newest:
		w.shift(fCnt - w.newest)
		w.newest = fCnt
		w.bits[0] |= 1
		w.sums[0] = sum
		return Posted
	}
	behind := w.newest - fCnt
	if behind >= windowBits {
		switch {
		case repaired && w.fillGap(fCnt):
			return Posted
		case repaired:
			return Repeat // taken in, or so many gaps ago that nobody knows
		case behind >= resetGap || fCnt < windowBits:
			return Reset
		}
		return Late
	}
	word, bit := behind/64, uint64(1)<<(behind%64)
	if w.bits[word]&bit != 0 {
		if behind < sumsMax && w.sums[behind] != 0 && w.sums[behind] != sum && !repaired {
			return Reset
		}
		return Repeat
	}
	w.bits[word] |= bit
	if behind < sumsMax {
		w.sums[behind] = sum
	}
	return Posted
}

// learn notes when a live uplink came that moved the newest up by n: an eighth of what is new
// counts, and no more than four times what was known, so that an outage or a burst of what
// waited at a broker changes little.
func (w *window) learn(received uint64, n uint32) {
	if w.touched == 0 || received <= w.touched || n == 0 {
		return
	}
	sample := (received - w.touched) * 1000 / uint64(n)
	if w.every == 0 {
		w.every = uint32(min(max(sample, 1), 1<<31))
		return
	}
	known := uint64(w.every)
	sample = min(max(sample, known/4), known*4)
	w.every = uint32(min(max((7*known+sample)/8, 1), 1<<31))
}

// missingBelow counts the counters right below one that were never taken in, up to the next
// that was. It is 0 where none below was: nobody knows what came before the first.
func (w *window) missingBelow(fCnt uint32) (n uint32) {
	if fCnt > w.newest {
		return 0
	}
	behind := w.newest - fCnt + 1
	for ; behind < windowBits && behind <= w.newest; behind++ {
		if w.bits[behind/64]&(1<<(behind%64)) != 0 {
			return n
		}
		n++
	}
	if behind > w.newest {
		return 0
	}
	next := w.newest - behind // the highest counter that is not in the bits
	for _, g := range w.gaps {
		if next >= g.from && next < g.to {
			if g.from == 0 {
				return 0
			}
			return n + next + 1 - g.from
		}
	}
	return n
}

// took says whether this very payload was taken in under this counter, as far as is
// remembered.
func (w *window) took(fCnt, sum uint32) bool {
	behind := w.newest - fCnt
	return w.seen && fCnt <= w.newest && behind < sumsMax && w.sums[behind] == max(sum, 1)
}

func (w *window) shift(n uint32) {
	w.leave(n)
	if n < sumsMax {
		copy(w.sums[n:], w.sums[:sumsMax-n])
		clear(w.sums[:n])
	} else {
		w.sums = [sumsMax]uint32{}
	}
	if n >= windowBits {
		w.bits = [windowBits / 64]uint64{}
		return
	}
	words, bits := int(n/64), n%64
	for i := len(w.bits) - 1; i >= 0; i-- {
		var v uint64
		if i >= words {
			v = w.bits[i-words] << bits
			if bits > 0 && i > words {
				v |= w.bits[i-words-1] >> (64 - bits)
			}
		}
		w.bits[i] = v
	}
}

// leave notes the counters that fall out of the bits without having been taken in,
// when the newest moves up by n.
func (w *window) leave(n uint32) {
	var run uint32 // counters missing in a row, up to and without the one looked at
	for behind := min(w.newest, windowBits-1); ; behind-- {
		if behind+n < windowBits { // this one and those above it stay
			w.miss(w.newest-behind-run, w.newest-behind)
			return
		}
		if w.bits[behind/64]&(1<<(behind%64)) == 0 {
			run++
		} else {
			w.miss(w.newest-behind-run, w.newest-behind)
			run = 0
		}
		if behind == 0 {
			break
		}
	}
	// Everything left; so do those that were skipped and would lie below the bits.
	w.miss(w.newest+1-run, w.newest+1+n-windowBits)
}

// miss adds a gap on top. Of too many the shortest is forgotten: its counters count
// as taken in.
func (w *window) miss(from, to uint32) {
	if from >= to {
		return
	}
	if n := len(w.gaps); n > 0 && w.gaps[n-1].to == from {
		w.gaps[n-1].to = to
		return
	}
	w.gaps = append(w.gaps, span{from, to})
	w.forgetGaps()
}

func (w *window) forgetGaps() {
	for len(w.gaps) > gapsMax {
		short := 0
		for i, g := range w.gaps {
			if g.to-g.from < w.gaps[short].to-w.gaps[short].from {
				short = i
			}
		}
		w.gaps = slices.Delete(w.gaps, short, short+1)
	}
}

// fillGap takes a counter out of its gap, if it lies in one.
func (w *window) fillGap(fCnt uint32) bool {
	for i, g := range w.gaps {
		if fCnt < g.from || fCnt >= g.to {
			continue
		}
		switch {
		case g.from+1 == g.to:
			w.gaps = slices.Delete(w.gaps, i, i+1)
		case fCnt == g.from:
			w.gaps[i].from++
		case fCnt == g.to-1:
			w.gaps[i].to--
		default:
			w.gaps[i].to = fCnt
			w.gaps = slices.Insert(w.gaps, i+1, span{fCnt + 1, g.to})
			w.forgetGaps()
		}
		return true
	}
	return false
}

func (w *window) encode() []byte {
	b := make([]byte, 0, 1+windowLen+4*sumsMax+8*len(w.gaps)+4)
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint32(b, w.newest)
	b = binary.BigEndian.AppendUint64(b, w.touched)
	b = binary.BigEndian.AppendUint32(b, w.every)
	for _, v := range w.bits {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	for _, v := range w.sums {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	for _, g := range w.gaps {
		b = binary.BigEndian.AppendUint32(b, g.from)
		b = binary.BigEndian.AppendUint32(b, g.to)
	}
	return append(b, room[:]...)
}

// windowLen is the length of a window without hashes and gaps.
const windowLen = 16 + windowBits/8

func decodeWindow(k, v []byte) (window, error) {
	b, err := decode(bWindows, k, v)
	if err != nil {
		return window{}, err
	}
	if len(b) < windowLen {
		return window{}, ErrCorrupt
	}
	w := window{seen: true, newest: binary.BigEndian.Uint32(b), touched: binary.BigEndian.Uint64(b[4:]), every: binary.BigEndian.Uint32(b[12:])}
	for i := range w.bits {
		w.bits[i] = binary.BigEndian.Uint64(b[16+8*i:])
	}
	b = b[windowLen:]
	if len(b) < 4*sumsMax || (len(b)-4*sumsMax)%8 != 0 || len(b) > 4*sumsMax+8*gapsMax {
		return window{}, ErrCorrupt
	}
	for i := range w.sums {
		w.sums[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	for b = b[4*sumsMax:]; len(b) > 0; b = b[8:] {
		g := span{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
		if g.from >= g.to || len(w.gaps) > 0 && g.from <= w.gaps[len(w.gaps)-1].to {
			return window{}, ErrCorrupt
		}
		w.gaps = append(w.gaps, g)
	}
	return w, nil
}

// windowKey names a session: DevEUI, then network and session text.
func windowKey(r *lorawan.Reading, session string) []byte {
	k := make([]byte, 0, 8+1+len(r.Network)+len(session))
	k = append(k, r.DevEUI[:]...)
	k = append(k, byte(len(r.Network)))
	k = append(k, r.Network...)
	return append(k, session...)
}
