package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

func operatorCommand(o *options) *cobra.Command {
	return group("operator", "Register operators and look after them",
		o.operatorInit(), o.operatorRegister(), o.operatorShow(), o.operatorVerify(), o.operatorSetKeys(),
		o.operatorSet("set-signer", "Change the bridge's hot key (the admin)", func(ctx context.Context, m *chain, n market.OperatorID, a common.Address) (*client.Prepared[client.OperatorChanged], error) {
			return m.SetSigner(ctx, n, a)
		}),
		o.operatorSet("set-payout", "Change where your 10 % goes (the admin)", func(_ context.Context, m *chain, n market.OperatorID, a common.Address) (*client.Prepared[client.OperatorChanged], error) {
			return m.SetPayout(n, a), nil
		}),
		o.operatorSet("transfer-admin", "Name the next admin, who takes over with accept-admin (the admin)", func(ctx context.Context, m *chain, n market.OperatorID, a common.Address) (*client.Prepared[client.OperatorChanged], error) {
			return m.TransferAdmin(ctx, n, a)
		}),
		o.operatorAcceptAdmin())
}

// keyFiles are the files operator init makes.
type keyFiles struct {
	dir, data, admin, signer, signerPassword string
	owner                                    *common.Address // the admin, if he has a key of his own elsewhere
	light                                    bool
}

// keysMade is what operator init prints.
type keysMade struct {
	Admin          common.Address `json:"admin"`  // cold: registers, changes the signer, moves the money's address
	Signer         common.Address `json:"signer"` // hot: vouches for devices and settles
	AdminKeystore  string         `json:"admin_keystore,omitempty"`
	SignerKeystore string         `json:"signer_keystore"`
	SignerPassword string         `json:"signer_password_file"`
	Key            string         `json:"webhook_key"` // as /v1/operator shows it
	Keys           common.Hash    `json:"keys"`        // its hash, as it stands on chain
	SigningKey     string         `json:"signing_key"`
}

// fill puts in the configuration's names and the defaults, and makes the folders.
func (f *keyFiles) fill(cfg config.Config) error {
	f.admin = cmp.Or(f.admin, filepath.Join(f.dir, "admin.json"))
	f.signer = cmp.Or(f.signer, cfg.Operator.Keystore, filepath.Join(f.dir, "signer.json"))
	f.signerPassword = cmp.Or(f.signerPassword, cfg.Operator.PasswordFile, filepath.Join(f.dir, "signer.password"))
	for _, dir := range []string{f.dir, f.data, filepath.Dir(f.admin), filepath.Dir(f.signer), filepath.Dir(f.signerPassword)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
	}
	return nil
}

// make makes the keys that are not there yet. The password is asked for only if an admin key is made.
func (f *keyFiles) make(password func() (string, error)) (made keysMade, err error) {
	made.SignerKeystore, made.SignerPassword = f.signer, f.signerPassword
	made.SigningKey = filepath.Join(f.data, app.SigningKey)
	if made.Signer, err = f.hot(); err != nil {
		return made, err
	}
	if made.Admin, err = f.cold(password); err != nil {
		return made, err
	}
	if f.owner == nil {
		made.AdminKeystore = f.admin
	}
	if made.Admin == made.Signer {
		return made, client.ErrOneKey
	}
	key, err := app.MakeSigningKey(made.SigningKey)
	if err != nil {
		return made, err
	}
	public := key.Public().(ed25519.PublicKey)
	made.Key, made.Keys = evidence.KeyText(public), evidence.KeysHash(public)
	return made, nil
}

// cold finds the admin's account, or makes its keystore.
func (f *keyFiles) cold(password func() (string, error)) (common.Address, error) {
	if f.owner != nil {
		return *f.owner, nil
	}
	a, err := keystoreAddress(f.admin)
	if !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	secret, err := password()
	if err != nil {
		return a, err
	}
	return newKeystore(f.admin, secret, f.light)
}

