package main

import (
	"bufio"
	"bytes"
	frames "encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/verify"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// Real servers of Kafka, PostgreSQL, MQTT and S3, each behind somebody who is slow, refuses, takes half,
// ends connections or lies: a buyer and a destination for each mood, one fleet of which all buy
// everything. All is well when the fleet has played. What the servers hold is read by their own makers'
// clients.
func TestChaosStores(t *testing.T) {
	t.Parallel()
	if !servers.Long() {
		t.Skip("TestChaosMoods has endpoints in some moods; DBDAO_LONG=1 has other storages too")
	}
	servers.Need(t, "mosquitto", "anvil", "mosquitto_sub", "postgres", "initdb", "psql", "java", servers.KafkaJar, "kcat", "versitygw", "s3cmd")
	began := time.Now()
	c := newChaos(t)
	a := &act{group: "store", name: "one that is well, beside all these"}
	c.prepare(a, 0, 30*time.Second)
	c.listActs([]*act{a})
	c.buyActs("ann", a)
	r := newRack(c.world)
	var all []*patron
	for i, m := range storeMoods() {
		all = append(all, &patron{storeMood: m, who: fmt.Sprintf("%s%02d", m.kind, i)})
	}
	each(len(all), 4, func(i int) { all[i].open(c, r, a.streams) })
	if t.Failed() {
		t.FailNow()
	}
	c.eventually("all are served", 60*time.Second, func() bool { return c.serving() >= len(a.streams)*(1+len(all)) })
	t.Logf("%d buyers after %v", len(all), time.Since(began).Round(time.Second))
	a.play = func(_ *chaos, a *act) int {
		for _, p := range all {
			p.trouble(true)
		}
		<-a.over
		return 1
	}
	c.act(a)
	for _, p := range all {
		p.tries = p.trouble(false)
	}
	each(len(all), 4, func(i int) { retried(c, &endpoint{who: all[i].who}) })
	c.judgePatrons(a, all)
	t.Logf("%v in all", time.Since(began).Round(time.Second))
}

// storeMood is how whoever stands before a storage behaves.
type storeMood struct {
	kind, name string
	does       *mischief                                                                // where the protocol is its own
	serve      func(g *gate, w http.ResponseWriter, r *http.Request, n int64) (ok bool) // where it is HTTP; ok: the request may pass
}

// patron is a buyer with a storage behind somebody.
type patron struct {
	storeMood
	who       string
	shelf     *shelf
	middleman *middleman
	gate      *gate
	purchases []string
	tries     int
}

// open makes the storage, and the buyer who wants all streams in it.
func (p *patron) open(c *chaos, r *rack, streams []string) {
	c.t.Helper()
	opens := map[string]func(*rack, *store) *shelf{"kafka": kafkaStore, "postgres": postgresStore, "mqtt": mqttStore("3.1.1"), "bucket": s3Store}
	p.shelf = opens[p.kind](r, &store{name: p.who})
	server := p.shelf.server.(*servers.Process).URL
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		server = u.Host
	}
	before := ""
	if p.serve != nil {
		p.gate = newGate(c.t, server, p.serve)
		before = p.gate.address
	} else {
		p.middleman = newMiddleman(c.t, server)
		before = p.middleman.address
		switch p.kind {
		case "kafka":
			p.middleman.packets, p.middleman.names = kafkaPackets, renamed(server, before)
		case "postgres":
			p.middleman.packets = postgresPackets
		}
	}
	address := c.run("wallet", "new", "--keystore", c.keystore(p.who), "--light", "-o", "json").text(c.t, "address")
	if err := servers.Call(c.t.Context(), c.world.node.URL, nil, "anvil_setBalance", address, "0xde0b6b3a7640000"); err != nil {
		c.t.Error(err)
		return
	}
	func() {
		c.tokenMu.Lock()
		defer c.tokenMu.Unlock()
		c.as("platform", "token", "transfer", address, "1000")
	}()
	options := mapped(p.shelf.options, func(o string) string { return strings.ReplaceAll(o, server, before) })
	c.run(slices.Concat([]string{"destination", "set", "store", "--kind", p.shelf.kind}, options, []string{"--api", "http://" + c.public, "--keystore", c.keystore(p.who), "-o", "json"})...)
	bought := c.basket(p.who, streams)
	for _, s := range streams {
		p.purchases = append(p.purchases, bought[s])
	}
}

