package delivery

import (
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// State is what a destination is doing, in the words of its buyer.
type State string

// The states of a destination.
const (
	StateIdle      State = "idle"      // nothing waits
	StateSending   State = "sending"   // attempts are under way
	StateWaiting   State = "waiting"   // for a batch to fill, or for its turn
	StateHeld      State = "held"      // what waits may not be sent now: a purchase is not confirmed, or the chain is silent
	StateRetrying  State = "retrying"  // the last attempt failed
	StateSuspended State = "suspended" // so did many before it: probes only
	StateUnpaid    State = "unpaid"    // readings that were sent are not taken: no others are sent
	StateGone      State = "gone"      // the buyer switched it off (410)
	StateBroken    State = "broken"    // its configuration cannot be opened
	StatePull      State = "pull"      // the buyer fetches
	StateUnused    State = "unused"    // none of its purchases had a parcel since the bridge started
)

// Standing is how a destination does. Counts are since the bridge started.
type Standing struct {
	Destination DestinationID  `json:"id"`
	Buyer       common.Address `json:"buyer"`
	Name        string         `json:"name"`
	Kind        string         `json:"kind"`
	Host        string         `json:"host,omitempty"`
	State       State          `json:"state"`
	Streak      int            `json:"failures"` // in a row
	Next        time.Time      `json:"next_attempt,omitzero"`
	LastError   Reason         `json:"last_error,omitzero"`
	LastErrorAt time.Time      `json:"last_error_at,omitzero"`
	UnderWay    int            `json:"under_way"` // attempts
	Unpaid      int            `json:"unpaid"`    // readings sent to the buyer, to any of his destinations, that were not taken; kept over restarts
	Purchases   int            `json:"purchases"` // with parcels since the start
	Delivered   uint64         `json:"delivered"` // accepted by the storage, or fetched and acknowledged
	Parked      uint64         `json:"parked"`
	Dropped     uint64         `json:"dropped"`
	P50         float64        `json:"lateness_p50_seconds"` // from posting to receipt
	P99         float64        `json:"lateness_p99_seconds"`
}

// Standings tells how the destinations do, by buyer and name.
func (c *Courier) Standings() []Standing {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Standing, 0, len(c.lanes))
	for _, l := range c.lanes {
		all = append(all, c.standingOf(l))
	}
	slices.SortFunc(all, func(a, b Standing) int {
		if n := a.Buyer.Cmp(b.Buyer); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

// StandingOf tells how one destination does; ok is false if none of its purchases had a
// parcel since the start.
func (c *Courier) StandingOf(id DestinationID) (s Standing, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lanes[id]
	if l == nil {
		return Standing{}, false
	}
	return c.standingOf(l), true
}

// Unrouted counts purchases with parcels and no destination.
func (c *Courier) Unrouted() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.lines {
		if q.state == lineUnrouted {
			n++
		}
	}
	return n
}

// QueueState is where the readings of a purchase stand that wait, in the words of its buyer.
type QueueState string

// The states of a queue. Those it shares with destinations mean the same.
const (
	QueueIdle     QueueState = "idle"     // nothing waits
	QueueWaiting  QueueState = "waiting"  // for its turn, or for a batch to fill
	QueueSending  QueueState = "sending"  // some are part of an attempt, or of one that is made again: none may overtake them
	QueueHeld     QueueState = "held"     // the first may not be sent now
	QueueUnrouted QueueState = "unrouted" // the purchase has no destination
)

// queueStates says in the buyer's words where a line stands.
var queueStates = map[lineState]QueueState{
	lineUnknown: QueueWaiting, lineUnrouted: QueueUnrouted, lineIdle: QueueIdle, lineCold: QueueWaiting, lineLoading: QueueWaiting,
	lineReady: QueueWaiting, lineHeld: QueueHeld, lineBound: QueueSending, lineStale: QueueSending,
}

// QueueStates lists them.
func QueueStates() []QueueState {
	return []QueueState{QueueIdle, QueueWaiting, QueueSending, QueueHeld, QueueUnrouted}
}

// Queue tells where a purchase's queue stands.
func (c *Courier) Queue(p market.PurchaseID) QueueState {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.lines[p]; q != nil {
		return queueStates[q.state]
	}
	return QueueIdle
}

// Fetched counts readings of a purchase that its buyer fetched and acknowledged among those its destination
// delivered, if it has one.
func (c *Courier) Fetched(p market.PurchaseID, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.lines[p]; q != nil && q.lane != nil {
		q.lane.sent += uint64(n)
	}
}

func (c *Courier) standingOf(l *lane) Standing {
	s := Standing{
		Destination: l.ID, Buyer: l.Buyer, Name: l.Name, Kind: l.Kind, Host: l.host, State: c.stateOf(l),
		Streak: l.streak, LastError: l.why, LastErrorAt: l.whyAt, UnderWay: l.busy, Unpaid: len(l.debt.owed), Purchases: len(l.lines),
		Delivered: l.sent, Parked: l.parked, Dropped: l.dropped,
		P50: l.late.quantile(.5).Seconds(), P99: l.late.quantile(.99).Seconds(),
	}
	if l.why.None() {
		s.LastErrorAt = time.Time{}
	}
	switch {
	case l.state == laneResting:
		s.Next = l.due
	case s.State == StateRetrying:
		s.Next = c.nextTry(l)
	case s.State == StateUnpaid:
		s.LastError = l.debt.reason(l.why)
	}
	return s
}

// nextTry is when the first reading is sent again that was refused while others are taken.
func (c *Courier) nextTry(l *lane) time.Time {
	next := c.soonest(l)
	for _, q := range l.held {
		if r, ok := l.know[q.purchase]; ok && (next.IsZero() || r.Due.Before(next)) {
			next = r.Due
		}
	}
	return next
}

func (c *Courier) stateOf(l *lane) State {
	switch l.state {
	case laneGone:
		return StateGone
	case laneBroken:
		return StateBroken
	case lanePull:
		return StatePull
	case laneResting, laneProbing:
		if l.streak >= c.cfg.SuspendAfter {
			return StateSuspended
		}
		return StateRetrying
	}
	switch {
	case l.busy > 0:
		return StateSending
	case l.debt.starved && (len(l.held) > 0 || len(l.cold) > 0 || l.hot > 0):
		return StateUnpaid
	case slices.ContainsFunc(l.failed, func(b *batch) bool { return b.streak > 0 || b.cut }):
		return StateRetrying
	case len(l.failed) > 0: // for want of something of the bridge's own
		return StateWaiting
	case l.hot > 0 || len(l.cold) > 0:
		return StateWaiting
	case slices.ContainsFunc(l.held, func(q *line) bool { _, ok := l.know[q.purchase]; return ok }):
		return StateRetrying
	case len(l.held) > 0:
		return StateHeld
	}
	return StateIdle
}

// OwnFault is the last attempt that failed for reasons of the bridge's own, and when.
func (c *Courier) OwnFault() (Reason, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.own, c.ownAt
}
