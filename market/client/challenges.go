package client

import (
	"context"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// ChallengeOpened is a challenge as filed.
type ChallengeOpened struct {
	Purchase market.PurchaseID `json:"purchase"`
	Stream   market.StreamID   `json:"stream"`
	Round    uint32            `json:"round"`
	Count    uint32            `json:"count"`
	Quorum   uint32            `json:"quorum"`
	Deposit  Amount            `json:"deposit"`
	Evidence common.Hash       `json:"evidence_hash"`
	Mined
}

// Challenge prepares an accusation of a purchase's stream under deposit (its buyer).
func (c *Client) Challenge(id market.PurchaseID, evidence common.Hash) *Prepared[ChallengeOpened] {
	return &Prepared[ChallengeOpened]{c: c, pays: c.Rules.Deposit,
		calls: []call{c.one(c.dm.PackChallenge(uint64(id), evidence), "Challenges the stream of purchase %d under a deposit of %s; the evidence has the hash %s.", id, Amount{c.Rules.Deposit}, evidence)},
		read: each(c, c.dm.UnpackChallengedEvent, func(e *contracts.DataMarketChallenged, m Mined) ChallengeOpened {
			return ChallengeOpened{id, market.StreamID(e.Stream), e.Round, e.Count, c.Rules.Quorum, Amount{c.Rules.Deposit}, e.EvidenceHash, m}
		})}
}

// Ruled is a round the arbiter decided.
type Ruled struct {
	Stream market.StreamID `json:"stream"`
	Round  uint32          `json:"round"`
	Ruling common.Hash     `json:"ruling_hash"`
	Mined
}

// Rule prepares the arbiter's ruling.
func (c *Client) Rule(id market.StreamID, upheld bool, ruling common.Hash) *Prepared[Ruled] {
	says := map[bool]string{true: "upholds the challenge of stream %d and slashes its stake (reasons: %s).", false: "rejects the challenge of stream %d (reasons: %s)."}[upheld]
	return &Prepared[Ruled]{c: c,
		calls: []call{c.one(c.dm.PackRule(uint64(id), upheld, ruling), "The arbiter "+says, id, ruling)},
		read: each(c, c.dm.UnpackRuledEvent, func(e *contracts.DataMarketRuled, m Mined) Ruled {
			return Ruled{market.StreamID(e.Stream), e.Round, e.RulingHash, m}
		})}
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
			return Redeemed{market.StreamID(e.Stream), e.Round, e.Challenger, Amount{e.Amount}, m}
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

// Deadline is when a round's present stage ends.
func (c *Client) Deadline(ctx context.Context, id market.StreamID, round uint32) (time.Time, market.RoundState, error) {
	r, err := c.Reader.Round(ctx, id, round)
	return time.Unix(int64(r.Deadline), 0).UTC(), r.State, err
}
