package mqtt

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/mochi-mqtt/server/v2.(*Server).eventLoop"))
}

// inbox collects what a subscriber hands over.
type inbox struct {
	mu     sync.Mutex
	got    []Message
	hold   bool // do not acknowledge
	events []string
	idle   atomic.Int64
}

func (b *inbox) on(m Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := m
	kept.Payload = bytes.Clone(m.Payload)
	clear(m.Payload) // it is ours for now, and must be nobody else's
	b.got = append(b.got, kept)
	if !b.hold {
		m.Ack()
	}
}

func (b *inbox) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, fmt.Sprintf(format, args...))
}

func (b *inbox) listener() Events {
	return Events{
		Connected: func(present bool) { b.note("connected %v", present) },
		Lost:      func(error) { b.note("lost") },
		Refused:   func(topic string) { b.note("refused %s", topic) },
		Overlong:  func(topic string, length int, qos byte) { b.note("overlong %s %d %d", topic, length, qos) },
		Granted:   func(topic string, qos byte) { b.note("granted %s %d", topic, qos) },
		Idle:      func() { b.idle.Add(1) },
	}
}

func (b *inbox) payloads() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, m := range b.got {
		out = append(out, string(m.Payload))
	}
	return out
}

func (b *inbox) saw(event string) func() bool {
	return func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return slices.Contains(b.events, event)
	}
}

func (b *inbox) has(n int) func() bool { return func() bool { return len(b.payloads()) >= n } }

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// run starts a subscriber; the function it returns ends it and waits.
func run(t *testing.T, cfg Config, b *inbox, topics ...string) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := NewSubscriber(cfg, topics, b.on, b.listener()).Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	stop := sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

func publish(t *testing.T, url string, topic string, payloads ...string) {
	t.Helper()
	p := NewPublisher(Config{URL: url, ClientID: "tester"})
	defer p.Close()
	for _, s := range payloads {
		if err := p.Publish(t.Context(), topic, []byte(s), 1); err != nil {
			t.Fatal(err)
		}
	}
}

func embedded(t *testing.T, conf *tls.Config) string {
	t.Helper()
	s := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := s.AddHook(new(auth.AllowHook), nil); err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	if err := s.AddListener(listeners.NewTCP(listeners.Config{ID: "t", Address: addr, TLSConfig: conf})); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if conf != nil {
		return "mqtts://" + addr
	}
	return "mqtt://" + addr
}

func TestWhatIsNotAcknowledgedComesBackWhateverTheBroker(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { redelivers(t, embedded(t, nil)) })
	t.Run("mosquitto", func(t *testing.T) {
		servers.Need(t, "mosquitto")
		broker := servers.Mosquitto(t)
		redelivers(t, broker.URL)
	})
}

func redelivers(t *testing.T, url string) {
	cfg := Config{URL: url, ClientID: "bridge"}
	first := &inbox{hold: true}
	stop := run(t, cfg, first, "up/+")
	eventually(t, "a new session", first.saw("connected false"))
	eventually(t, "the subscription", first.saw("granted up/+ 1"))
	publish(t, url, "up/1", "a", "b", "c")
	eventually(t, "three messages", first.has(3))
	first.mu.Lock()
	kept := slices.Clone(first.got)
	first.mu.Unlock()
	kept[0].Ack()
	time.Sleep(50 * time.Millisecond)
	stop()
	kept[1].Ack() // too late: harmless, and the broker does not learn of it

	second := &inbox{}
	stop = run(t, cfg, second, "up/+")
	eventually(t, "the kept session", second.saw("connected true"))
	eventually(t, "two messages again", second.has(2))
	time.Sleep(50 * time.Millisecond)
	got := second.payloads()
	slices.Sort(got) // the embedded broker reorders
	if !slices.Equal(got, []string{"b", "c"}) {
		t.Fatalf("redelivered %q", got)
	}
	for _, m := range second.got {
		if !m.Dup {
			t.Errorf("%s does not say that it is a repetition", m.Payload)
		}
	}
	stop()

	third := &inbox{}
	run(t, cfg, third, "up/+")
	eventually(t, "the subscription", third.saw("granted up/+ 1"))
	time.Sleep(50 * time.Millisecond)
	if got := third.payloads(); len(got) != 0 {
		t.Fatalf("acknowledged and yet redelivered: %q", got)
	}
}

