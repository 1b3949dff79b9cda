package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/common"
)

// Client talks to a bridge's API, public or admin.
type Client struct {
	Base  string // e.g. http://127.0.0.1:8181
	Token string // admin token or session; "" for none
	HTTP  *http.Client
}

// NewClient talks to base.
func NewClient(base, token string) *Client {
	return &Client{Base: strings.TrimRight(base, "/"), Token: token, HTTP: &http.Client{Timeout: 60 * time.Second}}
}

// ErrUnreachable says that no bridge answers.
var ErrUnreachable = errors.New("no bridge answers there: is `dbdao-bridge run` running, and is this its address?")

// ErrCertificate says that whoever answers with TLS cannot be believed to be the host.
var ErrCertificate = errors.New("the TLS certificate that is shown there is not trusted")

// ErrStranger says that what answers is no bridge.
var ErrStranger = errors.New("a web server answers there, and it is no bridge (or a proxy whose bridge does not run): use the URL the operator publishes, or the bridge's own address")

// ErrNotFound says that the bridge knows no such thing of the caller's (yet).
var ErrNotFound = errors.New("the bridge does not know it")

// ErrSignedOut says that there is no session, or that it is over.
var ErrSignedOut = errors.New("the bridge refuses")

func (c *Client) do(ctx context.Context, method, path string, in, into any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode a request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	return c.send(ctx, method, path, body, "application/json", into)
}

// request refuses an address that is none at once: a bridge that is away may be waited for.
func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	base, err := url.Parse(c.Base)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("%s is no URL of a bridge: it must begin with https:// or http://, e.g. https://bridge.example", c.Base)
	}
	return http.NewRequestWithContext(ctx, method, c.Base+path, body)
}

