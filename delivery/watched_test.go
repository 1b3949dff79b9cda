package delivery

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
)

// A connection may say much as long as it is told much, and no more than a mebibyte else.
func TestAServerThatTalksIsCutOff(t *testing.T) {
	a, b := net.Pipe()
	w := Watch(a)
	defer b.Close()
	chunk := make([]byte, 64<<10)
	said := func(n int) error {
		for range n {
			go func() { _, _ = b.Write(chunk) }()
			for left := len(chunk); left > 0; {
				k, err := w.Read(chunk[:left])
				if err != nil {
					return err
				}
				left -= k
			}
		}
		return nil
	}
	told := func(n int) {
		for range n {
			go func() { _, _ = w.Write(chunk[:32<<10]) }()
			for left := 32 << 10; left > 0; {
				k, err := b.Read(chunk[:left])
				if err != nil {
					t.Fatal(err)
				}
				left -= k
			}
		}
	}
	for range 40 {
		told(8)
		if err := said(8); err != nil {
			t.Fatal(err)
		}
	}
	if err := said(40); !errors.Is(err, ErrTalks) || !errors.Is(w.Err(), ErrTalks) {
		t.Errorf("%v, %v", err, w.Err())
	}
}

func TestALinkOpensOnceAndAgainAfterItEnded(t *testing.T) {
	opened, ended := 0, 0
	over := map[int]chan struct{}{}
	l := NewLink(func(context.Context) (int, error) {
		opened++
		over[opened] = make(chan struct{})
		return opened, nil
	}, func(c int) <-chan struct{} { return over[c] }, func(int) { ended++ })
	get := func(want int) {
		t.Helper()
		if c, err := l.Get(t.Context()); err != nil || c != want {
			t.Fatalf("%d, %v; want %d", c, err, want)
		}
	}
	get(1)
	get(1)
	l.Drop(1)
	l.Drop(1)
	get(2)
	l.Drop(1) // of an attempt that is late
	get(2)
	close(over[2])
	get(3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.turn <- struct{}{}
	if _, err := l.Get(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-l.turn
	_ = l.Close()
	_ = l.Close()
	if _, err := l.Get(t.Context()); !errors.Is(err, net.ErrClosed) || ended != 3 {
		t.Errorf("%v, %d of %d ended", err, ended, opened)
	}
}

func TestTheOtherSidesWordsAreShownCleaned(t *testing.T) {
	for in, want := range map[string]string{
		"no exchange 'x'\r\nin vhost '/'": "no exchange 'x'  in vhost '/'", "\x1b[31mred\x00": "[31mred", "the password hush is wrong": "",
		strings.Repeat("a", 200): strings.Repeat("a", 160), "é": "",
	} {
		if got := Words(in, "hush", ""); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
