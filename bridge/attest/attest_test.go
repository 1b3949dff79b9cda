package attest

import (
	"testing"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
)

func TestAnAttestationsTermsAreChecked(t *testing.T) {
	for _, r := range []api.AttestRequest{
		{Sell: []string{"gateways"}}, {Sell: []string{"data"}, Quantities: named("a")}, {Codec: &api.CodecChoice{Kind: "js"}},
		{Codec: &api.CodecChoice{Kind: "js", Script: string(make([]byte, js.MaxScript+1))}}, {GeoDecimals: new(-1)},
	} {
		if _, _, err := TermsOf(r); err == nil {
			t.Errorf("%+v was taken", r)
		}
	}
}

// named are quantities of which nothing is promised.
func named(names ...string) (all []market.Quantity) {
	for _, n := range names {
		all = append(all, market.Quantity{Name: n})
	}
	return all
}
