package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/catalogue"
)

// fakeMarket has stream 1, and remembers what was searched.
type fakeMarket struct{ asked *[]catalogue.Query }

func (f fakeMarket) Search(q catalogue.Query) (StreamList, error) {
	if f.asked != nil {
		*f.asked = append(*f.asked, q)
	}
	if _, _, err := catalogue.New().Search(q); err != nil {
		return StreamList{}, err
	}
	return StreamList{Streams: []StreamSummary{{Stream: 1, Quantities: []catalogue.Quantity{}}}, Of: 1, Next: "7-1"}, nil
}

func (f fakeMarket) Stream(_ context.Context, id market.StreamID) (p StreamPage, ok bool, err error) {
	p.Stream, p.Quantities, p.MoreStake, p.Former = id, []catalogue.Quantity{}, []MoreStake{}, []FormerStream{}
	p.Statistics.Prices, p.Statistics.Rounds = []market.PriceFrom{}, []market.RoundOver{}
	p.Offer = json.RawMessage(fakeTerms)
	return p, id == 1, nil
}

func (f fakeMarket) Sample(id market.StreamID) (Sample, bool, error) {
	return Sample{Readings: []string{`{"a":1}`}}, id == 1, nil
}

func (f fakeMarket) Operators(from market.OperatorID, limit int) ([]OperatorView, error) {
	all := []OperatorView{}
	for id := max(from, 1); id <= 5 && len(all) < limit; id++ {
		all = append(all, OperatorView{OperatorListing: market.OperatorListing{ID: id}})
	}
	return all, nil
}

func (f fakeMarket) Rules(context.Context) (MarketRules, error) {
	return MarketRules{Decimals: 18}, nil
}

// Every filter of the document reaches the catalogue as what it means.
func TestASearchMeansWhatItsMembersSay(t *testing.T) {
	_, s, h := serve(t)
	var asked []catalogue.Query
	s.b.Market = fakeMarket{&asked}
	c := NewClient(h.URL, "")
	q := url.Values{"text": {"roof"}, "quantity": {"temperature"}, "unit": {"Cel"}, "near": {"51.05, 3.72"}, "radius": {"20km"}, "country": {"BE"}, "price_min": {"0.0001"}, "price_max": {"0.01"},
		"interval_min": {"30s"}, "interval_max": {"1h"}, "operator": {"3"}, "licence": {"CC-BY-4.0"}, "resale": {"attribution"}, "verified": {"true"}, "delivered_min": {"0.95"}, "after": {"7-1"}, "limit": {"5"}, "fresh": {"1d"}}
	l, err := c.Streams(t.Context(), q)
	if err != nil || len(l.Streams) != 1 || l.Next != "7-1" || len(asked) != 1 {
		t.Fatalf("%+v %v", l, err)
	}
	got := asked[0]
	if age := uint64(s.b.Reporter.Clock().Unix()) - got.Since; age < 86_390 || age > 86_500 {
		t.Errorf("fresh 1d asks for readings since %d s ago", age)
	}
	if *got.Near != (catalogue.Near{Point: catalogue.Point{Lat: 51.05, Lon: 3.72}, Radius: 20_000}) || *got.After != (catalogue.Hit{Stream: 1, Score: 7}) {
		t.Errorf("near %+v after %+v", got.Near, got.After)
	}
	got.Near, got.After, got.Since = nil, nil, 0
	want := catalogue.Query{Text: "roof", Quantity: "temperature", Unit: "Cel", Country: "BE", PriceMin: 100, PriceMax: 10_000, EveryMin: 30, EveryMax: 3600, Operator: 3,
		Licence: "CC-BY-4.0", Resale: "attribution", Verified: true, DeliveredMin: 0.95, Limit: 5}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if _, err := c.Streams(t.Context(), url.Values{"box": {"-20,179,-10,-179"}}); err != nil || *asked[1].Box != (catalogue.Box{South: -20, West: 179, North: -10, East: -179}) {
		t.Errorf("%+v %v", asked[1].Box, err)
	}
	if p, err := c.Stream(t.Context(), 1); err != nil || p.Stream != 1 || string(p.Offer) == "" {
		t.Errorf("%+v %v", p, err)
	}
	if one, err := c.Sample(t.Context(), 1); err != nil || len(one.Readings) != 1 {
		t.Errorf("%+v %v", one, err)
	}
	if r, err := c.Rules(t.Context()); err != nil || r.Decimals != 18 {
		t.Errorf("%+v %v", r, err)
	}
	if o, err := c.Operators(t.Context(), 4); err != nil || len(o.Operators) != 2 || o.Next != 0 {
		t.Errorf("%+v %v", o, err)
	}
}

// What makes no sense is a problem of RFC 9457 that says what to write instead.
func TestASearchThatMakesNoSenseSaysWhatToWrite(t *testing.T) {
	_, s, _ := serve(t)
	s.b.Market = fakeMarket{}
	for query, want := range map[string]string{
		"near=51":                          "wants 2 numbers",
		"near=51,x":                        "no number of degrees",
		"near=91,0":                        "latitude of -90 to 90",
		"near=NaN,0":                       "latitude of -90 to 90",
		"radius=5km":                       "radius needs near",
		"near=51,3&radius=far":             "20km",
		"near=51,3&radius=-1":              "20km",
		"box=1,2,3":                        "wants 4 numbers",
		"box=3,0,1,0":                      "south first",
		"near=51,3&box=1,0,3,0":            "not both",
		"price_max=cheap":                  "no price in DTX",
		"price_max=-1":                     "no price in DTX",
		"price_max=0":                      "nothing is free",
		"price_min=2&price_max=1":          "lowest price",
		"interval_max=often":               "10m",
		"interval_min=2h&interval_max=1h":  "shortest",
		"fresh=yesterday":                  "2d",
		"delivered_min=2":                  "0 to 1",
		"delivered_min=NaN":                "0 to 1",
		"delivered_min=most":               "0 to 1",
		"after=here":                       "cursor of the page before",
		"text=--":                          "letters or digits",
		"text=" + strings.Repeat("a", 300): "length",
		"limit=0":                          "limit",
		"limit=201":                        "limit",
		"operator=-1":                      "operator",
		"resale=perhaps":                   "resale",
		"verified=perhaps":                 "verified",
	} {
		r := httptest.NewRequest(http.MethodGet, "/v1/streams?"+strings.ReplaceAll(query, " ", "+"), nil)
		r.Host = domain
		w := httptest.NewRecorder()
		s.Public().ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity || w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/v1/streams/2", "/v1/streams/2/statistics", "/v1/streams/2/sample"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = domain
		w := httptest.NewRecorder()
		s.Public().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "GET /v1/streams lists") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
