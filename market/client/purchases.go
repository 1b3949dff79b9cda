package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// Order is what a buyer wants of one stream.
type Order struct {
	Stream      market.StreamID
	Duration    time.Duration  // from now on, whole seconds
	Beneficiary common.Address // whose purchase it is; zero: the account's
	RouteHash   common.Hash
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
)

// quota is how many readings a duration may cost at most.
func quota(seconds uint64, interval uint32) uint64 {
	return (seconds + uint64(interval) - 1) / uint64(interval)
}

// moment is a time on chain.
func moment(unix *big.Int) time.Time { return time.Unix(unix.Int64(), 0).UTC() }

// Buy prepares purchases at the streams' present offers: a whole basket shares
// transactions. It escrows at most most wei; nil is no limit.
func (c *Client) Buy(ctx context.Context, most *big.Int, orders ...Order) (*Prepared[Bought], error) {
	p := &Prepared[Bought]{c: c, pays: new(big.Int), read: each(c, c.dm.UnpackPurchasedEvent, func(e *contracts.DataMarketPurchased, m Mined) Bought {
		price := e.Price.Uint64()
		return Bought{market.PurchaseID(e.Purchase), market.StreamID(e.Stream), e.Buyer, moment(e.Start), moment(e.End), Micro(1, price), e.Interval, e.Quota, Micro(e.Quota, price), m}
	})}
	for _, o := range orders {
		s, err := c.Reader.Stream(ctx, o.Stream)
		if err != nil {
			return nil, err
		}
		if s.State != market.StreamOpen {
			return nil, fmt.Errorf("stream %d is %s: %w, only an open one can", o.Stream, s.State, ErrNotForSale)
		}
		seconds := uint64(o.Duration / time.Second)
		n := quota(seconds, s.Interval)
		if n > 1<<32-1 || seconds > 1<<32-1 {
			return nil, fmt.Errorf("%s is too long: a purchase lasts %s at most", o.Duration, time.Duration(c.Rules.MaxTerm)*time.Second)
		}
		total := contracts.Gross(uint32(n), s.Price)
		p.pays.Add(p.pays, total)
		p.calls = append(p.calls, c.one(c.dm.PackBuy(uint64(o.Stream), uint32(seconds), total, s.Terms, o.Beneficiary, o.RouteHash),
			"Buys %s of stream %d%s: escrows at most %s (%s at %s); what is not delivered comes back.",
			o.Duration, o.Stream, forWhom(o.Beneficiary), Amount{total}, plural(n, "reading"), Micro(1, s.Price)))
	}
	if most != nil && p.pays.Cmp(most) > 0 {
		return nil, fmt.Errorf("%w: %s, at most %s", ErrTooDear, Amount{p.pays}, Amount{most})
	}
	return p, nil
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

// Extend prepares a later end of a running purchase (the buyer).
func (c *Client) Extend(ctx context.Context, id market.PurchaseID, longer time.Duration) (*Prepared[Extended], error) {
	was, err := c.Reader.Purchase(ctx, id)
	if err != nil {
		return nil, err
	}
	if was.State != market.PurchaseActive {
		return nil, fmt.Errorf("purchase %d is %s: only an active one can be extended", id, was.State)
	}
	seconds := uint64(longer / time.Second)
	n := quota(was.End-was.Start+seconds, was.Interval)
	total := contracts.Gross(uint32(n)-was.Quota, was.Price)
	return &Prepared[Extended]{c: c, pays: total,
		calls: []call{c.one(c.dm.PackExtend(uint64(id), uint32(seconds), total), "Lets purchase %d run %s longer: escrows %s more (%s).",
			id, longer, Amount{total}, plural(n-uint64(was.Quota), "reading"))},
		read: each(c, c.dm.UnpackExtendedEvent, func(e *contracts.DataMarketExtended, m Mined) Extended {
			return Extended{market.PurchaseID(e.Purchase), moment(e.End), e.Quota, m}
		})}, nil
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
	Purchase  market.PurchaseID `json:"purchase"`
	Delivered uint32            `json:"delivered"`
	Refund    Amount            `json:"refund"` // credited to the buyer
	Mined
}

// Finish prepares the refund of what was not delivered (anyone).
func (c *Client) Finish(ids ...market.PurchaseID) *Prepared[Finished] {
	p := &Prepared[Finished]{c: c, read: each(c, c.dm.UnpackFinishedEvent, func(e *contracts.DataMarketFinished, m Mined) Finished {
		return Finished{market.PurchaseID(e.Purchase), e.Delivered, Amount{e.Refund}, m}
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
	Purchase  market.PurchaseID `json:"purchase"`
	Delivered uint32            `json:"delivered"`
	Gross     Amount            `json:"gross"`
	Mined
}

// Settle prepares claims: the signer's own, or signed ones, which anyone may relay. It
// gives what was paid: nothing for a claim that brings nothing.
func (c *Client) Settle(s Settlement) *Prepared[Paid] {
	data := c.dm.PackSettle(uint64(s.Operator), s.Claims, s.Root)
	if s.Signature != nil {
		data = c.dm.PackSettleSigned(uint64(s.Operator), s.Claims, s.Root, new(big.Int).SetUint64(s.Deadline), s.Signature)
	}
	return &Prepared[Paid]{c: c,
		calls: []call{c.one(data, "Claims what operator %d delivered for %s: 80 %% to the owners, 10 %% each to operator and platform.", s.Operator, plural(uint64(len(s.Claims)), "purchase"))},
		read: each(c, c.dm.UnpackSettledEvent, func(e *contracts.DataMarketSettled, m Mined) Paid {
			return Paid{market.PurchaseID(e.Purchase), e.Delivered, Amount{e.Gross}, m}
		})}
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
		return Withdrawn{e.Account, Amount{e.Amount}, m}
	})}
	for _, a := range accounts {
		p.calls = append(p.calls, c.one(c.dm.PackWithdraw(a), "Sends %s its credit.", a))
	}
	return p
}
