package statement

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// Span is a stretch of blocks: from First to before End.
type Span struct{ First, End uint64 }

// Between is the blocks whose time is from from to before to. A zero time is no bound.
func (b *Book) Between(ctx context.Context, from, to time.Time) (s Span, err error) {
	s.End = ^uint64(0)
	if !from.IsZero() {
		if s.First, err = b.c.BlockAt(ctx, uint64(max(0, from.Unix()))); err != nil {
			return s, err
		}
	}
	if !to.IsZero() {
		s.End, err = b.c.BlockAt(ctx, uint64(max(0, to.Unix())))
	}
	return s, err
}

// Line is what an owner was credited, or staked, of one kind with one stream in one month.
type Line struct {
	Month    time.Time // its first moment, UTC
	Stream   market.StreamID
	Kind     Kind
	Readings uint64
	Wei      *big.Int
}

// ByMonth sums an owner's movements of some blocks, by month, stream and kind, in this order.
func (b *Book) ByMonth(ctx context.Context, s Span) (lines []Line, err error) {
	type key struct {
		month  time.Time
		stream market.StreamID
		kind   Kind
	}
	at := map[key]int{}
	month, end := time.Time{}, uint64(0) // the blocks before end are of that month at the latest
	for _, m := range b.Movements {
		if m.Block < s.First || m.Block >= s.End || !slices.Contains(owners, m.Kind) {
			continue
		}
		if m.Block >= end {
			if month, end, err = b.month(ctx, m.Block); err != nil {
				return nil, err
			}
		}
		k := key{month, m.Stream, m.Kind}
		i, known := at[k]
		if !known {
			i = len(lines)
			at[k], lines = i, append(lines, Line{month, m.Stream, m.Kind, 0, new(big.Int)})
		}
		lines[i].Readings += m.Readings
		lines[i].Wei.Add(lines[i].Wei, m.Wei)
	}
	slices.SortFunc(lines, func(x, y Line) int {
		return cmp.Or(x.Month.Compare(y.Month), cmp.Compare(x.Stream, y.Stream), cmp.Compare(slices.Index(owners, x.Kind), slices.Index(owners, y.Kind)))
	})
	return lines, nil
}

// month is the month of a block, and the first block after that month.
func (b *Book) month(ctx context.Context, block uint64) (month time.Time, end uint64, err error) {
	at, err := b.c.TimeOf(ctx, block)
	if err != nil {
		return month, 0, err
	}
	t := time.Unix(int64(at), 0).UTC()
	month = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	end, err = b.c.BlockAt(ctx, uint64(month.AddDate(0, 1, 0).Unix()))
	return month, end, err
}

// Earned is what the market credited the owner for each stream, in wei; a stream that earned
// nothing has none.
func (b *Book) Earned() map[market.StreamID]*big.Int {
	sums := map[market.StreamID]*big.Int{}
	for _, m := range b.Movements {
		if !slices.Contains(earned, m.Kind) {
			continue
		}
		if sums[m.Stream] == nil {
			sums[m.Stream] = new(big.Int)
		}
		sums[m.Stream].Add(sums[m.Stream], m.Wei)
	}
	return sums
}

// Account is what became of a purchase's money in some blocks, in wei: what was locked before and
// what was escrowed then is what was paid, what was refunded and what is locked after.
type Account struct {
	market.Purchase
	Readings                                  uint64 // paid in these blocks
	Carried, Escrowed, Paid, Refunded, Locked *big.Int
}

// ByPurchase sums a buyer's movements of some blocks. Purchases of which nothing was locked, and
// nothing moved, are left out.
func (b *Book) ByPurchase(s Span) []Account {
	all, at, idle := make([]Account, len(b.Purchases)), map[market.PurchaseID]*Account{}, map[market.PurchaseID]bool{}
	for i, p := range b.Purchases {
		all[i] = Account{p, 0, new(big.Int), new(big.Int), new(big.Int), new(big.Int), new(big.Int)}
		at[p.ID], idle[p.ID] = &all[i], true
	}
	for _, m := range b.Movements {
		if a := at[m.Purchase]; a != nil && m.Block < s.End && a.add(m, m.Block < s.First) {
			delete(idle, m.Purchase)
		}
	}
	return slices.DeleteFunc(all, func(a Account) bool { return idle[a.ID] && a.Carried.Sign() == 0 })
}

// add counts a movement of a purchase; carried: it was before these blocks.
func (a *Account) add(m Movement, carried bool) (moved bool) {
	sums := map[Kind]*big.Int{Escrowed: a.Escrowed, Paid: a.Paid, Refunded: a.Refunded}
	sum := sums[m.Kind]
	if sum == nil {
		return false
	}
	wei := new(big.Int).Set(m.Wei)
	if m.Kind != Escrowed {
		wei.Neg(wei)
	}
	a.Locked.Add(a.Locked, wei)
	if carried {
		a.Carried.Add(a.Carried, wei)
		return false
	}
	sum.Add(sum, m.Wei)
	if m.Kind == Paid {
		a.Readings += m.Readings
	}
	return true
}
