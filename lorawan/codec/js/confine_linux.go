package js

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// self is this program even when its file was replaced since it started.
const self = "/proc/self/exe"

// dataMax bounds the writable memory of a worker: the engine keeps its own, lower
// limit; this is for what it does not count.
const dataMax = 512 << 20

// confine gives up what a worker does not need: it opens no file, writes none,
// leaves no core, and gains no rights.
func confine() {
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_DATA: dataMax, unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: 3,
	} {
		_ = unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit})
	}
	_ = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	_ = os.Chdir("/")
}

// processorTime is what this process has used of the processors so far.
func processorTime() time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &now)
	return time.Duration(now.Nano())
}
