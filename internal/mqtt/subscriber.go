package mqtt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Message is one publication. The topic is the receiver's to keep, the payload holds until
// the function that was given it returns.
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

// AckAll is Ack for several messages, in order: what goes to one broker goes in one write.
func AckAll(all []Message) {
	var ids [256]uint16
	for len(all) > 0 {
		on, n, k := all[0].on, 0, 0
		for ; n < len(all) && all[n].on == on && k < len(ids); n++ {
			if all[n].QoS > 0 {
				ids[k] = all[n].id
				k++
			}
		}
		if on != nil && k > 0 {
			on.ack(ids[:k]...)
		}
		all = all[n:]
	}
}

// Events tell what an operator must know. Each may be nil; none may block.
type Events struct {
	Connected func(sessionPresent bool)                // false: what was published while away is lost
	Lost      func(err error)                          // the connection ended, or an attempt failed
	Refused   func(topic string)                       // the broker does not let us read it
	Overlong  func(topic string, length int, qos byte) // skipped and acknowledged: longer than Config.MaxPacket
	Granted   func(topic string, qos byte)             // a subscription stands; qos 0: nothing is kept while we are away
	Left      func()                                   // former topics are unsubscribed from
	Idle      func()                                   // every message that has come was handed over; more are waited for
}

// Subscriber receives the messages of its topics at QoS 1 for as long as it runs.
type Subscriber struct {
	cfg    Config
	topics []string
	former []string // what a kept session may be subscribed to besides
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

// Leave names topics that the broker's session may have from before and that are wanted no more: they
// are unsubscribed from once the others stand. What waits there of theirs comes all the same.
func (s *Subscriber) Leave(former []string) {
	for _, t := range former {
		if !slices.Contains(s.topics, t) && !slices.Contains(s.former, t) {
			s.former = append(s.former, t)
		}
	}
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
	w, present, err := s.cfg.connect(ctx, s.ev.Overlong)
	if err != nil {
		return err
	}
	leave := context.AfterFunc(ctx, func() { w.finish(); w.Close() })
	defer func() {
		if leave() {
			w.finish()
		}
		closeWire(w)
	}()
	if s.ev.Connected != nil {
		s.ev.Connected(present)
	}
	w.ear.before = s.ev.Idle
	err = s.listen(w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("connection to %s lost: %w", s.cfg.host(), err)
}

// listen subscribes and hands messages over until the connection ends. A kept session's
// messages come before the subscriptions are renewed.
func (s *Subscriber) listen(w *wire) error {
	subs := &subscriptions{s: s, w: w}
	defer subs.answered()
	if err := subs.ask(); err != nil {
		return err
	}
	for {
		first, body, err := w.next()
		if err != nil {
			return subs.cause(err)
		}
		switch first >> 4 {
		case typePublish:
			m, err := message(w, first, body)
			if err != nil {
				return err
			}
			s.hand(m)
		case typeSuback:
			if err := subs.take(body); err != nil {
				return err
			}
		case typeUnsuback:
			if err := subs.left(body); err != nil {
				return err
			}
		case typePingresp:
		default:
			return fmt.Errorf("%w: a packet of type %d to a subscriber", errProtocol, first>>4)
		}
	}
}

// message takes a PUBLISH apart (MQTT 3.1.1, section 3.3).
func message(w *wire, first byte, body []byte) (Message, error) {
	qos := first >> 1 & 3
	if qos > 1 {
		return Message{}, fmt.Errorf("%w: a message of QoS %d on a subscription of QoS 1", errProtocol, qos)
	}
	if len(body) < 2 || len(body) < 2+int(binary.BigEndian.Uint16(body))+2*int(qos) {
		return Message{}, fmt.Errorf("%w: a topic longer than its packet", errProtocol)
	}
	n := 2 + int(binary.BigEndian.Uint16(body))
	m := Message{Topic: string(body[2:n]), QoS: qos, Retained: first&1 != 0, Dup: first&8 != 0, on: w}
	if qos > 0 {
		m.id = binary.BigEndian.Uint16(body[n:])
		n += 2
	}
	m.Payload = body[n:]
	return m, nil
}

func (s *Subscriber) hand(m Message) {
	s.handing.Lock()
	defer s.handing.Unlock()
	s.on(m)
}

// subscriptions renews every subscription, in packets of at most some topics, one after
// the other.
type subscriptions struct {
	s    *Subscriber
	w    *wire
	next int      // first topic not asked for
	open []string // asked for and not answered
	late *time.Timer

	mu   sync.Mutex
	over bool // an answer took too long
}

const some = 200

// ask sends the next SUBSCRIBE, if there is one (MQTT 3.1.1, section 3.8). Its packet id is
// the number of its first topic plus one.
func (u *subscriptions) ask() error {
	from := u.next
	if from >= len(u.s.topics) {
		return u.leave()
	}
	u.next = min(from+some, len(u.s.topics))
	u.open = u.s.topics[from:u.next]
	b := binary.BigEndian.AppendUint16(nil, u.id())
	for _, t := range u.open {
		b = append(field(b, t), 1)
	}
	u.late = time.AfterFunc(replyTimeout, func() {
		u.mu.Lock()
		u.over = true
		u.mu.Unlock()
		u.w.Conn.Close()
	})
	return u.w.write(framed(0x82, b))
}

// leave sends an UNSUBSCRIBE for former topics (MQTT 3.1.1, section 3.10).
func (u *subscriptions) leave() error {
	if len(u.s.former) == 0 {
		return nil
	}
	b := binary.BigEndian.AppendUint16(nil, leaveID)
	for _, t := range u.s.former {
		b = field(b, t)
	}
	return u.w.write(framed(0xa2, b))
}

// leaveID is the packet id of an UNSUBSCRIBE: no SUBSCRIBE comes so far.
const leaveID = 0xffff

// left reads its UNSUBACK.
func (u *subscriptions) left(body []byte) error {
	if len(u.s.former) == 0 || len(body) != 2 || binary.BigEndian.Uint16(body) != leaveID {
		return fmt.Errorf("%w: an UNSUBACK answers nothing that was asked", errProtocol)
	}
	u.s.former = nil
	if u.s.ev.Left != nil {
		u.s.ev.Left()
	}
	return nil
}

func (u *subscriptions) id() uint16 { return uint16((u.next-1)/some + 1) }

func (u *subscriptions) answered() {
	if u.late != nil {
		u.late.Stop()
	}
}

// cause tells the silence of a broker from other ends of the connection.
func (u *subscriptions) cause(err error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over {
		return errors.New("it does not answer a subscription")
	}
	return err
}

// take reads a SUBACK: a code for each topic asked for.
func (u *subscriptions) take(body []byte) error {
	if len(u.open) == 0 || len(body) != 2+len(u.open) || binary.BigEndian.Uint16(body) != u.id() {
		return fmt.Errorf("%w: a SUBACK answers other than was asked", errProtocol)
	}
	u.answered()
	for i, topic := range u.open {
		switch code := body[2+i]; {
		case code > 2:
			if u.s.ev.Refused != nil {
				u.s.ev.Refused(topic)
			}
		case u.s.ev.Granted != nil:
			u.s.ev.Granted(topic, code)
		}
	}
	u.open = nil
	return u.ask()
}
