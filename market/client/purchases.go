package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Order is what a buyer wants of one stream.
type Order struct {
	Stream      market.StreamID
	Duration    time.Duration  // from now on, whole seconds
	Agreed      *Offer         // what the buyer has agreed to; nil: the stream's present offer
	Beneficiary common.Address // whose purchase it is; zero: the account's
	RouteHash   common.Hash
}

// Offer is what a stream sells at. The market takes an order only while the stream's is
// the same.
type Offer struct {
	Price    uint64 // 10⁻⁶ DTX per reading
	Interval uint32 // seconds
	Terms    common.Hash
}

// Bought is a purchase as made.
type Bought struct {
	Purchase market.PurchaseID `json:"purchase"`
	Stream   market.StreamID   `json:"stream"`
	Buyer    common.Address    `json:"buyer"`
	Start    time.Time         `json:"start"`
	End      time.Time         `json:"end"`
	Price    Amount            `json:"price"`
	Interval uint32            `json:"interval"`
	Quota    uint32            `json:"quota"`
	Escrow   Amount            `json:"escrow"`
	Mined
}

// What an order runs into before it is sent.
var (
	ErrNotForSale = errors.New("it cannot be bought")
	ErrTooDear    = errors.New("it would escrow more than you allow")
	ErrOffer      = errors.New("the offer is not the one you agreed to")
)

// quota is how many readings a duration may cost at most.
func quota(seconds uint64, interval uint32) uint64 {
	return (seconds + uint64(interval) - 1) / uint64(interval)
}

// moment is a time on chain.
func moment(unix *big.Int) time.Time { return time.Unix(unix.Int64(), 0).UTC() }

// Buy prepares purchases: a whole basket shares transactions. It escrows at most most wei;
// nil is no limit.
func (c *Client) Buy(ctx context.Context, most *big.Int, orders ...Order) (*Prepared[Bought], error) {
	p := &Prepared[Bought]{c: c, pays: new(big.Int), read: each(c, c.dm.UnpackPurchasedEvent, func(e *contracts.DataMarketPurchased, m Mined) Bought {
		price := e.Price.Uint64()
		return Bought{market.PurchaseID(e.Purchase), market.StreamID(e.Stream), e.Buyer, moment(e.Start), moment(e.End), c.Price(price), e.Interval, e.Quota, c.Readings(uint64(e.Quota), price), m}
	})}
	for _, o := range orders {
		one, escrow, err := c.order(ctx, o)
		if err != nil {
			return nil, err
		}
		p.pays.Add(p.pays, escrow)
		p.calls = append(p.calls, one)
	}
	if most != nil && p.pays.Cmp(most) > 0 {
		return nil, fmt.Errorf("%w: %s, at most %s", ErrTooDear, c.Amount(p.pays), c.Amount(most))
	}
	return p, nil
}

func (c *Client) order(ctx context.Context, o Order) (call, *big.Int, error) {
	s, err := c.Reader.Stream(ctx, o.Stream)
	if err != nil {
		return call{}, nil, err
	}
	switch {
	case s.State == market.StreamNone:
		return call{}, nil, fmt.Errorf("there is no stream %d: %w", o.Stream, ErrNotForSale)
	case s.State != market.StreamOpen:
		return call{}, nil, fmt.Errorf("stream %d is %s: %w, only an open one can", o.Stream, s.State, ErrNotForSale)
	}
	offer := Offer{s.Price, s.Interval, s.Terms}
	if o.Agreed != nil && *o.Agreed != offer {
		return call{}, nil, fmt.Errorf("%w: stream %d sells at %s a reading, at most one every %s, under the terms %s", ErrOffer, o.Stream, c.Price(s.Price), every(s.Interval), s.Terms)
	}
	long := uint64(o.Duration / time.Second)
	if o.Duration < time.Second || long > uint64(c.Rules.MaxTerm) {
		return call{}, nil, fmt.Errorf("a duration of %s is not possible: at least 1s, at most %s", spans.Text(o.Duration), every(c.Rules.MaxTerm))
	}
	n := quota(long, s.Interval)
	total := c.Readings(n, s.Price)
	return c.one(c.dm.PackBuy(uint64(o.Stream), uint32(long), new(big.Int).SetUint64(s.Price), s.Interval, s.Terms, o.Beneficiary, o.RouteHash),
		"Buys %s of stream %d%s: escrows at most %s (%s at %s); what is not delivered comes back.",
		spans.Text(o.Duration), o.Stream, forWhom(o.Beneficiary), total, plural(n, "reading"), c.Price(s.Price)), total.Wei, nil
}

