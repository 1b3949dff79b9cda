package source

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

// unreached says of an MQTT client's error why a source is not connected to its broker, and what
// to do. raw is the source's url.
func unreached(err error, raw string) string {
	host, scheme := HostOf(raw), strings.SplitN(raw, "://", 2)[0]
	secure := scheme == "ssl" || scheme == "tls" || scheme == "mqtts" || scheme == "wss"
	dial, _ := errors.AsType[*net.OpError](err)
	name, unnamed := errors.AsType[*net.DNSError](err)
	cert, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	record, plain := errors.AsType[tls.RecordHeaderError](err)
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	switch {
	case errors.Is(err, mqtt.ErrConfig):
		return err.Error()
	case errors.Is(err, mqtt.ErrWebServer), plain && string(record.RecordHeader[:]) == "HTTP/":
		return fmt.Sprintf("a web server answers at %s: this is no MQTT broker; correct the source's url (brokers usually listen at port 1883, with TLS at 8883)", host)
	case errors.Is(err, mqtt.ErrNoBroker):
		return fmt.Sprintf("what listens at %s does not speak MQTT: if it wants TLS, begin the source's url with ssl://; else correct the url (brokers usually listen at port 1883, with TLS at 8883)", host)
	case errors.Is(err, mqtt.ErrCredentials):
		return fmt.Sprintf("the broker at %s refuses this account: correct the source's username and password_file, or let the account in at the broker", host)
	case !errors.Is(err, mqtt.ErrConnect):
		return fmt.Sprintf("the broker at %s is not connected any more (%v)", host, err)
	case unnamed && name.IsNotFound:
		return fmt.Sprintf("there is no host %s: correct the source's url", name.Name)
	case unnamed:
		return fmt.Sprintf("the host %s cannot be looked up (%s): look at this machine's DNS", name.Name, name.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing listens at %s: start the broker, or correct the source's url (brokers usually listen at port 1883, with TLS at 8883)", host)
	case untrusted:
		return fmt.Sprintf("the certificate of the broker at %s is not trusted (%v): name the CA that signed it in the source's ca_file, and the host in its url as the certificate does", host, cert.Err)
	case secure && (plain || ended):
		return fmt.Sprintf("what listens at %s does not speak TLS: correct the port in the source's url, or begin it with tcp:// if the broker is without", host)
	case ended:
		return fmt.Sprintf("what listens at %s ends the connection instead of answering: if it wants TLS, begin the source's url with ssl://; if it is no MQTT broker, correct the url", host)
	case dial != nil && dial.Op == "dial":
		return fmt.Sprintf("%s cannot be reached (%v): is the machine up, and does a firewall keep this one out?", host, dial.Err)
	case dial != nil && dial.Timeout():
		return fmt.Sprintf("what listens at %s does not answer as an MQTT broker does: correct the source's url", host)
	}
	return fmt.Sprintf("the broker at %s does not let the bridge connect (%v)", host, err)
}
