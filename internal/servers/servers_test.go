package servers

import (
	"context"
	"io"
	"net"
	"testing"
)

func TestEveryRealServerStartsAndAnswers(t *testing.T) {
	t.Run("mosquitto", func(t *testing.T) { Need(t, "mosquitto"); Mosquitto(t) })
	for name, start := range map[string]func(testing.TB) *Process{
		"geth": Geth, "anvil": func(t testing.TB) *Process { return Anvil(t) },
	} {
		t.Run(name, func(t *testing.T) {
			Need(t, name)
			p := start(t)
			const someone = "0x00000000000000000000000000000000000d0d00"
			p.Fund(someone, 3)
			var balance string
			if err := Call(context.Background(), p.URL, &balance, "eth_getBalance", someone, "latest"); err != nil {
				t.Fatal(err)
			}
			if balance != weiHex(3) {
				t.Errorf("balance %s, want %s", balance, weiHex(3))
			}
		})
	}
}

func TestACutProxyForwardsNothingUntilItIsMended(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); c.Close() }()
		}
	}()
	p := NewProxy(t, ln.Addr().String())
	echo := func() error {
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.Write([]byte("x")); err != nil {
			return err
		}
		_, err = io.ReadFull(c, make([]byte, 1))
		return err
	}
	if err := echo(); err != nil {
		t.Fatalf("before the cut: %v", err)
	}
	p.Cut()
	if err := echo(); err == nil {
		t.Fatal("a cut proxy forwarded")
	}
	p.Restore(t)
	if err := echo(); err != nil {
		t.Fatalf("after mending: %v", err)
	}
}
