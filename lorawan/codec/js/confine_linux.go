package js

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// self is this program even when its file was replaced since it started.
const self = "/proc/self/exe"

// dataMax bounds the writable memory of a worker: the engine keeps its own, lower
// limit; this is for what it does not count.
const dataMax = 512 << 20

// confine gives up what a worker does not need: it opens no file, writes none, leaves no core,
// and gains no rights. A script runs only where all of it holds.
func confine() error { return confineBy(unix.Setrlimit) }

func confineBy(set func(resource int, limit *unix.Rlimit) error) error {
	for _, one := range []struct {
		name     string
		resource int
		most     uint64
	}{{"RLIMIT_DATA", unix.RLIMIT_DATA, dataMax}, {"RLIMIT_CORE", unix.RLIMIT_CORE, 0}, {"RLIMIT_FSIZE", unix.RLIMIT_FSIZE, 0}, {"RLIMIT_NOFILE", unix.RLIMIT_NOFILE, 3}} {
		var is unix.Rlimit
		if err := unix.Getrlimit(one.resource, &is); err != nil {
			return fmt.Errorf("read %s: %w", one.name, err)
		}
		if is.Max > one.most { // who started the bridge may have set less
			if err := set(one.resource, &unix.Rlimit{Cur: one.most, Max: one.most}); err != nil {
				return fmt.Errorf("set %s: %w", one.name, err)
			}
		}
		if err := unix.Getrlimit(one.resource, &is); err != nil || is.Cur > one.most || is.Max > one.most {
			return fmt.Errorf("%s does not hold: it is %d, wanted is %d at most: %w", one.name, is.Max, one.most, errors.Join(err, errLoose))
		}
	}
	if err := errors.Join(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)); err != nil {
		return fmt.Errorf("give up rights: %w", err)
	}
	return os.Chdir("/")
}

var errLoose = errors.New("the worker is not confined")

// processorTime is what this process has used of the processors so far.
func processorTime() time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &now)
	return time.Duration(now.Nano())
}
