package bridge

import (
	"cmp"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// Metrics are the bridge's counters. Names and help stand in docs/metrics.md,
// which a test generates from the registry.
type Metrics struct {
	registry *prometheus.Registry

	uplinks  *prometheus.CounterVec
	events   *prometheus.CounterVec
	repairs  *prometheus.CounterVec
	qos0s    *prometheus.CounterVec
	overlong *prometheus.CounterVec
	odd      *prometheus.CounterVec
	lost     *prometheus.CounterVec
	commits  prometheus.Histogram

	codecs    *prometheus.CounterVec
	codecTime prometheus.Histogram

	attempts *prometheus.CounterVec
	receipts prometheus.Counter
	parked   *prometheus.CounterVec
	latency  *prometheus.HistogramVec

	nodes *nodeMetrics
}

// NewMetrics registers the counters on a registry of their own.
func NewMetrics() *Metrics {
	r := prometheus.NewRegistry()
	m := &Metrics{
		registry: r,
		uplinks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_uplinks_total",
			Help: "Uplinks by source and by what became of them."}, []string{"source", "fate"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_events_total",
			Help: "Messages of a source by the kind of event, whatever became of them."}, []string{"source", "event"}),
		repairs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_backfill_total",
			Help: "Uplinks brought by back-fill, by source and by what became of them."}, []string{"source", "fate"}),
		qos0s: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_uplinks_qos0_total",
			Help: "Uplinks published with QoS 0: such uplinks are lost while the bridge is away."}, []string{"source"}),
		overlong: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_uplinks_overlong_total",
			Help: "MQTT packets above max_packet, skipped and acknowledged unread."}, []string{"source"}),
		odd: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_uplinks_odd_total",
			Help: "Bought uplinks with members that only describe and were of a kind no server writes: they were read without these."}, []string{"source"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_backfill_lost_total",
			Help: "Uplinks the network server had dropped before back-fill could read them."}, []string{"source"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "dbdao_commit_seconds",
			Help:    "Time from a bought uplink's arrival to its durable parcels.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 5}}),
		codecs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_codec_runs_total",
			Help: "Runs of listings' codecs, by kind and outcome."}, []string{"kind", "outcome"}),
		codecTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "dbdao_codec_seconds",
			Help:    "Duration of one run of a script, with the wait for a worker.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1}}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_delivery_attempts_total",
			Help: "Attempts to hand parcels over, by kind of storage and result: taken, or why not."}, []string{"kind", "result"}),
		receipts: prometheus.NewCounter(prometheus.CounterOpts{Name: "dbdao_receipts_total",
			Help: "Parcels accepted by buyers' storage."}),
		parked: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dbdao_parcels_set_aside_total",
			Help: "Parcels parked or dropped, by reason."}, []string{"action", "reason"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dbdao_delivery_seconds",
			Help:    "Duration of one attempt.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 15}}, []string{"kind"}),
	}
	m.nodes = newNodeMetrics()
	r.MustRegister(m.nodes, m.uplinks, m.events, m.repairs, m.qos0s, m.overlong, m.odd, m.lost, m.commits, m.codecs, m.codecTime, m.attempts, m.receipts, m.parked, m.latency,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Registry is what /metrics serves.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// resolve finds the counters of one source once: the hot path then neither hashes
// labels nor allocates.
func resolve(by *prometheus.CounterVec, source string) map[Fate]prometheus.Counter {
	c := make(map[Fate]prometheus.Counter, len(Fates))
	for _, f := range Fates {
		c[f] = by.WithLabelValues(source, string(f))
	}
	return c
}

// eventKinds are the labels of dbdao_events_total.
var eventKinds = []lorawan.Event{lorawan.EventUp, lorawan.EventJoin, lorawan.EventAck, lorawan.EventTxAck, lorawan.EventLog, lorawan.EventStatus,
	lorawan.EventLocation, lorawan.EventIntegration, lorawan.EventDownlink, lorawan.EventNormalized, lorawan.EventUnknown}

func resolveEvents(by *prometheus.CounterVec, source string) map[lorawan.Event]prometheus.Counter {
	c := make(map[lorawan.Event]prometheus.Counter, len(eventKinds))
	for _, e := range eventKinds {
		c[e] = by.WithLabelValues(source, string(e))
	}
	return c
}

// count reads a counter.
func count(c prometheus.Counter) uint64 {
	var m dto.Metric
	_ = c.Write(&m) // fails for no counter of ours
	return uint64(m.GetCounter().GetValue())
}

func (m *Metrics) commit(d time.Duration) { m.commits.Observe(d.Seconds()) }

// Attempted and SetAside make Metrics the courier's delivery.Meter.
func (m *Metrics) Attempted(kind string, why delivery.Code, took time.Duration, taken int) {
	m.attempts.WithLabelValues(kind, cmp.Or(string(why), "taken")).Inc()
	m.latency.WithLabelValues(kind).Observe(took.Seconds())
	m.receipts.Add(float64(taken))
}

// SetAside counts parcels parked or dropped.
func (m *Metrics) SetAside(action string, why delivery.Code, parcels int) {
	m.parked.WithLabelValues(action, string(why)).Add(float64(parcels))
}
