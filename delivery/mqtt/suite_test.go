package mqtt

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	client "github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/eclipse/paho.golang/packets"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// buyer subscribes at a real Mosquitto with a kept session and keeps what comes.
type buyer struct {
	mu  sync.Mutex
	ids []string
	at  time.Time
	url string
}

func newBuyer(t *testing.T) *buyer {
	servers.Need(t, "mosquitto")
	b := &buyer{url: "mqtt" + servers.Mosquitto(t).URL[len("tcp"):]}
	ready := make(chan struct{})
	var once sync.Once
	sub := client.NewSubscriber(client.Config{URL: b.url, ClientID: "buyer"}, []string{"readings/#"}, func(m client.Message) {
		var body struct{ ID string }
		err := json.Unmarshal(m.Payload, &body)
		b.mu.Lock()
		defer b.mu.Unlock()
		if err != nil || m.QoS != 1 {
			body.ID = fmt.Sprintf("broken: %v, QoS %d", err, m.QoS)
		}
		b.ids, b.at = append(b.ids, body.ID), time.Now()
		m.Ack()
	}, client.Events{Granted: func(string, byte) { once.Do(func() { close(ready) }) }})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = sub.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	select {
	case <-ready:
	case <-time.After(20 * time.Second):
		t.Fatal("the broker does not answer")
	}
	return b
}

// held waits until nothing more comes.
func (b *buyer) held(*testing.T) []string {
	for end := time.Now().Add(150 * time.Millisecond); ; time.Sleep(10 * time.Millisecond) {
		b.mu.Lock()
		quiet := time.Since(b.at) > 100*time.Millisecond && time.Now().After(end)
		ids := slices.Clone(b.ids)
		b.mu.Unlock()
		if quiet {
			return ids
		}
	}
}

func suite(version string) sinktest.Suite {
	return sinktest.Suite{
		Kind: Kind,
		New: func(t *testing.T) sinktest.Peer {
			b := newBuyer(t)
			return sinktest.Peer{Config: sinktest.With(`{}`, "url", b.url, "topic", "readings/{stream}/{dev}", "version", version), Held: b.held, Repeats: true}
		},
		Proxied: func(config, address string) string { return sinktest.With(config, "url", "mqtt://"+address) },
		At: func(host, port string) string {
			return sinktest.With(`{}`, "url", "mqtts://"+host+":"+port, "topic", "x", "version", version)
		},
		Encrypted: func(t *testing.T, server *tls.Config) string {
			address := sinktest.Front(t, newBuyer(t).url[len("mqtt://"):], server, nil)
			return sinktest.With(`{}`, "url", "mqtts://"+address, "topic", "readings/x", "version", version)
		},
		Secrets: []string{`{"url":"mqtt://127.0.0.1:1","topic":"x","username":"u","password":"SECRET","version":"` + version + `"}`},
		Bad: map[string]string{
			`{}`: "mqtts://",
			`{"url":"mqtts://broker.example.com","topic":""}`:                      "topic",
			`{"url":"tcp://broker.example.com:1883","topic":"a"}`:                  "not be encrypted",
			`{"url":"https://broker.example.com","topic":"a"}`:                     "mqtts://",
			`{"url":"mqtts://u:SECRET@broker.example.com"}`:                        "user and password",
			`{"url":"mqtts://broker.example.com/x","topic":"a"}`:                   "host and port only",
			`{"url":"mqtts://broker.example.com:0","topic":"a"}`:                   "port",
			`{"url":"mqtts://10.0.0.1","topic":"a"}`:                               "not a public one",
			`{"url":"mqtts://broker.example.com","topic":"a/+/b"}`:                 "topic",
			`{"url":"mqtts://broker.example.com","topic":"a/#"}`:                   "topic",
			`{"url":"mqtts://broker.example.com","topic":"$SYS"}`:                  "topic",
			`{"url":"mqtts://broker.example.com","topic":"{eui}"}`:                 "topic",
			`{"url":"mqtts://b.example","topic":"a","version":"4"}`:                "3.1.1 or 5",
			`{"url":"mqtts://b.example","topic":"a","password":"SECRET"}`:          "username",
			`{"url":"mqtts://b.example","topic":"a","ca":"SECRET"}`:                "PEM",
			`{"url":"mqtts://b.example","topic":"a","batch":3}`:                    "there is no option",
			`{"url":"mqtts://b.example","topic":"a","password":{"SECRET":"deep"}}`: "must be",
		},
	}
}

func TestConformance311(t *testing.T) { sinktest.Run(t, suite("3.1.1")) }

