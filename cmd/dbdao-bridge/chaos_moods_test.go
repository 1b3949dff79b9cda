package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// Endpoints in every mood at once, a buyer and a destination each: one fleet, of which all
// buy everything. They come to their senses when the fleet has played.
func TestChaosMoods(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	all, play := moods(), 25*time.Second
	if only := onlyActs(t); only != nil || !servers.Long() {
		all = slices.DeleteFunc(all, func(m mood) bool {
			return only == nil && !m.usual || only != nil && !only.MatchString("endpoint: "+m.name)
		})
		play = 4 * time.Second
	}
	if len(all) == 0 {
		t.Skip("there is no such mood")
	}
	began := time.Now()
	c := newChaos(t)
	a := &act{group: "endpoint", name: "one that is well, beside all these"}
	c.prepare(a, 0, play)
	c.listActs([]*act{a})
	c.buyActs("ann", a)
	endpoints := make([]*endpoint, len(all))
	for i, m := range all {
		endpoints[i] = newEndpoint(t, m, i)
	}
	each(len(endpoints), 2, func(i int) { c.customer(endpoints[i], a.streams) }) // more would keep each other from signing in
	if t.Failed() {
		t.FailNow()
	}
	c.eventually("all are served", 60*time.Second, func() bool { return c.serving() >= len(a.streams)*(1+len(endpoints)) })
	t.Logf("%d buyers after %v", len(endpoints), time.Since(began).Round(time.Second))
	a.play = func(c *chaos, a *act) int { <-a.over; return 1 }
	c.act(a)
	c.settleMoods(a, endpoints)
	t.Logf("%v in all", time.Since(began).Round(time.Second))
}

// settleMoods has the endpoints come to their senses, waits, and prints a row for each.
func (c *chaos) settleMoods(a *act, endpoints []*endpoint) {
	c.t.Helper()
	truth := c.truthOf(a)
	for _, e := range endpoints {
		e.well.Store(true)
	}
	each(len(endpoints), 4, func(i int) {
		if e := endpoints[i]; e.repair != nil {
			e.repair(c, e)
		}
	})
	owed := truth.Owed()
	c.await(func() bool {
		return c.store.different() >= owed && !slices.ContainsFunc(endpoints, func(e *endpoint) bool { return e.different() < owed })
	})
	judge := c.judgeOf(truth, owed*(1+len(endpoints)))
	judge(a, c.store, a.purchases)
	for _, e := range endpoints {
		judge(&act{group: a.group, name: e.name, streams: a.streams, devices: a.devices, tries: int(e.bad.Load()), leaked: int(e.elsewhere.Load())}, &e.pile, e.purchases)
	}
}

// mood is how an endpoint is while the fleet plays.
type mood struct {
	name    string
	usual   bool // also in the usual form
	options []string
	// serve answers its n-th request, from 0; nil: conn has it.
	serve func(e *endpoint, w http.ResponseWriter, r *http.Request, n int64)
	// conn does something with its n-th connection instead of serving it.
	conn func(e *endpoint, c net.Conn, n int64)
	// repair is what the buyer does when all is well again.
	repair func(c *chaos, e *endpoint)
	url    func(e *endpoint) string
}

// endpoint is a buyer's.
type endpoint struct {
	mood
	pile
	who, address  string
	elsewhereURL  string
	well          atomic.Bool
	requests, bad atomic.Int64
	conns         atomic.Int64
	elsewhere     atomic.Int64 // requests that came to where a redirect points
	purchases     []string
	hang          chan struct{}
	stored        sync.Map // ids of requests of which something is stored
}

func newEndpoint(t *testing.T, m mood, n int) *endpoint {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &endpoint{mood: m, who: fmt.Sprintf("buyer-%d", n), address: l.Addr().String(), hang: make(chan struct{})}
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { e.elsewhere.Add(1) }))
	e.elsewhereURL = other.URL
	server := &http.Server{Handler: e, ReadHeaderTimeout: 5 * time.Second}
	if m.name == "ends connections unused for a second" {
		server.IdleTimeout = time.Second
	}
	go func() { _ = server.Serve(&picky{l, e}) }()
	t.Cleanup(func() { close(e.hang); server.Close(); other.Close() })
	return e
}

// picky is a listener whose mood takes connections away.
type picky struct {
	net.Listener
	e *endpoint
}

