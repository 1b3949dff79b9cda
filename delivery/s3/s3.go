// Package s3 is the kind of storage that is a bucket: Amazon S3 and what speaks its
// protocol (Cloudflare R2, MinIO, Ceph, Google Cloud Storage with HMAC keys). A batch is an
// object, written whole.
package s3

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "s3",
	Summary: "Objects in a bucket: Amazon S3, Cloudflare R2, MinIO, Ceph, Google Cloud Storage (HMAC keys)",
	Guide:   guide,
	Example: `{"endpoint": "https://s3.eu-central-1.amazonaws.com", "region": "eu-central-1", "bucket": "my-readings", "access_key": "AKIA…", "secret_key": "…"}`,
	Options: options{},
	Parse:   parse,
}

const guide = `Each batch is one object: a JSON reading a line. The account needs to put objects, nothing else. **What makes it idempotent:** the name, which is made of
the destination, the day of the first reading and the ordinals of the first and last one: ` + "`<prefix><destination>/2026-11-30/000000004200-000000005199.ndjson`" + `. A batch that is
sent again is the same object, byte for byte; batches are never cut again. What you have replayed goes to ` + "`again/`" + ` below the destination, and replaces nothing. One signature covers the object: metadata ` + "`dbdao-id`, `dbdao-timestamp`" + ` and
` + "`dbdao-signature`" + ` are those of Standard Webhooks, over ` + "`id.timestamp.object`" + ` (before compression).`

// options are the configuration.
type options struct {
	Endpoint     delivery.URL      `json:"endpoint" doc:"https://host of the service, without the bucket."`
	Region       string            `json:"region" def:"us-east-1" doc:"Region that signatures name; auto for Cloudflare R2."`
	Bucket       string            `json:"bucket" doc:"Name of the bucket, which must exist."`
	Prefix       string            `json:"prefix" doc:"What object names begin with, e.g. readings/."`
	AccessKey    string            `json:"access_key" doc:"Access key id."`
	SecretKey    delivery.Secret   `json:"secret_key" doc:"Secret access key."`
	SessionToken delivery.Secret   `json:"session_token" doc:"Of temporary credentials."`
	PathStyle    bool              `json:"path_style" doc:"Put the bucket into the path and not into the host name: MinIO, Ceph."`
	Gzip         bool              `json:"gzip" doc:"Compress objects; their names end in .gz."`
	Batch        int               `json:"batch" def:"1000" doc:"Readings in an object at most, 1 to 10000."`
	BatchWait    delivery.Duration `json:"batch_wait" def:"1m" doc:"How long an object that is not full waits for more, at most 24h."`
	delivery.TLS
}

func parse(config []byte) (delivery.Target, error) {
	t := &target{}
	return t, delivery.Read(config, &t.options, t.checkEndpoint, t.checkBucket, t.checkRest)
}

// target is a configuration, read.
type target struct {
	options
	address delivery.Address
	tls     *tls.Config
}

// Format prints it redacted, whatever the verb.
func (t *target) Format(s fmt.State, _ rune) { _, _ = s.Write(t.Redacted()) }

// Redacted shows it without secrets.
func (t *target) Redacted() json.RawMessage { return delivery.Redact(&t.options) }

// Addresses is the service's host, with the bucket in front unless it stands in the path.
func (t *target) Addresses() []delivery.Address { return []delivery.Address{t.address} }

// Limits say how objects are filled.
func (t *target) Limits() delivery.Limits {
	return delivery.Limits{Parcels: t.Batch, Bytes: 8 << 20, Wait: time.Duration(t.BatchWait), Window: 2, Bounded: true}
}

func (t *target) checkEndpoint() error {
	u, address, ok := t.Endpoint.Split(map[string]delivery.Scheme{"https": {Port: "443", TLS: true}, "http": {Port: "80"}})
	if !ok || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil {
		return errors.New("endpoint must be https://host or http://host, without bucket, path, user or query")
	}
	t.address = address
	var err error
	t.tls, err = t.TLS.Config(address.TLS, "") // the host may have the bucket in front
	return err
}

var bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (t *target) checkBucket() error {
	if !bucketForm.MatchString(t.Bucket) || strings.Contains(t.Bucket, "..") {
		return errors.New("bucket must be 3 to 63 of a-z, 0-9, '.' and '-', as S3 names buckets")
	}
	if len(t.Prefix) > 500 || strings.HasPrefix(t.Prefix, "/") || strings.ContainsAny(t.Prefix, "\x00\r\n\\") || strings.ToValidUTF8(t.Prefix, "") != t.Prefix ||
		strings.Contains("/"+t.Prefix+"/", "/../") || strings.Contains("/"+t.Prefix+"/", "/./") || strings.Contains(t.Prefix, "//") {
		return errors.New("prefix must be the beginning of an object's name, such as readings/, of at most 500 bytes")
	}
	return nil
}

func (t *target) checkRest() error {
	if t.AccessKey == "" || t.SecretKey == "" {
		return errors.New("access_key and secret_key are missing")
	}
	if strings.ContainsAny(t.AccessKey+string(t.SecretKey)+string(t.SessionToken)+t.Region, "\r\n\x00") {
		return errors.New("access_key, secret_key, session_token and region must be one line each")
	}
	if t.Region == "" {
		t.Region = "us-east-1" // else the library asks the service
	}
	if err := delivery.Batching(&t.Batch, 10_000, 1000, &t.BatchWait, 24*time.Hour, time.Minute); err != nil {
		return err
	}
	if _, _, err := t.client(delivery.Env{}); err != nil {
		return errors.New("endpoint and bucket do not go together")
	}
	return nil
}

