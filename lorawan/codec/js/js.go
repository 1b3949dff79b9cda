// Package js runs the JavaScript payload codecs of strangers: TS013
// (`decodeUplink`, `normalizeUplink`) and the older `Decode` and `Decoder`, as
// ChirpStack and The Things Stack run them.
//
// A script runs in a process of its own kind: a [Pool] starts this program again as
// a worker, which has QuickJS and nothing else to do. The engine's own limit of memory
// stops most of what eats memory, and recursion. Time is not the engine's to keep: some
// of its built-in functions look at no limit (`[].sort` of a sparse array, `Date.parse`
// of a long text). The worker ends itself when a run has used its processor time, which
// is the same on a busy machine; should even that fail, it is killed from outside. Every run has a fresh engine: nothing a script leaves behind
// reaches the next run, of its own or of another owner.
//
// Runs are functions of script and input alone, so that whoever has both can repeat
// them: the clock stands at the time of reception, in UTC, and Math.random gives the
// same numbers each time.
//
// It knows scripts and bytes. It refuses to know devices, listings and networks: a
// script sees its input and can reach no file and no socket.
package js

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// MaxScript is the longest script taken, in bytes: the longest in public use has 101 kB.
const MaxScript = 128 << 10

// Limits bound one run.
type Limits struct {
	Time   time.Duration // of the processor; by the clock a run is over before eight times this; 0: 250 ms
	Memory int           // bytes the script may hold; 0: 32 MiB
	Result int           // bytes of JSON it may return; 0: 64 KiB
}

func (l Limits) orDefault() Limits {
	if l.Time <= 0 {
		l.Time = 250 * time.Millisecond
	}
	if l.Memory <= 0 {
		l.Memory = 32 << 20
	}
	if l.Result <= 0 {
		l.Result = 64 << 10
	}
	return l
}

// Why a run gave nothing. The wrapping error has the words of the engine.
var (
	ErrTime   = errors.New("the codec ran longer than it may")
	ErrMemory = errors.New("the codec took more memory than it may")
	ErrScript = errors.New("the codec failed")
	ErrResult = errors.New("the codec returned what is no result")
	ErrSize   = fmt.Errorf("the codec is longer than %d bytes", MaxScript)
	ErrClosed = errors.New("the codecs are stopped")
	ErrWorker = errors.New("the codec's worker process does not run")
)

// Outcome names what became of a run in few words, for counters: ok, errors (the
// codec's own), time, memory, script, result or worker.
func Outcome(r Result, err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{{ErrTime, "time"}, {ErrMemory, "memory"}, {ErrResult, "result"}, {ErrScript, "script"}, {ErrSize, "script"}} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	switch {
	case err != nil:
		return "worker"
	case len(r.Errors) > 0:
		return "errors"
	}
	return "ok"
}

// Outcomes lists what Outcome may say.
var Outcomes = []string{"ok", "errors", "time", "memory", "script", "result", "worker"}

// Input is what a codec is given (TS013-1.0.0, section 4; variables are ChirpStack's).
type Input struct {
	Bytes     []byte            `json:"bytes"`
	FPort     uint8             `json:"f_port"`
	Received  time.Time         `json:"received"` // recvTime, and what the clock shows
	Variables map[string]string `json:"variables,omitempty"`
}

// Result is what a codec returned.
type Result struct {
	Data       json.RawMessage `json:"data,omitempty"`       // an object; nil if Errors is not empty
	Normalized json.RawMessage `json:"normalized,omitempty"` // what normalizeUplink made of it, if there is one
	Warnings   []string        `json:"warnings,omitempty"`
	Errors     []string        `json:"errors,omitempty"`
	Log        []string        `json:"log,omitempty"` // lines of console.log, shortened
}
