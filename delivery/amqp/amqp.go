// Package amqp is the kind of storage that is an exchange of an AMQP 0.9.1 broker, RabbitMQ
// above all: each reading is a persistent message, and the broker's confirm is the
// acceptance.
package amqp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "amqp",
	Summary: "Messages to an exchange or queue of an AMQP 0.9.1 broker: RabbitMQ, LavinMQ, Amazon MQ",
	Guide:   guide,
	Example: `{"url": "amqps://rabbit.example.com:5671", "vhost": "/", "exchange": "readings", "routing_key": "{stream}.{dev}", "username": "bridge", "password": "…"}`,
	Options: options{},
	Parse:   parse,
}

const guide = `Each reading is one persistent message (delivery mode 2, ` + "`application/json`" + `); the broker's publisher confirm is acceptance: of a durable queue it comes when the
message is on disk, of a quorum queue when a majority has it. Messages are mandatory: one that no queue takes comes back, is not counted as taken, and is tried again until a
queue is bound or the schedule is over; those of the same batch that have a queue arrive. The exchange must exist; without one ` + "`routing_key`" + ` is the name of a queue. The account
needs the write permission on the exchange, nothing else. A message the broker refuses by its size is found and set aside. A full queue (` + "`x-overflow: reject-publish`" + `) is waited
for. **What makes it idempotent:** the property ` + "`message_id`" + `, the reading's id, the same on every attempt: consumers skip ids they have seen. The header ` + "`dev`" + ` holds the device
commitment, for a consistent hash exchange; readings of a purchase stay in order.`

// options are the configuration.
type options struct {
	URL        delivery.URL     `json:"url" doc:"amqps://host:port of your broker; amqp:// in labs only. Port 5671 (5672) if none is given."`
	VHost      string           `json:"vhost" def:"/" doc:"Virtual host."`
	Exchange   string           `json:"exchange" doc:"Exchange, which must exist. Empty: the default one, which takes routing_key as a queue's name."`
	RoutingKey delivery.Pattern `json:"routing_key" doc:"Routing key; {stream}, {purchase} and {dev} (the device commitment) are filled in."`
	Username   string           `json:"username" doc:"Of your broker."`
	Password   delivery.Secret  `json:"password" doc:"Of your broker."`
	delivery.TLS
}

func parse(config []byte) (delivery.Target, error) {
	t := &target{}
	return t, delivery.Read(config, &t.options, t.checkURL, t.checkRoute, t.checkAccount)
}

// target is a configuration, read.
type target struct {
	options
	server delivery.Server
}

// Format prints it redacted, whatever the verb.
func (t *target) Format(s fmt.State, _ rune) { _, _ = s.Write(t.Redacted()) }

// Redacted shows it without secrets.
func (t *target) Redacted() json.RawMessage { return delivery.Redact(&t.options) }

// Addresses is the one broker.
func (t *target) Addresses() []delivery.Address { return []delivery.Address{t.server.Address} }

// Limits say how many messages are published before the first confirm is waited for; each
// stands for itself.
func (t *target) Limits() delivery.Limits {
	return delivery.Limits{Parcels: parcels, Bytes: 4 << 20, Window: 4}
}

const parcels = 200

// Open makes a sink; it connects at the first delivery.
func (t *target) Open(env delivery.Env) (delivery.Sink, error) { return newSink(t, env), nil }

var schemes = map[string]delivery.Scheme{"amqps": {Port: "5671", TLS: true}, "amqp": {Port: "5672"}}

func (t *target) checkURL() (err error) {
	t.server, err = t.URL.Server(schemes, &t.TLS, "amqps://rabbit.example.com:5671", "the virtual host belongs into vhost")
	return err
}

func (t *target) checkRoute() error {
	if t.VHost == "" {
		t.VHost = "/"
	}
	key := t.RoutingKey.Longest()
	switch {
	case len(t.VHost) > 255 || len(t.Exchange) > 255 || len(key) > 255:
		return errors.New("vhost, exchange and routing_key may have 255 bytes each, a filled in {dev} has 66")
	case strings.ContainsAny(key, "{}\x00") || strings.Contains(t.VHost+t.Exchange, "\x00"):
		return errors.New("routing_key may hold {stream}, {purchase} and {dev}, and no other braces")
	case t.Exchange == "" && t.RoutingKey == "":
		return errors.New("exchange or routing_key is missing: without an exchange routing_key is the name of a queue")
	}
	return nil
}

func (t *target) checkAccount() error {
	if (t.Username == "") != (t.Password == "") {
		return errors.New("username and password go together")
	}
	if t.Username == "" {
		return errors.New("username and password are missing")
	}
	if strings.Contains(t.Username+string(t.Password), "\x00") {
		return errors.New("username and password may hold no zero byte")
	}
	return nil
}
