package evidence

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market/offer"
)

// FCnt tells what the frame counters say of readings that were not delivered: not
// heard, faster than what was bought, or refused by the buyer's storage.
type FCnt struct {
	Sessions int    `json:"sessions"` // joins, or counters that fell back: a counter means something within one
	Missing  uint64 `json:"missing"`  // between delivered ones, within their session
	Gaps     []Gap  `json:"gaps"`     // the first thousand
	More     int    `json:"more_gaps,omitempty"`
}

// Gap is a run of counters missing in a session, both ends included.
type Gap struct {
	Session int    `json:"session"` // from 1
	From    uint32 `json:"from"`
	To      uint32 `json:"to"`
}

// Statistics are figures over the readings of the file whose bodies are kept.
type Statistics struct {
	Readings   int        `json:"readings"`
	Delay      *Delay     `json:"delay,omitempty"` // from the bridge's intake to the storage's acceptance
	Quantities []Quantity `json:"quantities"`      // by name
	Left       int        `json:"quantities_left_out,omitempty"`
}

// Delay is a distribution, in seconds.
type Delay struct {
	Min    float64 `json:"min_seconds"`
	Mean   float64 `json:"mean_seconds"`
	Median float64 `json:"median_seconds"`
	P95    float64 `json:"p95_seconds"`
	Max    float64 `json:"max_seconds"`
}

// Quantity is one numeric value of the readings; members of objects are joined with a
// dot. A stuck sensor shows as a long run and a high share of repeats. Count 0: the terms
// promise a range and no reading has the quantity.
type Quantity struct {
	Name        string   `json:"name"`
	Count       int      `json:"count"`
	Min         float64  `json:"min"`
	Max         float64  `json:"max"`
	Mean        float64  `json:"mean"`
	LongestRun  int      `json:"longest_run"`  // readings in a row with the same value
	Repeated    float64  `json:"repeated"`     // share of readings whose value is that of the one before
	LargestJump float64  `json:"largest_jump"` // between two readings in a row
	Jumps       int      `json:"jumps"`        // steps of more than five times the mean step
	Promised    *Promise `json:"promised,omitempty"`
	Outside     int      `json:"outside"` // of what the terms promise
}

