package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	client "github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
)

func broker(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := errors.Join(s.AddHook(new(auth.AllowHook), nil), s.AddListener(listeners.NewNet("t", l)), s.Serve()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return "tcp://" + l.Addr().String()
}

var lab = Config{Guard: netguard.Guard{AllowPrivate: true}, ClientID: "t"}

func TestParcelsAreAcceptedWhenTheBrokerSaysSo(t *testing.T) {
	url := broker(t)
	var mu sync.Mutex
	var got []string
	ready := make(chan struct{})
	sub := client.NewSubscriber(client.Config{URL: url, ClientID: "buyer"}, []string{"mine"}, func(m client.Message) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprint(m.QoS, string(m.Payload)))
		m.Ack()
	}, client.Events{Granted: func(string, byte) { close(ready) }})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = sub.Run(ctx) })
	defer wg.Wait()
	defer cancel()
	<-ready

	pool := NewPool(lab)
	a, err := pool.Open(delivery.Route{URL: url, Topic: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := pool.Open(delivery.Route{URL: url, Topic: "elsewhere"})
	if err != nil || len(pool.conns) != 1 {
		t.Fatalf("%v, %d connections for one broker and user", err, len(pool.conns))
	}
	if res := a.Deliver(t.Context(), []delivery.Parcel{{Body: []byte("1")}, {Body: []byte("2")}}); res.Err != nil {
		t.Fatal(res.Err)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		mu.Lock()
		text := strings.Join(got, ",")
		mu.Unlock()
		if text == "1 1,1 2" || text == "11,12" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the buyer has %q", text)
		}
	}
	if err := errors.Join(a.Close(), a.Close()); err != nil || len(pool.conns) != 1 {
		t.Errorf("%v, %d connections after one of two closed", err, len(pool.conns))
	}
	if err := b.Close(); err != nil || len(pool.conns) != 0 {
		t.Errorf("%v, %d connections after both closed", err, len(pool.conns))
	}
}

func TestABrokerThatIsAwayMeansComeBackAndSaysNoAddress(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		url  string
		says string
	}{
		"down":    {lab, "tcp://127.0.0.1:1", "did not take it"},
		"private": {Config{ClientID: "t"}, "ssl://127.0.0.1:1", "not a public one"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewPool(c.cfg).Open(delivery.Route{URL: c.url, Topic: "x"})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			res := s.Deliver(ctx, []delivery.Parcel{{}})
			if res.Err == nil || !res.Retry || strings.Contains(res.Err.Error(), "127.0.0.1") || !strings.Contains(res.Err.Error(), c.says) {
				t.Errorf("%+v", res)
			}
		})
	}
}

func TestOnlyUsableRoutesAreTaken(t *testing.T) {
	for _, c := range []struct {
		route delivery.Route
		ok    bool
	}{
		{delivery.Route{URL: "mqtts://broker.example.com:8883", Topic: "a/b"}, true},
		{delivery.Route{URL: "tcp://broker.example.com:1883", Topic: "a/b"}, false},
		{delivery.Route{URL: "mqtts://user:pass@broker.example.com", Topic: "a"}, false},
		{delivery.Route{URL: "mqtts://broker.example.com", Topic: ""}, false},
		{delivery.Route{URL: "mqtts://broker.example.com", Topic: "a/+/b"}, false},
		{delivery.Route{URL: "mqtts://broker.example.com", Topic: "a/#"}, false},
		{delivery.Route{URL: "mqtts://broker.example.com", Topic: "$SYS/x"}, false},
		{delivery.Route{URL: "", Topic: "a"}, false},
	} {
		if err := Check(Config{}, c.route); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.route, err)
		}
	}
}
