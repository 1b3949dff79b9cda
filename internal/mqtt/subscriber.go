package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// Message is one publication. Topic and Payload are the receiver's to keep.
type Message struct {
	Topic    string
	Payload  []byte
	QoS      byte
	Retained bool // an old publication the broker kept
	Dup      bool // the broker sent it before and saw no acknowledgement

	id uint16
	on *wire
}

// Ack tells the broker that the message need not be sent again. It does not wait
// for the network and may be called from any goroutine, once, in the order of
// arrival (MQTT 3.1.1, section 4.6). After a reconnection it does nothing.
func (m Message) Ack() {
	if m.QoS > 0 && m.on != nil {
		m.on.ack(m.id)
	}
}

// Events tell what an operator must know. Each may be nil; none may block.
type Events struct {
	Connected func(sessionPresent bool)                // false: what was published while away is lost
	Lost      func(err error)                          // the connection ended, or an attempt failed
	Refused   func(topic string)                       // the broker does not let us read it
	Overlong  func(topic string, length int, qos byte) // skipped and acknowledged: longer than Config.MaxPacket
	Granted   func(topic string, qos byte)             // a subscription stands; qos 0: nothing is kept while we are away
}

// Subscriber receives the messages of its topics at QoS 1 for as long as it runs.
type Subscriber struct {
	cfg    Config
	topics []string
	on     func(Message)
	ev     Events
	log    *slog.Logger

	handing sync.Mutex // an old connection's last message must not overlap a new one's first
}

// NewSubscriber prepares a subscriber; Run connects it. on is called for one
// message at a time, in order of arrival, and must not wait for the message to
// be acknowledged: it holds up the connection's keep-alive.
func NewSubscriber(cfg Config, topics []string, on func(Message), ev Events) *Subscriber {
	return &Subscriber{cfg: cfg, topics: topics, on: on, ev: ev, log: cfg.logger().With(slog.String("broker", cfg.host()))}
}

// Reconnections wait between retryFirst and retryMax, twice as long each time,
// and start over after a connection that lasted longer than steady. Two bridges
// under one client id throw each other out at once, so they slow down too.
const (
	retryFirst = 250 * time.Millisecond
	retryMax   = 10 * time.Second
	steady     = 5 * time.Second
)

// Run connects, subscribes and reconnects until ctx ends. It returns an error only
// for settings that can never work.
func (s *Subscriber) Run(ctx context.Context) error {
	if err := s.cfg.Check(); err != nil {
		return err
	}
	delay := retryFirst
	for {
		began := time.Now()
		err := s.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		s.log.Debug("connection ended", slog.Any("err", err))
		if s.ev.Lost != nil {
			s.ev.Lost(err)
		}
		if time.Since(began) > steady {
			delay = retryFirst
		}
		select {
		case <-time.After(delay/2 + rand.N(delay/2)):
		case <-ctx.Done():
			return nil
		}
		delay = min(2*delay, retryMax)
	}
}

// session is the life of one connection; its error says how it ended.
func (s *Subscriber) session(ctx context.Context) error {
	var w *wire
	lost := make(chan error, 1)
	opts := s.cfg.options(ctx, &w, s.ev.Overlong).
		SetAutoAckDisabled(true).
		SetOrderMatters(true).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { s.hand(m, w) }). // set before Connect: redelivery precedes Subscribe
		SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	client := paho.NewClient(opts)
	if err := s.cfg.connect(ctx, client, &w); err != nil {
		return err
	}
	defer func() {
		w.finish()
		client.Disconnect(100)
		closeWire(w)
	}()
	if s.ev.Connected != nil {
		s.ev.Connected(w.sessionPresent())
	}
	if err := s.subscribe(ctx, client, w, lost); err != nil {
		return err
	}
	select {
	case err := <-lost:
		return fmt.Errorf("connection to %s lost: %w", s.cfg.host(), err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Subscriber) hand(m paho.Message, w *wire) {
	s.handing.Lock()
	defer s.handing.Unlock()
	s.on(Message{
		Topic: m.Topic(), Payload: m.Payload(), QoS: m.Qos(), Retained: m.Retained(), Dup: m.Duplicate(),
		id: m.MessageID(), on: w,
	})
}

// subscribe renews every subscription, in packets of at most 200 topics.
func (s *Subscriber) subscribe(ctx context.Context, client paho.Client, w *wire, lost <-chan error) error {
	const some = 200
	for from := 0; from < len(s.topics); from += some {
		filters := map[string]byte{}
		for _, t := range s.topics[from:min(from+some, len(s.topics))] {
			filters[t] = 1
		}
		w.asked.Store(int32(len(filters)))
		token := client.SubscribeMultiple(filters, nil)
		select {
		case <-token.Done():
		case err := <-lost:
			return fmt.Errorf("connection to %s lost: %w", s.cfg.host(), err)
		case <-time.After(replyTimeout):
			return fmt.Errorf("%s does not answer a subscription", s.cfg.host())
		case <-ctx.Done():
			return ctx.Err()
		}
		sub, ok := token.(*paho.SubscribeToken)
		if !ok {
			return errors.New("bug: a subscription's token is of another kind")
		}
		granted := sub.Result()
		if err := token.Error(); err != nil && len(granted) == 0 {
			return fmt.Errorf("subscribe at %s: %w", s.cfg.host(), err)
		}
		s.tell(filters, granted)
	}
	return nil
}

func (s *Subscriber) tell(asked, granted map[string]byte) {
	for topic := range asked {
		switch code, answered := granted[topic]; {
		case !answered || code > 2:
			if s.ev.Refused != nil {
				s.ev.Refused(topic)
			}
		case s.ev.Granted != nil:
			s.ev.Granted(topic, code)
		}
	}
}
