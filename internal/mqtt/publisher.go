package mqtt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
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
	out    *outlet // nil: not connected
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
	out, err := p.connected(ctx)
	if err != nil {
		return 0, err
	}
	if taken, err = out.publish(ctx, all, qos); err != nil {
		return taken, fmt.Errorf("publish to %s: %w", p.cfg.host(), err)
	}
	return taken, nil
}

// connected gives the open connection, or opens one.
func (p *Publisher) connected(ctx context.Context) (*outlet, error) {
	if out, err := p.open(); out != nil || err != nil {
		return out, err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to %s: %w", p.cfg.host(), ctx.Err())
	}
	if out, err := p.open(); out != nil || err != nil { // another caller was faster
		return out, err
	}
	if err := p.cfg.Check(); err != nil {
		return nil, err
	}
	p.drop()
	w, _, err := p.cfg.connect(ctx, nil)
	if err != nil {
		return nil, err
	}
	out := newOutlet(w)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		out.close()
		return nil, ErrClosed
	}
	p.out = out
	return out, nil
}

func (p *Publisher) open() (*outlet, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, ErrClosed
	case p.out != nil && p.out.isOpen():
		return p.out, nil
	}
	return nil, nil
}

// drop forgets the connection there was.
func (p *Publisher) drop() {
	p.mu.Lock()
	out := p.out
	p.out = nil
	p.mu.Unlock()
	if out != nil {
		out.close()
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

// outlet is a publisher's connection: who waits for which PUBACK.
type outlet struct {
	w *wire

	mu    sync.Mutex
	last  uint16
	waits map[uint16]place
	err   error
	ended chan struct{} // closed when nothing more will be acknowledged
}

// place is a message in a flight of them.
type place struct {
	flight *flight
	i      int
}

// flight is messages that are published together.
type flight struct {
	acked []bool
	left  int
	done  chan struct{} // closed when all are acknowledged
}

// waitsMax is how many messages may be unacknowledged: a broker that takes so many and
// acknowledges none is asked over another connection.
const waitsMax = 60_000

var errStuck = errors.New("the broker acknowledges nothing")

// errLong says that a message does not fit into a packet: 65,535 bytes of topic, 256 MiB in all.
var errLong = errors.New("the topic or the message is longer than MQTT allows")

func newOutlet(w *wire) *outlet {
	w.ear.full = pubacksIn
	o := &outlet{w: w, waits: map[uint16]place{}, ended: make(chan struct{})}
	go o.read()
	return o
}

func (o *outlet) isOpen() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err == nil
}

// read takes acknowledgements until the connection ends.
func (o *outlet) read() {
	defer close(o.ended)
	for {
		first, body, err := o.w.next()
		switch {
		case err != nil:
		case first>>4 == typePuback && len(body) == 2:
			o.acknowledged(binary.BigEndian.Uint16(body))
			continue
		case first>>4 == typePingresp:
			continue
		default:
			err = fmt.Errorf("%w: a packet of type %d to a publisher", errProtocol, first>>4)
		}
		o.fail(err)
		return
	}
}

func (o *outlet) acknowledged(id uint16) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, ok := o.waits[id]
	if !ok {
		return
	}
	delete(o.waits, id)
	at.flight.acked[at.i] = true
	if at.flight.left--; at.flight.left == 0 {
		close(at.flight.done)
	}
}

// fail ends the connection; the first reason stays.
func (o *outlet) fail(err error) {
	o.mu.Lock()
	if o.err == nil {
		o.err = err
	}
	o.mu.Unlock()
	o.w.Close()
}

func (o *outlet) close() {
	o.w.finish()
	o.fail(ErrClosed)
	<-o.ended
	o.w.wait()
}

// packets are buffers for flights on their way out.
var packets = sync.Pool{New: func() any { return new([]byte) }}

// publish sends a flight and waits for its PUBACKs.
func (o *outlet) publish(ctx context.Context, all []Outgoing, qos byte) (taken int, err error) {
	buffer := packets.Get().(*[]byte)
	defer packets.Put(buffer)
	f := &flight{acked: make([]bool, len(all)), left: len(all), done: make(chan struct{})}
	b, err := o.render((*buffer)[:0], f, all, qos)
	if *buffer = b; err != nil {
		return 0, err
	}
	if err := o.w.writeWithin(ctx, b); err != nil {
		o.fail(err) // the broker has a part of a packet
		return o.taken(f), err
	}
	if qos == 0 || len(all) == 0 {
		return len(all), nil
	}
	select {
	case <-f.done:
		return len(all), nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-o.ended:
		o.mu.Lock()
		err = o.err
		o.mu.Unlock()
	}
	if taken = o.taken(f); taken == len(all) {
		return taken, nil
	}
	return taken, err
}

// taken counts the acknowledged messages at the front of a flight.
func (o *outlet) taken(f *flight) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n < len(f.acked) && f.acked[n] {
		n++
	}
	return n
}

// render writes PUBLISH packets (MQTT 3.1.1, section 3.3) and notes who waits for them.
func (o *outlet) render(b []byte, f *flight, all []Outgoing, qos byte) ([]byte, error) {
	for _, m := range all {
		if len(m.Topic) > 65_535 || len(m.Topic)+len(m.Payload) > 268_435_000 {
			return b, errLong
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return b, o.err
	}
	if qos > 0 && len(o.waits)+len(all) > waitsMax {
		o.err = errStuck
		o.w.Conn.Close()
		return b, errStuck
	}
	for i, m := range all {
		b = append(b, typePublish<<4|qos<<1)
		b = binary.AppendUvarint(b, uint64(2+len(m.Topic)+2*int(qos)+len(m.Payload)))
		b = field(b, m.Topic)
		if qos > 0 {
			id := o.free()
			o.waits[id] = place{f, i}
			b = binary.BigEndian.AppendUint16(b, id)
		}
		b = append(b, m.Payload...)
	}
	return b, nil
}

// free is a packet id nobody waits for.
func (o *outlet) free() uint16 {
	for {
		o.last++
		if _, taken := o.waits[o.last]; !taken && o.last != 0 {
			return o.last
		}
	}
}
