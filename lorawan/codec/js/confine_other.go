//go:build !linux

package js

import (
	"os"
	"time"
)

var self = func() string { path, _ := os.Executable(); return path }()

// confine has nothing to call here: the engine's limits and the pool's clock stand.
func confine() error { return os.Chdir("/") }

var began = time.Now()

// processorTime is the clock's here: a busy machine has less patience with codecs.
func processorTime() time.Duration { return time.Since(began) }