// Promise is the range the terms promise for a quantity: min and max of the one of its
// name in the terms document (offer.Quantity).
type Promise struct {
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Bounds of the figures of a stranger's file.
const (
	maxQuantities = 64
	maxDepth      = 6
	maxElements   = 32
	maxName       = 100
	maxGaps       = 1_000
	maxNumber     = 1e300 // larger ones would overflow in sums
)

// content is what the figures and checks read of a body.
type content struct {
	ID       string          `json:"id"`
	Stream   uint64          `json:"stream"`
	Purchase uint64          `json:"purchase"`
	Seq      *uint32         `json:"seq"`
	Prev     *string         `json:"prev"`
	Dev      string          `json:"dev"`
	FCnt     *uint32         `json:"f_cnt"`
	Received time.Time       `json:"received"`
	Values   json.RawMessage `json:"values"`
}

// figures computes what the file says of its readings, in the order they were made.
func figures(d *Document) (FCnt, Statistics) {
	order := make([]*Reading, 0, len(d.Readings))
	for i := range d.Readings {
		order = append(order, &d.Readings[i])
	}
	slices.SortStableFunc(order, func(a, b *Reading) int { return cmp.Compare(a.Seq, b.Seq) })
	counters := counters{f: FCnt{Gaps: []Gap{}}}
	values := series{promises: promises(d.Identity.TermsText), of: map[string]*Quantity{}, last: map[string]float64{}, steps: map[string][]float64{}, runs: map[string]int{}}
	var delays []float64
	n := 0
	for _, r := range order {
		var c content
		if b := r.body(); b == nil || json.Unmarshal(b, &c) != nil {
			continue
		}
		n++
		if c.FCnt != nil {
			counters.take(*c.FCnt)
		}
		if !c.Received.IsZero() {
			if s := time.Unix(0, r.Delivered).Sub(c.Received).Seconds(); math.Abs(s) < maxNumber {
				delays = append(delays, s)
			}
		}
		values.take(c.Values)
	}
	return counters.done(), Statistics{Readings: n, Delay: delay(delays), Quantities: values.done(), Left: values.left}
}

func delay(s []float64) *Delay {
	if len(s) == 0 {
		return nil
	}
	slices.Sort(s)
	mean := 0.0
	for i, x := range s {
		mean += (x - mean) / float64(i+1)
	}
	at := func(q float64) float64 { return s[int(q*float64(len(s)-1))] }
	return &Delay{Min: s[0], Mean: mean, Median: at(0.5), P95: at(0.95), Max: s[len(s)-1]}
}

// counters follows frame counters through sessions.
type counters struct {
	f      FCnt
	newest uint32
	open   []Gap // of this session, by From
}

func (c *counters) take(n uint32) {
	switch i := slices.IndexFunc(c.open, func(g Gap) bool { return g.From <= n && n <= g.To }); {
	case c.f.Sessions == 0:
		c.f.Sessions, c.newest = 1, n
	case n > c.newest:
		if n > c.newest+1 {
			c.open = append(c.open, Gap{c.f.Sessions, c.newest + 1, n - 1})
			if len(c.open) > maxGaps { // the oldest will not be filled any more
				c.close(1)
			}
		}
		c.newest = n
	case i >= 0: // late: it fills a gap
		g := c.open[i]
		var rest []Gap
		if g.From < n {
			rest = append(rest, Gap{g.Session, g.From, n - 1})
		}
		if n < g.To {
			rest = append(rest, Gap{g.Session, n + 1, g.To})
		}
		c.open = slices.Replace(c.open, i, i+1, rest...)
	default: // it fell back
		c.close(len(c.open))
		c.f.Sessions++
		c.newest = n
	}
}

// close counts the oldest gaps as missing for good.
func (c *counters) close(n int) {
	for _, g := range c.open[:n] {
		c.f.Missing += uint64(g.To-g.From) + 1
		if len(c.f.Gaps) < maxGaps {
			c.f.Gaps = append(c.f.Gaps, g)
		} else {
			c.f.More++
		}
	}
	c.open = slices.Clone(c.open[n:])
}

func (c *counters) done() FCnt {
	c.close(len(c.open))
	return c.f
}

// series collects the numeric values of the readings.
type series struct {
	promises map[string]Promise
	of       map[string]*Quantity
	last     map[string]float64
	steps    map[string][]float64
	runs     map[string]int
	left     int // values of quantities above the bound
}

func (s *series) take(values json.RawMessage) {
	var v any
	if len(values) == 0 || json.Unmarshal(values, &v) != nil {
		return
	}
	s.walk("", v, 0)
}

func (s *series) walk(name string, v any, depth int) {
	join := func(member string) string {
		if name == "" {
			return member
		}
		return name + "." + member
	}
	switch v := v.(type) {
	case float64:
		s.add(name, v)
	case map[string]any:
		if depth == maxDepth {
			return
		}
		members := make([]string, 0, len(v))
		for m := range v {
			members = append(members, m)
		}
		slices.Sort(members) // which quantities are left out must not depend on chance
		for _, m := range members {
			s.walk(join(m), v[m], depth+1)
		}
	case []any:
		if depth == maxDepth {
			return
		}
		for i, one := range v[:min(len(v), maxElements)] {
			s.walk(join(strconv.Itoa(i)), one, depth+1)
		}
	}
}

func (s *series) add(name string, x float64) {
	q := s.of[name]
	switch {
	case name == "" || len(name) > maxName || math.Abs(x) > maxNumber:
		s.left++
		return
	case q == nil && len(s.of) == maxQuantities:
		s.left++
		return
	case q == nil:
		q = &Quantity{Name: name, Min: x, Max: x}
		if p, ok := s.promises[name]; ok {
			q.Promised = &p
		}
		s.of[name] = q
	}
	if q.Count > 0 {
		step := math.Abs(x - s.last[name])
		s.steps[name] = append(s.steps[name], step)
		q.LargestJump = max(q.LargestJump, step)
	}
	if q.Count > 0 && x == s.last[name] {
		s.runs[name]++
		q.Repeated++ // a count until done
	} else {
		s.runs[name] = 1
	}
	q.LongestRun = max(q.LongestRun, s.runs[name])
	s.last[name] = x
	q.Count++
	q.Min, q.Max = min(q.Min, x), max(q.Max, x)
	q.Mean += (x - q.Mean) / float64(q.Count)
	if p := q.Promised; p != nil && (p.Min != nil && x < *p.Min || p.Max != nil && x > *p.Max) {
		q.Outside++
	}
}

func (s *series) done() []Quantity {
	all := make([]Quantity, 0, len(s.of)+len(s.promises))
	for name, p := range s.promises { // what was promised and never came is told, too
		if s.of[name] == nil {
			all = append(all, Quantity{Name: name, Promised: &p})
		}
	}
	for name, q := range s.of {
		mean := 0.0
		for i, step := range s.steps[name] {
			mean += (step - mean) / float64(i+1)
		}
		for _, step := range s.steps[name] {
			if step > 5*mean {
				q.Jumps++
			}
		}
		if q.Count > 1 {
			q.Repeated /= float64(q.Count - 1)
		}
		all = append(all, *q)
	}
	slices.SortFunc(all, func(a, b Quantity) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// promises reads what the terms promise of quantities; nothing if they do not.
func promises(terms string) map[string]Promise {
	t, err := offer.Read([]byte(terms))
	if err != nil {
		return nil // verify says so of the document itself
	}
	all := map[string]Promise{}
	for _, q := range t.Quantities {
		if q.Min != nil || q.Max != nil {
			all[q.Name] = Promise{q.Min, q.Max}
		}
	}
	return all
}
