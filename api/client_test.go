package api

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever answers at the address of a bridge without being one is told apart, and what the caller
// can do about it.
func TestWhatIsNoBridgeIsToldApart(t *testing.T) {
	page := func(status int, kind, text string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	secure := httptest.NewTLSServer(nil)
	t.Cleanup(secure.Close)
	plain := page(http.StatusOK, "text/html", "<html>hello</html>")
	for _, c := range []struct {
		name, url string
		is        error
		want      string
	}{
		{"a page", plain, ErrStranger, "it is no bridge"},
		{"words", page(http.StatusOK, "text/plain", "hello"), ErrStranger, "it is no bridge"},
		{"a page that is not there", page(http.StatusNotFound, "text/html; charset=utf-8", "<html>not here</html>"), ErrStranger, "HTTP 404"},
		{"a page that wants a password", page(http.StatusUnauthorized, "text/html", "<html>no</html>"), ErrStranger, "HTTP 401"},
		{"a proxy without its bridge", page(http.StatusBadGateway, "text/html", "<html>502</html>"), ErrStranger, "a proxy whose bridge does not run"},
		{"a certificate nobody trusts", secure.URL, ErrCertificate, "name the file in SSL_CERT_FILE"},
		{"TLS to a server without", "https" + strings.TrimPrefix(plain, "http"), nil, "does not speak TLS"},
		{"nobody", "http://127.0.0.1:1", ErrUnreachable, "no bridge answers there"},
		{"a name without a scheme", "bridge.example", nil, "must begin with https:// or http://"},
		{"host and port without a scheme", "127.0.0.1:8180", nil, "must begin with https:// or http://"},
		{"a name that looks like a scheme", "localhost:8180", nil, "must begin with https:// or http://"},
	} {
		client := NewClient(c.url, "")
		_, status := client.Status(t.Context())
		_, copied := client.Backup(t.Context(), io.Discard)
		for _, err := range []error{status, copied, client.Follow(t.Context(), 1, "", nil)} {
			if c.is == ErrStranger && err == nil { // a feed of nothing
				continue
			}
			if err == nil || c.is != nil && !errors.Is(err, c.is) && !errors.Is(err, ErrCopy) || !errors.Is(err, ErrCopy) && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
			if !strings.Contains(c.url, "://") && errors.Is(err, ErrUnreachable) {
				t.Errorf("%s is waited for as a bridge that is away: %v", c.name, err)
			}
			for _, not := range []error{ErrNotFound, ErrSignedOut} {
				if errors.Is(err, not) {
					t.Errorf("%s is taken for a bridge's answer: %v", c.name, err)
				}
			}
		}
		if c.is != nil && !errors.Is(status, c.is) {
			t.Errorf("%s: %v", c.name, status)
		}
	}
}

// Who does many things in a row is slowed down, not refused; what cannot get better is told at once.
func TestAClientWaitsWhenItComesTooSoon(t *testing.T) {
	for _, row := range []struct {
		after string
		times int
		ok    bool
		asked int
	}{{"1", 2, true, 3}, {"", 1, false, 1}, {"3600", 1, false, 1}, {"soon", 1, false, 1}} {
		asked, bodies := 0, map[string]int{}
		bridge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies[string(body)]++
			if asked++; asked > row.times {
				_, _ = io.WriteString(w, `{}`)
				return
			}
			if row.after != "" {
				w.Header().Set("Retry-After", row.after)
			}
			deny(w, http.StatusTooManyRequests, "too soon")
		}))
		err := NewClient(bridge.URL, "").do(t.Context(), http.MethodPost, "/v1/x", map[string]int{"a": 1}, nil)
		bridge.Close()
		if (err == nil) != row.ok || asked != row.asked || len(bodies) != 1 {
			t.Errorf("Retry-After %q: asked %d times with %v: %v", row.after, asked, bodies, err)
		}
	}
}
