package ledger

import (
	"encoding/binary"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// windowBits is how far below the newest f_cnt an uplink may come and still be
// told from a repeat.
const windowBits = 512

// resetGap is the fall of a counter within a session that is a reset rather
// than a late uplink.
const resetGap = 16_384

// window remembers which counters of a session were taken in: the newest, and a
// bit for each of the 512 below it (bit 0 is the newest itself).
type window struct {
	newest  uint32
	touched uint64 // chain time of the last new uplink, unix seconds
	bits    [windowBits / 64]uint64
	seen    bool
}

// take says what an uplink with this counter is, and remembers it if it is new.
func (w *window) take(fCnt uint32) Verdict {
	switch {
	case !w.seen:
		w.seen, w.newest = true, fCnt
		w.bits = [windowBits / 64]uint64{1}
		return Posted
	case fCnt > w.newest:
		w.shift(fCnt - w.newest)
		w.newest = fCnt
		w.bits[0] |= 1
		return Posted
	}
	behind := w.newest - fCnt
	if behind >= windowBits {
		if behind >= resetGap || fCnt < windowBits {
			return Reset
		}
		return Late
	}
	word, bit := behind/64, uint64(1)<<(behind%64)
	if w.bits[word]&bit != 0 {
		return Repeat
	}
	w.bits[word] |= bit
	return Posted
}

func (w *window) shift(n uint32) {
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

func (w *window) seal() []byte {
	b := make([]byte, 0, 1+4+8+windowBits/8+4)
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint32(b, w.newest)
	b = binary.BigEndian.AppendUint64(b, w.touched)
	for _, v := range w.bits {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return append(b, room[:]...)
}

func openWindow(k, v []byte) (window, error) {
	b, err := open(bWindows, k, v)
	if err != nil {
		return window{}, err
	}
	if len(b) != 12+windowBits/8 {
		return window{}, ErrCorrupt
	}
	w := window{seen: true, newest: binary.BigEndian.Uint32(b), touched: binary.BigEndian.Uint64(b[4:])}
	for i := range w.bits {
		w.bits[i] = binary.BigEndian.Uint64(b[12+8*i:])
	}
	return w, nil
}

// windowKey names a session: DevEUI, then network and session text.
func windowKey(r *lorawan.Reading) []byte {
	k := make([]byte, 0, 8+1+len(r.Network)+len(r.Session))
	k = append(k, r.DevEUI[:]...)
	k = append(k, byte(len(r.Network)))
	k = append(k, r.Network...)
	return append(k, r.Session...)
}
