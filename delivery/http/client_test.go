package http

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

// listener answers each connection's requests with a script and writes down the request lines.
type listener struct {
	net.Listener
	mu    sync.Mutex
	lines []string
	conns atomic.Int32
}

// listen serves connections with answer, which gets the request and its number on the connection.
func listen(t *testing.T, answer func(c net.Conn, n int) (goOn bool)) *listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &listener{Listener: l}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			wg.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(30 * time.Second))
				r := bufio.NewReader(c)
				for n := 1; s.read(r) && answer(c, n); n++ {
				}
			})
		}
	})
	return s
}

// read reads one request of ours, or of curl's.
func (s *listener) read(r *bufio.Reader) bool {
	line, err := r.ReadString('\n')
	if err != nil {
		return false
	}
	length := 0
	for {
		h, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if h = strings.TrimSpace(h); h == "" {
			break
		}
		if name, v, _ := strings.Cut(h, ":"); strings.EqualFold(name, "Content-Length") {
			_, _ = fmt.Sscan(v, &length)
		}
	}
	if _, err := io.CopyN(io.Discard, r, int64(length)); err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, strings.TrimSpace(line))
	return true
}

func (s *listener) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

func (s *listener) url() string { return "http://" + s.Addr().String() }

func write(text string) func(net.Conn, int) bool {
	return func(c net.Conn, _ int) bool { _, err := io.WriteString(c, text); return err == nil }
}

const noContent = "HTTP/1.1 204 No Content\r\n\r\n"

func one(t *testing.T, url string, within time.Duration) delivery.Result {
	t.Helper()
	_, s := sinktest.Open(t, Kind, sinktest.With(`{}`, "url", url))
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return s.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(1, 0, 1)))
}

// D1: what is sent is what was written. testdata/urls.txt has what an outside look found
// rewritten by the first edition; curl is the oracle.
func TestAURLIsSentAsItWasWritten(t *testing.T) {
	curl, _ := exec.LookPath("curl")
	if curl == "" && os.Getenv("DBDAO_REAL") == "1" {
		t.Fatal("curl is missing")
	}
	for _, u := range urls(t) {
		url, want := u[0], u[1]
		s := listen(t, write(noContent))
		here := strings.Replace(url, "https://h", s.url(), 1)
		if res := one(t, here, 5*time.Second); res.Taken != 1 {
			t.Errorf("%s: %+v", url, res)
		}
		if curl != "" {
			if out, err := exec.Command(curl, "-sS", "-g", "--path-as-is", "--http1.1", "-d", "x", here).CombinedOutput(); err != nil {
				t.Fatalf("curl: %v %s", err, out)
			}
		}
		if n := len(s.seen()); curl != "" && n != 2 {
			t.Errorf("%s: %d requests, want one of the sink's and one of curl's", url, n)
		}
		for i, got := range s.seen() {
			if got != "POST "+want+" HTTP/1.1" {
				t.Errorf("%s: %s sent %q, want %q", url, []string{"the sink", "curl"}[i], got, want)
			}
		}
	}
}

