package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program that is measured, or a broker.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	done chan struct{}

	mu   sync.Mutex
	peak int64 // of anonymous resident memory, bytes, since watch
}

// start runs a program; what it says goes to a file in the command's folder.
func (s *stage) start(name, program string, args ...string) (*process, error) {
	p := &process{name: name, log: s.path(name + ".log"), done: make(chan struct{})}
	f, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p.cmd = exec.Command(program, args...)
	p.cmd.Stdout, p.cmd.Stderr = f, f
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// stop ends it in order, or after a while at once.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

var errEnded = errors.New("it has ended")

// says waits until the program's log holds a text.
func (p *process) says(ctx context.Context, text string) error {
	return until(ctx, fmt.Sprintf("%s does not say %q", p.name, text), func() error {
		b, err := os.ReadFile(p.log)
		if err == nil && !bytes.Contains(b, []byte(text)) {
			err = fmt.Errorf("its log ends: %s", b[max(0, len(b)-500):])
		}
		select {
		case <-p.done:
			return errors.Join(errEnded, err)
		default:
			return err
		}
	})
}

// cpu is the processor time, user and system, of the process and its children, in seconds.
func (p *process) cpu() float64 {
	ticks := 0.0
	for _, pid := range family(p.cmd.Process.Pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // ended: its parent has its time
		}
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		for _, f := range fields[11:15] { // utime, stime, cutime, cstime: proc(5)
			n, _ := strconv.ParseFloat(f, 64)
			ticks += n
		}
	}
	return ticks / 100 // USER_HZ
}

// family is a process and its descendants.
func family(pid int) []int {
	all := []int{pid}
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		b, _ := os.ReadFile(list)
		for child := range strings.FieldsSeq(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(all, family(n)...)
			}
		}
	}
	return all
}

// watch notes the peak of anonymous memory until ctx ends.
func (p *process) watch(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		sum := int64(0)
		for _, pid := range family(p.cmd.Process.Pid) {
			b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if _, rest, ok := strings.Cut(string(b), "RssAnon:"); ok {
				n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				sum += n << 10
			}
		}
		p.mu.Lock()
		p.peak = max(p.peak, sum)
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// machine says on what the figures were measured.
func machine() string {
	model := "unknown processor"
	b, _ := os.ReadFile("/proc/cpuinfo")
	if _, rest, ok := strings.Cut(string(b), "model name"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		model = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), ":"))
	}
	return fmt.Sprintf("%d cores, %s, %s; load average %s", runtime.NumCPU(), model, runtime.Version(), loadAverage())
}

func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
