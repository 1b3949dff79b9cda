package js

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// workerEnv makes a process a worker. Its value is nothing secret: a worker can do
// less than whoever starts it.
const workerEnv = "DBDAO_CODEC_WORKER"

// mayStart says that this process called Worker: what it starts of itself becomes a worker, and
// nothing else.
var mayStart atomic.Bool

// Worker makes a worker of a process that a pool started, and does not return there. The main of
// every program that has a pool, and TestMain of every package that tests one, calls it before
// anything else: NewPool insists on it.
func Worker() {
	if os.Getenv(workerEnv) != "" {
		os.Exit(serve(os.Stdin, os.Stdout, confine))
	}
	mayStart.Store(true)
}

// messageMax bounds what pool and worker take from each other.
const messageMax = 1 << 20

// overran is the exit code of a worker whose run took more processor time than it may.
const overran = 3

// patience is what a run may take by the clock: a worker that gets little of a busy
// machine needs longer for the same work.
func patience(limit time.Duration) time.Duration { return 8 * limit }

// watch ends this process once it has used the limit of processor time from now on.
// Nothing in the engine is asked: some of its functions look at no limit. What stop ends
// never counts against a later run.
func watch(limit time.Duration) (stop func()) {
	began := processorTime()
	over := make(chan struct{})
	go func() {
		for left := limit; left > 0; left = limit - (processorTime() - began) {
			select {
			case <-over:
				return
			case <-time.After(max(left, time.Millisecond)):
			}
		}
		os.Exit(overran)
	}()
	return func() { close(over) }
}

// serve is a worker's life: a greeting, then answers to requests until the pool
// closes the pipe. One that cannot give up what it does not need says why, and answers nothing.
func serve(in io.Reader, out io.Writer, confine func() error) int {
	time.AfterFunc(time.Hour, func() {}).Stop() // the first timer opens files, which confine forbids
	if err := confine(); err != nil {
		_ = write(out, response{Fault: "confine", Text: err.Error()})
		return 1
	}
	debug.SetMaxStack(256 << 20)
	r := bufio.NewReader(in)
	if write(out, response{}) != nil {
		return 1
	}
	for {
		var q request
		if err := read(r, &q); err != nil {
			if errors.Is(err, io.EOF) {
				return 0
			}
			return 1
		}
		stop := watch(q.Limits.Time)
		answer := run(&q)
		stop()
		if write(out, answer) != nil {
			return 1
		}
		if answer.Fault == "time" || answer.Fault == "memory" {
			return 0 // what it left in this process is not carried on
		}
	}
}

func write(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b))), b...))
	return err
}

func read(r io.Reader, v any) error {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > messageMax {
		return errors.New("too long a message")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return io.ErrUnexpectedEOF
	}
	return json.Unmarshal(b, v)
}
