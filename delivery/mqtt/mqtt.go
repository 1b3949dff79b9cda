// Package mqtt is the kind of storage that is an MQTT broker of the buyer's: each reading
// is published with QoS 1, and the broker's PUBACK is the acceptance. MQTT 3.1.1 and 5.
package mqtt

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "mqtt",
	Summary: "Publishes to an MQTT broker of yours, 3.1.1 or 5, QoS 1",
	Guide:   guide,
	Example: `{"url": "mqtts://broker.example.com:8883", "topic": "readings/{stream}", "username": "bridge", "password": "…"}`,
	Options: options{},
	Parse:   parse,
}

const guide = `Each reading is one message; the broker's PUBACK is acceptance. Subscribe with a kept session (clean session false, a client id of your own), or
what is published while you are away is gone: with MQTT 5 the bridge sees that nobody subscribes and tries again, with 3.1.1 it cannot. A batch is
published without waiting in between; readings of a purchase stay in order. **What makes it idempotent:** the member ` + "`id`" + ` of the body, with MQTT 5 also the user property
` + "`id`" + `: the same on every attempt, for ever. The client id begins with dbdao- and differs with each connection. Another server a broker points to (MQTT 5) is not followed.`

// options are the configuration.
type options struct {
	URL      delivery.URL     `json:"url" doc:"mqtts://host:port of your broker; mqtt:// in labs only."`
	Topic    delivery.Pattern `json:"topic" doc:"Topic to publish to; {stream}, {purchase} and {dev} (the device commitment) are filled in."`
	Version  string           `json:"version" def:"3.1.1" doc:"MQTT version: 3.1.1 or 5."`
	Username string           `json:"username" doc:"Of your broker."`
	Password delivery.Secret  `json:"password" doc:"Of your broker."`
	delivery.TLS
}

func parse(config []byte) (delivery.Target, error) {
	t := &target{}
	return t, delivery.Read(config, &t.options, t.checkURL, t.checkTopic, t.checkRest)
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

// Addresses is the broker.
func (t *target) Addresses() []delivery.Address { return []delivery.Address{t.server.Address} }

// Limits say how much is under way at once: a batch is a run of messages over the one
// connection. Version 5 waits for each PUBACK of a batch, so there are more of them.
func (t *target) Limits() delivery.Limits {
	if t.Version == "5" {
		return delivery.Limits{Parcels: 8, Window: 32}
	}
	return delivery.Limits{Parcels: 64, Window: 4}
}

// Open makes a sink; it connects at the first delivery.
func (t *target) Open(env delivery.Env) (delivery.Sink, error) {
	id := "dbdao-" + env.Destination.String()[:8] + "-" + rand.Text()[:8] // 23 characters: every broker takes them. A test, or a replay, must not end the connection that is there
	if t.Version == "5" {
		return newSink5(t, env, id), nil
	}
	return newSink3(t, env, id), nil
}

var schemes = map[string]delivery.Scheme{
	"mqtts": {Port: "8883", TLS: true}, "ssl": {Port: "8883", TLS: true}, "tls": {Port: "8883", TLS: true},
	"mqtt": {Port: "1883"}, "tcp": {Port: "1883"},
}

func (t *target) checkURL() (err error) {
	t.server, err = t.URL.Server(schemes, &t.TLS, "mqtts://broker.example.com:8883", "the topic belongs into topic")
	return err
}

func (t *target) checkTopic() error {
	topic := t.Topic.Longest()
	if topic == "" || len(topic) > 1024 || strings.ContainsAny(topic, "+#\x00{}") || strings.HasPrefix(topic, "$") || strings.ToValidUTF8(topic, "") != topic {
		return errors.New("topic must be a topic to publish to, of at most 1024 bytes, without + and #; {stream}, {purchase} and {dev} are filled in")
	}
	return nil
}

func (t *target) checkRest() error {
	switch t.Version {
	case "":
		t.Version = "3.1.1"
	case "3.1.1", "5":
	default:
		return errors.New("version must be 3.1.1 or 5")
	}
	if t.Password != "" && t.Username == "" {
		return errors.New("password goes with username")
	}
	if len(t.Username) > 65535 || len(t.Password) > 65535 {
		return errors.New("username and password may have 65535 bytes each")
	}
	return nil
}
