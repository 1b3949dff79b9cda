// Package kafka is the kind of storage that is a topic: Apache Kafka and what speaks its
// protocol (Redpanda, Azure Event Hubs, Amazon MSK).
package kafka

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "kafka",
	Summary: "Records in a topic: Apache Kafka, Redpanda, Azure Event Hubs",
	Guide:   guide,
	Example: `{"brokers": ["kafka.example.com:9093"], "topic": "readings", "mechanism": "scram-sha-512", "username": "bridge", "password": "…"}`,
	Options: options{},
	Parse:   parse,
}

const guide = `Each reading is a record: the value is the JSON reading, the key its device commitment, so that a device's readings stay in order in one partition. All
in-sync replicas acknowledge (acks=all). The topic must exist. **What makes it idempotent:** the header ` + "`id`" + `, the same on every attempt: consumers skip ids they have
seen. Brokers that the cluster names are dialled like the first one: public addresses only. Event Hubs: username ` + "`$ConnectionString`" + `, mechanism plain.`

// options are the configuration.
type options struct {
	Brokers   []string        `json:"brokers" doc:"host:port of brokers to begin with, at most 20; the cluster names the others."`
	Topic     string          `json:"topic" doc:"Topic, which must exist."`
	Mechanism string          `json:"mechanism" doc:"SASL: plain, scram-sha-256 or scram-sha-512. Empty: no sign-in."`
	Username  string          `json:"username" doc:"For SASL."`
	Password  delivery.Secret `json:"password" doc:"For SASL."`
	Encrypt   *bool           `json:"tls" def:"true" doc:"Encrypt the connections and check the brokers' certificates; false in labs only."`
	delivery.TLS
}

func parse(config []byte) (delivery.Target, error) {
	t := &target{}
	return t, delivery.Read(config, &t.options, t.checkBrokers, t.checkTopic, t.checkSASL, t.checkTLS)
}

// target is a configuration, read.
type target struct {
	options
	addresses []delivery.Address
	sasl      sasl.Mechanism
	tls       *tls.Config // nil: plain
}

// Format prints it redacted, whatever the verb.
func (t *target) Format(s fmt.State, _ rune) { _, _ = s.Write(t.Redacted()) }

// Redacted shows it without secrets.
func (t *target) Redacted() json.RawMessage { return delivery.Redact(&t.options) }

// Addresses are the first brokers.
func (t *target) Addresses() []delivery.Address { return t.addresses }

// Limits say how many records are produced at a time; each stands for itself.
func (t *target) Limits() delivery.Limits {
	return delivery.Limits{Parcels: 500, Bytes: 4 << 20, Window: 4}
}

func (t *target) checkBrokers() error {
	if len(t.Brokers) == 0 || len(t.Brokers) > 20 {
		return errors.New("brokers must list 1 to 20 host:port")
	}
	for _, b := range t.Brokers {
		host, port, err := net.SplitHostPort(b)
		if err != nil || host == "" || port == "" || strings.ContainsAny(b, "/@% \t\r\n") {
			return errors.New("brokers must be like kafka.example.com:9093, without a scheme")
		}
		t.addresses = append(t.addresses, delivery.Address{Host: host, Port: port, TLS: t.encrypted()})
	}
	return nil
}

var topicForm = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

func (t *target) checkTopic() error {
	if !topicForm.MatchString(t.Topic) || t.Topic == "." || t.Topic == ".." {
		return errors.New("topic must be 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'")
	}
	return nil
}

func (t *target) checkSASL() error {
	if (t.Mechanism == "") != (t.Username == "" && t.Password == "") || t.Mechanism != "" && (t.Username == "" || t.Password == "") {
		return errors.New("mechanism, username and password go together")
	}
	auth := scram.Auth{User: t.Username, Pass: string(t.Password)}
	switch t.Mechanism {
	case "":
	case "plain":
		t.sasl = plain.Auth{User: t.Username, Pass: string(t.Password)}.AsMechanism()
	case "scram-sha-256":
		t.sasl = auth.AsSha256Mechanism()
	case "scram-sha-512":
		t.sasl = auth.AsSha512Mechanism()
	default:
		return errors.New("mechanism must be plain, scram-sha-256 or scram-sha-512")
	}
	return nil
}

func (t *target) encrypted() bool { return t.Encrypt == nil || *t.Encrypt }

func (t *target) checkTLS() (err error) {
	t.tls, err = t.TLS.Config(t.encrypted(), "")
	return err
}

