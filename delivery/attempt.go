package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// pump has a lane start whatever it may start now, and read what it will need next.
// Called with mu held.
func (c *Courier) pump(l *lane) {
	if c.over() {
		return
	}
	c.preload(l)
	if now := c.now(); c.wants(l, now) {
		c.slots.wait(l, now)
		c.grant(now)
	}
	c.preload(l)
}

// grant gives free slots to the lanes whose turn it is, one each time.
func (c *Courier) grant(now time.Time) {
	for l := c.slots.next(now); l != nil; l = c.slots.next(now) {
		c.slots.leave(l)
		if !c.wants(l, now) {
			continue
		}
		if b := c.pick(l, now); b != nil {
			c.launch(l, b)
		}
		c.preload(l)
		if c.wants(l, now) {
			c.slots.wait(l, now)
		}
	}
}

// wants says whether a lane has something to hand over now. If not, whatever ends the
// wait calls pump again.
func (c *Courier) wants(l *lane, now time.Time) bool {
	switch {
	case l.state != laneOpen && l.state != laneResting, l.busy >= l.limits.Window:
		return false
	case now.Before(l.pause):
		c.arm(l, l.pause)
		return false
	case l.state == laneResting && now.Before(l.due):
		c.arm(l, l.due)
		return false
	case c.again(l, now) != nil:
		return true
	}
	fresh, due := c.full(l, now)
	if !fresh {
		c.arm(l, due)
	}
	return fresh
}

// pick chooses what a lane that wants to hand something over does: what was refused and
// is due goes first, except that every other probe is of a single fresh parcel, which
// tells whether the destination refuses or dislikes what it was sent.
func (c *Courier) pick(l *lane, now time.Time) *batch {
	again := c.again(l, now)
	if l.state == laneResting && l.hot > 0 && (again == nil || l.streak%2 == 1) {
		if b := c.form(l, 1); b != nil {
			return b
		}
	}
	if again != nil {
		l.failed = without(l.failed, again)
		return again
	}
	if fresh, _ := c.full(l, now); !fresh {
		return nil
	}
	return c.form(l, l.limits.Parcels)
}

// again is the refused batch whose time has come; those that may not be sent any more
// are taken apart.
func (c *Courier) again(l *lane, now time.Time) (next *batch) {
	for _, b := range slices.Clone(l.failed) {
		if l.state == laneOpen && now.Before(b.due) || !b.leads() {
			continue
		}
		switch c.standing(b) {
		case market.Cancel: // the next batch drops what is to be dropped
			l.failed = without(l.failed, b)
			c.dissolve(l, b)
			continue
		case market.Hold:
			b.due = now.Add(time.Second)
			continue
		}
		if next == nil || b.due.Before(next.due) {
			next = b
		}
	}
	return next
}

// leads says whether no other batch holds earlier parcels of the same lines.
func (b *batch) leads() bool {
	for _, q := range b.lines {
		if q.batches[0] != b {
			return false
		}
	}
	return true
}

// standing is the worst standing of a batch's parcels.
func (c *Courier) standing(b *batch) market.Standing {
	worst := market.Deliver
	for i := range b.Parcels {
		switch c.gate.Standing(b.Parcels[i].Purchase, b.Parcels[i].Seq, b.Parcels[i].Received) {
		case market.Cancel:
			return market.Cancel
		case market.Hold:
			worst = market.Hold
		}
	}
	return worst
}

// full says whether a fresh batch is worth sending: it is full, or the oldest parcel has
// waited long enough for others; else when it will be, zero for not before more comes.
func (c *Courier) full(l *lane, now time.Time) (ok bool, due time.Time) {
	switch {
	case l.hot == 0, l.debt.spent():
		return false, c.soonest(l)
	case l.hot >= l.limits.Parcels, l.state == laneResting:
		return true, time.Time{}
	case l.busy > 0 && l.limits.Parcels > 1 && l.limits.Wait > 0:
		return false, c.soonest(l) // what is under way ends soon; meanwhile the batch fills
	case now.Sub(l.since) >= l.limits.Wait:
		return true, time.Time{}
	}
	due = l.since.Add(l.limits.Wait)
	if s := c.soonest(l); !s.IsZero() && s.Before(due) {
		due = s
	}
	return false, due
}

