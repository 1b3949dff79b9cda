package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

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
