package ledger

import (
	"errors"
	"os"
	"syscall"
)

// available tells how many bytes the volume of a file has left.
func available(f *os.File) (int64, bool) {
	var v syscall.Statfs_t
	if syscall.Fstatfs(int(f.Fd()), &v) != nil {
		return 0, false
	}
	return int64(min(v.Bavail, 1<<40)) * int64(v.Bsize), true
}

// allocate gives part of a file its blocks, so that writing there needs no room any more.
func allocate(f *os.File, from, n int64) error {
	for {
		err := syscall.Fallocate(int(f.Fd()), 0, from, n)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOSYS):
			return zeros(f, from, n)
		case err != nil:
			return os.NewSyscallError("fallocate", err)
		default:
			return nil
		}
	}
}
