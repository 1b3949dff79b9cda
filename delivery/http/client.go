package http

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// client speaks HTTP/1.1 to one host: it sends what it is given byte by byte, reads a
// status line and headers, and takes the status line for the outcome. Connections are
// kept; one the other side has closed meanwhile is no failure.
//
// Why not a library: fasthttp rewrites the path it is given and fails on long answers,
// net/http costs two to three times as much (docs/adr/0013-http-is-written-by-hand.md).
type client struct {
	address string
	tls     *tls.Config // nil: plain
	dial    func(ctx context.Context, network, address string) (net.Conn, error)

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

const (
	idleMax   = 60 * time.Second       // a connection unused for longer is not tried
	headMax   = 32 << 10               // of an answer: status line and headers
	drainMax  = 64 << 10               // of an answer's body that is read to keep the connection
	drainTime = 250 * time.Millisecond // how long that may take
	interims  = 8                      // 1xx answers before the final one
	idleConns = 32
)

// conn is one connection.
type conn struct {
	net.Conn
	r    *bufio.Reader
	used time.Time // when it became idle
}

// answer is what is kept of a response.
type answer struct {
	status     int
	retryAfter string
	kept       bool  // the connection may be used again
	length     int64 // of the body; -1: until the connection ends; -2: chunked
}

// errStale says that a kept connection ended before an answer was there. The request is
// sent again, under the same id, over a fresh one.
var errStale = errors.New("the kept connection has ended")

var errProtocol = errors.New("what answers there does not speak HTTP/1.1")

// do sends a request and reads the answer's head. On a kept connection that ended
// without a byte of an answer, it dials again at once.
func (c *client) do(ctx context.Context, request []byte) (answer, error) {
	for {
		conn, fresh, err := c.take(ctx)
		if err != nil {
			return answer{}, err
		}
		a, err := c.exchange(ctx, conn, request, fresh)
		if errors.Is(err, errStale) {
			c.dropIdle() // the others are as old
			continue
		}
		return a, err
	}
}

func (c *client) exchange(ctx context.Context, conn *conn, request []byte, fresh bool) (answer, error) {
	deadline, _ := ctx.Deadline() // of none, none: a kept connection has that of its last exchange
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	a, err := roundTrip(conn, request)
	if !stop() && err == nil && ctx.Err() != nil {
		a.kept = false // the deadline is being spoilt: the answer is there, the connection goes
	}
	if err != nil {
		_ = conn.Close()
		if !fresh && ctx.Err() == nil && !timedOut(err) {
			return a, errStale // what came, if anything, may be the rest of a former answer
		}
		if ctx.Err() != nil {
			return a, ctx.Err()
		}
		return a, err
	}
	if !a.kept || !drain(conn, a) || conn.r.Buffered() > 0 {
		_ = conn.Close()
		return a, nil
	}
	c.give(conn)
	return a, nil
}

func timedOut(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// roundTrip writes a request and reads the head of the answer. The other side may answer
// before it has read everything.
func roundTrip(conn *conn, request []byte) (a answer, err error) {
	_, writeErr := conn.Write(request)
	if writeErr != nil && timedOut(writeErr) {
		return a, writeErr
	}
	if _, err := conn.r.Peek(1); err != nil {
		return a, errors.Join(writeErr, err)
	}
	for range interims {
		if a, err = readHead(conn.r); err != nil {
			return a, err
		}
		if a.status >= 200 {
			a.kept = a.kept && writeErr == nil
			return a, nil
		}
		if a.status == 101 {
			break // nobody asked for another protocol
		}
	}
	return a, errProtocol
}

// readHead reads a status line and headers. Only the status line decides; of the headers
// those are read that say how long the body is and whether the connection is kept.
func readHead(r *bufio.Reader) (a answer, err error) {
	left := headMax
	line, err := readLine(r, &left)
	if err != nil {
		return a, err
	}
	// HTTP/1.1 200 OK
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[7] < '0' || line[7] > '9' || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return a, errProtocol
	}
	for _, d := range line[9:12] {
		if d < '0' || d > '9' {
			return a, errProtocol
		}
		a.status = 10*a.status + int(d-'0')
	}
	if a.status < 100 {
		return a, errProtocol
	}
	a.kept, a.length = line[7] != '0', -1
	for {
		line, err := readLine(r, &left)
		if err != nil {
			return a, err
		}
		if len(line) == 0 {
			break
		}
		if err := a.header(line); err != nil {
			return a, err
		}
	}
	if a.status == 204 || a.status == 304 || a.status < 200 {
		a.length = 0
	}
	if a.length == -1 {
		a.kept = false
	}
	return a, nil
}

func (a *answer) header(line []byte) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return errProtocol
	}
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || n < 0 {
			a.kept, n = false, -1 // the status line has said all
		}
		if a.length != -2 {
			a.length = n
		}
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		a.length = -2
		if !bytes.EqualFold(value, []byte("chunked")) {
			a.kept = false
		}
	case bytes.EqualFold(name, []byte("Connection")):
		for token := range bytes.SplitSeq(value, []byte(",")) {
			if bytes.EqualFold(bytes.TrimSpace(token), []byte("close")) {
				a.kept = false
			}
		}
	case bytes.EqualFold(name, []byte("Retry-After")):
		a.retryAfter = string(value)
	}
	return nil
}

