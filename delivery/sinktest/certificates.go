package sinktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// storeName is what the certificate of an encrypted peer bears: not its address.
const storeName = "store.test"

// authority signs the certificates of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	PEM  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key = a.issue(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.PEM = block("CERTIFICATE", a.cert.Raw)
	return a
}

// issue signs a certificate; the first one itself.
func (a *authority) issue(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	by, with := a.cert, a.key
	if by == nil {
		by, with = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), with)
	if err != nil {
		a.t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return signed, key
}

// server is the configuration of a peer that demands a certificate of the same authority.
func (a *authority) server() *tls.Config {
	cert, key := a.issue(&x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{storeName}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

// client is a certificate for the bridge, as options have it.
func (a *authority) client() (cert, key string) {
	c, k := a.issue(&x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "bridge"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return block("CERTIFICATE", c.Raw), block("PRIVATE KEY", der)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// certificates delivers to a peer whose certificate is of an authority of its own, bears
// another name than its address, and which demands a certificate of the bridge.
func certificates(t *testing.T, s Suite) {
	if s.Encrypted == nil {
		if slices.ContainsFunc(s.Kind.Manual(), func(o delivery.Option) bool { return o.Name == "ca" }) {
			t.Error("the kind has the options of TLS and the suite no encrypted peer")
		}
		t.Skip("this kind encrypts nothing")
	}
	ours, others := newAuthority(t), newAuthority(t)
	config := s.Encrypted(t, ours.server())
	cert, key := ours.client()
	strange, strangeKey := others.client()
	right := []any{"ca", ours.PEM, "client_cert", cert, "client_key", key, "server_name", storeName}
	for name, c := range map[string]struct {
		change []any
		says   string // "": it is taken
	}{
		"everything set":                      {},
		"without ca":                          {[]any{"ca", ""}, "set ca"},
		"with another authority":              {[]any{"ca", others.PEM}, "set ca"},
		"without server_name":                 {[]any{"server_name", ""}, "another name"},
		"with another server_name":            {[]any{"server_name", "evil.test"}, "another name"},
		"without a certificate":               {[]any{"client_cert", "", "client_key", ""}, "client_cert"},
		"with a certificate of somebody else": {[]any{"client_cert", strange, "client_key", strangeKey}, "client_cert"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, sink := Open(t, s.Kind, With(config, append(slices.Clone(right), c.change...)...))
			var res delivery.Result
			for range 20 { // a server that resets the connection may do so before its alert is read
				res = deliver(t, sink, delivery.NewBatch(0, Parcels(1, 0, 1)), 20*time.Second)
				if res.Taken > 0 || res.Reason.Code == delivery.CodeTLS || c.says != "client_cert" {
					break
				}
			}
			switch {
			case c.says == "" && res.Taken != 1:
				t.Errorf("it is not taken: %+v", res)
			case c.says != "" && (res.Taken != 0 || res.Reason.Code != delivery.CodeTLS || !strings.Contains(res.Reason.Text, c.says)):
				t.Errorf("%+v, want the code tls and a text with %q", res, c.says)
			}
		})
	}
	for name, change := range map[string][]any{
		"a key of another certificate": {"client_key", strangeKey},
		"a certificate without a key":  {"client_key", ""},
		"a ca that is none":            {"ca", "SECRET"},
		"a name that is none":          {"server_name", "a b"},
	} {
		_, err := delivery.Kinds{s.Kind}.Parse(s.Kind.Name, []byte(With(config, append(slices.Clone(right), change...)...)), Lab)
		if err == nil || strings.Contains(err.Error(), "SECRET") || !strings.Contains(err.Error(), change[0].(string)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Front listens on loopback with TLS and passes what comes on to a peer that speaks
// plainly. greet, if not nil, speaks what the protocol says before the handshake.
func Front(t *testing.T, to string, server *tls.Config, greet func(net.Conn) error) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go front(t, c, to, server, greet)
		}
	}()
	return l.Addr().String()
}

func front(t *testing.T, c net.Conn, to string, server *tls.Config, greet func(net.Conn) error) {
	defer c.Close()
	t.Cleanup(func() { _ = c.Close() })
	if greet != nil && greet(c) != nil {
		return
	}
	secure := tls.Server(c, server)
	if secure.HandshakeContext(t.Context()) != nil {
		// What the other side sends meanwhile is read away: else the connection is reset, and
		// the alert that says why may be lost with it.
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.Copy(io.Discard, c)
		return
	}
	up, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer up.Close()
	go func() { _, _ = io.Copy(up, secure); _ = up.Close() }()
	_, _ = io.Copy(secure, up)
}
