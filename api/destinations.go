package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// ErrAbsent marks an error as one about something that is not there.
var ErrAbsent = errors.New("not there")

// ErrWaits says that the bridge gives out nothing for a while.
var ErrWaits = errors.New("the bridge waits")

// DestinationInput is a destination as a buyer sets it.
type DestinationInput struct {
	Kind    string          `json:"kind" doc:"One of GET /v1/kinds."`
	Config  json.RawMessage `json:"config" doc:"The kind's options. A member written as it is shown, such as \"(set)\", keeps its value."`
	Default bool            `json:"default,omitempty" doc:"Takes the purchases that name no other destination. A buyer's first destination is his default."`
}

// DestinationView is a destination as its buyer sees it: secrets can be set, not read.
type DestinationView struct {
	Name      string            `json:"name"`
	Kind      string            `json:"kind"`
	Config    json.RawMessage   `json:"config"`
	Default   bool              `json:"default"`
	RouteHash common.Hash       `json:"route_hash" doc:"What buy may be given, so that the purchase goes here. It pins and tells nothing."`
	Set       time.Time         `json:"set"`
	Standing  delivery.Standing `json:"standing"`
}

// TestReport is what became of a test reading.
type TestReport struct {
	Taken  bool            `json:"taken"`
	Reason delivery.Reason `json:"reason,omitzero"`
	Took   float64         `json:"seconds"`
}

// Rotation asks for another signing secret.
type Rotation struct {
	Secret string `json:"secret" doc:"The new one; the kind's manual gives its form."`
	For    string `json:"for,omitempty" doc:"How long the former one signs as well, e.g. 24h or 7d; 1d is usual, 30d the most."`
}

// DeliveryView is how a purchase's readings fare.
type DeliveryView struct {
	Purchase    market.PurchaseID   `json:"purchase"`
	Destination string              `json:"destination,omitempty"` // name; empty: none, the readings wait and can be pulled
	Kind        string              `json:"kind,omitempty"`        // of the destination
	Gift        *common.Address     `json:"gift_of,omitempty" doc:"Who bought it for its buyer: then it goes to no destination until its buyer chooses one, and can be fetched."`
	Queue       delivery.QueueState `json:"queue" doc:"Where its queue stands: idle, waiting, sending, held or unrouted."`
	ledger.Delivery
	Bound string `json:"untaken_text,omitempty" doc:"Why further readings are not stored: too much of the buyer's waits that he does not take."`
	market.Outlook
	Standing delivery.Standing `json:"standing,omitzero"` // of the destination
}

// ParkedView is a parcel that was set aside.
type ParkedView struct {
	ID     delivery.ParcelID `json:"id"`
	Seq    uint32            `json:"seq"`
	Code   delivery.Code     `json:"code"`
	Text   string            `json:"text"`
	Posted time.Time         `json:"posted"`
	Parked time.Time         `json:"parked"`
}

// Range is of seqs: from ≤ seq < to.
type Range struct {
	From *uint32 `json:"from,omitempty" doc:"The first seq; default 0. With from or to, what was delivered in the range is sent again; without either only what is parked is tried again."`
	To   *uint32 `json:"to,omitempty" doc:"The first seq that is left; default: none."`
}

// Replay is what became of a replay.
type Replay struct {
	Unparked int             `json:"unparked" doc:"Parked readings that are tried again; delivered, they get their receipts."`
	Resent   int             `json:"resent" doc:"Delivered readings that were sent again, the same bytes under the same ids. They make no new receipt and cost nothing."`
	Expired  int             `json:"expired" doc:"Delivered readings whose ledger.retention is over: they cannot be sent again."`
	Next     *uint32         `json:"next,omitempty" doc:"The range is not through: ask again from this seq."`
	Reason   delivery.Reason `json:"reason,omitzero" doc:"Why the destination did not take the reading at next; absent if only the time was over."`
}

