// Package meter holds the bridge's counters, as Prometheus reads them at /metrics of the admin
// listener. It counts; what a value of a label means, its owner says.
package meter

import (
	"cmp"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/metrics"
)

// Metrics are the bridge's counters. Names and help stand in docs/metrics.md,
// which a test generates from the registry.
type Metrics struct {
	*metrics.Registry

	Uplinks  *metrics.CounterVec
	Events   *metrics.CounterVec
	Repairs  *metrics.CounterVec
	QoS0     *metrics.CounterVec
	Overlong *metrics.CounterVec
	Odd      *metrics.CounterVec
	Misdated *metrics.CounterVec
	Lost     *metrics.CounterVec
	Commits  *metrics.Histogram

	CodecRuns *metrics.CounterVec
	CodecTime *metrics.Histogram

	attempts *metrics.CounterVec
	Receipts *metrics.Counter
	parked   *metrics.CounterVec
	latency  *metrics.HistogramVec

	nodes    nodes
	standing standing
}

// New registers the counters on a registry of their own.
func New() *Metrics {
	r := &metrics.Registry{}
	m := &Metrics{
		Registry: r,
		Uplinks:  r.CounterVec("dbdao_uplinks_total", "Uplinks by source and by what became of them.", "source", "fate"),
		Events:   r.CounterVec("dbdao_events_total", "Messages of a source by the kind of event, whatever became of them.", "source", "event"),
		Repairs:  r.CounterVec("dbdao_backfill_total", "Uplinks brought by back-fill, by source and by what became of them.", "source", "fate"),
		QoS0:     r.CounterVec("dbdao_uplinks_qos0_total", "Uplinks published with QoS 0: such uplinks are lost while the bridge is away.", "source"),
		Overlong: r.CounterVec("dbdao_uplinks_overlong_total", "MQTT packets above max_packet, skipped and acknowledged unread.", "source"),
		Odd:      r.CounterVec("dbdao_uplinks_odd_total", "Bought uplinks with members that only describe and were of a kind no server writes: they were read without these.", "source"),
		Misdated: r.CounterVec("dbdao_uplinks_misdated_total", "Bought uplinks with a time of reception that cannot be, by the network server's clock or a gateway's: they were sold without it.", "source"),
		Lost:     r.CounterVec("dbdao_backfill_lost_total", "Uplinks the network server had dropped before back-fill could read them.", "source"),
		Commits: r.Histogram("dbdao_commit_seconds", "Time from a bought uplink's arrival to its durable parcels.",
			[]float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 5}),
		CodecRuns: r.CounterVec("dbdao_codec_runs_total", "Runs of listings' codecs, by kind and outcome.", "kind", "outcome"),
		CodecTime: r.Histogram("dbdao_codec_seconds", "Duration of one run of a script, with the wait for a worker.",
			[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1}),
		attempts: r.CounterVec("dbdao_delivery_attempts_total", "Attempts to hand parcels over, by kind of storage and result: taken, or why not.", "kind", "result"),
		Receipts: r.Counter("dbdao_receipts_total", "Parcels accepted by buyers' storage."),
		parked:   r.CounterVec("dbdao_parcels_set_aside_total", "Parcels parked or dropped, by reason.", "action", "reason"),
		latency:  r.HistogramVec("dbdao_delivery_seconds", "Duration of one attempt.", []float64{.001, .005, .01, .05, .1, .5, 1, 5, 15}, "kind"),
	}
	m.nodes.register(r)
	m.standing.register(r)
	r.Process()
	return m
}

// Attempted and SetAside make Metrics the courier's delivery.Meter.
func (m *Metrics) Attempted(kind string, why delivery.Code, took time.Duration, taken int) {
	m.attempts.With(kind, cmp.Or(string(why), "taken")).Inc()
	m.latency.With(kind).Observe(took.Seconds())
	m.Receipts.Add(taken)
}

// SetAside counts parcels parked or dropped.
func (m *Metrics) SetAside(action string, why delivery.Code, parcels int) {
	m.parked.With(action, string(why)).Add(parcels)
}

// Readers registers how many live feeds are open, and how many purchases are fetched.
func (m *Metrics) Readers(ask func() (feeds, pulled int)) {
	m.GaugeFunc("dbdao_live_feeds", "Live feeds that are open.", func(s metrics.Series) { n, _ := ask(); s(float64(n)) })
	m.GaugeFunc("dbdao_pulled_purchases", "Purchases whose readings were fetched within the last five minutes.", func(s metrics.Series) { _, n := ask(); s(float64(n)) })
}
