package intake

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Tags looks at the tags of live uplinks of devices somebody waits for. Almost always
// nobody waits, and then an uplink costs one look at a pointer.
type Tags struct {
	watched atomic.Pointer[map[lorawan.DevEUI][]*Watch] // never changed, but replaced; nil: nobody waits
	mu      sync.Mutex                                  // held by who replaces it
}

// Seen is the tag of an uplink that names its owner, and the source that brought it.
type Seen struct {
	Owner  string
	Source string
}

// Watch is one wait for a tag.
type Watch struct {
	Tag      chan Seen   // the first tag seen
	Untagged atomic.Bool // an uplink without the tag was seen
}

// WatchMax is how many may wait at once.
const WatchMax = 256

// Watch waits for a tag of a device; ok is false if too many wait.
func (t *Tags) Watch(dev lorawan.DevEUI) (w *Watch, ok bool) {
	w = &Watch{Tag: make(chan Seen, 1)}
	t.mu.Lock()
	defer t.mu.Unlock()
	next := map[lorawan.DevEUI][]*Watch{}
	if old := t.watched.Load(); old != nil {
		next = maps.Clone(*old)
	}
	n := 0
	for _, all := range next {
		n += len(all)
	}
	if n >= WatchMax {
		return nil, false
	}
	next[dev] = append(append([]*Watch(nil), next[dev]...), w)
	t.watched.Store(&next)
	return w, true
}

// Leave ends a wait.
func (t *Tags) Leave(dev lorawan.DevEUI, w *Watch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := maps.Clone(*t.watched.Load())
	var left []*Watch
	for _, other := range next[dev] {
		if other != w {
			left = append(left, other)
		}
	}
	if next[dev] = left; len(left) == 0 {
		delete(next, dev)
	}
	if len(next) == 0 {
		t.watched.Store(nil)
		return
	}
	t.watched.Store(&next)
}

// See reads the tag of a live uplink of a device that is waited for. What would never be
// sold proves nothing.
func (t *Tags) See(in *Entrance, topic *lorawan.Topic, dev lorawan.DevEUI, payload []byte) {
	watched := t.watched.Load()
	if watched == nil || len((*watched)[dev]) == 0 {
		return
	}
	var u lorawan.Uplink
	if in.Decode(payload, &u) != nil || topic.Check(&u) != nil || !in.Takes(u.Application) {
		return
	}
	if kind := u.Billing(); kind == lorawan.BillingNotUplink || kind == lorawan.BillingSimulated {
		return
	}
	for _, w := range (*watched)[dev] {
		if u.Owner == "" {
			w.Untagged.Store(true)
			continue
		}
		select {
		case w.Tag <- Seen{u.Owner, in.Name}:
		default: // it has one
		}
	}
}

// Watched counts those who wait.
func (t *Tags) Watched() (n int) {
	if watched := t.watched.Load(); watched != nil {
		for _, all := range *watched {
			n += len(all)
		}
	}
	return n
}

// TagReader gives the tags set on a device itself, as chirpstackapi.Client does.
type TagReader interface {
	Tags(ctx context.Context, devEUI string) (map[string]string, error)
}