// Open makes a sink; it connects at the first delivery.
func (t *target) Open(env delivery.Env) (delivery.Sink, error) {
	s := &sink{target: t}
	opts := []kgo.Opt{
		kgo.SeedBrokers(t.Brokers...), kgo.ClientID("dbdao-bridge"), kgo.DefaultProduceTopic(t.Topic),
		kgo.Dialer(t.dialer(env)),
		// Not the idempotent producer: it cannot give an attempt up, and after a restart it
		// forgets what it sent. Ids do that. One request at a time keeps the order.
		kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.MaxProduceRequestsInflightPerBroker(1),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), kgo.ProducerBatchCompression(kgo.SnappyCompression(), kgo.NoCompression()),
		kgo.RecordRetries(2), kgo.UnknownTopicRetries(1), kgo.RecordDeliveryTimeout(12 * time.Second), kgo.ProduceRequestTimeout(10 * time.Second),
		kgo.RetryTimeout(5 * time.Second), kgo.RequestTimeoutOverhead(5 * time.Second), kgo.ConnIdleTimeout(time.Minute), kgo.MetadataMinAge(time.Second),
		kgo.BrokerMaxReadBytes(answerMax), kgo.FetchMaxBytes(1 << 20), kgo.FetchMaxPartitionBytes(1 << 20), kgo.MaxBufferedRecords(10_000), kgo.DisableClientMetrics(),
	}
	if t.sasl != nil {
		opts = append(opts, kgo.SASL(t.sasl))
	}
	c, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("%w: the options do not go together", delivery.ErrConfig)
	}
	s.client = c
	return s, nil
}

// answerMax bounds a broker's answer.
const answerMax = 4 << 20

// dialer dials brokers, those the cluster names included, through the bridge's guard.
func (t *target) dialer(env delivery.Env) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := env.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return delivery.Handshake(ctx, conn, t.tls, address)
	}
}

// sink produces records.
type sink struct {
	*target
	client *kgo.Client
}

// Close ends the connections.
func (s *sink) Close() error { s.client.CloseAllowingRebalance(); return nil }

// Deliver produces a batch and waits for the acknowledgements.
func (s *sink) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	type answer struct {
		i   int
		err error
	}
	answers := make(chan answer, len(b.Parcels))
	for i := range b.Parcels {
		s.client.Produce(ctx, record(&b.Parcels[i]), func(_ *kgo.Record, err error) { answers <- answer{i, err} })
	}
	errs := make([]error, len(b.Parcels))
	for i := range errs {
		errs[i] = errUnanswered
	}
	for range b.Parcels {
		select {
		case a := <-answers:
			errs[a.i] = a.err
			continue
		case <-ctx.Done():
		}
		break
	}
	return s.judge(ctx, errs)
}

var errUnanswered = errors.New("no acknowledgement")

// record is a parcel as it stands in the topic.
func record(p *delivery.Parcel) *kgo.Record {
	return &kgo.Record{Key: []byte(p.About().Dev), Value: p.Body, Headers: []kgo.RecordHeader{{Key: "id", Value: []byte(p.ID)}, {Key: "content-type", Value: []byte("application/json")}}}
}

// judge finds what was taken from the front, and what never will be.
func (s *sink) judge(ctx context.Context, errs []error) (res delivery.Result) {
	for i, err := range errs {
		switch {
		case err == nil && res.Taken == i && len(res.Never) == 0:
			res.Taken++
		case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.InvalidRecord), errors.Is(err, kerr.RecordListTooLarge):
			res.Never = append(res.Never, delivery.Never{Index: i, Reason: delivery.Reason{Code: delivery.CodeRefused, Text: "the broker refuses the record: " + name(err)}})
		case err != nil && res.Reason.None():
			res.Reason = explain(ctx, err)
		}
	}
	if res.Reason.None() && res.Taken+len(res.Never) < len(errs) {
		res.Reason = delivery.Reason{Code: delivery.CodeAnswer, Text: "a record before was refused"} // those behind a refused one are sent again
	}
	return res
}

// name is the protocol's own name of an error.
func name(err error) string {
	var k *kerr.Error
	if errors.As(err, &k) {
		return k.Message
	}
	return "unknown"
}

func explain(ctx context.Context, err error) delivery.Reason {
	var k *kerr.Error
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed), errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed),
		errors.Is(err, kerr.IllegalSaslState), errors.Is(err, kerr.UnsupportedSaslMechanism):
		return delivery.Reason{Code: delivery.CodeCredentials, Text: "the broker does not let us produce: " + name(err)}
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		return delivery.Reason{Code: delivery.CodeAnswer, Text: "the topic does not exist"}
	case errors.As(err, &k):
		return delivery.Reason{Code: delivery.CodeAnswer, Text: "the broker did not take it: " + name(err)}
	case ctx.Err() != nil, errors.Is(err, errUnanswered), errors.Is(err, kgo.ErrRecordTimeout), errors.Is(err, kgo.ErrRecordRetries):
		return delivery.Explain(errors.Join(ctx.Err(), err, context.DeadlineExceeded))
	}
	return delivery.Explain(err)
}
