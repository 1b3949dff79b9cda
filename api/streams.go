package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/catalogue"
	"github.com/ethereum/go-ethereum/common"
)

// ErrNotReady says that the catalogue is not built yet, or that no node has told the market's rules.
var ErrNotReady = errors.New("not ready")

// StreamSummary is a stream of the market, of whatever operator, as searches show it.
type StreamSummary struct {
	Stream      market.StreamID      `json:"stream"`
	State       market.StreamState   `json:"state"`
	Operator    market.OperatorID    `json:"operator"`
	Owner       common.Address       `json:"owner"`
	Title       string               `json:"title,omitempty"`
	Place       string               `json:"place,omitempty" doc:"Its name and country, as the offer tells."`
	Lat         *float64             `json:"lat,omitempty"`
	Lon         *float64             `json:"lon,omitempty"`
	Quantities  []catalogue.Quantity `json:"quantities"`
	Price       uint64               `json:"price" doc:"10⁻⁶ DTX per reading."`
	PriceDTX    string               `json:"price_dtx" doc:"DTX per reading."`
	DayDTX      string               `json:"day_dtx" doc:"DTX for a day of readings: one each interval of the sensor, or of the price if that is longer."`
	Interval    uint32               `json:"interval" doc:"Seconds: shortest billable time between two readings."`
	Every       uint32               `json:"every,omitempty" doc:"Seconds between two readings of the sensor, as the offer states."`
	StakeDTX    string               `json:"stake_dtx"`
	Score       uint32               `json:"score" doc:"What streams are ordered by: docs/offers.md has the formula."`
	Verified    bool                 `json:"verified" doc:"The owner proved that the device is his."`
	Restricted  bool                 `json:"restricted" doc:"Sold to accounts its owner allows only."`
	UnderReview bool                 `json:"under_review" doc:"Enough buyers challenge it: an arbiter looks at it."`
	Delivery    *float64             `json:"delivery_ratio,omitempty" doc:"Part of the readings due that were paid on chain, 0 to 1; absent while nothing was due, or the offer states no interval."`
	Last        *time.Time           `json:"last_reading,omitempty" doc:"Rounded down to the sensor's interval; of another operator's stream, the last payment on chain."`
	OfferState  string               `json:"offer_state" doc:"here, or why the offer is not shown."`
	Licence     string               `json:"licence,omitempty"`
	Resale      string               `json:"resale,omitempty"`
}

// StreamList is a page of what a search found.
type StreamList struct {
	Streams []StreamSummary `json:"streams"`
	Of      int             `json:"of" doc:"Streams of the market that can be bought."`
	Next    string          `json:"next,omitempty" doc:"Ask with after=next for those that follow; absent: there are none."`
}

// StreamPage is all that anybody may know of a stream.
type StreamPage struct {
	StreamSummary
	Device     common.Hash         `json:"device" doc:"The device's commitment on chain."`
	Terms      common.Hash         `json:"terms" doc:"keccak256 of the offer."`
	Offer      json.RawMessage     `json:"offer,omitempty" doc:"The offer document; what it is worth is its hash on chain."`
	Rank       catalogue.Rank      `json:"rank"`
	Position   int                 `json:"position,omitempty" doc:"Among the streams that can be bought, from 1; absent if it cannot."`
	Of         int                 `json:"of"`
	MoreStake  []MoreStake         `json:"more_stake" doc:"What a further stake would change, as things are now."`
	Parents    []market.PurchaseID `json:"parents,omitempty"`
	Former     []FormerStream      `json:"former" doc:"Other streams of its device or owner, newest first, some of them."`
	Statistics StreamStatistics    `json:"statistics"`
	Notice     uint64              `json:"notice" doc:"Seconds that what was bought goes on after the owner ends the stream: so long a price binds."`
	Quorum     uint32              `json:"quorum" doc:"Buyers who must challenge before there is a review."`
	Reviewable bool                `json:"reviewable" doc:"At least so many have bought it. With fewer no review is possible."`
}

// MoreStake is what a stake would change.
type MoreStake struct {
	AddDTX   string `json:"add_dtx"`
	Score    uint32 `json:"score"`
	Position int    `json:"position"`
}

// FormerStream is another stream of an owner or a device.
type FormerStream struct {
	Stream   market.StreamID    `json:"stream"`
	State    market.StreamState `json:"state"`
	Listed   time.Time          `json:"listed"`
	SameHow  string             `json:"same" doc:"owner, device or both."`
	Upheld   int                `json:"upheld" doc:"Challenges against it that were upheld."`
	Operator market.OperatorID  `json:"operator"`
}