func (p *picky) Accept() (net.Conn, error) {
	for {
		c, err := p.Listener.Accept()
		if err != nil || p.e.conn == nil || p.e.well.Load() {
			return c, err
		}
		go func() {
			defer c.Close()
			p.e.bad.Add(1)
			p.e.conn(p.e, c, p.e.conns.Add(1)-1)
		}()
	}
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := e.requests.Add(1) - 1
	if e.well.Load() || e.serve == nil {
		e.take(w, r)
		return
	}
	e.bad.Add(1)
	e.serve(e, w, r, n)
}

// keep stores what a request brings, and says whether it was a reading.
func (e *endpoint) keep(r *http.Request) bool {
	body, err := io.ReadAll(r.Body)
	return err == nil && e.add(body)
}

// wait is silent until the test ends or whoever asked has gone.
func (e *endpoint) wait(r *http.Request, most time.Duration) {
	select {
	case <-time.After(most):
	case <-r.Context().Done():
	case <-e.hang:
	}
}

// customer makes a buyer with ether, tokens, a destination and purchases of all streams.
func (c *chaos) customer(e *endpoint, streams []string) {
	c.t.Helper()
	address := c.run("wallet", "new", "--keystore", c.keystore(e.who), "--light", "-o", "json").text(c.t, "address")
	if err := servers.Call(c.t.Context(), c.world.node.URL, nil, "anvil_setBalance", address, "0xde0b6b3a7640000"); err != nil {
		c.t.Error(err)
		return
	}
	func() {
		c.tokenMu.Lock()
		defer c.tokenMu.Unlock()
		c.as("platform", "token", "transfer", address, "1000")
	}()
	url := "http://" + e.address
	if e.url != nil {
		url = e.url(e)
	}
	c.destination(e, url)
	bought := c.basket(e.who, streams)
	for _, s := range streams {
		e.purchases = append(e.purchases, bought[s])
	}
}

// destination sets the buyer's.
func (c *chaos) destination(e *endpoint, url string) {
	c.t.Helper()
	c.run(slices.Concat([]string{"destination", "set", "store", "--kind", "http", "url=" + url}, e.options,
		[]string{"--api", "http://" + c.public, "--keystore", c.keystore(e.who), "-o", "json"})...)
}

// retried has the bridge try again now, whatever comes of it.
func retried(c *chaos, e *endpoint) {
	if _, errs, code := c.try("destination", "retry", "store", "--wait", "0s", "--api", "http://"+c.public, "--keystore", c.keystore(e.who)); code != 0 && !strings.Contains(errs, "the attempt failed") {
		c.t.Fatalf("retry: exit %d\n%s", code, errs)
	}
}

// replayed has what was parked sent again.
func replayed(c *chaos, e *endpoint) {
	for _, p := range e.purchases {
		c.run("parcel", "replay", p, "--api", "http://"+c.public, "--keystore", c.keystore(e.who), "-o", "json")
	}
}

// corrected sets the URL the buyer should have set.
func corrected(c *chaos, e *endpoint) { c.destination(e, "http://"+e.address) }

// moods are those in which endpoints were found.
func moods() []mood {
	all := slices.Concat(refusals(), answers(), connections(), batches())
	for i := range all {
		switch all[i].name {
		case "answers 500", "answers 410", "takes it and answers 503", "redirects (308)", "answers one request twice", "resets the connection in the middle of an answer", "takes half a batch", "answers 429, Retry-After: -1":
			all[i].usual = true
		}
	}
	return all
}

// refusals are status codes that are no acceptance: three in four requests get them.
func refusals() (all []mood) {
	refuse := func(name string, code int, header ...string) mood {
		return mood{name: name, serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, n int64) {
			if n%4 == 3 {
				e.take(w, r)
				return
			}
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}}
	}
	for _, code := range []int{304, 401, 403, 404, 405, 407, 408, 409, 418, 421, 423, 424, 425, 426, 428, 431, 451, 500, 501, 502, 503, 504, 507, 508, 511, 520, 529, 599} {
		all = append(all, refuse("answers "+strconv.Itoa(code), code))
	}
	for _, code := range []int{400, 413, 422} {
		m := refuse("answers "+strconv.Itoa(code)+" as if the reading were at fault", code)
		m.repair = replayed
		all = append(all, m)
	}
	for _, after := range []string{"0", "-1", "soon", "1e9", "Thu, 01 Jan 1970 00:00:00 GMT"} {
		all = append(all, refuse("answers 429, Retry-After: "+after, 429, "Retry-After", after))
	}
	for _, after := range []string{"99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		m := refuse("answers 503, Retry-After: "+after, 503, "Retry-After", after)
		m.repair = retried
		all = append(all, m)
	}
	gone := mood{name: "answers 410", repair: retried, serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, n int64) {
		if n < 3 {
			e.take(w, r)
			return
		}
		w.WriteHeader(http.StatusGone)
	}}
	all = append(all, gone)
	for _, code := range []int{301, 302, 303, 307, 308} {
		all = append(all, mood{name: fmt.Sprintf("redirects (%d)", code), serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ int64) {
			http.Redirect(w, r, e.elsewhereURL, code)
		}})
	}
	return all
}

