package nats

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// start runs a NATS server in this process, on a port of loopback.
func start(t *testing.T, change ...func(*server.Options)) *server.Server {
	t.Helper()
	o := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, SyncAlways: true}
	for _, c := range change {
		c(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server does not answer")
	}
	return s
}

// owner is the buyer's own connection to his server.
func owner(t *testing.T, s *server.Server, opts ...nats.Option) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	c, err := nats.Connect("nats://"+s.Addr().String(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, js
}

func makeStream(t *testing.T, js jetstream.JetStream, c jetstream.StreamConfig) {
	t.Helper()
	if _, err := js.CreateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// held reads a stream message by message and gives the ids.
func held(t *testing.T, js jetstream.JetStream, name string) (ids []string) {
	t.Helper()
	s, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= s.CachedInfo().State.LastSeq; n++ {
		m, err := s.GetMsg(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		id := m.Header.Get("Nats-Msg-Id")
		if !strings.Contains(string(m.Data), `"id":"`+id+`"`) || m.Header.Get("Content-Type") != "application/json" {
			t.Errorf("a message with header %v, body %s", m.Header, m.Data)
		}
		ids = append(ids, id)
	}
	return ids
}

func config(s *server.Server, extra ...any) string {
	return sinktest.With(`{"subject":"readings"}`, append([]any{"url", s.ClientURL()}, extra...)...)
}

func TestConformance(t *testing.T) {
	s := start(t)
	_, js := owner(t, s)
	var number atomic.Int64
	sinktest.Run(t, sinktest.Suite{
		Kind: Kind,
		New: func(t *testing.T) sinktest.Peer {
			name := fmt.Sprintf("READINGS%d", number.Add(1))
			makeStream(t, js, jetstream.StreamConfig{Name: name, Subjects: []string{name + ".>"}, MaxMsgSize: 2000})
			return sinktest.Peer{
				Config: config(s, "subject", name+".{stream}.{dev}", "stream", name),
				Held:   func(t *testing.T) []string { return held(t, js, name) },
				Bad: func(p *delivery.Parcel) {
					p.Body = append(p.Body[:len(p.Body)-1], []byte(`,"data":"`+strings.Repeat("0", 2000)+`"}`)...)
				},
			}
		},
		Proxied: func(config, address string) string { return sinktest.With(config, "url", "nats://"+address) },
		At: func(host, port string) string {
			return sinktest.With(`{"subject":"readings"}`, "url", "tls://"+host+":"+port)
		},
		Encrypted: func(t *testing.T, c *tls.Config) string {
			s := start(t, func(o *server.Options) { o.TLSConfig, o.TLSTimeout, o.AllowNonTLS = c, 20, true })
			_, js := owner(t, s)
			makeStream(t, js, jetstream.StreamConfig{Name: "R", Subjects: []string{"readings"}})
			return sinktest.With(`{"subject":"readings"}`, "url", "tls://"+s.Addr().String())
		},
		Secrets: []string{
			`{"url":"nats://127.0.0.1:1","subject":"x","username":"u","password":"SECRET"}`, `{"url":"nats://127.0.0.1:1","subject":"x","token":"SECRET"}`,
			`{"url":"nats://127.0.0.1:1","subject":"x","credentials":"BEGIN NATS USER JWT SECRET BEGIN USER NKEY SEED"}`,
		},
		Bad: map[string]string{
			`{}`:                               "tls://",
			`{"url":"tls://nats.example.com"}`: "subject",
			`{"url":"nats://nats.example.com","subject":"a"}`:                                              "not be encrypted",
			`{"url":"wss://nats.example.com","subject":"a"}`:                                               "tls://",
			`{"url":"tls://a.example.com,tls://b.example.com","subject":"a"}`:                              "tls://",
			`{"url":"tls://u:SECRET@nats.example.com","subject":"a"}`:                                      "user and password",
			`{"url":"tls://SECRET@nats.example.com","subject":"a"}`:                                        "token",
			`{"url":"tls://nats.example.com/a","subject":"a"}`:                                             "host and port only",
			`{"url":"tls://nats.example.com?a=SECRET","subject":"a"}`:                                      "host and port only",
			`{"url":"tls://nats.example.com:0","subject":"a"}`:                                             "port",
			`{"url":"tls://10.0.0.1","subject":"a"}`:                                                       "not a public one",
			`{"url":"tls://nats.example.com","subject":"a b"}`:                                             "subject",
			`{"url":"tls://nats.example.com","subject":"a.*"}`:                                             "subject",
			`{"url":"tls://nats.example.com","subject":"a.>"}`:                                             "subject",
			`{"url":"tls://nats.example.com","subject":"a..b"}`:                                            "each dot",
			`{"url":"tls://nats.example.com","subject":"$JS.API.STREAM.DELETE.x"}`:                         "subject",
			`{"url":"tls://nats.example.com","subject":"{eui}"}`:                                           "subject",
			`{"url":"tls://nats.example.com","subject":"a\r\nPUB x 0"}`:                                    "subject",
			`{"url":"tls://nats.example.com","subject":"a","stream":"a.b"}`:                                "stream",
			`{"url":"tls://nats.example.com","subject":"a","password":"SECRET"}`:                           "username",
			`{"url":"tls://nats.example.com","subject":"a","username":"u","token":"SECRET"}`:               "only one",
			`{"url":"tls://nats.example.com","subject":"a","credentials":"SECRET"}`:                        ".creds",
			`{"url":"tls://nats.example.com","subject":"a","ca":"SECRET"}`:                                 "PEM",
			`{"url":"nats://nats.example.com","subject":"a","tls_first":true}`:                             "tls_first",
			`{"url":"tls://nats.example.com","subject":"a","tls_first":"SECRET"}`:                          "must be a true or false",
			`{"url":"tls://nats.example.com","subject":"a","username":"u","password":{"SECRET":"inside"}}`: "must be a text",
		},
		Second: func(t *testing.T, address string) string {
			return sinktest.With(`{"subject":"readings"}`, "url", "nats://"+fake(t, `INFO {"server_id":"a","max_payload":1000000,"headers":true,"connect_urls":["`+address+`"]}`, "-ERR 'Server Shutdown'\r\n"))
		},
	})
}

// fake is a server that greets, says PONG, and answers the first message with a text.
func fake(t *testing.T, greeting, answer string) (address string) {
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
				_, _ = c.Write([]byte(greeting + "\r\n"))
				for in := bufio.NewScanner(c); in.Scan(); {
					switch verb, _, _ := strings.Cut(in.Text(), " "); verb {
					case "PING":
						_, _ = c.Write([]byte("PONG\r\n"))
					case "HPUB":
						_, _ = c.Write([]byte(answer))
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func send(t *testing.T, s delivery.Sink, n int, within time.Duration) delivery.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return s.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(1, 0, n)))
}

func TestWhatTheServerSaysIsTold(t *testing.T) {
	s := start(t, func(o *server.Options) {
		o.MaxPayload = 4000
		o.Users = []*server.User{{Username: "ann", Password: "right"}, {Username: "poor", Password: "right", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"readings"}}}}}
		o.JetStreamMaxStore = 1 << 30
	})
	c, js := owner(t, s, nats.UserInfo("ann", "right"))
	makeStream(t, js, jetstream.StreamConfig{Name: "R", Subjects: []string{"readings"}})
	makeStream(t, js, jetstream.StreamConfig{Name: "FULL", Subjects: []string{"full"}, MaxMsgs: 1, Discard: jetstream.DiscardNew})
	for subject, answer := range map[string]string{"deaf": "", "liar": `{"answer":42}`} {
		if _, err := c.Subscribe(subject, func(m *nats.Msg) {
			if answer != "" {
				_ = m.Respond([]byte(answer))
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	bare := start(t, func(o *server.Options) { o.JetStream = false })
	for _, is := range []struct {
		name, config string
		taken        int
		code         delivery.Code
		says         string
	}{
		{"all is well", config(s, "username", "ann", "password", "right"), 3, "", ""},
		{"a wrong password", config(s, "username", "ann", "password", "hush"), 0, delivery.CodeCredentials, "credentials"},
		{"no account", config(s), 0, delivery.CodeCredentials, "credentials"},
		{"may not publish", config(s, "username", "poor", "password", "right"), 0, delivery.CodeCredentials, "may not publish"},
		{"no stream", config(s, "username", "ann", "password", "right", "subject", "nowhere"), 0, delivery.CodeAnswer, "core NATS alone stores nothing"},
		{"no JetStream", config(bare), 0, delivery.CodeAnswer, "core NATS alone stores nothing"},
		{"a subscriber that is no stream", config(s, "username", "ann", "password", "right", "subject", "deaf"), 0, delivery.CodeTimeout, "only a JetStream stream acknowledges"},
		{"a responder that is no stream", config(s, "username", "ann", "password", "right", "subject", "liar"), 0, delivery.CodeProtocol, "no JetStream stream"},
		{"another stream", config(s, "username", "ann", "password", "right", "stream", "FULL"), 0, delivery.CodeAnswer, "(10060)"},
		{"a full stream", config(s, "username", "ann", "password", "right", "subject", "full"), 1, delivery.CodeAnswer, "(10077)"},
		{"no TLS", sinktest.With(config(bare), "url", "tls://"+bare.Addr().String()), 0, delivery.CodeTLS, "offers no TLS"},
	} {
		_, sink := sinktest.Open(t, Kind, is.config)
		within := 60 * time.Second
		if is.code == delivery.CodeTimeout {
			within = 500 * time.Millisecond
		}
		res := send(t, sink, 3, within)
		if res.Taken != is.taken || res.Reason.Code != is.code || !strings.Contains(res.Reason.Text, is.says) || strings.Contains(res.Reason.Text, "hush") {
			t.Errorf("%s: %+v", is.name, res)
		}
	}
	_, sink := sinktest.Open(t, Kind, config(s, "username", "ann", "password", "right"))
	p := sinktest.Parcels(1, 10, 3)
	p[1].Body = append(p[1].Body[:len(p[1].Body)-1], []byte(`,"data":"`+strings.Repeat("0", 4000)+`"}`)...)
	res := sink.Deliver(t.Context(), delivery.NewBatch(0, p))
	if res.Taken != 1 || len(res.Never) != 1 || res.Never[0].Index != 1 || !strings.Contains(res.Never[0].Reason.Text, "max_payload") {
		t.Errorf("a reading above max_payload: %+v", res)
	}
}

// A message sent again within the stream's window is acknowledged as a duplicate: taken,
// and there once.
func TestADuplicateIsTaken(t *testing.T) {
	s := start(t)
	_, js := owner(t, s)
	makeStream(t, js, jetstream.StreamConfig{Name: "R", Subjects: []string{"readings"}})
	for range 3 {
		_, sink := sinktest.Open(t, Kind, config(s))
		if res := send(t, sink, 50, 60*time.Second); res.Taken != 50 {
			t.Fatalf("%+v", res)
		}
	}
	if n := len(held(t, js, "R")); n != 50 {
		t.Errorf("the stream holds %d messages", n)
	}
}

// The server goes away and comes back with what it stored, on the same port, while batches
// are under way: nothing is lost, nothing is there twice.
func TestAServerThatGoesAwayLosesAndDoublesNothing(t *testing.T) {
	dir := t.TempDir()
	s := start(t, func(o *server.Options) { o.StoreDir = dir })
	_, js := owner(t, s)
	makeStream(t, js, jetstream.StreamConfig{Name: "R", Subjects: []string{"readings"}})
	port := s.Addr().(*net.TCPAddr).Port
	_, sink := sinktest.Open(t, Kind, config(s))
	parcels := sinktest.Parcels(1, 0, 400)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; i < 400; i += 10 {
			b := delivery.NewBatch(0, parcels[i:i+10])
			for {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				res := sink.Deliver(ctx, b)
				cancel()
				if res.Taken == 10 || t.Context().Err() != nil {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
	}()
	for range 2 {
		time.Sleep(50 * time.Millisecond)
		s.Shutdown()
		s.WaitForShutdown()
		s = start(t, func(o *server.Options) { o.StoreDir, o.Port = dir, port })
	}
	<-done
	_, js = owner(t, s)
	got := held(t, js, "R")
	for i, id := range got {
		if id != string(parcels[i].ID) {
			t.Fatalf("message %d is %s", i, id)
		}
	}
	if len(got) != 400 {
		t.Errorf("%d messages of 400", len(got))
	}
}

// Lengths that a lying server announces make no room: the client's own parser would take
// them at their word and end the program.
func TestAnAnnouncedLengthMakesNoRoom(t *testing.T) {
	for name, answer := range map[string]string{
		"a payload of terabytes":           "MSG a 1 99999999999999\r\nA",
		"a payload with headers":           "HMSG a 1 10 99999999999999\r\nA",
		"a payload just above the bound":   "MSG a 1 65537\r\n" + strings.Repeat("a", 65537),
		"a line without an end":            "INFO {" + strings.Repeat("a", answerMax+1),
		"a length that is none":            "msg a 1 -5\r\n",
		"a length beyond any number":       "MSG a 1 99999999999999999999999999\r\n",
		"a long line in small letters":     "msg " + strings.Repeat("a", answerMax) + " 1 1\r\n",
		"what no server says in a session": "HTTP/1.1 200 OK\r\n\r\n",
	} {
		address := fake(t, `INFO {"server_id":"a","max_payload":1000000,"headers":true}`, answer)
		_, sink := sinktest.Open(t, Kind, sinktest.With(`{"subject":"readings"}`, "url", "nats://"+address))
		if res := send(t, sink, 1, 30*time.Second); res.Taken != 0 || res.Reason.None() || res.Reason.Code == delivery.CodeTimeout {
			t.Errorf("%s: %+v", name, res)
		}
	}
	for _, greeting := range []string{"INFO " + strings.Repeat("a", answerMax+10), "INFO nonsense", `INFO {"tls_required":true}`, "220 smtp.example.com ESMTP"} {
		_, sink := sinktest.Open(t, Kind, sinktest.With(`{"subject":"readings"}`, "url", "nats://"+fake(t, greeting, "")))
		if res := send(t, sink, 1, 30*time.Second); res.Taken != 0 || res.Reason.Code != delivery.CodeProtocol && res.Reason.Code != delivery.CodeTLS {
			t.Errorf("%.30s: %+v", greeting, res)
		}
	}
}

// The payload and the lines around it, cut anywhere.
func TestTheWireFollowsWhereverReadsEnd(t *testing.T) {
	text := "+OK\r\nMSG a.b 1 _INBOX.x 5\r\nMSG x\r\nHMSG a 1 4 6\r\nabcd\r\n\r\nPING\r\nmsg a 1 0\r\n\r\nPONG\r\n"
	for cut := range len(text) {
		w := &wire{}
		if !w.follow([]byte(text[:cut])) || !w.follow([]byte(text[cut:])) || w.left != 0 || len(w.line) != 0 {
			t.Errorf("cut at %d: %d left, %q", cut, w.left, w.line)
		}
	}
}