// soonest is when the first of the refused batches is due; zero if there is none.
func (c *Courier) soonest(l *lane) (at time.Time) {
	for _, b := range l.failed {
		if !b.leads() {
			continue
		}
		if at.IsZero() || b.due.Before(at) {
			at = b.due
		}
	}
	return at
}

// arm has a lane looked at when its time has come.
func (c *Courier) arm(l *lane, at time.Time) {
	if at.IsZero() || c.over() {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(max(0, at.Sub(c.now())), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.pump(l)
	})
}

// form makes a batch of the fronts of a lane's lines. What may never be sent is dropped
// on the way, what was refused too long is parked.
func (c *Courier) form(l *lane, most int) *batch {
	b, size := &batch{}, 0
	for len(b.Parcels) < most && len(l.ready) > 0 && !l.debt.spent() {
		q := l.ready[0]
		l.ready[0] = nil
		l.ready = l.ready[1:]
		if q.state != lineReady || q.lane != l {
			continue
		}
		before := len(b.Parcels)
		held := c.draw(l, q, b, most, &size)
		switch {
		case len(b.Parcels) > before:
			c.on(q, lineTake)
			b.lines = append(b.lines, q)
			q.batches = append(q.batches, b)
		case held:
			c.on(q, lineHold)
		case len(q.mem) > 0: // it would make the batch too long
			l.ready = append([]*line{q}, l.ready...)
			most = len(b.Parcels)
		default:
			c.moveOn(q)
		}
	}
	l.since = c.now()
	if len(b.Parcels) == 0 {
		return nil
	}
	b.Batch = NewBatch(0, b.Parcels)
	b.seed(l.know, c.now())
	return b
}

// draw takes from the front of a line what fits into a batch; held says that the next may
// not be sent now.
func (c *Courier) draw(l *lane, q *line, b *batch, most int, size *int) (held bool) {
	var dropped, parked []uint32
	defer func() {
		c.setAside(l, q.purchase, ActionDropped, dropped, Reason{CodeUncovered, "the purchase does not cover it, or is over"})
		c.setAside(l, q.purchase, ActionParked, parked, Reason{CodeTooOld, "refused for longer than the retry schedule; last: " + l.why.Text})
	}()
	for len(q.mem) > 0 && len(b.Parcels) < most {
		p := &q.mem[0]
		switch c.gate.Standing(p.Purchase, p.Seq, p.Received) {
		case market.Hold:
			return true
		case market.Cancel:
			dropped = append(dropped, p.Seq)
			c.pop(q)
			continue
		}
		if l.state != laneOpen && min(c.now().Sub(p.Created), l.forHow) > c.span {
			parked = append(parked, p.Seq)
			c.pop(q)
			continue
		}
		if r, ok := l.know[p.Purchase]; ok && l.state == laneOpen && c.now().Before(r.due(c.now())) {
			return true // a former run has sent it, and its time has not come
		}
		owed := l.debt.owes(p.key())
		if !owed && !l.debt.may(p.Purchase) {
			return true
		}
		if *size += len(p.Body); l.limits.Bytes > 0 && *size > l.limits.Bytes && len(b.Parcels) > 0 {
			return false
		}
		if !owed {
			b.fresh = l.debt.fly(b.fresh, p.key())
		}
		b.Parcels = append(b.Parcels, *p)
		c.held++ // pop takes it off again
		c.pop(q)
	}
	return false
}

// pop takes the first parcel off a ready line.
func (c *Courier) pop(q *line) {
	q.next = q.mem[0].Seq + 1
	q.mem[0] = Parcel{}
	q.mem = q.mem[1:]
	c.held--
	q.lane.hot--
}

// setAside parks or drops parcels, in a while.
func (c *Courier) setAside(l *lane, p market.PurchaseID, action string, seqs []uint32, why Reason) {
	if len(seqs) == 0 {
		return
	}
	c.meter.SetAside(action, why.Code, len(seqs))
	if action == ActionParked {
		l.parked += uint64(len(seqs))
		c.job(func() { c.out.Park(p, seqs, why, nil) })
		return
	}
	l.dropped += uint64(len(seqs))
	c.job(func() { c.out.Drop(p, seqs, why, nil) })
}

