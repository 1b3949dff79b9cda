package client

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/contracts"
)

// Decimal writes an integer of 10^-places parts as a decimal number, exactly.
func Decimal(n *big.Int, places int) string {
	whole, rest := new(big.Int).QuoRem(n, contracts.Pow10(places), new(big.Int))
	if rest.Sign() == 0 {
		return whole.String()
	}
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
		whole.Abs(whole)
		rest.Abs(rest)
	}
	return sign + whole.String() + "." + strings.TrimRight(fmt.Sprintf("%0*s", places, rest), "0")
}

// Amount is an amount of the market's token.
type Amount struct {
	Wei    *big.Int // the token's smallest unit; nil: nothing
	Places int      // decimals of the token
}

// Amount is so much of the market's token.
func (c *Client) Amount(wei *big.Int) Amount { return Amount{wei, c.Places} }

// Readings is what n readings cost at a price of 10⁻⁶ DTX each.
func (c *Client) Readings(n uint64, price uint64) Amount {
	return c.Amount(contracts.Gross(n, price, c.Places))
}

// Price is a price of 10⁻⁶ DTX.
func (c *Client) Price(price uint64) Amount { return c.Readings(1, price) }

// String writes it as DTX.
func (a Amount) String() string { return a.dtx() + " DTX" }

func (a Amount) dtx() string { return Decimal(a.wei(), a.Places) }

func (a Amount) wei() *big.Int {
	if a.Wei == nil {
		return new(big.Int)
	}
	return a.Wei
}

// MarshalJSON writes an object of two members, dtx and wei: the same amount in both
// units, decimal.
func (a Amount) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		DTX string `json:"dtx"`
		Wei string `json:"wei"`
	}{a.dtx(), a.wei().String()})
}
