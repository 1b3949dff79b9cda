package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// OwnerClaim is what a stream's owner may relay to be paid for what his operator delivered,
// whether or not the operator settles. It holds until the deadline of each settlement, and
// while Signer is the operator's signer on chain.
type OwnerClaim struct {
	Stream      market.StreamID     `json:"stream"`
	Operator    market.OperatorID   `json:"operator"`
	ChainID     uint64              `json:"chain_id"`
	Market      common.Address      `json:"market"`
	Signer      common.Address      `json:"signer"`
	Made        time.Time           `json:"made"`
	Settlements []settlement.Signed `json:"settlements"` // one transaction each (settleSigned); none: nothing is unpaid
	Over        []OverdueClaim      `json:"over"`        // purchases whose claim window closed with readings unpaid
}

// OverdueClaim are readings that can no longer be claimed: the rest is the buyer's.
type OverdueClaim struct {
	Purchase market.PurchaseID `json:"purchase"`
	Unpaid   uint32            `json:"unpaid"` // readings
	Until    uint64            `json:"until"`  // unix seconds: when the window closed
}

// Claimant signs claims for streams' owners.
type Claimant interface {
	// Claim signs what was delivered of a stream; ok is false for who does not own it.
	Claim(ctx context.Context, stream market.StreamID, owner common.Address) (c OwnerClaim, ok bool, err error)
}

func (s *Server) claim(ctx context.Context, in *struct {
	Authorization string `header:"Authorization"`
	Stream        uint64 `path:"stream"`
}) (*out[OwnerClaim], error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	c, ok, err := s.b.Claimant.Claim(ctx, market.StreamID(in.Stream), who)
	if err != nil {
		return nil, s.trouble(err)
	}
	if !ok {
		return nil, huma.Error404NotFound("you own no such stream here: it may not be confirmed yet, or be listed with another operator")
	}
	return &out[OwnerClaim]{c}, nil
}

// Claim fetches what the owner of a stream, who must be signed in, may relay.
func (c *Client) Claim(ctx context.Context, stream market.StreamID) (o OwnerClaim, err error) {
	return o, c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/streams/%d/claim", stream), nil, &o)
}
