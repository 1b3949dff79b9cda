package source

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const ingestToken = "a-token-nobody-guesses"

// gate is an HTTP source with a real ledger behind it.
type gate struct {
	*bridgetest.Hall
	post *ingest
	url  string
	log  *bytes.Buffer
}

func newGate(t *testing.T, out bridge.Outbox) *gate {
	t.Helper()
	h := bridgetest.New(t, 0, bridgetest.Template)
	if out != nil {
		h.Outbox = out
	}
	g := &gate{Hall: h, log: new(bytes.Buffer)}
	h.Log = slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.In = h.Entrance("cs", "chirpstack", lorawan.Template{}, detect.Decode)
	g.post = newIngest(&Deps{Bridge: h.Bridge, Store: h.Ledger, Meter: h.Meter}, h.In, ingestToken, 64<<10)
	server := httptest.NewServer(ingestMux(map[string]*ingest{"cs": g.post}))
	t.Cleanup(server.Close)
	g.url = server.URL + "/ingest/cs"
	return g
}

// send posts a body and gives status and answer.
func (g *gate) send(t *testing.T, method, url, kind string, body []byte, set func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Authorization", "Bearer "+ingestToken)
	if set != nil {
		set(req)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

const jsonType = "application/json"

func TestWhatNetworkServersPostIsSoldOnce(t *testing.T) {
	g := newGate(t, nil)
	v4 := bridgetest.Capture(t, "v4-up-01-as923.json")
	bridgetest.Entitle(g.Index, 1, lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xd8, 0x00, 0x53, 0x43})
	event := new(integration.UplinkEvent)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(v4, event); err != nil {
		t.Fatal(err)
	}
	event.FCnt++
	pb, err := proto.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	things, err := os.ReadFile("../../lorawan/thethings/testdata/tts-up-01-starter-kit-2025.json")
	if err != nil {
		t.Fatal(err)
	}
	dev, ok := lorawan.ScanDevEUI(things)
	if !ok {
		t.Fatal("no DevEUI")
	}
	bridgetest.Entitle(g.Index, 2, dev)
	v3 := wire(t, "002.up.http")
	dev, _ = lorawan.ScanDevEUI(v3)
	bridgetest.Entitle(g.Index, 3, dev)
	for _, c := range []struct {
		why, url, kind string
		body           []byte
		fate           intake.Fate
	}{
		{"ChirpStack v4 JSON", g.url + "?event=up", jsonType, v4, intake.FatePosted},
		{"the server tries again", g.url + "?event=up", jsonType, v4, intake.FateRepeat},
		{"ChirpStack v4 protobuf", g.url + "?event=up", "application/octet-stream", pb, intake.FatePosted},
		{"ChirpStack v3", g.url + "?event=up&from=bench", jsonType, v3, intake.FatePosted},
		{"a webhook of The Things Stack", g.url, "application/json; charset=utf-8", things, intake.FatePosted},
		{"the same with a path", g.url + "/up", jsonType, things, intake.FateRepeat},
		{"a join", g.url + "?event=join", jsonType, wire(t, "001.join.http"), intake.FateOtherEvent},
		{"a status", g.url + "?event=status", jsonType, wire(t, "003.status.http"), intake.FateOtherEvent},
		{"a join that is not announced", g.url, jsonType, wire(t, "001.join.http"), intake.FateOtherEvent},
		{"nobody's", g.url + "?event=up", jsonType, []byte(`{"deviceInfo":{"devEui":"0101010101010101"}} and no more is read`), intake.FateUnbought},
	} {
		before := g.Count(c.fate)
		code, text, _ := g.send(t, http.MethodPost, c.url, c.kind, c.body, nil)
		if code != http.StatusOK || text != `{"fate":"`+string(c.fate)+"\"}\n" || g.Count(c.fate) != before+1 {
			t.Errorf("%s: %d %q, want %s", c.why, code, text, c.fate)
		}
	}
}

// wire reads the body of a captured request.
func wire(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/http", name))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestPostsThatCannotBeTakenAreRefusedWithASentence(t *testing.T) {
	g := newGate(t, nil)
	up := bridgetest.Capture(t, "v4-up-01-as923.json")
	dev, _ := lorawan.ScanDevEUI(up)
	bridgetest.Entitle(g.Index, 1, dev)
	auth := func(v string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", v) }
	}
	for _, c := range []struct {
		why, method, kind string
		body              []byte
		set               func(*http.Request)
		code              int
		says              string
	}{
		{"no token", "POST", jsonType, up, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "token"},
		{"a wrong one", "POST", jsonType, up, auth("Bearer no"), 401, "token"},
		{"a longer one", "POST", jsonType, up, auth("Bearer " + ingestToken + "x"), 401, "token"},
		{"a wrong password", "POST", jsonType, up, func(r *http.Request) { r.SetBasicAuth(ingestToken, "no") }, 401, "token"},
		{"as a password", "POST", jsonType, up, func(r *http.Request) { r.SetBasicAuth("anybody", ingestToken) }, 200, "posted"},
		{"in a header", "POST", jsonType, up, func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set("X-Dbdao-Token", ingestToken)
		}, 200, "repeat"},
		{"a GET", "GET", "", nil, nil, 405, "POST"},
		{"a form", "POST", "application/x-www-form-urlencoded", up, nil, 415, "application/json"},
		{"compressed", "POST", jsonType, up, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, "uncompressed"},
		{"too long", "POST", jsonType, bytes.Repeat([]byte(" "), 64<<10+1), nil, 413, "max_packet"},
		{"half an event", "POST", jsonType, up[:len(up)/2], nil, 400, "no event"},
		{"nothing", "POST", jsonType, nil, nil, 400, "no event"},
	} {
		code, text, _ := g.send(t, c.method, g.url+"?event=up&secret=in-the-query", c.kind, c.body, c.set)
		if code != c.code || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %q", c.why, code, text)
		}
	}
	if code, _, _ := g.send(t, "POST", strings.Replace(g.url, "/cs", "/other", 1), jsonType, up, nil); code != 404 {
		t.Errorf("another source: %d", code)
	}
	for _, secret := range []string{ingestToken, "in-the-query"} {
		if strings.Contains(g.log.String(), secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}

// TestPitfall21DownlinkCredentialsNeverReachTheLog posts what The Things Stack
// posts: its webhooks carry an API key for downlinks in a header.
// R1: a page of another site can make a browser post, with a password the browser knows.
func TestAPageOfAnotherSitePostsNothing(t *testing.T) {
	g := newGate(t, nil)
	v4 := bridgetest.Capture(t, "v4-up-01-as923.json")
	for _, h := range [][2]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}} {
		if code, _, _ := g.send(t, http.MethodPost, g.url+"?event=up", jsonType, v4, func(r *http.Request) { r.Header.Set(h[0], h[1]) }); code != http.StatusForbidden {
			t.Errorf("%s: %d", h, code)
		}
	}
}

