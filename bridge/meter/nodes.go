package meter

import (
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/prometheus/client_golang/prometheus"
)

// nodeMetrics shows the standing of the Ethereum nodes when it is asked.
type nodeMetrics struct {
	nodes atomic.Pointer[node.Client] // nil before they are known

	state, head, age, latency, span, batch, requests *prometheus.Desc
}

func newNodeMetrics() *nodeMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("dbdao_node_"+name, help, append([]string{"node"}, labels...), nil)
	}
	return &nodeMetrics{
		state:    desc("state", "1 for the state an Ethereum node is in.", "state"),
		head:     desc("head_block", "Number of an Ethereum node's newest block."),
		age:      desc("head_age_seconds", "Age of an Ethereum node's newest block by the wall clock."),
		latency:  desc("answer_seconds", "Duration of an Ethereum node's last answer."),
		span:     desc("logs_blocks", "Blocks asked for in one eth_getLogs, as the node's limits are known."),
		batch:    desc("batch_calls", "Calls put into one request, as the node's limits are known."),
		requests: desc("requests_total", "Requests to an Ethereum node by how they ended: ok, final (a refusal any node would give), elsewhere, slower, narrower, fewer, unsupported, silent, stopped.", "outcome"),
	}
}

// WatchNodes shows the nodes of a client from now on.
func (m *Metrics) WatchNodes(c *node.Client) { m.nodes.nodes.Store(c) }

// Describe makes nodeMetrics a prometheus.Collector.
func (m *nodeMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.state, m.head, m.age, m.latency, m.span, m.batch, m.requests} {
		ch <- d
	}
}

// Collect makes nodeMetrics a prometheus.Collector.
func (m *nodeMetrics) Collect(ch chan<- prometheus.Metric) {
	c := m.nodes.Load()
	if c == nil {
		return
	}
	for _, n := range c.Nodes() {
		s := n.Status()
		gauge := func(d *prometheus.Desc, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{s.Host}, labels...)...)
		}
		gauge(m.state, 1, string(s.State))
		gauge(m.head, float64(s.Head))
		if s.HeadTime > 0 {
			gauge(m.age, time.Since(time.Unix(int64(s.HeadTime), 0)).Seconds())
		}
		gauge(m.latency, s.Latency.Seconds())
		gauge(m.span, float64(s.Span))
		gauge(m.batch, float64(s.Batch))
		for outcome, n := range s.Outcomes {
			ch <- prometheus.MustNewConstMetric(m.requests, prometheus.CounterValue, float64(n), s.Host, outcome)
		}
	}
}
