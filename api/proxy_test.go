package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

const proxyPage = "A TLS proxy before the public API"

// R6: the page's proxies as they stand there, but for ports and files, before the API: it knows
// who calls, takes nobody else's word for it, and nothing is held back.
func TestBehindTheProxiesOfThePageCallersAreTheirOwn(t *testing.T) {
	dir := t.TempDir()
	roots := certificate(t, dir)
	said := regexp.MustCompile(`(?m)^trusted_proxies = \["([^"]+)"\]$`).FindStringSubmatch(servers.Page(t, "operations.md", proxyPage, "toml")[0])
	if said == nil {
		t.Fatal("the page names no trusted proxy")
	}
	_, s, _ := serve(t)
	var err error
	if s.Proxies, err = ParseProxies(said[1:]); err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("/", s.Public())
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, s.Proxies.caller(r)) })
	mux.HandleFunc("/live", func(w http.ResponseWriter, r *http.Request) { // as the live feed does
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no")
		fmt.Fprint(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		<-release
	})
	bridge := httptest.NewServer(mux)
	defer bridge.Close()
	defer close(release)
	there := strings.TrimPrefix(bridge.URL, "http://")
	for name, start := range map[string]func(t *testing.T, at string) *servers.Process{
		"nginx": func(t *testing.T, at string) *servers.Process {
			page := servers.Page(t, "operations.md", proxyPage, "nginx")[0]
			return servers.NginxProxy(t, at, strings.NewReplacer("/etc/ssl", dir, "127.0.0.1:8180", there, "listen 443", "listen "+at).Replace(page))
		},
		"caddy": func(t *testing.T, at string) *servers.Process {
			page := servers.Page(t, "operations.md", proxyPage, "caddy")[0]
			_, port, _ := net.SplitHostPort(at)
			return servers.CaddyProxy(t, at, strings.NewReplacer("/etc/ssl", dir, "127.0.0.1:8180", there, "bridge.example {", "https://bridge.example:"+port+" {").Replace(page))
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
			start(t, at)
			c := &proxied{t: t, at: at, roots: roots}
			if got := c.get("127.0.0.2", "/who", ""); got != "127.0.0.2" {
				t.Errorf("a caller is counted for %q", got)
			}
			if got := c.get("127.0.0.2", "/who", "203.0.113.5"); got != "127.0.0.2" {
				t.Errorf("a caller who makes an address up is counted for %q", got)
			}
			if got := c.get("127.0.0.3", "/v1/operator", ""); !strings.Contains(got, `"chain_id":1337`) {
				t.Errorf("the API behind it: %q", got)
			}
			c.live()
			if code := c.post("/v1/session", 70_000); code != http.StatusRequestEntityTooLarge {
				t.Errorf("a body of 70 kB: %d", code)
			}
		})
	}
	direct := &proxied{t: t, at: there}
	if got := direct.get("127.0.0.3", "/who", "203.0.113.5"); got != "127.0.0.3" {
		t.Errorf("who is no proxy and says he speaks for another is counted for %q", got)
	}
}

// proxied asks a proxy from addresses of this machine.
type proxied struct {
	t     *testing.T
	at    string
	roots *x509.CertPool // nil: no TLS
}

func (c *proxied) client(from string) (*http.Client, string) {
	scheme := "http"
	if c.roots != nil {
		scheme = "https"
	}
	return &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).DialContext(ctx, network, c.at)
		}}}, scheme + "://bridge.example"
}

func (c *proxied) get(from, path, forwarded string) string {
	c.t.Helper()
	client, base := c.client(from)
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if forwarded != "" {
		req.Header.Set("X-Forwarded-For", forwarded)
	}
	res, err := client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s %v %s", path, res.Status, err, body)
	}
	return string(body)
}

// live reads the first event while the feed goes on.
func (c *proxied) live() {
	c.t.Helper()
	client, base := c.client("127.0.0.2")
	res, err := client.Get(base + "/live")
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != "data: 1\n" {
		c.t.Errorf("the feed's first line is held back: %q %v", line, err)
	}
}

func (c *proxied) post(path string, size int) int {
	c.t.Helper()
	client, base := c.client("127.0.0.4")
	res, err := client.Post(base+path, "application/json", bytes.NewReader(make([]byte, size)))
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// certificate makes bridge.example.pem and .key in a folder, and gives who trusts it.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{domain}, NotAfter: time.Now().Add(time.Hour), NotBefore: time.Now().Add(-time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"pem": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, domain+"."+name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}
