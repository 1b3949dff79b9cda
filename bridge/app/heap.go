package app

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapUsual is what the memory of Go's runtime grows to before the collector works harder: a heap
// smaller than that is collected seldom, whatever is live of it. A larger one may have half as much
// again as is live.
const heapUsual = 52 << 20

// tuneHeap sets the collector by what is live, until ctx ends. An operator who sets GOGC or
// GOMEMLIMIT has decided otherwise.
func tuneHeap(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	percent, limit := debug.SetGCPercent(400), debug.SetMemoryLimit(heapUsual)
	defer func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for is := int64(heapUsual); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(live)
		if next := heapLimit(live[0].Value.Uint64()); next > is+is/8 || next < is-is/8 {
			debug.SetMemoryLimit(next)
			is = next
		}
	}
}

// heapLimit is the limit while so many bytes are live.
func heapLimit(live uint64) int64 {
	const beside = 8 << 20 // stacks, and what the runtime needs for itself
	return max(heapUsual, int64(min(live, math.MaxInt64/4))/2*3+beside)
}