// trouble begins it or ends it, and says how often there was some.
func (p *patron) trouble(begins bool) (tries int) {
	if p.gate != nil {
		p.gate.well.Store(!begins)
		return int(p.gate.bad.Load())
	}
	tries = int(p.middleman.done.Load())
	if begins {
		p.middleman.set(p.does)
	} else {
		p.middleman.set(nil)
	}
	return tries
}

// held is what the storage holds, each reading once.
func (p *patron) held(c *chaos) *pile {
	c.t.Helper()
	all, _ := once(c.t, p.shelf.held(c.t))
	into := &pile{}
	for _, k := range all {
		if !into.add([]byte(k.body)) {
			c.t.Errorf("%s: %s holds what is no reading: %.200q", p.name, p.who, k.body)
		}
	}
	return into
}

// judgeOf waits until so many readings are paid for, and gives what prints the row of a pile.
func (c *chaos) judgeOf(truth *verify.Truth, readings int) func(a *act, p *pile, purchases []string) {
	c.t.Helper()
	var paid map[string]int
	c.await(func() bool {
		sum := 0
		paid = c.paid()
		for _, n := range paid {
			sum += n
		}
		return sum >= readings
	})
	return func(a *act, p *pile, purchases []string) {
		var sales []verify.Sale
		for i, stream := range a.streams {
			sales = append(sales, c.sale(a.devices[stream], purchases[i]))
		}
		c.row(a, verify.Compare(truth, sales, p.deliveries(c.t), 0), sales, paid).Print(c.t)
	}
}

// judgePatrons waits until everything has come and is paid for, and prints a row for each.
func (c *chaos) judgePatrons(a *act, all []*patron) {
	c.t.Helper()
	truth := c.truthOf(a)
	owed := truth.Owed()
	c.await(func() bool { return c.store.different() >= owed })
	judge := c.judgeOf(truth, owed*(1+len(all)))
	judge(a, c.store, a.purchases)
	for _, p := range all {
		held := &pile{}
		c.await(func() bool { held = p.held(c); return held.different() >= owed })
		row := &act{group: "store", name: p.kind + " " + p.name, streams: a.streams, devices: a.devices, tries: p.tries}
		if p.gate != nil {
			row.leaked = int(p.gate.elsewhere.Load())
		}
		judge(row, held, p.purchases)
	}
}

// storeMoods are those of all storages that are no endpoint of HTTP alone.
func storeMoods() []storeMood {
	return slices.Concat(connectionMoods("kafka"), kafkaMoods(), connectionMoods("postgres"), postgresMoods(), connectionMoods("mqtt"), mqttMoods(), bucketMoods())
}

// some bends two of three packets, and passes the others on.
func some(bend func(p []byte, pass func([]byte))) func([]byte, func([]byte)) {
	var n atomic.Int64
	return func(p []byte, pass func([]byte)) {
		if n.Add(1)%3 == 0 {
			pass(p)
			return
		}
		bend(p, pass)
	}
}

// connectionMoods are what may happen whatever is spoken.
func connectionMoods(kind string) []storeMood {
	either := some(func(p []byte, pass func([]byte)) { pass(p[:len(p)/2]); pass(nil) })
	slowly := func(p []byte, pass func([]byte), _ int64) {
		time.Sleep(300 * time.Millisecond)
		pass(bytes.Clone(p))
		pass([]byte{}) // which counts
	}
	return []storeMood{
		{kind: kind, name: "takes connections and says nothing", does: &mischief{open: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }}},
		{kind: kind, name: "hangs up at once", does: &mischief{open: func(net.Conn) {}}},
		{kind: kind, name: "speaks another protocol", does: &mischief{open: func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
			_, _ = io.CopyN(io.Discard, c, 1)
		}}},
		{kind: kind, name: "writes a few bytes at a time", does: &mischief{chunk: 8}},
		{kind: kind, name: "is slow", does: &mischief{down: slowly}},
		{kind: kind, name: "ends the connection in the middle of an answer", does: &mischief{down: func(p []byte, pass func([]byte), n int64) { either(p, pass) }}},
	}
}

// kafkaPackets reads a length of four bytes and what follows.
func kafkaPackets(bool) func(*bufio.Reader) ([]byte, error) {
	return func(r *bufio.Reader) ([]byte, error) { return lengthAnd(r, nil, 0) }
}

