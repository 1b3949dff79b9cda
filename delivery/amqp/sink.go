package amqp

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	amqp "github.com/rabbitmq/amqp091-go"
)

// sink publishes to a broker.
type sink struct {
	*target
	env  delivery.Env
	link *delivery.Link[*connection]
	idle chan *channel // of the open connection, or of one that was
}

// connection is one to the broker.
type connection struct {
	conn   *delivery.Watched
	client *amqp.Connection
	over   chan struct{} // closed when it has ended

	mu       sync.Mutex
	channels []*channel // all that were opened
}

// channel is a channel in confirm mode: one attempt uses it at a time. Both queues hold
// all that a batch can bring, so that the connection's reader never waits for us; a return
// stands before the confirm of its message, as the broker sends them.
type channel struct {
	*amqp.Channel
	of      *connection
	returns chan amqp.Return
	closed  chan *amqp.Error
}

func newSink(t *target, env delivery.Env) *sink {
	s := &sink{target: t, env: env, idle: make(chan *channel, t.Limits().Window)}
	s.link = delivery.NewLink(s.connect, func(c *connection) <-chan struct{} { return c.over }, (*connection).end)
	return s
}

// Close ends the connection.
func (s *sink) Close() error { return s.link.Close() }

// frameMax bounds a frame of the broker's: it has nothing to say but confirms and returns.
const frameMax = 128 << 10

func (s *sink) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, stop, err := s.server.Connect(ctx, s.env)
	if err != nil {
		return nil, err
	}
	client, err := amqp.Open(conn, amqp.Config{
		SASL:  []amqp.Authentication{&amqp.PlainAuth{Username: s.Username, Password: string(s.Password)}},
		Vhost: s.VHost, Heartbeat: 20 * time.Second, FrameSize: frameMax, Locale: "en_US",
		Properties: amqp.Table{"product": "dbdao-bridge", "connection_name": "dbdao-bridge"},
	})
	if err == nil && !stop() {
		err = context.DeadlineExceeded
	}
	if err != nil {
		stop()
		conn.Cut()
		return nil, errors.Join(err, conn.Err(), ctx.Err())
	}
	c := &connection{conn: conn, client: client, over: make(chan struct{})}
	ended := client.NotifyClose(make(chan *amqp.Error, 1))
	go func() { // ends with the connection
		for range ended {
		}
		close(c.over)
	}()
	return c, nil
}

// end ends a connection without waiting for the broker: what it had not confirmed is sent
// again.
func (c *connection) end() {
	c.conn.Cut()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range c.channels {
		go func() { // the reader may wait for room that a lying broker has filled
			for range ch.returns {
			}
		}()
	}
	<-c.over
}

// channel gives one that is not in use, or opens another.
func (s *sink) channel(c *connection) (*channel, error) {
	for {
		select {
		case ch := <-s.idle:
			if ch.of == c && !ch.IsClosed() {
				return ch, nil
			}
			continue
		default:
		}
		break
	}
	ch, err := c.client.Channel()
	if err != nil {
		return nil, err
	}
	if err := ch.Confirm(false); err != nil {
		return nil, err
	}
	one := &channel{Channel: ch, of: c, returns: ch.NotifyReturn(make(chan amqp.Return, 2*parcels)), closed: ch.NotifyClose(make(chan *amqp.Error, 1))}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.channels = slices.DeleteFunc(c.channels, func(o *channel) bool { return o.IsClosed() })
	c.channels = append(c.channels, one)
	return one, nil
}

// What became of a message.
var (
	errUnanswered = errors.New("no confirm in time")
	errNacked     = errors.New("the broker did not take it (basic.nack): its queue is full, or failed")
)

// returned is a message that no queue takes.
type returned struct {
	code uint16
	text string
}

func (r returned) Error() string { return strconv.Itoa(int(r.code)) + " " + r.text }

// Deliver publishes a batch in order and waits for the broker's confirms.
func (s *sink) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	c, err := s.link.Get(ctx)
	if err != nil {
		return delivery.Result{Reason: s.explain(err)}
	}
	stop := context.AfterFunc(ctx, c.conn.Cut) // the client knows no context
	defer stop()
	ch, err := s.channel(c)
	if err != nil {
		s.link.Drop(c)
		return delivery.Result{Reason: s.explain(errors.Join(err, ctx.Err()))}
	}
	errs := s.publish(ctx, ch, b)
	for _, err := range errs {
		if err != nil && !errors.Is(err, errNacked) && !errors.As(err, new(returned)) {
			s.give(ctx, c, ch)
			return s.judge(errs)
		}
	}
	select {
	case s.idle <- ch:
	default:
		_ = ch.Close()
	}
	return s.judge(errs)
}

// give ends what a batch went wrong on: the channel the broker closed, or the connection.
func (s *sink) give(ctx context.Context, c *connection, ch *channel) {
	if ctx.Err() != nil || !ch.IsClosed() || c.client.IsClosed() {
		s.link.Drop(c)
	}
}

