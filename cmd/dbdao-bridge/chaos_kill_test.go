package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// kills are the system calls at which the bridge is killed, over and over, each time at a
// later one.
func kills() []*act {
	var all []*act
	for _, k := range []struct {
		call        string
		first, step int
		usual       bool
	}{
		{"pwrite64", 1, 1, false}, {"pwrite64", 5, 3, true}, {"pwrite64", 12, 5, false}, {"fdatasync", 1, 1, false}, {"fdatasync", 3, 1, true},
		{"fdatasync", 10, 3, false}, {"write", 1, 3, false}, {"write", 8, 5, true}, {"read", 1, 5, false}, {"read", 60, 31, false},
		{"openat", 1, 3, false}, {"close", 1, 3, false}, {"connect", 1, 1, false}, {"accept4", 1, 1, false},
		{"futex", 20, 67, false}, {"epoll_pwait", 10, 29, false}, {"mmap", 1, 7, false}, {"fcntl", 1, 2, false},
		{"epoll_ctl", 1, 3, false}, {"nanosleep", 1, 13, false}, {"setsockopt", 1, 4, false},
	} {
		name := fmt.Sprintf("killed at a thread's %s number %d, then %d later, and so on", k.call, k.first, k.step)
		all = append(all, &act{name: name, usual: k.usual, play: func(c *chaos, a *act) int { return c.sweep(a, k.call, k.first, k.step) }})
	}
	return all
}

// tracer traces one kind of system call and injects something into it. Its log tells what it did.
func (c *chaos) tracer(call, inject string) (log string, args []string) {
	log = filepath.Join(c.dir, "strace.log")
	return log, []string{"strace", "-f", "--seccomp-bpf", "-qqq", "-s", "0", "-o", log, "-e", "signal=none", "-e", "trace=" + call, "-e", "inject=" + call + ":" + inject}
}

// sweep kills the bridge at the first such system call of a thread, then step later, and so
// on; where it comes to so many no more, from half as many on, and with more patience: a busy
// machine starts it slowly.
func (c *chaos) sweep(a *act, call string, first, step int) (killed int) {
	least := 3
	if servers.Long() {
		least = 12
	}
	for n, misses := first, 0; !a.ended() || killed < least && misses < 8; {
		c.kill()
		_, args := c.tracer(call, fmt.Sprintf("signal=SIGKILL:when=%d", n))
		if c.boot(args...).waits(time.Duration(1+misses) * 2500 * time.Millisecond) {
			killed++
			n += step
			continue
		}
		misses++
		first = max(1, first/2)
		n = first
	}
	c.restart()
	return killed
}

// failures are system calls that fail, or take long.
func failures() []*act {
	var all []*act
	for _, f := range []struct {
		name, call, inject string
		usual              bool
	}{
		{"a sync fails (EIO)", "fdatasync", "error=EIO:when=5+9", true},
		{"every sync fails (EIO)", "fdatasync", "error=EIO", false},
		{"a write to the ledger fails (EIO)", "pwrite64", "error=EIO:when=7+31", false},
		{"the disk is full now and then", "pwrite64", "error=ENOSPC:when=9+29", false},
		{"the disk is full", "pwrite64", "error=ENOSPC:when=12+", true},
		{"the quota is used up", "pwrite64", "error=EDQUOT:when=4+9", false},
		{"a sync is interrupted", "fdatasync", "error=EINTR:when=3+11", false},
		{"the disk is slow", "fdatasync", "delay_enter=150000", false},
		{"writes to the disk are slow", "pwrite64", "delay_enter=20000", false},
		{"connections are reset while written to", "write", "error=ECONNRESET:when=25+17", false},
		{"pipes are broken", "write", "error=EPIPE:when=31+19", false},
		{"connections are reset while read", "read", "error=ECONNRESET:when=40+23", false},
		{"reads time out", "read", "error=ETIMEDOUT:when=40+29", false},
		{"nobody is reached", "connect", "error=ENETUNREACH:when=1+2", false},
		{"everybody refuses", "connect", "error=ECONNREFUSED:when=1+2", false},
		{"no port is free", "connect", "error=EADDRNOTAVAIL:when=2+2", false},
		{"no file descriptor is left for connections", "socket", "error=EMFILE:when=2+2", false},
		{"no file descriptor is left for callers", "accept4", "error=EMFILE:when=1+2", false},
		{"callers hang up", "accept4", "error=ECONNABORTED:when=1+2", false},
		{"no file can be opened", "openat", "error=ENFILE:when=6+3", false},
		{"memory is short", "mmap", "error=ENOMEM:when=30+7", false},
	} {
		all = append(all, &act{name: f.name, usual: f.usual, play: func(c *chaos, a *act) int { return c.failing(a, f.call, f.inject) }})
	}
	return all
}

// failing runs the bridge with system calls that fail, again when it ends, and at last without. A
// machine that is busy may take a minute until the first fails.
func (c *chaos) failing(a *act, call, inject string) (injected int) {
	for began := time.Now(); !a.ended() || injected == 0 && time.Since(began) < slow*15*time.Second; {
		c.kill()
		log, args := c.tracer(call, inject)
		hit := func() int {
			text, err := os.ReadFile(log)
			if err != nil && !os.IsNotExist(err) {
				c.t.Fatal(err)
			}
			return strings.Count(string(text), "(INJECTED)") + strings.Count(string(text), "(DELAYED)")
		}
		p := c.boot(args...)
		for !p.waits(100*time.Millisecond) && (!a.ended() || injected+hit() == 0 && time.Since(began) < slow*15*time.Second) {
		}
		c.kill()
		injected += hit()
	}
	c.restart()
	return injected
}
