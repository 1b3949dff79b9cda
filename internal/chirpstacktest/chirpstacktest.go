// Package chirpstacktest answers as ChirpStack v4's API does where the bridge asks it: the last
// events of a device (api.InternalService/StreamDeviceEvents), over a socket, with the official
// generated code.
//
// What it does follows ChirpStack's source (chirpstack/src/stream/event.rs and
// src/api/internal.rs): the server keeps a device's last events, ten unless told otherwise
// (per_device_event_log_max_history); a stream begins with the oldest kept, at most ten are read
// from the store at once, and between two looks at it the server sleeps for a second; it never
// ends by itself. What a key may not read is refused like what is not there.
package chirpstacktest

import (
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Options say how a server differs from an untouched ChirpStack.
type Options struct {
	Kept int           // events kept of a device; 0: 10
	Poll time.Duration // between two looks at the store; 0: 1 s
	TLS  *tls.Config   // nil: without
}

// Server is a running API.
type Server struct {
	URL string
	api.UnimplementedInternalServiceServer
	o Options

	mu      sync.Mutex
	keys    map[string]bool
	devices map[string]*device
	asked   []string
	streams int
	most    int
}

type device struct {
	key    string
	events []*api.LogItem
	next   int // number of the next event
}

const readAtOnce = 10

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Kept == 0 {
		o.Kept = 10
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	s := &Server{o: o, keys: map[string]bool{}, devices: map[string]*device{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options, scheme := []grpc.ServerOption{grpc.MaxConcurrentStreams(200)}, "http" // hyper's own bound
	if o.TLS != nil {
		options, scheme = append(options, grpc.Creds(credentials.NewTLS(o.TLS))), "https"
	}
	s.URL = scheme + "://" + l.Addr().String()
	g := grpc.NewServer(options...)
	api.RegisterInternalServiceServer(g, s)
	ended := make(chan error, 1)
	go func() { ended <- g.Serve(l) }()
	t.Cleanup(func() {
		g.Stop()
		<-ended
	})
	return s
}

// Tenant makes an API key that may read these devices.
func (s *Server) Tenant(key string, devEUIs ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key] = true
	for _, d := range devEUIs {
		s.devices[d] = &device{key: key}
	}
}

// Log stores an event of a device, in JSON; the oldest kept goes if there are too many.
func (s *Server) Log(devEUI, kind, body string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.devices[devEUI]
	d.events = append(d.events, &api.LogItem{Id: fmt.Sprintf("%d-%d", at.UnixMilli(), d.next), Time: timestamppb.New(at), Description: kind, Body: body})
	d.next++
	d.events = d.events[max(0, len(d.events)-s.o.Kept):]
}

// Asked lists the devices that were asked for, in order.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// Most is how many streams were open at once.
func (s *Server) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// begin refuses as ChirpStack does: with a message only where the key is none of its own.
func (s *Server) begin(auth []string, devEUI string) (*device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var key string
	if len(auth) == 1 {
		_, _ = fmt.Sscanf(auth[0], "Bearer %s", &key)
	}
	if !s.keys[key] {
		return nil, status.Error(codes.Unauthenticated, "InvalidSignature")
	}
	s.asked = append(s.asked, devEUI)
	d := s.devices[devEUI]
	if d == nil || d.key != key {
		return nil, status.Error(codes.Unauthenticated, "")
	}
	s.streams++
	s.most = max(s.most, s.streams)
	return d, nil
}

// after gives up to ten events from number from on, and the number behind them.
func (s *Server) after(d *device, from int) ([]*api.LogItem, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := d.next - len(d.events)
	from = max(from, first)
	some := d.events[from-first:]
	some = some[:min(len(some), readAtOnce)]
	return append([]*api.LogItem(nil), some...), from + len(some)
}

// StreamDeviceEvents is the call.
func (s *Server) StreamDeviceEvents(r *api.StreamDeviceEventsRequest, to grpc.ServerStreamingServer[api.LogItem]) error {
	md, _ := metadata.FromIncomingContext(to.Context())
	d, err := s.begin(md.Get("authorization"), r.DevEui)
	if err != nil {
		return err
	}
	defer func() {
		s.mu.Lock()
		s.streams--
		s.mu.Unlock()
	}()
	if err := to.SendHeader(nil); err != nil { // the answer begins before there is an event
		return err
	}
	for next := 0; ; {
		var some []*api.LogItem
		some, next = s.after(d, next)
		for _, e := range some {
			if err := to.Send(e); err != nil {
				return err
			}
		}
		select {
		case <-to.Context().Done():
			return nil
		case <-time.After(s.o.Poll):
		}
	}
}
