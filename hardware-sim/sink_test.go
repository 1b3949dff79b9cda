package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// locked is a buffer that a server writes and a test reads.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *locked) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

func TestTheSinksMoodsAreThoseOfRealEndpoints(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var out locked
	done := make(chan error, 1)
	go func() {
		done <- sink(ctx, addr, moods{delay: 100 * time.Millisecond, keepAlive: 200 * time.Millisecond, answer: 20_000, half: true}, &out, io.Discard)
	}()
	post := func(id, body string) (status, length int) {
		t.Helper()
		var res *http.Response
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/x", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("webhook-id", id)
			if res, err = http.DefaultClient.Do(req); err == nil {
				break
			}
			if time.Now().After(end) {
				t.Fatal(err)
			}
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, len(b)
	}
	began := time.Now()
	if status, length := post("a", `{"seq":0}`); status != 200 || length != 20_000 || time.Since(began) < 100*time.Millisecond {
		t.Errorf("%d with %d bytes after %v", status, length, time.Since(began))
	}
	if status, _ := post("b", `[{"seq":1},{"seq":2},{"seq":3}]`); status != 500 || strings.Contains(out.String(), `"seq":2`) || !strings.Contains(out.String(), `"seq":1`) {
		t.Errorf("half a batch: %d, stored %s", status, out.String())
	}
	if status, _ := post("b", `[{"seq":1},{"seq":2},{"seq":3}]`); status != 200 || !strings.Contains(out.String(), `"seq":3`) {
		t.Errorf("the batch again: %d, stored %s", status, out.String())
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
	began = time.Now()
	if _, err := io.Copy(io.Discard, c); err != nil || time.Since(began) > 3*time.Second {
		t.Errorf("a connection unused was ended after %v: %v", time.Since(began), err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
