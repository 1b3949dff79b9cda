// Package webhook delivers parcels as signed HTTP POSTs in the form of Standard
// Webhooks (standardwebhooks.com, specification 1.0): headers webhook-id,
// webhook-timestamp and webhook-signature with an ed25519 signature (`v1a`) by the
// operator's published key and, if the route has a secret, an HMAC (`v1`) too.
//
// It follows no redirect, uses no proxy, unpacks nothing, reads at most 16 KiB of an
// answer and shows nobody what it said.
package webhook

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/valyala/fasthttp"
)

// Config is what all webhook sinks of a bridge share.
type Config struct {
	Key     ed25519.PrivateKey // the operator's: signs every delivery
	Guard   netguard.Guard
	Timeout time.Duration // of one attempt; default 15 s
	Agent   string        // User-Agent
}

// ErrRoute says why a route is no webhook of ours.
var ErrRoute = errors.New("not a usable webhook route")

// Check tells whether a route is well formed, without connecting.
func Check(cfg Config, r delivery.Route) error {
	_, _, err := parse(cfg, r)
	return err
}

func parse(cfg Config, r delivery.Route) (*url.URL, []byte, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil, nil, fmt.Errorf("%w: url is no URL, e.g. https://example.com/readings", ErrRoute)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !cfg.Guard.AllowPrivate) {
		return nil, nil, fmt.Errorf("%w: url must begin with https://", ErrRoute)
	}
	if u.User != nil {
		return nil, nil, fmt.Errorf("%w: url must not carry a user or password; verify the signature instead", ErrRoute)
	}
	if r.Batch < 0 || r.Batch > 1000 {
		return nil, nil, fmt.Errorf("%w: batch must be 0 to 1000 parcels", ErrRoute)
	}
	var secret []byte
	if r.Secret != "" {
		text, ok := strings.CutPrefix(r.Secret, "whsec_")
		secret, err = base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(secret) < 24 || len(secret) > 64 {
			return nil, nil, fmt.Errorf("%w: secret must be whsec_ and base64 of 24 to 64 bytes", ErrRoute)
		}
	}
	return u, secret, nil
}

// Sink posts to one route.
type Sink struct {
	cfg    Config
	route  delivery.Route
	secret []byte
	client *fasthttp.HostClient
}

// New makes a sink; it connects at the first delivery.
func New(cfg Config, r delivery.Route) (*Sink, error) {
	u, secret, err := parse(cfg, r)
	if err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.Agent == "" {
		cfg.Agent = "dbdao-bridge"
	}
	s := &Sink{cfg: cfg, route: r, secret: secret}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
	if r.CA != "" {
		tlsConfig.RootCAs = x509.NewCertPool()
		if !tlsConfig.RootCAs.AppendCertsFromPEM([]byte(r.CA)) {
			return nil, fmt.Errorf("%w: ca holds no PEM certificate", ErrRoute)
		}
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	s.client = &fasthttp.HostClient{
		Addr: net.JoinHostPort(u.Hostname(), port), IsTLS: u.Scheme == "https", TLSConfig: tlsConfig,
		Name: cfg.Agent, MaxConns: 8, MaxIdleConnDuration: 60 * time.Second,
		ReadTimeout: cfg.Timeout, WriteTimeout: cfg.Timeout, MaxResponseBodySize: 16 << 10, ReadBufferSize: 32 << 10,
		Dial: func(addr string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			return cfg.Guard.Dial(ctx, "tcp", addr)
		},
	}
	return s, nil
}

// Close ends idle connections.
func (s *Sink) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// Deliver posts one parcel, or a JSON array of them if the route takes batches.
func (s *Sink) Deliver(ctx context.Context, batch []delivery.Parcel) delivery.Result {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)

	id := string(batch[0].ID)
	if s.route.Batch > 1 {
		id = batchID(batch)
		req.AppendBodyString("[")
		for i := range batch {
			if i > 0 {
				req.AppendBodyString(",")
			}
			req.AppendBody(batch[i].Body)
		}
		req.AppendBodyString("]")
	} else {
		req.SetBodyRaw(batch[0].Body)
	}
	req.SetRequestURI(s.route.URL)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType("application/json")
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", stamp)
	req.Header.Set("webhook-signature", s.sign(id, stamp, req.Body()))

	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(s.cfg.Timeout)
	}
	if err := s.client.DoDeadline(req, res, deadline); err != nil {
		return delivery.Result{Err: explain(err), Retry: true}
	}
	return judge(res)
}

// batchID is the permanent id of a batch: the same parcels in one POST have the
// same id. Each element carries its own id as well.
func batchID(batch []delivery.Parcel) string {
	h := sha256.New()
	for i := range batch {
		h.Write([]byte(batch[i].ID))
	}
	return "bat_" + base32.StdEncoding.EncodeToString(h.Sum(nil))[:26]
}

// sign gives the value of webhook-signature: space-separated signatures over
// id.timestamp.body.
func (s *Sink) sign(id, stamp string, body []byte) string {
	content := make([]byte, 0, len(id)+len(stamp)+2+len(body))
	content = append(content, id...)
	content = append(content, '.')
	content = append(content, stamp...)
	content = append(content, '.')
	content = append(content, body...)
	value := "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(s.cfg.Key, content))
	if s.secret != nil {
		mac := hmac.New(sha256.New, s.secret)
		mac.Write(content)
		value += " v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return value
}

// judge reads a status: 2xx is acceptance, 410 the end, everything else a reason
// to come back.
func judge(res *fasthttp.Response) delivery.Result {
	code := res.StatusCode()
	switch {
	case code >= 200 && code < 300:
		return delivery.Result{}
	case code == fasthttp.StatusGone:
		return delivery.Result{Err: errors.New("HTTP 410: the buyer switched the route off"), Gone: true}
	case code >= 300 && code < 400:
		return delivery.Result{Err: fmt.Errorf("HTTP %d: redirects are not followed, set the route to the final URL", code), Retry: true}
	}
	return delivery.Result{Err: fmt.Errorf("HTTP %d", code), Retry: true, After: retryAfter(res)}
}

func retryAfter(res *fasthttp.Response) time.Duration {
	text := string(res.Header.Peek("Retry-After"))
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return time.Duration(min(n, 86_400)) * time.Second
	}
	if t, err := time.Parse(time.RFC1123, text); err == nil {
		return min(max(0, time.Until(t)), 24*time.Hour)
	}
	return 0
}

// explain keeps what the buyer may know of a failed attempt.
func explain(err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.Is(err, netguard.ErrForbidden):
		return netguard.ErrForbidden
	case errors.Is(err, fasthttp.ErrTimeout), errors.Is(err, fasthttp.ErrDialTimeout):
		return errors.New("no answer in time")
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return errors.New("the answer is longer than 16 KiB")
	case errors.As(err, &unknown):
		return errors.New("its certificate is signed by nobody we know")
	case errors.As(err, &name):
		return errors.New("its certificate is for another name")
	}
	return errors.New("the connection failed")
}
