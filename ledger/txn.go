package ledger

import (
	"sync"

	"github.com/tidwall/btree"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// hot are the buckets that nearly every reading changes, in trees sorted otherwise than the
// readings come. What a commit changes of them goes to a journal at first, side by side,
// and is kept in memory over the file. A sweep puts it where it belongs later: what was
// made and delivered meanwhile never gets there, what changed often gets there once.
var hot = [...][]byte{bParcels, bReceipts, bAccounts, bWindows, bBatches, bCounts}

func hotOf(bucket []byte) int {
	switch string(bucket) {
	case "parcels":
		return 0
	case "receipts":
		return 1
	case "accounts":
		return 2
	case "windows":
		return 3
	case "batches":
		return 4
	case "counts":
		return 5
	}
	return -1
}

// change is what became of a key. What points into value is not altered any more.
type change struct {
	value  []byte // nil: it was deleted
	inFile bool   // of one that was deleted: the bucket in the file has it
}

// layer is changes of the hot buckets.
type layer [len(hot)]btree.Map[string, change]

// newRecent is a layer to be kept. Whoever reads has a copy of it that shares its nodes; they are
// small, since a change copies those on its way.
func newRecent() *layer {
	l := new(layer)
	for i := range l {
		l[i] = *btree.NewMap[string, change](8)
	}
	return l
}

// recent is what the journal holds, over the file.
type recent struct {
	mu     sync.Mutex // held while a commit becomes visible: who reads sees file and memory of one moment
	layer  *layer
	size   int // bytes it takes, about
	logged int // bytes of the journal since the last sweep began
}

// drop forgets a change: the file is as it says. Called with mu held.
func (r *recent) drop(one swept) {
	if old, had := r.layer[one.bucket].Delete(one.key); had {
		r.size -= changeCost + len(one.key) + len(old.value)
	}
}

// changeCost is what a change takes in memory beside key and value, about.
const changeCost = 64

// copy gives the layer as it is now; it costs little. Called with mu held.
func (r *recent) copy() *layer {
	c := new(layer)
	for i := range r.layer {
		c[i] = *r.layer[i].Copy()
	}
	return c
}

// set takes a change in. Called with mu held.
func (r *recent) set(bucket int, key string, c change) {
	if c.value == nil && !c.inFile {
		r.drop(swept{bucket, key})
		return
	}
	old, had := r.layer[bucket].Set(key, c)
	if r.size += len(c.value) - len(old.value); !had {
		r.size += changeCost + len(key)
	}
}

// txn is a transaction: the file's, and over it what is recent.
type txn struct {
	file   *bbolt.Tx
	recent *layer // committed
	own    *layer // of this transaction; nil: it only reads
}

// bucket is a bucket as a transaction sees it.
type bucket struct {
	t    *txn
	name []byte
	hot  int // -1: it has no layers
}

func (t *txn) Bucket(name []byte) bucket { return bucket{t, name, hotOf(name)} }

func (b bucket) file() *bbolt.Bucket { return b.t.file.Bucket(b.name) }

// Get gives the value of a key, nil if it is not there. It must not be altered, and not be
// used after the transaction.
func (b bucket) Get(key []byte) []byte {
	if b.hot >= 0 {
		if b.t.own != nil {
			if c, ok := b.t.own[b.hot].Get(string(key)); ok {
				return c.value
			}
		}
		if c, ok := b.t.recent[b.hot].Get(string(key)); ok {
			return c.value
		}
	}
	return b.file().Get(key)
}

// Put sets the value of a key. The value must not be altered any more.
func (b bucket) Put(key, value []byte) error {
	if b.hot < 0 {
		return b.file().Put(key, value)
	}
	if b.t.own == nil {
		return berrors.ErrTxNotWritable
	}
	b.t.own[b.hot].Set(string(key), change{value: value})
	return nil
}

// Delete takes a key out, if it is there.
func (b bucket) Delete(key []byte) error {
	if b.hot < 0 {
		return b.file().Delete(key)
	}
	if b.t.own == nil {
		return berrors.ErrTxNotWritable
	}
	b.t.own[b.hot].Set(string(key), change{inFile: b.file().Get(key) != nil})
	return nil
}

// keys counts the keys of a bucket that is not hot.
func (b bucket) keys() int { return b.file().Stats().KeyN }

// ForEach calls fn with every key and value, in order, until it fails.
func (b bucket) ForEach(fn func(k, v []byte) error) error {
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if err := fn(k, v); err != nil {
			return err
		}
	}
	return nil
}

