package api

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// routes is a mux that remembers what it serves, so that a test can ask for all of it.
type routes struct {
	http.ServeMux
	patterns []string
}

// Handle serves a pattern, such as "GET /health".
func (r *routes) Handle(pattern string, h http.Handler) {
	r.patterns = append(r.patterns, pattern)
	r.ServeMux.Handle(pattern, h)
}

// HandleFunc is Handle for a function.
func (r *routes) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	r.Handle(pattern, http.HandlerFunc(h))
}

// deny answers with a problem (RFC 9457).
func deny(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: sentence})
}

// hosts are the names a listener is called by. Localhost and every IP address are among them: a
// page that rebinds a name of its own to this machine comes under that name.
type hosts []string

// hostIn is the host's name in a Host header or a listener's address, without its port.
func hostIn(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

func (h hosts) has(hostPort string) bool {
	host := hostIn(hostPort)
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || host == "localhost" {
		return true
	}
	for _, name := range h {
		if host == hostIn(name) {
			return true
		}
	}
	return false
}

// ours lets those requests through that are meant for this listener and come from no other site:
// a browser sends its user's requests to whatever a page names.
func ours(names hosts, origins []string, setting string, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	for _, o := range origins {
		_ = cross.AddTrustedOrigin(o) // what is none is trusted by nobody
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !names.has(r.Host) {
			deny(w, http.StatusMisdirectedRequest, fmt.Sprintf("this listener is not called %.100q: use its IP address, or name it in %s", hostIn(r.Host), setting))
			return
		}
		if err := cross.Check(r); err != nil {
			deny(w, http.StatusForbidden, "the request comes from another site's page: nothing was done")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// typed lets bodies of one type through, whole and as they are. A form, and whatever else a page can
// post without being asked, is of another.
func typed(kind string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Content-Type")
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			if r.Header.Get("Content-Encoding") != "" || (given != "" || r.ContentLength != 0) && !isKind(given, kind) {
				deny(w, http.StatusUnsupportedMediaType, "send the body as Content-Type: "+kind+", in UTF-8 and uncompressed")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func isKind(given, kind string) bool {
	is, params, err := mime.ParseMediaType(given)
	charset, told := params["charset"]
	return err == nil && is == kind && (!told || strings.EqualFold(charset, "utf-8"))
}

// whole reads bodies of unknown length and refuses those that are longer than max bytes.
func whole(max int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 0 { // its length is told nowhere: read it to know
			text, err := io.ReadAll(io.LimitReader(r.Body, max+1))
			if err != nil {
				deny(w, http.StatusBadRequest, "the body did not arrive whole")
				return
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		}
		if r.ContentLength > max {
			deny(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", max))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, max)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// admit lets those in who know the token. Hashes are compared, so that not even the length shows.
func admit(token string, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		have := sha256.Sum256([]byte(given))
		if token == "" || !bearer || subtle.ConstantTimeCompare(have[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			deny(w, http.StatusUnauthorized, "the admin token is missing or wrong: it stands in admin.token in data_dir, which the commands read as the account the bridge runs as; others name a copy with --admin-token-file")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// originOf is the origin of a URL, as browsers write it; "" if it has none.
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
