// Package buyer is the bridge as buyers see it: their destinations, and what they fetch, follow and
// have sent again. It holds the courier, which carries parcels to the destinations.
//
// It knows parcels and receipts, and nothing of where readings come from.
package buyer

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common/lru"
)

// Deps are what a Desk works with.
type Deps struct {
	Delivery config.Delivery
	Ledger   *ledger.Ledger
	Index    *market.Index
	Signing  ed25519.PrivateKey // signs deliveries
	Agent    string             // what the bridge calls itself to storage
	Meter    *meter.Metrics
	Health   *health.Conditions
	Log      *slog.Logger
}

// Desk serves buyers: it is the api.Destinations and the api.Puller.
type Desk struct {
	delivery config.Delivery
	ledger   *ledger.Ledger
	index    *market.Index
	signing  ed25519.PrivateKey
	agent    string
	meter    *meter.Metrics
	health   *health.Conditions
	log      *slog.Logger

	guard   netguard.Guard
	shown   shown
	bells   bells
	replays turns
	tests   turns
	courier *delivery.Courier
	waits   atomic.Bool                                          // another bridge delivers
	views   *lru.SizeConstrainedCache[[32]byte, json.RawMessage] // redacted configurations

	visitors visitors
}

// New makes a desk with its courier, which carries nothing until Run.
func New(d Deps) *Desk {
	b := &Desk{delivery: d.Delivery, ledger: d.Ledger, index: d.Index, signing: d.Signing, agent: d.Agent, meter: d.Meter, health: d.Health, log: d.Log,
		guard:   netguard.Guard{AllowPrivate: d.Delivery.AllowPrivateAddress},
		replays: turns{what: "replay", most: replaysMax}, tests: turns{what: "test of a destination", most: testsMax}, visitors: visitors{all: visitorAll},
		views: lru.NewSizeConstrainedCache[[32]byte, json.RawMessage](viewsMax)}
	d.Meter.Readers(b.Readers)
	b.employ(delivery.CourierConfig{
		InFlight: d.Delivery.InFlight, PerHost: d.Delivery.PerHost, Schedule: d.Delivery.RetrySchedule,
		Timeout: d.Delivery.Timeout, SuspendAfter: d.Delivery.SuspendAfter, Now: b.index.Clock,
	}, b.openDestination)
	return b
}

func (b *Desk) employ(c delivery.CourierConfig, open func(delivery.Destination) (delivery.Target, delivery.Sink, error)) {
	b.courier = delivery.NewCourier(c, outbox{b.ledger, &b.bells}, b, b.ledger, open, b.meter, b.log)
}

// Run carries parcels until ctx ends, or the ledger fails.
func (b *Desk) Run(ctx context.Context) error {
	var sweeping sync.WaitGroup
	defer sweeping.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	sweeping.Go(func() { b.sweep(ctx) })
	return b.courier.Run(ctx)
}

// Wait has the desk give nothing to anybody, or goes on: while another bridge of the same operator
// is seen, which holds the same readings. Nothing of what waits changes by it.
func (b *Desk) Wait(waits bool) {
	b.waits.Store(waits)
	if !waits {
		b.Folded()
	}
}

// given says whether readings may be given to who asks for them.
func (b *Desk) given() error {
	if b.waits.Load() {
		return fmt.Errorf("%w: another bridge of its operator is seen, and this one gives out nothing meanwhile: ask at the operator's API, or in a minute", api.ErrWaits)
	}
	return nil
}

// full says whether the ledger has no room for receipts.
func (b *Desk) full() bool {
	f, _ := b.ledger.Fullness()
	return f == ledger.Full
}

// Standing says what may be done with a parcel now. Nothing is given away while its receipt could not
// be kept.
func (b *Desk) Standing(p market.PurchaseID, seq uint32, received uint64) market.Standing {
	s := b.index.Standing(p, seq, received)
	if s == market.Deliver && (b.full() || b.waits.Load()) {
		return market.Hold
	}
	return s
}

// Folded tells that entitlements may have changed.
func (b *Desk) Folded() {
	b.courier.WakeAll()
	b.bells.ringAll()
}

// Rewound tells that blocks were taken back, and purchases with them: another's may have the
// number of one that readings wait for.
func (b *Desk) Rewound() {
	b.courier.Rewound()
	b.bells.ringAll()
}

// Standings tells how the destinations fare, and of which purchases parcels wait for one.
func (b *Desk) Standings() ([]delivery.Standing, int) {
	return b.courier.Standings(), b.courier.Unrouted()
}