// StreamStatistics are a stream's, from the chain and, of this operator's, from what was delivered.
type StreamStatistics struct {
	FirstSeen time.Time          `json:"first_seen" doc:"When it was listed."`
	Last      *time.Time         `json:"last_reading,omitempty"`
	LastBy    string             `json:"last_reading_by" doc:"operator: when it was delivered, rounded down to the sensor's interval; chain: the last payment."`
	Paid      uint64             `json:"paid" doc:"Readings the chain has paid, of the newest 1,000 purchases."`
	Due       uint64             `json:"due" doc:"Of the same purchases: seconds run ÷ the interval the offer states, or that of the price if it is longer. 0: the offer states none."`
	Gaps      uint64             `json:"gaps" doc:"Readings due and not paid (yet: settlements come later than readings)."`
	Purchases int                `json:"purchases" doc:"Of the newest 1,000."`
	Running   int                `json:"running" doc:"Purchases that run now."`
	Prices    []market.PriceFrom `json:"prices" doc:"Oldest first, 32 at most."`
	Rounds    []market.RoundOver `json:"rounds" doc:"Rounds of challenges that are over, oldest first, 32 at most."`
}

// Sample are readings that the owner lets everybody see.
type Sample struct {
	Readings  []string `json:"readings" doc:"JSON, byte for byte as they were delivered, oldest first."`
	Delay     uint32   `json:"delay" doc:"Seconds that they are old at least."`
	ID        string   `json:"id,omitempty"`
	Timestamp string   `json:"timestamp,omitempty"`
	Signature string   `json:"signature,omitempty" doc:"v1a, and base64 of the operator's ed25519 signature over id.timestamp.bodies, each body with a line end behind it."`
}

// OperatorView is an operator of the market.
type OperatorView struct {
	market.OperatorListing
	Faults int `json:"faults" doc:"Rulings against him."`
}

// OperatorList is a page of operators.
type OperatorList struct {
	Operators []OperatorView    `json:"operators"`
	Next      market.OperatorID `json:"next,omitempty" doc:"Ask with from=next for those that follow; absent: there are none."`
}

// MarketRules are what a market was deployed with.
type MarketRules struct {
	Token          common.Address `json:"token"`
	Decimals       int            `json:"decimals" doc:"Of the token: a DTX is 10^decimals wei."`
	Arbiter        common.Address `json:"arbiter"`
	MinStakeDTX    string         `json:"min_stake_dtx"`
	DepositDTX     string         `json:"deposit_dtx" doc:"Of a challenge."`
	Quorum         uint32         `json:"quorum" doc:"Buyers whose challenges open a review."`
	TTL            uint64         `json:"ttl" doc:"Seconds in which a quorum must come together."`
	ReviewMin      uint64         `json:"review_min" doc:"Seconds before a ruling."`
	Review         uint64         `json:"review" doc:"Seconds in which the arbiter must rule."`
	Notice         uint64         `json:"notice" doc:"Seconds that what was bought goes on after a stream is ended."`
	ClaimWindow    uint64         `json:"claim_window" doc:"Seconds after its end in which a purchase is paid."`
	ChallengeAfter uint64         `json:"challenge_after" doc:"Seconds after its end in which a purchase can be challenged with."`
	MaxTerm        uint32         `json:"max_term" doc:"Seconds that a purchase lasts at most."`
}

// Market tells of all streams of the market. Errors that wrap catalogue.ErrQuery are the caller's.
type Market interface {
	Search(q catalogue.Query) (StreamList, error)
	Stream(ctx context.Context, id market.StreamID) (p StreamPage, ok bool, err error)
	// Sample gives what the owner lets everybody see; an error that wraps ErrRefused says why there is none.
	Sample(id market.StreamID) (s Sample, ok bool, err error)
	Operators(from market.OperatorID, limit int) ([]OperatorView, error)
	Rules(ctx context.Context) (MarketRules, error)
}

