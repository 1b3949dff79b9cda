package http

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"golang.org/x/net/idna"
)

// checkURL takes a URL apart without changing a byte of what is sent.
func (t *target) checkURL() error {
	scheme, rest, ok := strings.Cut(string(t.URL), "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "https" && scheme != "http" {
		return errors.New("url must begin with https:// or http://, e.g. https://example.com/readings")
	}
	if len(t.URL) > 8192 {
		return errors.New("url has more than 8192 bytes")
	}
	for _, c := range []byte(rest) {
		if c <= ' ' || c == 0x7f || c == '\\' {
			return errors.New("url must not contain spaces, control characters or backslashes: write them as %20 …")
		}
	}
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], rest[end:]
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if strings.Contains(host, "@") {
		return errors.New("url must not carry a user or password: use secret_headers for Authorization")
	}
	name, port, err := splitHost(host)
	if err != nil {
		return err
	}
	t.path = path
	t.host = name
	if strings.Contains(name, ":") {
		t.host = "[" + name + "]"
	}
	standard := map[string]string{"https": "443", "http": "80"}[scheme]
	if port == "" {
		port = standard
	}
	if port != standard {
		t.host += ":" + port
	}
	t.address = delivery.Address{Host: name, Port: port, TLS: scheme == "https"}
	return nil
}

// splitHost gives the name in its ASCII form, without brackets.
func splitHost(host string) (name, port string, err error) {
	bad := errors.New("url names no host, e.g. https://example.com/readings")
	if v6, ok := strings.CutPrefix(host, "["); ok {
		var after string
		if name, after, ok = strings.Cut(v6, "]"); !ok {
			return "", "", bad
		}
		if a, err := netip.ParseAddr(name); err != nil || a.Zone() != "" {
			return "", "", bad
		}
		port, ok = strings.CutPrefix(after, ":")
		if after != "" && !ok {
			return "", "", bad
		}
	} else {
		name, port, _ = strings.Cut(host, ":")
		if name, err = idna.Lookup.ToASCII(name); err != nil || name == "" {
			return "", "", bad
		}
	}
	if strings.HasSuffix(host, ":") {
		return name, "", nil
	}
	if port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || port[0] == '+' {
			return "", "", errors.New("the port in url must be 1 to 65535")
		}
	}
	return name, port, nil
}

func (t *target) checkBody() error {
	switch t.Method {
	case "":
		t.Method = "POST"
	case "POST", "PUT":
	default:
		return errors.New("method must be POST or PUT")
	}
	if err := delivery.Batching(&t.Batch, 1000, 1, &t.BatchWait, time.Hour, time.Second); err != nil {
		return err
	}
	if t.Body == "" {
		t.Body = "json"
		if t.Batch > 1 {
			t.Body = "json_array"
		}
	}
	e, ok := encoders[t.Body]
	if !ok {
		return fmt.Errorf("there is no such body; there are %s", encoderNames())
	}
	if t.Batch > 1 && e.single {
		return fmt.Errorf("body %s holds one reading: use %s with batch, or leave batch out", t.Body, e.instead)
	}
	if (t.Body == "template") != (t.Template != "") {
		return errors.New("body template and a template go together")
	}
	if len(t.Columns) > 0 && t.Body != "csv" {
		return errors.New("columns go with body csv")
	}
	if strings.ContainsAny(t.Measurement, "\n\r") || len(t.Measurement) > 200 {
		return errors.New("measurement must be one line of at most 200 bytes")
	}
	t.encode = e.encode
	return nil
}

func (t *target) checkColumns() error {
	if len(t.Columns) > delivery.FieldsMax {
		return fmt.Errorf("columns has %d names: it may have %d", len(t.Columns), delivery.FieldsMax)
	}
	if slices.Contains(t.Columns, "") {
		return errors.New("columns has an empty name: each must name a member of the reading")
	}
	return nil
}

// checkLength tries what a reading becomes.
func (t *target) checkLength() (err error) {
	t.fit, err = delivery.Fit(func(b delivery.Batch) (int, error) {
		body, _, err := t.encode(context.Background(), nil, t, b)
		return len(body), err
	})
	return err
}

// reserved are headers that are the bridge's own.
var reserved = []string{"host", "content-length", "transfer-encoding", "connection", "keep-alive", "expect", "te", "trailer", "upgrade",
	"webhook-id", "webhook-timestamp", "webhook-signature"}

func (t *target) checkHeaders() error {
	all := map[string]string{}
	for name, v := range t.SecretHeaders {
		all[strings.ToLower(name)] = string(v)
	}
	for name, v := range t.Headers {
		if _, twice := all[strings.ToLower(name)]; twice {
			return errors.New("a header stands in headers and in secret_headers")
		}
		all[strings.ToLower(name)] = v
	}
	if len(all) != len(t.Headers)+len(t.SecretHeaders) || len(all) > 50 {
		return errors.New("a header is set twice, or there are more than 50")
	}
	if t.ContentType != "" {
		all["content-type"] = t.ContentType
	}
	for name, v := range all {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) }) {
			return errors.New("the name of a header is no name: it is empty, or has a character that none may have")
		}
		for _, r := range reserved {
			if name == r || strings.HasPrefix(name, "proxy-") {
				return fmt.Errorf("header %s is the bridge's own", name)
			}
		}
		if len(v) > 8192 || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return errors.New("the value of a header has control characters, or more than 8192 bytes")
		}
	}
	return nil
}

func (t *target) checkSecrets() error {
	for _, s := range []struct {
		name  string
		value delivery.Secret
	}{{"secret", t.Secret}, {"former_secret", t.FormerSecret}} {
		if s.value == "" {
			continue
		}
		text, ok := strings.CutPrefix(string(s.value), "whsec_")
		secret, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(secret) < 24 || len(secret) > 64 {
			return fmt.Errorf("%s must be whsec_ and base64 of 24 to 64 bytes", s.name)
		}
		t.secrets = append(t.secrets, secret)
	}
	if (t.FormerSecret != "") != !t.FormerUntil.IsZero() || t.FormerSecret != "" && t.Secret == "" {
		return errors.New("former_secret goes with secret and former_until")
	}
	return nil
}

func (t *target) checkTLS() (err error) {
	t.tls, err = t.TLS.Config(t.address.TLS, t.address.Host)
	return err
}
