package http

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

// store is a buyer's endpoint over TLS that keeps what it is sent under its webhook-id, as
// the guide tells him to.
type store struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]bool
	ids  []string
}

func newStore(t *testing.T) *store {
	s := &store{seen: map[string]bool{}}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func (s *store) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || strings.Contains(string(body), "POISON") {
		w.WriteHeader(nethttp.StatusUnprocessableEntity)
		return
	}
	var ids []string
	for line := range bytes.SplitSeq(bytes.TrimSpace(body), []byte("\n")) {
		var one struct{ ID string }
		if err := json.Unmarshal(line, &one); err != nil {
			w.WriteHeader(nethttp.StatusBadRequest)
			return
		}
		ids = append(ids, one.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if hook := r.Header.Get("webhook-id"); !s.seen[hook] {
		s.seen[hook] = true
		s.ids = append(s.ids, ids...)
	}
}

func (s *store) held(*testing.T) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.ids...)
}

func (s *store) ca() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func suite(extra ...any) sinktest.Suite {
	return sinktest.Suite{
		Kind: Kind,
		New: func(t *testing.T) sinktest.Peer {
			s := newStore(t)
			return sinktest.Peer{
				Config: sinktest.With(`{}`, append([]any{"url", s.URL + "/in?token=x", "ca", s.ca()}, extra...)...),
				Held:   s.held,
				Bad: func(p *delivery.Parcel) {
					p.Body = bytes.Replace(p.Body, []byte(`"note":"`), []byte(`"note":"POISON`), 1)
				},
			}
		},
		Proxied: func(config, address string) string {
			return sinktest.With(config, "url", "https://"+address+"/in")
		},
		At: func(host, port string) string {
			return sinktest.With(`{}`, append([]any{"url", "https://" + host + ":" + port + "/"}, extra...)...)
		},
		Encrypted: func(t *testing.T, server *tls.Config) string {
			s := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(nethttp.ResponseWriter, *nethttp.Request) {}))
			s.TLS, s.Config.ErrorLog = server, log.New(io.Discard, "", 0)
			s.StartTLS()
			t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
			return sinktest.With(`{}`, append([]any{"url", s.URL}, extra...)...)
		},
		Secrets: []string{
			`{"url":"https://127.0.0.1:1/a?SECRETTOKEN=1","secret":"whsec_SECRETSECRETSECRETSECRETSECRETSECRETSECR","former_secret":"whsec_FORMERSECRETSECRETSECRETSECRETSECRET","former_until":"2030-01-01T00:00:00Z","headers":{"X-Plain":"shown"},"secret_headers":{"Authorization":"Bearer SECRET2"},"body":"json"}`,
		},
		Bad: map[string]string{
			`{}`:                                                         "https://",
			`{"url":""}`:                                                 "https://",
			`{"url":"http://example.com/"}`:                              "not be encrypted",
			`{"url":"ftp://example.com/"}`:                               "https://",
			`{"url":"https://"}`:                                         "no host",
			`{"url":"https:///x"}`:                                       "no host",
			`{"url":"https://u:SECRET@example.com/"}`:                    "user or password",
			`{"url":"https://example.com:0/"}`:                           "port",
			`{"url":"https://example.com:99999/"}`:                       "port",
			`{"url":"https://example.com/a b"}`:                          "spaces",
			`{"url":"https://example.com/a\r\nX: y"}`:                    "spaces",
			`{"url":"https://[fe80::1%25eth0]/"}`:                        "no host",
			`{"url":"https://10.0.0.1/"}`:                                "not a public one",
			`{"url":"https://example.com","batch":-1}`:                   "batch",
			`{"url":"https://example.com","batch":1001}`:                 "batch",
			`{"url":"https://example.com","batch":"SECRET"}`:             "batch must be a number",
			`{"url":"https://example.com","batch":5,"body":"json"}`:      "json_array",
			`{"url":"https://example.com","batch_wait":"-1s","batch":2}`: "batch_wait",
			`{"url":"https://example.com","batch_wait":"soon"}`:          "duration",
			`{"url":"https://example.com","body":"xml"}`:                 "ndjson",
			`{"url":"https://example.com","method":"GET"}`:               "POST or PUT",
			`{"url":"https://example.com","secret":"whsec_SECRET"}`:      "24 to 64 bytes",
			`{"url":"https://example.com","secret":"SECRETSECRETSECRETSECRETSECRETSECRETSECRETS"}`:   "whsec_",
			`{"url":"https://example.com","former_secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`: "former_until",
			`{"url":"https://example.com","headers":{"Host":"evil"}}`:                                "own",
			`{"url":"https://example.com","headers":{"webhook-signature":"x"}}`:                      "own",
			`{"url":"https://example.com","headers":{"X":"a\r\nY: b"}}`:                              "control",
			`{"url":"https://example.com","headers":{"X Y":"a"}}`:                                    "no name",
			`{"url":"https://example.com","headers":{"X":"a"},"secret_headers":{"x":"SECRET"}}`:      "stands in headers and in secret_headers",
			`{"url":"https://example.com","ca":"SECRET"}`:                                            "PEM",
			`{"url":"https://example.com","body":"template"}`:                                        "template",
			`{"url":"https://example.com","body":"template","template":"{{x"}`:                       "without its }}",
			`{"url":"https://example.com","columns":["a"]}`:                                          "csv",
			`{"url":"https://example.com","urls":"x"}`:                                               "there is no option",
		},
		Second: func(t *testing.T, address string) string {
			server := httptest.NewTLSServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
				w.Header().Set("Location", "http://"+address+"/")
				w.Header().Set("Alt-Svc", `h2="`+address+`"; ma=3600`)
				w.WriteHeader(nethttp.StatusTemporaryRedirect)
			}))
			t.Cleanup(server.Close)
			ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
			return sinktest.With(`{}`, "url", server.URL, "ca", ca)
		},
	}
}

func TestConformance(t *testing.T) { sinktest.Run(t, suite()) }
func TestConformanceBatches(t *testing.T) {
	sinktest.Run(t, suite("batch", 17, "batch_wait", "20ms", "body", "ndjson"))
}
