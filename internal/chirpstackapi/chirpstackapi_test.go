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
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstacktest"
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
	ahead   time.Duration // how much later than now live events are logged
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
	if err := to.SendHeader(nil); err != nil || s.admin {
		return err
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
			if err := to.Send(&api.LogItem{Id: fmt.Sprintf("%d-0", time.Now().Add(s.ahead).UnixMilli()), Description: "up", Body: "{}"}); err != nil {
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
	c, err := New("http://"+l.Addr().String(), key, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.quiet = 100 * time.Millisecond
	t.Cleanup(c.Close)
	return c
}

// history gathers what a device's log holds.
func history(c *Client, devEUI string) (all []Event, err error) {
	err = c.History(context.Background(), devEUI, func(e Event) bool {
		all = append(all, e)
		return true
	})
	return all, err
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
		{"a log of hundreds", server{history: 700}, 700},
		{"long ones", server{history: 3, fat: 100_000}, 3},
	} {
		s := c.s
		got, err := history(start(t, &s), "70b3d57ed8005343")
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

// A device that talks all the time never falls silent, and the history of one that is read for
// what an uplink skipped is over at that uplink.
func TestALiveDeviceIsLeftWhenItsHistoryIsOver(t *testing.T) {
	c := start(t, &server{history: 2, live: time.Millisecond})
	n := 0
	if err := c.History(t.Context(), "70b3d57ed8005343", func(Event) bool { n++; return n < 5 }); err != nil || n != 5 {
		t.Errorf("%d events, %v", n, err)
	}
	c = start(t, &server{history: 2, live: time.Millisecond, ahead: time.Hour})
	if all, err := history(c, "70b3d57ed8005343"); err != nil || len(all) != 2 {
		t.Errorf("events of after the call began: %d, %v", len(all)-2, err)
	}
}

// ChirpStack sends ten a second. A log of more than 200 entries was never read to its end.
func TestALongLogIsReadToItsEndHoweverSlowlyItComes(t *testing.T) {
	s := chirpstacktest.Start(t, chirpstacktest.Options{Kept: 1000, Poll: 50 * time.Millisecond}) // three seconds, of which none is silent for two
	s.Tenant(key, "70b3d57ed8005343")
	for i := range 600 {
		s.Log("70b3d57ed8005343", "up", fmt.Sprintf(`{"fCnt":%d}`, i), time.Now())
	}
	c, err := New(s.URL, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	all, err := history(c, "70b3d57ed8005343")
	if err != nil || len(all) != 600 || string(all[599].Body) != `{"fCnt":599}` {
		t.Errorf("%d events, %v", len(all), err)
	}
}

func TestWhatGoesWrongHasAName(t *testing.T) {
	good := start(t, &server{history: 1})
	bad, err := New(good.base, "another-key", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Close()
	bad.quiet = good.quiet
	if _, err := history(bad, "70b3d57ed8005343"); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "another-key") {
		t.Errorf("a wrong key: %v", err)
	}
	if _, err := history(good, "0101010101010101"); !errors.Is(err, ErrUnknown) {
		t.Errorf("an unknown device: %v", err)
	}
	if got, err := history(start(t, &server{history: 2, then: status.Error(codes.Internal, "boom")}), "70b3d57ed8005343"); err == nil || len(got) != 2 {
		t.Errorf("a server that fails: %d events, %v", len(got), err)
	}
	if _, err := history(start(t, &server{history: 1, fat: eventMax}), "70b3d57ed8005343"); err == nil {
		t.Error("an event of any length is taken")
	}
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.Config.Protocols = new(http.Protocols)
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	defer web.Close()
	other, err := New(web.URL, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := history(other, "70b3d57ed8005343"); err == nil || !strings.Contains(err.Error(), "address") {
		t.Errorf("another server: %v", err)
	}
	gone, err := New("http://127.0.0.1:1", key, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := history(gone, "70b3d57ed8005343"); err == nil {
		t.Error("nobody answered and it was no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := good.History(ctx, "70b3d57ed8005343", func(Event) bool { return true }); err == nil {
		t.Error("it was told to stop and says there is no history")
	}
	for _, url := range []string{"", "127.0.0.1:8080", "ftp://host", "http://host/path", "http://user:pass@host", "http://"} {
		if _, err := New(url, key, nil); !errors.Is(err, ErrURL) {
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
		bad, err := New(good.base, "another-key", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer bad.Close()
		if err := bad.Check(t.Context()); !errors.Is(err, ErrKey) {
			t.Errorf("a wrong key: %v", err)
		}
	}
	gone, err := New("http://127.0.0.1:1", key, nil)
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
	mute, err := New("http://"+l.Addr().String(), key, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := mute.Check(ctx); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a mute server: %v", err)
	}
}
