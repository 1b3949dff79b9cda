package client

import (
	"context"
	"fmt"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Registration is what an operator registers with; its admin is the account that sends.
type Registration struct {
	Signer common.Address // hot key of the bridge: signs device claims and settles, nothing else
	Payout common.Address // cold address of the 10 %; zero: the admin
	Keys   common.Hash    // hash of the key that signs deliveries; zero: none yet
	URI    string         // where buyers find name and API address
}

// Registered is an operator as registered.
type Registered struct {
	Operator market.OperatorID `json:"operator"`
	Admin    common.Address    `json:"admin"`
	Signer   common.Address    `json:"signer"`
	Payout   common.Address    `json:"payout"`
	Keys     common.Hash       `json:"keys"`
	Mined
}

// RegisterOperator prepares a registration. One key for admin and signer is refused.
func (c *Client) RegisterOperator(r Registration) (*Prepared[Registered], error) {
	if r.Signer == c.From {
		return nil, ErrOneKey
	}
	if r.Payout == (common.Address{}) {
		r.Payout = c.From
	}
	data := c.dm.PackRegisterOperator(r.Signer, r.Payout, r.Keys, r.URI, crypto.Keccak256Hash([]byte(r.URI)))
	return &Prepared[Registered]{c: c,
		calls: []call{c.one(data, "Registers an operator: admin %s (this account), signer %s (hot: vouches for devices and settles), payout %s.", c.From, r.Signer, r.Payout)},
		read: each(c, c.dm.UnpackOperatorRegisteredEvent, func(e *contracts.DataMarketOperatorRegistered, m Mined) Registered {
			return Registered{market.OperatorID(e.Operator.Uint64()), e.Admin, e.Signer, e.Payout, r.Keys, m}
		})}, nil
}

// OperatorChanged is one address of an operator after a change.
type OperatorChanged struct {
	Operator market.OperatorID `json:"operator"`
	Address  common.Address    `json:"address"`
	Mined
}

func (c *Client) operatorAddress(id market.OperatorID, a common.Address, data []byte, does string, args ...any) *Prepared[OperatorChanged] {
	return &Prepared[OperatorChanged]{c: c, calls: []call{c.one(data, does, args...)},
		read: simply(func(m Mined) OperatorChanged { return OperatorChanged{id, a, m} })}
}

// SetSigner prepares another hot key (the admin). It must not be the admin.
func (c *Client) SetSigner(ctx context.Context, id market.OperatorID, signer common.Address) (*Prepared[OperatorChanged], error) {
	op, err := c.Reader.Operator(ctx, id)
	if err != nil {
		return nil, err
	}
	if signer == op.Admin {
		return nil, ErrOneKey
	}
	return c.operatorAddress(id, signer, c.dm.PackSetSigner(operator(id), signer),
		"Makes %s the signer of operator %d: what the former one signed and nobody relayed is void.", signer, id), nil
}

// TransferAdmin prepares naming the next admin, who takes over by accepting (the admin);
// the zero address takes the offer back. The signer cannot become admin.
func (c *Client) TransferAdmin(ctx context.Context, id market.OperatorID, admin common.Address) (*Prepared[OperatorChanged], error) {
	op, err := c.Reader.Operator(ctx, id)
	if err != nil {
		return nil, err
	}
	if admin == op.Signer && admin != (common.Address{}) {
		return nil, ErrOneKey
	}
	return c.operatorAddress(id, admin, c.dm.PackTransferAdmin(operator(id), admin), "Names %s the next admin of operator %d: he takes over when he accepts.", admin, id), nil
}

// AcceptAdmin prepares taking over an operator (whom its admin named).
func (c *Client) AcceptAdmin(id market.OperatorID) *Prepared[OperatorChanged] {
	return c.operatorAddress(id, c.From, c.dm.PackAcceptAdmin(operator(id)), "Makes %s the admin of operator %d. The platform's verification ends.", c.From, id)
}

// SetPayout prepares another address for the operator's 10 % (the admin).
func (c *Client) SetPayout(id market.OperatorID, payout common.Address) *Prepared[OperatorChanged] {
	return c.operatorAddress(id, payout, c.dm.PackSetPayout(operator(id), payout), "Sends operator %d's 10 %% to %s from now on.", id, payout)
}

// KeysSet is an operator's published hash of its delivery key.
type KeysSet struct {
	Operator market.OperatorID `json:"operator"`
	Keys     common.Hash       `json:"keys"`
	Mined
}

// SetKeys prepares another hash of the key that signs deliveries (the admin); name and
// address stay.
func (c *Client) SetKeys(ctx context.Context, id market.OperatorID, keys common.Hash) (*Prepared[KeysSet], error) {
	op, err := c.Reader.Operator(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.setMetadata(id, keys, op.MetadataURI, op.MetadataHash), nil
}

// SetMetadata prepares another address where buyers find name and API (the admin); the
// keys stay.
func (c *Client) SetMetadata(ctx context.Context, id market.OperatorID, uri string) (*Prepared[KeysSet], error) {
	op, err := c.Reader.Operator(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.setMetadata(id, op.Keys, uri, crypto.Keccak256Hash([]byte(uri))), nil
}

func (c *Client) setMetadata(id market.OperatorID, keys common.Hash, uri string, hash common.Hash) *Prepared[KeysSet] {
	return &Prepared[KeysSet]{c: c,
		calls: []call{c.one(c.dm.PackSetOperatorMetadata(operator(id), keys, uri, hash), "Publishes for operator %d: keys %s, address %q. The platform's verification ends.", id, keys, uri)},
		read:  simply(func(m Mined) KeysSet { return KeysSet{id, keys, m} })}
}

// Verified is an operator the platform has met, or no longer vouches for.
type Verified struct {
	Operator market.OperatorID `json:"operator"`
	Verified bool              `json:"verified"`
	Mined
}

// Verify prepares the platform's word on an operator whose metadata it has looked at (the
// market's owner).
func (c *Client) Verify(id market.OperatorID, yes bool, metadata common.Hash) *Prepared[Verified] {
	says := map[bool]string{true: "has met", false: "no longer vouches for"}[yes]
	return &Prepared[Verified]{c: c,
		calls: []call{c.one(c.dm.PackVerifyOperator(operator(id), yes, metadata), "Says that the platform %s operator %d, whose metadata have the hash %s.", says, id, metadata)},
		read:  simply(func(m Mined) Verified { return Verified{id, yes, m} })}
}

// operator is an id as the bindings take uint40.
func operator(id market.OperatorID) *big.Int { return new(big.Int).SetUint64(uint64(id)) }

// plural writes a number with its noun.
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
