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
	whole, rest := new(big.Int).QuoRem(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil), new(big.Int))
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
type Amount struct{ Wei *big.Int }

// Micro is n readings' price of 10⁻⁶ DTX each.
func Micro(n uint32, price uint64) Amount { return Amount{contracts.Gross(n, price)} }

// String writes it as DTX.
func (a Amount) String() string { return Decimal(a.wei(), 18) + " DTX" }

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
	}{Decimal(a.wei(), 18), a.wei().String()})
}
