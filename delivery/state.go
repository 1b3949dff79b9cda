package delivery

// lineState is where the queue of a purchase stands: always exactly one of these.
type lineState uint8

const (
	lineUnknown  lineState = iota // its destination is being looked up
	lineUnrouted                  // the buyer has set no destination
	lineIdle                      // nothing waits
	lineCold                      // parcels wait on disk, none in memory
	lineLoading                   // they are being read
	lineReady                     // parcels wait in memory
	lineHeld                      // the first may not be sent now
	lineBound                     // some are part of a batch: none may overtake them
	lineStale                     // bound or loading, and the destination has changed meanwhile
)

func (s lineState) String() string {
	return [...]string{"unknown", "unrouted", "idle", "cold", "loading", "ready", "held", "bound", "stale"}[s]
}

// lineEvent is what may happen to a line. What is left after most of them is told by
// three events: hot (parcels in memory), cold (on disk), empty.
type lineEvent uint8

const (
	lineHot    lineEvent = iota // there are parcels in memory
	lineDisk                    // there are parcels on disk only
	lineEmpty                   // there are none
	lineLost                    // no destination was found
	lineRead                    // reading begins
	lineTake                    // parcels went into a batch
	lineHold                    // the first may not be sent now
	lineReset                   // the destination, or what waits, is to be looked at again
	lineLand                    // a batch or a read that is stale is over
	lineResume                  // a batch of a former run holds some
)

func (e lineEvent) String() string {
	return [...]string{"hot", "cold", "empty", "lost", "read", "take", "hold", "reset", "land", "resume"}[e]
}

// lineTable has every transition of a line; what is not in it does not happen.
var lineTable = map[lineState]map[lineEvent]lineState{
	lineUnknown:  {lineHot: lineReady, lineDisk: lineCold, lineEmpty: lineIdle, lineLost: lineUnrouted, lineReset: lineUnknown, lineResume: lineBound},
	lineUnrouted: {lineReset: lineUnknown},
	lineIdle:     {lineHot: lineReady, lineDisk: lineCold, lineReset: lineUnknown},
	lineCold:     {lineRead: lineLoading, lineReset: lineUnknown},
	lineLoading:  {lineHot: lineReady, lineDisk: lineCold, lineEmpty: lineIdle, lineReset: lineStale},
	lineReady:    {lineTake: lineBound, lineHold: lineHeld, lineDisk: lineCold, lineEmpty: lineIdle, lineReset: lineUnknown},
	lineHeld:     {lineHot: lineReady, lineDisk: lineCold, lineEmpty: lineIdle, lineReset: lineUnknown},
	lineBound:    {lineHot: lineReady, lineDisk: lineCold, lineEmpty: lineIdle, lineReset: lineStale},
	lineStale:    {lineReset: lineStale, lineLand: lineUnknown},
}

// laneState is where a destination stands.
type laneState uint8

const (
	laneOpen    laneState = iota // it takes parcels, as far as is known
	laneResting                  // it refused: the next attempt waits for its time
	laneProbing                  // that attempt is under way
	laneGone                     // its buyer switched it off
	laneBroken                   // its configuration cannot be opened
	lanePull                     // nothing is sent: the buyer fetches
	laneRetired                  // another configuration took its place
)

func (s laneState) String() string {
	return [...]string{"open", "resting", "probing", "gone", "broken", "pull", "retired"}[s]
}

// laneEvent is what may happen to a lane.
type laneEvent uint8

const (
	laneTake   laneEvent = iota // an attempt was taken, or what was sent was judged
	laneFail                    // an attempt was not
	laneProbe                   // an attempt begins though the last one failed
	laneAbort                   // an attempt ended for reasons of the bridge's own
	laneOff                     // the buyer switched it off
	laneRetire                  // its configuration was replaced or removed
)

func (e laneEvent) String() string {
	return [...]string{"take", "fail", "probe", "abort", "off", "retire"}[e]
}

// laneTable has every transition of a lane. Attempts that were under way when the state
// changed end in it.
var laneTable = map[laneState]map[laneEvent]laneState{
	laneOpen:    {laneTake: laneOpen, laneFail: laneResting, laneAbort: laneOpen, laneOff: laneGone, laneRetire: laneRetired},
	laneResting: {laneTake: laneOpen, laneFail: laneResting, laneProbe: laneProbing, laneAbort: laneResting, laneOff: laneGone, laneRetire: laneRetired},
	laneProbing: {laneTake: laneOpen, laneFail: laneResting, laneAbort: laneResting, laneOff: laneGone, laneRetire: laneRetired},
	laneGone:    {laneTake: laneGone, laneFail: laneGone, laneAbort: laneGone, laneOff: laneGone, laneRetire: laneRetired},
	laneBroken:  {laneRetire: laneRetired},
	lanePull:    {laneRetire: laneRetired},
	laneRetired: {laneTake: laneRetired, laneFail: laneRetired, laneAbort: laneRetired, laneOff: laneRetired, laneRetire: laneRetired},
}

// on moves a line on. A transition that is not in the table is a bug: it is told, and
// nothing moves.
func (c *Courier) on(q *line, e lineEvent) {
	to, ok := lineTable[q.state][e]
	if !ok {
		c.bug("line", q.state.String(), e.String())
		return
	}
	if q.state == lineReady {
		q.lane.hot -= len(q.mem)
	}
	q.state = to
	switch to {
	case lineReady:
		if q.lane.hot == 0 {
			q.lane.since = c.now()
		}
		q.lane.hot += len(q.mem)
		q.lane.ready = append(q.lane.ready, q)
	case lineCold:
		q.lane.cold = append(q.lane.cold, q)
	case lineHeld:
		q.lane.held = append(q.lane.held, q)
	case lineUnknown:
		if q.lane != nil {
			delete(q.lane.lines, q.purchase)
			q.lane = nil
		}
		q.gen++
		c.lookUp(q)
	}
}

// onLane moves a lane on.
func (c *Courier) onLane(l *lane, e laneEvent) {
	to, ok := laneTable[l.state][e]
	if !ok {
		c.bug("lane", l.state.String(), e.String())
		return
	}
	l.state = to
}
