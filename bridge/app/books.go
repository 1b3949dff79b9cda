package app

import (
	"context"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// books is what the ledger knows of other ledgers of this operator's, as of a head.
type books struct {
	head     market.Position
	breaks   []ledger.Break
	copied   time.Time // when the copy was made that this ledger was restored from
	stranger ledger.Stranger
	strange  bool
}

// strangerQuiet is how long no foreign settlement may have come before the other bridge is
// taken to have stopped.
const strangerQuiet = 24 * time.Hour

// lookAtBooks raises a condition while purchases run of which another ledger sold readings,
// and one while another bridge settles for this operator. The ledger is read again when the
// head moves.
func (p *parts) lookAtBooks() {
	if head, _ := p.index.Head(); head.Hash != p.books.head.Hash || head.Number == 0 {
		b, err := p.readBooks()
		if err != nil {
			return // the ledger says so itself
		}
		b.head = head
		p.books = b
	}
	b := &p.books
	p.health.Set(len(b.breaks) > 0, health.Condition{Code: "ledger_behind", Text: b.behindText()})
	now := p.index.Now()
	p.health.Set(b.strange && now < b.stranger.Time+uint64(strangerQuiet/time.Second), health.Condition{Code: "two_bridges", Text: fmt.Sprintf(
		"transaction %s (block %d, %s) settled for this operator and is neither this ledger's nor a claim it signed for an owner: does a second bridge run with this operator's key? Stop one of them: both number and sell the same readings. It clears a day after the last such settlement",
		b.stranger.Tx.Hex(), b.stranger.Block, time.Unix(int64(b.stranger.Time), 0).UTC().Format(time.RFC3339))})
}

func (p *parts) readBooks() (b books, err error) {
	if b.breaks, err = p.ledger.Breaks(); err != nil {
		return b, err
	}
	if b.copied, err = p.ledger.Restored(); err != nil {
		return b, err
	}
	b.stranger, b.strange, err = p.ledger.Stranger()
	return b, err
}

func (b *books) behindText() string {
	var ids []market.PurchaseID
	lost := uint64(0)
	for _, one := range b.breaks {
		ids = append(ids, one.Purchase)
		lost += uint64(one.Lost)
	}
	why := "the chain knows settlements that this ledger does not (a copied file, a second machine, a lost disk?)"
	if !b.copied.IsZero() {
		why = "this ledger was restored from a copy of " + b.copied.Format(time.RFC3339)
	}
	sold := fmt.Sprintf("another ledger may have sold readings of purchases %s; it was paid for none that have no receipt here", some(ids))
	if lost > 0 {
		sold = fmt.Sprintf("another ledger sold readings of purchases %s; %d of those it was paid for have no receipt here", some(ids), lost)
	}
	return fmt.Sprintf("%s: %s. What is sold now is numbered on past them and is claimed as usual, and evidence names the gap. It clears when these purchases are over",
		why, sold)
}

// clockPatience is how long the next block is waited for where the clock contradicts the newest.
const clockPatience = 2 * time.Minute

// catchUp waits until the ledger has folded what the chain has had so far: until then
// nobody knows which numbers another ledger gave out, and uplinks wait at the broker. Without
// a node that answers, what is known is served. It returns false if ctx ended first.
func (p *parts) catchUp(ctx context.Context) bool {
	const patience = 30 * time.Second
	defer p.health.Clear("catching_up", "")
	asking, cancel := context.WithTimeout(ctx, patience)
	target, err := p.nodes.HeaderByNumber(asking, nil)
	cancel()
	if err != nil {
		if ctx.Err() == nil {
			p.log.Warn("no node tells how far the chain is: what is known of it is served", "err", err)
		}
		return ctx.Err() == nil
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); ; {
		head, heard := p.index.Head()
		switch {
		case head.Number >= target.Number.Uint64() && p.index.Undecided() && time.Since(began) < clockPatience:
			p.health.Raise(health.Condition{Code: "catching_up", Text: "the newest block is much older, or newer, than this machine's clock says: the next one will tell which is right, and uplinks wait at the broker until it comes, for two minutes at most"})
		case head.Number >= target.Number.Uint64():
			return true
		case head.Number > 0 && time.Since(began) > patience && time.Since(heard) > patience:
			p.log.Warn("the nodes fell silent before the chain was read: what is known of it is served", "block", head.Number, "of", target.Number)
			return true
		case time.Since(began) > 5*time.Second:
			p.health.Raise(health.Condition{Code: "catching_up", Text: fmt.Sprintf("the chain is being read (block %d of %s): uplinks wait at the broker, and nothing is settled, until it is", head.Number, target.Number)})
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}
