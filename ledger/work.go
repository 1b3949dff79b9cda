package ledger

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	bolt "go.etcd.io/bbolt"
)

// work is the committer's state: the transaction of the group being written, and
// what it remembers between groups. It is ahead of the disk only within a
// transaction: if that fails, nothing of it is used again.
type work struct {
	place delivery.Place
	only  market.OperatorID
	index *market.Index

	tx      *bolt.Tx
	in      []*bolt.Bucket // of tx, opened when first used
	now     time.Time
	values  arena
	changed []change         // entitlements, for the index
	head    *market.Position // new head, for the index

	sessions      cache[sessionKey, *session]
	accounts      cache[market.PurchaseID, *account]
	dirtySessions []*session
	dirtyAccounts []*account
	buyers        map[market.StreamID][]market.PurchaseID // active purchases
	streamOf      map[market.PurchaseID]market.StreamID   // the same, the other way round

	counts counts
	clean  bool // the next commit is the last
	size   int64
	limit  int64
	full   bool
}

// counts are the totals; the first four are stored, the rest is the sum of the
// accounts.
type counts struct {
	commits, dropped, restored, leaked  uint64
	waiting, parked, orphaned, receipts uint64
}

const (
	sessionsCached = 1 << 14
	accountsCached = 1 << 15
)

func (w *work) begin(tx *bolt.Tx, now time.Time) {
	w.tx, w.now, w.size = tx, now, tx.Size()
	clear(w.in)
	w.values.reset()
	w.changed, w.head = w.changed[:0], nil
}

// flush writes what the ops of a group left in memory: each session and account
// once, however often it changed.
func (w *work) flush() error {
	for _, s := range w.dirtySessions {
		if err := w.putSession(s); err != nil {
			return err
		}
	}
	for _, a := range w.dirtyAccounts {
		if err := w.putAccount(a); err != nil {
			return err
		}
	}
	w.dirtySessions, w.dirtyAccounts = w.dirtySessions[:0], w.dirtyAccounts[:0]
	w.sessions.trim(sessionsCached)
	w.accounts.trim(accountsCached)

	w.counts.commits++
	v := w.value(33)
	for _, n := range []uint64{w.counts.commits, w.counts.dropped, w.counts.restored, w.counts.leaked} {
		v = binary.BigEndian.AppendUint64(v, n)
	}
	return w.put(bMeta, keyCounts, appendBool(v, w.clean))
}

// value begins a value with a body of about n bytes.
func (w *work) value(n int) []byte { return append(w.values.take(n+overhead), version) }

// bucket gives a bucket of the transaction.
func (w *work) bucket(b *bucket) *bolt.Bucket {
	if w.in[b.at] == nil {
		w.in[b.at] = b.in(w.tx)
	}
	return w.in[b.at]
}

// put seals and stores a value begun with value.
func (w *work) put(b *bucket, key, v []byte) error {
	return w.bucket(b).Put(key, b.seal(key, v))
}

// get reads a body as the transaction sees it; nil if there is none. It is valid
// until the next write.
func (w *work) get(b *bucket, key []byte) ([]byte, error) {
	return b.open(key, w.bucket(b).Get(key))
}

func (w *work) delete(b *bucket, key []byte) error { return w.bucket(b).Delete(key) }

// keys lists the keys that begin with prefix, copied, so that a caller may write
// while it walks them.
func (w *work) keys(b *bucket, prefix []byte) [][]byte {
	var keys [][]byte
	c := w.bucket(b).Cursor()
	for k, _ := c.Seek(prefix); k != nil && len(k) >= len(prefix) && string(k[:len(prefix)]) == string(prefix); k, _ = c.Next() {
		keys = append(keys, slices.Clone(k))
	}
	return keys
}

// cache keeps what was used lately.
type cache[K comparable, V any] struct {
	young, old map[K]V
}

// get finds what is cached, and marks it as used.
func (c *cache[K, V]) get(k K) (v V, ok bool) {
	if v, ok = c.young[k]; ok {
		return v, true
	}
	if v, ok = c.old[k]; ok {
		c.put(k, v)
	}
	return v, ok
}

func (c *cache[K, V]) put(k K, v V) {
	if c.young == nil {
		c.young = make(map[K]V)
	}
	c.young[k] = v
}

func (c *cache[K, V]) drop(k K) {
	delete(c.young, k)
	delete(c.old, k)
}

// trim forgets what was not used since the trim before, once half of size has
// been used since.
func (c *cache[K, V]) trim(size int) {
	if len(c.young) >= size/2 {
		c.young, c.old = nil, c.young
	}
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func key8(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
