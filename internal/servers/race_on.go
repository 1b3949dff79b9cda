//go:build race

package servers

// Race says that the race detector is on: it multiplies time and memory.
const Race = true
