package meter

import (
	"math/big"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/metrics"
)

// Standing is how the bridge is when it is asked: what alerts go by, beside counters.
type Standing struct {
	Version     string
	Conditions  map[string]int // by code, of how many subjects; 0 where a condition holds of none
	Waiting     uint64
	Parked      uint64
	Untaken     uint64
	Unrouted    int
	Purchases   int
	LedgerBytes int64
	LedgerRoom  int64
	Balance     *big.Int // wei of the signer's; nil while no node has told
	Need        *big.Int // wei it should have; nil likewise
	Pending     int
	Last        time.Time // the newest settlement; zero: none
}

// standing shows a Standing as gauges.
type standing struct {
	ask atomic.Pointer[func() (Standing, error)] // nil before the bridge is built
	now atomic.Pointer[Standing]                 // as it was when the metrics were last read; nil: it could not be told
}

// Watch shows a bridge's standing from now on: ask is called whenever somebody reads the metrics.
func (m *Metrics) Watch(ask func() (Standing, error)) { m.standing.ask.Store(&ask) }

// look asks. A ledger that cannot be read gives no gauges: an alert on their absence tells
// that from zero.
func (m *standing) look() {
	m.now.Store(nil)
	ask := m.ask.Load()
	if ask == nil {
		return
	}
	if s, err := (*ask)(); err == nil {
		m.now.Store(&s)
	}
}

func (m *standing) register(r *metrics.Registry) {
	r.Before(m.look)
	gauge := func(name, help string, show func(s *Standing, series metrics.Series), labels ...string) {
		r.GaugeFunc("dbdao_"+name, help, func(series metrics.Series) {
			if s := m.now.Load(); s != nil {
				show(s, series)
			}
		}, labels...)
	}
	number := func(name, help string, of func(s *Standing) float64) {
		gauge(name, help, func(s *Standing, series metrics.Series) { series(of(s)) })
	}
	ether := func(name, help string, of func(s *Standing) *big.Int) {
		gauge(name, help, func(s *Standing, series metrics.Series) {
			if wei := of(s); wei != nil {
				v, _ := new(big.Rat).SetFrac(wei, big.NewInt(1e18)).Float64()
				series(v)
			}
		})
	}
	gauge("build_info", "1 for the version that runs.", func(s *Standing, series metrics.Series) { series(1, s.Version) }, "version")
	gauge("conditions", "Of how many subjects a condition holds now, by its code; docs/errors.md says what each means.", func(s *Standing, series metrics.Series) {
		for code, n := range s.Conditions {
			series(float64(n), code)
		}
	}, "code")
	number("parcels_waiting", "Parcels that wait to be delivered.", func(s *Standing) float64 { return float64(s.Waiting) })
	number("parcels_parked", "Parcels that were refused for too long: the buyer can have them sent again.", func(s *Standing) float64 { return float64(s.Parked) })
	number("readings_untaken", "Readings that were never stored because their buyers had let too much wait (readings_untaken), over the ledger's life.", func(s *Standing) float64 { return float64(s.Untaken) })
	number("purchases_unrouted", "Purchases with readings and no destination.", func(s *Standing) float64 { return float64(s.Unrouted) })
	number("purchases", "Purchases the bridge serves, will serve, or has not closed.", func(s *Standing) float64 { return float64(s.Purchases) })
	number("ledger_room_bytes", "Bytes that the ledger can surely still write; it takes no uplinks in below 16 MiB (ledger_full).", func(s *Standing) float64 { return float64(s.LedgerRoom) })
	number("ledger_bytes", "Size of the ledger's file.", func(s *Standing) float64 { return float64(s.LedgerBytes) })
	ether("signer_balance_ether", "What the hot key has to pay gas with.", func(s *Standing) *big.Int { return s.Balance })
	ether("signer_need_ether", "What its next ten settlements may take.", func(s *Standing) *big.Int { return s.Need })
	number("settlements_pending", "Settlements that were sent and are not final.", func(s *Standing) float64 { return float64(s.Pending) })
	gauge("settlement_last_timestamp_seconds", "When the newest settlement was signed, unix time.", func(s *Standing, series metrics.Series) {
		if !s.Last.IsZero() {
			series(float64(s.Last.Unix()))
		}
	})
}
