// Package listener bounds the connections that a server holds at once, of all and of each caller:
// who opens many and says nothing keeps nobody else out.
//
// It knows addresses, and nothing of what is said over a connection.
package listener

import (
	"net"
	"net/netip"
	"sync"
)

// Bounds say how many connections are held at once.
type Bounds struct {
	All  int                   // beyond it new ones are closed
	Each int                   // of one address, of IPv6 one /64
	Free func(netip.Addr) bool // addresses that speak for many, such as a proxy's: only All holds; nil: none
}

// Bound is a listener that holds no more connections than it may. What is one too many is closed
// at once.
func Bound(l net.Listener, b Bounds) net.Listener {
	return &bounded{Listener: l, b: b, of: map[netip.Prefix]int{}}
}

type bounded struct {
	net.Listener
	b Bounds

	mu  sync.Mutex
	all int
	of  map[netip.Prefix]int
}

// Accept waits for the next connection there is room for.
func (l *bounded) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		who, free := l.who(c.RemoteAddr())
		l.mu.Lock()
		room := l.all < l.b.All && (free || l.of[who] < l.b.Each)
		if room {
			l.all++
			l.of[who]++
		}
		l.mu.Unlock()
		if room {
			return &conn{Conn: c, leave: sync.OnceFunc(func() { l.left(who) })}, nil
		}
		_ = c.Close()
	}
}

func (l *bounded) left(who netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.of[who]--; l.of[who] == 0 {
		delete(l.of, who)
	}
}

// who is whom a connection is counted for.
func (l *bounded) who(a net.Addr) (p netip.Prefix, free bool) {
	from, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return p, false
	}
	addr := from.Addr().Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, _ = addr.Prefix(bits)
	return p, l.b.Free != nil && l.b.Free(addr)
}

// conn leaves its place when it is closed.
type conn struct {
	net.Conn
	leave func()
}

func (c *conn) Close() error {
	c.leave()
	return c.Conn.Close()
}
