package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
)

// TLS are the options of a kind whose connections may be encrypted; its options embed it.
// There is none to skip the check of the certificate: a self-signed one is given as ca.
type TLS struct {
	CA         string `json:"ca" doc:"PEM of the authority that signed the server's certificate, or of the certificate itself. Empty: the system's authorities."`
	ClientCert string `json:"client_cert" doc:"PEM of the certificate the bridge shows, followed by those that lead to its authority, for a server that asks for one."`
	ClientKey  Secret `json:"client_key" doc:"PEM of the private key of client_cert, not encrypted."`
	ServerName string `json:"server_name" doc:"Name the server's certificate bears, if it is not the host's."`
}

// Config reads the options: nil if the connection is not encrypted, as the kind says.
// host is the name the certificate must bear unless server_name says another; empty: the
// one of each address dialled.
func (o *TLS) Config(encrypted bool, host string) (*tls.Config, error) {
	if !encrypted {
		if *o != (TLS{}) {
			return nil, errors.New("ca, client_cert, client_key and server_name go with an encrypted connection")
		}
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if o.ServerName != "" {
		if len(o.ServerName) > 253 || strings.ContainsFunc(o.ServerName, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return nil, errors.New("server_name must be a name such as db.example.com")
		}
		c.ServerName = o.ServerName
	}
	if o.CA != "" {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM([]byte(o.CA)) {
			return nil, errors.New("ca holds no PEM certificate")
		}
	}
	if o.ClientCert != "" || o.ClientKey != "" {
		pair, err := tls.X509KeyPair([]byte(o.ClientCert), []byte(o.ClientKey))
		if err != nil { // whose text may say what the key is
			return nil, errors.New("client_cert must be a PEM certificate and client_key its PEM key")
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Handshake encrypts a connection to an address, if there is a configuration, and closes
// it if that fails.
func Handshake(ctx context.Context, conn net.Conn, c *tls.Config, address string) (net.Conn, error) {
	if c == nil {
		return conn, nil
	}
	if c.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
		c = c.Clone()
		c.ServerName = host
	}
	secure := tls.Client(conn, c)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// alert gives the name of a TLS alert, if that is what ended a connection: ours to the
// other side, or one of its own, which may come with the first answer only.
func alert(err error) (name string, theirs, ok bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" && op.Op != "local error" {
		return "", false, false
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: "), op.Op == "remote error", true
}
