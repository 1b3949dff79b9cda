package netguard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
)

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	for text, public := range map[string]bool{
		"1.1.1.1": true, "8.8.8.8": true, "93.184.216.34": true, "192.0.1.1": true, "198.20.0.1": true, "100.128.0.1": true,
		"172.32.0.1": true, "169.253.1.1": true, "223.255.255.1": true,
		"2606:4700:4700::1111": true, "2a00:1450::1": true, "2400:cb00::1": true, "2001:4860:4860::8888": true,
		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "10.255.255.255": false, "100.64.0.1": false, "100.127.255.255": false,
		"127.0.0.1": false, "127.255.0.1": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.0.0.1": false, "192.0.0.170": false, "192.0.2.1": false, "192.31.196.1": false, "192.52.193.1": false, "192.88.99.1": false,
		"192.168.0.1": false, "192.175.48.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::7f00:1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true,
		"64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "100::1": false, "2001::1": false, "2001:10::1": false, "2001:db8::1": false,
		"2002:7f00:1::": false, "2620:4f:8000::1": false, "3fff::1": false, "5f00::1": false, "fc00::1": false, "fd00::1": false,
		"fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "ff02::1": false, "4000::1": false, "2606:4700::1%eth0": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != public {
			t.Errorf("Public(%s) = %v, want %v", text, got, public)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestADialIsRefusedAfterResolution(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "[fe80::1%25lo]", ""} {
		c, err := Guard{}.Dial(context.Background(), "tcp", host+":"+port)
		if err == nil {
			c.Close()
			t.Errorf("%q was dialled", host)
		}
	}
	if _, err := (Guard{}).Dial(context.Background(), "tcp", "localhost:"+port); !errors.Is(err, ErrForbidden) {
		t.Errorf("localhost: %v, want ErrForbidden", err)
	}
	c, err := Guard{AllowPrivate: true}.Dial(context.Background(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatalf("a lab's address: %v", err)
	}
	c.Close()
}

// D11: what this machine lacks is not blamed on the other side, also where a name is to be
// resolved and the resolver does not say why it could not.
func TestADialWithoutDescriptorsIsOurOwnFault(t *testing.T) {
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"1.1.1.1", "localhost", "store.invalid"} {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 3, Max: was.Max}); err != nil {
			t.Fatal(err)
		}
		_, err := Guard{AllowPrivate: true}.Dial(context.Background(), "tcp", host+":9")
		if back := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was); back != nil {
			t.Fatal(back)
		}
		if !errors.Is(err, ErrOwn) {
			t.Errorf("%s: %v, want ErrOwn", host, err)
		}
	}
	if _, err := (Guard{AllowPrivate: true}).Dial(context.Background(), "tcp", "store.invalid:9"); err == nil || errors.Is(err, ErrOwn) {
		t.Errorf("a name that does not exist: %v", err)
	}
}

func FuzzControl(f *testing.F) {
	f.Add("127.0.0.1:80")
	f.Add("[fe80::1%25lo]:1")
	f.Fuzz(func(t *testing.T, address string) {
		if err := (Guard{}).Control("tcp", address, nil); err == nil {
			ap, perr := netip.ParseAddrPort(address)
			if perr != nil || ap.Addr().IsLoopback() || ap.Addr().IsPrivate() || ap.Addr().IsLinkLocalUnicast() {
				t.Errorf("%q passed", address)
			}
		}
	})
}
