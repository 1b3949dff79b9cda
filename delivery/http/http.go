// Package http is the kind of storage that takes HTTP requests: webhooks in the form of
// Standard Webhooks (standardwebhooks.com, specification 1.0), line protocol for InfluxDB
// and its kin, CloudEvents, blobs behind a signed URL, and whatever a template writes.
//
// The URL is sent as it was written. It follows no redirect, uses no proxy, unpacks
// nothing, takes the status line for the outcome whatever follows it, and shows nobody
// what an answer said.
package http

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "http",
	Summary: "HTTP requests to a URL of yours: signed webhooks, InfluxDB line protocol, CloudEvents, CSV, blobs",
	Guide:   guide,
	Example: `{"url": "https://example.com/readings", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`,
	Options: options{},
	Parse:   parse,
	Rotate:  rotate,
}

const guide = `Any 2xx status is acceptance, whatever the body says; answer it only when the readings are stored. 410 switches the destination
off until it is set again or retried. 400, 413 and 422 say that what was sent is at fault: a batch is then halved until the bad reading is found. 429 and
503 may carry Retry-After. Redirects are failures.

Every request is signed as Standard Webhooks say: ` + "`webhook-id`, `webhook-timestamp`, `webhook-signature`" + `, over ` + "`id.timestamp.body`" + `. With a secret the signature holds ` + "`v1`" + `
(HMAC-SHA256), which the official libraries verify; while the secret is being rotated both the new and the former one sign. With ` + "`batch`" + ` above 1, or no
secret, it holds ` + "`v1a`" + ` (ed25519, by the operator's key of GET /v1/operator). **What makes it idempotent:** the same readings have the same webhook-id on every attempt, for ever;
each reading also carries its own id.

A blob store behind a signed URL (Azure Blob by SAS, S3 by presigned prefix): ` + "`method` PUT, `{id}` in `url`" + ` for the request's id, and the headers it wants.`

// options are the configuration.
type options struct {
	URL           delivery.URL               `json:"url" doc:"Where to; sent exactly as written. {id} in it becomes the request's permanent id. At most 8192 bytes."`
	Method        string                     `json:"method" def:"POST" doc:"POST or PUT."`
	Body          string                     `json:"body" def:"json" doc:"json (one reading), json_array, ndjson, csv, influx (line protocol), cloudevents (structured), cloudevents_binary, cloudevents_batch, or template. The default with batch above 1 is json_array."`
	Batch         int                        `json:"batch" def:"1" doc:"Readings in a request at most, 1 to 1000."`
	BatchWait     delivery.Duration          `json:"batch_wait" def:"1s" doc:"How long a batch that is not full waits for more, at most 1h."`
	Headers       map[string]string          `json:"headers" doc:"Headers to send, name to value."`
	SecretHeaders map[string]delivery.Secret `json:"secret_headers" doc:"Headers whose values are secrets, such as Authorization."`
	Secret        delivery.Secret            `json:"secret" doc:"whsec_ and base64 of 24 to 64 bytes: signs with HMAC (v1) too."`
	FormerSecret  delivery.Secret            `json:"former_secret" doc:"The secret before: signs as well until former_until. destination rotate sets both."`
	FormerUntil   time.Time                  `json:"former_until,omitzero" doc:"When former_secret ends, RFC 3339."`
	Measurement   string                     `json:"measurement" def:"reading" doc:"Of body influx: the measurement."`
	Columns       []string                   `json:"columns" doc:"Of body csv: members of the reading, dots go deeper (values.temperature), at most 256. Default: id, stream, purchase, seq, prev, dev, f_cnt, f_port, received, time, values, senml, link, data."`
	Template      string                     `json:"template" doc:"Of body template: text in which {{values.temperature}} becomes the reading's member as JSON, {{dev:text}} the bare text, {{}} the whole reading; at most 64 KiB and 256 of these."`
	ContentType   string                     `json:"content_type" doc:"Content-Type, if the body's own is not wanted."`
	delivery.TLS
}

