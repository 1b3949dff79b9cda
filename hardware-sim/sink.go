package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/spf13/cobra"
)

func sinkCommand() *cobra.Command {
	var listen string
	var m moods
	c := &cobra.Command{
		Use: "sink", Short: "Be a buyer's webhook: write what is delivered to standard output, a line each",
		Long: "Be a buyer's webhook, for rehearsals: every body POSTed to any path becomes a line of JSON on standard output, with its webhook-id, path and time. Signatures are not checked. The moods are those in which real endpoints were found: rehearse them.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return sink(c.Context(), listen, m, terminal.Verbatim(c.OutOrStdout()), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:9000", "address to listen on")
	spans.Var(c.Flags(), &m.delay, "delay", 0, "wait this long before every answer, e.g. 14s")
	spans.Var(c.Flags(), &m.keepAlive, "keep-alive", 0, "end connections unused for this long, e.g. 2s (default: never)")
	c.Flags().IntVar(&m.answer, "answer-bytes", 0, "answer 200 with a body of this many bytes, e.g. 20000 (default: 204 without one)")
	c.Flags().BoolVar(&m.half, "half", false, "store half of every batch, answer 500, and take it whole when it comes again")
	return c
}

// sinkMax bounds a body: a batch of parcels.
const sinkMax = 16 << 20

// moods are ways of real endpoints that a bridge must stand.
type moods struct {
	delay     time.Duration
	keepAlive time.Duration
	answer    int // bytes of its body
	half      bool
}

// halved gives the first half of a batch that is an array of several; ok is false for
// anything else.
func halved(body []byte) (first []byte, ok bool) {
	var all []json.RawMessage
	if json.Unmarshal(body, &all) != nil || len(all) < 2 {
		return nil, false
	}
	first, err := json.Marshal(all[:len(all)/2])
	return first, err == nil
}

func sink(ctx context.Context, listen string, m moods, out, progress io.Writer) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	fmt.Fprintf(progress, "sink: http://%s\n", l.Addr())
	server := &http.Server{Handler: &storage{moods: m, out: out, halves: map[string]bool{}}, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: m.keepAlive}
	stop := context.AfterFunc(ctx, func() {
		closing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(closing) // Serve returns
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("sink: %w", err)
	}
	return nil
}

// storage is a buyer's, with its moods: it writes a line for each body it takes.
type storage struct {
	moods  moods
	out    io.Writer
	mu     sync.Mutex
	halves map[string]bool // webhook-ids of batches of which half is stored
}

func (s *storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sinkMax))
	if r.Method != http.MethodPost || err != nil || !json.Valid(body) {
		http.Error(w, "POST a JSON body of at most 16 MiB", http.StatusBadRequest)
		return
	}
	if s.moods.delay > 0 {
		select {
		case <-time.After(s.moods.delay):
		case <-r.Context().Done():
			return // nobody waits any more
		}
	}
	status := http.StatusNoContent
	if first, ok := halved(body); ok && s.moods.half {
		s.mu.Lock()
		if id := r.Header.Get("webhook-id"); !s.halves[id] {
			s.halves[id], body, status = true, first, http.StatusInternalServerError
		}
		s.mu.Unlock()
	}
	line, err := json.Marshal(struct {
		At   time.Time       `json:"sink_time"`
		ID   string          `json:"webhook_id"`
		Path string          `json:"path"`
		Body json.RawMessage `json:"body"`
	}{time.Now().UTC(), r.Header.Get("webhook-id"), r.URL.Path, body})
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	_, err = s.out.Write(append(line, '\n'))
	s.mu.Unlock()
	if err != nil { // not stored, not accepted
		http.Error(w, "the sink's output is full", http.StatusInsufficientStorage)
		return
	}
	if s.moods.answer > 0 && status == http.StatusNoContent {
		_, _ = w.Write(bytes.Repeat([]byte("x"), s.moods.answer)) // stored: what becomes of the answer does not matter
		return
	}
	w.WriteHeader(status)
}
