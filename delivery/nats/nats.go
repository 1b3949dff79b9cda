// Package nats is the kind of storage that is a JetStream stream of a NATS server: each
// reading is a message, and the stream's PubAck is the acceptance.
package nats

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "nats",
	Summary: "Messages in a JetStream stream of a NATS server",
	Guide:   guide,
	Example: `{"url": "tls://nats.example.com:4222", "subject": "readings.{stream}.{dev}", "stream": "READINGS", "username": "bridge", "password": "…"}`,
	Options: options{},
	Parse:   parse,
}

const guide = `Each reading is one message; the stream's PubAck is acceptance. A stream must take the subject (` + "`nats stream add READINGS --subjects 'readings.>'`" + `): core NATS
alone stores nothing, so that a subject without a stream is refused. The account needs to publish to the subject and to subscribe to ` + "`_INBOX.>`" + `, nothing else. **What makes it
idempotent:** the header ` + "`Nats-Msg-Id`" + `, the reading's id, the same on every attempt: the stream drops what it has taken within its duplicate window, two minutes by default (set
` + "`--dupe-window`" + ` to a day or more, for destinations that may be away that long); a consumer skips ids it has seen before. A message larger than the server or the stream
allows is set aside with the stream's words. Servers that the server tells of (cluster gossip) are not dialled: give a name that resolves to all of yours.`

// options are the configuration.
type options struct {
	URL         delivery.URL     `json:"url" doc:"tls://host:port of your server; nats:// in labs only. Port 4222 if none is given."`
	Subject     delivery.Pattern `json:"subject" doc:"Subject to publish to; {stream}, {purchase} and {dev} (the device commitment) are filled in."`
	Stream      string           `json:"stream" doc:"Name of the stream that must take it: another one's acknowledgement is refused. Empty: whichever takes the subject."`
	Username    string           `json:"username" doc:"Of your server."`
	Password    delivery.Secret  `json:"password" doc:"Of your server."`
	Token       delivery.Secret  `json:"token" doc:"Of your server, instead of username and password."`
	Credentials delivery.Secret  `json:"credentials" doc:"Content of a .creds file (user JWT and seed), instead of username and password."`
	TLSFirst    bool             `json:"tls_first" doc:"Encrypt before the server speaks, for one with handshake_first."`
	delivery.TLS
}

func parse(config []byte) (delivery.Target, error) {
	t := &target{}
	return t, delivery.Read(config, &t.options, t.checkURL, t.checkSubject, t.checkAccount)
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

// Addresses is the one server.
func (t *target) Addresses() []delivery.Address { return []delivery.Address{t.server.Address} }

// Limits say how many messages are under way at once; each stands for itself.
func (t *target) Limits() delivery.Limits {
	return delivery.Limits{Parcels: 200, Bytes: 4 << 20, Window: 4}
}

// Open makes a sink; it connects at the first delivery.
func (t *target) Open(env delivery.Env) (delivery.Sink, error) { return newSink(t, env), nil }

var schemes = map[string]delivery.Scheme{"tls": {Port: "4222", TLS: true}, "nats": {Port: "4222"}}

func (t *target) checkURL() (err error) {
	t.server, err = t.URL.Server(schemes, &t.TLS, "tls://nats.example.com:4222", "the subject belongs into subject")
	if err == nil && t.TLSFirst && !t.server.Address.TLS {
		err = errors.New("tls_first goes with tls://")
	}
	return err
}

var (
	subjectForm = regexp.MustCompile(`^[!-~]+$`)
	streamForm  = regexp.MustCompile(`^[!-~]{0,255}$`)
)

func (t *target) checkSubject() error {
	s := t.Subject.Longest()
	if len(s) > 1024 || !subjectForm.MatchString(s) || strings.ContainsAny(s, "*>{}") || strings.HasPrefix(s, "$") || strings.HasPrefix(s, "_INBOX.") {
		return errors.New("subject must be a subject to publish to, of at most 1024 characters, without spaces, * and >; {stream}, {purchase} and {dev} are filled in")
	}
	for token := range strings.SplitSeq(s, ".") {
		if token == "" {
			return errors.New("subject must have something before and after each dot")
		}
	}
	if !streamForm.MatchString(t.Stream) || strings.ContainsAny(t.Stream, ".*>/\\") {
		return errors.New("stream must be a stream's name, without spaces, '.', '*', '>', '/' and '\\'")
	}
	return nil
}

func (t *target) checkAccount() error {
	ways := 0
	for _, set := range []bool{t.Username != "" || t.Password != "", t.Token != "", t.Credentials != ""} {
		if set {
			ways++
		}
	}
	if ways > 1 {
		return errors.New("give username and password, or token, or credentials: only one of them")
	}
	if t.Password != "" && t.Username == "" {
		return errors.New("password goes with username")
	}
	if c := string(t.Credentials); c != "" && (!strings.Contains(c, "BEGIN NATS USER JWT") || !strings.Contains(c, "BEGIN USER NKEY SEED")) {
		return errors.New("credentials must be the content of a .creds file: a user JWT and its seed, with the lines around them")
	}
	return nil
}
