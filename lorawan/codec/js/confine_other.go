//go:build !linux

package js

import "os"

var self = func() string { path, _ := os.Executable(); return path }()

// confine has nothing to call here: the engine's limits and the pool's clock stand.
func confine() { _ = os.Chdir("/") }
