package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

const (
	silenceMax = 60 * time.Second // of a feed: the bridge gives a sign of life every 15 s
	eventMax   = 32 << 20
)

// Acknowledge says that the readings up to a cursor are stored.
func (c *Client) Acknowledge(ctx context.Context, p market.PurchaseID, cursor string) error {
	_, err := c.readings(ctx, p, cursor, 0)
	return err
}

// Follow acknowledges what was shown up to a cursor and gives what comes behind it as it
// comes, until the bridge ends the feed (nil: follow again from the last page's cursor), ctx
// ends, or each fails.
func (c *Client) Follow(ctx context.Context, p market.PurchaseID, after string, each func(Page) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(silenceMax, cancel)
	defer silence.Stop()
	req, err := c.request(ctx, http.MethodGet, fmt.Sprintf("/v1/purchases/%d/live", p), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	patient := *c.HTTP
	patient.Timeout = 0 // silence ends it
	res, err := patient.Do(req)
	if err != nil {
		return c.unreachable(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		return c.refusal(res, text)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, eventMax)
	var name string
	var data []string
	for lines.Scan() {
		silence.Reset(silenceMax)
		field, value, named := strings.Cut(lines.Text(), ":")
		switch {
		case field == "event":
			name = strings.TrimPrefix(value, " ")
		case field == "data":
			data = append(data, strings.TrimPrefix(value, " "))
		case field == "" && !named: // the end of an event
			if name == "" && data != nil {
				var page Page
				if err := json.Unmarshal([]byte(strings.Join(data, "\n")), &page); err != nil {
					return fmt.Errorf("read an event of the bridge: %w", err)
				}
				if err := each(page); err != nil {
					return err
				}
			}
			name, data = "", nil
		}
	}
	return nil
}