func (c *Client) send(ctx context.Context, method, path string, body io.Reader, kind string, into any) error {
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := c.unhurried(req)
	if err != nil {
		return c.unreachable(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("read the bridge's answer: %w", err)
	}
	if res.StatusCode >= 300 {
		return c.refusal(res, text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return c.stranger(res)
	}
	return nil
}

// What a client waits for a bridge that wants fewer requests, in all.
const hurryMax = 30 * time.Second

// unhurried does a request, and does it again as long as the bridge says that it came too soon: nothing
// was done for it then. Whoever does many things in a row is slowed down, not refused.
func (c *Client) unhurried(req *http.Request) (*http.Response, error) {
	for waited := time.Duration(0); ; {
		res, err := c.HTTP.Do(req)
		if err != nil || res.StatusCode != http.StatusTooManyRequests {
			return res, err
		}
		seconds, err := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 16)
		pause := time.Duration(max(seconds, 1)) * time.Second
		if waited += pause; err != nil || waited > hurryMax || req.Body != nil && req.GetBody == nil {
			return res, nil
		}
		_ = res.Body.Close()
		select {
		case <-time.After(pause):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// unreachable says why no bridge answered.
func (c *Client) unreachable(err error) error {
	cert, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case untrusted:
		return fmt.Errorf("%s: %w (%v): use the host name the certificate is for; if a CA of the operator's own signed it, put that CA's certificate into a file and name the file in SSL_CERT_FILE", c.Base, ErrCertificate, cert.Err)
	case errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("%s: what answers there does not speak TLS: begin the URL with http:// if it is this machine's bridge, or give the port of its TLS proxy", c.Base)
	}
	return fmt.Errorf("%s: %w", c.Base, ErrUnreachable)
}

// stranger says that something else than a bridge answered.
func (c *Client) stranger(res *http.Response) error {
	return fmt.Errorf("%s: %w (HTTP %d)", c.Base, ErrStranger, res.StatusCode)
}

// refusal makes an error of an answer that is none of the asked for.
func (c *Client) refusal(res *http.Response, text []byte) error {
	var problem struct {
		Detail string
		Errors []struct{ Message, Location string }
	}
	status := res.StatusCode
	if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
		problem.Detail = strings.TrimSpace(string(text))
		kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
		if kind == "text/html" || status < 400 { // a bridge writes plain sentences, and sends nobody elsewhere
			return c.stranger(res)
		}
	}
	for _, e := range problem.Errors {
		problem.Detail += "; " + e.Location + ": " + e.Message
	}
	switch status {
	case http.StatusNotFound:
		return fmt.Errorf("%w: %s", ErrNotFound, problem.Detail)
	case http.StatusUnauthorized:
		return fmt.Errorf("%w (HTTP %d): %s", ErrSignedOut, status, problem.Detail)
	}
	return fmt.Errorf("the bridge refuses (HTTP %d): %s", status, problem.Detail)
}

// Status asks the admin API how things stand.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.do(ctx, http.MethodGet, "/v1/admin/status", nil, &s)
}

// Attest asks the operator's bridge to vouch for a device.
func (c *Client) Attest(ctx context.Context, r AttestRequest) (a Attestation, err error) {
	patient, client := *c.HTTP, *c
	if patient.Timeout > 0 && r.ProofKind != 0 {
		patient.Timeout += WaitMax
	}
	client.HTTP = &patient
	return a, client.do(ctx, http.MethodPost, "/v1/admin/devices", r, &a)
}

// Release frees a device of its owner, so that it can be vouched for for another.
func (c *Client) Release(ctx context.Context, dev lorawan.DevEUI) error {
	return c.do(ctx, http.MethodDelete, "/v1/admin/devices/"+dev.String()+"/owner", nil, nil)
}

// Bought lists the devices that are bought now.
func (c *Client) Bought(ctx context.Context) (d []lorawan.DevEUI, err error) {
	return d, c.do(ctx, http.MethodGet, "/v1/admin/devices/bought", nil, &d)
}

// Devices lists the devices the operator vouches for.
func (c *Client) Devices(ctx context.Context) (d []market.Device, err error) {
	return d, c.do(ctx, http.MethodGet, "/v1/admin/devices", nil, &d)
}

// Earnings lists what the chain paid.
func (c *Client) Earnings(ctx context.Context) (e []settlement.Earning, err error) {
	return e, c.do(ctx, http.MethodGet, "/v1/admin/earnings", nil, &e)
}

// Settle claims whatever there is.
func (c *Client) Settle(ctx context.Context) (t []settlement.Tx, err error) {
	return t, c.do(ctx, http.MethodPost, "/v1/admin/settle", nil, &t)
}

// Operator asks who runs the bridge.
func (c *Client) Operator(ctx context.Context) (o OperatorInfo, err error) {
	return o, c.do(ctx, http.MethodGet, "/v1/operator", nil, &o)
}

// Wallet signs in.
type Wallet interface {
	Address() common.Address
	SignHash(digest common.Hash) ([]byte, error)
}

// mayName refuses a bridge that names another's domain: with what is signed for that one it could
// sign in there. A bridge on this machine may have any.
func mayName(base, domain string) error {
	u, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("%s is no URL of a bridge: %w", base, err)
	}
	a, err := netip.ParseAddr(u.Hostname())
	if u.Hostname() == "localhost" || err == nil && a.IsLoopback() || strings.EqualFold(u.Hostname(), strings.Trim(hostIn(domain), "[]")) {
		return nil
	}
	return fmt.Errorf("the bridge at %s wants a sign-in for %.100s: nothing was signed; use the URL its operator publishes (his api.public_url)", base, domain)
}

// siteOf is a URL of a bridge by the name it goes by: who comes by a tunnel calls it otherwise.
func siteOf(base, domain string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	u.Host = domain
	return u.String()
}

// SignIn opens a session for a wallet (EIP-4361); the client carries it from then on.
func (c *Client) SignIn(ctx context.Context, w Wallet) error {
	var n Nonce
	if err := c.do(ctx, http.MethodPost, "/v1/session/nonce", nil, &n); err != nil {
		return err
	}
	if err := mayName(c.Base, n.Domain); err != nil {
		return err
	}
	message := SignInMessage(n.Domain, siteOf(c.Base, n.Domain), w.Address(), n.ChainID, n.Nonce, time.Now())
	sig, err := w.SignHash(common.BytesToHash(accounts.TextHash([]byte(message))))
	if err != nil {
		return err
	}
	var s Session
	if err := c.do(ctx, http.MethodPost, "/v1/session", SignIn{Message: message, Signature: fmt.Sprintf("0x%x", sig)}, &s); err != nil {
		return err
	}
	c.Token = s.Token
	return nil
}