// lengthAnd reads a packet that begins with given bytes and a length of four bytes, which counts less of
// them.
func lengthAnd(r *bufio.Reader, head []byte, counted int) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := int64(frames.BigEndian.Uint32(length[:])) - int64(counted)
	if n < 0 || n > 16<<20 {
		return nil, fmt.Errorf("a packet of %d bytes", n)
	}
	head = append(head, length[:]...)
	p := append(head, make([]byte, n)...)
	_, err := io.ReadFull(r, p[len(head):])
	return p, err
}

// renamed puts one address of a broker in the place of another in what Kafka says of itself.
func renamed(from, to string) func([]byte) []byte {
	said := func(address string) []byte {
		host, port, _ := net.SplitHostPort(address)
		n, _ := strconv.ParseUint(port, 10, 16)
		return frames.BigEndian.AppendUint32([]byte(host), uint32(n))
	}
	was, is := said(from), said(to)
	return func(p []byte) []byte { return bytes.ReplaceAll(p, was, is) }
}

// produces bends the answers to records; version is that of the request.
func produces(bend func(p []byte, version uint16, pass func([]byte))) *mischief {
	return &mischief{each: func() *mischief {
		var mu sync.Mutex
		asked := map[uint32]uint16{}
		return &mischief{
			up: func(p []byte, pass func([]byte), _ int64) {
				if isProduce(p) {
					mu.Lock()
					asked[frames.BigEndian.Uint32(p[8:])] = frames.BigEndian.Uint16(p[6:])
					mu.Unlock()
				}
				pass(p)
			},
			down: func(p []byte, pass func([]byte), _ int64) {
				if len(p) < 8 {
					pass(p)
					return
				}
				mu.Lock()
				version, ok := asked[frames.BigEndian.Uint32(p[4:])]
				mu.Unlock()
				if !ok {
					pass(p)
					return
				}
				bend(p, version, pass)
			}}
	}}
}

func isProduce(p []byte) bool { return len(p) > 12 && frames.BigEndian.Uint16(p[4:]) == 0 }

// failed puts an error's number into the answer to records of one partition. Of version 9 on lengths are
// varints, and of 13 on topics have ids.
func failed(p []byte, version, code uint16) []byte {
	p = bytes.Clone(p)
	at := 8
	switch {
	case version >= 9:
		at += 2 // no tags; one topic
		if version >= 13 {
			at += 16
		} else {
			n, size := frames.Uvarint(p[at:])
			at += size + int(n) - 1
		}
		at++ // partitions
	default:
		at += 4
		at += 2 + int(frames.BigEndian.Uint16(p[at:])) + 4
	}
	if at += 4; at+2 <= len(p) {
		frames.BigEndian.PutUint16(p[at:], code)
	}
	return p
}

// kafkaMoods are what a broker of Kafka may do to records.
func kafkaMoods() (all []storeMood) {
	row := func(name string, does *mischief) { all = append(all, storeMood{kind: "kafka", name: name, does: does}) }
	answer := func(name string, bend func(p []byte, version uint16, pass func([]byte))) {
		var n atomic.Int64
		row(name, produces(func(p []byte, version uint16, pass func([]byte)) {
			if n.Add(1)%3 == 0 {
				pass(p)
				return
			}
			bend(p, version, pass)
		}))
	}
	cut := some(func(p []byte, pass func([]byte)) { pass(p[:len(p)/2]); pass(nil) })
	row("ends the connection in the middle of records", &mischief{up: func(p []byte, pass func([]byte), _ int64) {
		if isProduce(p) {
			cut(p, pass)
			return
		}
		pass(p)
	}})
	hang := some(func([]byte, func([]byte)) {})
	row("takes records in and never answers", &mischief{up: func(p []byte, pass func([]byte), _ int64) {
		if isProduce(p) {
			hang(p, pass)
			return
		}
		pass(p)
	}})
	answer("stores and hangs up", func(_ []byte, _ uint16, pass func([]byte)) { pass(nil) })
	answer("stores and never answers", func([]byte, uint16, func([]byte)) {})
	for code, name := range map[uint16]string{6: "stores and says it is not the leader", 7: "stores and says it took too long", 20: "stores and says that too few replicas did", 56: "stores and says the disk failed"} {
		answer(name, func(p []byte, version uint16, pass func([]byte)) { pass(failed(p, version, code)) })
	}
	answer("answers another question", func(p []byte, _ uint16, pass func([]byte)) {
		p = bytes.Clone(p)
		frames.BigEndian.PutUint32(p[4:], 0x7ead_beef)
		pass(p)
	})
	answer("announces an answer of two gigabytes", func(p []byte, _ uint16, pass func([]byte)) {
		p = bytes.Clone(p)
		frames.BigEndian.PutUint32(p, 0x7fff_ffff)
		pass(p)
	})
	answer("answers noise", func(p []byte, _ uint16, pass func([]byte)) {
		p = bytes.Clone(p)
		for i := range p[8:] {
			p[8+i] ^= byte(37 * i)
		}
		pass(p)
	})
	return all
}