func (t *target) client(env delivery.Env) (*minio.Client, *http.Transport, error) {
	transport := &http.Transport{
		DialContext: env.Dial, TLSClientConfig: t.tls, MaxIdleConns: 4, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10, DisableCompression: true, // Proxy stays nil
	}
	lookup := minio.BucketLookupDNS
	if t.PathStyle {
		lookup = minio.BucketLookupPath
	}
	c, err := minio.New(t.address.String(), &minio.Options{
		Creds:  credentials.NewStaticV4(t.AccessKey, string(t.SecretKey), string(t.SessionToken)),
		Secure: t.address.TLS, Region: t.Region, BucketLookup: lookup, Transport: capped{transport}, MaxRetries: 1,
	})
	return c, transport, err
}

// capped bounds what an answer may say: an error document is short.
type capped struct{ *http.Transport }

const answerMax = 256 << 10

// RoundTrip cuts a body that is longer off.
func (c capped) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.Transport.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, answerMax), res.Body}
	}
	return res, err
}

// Open makes a sink; it connects at the first delivery.
func (t *target) Open(env delivery.Env) (delivery.Sink, error) {
	c, transport, err := t.client(env)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", delivery.ErrConfig, err)
	}
	return &sink{target: t, key: env.Key, destination: env.Destination, client: c, transport: transport}, nil
}

// sink puts objects.
type sink struct {
	*target
	key         ed25519.PrivateKey
	destination delivery.DestinationID
	client      *minio.Client
	transport   *http.Transport
}

// Close ends idle connections.
func (s *sink) Close() error { s.transport.CloseIdleConnections(); return nil }

// name is an object's name for ever.
func (s *sink) name(b delivery.Batch) string {
	day := time.Unix(int64(b.Parcels[0].Received), 0).UTC().Format(time.DateOnly)
	name := fmt.Sprintf("%s%s/%s/%012d-%012d.ndjson", s.Prefix, s.destination, day, b.First, b.First+uint64(len(b.Parcels))-1)
	switch { // what has no ordinal
	case b.Parcels[0].Purchase == 0:
		name = fmt.Sprintf("%s%s/test/%s.ndjson", s.Prefix, s.destination, b.ID)
	case b.Again:
		name = fmt.Sprintf("%s%s/again/%s/%s.ndjson", s.Prefix, s.destination, day, b.ID)
	}
	if s.Gzip {
		name += ".gz"
	}
	return name
}

// Deliver puts one object.
func (s *sink) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	stamp := strconv.FormatUint(b.Parcels[0].Received, 10)
	content := []byte(b.ID + "." + stamp + ".") // what is signed: this, and the object
	at := len(content)
	for i := range b.Parcels {
		content = append(append(content, b.Parcels[i].Body...), '\n')
	}
	body := content[at:]
	opts := minio.PutObjectOptions{ContentType: "application/x-ndjson", DisableMultipart: true, UserMetadata: map[string]string{
		"dbdao-id": b.ID, "dbdao-timestamp": stamp, "dbdao-signature": "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, content)),
	}}
	if s.Gzip {
		var small bytes.Buffer
		z := gzip.NewWriter(&small) // no time in its header: the same bytes each time
		_, _ = z.Write(body)
		_ = z.Close() // into memory: it cannot fail
		body, opts.ContentType = small.Bytes(), "application/gzip"
	}
	if _, err := s.client.PutObject(ctx, s.Bucket, s.name(b), bytes.NewReader(body), int64(len(body)), opts); err != nil {
		return explain(ctx, err)
	}
	return delivery.All(b)
}

// said are the error codes of S3 that are told on, with what they mean.
var said = map[string]delivery.Reason{
	"AccessDenied":          {Code: delivery.CodeCredentials, Text: "AccessDenied: the account may not put objects there"},
	"InvalidAccessKeyId":    {Code: delivery.CodeCredentials, Text: "InvalidAccessKeyId: the access key is unknown"},
	"SignatureDoesNotMatch": {Code: delivery.CodeCredentials, Text: "SignatureDoesNotMatch: secret_key or region is wrong"},
	"ExpiredToken":          {Code: delivery.CodeCredentials, Text: "ExpiredToken: the session token is over"},
	"NoSuchBucket":          {Code: delivery.CodeAnswer, Text: "NoSuchBucket: the bucket does not exist"},
	"PermanentRedirect":     {Code: delivery.CodeAnswer, Text: "PermanentRedirect: the bucket is in another region, set endpoint and region"},
	"SlowDown":              {Code: delivery.CodeAnswer, Text: "SlowDown: the service wants fewer requests"},
	"RequestTimeTooSkewed":  {Code: delivery.CodeOwn, Text: "the bridge's clock is wrong"},
}

func explain(ctx context.Context, err error) delivery.Result {
	res := minio.ToErrorResponse(err)
	if why, ok := said[res.Code]; ok {
		return delivery.Result{Reason: why}
	}
	if ctx.Err() != nil {
		return delivery.Result{Reason: delivery.Explain(ctx.Err())}
	}
	if res.StatusCode != 0 {
		return delivery.Failed(delivery.CodeAnswer, "HTTP "+strconv.Itoa(res.StatusCode))
	}
	why := delivery.Explain(err)
	if why.Code == delivery.CodeUnreachable && !isNetwork(err) {
		why = delivery.Reason{Code: delivery.CodeProtocol, Text: "what answers there does not speak S3"}
	}
	return delivery.Result{Reason: why}
}

func isNetwork(err error) bool {
	var u *url.Error
	return errors.As(err, &u)
}
