package delivery

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// A reading that was sent, or shown to who fetches it, may have been read, whatever the answer
// was. So a buyer is given few that he has not taken (or acknowledged) yet, whichever purchases
// and destinations he has and however often they change: the first ones as many as CreditFirst,
// and one more for each he takes. While some of what he was given is not taken no more than
// CreditDoubt are. Giving him such a one again is free.
const (
	CreditFirst = 10             // readings that a buyer who has taken none may be given
	CreditDoubt = 100            // that anybody may have been given and not have taken, when more are given
	creditMost  = 20_000         // under way to one buyer who takes everything
	creditFor   = 100            // readings taken, for which one that was not is forgiven
	creditAfter = 24 * time.Hour // after which one is: who fixes his storage gets on though all he owes is gone

	// A bridge that is killed knows only what is on disk. What is sent to who has taken fewer
	// than creditProven is written down before it leaves, what is sent to others when there is
	// no answer after creditNote.
	creditProven = 1_000
	creditNote   = time.Second
)

// ParcelKey names a parcel.
type ParcelKey struct {
	Purchase market.PurchaseID
	Seq      uint32
}

func (p *Parcel) key() ParcelKey { return ParcelKey{p.Purchase, p.Seq} }

// Debt is what must not be forgotten of a buyer, whatever becomes of his destinations and
// purchases.
type Debt struct {
	Taken uint64      // readings he has taken; what is written down may be as little as half of them
	Since time.Time   // when the last was forgiven, or when he began to owe
	Owed  []ParcelKey // that were sent or shown, and not taken
}

// DebtChange is what an attempt, or a look, changes of a debt. What a receipt pays for is not
// part of it: see Receipt.Owed.
type DebtChange struct {
	Taken uint64
	Since time.Time
	Owe   []ParcelKey
	Paid  []ParcelKey
}

// debt is a buyer's debt at work.
type debt struct {
	order sync.Mutex // held while it is changed and the change is handed to the outbox, so that both are in one order; before Courier.mu

	taken   uint64
	since   time.Time
	owed    map[ParcelKey]struct{}
	of      map[market.PurchaseID]int // how many of owed
	flying  int                       // readings under way that are not owed yet
	air     map[market.PurchaseID]int // how many of flying
	grace   int                       // readings taken since one was forgiven for them
	starved bool                      // something waits for credit
}

// newDebt takes up a debt as it was stored.
func newDebt(stored Debt) *debt {
	d := &debt{taken: stored.Taken, since: stored.Since, owed: map[ParcelKey]struct{}{}, of: map[market.PurchaseID]int{}, air: map[market.PurchaseID]int{}}
	for _, k := range stored.Owed {
		d.owe(k)
	}
	return d
}

func (d *debt) owe(k ParcelKey) bool {
	if d.owes(k) {
		return false
	}
	d.owed[k] = struct{}{}
	d.of[k.Purchase]++
	return true
}

func (d *debt) pay(k ParcelKey) bool {
	if !d.owes(k) {
		return false
	}
	delete(d.owed, k)
	if d.of[k.Purchase]--; d.of[k.Purchase] == 0 {
		delete(d.of, k.Purchase)
	}
	return true
}

func (d *debt) owes(k ParcelKey) bool { _, ok := d.owed[k]; return ok }

// limit is how many readings may be under way or owed at a time.
func (d *debt) limit() int {
	if len(d.owed) == 0 {
		return int(min(CreditFirst+d.taken, creditMost))
	}
	return int(min(CreditFirst+d.taken, CreditDoubt))
}

// may says whether a reading of a purchase that is not owed may be given. Each purchase leaves
// half of what is left to the others: if its readings are not taken, the fault may be its
// seller's.
func (d *debt) may(p market.PurchaseID) bool {
	ok := d.room(p)
	d.starved = d.starved || !ok
	return ok
}

func (d *debt) room(p market.PurchaseID) bool {
	out, its := len(d.owed)+d.flying, d.of[p]+d.air[p]
	return out < d.limit() && 2*its < d.limit()-out+its
}

// spent says that nothing may be sent before something lands: all the credit is under way. Where
// some is owed, what was sent before may be.
func (d *debt) spent() bool {
	spent := len(d.owed) == 0 && d.flying >= d.limit()
	d.starved = d.starved || spent
	return spent
}

