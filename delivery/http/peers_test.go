package http

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// urls reads testdata/urls.txt: what a buyer writes, and what must arrive.
func urls(t *testing.T) (all [][2]string) {
	t.Helper()
	table, err := os.ReadFile("testdata/urls.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		url, want, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if ok && !strings.HasPrefix(line, "#") {
			all = append(all, [2]string{url, want})
		}
	}
	if len(all) != 20 {
		t.Fatalf("%d URLs, want 20", len(all))
	}
	return all
}

// S5, D1: what a real server reads is what the buyer wrote.
func TestRealServersReadTheURLAsItWasWritten(t *testing.T) {
	for name, start := range map[string]func() *servers.Web{
		"Node":  func() *servers.Web { return servers.NodeStore(t, 0) },
		"nginx": func() *servers.Web { return servers.NginxStore(t) },
		"Caddy": func() *servers.Web { return servers.CaddyStore(t) },
	} {
		w := start()
		var want []string
		for _, u := range urls(t) {
			want = append(want, u[1])
			if res := one(t, strings.Replace(u[0], "https://h", w.URL, 1), 60*time.Second); res.Taken != 1 {
				t.Errorf("%s, %s: %+v", name, u[0], res)
			}
		}
		var got []string
		for end := time.Now().Add(30 * time.Second); len(got) < len(want) && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			got = nil
			for _, h := range w.Hits(t) {
				got = append(got, h.Target)
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s read\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// rhythm is readings for a server, one each time.
type rhythm struct {
	server string
	every  time.Duration // 0: as long as the server keeps an unused connection, which is measured first
	spread time.Duration // more or less, at random
	times  int
	sinks  int // side by side, each with connections of its own
}

// S5, D3: whatever a server's keep-alive is, a reading that comes when the kept connection
// has just ended, or is just ending, is no failure. The usual form looks at the moment
// at which Node ends connections; the long form at every server's defaults.
func TestKeptConnectionsOfRealServersNeverFail(t *testing.T) {
	t.Parallel()
	node, node2, nginx, caddy := servers.NodeStore(t, 0), servers.NodeStore(t, 2000), servers.NginxStore(t), servers.CaddyStore(t)
	all := map[string]*servers.Web{"Node 5 s": node, "Node 2 s": node2, "nginx 75 s": nginx, "Caddy 5 min": caddy}
	rhythms := []rhythm{
		{"Node 2 s", 0, 100 * time.Millisecond, 4, 24}, {"Node 5 s", 0, 100 * time.Millisecond, 2, 24},
		{"nginx 75 s", 3 * time.Second, 0, 3, 2}, {"Caddy 5 min", 3 * time.Second, 0, 3, 2},
	}
	if os.Getenv("DBDAO_LONG") == "1" {
		rhythms[0].times, rhythms[1].times = 80, 40
		for name := range all {
			for _, every := range []time.Duration{3, 6, 10, 61} {
				rhythms = append(rhythms, rhythm{name, every * time.Second, 0, max(4, int(240/every)), 4})
			}
		}
		rhythms = append(rhythms, rhythm{"nginx 75 s", 0, 200 * time.Millisecond, 3, 24})
	}
	var wg sync.WaitGroup
	lines := make([]string, len(rhythms))
	for i, r := range rhythms {
		wg.Go(func() { lines[i] = r.play(t, all[r.server].URL, fmt.Sprint("/", i)) })
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	t.Log("server | readings each | readings | false failures")
	for i, r := range rhythms {
		hits, connections := 0, map[string]bool{}
		for _, h := range all[r.server].Hits(t) {
			if h.Target == fmt.Sprint("/", i) {
				hits++
				connections[h.Connection] = true
			}
		}
		t.Logf("%s; the server saw %d requests over %d connections", lines[i], hits, len(connections))
		if hits < r.times*r.sinks || r.spread > 0 && r.every == 0 && len(connections) == r.sinks && !strings.HasPrefix(r.server, "nginx") {
			t.Errorf("%s, each %v: the server saw %d requests over %d connections", r.server, r.every, hits, len(connections))
		}
	}
}

// play delivers, and counts what is not taken.
func (r rhythm) play(t *testing.T, url, path string) string {
	var wg sync.WaitGroup
	var mu sync.Mutex
	failed := 0
	if r.every == 0 {
		r.every = keeps(t, url)
	}
	for n := range r.sinks {
		_, s := sinktest.Open(t, Kind, sinktest.With(`{}`, "url", url+path))
		wg.Go(func() {
			for i := range r.times {
				if i > 0 {
					wait := r.every
					if r.spread > 0 {
						wait += rand.N(2*r.spread) - r.spread
					}
					time.Sleep(wait)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
				res := s.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(1, n*r.times+i, 1)))
				cancel()
				if res.Taken != 1 {
					mu.Lock()
					failed++
					mu.Unlock()
					t.Errorf("%s, each %v ± %v, reading %d: %+v", r.server, r.every, r.spread, i, res)
				}
			}
		})
	}
	wg.Wait()
	return fmt.Sprintf("%s | %v ± %v | %d | %d", r.server, r.every, r.spread, r.times*r.sinks, failed)
}

// keeps measures how long a server keeps a connection that is not used.
func keeps(t *testing.T, url string) time.Duration {
	addr := strings.TrimPrefix(url, "http://")
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return time.Second
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	r := bufio.NewReader(c)
	_, _ = io.WriteString(c, "POST /measure HTTP/1.1\r\nHost: "+addr+"\r\nContent-Length: 2\r\n\r\n{}")
	for line := "x"; strings.TrimSpace(line) != "" && err == nil; {
		line, err = r.ReadString('\n')
	}
	began := time.Now()
	if _, end := r.ReadByte(); err != nil || !errors.Is(end, io.EOF) {
		t.Errorf("a connection that is not used ends with %v, %v", err, end)
	}
	return time.Since(began).Round(100 * time.Millisecond)
}