// postgresPackets reads a type and a length, but for the first packet of a client, which has no type.
func postgresPackets(up bool) func(*bufio.Reader) ([]byte, error) {
	first := up
	return func(r *bufio.Reader) ([]byte, error) {
		if first {
			first = false
			return lengthAnd(r, nil, 4)
		}
		kind, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		return lengthAnd(r, []byte{kind}, 4)
	}
}

// complaint is an ErrorResponse.
func complaint(code, text string) []byte {
	body := "SERROR\x00VERROR\x00C" + code + "\x00M" + text + "\x00\x00"
	return append(frames.BigEndian.AppendUint32([]byte{'E'}, uint32(4+len(body))), body...)
}

// postgresMoods are what may stand before a PostgreSQL server.
func postgresMoods() (all []storeMood) {
	inserted := func(name string, bend func(p []byte, pass func([]byte))) { // once the rows are stored
		bend = some(bend)
		all = append(all, storeMood{kind: "postgres", name: name, does: &mischief{down: func(p []byte, pass func([]byte), _ int64) {
			if p[0] == 'C' && bytes.HasPrefix(p[5:], []byte("INSERT")) {
				bend(p, pass)
				return
			}
			pass(p)
		}}})
	}
	inserted("stores and hangs up", func(_ []byte, pass func([]byte)) { pass(nil) })
	inserted("stores and never answers", func([]byte, func([]byte)) {})
	for code, text := range map[string]string{"53100": "no space left on device", "57P01": "terminating connection due to administrator command", "40001": "could not serialize access", "25006": "cannot execute INSERT in a read-only transaction", "XX000": "cache lookup failed"} {
		inserted("stores and says: "+text, func(_ []byte, pass func([]byte)) { pass(complaint(code, text)) })
	}
	inserted("says it stored no row", func(_ []byte, pass func([]byte)) {
		pass(append(frames.BigEndian.AppendUint32([]byte{'C'}, 15), "INSERT 0 0\x00"...))
	})
	inserted("announces an answer of two gigabytes", func(_ []byte, pass func([]byte)) { pass([]byte{'D', 0x7f, 0xff, 0xff, 0xff, 0}) })
	inserted("answers a length that is none", func(_ []byte, pass func([]byte)) { pass([]byte{'C', 0, 0, 0, 1, 0}) })
	inserted("notices without end before it answers", func(p []byte, pass func([]byte)) {
		note := complaint("01000", "a notice")
		note[0] = 'N'
		pass(bytes.Repeat(note, 20_000))
		pass(p)
	})
	welcomed := some(func(_ []byte, pass func([]byte)) {
		pass(complaint("53300", "sorry, too many clients already"))
		pass(nil)
	})
	all = append(all, storeMood{kind: "postgres", name: "has too many clients", does: &mischief{down: func(p []byte, pass func([]byte), n int64) {
		if n == 1 {
			welcomed(p, pass)
			return
		}
		pass(p)
	}}})
	return all
}

// mqttMoods are what a broker may do to a publisher.
func mqttMoods() (all []storeMood) {
	row := func(name string, does *mischief) { all = append(all, storeMood{kind: "mqtt", name: name, does: does}) }
	acks := func(name string, bend func(p []byte, pass func([]byte))) {
		bend = some(bend)
		row(name, &mischief{down: func(p []byte, pass func([]byte), _ int64) {
			if kindOf(p) == packetPuback {
				bend(p, pass)
				return
			}
			pass(p)
		}})
	}
	acks("stores and hangs up", func(_ []byte, pass func([]byte)) { pass(nil) })
	acks("stores and never answers", func([]byte, func([]byte)) {})
	acks("acknowledges twice", func(p []byte, pass func([]byte)) { pass(p); pass(bytes.Clone(p)) })
	acks("acknowledges what was not sent", func(p []byte, pass func([]byte)) {
		p = bytes.Clone(p)
		p[2] ^= 0x40
		pass(p)
	})
	acks("announces a packet of 256 MB", func(_ []byte, pass func([]byte)) { pass([]byte{packetPuback << 4, 0xff, 0xff, 0xff, 0x7f}) })
	acks("acknowledges with a byte too few", func(p []byte, pass func([]byte)) { pass([]byte{packetPuback << 4, 1, p[2]}) })
	acks("answers a packet type that does not exist", func(_ []byte, pass func([]byte)) { pass([]byte{0xf0, 0}) })
	cut := some(func(p []byte, pass func([]byte)) { pass(p[:len(p)/2]); pass(nil) })
	row("ends the connection in the middle of a message", &mischief{up: func(p []byte, pass func([]byte), _ int64) {
		if kindOf(p) == packetPublish {
			cut(p, pass)
			return
		}
		pass(p)
	}})
	row("refuses the login", &mischief{open: func(c net.Conn) {
		_, _ = readPacket(bufio.NewReader(c))
		_, _ = c.Write([]byte{packetConnack << 4, 2, 0, 3})
	}})
	return all
}

