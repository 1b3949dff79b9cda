package amqp1

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// sink sends over one link.
type sink struct {
	*target
	env  delivery.Env
	link *delivery.Link[*connection]
}

// connection is one to the broker, with its session and link.
type connection struct {
	conn   *delivery.Watched
	client *amqp.Conn
	sender *amqp.Sender
}

func newSink(t *target, env delivery.Env) *sink {
	s := &sink{target: t, env: env}
	s.link = delivery.NewLink(s.connect, func(c *connection) <-chan struct{} { return c.client.Done() }, (*connection).end)
	return s
}

// Close ends the connection.
func (s *sink) Close() error { return s.link.Close() }

// end ends a connection without waiting for the broker.
func (c *connection) end() {
	c.conn.Cut()
	_ = c.client.Close()
}

func (s *sink) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, stop, err := s.server.Connect(ctx, s.env)
	if err != nil {
		return nil, err
	}
	c := &connection{conn: conn}
	c.client, err = amqp.NewConn(ctx, conn, &amqp.ConnOptions{
		ContainerID: "dbdao-" + s.env.Destination.String(), HostName: s.server.Address.Host, IdleTimeout: time.Minute, MaxFrameSize: frameMax, MaxSessions: 1, WriteTimeout: 10 * time.Second,
		SASLType: s.account(),
	})
	if err == nil {
		err = s.attach(ctx, c)
	}
	if err == nil && !stop() {
		err = context.DeadlineExceeded
	}
	if err != nil {
		stop()
		conn.Cut()
		if c.client != nil {
			_ = c.client.Close()
		}
		return nil, errors.Join(err, conn.Err(), ctx.Err())
	}
	return c, nil
}

// frameMax bounds a frame of the broker's: it has nothing to say but outcomes.
const frameMax = 64 << 10

func (s *sink) account() amqp.SASLType {
	switch {
	case s.Username != "":
		return amqp.SASLTypePlain(s.Username, string(s.Password))
	case s.ClientCert != "":
		return amqp.SASLTypeExternal("")
	}
	return amqp.SASLTypeAnonymous()
}

// attach opens the session and the link.
func (s *sink) attach(ctx context.Context, c *connection) error {
	session, err := c.client.NewSession(ctx, nil)
	if err != nil {
		return err
	}
	opts := &amqp.SenderOptions{SettlementMode: amqp.SenderSettleModeUnsettled.Ptr(), RequestedReceiverSettleMode: amqp.ReceiverSettleModeFirst.Ptr()}
	if old := oldRabbit(c.client.Properties()); old {
		if !strings.HasPrefix(s.Address, "/queue/") {
			return errLoses
		}
		opts.TargetDurability = amqp.DurabilityConfiguration // of the queue it makes
	}
	c.sender, err = session.NewSender(ctx, s.Address, opts)
	return err
}

// oldRabbit knows RabbitMQ 3, whose plugin publishes without mandatory: what no queue takes
// is accepted, and lost.
func oldRabbit(properties map[string]any) bool {
	product, _ := properties["product"].(string)
	version, _ := properties["version"].(string)
	return product == "RabbitMQ" && strings.HasPrefix(version, "3.")
}

// What became of a message, besides the broker's errors.
var (
	errLoses      = errors.New("RabbitMQ 3 accepts messages to this address even if no queue takes them: address must be /queue/NAME, or the kind amqp")
	errUnanswered = errors.New("no outcome in time")
	errReleased   = errors.New("the broker released it: nothing takes it now")
	errModified   = errors.New("the broker gave it back (modified)")
	errElsewhere  = errors.New("the broker will not have it here (modified, undeliverable here)")
	errRejected   = errors.New("the broker rejected it and did not say why: is the queue full?")
	errOutcome    = errors.New("the broker settled it without an outcome")
)

// refusal is a rejection that names a condition.
type refusal struct{ said *amqp.Error }

func (r refusal) Error() string { return r.said.Error() }

// Deliver sends a batch in order and waits for the outcomes.
func (s *sink) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	c, err := s.link.Get(ctx)
	if err != nil {
		return delivery.Result{Reason: s.explain(err)}
	}
	stop := context.AfterFunc(ctx, c.conn.Cut) // what it would still send is given up
	defer stop()
	errs, receipts := make([]error, len(b.Parcels)), make([]amqp.SendReceipt, len(b.Parcels))
	for i := range b.Parcels {
		receipts[i], errs[i] = c.sender.SendWithReceipt(ctx, message(&b.Parcels[i]), nil)
		var size *amqp.Error
		if errors.As(errs[i], &size) && size.Condition == amqp.ErrCondMessageSizeExceeded && c.client.Err() == nil {
			errs[i] = refusal{size} // by the link's own max-message-size: nothing was sent
		}
	}
	drop := false
	for i := range receipts {
		if errs[i] == nil {
			var state amqp.DeliveryState
			if state, errs[i] = receipts[i].Wait(ctx); errs[i] == nil {
				errs[i] = outcome(state)
				continue
			}
		}
		if ctx.Err() != nil {
			errs[i] = errUnanswered
		}
		drop = drop || !errors.As(errs[i], new(refusal))
	}
	if drop {
		s.link.Drop(c) // connection, session or link have ended
	}
	return s.judge(errs)
}

// message is a parcel as it is sent.
func message(p *delivery.Parcel) *amqp.Message {
	dev := p.About().Dev
	m := amqp.NewMessage(p.Body)
	m.Header = &amqp.MessageHeader{Durable: true, Priority: 4}
	m.Properties = &amqp.MessageProperties{MessageID: string(p.ID), ContentType: new("application/json"), GroupID: &dev}
	return m
}