// StreamQuery is a search.
type StreamQuery struct {
	Text      string `query:"text" maxLength:"256" doc:"Words of title, description, tags, place and quantities: all must be there, of the last one the beginning is enough. Case and accents do not matter."`
	Quantity  string `query:"quantity" maxLength:"64" doc:"What is measured: a word of the list in docs/offers.md, or one that begins with x-."`
	Unit      string `query:"unit" maxLength:"64" doc:"UCUM; with quantity: of that one."`
	Near      string `query:"near" maxLength:"64" doc:"LAT,LON in degrees (WGS 84): within radius of it."`
	Radius    string `query:"radius" maxLength:"32" doc:"Metres, or km: 500, 20km. Needs near; 10km is usual."`
	Box       string `query:"box" maxLength:"96" doc:"SOUTH,WEST,NORTH,EAST in degrees; west above east crosses the antimeridian."`
	Country   string `query:"country" maxLength:"2" doc:"ISO 3166-1 alpha-2, such as BE."`
	PriceMin  string `query:"price_min" maxLength:"32" doc:"DTX per reading."`
	PriceMax  string `query:"price_max" maxLength:"32" doc:"DTX per reading."`
	EveryMin  string `query:"interval_min" maxLength:"32" doc:"Time between two readings of the sensor, such as 30s, 10m or 1h."`
	EveryMax  string `query:"interval_max" maxLength:"32" doc:"Likewise; streams that state none are left out."`
	Operator  uint64 `query:"operator" doc:"An operator's number."`
	Licence   string `query:"licence" maxLength:"256" doc:"As the offer writes it: CC-BY-4.0, or a URL."`
	Resale    string `query:"resale" enum:"allowed,attribution,forbidden" doc:"What the offer says of resale."`
	Verified  bool   `query:"verified" doc:"Only of devices that their owners proved theirs."`
	Fresh     string `query:"fresh" maxLength:"32" doc:"The last reading is not older, such as 1h or 2d."`
	Delivered string `query:"delivered_min" maxLength:"16" doc:"Part of the readings due that were delivered, 0 to 1."`
	After     string `query:"after" maxLength:"40" doc:"next of the page before."`
	Limit     int    `query:"limit" default:"20" minimum:"1" maximum:"200"`
}

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{catalogue.ErrQuery}, args...)...)
}

// degrees reads numbers with commas between them.
func degrees(name, text string, n int) ([]float64, error) {
	parts := strings.Split(text, ",")
	all := make([]float64, len(parts))
	for i, p := range parts {
		var err error
		if all[i], err = strconv.ParseFloat(strings.TrimSpace(p), 64); err != nil {
			return nil, wrong("%s: %.30q is no number of degrees", name, p)
		}
	}
	if len(all) != n {
		return nil, wrong("%s wants %d numbers with commas between them, such as %s", name, n, map[int]string{2: "51.05,3.72", 4: "50.9,3.5,51.2,4.0"}[n])
	}
	return all, nil
}

func metres(text string) (float64, error) {
	number, km := strings.CutSuffix(strings.TrimSpace(text), "km")
	if !km {
		number = strings.TrimSuffix(number, "m")
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(n >= 0) {
		return 0, wrong("radius: %.30q is no distance such as 500 (metres) or 20km", text)
	}
	if km {
		n *= 1000
	}
	return n, nil
}

// microDTX reads a price; what is finer than 10⁻⁶ DTX is cut.
func microDTX(name, text string) (uint64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= 1e9) {
		return 0, wrong("%s: %.30q is no price in DTX, such as 0.0005", name, text)
	}
	return uint64(n*1e6 + 0.5), nil
}

func seconds(name, text string) (uint64, error) {
	d, err := spans.Parse(text)
	if err != nil || d < 0 || d/time.Second > 1<<31 {
		return 0, wrong("%s: %.30q is no time such as 30s, 10m, 1h or 2d", name, text)
	}
	return uint64(d / time.Second), nil
}

// query makes the catalogue's of it, at a time in unix seconds.
func (q *StreamQuery) query(now uint64) (c catalogue.Query, err error) {
	c = catalogue.Query{Text: q.Text, Quantity: q.Quantity, Unit: q.Unit, Country: q.Country, Operator: market.OperatorID(q.Operator), Licence: q.Licence,
		Resale: q.Resale, Verified: q.Verified, Limit: q.Limit}
	if err := q.where(&c); err != nil {
		return c, err
	}
	if q.PriceMax == "0" {
		return c, wrong("price_max is 0: nothing is free")
	}
	for _, one := range []struct {
		name, text string
		read       func(name, text string) (uint64, error)
		into       func(uint64)
	}{
		{"price_min", q.PriceMin, microDTX, func(n uint64) { c.PriceMin = n }},
		{"price_max", q.PriceMax, microDTX, func(n uint64) { c.PriceMax = n }},
		{"interval_min", q.EveryMin, seconds, func(n uint64) { c.EveryMin = uint32(n) }},
		{"interval_max", q.EveryMax, seconds, func(n uint64) { c.EveryMax = uint32(n) }},
		{"fresh", q.Fresh, seconds, func(n uint64) { c.Since = now - min(n, now) }},
	} {
		if one.text != "" {
			n, err := one.read(one.name, one.text)
			if err != nil {
				return c, err
			}
			one.into(n)
		}
	}
	if q.Delivered != "" {
		if c.DeliveredMin, err = strconv.ParseFloat(q.Delivered, 64); err != nil {
			return c, wrong("delivered_min: %.20q is no number of 0 to 1", q.Delivered)
		}
	}
	if q.After != "" {
		c.After, err = catalogue.ParseCursor(q.After)
	}
	return c, err
}

