package delivery

import (
	"errors"
	"net"
	"sync"
)

// ErrTalks says that the other side of a connection said more than it can have to say.
var ErrTalks = errors.New("the other side says more than it was told")

// Watched is a connection to a server that has nothing to say but acknowledgements: it
// ends once the server has said a mebibyte more than twice what it was told, before a
// client that keeps whatever comes runs out of memory. It remembers how reading ended,
// which clients often do not tell.
type Watched struct {
	net.Conn
	raw  net.Conn // without encryption
	mu   sync.Mutex
	said int64 // beyond twice what it was told
	err  error
}

const talkMax = 1 << 20

// Watch watches a connection, within its encryption.
func Watch(conn net.Conn) *Watched { return &Watched{Conn: conn, raw: conn} }

// Cut ends the connection at once: Close may wait until the other side reads a farewell.
func (w *Watched) Cut() { _ = w.raw.Close() }

// Read passes on what the other side says.
func (w *Watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.said += int64(n); w.said > talkMax {
		n, err = 0, ErrTalks
		_ = w.Conn.Close()
	}
	if err != nil && w.err == nil {
		w.err = err
	}
	return n, err
}

// Write passes on what it is told.
func (w *Watched) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = max(w.said-2*int64(n), -talkMax)
	return n, err
}

// Err tells how reading ended; nil: it has not.
func (w *Watched) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
