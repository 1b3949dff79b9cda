package chirpstackapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// server implements the call as ChirpStack does (official generated code, over a
// socket): the history at once, then live events until the caller goes.
type server struct {
	api.UnimplementedInternalServiceServer
	history int
	live    time.Duration // between live events; 0: none
	then    error         // ends the stream behind the history
	fat     int           // bytes in each body
	admin   bool          // the key may read any device
}

const key = "a-read-only-key"

func (s *server) StreamDeviceEvents(r *api.StreamDeviceEventsRequest, to grpc.ServerStreamingServer[api.LogItem]) error {
	md, _ := metadata.FromIncomingContext(to.Context())
	if auth := md.Get("authorization"); len(auth) != 1 || auth[0] != "Bearer "+key {
		return status.Error(codes.Unauthenticated, "InvalidSignature")
	}
	if r.DevEui != "70b3d57ed8005343" && !s.admin {
		return status.Error(codes.Unauthenticated, "") // as ChirpStack does for what is not there or another tenant's
	}
	if s.admin {
		return to.SendHeader(nil)
	}
	for i := range s.history {
		body := fmt.Sprintf(`{"fCnt":%d}`, i) + strings.Repeat(" ", s.fat)
		if err := to.Send(&api.LogItem{Id: fmt.Sprint(i), Description: "up", Body: body, Properties: map[string]string{"fCnt": fmt.Sprint(i)}}); err != nil {
			return err
		}
	}
	if s.then != nil {
		return s.then
	}
	for s.live > 0 {
		select {
		case <-to.Context().Done():
			return nil
		case <-time.After(s.live):
			if err := to.Send(&api.LogItem{Description: "up", Body: "{}"}); err != nil {
				return err
			}
		}
	}
	<-to.Context().Done()
	return nil
}

func start(t *testing.T, s *server) *Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	api.RegisterInternalServiceServer(g, s)
	ended := make(chan error, 1)
	go func() { ended <- g.Serve(l) }()
	t.Cleanup(func() {
		g.Stop()
		<-ended
	})
	c, err := New("http://"+l.Addr().String(), key)
	if err != nil {
		t.Fatal(err)
	}
	c.quiet = 100 * time.Millisecond
	t.Cleanup(c.Close)
	return c
}

func TestTheHistoryIsReadAndTheLiveStreamLeft(t *testing.T) {
	for _, c := range []struct {
		why string
		s   server
		n   int
	}{
		{"ten events", server{history: 10}, 10},
		{"none", server{}, 0},
		{"a stream the server ends", server{history: 3, then: status.Error(codes.OK, "")}, 3},
		{"a device that talks all the time", server{history: 2, live: 500 * time.Microsecond}, historyMax},
		{"long ones", server{history: 3, fat: 100_000}, 3},
	} {
		if c.n == historyMax && testing.Short() {
			continue
		}
		s := c.s
		got, err := start(t, &s).History(t.Context(), "70b3d57ed8005343")
		if err != nil || len(got) != c.n {
			t.Errorf("%s: %d events, %v", c.why, len(got), err)
			continue
		}
		for i := range min(c.n, c.s.history) {
			if e := got[i]; e.ID != fmt.Sprint(i) || e.Kind != "up" || !strings.HasPrefix(string(e.Body), fmt.Sprintf(`{"fCnt":%d}`, i)) {
				t.Errorf("%s: event %d is %+v", c.why, i, e)
			}
		}
	}
}

func TestWhatGoesWrongHasAName(t *testing.T) {
	good := start(t, &server{history: 1})
	bad, err := New(good.base, "another-key")
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Close()
	bad.quiet = good.quiet
	if _, err := bad.History(t.Context(), "70b3d57ed8005343"); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "another-key") {
		t.Errorf("a wrong key: %v", err)
	}
	if _, err := good.History(t.Context(), "0101010101010101"); !errors.Is(err, ErrUnknown) {
		t.Errorf("an unknown device: %v", err)
	}
	if got, err := start(t, &server{history: 2, then: status.Error(codes.Internal, "boom")}).History(t.Context(), "70b3d57ed8005343"); err == nil || len(got) != 2 {
		t.Errorf("a server that fails: %d events, %v", len(got), err)
	}
	if _, err := start(t, &server{history: 1, fat: eventMax}).History(t.Context(), "70b3d57ed8005343"); err == nil {
		t.Error("an event of any length is taken")
	}
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.Config.Protocols = new(http.Protocols)
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	defer web.Close()
	other, err := New(web.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.History(t.Context(), "70b3d57ed8005343"); err == nil || !strings.Contains(err.Error(), "address") {
		t.Errorf("another server: %v", err)
	}
	gone, err := New("http://127.0.0.1:1", key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.History(t.Context(), "70b3d57ed8005343"); err == nil {
		t.Error("nobody answered and it was no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := good.History(ctx, "70b3d57ed8005343"); err == nil {
		t.Error("it was told to stop and says there is no history")
	}
	for _, url := range []string{"", "127.0.0.1:8080", "ftp://host", "http://host/path", "http://user:pass@host", "http://"} {
		if _, err := New(url, key); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestACheckTellsAKeyOfTheServerFromAWrongOne(t *testing.T) {
	for _, admin := range []bool{false, true} {
		good := start(t, &server{admin: admin})
		if err := good.Check(t.Context()); err != nil {
			t.Errorf("a good key (of an administrator: %v): %v", admin, err)
		}
		bad, err := New(good.base, "another-key")
		if err != nil {
			t.Fatal(err)
		}
		defer bad.Close()
		if err := bad.Check(t.Context()); !errors.Is(err, ErrKey) {
			t.Errorf("a wrong key: %v", err)
		}
	}
	gone, err := New("http://127.0.0.1:1", key)
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Check(t.Context()); err == nil {
		t.Error("nobody answered and it was no error")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	mute, err := New("http://"+l.Addr().String(), key)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := mute.Check(ctx); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a mute server: %v", err)
	}
}