// hot makes the signer's keystore, and its password: the bridge opens it unattended.
func (f *keyFiles) hot() (common.Address, error) {
	a, err := keystoreAddress(f.signer)
	if !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	password, err := settlement.ReadSecret(f.signerPassword)
	if errors.Is(err, fs.ErrNotExist) {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // never fails
		password = hex.EncodeToString(secret)
		err = settlement.NewSecret(f.signerPassword, []byte(password+"\n"))
	}
	if err != nil {
		return a, err
	}
	return newKeystore(f.signer, password, f.light)
}

// keystoreAddress reads the address that stands in a keystore, without its password.
func keystoreAddress(file string) (common.Address, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return common.Address{}, fmt.Errorf("read a keystore: %w", err)
	}
	var k struct {
		Address string `json:"address"`
	}
	if json.Unmarshal(text, &k) != nil || !common.IsHexAddress(k.Address) {
		return common.Address{}, fmt.Errorf("%s is no keystore v3 file with an address in it", file)
	}
	return common.HexToAddress(k.Address), nil
}

func (o *options) operatorRegister() *cobra.Command {
	var signer, payout, uri, keyFile string
	c := &cobra.Command{Use: "register --signer ADDRESS", Short: "Register as an operator; the key that signs becomes its admin, another is the bridge's signer", Args: exactly(0)}
	c.Flags().StringVar(&signer, "signer", "", "hot key of the bridge, not the key that signs this (default: that of the configuration's operator.keystore)")
	c.Flags().StringVar(&payout, "payout", "", "cold address of your 10 % (default: the key that signs)")
	c.Flags().StringVar(&keyFile, "signing-key", "", "the bridge's signing.key, whose hash is published (default: the configuration's data_dir's; without -c none)")
	c.Flags().StringVar(&uri, "uri", "", "where buyers find name and API address")
	return sends(o, c, func(*cobra.Command, []string) (plan[client.Registered], error) {
		r := client.Registration{URI: uri}
		var err error
		if r.Signer, err = o.hotSigner(signer); err != nil {
			return nil, err
		}
		if r.Payout, err = optional(payout); err != nil {
			return nil, err
		}
		r.Keys, err = o.keysHash(keyFile)
		return func(_ context.Context, m *chain) (*client.Prepared[client.Registered], error) {
			return m.RegisterOperator(r)
		}, err
	}, nil)
}

// hotSigner is the address named, or that of the configuration's hot key.
func (o *options) hotSigner(text string) (common.Address, error) {
	if text != "" {
		return address(text)
	}
	cfg, err := o.load()
	if err != nil {
		return common.Address{}, err
	}
	if cfg.Operator.Keystore == "" {
		return common.Address{}, fmt.Errorf("%w: which key will the bridge use? give --signer ADDRESS, or name a configuration with -c (`operator init` makes the key)", errUsage)
	}
	return keystoreAddress(cfg.Operator.Keystore)
}

func (o *options) operatorShow() *cobra.Command {
	c := &cobra.Command{Use: "show ID", Short: "Show an operator", Args: exactly(1)}
	return reads(o, c, func(_ *cobra.Command, args []string) (look, error) {
		n, err := id[market.OperatorID](args[0])
		return func(ctx context.Context, m *chain) (any, error) {
			op, err := m.Reader.Operator(ctx, n)
			if err != nil {
				return nil, err
			}
			if op.Admin == (common.Address{}) {
				return nil, fmt.Errorf("there is no operator %d", n)
			}
			var pending *common.Address
			if op.Pending != (common.Address{}) {
				pending = &op.Pending
			}
			credit, err := m.Reader.Credit(ctx, op.Payout)
			return struct {
				Operator market.OperatorID `json:"operator"`
				Admin    common.Address    `json:"admin"`
				Pending  *common.Address   `json:"pending_admin,omitempty"` // may become admin by accept-admin
				Signer   common.Address    `json:"signer"`
				Payout   common.Address    `json:"payout"`
				Verified bool              `json:"verified"`
				URI      string            `json:"uri"`
				Metadata common.Hash       `json:"metadata_hash"`
				Keys     common.Hash       `json:"keys"`
				Credit   client.Amount     `json:"credit"`
			}{n, op.Admin, pending, op.Signer, op.Payout, op.Verified, op.MetadataURI, op.MetadataHash, op.Keys, m.Amount(credit)}, err
		}, err
	})
}

