package intake

import (
	"context"
	"maps"
	"slices"
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
	DevEUI lorawan.DevEUI
	Owner  string
	Source string
}

// Watch is one wait for the tags of some devices.
type Watch struct {
	Tag     chan Seen // the first tag seen of each
	devices map[lorawan.DevEUI]*watched
}

type watched struct{ tagged, untagged atomic.Bool }

// Untagged tells whether an uplink of a device came without the tag.
func (w *Watch) Untagged(dev lorawan.DevEUI) bool { return w.devices[dev].untagged.Load() }

// WatchMax is how many devices may be waited for at once; one that two wait for counts twice. All
// who may ask at the API at once leave room for the operator.
const WatchMax = 16_384

// Watch waits for a tag of each of some devices; ok is false if too many are waited for.
func (t *Tags) Watch(devices ...lorawan.DevEUI) (w *Watch, ok bool) {
	w = &Watch{Tag: make(chan Seen, len(devices)), devices: map[lorawan.DevEUI]*watched{}}
	for _, dev := range devices {
		w.devices[dev] = &watched{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count()+len(w.devices) > WatchMax {
		return nil, false
	}
	next := map[lorawan.DevEUI][]*Watch{}
	if old := t.watched.Load(); old != nil {
		next = maps.Clone(*old)
	}
	for dev := range w.devices {
		next[dev] = append(slices.Clip(next[dev]), w)
	}
	t.watched.Store(&next)
	return w, true
}

// Leave ends a wait.
func (t *Tags) Leave(w *Watch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := maps.Clone(*t.watched.Load())
	for dev := range w.devices {
		next[dev] = slices.DeleteFunc(slices.Clone(next[dev]), func(other *Watch) bool { return other == w })
		if len(next[dev]) == 0 {
			delete(next, dev)
		}
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
	all := t.watched.Load()
	if all == nil || len((*all)[dev]) == 0 {
		return
	}
	var u lorawan.Uplink
	if in.Decode(payload, &u) != nil || topic.Check(&u) != nil || !in.Takes(u.Application) {
		return
	}
	if kind := u.Billing(); kind == lorawan.BillingNotUplink || kind == lorawan.BillingSimulated {
		return
	}
	for _, w := range (*all)[dev] {
		one := w.devices[dev]
		switch {
		case u.Owner == "":
			one.untagged.Store(true)
		case !one.tagged.Swap(true): // there is room for one of each
			w.Tag <- Seen{dev, u.Owner, in.Name}
		}
	}
}

// Watched counts the devices waited for.
func (t *Tags) Watched() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count()
}

func (t *Tags) count() (n int) {
	if all := t.watched.Load(); all != nil {
		for _, one := range *all {
			n += len(one)
		}
	}
	return n
}

// TagReader gives the tags set on a device itself, as chirpstackapi.Client does.
type TagReader interface {
	Tags(ctx context.Context, devEUI string) (map[string]string, error)
}
