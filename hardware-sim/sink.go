package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

func sinkCommand() *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use: "sink", Short: "Be a buyer's webhook: write what is delivered to standard output, a line each",
		Long: "Be a buyer's webhook, for rehearsals: every body POSTed to any path becomes a line of JSON on standard output, with its webhook-id, path and time. Signatures are not checked.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return sink(c.Context(), listen, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:9000", "address to listen on")
	return c
}

// sinkMax bounds a body: a batch of parcels.
const sinkMax = 16 << 20

func sink(ctx context.Context, listen string, out, progress io.Writer) error {
	var mu sync.Mutex
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sinkMax))
		if r.Method != http.MethodPost || err != nil || !json.Valid(body) {
			http.Error(w, "POST a JSON body of at most 16 MiB", http.StatusBadRequest)
			return
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
		mu.Lock()
		_, err = out.Write(append(line, '\n'))
		mu.Unlock()
		if err != nil { // not stored, not accepted
			http.Error(w, "the sink's output is full", http.StatusInsufficientStorage)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	fmt.Fprintf(progress, "sink: http://%s\n", l.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second}
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
