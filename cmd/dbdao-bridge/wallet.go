package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/cobra"
)

func walletCommand(o *options) *cobra.Command {
	light := false
	create := &cobra.Command{
		Use: "new --keystore FILE", Short: "Make a key and store it sealed (keystore v3)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			file := cmp.Or(o.keystore, os.Getenv("DBDAO_KEYSTORE"))
			if file == "" {
				return fmt.Errorf("%w: where to? give --keystore FILE", errUsage)
			}
			password, err := o.secret(true)
			if err != nil {
				return err
			}
			address, err := newKeystore(file, password, light)
			if err != nil {
				return err
			}
			return o.print(c, map[string]string{"address": address.Hex(), "keystore": file})
		},
	}
	create.Flags().BoolVar(&light, "light", false, "seal it with less work (4 MB instead of 256 MB of memory to open): for tests")
	show := &cobra.Command{
		Use: "show", Short: "Show a key's address (the password is checked)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			key, err := o.wallet()
			if err != nil {
				return err
			}
			return o.print(c, map[string]string{"address": key.Address().Hex()})
		},
	}
	return group("wallet", "Make and show keys", create, show)
}

// newKeystore makes a key and seals it in a file, which must not exist.
func newKeystore(file, password string, light bool) (common.Address, error) {
	private, err := crypto.GenerateKey()
	if err != nil {
		return common.Address{}, fmt.Errorf("make a key: %w", err)
	}
	key, seal := settlement.NewKey(private), settlement.StandardSeal
	if light {
		seal = settlement.LightSeal
	}
	return key.Address(), key.Store(file, password, seal)
}
