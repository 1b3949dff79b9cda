// Package statement tells owners and buyers what the market paid them, kept of theirs and gave
// back, to the wei.
//
// Streams and purchases are read as they stand, the amounts from the market's events, which
// [market.Fold] explains. The events begin with the first of the purchases, whose time the chain
// tells: nobody has to know where the market was deployed. A node that does not give all of them
// is refused. It refuses to know files, flags and months other than UTC's.
package statement

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
)

// Kind is what a movement was.
type Kind string

// What an owner was credited; what went into and out of his stakes; and what became of a buyer's
// money.
const (
	Readings      Kind = "readings"        // the owner's 80 % of readings paid
	Deposits      Kind = "deposits"        // his half of the deposits of challenges that were rejected
	Staked        Kind = "staked"          // with a listing, or added
	StakeReturned Kind = "stake_withdrawn" // taken out of a closed stream
	StakeLost     Kind = "stake_lost"      // by a ruling
	Escrowed      Kind = "escrowed"        // when it was bought or extended, by whoever paid
	Paid          Kind = "paid"            // to owner, operator and platform
	Refunded      Kind = "refunded"        // to the buyer's credit
)

// The kinds of an owner's book.
var (
	earned = []Kind{Readings, Deposits}
	owners = append(slices.Clone(earned), Staked, StakeReturned, StakeLost)
)

// Movement is one of the amounts of an event.
type Movement struct {
	Block    uint64
	Stream   market.StreamID
	Purchase market.PurchaseID // 0: of the stream
	Kind     Kind
	Readings uint64 // that the amount is for
	Wei      *big.Int
}

// Book is what happened with an account's streams or purchases.
type Book struct {
	Streams   []market.Stream   // as they stand now, by id
	Purchases []market.Purchase // as the events have them, by id
	Movements []Movement        // oldest first

	c         *client.Client
	stakes    bool
	streams   map[market.StreamID]market.Stream // as folded
	purchases map[market.PurchaseID]market.Purchase
}

// OfOwner reads the book of an account's streams. With stakes, it tells what was staked too: only
// the events of listings know, and those are looked for from block *stakes on.
func OfOwner(ctx context.Context, c *client.Client, owner common.Address, stakes *uint64) (*Book, error) {
	streams, err := c.Reader.Streams(ctx, func(s market.Stream) bool { return s.Owner == owner })
	if err != nil {
		return nil, err
	}
	his := map[market.StreamID]bool{}
	for _, s := range streams {
		his[s.ID] = true
	}
	purchases, err := c.Reader.Purchases(ctx, func(p market.Purchase) bool { return his[p.Stream] })
	if err != nil {
		return nil, err
	}
	return read(ctx, c, streams, purchases, stakes)
}

// OfBuyer reads the book of an account's purchases, whoever paid for them.
func OfBuyer(ctx context.Context, c *client.Client, buyer common.Address) (*Book, error) {
	purchases, err := c.Reader.Purchases(ctx, func(p market.Purchase) bool { return p.Buyer == buyer })
	if err != nil {
		return nil, err
	}
	of := map[market.StreamID]bool{}
	for _, p := range purchases {
		of[p.Stream] = true
	}
	streams, err := c.Reader.Streams(ctx, func(s market.Stream) bool { return of[s.ID] })
	if err != nil {
		return nil, err
	}
	return read(ctx, c, streams, purchases, nil)
}