// fly counts a reading that gets under way.
func (d *debt) fly(fresh []ParcelKey, k ParcelKey) []ParcelKey {
	d.flying++
	d.air[k.Purchase]++
	return append(fresh, k)
}

// down is what is to be written down of readings under way, or about to be shown.
func (d *debt) down(some []ParcelKey, now time.Time) DebtChange {
	if len(d.owed) == 0 {
		d.since = now
	}
	return DebtChange{Taken: d.taken, Since: d.since, Owe: some}
}

// land counts what became of readings that were under way; noted says that they are written
// down. sent are those that the other side may have seen and did not take.
func (d *debt) land(fresh []ParcelKey, noted bool, taken []Receipt, sent []ParcelKey, now time.Time) (c DebtChange, changed bool) {
	d.flying -= len(fresh)
	for _, k := range fresh {
		if d.air[k.Purchase]--; d.air[k.Purchase] == 0 {
			delete(d.air, k.Purchase)
		}
	}
	before := d.taken
	d.taken = min(d.taken+uint64(len(taken)), creditMost)
	paid := map[ParcelKey]struct{}{}
	for i := range taken {
		k := ParcelKey{taken[i].Purchase, taken[i].Seq}
		d.pay(k)
		if noted {
			paid[k] = struct{}{}
		}
	}
	if len(sent) > 0 && len(d.owed) == 0 {
		d.since = now
	}
	for _, k := range sent {
		if d.owe(k) {
			c.Owe = append(c.Owe, k)
		}
	}
	for _, k := range fresh { // written down, and never sent
		if _, taken := paid[k]; noted && !taken && !d.owes(k) {
			c.Paid = append(c.Paid, k)
		}
	}
	if d.grace += len(taken); len(d.owed) == 0 {
		d.grace = 0
	}
	for ; d.grace >= creditFor && len(d.owed) > 0; d.grace -= creditFor {
		c.Paid = append(c.Paid, d.forgive())
	}
	c.Taken, c.Since = d.taken, d.since
	return c, len(c.Owe)+len(c.Paid) > 0 || bits.Len64(d.taken) != bits.Len64(before) || d.taken == creditMost && before < creditMost
}

// forgive forgets the first reading that is owed.
func (d *debt) forgive() (first ParcelKey) {
	found := false
	for k := range d.owed {
		if !found || cmp.Or(cmp.Compare(k.Purchase, first.Purchase), cmp.Compare(k.Seq, first.Seq)) < 0 {
			first, found = k, true
		}
	}
	d.pay(first)
	return first
}

// lapse forgives one a day.
func (d *debt) lapse(now time.Time) (c DebtChange, ok bool) {
	if len(d.owed) == 0 || now.Sub(d.since) < creditAfter {
		return c, false
	}
	d.since = now
	return DebtChange{Taken: d.taken, Since: now, Paid: []ParcelKey{d.forgive()}}, true
}

// reason is what a buyer reads who gets no more for that.
func (d *debt) reason(last Reason) Reason {
	text := fmt.Sprintf("%d readings were sent or shown to you that you have not taken: no others are sent until some are; put your storage right (or acknowledge what you fetched), then `destination retry`, and `parcel replay` for what was parked", len(d.owed))
	return Reason{CodeUnpaid, Saying(text, last.Text)}
}

// debtOf finds a buyer's debt.
func (c *Courier) debtOf(buyer common.Address) (*debt, error) {
	c.mu.Lock()
	d := c.debts[buyer]
	c.mu.Unlock()
	if d != nil {
		return d, nil
	}
	stored, err := c.out.Debt(buyer)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.debts[buyer] == nil { // nobody has changed it meanwhile: who does has it from here
		c.debts[buyer] = newDebt(stored)
	}
	return c.debts[buyer], nil
}