// Cursor goes through a bucket in the order of its keys. The bucket must not change meanwhile.
func (b bucket) Cursor() *cursor {
	c := &cursor{file: b.file().Cursor()}
	if b.hot < 0 {
		return c
	}
	if b.t.own != nil {
		c.over = append(c.over, upper{it: b.t.own[b.hot].Iter()})
	}
	c.over = append(c.over, upper{it: b.t.recent[b.hot].Iter()})
	return c
}

// cursor merges the file's bucket with the layers over it.
type cursor struct {
	file *bbolt.Cursor
	k, v []byte // where file stands; nil: at an end
	over []upper
	at   []byte // the key given last
	down bool   // file and layers stand below at, not at it
}

// upper is a layer of a cursor.
type upper struct {
	it btree.MapIter[string, change]
	ok bool // it stands at a key
}

// First goes to the first key; nil if there is none.
func (c *cursor) First() (k, v []byte) {
	c.k, c.v = c.file.First()
	for i := range c.over {
		c.over[i].ok = c.over[i].it.First()
	}
	return c.up()
}

// Seek goes to a key, or to the next one there is.
func (c *cursor) Seek(key []byte) (k, v []byte) {
	c.k, c.v = c.file.Seek(key)
	for i := range c.over {
		c.over[i].ok = c.over[i].it.Seek(string(key))
	}
	return c.up()
}

// Next goes to the next key.
func (c *cursor) Next() (k, v []byte) {
	if len(c.over) == 0 {
		return c.file.Next()
	}
	if c.at == nil {
		return nil, nil
	}
	if c.down {
		c.Seek(c.at)
	}
	c.pass()
	return c.up()
}

// Last goes to the last key.
func (c *cursor) Last() (k, v []byte) {
	c.k, c.v = c.file.Last()
	for i := range c.over {
		c.over[i].ok = c.over[i].it.Last()
	}
	return c.downward()
}

// Prev goes to the key before.
func (c *cursor) Prev() (k, v []byte) {
	if len(c.over) == 0 {
		return c.file.Prev()
	}
	if c.at == nil {
		return nil, nil
	}
	if c.k, c.v = c.file.Seek(c.at); c.k == nil {
		c.k, c.v = c.file.Last()
	} else {
		c.k, c.v = c.file.Prev()
	}
	for i := range c.over {
		if u := &c.over[i]; u.it.Seek(string(c.at)) {
			u.ok = u.it.Prev()
		} else {
			u.ok = u.it.Last()
		}
	}
	return c.downward()
}

// pass goes on with everything that stands at the key given last.
func (c *cursor) pass() {
	if string(c.k) == string(c.at) {
		c.k, c.v = c.file.Next()
	}
	for i := range c.over {
		if u := &c.over[i]; u.ok && u.it.Key() == string(c.at) {
			u.ok = u.it.Next()
		}
	}
}

// up gives the least key there is at or above where everything stands. Of one key the
// newest layer counts.
func (c *cursor) up() (k, v []byte) {
	for c.down = false; ; c.pass() {
		var best *upper
		for i := range c.over {
			if u := &c.over[i]; u.ok && (best == nil || u.it.Key() < best.it.Key()) {
				best = u
			}
		}
		if c.k != nil && (best == nil || string(c.k) < best.it.Key()) {
			c.at = c.k
			return c.k, c.v
		}
		if best == nil {
			c.at = nil
			return nil, nil
		}
		c.at = []byte(best.it.Key())
		if change := best.it.Value(); change.value != nil {
			return c.at, change.value
		}
	}
}

// downward is up, for the greatest key at or below.
func (c *cursor) downward() (k, v []byte) {
	c.down = true
	var best *upper
	for i := range c.over {
		if u := &c.over[i]; u.ok && (best == nil || u.it.Key() > best.it.Key()) {
			best = u
		}
	}
	if c.k != nil && (best == nil || string(c.k) > best.it.Key()) {
		c.at = c.k
		return c.k, c.v
	}
	if best == nil {
		c.at = nil
		return nil, nil
	}
	c.at = []byte(best.it.Key())
	if change := best.it.Value(); change.value != nil {
		return c.at, change.value
	}
	return c.Prev()
}
