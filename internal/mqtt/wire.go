package mqtt

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Types of MQTT control packets, in the high half of their first byte.
const (
	typeConnack = 2
	typePublish = 3
	typeSuback  = 9
)

var errProtocol = errors.New("the broker breaks the MQTT protocol")

// wire is a connection that reads along. It lets whole packets through to paho
// unless they are announced longer than max: an over-long PUBLISH is skipped and
// acknowledged (kept unacknowledged it would come back for ever), anything else
// over-long ends the connection. It notes the CONNACK's session-present flag, and
// it writes acknowledgements by itself, many in one go.
type wire struct {
	net.Conn
	r        *bufio.Reader
	max      int
	left     int // bytes of the current packet paho has not read yet
	overlong func(topic string, length int, qos byte)
	asked    atomic.Int32 // topics of the SUBSCRIBE under way
	answered func() bool  // the broker's CONNACK is here: ctx no longer ends the connection

	mu      sync.Mutex
	acks    []byte // PUBACKs to be written
	closed  bool
	session bool // the broker kept our session

	writing sync.Mutex // one packet at a time
	wake    chan struct{}
	done    chan struct{} // closed by Close
	flushed chan struct{} // closed when the flusher has ended
	once    sync.Once
}

// newWire takes a fresh connection over; if ctx ends before the broker has
// answered, the connection does too.
func newWire(ctx context.Context, c net.Conn, limit int, overlong func(string, int, byte)) *wire {
	w := &wire{
		Conn: c, r: bufio.NewReaderSize(c, 32<<10), max: limit, overlong: overlong,
		wake: make(chan struct{}, 1), done: make(chan struct{}), flushed: make(chan struct{}),
	}
	_ = c.SetReadDeadline(time.Now().Add(connectTimeout)) // until the CONNACK; paho sets none
	w.answered = context.AfterFunc(ctx, func() { c.Close() })
	go w.flush()
	return w
}

// Read gives paho the bytes of packets that are not too long.
func (w *wire) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for w.left == 0 {
		if err := w.next(); err != nil {
			return 0, w.loud(err)
		}
	}
	n, err := w.r.Read(p[:min(len(p), w.left)])
	w.left -= n
	return n, w.loud(err)
}

var errBroken = errors.New("a write did not get through")

// loud renames the error of a connection closed under paho's feet: paho takes
// that one for its own doing and would never report the loss.
func (w *wire) loud(err error) error {
	if !errors.Is(err, net.ErrClosed) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return err
	}
	return errBroken
}

// next looks at the head of the next packet and decides what becomes of it.
func (w *wire) next() error {
	head, body, err := w.head()
	if err != nil {
		return err
	}
	first, _ := w.r.Peek(1)
	kind := first[0] >> 4
	switch {
	case kind == typeSuback && body > 2+int(w.asked.Load()):
		return fmt.Errorf("%w: a SUBACK answers more than was asked", errProtocol) // paho would panic
	case body <= w.max:
		w.left = head + body
	case kind == typePublish:
		return w.skip(first[0], head, body)
	default:
		return fmt.Errorf("%w: a packet of type %d announces %d bytes", errProtocol, kind, body)
	}
	if kind == typeConnack && body == 2 {
		return w.noteSession(head)
	}
	return nil
}

// head reads the fixed header without consuming it: its length and the body's.
func (w *wire) head() (head, body int, err error) {
	for head = 2; head <= 5; head++ {
		b, err := w.r.Peek(head)
		if err != nil {
			if head > 2 && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return 0, 0, err
		}
		body |= int(b[head-1]&0x7f) << (7 * (head - 2))
		if b[head-1] < 0x80 {
			return head, body, nil
		}
	}
	return 0, 0, fmt.Errorf("%w: a packet's length has more than four bytes", errProtocol)
}

func (w *wire) noteSession(head int) error {
	b, err := w.r.Peek(head + 2)
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.session = b[head]&1 != 0
	w.mu.Unlock()
	w.answered()
	return w.Conn.SetReadDeadline(time.Time{})
}

// sessionPresent says whether the broker had kept the session.
func (w *wire) sessionPresent() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.session
}

// skip reads an over-long PUBLISH past, tells of it, and acknowledges it.
func (w *wire) skip(first byte, head, body int) error {
	qos := first >> 1 & 3
	if qos > 1 {
		return fmt.Errorf("%w: a message of QoS %d on a subscription of QoS 1", errProtocol, qos)
	}
	if _, err := w.r.Discard(head); err != nil {
		return err
	}
	var two [2]byte
	if _, err := io.ReadFull(w.r, two[:]); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(two[:]))
	rest := body - 2 - n - 2*int(qos)
	if rest < 0 {
		return fmt.Errorf("%w: a topic longer than its packet", errProtocol)
	}
	topic := make([]byte, n)
	if _, err := io.ReadFull(w.r, topic); err != nil {
		return err
	}
	if qos == 1 {
		if _, err := io.ReadFull(w.r, two[:]); err != nil {
			return err
		}
	}
	if _, err := w.r.Discard(rest); err != nil {
		return err
	}
	if w.overlong != nil {
		w.overlong(string(topic[:min(n, 512)]), body, qos)
	}
	if qos == 1 {
		w.ack(binary.BigEndian.Uint16(two[:]))
	}
	return nil
}

// Write sends one packet of paho's: paho writes each with a single call.
func (w *wire) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	return w.Conn.Write(p)
}

// ack queues a PUBACK. It never blocks on the network, and after the connection
// has ended it does nothing: the broker will send the message again.
func (w *wire) ack(id uint16) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	idle := len(w.acks) == 0
	w.acks = append(w.acks, 0x40, 2, byte(id>>8), byte(id))
	w.mu.Unlock()
	if idle {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// flush writes acknowledgements as they gather, until Close.
func (w *wire) flush() {
	defer close(w.flushed)
	var batch []byte
	for {
		select {
		case <-w.wake:
		case <-w.done:
			return
		}
		w.mu.Lock()
		batch, w.acks = w.acks, batch[:0]
		w.mu.Unlock()
		if err := w.send(batch); err != nil {
			w.Conn.Close() // the reader notices and the connection is lost
			return
		}
	}
}

func (w *wire) send(acks []byte) error {
	if len(acks) == 0 {
		return nil
	}
	w.writing.Lock()
	defer w.writing.Unlock()
	_ = w.Conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := w.Conn.Write(acks)
	_ = w.Conn.SetWriteDeadline(time.Time{})
	return err
}

// finish writes the acknowledgements still queued.
func (w *wire) finish() {
	w.mu.Lock()
	acks := w.acks
	w.acks = nil
	w.mu.Unlock()
	_ = w.send(acks) // whatever is lost here is sent again and recognised
}

// Close ends the connection; it may be called more than once.
func (w *wire) Close() error {
	var err error
	w.once.Do(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		w.answered()
		close(w.done)
		err = w.Conn.Close()
	})
	return err
}

// wait returns when the flusher has ended; Close comes first.
func (w *wire) wait() { <-w.flushed }