// keysHash gives the hash of the signing key in a file or in the configuration's
// data_dir; zero if neither is named.
func (o *options) keysHash(file string) (common.Hash, error) {
	if file == "" {
		cfg, err := o.load()
		if err != nil || o.config == "" {
			return common.Hash{}, err
		}
		file = cfg.Path(app.SigningKey)
		if _, err := os.Stat(file); os.IsNotExist(err) {
			return common.Hash{}, fmt.Errorf("%s does not exist: make it with `operator init`", file)
		}
	}
	key, err := app.ReadSigningKey(file)
	if err != nil {
		return common.Hash{}, err
	}
	return evidence.KeysHash(key.Public().(ed25519.PublicKey)), nil
}

func (o *options) operatorSetKeys() *cobra.Command {
	var file, hash string
	c := &cobra.Command{Use: "set-keys ID", Short: "Publish the hash of the key that signs deliveries (the admin)", Args: exactly(1)}
	c.Flags().StringVar(&file, "signing-key", "", "the bridge's signing.key (default: the configuration's data_dir's)")
	c.Flags().StringVar(&hash, "keys", "", "the hash `operator init` prints, if the key is on another machine")
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.KeysSet], error) {
		n, err := id[market.OperatorID](args[0])
		if err != nil {
			return nil, err
		}
		var keys common.Hash
		if hash != "" {
			keys, err = hash32(hash)
		} else {
			keys, err = o.keysHash(file)
		}
		if err == nil && keys == (common.Hash{}) {
			err = fmt.Errorf("%w: which key? give --signing-key FILE, --keys HASH, or name a configuration with -c", errUsage)
		}
		return func(ctx context.Context, m *chain) (*client.Prepared[client.KeysSet], error) {
			return m.SetKeys(ctx, n, keys)
		}, err
	}, nil)
}

func (o *options) operatorVerify() *cobra.Command {
	revoke, hash := false, ""
	c := &cobra.Command{Use: "verify ID [--revoke]", Short: "Say that the platform has met an operator, or no longer vouches for him (the market's owner)", Args: exactly(1)}
	c.Flags().BoolVar(&revoke, "revoke", false, "take it back")
	c.Flags().StringVar(&hash, "metadata-hash", "", "of the metadata you have looked at: refused if he has changed them (default: those he has now)")
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Verified], error) {
		n, err := id[market.OperatorID](args[0])
		if err != nil {
			return nil, err
		}
		var looked common.Hash
		if hash != "" {
			looked, err = hash32(hash)
		}
		return func(ctx context.Context, m *chain) (*client.Prepared[client.Verified], error) {
			seen := looked
			if hash == "" {
				op, err := m.Reader.Operator(ctx, n)
				if err != nil {
					return nil, err
				}
				seen = op.MetadataHash
			}
			return m.Verify(n, !revoke, seen), nil
		}, err
	}, nil)
}

func (o *options) operatorAcceptAdmin() *cobra.Command {
	c := &cobra.Command{Use: "accept-admin ID", Short: "Become an operator's admin (whom the admin named)", Args: exactly(1)}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.OperatorChanged], error) {
		n, err := id[market.OperatorID](args[0])
		return func(_ context.Context, m *chain) (*client.Prepared[client.OperatorChanged], error) {
			return m.AcceptAdmin(n), nil
		}, err
	}, nil)
}

// operatorSet is a command that sets one address of an operator.
func (o *options) operatorSet(name, short string, prepare func(context.Context, *chain, market.OperatorID, common.Address) (*client.Prepared[client.OperatorChanged], error)) *cobra.Command {
	c := &cobra.Command{Use: name + " ID ADDRESS", Short: short, Args: exactly(2)}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.OperatorChanged], error) {
		n, err := id[market.OperatorID](args[0])
		if err != nil {
			return nil, err
		}
		to, err := address(args[1])
		return func(ctx context.Context, m *chain) (*client.Prepared[client.OperatorChanged], error) {
			return prepare(ctx, m, n, to)
		}, err
	}, nil)
}