func forWhom(a common.Address) string {
	if a == (common.Address{}) {
		return ""
	}
	return " for " + a.Hex()
}

// Extended is a purchase with a later end.
type Extended struct {
	Purchase market.PurchaseID `json:"purchase"`
	End      time.Time         `json:"end"`
	Quota    uint32            `json:"quota"`
	Mined
}

// Extend prepares a later end of a running purchase (the buyer). It names the end, so that
// sent twice it extends once, and the terms, which must be those bought.
func (c *Client) Extend(ctx context.Context, id market.PurchaseID, end time.Time) (*Prepared[Extended], error) {
	was, err := c.Reader.Purchase(ctx, id)
	if err != nil {
		return nil, err
	}
	if was.State != market.PurchaseActive {
		return nil, fmt.Errorf("purchase %d is %s: only an active one can be extended", id, was.State)
	}
	to := uint64(end.Unix())
	if to <= was.End {
		return nil, fmt.Errorf("purchase %d runs until %s already", id, time.Unix(int64(was.End), 0).UTC().Format(time.RFC3339))
	}
	terms, err := c.bought(ctx, &was)
	if err != nil {
		return nil, err
	}
	more := quota(to-was.Start, was.Interval) - uint64(was.Quota)
	total := c.Readings(more, was.Price)
	return &Prepared[Extended]{c: c, pays: total.Wei,
		calls: []call{c.one(c.dm.PackExtend(uint64(id), new(big.Int).SetUint64(to), terms), "Lets purchase %d run until %s: escrows %s more (%s at %s).",
			id, end.UTC().Format(time.RFC3339), total, plural(more, "reading"), c.Price(was.Price))},
		read: each(c, c.dm.UnpackExtendedEvent, func(e *contracts.DataMarketExtended, m Mined) Extended {
			return Extended{market.PurchaseID(e.Purchase), moment(e.End), e.Quota, m}
		})}, nil
}

// bought finds the terms a purchase was made under. The contract keeps their first bytes
// only, and the stream's present ones may begin alike: the hash is in the event of the block
// at which the purchase starts.
func (c *Client) bought(ctx context.Context, p *market.Purchase) (common.Hash, error) {
	from, err := c.BlockAt(ctx, p.Start)
	if err != nil {
		return common.Hash{}, err
	}
	to := from
	for { // several blocks may have one time
		h, err := c.node.HeaderByNumber(ctx, new(big.Int).SetUint64(to+1))
		if err != nil || h.Time > p.Start { // the head has none after it
			break
		}
		to++
	}
	logs, err := c.Reader.LogsOf(ctx, from, to, "Purchased", new(big.Int).SetUint64(uint64(p.ID)))
	if err != nil {
		return common.Hash{}, fmt.Errorf("look for the terms purchase %d was made under: %w", p.ID, err)
	}
	for i := range logs {
		if e, err := c.dm.UnpackPurchasedEvent(&logs[i]); err == nil && e.Purchase == uint64(p.ID) {
			return e.Terms, nil
		}
	}
	return common.Hash{}, fmt.Errorf("the node does not have the event of purchase %d in block %d: ask one that keeps all logs (--rpc)", p.ID, from)
}

