// Package mqtt speaks MQTT 3.1.1 as a reliable bridge needs it: a [Subscriber]
// whose messages are acknowledged by hand, from any goroutine and after any
// number of reconnections, and a [Publisher] that returns when the broker has
// taken a message.
//
// It knows nothing of uplinks. It is the only importer of paho and keeps paho's
// traps to itself: a packet's announced length is capped before paho allocates
// it, a lost session and a refused subscription are told, messages redelivered
// before the subscription is renewed are not dropped, and a late acknowledgement
// is harmless.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
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

// options prepares one connection. The wire it is given is ready before the
// first packet is.
func (c Config) options(ctx context.Context, w **wire, overlong func(string, int, byte)) *paho.ClientOptions {
	u, _ := url.Parse(c.URL) // Check has parsed it
	user, password := c.Username, c.Password
	if u.User != nil && user == "" {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	o := paho.NewClientOptions().
		AddBroker((&url.URL{Scheme: "tcp", Host: u.Host}).String()). // shown to nobody: the open function dials
		SetClientID(c.ClientID).
		SetUsername(user).SetPassword(password).
		SetCleanSession(c.CleanSession).
		SetKeepAlive(orDefault(c.KeepAlive, defaultKeepAlive)).
		SetPingTimeout(orDefault(c.KeepAlive, defaultKeepAlive)). // a long packet may stand before the answer
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetProtocolVersion(4).  // otherwise paho tries 3.1 after every refusal
		SetAutoReconnect(false) // a connection is used once: paho forgets session-present on its own reconnects
	o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
		dialling, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		conn, err := c.open(dialling, u)
		if err != nil {
			return nil, err
		}
		*w = newWire(ctx, conn, orDefault(c.MaxPacket, defaultMaxPacket), overlong)
		return *w, nil
	})
	o.SetStore(noStore{})
	return o
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

// connect brings a client up or says why not.
func (c Config) connect(ctx context.Context, client paho.Client, w **wire) error {
	token := client.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
		client.Disconnect(0)
		<-token.Done() // the dialler watches ctx, the wire has a deadline
		closeWire(*w)
		return ctx.Err()
	}
	if err := token.Error(); err != nil {
		closeWire(*w)
		if errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) || errors.Is(err, packets.ErrorRefusedNotAuthorised) {
			err = fmt.Errorf("%w (%w)", ErrCredentials, err)
		}
		return fmt.Errorf("connect to %s: %w", c.host(), err)
	}
	return nil
}

func closeWire(w *wire) {
	if w != nil {
		w.Close()
		w.wait()
	}
}

// noStore keeps nothing: what must survive lies in the broker's session and in
// the caller's own store. Paho's memory store would hold every message until it
// is acknowledged through paho.
type noStore struct{}

func (noStore) Open()                             {}
func (noStore) Put(string, packets.ControlPacket) {}
func (noStore) Get(string) packets.ControlPacket  { return nil }
func (noStore) All() []string                     { return nil }
func (noStore) Del(string)                        {}
func (noStore) Close()                            {}
func (noStore) Reset()                            {}
