package intake

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// gatewaysMax bounds the gateways whose silence is noticed, gatewaysNamed those a condition names.
const (
	gatewaysMax   = 10_000
	gatewaysNamed = 5
)

// forgetGateways makes room: of gateways that have hardly been heard, those that were not heard
// lately are forgotten, as who may publish can invent as many as he likes. It looks at most once a
// minute.
func (f *Frames) forgetGateways(now time.Time) {
	if now.Sub(f.forgotAt) < time.Minute {
		return
	}
	f.forgotAt = now
	for id, r := range f.gateways {
		if last, _ := r.Last(); r.Usual() == 0 && now.Sub(last) > time.Minute {
			delete(f.gateways, id)
		}
	}
}

// LookAtGateways names gateways that fell silent, of those heard often enough to know how often they
// usually are: all in one condition, whose text names a few.
func (f *Frames) LookAtGateways(c *health.Conditions, now time.Time) {
	f.gatewaysMu.Lock()
	defer f.gatewaysMu.Unlock()
	var silent []silentGateway
	known := 0
	for id, r := range f.gateways {
		usual := r.Usual()
		if usual == 0 {
			continue
		}
		known++
		if quiet, long := r.Silent(now, time.Time{}); long {
			silent = append(silent, silentGateway{id, quiet, usual})
		}
	}
	c.Set(len(silent) > 0, health.Condition{Code: "gateway_silent", Subject: f.in.Name, Text: gatewaysText(silent, known)})
}

type silentGateway struct {
	id           lorawan.DevEUI
	quiet, usual time.Duration
}

// gatewaysText says which gateways are silent, those that fell silent last first.
func gatewaysText(silent []silentGateway, known int) string {
	if len(silent) == 0 {
		return ""
	}
	slices.SortFunc(silent, func(a, b silentGateway) int {
		return cmp.Or(cmp.Compare(a.quiet, b.quiet), bytes.Compare(a.id[:], b.id[:]))
	})
	var named []string
	for _, g := range silent[:min(len(silent), gatewaysNamed)] {
		named = append(named, fmt.Sprintf("%s (for %v, usually every %v)", g.id, g.quiet.Round(time.Second), g.usual))
	}
	if more := len(silent) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("of %d gateways %d have fallen silent: %s. Look at their power and their network connection", known, len(silent), strings.Join(named, ", "))
}

// Gateways counts those heard since the start.
func (f *Frames) Gateways() int {
	f.gatewaysMu.Lock()
	defer f.gatewaysMu.Unlock()
	return len(f.gateways)
}