// Destinations keeps where parcels go, and tells how they fare. Errors that wrap ErrRefused
// or ErrAbsent are the caller's.
type Destinations interface {
	// SetDestination keeps one; from is where the request came from.
	SetDestination(buyer common.Address, from, name string, in DestinationInput) (DestinationView, error)
	Destination(buyer common.Address, name string) (DestinationView, error)
	Destinations(buyer common.Address) ([]DestinationView, error)
	RemoveDestination(buyer common.Address, name string) error
	TestDestination(ctx context.Context, buyer common.Address, name string) (TestReport, error)
	RetryDestination(buyer common.Address, name string) error
	RotateDestination(buyer common.Address, name string, secret string, until time.Time) (DestinationView, error)
	RoutePurchase(p market.PurchaseID, name string) error
	Delivery(p market.PurchaseID) (DeliveryView, error)
	Parked(p market.PurchaseID, from uint32, limit int) ([]ParkedView, error)
	Replay(ctx context.Context, p market.PurchaseID, r Range) (Replay, error)
	Kinds() delivery.Kinds
}

// KindView is a kind of storage as the API tells it.
type KindView struct {
	Name    string            `json:"name"`
	Summary string            `json:"summary"`
	Guide   string            `json:"guide"`
	Example json.RawMessage   `json:"example"`
	Options []delivery.Option `json:"options"`
}

func (s *Server) destinationRoutes(h huma.API) {
	huma.Get(h, "/v1/kinds", func(context.Context, *struct{}) (*out[[]KindView], error) {
		all := []KindView{}
		for _, k := range s.b.Destinations.Kinds() {
			all = append(all, KindView{k.Name, k.Summary, k.Guide, json.RawMessage(k.Example), k.Manual()})
		}
		return &out[[]KindView]{all}, nil
	})
	huma.Get(h, "/v1/destinations", s.destinations)
	huma.Put(h, "/v1/destinations/{name}", s.setDestination)
	huma.Get(h, "/v1/destinations/{name}", s.destination)
	huma.Delete(h, "/v1/destinations/{name}", s.removeDestination)
	huma.Post(h, "/v1/destinations/{name}/test", s.testDestination)
	huma.Post(h, "/v1/destinations/{name}/retry", s.retryDestination)
	huma.Post(h, "/v1/destinations/{name}/rotate", s.rotateDestination)
	huma.Put(h, "/v1/purchases/{purchase}/destination", s.routePurchase)
	huma.Get(h, "/v1/purchases/{purchase}/delivery", s.delivery)
	huma.Get(h, "/v1/purchases/{purchase}/readings", s.readings)
	huma.Get(h, "/v1/purchases/{purchase}/parked", s.parked)
	huma.Post(h, "/v1/purchases/{purchase}/replay", s.replay)
}

// PurchaseInput names a purchase of the caller.
type PurchaseInput struct {
	Authorization string `header:"Authorization"`
	Purchase      uint64 `path:"purchase"`
}

// NameInput names a destination of the caller.
type NameInput struct {
	Authorization string `header:"Authorization"`
	Name          string `path:"name" maxLength:"63"`
}

// caller is who has signed in.
func (s *Server) caller(authorization string) (common.Address, error) {
	who, ok := s.sessions.who(authorization)
	if !ok {
		return who, huma.Error401Unauthorized("sign in first: POST /v1/session")
	}
	return who, nil
}

// answer gives a result, or an error as the status it is.
func answer[T any](s *Server, v T, err error) (*out[T], error) {
	switch {
	case errors.Is(err, ErrRefused):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, ErrAbsent):
		return nil, huma.Error404NotFound(err.Error())
	case errors.Is(err, ErrWaits):
		return nil, huma.Error503ServiceUnavailable(err.Error())
	case err != nil:
		return nil, s.trouble(err)
	}
	return &out[T]{v}, nil
}

// none is the answer of what has none.
type none struct {
	Status int
}

