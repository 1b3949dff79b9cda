package api

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// txPath is where transactions are prepared. Nothing is signed or sent: a wallet does that.
const txPath = "/v1/tx/"

// txCost is what preparing a transaction counts for beside a question to the nodes, whom it asks about so often.
const txCost = 10

// Payer says who will sign, and how the market gets at what he pays.
type Payer struct {
	From           common.Address `json:"from" doc:"The account that will sign."`
	Permit         hexutil.Bytes  `json:"permit_signature,omitempty" doc:"0x and 130 hexadecimal digits: the signature of the permit that was answered before. It takes the place of the approval."`
	PermitDeadline uint64         `json:"permit_deadline,omitempty" doc:"As it was answered beside that permit, unix seconds."`
}

func (p *Payer) payer() *Payer { return p }

// StreamTx is about a stream.
type StreamTx struct {
	Payer
	Stream market.StreamID `json:"stream"`
}

// PurchasesTx is about purchases.
type PurchasesTx struct {
	Payer
	Purchases []market.PurchaseID `json:"purchases" minItems:"1" maxItems:"100"`
}

// BuyTx buys streams, all or none of those that share a transaction.
type BuyTx struct {
	Payer
	Orders []OrderOf `json:"orders" minItems:"1" maxItems:"100"`
	Most   string    `json:"most_dtx,omitempty" doc:"DTX that all orders together may escrow at most."`
}

// OrderOf is what is bought of one stream.
type OrderOf struct {
	Stream      market.StreamID `json:"stream"`
	Duration    string          `json:"duration" doc:"From now on, such as 30d, 12h or 1d12h; whole seconds." example:"30d"`
	Price       uint64          `json:"price,omitempty" doc:"10⁻⁶ DTX a reading that was agreed to; with interval and terms it makes the order fail if the offer has changed since."`
	Interval    uint32          `json:"interval,omitempty" doc:"Seconds, likewise."`
	Terms       *common.Hash    `json:"terms,omitempty" doc:"Likewise."`
	Beneficiary common.Address  `json:"beneficiary,omitzero" doc:"Whose purchase it is, if it is a gift."`
	RouteHash   common.Hash     `json:"route_hash,omitzero" doc:"Of a destination that was set before: PUT /v1/destinations/{name} answers it."`
}

// ExtendTx lets a purchase run longer.
type ExtendTx struct {
	Payer
	Purchase market.PurchaseID `json:"purchase"`
	End      time.Time         `json:"end"`
}

// ChallengeTx challenges the stream of a purchase.
type ChallengeTx struct {
	Payer
	Purchase market.PurchaseID `json:"purchase"`
	Evidence common.Hash       `json:"evidence_hash" doc:"keccak256 of the evidence file."`
}

// RoundTx is about a round of challenges.
type RoundTx struct {
	StreamTx
	Round uint32 `json:"round" minimum:"1"`
}

// RespondTx answers a round.
type RespondTx struct {
	RoundTx
	Response common.Hash `json:"response_hash" doc:"keccak256 of the response."`
}

// RuleTx rules on a round.
type RuleTx struct {
	RoundTx
	Verdict string      `json:"verdict" enum:"rejected,seller_at_fault,operator_at_fault,both_at_fault"`
	Ruling  common.Hash `json:"ruling_hash" doc:"keccak256 of the ruling's text."`
}

// RedeemTx sends a challenger what a round owes him.
type RedeemTx struct {
	RoundTx
	Challenger common.Address `json:"challenger,omitzero" doc:"Absent: from."`
}

// WithdrawTx sends accounts their credit.
type WithdrawTx struct {
	Payer
	Accounts []common.Address `json:"accounts,omitempty" maxItems:"100" doc:"Absent: from."`
}

// ListTx lists devices' streams.
type ListTx struct {
	Payer
	Listings []ListingOf `json:"listings" minItems:"1" maxItems:"200"`
}

// ListingOf is what one device is listed at, with the operator's word for it.
type ListingOf struct {
	contracts.DeviceClaim
	Signature hexutil.Bytes       `json:"signature" doc:"0x…, by the operator's signer."`
	Price     uint64              `json:"price" doc:"10⁻⁶ DTX a reading, a multiple of 10."`
	Interval  uint32              `json:"interval" minimum:"1" doc:"Seconds: shortest billable time between two readings."`
	Terms     common.Hash         `json:"terms" doc:"keccak256 of the offer."`
	Stake     string              `json:"stake_dtx" doc:"DTX, decimal." example:"100"`
	Parents   []market.PurchaseID `json:"parents,omitempty" doc:"Purchases that it is derived from."`
}

// PriceTx changes a stream's price.
type PriceTx struct {
	StreamTx
	Price    uint64 `json:"price" doc:"10⁻⁶ DTX a reading, a multiple of 10."`
	Interval uint32 `json:"interval" minimum:"1" doc:"Seconds."`
}

