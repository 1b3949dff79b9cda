package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/ethereum/go-ethereum/common"
)

// TermsPut says which document was taken.
type TermsPut struct {
	Terms common.Hash `json:"terms"` // keccak256 of the document
}

// putTerms takes a terms document from the owner of a stream that stands under it.
func (s *Server) putTerms(_ context.Context, in *struct {
	Authorization string `header:"Authorization"`
	RawBody       []byte `contentType:"application/json"`
}) (*out[TermsPut], error) {
	who, ok := s.sessions.who(in.Authorization)
	if !ok {
		return nil, huma.Error401Unauthorized("sign in first: POST /v1/session")
	}
	return s.takeTerms(in.RawBody, who)
}

// anyTerms takes a terms document from the operator.
func (s *Server) anyTerms(_ context.Context, in *struct {
	RawBody []byte `contentType:"application/json"`
}) (*out[TermsPut], error) {
	return s.takeTerms(in.RawBody, common.Address{})
}

// asWritten is a document that is answered byte for byte: whoever fetched it compares its hash.
type asWritten struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Body        []byte
}

// ofJSON says that what is answered as written is JSON.
func ofJSON(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{}}}}}
}

// verbatim takes a body as it is: what stands on chain is the hash of its bytes.
func verbatim(o *huma.Operation) { o.SkipValidateBody = true }

func (s *Server) takeTerms(doc []byte, by common.Address) (*out[TermsPut], error) {
	hash, err := s.b.Devices.PutTerms(doc, by)
	switch {
	case errors.Is(err, ErrRefused):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, s.trouble(err)
	}
	return &out[TermsPut]{TermsPut{hash}}, nil
}

// PutTerms gives a terms document to the operator's bridge, as the owner of a stream that
// stands under it (who must be signed in) or, at the admin API, as the operator.
func (c *Client) PutTerms(ctx context.Context, doc []byte, admin bool) (t TermsPut, err error) {
	path := "/v1/terms"
	if admin {
		path = "/v1/admin/terms"
	}
	return t, c.send(ctx, http.MethodPut, path, bytes.NewReader(doc), "application/json", &t)
}