func TestPitfall21DownlinkCredentialsNeverReachTheLog(t *testing.T) {
	g := newGate(t, nil)
	dev, _ := lorawan.ParseDevEUI("70b3d57ed8005343")
	bridgetest.Entitle(g.Index, 1, dev)
	for _, body := range []string{`{"end_device_ids":{"dev_eui":"70B3D57ED8005343"},"uplink_message":1}`, "{", `{"devEUI":"70b3d57ed8005343","fPort":"NNSXS.INBODY"}`} {
		g.send(t, "POST", g.url, jsonType, []byte(body), func(r *http.Request) {
			r.Header.Set("X-Downlink-Apikey", "NNSXS.SECRET")
			r.Header.Set("X-Downlink-Push", "https://thethings.example/SECRET/push")
		})
	}
	if g.log.Len() == 0 {
		t.Fatal("nothing was logged: the test shows nothing")
	}
	if log := g.log.String(); strings.Contains(log, "SECRET") || strings.Contains(log, "INBODY") {
		t.Errorf("the log shows credentials or contents:\n%s", log)
	}
}

// holding is an outbox that commits when it is told.
type holding struct {
	done chan func(ledger.Outcome, error)
}

func (h holding) Ingest(_ *lorawan.Reading, done func(ledger.Outcome, error)) { h.done <- done }

func TestAPostIsAnsweredOnlyAfterTheCommit(t *testing.T) {
	out := holding{make(chan func(ledger.Outcome, error), 1)}
	g := newGate(t, out)
	up := bridgetest.Capture(t, "v4-up-01-as923.json")
	dev, _ := lorawan.ScanDevEUI(up)
	bridgetest.Entitle(g.Index, 1, dev)
	for _, c := range []struct {
		err  error
		code int
	}{{nil, 200}, {ledger.ErrClosed, 503}} {
		answered := make(chan int, 1)
		var header http.Header
		go func() {
			code, _, h := g.send(t, "POST", g.url, jsonType, up, nil)
			header = h
			answered <- code
		}()
		commit := <-out.done
		select {
		case code := <-answered:
			t.Fatalf("answered %d before the commit", code)
		case <-time.After(50 * time.Millisecond):
		}
		commit(ledger.Outcome{Verdict: ledger.Posted}, c.err)
		if code := <-answered; code != c.code || c.err != nil && header.Get("Retry-After") == "" {
			t.Errorf("answered %d after %v", code, c.err)
		}
	}
}

func TestPostsAreHeldOffWhenThereIsNoRoom(t *testing.T) {
	out := holding{make(chan func(ledger.Outcome, error), 10)}
	g := newGate(t, out)
	up := bridgetest.Capture(t, "v4-up-01-as923.json")
	dev, _ := lorawan.ScanDevEUI(up)
	bridgetest.Entitle(g.Index, 1, dev)

	g.post.wait = 10 * time.Millisecond
	code, _, header := g.send(t, "POST", g.url, jsonType, up, nil)
	if code != 503 || header.Get("Retry-After") == "" {
		t.Errorf("a ledger that does not answer: %d", code)
	}
	for range ingestInFlight {
		g.post.slots <- struct{}{}
	}
	if code, text, header := g.send(t, "POST", g.url, jsonType, up, nil); code != 429 || header.Get("Retry-After") == "" || !strings.Contains(text, "again") {
		t.Errorf("too many under way: %d %q", code, text)
	}
	for range ingestInFlight {
		<-g.post.slots
	}
	if err := g.Ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if code, _, header := g.send(t, "POST", g.url, jsonType, up, nil); code != 503 || header.Get("Retry-After") == "" {
		t.Errorf("a closed ledger: %d", code)
	}
}

func TestTheListenerEndsWithItsContext(t *testing.T) {
	g := newGate(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	server := &http.Server{Addr: "127.0.0.1:0", Handler: ingestMux(map[string]*ingest{"cs": g.post})}
	ended := make(chan error, 1)
	go func() { ended <- serveIngest(ctx, server) }()
	time.Sleep(20 * time.Millisecond)
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it goes on")
	}
	if err := serveIngest(t.Context(), &http.Server{Addr: strings.TrimPrefix(strings.TrimSuffix(g.url, "/ingest/cs"), "http://")}); err == nil {
		t.Error("a taken port was no error")
	}
}