const window = 32 // requests under way at once, of single readings

func parse(config []byte) (delivery.Target, error) {
	t := &target{}
	return t, delivery.Read(config, &t.options, t.checkURL, t.checkBody, t.checkColumns, t.checkTemplate, t.checkLength, t.checkHeaders, t.checkSecrets, t.checkTLS)
}

// target is a configuration, read.
type target struct {
	options
	address delivery.Address
	host    string // as it stands in the Host header
	path    string // as it is sent
	encode  encoder
	pieces  []piece     // of the template
	fit     int         // bytes of readings in a batch at most
	secrets [][]byte    // the secret, and the former one
	tls     *tls.Config // nil: plain
}

// Format prints it redacted, whatever the verb.
func (t *target) Format(s fmt.State, _ rune) { _, _ = s.Write(t.Redacted()) }

// Redacted shows it without secrets.
func (t *target) Redacted() json.RawMessage { return delivery.Redact(&t.options) }

// Addresses is the one host.
func (t *target) Addresses() []delivery.Address { return []delivery.Address{t.address} }

// Limits say how requests are filled.
func (t *target) Limits() delivery.Limits {
	if t.Batch <= 1 {
		return delivery.Limits{Parcels: 1, Window: window}
	}
	return delivery.Limits{Parcels: t.Batch, Bytes: t.fit, Wait: time.Duration(t.BatchWait), Window: 4, Bounded: true}
}

// Open makes a sink; it connects at the first delivery.
func (t *target) Open(env delivery.Env) (delivery.Sink, error) {
	s := &sink{target: t, key: env.Key, now: env.Now, client: &client{address: t.address.String(), dial: env.Dial}}
	if s.now == nil {
		s.now = time.Now
	}
	if t.tls != nil {
		s.client.tls = t.tls.Clone()
		s.client.tls.NextProtos = []string{"http/1.1"}
		s.client.tls.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	}
	var b strings.Builder
	named := map[string]bool{}
	put := func(name, value string) {
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		named[strings.ToLower(name)] = true
	}
	for name, v := range t.Headers {
		put(name, v)
	}
	for name, v := range t.SecretHeaders {
		put(name, string(v))
	}
	if !named["user-agent"] && env.Agent != "" {
		put("User-Agent", env.Agent)
	}
	s.named = named
	s.head = fmt.Sprintf(" HTTP/1.1\r\nHost: %s\r\n%s", t.host, b.String())
	return s, nil
}

// sink sends to one URL.
type sink struct {
	*target
	key    ed25519.PrivateKey
	now    func() time.Time
	client *client
	head   string
	named  map[string]bool // headers the buyer has set, in lower case
}

// Close ends idle connections.
func (s *sink) Close() error { s.client.close(); return nil }

// request is a buffer for a request, kept between deliveries unless it has grown.
type request struct{ head, body, sign []byte }

// keptMax bounds what is kept of a buffer: a pool holds many, and for long. A batch of a hundred
// readings takes 150 kB.
const keptMax = 256 << 10

func (r *request) keep() {
	if cap(r.head)+cap(r.body)+cap(r.sign) <= keptMax {
		requests.Put(r)
	}
}

var requests = sync.Pool{New: func() any { return &request{} }}

// Deliver sends one request.
func (s *sink) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	r := requests.Get().(*request)
	defer r.keep()
	extra, err := s.write(ctx, r, b)
	if err != nil {
		return b.Unwritten(err)
	}
	s.writeHead(r, b, extra)
	a, err := s.client.do(ctx, r.head)
	if err != nil {
		return delivery.Result{Reason: explain(err)}
	}
	return s.judge(a, b)
}

// write encodes the body; extra are headers that belong to it.
func (s *sink) write(ctx context.Context, r *request, b delivery.Batch) (extra [][2]string, err error) {
	r.body, extra, err = s.encode(ctx, r.body[:0], s.target, b)
	return extra, err
}

