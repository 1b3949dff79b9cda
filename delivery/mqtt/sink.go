package mqtt

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	client "github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/eclipse/paho.golang/paho"
)

// sink3 speaks MQTT 3.1.1.
type sink3 struct {
	*target
	publisher *client.Publisher
}

func newSink3(t *target, env delivery.Env, id string) *sink3 {
	return &sink3{target: t, publisher: client.NewPublisher(client.Config{
		URL: scheme(t) + t.address.String(), ClientID: id, Username: t.Username, Password: string(t.Password),
		TLS: t.tls, CleanSession: true, MaxPacket: answerMax, Dial: env.Dial,
	})}
}

func scheme(t *target) string {
	if t.address.TLS {
		return "mqtts://"
	}
	return "mqtt://"
}

// answerMax bounds what a broker may send: it has nothing to say but acknowledgements.
const answerMax = 64 << 10

// Deliver publishes in order; what the broker has not acknowledged is tried again.
func (s *sink3) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	all := make([]client.Outgoing, len(b.Parcels))
	for i := range b.Parcels {
		all[i] = client.Outgoing{Topic: s.topicOf(&b.Parcels[i]), Payload: b.Parcels[i].Body}
	}
	taken, err := s.publisher.PublishAll(ctx, all, 1)
	if err != nil {
		return delivery.Result{Taken: taken, Reason: explain(err)}
	}
	return delivery.Result{Taken: taken}
}

// Close ends the connection.
func (s *sink3) Close() error { return s.publisher.Close() }

// sink5 speaks MQTT 5.
type sink5 struct {
	*target
	env delivery.Env
	id  string

	turn   chan struct{} // held while connecting
	mu     sync.Mutex
	client *paho.Client
	closed bool
}

func newSink5(t *target, env delivery.Env, id string) *sink5 {
	return &sink5{target: t, env: env, id: id, turn: make(chan struct{}, 1)}
}

// Deliver publishes one after the other; the first that is not taken ends it.
func (s *sink5) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	c, err := s.connected(ctx)
	if err != nil {
		return delivery.Result{Reason: explain(err)}
	}
	for i := range b.Parcels {
		p := &b.Parcels[i]
		answer, err := c.Publish(ctx, &paho.Publish{QoS: 1, Topic: s.topicOf(p), Payload: p.Body, Properties: &paho.PublishProperties{
			ContentType: "application/json", User: paho.UserProperties{{Key: "id", Value: string(p.ID)}},
		}})
		if res, ok := s.judge(c, i, answer, err); !ok {
			return res
		}
	}
	return delivery.All(b)
}

// judge reads a PUBACK; ok says that the message was taken.
func (s *sink5) judge(c *paho.Client, i int, answer *paho.PublishResponse, err error) (delivery.Result, bool) {
	switch {
	case answer == nil && err == nil:
		err = errProtocol
		fallthrough
	case answer == nil:
		s.drop(c) // it would publish again what is given up here
		return delivery.Result{Taken: i, Reason: explain(err)}, false
	case answer.ReasonCode == 0:
		return delivery.Result{}, true
	case answer.ReasonCode == 0x10:
		return delivery.Result{Taken: i, Reason: delivery.Reason{Code: delivery.CodeAnswer, Text: "nobody subscribes to the topic"}}, false
	case answer.ReasonCode == 0x90 || answer.ReasonCode == 0x95 || answer.ReasonCode == 0x99: // topic, packet size, payload format
		return delivery.Result{Taken: i, Refused: true, Reason: delivery.Reason{Code: delivery.CodeRefused, Text: "the broker refuses the message: " + hex(answer.ReasonCode)}}, false
	}
	return delivery.Result{Taken: i, Reason: reasonOf(answer.ReasonCode)}, false
}

func hex(code byte) string {
	const digits = "0123456789abcdef"
	return "reason code 0x" + string([]byte{digits[code>>4], digits[code&15]})
}

// reasonOf explains a reason code of MQTT 5.
func reasonOf(code byte) delivery.Reason {
	switch code {
	case 0x86, 0x87, 0x8c:
		return delivery.Reason{Code: delivery.CodeCredentials, Text: "the broker does not let us publish: " + hex(code)}
	case 0x9c, 0x9d:
		return delivery.Reason{Code: delivery.CodeAnswer, Text: "the broker wants another server to be used, which is not followed: set url to it"}
	}
	return delivery.Reason{Code: delivery.CodeAnswer, Text: "the broker did not take it: " + hex(code)}
}

