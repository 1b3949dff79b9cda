package source

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/listener"
	"github.com/databrokerdao/dbdao-bridge/internal/metrics"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// ingest is the HTTP entrance of one source: POST /ingest/{source} by a network
// server. It answers 2xx only for what is durable or can never be sold, so that a
// server that retries loses nothing, and one that does not has lost nothing it was
// told is safe. What it was sent in headers and query is never logged: The Things
// Stack puts credentials for downlinks there.
type ingest struct {
	bridge   *bridge.Bridge
	in       *intake.Entrance
	overlong *metrics.Counter
	refused  atomic.Int64 // posts with a wrong token
	token    [sha256.Size]byte
	body     int64         // longest body, bytes
	slots    chan struct{} // one for each request under way
	room     func() bool   // false: the ledger is full or has failed
	wait     time.Duration
}

const (
	ingestInFlight = 256              // requests under way at once, for each source
	ingestWait     = 10 * time.Second // for a commit; ChirpStack v4 gives up after 5 s, v3 after 10 s
	noSuchSource   = "there is no such source"
	ingestRealm    = `realm="dbdao-bridge"`
	tokenHeader    = "X-Dbdao-Token" // for servers that can set a header, but not Authorization
)

// newIngest makes a source's entrance.
func newIngest(d *Deps, in *intake.Entrance, token string, body int) *ingest {
	return &ingest{bridge: d.Bridge, in: in, token: sha256.Sum256([]byte(token)), body: int64(body), overlong: d.Meter.Overlong.With(in.Name),
		slots: make(chan struct{}, ingestInFlight), room: d.Store.Room, wait: ingestWait}
}

// authorized accepts the token as a bearer token, as a basic-auth password, or in a
// header of its own. Hashes are compared, so that not even the length shows.
func (i *ingest) authorized(r *http.Request) bool {
	given := r.Header.Get(tokenHeader)
	if given == "" {
		var basic bool
		if _, given, basic = r.BasicAuth(); !basic {
			given, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		}
	}
	sum := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(sum[:], i.token[:]) == 1
}

// takes says whether a body is of a kind network servers post.
func takes(contentType string) bool {
	if contentType == "" {
		return true // the body tells
	}
	kind, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return false
	case kind == "application/json", kind == "application/octet-stream", kind == "application/protobuf", kind == "application/x-protobuf":
		return true
	}
	return false
}

func refuse(w http.ResponseWriter, code int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, sentence+"\n")
}

func later(w http.ResponseWriter, code, seconds int, sentence string) {
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	refuse(w, code, sentence)
}

func (i *ingest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case !i.authorized(r):
		i.refused.Add(1)
		w.Header().Set("WWW-Authenticate", "Bearer "+ingestRealm)
		refuse(w, http.StatusUnauthorized, "the token is missing or wrong: send the content of the source's token_file as Authorization: Bearer, as a basic-auth password, or as "+tokenHeader)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "POST events here")
		return
	case !takes(r.Header.Get("Content-Type")) || r.Header.Get("Content-Encoding") != "":
		refuse(w, http.StatusUnsupportedMediaType, "post events as application/json, or as protobuf in application/octet-stream, uncompressed")
		return
	case !i.room():
		later(w, http.StatusServiceUnavailable, 5, "the bridge cannot store anything now: post again")
		return
	}
	select {
	case i.slots <- struct{}{}:
		defer func() { <-i.slots }()
	default:
		later(w, http.StatusTooManyRequests, 1, "too many posts are under way: post again")
		return
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, i.body))
	if err != nil {
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			i.overlong.Inc()
			refuse(w, http.StatusRequestEntityTooLarge, "the event is longer than "+strconv.FormatInt(i.body, 10)+" bytes (the source's max_packet)")
			return
		}
		refuse(w, http.StatusBadRequest, "the body did not arrive whole")
		return
	}
	ended := make(chan intake.Fate, 1)
	i.bridge.Take(i.in, intake.Arrival{Event: eventOf(r), Payload: payload, QoS: 1, Done: intake.Then(func(e intake.End) { ended <- e.Fate })})
	ctx, cancel := context.WithTimeout(r.Context(), i.wait)
	defer cancel()
	select {
	case f := <-ended:
		reply(w, f)
	case <-ctx.Done():
		later(w, http.StatusServiceUnavailable, 5, "the bridge is slow to store: post again, it knows repeats")
	}
}

// eventOf reads the kind of event: from the query (ChirpStack), or from the path
// behind the source's name (The Things Stack, whose webhooks have a path for each).
func eventOf(r *http.Request) lorawan.Event {
	if text := r.URL.Query().Get("event"); text != "" {
		return lorawan.EventOf(text)
	}
	return lorawan.EventOf(r.PathValue("event"))
}

func reply(w http.ResponseWriter, f intake.Fate) {
	switch f {
	case intake.FateUncommitted:
		later(w, http.StatusServiceUnavailable, 5, "the bridge could not store the event: post it again")
		return
	case intake.FateMalformed, intake.FateMismatch:
		refuse(w, http.StatusBadRequest, "the body is no event of ChirpStack or The Things Stack")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]intake.Fate{"fate": f})
}

// ingestMux routes the posts of the sources of one listener.
func ingestMux(sources map[string]*ingest) http.Handler {
	mux := http.NewServeMux()
	for name, i := range sources {
		mux.Handle("/ingest/"+name, i)
		mux.Handle("/ingest/"+name+"/{event...}", i)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, noSuchSource+": POST to /ingest/ and the name of a [[sources]] table of kind http")
	})
	return http.NewCrossOriginProtection().Handler(mux) // a browser that was given the password sends it for any page
}

// listeners is the servers of all HTTP sources, one for each address.
func (s *Sources) listeners() (servers []*http.Server) {
	by := map[string]map[string]*ingest{}
	tlsOf := map[string]*tls.Config{}
	var order []string
	for _, s := range s.all {
		if s.ingest == nil {
			continue
		}
		if by[s.config.Listen] == nil {
			by[s.config.Listen] = map[string]*ingest{}
			order = append(order, s.config.Listen)
		}
		by[s.config.Listen][s.in.Name] = s.ingest
		if s.tls != nil {
			tlsOf[s.config.Listen] = s.tls
		}
	}
	for _, addr := range order {
		servers = append(servers, &http.Server{Addr: addr, Handler: ingestMux(by[addr]), TLSConfig: tlsOf[addr],
			ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
			MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)})
	}
	return servers
}

const ingestConnections = 1024 // open at once, for each listener; half of them of one address

// serveIngest answers posts until ctx ends; those under way then may finish.
func serveIngest(ctx context.Context, server *http.Server) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", server.Addr)
	if err != nil {
		return fmt.Errorf("listen for posts at %s: %w: is another bridge running?", server.Addr, err)
	}
	l = listener.Bound(l, listener.Bounds{All: ingestConnections, Each: ingestConnections / 2})
	ended := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			ended <- server.ServeTLS(l, "", "")
			return
		}
		ended <- server.Serve(l)
	}()
	select {
	case err = <-ended:
		return fmt.Errorf("listen for posts at %s: %w", server.Addr, err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_ = server.Shutdown(end) // what is still open after three seconds is cut
	_ = server.Close()
	<-ended
	return nil
}
