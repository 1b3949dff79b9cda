package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// script is a feed that tells what its test wants.
type script struct {
	at     string
	next   func(context.Context) (Page, error)
	closed *atomic.Int32
}

func (s script) Cursor() string                         { return s.at }
func (s script) Next(ctx context.Context) (Page, error) { return s.next(ctx) }
func (s script) Close()                                 { s.closed.Add(1) }

func (f *fake) Pull(_ context.Context, _ market.PurchaseID, after string, limit int) (Page, error) {
	f.asked = append(f.asked, fmt.Sprint("pull ", after, " ", limit))
	return Page{Readings: []PageReading{}, Cursor: after}, nil
}

func (f *fake) Follow(_ context.Context, _ market.PurchaseID, after string) (Feed, error) {
	if after == "x" {
		return nil, fmt.Errorf("%w: no cursor", ErrRefused)
	}
	return script{at: after, next: f.next, closed: &f.closed}, nil
}

func silent(ctx context.Context) (Page, error) {
	<-ctx.Done()
	return Page{}, ctx.Err()
}

// watch opens purchase 1's feed.
func watch(t *testing.T, c *Client, url string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/v1/purchases/1/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func liveServer(t *testing.T) (*fake, *Server, *Client, *httptest.Server) {
	t.Helper()
	f, s, plain := serve(t)
	plain.Close()
	h := httptest.NewUnstartedServer(s.Public())
	h.Config.ReadTimeout, h.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond // a feed outlives them
	h.Config.RegisterOnShutdown(s.EndFeeds)
	h.Start()
	t.Cleanup(h.Close)
	t.Cleanup(s.EndFeeds)
	f.next = silent
	ann, _, key := newWallet(t)
	f.ann = ann
	c := NewClient(h.URL, "")
	if err := c.SignIn(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	return f, s, c, h
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func TestAFeedIsServerSentEvents(t *testing.T) {
	f, s, c, h := liveServer(t)
	s.feeds.beat, s.feeds.write = 200*time.Millisecond, 2*time.Second
	var n atomic.Int32
	f.next = func(ctx context.Context) (Page, error) {
		if i := n.Add(1); i == 4 { // after signs of life beyond the server's time-outs
			return Page{Cursor: "8.k", Readings: []PageReading{{Seq: 8, Body: "{\"a\":\n\"b\"}"}}}, nil
		}
		if n.Load() > 4 {
			ctx = s.feeds.over // no sign of life any more
		}
		return silent(ctx)
	}
	res := watch(t, c, h.URL, "Last-Event-ID", "7")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("X-Accel-Buffering") != "no" || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	var got []string
	for len(got) < 12 && lines.Scan() {
		got = append(got, lines.Text())
	}
	want := []string{"retry: 1000", "event: start", "id: 7", `data: {"cursor":"7"}`, "", ":", "", ":", "", ":", "", "id: 8.k"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("%q", got)
	}
	if lines.Scan(); !strings.HasPrefix(lines.Text(), `data: {"readings":[{"seq":8,"body":"{\"a\":\n\"b\"}"`) {
		t.Fatalf("%q", lines.Text())
	}
	time.Sleep(s.feeds.write + 200*time.Millisecond)
	s.EndFeeds()
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the end of a feed is no clean one: %v", err)
	}
	eventually(t, "it is closed", func() bool { return f.closed.Load() == 1 })
	if res := watch(t, c, h.URL); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a feed of a bridge that is being stopped: %d", res.StatusCode)
	}
}

func TestFeedsAreTheBuyersOwnAndBounded(t *testing.T) {
	f, s, c, h := liveServer(t)
	if res := watch(t, &Client{}, h.URL); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %d", res.StatusCode)
	}
	_, _, other := newWallet(t)
	o := NewClient(h.URL, "")
	if err := o.SignIn(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if res := watch(t, o, h.URL); res.StatusCode != http.StatusNotFound {
		t.Errorf("of another's purchase: %d", res.StatusCode)
	}
	for range 20 { // a refused one takes no place
		if res := watch(t, c, h.URL, "Last-Event-ID", "x"); res.StatusCode != http.StatusUnprocessableEntity {
			t.Fatalf("from a cursor that is none: %d", res.StatusCode)
		}
	}
	var open []*http.Response
	for range feedsOfBuyer {
		open = append(open, watch(t, c, h.URL))
	}
	if res := watch(t, c, h.URL); res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", res.StatusCode)
	}
	open[3].Body.Close()
	eventually(t, "there is room again", func() bool {
		s.feeds.mu.Lock()
		defer s.feeds.mu.Unlock()
		return s.feeds.all == feedsOfBuyer-1
	})
	if res := watch(t, c, h.URL); res.StatusCode != http.StatusOK {
		t.Errorf("after one was closed: %d", res.StatusCode)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Config.Shutdown(context.Background()) }()
	select { // feeds do not keep a bridge from stopping
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(60 * time.Second):
		t.Error("the server does not stop while feeds are open")
	}
	if f.closed.Load() != feedsOfBuyer+1 || len(s.feeds.of) != 0 {
		t.Errorf("%d closed, %d left", f.closed.Load(), len(s.feeds.of))
	}
}

// A feed ends with its session, and with a reader who does not read: he holds one page.
func TestAFeedEndsWithItsSessionAndWithWhoDoesNotRead(t *testing.T) {
	f, s, c, h := liveServer(t)
	c.Token = s.sessions.mark(&s.sessions.tokens, f.ann[:], time.Second)
	if _, err := io.ReadAll(watch(t, c, h.URL).Body); err != nil {
		t.Error(err)
	}
	c.Token = s.sessions.mark(&s.sessions.tokens, f.ann[:], time.Hour)

	s.feeds.write = 500 * time.Millisecond
	var given atomic.Int32
	f.next = func(context.Context) (Page, error) {
		given.Add(1)
		return Page{Cursor: "1", Readings: []PageReading{{Body: strings.Repeat("x", 1<<20)}}}, nil
	}
	before := f.closed.Load()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /v1/purchases/1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", c.Token)
	eventually(t, "who does not read is left", func() bool { return f.closed.Load() == before+1 })
	if n := given.Load(); n == 0 || n > 32 { // what the kernel's buffers take
		t.Errorf("%d pages were made for a reader who reads nothing", n)
	}
}

func TestTheClientFollows(t *testing.T) {
	f, _, c, _ := liveServer(t)
	var n atomic.Int32
	f.next = func(context.Context) (Page, error) {
		if i := n.Add(1); i%3 != 0 {
			return Page{Cursor: fmt.Sprint(i), Readings: []PageReading{{Seq: uint32(i), Body: "{}"}}}, nil
		}
		return Page{}, io.EOF
	}
	var got []string
	if err := c.Follow(t.Context(), 1, "-", func(p Page) error { got = append(got, p.Cursor); return nil }); err != nil || strings.Join(got, " ") != "1 2" {
		t.Errorf("%v %v", got, err)
	}
	mine := errors.New("mine")
	if err := c.Follow(t.Context(), 1, "2", func(Page) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("its own error: %v", err)
	}
	if err := c.Follow(t.Context(), 2, "", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such purchase: %v", err)
	}
	stranger := *c
	stranger.Token = ""
	if err := stranger.Follow(t.Context(), 1, "", nil); !errors.Is(err, ErrSignedOut) {
		t.Errorf("no session: %v", err)
	}
	if err := c.Acknowledge(t.Context(), 1, "2"); err != nil || f.asked[len(f.asked)-1] != "pull 2 0" {
		t.Errorf("%v %v", f.asked, err)
	}
}
