package mqtt

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	client "github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// sink3 speaks MQTT 3.1.1.
type sink3 struct {
	*target
	publisher *client.Publisher
}

func newSink3(t *target, env delivery.Env, id string) *sink3 {
	return &sink3{target: t, publisher: client.NewPublisher(client.Config{
		URL: scheme(t) + t.server.Address.String(), ClientID: id, Username: t.Username, Password: string(t.Password),
		TLS: t.server.TLS, CleanSession: true, MaxPacket: answerMax, Dial: env.Dial,
	})}
}

func scheme(t *target) string {
	if t.server.Address.TLS {
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
		all[i] = client.Outgoing{Topic: s.Topic.Fill(&b.Parcels[i]), Payload: b.Parcels[i].Body}
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
	env  delivery.Env
	id   string
	link *delivery.Link[*connection5]
}

// connection5 is one to the broker.
type connection5 struct {
	conn   *delivery.Watched
	client *paho.Client
}

func newSink5(t *target, env delivery.Env, id string) *sink5 {
	s := &sink5{target: t, env: env, id: id}
	s.link = delivery.NewLink(s.connect, func(c *connection5) <-chan struct{} { return c.client.Done() }, (*connection5).end)
	return s
}

// Close ends the connection.
func (s *sink5) Close() error { return s.link.Close() }

// end takes leave, of a broker that listens.
func (c *connection5) end() {
	_ = c.conn.SetWriteDeadline(time.Now().Add(time.Second))
	_ = c.client.Disconnect(&paho.Disconnect{})
}

// lastAnswers is the time a publication has for a PUBACK that came just before the end of
// its connection: of the two, the client would take either.
const lastAnswers = 50 * time.Millisecond

// Deliver publishes one after the other; the first that is not taken ends it.
func (s *sink5) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	c, err := s.link.Get(ctx)
	if err != nil {
		return delivery.Result{Reason: explain(err)}
	}
	within, over := context.WithCancel(ctx)
	defer over()
	go func() { // the client does not tell who waits that the connection has ended
		select {
		case <-c.client.Done():
			time.Sleep(lastAnswers)
			over()
		case <-within.Done():
		}
	}()
	for i := range b.Parcels {
		p := &b.Parcels[i]
		answer, err := c.client.Publish(within, &paho.Publish{QoS: 1, Topic: s.Topic.Fill(p), Payload: p.Body, Properties: &paho.PublishProperties{
			ContentType: "application/json", User: paho.UserProperties{{Key: "id", Value: string(p.ID)}},
		}})
		if err != nil && within.Err() != nil && ctx.Err() == nil {
			err = errors.Join(io.EOF, c.conn.Err())
		}
		if res, ok := s.judge(c, i, answer, err); !ok {
			return res
		}
	}
	return delivery.All(b)
}

// judge reads a PUBACK; ok says that the message was taken.
func (s *sink5) judge(c *connection5, i int, answer *paho.PublishResponse, err error) (delivery.Result, bool) {
	switch {
	case answer == nil && err == nil:
		err = errProtocol
		fallthrough
	case answer == nil:
		s.link.Drop(c) // it would publish again what is given up here
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

func (s *sink5) connect(ctx context.Context) (*connection5, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, stop, err := s.server.Connect(ctx, s.env)
	if err != nil {
		return nil, err
	}
	c := &connection5{conn: conn, client: paho.NewClient(paho.ClientConfig{
		Conn: packets.NewThreadSafeConn(&capped{Conn: conn}), PacketTimeout: 10 * time.Second,
		OnClientError: func(error) {}, OnServerDisconnect: func(*paho.Disconnect) {},
	})}
	connect := &paho.Connect{ClientID: s.id, CleanStart: true, KeepAlive: 30, Properties: &paho.ConnectProperties{MaximumPacketSize: new(uint32(answerMax))}}
	if s.Username != "" {
		connect.Username, connect.UsernameFlag = s.Username, true
		connect.Password, connect.PasswordFlag = []byte(s.Password), s.Password != ""
	}
	ack, err := c.client.Connect(ctx, connect)
	if ack != nil && ack.ReasonCode >= 0x80 {
		err = refusal{ack.ReasonCode}
	}
	if err == nil && !stop() {
		err = context.DeadlineExceeded
	}
	if err != nil {
		stop()
		conn.Cut()
		return nil, errors.Join(err, conn.Err(), ctx.Err())
	}
	return c, nil
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