// writeHead puts the request together, signed.
func (s *sink) writeHead(r *request, b delivery.Batch, extra [][2]string) {
	stamp := strconv.FormatInt(s.now().Unix(), 10)
	h := append(r.head[:0], s.Method...)
	h = append(h, ' ')
	h = append(h, strings.ReplaceAll(s.path, "{id}", b.ID)...)
	h = append(h, s.head...)
	for _, e := range extra {
		if !s.named[strings.ToLower(e[0])] {
			h = append(append(append(append(h, e[0]...), ": "...), e[1]...), "\r\n"...)
		}
	}
	h = append(h, "Content-Length: "...)
	h = strconv.AppendInt(h, int64(len(r.body)), 10)
	h = append(h, "\r\nwebhook-id: "...)
	h = append(h, b.ID...)
	h = append(h, "\r\nwebhook-timestamp: "...)
	h = append(h, stamp...)
	h = append(h, "\r\nwebhook-signature: "...)
	r.sign = append(append(append(append(append(r.sign[:0], b.ID...), '.'), stamp...), '.'), r.body...)
	h = s.sign(h, r.sign)
	h = append(h, "\r\n\r\n"...)
	r.head = append(h, r.body...)
}

// sign appends the value of webhook-signature: one for each secret that holds now, and the
// operator's. Single readings go without the operator's where a secret tells who sent them: it would
// cost a quarter of a whole delivery.
func (s *sink) sign(h, content []byte) []byte {
	for i, secret := range s.secrets {
		if i == 1 && !s.now().Before(s.FormerUntil) {
			break
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write(content)
		h = append(h, "v1,"...)
		h = append(base64.StdEncoding.AppendEncode(h, mac.Sum(nil)), ' ')
	}
	if s.Batch <= 1 && len(s.secrets) > 0 {
		return h[:len(h)-1]
	}
	h = append(h, "v1a,"...)
	return base64.StdEncoding.AppendEncode(h, ed25519.Sign(s.key, content))
}

// judge reads a status line: 2xx is acceptance, 410 the end, everything else a reason to
// come back.
func (s *sink) judge(a answer, b delivery.Batch) delivery.Result {
	if a.status >= 200 && a.status < 300 {
		return delivery.All(b)
	}
	text := "HTTP " + strconv.Itoa(a.status)
	res := delivery.Failed(delivery.CodeAnswer, text)
	switch {
	case a.status == 410:
		res.Reason = delivery.Reason{Code: delivery.CodeGone, Text: text + ": the buyer switched the destination off"}
		res.Gone = true
	case a.status >= 300 && a.status < 400:
		res.Reason.Text = text + ": redirects are not followed, set url to the final one"
	case a.status == 401 || a.status == 403 || a.status == 407:
		res.Reason.Code = delivery.CodeCredentials
	case a.status == 400 || a.status == 413 || a.status == 422:
		res.Reason.Code, res.Refused = delivery.CodeRefused, true
	}
	res.After = retryAfter(a.retryAfter, s.now())
	return res
}

// retryAfter reads seconds or a date, at most a day.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return time.Duration(min(n, 86_400)) * time.Second
	}
	if t, err := time.Parse(time.RFC1123, text); err == nil {
		return min(max(0, t.Sub(now)), 24*time.Hour)
	}
	return 0
}

// rotate makes secret the secret of a configuration; the one before signs as well until then.
func rotate(config []byte, secret string, until time.Time) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(config)).Decode(&members); err != nil {
		return nil, fmt.Errorf("%w: the configuration is no JSON object", delivery.ErrConfig)
	}
	if old, ok := members["secret"]; ok {
		members["former_secret"] = old
		members["former_until"], _ = json.Marshal(until.UTC().Truncate(time.Second))
	}
	members["secret"], _ = json.Marshal(secret)
	return json.Marshal(members)
}
