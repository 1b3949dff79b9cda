package kafka

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func cluster(t *testing.T, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(4, "readings")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// held reads the whole topic, as a new consumer would, and gives the header id.
func held(t *testing.T, c *kfake.Cluster) (ids []string) {
	consumer, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics("readings"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		fetches := consumer.PollFetches(ctx)
		cancel()
		n := 0
		fetches.EachRecord(func(r *kgo.Record) {
			n++
			ids = append(ids, string(r.Headers[0].Value))
			if !bytes.Contains(r.Value, r.Headers[0].Value) || !bytes.Contains(r.Value, r.Key) || len(r.Key) != 66 {
				t.Errorf("a record with key %q, headers %v, value %q", r.Key, r.Headers, r.Value)
			}
		})
		if n == 0 {
			return ids
		}
	}
}

func config(address string, extra ...any) string {
	return sinktest.With(`{"topic":"readings","tls":false}`, append([]any{"brokers", []string{address}}, extra...)...)
}

func TestConformance(t *testing.T) {
	sinktest.Run(t, sinktest.Suite{
		Kind: Kind,
		New: func(t *testing.T) sinktest.Peer {
			c := cluster(t)
			return sinktest.Peer{Config: config(c.ListenAddrs()[0]), Repeats: true, Held: func(t *testing.T) []string { return held(t, c) }}
		},
		Proxied: func(config, address string) string { return sinktest.With(config, "brokers", []string{address}) },
		At: func(host, port string) string {
			return sinktest.With(`{"topic":"readings"}`, "brokers", []string{host + ":" + port})
		},
		Beside: func(host, port string) string {
			return sinktest.With(`{"topic":"readings"}`, "brokers", []string{"kafka.invalid:9093", host + ":" + port})
		},
		Encrypted: func(t *testing.T, server *tls.Config) string {
			c := cluster(t, kfake.TLS(server))
			return config(c.ListenAddrs()[0], "tls", true)
		},
		Secrets: []string{`{"brokers":["127.0.0.1:1"],"topic":"readings","tls":false,"mechanism":"scram-sha-256","username":"u","password":"SECRET"}`},
		Bad: map[string]string{
			`{}`: "brokers",
			`{"brokers":["kafka.example.com"],"topic":"t"}`:                                                              "kafka.example.com:9093",
			`{"brokers":["kafka://kafka.example.com:9092"],"topic":"t"}`:                                                 "without a scheme",
			`{"brokers":["kafka.example.com:0"],"topic":"t"}`:                                                            "port",
			`{"brokers":["10.0.0.1:9093"],"topic":"t"}`:                                                                  "not a public one",
			`{"brokers":["kafka.example.com:9093","127.0.0.1:9093"],"topic":"t"}`:                                        "not a public one",
			`{"brokers":["kafka.example.com:9093"],"topic":"a b"}`:                                                       "topic",
			`{"brokers":["kafka.example.com:9093"],"topic":"t","tls":false}`:                                             "not be encrypted",
			`{"brokers":["kafka.example.com:9093"],"topic":"t","password":"SECRET"}`:                                     "go together",
			`{"brokers":["kafka.example.com:9093"],"topic":"t","mechanism":"plain"}`:                                     "go together",
			`{"brokers":["kafka.example.com:9093"],"topic":"t","mechanism":"gssapi","username":"u","password":"SECRET"}`: "scram",
			`{"brokers":["kafka.example.com:9093"],"topic":"t","ca":"SECRET"}`:                                           "PEM",
			`{"brokers":"kafka.example.com:9093","topic":"t"}`:                                                           "JSON array",
		},
		Second: func(t *testing.T, address string) string {
			c := cluster(t)
			host, port, _ := net.SplitHostPort(address)
			n, _ := strconv.Atoi(port)
			c.ControlKey(kmsg.Metadata.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				res := req.ResponseKind().(*kmsg.MetadataResponse)
				b := kmsg.NewMetadataResponseBroker()
				b.NodeID, b.Host, b.Port = 1, host, int32(n)
				res.Brokers = append(res.Brokers, b)
				topic := kmsg.NewMetadataResponseTopic()
				topic.Topic = new("readings")
				p := kmsg.NewMetadataResponseTopicPartition()
				p.Leader, p.Replicas, p.ISR = 1, []int32{1}, []int32{1}
				topic.Partitions = append(topic.Partitions, p)
				res.Topics = append(res.Topics, topic)
				return res, nil, true
			})
			return config(c.ListenAddrs()[0])
		},
	})
}

func TestSASLAndWhatTheBrokerSays(t *testing.T) {
	right := cluster(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "bridge", "right"))
	// The fake hangs up on a wrong password. Kafka says why, with code 58.
	wrong := cluster(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "bridge", "right"))
	wrong.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		wrong.KeepControl()
		res := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		res.ErrorCode, res.ErrorMessage = 58, new("Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512")
		return res, nil, true
	})
	for _, is := range []struct {
		c        *kfake.Cluster
		password string
		want     delivery.Code
	}{{right, "right", ""}, {wrong, "hush", delivery.CodeCredentials}} {
		_, s := sinktest.Open(t, Kind, config(is.c.ListenAddrs()[0], "mechanism", "scram-sha-512", "username", "bridge", "password", is.password))
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		res := s.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(1, 0, 3)))
		cancel()
		if res.Reason.Code != is.want || (res.Taken == 3) != (is.want == "") || strings.Contains(res.Reason.Text, is.password) {
			t.Errorf("%s: %+v", is.password, res)
		}
	}
	open := cluster(t)
	_, s := sinktest.Open(t, Kind, config(open.ListenAddrs()[0], "topic", "nowhere"))
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if res := s.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(1, 0, 1))); res.Taken != 0 || res.Reason.Text != "the topic does not exist" {
		t.Errorf("%+v", res)
	}
}