// read folds the events of streams and purchases.
func read(ctx context.Context, c *client.Client, streams []market.Stream, purchases []market.Purchase, stakes *uint64) (*Book, error) {
	b := &Book{Streams: streams, c: c, stakes: stakes != nil, streams: map[market.StreamID]market.Stream{}, purchases: map[market.PurchaseID]market.Purchase{}}
	events := []string{"Purchased", "Extended", "Cancelled", "Settled", "Finished", "Challenged", "Ruled"}
	var from uint64
	switch {
	case b.stakes:
		from = *stakes
		events = append(events, "StreamListed", "StakeAdded", "StakeWithdrawn")
	case len(purchases) == 0:
		return b, nil
	default:
		first := slices.MinFunc(purchases, func(x, y market.Purchase) int { return cmp.Compare(x.Start, y.Start) })
		var err error
		if from, err = c.BlockAt(ctx, first.Start); err != nil {
			return nil, err
		}
	}
	var ids []uint64
	for _, s := range streams {
		ids = append(ids, uint64(s.ID))
		b.streams[s.ID] = market.Stream{ID: s.ID, Operator: s.Operator, Owner: s.Owner, State: market.StreamOpen, Stake: new(big.Int)}
	}
	wanted := map[uint64]bool{}
	for _, p := range purchases {
		ids = append(ids, uint64(p.ID))
		wanted[uint64(p.ID)] = true
	}
	slices.Sort(ids)
	logs, err := c.Reader.LogsAbout(ctx, from, events, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	for _, l := range logs {
		ev, known, err := market.Decode(l)
		if err != nil {
			return nil, err
		}
		if !known {
			continue
		}
		of := purchaseOf(ev.Body)
		_, his := b.streams[market.StreamID(l.Topics[1].Big().Uint64())]
		if wanted[of] || of == 0 && his { // not a purchase whose number is that of a stream, or the other way round
			if err := b.take(ev); err != nil {
				return nil, err
			}
		}
	}
	return b, b.whole(purchases)
}

// purchaseOf is the purchase an event is of; 0: it is of a stream.
func purchaseOf(body any) uint64 {
	switch e := body.(type) {
	case *contracts.DataMarketPurchased:
		return e.Purchase
	case *contracts.DataMarketExtended:
		return e.Purchase
	case *contracts.DataMarketCancelled:
		return e.Purchase
	case *contracts.DataMarketSettled:
		return e.Purchase
	case *contracts.DataMarketFinished:
		return e.Purchase
	}
	return 0
}

// Stream is what the fold knows of a stream.
func (b *Book) Stream(id market.StreamID) (market.Stream, bool, error) {
	s, ok := b.streams[id]
	return s, ok, nil
}

// Purchase is what the fold knows of a purchase.
func (b *Book) Purchase(id market.PurchaseID) (market.Purchase, bool, error) {
	p, ok := b.purchases[id]
	return p, ok, nil
}

// take folds an event and writes down its amounts.
func (b *Book) take(ev market.Event) error {
	id := market.PurchaseID(purchaseOf(ev.Body))
	before := b.purchases[id]
	changes, err := market.Fold(b, ev)
	if err != nil {
		return err
	}
	was := market.Stream{}
	for _, c := range changes {
		if c.Stream != nil {
			was = b.streams[c.Stream.ID]
			b.streams[c.Stream.ID] = *c.Stream
		}
		if c.Purchase != nil {
			b.purchases[c.Purchase.ID] = *c.Purchase
		}
	}
	if id != 0 {
		b.ofPurchase(ev, before, b.purchases[id])
	} else {
		b.ofStream(ev, was)
	}
	return nil
}

// ofPurchase writes down what an event did to a purchase.
func (b *Book) ofPurchase(ev market.Event, before, after market.Purchase) {
	move := func(kind Kind, readings uint32, wei *big.Int) {
		b.Movements = append(b.Movements, Movement{ev.Block, after.Stream, after.ID, kind, uint64(readings), wei})
	}
	switch e := ev.Body.(type) {
	case *contracts.DataMarketPurchased, *contracts.DataMarketExtended:
		more := after.Quota - before.Quota
		move(Escrowed, more, contracts.Gross(uint64(more), after.Price, b.c.Places))
	case *contracts.DataMarketSettled:
		paid := after.Delivered - before.Delivered
		owner, operator, platform := contracts.Split(e.Gross)
		if after.Returned == before.Returned {
			move(Readings, paid, owner)
			move(Paid, paid, e.Gross)
			return
		}
		move(Paid, paid, operator.Add(operator, platform)) // after a ruling against the owner his part is the buyer's
		move(Refunded, 0, owner)
	case *contracts.DataMarketFinished:
		move(Refunded, 0, e.Refund)
	}
}

// ofStream writes down what an event did to a stream's owner. was is the stream before it.
func (b *Book) ofStream(ev market.Event, was market.Stream) {
	move := func(kind Kind, wei *big.Int) {
		b.Movements = append(b.Movements, Movement{Block: ev.Block, Stream: was.ID, Kind: kind, Wei: wei})
	}
	switch e := ev.Body.(type) {
	case *contracts.DataMarketStreamListed:
		move(Staked, e.Stake)
	case *contracts.DataMarketStakeAdded:
		move(Staked, e.Amount)
	case *contracts.DataMarketStakeWithdrawn:
		move(StakeReturned, e.Amount)
	case *contracts.DataMarketRuled:
		switch now := b.streams[was.ID]; {
		case now.Round.State == market.RoundRejected:
			deposits := new(big.Int).Mul(b.c.Rules.Deposit, big.NewInt(int64(now.Round.Count)))
			move(Deposits, new(big.Int).Sub(deposits, new(big.Int).Rsh(deposits, 1))) // the platform has the other half
		case now.State == market.StreamSlashed && b.stakes:
			move(StakeLost, was.Stake)
		}
	}
}

// whole makes sure that the node gave every event: what was read before them must be in them.
func (b *Book) whole(purchases []market.Purchase) error {
	for _, want := range purchases {
		got, ok := b.purchases[want.ID]
		if !ok || got.Delivered < want.Delivered || got.Quota < want.Quota || got.State < want.State {
			return fmt.Errorf("purchase %d: %w", want.ID, market.ErrNoLog)
		}
		b.Purchases = append(b.Purchases, got)
	}
	for _, want := range b.Streams {
		got := b.streams[want.ID]
		if got.Round.Number < want.Round.Number || want.State == market.StreamSlashed && got.State != market.StreamSlashed || b.stakes && got.Block == 0 {
			return fmt.Errorf("stream %d: %w", want.ID, market.ErrNoLog)
		}
	}
	return nil
}
