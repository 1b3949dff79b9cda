package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// The journal is two buckets that take turns: while a sweep puts what one holds into the hot
// buckets, commits go to the other; then the first is emptied. Its records are numbered from
// 1, and the bucket's sequence is the last number, so that none can be lost unseen.
//
// A record is generation(8), which grows with each turn, and changes: bucket(1) key
// length(uvarint) key, then 0 (deleted, the file has it), 1 (deleted, the file has it not),
// or the value's length and 2 (uvarint) and the value. Later changes of a key count.
var bJournals = [2][]byte{[]byte("journal0"), []byte("journal1")}

// pace is when changes are swept. The tests sweep more often.
type pace struct {
	chunk  int // bytes of a record, unless a single change is longer
	recent int // bytes of recent changes a sweep begins at
	logged int // and of journal
	step   int // changes a commit sweeps beside as many as the one before wrote
}

// bbolt keeps two records in a leaf and writes the last leaf again with every commit: short records cost
// less, and two of 8,000 bytes fill four pages.
var usual = pace{chunk: 8000, recent: 6 << 20, logged: 16 << 20, step: 128}

// journal is where commits are with it.
type journal struct {
	generation uint64
	sweeping   bool
	bucket     int    // that the sweep has come to
	from       string // the first key of it that is left
}

// current is the bucket that commits go to.
func (j *journal) current() []byte { return bJournals[j.generation%2] }

// former is the bucket whose changes are swept.
func (j *journal) former() []byte { return bJournals[(j.generation+1)%2] }

// write appends what a transaction has changed, and gives the bytes it took. chunks are
// buffers to be used.
func (j *journal) write(tx *bbolt.Tx, own *layer, chunks *[][]byte) (n int, err error) {
	b := tx.Bucket(j.current())
	used := 0
	begin := func() []byte {
		if used == len(*chunks) {
			*chunks = append(*chunks, nil)
		}
		c := append((*chunks)[used][:0], recordVersion)
		return binary.BigEndian.AppendUint64(c, j.generation)
	}
	chunk := begin()
	empty := len(chunk)
	end := func() error {
		seq, err := b.NextSequence()
		if err != nil {
			return err
		}
		chunk = append(chunk, room[:]...)
		(*chunks)[used] = chunk
		used++
		n += len(chunk)
		k := key64(seq)
		return b.Put(k, bind(j.current(), k, chunk))
	}
	for i := range own {
		own[i].Scan(func(key string, c change) bool {
			if len(chunk) > empty && len(chunk)+len(key)+len(c.value) > usual.chunk {
				if err = end(); err != nil {
					return false
				}
				chunk = begin()
			}
			chunk = appendChange(chunk, i, key, c)
			return true
		})
		if err != nil {
			return n, err
		}
	}
	return n, end()
}

func appendChange(b []byte, bucket int, key string, c change) []byte {
	b = binary.AppendUvarint(append(b, byte(bucket)), uint64(len(key)))
	b = append(b, key...)
	switch {
	case c.value != nil:
		return append(binary.AppendUvarint(b, uint64(len(c.value))+2), c.value...)
	case c.inFile:
		return append(b, 0)
	}
	return append(b, 1)
}

// readJournal reads a record. What it gives aliases v.
func readJournal(bucket, k, v []byte, each func(bucket int, key []byte, c change)) (generation uint64, err error) {
	b, err := decode(bucket, k, v)
	if err != nil {
		return 0, err
	}
	if len(k) != 8 || len(b) < 8 {
		return 0, ErrCorrupt
	}
	generation, b = binary.BigEndian.Uint64(b), b[8:]
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			err, b = ErrCorrupt, nil
			return 0
		}
		b = b[n:]
		return v
	}
	bytes := func(n uint64) []byte {
		if n > uint64(len(b)) {
			err, b = ErrCorrupt, nil
			return nil
		}
		v := b[:n:n]
		b = b[n:]
		return v
	}
	for len(b) > 0 {
		hotBucket := int(b[0])
		b = b[1:]
		key := bytes(number())
		n := number()
		c := change{inFile: n == 0}
		if n >= 2 {
			c = change{value: bytes(n - 2)}
		}
		if err != nil || hotBucket >= len(hot) || len(key) == 0 {
			return 0, errors.Join(ErrCorrupt, err)
		}
		each(hotBucket, key, c)
	}
	return generation, nil
}