// TermsTx changes a stream's offer.
type TermsTx struct {
	StreamTx
	Terms common.Hash `json:"terms" doc:"keccak256 of the offer."`
}

// RestrictedTx says who may buy a stream.
type RestrictedTx struct {
	StreamTx
	Restricted bool `json:"restricted" doc:"Sold to allowed accounts only."`
}

// AllowTx allows accounts to buy a restricted stream.
type AllowTx struct {
	StreamTx
	Buyers []common.Address `json:"buyers" minItems:"1" maxItems:"100"`
	Allow  bool             `json:"allow" doc:"false: no longer."`
}

// StakeTx raises a stream's stake.
type StakeTx struct {
	StreamTx
	Add string `json:"add_dtx" doc:"DTX, decimal." example:"50"`
}

func (s *Server) txRoutes(h huma.API) {
	tx(s, h, "list", "List devices' streams under stake (their owner)", list)
	tx(s, h, "price", "Change a stream's price for new purchases (its owner)", func(_ context.Context, c *client.Client, in *PriceTx) (*client.Prepared[client.StreamChanged], error) {
		return c.SetPrice(in.Stream, in.Price, in.Interval), nil
	})
	tx(s, h, "terms", "Change a stream's offer for new purchases (its owner)", func(_ context.Context, c *client.Client, in *TermsTx) (*client.Prepared[client.StreamChanged], error) {
		return c.SetTerms(in.Stream, in.Terms), nil
	})
	tx(s, h, "restricted", "Sell a stream to allowed accounts only, or to all again (its owner)", func(_ context.Context, c *client.Client, in *RestrictedTx) (*client.Prepared[client.StreamChanged], error) {
		return c.SetRestricted(in.Stream, in.Restricted), nil
	})
	tx(s, h, "allow", "Allow accounts to buy a restricted stream (its owner)", func(_ context.Context, c *client.Client, in *AllowTx) (*client.Prepared[client.StreamChanged], error) {
		return c.Allow(in.Stream, in.Buyers, in.Allow), nil
	})
	tx(s, h, "stake", "Stake more on a stream (its owner)", func(_ context.Context, c *client.Client, in *StakeTx) (*client.Prepared[client.StreamChanged], error) {
		wei, err := dtx(c, "add_dtx", in.Add)
		return c.AddStake(in.Stream, wei), err
	})
	tx(s, h, "close", "End sales of a stream for ever (its owner)", func(_ context.Context, c *client.Client, in *StreamTx) (*client.Prepared[client.Closed], error) {
		return c.Close(in.Stream), nil
	})
	tx(s, h, "withdraw-stake", "Take the stake of a closed stream out (its owner)", func(_ context.Context, c *client.Client, in *StreamTx) (*client.Prepared[client.StakeWithdrawn], error) {
		return c.WithdrawStake(in.Stream), nil
	})
	tx(s, h, "buy", "Buy streams", buy)
	tx(s, h, "extend", "Let a purchase run longer (its buyer)", func(ctx context.Context, c *client.Client, in *ExtendTx) (*client.Prepared[client.Extended], error) {
		return c.Extend(ctx, in.Purchase, in.End)
	})
	tx(s, h, "cancel", "End purchases now (their buyer)", func(_ context.Context, c *client.Client, in *PurchasesTx) (*client.Prepared[client.Cancelled], error) {
		return c.Cancel(in.Purchases...), nil
	})
	tx(s, h, "finish", "Credit buyers with what was not delivered (anybody)", func(_ context.Context, c *client.Client, in *PurchasesTx) (*client.Prepared[client.Finished], error) {
		return c.Finish(in.Purchases...), nil
	})
	tx(s, h, "withdraw", "Send accounts their credit (anybody)", func(_ context.Context, c *client.Client, in *WithdrawTx) (*client.Prepared[client.Withdrawn], error) {
		if len(in.Accounts) == 0 {
			in.Accounts = []common.Address{in.From}
		}
		return c.Withdraw(in.Accounts...), nil
	})
	tx(s, h, "challenge", "Challenge the stream of a purchase under a deposit (its buyer)", func(ctx context.Context, c *client.Client, in *ChallengeTx) (*client.Prepared[client.ChallengeFiled], error) {
		return c.Challenge(ctx, in.Purchase, in.Evidence)
	})
	tx(s, h, "respond", "Answer a round of challenges (the stream's owner or operator)", func(_ context.Context, c *client.Client, in *RespondTx) (*client.Prepared[client.Responded], error) {
		return c.Respond(in.Stream, in.Round, in.Response), nil
	})
	tx(s, h, "rule", "Rule on a round (the arbiter)", func(_ context.Context, c *client.Client, in *RuleTx) (*client.Prepared[client.Ruled], error) {
		var verdict market.RoundState
		if err := verdict.UnmarshalText([]byte(in.Verdict)); err != nil {
			return nil, err
		}
		return c.Rule(in.Stream, in.Round, verdict, in.Ruling)
	})
	tx(s, h, "redeem", "Send a challenger what a round owes him (anybody)", func(_ context.Context, c *client.Client, in *RedeemTx) (*client.Prepared[client.Redeemed], error) {
		if in.Challenger == (common.Address{}) {
			in.Challenger = in.From
		}
		return c.Redeem(in.Stream, in.Round, in.Challenger), nil
	})
	tx(s, h, "expire", "End a round whose time is over (anybody)", func(_ context.Context, c *client.Client, in *StreamTx) (*client.Prepared[client.Expired], error) {
		return c.Expire(in.Stream), nil
	})
}

