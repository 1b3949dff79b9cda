package app

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// A buyer who takes nothing is told of once no more is stored for him, and not before.
func TestABuyerWhoTakesNothingIsToldOf(t *testing.T) {
	t.Parallel()
	o := ledgertest.Options()
	o.MaxSize = 16 << 20
	log := slog.New(slog.DiscardHandler)
	p := &parts{ledger: ledgertest.New(t, o), health: health.New(log), log: log}
	device := ledgertest.Device(1)
	if err := p.ledger.PutDevice(device); err != nil {
		t.Fatal(err)
	}
	c := &ledgertest.Chain{}
	if err := p.ledger.Advance([]market.Block{c.Mine(ledgertest.Listed(1, 1), ledgertest.Purchased(1, 1, 1, 1_000, 50_000))}, 0); err != nil {
		t.Fatal(err)
	}
	o.Index.SetHead(c.Head(), c.Now())
	untaken := 0
	for f := uint32(1); untaken == 0 && f < 1_000; f++ {
		p.lookAtUntaken()
		if all := p.health.List(); len(all) != 0 {
			t.Fatalf("after %d readings, all of them stored: %+v", f-1, all)
		}
		done := make(chan struct{})
		p.ledger.Ingest(&lorawan.Reading{Network: "cs", Session: "01020304", DevEUI: device.DevEUI, FCnt: f, FPort: 2, Received: time.Unix(5_900, 0), Data: make([]byte, 2_400)},
			func(o ledger.Outcome, err error) {
				if err != nil {
					t.Error(err)
				}
				untaken = o.Untaken
				close(done)
			})
		<-done
	}
	p.lookAtUntaken()
	if all := p.health.List(); len(all) != 1 || all[0].Code != "readings_untaken" || !strings.HasPrefix(all[0].Text, "1 ") {
		t.Errorf("%d readings were not stored, conditions %+v", untaken, all)
	}
}
