package client

import (
	"context"
	"errors"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// ChallengeFiled is a challenge as filed.
type ChallengeFiled struct {
	Purchase market.PurchaseID `json:"purchase"`
	Stream   market.StreamID   `json:"stream"`
	Round    uint32            `json:"round"`
	Weight   Amount            `json:"weight"` // what was settled on the purchase
	Total    Amount            `json:"total"`  // of all challengers of the round so far
	Count    uint32            `json:"count"`
	Quorum   uint32            `json:"quorum"`
	Deposit  Amount            `json:"deposit"` // nothing, if the account is in the round already
	Evidence common.Hash       `json:"evidence_hash"`
	Mined
}

// Challenge prepares an accusation of a purchase's stream under deposit (its buyer). Who is
// in the round already pays none, and raises his weight.
func (c *Client) Challenge(ctx context.Context, id market.PurchaseID, evidence common.Hash) (*Prepared[ChallengeFiled], error) {
	p, err := c.Reader.Purchase(ctx, id)
	if err != nil {
		return nil, err
	}
	deposit, later, err := c.stands(ctx, p)
	if err != nil {
		return nil, err
	}
	bounty := ""
	if later {
		bounty = " The round was open when the purchase began: should the seller be at fault, at most 8/10 of what was paid comes back beside the deposit, and no bounty."
	}
	return &Prepared[ChallengeFiled]{c: c, pays: deposit,
		calls: []call{c.one(c.dm.PackChallenge(uint64(id), evidence), "Challenges the stream of purchase %d under a deposit of %s; the evidence has the hash %s.%s", id, c.Amount(deposit), evidence, bounty)},
		read: each(c, c.dm.UnpackChallengedEvent, func(e *contracts.DataMarketChallenged, m Mined) ChallengeFiled {
			return ChallengeFiled{id, market.StreamID(e.Stream), e.Round, c.Readings(1, e.Weight.Uint64()), c.Readings(1, e.Total.Uint64()), e.Count, c.Rules.Quorum, c.Amount(deposit), e.EvidenceHash, m}
		})}, nil
}

// stands tells how a challenge with a purchase stands: what deposit it costs the account,
// which pays once for each round, and whether the purchase is later than the round's opening.
func (c *Client) stands(ctx context.Context, p market.Purchase) (deposit *big.Int, later bool, err error) {
	n, err := c.Reader.LastRound(ctx, p.Stream)
	if err != nil || n == 0 {
		return c.Rules.Deposit, false, err
	}
	r, err := c.Reader.Round(ctx, p.Stream, n)
	if err != nil {
		return nil, false, err
	}
	now, err := c.Now(ctx)
	if err != nil || !r.At(now).Live() {
		return c.Rules.Deposit, false, err
	}
	later = p.Start >= r.Opened
	voice, err := c.Reader.Voice(ctx, p.Stream, n, c.From)
	if err != nil || voice.Weight == 0 {
		return c.Rules.Deposit, later, err
	}
	return new(big.Int), later, nil
}

// Responded is an answer to a round.
type Responded struct {
	Stream   market.StreamID `json:"stream"`
	Round    uint32          `json:"round"`
	By       common.Address  `json:"by"`
	Response common.Hash     `json:"response_hash"`
	Mined
}

// Respond prepares the right of reply (the stream's owner, or its operator's admin).
func (c *Client) Respond(id market.StreamID, round uint32, response common.Hash) *Prepared[Responded] {
	return &Prepared[Responded]{c: c,
		calls: []call{c.one(c.dm.PackRespond(uint64(id), round, response), "Answers round %d of stream %d; the answer has the hash %s.", round, id, response)},
		read: each(c, c.dm.UnpackRespondedEvent, func(e *contracts.DataMarketResponded, m Mined) Responded {
			return Responded{market.StreamID(e.Stream), e.Round, e.By, e.ResponseHash, m}
		})}
}

// Ruled is a round the arbiter decided.
type Ruled struct {
	Stream  market.StreamID   `json:"stream"`
	Round   uint32            `json:"round"`
	Verdict market.RoundState `json:"verdict"`
	Ruling  common.Hash       `json:"ruling_hash"`
	Mined
}

// verdicts says what each does.
var verdicts = map[market.RoundState]string{
	market.RoundRejected:        "nobody is at fault: the deposits go to seller and platform.",
	market.RoundSellerAtFault:   "the seller is at fault: his stake is slashed, deposits and half of the stake go to the challengers by what they paid, and everything sold ends.",
	market.RoundOperatorAtFault: "the operator is at fault: deposits go back, nothing more is paid, everything sold ends, and the stake stays the seller's.",
	market.RoundBothAtFault:     "seller and operator are at fault: the stake is slashed, nothing more is paid, and everything sold ends.",
}

// ErrVerdict says that a state of a round is no verdict.
var ErrVerdict = errors.New("a verdict is rejected, seller_at_fault, operator_at_fault or both_at_fault")

// Rule prepares the arbiter's ruling.
func (c *Client) Rule(id market.StreamID, round uint32, verdict market.RoundState, ruling common.Hash) (*Prepared[Ruled], error) {
	does, known := verdicts[verdict]
	if !known {
		return nil, ErrVerdict
	}
	return &Prepared[Ruled]{c: c,
		calls: []call{c.one(c.dm.PackRule(uint64(id), round, uint8(verdict-market.RoundLapsed), ruling), "Rules on round %d of stream %d (reasons: %s): %s", round, id, ruling, does)},
		read: each(c, c.dm.UnpackRuledEvent, func(e *contracts.DataMarketRuled, m Mined) Ruled {
			return Ruled{market.StreamID(e.Stream), e.Round, market.RoundState(e.Verdict) + market.RoundLapsed, e.RulingHash, m}
		})}, nil
}

// Redeemed is what a challenger got.
type Redeemed struct {
	Stream     market.StreamID `json:"stream"`
	Round      uint32          `json:"round"`
	Challenger common.Address  `json:"challenger"`
	Amount     Amount          `json:"amount"`
	Mined
}

// Redeem prepares sending a challenger what a decided round owes him (anyone).
func (c *Client) Redeem(id market.StreamID, round uint32, challenger common.Address) *Prepared[Redeemed] {
	return &Prepared[Redeemed]{c: c,
		calls: []call{c.one(c.dm.PackRedeem(uint64(id), round, challenger), "Sends %s what round %d of stream %d owes him.", challenger, round, id)},
		read: each(c, c.dm.UnpackRedeemedEvent, func(e *contracts.DataMarketRedeemed, m Mined) Redeemed {
			return Redeemed{market.StreamID(e.Stream), e.Round, e.Challenger, c.Amount(e.Amount), m}
		})}
}

// Expired is a round that ended by itself.
type Expired struct {
	Stream market.StreamID   `json:"stream"`
	Round  uint32            `json:"round"`
	Ended  market.RoundState `json:"ended"`
	Mined
}

// Expire prepares the end of a round whose time is over (anyone).
func (c *Client) Expire(id market.StreamID) *Prepared[Expired] {
	return &Prepared[Expired]{c: c,
		calls: []call{c.one(c.dm.PackExpire(uint64(id)), "Ends the round of challenges of stream %d, whose time is over.", id)},
		read: each(c, c.dm.UnpackRoundExpiredEvent, func(e *contracts.DataMarketRoundExpired, m Mined) Expired {
			return Expired{market.StreamID(e.Stream), e.Round, market.RoundState(e.State), m}
		})}
}