func (s *Server) destinations(_ context.Context, in *struct {
	Authorization string `header:"Authorization"`
}) (*out[[]DestinationView], error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	all, err := s.b.Destinations.Destinations(who)
	return answer(s, all, err)
}

func (s *Server) setDestination(_ context.Context, in *struct {
	NameInput
	From
	Body DestinationInput
}) (*out[DestinationView], error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	v, err := s.b.Destinations.SetDestination(who, s.Proxies.callerOf(in.From), in.Name, in.Body)
	return answer(s, v, err)
}

func (s *Server) destination(_ context.Context, in *NameInput) (*out[DestinationView], error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	v, err := s.b.Destinations.Destination(who, in.Name)
	return answer(s, v, err)
}

func (s *Server) removeDestination(_ context.Context, in *NameInput) (*none, error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	if _, err := answer(s, 0, s.b.Destinations.RemoveDestination(who, in.Name)); err != nil {
		return nil, err
	}
	return &none{http.StatusNoContent}, nil
}

func (s *Server) testDestination(ctx context.Context, in *NameInput) (*out[TestReport], error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	r, err := s.b.Destinations.TestDestination(ctx, who, in.Name)
	return answer(s, r, err)
}

func (s *Server) retryDestination(_ context.Context, in *NameInput) (*none, error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	if _, err := answer(s, 0, s.b.Destinations.RetryDestination(who, in.Name)); err != nil {
		return nil, err
	}
	return &none{http.StatusNoContent}, nil
}

// How long a former secret signs as well.
const (
	rotationUsual = 24 * time.Hour
	rotationMax   = 720 * time.Hour
)

func (s *Server) rotateDestination(_ context.Context, in *struct {
	NameInput
	Body Rotation
}) (*out[DestinationView], error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	span := rotationUsual
	if in.Body.For != "" {
		if span, err = spans.Parse(in.Body.For); err != nil || span < 0 || span > rotationMax {
			return nil, huma.Error422UnprocessableEntity("for must be a duration such as 24h or 7d, at most 30d")
		}
	}
	v, err := s.b.Destinations.RotateDestination(who, in.Name, in.Body.Secret, time.Now().Add(span))
	return answer(s, v, err)
}

// Routing names the destination of a purchase.
type Routing struct {
	Destination string `json:"destination" doc:"Name of one of your destinations; empty: the one its route hash names, or your default."`
}

func (s *Server) routePurchase(_ context.Context, in *struct {
	PurchaseInput
	Body Routing
}) (*out[DeliveryView], error) {
	id, err := s.purchase(in.Authorization, in.Purchase)
	if err != nil {
		return nil, err
	}
	if _, err := answer(s, 0, s.b.Destinations.RoutePurchase(id, in.Body.Destination)); err != nil {
		return nil, err
	}
	v, err := s.b.Destinations.Delivery(id)
	return answer(s, v, err)
}

func (s *Server) delivery(_ context.Context, in *PurchaseInput) (*out[DeliveryView], error) {
	id, err := s.purchase(in.Authorization, in.Purchase)
	if err != nil {
		return nil, err
	}
	v, err := s.b.Destinations.Delivery(id)
	return answer(s, v, err)
}

func (s *Server) parked(_ context.Context, in *struct {
	PurchaseInput
	From  uint32 `query:"from"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}) (*out[[]ParkedView], error) {
	id, err := s.purchase(in.Authorization, in.Purchase)
	if err != nil {
		return nil, err
	}
	all, err := s.b.Destinations.Parked(id, in.From, in.Limit)
	return answer(s, all, err)
}

func (s *Server) replay(ctx context.Context, in *struct {
	PurchaseInput
	Body Range
}) (*out[Replay], error) {
	id, err := s.purchase(in.Authorization, in.Purchase)
	if err != nil {
		return nil, err
	}
	r, err := s.b.Destinations.Replay(ctx, id, in.Body)
	return answer(s, r, err)
}