// BlockAt finds the first block whose time is at least t, unix seconds: about 25 headers. If
// there is none yet, it is the one above the head.
func (c *Client) BlockAt(ctx context.Context, t uint64) (uint64, error) {
	head, err := c.node.HeaderByNumber(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the head: %w", err)
	}
	low, high := uint64(0), head.Number.Uint64()+1
	if head.Time < t {
		return high, nil
	}
	for low < high {
		middle := low + (high-low)/2
		at, err := c.TimeOf(ctx, middle)
		if err != nil {
			return 0, err
		}
		if at < t {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// TimeOf is the time of a block, in unix seconds.
func (c *Client) TimeOf(ctx context.Context, block uint64) (uint64, error) {
	h, err := c.node.HeaderByNumber(ctx, new(big.Int).SetUint64(block))
	if err != nil {
		return 0, fmt.Errorf("ask for block %d: %w", block, err)
	}
	return h.Time, nil
}

// Cancelled is a purchase that was ended.
type Cancelled struct {
	Purchase market.PurchaseID `json:"purchase"`
	End      time.Time         `json:"end"`
	Mined
}

// Cancel prepares the end of running purchases now (the buyer).
func (c *Client) Cancel(ids ...market.PurchaseID) *Prepared[Cancelled] {
	p := &Prepared[Cancelled]{c: c, read: each(c, c.dm.UnpackCancelledEvent, func(e *contracts.DataMarketCancelled, m Mined) Cancelled {
		return Cancelled{market.PurchaseID(e.Purchase), moment(e.End), m}
	})}
	for _, id := range ids {
		p.calls = append(p.calls, c.one(c.dm.PackCancel(uint64(id)), "Ends purchase %d now; what is not delivered comes back with finish.", id))
	}
	return p
}

// Finished is a purchase whose rest went back.
type Finished struct {
	Purchase market.PurchaseID `json:"purchase"`
	Paid     uint32            `json:"paid"`   // readings, in all
	Refund   Amount            `json:"refund"` // credited to the buyer
	Mined
}

// Finish prepares the refund of what was not delivered (anyone).
func (c *Client) Finish(ids ...market.PurchaseID) *Prepared[Finished] {
	p := &Prepared[Finished]{c: c, read: each(c, c.dm.UnpackFinishedEvent, func(e *contracts.DataMarketFinished, m Mined) Finished {
		return Finished{market.PurchaseID(e.Purchase), e.Delivered, c.Amount(e.Refund), m}
	})}
	for _, id := range ids {
		p.calls = append(p.calls, c.one(c.dm.PackFinish(uint64(id)), "Credits the buyer of purchase %d with what was not delivered.", id))
	}
	return p
}

// Settlement is claims of an operator, for all of which one signature stands.
type Settlement struct {
	Operator  market.OperatorID
	Claims    []contracts.Claim
	Root      common.Hash
	Deadline  uint64 // unix seconds; of signed claims
	Signature []byte // of the operator's signer; nil: the account is the signer
}

// Paid is what a settlement paid for one purchase.
type Paid struct {
	Purchase market.PurchaseID `json:"purchase"`
	Paid     uint32            `json:"paid"`              // readings, so far
	Gross    Amount            `json:"gross"`             // of this claim
	Skipped  bool              `json:"skipped,omitempty"` // closed, past its claim window, or ruled unpaid: nothing can be paid any more
	Mined
}

// Settle prepares claims: the signer's own, or signed ones, which anyone may relay. A claim
// is paid up to what was due; what brings nothing leaves no result.
func (c *Client) Settle(all ...Settlement) *Prepared[Paid] {
	var calls []call
	for _, s := range all {
		data := c.dm.PackSettle(operator(s.Operator), s.Claims, s.Root)
		if s.Signature != nil {
			data = c.dm.PackSettleSigned(operator(s.Operator), s.Claims, s.Root, new(big.Int).SetUint64(s.Deadline), s.Signature)
		}
		calls = append(calls, c.one(data, "Claims what operator %d delivered for %s: 80 %% to the owners, 10 %% each to operator and platform.", s.Operator, plural(uint64(len(s.Claims)), "purchase")))
	}
	paid := each(c, c.dm.UnpackSettledEvent, func(e *contracts.DataMarketSettled, m Mined) Paid {
		return Paid{market.PurchaseID(e.Purchase), e.Delivered, c.Amount(e.Gross), false, m}
	})
	skipped := each(c, c.dm.UnpackClaimSkippedEvent, func(e *contracts.DataMarketClaimSkipped, m Mined) Paid {
		return Paid{Purchase: market.PurchaseID(e.Purchase), Gross: c.Amount(nil), Skipped: true, Mined: m}
	})
	return &Prepared[Paid]{c: c, quiet: true, calls: calls,
		read: func(logs []*types.Log, m Mined) []Paid { return append(paid(logs, m), skipped(logs, m)...) }}
}

// Withdrawn is a credit that was paid out.
type Withdrawn struct {
	Account common.Address `json:"account"`
	Amount  Amount         `json:"amount"`
	Mined
}

// Withdraw prepares sending accounts their credit (anyone).
func (c *Client) Withdraw(accounts ...common.Address) *Prepared[Withdrawn] {
	p := &Prepared[Withdrawn]{c: c, read: each(c, c.dm.UnpackWithdrawnEvent, func(e *contracts.DataMarketWithdrawn, m Mined) Withdrawn {
		return Withdrawn{e.Account, c.Amount(e.Amount), m}
	})}
	for _, a := range accounts {
		p.calls = append(p.calls, c.one(c.dm.PackWithdraw(a), "Sends %s its credit.", a))
	}
	return p
}
