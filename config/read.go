package config

import (
	"math/big"
	"reflect"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/internal/manual"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/viper"
)

// tables reads TOML. Keys come in lower case.
func tables(text string) (map[string]any, error) {
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(text)); err != nil {
		return nil, err
	}
	return v.AllSettings(), nil
}

// keysOf lists the keys of a struct.
func keysOf(t reflect.Type) []string { return manual.KeysOf(t, "key") }

// readerOf reads a struct.
func readerOf(t reflect.Type) manual.Reader {
	return manual.Reader{Tag: "key", Known: keysOf(t), Sound: sound, Begin: func(given, usual map[string]any) {
		if given["kind"] == KindGateway { // any region's topics, not a network server's
			delete(usual, "topic")
		}
	}}
}

// sound says whether a text is an address or an amount that its key takes.
func sound(f reflect.StructField, v string) bool {
	switch f.Tag.Get("is") {
	case manual.Address:
		return common.IsHexAddress(v)
	case manual.Decimal:
		places := manual.Number(f, "places", 0)
		n, err := Decimal(v, places)
		return err == nil && manual.Within(f, n, func(bound string) *big.Int {
			b, err := Decimal(bound, places)
			if err != nil {
				panic("bug: a bound that is no amount: " + bound)
			}
			return b
		})
	case manual.Times:
		_, err := Times(v)
		return err == nil
	}
	return false
}
