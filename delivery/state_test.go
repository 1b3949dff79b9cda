package delivery

import (
	"log/slog"
	"maps"
	"slices"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// The tables are walked: every state is reached, every state that is not an end is left,
// and what the table does not name is told and moves nothing.
func TestEveryStateIsReachedAndLeftByTheTable(t *testing.T) {
	reach := func(start int, next func(int) []int) map[int]bool {
		seen, todo := map[int]bool{start: true}, []int{start}
		for len(todo) > 0 {
			for _, n := range next(todo[0]) {
				if !seen[n] {
					seen[n] = true
					todo = append(todo, n)
				}
			}
			todo = todo[1:]
		}
		return seen
	}
	lines := reach(int(lineUnknown), func(s int) (to []int) {
		if !slices.Contains(QueueStates(), queueStates[lineState(s)]) {
			t.Errorf("a buyer is told %q of a line that is %s", queueStates[lineState(s)], lineState(s))
		}
		for n := range maps.Values(lineTable[lineState(s)]) {
			to = append(to, int(n))
		}
		return to
	})
	for s := lineUnknown; s <= lineStale; s++ {
		if !lines[int(s)] {
			t.Errorf("a line never becomes %s", s)
		}
		back := reach(int(s), func(s int) (to []int) {
			for n := range maps.Values(lineTable[lineState(s)]) {
				to = append(to, int(n))
			}
			return to
		})
		if !back[int(lineReady)] {
			t.Errorf("from %s no line sends again", s)
		}
	}
	all := map[int]bool{int(laneBroken): true, int(lanePull): true}
	for _, start := range []laneState{laneOpen, laneBroken, lanePull} {
		maps.Copy(all, reach(int(start), func(s int) (to []int) {
			for n := range maps.Values(laneTable[laneState(s)]) {
				to = append(to, int(n))
			}
			return to
		}))
	}
	for s := laneOpen; s <= laneRetired; s++ {
		if !all[int(s)] {
			t.Errorf("a lane never becomes %s", s)
		}
		if _, ok := laneTable[s][laneRetire]; !ok {
			t.Errorf("a lane that is %s cannot be replaced", s)
		}
	}
}

// Every event of every state is tried on a line with every kind of content.
func TestEveryTransitionMovesAsTheTableSaysAndOthersNowhere(t *testing.T) {
	for s := lineUnknown; s <= lineStale; s++ {
		for e := lineHot; e <= lineResume; e++ {
			c := NewCourier(CourierConfig{}, nil, nil, nil, nil, nil, slog.New(slog.DiscardHandler))
			var bugs []string
			c.bug = func(what, state, event string) { bugs = append(bugs, what+" "+state+" "+event) }
			l := &lane{lines: map[market.PurchaseID]*line{}}
			q := &line{purchase: 1, state: s, lane: l, mem: []Parcel{{}}}
			l.lines[1] = q
			if s == lineReady {
				l.hot = 1
			}
			c.on(q, e)
			want, ok := lineTable[s][e]
			if !ok {
				want = s
			}
			if q.state != want || (len(bugs) == 0) != ok {
				t.Errorf("%s + %s became %s, want %s; bugs %v", s, e, q.state, want, bugs)
			}
			if hot := q.state == lineReady; (l.hot == 1) != hot {
				t.Errorf("%s + %s: %d parcels counted as ready, the line is %s", s, e, l.hot, q.state)
			}
			if q.state == lineUnknown && ok && (q.lane != nil || len(l.lines) > 0) {
				t.Errorf("%s + %s: a line whose destination is unknown still has a lane", s, e)
			}
		}
	}
	for s := laneOpen; s <= laneRetired; s++ {
		for e := laneTake; e <= laneRetire; e++ {
			c := NewCourier(CourierConfig{}, nil, nil, nil, nil, nil, slog.New(slog.DiscardHandler))
			bugs := 0
			c.bug = func(string, string, string) { bugs++ }
			l := &lane{state: s}
			c.onLane(l, e)
			want, ok := laneTable[s][e]
			if !ok {
				want = s
			}
			if l.state != want || (bugs == 0) != ok {
				t.Errorf("lane %s + %s became %s, want %s", s, e, l.state, want)
			}
		}
	}
	if len(slices.Collect(maps.Keys(lineTable))) != int(lineStale)+1 || len(laneTable) != int(laneRetired)+1 {
		t.Error("a state has no row")
	}
}