// tx is a route that prepares transactions of one kind.
func tx[I, T any, P interface {
	*I
	payer() *Payer
}](s *Server, h huma.API, action, summary string, prepare func(context.Context, *client.Client, *I) (*client.Prepared[T], error),
) {
	huma.Post(h, txPath+action, func(ctx context.Context, in *struct {
		From
		Body I
	}) (*out[client.Unsigned], error) {
		if s.b.Chain == nil {
			return nil, notLent()
		}
		ctx, done, err := s.asks(ctx, in.From, txCost)
		if err != nil {
			return nil, err
		}
		defer done()
		payer := P(&in.Body).payer()
		c, err := s.b.Chain.Client(ctx, payer.From)
		if err != nil {
			return nil, unprepared(err)
		}
		if len(payer.Permit) > 0 {
			c.Permit = &client.PermitSignature{Deadline: payer.PermitDeadline, Signature: payer.Permit}
		}
		p, err := prepare(ctx, c, &in.Body)
		if err != nil {
			return nil, unprepared(err)
		}
		u, err := p.Unsigned(ctx)
		if err != nil {
			return nil, unprepared(c.Explain(err))
		}
		return &out[client.Unsigned]{u}, nil
	}, func(o *huma.Operation) {
		o.Summary = summary
		o.Description = "Simulates the transaction and answers it for a wallet to sign and send, in plain words too; `then` has those that follow it. " +
			"Where the market pulls tokens, `permit` may be signed (eth_signTypedData_v4) and the request repeated with its signature, which saves the approval."
	})
}

// unprepared says why a transaction cannot be made: what the market refuses, and what was asked wrong, is the
// caller's; a node's own troubles are not shown.
func unprepared(err error) error {
	var of *node.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, node.ErrNoNode):
		return huma.Error503ServiceUnavailable(unheard().Message)
	case !errors.Is(err, client.ErrRefused) && errors.As(err, &of):
		if f := told(err); f.Code != rpcInternal {
			return huma.Error422UnprocessableEntity(f.Message)
		}
		return huma.Error503ServiceUnavailable(unheard().Message)
	}
	return huma.Error422UnprocessableEntity(err.Error())
}

func notLent() error {
	return huma.Error404NotFound("this operator does not lend his node: use one of your own (--rpc), or another operator's API")
}

// dtx reads an amount of the market's token.
func dtx(c *client.Client, name, text string) (*big.Int, error) {
	wei, err := config.Decimal(text, c.Places)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return wei, nil
}

func list(_ context.Context, c *client.Client, in *ListTx) (*client.Prepared[client.Listed], error) {
	var all []client.Listing
	for i, l := range in.Listings {
		wei, err := dtx(c, fmt.Sprintf("listings[%d].stake_dtx", i), l.Stake)
		if err != nil {
			return nil, err
		}
		all = append(all, client.Listing{DeviceClaim: l.DeviceClaim, Signature: l.Signature, Price: l.Price, Interval: l.Interval, Terms: l.Terms, Stake: wei, Parents: l.Parents})
	}
	return c.List(all...)
}

func buy(ctx context.Context, c *client.Client, in *BuyTx) (*client.Prepared[client.Bought], error) {
	var most *big.Int
	if in.Most != "" {
		var err error
		if most, err = dtx(c, "most_dtx", in.Most); err != nil {
			return nil, err
		}
	}
	var all []client.Order
	for i, o := range in.Orders {
		long, err := spans.Parse(o.Duration)
		if err != nil {
			return nil, fmt.Errorf("orders[%d].duration: %w", i, err)
		}
		one := client.Order{Stream: o.Stream, Duration: long, Beneficiary: o.Beneficiary, RouteHash: o.RouteHash}
		switch agreed := o.Terms != nil; {
		case agreed && o.Interval != 0:
			one.Agreed = &client.Offer{Price: o.Price, Interval: o.Interval, Terms: *o.Terms}
		case agreed || o.Interval != 0 || o.Price != 0:
			return nil, fmt.Errorf("orders[%d]: price, interval and terms are given together, or none of them", i)
		}
		all = append(all, one)
	}
	return c.Buy(ctx, most, all...)
}
