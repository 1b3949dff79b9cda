package delivery_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// A connection that does not come about has its reason, as the buyer would find it, and no address.
func TestAConnectionThatFailsSaysWhy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	_, refused := net.DialTimeout("tcp", at, 10*time.Second)
	if refused == nil {
		t.Skip("something else listens there by now")
	}
	for says, err := range map[string]error{
		"connection was refused": fmt.Errorf("post: %w", refused),
		"no host has its name":   &net.DNSError{Err: "no such host", Name: "store.example", IsNotFound: true},
		"could not be looked up": &net.DNSError{Err: "server misbehaving", Name: "store.example"},
		"reset the connection":   &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		"no network leads":       &net.OpError{Op: "dial", Err: syscall.ENETUNREACH},
		"no route to it":         &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH},
		"the connection failed":  errors.New("something at 10.0.0.1"),
	} {
		got := delivery.Explain(err)
		if got.Code != delivery.CodeUnreachable || !strings.Contains(got.Text, says) {
			t.Errorf("%v is explained as %s: %s", err, got.Code, got.Text)
		}
		if strings.ContainsAny(got.Text, "0123456789") || strings.Contains(got.Text, "example") {
			t.Errorf("it tells more than why: %s", got.Text)
		}
	}
	if got := delivery.Explain(&net.DNSError{Err: "i/o timeout", IsTimeout: true}); got.Code != delivery.CodeTimeout {
		t.Errorf("a name server that is silent: %+v", got)
	}
}