// answers are odd answers; what was accepted in them is stored.
func answers() []mood {
	raw := func(name string, text func(e *endpoint, kept bool) string) mood {
		return mood{name: name, serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ int64) {
			kept := e.keep(r)
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer c.Close()
			_, _ = io.WriteString(c, text(e, kept))
		}}
	}
	said := func(name, text string) mood { return raw(name, func(*endpoint, bool) string { return text }) }
	long := func(name string, write func(w http.ResponseWriter, e *endpoint)) mood {
		return mood{name: name, serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ int64) {
			if e.keep(r) {
				write(w, e)
			}
		}}
	}
	status := func(code int) mood {
		return mood{name: fmt.Sprintf("accepts with %d", code), serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ int64) {
			if e.keep(r) {
				w.WriteHeader(code)
			}
		}}
	}
	return []mood{
		status(201), status(202), status(226), status(299),
		long("answers 20 kB", func(w http.ResponseWriter, _ *endpoint) { _, _ = w.Write(bytes.Repeat([]byte("x"), 20_000)) }),
		long("answers without end", func(w http.ResponseWriter, e *endpoint) {
			for range 2000 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil || e.well.Load() {
					return
				}
			}
		}),
		long("answers a byte at a time", func(w http.ResponseWriter, e *endpoint) {
			for range 100 {
				_, _ = w.Write([]byte("."))
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}),
		long("accepts with an error in the body", func(w http.ResponseWriter, _ *endpoint) { _, _ = io.WriteString(w, `{"error":"no"}`) }),
		long("hints a thousand times before it answers", func(w http.ResponseWriter, _ *endpoint) {
			for range 1000 {
				w.WriteHeader(http.StatusEarlyHints)
			}
			w.WriteHeader(http.StatusNoContent)
		}),
		long("ends the connection after each answer", func(w http.ResponseWriter, _ *endpoint) {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusNoContent)
		}),
		said("speaks HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nthanks"),
		said("ends the connection after each answer without a word", "HTTP/1.1 204 No Content\r\n\r\n"),
		said("announces more than it sends", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nshort"),
		said("sends more than it announces", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nmuch more than two"),
		said("announces a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
		said("sends chunks that are none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense"),
		said("answers packed nonsense", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz"),
		said("answers a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
		said("answers no HTTP", "OK thanks\n"),
		said("answers half a status line", "HTTP/1.1 2"),
		raw("answers headers of a megabyte", func(*endpoint, bool) string {
			return "HTTP/1.1 204 No Content\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"
		}),
		{name: "takes it and answers 503", serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, n int64) {
			if e.keep(r) && n%3 == 2 {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		}},
		{name: "answers one request twice", serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ int64) {
			_, _ = io.Copy(io.Discard, r.Body) // the second answer is to nothing: whatever is sent next is not stored
			c, buffered, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer c.Close()
			_, _ = io.WriteString(c, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
			_, _ = io.CopyN(io.Discard, buffered, 1)
		}},
		{name: "answers before it was asked", conn: func(e *endpoint, c net.Conn, _ int64) {
			_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
			_, _ = io.Copy(io.Discard, c)
		}},
	}
}

// connections are things that happen to them.
func connections() []mood {
	stall := func(name string, do func(e *endpoint, w http.ResponseWriter, r *http.Request)) mood {
		return mood{name: name, serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, n int64) {
			if n%3 == 2 {
				e.take(w, r)
				return
			}
			do(e, w, r)
		}}
	}
	hijacked := func(name string, do func(e *endpoint, c *net.TCPConn, r *http.Request)) mood {
		return stall(name, func(e *endpoint, w http.ResponseWriter, r *http.Request) {
			if name != "resets the connection in the middle of a request" {
				e.keep(r)
			}
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				defer c.Close()
				do(e, c.(*net.TCPConn), r)
			}
		})
	}
	url := func(format string) func(*endpoint) string {
		return func(e *endpoint) string { return fmt.Sprintf(format, e.address) }
	}
	return []mood{
		stall("hangs before it answers", func(e *endpoint, _ http.ResponseWriter, r *http.Request) { e.wait(r, time.Hour) }),
		stall("takes it and hangs", func(e *endpoint, _ http.ResponseWriter, r *http.Request) { e.keep(r); e.wait(r, time.Hour) }),
		stall("hangs after its headers", func(e *endpoint, w http.ResponseWriter, r *http.Request) {
			e.keep(r)
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			e.wait(r, time.Hour)
		}),
		stall("takes 14 seconds", func(e *endpoint, w http.ResponseWriter, r *http.Request) {
			kept := e.keep(r)
			if e.wait(r, 14*time.Second); kept {
				w.WriteHeader(http.StatusNoContent)
			}
		}),
		{name: "ends connections unused for a second", serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ int64) { e.take(w, r) }},
		hijacked("resets the connection in the middle of a request", func(_ *endpoint, c *net.TCPConn, _ *http.Request) { _ = c.SetLinger(0) }),
		hijacked("takes it and resets the connection", func(_ *endpoint, c *net.TCPConn, _ *http.Request) { _ = c.SetLinger(0) }),
		hijacked("resets the connection in the middle of an answer", func(_ *endpoint, c *net.TCPConn, _ *http.Request) {
			_, _ = io.WriteString(c, "HTTP/1.1 20")
			time.Sleep(20 * time.Millisecond)
			_ = c.SetLinger(0)
		}),
		{name: "hangs up at once", conn: func(*endpoint, net.Conn, int64) {}},
		{name: "reads nothing", conn: func(e *endpoint, _ net.Conn, _ int64) {
			for !e.well.Load() {
				time.Sleep(50 * time.Millisecond)
			}
		}},
		{name: "hangs up on two connections of three", conn: func(e *endpoint, c net.Conn, n int64) {
			if n%3 != 2 {
				return
			}
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil || !e.keep(r) {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		}},
		{name: "speaks no TLS where it should", url: url("https://%s"), repair: corrected, conn: func(_ *endpoint, c net.Conn, _ int64) {
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port")
		}},
		{name: "has a certificate of nobody's", url: url("https://%s"), repair: corrected, conn: func(_ *endpoint, c net.Conn, _ int64) {
			_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{strangers()}}).Handshake()
		}},
		{name: "ends the TLS handshake", url: url("https://%s"), repair: corrected, conn: func(_ *endpoint, c net.Conn, _ int64) {
			_, _ = io.CopyN(io.Discard, c, 5)
		}},
		{name: "has a name that does not exist", repair: func(c *chaos, e *endpoint) { e.bad.Add(1); corrected(c, e) },
			url: func(e *endpoint) string {
				return "http://nobody.invalid:" + e.address[strings.LastIndexByte(e.address, ':')+1:]
			}},
		{name: "has no server", repair: func(c *chaos, e *endpoint) { e.bad.Add(1); corrected(c, e) },
			url: func(e *endpoint) string { return "http://127.0.0.1:1" }},
	}
}