// gate stands before a server of HTTP.
type gate struct {
	address      string
	well         atomic.Bool
	bad, asked   atomic.Int64
	elsewhere    atomic.Int64 // requests that came to where a redirect points
	elsewhereURL string
	next         http.Handler
	hang         chan struct{}
}

func newGate(t *testing.T, target string, serve func(*gate, http.ResponseWriter, *http.Request, int64) bool) *gate {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: target})
	g := &gate{next: proxy, hang: make(chan struct{})}
	g.well.Store(true)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { g.elsewhere.Add(1) }))
	g.elsewhereURL = other.URL
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.well.Load() {
			if n := g.asked.Add(1) - 1; n%3 != 2 {
				g.bad.Add(1)
				if !serve(g, w, r, n) {
					return
				}
			}
		}
		g.next.ServeHTTP(w, r)
	}))
	g.address = s.Listener.Addr().String()
	t.Cleanup(func() { close(g.hang); s.CloseClientConnections(); s.Close(); other.Close() })
	return g
}

// stores lets the server have the request, and keeps its answer.
func (g *gate) stores(r *http.Request) { g.next.ServeHTTP(httptest.NewRecorder(), r) }

// bucketMoods are what a server of S3 may answer.
func bucketMoods() (all []storeMood) {
	row := func(name string, serve func(g *gate, w http.ResponseWriter, r *http.Request, n int64) bool) {
		all = append(all, storeMood{kind: "bucket", name: name, serve: serve})
	}
	says := func(name string, code int, error string, stores bool) {
		row(name, func(g *gate, w http.ResponseWriter, r *http.Request, _ int64) bool {
			if stores {
				g.stores(r)
			}
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(code)
			fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>no</Message></Error>`, error)
			return false
		})
	}
	says("asks to slow down", 503, "SlowDown", false)
	says("stores and fails inside", 500, "InternalError", true)
	says("has no such bucket", 404, "NoSuchBucket", false)
	says("refuses the signature", 403, "SignatureDoesNotMatch", false)
	says("finds the clock wrong", 403, "RequestTimeTooSkewed", false)
	says("stores and says that it timed out", 400, "RequestTimeout", true)
	says("stores and says 200 with an error", 200, "InternalError", true)
	row("points elsewhere (307)", func(g *gate, w http.ResponseWriter, r *http.Request, _ int64) bool {
		http.Redirect(w, r, g.elsewhereURL+r.URL.Path, http.StatusTemporaryRedirect)
		return false
	})
	row("is slow", func(*gate, http.ResponseWriter, *http.Request, int64) bool { time.Sleep(2 * time.Second); return true })
	row("hangs", func(g *gate, _ http.ResponseWriter, r *http.Request, _ int64) bool {
		select {
		case <-g.hang:
		case <-r.Context().Done():
		}
		return false
	})
	ends := func(name string, stores bool, text string) {
		row(name, func(g *gate, w http.ResponseWriter, r *http.Request, _ int64) bool {
			if stores {
				g.stores(r)
			}
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_, _ = io.WriteString(c, text)
				c.Close()
			}
			return false
		})
	}
	ends("hangs up", false, "")
	ends("stores and hangs up", true, "")
	ends("stores and ends the connection in the middle of an answer", true, "HTTP/1.1 20")
	ends("stores and announces more than it answers", true, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nshort")
	ends("answers no HTTP", false, "OK thanks\n")
	row("answers without end", func(g *gate, w http.ResponseWriter, r *http.Request, _ int64) bool {
		g.stores(r)
		for range 500 {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil || g.well.Load() {
				break
			}
		}
		return false
	})
	return all
}