// launch starts an attempt.
func (c *Courier) launch(l *lane, b *batch) {
	now, again := c.now(), len(b.fresh) == 0 // what was formed just now is counted
	if l.state == laneResting {
		c.onLane(l, laneProbe)
	}
	l.busy++
	for i := 0; i < len(b.Parcels) && again; i++ {
		if p := &b.Parcels[i]; !l.debt.owes(p.key()) {
			b.fresh = l.debt.fly(b.fresh, p.key())
		}
	}
	c.slots.take(l, now)
	b.began, b.ahead = now, len(b.fresh) > 0 && l.debt.taken < creditProven
	l.air = append(l.air, b)
	t := task{l, l.sink, b}
	select {
	case c.tasks <- t:
	default:
		c.ended.Go(func() { c.work(t) })
	}
}

// task is an attempt to be made.
type task struct {
	lane  *lane
	sink  Sink
	batch *batch
}

// idleMost bounds the goroutines that wait for an attempt.
const idleMost = 64

// work makes an attempt, then others: a goroutine that has one behind it has a stack that is large
// enough.
func (c *Courier) work(t task) {
	for {
		c.land(t.lane, t.batch, c.attempt(t.lane, t.sink, t.batch))
		t = task{}
		if c.idle.Add(1) > idleMost {
			c.idle.Add(-1)
			return
		}
		select {
		case t = <-c.tasks:
			c.idle.Add(-1)
		case <-c.ctx.Done():
			return
		}
	}
}

// attempt hands a batch over once.
func (c *Courier) attempt(l *lane, sink Sink, b *batch) (res Result) {
	ctx, cancel := context.WithTimeout(c.ctx, c.cfg.Timeout)
	defer cancel()
	if l.limits.Bounded && !b.written {
		if err := c.begin(ctx, l, b); err != nil {
			return Failed(CodeOwn, "the ledger does not answer")
		}
	}
	if b.ahead {
		done := make(chan error, 1)
		c.note(l, b, func(err error) { done <- err })
		select {
		case err := <-done:
			if err != nil {
				return Failed(CodeOwn, "the ledger does not answer")
			}
		case <-ctx.Done():
			return Failed(CodeOwn, "the ledger does not answer")
		}
	}
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("bug: a sink panicked", "kind", l.Kind, "panic", fmt.Sprintf("%T", r))
			res = Failed(CodeOwn, "the bridge has a fault in this kind of storage: its operator sees it in the log")
		}
	}()
	res = sink.Deliver(ctx, b.Batch)
	res.Taken = min(max(res.Taken, 0), len(b.Parcels))
	res.Never = slices.DeleteFunc(res.Never, func(n Never) bool { return n.Index < res.Taken || n.Index >= len(b.Parcels) })
	if res.Reason.None() && res.Taken+len(res.Never) < len(b.Parcels) {
		res.Reason = Reason{CodeProtocol, "it took fewer than it was given, and did not say why"}
	}
	return res
}

// outcome is what becomes of a batch's parcels.
type outcome struct {
	receipts []Receipt
	parked   []Never
	rest     []Parcel
}

// split sorts a batch's parcels. What is parked has been read, and stays owed.
func (c *Courier) split(l *lane, b *batch, res Result, now time.Time) (o outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.air = without(l.air, b)
	never := map[int]Reason{}
	for _, n := range res.Never {
		never[n.Index] = n.Reason
	}
	lone := len(b.Parcels) == 1 && res.Refused && res.Taken == 0 && len(never) == 0
	if lone && (b.cut || b.streak >= 3) { // a half hour of the schedule is enough for a mistake to be seen
		never[0] = res.Reason
	}
	forHow := max(l.forHow, b.forHow)
	for i := range b.Parcels {
		p := &b.Parcels[i]
		why, refused := never[i]
		switch {
		case i < res.Taken:
			o.receipts = append(o.receipts, Receipt{Purchase: p.Purchase, Seq: p.Seq, Digest: p.BodyDigest(), At: now.UTC(), Owed: b.noted || l.debt.owes(p.key())})
		case refused:
			o.parked = append(o.parked, Never{i, why})
		case !res.Reason.None() && res.Reason.Code != CodeOwn && min(now.Sub(p.Created), forHow) > c.span:
			o.parked = append(o.parked, Never{i, Reason{CodeTooOld, "refused for longer than the retry schedule; last: " + res.Reason.Text}})
		default:
			o.rest = append(o.rest, *p)
		}
	}
	return o
}