func (q *StreamQuery) where(c *catalogue.Query) error {
	if q.Near != "" {
		at, err := degrees("near", q.Near, 2)
		if err != nil {
			return err
		}
		c.Near = &catalogue.Near{Point: catalogue.Point{Lat: at[0], Lon: at[1]}, Radius: 10_000}
	}
	if q.Radius != "" {
		if c.Near == nil {
			return wrong("radius needs near=LAT,LON")
		}
		var err error
		if c.Near.Radius, err = metres(q.Radius); err != nil {
			return err
		}
	}
	if q.Box != "" {
		b, err := degrees("box", q.Box, 4)
		if err != nil {
			return err
		}
		c.Box = &catalogue.Box{South: b[0], West: b[1], North: b[2], East: b[3]}
	}
	return nil
}

func (s *Server) marketRoutes(h huma.API) {
	huma.Get(h, "/v1/streams", s.streams)
	huma.Get(h, "/v1/streams/{stream}", s.stream)
	huma.Get(h, "/v1/streams/{stream}/statistics", s.statistics)
	huma.Get(h, "/v1/streams/{stream}/sample", s.sample)
	huma.Get(h, "/v1/operators", s.operators)
	huma.Get(h, "/v1/rules", func(ctx context.Context, _ *struct{}) (*out[MarketRules], error) {
		r, err := s.b.Market.Rules(ctx)
		return found(s, r, true, err)
	})
}

// found answers with what there is of the market.
func found[T any](s *Server, v T, ok bool, err error) (*out[T], error) {
	switch {
	case errors.Is(err, catalogue.ErrQuery), errors.Is(err, ErrRefused):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, ErrNotReady):
		return nil, huma.Error503ServiceUnavailable(err.Error())
	case err != nil:
		return nil, s.trouble(err)
	case !ok:
		return nil, huma.Error404NotFound("the market has no such stream, as far as this bridge has folded the chain: GET /v1/streams lists those that can be bought")
	}
	return &out[T]{v}, nil
}

func (s *Server) streams(_ context.Context, in *StreamQuery) (*out[StreamList], error) {
	q, err := in.query(uint64(s.b.Reporter.Clock().Unix()))
	if err != nil {
		return found(s, StreamList{}, true, err)
	}
	page, err := s.b.Market.Search(q)
	return found(s, page, true, err)
}

// StreamInput names a stream.
type StreamInput struct {
	Stream uint64 `path:"stream" doc:"Its number."`
}

func (s *Server) stream(ctx context.Context, in *StreamInput) (*out[StreamPage], error) {
	p, ok, err := s.b.Market.Stream(ctx, market.StreamID(in.Stream))
	return found(s, p, ok, err)
}

func (s *Server) statistics(ctx context.Context, in *StreamInput) (*out[StreamStatistics], error) {
	p, ok, err := s.b.Market.Stream(ctx, market.StreamID(in.Stream))
	return found(s, p.Statistics, ok, err)
}

func (s *Server) sample(_ context.Context, in *StreamInput) (*out[Sample], error) {
	one, ok, err := s.b.Market.Sample(market.StreamID(in.Stream))
	return found(s, one, ok, err)
}

func (s *Server) operators(_ context.Context, in *struct {
	From  uint64 `query:"from" doc:"The first number; next of the page before."`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"200"`
}) (*out[OperatorList], error) {
	all, err := s.b.Market.Operators(market.OperatorID(in.From), in.Limit+1)
	page := OperatorList{Operators: all}
	if len(all) > in.Limit {
		page.Operators, page.Next = all[:in.Limit], all[in.Limit].ID
	}
	return found(s, page, true, err)
}
