package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/verify"
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

// A destination of kind http stands every mood: with the kind's own sink, what it calls
// taken is what hardware-sim sink wrote down, each reading once.
func TestADestinationStandsEveryMood(t *testing.T) {
	slow := 500 * time.Millisecond
	if os.Getenv("DBDAO_LONG") == "1" {
		slow = 14 * time.Second
	}
	for name, c := range map[string]struct {
		mood   moods
		config []any
		pause  time.Duration // between deliveries
	}{
		"connections end after 200 ms": {moods{keepAlive: 200 * time.Millisecond}, nil, 200 * time.Millisecond},
		"slow":                         {moods{delay: slow}, nil, 0},
		"20 kB answers":                {moods{answer: 20_000}, nil, 0},
		"half of a batch":              {moods{half: true}, []any{"batch", 6}, 0},
		"all of them":                  {moods{delay: 50 * time.Millisecond, keepAlive: 200 * time.Millisecond, answer: 20_000, half: true}, []any{"batch", 6}, 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, out := startSink(t, c.mood)
			k, err := kinds.All.Kind("http")
			if err != nil {
				t.Fatal(err)
			}
			target, dest := sinktest.Open(t, k, sinktest.With(`{}`, append([]any{"url", url}, c.config...)...))
			parcels := sinktest.Parcels(1, 0, 12)
			for i := 0; i < len(parcels); {
				b := delivery.NewBatch(0, parcels[i:min(i+target.Limits().Parcels, len(parcels))])
				ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
				res := dest.Deliver(ctx, b)
				if c.mood.half && res.Taken == 0 && res.Reason.Text == "HTTP 500" {
					res = dest.Deliver(ctx, b) // as the courier would, in a while
				}
				cancel()
				if res.Taken != len(b.Parcels) {
					t.Fatalf("%+v", res)
				}
				i += res.Taken
				time.Sleep(c.pause)
			}
			all, err := verify.ReadSink(strings.NewReader(out.String()))
			ids := map[string]int{}
			for _, d := range all {
				ids[d.ID]++
			}
			most := 1
			if c.mood.half {
				most = 2
			}
			for _, p := range parcels {
				if n := ids[string(p.ID)]; n < 1 || n > most {
					t.Errorf("%s was written down %d times", p.ID, n)
				}
			}
			if err != nil || len(ids) != len(parcels) || c.mood.half == (len(all) == len(parcels)) {
				t.Errorf("%d lines of %d readings: %v", len(all), len(ids), err)
			}
		})
	}
}

// startSink runs a sink until the test ends.
func startSink(t *testing.T, m moods) (url string, out *locked) {
	t.Helper()
	out = &locked{}
	said, says := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sink(ctx, "127.0.0.1:0", m, out, says) }()
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return strings.TrimSpace(strings.TrimPrefix(line, "sink: ")), out
}
