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
)

// Listing is what an owner lists: the operator's word for a device, and an offer.
type Listing struct {
	contracts.DeviceClaim
	Signature []byte // of the operator's signer
	Price     uint64 // 10⁻⁶ DTX per reading, a multiple of 10
	Interval  uint32 // seconds: shortest billable time between readings
	Terms     common.Hash
	Stake     *big.Int // wei
	Parents   []market.PurchaseID
}

// Listed is a stream as listed.
type Listed struct {
	Stream   market.StreamID   `json:"stream"`
	Operator market.OperatorID `json:"operator"`
	Device   common.Hash       `json:"device"`
	Price    Amount            `json:"price"`
	Interval uint32            `json:"interval"`
	Stake    Amount            `json:"stake"`
	Mined
}

// ErrNotYours says that an attestation is for somebody else.
var ErrNotYours = errors.New("the attestation is for another account: ask the operator for one of your own")

// Unlisted leaves out listings of devices that are listed, and those whose device claim a former or
// newer one has voided: the market would refuse them, and whatever shares their transaction.
func (c *Client) Unlisted(ctx context.Context, all []Listing) (left []Listing, err error) {
	of := map[uint64][]Listing{}
	for _, l := range all {
		of[l.Operator] = append(of[l.Operator], l)
	}
	for op, listings := range of {
		devices := make([]common.Hash, len(listings))
		for i, l := range listings {
			devices[i] = l.Device
		}
		nonces, err := c.Reader.DeviceNonces(ctx, market.OperatorID(op), devices...)
		if err != nil {
			return nil, err
		}
		live, err := c.Reader.LiveStreams(ctx, market.OperatorID(op), devices...)
		if err != nil {
			return nil, err
		}
		for i, l := range listings {
			if live[i] == 0 && nonces[i] == l.Nonce {
				left = append(left, l)
			}
		}
	}
	return left, nil
}

// List prepares listings under stake: a whole fleet shares transactions.
func (c *Client) List(all ...Listing) (*Prepared[Listed], error) {
	p := &Prepared[Listed]{c: c, pays: new(big.Int), read: each(c, c.dm.UnpackStreamListedEvent, func(e *contracts.DataMarketStreamListed, m Mined) Listed {
		return Listed{market.StreamID(e.Stream), market.OperatorID(e.Operator.Uint64()), e.Device, c.Price(e.Price.Uint64()), e.Interval, c.Amount(e.Stake), m}
	})}
	for _, l := range all {
		if l.Owner != c.From {
			return nil, fmt.Errorf("%w (it is for %s, not for %s)", ErrNotYours, l.Owner, c.From)
		}
		parents := make([]uint64, 0, len(l.Parents))
		for _, one := range l.Parents {
			parents = append(parents, uint64(one))
		}
		p.pays.Add(p.pays, l.Stake)
		p.calls = append(p.calls, c.one(c.dm.PackList(contracts.Listing{
			Operator: operator(market.OperatorID(l.Operator)), Device: l.Device, Price: new(big.Int).SetUint64(l.Price), Interval: l.Interval, Terms: l.Terms, Stake: l.Stake,
			ProofKind: l.ProofKind, Nonce: l.Nonce, Deadline: new(big.Int).SetUint64(l.Deadline), OperatorSig: l.Signature, Parents: parents,
		}), "Lists a device of operator %d at %s a reading, at most one every %s, under a stake of %s.",
			l.Operator, c.Price(l.Price), every(l.Interval), c.Amount(l.Stake)))
	}
	return p, nil
}

func every(seconds uint32) string { return spans.Text(time.Duration(seconds) * time.Second) }

// StreamChanged is a stream as it stands after a change.
type StreamChanged struct {
	Stream market.StreamID `json:"stream"`
	Mined
}

// onStream is one call about a stream.
func (c *Client) onStream(id market.StreamID, pays *big.Int, data []byte, does string, args ...any) *Prepared[StreamChanged] {
	return &Prepared[StreamChanged]{c: c, pays: pays, calls: []call{c.one(data, does, args...)},
		read: simply(func(m Mined) StreamChanged { return StreamChanged{id, m} })}
}

// SetPrice prepares another price and interval for new purchases (the owner).
func (c *Client) SetPrice(id market.StreamID, price uint64, interval uint32) *Prepared[StreamChanged] {
	return c.onStream(id, nil, c.dm.PackSetPrice(uint64(id), new(big.Int).SetUint64(price), interval),
		"Sells stream %d at %s a reading, at most one every %s, to new buyers.", id, c.Price(price), every(interval))
}

