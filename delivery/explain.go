package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
)

// Explain keeps of an error what the buyer may know: no address, no text of the other
// side's.
func Explain(err error) Reason {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var expired x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var timeout net.Error
	if name, theirs, ok := alert(err); ok {
		text := "the TLS handshake failed: " + name
		if theirs && strings.Contains(name, "certificate") {
			text = "it does not take the bridge's certificate: set client_cert and client_key (" + name + ")"
		}
		return Reason{CodeTLS, text}
	}
	switch {
	case errors.Is(err, netguard.ErrForbidden):
		return Reason{CodeForbidden, netguard.ErrForbidden.Error()}
	case errors.Is(err, netguard.ErrOwn):
		return Reason{CodeOwn, netguard.ErrOwn.Error()}
	case errors.Is(err, ErrTalks):
		return Reason{CodeProtocol, ErrTalks.Error()}
	case errors.As(err, &unknown):
		return Reason{CodeTLS, "its certificate is signed by nobody we know: set ca"}
	case errors.As(err, &name):
		return Reason{CodeTLS, "its certificate is for another name"}
	case errors.As(err, &expired):
		return Reason{CodeTLS, "its certificate is not valid now"}
	case errors.As(err, &record):
		return Reason{CodeTLS, "what answers there does not speak TLS"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return Reason{CodeTimeout, "no answer in time"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return Reason{CodeAnswer, "it ended the connection without an answer"}
	}
	return Reason{CodeUnreachable, unreachable(err)}
}

// unreachable says why no connection came about: what the buyer finds out by dialling himself, and no more.
func unreachable(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "no host has its name (DNS)"
		}
		return "its name could not be looked up (DNS)"
	}
	for _, one := range []struct {
		is   error
		text string
	}{
		{syscall.ECONNREFUSED, "nothing listens at its port: the connection was refused"},
		{syscall.ECONNRESET, "it reset the connection"}, {syscall.EPIPE, "it ended the connection"},
		{syscall.ENETUNREACH, "no network leads to its address"}, {syscall.EHOSTUNREACH, "its host does not answer: no route to it"},
	} {
		if errors.Is(err, one.is) {
			return one.text
		}
	}
	return "the connection failed"
}
