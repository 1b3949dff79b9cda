package config

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/internal/manual"
)

// Defaults prints the annotated default configuration.
func Defaults() string {
	var b strings.Builder
	b.WriteString("# dbdao-bridge configuration. Every key stands here with its default; delete what you do not change.\n" +
		"# The environment overrides the file: CHAIN__RPC sets chain.rpc. Unknown keys are refused in both.\n\n")
	manual.Print(&b, reflect.TypeFor[Config](), "key")
	return b.String()
}

// ErrAmount says that a text is no amount.
var ErrAmount = errors.New("not an amount: write a decimal number, e.g. 12.5")

// Decimal reads a decimal number exactly, as an integer of its 10^-places part: no
// float is involved. It refuses signs, exponents and more digits than places.
func Decimal(text string, places int) (*big.Int, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" || len(whole) > 30 {
		return nil, fmt.Errorf("%q: %w", text, ErrAmount)
	}
	if len(fraction) > places {
		return nil, fmt.Errorf("%q: %w with at most %d decimal places", text, ErrAmount, places)
	}
	n, ok := new(big.Int).SetString(digits+strings.Repeat("0", places-len(fraction)), 10)
	if !ok {
		return nil, fmt.Errorf("%q: %w", text, ErrAmount)
	}
	return n, nil
}

// ErrTimes says that a text is no multiple of gas.
var ErrTimes = errors.New("must be a multiple of gas from 0x to 1000x, such as \"3x gas\" or \"1.5x gas\"")

// Times reads a multiple of gas such as "3x gas".
func Times(text string) (*big.Rat, error) {
	number, ok := strings.CutSuffix(text, "x gas")
	n, err := Decimal(number, 3)
	if !ok || err != nil || n.Cmp(big.NewInt(1_000_000)) > 0 {
		return nil, fmt.Errorf("%q: %w", text, ErrTimes)
	}
	return new(big.Rat).SetFrac(n, big.NewInt(1_000)), nil
}
