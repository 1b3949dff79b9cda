package js

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// Each limit that the system refuses, or takes and does not keep, is a reason to run nothing.
func TestALimitThatDoesNotHoldIsAFault(t *testing.T) {
	for resource, name := range map[int]string{unix.RLIMIT_DATA: "RLIMIT_DATA", unix.RLIMIT_CORE: "RLIMIT_CORE", unix.RLIMIT_FSIZE: "RLIMIT_FSIZE", unix.RLIMIT_NOFILE: "RLIMIT_NOFILE"} {
		var is unix.Rlimit
		if err := unix.Getrlimit(resource, &is); err != nil {
			t.Fatal(err)
		}
		if is.Max == 0 { // it is as low as it must be
			continue
		}
		if err := confineBy(func(r int, _ *unix.Rlimit) error {
			if r == resource {
				return unix.EPERM
			}
			return nil // says so, and does nothing
		}); err == nil {
			t.Errorf("%s that cannot be set is no fault", name)
		}
	}
	if err := confineBy(func(int, *unix.Rlimit) error { return nil }); !errors.Is(err, errLoose) {
		t.Errorf("limits that do not hold: %v", err)
	}
}
