package listener

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

// R6: connections of one caller, who says nothing over them, kept everybody else out.
func TestOneCallerHoldsOnlyHisConnections(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Bound(inner, Bounds{All: 12, Each: 4, Free: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.9") }})
	defer l.Close()
	held := make(chan net.Conn, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("x"))
			held <- c
		}
	}()
	// open tells whether a connection from an address is let in.
	open := func(from string) bool {
		t.Helper()
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: time.Minute}).Dial("tcp", inner.Addr().String())
		if err != nil {
			return false
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		_, err = io.ReadFull(c, make([]byte, 1))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("neither let in nor closed")
		}
		return err == nil
	}
	in := func(from string, n int) (let int) {
		for range n {
			if open(from) {
				let++
			}
		}
		return let
	}
	if let := in("127.0.0.2", 10); let != 4 {
		t.Errorf("%d connections of one caller are held, want 4", let)
	}
	if let := in("127.0.0.3", 2); let != 2 {
		t.Errorf("another is let in %d times, want 2", let)
	}
	if let := in("127.0.0.9", 10); let != 6 { // of all there are 12 then
		t.Errorf("one who speaks for many holds %d, want 6", let)
	}
	if open("127.0.0.4") {
		t.Error("there are more than may be")
	}
	_ = (<-held).Close()
	if !open("127.0.0.4") {
		t.Error("a closed one leaves no place")
	}
}

func TestOneNetworkOfIPv6IsOneCaller(t *testing.T) {
	l := &bounded{}
	for text, want := range map[string]string{"[2001:db8:1:2:3::4]:5": "2001:db8:1:2::/64", "192.0.2.1:5": "192.0.2.1/32", "[::ffff:192.0.2.1]:5": "192.0.2.1/32"} {
		if got, _ := l.who(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(text))); got.String() != want {
			t.Errorf("%s is counted for %s, want %s", text, got, want)
		}
	}
}