// publish gives what became of each message; nil: a queue has it.
func (s *sink) publish(ctx context.Context, ch *channel, b delivery.Batch) []error {
	errs, confirms := make([]error, len(b.Parcels)), make([]*amqp.DeferredConfirmation, len(b.Parcels))
	for i := range b.Parcels {
		p := &b.Parcels[i]
		confirms[i], errs[i] = ch.PublishWithDeferredConfirm(s.Exchange, s.RoutingKey.Fill(p), true, false, amqp.Publishing{
			Headers: amqp.Table{"dev": p.About().Dev}, ContentType: "application/json", DeliveryMode: amqp.Persistent,
			MessageId: string(p.ID), AppId: "dbdao-bridge", Body: p.Body,
		})
	}
	back := map[string]returned{}
	var end error
	for i, confirm := range confirms {
		if errs[i] != nil {
			continue
		}
		acked, err := confirm.WaitContext(ctx)
		drain(ch.returns, back)
		if r, ok := back[string(b.Parcels[i].ID)]; ok {
			errs[i] = r
			continue
		}
		switch {
		case err == nil && acked:
			continue
		case err == nil && end == nil:
			end = ch.fate(ctx)
			err = end
		case err == nil:
			err = end
		default:
			err = errUnanswered
		}
		errs[i] = err
	}
	return errs
}

// fate tells a negative confirm from the end of the channel, at which the client nacks
// what is open.
func (ch *channel) fate(ctx context.Context) error {
	if !ch.IsClosed() {
		return errNacked
	}
	select {
	case err := <-ch.closed:
		if err != nil && ctx.Err() == nil {
			return err
		}
	case <-ctx.Done():
	}
	return errUnanswered
}

func drain(returns <-chan amqp.Return, into map[string]returned) {
	for {
		select {
		case r, ok := <-returns:
			if !ok {
				return
			}
			into[r.MessageId] = returned{r.ReplyCode, r.ReplyText}
		default:
			return
		}
	}
}

// judge finds what was taken from the front. A batch of which some messages have a queue
// and others none, or one the broker closed the channel over, is cut until those are alone.
func (s *sink) judge(errs []error) (res delivery.Result) {
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
		}
	}
	for i, err := range errs {
		if err == nil && res.Taken == i {
			res.Taken++
		}
		if err != nil && res.Reason.None() {
			res.Reason = s.explain(err)
			res.Refused = res.Reason.Code == delivery.CodeRefused || errors.As(err, new(returned)) && taken > 0
		}
	}
	return res
}

func (s *sink) saying(sentence, words string) string {
	return delivery.Saying(sentence, delivery.Words(words, s.Password))
}

// explain keeps what the buyer may know of a failed attempt.
func (s *sink) explain(err error) delivery.Reason {
	var back returned
	var said *amqp.Error
	switch {
	case errors.As(err, &back):
		return delivery.Reason{Code: delivery.CodeAnswer, Text: s.saying("no queue takes it, bind one", back.Error())}
	case errors.Is(err, errNacked):
		return delivery.Reason{Code: delivery.CodeAnswer, Text: errNacked.Error()}
	case errors.Is(err, errUnanswered):
		return delivery.Explain(context.DeadlineExceeded)
	case errors.As(err, &said) && said.Server:
		return s.exception(said)
	case errors.Is(err, amqp.ErrCredentials) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) && !errors.Is(err, net.ErrClosed): // it hung up on them
		return delivery.Reason{Code: delivery.CodeCredentials, Text: "the broker does not accept username and password"}
	case errors.Is(err, amqp.ErrSASL):
		return delivery.Reason{Code: delivery.CodeCredentials, Text: "the broker does not take user and password (SASL PLAIN)"}
	case errors.Is(err, amqp.ErrFrame), errors.Is(err, amqp.ErrSyntax), errors.Is(err, amqp.ErrFrameTooLarge), errors.As(err, &said) && strings.Contains(said.Reason, amqp.ErrFrame.Reason):
		return delivery.Reason{Code: delivery.CodeProtocol, Text: "what answers there does not speak AMQP 0.9.1"}
	case errors.As(err, &said): // the client's own: the connection ended
		return delivery.Explain(errors.Join(err, io.EOF))
	}
	return delivery.Explain(err)
}

// exception explains what the broker closed a channel or the connection with.
func (s *sink) exception(e *amqp.Error) delivery.Reason {
	words := strconv.Itoa(e.Code) + " " + e.Reason
	switch e.Code {
	case amqp.AccessRefused:
		return delivery.Reason{Code: delivery.CodeCredentials, Text: s.saying("the broker does not let us in, or not publish", words)}
	case amqp.NotFound:
		return delivery.Reason{Code: delivery.CodeAnswer, Text: s.saying("the exchange does not exist", words)}
	case amqp.ContentTooLarge, amqp.PreconditionFailed:
		return delivery.Reason{Code: delivery.CodeRefused, Text: s.saying("the broker refuses the message", words)}
	}
	return delivery.Reason{Code: delivery.CodeAnswer, Text: s.saying("the broker did not take it", words)}
}
