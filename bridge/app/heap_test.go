package app

import (
	"context"
	"math"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheHeapMayHaveHalfAsMuchAgainAsIsLive(t *testing.T) {
	for live, want := range map[uint64]int64{0: heapUsual, 15 << 20: heapUsual, 20 << 20: heapUsual, 100 << 20: 158 << 20} {
		if got := heapLimit(live); got != want {
			t.Errorf("with %d bytes live the limit is %d, want %d", live, got, want)
		}
	}
	if heapLimit(math.MaxUint64) < heapUsual {
		t.Error("a limit that is none")
	}
}

func TestTheCollectorIsSetWhileABridgeRunsAndNotWhereAnOperatorSetsIt(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	for _, set := range []bool{false, true} {
		t.Setenv("GOGC", map[bool]string{true: "100"}[set])
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { tuneHeap(ctx); close(ended) }()
			time.Sleep(time.Second)
			if is := debug.SetMemoryLimit(-1); (is == before) != set {
				t.Errorf("set by the operator %t: the limit is %d", set, is)
			}
			cancel()
			<-ended
		})
		if is := debug.SetMemoryLimit(-1); is != before {
			t.Errorf("afterwards the limit is %d, was %d", is, before)
		}
	}
}
