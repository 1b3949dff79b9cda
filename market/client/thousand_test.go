package client_test

import (
	"os"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	ethnode "github.com/databrokerdao/dbdao-bridge/market/node"
)

// `stream ls` of a market with 1,000 streams, from go-ethereum's node over HTTP.
func TestAMarketOfAThousandStreamsIsListedInASecond(t *testing.T) {
	if os.Getenv("DBDAO_LONG") != "1" {
		t.Skip("a thousand streams are listed: DBDAO_LONG=1")
	}
	p := newPlace(t, 2)
	dtx := contracts.NewDTX()
	p.Send(0, &p.D.Token, dtx.PackTransfer(p.Addr(2), contracts.DTXWei(200_000)))
	const n = 1_000
	if listed := p.list(2, 1, n); len(listed) != n {
		t.Fatalf("%d are listed", len(listed))
	}
	nodes, err := ethnode.New(ethnode.Config{URLs: []string{p.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	defer nodes.Close()
	took := time.Hour
	for range 5 { // the machine may be busy with others
		began := time.Now()
		all, err := market.NewReader(nodes, p.D.Market).Streams(t.Context(), nil)
		if err != nil || len(all) != n || all[n-1].ID != n || all[n-1].Owner != p.Addr(2) {
			t.Fatalf("%d streams, %v", len(all), err)
		}
		took = min(took, time.Since(began))
	}
	t.Logf("%d streams in %s, the best of five", n, took.Round(time.Millisecond))
	if took > time.Second {
		t.Errorf("%d streams took %s", n, took)
	}
}