// readLine reads a line without its end.
func readLine(r *bufio.Reader, left *int) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if *left -= len(line); errors.Is(err, bufio.ErrBufferFull) || *left < 0 {
		return nil, errProtocol
	}
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// drain reads the rest of a short answer away, so that the connection can be used again.
func drain(conn *conn, a answer) bool {
	if a.length == 0 {
		return true
	}
	if a.length > drainMax {
		return false
	}
	if at := time.Now().Add(drainTime); conn.SetReadDeadline(at) != nil {
		return false
	}
	if a.length > 0 {
		_, err := conn.r.Discard(int(a.length))
		return err == nil
	}
	return drainChunks(conn.r)
}

func drainChunks(r *bufio.Reader) bool {
	for total := int64(0); ; {
		left := 256
		line, err := readLine(r, &left)
		if err != nil {
			return false
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseInt(string(bytes.TrimSpace(size)), 16, 64)
		if total += n; err != nil || n < 0 || total > drainMax {
			return false
		}
		if n == 0 {
			break
		}
		if _, err := r.Discard(int(n) + 2); err != nil {
			return false
		}
	}
	for left := headMax; ; { // trailers
		line, err := readLine(r, &left)
		if err != nil {
			return false
		}
		if len(line) == 0 {
			return true
		}
	}
}

// take gives the idle connection used last, or dials.
func (c *client) take(ctx context.Context) (_ *conn, fresh bool, err error) {
	c.mu.Lock()
	for n := len(c.idle); n > 0; n = len(c.idle) {
		one := c.idle[n-1]
		c.idle = c.idle[:n-1]
		if time.Since(one.used) < idleMax {
			c.mu.Unlock()
			return one, false, nil
		}
		_ = one.Close()
	}
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return nil, false, net.ErrClosed
	}
	raw, err := c.dial(ctx, "tcp", c.address)
	if err != nil {
		return nil, false, err
	}
	if raw, err = delivery.Handshake(ctx, raw, c.tls, c.address); err != nil {
		return nil, false, err
	}
	return &conn{Conn: raw, r: bufio.NewReaderSize(raw, 4096)}, true, nil
}

func (c *client) give(one *conn) {
	one.used = time.Now()
	c.mu.Lock()
	if !c.closed && len(c.idle) < idleConns {
		c.idle = append(c.idle, one)
		one = nil
	}
	c.mu.Unlock()
	if one != nil {
		_ = one.Close()
	}
}

func (c *client) dropIdle() {
	c.mu.Lock()
	idle := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, one := range idle {
		_ = one.Close()
	}
}

func (c *client) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.dropIdle()
}

// explain keeps what the buyer may know of a failed attempt.
func explain(err error) delivery.Reason {
	if errors.Is(err, errProtocol) {
		return delivery.Reason{Code: delivery.CodeProtocol, Text: errProtocol.Error()}
	}
	return delivery.Explain(err)
}
