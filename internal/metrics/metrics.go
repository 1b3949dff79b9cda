// Package metrics counts, and writes what it counted as Prometheus reads it (text format
// 0.0.4). Families are registered once, at the start; counting takes no lock.
package metrics

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Family is what all series of one name have in common.
type Family struct {
	Name   string
	Help   string
	Labels []string

	kind    string // counter, gauge, histogram
	collect func(series func(suffix string, value float64, labels []string))
}

// Registry writes families.
type Registry struct {
	mu       sync.Mutex
	families []*Family
	before   []func()
}

// Before has something done each time the families are about to be read.
func (r *Registry) Before(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = append(r.before, do)
}

// Families are the registered ones, by their names.
func (r *Registry) Families() []*Family {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.families)
	slices.SortFunc(all, func(a, b *Family) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (r *Registry) add(f *Family) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.families, func(o *Family) bool { return o.Name == f.Name }) {
		panic("bug: two metrics are called " + f.Name)
	}
	r.families = append(r.families, f)
}

// Counter only grows.
type Counter struct{ n atomic.Uint64 }

// Inc counts one.
func (c *Counter) Inc() { c.n.Add(1) }

// Add counts n more.
func (c *Counter) Add(n int) { c.n.Add(uint64(max(0, n))) }

// Value is what was counted.
func (c *Counter) Value() uint64 { return c.n.Load() }

// Counter registers one without labels.
func (r *Registry) Counter(name, help string) *Counter {
	c := &Counter{}
	r.add(&Family{Name: name, Help: help, kind: "counter", collect: func(series func(string, float64, []string)) {
		series("", float64(c.Value()), nil)
	}})
	return c
}

// Vec are series of one family, by the values of its labels.
type Vec[S any] struct {
	labels int
	make   func() *S
	mu     sync.RWMutex
	all    map[string]*S // by the values, joined
}

const joint = "\xff" // stands in no UTF-8 text

// With gives the series of these values, which are in the order of the labels.
func (v *Vec[S]) With(values ...string) *S {
	if len(values) != v.labels {
		panic(fmt.Sprintf("bug: %d values for %d labels", len(values), v.labels))
	}
	key := strings.Join(values, joint)
	v.mu.RLock()
	one := v.all[key]
	v.mu.RUnlock()
	if one != nil {
		return one
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if one = v.all[key]; one == nil {
		one = v.make()
		v.all[key] = one
	}
	return one
}

func (v *Vec[S]) each(do func(s *S, values []string)) {
	v.mu.RLock()
	all := maps.Clone(v.all)
	v.mu.RUnlock()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		do(all[key], strings.Split(key, joint))
	}
}

// CounterVec are counters that differ in their labels.
type CounterVec = Vec[Counter]

// CounterVec registers counters with labels.
func (r *Registry) CounterVec(name, help string, labels ...string) *CounterVec {
	v := &CounterVec{labels: len(labels), make: func() *Counter { return &Counter{} }, all: map[string]*Counter{}}
	r.add(&Family{Name: name, Help: help, Labels: labels, kind: "counter", collect: func(series func(string, float64, []string)) {
		v.each(func(c *Counter, values []string) { series("", float64(c.Value()), values) })
	}})
	return v
}

// Histogram counts observations by how large they are.
type Histogram struct {
	bounds []float64       // upper, inclusive, rising
	counts []atomic.Uint64 // one more: above the last bound
	sum    atomic.Uint64   // bits of a float64
}

func newHistogram(bounds []float64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Observe counts one.
func (h *Histogram) Observe(v float64) {
	i, _ := slices.BinarySearch(h.bounds, v)
	h.counts[i].Add(1)
	for {
		old := h.sum.Load()
		if h.sum.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+v)) {
			return
		}
	}
}

func (h *Histogram) collect(series func(string, float64, []string), values []string) {
	total := uint64(0)
	for i := range h.counts {
		total += h.counts[i].Load()
		bound := math.Inf(1)
		if i < len(h.bounds) {
			bound = h.bounds[i]
		}
		series("_bucket", float64(total), append(slices.Clone(values), number(bound)))
	}
	series("_sum", math.Float64frombits(h.sum.Load()), values)
	series("_count", float64(total), values)
}

// Histogram registers one without labels.
func (r *Registry) Histogram(name, help string, bounds []float64) *Histogram {
	h := newHistogram(bounds)
	r.add(&Family{Name: name, Help: help, kind: "histogram", collect: func(series func(string, float64, []string)) { h.collect(series, nil) }})
	return h
}

// HistogramVec are histograms that differ in their labels.
type HistogramVec = Vec[Histogram]

// HistogramVec registers histograms with labels.
func (r *Registry) HistogramVec(name, help string, bounds []float64, labels ...string) *HistogramVec {
	v := &HistogramVec{labels: len(labels), make: func() *Histogram { return newHistogram(bounds) }, all: map[string]*Histogram{}}
	r.add(&Family{Name: name, Help: help, Labels: labels, kind: "histogram", collect: func(series func(string, float64, []string)) {
		v.each(func(h *Histogram, values []string) { h.collect(series, values) })
	}})
	return v
}

// Series takes a value, and the labels' in their order, of a family that is asked when it is read.
type Series func(value float64, labels ...string)

// GaugeFunc registers what goes up and down and is asked when it is read.
func (r *Registry) GaugeFunc(name, help string, ask func(Series), labels ...string) {
	r.ask("gauge", name, help, ask, labels)
}

// CounterFunc registers what only grows and is asked when it is read.
func (r *Registry) CounterFunc(name, help string, ask func(Series), labels ...string) {
	r.ask("counter", name, help, ask, labels)
}

func (r *Registry) ask(kind, name, help string, ask func(Series), labels []string) {
	r.add(&Family{Name: name, Help: help, Labels: labels, kind: kind, collect: func(series func(string, float64, []string)) {
		ask(func(value float64, labels ...string) { series("", value, labels) })
	}})
}

func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

var (
	helpText  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelText = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// Text is everything, by name.
func (r *Registry) Text() string {
	r.mu.Lock()
	before := slices.Clone(r.before)
	r.mu.Unlock()
	for _, do := range before {
		do()
	}
	var b strings.Builder
	for _, f := range r.Families() {
		f.text(&b)
	}
	return b.String()
}

func (f *Family) text(b *strings.Builder) {
	first := true
	f.collect(func(suffix string, value float64, labels []string) {
		if first { // a family without series is not mentioned
			first = false
			b.WriteString("# HELP " + f.Name + " " + helpText.Replace(f.Help) + "\n# TYPE " + f.Name + " " + f.kind + "\n")
		}
		b.WriteString(f.Name + suffix)
		pairs := make([]string, 0, len(labels))
		for i, v := range labels {
			name := "le"
			if i < len(f.Labels) {
				name = f.Labels[i]
			}
			pairs = append(pairs, name+`="`+labelText.Replace(strings.ToValidUTF8(v, "\uFFFD"))+`"`)
		}
		slices.Sort(pairs) // as Prometheus' own client writes them: scripts that look for a line find it
		if len(pairs) > 0 {
			b.WriteString("{" + strings.Join(pairs, ",") + "}")
		}
		b.WriteString(" " + number(value) + "\n")
	})
}

// ServeHTTP answers a Prometheus.
func (r *Registry) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(r.Text())) // who asked may have gone
}
