// Package netguard keeps outgoing connections away from addresses that are
// nobody's storage: it judges the address that is dialled, after name
// resolution, so that no spelling and no second answer of a name server gets by.
package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// ErrForbidden says that an address is of a special-purpose range (IANA registries).
var ErrForbidden = errors.New("the address is not a public one: buyers' storage must be reachable on the internet (delivery.allow_private_addresses is for labs)")

// ErrOwn says that a dial failed for want of something of this machine's: no fault of
// the other side.
var ErrOwn = errors.New("the bridge has no file descriptor, port or memory left for another connection")

// own says whether an error is this machine's own.
func own(err error) bool {
	for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EAGAIN} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// unresolved says whether a name was not resolved: the resolver keeps to itself that it
// had no descriptor to ask with.
func unresolved(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns)
}

// starved looks whether this machine lets us open a socket at all.
func starved() bool {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return own(err)
	}
	_ = syscall.Close(fd)
	return false
}

// special are the IANA special-purpose registries of IPv4 and IPv6, and what
// embeds IPv4 addresses. 2000::/3 is the only global unicast space of IPv6.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
	"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

var global6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		all[i] = netip.MustParsePrefix(t)
	}
	return all
}

// Public tells whether an address may be a buyer's. IPv4 in IPv6 clothes is
// judged as IPv4; an address with a zone never is.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if a.Is6() && !global6.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Guard dials public addresses only.
type Guard struct {
	AllowPrivate bool // for labs: private and loopback addresses too, never multicast or unspecified ones
}

// allowed judges one resolved address.
func (g Guard) allowed(a netip.Addr) bool {
	if !g.AllowPrivate {
		return Public(a)
	}
	a = a.Unmap()
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast()
}

// Check says whether a literal address may be dialled: nil, or ErrForbidden.
func (g Guard) Check(a netip.Addr) error {
	if !g.allowed(a) {
		return ErrForbidden
	}
	return nil
}

// Control is for net.Dialer: it is called with the address about to be dialled.
func (g Guard) Control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !g.allowed(ap.Addr()) {
		return ErrForbidden
	}
	return nil
}

// Dial connects within five seconds, to an allowed address or not at all.
func (g Guard) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: g.Control}
	c, err := d.DialContext(ctx, network, address)
	switch {
	case errors.Is(err, ErrForbidden):
		return nil, ErrForbidden
	case own(err), unresolved(err) && starved():
		return nil, ErrOwn
	}
	if err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("connect: %w", plain(err)))
	}
	return c, nil
}

// plain keeps what went wrong and drops the address it went wrong with: a buyer
// must not learn what a name resolves to inside the operator's network.
func plain(err error) error {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return errors.New("the name does not resolve")
	case errors.As(err, &timeout) && timeout.Timeout():
		return os.ErrDeadlineExceeded
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("refused")
	}
	return errors.New("unreachable")
}
