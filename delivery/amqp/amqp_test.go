package amqp

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// owner is the buyer's own channel to his broker.
type owner struct {
	address string
	mu      sync.Mutex
	conn    *amqp.Connection
	ch      *amqp.Channel
	queues  atomic.Int64
}

func newOwner(t *testing.T, address string) *owner {
	o := &owner{address: address}
	o.connect(t)
	t.Cleanup(func() { _ = o.conn.Close() })
	return o
}

func (o *owner) connect(t *testing.T) {
	t.Helper()
	var err error
	if o.conn, err = amqp.Dial("amqp://guest:guest@" + o.address + "/"); err == nil {
		o.ch, err = o.conn.Channel()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// queue makes a durable queue behind an exchange of its own, and gives both names.
func (o *owner) queue(t *testing.T, binding string, args amqp.Table) (queue, exchange string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	name := fmt.Sprint("readings ", o.queues.Add(1))
	_, err := o.ch.QueueDeclare(name, true, false, false, false, args)
	if err == nil {
		err = o.ch.ExchangeDeclare("to "+name, "topic", true, false, false, false, nil)
	}
	if err == nil && binding != "" {
		err = o.ch.QueueBind(name, binding, "to "+name, false, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name, "to " + name
}

// held takes everything out of a queue and puts it back.
func (o *owner) held(t *testing.T, queue string) (ids []string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	ch, err := o.conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	defer ch.Close()
	for {
		m, ok, err := ch.Get(queue, false)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return ids
		}
		var body struct{ ID, Dev string }
		if json.Unmarshal(m.Body, &body) != nil || body.ID != m.MessageId || m.DeliveryMode != amqp.Persistent || m.ContentType != "application/json" || m.Headers["dev"] != body.Dev {
			t.Errorf("a message with id %q, mode %d, headers %v: %s", m.MessageId, m.DeliveryMode, m.Headers, m.Body)
		}
		ids = append(ids, m.MessageId)
	}
}

func config(address string, extra ...any) string {
	return sinktest.With(`{"username":"guest","password":"guest"}`, append([]any{"url", "amqp://" + address}, extra...)...)
}

func suite() sinktest.Suite {
	return sinktest.Suite{
		Kind: Kind,
		At: func(host, port string) string {
			return sinktest.With(`{"routing_key":"q","username":"u","password":"p"}`, "url", "amqps://"+host+":"+port)
		},
		Secrets: []string{`{"url":"amqp://127.0.0.1:1","routing_key":"q","username":"u","password":"SECRET"}`},
		Bad: map[string]string{
			`{}`:                               "amqps://",
			`{"url":"amqps://mq.example.com"}`: "exchange or routing_key",
			`{"url":"amqps://mq.example.com","routing_key":"q"}`:                                                                "username and password",
			`{"url":"amqp://mq.example.com","routing_key":"q","username":"u","password":"SECRET"}`:                              "not be encrypted",
			`{"url":"https://mq.example.com","routing_key":"q","username":"u","password":"SECRET"}`:                             "amqps://",
			`{"url":"amqps://u:SECRET@mq.example.com","routing_key":"q"}`:                                                       "user and password",
			`{"url":"amqps://mq.example.com/vhost","routing_key":"q"}`:                                                          "vhost",
			`{"url":"amqps://mq.example.com?heartbeat=1","routing_key":"q"}`:                                                    "host and port only",
			`{"url":"amqps://a.example.com,b.example.com","routing_key":"q"}`:                                                   "amqps://",
			`{"url":"amqps://mq.example.com:0","routing_key":"q","username":"u","password":"SECRET"}`:                           "port",
			`{"url":"amqps://10.0.0.1","routing_key":"q","username":"u","password":"SECRET"}`:                                   "not a public one",
			`{"url":"amqps://mq.example.com","routing_key":"{eui}","username":"u","password":"SECRET"}`:                         "routing_key",
			`{"url":"amqps://mq.example.com","routing_key":"{dev}{dev}{dev}{dev}","username":"u","password":"SECRET"}`:          "255",
			`{"url":"amqps://mq.example.com","exchange":"` + strings.Repeat("x", 256) + `","username":"u","password":"SECRET"}`: "255",
			`{"url":"amqps://mq.example.com","routing_key":"q","username":"u"}`:                                                 "go together",
			`{"url":"amqps://mq.example.com","routing_key":"q","password":"SECRET"}`:                                            "go together",
			`{"url":"amqps://mq.example.com","routing_key":"q","username":"u","password":"SECRET\u0000"}`:                       "zero",
			`{"url":"amqps://mq.example.com","routing_key":"q","username":"u","password":"p","ca":"SECRET"}`:                    "PEM",
			`{"url":"amqps://mq.example.com","routing_key":"q","username":"u","password":5}`:                                    "must be a text",
		},
	}
}

// In the usual form: what needs no broker.
func TestConformanceWithoutABroker(t *testing.T) { sinktest.Run(t, suite()) }

// In the long form: every case, on a RabbitMQ.
func TestConformanceOnRabbitMQ(t *testing.T) {
	server := rabbitMQ(t)
	o := newOwner(t, server.URL)
	s := suite()
	s.New = func(t *testing.T) sinktest.Peer {
		queue, exchange := o.queue(t, "#", nil)
		return sinktest.Peer{
			Config: config(server.URL, "exchange", exchange, "routing_key", "{stream}.{dev}"), Repeats: true,
			Held: func(t *testing.T) []string { return o.held(t, queue) },
			Bad: func(p *delivery.Parcel) {
				p.Body = append(p.Body[:len(p.Body)-1], []byte(`,"data":"`+strings.Repeat("0", 4096)+`"}`)...)
			},
		}
	}
	s.Proxied = func(config, address string) string { return sinktest.With(config, "url", "amqp://"+address) }
	s.Encrypted = func(t *testing.T, c *tls.Config) string {
		queue, _ := o.queue(t, "", nil)
		return config(server.URL, "url", "amqps://"+sinktest.Front(t, server.URL, c, nil), "routing_key", queue)
	}
	sinktest.Run(t, s)
}

// In the long form: what a RabbitMQ says and does beyond the suite.
func TestRabbitMQ(t *testing.T) {
	server := rabbitMQ(t)
	o := newOwner(t, server.URL)
	t.Run("what the broker says is told", func(t *testing.T) { says(t, o, server.URL) })
	t.Run("what no queue takes waits, the others arrive", func(t *testing.T) { unroutable(t, o, server.URL) })
	t.Run("a broker that is killed loses nothing", func(t *testing.T) { killed(t, o, server) })
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

func says(t *testing.T, o *owner, address string) {
	queue, exchange := o.queue(t, "1", nil)
	full, _ := o.queue(t, "", amqp.Table{"x-max-length": 2, "x-overflow": "reject-publish"})
	for _, is := range []struct {
		name   string
		config string
		want   delivery.Result
		says   string
	}{
		{"all is well", config(address, "routing_key", queue), delivery.Result{Taken: 4}, ""},
		{"a wrong password", config(address, "routing_key", queue, "password", "hush"), delivery.Failed(delivery.CodeCredentials, ""), "username and password"},
		{"another virtual host", config(address, "routing_key", queue, "vhost", "nowhere"), delivery.Failed(delivery.CodeAnswer, ""), "vhost nowhere not found"},
		{"no exchange", config(address, "exchange", "nowhere"), delivery.Failed(delivery.CodeAnswer, ""), "404 NOT_FOUND - no exchange 'nowhere' in vhost '/'"},
		{"no queue", config(address, "routing_key", "nowhere"), delivery.Failed(delivery.CodeAnswer, ""), "312 NO_ROUTE"},
		{"a queue for the first two only", config(address, "exchange", exchange, "routing_key", "{purchase}"), delivery.Result{Taken: 2, Refused: true, Reason: delivery.Reason{Code: delivery.CodeAnswer}}, "312 NO_ROUTE"},
		{"a full queue", config(address, "routing_key", full), delivery.Result{Taken: 2, Reason: delivery.Reason{Code: delivery.CodeAnswer}}, "basic.nack"},
		{"a reserved exchange", config(address, "exchange", "amq.rabbitmq.trace"), delivery.Failed(delivery.CodeCredentials, ""), "403 ACCESS_REFUSED"},
	} {
		_, s := sinktest.Open(t, Kind, is.config)
		for range 2 { // the same sink, after a channel or connection was closed over it
			res := send(t, s, append(sinktest.Parcels(1, 0, 2), sinktest.Parcels(2, 0, 2)...))
			if is.name == "a full queue" && res.Taken == 0 {
				continue // the second time
			}
			if res.Taken != is.want.Taken || res.Refused != is.want.Refused || res.Reason.Code != is.want.Reason.Code || !strings.Contains(res.Reason.Text, is.says) || strings.Contains(res.Reason.Text, "hush") {
				t.Errorf("%s: %+v", is.name, res)
			}
		}
	}
	_, s := sinktest.Open(t, Kind, config(address, "routing_key", queue))
	p := sinktest.Parcels(1, 10, 1)
	p[0].Body = append(p[0].Body[:len(p[0].Body)-1], []byte(`,"data":"`+strings.Repeat("0", 4096)+`"}`)...)
	if res := send(t, s, p); res.Taken != 0 || !res.Refused || res.Reason.Code != delivery.CodeRefused || !strings.Contains(res.Reason.Text, "larger than configured max size 4096") {
		t.Errorf("a message too large: %+v", res)
	}
}

// rig is what a courier needs, for one destination.
type rig struct{ dest delivery.Destination }

func (r *rig) Destination(market.PurchaseID) (delivery.Destination, bool, error) {
	return r.dest, true, nil
}
func (r *rig) Standing(market.PurchaseID, uint32, uint64) market.Standing { return market.Deliver }
func (r *rig) Attempted(string, delivery.Code, time.Duration, int)        {}
func (r *rig) SetAside(string, delivery.Code, int)                        {}

// Purchase 1 has a queue, 2 has none for a while: 1 arrives, 2 is neither taken nor set
// aside, and arrives when its queue is bound.
func unroutable(t *testing.T, o *owner, address string) {
	queue, exchange := o.queue(t, "1", nil)
	r := &rig{delivery.Destination{ID: delivery.DestinationID{7}, Name: "d", Kind: "amqp", Config: delivery.Config(config(address, "exchange", exchange, "routing_key", "{purchase}"))}}
	shelf := sinktest.NewShelf()
	for i := range 30 {
		shelf.Put(sinktest.Parcels(1, i, 1)...)
		shelf.Put(sinktest.Parcels(2, i, 1)...)
	}
	schedule := []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, time.Second, 24 * time.Hour}
	c := delivery.NewCourier(delivery.CourierConfig{Timeout: 20 * time.Second, Schedule: schedule}, shelf, r, r, func(d delivery.Destination) (delivery.Target, delivery.Sink, error) {
		target, s := sinktest.Open(t, Kind, string(d.Config))
		return target, s, nil
	}, r, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	defer func() { cancel(); <-done }()
	wait := func(n int) {
		t.Helper()
		for end := time.Now().Add(90 * time.Second); len(shelf.Receipts()) < n; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d receipts, want %d", len(shelf.Receipts()), n)
			}
		}
	}
	wait(30)
	time.Sleep(500 * time.Millisecond)
	for name := range shelf.Receipts() {
		if !strings.HasPrefix(name, "1/") {
			t.Errorf("%s was taken, and no queue has it", name)
		}
	}
	if aside := shelf.Aside(); len(aside) > 0 {
		t.Errorf("set aside: %+v", aside[0])
	}
	o.mu.Lock()
	if err := o.ch.QueueBind(queue, "2", exchange, false, nil); err != nil {
		t.Error(err)
	}
	o.mu.Unlock()
	c.Retry(r.dest.ID)
	wait(60)
	held := map[string]bool{}
	for _, id := range o.held(t, queue) {
		held[id] = true
	}
	if len(held) != 60 || len(shelf.Aside()) > 0 {
		t.Errorf("%d of 60 arrived, %d were set aside", len(held), len(shelf.Aside()))
	}
}

// The broker is killed while batches are under way, and comes back with what it confirmed.
func killed(t *testing.T, o *owner, server *servers.Process) {
	queue, exchange := o.queue(t, "#", nil)
	_, s := sinktest.Open(t, Kind, config(server.URL, "exchange", exchange, "routing_key", "{dev}"))
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
	o.connect(t)
	held := map[string]bool{}
	for _, id := range o.held(t, queue) {
		held[id] = true
	}
	if len(held) != all {
		t.Errorf("%d of %d confirmed messages are there", len(held), all)
	}
}
