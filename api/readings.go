package api

import (
	"context"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// Page is the next readings of a purchase.
type Page struct {
	Readings       []PageReading `json:"readings"`
	Cursor         string        `json:"cursor" doc:"Ask with after=cursor for the next ones; it acknowledges these."`
	Acknowledged   int           `json:"acknowledged" doc:"Readings this request has acknowledged: they have receipts now."`
	Unacknowledged int           `json:"unacknowledged" doc:"Of the readings here, those that wait for your acknowledgement."`
	Withheld       int           `json:"withheld,omitempty" doc:"Readings that wait and are not shown, because too many of all your purchases were shown or sent to you and are not acknowledged or taken; those that come later are not counted."`
	ID             string        `json:"id,omitempty"`
	Timestamp      string        `json:"timestamp,omitempty"`
	Signature      string        `json:"signature,omitempty" doc:"v1a, and base64 of the operator's ed25519 signature over id.timestamp.bodies, each body with a line end behind it."`
}

// PageReading is one reading, byte for byte.
type PageReading struct {
	ID           delivery.ParcelID `json:"id,omitempty"`
	Seq          uint32            `json:"seq"`
	Body         string            `json:"body,omitempty" doc:"The reading, JSON, as it was signed; empty if ledger.retention is over."`
	Acknowledged bool              `json:"acknowledged"`
}

// Puller gives readings to buyers who fetch or follow them. An error that wraps ErrRefused
// is the caller's.
type Puller interface {
	// Pull acknowledges what was shown up to after, and gives up to limit readings that
	// come behind it: first those with receipts, then those that wait.
	Pull(ctx context.Context, p market.PurchaseID, after string, limit int) (Page, error)
	// Follow acknowledges what was shown up to after, and gives what comes behind it as it
	// comes; if after is empty, what has no receipt yet.
	Follow(ctx context.Context, p market.PurchaseID, after string) (Feed, error)
}

func (s *Server) readings(ctx context.Context, in *struct {
	PurchaseInput
	After string `query:"after" maxLength:"32" doc:"The cursor of the page before; empty or -: from the beginning."`
	Limit int    `query:"limit" default:"100" minimum:"0" maximum:"100" doc:"Readings at most. 0 acknowledges and gives none."`
}) (*out[Page], error) {
	id, err := s.purchase(in.Authorization, in.Purchase)
	if err != nil {
		return nil, err
	}
	page, err := s.b.Puller.Pull(ctx, id, in.After, in.Limit)
	return answer(s, page, err)
}
