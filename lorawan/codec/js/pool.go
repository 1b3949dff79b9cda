package js

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// Pool runs codecs in a bounded number of workers. Its methods may be called from
// any goroutine.
type Pool struct {
	limits Limits
	idle   chan *worker // nil: not started yet, or ended
	closed chan struct{}
	once   atomic.Bool
}

// NewPool makes a pool of n workers, each started when it is first needed. A worker
// at rest holds about 20 MB.
func NewPool(n int, l Limits) *Pool {
	if !mayStart.Load() {
		panic("bug: main does not begin with js.Worker()")
	}
	p := &Pool{limits: l.orDefault(), idle: make(chan *worker, max(1, n)), closed: make(chan struct{})}
	for range cap(p.idle) {
		p.idle <- nil
	}
	return p
}

// Decode runs a codec on one uplink. It waits for a free worker, then at most
// the time limit of processor time, and eight times that by the clock. A codec that says errors is no error of Decode: see Result.Errors.
// ErrTime, ErrMemory, ErrScript, ErrResult and ErrSize are the script's fault.
func (p *Pool) Decode(ctx context.Context, script string, in Input) (Result, error) {
	return p.run(ctx, request{Script: script, Input: in, Limits: p.limits})
}

// Check says whether a script is a codec: it can be read, its top level runs within
// the limits, and it defines a function the bridge calls.
func (p *Pool) Check(ctx context.Context, script string) error {
	_, err := p.run(ctx, request{Script: script, Limits: p.limits, Check: true})
	return err
}

func (p *Pool) run(ctx context.Context, q request) (Result, error) {
	if len(q.Script) > MaxScript {
		return Result{}, ErrSize
	}
	var w *worker
	select {
	case <-ctx.Done():
		return Result{}, ctx.Err()
	case <-p.closed:
		return Result{}, ErrClosed
	case w = <-p.idle:
	}
	defer func() { p.idle <- w }()
	if p.once.Load() { // closed meanwhile
		w.end()
		w = nil
		return Result{}, ErrClosed
	}
	if w == nil {
		var err error
		if w, err = start(); err != nil {
			return Result{}, err
		}
	}
	answer, late, err := w.ask(&q)
	if err != nil || answer.Fault == "time" || answer.Fault == "memory" {
		w.end()
		w = nil
	}
	switch {
	case late:
		return Result{}, ErrTime
	case err != nil: // the process died: of memory or of the depth of its stack
		return Result{}, fmt.Errorf("%w: the worker died of it", ErrMemory)
	}
	return answer.Result, answer.err()
}

// Close ends the workers. Runs under way end first.
func (p *Pool) Close() {
	if p.once.Swap(true) {
		return
	}
	close(p.closed)
	for range cap(p.idle) {
		(<-p.idle).end()
	}
	for range cap(p.idle) {
		p.idle <- nil
	}
}

// worker is a process that runs codecs.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startTime is how long a worker may take to greet on a busy machine.
const startTime = 20 * time.Second

func start() (*worker, error) {
	if os.Getenv(workerEnv) != "" {
		return nil, fmt.Errorf("%w: a worker starts no workers", ErrWorker)
	}
	cmd := exec.Command(self)
	cmd.Args = []string{"dbdao-codec"}
	cmd.Env = []string{workerEnv + "=1", "TZ=UTC", "GOMAXPROCS=2", "GOTRACEBACK=none"}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	w := &worker{cmd: cmd, in: in, out: bufio.NewReader(out)}
	var hello response
	if _, err := w.within(startTime, func() error { return read(w.out, &hello) }); err != nil {
		w.end()
		return nil, fmt.Errorf("%w: it did not start", ErrWorker)
	}
	if hello.Fault != "" {
		w.end()
		return nil, fmt.Errorf("%w: it cannot give up what it does not need (%s), and so runs no script: let the service set resource limits", ErrWorker, hello.Text)
	}
	return w, nil
}

// ask has one answer from the worker, or ends it; late says that it took too long.
func (w *worker) ask(q *request) (answer response, late bool, err error) {
	late, err = w.within(patience(q.Limits.Time)+time.Second, func() error {
		if err := write(w.in, q); err != nil {
			return err
		}
		return read(w.out, &answer)
	})
	if err != nil {
		w.end()
		late = late || w.cmd.ProcessState.ExitCode() == overran
	}
	return answer, late, err
}

// within kills the worker if f takes longer.
func (w *worker) within(d time.Duration, f func() error) (killed bool, err error) {
	var late atomic.Bool
	t := time.AfterFunc(d, func() {
		late.Store(true)
		_ = w.cmd.Process.Kill()
	})
	defer t.Stop()
	err = f()
	return late.Load(), err
}

// end stops the process and waits for it.
func (w *worker) end() {
	if w == nil {
		return
	}
	_ = w.in.Close()
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}
