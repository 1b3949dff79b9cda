package nats

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// sink publishes to a stream.
type sink struct {
	*target
	env  delivery.Env
	link *delivery.Link[*connection]
}

// connection is one to the server, and what befell it.
type connection struct {
	wire   *wire
	client *nats.Conn
	stream jetstream.JetStream
	over   chan struct{} // closed when it has ended
	denied chan struct{} // closed when the server said that we may not publish
	once   sync.Once
}

func newSink(t *target, env delivery.Env) *sink {
	s := &sink{target: t, env: env}
	s.link = delivery.NewLink(s.connect, func(c *connection) <-chan struct{} { return c.over }, (*connection).end)
	return s
}

// Close ends the connection.
func (s *sink) Close() error { return s.link.Close() }

// connect makes a connection that is never made again by itself, and that follows no
// server to another.
func (s *sink) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c := &connection{over: make(chan struct{}), denied: make(chan struct{})}
	d := &dialer{ctx: ctx, t: s.target, dial: s.env.Dial}
	opts := []nats.Option{
		nats.SetCustomDialer(d), nats.SkipHostLookup(), nats.NoReconnect(), nats.IgnoreDiscoveredServers(), nats.Name("dbdao-bridge"),
		nats.Timeout(10 * time.Second), nats.PingInterval(20 * time.Second), nats.MaxPingsOutstanding(2), nats.FlusherTimeout(5 * time.Second),
		nats.ClosedHandler(func(*nats.Conn) { close(c.over) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrPermissionViolation) {
				c.once.Do(func() { close(c.denied) })
			}
		}),
	}
	switch {
	case s.Username != "":
		opts = append(opts, nats.UserInfo(s.Username, string(s.Password)))
	case s.Token != "":
		opts = append(opts, nats.Token(string(s.Token)))
	case s.Credentials != "":
		opts = append(opts, nats.UserCredentialBytes([]byte(s.Credentials)))
	}
	client, err := nats.Connect("nats://"+s.server.Address.String(), opts...)
	if d.stop != nil && !d.stop() && err == nil {
		client.Close()
		err = context.DeadlineExceeded
	}
	if err != nil {
		if d.wire != nil {
			_ = d.wire.Close()
			err = errors.Join(err, d.read.Err())
		}
		return nil, errors.Join(err, ctx.Err())
	}
	c.client, c.wire = client, d.wire
	if c.stream, err = jetstream.New(client, jetstream.WithPublishAsyncMaxPending(2000)); err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

// end ends a connection without waiting for the other side.
func (c *connection) end() {
	_ = c.wire.Close()
	c.client.Close()
}

var (
	errUnanswered = errors.New("no PubAck in time")
	errOver       = errors.New("the connection has ended")
	errDenied     = errors.New("the account may not publish")
)

// Deliver publishes a batch in order and waits for the stream's acknowledgements.
func (s *sink) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	c, err := s.link.Get(ctx)
	if err != nil {
		return delivery.Result{Reason: s.explain(err)}
	}
	stop := context.AfterFunc(ctx, func() { _ = c.wire.Close() }) // what it would still write is given up
	defer stop()
	errs := make([]error, len(b.Parcels))
	futures := make([]jetstream.PubAckFuture, len(b.Parcels))
	for i := range b.Parcels {
		futures[i], errs[i] = c.stream.PublishMsgAsync(s.message(&b.Parcels[i]), jetstream.WithRetryAttempts(0))
	}
	drop := false
	for i, f := range futures {
		if errs[i] == nil {
			errs[i] = c.answer(ctx, f)
		}
		drop = drop || errors.Is(errs[i], errUnanswered) || errors.Is(errs[i], errOver) || errors.Is(errs[i], errDenied)
	}
	if drop {
		s.link.Drop(c)
	}
	return s.judge(errs)
}

func (s *sink) message(p *delivery.Parcel) *nats.Msg {
	m := &nats.Msg{Subject: s.Subject.Fill(p), Data: p.Body, Header: nats.Header{jetstream.MsgIDHeader: {string(p.ID)}, "Content-Type": {"application/json"}}}
	if s.Stream != "" {
		m.Header.Set(jetstream.ExpectedStreamHeader, s.Stream)
	}
	return m
}

