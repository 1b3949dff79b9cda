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

// Types of MQTT control packets, in the high half of their first byte (MQTT 3.1.1,
// section 2.2.1).
const (
	typeConnack  = 2
	typePublish  = 3
	typePuback   = 4
	typeSuback   = 9
	typeUnsuback = 11
	typePingresp = 13
)

// Packets that are always the same.
var (
	pingreq    = []byte{0xc0, 0}
	disconnect = []byte{0xe0, 0}
)

var (
	errProtocol = errors.New("the broker breaks the MQTT protocol")
	errSilent   = errors.New("the broker does not answer a ping")
)

// wire is a connection to a broker. One goroutine reads packets with next; whoever wants
// writes, one packet at a time or several whole ones. It writes acknowledgements by
// itself, many in one go, and asks after the broker when the keep-alive is over.
//
// A packet's announced length costs no memory: an over-long PUBLISH is skipped and
// acknowledged (kept unacknowledged it would come back for ever), anything else over-long
// ends the connection.
type wire struct {
	net.Conn
	r        *bufio.Reader
	max      int
	overlong func(topic string, length int, qos byte)
	heard    atomic.Bool // since the last ping
	ear      *ear
	past     int // bytes of the packet given last that are still in r

	mu     sync.Mutex
	acks   []byte // PUBACKs to be written
	closed bool
	why    error // that the flusher closed it

	writing sync.Mutex // one packet at a time
	wake    chan struct{}
	done    chan struct{} // closed by Close
	flushed chan struct{} // closed when the flusher has ended
	once    sync.Once
}

// newWire takes a fresh connection over.
func newWire(c net.Conn, limit int, keepAlive time.Duration, overlong func(string, int, byte)) *wire {
	w := &wire{
		Conn: c, max: limit, overlong: overlong,
		wake: make(chan struct{}, 1), done: make(chan struct{}), flushed: make(chan struct{}),
	}
	w.ear = &ear{w: w, full: readsFull}
	w.r = bufio.NewReaderSize(w.ear, 128<<10)
	go w.flush(keepAlive)
	return w
}

// Reads and acknowledgements gather on a connection that is busy: a broker writes each packet
// by itself, and what waits shares a system call. How long follows what the last read or write
// held, so that it settles at the whole lull where much comes, and at nothing where little does.
const (
	lullMost   = 4 * time.Millisecond
	lullLeast  = 400 * time.Microsecond // a shorter one is not worth its timer
	readsFull  = 24 << 10               // bytes of messages in a read that make the whole lull
	pubacksIn  = 4 * acksFull           // bytes of PUBACKs in a read that do
	acksFull   = 24                     // acknowledgements in a write that do
	bufferFull = 64 << 10               // bytes in a read after which nothing is waited for
)

// lull is how long is waited after what held n, where the whole lull follows full.
func lull(n, full int) time.Duration {
	if d := lullMost * time.Duration(min(n, full)) / time.Duration(full); d >= lullLeast {
		return d
	}
	return 0
}

// ear reads the connection and notes that something came.
type ear struct {
	w      *wire
	full   int           // bytes in a read that make the whole lull
	wait   time.Duration // before the next read
	before func()        // unless nil: called before a read, when everything that came was given
}

func (e *ear) Read(p []byte) (int, error) {
	if e.before != nil {
		e.before()
	}
	if e.wait > 0 {
		time.Sleep(e.wait)
	}
	n, err := e.w.Conn.Read(p)
	if e.wait = lull(n, e.full); n >= bufferFull {
		e.wait = 0
	}
	if n > 0 && !e.w.heard.Load() {
		e.w.heard.Store(true)
	}
	return n, err
}

// next reads a packet: its first byte and what follows its length. What it gives holds until
// the next call.
func (w *wire) next() (first byte, body []byte, err error) {
	if _, err := w.r.Discard(w.past); err != nil {
		return 0, nil, w.cause(err)
	}
	w.past = 0
	for {
		head, n, err := w.head()
		if err != nil {
			return 0, nil, w.cause(err)
		}
		b, _ := w.r.Peek(1)
		switch first = b[0]; {
		case n <= w.max:
			body, err = w.body(head, n)
			return first, body, w.cause(err)
		case first>>4 == typePublish:
			if err := w.skip(first, head, n); err != nil {
				return 0, nil, w.cause(err)
			}
		default:
			return 0, nil, fmt.Errorf("%w: a packet of type %d announces %d bytes", errProtocol, first>>4, n)
		}
	}
}

// body reads what follows a packet's fixed header: where it lies in the reader, if there is room.
func (w *wire) body(head, n int) ([]byte, error) {
	if head+n <= w.r.Size() {
		b, err := w.r.Peek(head + n)
		if err != nil {
			return nil, cut(err)
		}
		w.past = head + n
		return b[head:], nil
	}
	if _, err := w.r.Discard(head); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err := io.ReadFull(w.r, b)
	return b, cut(err)
}

// cut says of an end within a packet that it is no end in order.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// cause is why the connection ended, if the wire has ended it.
func (w *wire) cause(err error) error {
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.why != nil {
		return w.why
	}
	return err
}

