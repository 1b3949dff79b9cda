package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// appendLines appends what the file does not have yet, durably: after a crash its last
// line may be torn, and its last lines may be of a page that is fetched again.
func appendLines(path string, bodies []string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	have, end, err := tail(f)
	if err != nil {
		return err
	}
	if err := f.Truncate(end); err != nil {
		return err
	}
	w := bufio.NewWriter(io.NewOffsetWriter(f, end))
	for _, b := range bodies {
		if !have[b] {
			_, _ = w.WriteString(b + "\n")
		}
	}
	return errors.Join(w.Flush(), f.Sync())
}

// tail reads the whole lines at the end of a file, as many as a page may have, and tells
// where they end.
func tail(f *os.File) (have map[string]bool, end int64, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, err
	}
	from := max(0, size-(8<<20))
	b := make([]byte, size-from)
	if _, err := f.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	have = map[string]bool{}
	for line := range bytes.Lines(b) {
		have[string(bytes.TrimSuffix(line, []byte("\n")))] = true
	}
	return have, from + int64(len(b)), nil
}

// postAll posts readings one after the other.
func postAll(ctx context.Context, url string, bodies []string) error {
	client := &http.Client{Timeout: 30 * time.Second}
	for _, b := range bodies {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(b))
		if err != nil {
			return err
		}
		var body struct{ ID string }
		_ = json.Unmarshal([]byte(b), &body) // it was read before
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("webhook-id", body.ID)
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		if res.StatusCode >= 300 {
			return errors.New("HTTP " + strconv.Itoa(res.StatusCode))
		}
	}
	return nil
}
