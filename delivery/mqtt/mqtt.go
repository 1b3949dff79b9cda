// Package mqtt delivers parcels by publishing each with QoS 1 to the buyer's own
// broker; the broker's PUBACK is the acceptance. A parcel's permanent id is the
// member "id" of its body.
package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	client "github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
)

// ErrRoute says why a route is no MQTT route of ours.
var ErrRoute = errors.New("not a usable mqtt route")

// Config is what all MQTT sinks of a bridge share.
type Config struct {
	Guard    netguard.Guard
	ClientID string // begins the client ids; the broker sees one per URL and user
}

// Check tells whether a route is well formed, without connecting.
func Check(cfg Config, r delivery.Route) error {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%w: url is no URL, e.g. mqtts://broker.example.com:8883", ErrRoute)
	}
	secure := u.Scheme == "mqtts" || u.Scheme == "ssl" || u.Scheme == "tls"
	plain := u.Scheme == "mqtt" || u.Scheme == "tcp"
	if !secure && (!plain || !cfg.Guard.AllowPrivate) {
		return fmt.Errorf("%w: url must begin with mqtts://", ErrRoute)
	}
	if u.User != nil {
		return fmt.Errorf("%w: user and password belong into username and password, not into url", ErrRoute)
	}
	if r.Topic == "" || len(r.Topic) > 1024 || strings.ContainsAny(r.Topic, "+#\x00") || strings.HasPrefix(r.Topic, "$") {
		return fmt.Errorf("%w: topic must be a topic to publish to, without + and #", ErrRoute)
	}
	return nil
}

// Pool shares one connection among the routes with the same broker and user.
type Pool struct {
	cfg Config

	mu    sync.Mutex
	conns map[string]*conn
}

type conn struct {
	publisher *client.Publisher
	users     int
}

// NewPool makes an empty pool.
func NewPool(cfg Config) *Pool { return &Pool{cfg: cfg, conns: map[string]*conn{}} }

// Sink publishes to one route.
type Sink struct {
	pool  *Pool
	key   string
	conn  *conn
	topic string
	once  sync.Once
}

// Open makes a sink; it connects at the first delivery.
func (p *Pool) Open(r delivery.Route) (*Sink, error) {
	if err := Check(p.cfg, r); err != nil {
		return nil, err
	}
	var conf *tls.Config
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: url is no URL", ErrRoute)
	}
	if u.Scheme != "mqtt" && u.Scheme != "tcp" {
		conf = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
		if r.CA != "" {
			conf.RootCAs = x509.NewCertPool()
			if !conf.RootCAs.AppendCertsFromPEM([]byte(r.CA)) {
				return nil, fmt.Errorf("%w: ca holds no PEM certificate", ErrRoute)
			}
		}
	}
	key := strings.Join([]string{r.URL, r.Username, r.Password, r.CA}, "\x00")
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.conns[key]
	if !ok {
		c = &conn{publisher: client.NewPublisher(client.Config{
			URL: r.URL, ClientID: fmt.Sprintf("%s-%d", p.cfg.ClientID, len(p.conns)+1), Username: r.Username, Password: r.Password,
			TLS: conf, CleanSession: true, Dial: p.cfg.Guard.Dial,
		})}
		p.conns[key] = c
	}
	c.users++
	return &Sink{pool: p, key: key, conn: c, topic: r.Topic}, nil
}

// Deliver publishes the parcels in order and stops at the first that is not taken.
func (s *Sink) Deliver(ctx context.Context, batch []delivery.Parcel) delivery.Result {
	for i := range batch {
		if err := s.conn.publisher.Publish(ctx, s.topic, batch[i].Body, 1); err != nil {
			if errors.Is(err, netguard.ErrForbidden) {
				return delivery.Result{Err: netguard.ErrForbidden, Retry: true}
			}
			return delivery.Result{Err: errors.New("the broker did not take it"), Retry: true}
		}
	}
	return delivery.Result{}
}

// Close gives the connection back.
func (s *Sink) Close() (err error) {
	s.once.Do(func() {
		s.pool.mu.Lock()
		defer s.pool.mu.Unlock()
		if s.conn.users--; s.conn.users == 0 {
			delete(s.pool.conns, s.key)
			err = s.conn.publisher.Close()
		}
	})
	return err
}
