// Package mqtt speaks MQTT 3.1.1 as a reliable bridge needs it: a [Subscriber]
// whose messages are acknowledged by hand, from any goroutine and after any
// number of reconnections, and a [Publisher] that returns when the broker has
// taken a message.
//
// It knows nothing of uplinks. The protocol is written out here, for what a library's
// channels and goroutines cost (docs/adr/0016-mqtt-is-written-by-hand.md). A packet's announced length is capped before
// it costs memory, a lost session and a refused subscription are told, messages redelivered
// before the subscription is renewed are taken, and a late acknowledgement is harmless.
// paho lends its WebSocket, and is the only thing imported of it.
package mqtt

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// Config is how to reach a broker.
type Config struct {
	URL          string // mqtt://, tcp://, mqtts://, ssl://, tls://, ws://, wss:// or unix://
	ClientID     string // names the session: stable, and one per bridge
	Username     string
	Password     string
	TLS          *tls.Config   // nil: the system's roots
	CleanSession bool          // a Subscriber normally wants false, a Publisher has no session
	KeepAlive    time.Duration // 0: 30 s
	MaxPacket    int           // longest packet taken, in bytes; 0: 256 KiB
	Dial         func(ctx context.Context, network, addr string) (net.Conn, error)
	Log          *slog.Logger // nil: silent
}

const (
	defaultKeepAlive = 30 * time.Second
	defaultMaxPacket = 256 << 10
	connectTimeout   = 10 * time.Second // from dialling to the broker's CONNACK
	replyTimeout     = 10 * time.Second // for a SUBACK
	writeTimeout     = 10 * time.Second
)

// ErrConfig says that a Config can never work; the wrapping error says why.
var ErrConfig = errors.New("unusable MQTT settings")

// ErrConnect begins why a connection could not be made; one that was made and ended has another.
var ErrConnect = errors.New("connect")

// ErrWebServer says that what answers is no broker.
var ErrWebServer = errors.New("a web server answers, which is no broker")

// ErrNoBroker says that what answers does not speak MQTT.
var ErrNoBroker = errors.New("what answers does not speak MQTT")

// ErrCredentials says that the broker does not let this account in.
var ErrCredentials = errors.New("the broker does not accept the credentials")

// Check finds what can never work, without connecting.
func (c Config) Check() error {
	u, err := url.Parse(c.URL)
	if err != nil {
		return fmt.Errorf("%w: the broker's URL does not parse", ErrConfig)
	}
	switch u.Scheme {
	case "mqtt", "tcp", "mqtts", "ssl", "tls":
		if u.Hostname() == "" {
			return fmt.Errorf("%w: the broker's URL names no host", ErrConfig)
		}
	case "ws", "wss":
		if c.Dial != nil {
			return fmt.Errorf("%w: MQTT over WebSocket cannot be guarded here, use mqtts://", ErrConfig)
		}
	case "unix":
	default:
		return fmt.Errorf("%w: the broker's URL must begin with mqtt://, mqtts://, ws://, wss:// or unix://", ErrConfig)
	}
	if c.ClientID == "" && !c.CleanSession {
		return fmt.Errorf("%w: a kept session needs a client id", ErrConfig)
	}
	return nil
}

// host names the broker in errors: never user, password, path or query.
func (c Config) host() string {
	if u, err := url.Parse(c.URL); err == nil && u.Host != "" {
		return u.Host
	}
	return "the broker"
}

func (c Config) logger() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

// connect opens a connection and greets the broker, or says why not. session says that the
// broker had kept ours.
func (c Config) connect(ctx context.Context, overlong func(string, int, byte)) (w *wire, session bool, err error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, false, fmt.Errorf("%w: the broker's URL does not parse", ErrConfig)
	}
	dialling, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := c.open(dialling, u)
	if err == nil {
		w = newWire(conn, orDefault(c.MaxPacket, defaultMaxPacket), orDefault(c.KeepAlive, defaultKeepAlive), overlong)
		if session, err = w.handshake(ctx, c.greeting(u)); err != nil {
			closeWire(w)
		}
	}
	switch {
	case err == nil:
		return w, session, nil
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	}
	return nil, false, fmt.Errorf("%w to %s: %w", ErrConnect, c.host(), err)
}

// greeting is the CONNECT packet (MQTT 3.1.1, section 3.1).
func (c Config) greeting(u *url.URL) []byte {
	user, password := c.Username, c.Password
	if u.User != nil && user == "" {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	var flags byte
	if c.CleanSession {
		flags |= 0x02
	}
	if user != "" {
		flags |= 0x80
		if password != "" {
			flags |= 0x40
		}
	}
	b := append(field(nil, "MQTT"), 4, flags)
	b = binary.BigEndian.AppendUint16(b, uint16(min(orDefault(c.KeepAlive, defaultKeepAlive)/time.Second, 65_535)))
	b = field(b, c.ClientID)
	if flags&0x80 != 0 {
		b = field(b, user)
	}
	if flags&0x40 != 0 {
		b = field(b, password)
	}
	return framed(0x10, b)
}

func closeWire(w *wire) {
	w.Close()
	w.wait()
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

func (c Config) open(ctx context.Context, u *url.URL) (net.Conn, error) {
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	conf := c.TLS
	if conf == nil {
		conf = &tls.Config{}
	}
	switch u.Scheme {
	case "unix":
		return dial(ctx, "unix", u.Path)
	case "ws", "wss":
		plain := *u
		plain.User = nil
		return paho.NewWebsocket(plain.String(), conf, connectTimeout, nil, nil)
	case "mqtt", "tcp":
		return dial(ctx, "tcp", hostPort(u, "1883"))
	}
	conn, err := dial(ctx, "tcp", hostPort(u, "8883"))
	if err != nil {
		return nil, err
	}
	if conf.ServerName == "" {
		conf = conf.Clone()
		conf.ServerName = u.Hostname()
	}
	secure := tls.Client(conn, conf)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

func hostPort(u *url.URL, port string) string {
	if p := u.Port(); p != "" {
		port = p
	}
	return net.JoinHostPort(u.Hostname(), port)
}
