package api

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the addresses of the TLS proxies before the public API: what they say of whom they
// speak for is believed, and nobody else's word is.
type Proxies []netip.Prefix

// ParseProxies reads addresses and prefixes, as 127.0.0.1 or 10.0.0.0/8.
func ParseProxies(texts []string) (all Proxies, err error) {
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, aerr := netip.ParseAddr(text)
			if aerr != nil {
				return nil, aerr
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// Has tells whether an address is a proxy's.
func (p Proxies) Has(a netip.Addr) bool {
	for _, one := range p {
		if one.Contains(a) {
			return true
		}
	}
	return false
}

// caller is whom a request is counted for. Of proxies it is the last address in X-Forwarded-For that
// is no proxy's: what stands before it the caller may have made up. Of IPv6 it is the /64, of
// which one customer has all.
func (p Proxies) caller(r *http.Request) string {
	return p.callerOf(From{r.RemoteAddr, r.Header.Values(forwardedFor)})
}

const forwardedFor = "X-Forwarded-For"

func (p Proxies) callerOf(f From) string {
	from, err := netip.ParseAddrPort(f.remote)
	if err != nil {
		return f.remote
	}
	a := from.Addr().Unmap().WithZone("")
	if p.Has(a) {
		said := strings.Split(strings.Join(f.forwarded, ","), ",")
		for i := len(said) - 1; i >= 0; i-- {
			named, ok := address(said[i])
			if !ok {
				break // a proxy that says nothing sound is the caller itself
			}
			if a = named; !p.Has(a) {
				break
			}
		}
	}
	if a.Is6() {
		if wide, err := a.Prefix(64); err == nil {
			return wide.String()
		}
	}
	return a.String()
}

// address reads one entry of X-Forwarded-For; some proxies write a port too.
func address(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap().WithZone(""), err == nil
}