// answer waits for what becomes of one message. A PubAck that says duplicate says that the
// stream holds it.
func (c *connection) answer(ctx context.Context, f jetstream.PubAckFuture) error {
	select { // what has come counts, whatever else happened since
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		return err
	default:
	}
	select {
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		return err
	case <-c.denied:
		return errDenied
	case <-c.over:
		if ctx.Err() == nil {
			return errOver
		}
	case <-ctx.Done():
	}
	return errUnanswered
}

// The codes of JetStream's errors that are not in the client.
const (
	codeStreamMismatch    = 10060
	codeStreamStoreFailed = 10077
)

// judge finds what was taken from the front, and what never will be.
func (s *sink) judge(errs []error) (res delivery.Result) {
	for i, err := range errs {
		var api *jetstream.APIError
		switch {
		case err == nil && res.Taken == i && len(res.Never) == 0:
			res.Taken++
		case errors.Is(err, nats.ErrMaxPayload):
			res.Never = append(res.Never, delivery.Never{Index: i, Reason: delivery.Reason{Code: delivery.CodeRefused, Text: "the reading is larger than the server's max_payload"}})
		case errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamMessageExceedsMaximum:
			res.Never = append(res.Never, delivery.Never{Index: i, Reason: delivery.Reason{Code: delivery.CodeRefused, Text: s.saying("the stream refuses the reading", api)}})
		case err != nil && res.Reason.None():
			res.Reason = s.explain(err)
		}
	}
	if res.Reason.None() && res.Taken+len(res.Never) < len(errs) {
		res.Reason = delivery.Reason{Code: delivery.CodeAnswer, Text: "a reading before was refused"} // those behind it are sent again, and dropped as duplicates
	}
	return res
}

func (s *sink) saying(sentence string, api *jetstream.APIError) string {
	return delivery.Saying(sentence, delivery.Words(api.Description+" ("+strconv.Itoa(int(api.ErrorCode))+")", s.Password, s.Token, s.Credentials))
}

// explain keeps what the buyer may know of a failed attempt.
func (s *sink) explain(err error) delivery.Reason {
	var api *jetstream.APIError
	answer := func(code delivery.Code, text string) delivery.Reason { return delivery.Reason{Code: code, Text: text} }
	switch {
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrNoStreamResponse):
		return answer(delivery.CodeAnswer, "no JetStream stream takes the subject, and core NATS alone stores nothing: make a stream with it")
	case errors.Is(err, errUnanswered):
		return answer(delivery.CodeTimeout, "no PubAck in time: only a JetStream stream acknowledges, core NATS alone stores nothing")
	case errors.Is(err, errOver):
		return answer(delivery.CodeAnswer, "it ended the connection without an answer")
	case errors.Is(err, jetstream.ErrInvalidJSAck):
		return answer(delivery.CodeProtocol, "what answers on the subject is no JetStream stream")
	case errors.Is(err, errDenied):
		return answer(delivery.CodeCredentials, "the account may not publish to the subject, or not subscribe to _INBOX.>")
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked),
		errors.Is(err, nats.ErrAccountAuthExpired), errors.Is(err, nats.ErrNkeysNotSupported), errors.Is(err, nats.ErrNkeyButNoSigCB):
		return answer(delivery.CodeCredentials, "the server does not accept the credentials")
	case errors.Is(err, nats.ErrMaxConnectionsExceeded), errors.Is(err, nats.ErrMaxAccountConnectionsExceeded):
		return answer(delivery.CodeAnswer, "the server takes no more connections")
	case errors.Is(err, errNoTLS), errors.Is(err, errWantsTLS):
		return answer(delivery.CodeTLS, err.Error())
	case errors.Is(err, errProtocol):
		return answer(delivery.CodeProtocol, errProtocol.Error())
	case errors.As(err, &api) && api.ErrorCode == codeStreamMismatch:
		return answer(delivery.CodeAnswer, s.saying("another stream takes the subject than stream says", api))
	case errors.As(err, &api) && api.ErrorCode == codeStreamStoreFailed:
		return answer(delivery.CodeAnswer, s.saying("the stream did not store it: is it full?", api))
	case errors.As(err, &api):
		return answer(delivery.CodeAnswer, s.saying("the stream did not take it", api))
	}
	return delivery.Explain(err)
}
