// Package amqp1 is the kind of storage that is a queue or topic of an AMQP 1.0 broker: Azure
// Service Bus, ActiveMQ Artemis, RabbitMQ. Each reading is a durable message, sent
// unsettled, and the broker's outcome accepted is the acceptance.
package amqp1

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "amqp1",
	Summary: "Messages to a queue or topic of an AMQP 1.0 broker: Azure Service Bus, ActiveMQ Artemis, RabbitMQ",
	Guide:   guide,
	Example: `{"url": "amqps://mynamespace.servicebus.windows.net:5671", "address": "readings", "username": "bridge", "password": "…"}`,
	Options: options{},
	Parse:   parse,
}

const guide = `Each reading is one durable message, sent unsettled; the outcome *accepted* is acceptance. *Released*, and *modified* without undeliverable-here, are tried again; *rejected* with a
condition that speaks of the message, and *modified* with undeliverable-here, set the one reading aside with the broker's words; *rejected* without a condition (a full queue) is
tried again. **What makes it idempotent:** the property ` + "`message-id`" + `, the reading's id, the same on every attempt: Service Bus drops what it has seen within its duplicate
detection window, if the queue has one; other consumers skip ids they have seen. ` + "`group-id`" + ` is the device commitment (the session of a Service Bus queue with sessions); readings of a
purchase stay in order. Another address a broker points to (redirect) is not followed.

Service Bus: ` + "`address`" + ` is the queue or topic, ` + "`username`" + ` the name of a shared access policy with Send, ` + "`password`" + ` its key. RabbitMQ from 4.0: ` + "`/queues/NAME`" + `. RabbitMQ 3 with the plugin
rabbitmq_amqp1_0: ` + "`/queue/NAME`" + `, a durable queue, which is made if it is not there; every other address is refused, because that plugin accepts messages that no queue takes and
loses them (use kind amqp).`

// options are the configuration.
type options struct {
	URL      delivery.URL    `json:"url" doc:"amqps://host:port of your broker; amqp:// in labs only. Port 5671 (5672) if none is given."`
	Address  string          `json:"address" doc:"Address (node) to send to: a queue or topic, as your broker writes it."`
	Username string          `json:"username" doc:"Of your broker (SASL PLAIN). Empty: SASL ANONYMOUS, or EXTERNAL with client_cert."`
	Password delivery.Secret `json:"password" doc:"Of your broker."`
	delivery.TLS
}

func parse(config []byte) (delivery.Target, error) {
	t := &target{}
	return t, delivery.Read(config, &t.options, t.checkURL, t.checkRest)
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

// Limits say how many messages are under way at once; each stands for itself.
func (t *target) Limits() delivery.Limits {
	return delivery.Limits{Parcels: 200, Bytes: 4 << 20, Window: 4}
}

// Open makes a sink; it connects at the first delivery.
func (t *target) Open(env delivery.Env) (delivery.Sink, error) { return newSink(t, env), nil }

var schemes = map[string]delivery.Scheme{"amqps": {Port: "5671", TLS: true}, "amqp": {Port: "5672"}}

func (t *target) checkURL() (err error) {
	t.server, err = t.URL.Server(schemes, &t.TLS, "amqps://mynamespace.servicebus.windows.net:5671", "the queue or topic belongs into address")
	return err
}

func (t *target) checkRest() error {
	if t.Address == "" || len(t.Address) > 1024 || strings.ToValidUTF8(t.Address, "") != t.Address || strings.ContainsAny(t.Address, "\x00\r\n") {
		return errors.New("address must be a queue or topic, of at most 1024 bytes")
	}
	if (t.Username == "") != (t.Password == "") {
		return errors.New("username and password go together")
	}
	if strings.Contains(t.Username+string(t.Password), "\x00") {
		return errors.New("username and password may hold no zero byte")
	}
	return nil
}
