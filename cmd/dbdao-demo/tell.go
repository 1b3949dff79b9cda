package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// teller writes the story, a line at a time, from whichever goroutine it happens in.
type teller struct {
	mu    sync.Mutex
	w     io.Writer
	start time.Time
}

func (t *teller) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.w, "%6.1fs  "+format+"\n", append([]any{time.Since(t.start).Seconds()}, args...)...)
}
