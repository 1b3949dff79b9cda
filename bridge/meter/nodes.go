package meter

import (
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/metrics"
	"github.com/databrokerdao/dbdao-bridge/market/node"
)

// nodes show the standing of the Ethereum nodes when they are asked.
type nodes struct{ client atomic.Pointer[node.Client] } // nil before they are known

// WatchNodes shows the nodes of a client from now on.
func (m *Metrics) WatchNodes(c *node.Client) { m.nodes.client.Store(c) }

func (n *nodes) register(r *metrics.Registry) {
	type show = func(s node.Status, series metrics.Series)
	each := func(do show) func(metrics.Series) {
		return func(series metrics.Series) {
			c := n.client.Load()
			if c == nil {
				return
			}
			for _, one := range c.Nodes() {
				do(one.Status(), series)
			}
		}
	}
	gauge := func(name, help string, do show, labels ...string) {
		r.GaugeFunc("dbdao_node_"+name, help, each(do), append([]string{"node"}, labels...)...)
	}
	gauge("state", "1 for the state an Ethereum node is in.", func(s node.Status, series metrics.Series) { series(1, s.Host, string(s.State)) }, "state")
	gauge("head_block", "Number of an Ethereum node's newest block.", func(s node.Status, series metrics.Series) { series(float64(s.Head), s.Host) })
	gauge("head_age_seconds", "Age of an Ethereum node's newest block by the wall clock.", func(s node.Status, series metrics.Series) {
		if s.HeadTime > 0 {
			series(time.Since(time.Unix(int64(s.HeadTime), 0)).Seconds(), s.Host)
		}
	})
	gauge("answer_seconds", "Duration of an Ethereum node's last answer.", func(s node.Status, series metrics.Series) { series(s.Latency.Seconds(), s.Host) })
	gauge("logs_blocks", "Blocks asked for in one eth_getLogs, as the node's limits are known.", func(s node.Status, series metrics.Series) { series(float64(s.Span), s.Host) })
	gauge("batch_calls", "Calls put into one request, as the node's limits are known.", func(s node.Status, series metrics.Series) { series(float64(s.Batch), s.Host) })
	r.CounterFunc("dbdao_node_requests_total", "Requests to an Ethereum node by how they ended: ok, final (a refusal any node would give), elsewhere, slower, narrower, fewer, unsupported, silent, stopped.",
		each(func(s node.Status, series metrics.Series) {
			for outcome, n := range s.Outcomes {
				series(float64(n), s.Host, outcome)
			}
		}), "node", "outcome")
}
