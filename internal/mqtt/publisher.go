package mqtt

import (
	"context"
	"errors"
	"fmt"
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// ErrClosed says that the publisher was closed.
var ErrClosed = errors.New("the MQTT publisher is closed")

// Publisher publishes over one connection, which it opens when it is first needed
// and again after it was lost. It keeps nothing: a message whose Publish did not
// return nil is the caller's to send again.
type Publisher struct {
	cfg Config

	turn   chan struct{} // held while connecting
	mu     sync.Mutex
	client paho.Client
	wire   *wire
	closed bool
}

// NewPublisher prepares a publisher; the first Publish connects it.
func NewPublisher(cfg Config) *Publisher {
	cfg.CleanSession = true // the session would only hold what Publish has given up
	return &Publisher{cfg: cfg, turn: make(chan struct{}, 1)}
}

// Outgoing is a message to publish.
type Outgoing struct {
	Topic   string
	Payload []byte
}

// Publish returns nil when the broker has taken the message: for qos 1 after its
// PUBACK, for qos 0 after it was written. It may be called from many goroutines.
func (p *Publisher) Publish(ctx context.Context, topic string, payload []byte, qos byte) error {
	_, err := p.PublishAll(ctx, []Outgoing{{topic, payload}}, qos)
	return err
}

// PublishAll publishes in order without waiting in between, and tells how many from the
// front the broker has taken; fewer than all come with an error.
func (p *Publisher) PublishAll(ctx context.Context, all []Outgoing, qos byte) (taken int, err error) {
	client, err := p.connected(ctx)
	if err != nil {
		return 0, err
	}
	tokens := make([]paho.Token, len(all))
	for i, m := range all {
		tokens[i] = client.Publish(m.Topic, qos, false, m.Payload)
	}
	for i, token := range tokens {
		select {
		case <-token.Done():
			if err := token.Error(); err != nil {
				return i, fmt.Errorf("publish to %s: %w", p.cfg.host(), err)
			}
		case <-ctx.Done():
			return i, fmt.Errorf("publish to %s: %w", p.cfg.host(), ctx.Err())
		}
	}
	return len(all), nil
}

// connected gives the open connection, or opens one.
func (p *Publisher) connected(ctx context.Context) (paho.Client, error) {
	if c, err := p.open(); c != nil || err != nil {
		return c, err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to %s: %w", p.cfg.host(), ctx.Err())
	}
	if c, err := p.open(); c != nil || err != nil { // another caller was faster
		return c, err
	}
	if err := p.cfg.Check(); err != nil {
		return nil, err
	}
	p.drop()
	var w *wire
	client := paho.NewClient(p.cfg.options(ctx, &w, nil))
	if err := p.cfg.connect(ctx, client, &w); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		client.Disconnect(0)
		closeWire(w)
		return nil, ErrClosed
	}
	p.client, p.wire = client, w
	return client, nil
}

func (p *Publisher) open() (paho.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, ErrClosed
	case p.client != nil && p.client.IsConnectionOpen():
		return p.client, nil
	}
	return nil, nil
}

// drop forgets the connection there was.
func (p *Publisher) drop() {
	p.mu.Lock()
	client, w := p.client, p.wire
	p.client, p.wire = nil, nil
	p.mu.Unlock()
	if client != nil {
		client.Disconnect(100)
		closeWire(w)
	}
}

// Close ends the connection. What has not been acknowledged fails.
func (p *Publisher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drop()
	return nil
}