// head reads the fixed header without consuming it: its length and the body's.
func (w *wire) head() (head, body int, err error) {
	for head = 2; head <= 5; head++ {
		b, err := w.r.Peek(head)
		if err != nil {
			if head > 2 {
				err = cut(err)
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

// write sends whole packets. After an error the connection cannot be used any more.
func (w *wire) write(p []byte) error { return w.writeWithin(context.Background(), p) }

// writeWithin is write, and gives up when ctx ends.
func (w *wire) writeWithin(ctx context.Context, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	w.writing.Lock()
	defer w.writing.Unlock()
	_ = w.Conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	stop := context.AfterFunc(ctx, func() { _ = w.Conn.SetWriteDeadline(time.Unix(1, 0)) })
	_, err := w.Conn.Write(p)
	if !stop() && ctx.Err() != nil {
		return ctx.Err() // the deadline is being spoilt for whoever writes next
	}
	return err
}

// ack queues PUBACKs. It never blocks on the network, and after the connection
// has ended it does nothing: the broker will send the messages again.
func (w *wire) ack(ids ...uint16) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	idle := len(w.acks) == 0
	for _, id := range ids {
		w.acks = append(w.acks, typePuback<<4, 2, byte(id>>8), byte(id))
	}
	w.mu.Unlock()
	if idle {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// flush writes acknowledgements as they gather, and pings, until Close.
func (w *wire) flush(keepAlive time.Duration) {
	defer close(w.flushed)
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	var batch []byte
	asked := false
	for {
		var err error
		select {
		case <-w.done:
			return
		case <-w.wake:
			w.mu.Lock()
			batch, w.acks = w.acks, batch[:0]
			w.mu.Unlock()
			if err = w.write(batch); err == nil {
				time.Sleep(lull(len(batch)/4, acksFull))
			}
		case <-tick.C: // a long packet may stand before the answer
			if heard := w.heard.Swap(false); asked && !heard {
				err = errSilent
				break
			}
			asked = true
			err = w.write(pingreq)
		}
		if err != nil {
			w.mu.Lock()
			w.why = err
			w.mu.Unlock()
			w.Conn.Close() // the reader notices and the connection is lost
			return
		}
	}
}

// finish writes the acknowledgements still queued and takes leave.
func (w *wire) finish() {
	w.mu.Lock()
	acks := w.acks
	w.acks = nil
	w.mu.Unlock()
	_ = w.write(append(acks, disconnect...)) // whatever is lost here is sent again and recognised
}

// Close ends the connection; it may be called more than once.
func (w *wire) Close() error {
	var err error
	w.once.Do(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		close(w.done)
		err = w.Conn.Close()
	})
	return err
}

// wait returns when the flusher has ended; Close comes first.
func (w *wire) wait() { <-w.flushed }

// handshake sends CONNECT and reads the answer: whether the broker had kept the session.
func (w *wire) handshake(ctx context.Context, connect []byte) (session bool, err error) {
	_ = w.Conn.SetReadDeadline(time.Now().Add(connectTimeout))
	stop := context.AfterFunc(ctx, func() { w.Conn.Close() })
	defer stop()
	if err := w.write(connect); err != nil {
		return false, err
	}
	if b, err := w.r.Peek(1); err == nil && b[0] == 'H' { // no packet a broker may begin with
		if b, err := w.r.Peek(len(webAnswer)); err == nil && string(b) == webAnswer {
			return false, ErrWebServer
		}
	}
	if b, err := w.r.Peek(1); err == nil && b[0] != typeConnack<<4 {
		return false, ErrNoBroker
	}
	first, body, err := w.next()
	if err != nil {
		return false, err
	}
	if first>>4 != typeConnack || len(body) != 2 {
		return false, fmt.Errorf("%w: it answers CONNECT with type %d", errProtocol, first>>4)
	}
	if err := refusal(body[1]); err != nil {
		return false, err
	}
	return body[0]&1 != 0, w.Conn.SetReadDeadline(time.Time{})
}

// webAnswer is how a web server's answer begins.
const webAnswer = "HTTP/"

// refusal explains a CONNACK's return code (MQTT 3.1.1, section 3.2.2.3).
func refusal(code byte) error {
	switch code {
	case 0:
		return nil
	case 1:
		return errors.New("the broker refuses: it does not speak MQTT 3.1.1")
	case 2:
		return errors.New("the broker refuses: it does not take the client id")
	case 3:
		return errors.New("the broker refuses: it is not available now")
	case 4:
		return fmt.Errorf("%w (bad user name or password)", ErrCredentials)
	case 5:
		return fmt.Errorf("%w (not authorized)", ErrCredentials)
	}
	return fmt.Errorf("%w: it answers CONNECT with code %d", errProtocol, code)
}

// field appends a length and a string.
func field(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// framed puts a packet's first byte and length before its body.
func framed(first byte, body []byte) []byte {
	b := binary.AppendUvarint([]byte{first}, uint64(len(body))) // the length has the form of a varint
	return append(b, body...)
}
