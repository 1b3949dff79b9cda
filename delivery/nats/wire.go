package nats

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"strconv"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// answerMax bounds a line and a payload of the server's: it has nothing to say but what it
// is, and acknowledgements. The client would make room for whatever length is announced.
const answerMax = 64 << 10

var (
	errProtocol = errors.New("what answers there does not speak NATS")
	errNoTLS    = errors.New("the server offers no TLS")
	errWantsTLS = errors.New("the server demands TLS: use tls:// in url")
)

// dialer makes one connection: it dials through the bridge's guard, reads what the server
// says of itself, encrypts, and hands over a connection that is watched. The client, which
// is told to skip its own handshake, gets to read what was read again.
type dialer struct {
	ctx  context.Context
	t    *target
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	wire *wire
	read *delivery.Watched // the same, watched
	stop func() bool       // of closing the connection when ctx ends
}

// SkipTLSHandshake tells the client that connections are encrypted already.
func (d *dialer) SkipTLSHandshake() bool { return true }

// Dial is called by the client, with the one address it was given.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.dial(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	raw := conn
	d.stop = context.AfterFunc(d.ctx, func() { _ = raw.Close() })
	if d.t.TLSFirst {
		if conn, err = delivery.Handshake(d.ctx, conn, d.t.server.TLS, address); err != nil {
			return nil, err
		}
	}
	line, err := greeting(conn)
	var info struct {
		Required  bool `json:"tls_required"`
		Available bool `json:"tls_available"`
	}
	switch {
	case err != nil:
	case json.Unmarshal(line[len("INFO "):], &info) != nil:
		err = errProtocol
	case d.t.TLSFirst:
	case d.t.server.TLS == nil && info.Required:
		err = errWantsTLS
	case d.t.server.TLS != nil && !info.Required && !info.Available:
		err = errNoTLS
	default:
		conn, err = delivery.Handshake(d.ctx, conn, d.t.server.TLS, address)
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	d.read = delivery.Watch(conn)
	d.wire = &wire{Conn: d.read, head: line}
	return d.wire, nil
}

// greeting reads the line that begins a connection, and not a byte more.
func greeting(conn net.Conn) ([]byte, error) {
	const begins = "INFO "
	line, one := make([]byte, 0, 1024), make([]byte, 1)
	for len(line) < answerMax {
		if _, err := conn.Read(one); err != nil {
			return nil, err
		}
		line = append(line, one[0])
		if i := len(line) - 1; i < len(begins) && line[i] != begins[i] {
			return nil, errProtocol
		}
		if one[0] == '\n' {
			return line, nil
		}
	}
	return nil, errProtocol
}

// wire follows what the server sends and ends the connection, before the client makes room
// for it, if a line or an announced payload is longer than answerMax.
type wire struct {
	net.Conn
	head []byte // still to be read again
	line []byte // the line under way
	left int    // bytes of the payload under way
}

// Read passes bytes on.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.head) > 0 {
		n := copy(p, w.head)
		w.head = w.head[n:]
		return n, nil
	}
	n, err := w.Conn.Read(p)
	if !w.follow(p[:n]) {
		_ = w.Close()
		return 0, errProtocol
	}
	return n, err
}

func (w *wire) follow(p []byte) bool {
	for len(p) > 0 {
		if w.left > 0 {
			k := min(w.left, len(p))
			w.left -= k
			p = p[k:]
			continue
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			w.line = append(w.line, p...)
			return len(w.line) <= answerMax
		}
		w.line = append(w.line, p[:end]...)
		p = p[end+1:]
		ok := len(w.line) <= answerMax && w.announced()
		w.line = w.line[:0]
		if !ok {
			return false
		}
	}
	return true
}

// announced reads the length of a payload off the line before it.
func (w *wire) announced() bool {
	fields := bytes.Fields(w.line)
	if len(fields) == 0 {
		return true
	}
	if verb := bytes.ToUpper(fields[0]); !bytes.Equal(verb, []byte("MSG")) && !bytes.Equal(verb, []byte("HMSG")) {
		return true
	}
	n, err := strconv.ParseUint(string(fields[len(fields)-1]), 10, 32)
	w.left = int(n) + len("\r\n")
	return err == nil && n <= answerMax
}
