// Package meter holds the bridge's counters, as Prometheus reads them at /metrics of the admin
// listener. It counts; what a value of a label means, its owner says.
package meter

import (
	"cmp"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// Metrics are the bridge's counters. Names and help stand in docs/metrics.md,
// which a test generates from the registry.
type Metrics struct {
	registry *prometheus.Registry
	own      []prometheus.Collector // but Go's and the process's

	Uplinks  *prometheus.CounterVec
	Events   *prometheus.CounterVec
	Repairs  *prometheus.CounterVec
	QoS0     *prometheus.CounterVec
	Overlong *prometheus.CounterVec
	Odd      *prometheus.CounterVec
	Lost     *prometheus.CounterVec
	Commits  prometheus.Histogram

	CodecRuns *prometheus.CounterVec
	CodecTime prometheus.Histogram

	attempts *prometheus.CounterVec
	Receipts prometheus.Counter
	parked   *prometheus.CounterVec
	latency  *prometheus.HistogramVec

	nodes    *nodeMetrics
	standing *standing
}

// New registers the counters on a registry of their own.
func New() *Metrics {
	r := prometheus.NewRegistry()
	m := &Metrics{
		registry: r,
		Uplinks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_uplinks_total",
			Help: "Uplinks by source and by what became of them."}, []string{"source", "fate"}),
		Events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_events_total",
			Help: "Messages of a source by the kind of event, whatever became of them."}, []string{"source", "event"}),
		Repairs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_backfill_total",
			Help: "Uplinks brought by back-fill, by source and by what became of them."}, []string{"source", "fate"}),
		QoS0: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_uplinks_qos0_total",
			Help: "Uplinks published with QoS 0: such uplinks are lost while the bridge is away."}, []string{"source"}),
		Overlong: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_uplinks_overlong_total",
			Help: "MQTT packets above max_packet, skipped and acknowledged unread."}, []string{"source"}),
		Odd: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_uplinks_odd_total",
			Help: "Bought uplinks with members that only describe and were of a kind no server writes: they were read without these."}, []string{"source"}),
		Lost: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_backfill_lost_total",
			Help: "Uplinks the network server had dropped before back-fill could read them."}, []string{"source"}),
		Commits: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "dbdao_commit_seconds",
			Help:    "Time from a bought uplink's arrival to its durable parcels.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 5}}),
		CodecRuns: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_codec_runs_total",
			Help: "Runs of listings' codecs, by kind and outcome."}, []string{"kind", "outcome"}),
		CodecTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "dbdao_codec_seconds",
			Help:    "Duration of one run of a script, with the wait for a worker.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1}}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_delivery_attempts_total",
			Help: "Attempts to hand parcels over, by kind of storage and result: taken, or why not."}, []string{"kind", "result"}),
		Receipts: prometheus.NewCounter(prometheus.CounterOpts{Name: "dbdao_receipts_total",
			Help: "Parcels accepted by buyers' storage."}),
		parked: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_parcels_set_aside_total",
			Help: "Parcels parked or dropped, by reason."}, []string{"action", "reason"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dbdao_delivery_seconds",
			Help:    "Duration of one attempt.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 15}}, []string{"kind"}),
	}
	m.nodes, m.standing = newNodeMetrics(), newStanding()
	m.own = []prometheus.Collector{m.nodes, m.standing, m.Uplinks, m.Events, m.Repairs, m.QoS0, m.Overlong, m.Odd, m.Lost, m.Commits, m.CodecRuns, m.CodecTime, m.attempts, m.Receipts, m.parked, m.latency}
	r.MustRegister(m.own...)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Registry is what /metrics serves.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Describe lists the bridge's own counters, for docs/metrics.md.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.own {
		c.Describe(ch)
	}
}

// Count reads a counter.
func Count(c prometheus.Counter) uint64 {
	var m dto.Metric
	_ = c.Write(&m) // fails for no counter of ours
	return uint64(m.GetCounter().GetValue())
}

// Attempted and SetAside make Metrics the courier's delivery.Meter.
func (m *Metrics) Attempted(kind string, why delivery.Code, took time.Duration, taken int) {
	m.attempts.WithLabelValues(kind, cmp.Or(string(why), "taken")).Inc()
	m.latency.WithLabelValues(kind).Observe(took.Seconds())
	m.Receipts.Add(float64(taken))
}

// SetAside counts parcels parked or dropped.
func (m *Metrics) SetAside(action string, why delivery.Code, parcels int) {
	m.parked.WithLabelValues(action, string(why)).Add(float64(parcels))
}
