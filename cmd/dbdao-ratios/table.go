package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// table collects the results.
type table struct {
	results map[string]map[string][]result // by job and program
}

func newTable() *table { return &table{results: map[string]map[string][]result{}} }

func (t *table) add(j job, program string, r result) {
	if t.results[j.name] == nil {
		t.results[j.name] = map[string][]result{}
	}
	t.results[j.name][program] = append(t.results[j.name][program], r)
}

func median(all []result, of func(result) float64) float64 {
	values := make([]float64, len(all))
	for i, r := range all {
		values[i] = of(r)
	}
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

func verdict(value, target float64) string {
	if value <= target {
		return "met"
	}
	return "MISSED"
}

// print writes the table: medians, and what is wanted of them.
func (t *table) print(out io.Writer, o options) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\njob\tbridge\tpeer\tratio\twanted\t\n")
	peak := 0.0
	for _, j := range jobs {
		all := t.results[j.name]
		if all == nil {
			continue
		}
		ours := all["bridge"]
		for _, r := range ours {
			peak = max(peak, float64(r.peak)/(1<<20))
		}
		if j.timed {
			p99 := median(ours, func(r result) float64 { return ms(r.p99) })
			fmt.Fprintf(w, "%s: p99\t%.1f ms\ta bare subscriber beside it %.1f ms\t\t%.0f ms\t%s\n", j.what, p99,
				median(ours, func(r result) float64 { return ms(r.direct) }), j.target, verdict(p99, j.target))
			continue
		}
		a, b := median(ours, result.per), median(all[j.peer], result.per)
		fmt.Fprintf(w, "%s\t%.2f\t%s %.2f\t%.2f\t%.2f\t%s\n", j.what, a, j.peer, b, a/b, j.target, verdict(a/b, j.target))
	}
	fmt.Fprintf(w, "peak anonymous memory of the bridge\t%.0f MB\t\t\t60 MB\t%s\n", peak, verdict(peak, 60))
	_ = w.Flush()
	fmt.Fprintf(out, "\nCPU-seconds per 100,000 messages in, medians of %d runs of %d messages; %s\n", o.rounds, o.messages, machine())
}
