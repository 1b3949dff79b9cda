package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/google/uuid"
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
	key, err := crypto.GenerateKey()
	if err != nil {
		return common.Address{}, fmt.Errorf("make a key: %w", err)
	}
	address := crypto.PubkeyToAddress(key.PublicKey)
	n, p := keystore.StandardScryptN, keystore.StandardScryptP
	if light {
		n, p = keystore.LightScryptN, keystore.LightScryptP
	}
	sealed, err := keystore.EncryptKey(&keystore.Key{Id: uuid.New(), Address: address, PrivateKey: key}, password, n, p)
	if err != nil {
		return address, fmt.Errorf("seal the key: %w", err)
	}
	return address, newSecret(file, sealed)
}

// newSecret writes a file of mode 0600 that must not exist, and insists that it is on disk.
func newSecret(file string, content []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store the key (an existing file is never overwritten): %w", err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("store the key in %s: %w", file, err)
	}
	return nil
}
