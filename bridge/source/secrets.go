package source

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// ReadToken reads a token from its file. An empty or short one would be a door left open.
func ReadToken(file string) (string, error) {
	token, err := settlement.ReadSecret(file)
	if err == nil && len(strings.TrimSpace(token)) < config.TokenMin {
		err = fmt.Errorf("%s holds fewer than %d characters: `openssl rand -hex 24` makes a good one", file, config.TokenMin)
	}
	return token, err
}

// ingestSecrets reads an HTTP source's token and certificate.
func ingestSecrets(c config.Source) (token string, secure *tls.Config, err error) {
	if token, err = ReadToken(c.TokenFile); err != nil {
		return "", nil, fmt.Errorf("token_file: %w", err)
	}
	if c.CertFile != "" {
		secure, err = tlsOf(c)
	}
	return token, secure, err
}

// tlsOf reads the certificates that a source verifies with, and shows.
func tlsOf(c config.Source) (secure *tls.Config, err error) {
	secure = &tls.Config{MinVersion: tls.VersionTLS12}
	if secure.RootCAs, err = rootsIf(c.CAFile); err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	if c.CertFile == "" {
		return secure, nil
	}
	cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("cert_file and key_file: %w", err)
	}
	secure.Certificates = []tls.Certificate{cert}
	return secure, nil
}

// brokerConfig reads a source's secrets and certificates.
func brokerConfig(c config.Source, operator uint64, log *slog.Logger) (mqtt.Config, error) {
	m := mqtt.Config{URL: c.URL, ClientID: c.ClientID, Username: c.Username, MaxPacket: c.MaxPacket, Log: log.With("source", c.Name)}
	if m.ClientID == "" {
		m.ClientID = fmt.Sprintf("dbdao-bridge-%d-%s", operator, c.Name)
	}
	if c.PasswordFile != "" {
		password, err := settlement.ReadSecret(c.PasswordFile)
		if err != nil {
			return m, err
		}
		m.Password = password
	}
	if c.CAFile == "" && c.CertFile == "" {
		return m, nil
	}
	secure, err := tlsOf(c)
	m.TLS = secure
	return m, err
}

// rootsIf reads the certificates that a server's is verified with; without a file, nil: the
// system's.
func rootsIf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return roots, nil
}
