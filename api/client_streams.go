package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// Streams searches the market's streams; the query's members are those of GET /v1/streams.
func (c *Client) Streams(ctx context.Context, query url.Values) (l StreamList, err error) {
	return l, c.do(ctx, http.MethodGet, "/v1/streams?"+query.Encode(), nil, &l)
}

// Stream tells all that anybody may know of a stream.
func (c *Client) Stream(ctx context.Context, id market.StreamID) (p StreamPage, err error) {
	return p, c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/streams/%d", id), nil, &p)
}

// Sample gives readings of a stream that its owner lets everybody see.
func (c *Client) Sample(ctx context.Context, id market.StreamID) (s Sample, err error) {
	return s, c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/streams/%d/sample", id), nil, &s)
}

// Operators lists the market's operators from a number on.
func (c *Client) Operators(ctx context.Context, from market.OperatorID) (l OperatorList, err error) {
	return l, c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/operators?from=%d", from), nil, &l)
}

// Rules tells what the market was deployed with.
func (c *Client) Rules(ctx context.Context) (r MarketRules, err error) {
	return r, c.do(ctx, http.MethodGet, "/v1/rules", nil, &r)
}
