// Package chirpstackapi asks a ChirpStack v4 server for a device's last events
// (api.InternalService/StreamDeviceEvents) and for its own tags (api.DeviceService/Get). It speaks gRPC over net/http's own HTTP/2
// and reads the few fields it needs: the official client would make the program a
// fifth larger for two calls.
//
// It knows nothing of uplinks: an event's body is handed on as it came.
package chirpstackapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Errors a caller tells apart.
var (
	ErrURL     = errors.New("not a ChirpStack API's URL: write http://host:8080 or https://host")
	ErrKey     = errors.New("ChirpStack refuses the API key: make a read-only key of the devices' tenant")
	ErrUnknown = errors.New("ChirpStack has no such device that the API key may read")
)

// Client asks one server with one key. It is safe for use by many goroutines.
type Client struct {
	base  string
	key   string
	http  *http.Client
	quiet time.Duration
}

const (
	eventMax    = 256 << 10        // longest event taken, bytes
	answerMax   = 20 * time.Second // until the server begins to answer
	quietAfter  = 2 * time.Second  // the server looks into its store once a second: what it kept is read
	liveAfter   = 30 * time.Second // what was logged so much later than a call began is no history, whatever the clocks say
	checkMax    = 10 * time.Second
	connections = 8
)

// New prepares a client of the API at base with a key (a tenant's, read-only, is enough).
// roots verify the server's certificate; nil: the system's.
func New(base, key string, roots *x509.CertPool) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return nil, ErrURL
	}
	t := &http.Transport{ForceAttemptHTTP2: true, MaxConnsPerHost: connections, IdleConnTimeout: time.Minute, Protocols: new(http.Protocols),
		TLSHandshakeTimeout: 10 * time.Second, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}
	t.Protocols.SetHTTP2(true)
	t.Protocols.SetUnencryptedHTTP2(true)
	return &Client{
		base: u.Scheme + "://" + u.Host, key: key, quiet: quietAfter,
		http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Check asks for a device that is not there: nil says that ChirpStack answers and that
// the key is one of its own. A key that was deleted cannot be told from it.
func (c *Client) Check(ctx context.Context) error {
	ctx, end := context.WithTimeout(ctx, checkMax)
	defer end()
	res, err := c.call(ctx, streamDeviceEvents, request("0000000000000000"))
	switch {
	case err == nil: // a server's administrator may ask for any
		res.Body.Close()
		return nil
	case errors.Is(err, ErrUnknown):
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("ChirpStack's API does not answer within %v", checkMax)
	}
	return err
}

// Event is one of a device's events.
type Event struct {
	ID   string
	Kind string // up, join …
	Body []byte // the event in JSON
}

// logged is when the server stored the event, by its store's clock; zero if the id does not
// tell. Redis makes ids of milliseconds and a number.
func (e *Event) logged() time.Time {
	ms, _, ok := strings.Cut(e.ID, "-")
	n, err := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// History hands over the events the server keeps of a device (DevEUI in hexadecimal digits),
// oldest first as it sends them, ten a second, however many there are. The server then goes
// on with live ones: the history is over when nothing came for two seconds, when what comes
// was logged after the call began, or when take wants no more.
func (c *Client) History(ctx context.Context, devEUI string, take func(Event) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	silence := time.AfterFunc(answerMax, func() { cancel(errMute) })
	defer silence.Stop()
	res, err := c.call(ctx, streamDeviceEvents, request(devEUI))
	if err != nil {
		if errors.Is(context.Cause(ctx), errMute) {
			return errMute
		}
		return err
	}
	defer res.Body.Close()
	silence.Stop()
	silence = time.AfterFunc(c.quiet, func() { cancel(errQuiet) })
	defer silence.Stop()
	for {
		message, err := readMessage(res.Body)
		switch {
		case err == nil:
		case errors.Is(context.Cause(ctx), errQuiet):
			return nil
		case errors.Is(err, io.EOF):
			return ended(res.Trailer)
		default:
			return fmt.Errorf("read ChirpStack's events: %w", err)
		}
		silence.Reset(c.quiet)
		e, err := readEvent(message)
		if err != nil {
			return err
		}
		if e.logged().After(began.Add(liveAfter)) || !take(e) {
			return nil
		}
	}
}

const streamDeviceEvents = "/api.InternalService/StreamDeviceEvents"

// request is api.StreamDeviceEventsRequest: dev_eui 1.
func request(devEUI string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), devEUI)
}

var (
	errQuiet = errors.New("nothing came any more")
	errMute  = fmt.Errorf("ask ChirpStack: it does not answer within %v", answerMax)
)

// call begins a call with one request (gRPC over HTTP/2, without compression).
func (c *Client) call(ctx context.Context, method string, request []byte) (*http.Response, error) {
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(request)))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, bytes.NewReader(append(frame, request...)))
	if err != nil {
		return nil, ErrURL
	}
	req.Header.Set("Content-Type", "application/grpc+proto")
	req.Header.Set("TE", "trailers")
	req.Header.Set("Authorization", "Bearer "+c.key)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask ChirpStack: %w", err)
	}
	switch {
	case res.StatusCode != http.StatusOK:
		err = fmt.Errorf("ask ChirpStack: HTTP %d: is this the address of its API?", res.StatusCode)
	case !strings.HasPrefix(res.Header.Get("Content-Type"), "application/grpc"):
		err = errors.New("ask ChirpStack: the answer is not gRPC: is this the address of its API?")
	case res.Header.Get("Grpc-Status") != "": // an answer of headers alone
		err = ended(res.Header)
	}
	if err != nil {
		res.Body.Close()
		return nil, err
	}
	return res, nil
}

// ended reads how a call ended (gRPC's status codes). ChirpStack answers with one
// status for a key it did not make and for a device the key may not read, or that is not
// there; only the first has a message (src/api/auth/{mod,validator}.rs).
func ended(h http.Header) error {
	text := h.Get("Grpc-Status")
	code, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return fmt.Errorf("ask ChirpStack: the call ended without a status: %w", io.ErrUnexpectedEOF)
	case code == 0:
		return nil
	case code == 5, (code == 7 || code == 16) && h.Get("Grpc-Message") == "": // NOT_FOUND, PERMISSION_DENIED, UNAUTHENTICATED
		return ErrUnknown
	case code == 7 || code == 16:
		return ErrKey
	}
	return fmt.Errorf("ask ChirpStack: it answers with gRPC status %d", code)
}

// readMessage reads one length-prefixed message.
func readMessage(r io.Reader) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if head[0] != 0 || size > eventMax {
		return nil, fmt.Errorf("a message is compressed, or of %d bytes: too long", size)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return b, nil
}

// readEvent reads api.LogItem: id 1, time 2, description 3, body 4, properties 5.
func readEvent(b []byte) (e Event, err error) {
	err = each(b, func(field protowire.Number, v []byte) error {
		switch field {
		case 1:
			e.ID = string(v)
		case 3:
			e.Kind = string(v)
		case 4:
			e.Body = v
		}
		return nil
	})
	return e, err
}
