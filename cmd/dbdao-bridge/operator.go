package main

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"

	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// operatorMore are the commands of an operator's life besides register and show.
func (o *options) operatorMore() []*cobra.Command {
	return []*cobra.Command{o.operatorInit(), o.operatorVerify(), o.operatorSetKeys(),
		o.operatorSet("set-signer", "Change the bridge's hot key (the admin)", func(ch *chain, n uint64, a common.Address) []byte { return ch.dm.PackSetSigner(n, a) }),
		o.operatorSet("set-payout", "Change where your 10 % goes (the admin)", func(ch *chain, n uint64, a common.Address) []byte { return ch.dm.PackSetPayout(n, a) }),
	}
}

// keysView is a published key and its hash as it stands on chain.
type keysView struct {
	Key  string      `json:"webhook_key"` // as /v1/operator shows it
	Hash common.Hash `json:"keys"`
	File string      `json:"file,omitempty"`
}

func viewKeys(public ed25519.PublicKey, file string) keysView {
	return keysView{evidence.KeyText(public), evidence.KeysHash(public), file}
}

func (o *options) operatorInit() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "init", Short: "Make the key that signs deliveries, and show it with the hash to publish", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				cfg, err := o.load()
				if err != nil {
					return err
				}
				dir = cfg.DataDir
			}
			if dir == "" {
				return fmt.Errorf("%w: where to? give --data-dir DIR, or name a configuration with -c", errUsage)
			}
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return fmt.Errorf("make data_dir: %w", err)
			}
			file := filepath.Join(dir, bridge.SigningKey)
			key, err := bridge.MakeSigningKey(file)
			if err != nil {
				return err
			}
			return o.print(c, viewKeys(key.Public().(ed25519.PublicKey), file))
		},
	}
	c.Flags().StringVar(&dir, "data-dir", "", "the bridge's data_dir (default: the configuration's)")
	return c
}

// keysHash gives the hash of the signing key in a file or in the configuration's
// data_dir; zero if neither is named.
func (o *options) keysHash(file string) (common.Hash, error) {
	if file == "" {
		cfg, err := o.load()
		if err != nil || o.config == "" {
			return common.Hash{}, err
		}
		file = cfg.Path(bridge.SigningKey)
		if _, err := os.Stat(file); os.IsNotExist(err) {
			return common.Hash{}, fmt.Errorf("%s does not exist: make it with `operator init`", file)
		}
	}
	key, err := bridge.ReadSigningKey(file)
	if err != nil {
		return common.Hash{}, err
	}
	return evidence.KeysHash(key.Public().(ed25519.PublicKey)), nil
}

func (o *options) operatorSetKeys() *cobra.Command {
	var file, hash string
	c := &cobra.Command{
		Use: "set-keys ID", Short: "Publish the hash of the key that signs deliveries (the admin)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.OperatorID](args[0])
			if err != nil {
				return err
			}
			var keys common.Hash
			if hash != "" {
				keys, err = hash32(hash)
			} else {
				keys, err = o.keysHash(file)
			}
			if err != nil {
				return err
			}
			if keys == (common.Hash{}) {
				return fmt.Errorf("%w: which key? give --signing-key FILE, --keys HASH, or name a configuration with -c", errUsage)
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			op, err := ch.reader.Operator(c.Context(), n)
			if err != nil {
				return err
			}
			r, err := ch.transact(c.Context(), ch.dm.PackSetOperatorMetadata(uint64(n), keys, op.MetadataURI, op.MetadataHash))
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Operator market.OperatorID `json:"operator"`
				Keys     common.Hash       `json:"keys"`
				mined
			}{n, keys, of(r)})
		},
	}
	c.Flags().StringVar(&file, "signing-key", "", "the bridge's signing.key (default: the configuration's data_dir's)")
	c.Flags().StringVar(&hash, "keys", "", "the hash `operator init` prints, if the key is on another machine")
	return c
}

func (o *options) operatorVerify() *cobra.Command {
	revoke := false
	c := &cobra.Command{
		Use: "verify ID [--revoke]", Short: "Say that the platform has met an operator, or no longer vouches for him (the platform)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.OperatorID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			r, err := ch.transact(c.Context(), ch.dm.PackVerifyOperator(uint64(n), !revoke))
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Operator market.OperatorID `json:"operator"`
				Verified bool              `json:"verified"`
				mined
			}{n, !revoke, of(r)})
		},
	}
	c.Flags().BoolVar(&revoke, "revoke", false, "take it back")
	return c
}

// operatorSet is a command that sets one address of an operator.
func (o *options) operatorSet(name, short string, pack func(*chain, uint64, common.Address) []byte) *cobra.Command {
	return &cobra.Command{
		Use: name + " ID ADDRESS", Short: short, Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[uint64](args[0])
			if err != nil {
				return err
			}
			to, err := address(args[1])
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			r, err := ch.transact(c.Context(), pack(ch, n, to))
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Operator uint64         `json:"operator"`
				Address  common.Address `json:"address"`
				mined
			}{n, to, of(r)})
		},
	}
}
