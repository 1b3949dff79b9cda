package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Backfiller takes uplinks that were missed when they were live: one event a line. It
// tells how many had which fate; an error that wraps ErrRefused is the caller's fault.
type Backfiller interface {
	Backfill(ctx context.Context, source string, lines io.Reader) (map[string]int, error)
}

// Backfill is what became of uplinks brought.
type Backfill struct {
	Lines int            `json:"lines"`
	Fates map[string]int `json:"fates"`
}

// BackfillReport is what came of asking a network server for the events it keeps of the
// devices whose uplinks were missed.
type BackfillReport struct {
	Running bool      `json:"running"`
	Since   time.Time `json:"since"`   // when it began
	Took    float64   `json:"seconds"` // 0 while it runs
	Wanted  int       `json:"devices"` // to be read
	Read    int       `json:"read"`
	Unknown int       `json:"unknown"` // that no API key may read
	Foreign int       `json:"foreign"` // of these, heard in this source's network before
	Failed  int       `json:"failed"`
	Brought int       `json:"uplinks"` // sold, that were missed
	Lost    int       `json:"lost"`    // uplinks the server no longer had
	Kept    int       `json:"kept"`    // events it had of a device that lost some
	Error   string    `json:"error,omitempty"`
}

func (r BackfillReport) String() string {
	s := fmt.Sprintf("%d of %d devices read, %d missed uplinks brought, %d lost for ever", r.Read, r.Wanted, r.Brought, r.Lost)
	if r.Lost > 0 {
		s += fmt.Sprintf(": ChirpStack keeps only %d events of a device: set per_device_event_log_max_history", r.Kept)
	}
	return s
}

// backfillMax is the longest body of one request; a file is sent in many.
const backfillMax = 4 << 20

func (s *Server) backfill(w http.ResponseWriter, r *http.Request) {
	fates, err := s.b.Backfiller.Backfill(r.Context(), r.URL.Query().Get("source"), http.MaxBytesReader(w, r.Body, backfillMax))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, long := errors.AsType[*http.MaxBytesError](err)
	switch {
	case long:
		http.Error(w, fmt.Sprintf("the body is longer than %d bytes: send the file in parts, as `dbdao-bridge backfill` does", backfillMax), http.StatusRequestEntityTooLarge)
		return
	case errors.Is(err, ErrRefused):
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	case err != nil:
		s.log.Error("a back-fill failed", "err", err)
		http.Error(w, "the bridge has a problem of its own: look at its log, then run the back-fill again", http.StatusInternalServerError)
		return
	}
	b := Backfill{Fates: fates}
	for _, n := range fates {
		b.Lines += n
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(b)
}

const backfillBatch = 1 << 20 // bytes of one request

// Backfill sends a file of events to the bridge, a megabyte at a time, each batch
// committed before the next. What was sent before an error stays; sending the file
// again changes nothing for it.
func (c *Client) Backfill(ctx context.Context, source string, lines io.Reader) (sum Backfill, err error) {
	sum.Fates = map[string]int{}
	var batch bytes.Buffer
	flush := func() error {
		if batch.Len() == 0 {
			return nil
		}
		var one Backfill
		err := c.send(ctx, http.MethodPost, "/v1/admin/backfill?source="+url.QueryEscape(source), bytes.NewReader(bytes.Clone(batch.Bytes())), "application/x-ndjson", &one)
		batch.Reset()
		sum.Lines += one.Lines
		for f, n := range one.Fates {
			sum.Fates[f] += n
		}
		return err
	}
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(make([]byte, 0, 64<<10), backfillMax)
	for scanner.Scan() {
		if batch.Len()+len(scanner.Bytes()) >= backfillBatch {
			if err := flush(); err != nil {
				return sum, err
			}
		}
		batch.Write(scanner.Bytes())
		batch.WriteByte('\n')
	}
	if err := scanner.Err(); err != nil {
		return sum, fmt.Errorf("read the events: %w", err)
	}
	return sum, flush()
}