// SetTerms prepares other terms for new purchases (the owner).
func (c *Client) SetTerms(id market.StreamID, terms common.Hash) *Prepared[StreamChanged] {
	return c.onStream(id, nil, c.dm.PackSetTerms(uint64(id), terms), "Sells stream %d under the terms %s to new buyers.", id, terms)
}

// SetRestricted prepares selling to allowed accounts only, or to all again (the owner).
func (c *Client) SetRestricted(id market.StreamID, restricted bool) *Prepared[StreamChanged] {
	who := map[bool]string{true: "allowed accounts only", false: "everybody"}[restricted]
	return c.onStream(id, nil, c.dm.PackSetRestricted(uint64(id), restricted), "Sells stream %d to %s.", id, who)
}

// AddStake prepares a higher stake (the owner).
func (c *Client) AddStake(id market.StreamID, wei *big.Int) *Prepared[StreamChanged] {
	return c.onStream(id, wei, c.dm.PackAddStake(uint64(id), wei), "Adds %s to the stake of stream %d.", c.Amount(wei), id)
}

// Allow prepares that accounts may, or may no longer, buy a restricted stream (the
// owner).
func (c *Client) Allow(id market.StreamID, buyers []common.Address, yes bool) *Prepared[StreamChanged] {
	may := map[bool]string{true: "may buy", false: "may no longer buy"}[yes]
	return c.onStream(id, nil, c.dm.PackAllow(uint64(id), buyers, yes), "Says that %v %s stream %d while it is restricted.", buyers, may, id)
}

// Closed is a stream whose sales ended.
type Closed struct {
	Stream    market.StreamID `json:"stream"`
	EndsAt    time.Time       `json:"ends_at"`    // every running purchase ends then at the latest
	StakeFrom time.Time       `json:"stake_from"` // the stake may leave from then on, unless a review runs: then after it
	Mined
}

// StakeFrom is from when on the stake of a stream that stops at a time may leave.
func (c *Client) StakeFrom(stopAt uint64) time.Time {
	return time.Unix(int64(stopAt)+c.Rules.ChallengeAfter.Int64(), 0).UTC()
}

func (c *Client) closing(data []byte, does string, args ...any) *Prepared[Closed] {
	return &Prepared[Closed]{c: c, calls: []call{c.one(data, does, args...)},
		read: each(c, c.dm.UnpackStreamClosedEvent, func(e *contracts.DataMarketStreamClosed, m Mined) Closed {
			return Closed{market.StreamID(e.Stream), moment(e.StopAt), c.StakeFrom(e.StopAt.Uint64()), m}
		})}
}

// Close prepares the end of sales (the owner): purchases that run end after NOTICE.
func (c *Client) Close(id market.StreamID) *Prepared[Closed] {
	return c.closing(c.dm.PackClose(uint64(id)), "Ends sales of stream %d for ever; its purchases end in %s at the latest, and the stake may leave %s after that.",
		id, seconds(c.Rules.Notice), seconds(c.Rules.ChallengeAfter))
}

// Retire prepares the same for a device that left the network (the operator's admin).
func (c *Client) Retire(id market.StreamID) *Prepared[Closed] {
	return c.closing(c.dm.PackRetire(uint64(id)), "Ends sales of stream %d for ever, as its device left the network; its purchases end in %s at the latest.",
		id, seconds(c.Rules.Notice))
}

// StakeWithdrawn is a stake that went back.
type StakeWithdrawn struct {
	Stream market.StreamID `json:"stream"`
	Amount Amount          `json:"amount"`
	Mined
}

// WithdrawStake prepares taking the stake of a closed stream out (the owner).
func (c *Client) WithdrawStake(id market.StreamID) *Prepared[StakeWithdrawn] {
	return &Prepared[StakeWithdrawn]{c: c,
		calls: []call{c.one(c.dm.PackWithdrawStake(uint64(id)), "Takes the stake of stream %d out.", id)},
		read: each(c, c.dm.UnpackStakeWithdrawnEvent, func(e *contracts.DataMarketStakeWithdrawn, m Mined) StakeWithdrawn {
			return StakeWithdrawn{market.StreamID(e.Stream), c.Amount(e.Amount), m}
		})}
}
