package source

import (
	"bufio"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// Whoever reads why a source is not connected must know what to do: each cause has a sentence of
// its own, which names the host and a key or a cure.
func TestEachReasonNotToBeConnectedSaysWhatToDo(t *testing.T) {
	t.Parallel()
	listen := func(serve func(net.Conn)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go serve(c)
			}
		}()
		return l.Addr().String()
	}
	closed := listen(func(c net.Conn) { c.Close() })
	http := listen(func(c net.Conn) { // answers what is no request at once, as nginx does
		_, _ = bufio.NewReader(c).ReadByte()
		_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
		c.Close()
	})
	greets := listen(func(c net.Conn) {
		_, _ = c.Write([]byte("SSH-2.0-OpenSSH_9.6\r\n"))
		_, _ = bufio.NewReader(c).ReadByte()
	})
	mute := listen(func(c net.Conn) {
		<-t.Context().Done()
		c.Close()
	})
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := free.Addr().String()
	free.Close()
	secure := httptest.NewTLSServer(nil)
	t.Cleanup(secure.Close)
	for _, c := range []struct{ name, url, want string }{
		{"no such host", "tcp://broker.invalid:1883", "there is no host broker.invalid|broker.invalid cannot be looked up"},
		{"nothing listens", "tcp://" + dead, "nothing listens at " + dead + ": start the broker"},
		{"it hangs up", "tcp://" + closed, "ends the connection instead of answering: if it wants TLS, begin the source's url with ssl://"},
		{"a web server", "tcp://" + http, "a web server answers at " + http + ": this is no MQTT broker"},
		{"another protocol", "tcp://" + greets, "does not speak MQTT: if it wants TLS, begin the source's url with ssl://"},
		{"it says nothing", "tcp://" + mute, "does not answer as an MQTT broker does: correct the source's url"},
		{"TLS without TLS", "ssl://" + closed, "does not speak TLS"},
		{"TLS to a web server", "ssl://" + http, "a web server answers at " + http + ": this is no MQTT broker"},
		{"no TLS where it is wanted", "tcp://" + secure.Listener.Addr().String(), "correct the|ends the connection instead"},
		{"a certificate nobody trusts", "ssl://" + secure.Listener.Addr().String(), "name the CA that signed it in the source's ca_file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := checkBroker(t.Context(), config.Source{Name: "cs", Kind: config.KindMQTT, URL: c.url, Topic: "a/{dev_eui}"}, 1, slog.New(slog.DiscardHandler))
			good := false
			for want := range strings.SplitSeq(c.want, "|") {
				good = good || err != nil && strings.Contains(err.Error(), want)
			}
			if !good {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// Who listens for less than a connection may take must not be told that nothing is published.
func TestListeningForAMomentSaysThatNothingAnswered(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it takes connections, and says nothing
	c := config.Source{Name: "cs", Kind: config.KindMQTT, URL: "tcp://" + l.Addr().String(), Topic: "a/{dev_eui}", Format: "auto"}
	_, err = listenAt(t.Context(), c, 1, slog.New(slog.DiscardHandler), 200*time.Millisecond, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "answered within that time as an MQTT broker does") {
		t.Errorf("it says %v", err)
	}
}

// The real broker: wrong credentials, and TLS to a port that is without.
func TestMosquittoThatRefusesIsToldApart(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto")
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	guarded := servers.Mosquitto(t, "allow_anonymous false")
	for url, want := range map[string]string{
		guarded.URL: "refuses this account: correct the source's username and password_file",
		strings.Replace(guarded.URL, "tcp://", "ssl://", 1): "does not speak TLS: correct the port in the source's url, or begin it with tcp://",
	} {
		_, err := checkBroker(t.Context(), config.Source{Name: "cs", Kind: config.KindMQTT, URL: url, Topic: "a/{dev_eui}", Username: "dbdao", PasswordFile: password}, 1, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

// An end of a connection that was made is another thing, and says what waits.
func TestABrokerThatWasConnectedKeepsWhatIsPublished(t *testing.T) {
	for known, want := range map[bool]bool{true: true, false: false} {
		l, h := aLink(t, known)
		l.broker = "tcp://broker:1883"
		l.lost(&tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, time.Now())
		if text := h.Says("broker_down"); strings.Contains(text, "waits there") != want || !strings.Contains(text, "not connected any more") {
			t.Errorf("known %v: %s", known, text)
		}
	}
}