// land ends an attempt: receipts and parcels set aside go to the outbox, the rest waits
// for its time, the lane's health follows, and the slot is free.
func (c *Courier) land(l *lane, b *batch, res Result) {
	now := c.now()
	if c.ctx.Err() != nil && !res.Reason.None() {
		res.Reason.Code = CodeOwn // we hung up, not the buyer
	}
	o := c.book(l, b, res, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.meter.Attempted(l.Kind, res.Reason.Code, now.Sub(b.began), len(o.receipts))
	for _, n := range o.parked {
		c.setAside(l, b.Parcels[n.Index].Purchase, ActionParked, []uint32{b.Parcels[n.Index].Seq}, n.Reason)
	}
	c.judge(l, b, res, &o, now)
	c.held -= len(b.Parcels)
	c.keep(l, b, o, res, now)
	for i := range o.receipts {
		l.late.add(now.Sub(b.Parcels[i].Created))
	}
	l.busy--
	c.slots.give(l, now)
	if l.state == laneRetired && l.busy == 0 {
		l.close()
	}
	c.pump(l)
	if l.debt.starved {
		c.thaw(l.debt)
	}
	if !c.over() {
		c.grant(now)
	}
}

// book tells the outbox what became of a batch, and counts it in the debt of its buyer.
func (c *Courier) book(l *lane, b *batch, res Result, now time.Time) outcome {
	l.debt.order.Lock()
	defer l.debt.order.Unlock()
	o := c.split(l, b, res, now)
	var key *BatchKey
	if b.written && (len(o.rest) < len(b.Parcels) || res.Refused && len(b.Parcels) > 1) {
		key = &BatchKey{l.ID, b.First}
	}
	if len(o.receipts) > 0 || key != nil {
		c.out.Delivered(o.receipts, key, nil)
	}
	c.account(l, b, &o, res, now)
	return o
}

// judge moves a lane's health on.
func (c *Courier) judge(l *lane, b *batch, res Result, o *outcome, now time.Time) {
	taken := len(o.receipts)
	l.sent += uint64(taken)
	whole := len(b.Parcels) == taken
	switch {
	case res.Reason.None() || whole:
		c.recovered(l, b)
	case res.Gone:
		c.onLane(l, laneOff)
		l.why, l.whyAt = res.Reason, now
		c.remember(l, 0, &Refusals{Streak: l.streak + 1, For: l.forHow, Reason: res.Reason, At: now, Gone: true})
	case res.Reason.Code == CodeOwn:
		l.pause = now.Add(time.Second)
		if c.ctx.Err() == nil {
			c.own, c.ownAt = res.Reason, now
		}
		c.onLane(l, laneAbort)
	case res.Refused, len(res.Never) > 0: // it looked at what it was sent: the fault is there, and others need not wait
		c.heard(l)
		l.why, l.whyAt = res.Reason, now
		if len(b.Parcels) == 1 || !res.Refused { // else its halves will tell
			c.postpone(l, b, res, o, now)
		}
	default:
		c.refused(l, b, res, o, now)
	}
}

// heard ends a lane's refusals: it has judged what it was sent.
func (c *Courier) heard(l *lane) {
	c.onLane(l, laneTake)
	if l.streak > 0 {
		c.remember(l, 0, nil)
	}
	l.streak, l.forHow, l.last, l.due = 0, 0, time.Time{}, time.Time{}
}

// recovered ends a lane's refusals. After more than one of them everything that was
// refused is due at once; after a single one it may have been the parcel's.
func (c *Courier) recovered(l *lane, b *batch) {
	if l.streak > 1 {
		for _, o := range l.failed {
			o.due = time.Time{}
		}
	}
	c.heard(l)
	if b.streak > 0 {
		c.remember(l, b.Parcels[0].Purchase, nil)
	}
	l.why = Reason{}
}

// refused counts a refusal of a lane and of a batch. Attempts that were under way when
// the last refusal was counted are part of it.
func (c *Courier) refused(l *lane, b *batch, res Result, o *outcome, now time.Time) {
	c.onLane(l, laneFail)
	l.why, l.whyAt = res.Reason, now
	if !l.last.After(b.began) {
		if !l.last.IsZero() {
			l.forHow += now.Sub(l.last)
		}
		l.streak++
		l.last = now
		l.due = now.Add(c.pause(l.streak, res.After))
		c.remember(l, 0, &Refusals{Streak: l.streak, For: l.forHow, Reason: res.Reason, At: now, Due: l.due})
	}
	c.postpone(l, b, res, o, now)
}

// postpone counts a refusal of a batch, unless nothing of it is left.
func (c *Courier) postpone(l *lane, b *batch, res Result, o *outcome, now time.Time) {
	if len(o.rest) == 0 {
		if b.streak > 0 {
			c.remember(l, b.Parcels[0].Purchase, nil)
		}
		return
	}
	if !b.last.IsZero() {
		b.forHow += now.Sub(b.last)
	}
	b.streak++
	b.last = now
	b.due = now.Add(c.pause(b.streak, res.After))
	c.remember(l, b.Parcels[0].Purchase, &Refusals{Streak: b.streak, For: b.forHow, Reason: res.Reason, At: now, Due: b.due})
}

func (c *Courier) remember(l *lane, p market.PurchaseID, r *Refusals) {
	c.job(func() { c.out.Remember(l.ID, p, r, nil) })
}

// keep files what is left of a batch, and lets go the lines it holds nothing of.
func (c *Courier) keep(l *lane, b *batch, o outcome, res Result, now time.Time) {
	if len(o.rest) > 0 && (l.state == laneRetired || c.ctx.Err() != nil) {
		c.held += len(o.rest)
		c.giveBack(b, o.rest)
		return
	}
	var left []*batch
	switch {
	case len(o.rest) == 0:
	case len(o.rest) < len(b.Parcels):
		left = append(left, b.part(o.rest))
	case res.Refused && len(b.Parcels) > 1:
		half := len(b.Parcels) / 2
		for _, ps := range [][]Parcel{b.Parcels[:half], b.Parcels[half:]} {
			one := b.part(ps)
			one.cut, one.due = true, now
			left = append(left, one)
		}
	default:
		if res.Reason.Code == CodeOwn {
			b.due = now.Add(time.Second)
		}
		left = append(left, b)
	}
	for _, one := range left {
		c.held += len(one.Parcels)
		l.failed = append(l.failed, one)
	}
	for _, q := range b.lines {
		var holding []*batch // takes the place of b
		for _, one := range left {
			if slices.Contains(one.lines, q) {
				holding = append(holding, one)
			}
		}
		at := slices.Index(q.batches, b)
		q.batches = slices.Replace(q.batches, at, at+1, holding...)
		if q.state == lineStale && len(holding) > 0 { // its buyer has left: nothing more of it goes here
			c.release(l, q)
		} else {
			c.unbound(q)
		}
	}
	if l.state != laneOpen {
		c.spill(l)
	}
}

// part is a batch of some of a batch's parcels.
func (b *batch) part(ps []Parcel) *batch {
	one := &batch{Batch: NewBatch(0, ps), cut: b.cut, streak: b.streak, forHow: b.forHow, last: b.last, due: b.due}
	for _, q := range b.lines {
		if slices.ContainsFunc(ps, func(p Parcel) bool { return p.Purchase == q.purchase }) {
			one.lines = append(one.lines, q)
		}
	}
	return one
}

// spill leaves on disk what a lane that rests holds in memory.
func (c *Courier) spill(l *lane) {
	if l.hot <= lineMax {
		return
	}
	for _, q := range l.ready {
		if q != nil && q.state == lineReady && q.lane == l && l.hot > lineMax {
			c.unload(q)
			c.on(q, lineDisk)
		}
	}
}
