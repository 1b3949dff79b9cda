package client

import (
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/common"
)

// Sent is tokens that went to an account.
type Sent struct {
	To     common.Address `json:"to"`
	Amount Amount         `json:"amount"`
	Mined
}

// Transfer prepares sending tokens.
func (c *Client) Transfer(to common.Address, wei *big.Int) *Prepared[Sent] {
	return &Prepared[Sent]{c: c,
		calls: []call{c.onToken(c.token.PackTransfer(to, wei), "Sends "+c.Amount(wei).String()+" to "+to.Hex()+".")},
		read:  simply(func(m Mined) Sent { return Sent{to, c.Amount(wei), m} })}
}

// Approved is what somebody may take of the account's tokens.
type Approved struct {
	Spender common.Address `json:"spender"`
	Amount  Amount         `json:"amount"`
	Mined
}

// Approve prepares that somebody may take tokens of the account.
func (c *Client) Approve(spender common.Address, wei *big.Int) *Prepared[Approved] {
	return &Prepared[Approved]{c: c, calls: []call{c.approval(spender, wei)},
		read: simply(func(m Mined) Approved { return Approved{spender, c.Amount(wei), m} })}
}

func (c *Client) approval(spender common.Address, wei *big.Int) call {
	return c.onToken(c.token.PackApprove(spender, wei), "Lets "+spender.Hex()+" take "+c.Amount(wei).String()+" of this account.")
}

func (c *Client) onToken(data []byte, does string) call {
	token := c.Rules.Token
	return call{&token, data, does}
}

// Paused is a market whose sales rest for a while.
type Paused struct {
	Until time.Time `json:"until"`
	Mined
}

// Pause prepares that sales rest (the guardian); they go on by themselves. Claims,
// challenges, refunds and withdrawals never rest.
func (c *Client) Pause() *Prepared[Paused] {
	return &Prepared[Paused]{c: c, calls: []call{c.one(c.dm.PackPause(), "Stops listings, purchases and extensions for %s.", seconds(c.Rules.PauseMax))},
		read: each(c, c.dm.UnpackPausedEvent, func(e *contracts.DataMarketPaused, m Mined) Paused { return Paused{moment(e.Until), m} })}
}
