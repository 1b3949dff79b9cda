package delivery

import (
	"context"
	"net"
	"sync"
)

// Link keeps the one open connection of a sink whose protocol shares it among attempts:
// it is made when it is first wanted, and again after it has ended or was dropped. One
// attempt makes it; the others wait for that one, each no longer than its context.
type Link[C comparable] struct {
	open func(context.Context) (C, error)
	over func(C) <-chan struct{}
	end  func(C)

	turn   chan struct{} // held while connecting
	mu     sync.Mutex
	conn   C
	up     bool
	closed bool
}

// NewLink makes a link that is not connected. over is closed once a connection has ended,
// whoever ended it; end ends one without waiting for the other side.
func NewLink[C comparable](open func(context.Context) (C, error), over func(C) <-chan struct{}, end func(C)) *Link[C] {
	return &Link[C]{open: open, over: over, end: end, turn: make(chan struct{}, 1)}
}

// Get gives the open connection, or opens one; after Close it is net.ErrClosed.
func (l *Link[C]) Get(ctx context.Context) (c C, err error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return c, ctx.Err()
	}
	l.mu.Lock()
	old, up, closed := l.conn, l.up, l.closed
	l.mu.Unlock()
	if closed {
		return c, net.ErrClosed
	}
	if up {
		select {
		case <-l.over(old):
			l.Drop(old)
		default:
			return old, nil
		}
	}
	if c, err = l.open(ctx); err != nil {
		return c, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.end(c)
		return c, net.ErrClosed
	}
	l.conn, l.up = c, true
	return c, nil
}

// Drop ends a connection that cannot be relied upon any more: the next attempt makes another.
func (l *Link[C]) Drop(c C) {
	l.mu.Lock()
	mine := l.up && l.conn == c
	if mine {
		l.up = false
	}
	l.mu.Unlock()
	if mine {
		l.end(c)
	}
}

// Close ends the connection for good.
func (l *Link[C]) Close() error {
	l.mu.Lock()
	l.closed = true
	c, up := l.conn, l.up
	l.up = false
	l.mu.Unlock()
	if up {
		l.end(c)
	}
	return nil
}
