package sinktest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// moods puts a bad connection between a sink and its peer. Whatever happens, nothing that
// was not taken is called taken, nothing is switched off for good, and the call returns.
func moods(t *testing.T, s Suite) {
	if s.Proxied == nil {
		t.Skip("this kind connects to nothing")
	}
	for name, mood := range map[string]func(net.Conn, net.Conn){
		"hangs up at once":         func(c, _ net.Conn) { _ = c.Close() },
		"accepts and says nothing": func(c, _ net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"answers nonsense": func(c, _ net.Conn) {
			_, _ = c.Write([]byte("\xff\xfe nonsense \r\n\r\n\x00\x00"))
			_, _ = io.Copy(io.Discard, c)
		},
		"answers endless zeros":        func(c, _ net.Conn) { endless(c, 0) },
		"answers endless letters":      func(c, _ net.Conn) { endless(c, 'H') },
		"announces a packet of 256 MB": func(c, _ net.Conn) { _, _ = c.Write([]byte{0x20, 0xff, 0xff, 0xff, 0x7f}); endless(c, 0) },
		"passes the request on and hangs up before the answer": func(c, up net.Conn) {
			go func() { _, _ = io.Copy(up, c) }()
			_, _ = io.CopyN(io.Discard, up, 1)
			_ = c.Close()
		},
		"passes half a request on": func(c, up net.Conn) {
			go func() { _, _ = io.Copy(c, up) }()
			_, _ = io.CopyN(up, c, 60)
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := s.New(t)
			address := proxy(t, upstream(t, s, peer), mood)
			_, sink := Open(t, s.Kind, s.Proxied(peer.Config, address))
			before := len(unique(peer.Held(t)))
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			began := time.Now()
			res := sink.Deliver(ctx, delivery.NewBatch(0, Parcels(1, 0, 1)))
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("it took %v beyond its time", took)
			}
			if held := len(unique(peer.Held(t))); res.Taken > held-before {
				t.Errorf("%d are called taken, the other side holds %d", res.Taken, held-before)
			}
			if res.Taken == 0 && (res.Reason.None() || res.Gone || res.Reason.Code == delivery.CodeOwn) || res.Taken > 0 != res.Reason.None() {
				t.Errorf("%+v", res)
			}
			if strings.Contains(res.Reason.Text, "127.0.0.1") || strings.Contains(res.Reason.Text, "nonsense") {
				t.Errorf("it tells an address, or what the other side said: %q", res.Reason.Text)
			}
		})
	}
	t.Run("comes back", func(t *testing.T) {
		t.Parallel()
		peer := s.New(t)
		var well atomic.Bool
		address := proxy(t, upstream(t, s, peer), func(c, up net.Conn) {
			if !well.Load() {
				_ = c.Close()
				return
			}
			go func() { _, _ = io.Copy(up, c) }()
			_, _ = io.Copy(c, up)
		})
		_, sink := Open(t, s.Kind, s.Proxied(peer.Config, address))
		if res := deliver(t, sink, delivery.NewBatch(0, Parcels(1, 0, 1)), 3*time.Second); res.Taken != 0 {
			t.Fatalf("%+v", res)
		}
		well.Store(true)
		until(t, 20*time.Second, "the same sink delivers once the other side is well", func() bool {
			return deliver(t, sink, delivery.NewBatch(0, Parcels(1, 0, 1)), 5*time.Second).Taken == 1
		})
	})
}

func endless(c net.Conn, b byte) {
	chunk := make([]byte, 64<<10)
	for i := range chunk {
		chunk[i] = b
	}
	go func() { _, _ = io.Copy(io.Discard, c) }()
	for {
		if _, err := c.Write(chunk); err != nil {
			return
		}
	}
}

// upstream is the peer's own address.
func upstream(t *testing.T, s Suite, peer Peer) string {
	t.Helper()
	target, err := delivery.Kinds{s.Kind}.Parse(s.Kind.Name, []byte(peer.Config), Lab)
	if err != nil {
		t.Fatal(err)
	}
	return target.Addresses()[0].String()
}

// proxy listens on loopback and gives each connection, with one to the peer, to a mood.
func proxy(t *testing.T, to string, mood func(c, up net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				up, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer up.Close()
				t.Cleanup(func() { _ = c.Close(); _ = up.Close() })
				mood(c, up)
			}()
		}
	}()
	return l.Addr().String()
}

// honours ends the context in the middle of an attempt whose other side is silent.
func honours(t *testing.T, s Suite) {
	if s.Proxied == nil {
		t.Skip("this kind connects to nothing")
	}
	peer := s.New(t)
	address := proxy(t, upstream(t, s, peer), func(c, _ net.Conn) { _, _ = io.Copy(io.Discard, c) })
	_, sink := Open(t, s.Kind, s.Proxied(peer.Config, address))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	began := time.Now()
	res := sink.Deliver(ctx, delivery.NewBatch(0, Parcels(1, 0, 1)))
	if took := time.Since(began); took > time.Second || res.Taken != 0 {
		t.Errorf("it came back %v after its context ended, with %+v", took-300*time.Millisecond, res)
	}
	began = time.Now()
	if err := sink.Close(); err != nil || time.Since(began) > time.Second {
		t.Errorf("closing took %v: %v", time.Since(began), err)
	}
}

// With sets members of a configuration.
func With(config string, pairs ...any) string {
	members := map[string]any{}
	if err := json.Unmarshal([]byte(config), &members); err != nil {
		panic("sinktest: " + err.Error())
	}
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i].(string)] = pairs[i+1]
	}
	b, err := json.Marshal(members)
	if err != nil {
		panic("sinktest: " + err.Error())
	}
	return string(b)
}
