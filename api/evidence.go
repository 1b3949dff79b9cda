package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
)

// evidenceAtOnce bounds the evidence files made at the same time: one may take some
// ten megabytes.
const evidenceAtOnce = 2

// EvidenceRange says which receipts a file covers.
type EvidenceRange struct {
	First uint32 `query:"first" doc:"Ordinal of the first receipt."`
	Limit int    `query:"limit" minimum:"1" maximum:"20000" default:"20000" doc:"Receipts at most."`
}

func (s *Server) evidence(ctx context.Context, in *struct {
	PurchaseInput
	EvidenceRange
}) (*out[*evidence.Document], error) {
	id, err := s.purchase(in.Authorization, in.Purchase)
	if err != nil {
		return nil, err
	}
	return s.makeEvidence(ctx, id, in.EvidenceRange)
}

// anyEvidence is evidence for the operator: of any purchase.
func (s *Server) anyEvidence(ctx context.Context, in *struct {
	Purchase uint64 `path:"purchase"`
	EvidenceRange
}) (*out[*evidence.Document], error) {
	return s.makeEvidence(ctx, market.PurchaseID(in.Purchase), in.EvidenceRange)
}

func (s *Server) makeEvidence(ctx context.Context, p market.PurchaseID, r EvidenceRange) (*out[*evidence.Document], error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	select {
	case s.building <- struct{}{}:
		defer func() { <-s.building }()
	case <-ctx.Done():
		return nil, huma.Error503ServiceUnavailable("other evidence files are being made: try again in a minute")
	}
	d, ok, err := s.b.Archivist.Evidence(p, r.First, r.Limit)
	if err != nil {
		return nil, s.trouble(err)
	}
	if !ok {
		return nil, huma.Error404NotFound("the bridge knows no such purchase: it may not be confirmed yet, or be of another operator's stream")
	}
	return &out[*evidence.Document]{d}, nil
}

// Evidence fetches the evidence file of a purchase, as its buyer (who must be signed
// in) or, at the admin API, as the operator.
func (c *Client) Evidence(ctx context.Context, p market.PurchaseID, admin bool, first uint32, limit int) (d *evidence.Document, err error) {
	path := "/v1"
	if admin {
		path = "/v1/admin"
	}
	return d, c.do(ctx, http.MethodGet, fmt.Sprintf("%s/purchases/%d/evidence?first=%d&limit=%d", path, p, first, limit), nil, &d)
}
