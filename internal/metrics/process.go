package metrics

import (
	"math"
	"os"
	"runtime"
	runtimemetrics "runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// started is taken by the process itself: a service that sees no processes but its own (ProcSubset=pid)
// cannot read in /proc/stat when the machine was booted.
var started = time.Now()

// Process registers what Go's runtime and, on Linux, the kernel tell of this process, by the
// names Prometheus' own clients have for it.
func (r *Registry) Process() {
	gauge := func(name, help string, ask func() (float64, bool)) {
		r.GaugeFunc(name, help, func(s Series) {
			if v, ok := ask(); ok {
				s(v)
			}
		})
	}
	goes := func(name string) func() (float64, bool) {
		return func() (float64, bool) { return ofRuntime(name), true }
	}
	r.GaugeFunc("go_info", "Version of Go the program was built with.", func(s Series) { s(1, runtime.Version()) }, "version")
	gauge("go_goroutines", "Goroutines there are.", goes("/sched/goroutines:goroutines"))
	gauge("go_sched_gomaxprocs_threads", "Threads that run Go code at once at most.", goes("/sched/gomaxprocs:threads"))
	gauge("go_memstats_heap_alloc_bytes", "Bytes in objects of the heap, reachable or not yet swept.", goes("/memory/classes/heap/objects:bytes"))
	gauge("go_memstats_heap_inuse_bytes", "Bytes in spans of the heap that hold objects.", func() (float64, bool) {
		return ofRuntime("/memory/classes/heap/objects:bytes") + ofRuntime("/memory/classes/heap/unused:bytes"), true
	})
	gauge("go_memstats_sys_bytes", "Bytes of memory got from the system.", goes("/memory/classes/total:bytes"))
	gauge("go_memstats_next_gc_bytes", "Size of the heap at which the next collection ends.", goes("/gc/heap/goal:bytes"))
	r.CounterFunc("go_memstats_alloc_bytes_total", "Bytes allocated in the heap so far.", func(s Series) { s(ofRuntime("/gc/heap/allocs:bytes")) })
	r.CounterFunc("go_gc_cycles_total", "Collections that have ended.", func(s Series) { s(ofRuntime("/gc/cycles/total:gc-cycles")) })
	r.CounterFunc("process_cpu_seconds_total", "Processor time used, user and system.", func(s Series) {
		if f := stat(); f != nil {
			s((at(f, 14) + at(f, 15)) / ticks)
		}
	})
	gauge("process_resident_memory_bytes", "Resident memory.", func() (float64, bool) {
		f := stat()
		return at(f, 24) * float64(os.Getpagesize()), f != nil
	})
	gauge("process_virtual_memory_bytes", "Virtual memory.", func() (float64, bool) { f := stat(); return at(f, 23), f != nil })
	gauge("process_threads", "Threads of the system.", func() (float64, bool) { f := stat(); return at(f, 20), f != nil })
	gauge("process_start_time_seconds", "When the process was started, unix seconds.", func() (float64, bool) { return float64(started.UnixMilli()) / 1e3, true })
	gauge("process_open_fds", "File descriptors that are open.", func() (float64, bool) {
		all, err := os.ReadDir("/proc/self/fd")
		return float64(len(all) - 1), err == nil // but the folder's own
	})
	gauge("process_max_fds", "File descriptors that may be open.", maxFiles)
}

func ofRuntime(name string) float64 {
	one := []runtimemetrics.Sample{{Name: name}}
	runtimemetrics.Read(one)
	if one[0].Value.Kind() != runtimemetrics.KindUint64 {
		return math.NaN()
	}
	return float64(one[0].Value.Uint64())
}

const ticks = 100 // a second, whatever the kernel's own clock: what /proc counts in on Linux

// stat are the fields of /proc/self/stat as proc(5) counts them, 1 first; nil: there is none.
func stat() []string {
	text, err := os.ReadFile("/proc/self/stat")
	end := strings.LastIndexByte(string(text), ')') // the name may hold anything
	if err != nil || end < 0 {
		return nil
	}
	return append([]string{"", "", ""}, strings.Fields(string(text[end+1:]))...)
}

func at(fields []string, i int) float64 {
	if i >= len(fields) {
		return 0
	}
	v, _ := strconv.ParseFloat(fields[i], 64) // the kernel's numbers
	return v
}

func maxFiles() (float64, bool) {
	text, err := os.ReadFile("/proc/self/limits")
	_, rest, ok := strings.Cut(string(text), "Max open files")
	fields := strings.Fields(rest)
	if err != nil || !ok || len(fields) == 0 {
		return 0, false
	}
	v, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		v = math.Inf(1) // unlimited
	}
	return v, true
}