// outcome reads a terminal state; nil: accepted.
func outcome(state amqp.DeliveryState) error {
	switch s := state.(type) {
	case *amqp.StateAccepted:
		return nil
	case *amqp.StateReleased:
		return errReleased
	case *amqp.StateModified:
		if s.UndeliverableHere {
			return errElsewhere
		}
		return errModified
	case *amqp.StateRejected:
		if s.Error == nil || s.Error.Condition == "" {
			return errRejected
		}
		return refusal{s.Error}
	}
	return errOutcome
}

// passing are conditions of the broker's own state: a rejection with one says nothing of
// the message.
var passing = map[amqp.ErrCond]bool{
	amqp.ErrCondResourceLimitExceeded: true, amqp.ErrCondInternalError: true, amqp.ErrCondResourceLocked: true, amqp.ErrCondIllegalState: true, amqp.ErrCondTransferLimitExceeded: true,
	amqp.ErrCondUnauthorizedAccess: true, amqp.ErrCondNotFound: true, amqp.ErrCondResourceDeleted: true, amqp.ErrCondConnectionForced: true, amqp.ErrCondDetachForced: true,
	"com.microsoft:server-busy": true, "com.microsoft:timeout": true, "com.microsoft:entity-disabled": true,
}

// judge finds what was taken from the front, and what never will be. A batch of which some
// messages were taken and others given back is cut until those are alone.
func (s *sink) judge(errs []error) (res delivery.Result) {
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
		}
	}
	for i, err := range errs {
		var no refusal
		switch {
		case err == nil && res.Taken == i && len(res.Never) == 0:
			res.Taken++
		case errors.As(err, &no) && !passing[no.said.Condition], errors.Is(err, errElsewhere):
			res.Never = append(res.Never, delivery.Never{Index: i, Reason: s.refused(err)})
		case err != nil && res.Reason.None():
			res.Reason = s.explain(err)
			given := errors.Is(err, errReleased) || errors.Is(err, errModified) || errors.Is(err, errRejected)
			res.Refused = res.Reason.Code == delivery.CodeRefused || given && taken > 0
		}
	}
	if res.Reason.None() && res.Taken+len(res.Never) < len(errs) {
		res.Reason = delivery.Reason{Code: delivery.CodeAnswer, Text: "a reading before was refused"} // those behind it are sent again
	}
	return res
}

func (s *sink) saying(sentence string, e *amqp.Error) string {
	words := string(e.Condition)
	if e.Description != "" {
		words += ", " + e.Description
	}
	return delivery.Saying(sentence, delivery.Words(words, s.Password, s.ClientKey))
}

func (s *sink) refused(err error) delivery.Reason {
	var no refusal
	if errors.As(err, &no) {
		return delivery.Reason{Code: delivery.CodeRefused, Text: s.saying("the broker refuses the message", no.said)}
	}
	return delivery.Reason{Code: delivery.CodeRefused, Text: err.Error()}
}

// explain keeps what the buyer may know of a failed attempt.
func (s *sink) explain(err error) delivery.Reason {
	var said *amqp.Error
	var no refusal
	if errors.As(err, &no) {
		err = no.said
	}
	switch {
	case errors.Is(err, errUnanswered):
		return delivery.Explain(context.DeadlineExceeded)
	case errors.Is(err, errLoses), errors.Is(err, errReleased), errors.Is(err, errModified), errors.Is(err, errRejected):
		for _, one := range []error{errLoses, errReleased, errModified, errRejected} {
			if errors.Is(err, one) {
				return delivery.Reason{Code: delivery.CodeAnswer, Text: one.Error()}
			}
		}
	case errors.Is(err, errOutcome):
		return delivery.Reason{Code: delivery.CodeProtocol, Text: errOutcome.Error()}
	case errors.As(err, &said):
		return s.condition(said)
	case strings.Contains(err.Error(), "auth failed with code"):
		return delivery.Reason{Code: delivery.CodeCredentials, Text: "the broker does not accept username and password"}
	case strings.Contains(err.Error(), "no supported auth mechanism"):
		return delivery.Reason{Code: delivery.CodeCredentials, Text: "the broker does not take this way to sign in: set username and password"}
	case strings.Contains(err.Error(), "unexpected protocol"), strings.Contains(err.Error(), "invalid protocol"), strings.Contains(err.Error(), "frame"):
		return delivery.Reason{Code: delivery.CodeProtocol, Text: "what answers there does not speak AMQP 1.0"}
	case errors.As(err, new(*amqp.ConnError)), errors.As(err, new(*amqp.SessionError)), errors.As(err, new(*amqp.LinkError)):
		return delivery.Explain(errors.Join(err, io.EOF))
	}
	return delivery.Explain(err)
}

// condition explains the error that a broker ended connection, session or link with.
func (s *sink) condition(e *amqp.Error) delivery.Reason {
	switch e.Condition {
	case amqp.ErrCondUnauthorizedAccess:
		return delivery.Reason{Code: delivery.CodeCredentials, Text: s.saying("the broker does not let us in, or not send", e)}
	case amqp.ErrCondNotFound, amqp.ErrCondResourceDeleted:
		return delivery.Reason{Code: delivery.CodeAnswer, Text: s.saying("the address does not exist", e)}
	case amqp.ErrCondLinkRedirect, amqp.ErrCondConnectionRedirect:
		return delivery.Reason{Code: delivery.CodeAnswer, Text: "the broker wants another address to be used, which is not followed: set url to it"}
	case amqp.ErrCondMessageSizeExceeded, amqp.ErrCondDecodeError, amqp.ErrCondPreconditionFailed:
		return delivery.Reason{Code: delivery.CodeRefused, Text: s.saying("the broker refuses the message", e)}
	}
	return delivery.Reason{Code: delivery.CodeAnswer, Text: s.saying("the broker did not take it", e)}
}