func TestConformance5(t *testing.T) {
	s := suite("5")
	s.Second = func(t *testing.T, address string) string {
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
				if _, err := packets.ReadPacket(c); err == nil {
					_, _ = (&packets.Connack{ReasonCode: 0x9c, Properties: &packets.Properties{ServerReference: address}}).WriteTo(c)
				}
				_ = c.Close()
			}
		}()
		return sinktest.With(`{}`, "url", "mqtt://"+l.Addr().String(), "topic", "x", "version", "5")
	}
	sinktest.Run(t, s)
}

// What version 5 tells more: nobody subscribes, the server moved, the account is refused.
func TestVersion5SaysWhy(t *testing.T) {
	servers.Need(t, "mosquitto")
	lone := "mqtt" + servers.Mosquitto(t).URL[len("tcp"):]
	_, sink := sinktest.Open(t, Kind, sinktest.With(`{}`, "url", lone, "topic", "nobody", "version", "5"))
	if res := sink.Deliver(t.Context(), delivery.NewBatch(0, sinktest.Parcels(1, 0, 2))); res.Taken != 0 || res.Reason.Text != "nobody subscribes to the topic" {
		t.Errorf("%+v", res)
	}
	for code, want := range map[byte]delivery.Code{0x87: delivery.CodeCredentials, 0x86: delivery.CodeCredentials, 0x9c: delivery.CodeAnswer, 0x97: delivery.CodeAnswer} {
		if got := reasonOf(code); got.Code != want || got.Text == "" {
			t.Errorf("%#x: %+v", code, got)
		}
	}
}

// tired is a broker that acknowledges so many messages of a connection and then ends it.
func tired(t *testing.T, version string, most int) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	connack := "\x20\x02\x00\x00"
	if version == "5" {
		connack = "\x20\x03\x00\x00\x00"
	}
	serve := func(c net.Conn) {
		defer c.Close()
		in := bufio.NewReader(c)
		for acked := 0; acked < most; {
			kind, err := in.ReadByte()
			if err != nil {
				return
			}
			length, err := binary.ReadUvarint(in) // MQTT's lengths are written like these
			body := make([]byte, length)
			if err == nil {
				_, err = io.ReadFull(in, body)
			}
			if err != nil {
				return
			}
			switch kind >> 4 {
			case 1:
				_, _ = io.WriteString(c, connack)
			case 3:
				acked++
				id := body[2+int(binary.BigEndian.Uint16(body)):]
				_, _ = c.Write([]byte{0x40, 2, id[0], id[1]})
			}
		}
		// What is left unread at the end becomes a reset, and a reset takes the last acknowledgements with it.
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, in)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return "mqtt://" + l.Addr().String()
}

// D8: of a batch that was cut short what was acknowledged is taken, and not sent again.
func TestABatchCutShortIsNotSentAgainWhole(t *testing.T) {
	for _, version := range []string{"3.1.1", "5"} {
		_, sink := sinktest.Open(t, Kind, sinktest.With(`{}`, "url", tired(t, version, 3), "topic", "readings/x", "version", version))
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		defer cancel()
		if res := sink.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(1, 0, 8))); res.Taken != 3 || res.Reason.None() || res.Reason.Code == delivery.CodeTimeout {
			t.Errorf("%s: %+v", version, res)
		}
	}
}

// shred passes each piece that is written on by itself, and lets others write in between.
type shred struct{ net.Conn }

func (s shred) Write(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return s.Conn.Write(p)
}

// A connection carries several attempts at once: the pieces of a packet stay together.
func TestAttemptsAtOnceDoNotMixTheirPackets(t *testing.T) {
	for _, version := range []string{"3.1.1", "5"} {
		b := newBuyer(t)
		target, err := Kind.Parse([]byte(sinktest.With(`{}`, "url", b.url, "topic", "readings/{purchase}", "version", version)))
		if err != nil {
			t.Fatal(err)
		}
		sink, err := target.Open(delivery.Env{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return shred{c}, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer sink.Close()
		const attempts, each = 16, 4
		var all sync.WaitGroup
		for i := range attempts {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
				defer cancel()
				if res := sink.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(market.PurchaseID(i+1), 0, each))); res.Taken != each {
					t.Errorf("%s: %+v", version, res)
				}
			})
		}
		all.Wait()
		var held []string
		for end := time.Now().Add(60 * time.Second); len(held) < attempts*each && time.Now().Before(end); {
			held = b.held(t)
		}
		slices.Sort(held)
		if len(held) != attempts*each || len(slices.Compact(held)) != attempts*each {
			t.Errorf("%s: %d arrived of %d", version, len(held), attempts*each)
		}
	}
}