// D2: the outcome is the status line, exactly, whatever follows it or fails to.
func TestTheStatusLineIsTheOutcome(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		answer string
		taken  bool
		code   delivery.Code
	}{
		"200 and 20 kB":                  {"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + long[:20000], true, ""},
		"200 and a megabyte":             {"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + long, true, ""},
		"200, cut short":                 {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", true, ""},
		"200, longer than announced":     {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabcdef", true, ""},
		"200 without length":             {"HTTP/1.1 200 OK\r\n\r\nabc", true, ""},
		"200, chunks that never end":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", true, ""},
		"200, chunks of nonsense":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", true, ""},
		"200 with a length that is none": {"HTTP/1.1 200 OK\r\nContent-Length: minus one\r\n\r\n", true, ""},
		"299 without a phrase":           {"HTTP/1.1 299\r\n\r\n", true, ""},
		"HTTP/1.0":                       {"HTTP/1.0 200 OK\r\n\r\n", true, ""},
		"line ends of one byte":          {"HTTP/1.1 204 No Content\n\n", true, ""},
		"100 and 103 before":             {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n", true, ""},
		"000":                            {"HTTP/1.1 000 Nothing\r\n\r\n", false, delivery.CodeProtocol},
		"099":                            {"HTTP/1.1 099 Nothing\r\n\r\n", false, delivery.CodeProtocol},
		"2000":                           {"HTTP/1.1 2000 Much\r\n\r\n", false, delivery.CodeProtocol},
		"20":                             {"HTTP/1.1 20 Little\r\n\r\n", false, delivery.CodeProtocol},
		"+20":                            {"HTTP/1.1 +20 OK\r\n\r\n", false, delivery.CodeProtocol},
		"HTTP/2":                         {"HTTP/2 200\r\n\r\n", false, delivery.CodeProtocol},
		"101":                            {"HTTP/1.1 101 Switching\r\n\r\n", false, delivery.CodeProtocol},
		"a header without colon":         {"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", false, delivery.CodeProtocol},
		"a header without end":           {"HTTP/1.1 200 OK\r\nX: " + long, false, delivery.CodeProtocol},
		"headers without end":            {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 20_000), false, delivery.CodeProtocol},
		"100 for ever":                   {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), false, delivery.CodeProtocol},
		"an empty line":                  {"\r\n\r\n", false, delivery.CodeProtocol},
		"200 of which the head is cut":   {"HTTP/1.1 200 OK\r\nContent-", false, delivery.CodeAnswer},
		"301":                            {"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", false, delivery.CodeAnswer},
		"304":                            {"HTTP/1.1 304 Not Modified\r\n\r\n", false, delivery.CodeAnswer},
		"401":                            {"HTTP/1.1 401 Who\r\n\r\n", false, delivery.CodeCredentials},
		"403":                            {"HTTP/1.1 403 No\r\n\r\n", false, delivery.CodeCredentials},
		"404":                            {"HTTP/1.1 404 Where\r\n\r\n", false, delivery.CodeAnswer},
		"410":                            {"HTTP/1.1 410 Gone\r\n\r\n", false, delivery.CodeGone},
		"422":                            {"HTTP/1.1 422 What\r\n\r\n", false, delivery.CodeRefused},
		"500 that says 200 later":        {"HTTP/1.1 500 No\r\nContent-Length: 19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false, delivery.CodeAnswer},
		"503":                            {"HTTP/1.1 503 Later\r\nRetry-After: 7\r\n\r\n", false, delivery.CodeAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := listen(t, func(conn net.Conn, _ int) bool {
				_, _ = io.WriteString(conn, c.answer)
				return false
			})
			res := one(t, server.url()+"/?secret", 5*time.Second)
			if (res.Taken == 1) != c.taken || res.Reason.Code != c.code || res.Gone != (name == "410") || res.Refused != (name == "422") {
				t.Errorf("%+v", res)
			}
			if name == "503" && res.After != 7*time.Second {
				t.Errorf("to be tried again after %v", res.After)
			}
		})
	}
}

// D2: an answer that does not end must not hold the sink up.
func TestABodyThatStallsHoldsNobodyUp(t *testing.T) {
	s := listen(t, func(c net.Conn, _ int) bool {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
		time.Sleep(2 * time.Second)
		return false
	})
	began := time.Now()
	if res := one(t, s.url(), 5*time.Second); res.Taken != 1 || time.Since(began) > time.Second {
		t.Errorf("%+v after %v", res, time.Since(began))
	}
}

// D3: a kept connection that the other side has closed, or reset, is dialled again at
// once: no failed attempt. On a fresh connection the same is a failure.
func TestAKeptConnectionThatEndedIsNoFailure(t *testing.T) {
	for name, end := range map[string]func(c net.Conn){
		"closed": func(c net.Conn) { _ = c.Close() },
		"reset":  func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() },
		"closed when the second request is there": nil,
		"left with a rest of the former answer":   func(c net.Conn) { _, _ = io.WriteString(c, "rest of a body"); _ = c.(*net.TCPConn).CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := listen(t, func(c net.Conn, n int) bool {
				if n == 2 {
					return false // without a byte
				}
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				if end != nil {
					time.Sleep(20 * time.Millisecond)
					end(c)
				}
				return end == nil
			})
			_, s := sinktest.Open(t, Kind, sinktest.With(`{}`, "url", server.url()))
			for i := range 10 {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				res := s.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(1, i, 1)))
				cancel()
				if res.Taken != 1 {
					t.Fatalf("delivery %d: %+v", i+1, res)
				}
				time.Sleep(40 * time.Millisecond)
			}
			if n := server.conns.Load(); n != 10 {
				t.Errorf("%d connections for 10 deliveries over connections that serve one", n)
			}
		})
	}
	dead := listen(t, func(net.Conn, int) bool { return false })
	if res := one(t, dead.url(), 5*time.Second); res.Taken != 0 || res.Reason.None() || dead.conns.Load() != 1 {
		t.Errorf("a fresh connection without an answer: %+v after %d dials", res, dead.conns.Load())
	}
}

// D8: one client for all of a destination's requests.
func TestConnectionsAreKeptAndBounded(t *testing.T) {
	server := listen(t, func(c net.Conn, _ int) bool {
		time.Sleep(5 * time.Millisecond)
		_, err := io.WriteString(c, noContent)
		return err == nil
	})
	_, s := sinktest.Open(t, Kind, sinktest.With(`{}`, "url", server.url()))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if res := s.Deliver(t.Context(), delivery.NewBatch(0, sinktest.Parcels(1, w*50+i, 1))); res.Taken != 1 {
					t.Errorf("%+v", res)
				}
			}
		})
	}
	wg.Wait()
	if n := server.conns.Load(); n > 8 {
		t.Errorf("%d connections for 8 requests at a time", n)
	}
}

// A silent side holds nobody beyond the end of the context, also while it reads slowly.
func TestALongRequestToASideThatDoesNotReadEndsInTime(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	parcels := sinktest.Parcels(1, 0, 2)
	for i := range parcels {
		parcels[i].Body = []byte(`"` + strings.Repeat("x", delivery.BatchBytes/2-100) + `"`)
	}
	_, s := sinktest.Open(t, Kind, sinktest.With(`{"batch":2}`, "url", "http://"+l.Addr().String()))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if res := s.Deliver(ctx, delivery.NewBatch(0, parcels)); res.Reason.Code != delivery.CodeTimeout || time.Since(began) > 3*time.Second {
		t.Errorf("%+v after %v", res, time.Since(began))
	}
}

func FuzzReadHead(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 204\n\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nok\r\n0\r\n\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReaderSize(strings.NewReader(string(b)), 4096)
		a, err := readHead(r)
		if err != nil {
			return
		}
		if a.status < 100 || a.status > 999 || !strings.HasPrefix(string(b), "HTTP/1.") || !strings.Contains(string(b[:12]), fmt.Sprint(a.status)) {
			t.Errorf("%q has status %d", b, a.status)
		}
		drainChunks(r)
	})
}