// Show says which of some readings may be shown to their buyer, who fetches them: those he was
// given before, and, while he has credit, others; most of them at most. It returns when they
// are written down as owed.
func (c *Courier) Show(ctx context.Context, buyer common.Address, some []ParcelKey, most int) (may []bool, err error) {
	d, err := c.debtOf(buyer)
	if err != nil {
		return nil, err
	}
	may = make([]bool, len(some))
	done := make(chan error, 1)
	d.order.Lock()
	c.mu.Lock()
	change := d.down(nil, c.now())
	for i := 0; i < len(some) && most > 0; i++ {
		k := some[i]
		if !d.owes(k) {
			if !d.may(k.Purchase) {
				continue
			}
			d.owe(k)
			change.Owe = append(change.Owe, k)
		}
		may[i] = true
		most--
	}
	c.mu.Unlock()
	if len(change.Owe) > 0 {
		c.out.Owe(buyer, change, func(err error) { done <- err })
	} else {
		done <- nil
	}
	d.order.Unlock()
	select {
	case err := <-done:
		return may, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Acknowledged counts receipts that a buyer has made by himself, and are durable. freed says
// that readings had waited for it.
func (c *Courier) Acknowledged(buyer common.Address, receipts []Receipt) (freed bool, err error) {
	d, err := c.debtOf(buyer)
	if err != nil {
		return false, err
	}
	d.order.Lock()
	defer d.order.Unlock()
	c.mu.Lock()
	change, changed := d.land(nil, false, receipts, nil, c.now())
	if freed = d.starved; freed {
		c.thaw(d)
	}
	c.mu.Unlock()
	if changed {
		c.out.Owe(buyer, change, nil)
	}
	return freed, nil
}

// Unpaid says whether a buyer who fetches is shown no others of a purchase's readings for want
// of credit, and why.
func (c *Courier) Unpaid(buyer common.Address, p market.PurchaseID) (why Reason, out bool, err error) {
	d, err := c.debtOf(buyer)
	if err != nil {
		return why, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.room(p) {
		return why, false, nil
	}
	return d.reason(Reason{}), true, nil
}

// note writes down that readings of a batch are under way.
func (c *Courier) note(l *lane, b *batch, done func(error)) {
	l.debt.order.Lock()
	defer l.debt.order.Unlock()
	c.mu.Lock()
	under := !b.noted && slices.Contains(l.air, b)
	var change DebtChange
	if under {
		b.noted = true
		change = l.debt.down(slices.Clone(b.fresh), c.now())
	}
	c.mu.Unlock()
	switch {
	case under:
		c.out.Owe(l.Buyer, change, done)
	case done != nil:
		done(nil)
	}
}

// noteLate does so for those that are not answered at once.
func (c *Courier) noteLate() {
	type flight struct {
		l *lane
		b *batch
	}
	var late []flight
	c.mu.Lock()
	now := c.now()
	for _, l := range c.lanes {
		for _, b := range l.air {
			if !b.noted && len(b.fresh) > 0 && now.Sub(b.began) >= creditNote {
				late = append(late, flight{l, b})
			}
		}
	}
	c.mu.Unlock()
	for _, f := range late {
		c.note(f.l, f.b, nil)
	}
}

// thaw has a buyer's lanes looked at again: there may be credit.
func (c *Courier) thaw(d *debt) {
	d.starved = false
	for _, l := range c.lanes {
		if l.debt == d {
			c.unhold(l)
			c.pump(l)
		}
	}
}

// lapses forgives what time forgives, and has who waited for it looked at.
func (c *Courier) lapses() {
	c.mu.Lock()
	all := maps.Clone(c.debts)
	c.mu.Unlock()
	for buyer, d := range all {
		d.order.Lock()
		c.mu.Lock()
		change, ok := d.lapse(c.now())
		if ok {
			c.thaw(d)
		}
		c.mu.Unlock()
		if ok {
			c.out.Owe(buyer, change, nil)
		}
		d.order.Unlock()
	}
}

// account counts an attempt in the debt of its buyer, whose order is held.
func (c *Courier) account(l *lane, b *batch, o *outcome, res Result, now time.Time) {
	var sent []ParcelKey
	if c.ctx.Err() != nil || res.Reason.Code != CodeOwn && res.Reason.Code != CodeForbidden {
		for i := range b.Parcels {
			if i >= res.Taken {
				sent = append(sent, b.Parcels[i].key())
			}
		}
	}
	c.mu.Lock()
	change, changed := l.debt.land(b.fresh, b.noted, o.receipts, sent, now)
	b.fresh, b.noted = nil, false
	c.mu.Unlock()
	if changed {
		c.out.Owe(l.Buyer, change, nil)
	}
}
