package sinktest

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
)

// SpecialAddresses are the forms of addresses that are nobody's storage, as somebody may
// write them: the IANA special-purpose registries, what embeds IPv4, and spellings that
// only a resolver understands.
var SpecialAddresses = []string{
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1.2.3", "127.255.255.254",
	"169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.31.196.1", "192.52.193.1",
	"192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
	"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "0:0:0:0:0:ffff:7f00:0001",
	"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
	"2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
	"localhost", "127.1", "0x7f000001", "2130706433", "017700000001", "localhost.", "LOCALHOST",
}

// reaches is written before the line that the conformance table is made of.
const reaches = "special-purpose addresses: "

// trap listens on every address of this machine and counts who comes.
type trap struct {
	port    string
	reached atomic.Int32
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	tr := &trap{}
	_, tr.port, _ = net.SplitHostPort(l.Addr().String())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tr.reached.Add(1)
			_ = c.Close()
		}
	}()
	return tr
}

// shown is a host as it stands before a port.
func shown(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return "[" + host + "]"
	}
	return host
}

// forbidden tries every special-purpose address, alone and behind a good one: refused when
// it is set, or not dialled.
func forbidden(t *testing.T, s Suite) {
	if s.At == nil {
		t.Skip("this kind goes to no address")
	}
	tr, ks := newTrap(t), delivery.Kinds{s.Kind}
	refused, beside := 0, 0
	var wg sync.WaitGroup
	try := func(host, config string) (refused bool) {
		target, err := ks.Parse(s.Kind.Name, []byte(config), netguard.Guard{})
		if err != nil {
			return true
		}
		wg.Go(func() {
			sink, err := target.Open(env(netguard.Guard{}))
			if err != nil {
				return
			}
			defer sink.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			res := sink.Deliver(ctx, delivery.NewBatch(0, Parcels(1, 0, 1)))
			if res.Taken != 0 || res.Reason.Code != delivery.CodeForbidden && res.Reason.Code != delivery.CodeUnreachable && res.Reason.Code != delivery.CodeTimeout {
				t.Errorf("%s: %+v", host, res)
			}
		})
		return false
	}
	for _, host := range SpecialAddresses {
		if try(host, s.At(shown(host), tr.port)) {
			refused++
		}
		if s.Beside != nil && try(host, s.Beside(shown(host), tr.port)) {
			beside++
		}
	}
	wg.Wait()
	n := len(SpecialAddresses)
	t.Logf("%salone: %d forms, %d refused when set, %d when dialled, %d reached", reaches, n, refused, n-refused, tr.reached.Load())
	if s.Beside != nil {
		t.Logf("%sbeside a good one: %d forms, %d refused when set, %d when dialled, %d reached", reaches, n, beside, n-beside, tr.reached.Load())
	}
	if tr.reached.Load() > 0 {
		t.Errorf("%d connections to addresses of nobody's", tr.reached.Load())
	}
	if n < 60 || refused < 40 {
		t.Errorf("%d forms, %d of them refused when they were set", n, refused)
	}
}

// afterFirst lets the peer's own address be dialled, which lives on loopback, and leaves
// everything else to the guard of a bridge that is not in a lab.
type afterFirst struct {
	first    string
	asked    atomic.Int32 // dials to the peer
	others   atomic.Int32 // dials to anything else
	let      atomic.Int32 // of those, connections
	insecure bool         // dials anything: to see that the trap works
}

func (d *afterFirst) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address == d.first {
		d.asked.Add(1)
		return Lab.Dial(ctx, network, address)
	}
	d.others.Add(1)
	guard := netguard.Guard{AllowPrivate: d.insecure}
	c, err := guard.Dial(ctx, network, address)
	if err == nil {
		d.let.Add(1)
	}
	return c, err
}

// second has a peer point to every special-purpose address: it must be dialled through the
// guard, which refuses it, or not at all.
func second(t *testing.T, s Suite) {
	if s.Second == nil {
		t.Skip("the protocol names no second address")
	}
	tr := newTrap(t)
	asked, others, let := atomic.Int32{}, atomic.Int32{}, atomic.Int32{}
	try := func(t *testing.T, host string, insecure bool) {
		target, err := delivery.Kinds{s.Kind}.Parse(s.Kind.Name, []byte(s.Second(t, net.JoinHostPort(host, tr.port))), Lab)
		if err != nil {
			t.Error(err)
			return
		}
		d := &afterFirst{first: target.Addresses()[0].String(), insecure: insecure}
		e := env(netguard.Guard{})
		e.Dial = d.dial
		sink, err := target.Open(e)
		if err != nil {
			t.Error(err)
			return
		}
		defer sink.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_ = sink.Deliver(ctx, delivery.NewBatch(0, Parcels(1, 0, 1)))
		if d.asked.Load() == 0 {
			t.Errorf("%s: the peer that names it was never asked", host)
			return
		}
		asked.Add(1)
		if d.others.Load() > 0 {
			others.Add(1)
		}
		let.Add(d.let.Load())
	}
	try(t, "127.0.0.1", true) // a kind that goes on to second addresses reaches the trap, through the dial it is lent
	if reached := tr.reached.Swap(0); reached > let.Load() {
		t.Errorf("%d connections, %d of them through the dial that is lent", reached, let.Load())
	}
	follows := others.Load() > 0
	asked.Store(0)
	others.Store(0)
	let.Store(0)
	var wg sync.WaitGroup
	gate := make(chan struct{}, 16)
	for _, host := range SpecialAddresses {
		gate <- struct{}{}
		wg.Go(func() { defer func() { <-gate }(); try(t, host, false) })
	}
	wg.Wait()
	n := len(SpecialAddresses)
	t.Logf("%snamed by the other side: %d forms, %d not followed, %d refused when dialled, %d reached", reaches, n, n-int(others.Load()), others.Load(), tr.reached.Load())
	if tr.reached.Load() > 0 || let.Load() > 0 || int(asked.Load()) != n {
		t.Errorf("%d of %d named, %d connections, %d let through", asked.Load(), n, tr.reached.Load(), let.Load())
	}
	if follows && int(others.Load()) < n/2 {
		t.Errorf("the kind goes on to what is named, and tried %d of %d", others.Load(), n)
	}
}

// Reaches gives what a line of a test's output says of special-purpose addresses.
func Reaches(line string) (text string, ok bool) {
	_, text, ok = strings.Cut(line, reaches)
	return strings.TrimSpace(text), ok
}