// replay reads the journal of a file that was opened.
func (r *recent) replay(tx *bbolt.Tx) (j journal, err error) {
	r.layer, r.size, r.logged = newRecent(), 0, 0
	var generations [2]uint64
	for i, name := range bJournals {
		if generations[i], err = generationOf(tx, name); err != nil {
			return j, err
		}
	}
	older, newer := 0, 1
	if generations[0] > generations[1] {
		older, newer = 1, 0
	}
	j.generation = max(generations[newer], 1)
	if g := generations[older]; g != 0 && g+1 != j.generation || generations[newer] != 0 && int(j.generation%2) != newer {
		return j, fmt.Errorf("%w (the journals are of turns %d and %d)", ErrCorrupt, g, j.generation)
	}
	for _, i := range []int{older, newer} {
		err = tx.Bucket(bJournals[i]).ForEach(func(k, v []byte) error {
			v = append([]byte(nil), v...) // the file's memory may move
			r.logged += len(v)
			_, err := readJournal(bJournals[i], k, v, func(bucket int, key []byte, c change) { r.set(bucket, string(key), c) })
			return err
		})
		if err != nil {
			return j, err
		}
	}
	j.sweeping = generations[older] != 0 // from the beginning
	return j, nil
}

// generationOf makes sure that a journal's records are all there, and tells their turn; 0 if
// there are none.
func generationOf(tx *bbolt.Tx, name []byte) (generation uint64, err error) {
	b := tx.Bucket(name)
	if b == nil {
		return 0, fmt.Errorf("%w (bucket %s is missing)", ErrCorrupt, name)
	}
	last := uint64(0)
	err = b.ForEach(func(k, v []byte) error {
		g, err := readJournal(name, k, v, func(int, []byte, change) {})
		if err != nil {
			return fmt.Errorf("%s/%x: %w", name, k, err)
		}
		if last++; binary.BigEndian.Uint64(k) != last || g == 0 || generation != 0 && g != generation {
			return fmt.Errorf("%w (%s: record %x stands at place %d)", ErrCorrupt, name, k, last)
		}
		generation = g
		return nil
	})
	if err == nil && last != b.Sequence() {
		err = fmt.Errorf("%w (%s has %d of %d records)", ErrCorrupt, name, last, b.Sequence())
	}
	return generation, err
}

// turn begins a sweep, if it is time for one, or soon: commits go to the other bucket from here on.
func (j *journal) turn(r *recent, soon bool) {
	if !j.sweeping && (soon || r.size >= usual.recent || r.logged >= usual.logged) {
		j.generation++
		j.sweeping, j.bucket, j.from = true, 0, ""
	}
}

// swept is a recent change that a transaction has put into the file.
type swept struct {
	bucket int
	key    string
}

// sweep puts up to n recent changes into their buckets; at the end it empties the journal
// they stood in.
func (j *journal) sweep(tx *bbolt.Tx, l *layer, n int) (done []swept, err error) {
	for ; j.bucket < len(hot); j.bucket, j.from = j.bucket+1, "" {
		b := tx.Bucket(hot[j.bucket])
		full := false
		l[j.bucket].Ascend(j.from, func(key string, c change) bool {
			if full = len(done) == n; full {
				j.from = key
				return false
			}
			if c.value != nil {
				err = b.Put([]byte(key), c.value)
			} else {
				err = b.Delete([]byte(key))
			}
			done = append(done, swept{j.bucket, key})
			return err == nil
		})
		if err != nil || full {
			return done, err
		}
	}
	j.sweeping = false
	return done, emptied(tx, j.former())
}

func emptied(tx *bbolt.Tx, bucket []byte) error {
	if err := tx.DeleteBucket(bucket); err != nil {
		return err
	}
	_, err := tx.CreateBucket(bucket)
	return err
}
