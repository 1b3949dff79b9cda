package meter

import (
	"math/big"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Standing is how the bridge is when it is asked: what alerts go by, beside counters.
type Standing struct {
	Version     string
	Conditions  map[string]int // by code, of how many subjects; 0 where a condition holds of none
	Waiting     uint64
	Parked      uint64
	Unrouted    int
	Purchases   int
	LedgerBytes int64
	Balance     *big.Int // wei of the signer's; nil while no node has told
	Need        *big.Int // wei it should have; nil likewise
	Pending     int
	Last        time.Time // the newest settlement; zero: none
}

// standing shows a Standing as gauges.
type standing struct {
	ask atomic.Pointer[func() (Standing, error)] // nil before the bridge is built

	build, conditions, waiting, parked, unrouted, purchases, ledger, balance, need, pending, last *prometheus.Desc
}

func newStanding() *standing {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("dbdao_"+name, help, labels, nil)
	}
	return &standing{
		build:      desc("build_info", "1 for the version that runs.", "version"),
		conditions: desc("conditions", "Of how many subjects a condition holds now, by its code; docs/errors.md says what each means.", "code"),
		waiting:    desc("parcels_waiting", "Parcels that wait to be delivered."),
		parked:     desc("parcels_parked", "Parcels that were refused for too long: the buyer can have them sent again."),
		unrouted:   desc("purchases_unrouted", "Purchases with readings and no destination."),
		purchases:  desc("purchases", "Purchases the bridge serves, will serve, or has not closed."),
		ledger:     desc("ledger_bytes", "Size of the ledger's file."),
		balance:    desc("signer_balance_ether", "What the hot key has to pay gas with."),
		need:       desc("signer_need_ether", "What its next ten settlements may take."),
		pending:    desc("settlements_pending", "Settlements that were sent and are not final."),
		last:       desc("settlement_last_timestamp_seconds", "When the newest settlement was signed, unix time."),
	}
}

// Watch shows a bridge's standing from now on: ask is called whenever somebody reads the metrics.
func (m *Metrics) Watch(ask func() (Standing, error)) { m.standing.ask.Store(&ask) }

// Describe makes standing a prometheus.Collector.
func (m *standing) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.build, m.conditions, m.waiting, m.parked, m.unrouted, m.purchases, m.ledger, m.balance, m.need, m.pending, m.last} {
		ch <- d
	}
}

// Collect makes standing a prometheus.Collector. A ledger that cannot be read gives no
// gauges: an alert on their absence tells that from zero.
func (m *standing) Collect(ch chan<- prometheus.Metric) {
	ask := m.ask.Load()
	if ask == nil {
		return
	}
	s, err := (*ask)()
	if err != nil {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(m.build, 1, s.Version)
	for code, n := range s.Conditions {
		gauge(m.conditions, float64(n), code)
	}
	gauge(m.waiting, float64(s.Waiting))
	gauge(m.parked, float64(s.Parked))
	gauge(m.unrouted, float64(s.Unrouted))
	gauge(m.purchases, float64(s.Purchases))
	gauge(m.ledger, float64(s.LedgerBytes))
	for d, wei := range map[*prometheus.Desc]*big.Int{m.balance: s.Balance, m.need: s.Need} {
		if wei != nil {
			ether, _ := new(big.Rat).SetFrac(wei, big.NewInt(1e18)).Float64()
			gauge(d, ether)
		}
	}
	gauge(m.pending, float64(s.Pending))
	if !s.Last.IsZero() {
		gauge(m.last, float64(s.Last.Unix()))
	}
}
