package delivery

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// Ten thousand lines that wait on disk cost an attempt nothing, whether the next batches are in
// memory already or all the credit is under way.
func TestLinesThatWaitCostAnAttemptNothing(t *testing.T) {
	c := NewCourier(CourierConfig{}, nil, nil, nil, nil, nil, slog.New(slog.DiscardHandler))
	c.ctx = context.Background()
	l := &lane{limits: Limits{Parcels: 1, Window: 32}, debt: newDebt(Debt{}), share: c.slots.share(common.Address{}), lines: map[market.PurchaseID]*line{}}
	for p := range market.PurchaseID(10_000) {
		l.cold = append(l.cold, &line{purchase: p, lane: l, state: lineCold, spilled: true})
	}
	now := time.Now()
	for name, begin := range map[string]func(){
		"full": func() { l.hot = 1000 },
		"spent": func() {
			l.hot = 10
			for range CreditFirst {
				l.debt.fly(nil, ParcelKey{Purchase: 1})
			}
		},
	} {
		l.hot, l.debt = 0, newDebt(Debt{})
		begin()
		if n := testing.AllocsPerRun(100, func() { c.preload(l) }); n > 0 || len(l.cold) != 10_000 || l.reads > 0 {
			t.Errorf("%s: reading ahead allocates %v times, %d wait, %d are read", name, n, len(l.cold), l.reads)
		}
		if fresh, _ := c.full(l, now); fresh != (name == "full") {
			t.Errorf("%s: something may be sent: %v", name, fresh)
		}
	}
}
