package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

func destinationPath(name, verb string) string {
	return "/v1/destinations/" + url.PathEscape(name) + verb
}

// SetDestination sets where parcels can go; the client must be signed in as their buyer.
func (c *Client) SetDestination(ctx context.Context, name string, in DestinationInput) (v DestinationView, err error) {
	return v, c.do(ctx, http.MethodPut, destinationPath(name, ""), in, &v)
}

// Destination shows a destination of the caller's, without secrets.
func (c *Client) Destination(ctx context.Context, name string) (v DestinationView, err error) {
	return v, c.do(ctx, http.MethodGet, destinationPath(name, ""), nil, &v)
}

// Destinations lists the caller's.
func (c *Client) Destinations(ctx context.Context) (all []DestinationView, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/destinations", nil, &all)
}

// RemoveDestination forgets one; what was to go there waits.
func (c *Client) RemoveDestination(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, destinationPath(name, ""), nil, nil)
}

// TestDestination has the bridge send a test reading there, now.
func (c *Client) TestDestination(ctx context.Context, name string) (r TestReport, err error) {
	return r, c.do(ctx, http.MethodPost, destinationPath(name, "/test"), nil, &r)
}

// RetryDestination makes the next attempt due now.
func (c *Client) RetryDestination(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodPost, destinationPath(name, "/retry"), nil, nil)
}

// RotateDestination sets another signing secret; the former one signs as well for a while.
func (c *Client) RotateDestination(ctx context.Context, name, secret string, span time.Duration) (v DestinationView, err error) {
	return v, c.do(ctx, http.MethodPost, destinationPath(name, "/rotate"), Rotation{Secret: secret, For: span.String()}, &v)
}

// RoutePurchase says which of the caller's destinations a purchase's parcels go to.
func (c *Client) RoutePurchase(ctx context.Context, p market.PurchaseID, name string) (v DeliveryView, err error) {
	return v, c.do(ctx, http.MethodPut, fmt.Sprintf("/v1/purchases/%d/destination", p), Routing{name}, &v)
}

// Delivery tells how a purchase's readings fare.
func (c *Client) Delivery(ctx context.Context, p market.PurchaseID) (v DeliveryView, err error) {
	return v, c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/purchases/%d/delivery", p), nil, &v)
}

// Readings acknowledges what was shown up to a cursor and gives the next readings.
func (c *Client) Readings(ctx context.Context, p market.PurchaseID, after string) (page Page, err error) {
	return c.readings(ctx, p, after, 100)
}

func (c *Client) readings(ctx context.Context, p market.PurchaseID, after string, limit int) (page Page, err error) {
	return page, c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/purchases/%d/readings?after=%s&limit=%d", p, url.QueryEscape(after), limit), nil, &page)
}

// Parked lists parcels set aside, with the reasons.
func (c *Client) Parked(ctx context.Context, p market.PurchaseID, from uint32) (all []ParkedView, err error) {
	return all, c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/purchases/%d/parked?from=%d&limit=1000", p, from), nil, &all)
}

// Replay brings parked parcels back and, of a range that is named, has what was delivered sent
// again: as much as the bridge does at once.
func (c *Client) Replay(ctx context.Context, p market.PurchaseID, r Range) (done Replay, err error) {
	return done, c.do(ctx, http.MethodPost, fmt.Sprintf("/v1/purchases/%d/replay", p), r, &done)
}
