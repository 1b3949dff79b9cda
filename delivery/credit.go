package delivery

import (
	"cmp"
	"fmt"
	"math/bits"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// A reading that was sent may have been read, whatever the answer was. So a buyer is given
// few that he has not taken yet, whichever destinations he has and however often they change:
// the first ones as many as CreditFirst, and one more for each he takes. While some of what
// was sent is not taken no more than creditDoubt are. Sending such a one again is free.
const (
	CreditFirst = 10             // readings that a buyer who has taken none may be sent
	creditDoubt = 100            // that anybody may have been sent and not have taken, when more are sent
	creditMost  = 20_000         // under way to one buyer who takes everything
	creditFor   = 100            // readings taken, for which one that was not is forgiven
	creditAfter = 24 * time.Hour // after which one is: who fixes his storage gets on though all he owes is gone
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
	Owed  []ParcelKey // that were sent, and not taken
}

// DebtChange is what an attempt changes of a debt.
type DebtChange struct {
	Taken uint64
	Since time.Time
	Owe   []ParcelKey
	Paid  []ParcelKey
}

// debt is a buyer's debt at work.
type debt struct {
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
	return int(min(CreditFirst+d.taken, creditDoubt))
}

// may says whether a reading of a purchase that is not owed may be sent. Each purchase leaves
// half of what is left to the others: if its readings are not taken, the fault may be its
// seller's.
func (d *debt) may(p market.PurchaseID) bool {
	out, its := len(d.owed)+d.flying, d.of[p]+d.air[p]
	ok := out < d.limit() && 2*its <= d.limit()-out+its
	d.starved = d.starved || !ok
	return ok
}

// spent says that nothing may be sent before something lands: all the credit is under way. Where
// some is owed, what was sent before may be.
func (d *debt) spent() bool {
	spent := len(d.owed) == 0 && d.flying >= d.limit()
	d.starved = d.starved || spent
	return spent
}

// fly counts a reading that gets under way.
func (d *debt) fly(fresh []market.PurchaseID, p market.PurchaseID) []market.PurchaseID {
	d.flying++
	d.air[p]++
	return append(fresh, p)
}

// land counts what became of readings that were under way. sent are those that the other
// side may have seen and did not take.
func (d *debt) land(fresh []market.PurchaseID, taken []Receipt, sent []ParcelKey, now time.Time) (c DebtChange, changed bool) {
	d.flying -= len(fresh)
	for _, p := range fresh {
		if d.air[p]--; d.air[p] == 0 {
			delete(d.air, p)
		}
	}
	before := d.taken
	d.taken = min(d.taken+uint64(len(taken)), creditMost)
	for i := range taken {
		if k := (ParcelKey{taken[i].Purchase, taken[i].Seq}); d.pay(k) {
			c.Paid = append(c.Paid, k)
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
	text := fmt.Sprintf("%d readings were sent to you that your storage has not taken: no others are sent until it takes some; put it right, then `destination retry`, and `parcel replay` for what was parked", len(d.owed))
	return Reason{CodeUnpaid, Saying(text, last.Text)}
}

// debtOf finds a buyer's debt. Only the one worker calls it.
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
	d = newDebt(stored)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.debts[buyer] = d
	return d, nil
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
func (c *Courier) lapses(now time.Time) {
	for buyer, d := range c.debts {
		if change, ok := d.lapse(now); ok {
			c.job(func() { c.out.Owe(buyer, change, nil) })
			c.thaw(d)
		}
	}
}

// account counts an attempt in the debt of its buyer.
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
	change, changed := l.debt.land(b.fresh, o.receipts, sent, now)
	c.mu.Unlock()
	b.fresh = nil
	if changed {
		c.out.Owe(l.Buyer, change, nil)
	}
}
