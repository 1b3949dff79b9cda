// Package health is the list of named conditions that hold now: what `status`, /v1/health and
// the log tell an operator. It knows what each condition means and what to do about it, and
// nothing of how one is found out.
package health

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
)

// Condition is something an operator should know: what `status` and /v1/health show.
type Condition = api.Condition

// Conditions is the list of those that hold now.
type Conditions struct {
	mu    sync.Mutex
	holds map[[2]string]Condition
	quiet map[[2]string]bool // of those that hold: not logged, since nothing was seen to be wrong
	of    map[string]int     // how many hold of each code
	log   *slog.Logger
}

// ofOneCode is how many conditions of one code are told one by one: there can be as many as there
// are buyers or devices, and who reads a list of thousands reads nothing.
const ofOneCode = 20

// New makes an empty list; every change is logged.
func New(log *slog.Logger) *Conditions {
	return &Conditions{holds: map[[2]string]Condition{}, quiet: map[[2]string]bool{}, of: map[string]int{}, log: log}
}

// Raise says that a condition holds. Raising one that holds keeps its Since and
// is not logged again.
func (h *Conditions) Raise(c Condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := [2]string{c.Code, c.Subject}
	old, holds := h.holds[key]
	if c.Since = time.Now().UTC(); holds {
		c.Since = old.Since
	}
	h.holds[key] = c
	if !holds {
		h.of[c.Code]++
	}
	if !holds || h.quiet[key] {
		delete(h.quiet, key)
		switch n := h.of[c.Code]; {
		case n <= ofOneCode:
			h.log.Warn(c.Text, "code", c.Code, "subject", c.Subject)
		case n == ofOneCode+1:
			h.log.Warn("more conditions of this code hold than are logged one by one: `status` and the metric dbdao_conditions count them", "code", c.Code)
		}
	}
}

// Await says that a condition holds until something begins to work, as everything that is started
// does: it is listed, and logged only if it is raised, because that fails.
func (h *Conditions) Await(c Condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := [2]string{c.Code, c.Subject}
	if _, holds := h.holds[key]; !holds {
		h.of[c.Code]++
	}
	c.Since = time.Now().UTC()
	h.holds[key], h.quiet[key] = c, true
}

// Clear says that a condition no longer holds.
func (h *Conditions) Clear(code, subject string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := [2]string{code, subject}
	if old, ok := h.holds[key]; ok {
		delete(h.holds, key)
		n := h.of[code]
		if h.of[code]--; n == 1 {
			delete(h.of, code)
		}
		if h.quiet[key] || n > ofOneCode {
			delete(h.quiet, key)
			return
		}
		h.log.Info("recovered", "code", code, "subject", subject, "took", time.Since(old.Since).Round(time.Second).String())
	}
}

// Set raises or clears.
func (h *Conditions) Set(holds bool, c Condition) {
	if holds {
		h.Raise(c)
	} else {
		h.Clear(c.Code, c.Subject)
	}
}

// Told gives those that hold as a reader wants them: of each code the oldest, and in one more how
// many others there are.
func (h *Conditions) Told() []Condition {
	all := h.List()
	of, more := map[string]int{}, map[string]int{} // more: where in told a code's others are counted
	told := make([]Condition, 0, len(all))
	for _, c := range all {
		if of[c.Code]++; of[c.Code] <= ofOneCode {
			told = append(told, c)
			continue
		}
		at, ok := more[c.Code]
		if !ok {
			at = len(told)
			more[c.Code] = at
			told = append(told, Condition{Code: c.Code, Subject: "others", Since: c.Since})
		}
		told[at].Text = fmt.Sprintf("the same holds of %d others", of[c.Code]-ofOneCode)
	}
	return told
}

// List gives those that hold, oldest first.
func (h *Conditions) List() []Condition {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Condition, 0, len(h.holds))
	for _, c := range h.holds {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Condition) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
	})
	return all
}
