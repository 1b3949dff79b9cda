package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/ethereum/go-ethereum/common"
)

const (
	feedsOfBuyer = 8   // open at once
	feedsAtOnce  = 512 // of all buyers; each may hold a page and a connection
)

// Feed is a purchase's readings as they come, for one reader.
type Feed interface {
	// Cursor is how far it is.
	Cursor() string
	// Next waits for a page that is not empty. io.EOF says that the reader must connect
	// again, and so acknowledge, before he is shown more.
	Next(ctx context.Context) (Page, error)
	Close()
}

// feeds bounds the feeds that are open.
type feeds struct {
	beat  time.Duration // between two signs of life
	write time.Duration // how long a write may take: who does not read is left
	over  context.Context
	end   context.CancelFunc

	mu  sync.Mutex
	all int
	of  map[common.Address]int
}

func newFeeds() *feeds {
	f := &feeds{beat: 15 * time.Second, write: 10 * time.Second, of: map[common.Address]int{}}
	f.over, f.end = context.WithCancel(context.Background())
	return f
}

// EndFeeds ends every feed that is open: their readers connect again.
func (s *Server) EndFeeds() { s.feeds.end() }

// enter makes room for a feed; leave gives it back.
func (f *feeds) enter(who common.Address) (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.over.Err() != nil:
		return nil, huma.Error503ServiceUnavailable("the bridge is being stopped: try again in a moment")
	case f.of[who] >= feedsOfBuyer:
		return nil, huma.Error429TooManyRequests("eight live feeds of yours are open: close one, or fetch by GET …/readings")
	case f.all >= feedsAtOnce:
		return nil, huma.Error503ServiceUnavailable("too many live feeds are open: fetch by GET …/readings, or try again later")
	}
	f.all++
	f.of[who]++
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.all--
		if f.of[who]--; f.of[who] == 0 {
			delete(f.of, who)
		}
	}), nil
}

// liveStart is the first event of a feed.
type liveStart struct {
	Cursor string `json:"cursor" doc:"Where the feed begins."`
}

func (s *Server) liveRoute(h huma.API) {
	schemas := h.OpenAPI().Components.Schemas
	text := &huma.Schema{Type: huma.TypeString, Description: "Server-Sent Events. `event: start` comes first, data: " + `{"cursor": "…"}` +
		". Each event without a name is a Page as GET …/readings gives it, its id the page's cursor. Comments are signs of life."}
	schemas.Schema(reflect.TypeFor[liveStart](), true, "")
	schemas.Schema(reflect.TypeFor[Page](), true, "")
	huma.Register(h, huma.Operation{
		OperationID: "follow-readings", Method: http.MethodGet, Path: "/v1/purchases/{purchase}/live", Summary: "Follow a purchase's readings",
		Description: "Readings as they come, as Server-Sent Events. Last-Event-ID acknowledges what was shown up to it, as after= of GET …/readings does; so does that request while this one is open (limit=0 gives " +
			"nothing back). At most 100 readings of all a buyer's purchases are shown without being acknowledged, half of them of one; fewer of a new account. The answer ends, so that its reader connects again and acknowledges, when no more may be shown or one has waited " +
			"half a minute; and with the session. Of a purchase whose readings are sent to a destination those with receipts are shown, and no receipt is made.",
		Errors:    []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable},
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: text}}}},
	}, s.live)
}

func (s *Server) live(ctx context.Context, in *struct {
	PurchaseInput
	After string `query:"after" maxLength:"32" doc:"The cursor to begin at; empty: behind the newest receipt, -: at the beginning."`
	Last  string `header:"Last-Event-ID" maxLength:"32" doc:"The same, and it goes before: clients send it when they connect again."`
}) (*huma.StreamResponse, error) {
	id, err := s.purchase(in.Authorization, in.Purchase)
	if err != nil {
		return nil, err
	}
	who, _ := s.sessions.find(in.Authorization)
	leave, err := s.feeds.enter(who.address)
	if err != nil {
		return nil, err
	}
	feed, err := s.b.Puller.Follow(ctx, id, cmp.Or(in.Last, in.After))
	if _, err := answer(s, feed, err); err != nil {
		leave()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer leave()
		defer feed.Close()
		r, w := humago.Unwrap(h)
		ctx, cancel := context.WithDeadline(r.Context(), who.until)
		defer cancel()
		defer context.AfterFunc(s.feeds.over, cancel)()
		s.follow(ctx, w, feed)
	}}, nil
}

// follow writes a feed until it, the session, the bridge or the reader ends.
func (s *Server) follow(ctx context.Context, w http.ResponseWriter, feed Feed) {
	rc := http.NewResponseController(w)
	defer func() { _ = rc.SetWriteDeadline(time.Now().Add(s.feeds.write)) }() // that of the last event may be over
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx hands it on as it comes
	send := func(parts ...string) bool {
		if rc.SetWriteDeadline(time.Now().Add(s.feeds.write)) != nil {
			return false
		}
		for _, p := range parts {
			if _, err := io.WriteString(w, p); err != nil {
				return false
			}
		}
		return rc.Flush() == nil
	}
	event := func(name, id string, data any) bool {
		text, err := json.Marshal(data)
		if err != nil {
			s.log.Error("a request failed", "err", err)
			return false
		}
		return send(name, "id: ", id, "\ndata: ", string(text), "\n\n")
	}
	if !event("retry: 1000\nevent: start\n", feed.Cursor(), liveStart{feed.Cursor()}) {
		return
	}
	for {
		beat, cancel := context.WithTimeout(ctx, s.feeds.beat)
		page, err := feed.Next(beat)
		cancel()
		switch {
		case err == nil:
			if !event("", page.Cursor, page) {
				return
			}
		case ctx.Err() != nil || errors.Is(err, io.EOF):
			return
		case errors.Is(err, context.DeadlineExceeded):
			if !send(":\n\n") {
				return
			}
		default:
			s.log.Error("a request failed", "err", err)
			return
		}
	}
}
