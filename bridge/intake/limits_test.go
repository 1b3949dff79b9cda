package intake

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/ethereum/go-ethereum/common"
)

// overrun is an interpreter whose scripts hit a limit until they are fixed.
type overrun struct{ runs, fixed atomic.Int32 }

func (o *overrun) Decode(context.Context, string, js.Input) (js.Result, error) {
	o.runs.Add(1)
	if o.fixed.Load() > 0 {
		return js.Result{Data: json.RawMessage(`{}`)}, nil
	}
	return js.Result{}, js.ErrTime
}

func TestAScriptThatOverrunsAgainAndAgainRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := &overrun{}
		told := health.New(slog.New(slog.DiscardHandler))
		c := NewCodecs(meter.New(), told, slog.New(slog.DiscardHandler))
		c.run = run
		c.scripts = fixed{}
		outcome := func() string {
			return c.script(t.Context(), &lorawan.Reading{Data: []byte{1}}, &lorawan.Decoded{Codec: lorawan.Codec{Terms: [32]byte{1}}})
		}
		for i := range fuse {
			if got := outcome(); got != "time" {
				t.Fatalf("run %d: %s", i, got)
			}
		}
		if got := outcome(); got != "suspended" || len(told.List()) != 1 || run.runs.Load() != fuse {
			t.Fatalf("%s after %d runs, %v", got, run.runs.Load(), told.List())
		}
		time.Sleep(suspension)
		if got := outcome(); got != "time" {
			t.Errorf("the probe: %s", got)
		}
		if got := outcome(); got != "suspended" {
			t.Errorf("after the probe: %s", got)
		}
		time.Sleep(suspension)
		run.fixed.Store(1)
		if got := outcome(); got != "ok" || len(told.List()) != 0 {
			t.Errorf("fixed: %s, %v", got, told.List())
		}
	})
}

// fixed has one script for all terms.
type fixed struct{}

func (fixed) Terms(common.Hash) ([]byte, bool, error) {
	return []byte(`{"codec":{"kind":"js","script":"0x` + common.Hash{9}.Hex()[2:] + `"},"sell":["values"],"version":2}`), true, nil
}
func (fixed) Script(common.Hash) ([]byte, bool, error) { return []byte("script"), true, nil }

// broken is an interpreter whose workers do not start.
type broken struct{ fixed atomic.Bool }

func (b *broken) Decode(context.Context, string, js.Input) (js.Result, error) {
	if b.fixed.Load() {
		return js.Result{Data: json.RawMessage(`{}`)}, nil
	}
	return js.Result{}, js.ErrWorker
}

func TestWorkersThatDoNotStartAreNamed(t *testing.T) {
	told, run := health.New(slog.New(slog.DiscardHandler)), &broken{}
	c := NewCodecs(meter.New(), told, slog.New(slog.DiscardHandler))
	c.run, c.scripts = run, fixed{}
	for _, want := range []struct {
		outcome    string
		conditions int
	}{{"worker", 1}, {"worker", 1}, {"ok", 0}} {
		run.fixed.Store(want.conditions == 0)
		d := lorawan.Decoded{Codec: lorawan.Codec{Terms: [32]byte{1}}}
		if o := c.script(t.Context(), &lorawan.Reading{Data: []byte{1}}, &d); o != want.outcome || len(told.List()) != want.conditions {
			t.Errorf("%s, %v", o, told.List())
		}
	}
}
