package delivery_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	. "github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

// A toy kind: what its folder would hold. It is kept whole in this file to show that a
// kind needs nothing anywhere else but its line of package kinds.
type toyOptions struct {
	Shelf string `json:"shelf" doc:"Name of a shelf of this test."`
}

type toy struct{ toyOptions }

var (
	toyMu   sync.Mutex
	shelves = map[string][]string{}
)

var toyKind = Kind{
	Name: "toy", Summary: "Keeps readings on a shelf", Guide: "Nothing to set up.", Example: `{"shelf":"a"}`, Options: toyOptions{},
	Parse: func(config []byte) (Target, error) {
		t := &toy{}
		return t, Decode(config, &t.toyOptions)
	},
}

func (t *toy) Addresses() []Address      { return nil }
func (t *toy) Limits() Limits            { return Limits{Parcels: 3, Window: 1} }
func (t *toy) Redacted() json.RawMessage { return Redact(&t.toyOptions) }
func (t *toy) Open(Env) (Sink, error)    { return t, nil }
func (t *toy) Close() error              { return nil }
func (t *toy) Deliver(_ context.Context, b Batch) Result {
	toyMu.Lock()
	defer toyMu.Unlock()
	for _, p := range b.Parcels {
		if !slices.Contains(shelves[t.Shelf], string(p.ID)) {
			shelves[t.Shelf] = append(shelves[t.Shelf], string(p.ID))
		}
	}
	return All(b)
}

func TestAToyKindTouchesOneFolderAndOneLine(t *testing.T) {
	all := append(slices.Clone(kinds.All), toyKind) // the line
	if _, err := all.Parse("toy", []byte(`{"shelf":"x"}`), sinktest.Lab); err != nil {
		t.Error(err)
	}
	n := 0
	sinktest.Run(t, sinktest.Suite{
		Kind: toyKind,
		New: func(t *testing.T) sinktest.Peer {
			n++
			name := string(rune('a' + n))
			return sinktest.Peer{Config: `{"shelf":"` + name + `"}`, Held: func(*testing.T) []string {
				toyMu.Lock()
				defer toyMu.Unlock()
				return slices.Clone(shelves[name])
			}}
		},
	})
}
