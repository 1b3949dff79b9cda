// Package health is the list of named conditions that hold now: what `status`, /v1/health and
// the log tell an operator. It knows what each condition means and what to do about it, and
// nothing of how one is found out.
package health

import (
	"cmp"
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
	log   *slog.Logger
}

// New makes an empty list; every change is logged.
func New(log *slog.Logger) *Conditions {
	return &Conditions{holds: map[[2]string]Condition{}, quiet: map[[2]string]bool{}, log: log}
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
	if !holds || h.quiet[key] {
		delete(h.quiet, key)
		h.log.Warn(c.Text, "code", c.Code, "subject", c.Subject)
	}
}

// Await says that a condition holds until something begins to work, as everything that is started
// does: it is listed, and logged only if it is raised, because that fails.
func (h *Conditions) Await(c Condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := [2]string{c.Code, c.Subject}
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
		if h.quiet[key] {
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