// refusal is a CONNACK with a reason.
type refusal struct{ code byte }

func (r refusal) Error() string { return hex(r.code) }

// connected gives the open connection, or opens one.
func (s *sink5) connected(ctx context.Context) (*paho.Client, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.mu.Lock()
	c, closed := s.client, s.closed
	s.mu.Unlock()
	if closed {
		return nil, net.ErrClosed
	}
	if c != nil {
		select {
		case <-c.Done():
		default:
			return c, nil
		}
	}
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = c.Disconnect(&paho.Disconnect{})
		return nil, net.ErrClosed
	}
	s.client = c
	return c, nil
}

func (s *sink5) connect(ctx context.Context) (*paho.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := s.env.Dial(ctx, "tcp", s.address.String())
	if err != nil {
		return nil, err
	}
	if conn, err = delivery.Handshake(ctx, conn, s.tls, s.address.String()); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c := paho.NewClient(paho.ClientConfig{
		Conn: &capped{Conn: conn}, PacketTimeout: 10 * time.Second,
		OnClientError: func(error) {}, OnServerDisconnect: func(*paho.Disconnect) {},
	})
	connect := &paho.Connect{ClientID: s.id, CleanStart: true, KeepAlive: 30, Properties: &paho.ConnectProperties{MaximumPacketSize: new(uint32(answerMax))}}
	if s.Username != "" {
		connect.Username, connect.UsernameFlag = s.Username, true
		connect.Password, connect.PasswordFlag = []byte(s.Password), s.Password != ""
	}
	ack, err := c.Connect(ctx, connect)
	if ack != nil && ack.ReasonCode >= 0x80 {
		return nil, refusal{ack.ReasonCode}
	}
	if err != nil {
		_ = conn.Close()
		return nil, errors.Join(err, ctx.Err())
	}
	return c, nil
}

// drop ends a connection; the next delivery opens another.
func (s *sink5) drop(c *paho.Client) {
	s.mu.Lock()
	if s.client == c {
		s.client = nil
	}
	s.mu.Unlock()
	_ = c.Disconnect(&paho.Disconnect{ReasonCode: 0})
}

// Close ends the connection.
func (s *sink5) Close() error {
	s.mu.Lock()
	s.closed = true
	c := s.client
	s.client = nil
	s.mu.Unlock()
	if c != nil {
		_ = c.Disconnect(&paho.Disconnect{ReasonCode: 0})
		<-c.Done()
	}
	return nil
}

var errProtocol = errors.New("what answers there does not speak MQTT")

// capped ends a connection whose other side announces a packet of more than answerMax
// bytes, before anybody makes room for it.
type capped struct {
	net.Conn
	left   int // bytes of the packet under way
	header int // bytes of its fixed header seen
	length int
	shift  uint
}

// Read passes bytes on and follows the packets' announced lengths.
func (c *capped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for i := 0; i < n; {
		if c.left > 0 {
			k := min(c.left, n-i)
			c.left -= k
			i += k
			continue
		}
		b := p[i]
		i++
		if c.header++; c.header == 1 {
			continue // type and flags
		}
		c.length |= int(b&0x7f) << c.shift
		c.shift += 7
		if c.length > answerMax || c.header > 5 {
			_ = c.Conn.Close()
			return 0, errProtocol
		}
		if b&0x80 == 0 {
			c.left, c.header, c.length, c.shift = c.length, 0, 0, 0
		}
	}
	return n, err
}

// explain keeps what the buyer may know of a failed attempt.
func explain(err error) delivery.Reason {
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return reasonOf(refused.code)
	case errors.Is(err, client.ErrCredentials):
		return delivery.Reason{Code: delivery.CodeCredentials, Text: "the broker does not accept username and password"}
	case errors.Is(err, errProtocol):
		return delivery.Reason{Code: delivery.CodeProtocol, Text: errProtocol.Error()}
	}
	return delivery.Explain(err)
}