func TestASubscriberSurvivesARestartOfMosquitto(t *testing.T) {
	servers.Need(t, "mosquitto")
	broker := servers.Mosquitto(t)
	b := &inbox{hold: true}
	run(t, Config{URL: broker.URL, ClientID: "bridge"}, b, "up/+")
	eventually(t, "the subscription", b.saw("granted up/+ 1"))
	publish(t, broker.URL, "up/1", "a", "b")
	eventually(t, "two messages", b.has(2))
	broker.Stop()
	eventually(t, "the loss", b.saw("lost"))
	b.mu.Lock()
	for _, m := range b.got {
		m.Ack() // of a connection that is gone
	}
	b.hold = false
	b.mu.Unlock()
	broker.Start()
	eventually(t, "the kept session", b.saw("connected true"))
	eventually(t, "both again", b.has(4))
	if got := b.payloads(); !slices.Equal(got, []string{"a", "b", "a", "b"}) {
		t.Errorf("got %q", got)
	}
}

// A packet may lie anywhere in the reader, be longer than it, or come in pieces.
func TestMessagesOfEveryLengthComeWhole(t *testing.T) {
	client, server := net.Pipe()
	w := newWire(client, 1<<20, time.Minute, nil)
	defer closeWire(w)
	var sizes []int
	for n := range 200 {
		sizes = append(sizes, n*n*7) // up to 277 kB: twice what the reader holds
	}
	go func() {
		var b []byte
		for i, n := range sizes {
			b = append(b[:0], typePublish<<4)
			b = binary.AppendUvarint(b, uint64(3+n))
			b = append(field(b, "t"), bytes.Repeat([]byte{byte(i)}, n)...)
			if i%3 == 0 {
				_, _ = server.Write(b[:1])
				b = b[1:]
			}
			_, _ = server.Write(b)
		}
		_ = server.Close()
	}()
	for i, n := range sizes {
		first, body, err := w.next()
		if err != nil || first>>4 != typePublish {
			t.Fatalf("packet %d: %x, %v", i, first, err)
		}
		m, err := message(w, first, body)
		if err != nil || m.Topic != "t" || !bytes.Equal(m.Payload, bytes.Repeat([]byte{byte(i)}, n)) {
			t.Fatalf("packet %d of %d bytes: %d bytes came, %v", i, n, len(m.Payload), err)
		}
		clear(m.Payload)
	}
	if _, _, err := w.next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// Where little comes nothing waits; the more comes at once, the longer the next gathers.
func TestLullsFollowWhatComes(t *testing.T) {
	for _, one := range []struct {
		n, full int
		want    time.Duration
	}{{0, readsFull, 0}, {1200, readsFull, 0}, {readsFull / 2, readsFull, lullMost / 2}, {1 << 20, readsFull, lullMost}, {1, acksFull, 0}, {acksFull, acksFull, lullMost}} {
		if got := lull(one.n, one.full); got != one.want {
			t.Errorf("after %d of %d: %s, want %s", one.n, one.full, got, one.want)
		}
	}
}

func TestAnOverlongMessageIsSkippedAndNamed(t *testing.T) {
	servers.Need(t, "mosquitto")
	broker := servers.Mosquitto(t)
	b := &inbox{}
	run(t, Config{URL: broker.URL, ClientID: "bridge", MaxPacket: 2048}, b, "up/+")
	eventually(t, "the subscription", b.saw("granted up/+ 1"))
	publish(t, broker.URL, "up/1", "before", strings.Repeat("x", 1<<20), "after")
	eventually(t, "the messages around it", b.has(2))
	if got := b.payloads(); !slices.Equal(got, []string{"before", "after"}) {
		t.Errorf("got %d messages", len(got))
	}
	if !b.saw(fmt.Sprintf("overlong up/1 %d 1", 1<<20+2+4+2))() {
		t.Errorf("events %q", b.events)
	}
	if b.saw("lost")() {
		t.Error("the connection was lost over it")
	}
}

// script is a broker that says what a test wants.
func script(t *testing.T, serve func(c net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() { defer c.Close(); serve(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return "mqtt://" + ln.Addr().String()
}

// packet reads one control packet.
func packet(c net.Conn) (kind byte, body []byte, err error) {
	var b [1]byte
	if _, err = io.ReadFull(c, b[:]); err != nil {
		return 0, nil, err
	}
	kind = b[0] >> 4
	length := 0
	for shift := 0; ; shift += 7 {
		if _, err = io.ReadFull(c, b[:]); err != nil {
			return 0, nil, err
		}
		length |= int(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			break
		}
	}
	body = make([]byte, length)
	_, err = io.ReadFull(c, body)
	return kind, body, err
}

// greet answers CONNECT and the first SUBSCRIBE with the given code.
func greet(c net.Conn, session, code byte) bool {
	if _, _, err := packet(c); err != nil {
		return false
	}
	_, _ = c.Write([]byte{0x20, 2, session, 0})
	_, body, err := packet(c)
	if err != nil || len(body) < 2 {
		return false
	}
	_, _ = c.Write([]byte{0x90, 3, body[0], body[1], code})
	return true
}

func TestARefusedSubscriptionIsTold(t *testing.T) {
	url := script(t, func(c net.Conn) {
		greet(c, 1, 0x80)
		_, _ = io.Copy(io.Discard, c)
	})
	b := &inbox{}
	run(t, Config{URL: url, ClientID: "bridge"}, b, "secret/#")
	eventually(t, "the refusal", b.saw("refused secret/#"))
	if !b.saw("connected true")() {
		t.Errorf("events %q", b.events)
	}
}

func TestFiveBytesOfABrokerDoNotCostUsMemory(t *testing.T) {
	acked := make(chan uint16, 1)
	url := script(t, func(c net.Conn) {
		if !greet(c, 0, 1) {
			return
		}
		const length = 64 << 20
		_, _ = c.Write([]byte{0x32, 0x80, 0x80, 0x80, 0x20, 0, 1, 't', 0, 7}) // 64 MiB announced, QoS 1, id 7
		chunk := make([]byte, 1<<20)
		for range length/len(chunk) - 1 {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
		_, _ = c.Write(chunk[:len(chunk)-5])
		_, _ = c.Write([]byte{0x32, 6, 0, 1, 't', 0, 8, '!'}) // an honest one behind it
		for {
			kind, body, err := packet(c)
			if err != nil {
				return
			}
			if kind == 4 {
				select {
				case acked <- binary.BigEndian.Uint16(body):
				default:
				}
			}
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b := &inbox{}
	run(t, Config{URL: url, ClientID: "bridge"}, b, "t")
	eventually(t, "the honest message", b.has(1))
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes allocated", grown)
	}
	if !b.saw(fmt.Sprintf("overlong t %d 1", 64<<20))() {
		t.Errorf("events %q", b.events)
	}
	if id := <-acked; id != 7 {
		t.Errorf("first acknowledged %d, not the one skipped", id)
	}
}

func TestAnythingElseOverlongEndsTheConnection(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"a SUBACK":                       {0x90, 0xff, 0xff, 0xff, 0x7f},
		"a SUBACK of more than we asked": {0x90, 4, 0, 1, 1, 1},
		"a length of five bytes":         {0x30, 0xff, 0xff, 0xff, 0xff, 0x01},
		"a topic beyond its packet":      {0x32, 0x80, 0x80, 0x80, 0x01, 0xff, 0xff, 'a', 'b'},
		"an overlong QoS 2 message":      {0x34, 0x80, 0x80, 0x80, 0x01, 0, 1, 't', 0, 1},
		"a topic longer than it all":     {0x32, 0x81, 0x80, 0x10, 0xff, 0xff},
	} {
		t.Run(name, func(t *testing.T) {
			url := script(t, func(c net.Conn) {
				if greet(c, 0, 1) {
					_, _ = c.Write(bytes)
				}
			})
			b := &inbox{}
			run(t, Config{URL: url, ClientID: "bridge", MaxPacket: 1024}, b, "t")
			eventually(t, "the loss", b.saw("lost"))
		})
	}
}

func TestABrokerThatNeverAnswersIsGivenUpWhenTheBridgeStops(t *testing.T) {
	heard := make(chan struct{}, 1)
	url := script(t, func(c net.Conn) {
		_, _, _ = packet(c)
		heard <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	})
	stop := run(t, Config{URL: url, ClientID: "bridge"}, &inbox{}, "t")
	<-heard
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

func TestAPublisherSaysWhenAMessageWasNotTaken(t *testing.T) {
	url := script(t, func(c net.Conn) {
		_, _, _ = packet(c)
		_, _ = c.Write([]byte{0x20, 2, 0, 0})
		_, _, _ = packet(c) // the PUBLISH, never acknowledged
		c.Close()
	})
	p := NewPublisher(Config{URL: url, ClientID: "pub"})
	defer p.Close()
	if err := p.Publish(t.Context(), "t", []byte("x"), 1); err == nil {
		t.Fatal("published, says the publisher")
	}
	p.Close()
	if err := p.Publish(t.Context(), "t", []byte("x"), 1); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

func TestARefusedLoginNamesTheReasonAndNoSecret(t *testing.T) {
	url := script(t, func(c net.Conn) {
		_, _, _ = packet(c)
		_, _ = c.Write([]byte{0x20, 2, 0, 5})
	})
	p := NewPublisher(Config{URL: strings.Replace(url, "mqtt://", "mqtt://ann:hunter2@", 1)})
	defer p.Close()
	err := p.Publish(t.Context(), "t", nil, 1)
	if err == nil || !strings.Contains(strings.ToLower(err.Error()), "not authorized") || strings.Contains(err.Error(), "hunter2") {
		t.Fatal(err)
	}
}

func TestAPublisherReconnectsAndGoesThroughItsDialer(t *testing.T) {
	url := embedded(t, nil)
	var dialled int
	var last net.Conn
	p := NewPublisher(Config{URL: url, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled++
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		last = c
		return c, err
	}})
	defer p.Close()
	for i := range 2 {
		eventually(t, "a publication", func() bool { return p.Publish(t.Context(), "t", []byte("x"), 1) == nil })
		if i == 0 {
			last.Close()
		}
	}
	if dialled != 2 {
		t.Errorf("dialled %d times", dialled)
	}
}

func TestTLSIsVerified(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	url := embedded(t, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	trusting := NewPublisher(Config{URL: url, TLS: &tls.Config{RootCAs: roots}})
	defer trusting.Close()
	if err := trusting.Publish(t.Context(), "t", nil, 1); err != nil {
		t.Errorf("with the broker's authority: %v", err)
	}
	wary := NewPublisher(Config{URL: url})
	defer wary.Close()
	if err := wary.Publish(t.Context(), "t", nil, 1); err == nil {
		t.Error("a certificate of nobody was accepted")
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no URL":                    {ClientID: "x"},
		"another protocol":          {URL: "http://broker", ClientID: "x"},
		"no host":                   {URL: "mqtt://", ClientID: "x"},
		"a session without a name":  {URL: "mqtt://broker"},
		"a guarded WebSocket":       {URL: "wss://broker", ClientID: "x", Dial: (&net.Dialer{}).DialContext},
		"a URL that does not parse": {URL: "mqtt://a b:c", ClientID: "x"},
		"a password in a bad URL":   {URL: "mqtt://ann:hun ter2@ho st", ClientID: "x"},
	} {
		err := NewSubscriber(cfg, nil, nil, Events{}).Run(t.Context())
		if !errors.Is(err, ErrConfig) || strings.Contains(err.Error(), "hun") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALateAcknowledgementLeavesNothingBehind(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	w := newWire(client, 1024, time.Minute, nil)
	closeWire(w)
	for range 10 {
		Message{QoS: 1, id: 7, on: w}.Ack()
	}
	if len(w.acks) != 0 {
		t.Errorf("%d bytes wait for a connection that is gone", len(w.acks))
	}
	Message{QoS: 0}.Ack()
}

func BenchmarkAck(b *testing.B) {
	client, server := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, server) }()
	w := newWire(client, 1024, time.Minute, nil)
	defer closeWire(w)
	m := Message{QoS: 1, id: 7, on: w}
	b.ReportAllocs()
	for b.Loop() {
		m.Ack()
	}
}