// strangers makes a certificate that nobody knows.
var strangers = sync.OnceValue(func() tls.Certificate {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return s.TLS.Certificates[0]
})

// batches are moods of those who take many at a time.
func batches() []mood {
	options := []string{"batch=5", "batch_wait=300ms", "body=json_array"}
	first := func(body []byte) (half []byte, all int) {
		var list []json.RawMessage
		if json.Unmarshal(body, &list) != nil || len(list) < 2 {
			return nil, len(list)
		}
		half, _ = json.Marshal(list[:len(list)/2])
		return half, len(list)
	}
	return []mood{
		{name: "takes half a batch", options: options, serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ int64) {
			body, _ := io.ReadAll(r.Body)
			half, _ := first(body)
			if _, again := e.stored.LoadOrStore(r.Header.Get("webhook-id"), true); half != nil && !again {
				e.add(half)
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			e.add(body)
			w.WriteHeader(http.StatusNoContent)
		}},
		{name: "takes no batches of more than two", options: options, serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ int64) {
			body, _ := io.ReadAll(r.Body)
			if _, n := first(body); n > 2 {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			}
			e.add(body)
		}},
		{name: "takes a batch and answers 502", options: options, serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, n int64) {
			if e.keep(r); n%2 == 0 {
				w.WriteHeader(http.StatusBadGateway)
			}
		}},
	}
}
