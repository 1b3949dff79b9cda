package amqp1

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func config(address string, extra ...any) string {
	return sinktest.With(`{"username":"guest","password":"guest"}`, append([]any{"url", "amqp://" + address}, extra...)...)
}

// held takes everything out of a queue, over a connection of its own, and gives it back.
func held(t *testing.T, broker, queue string) (ids []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	c, err := amqp.Dial(ctx, "amqp://guest:guest@"+broker, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	session, err := c.NewSession(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := session.NewReceiver(ctx, queue, &amqp.ReceiverOptions{Credit: 5000, SourceDurability: amqp.DurabilityConfiguration})
	if err != nil {
		t.Fatal(err)
	}
	for quiet := time.Second; ; quiet = 300 * time.Millisecond {
		wait, cancel := context.WithTimeout(ctx, quiet)
		m, err := r.Receive(wait, nil)
		cancel()
		if err != nil {
			return ids // what was not settled goes back with the connection
		}
		var body struct{ ID, Dev string }
		if json.Unmarshal(m.GetData(), &body) != nil || m.Properties == nil || m.Properties.MessageID != body.ID || *m.Properties.GroupID != body.Dev || *m.Properties.ContentType != "application/json" || !m.Header.Durable {
			t.Errorf("a message with properties %+v, header %+v: %s", m.Properties, m.Header, m.GetData())
		}
		ids = append(ids, body.ID)
	}
}

func suite() sinktest.Suite {
	return sinktest.Suite{
		Kind: Kind,
		At: func(host, port string) string {
			return sinktest.With(`{"address":"q"}`, "url", "amqps://"+host+":"+port)
		},
		Secrets: []string{`{"url":"amqp://127.0.0.1:1","address":"q","username":"u","password":"SECRET"}`},
		Bad: map[string]string{
			`{}`:                               "amqps://",
			`{"url":"amqps://mq.example.com"}`: "address",
			`{"url":"amqp://mq.example.com","address":"q"}`:                                                           "not be encrypted",
			`{"url":"https://mq.example.com","address":"q"}`:                                                          "amqps://",
			`{"url":"amqps://u:SECRET@mq.example.com","address":"q"}`:                                                 "user and password",
			`{"url":"amqps://mq.example.com/q","address":"q"}`:                                                        "address",
			`{"url":"amqps://mq.example.com?a=SECRET","address":"q"}`:                                                 "host and port only",
			`{"url":"amqps://a.example.com,b.example.com","address":"q"}`:                                             "amqps://",
			`{"url":"amqps://mq.example.com:0","address":"q"}`:                                                        "port",
			`{"url":"amqps://10.0.0.1","address":"q"}`:                                                                "not a public one",
			`{"url":"amqps://mq.example.com","address":"a\r\nb"}`:                                                     "address",
			`{"url":"amqps://mq.example.com","address":"` + strings.Repeat("x", 1025) + `"}`:                          "address",
			`{"url":"amqps://mq.example.com","address":"q","username":"u"}`:                                           "go together",
			`{"url":"amqps://mq.example.com","address":"q","password":"SECRET"}`:                                      "go together",
			`{"url":"amqps://mq.example.com","address":"q","username":"u","password":"SECRET\u0000"}`:                 "zero",
			`{"url":"amqps://mq.example.com","address":"q","ca":"SECRET"}`:                                            "PEM",
			`{"url":"amqps://mq.example.com","address":"q","username":"u","password":{"SECRET":1}}`:                   "must be a text",
			`{"url":"amqps://mq.example.com","address":"q","username":"u","password":"SECRET","client_key":"SECRET"}`: "client_key",
		},
		Second: func(t *testing.T, address string) string {
			host, port, _ := strings.Cut(address, ":")
			return config(fake(t, func(b *broker) {
				b.send(0, 0x18, described(0x1d, symbol("amqp:connection:redirect"), text("go there"),
					table(symbol("hostname"), text(host), symbol("network-host"), text(host), symbol("port"), uint32of(atoi(port)))))
			}), "address", "q")
		},
	}
}

// In the usual form: what needs no broker.
func TestConformanceWithoutABroker(t *testing.T) { sinktest.Run(t, suite()) }

// In the long form: every case, on a RabbitMQ.
func TestConformanceOnRabbitMQ(t *testing.T) {
	server := rabbitMQ(t)
	var queues atomic.Int64
	queue := func() string { return fmt.Sprint("/queue/readings", queues.Add(1)) }
	s := suite()
	s.New = func(t *testing.T) sinktest.Peer {
		address := queue()
		return sinktest.Peer{
			Config: config(server.URL, "address", address), Repeats: true,
			Held: func(t *testing.T) []string { return held(t, server.URL, address) },
		}
	}
	s.Proxied = func(config, address string) string { return sinktest.With(config, "url", "amqp://"+address) }
	s.Encrypted = func(t *testing.T, c *tls.Config) string {
		return config(server.URL, "url", "amqps://"+sinktest.Front(t, server.URL, c, nil), "address", queue())
	}
	sinktest.Run(t, s)
}

// In the long form: what a RabbitMQ says and does beyond the suite.
func TestRabbitMQ(t *testing.T) {
	server := rabbitMQ(t)
	var queues atomic.Int64
	queue := func() string { return fmt.Sprint("/queue/readings", queues.Add(1)) }
	t.Run("what the broker says is told", func(t *testing.T) {
		for _, is := range []struct {
			name, config string
			taken        int
			code         delivery.Code
			says         string
		}{
			{"all is well", config(server.URL, "address", queue()), 3, "", ""},
			{"a wrong password", config(server.URL, "address", queue(), "password", "hush"), 0, delivery.CodeCredentials, ""},
			{"an address that loses", config(server.URL, "address", "/amq/queue/nowhere"), 0, delivery.CodeAnswer, "/queue/NAME"},
			{"an exchange", config(server.URL, "address", "/exchange/amq.topic/nobody"), 0, delivery.CodeAnswer, "/queue/NAME"},
		} {
			_, s := sinktest.Open(t, Kind, is.config)
			for range 2 {
				res := send(t, s, sinktest.Parcels(1, 0, 3))
				if res.Taken != is.taken || res.Reason.Code != is.code || !strings.Contains(res.Reason.Text, is.says) || strings.Contains(res.Reason.Text, "hush") {
					t.Errorf("%s: %+v", is.name, res)
				}
			}
		}
		_, s := sinktest.Open(t, Kind, config(server.URL, "address", queue()))
		p := sinktest.Parcels(1, 10, 1)
		p[0].Body = append(p[0].Body[:len(p[0].Body)-1], []byte(`,"data":"`+strings.Repeat("0", 4096)+`"}`)...)
		if res := send(t, s, p); res.Taken != 0 || res.Reason.None() || res.Gone {
			t.Errorf("a message too large: %+v", res)
		}
		if res := send(t, s, sinktest.Parcels(1, 11, 1)); res.Taken != 1 {
			t.Errorf("the one after it: %+v", res)
		}
	})
	t.Run("a broker that is killed loses nothing", func(t *testing.T) { killed(t, server, queue()) })
}

func rabbitMQ(t *testing.T) *servers.Process {
	t.Helper()
	if !servers.Long() {
		t.Skip("RabbitMQ needs half a minute to start: DBDAO_LONG=1")
	}
	return servers.RabbitMQ(t)
}

func send(t *testing.T, s delivery.Sink, parcels []delivery.Parcel) delivery.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	return s.Deliver(ctx, delivery.NewBatch(0, parcels))
}

// The broker is killed while batches are under way, and comes back with what it accepted.
func killed(t *testing.T, server *servers.Process, queue string) {
	_, s := sinktest.Open(t, Kind, config(server.URL, "address", queue))
	const all = 600
	parcels := sinktest.Parcels(1, 0, all)
	done := make(chan struct{})
	var sent atomic.Int64
	go func() {
		defer close(done)
		for i := 0; i < all; i += 20 {
			b := delivery.NewBatch(0, parcels[i:i+20])
			for t.Context().Err() == nil {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				res := s.Deliver(ctx, b)
				cancel()
				if res.Taken == 20 {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			sent.Add(20)
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for sent.Load() < all/4 && t.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	server.Kill()
	server.Start()
	<-done
	there := map[string]bool{}
	for _, id := range held(t, server.URL, queue) {
		there[id] = true
	}
	if len(there) != all {
		t.Errorf("%d of %d accepted messages are there", len(there), all)
	}
}
