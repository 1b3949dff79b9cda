package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
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
			password, err := o.secret(c.Context(), true)
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
			key, err := o.wallet(c.Context())
			if err != nil {
				return err
			}
			return o.print(c, map[string]string{"address": key.Address().Hex()})
		},
	}
	return group("wallet", "Make and show keys, and send their ether", create, o.walletImport(), show, o.walletSend(), o.walletFund())
}

func (o *options) walletImport() *cobra.Command {
	var file string
	light := false
	c := &cobra.Command{
		Use: "import --private-key FILE --keystore FILE", Short: "Store a key you have sealed (keystore v3), and show its address", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			to := cmp.Or(o.keystore, os.Getenv("DBDAO_KEYSTORE"))
			if to == "" || file == "" {
				return fmt.Errorf("%w: give --private-key FILE and --keystore FILE", errUsage)
			}
			text, err := settlement.ReadSecret(file)
			if err != nil {
				return err
			}
			private, err := crypto.HexToECDSA(strings.TrimPrefix(strings.TrimSpace(text), "0x"))
			if err != nil {
				return fmt.Errorf("%w: %s holds no private key: 64 hexadecimal digits are one", errUsage, file)
			}
			password, err := o.secret(c.Context(), true)
			if err != nil {
				return err
			}
			key := settlement.NewKey(private)
			if err := key.Store(to, password, seal(light)); err != nil {
				return err
			}
			return o.print(c, map[string]string{"address": key.Address().Hex(), "keystore": to})
		},
	}
	c.Flags().StringVar(&file, "private-key", "", "file with the private key in hexadecimal digits, mode 0600: delete it afterwards")
	c.Flags().BoolVar(&light, "light", false, "seal it with less work: for tests")
	return c
}

func (o *options) walletSend() *cobra.Command {
	return &cobra.Command{
		Use: "send ADDRESS ETHER", Short: "Send ether of a key's account, such as what a hot key that was replaced has left", Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			to, err := address(args[0])
			if err != nil {
				return err
			}
			wei, err := config.Decimal(args[1], 18)
			if err != nil || wei.Sign() == 0 {
				return fmt.Errorf("%w: ETHER is a decimal number above 0, e.g. 0.05", errUsage)
			}
			key, err := o.wallet(c.Context())
			if err != nil {
				return err
			}
			nodes, _, err := o.reach(c.Context())
			if err != nil {
				return err
			}
			defer nodes.Close()
			sent, err := client.SendEther(c.Context(), nodes, key, to, wei)
			if err != nil {
				return err
			}
			left, err := nodes.BalanceAt(c.Context(), key.Address(), nil)
			if err != nil {
				return fmt.Errorf("%s was sent; what is left nobody says: %w", sent.Tx, err)
			}
			return o.print(c, struct {
				From  common.Address `json:"from"`
				To    common.Address `json:"to"`
				Ether string         `json:"ether"`
				Left  string         `json:"left"` // ether
				client.Mined
			}{key.Address(), to, client.Decimal(wei, 18), client.Decimal(left, 18), sent})
		},
	}
}

// walletFund is for labs: elsewhere ether comes from whoever sells it.
func (o *options) walletFund() *cobra.Command {
	ether := "1"
	c := &cobra.Command{
		Use: "fund ADDRESS [ADDRESS ...]", Short: "On a development chain (anvil, geth --dev): give accounts ether from one the node holds itself", Args: least(1),
		RunE: func(c *cobra.Command, args []string) error {
			to, err := addresses(args)
			if err != nil {
				return err
			}
			wei, err := config.Decimal(ether, 18)
			if err != nil || wei.Sign() == 0 {
				return fmt.Errorf("%w: --ether must be a decimal number above 0, e.g. 0.5", errUsage)
			}
			nodes, _, err := o.reach(c.Context())
			if err != nil {
				return err
			}
			defer nodes.Close()
			id, err := nodes.ChainID(c.Context())
			if err != nil {
				return err
			}
			if !node.Development(id.Uint64()) {
				return fmt.Errorf("chain %d is no development chain: send the accounts ether from one that has some", id)
			}
			type funded struct {
				Address common.Address `json:"address"`
				Ether   string         `json:"ether"`
			}
			done := []funded{}
			for _, a := range to {
				if err := nodes.GiveEther(c.Context(), a, wei); err != nil {
					return errors.Join(err, o.print(c, done))
				}
				done = append(done, funded{a, client.Decimal(wei, 18)})
			}
			return o.print(c, done)
		},
	}
	c.Flags().StringVar(&ether, "ether", ether, "ether for each")
	return c
}

func seal(light bool) settlement.Seal {
	if light {
		return settlement.LightSeal
	}
	return settlement.StandardSeal
}

// newKeystore makes a key and seals it in a file, which must not exist.
func newKeystore(file, password string, light bool) (common.Address, error) {
	private, err := crypto.GenerateKey()
	if err != nil {
		return common.Address{}, fmt.Errorf("make a key: %w", err)
	}
	key := settlement.NewKey(private)
	return key.Address(), key.Store(file, password, seal(light))
}
