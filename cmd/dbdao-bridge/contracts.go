package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// deployment are the flags of contracts deploy.
type deployment struct {
	profile, token, platform, guardian, arbiter, owner, out string
	single                                                  bool
}

func contractsCommand(o *options) *cobra.Command {
	return group("contracts", "Deploy the market", o.contractsDeploy(), o.contractsPause())
}

func (o *options) contractsDeploy() *cobra.Command {
	var d deployment
	deploy := &cobra.Command{Use: "deploy", Short: "Deploy a market (and a DTX, unless --token names one)", Args: exactly(0)}
	deploy.RunE = func(c *cobra.Command, _ []string) error {
		rules, err := d.rules()
		if err != nil {
			return err
		}
		from, key, err := o.account(c.Context())
		if err != nil {
			return err
		}
		if d.single {
			if key == nil {
				return fmt.Errorf("%w: --single-key needs the key: it does not go with --unsigned", errUsage)
			}
			password, err := o.secret(c.Context(), false)
			if err != nil {
				return err
			}
			if err := derive(&rules, key, cmp.Or(o.keystore, os.Getenv("DBDAO_KEYSTORE")), password); err != nil {
				return err
			}
		}
		node, _, err := o.reach(c.Context())
		if err != nil {
			return err
		}
		defer node.Close()
		p, err := client.Deploy(c.Context(), node, from, rules)
		if err != nil {
			return err
		}
		if d.profile == "mainnet" {
			fmt.Fprintln(c.ErrOrStderr(), "dbdao-bridge: the platform must not pay the arbiter by verdict: it gets half of what is slashed and half of rejected deposits")
		}
		return carry(o, c, &chain{node: node}, p, key, func(ctx context.Context, _ *chain, done []client.Deployed) (any, error) {
			m, err := contracts.Describe(ctx, node, done[len(done)-1].Deployment)
			if err != nil || d.out == "" {
				return m, err
			}
			if _, err := contracts.WriteManifest(d.out, m); err != nil {
				return nil, errors.Join(o.print(c, m), err) // it is deployed: say where
			}
			return m, nil
		})
	}
	f := deploy.Flags()
	f.StringVar(&d.out, "out", "", "folder to write <chain id>.json into: addresses, rules, code hash and compiler settings")
	f.StringVar(&d.profile, "profile", "mainnet", "mainnet, or demo with short times")
	f.StringVar(&d.token, "token", "", "ERC-20 everything is paid in (default: a new DTX)")
	f.StringVar(&d.owner, "owner", "", "address that verifies operators")
	f.StringVar(&d.platform, "platform", "", "address of the platform's 10 %")
	f.StringVar(&d.guardian, "guardian", "", "address that may pause sales for a while")
	f.StringVar(&d.arbiter, "arbiter", "", "address that rules on challenges: a contract that can rotate its keys")
	f.BoolVar(&d.single, "single-key", false, "for labs, with --profile demo: the deployer is owner and platform, keys of guardian and arbiter are derived from its key and stored beside its keystore as NAME.guardian.json and NAME.arbiter.json, with its password")
	o.unsignedFlags(deploy)
	return deploy
}

// rules are the profile's with the roles named: each is somebody else, as one who is two
// could rule in his own favour.
func (d *deployment) rules() (r contracts.Config, err error) {
	profile, ok := map[string]func() contracts.Config{"mainnet": contracts.MainnetRules, "demo": contracts.DemoRules}[d.profile]
	if !ok {
		return r, fmt.Errorf("%w: --profile must be mainnet or demo", errUsage)
	}
	r = profile()
	if r.Token, err = optional(d.token); err != nil {
		return r, err
	}
	roles := []struct {
		name, text string
		to         *common.Address
	}{{"owner", d.owner, &r.Owner}, {"platform", d.platform, &r.Platform}, {"guardian", d.guardian, &r.Guardian}, {"arbiter", d.arbiter, &r.Arbiter}}
	holds := map[common.Address]string{}
	for _, role := range roles {
		if d.single {
			if role.text != "" || d.profile == "mainnet" {
				return r, fmt.Errorf("%w: --single-key is for labs: it comes with --profile demo and without --owner, --platform, --guardian and --arbiter", errUsage)
			}
			continue
		}
		if role.text == "" {
			return r, fmt.Errorf("%w: who is the market's %s? give --owner, --platform, --guardian and --arbiter, four different accounts (in a lab: --profile demo --single-key)", errUsage, role.name)
		}
		if *role.to, err = address(role.text); err != nil {
			return r, err
		}
		if other, twice := holds[*role.to]; twice {
			return r, fmt.Errorf("%w: %s and %s are one account, %s: owner, platform, guardian and arbiter must be four different ones", errUsage, other, role.name, *role.to)
		}
		holds[*role.to] = role.name
	}
	return r, nil
}

// derive gives the roles of a lab: guardian and arbiter get keys of their own, always the
// same ones for a key, stored beside its keystore.
func derive(r *contracts.Config, key *settlement.Key, keystore, password string) error {
	r.Owner, r.Platform = key.Address(), key.Address()
	beside := strings.TrimSuffix(keystore, ".json")
	for role, to := range map[string]*common.Address{"guardian": &r.Guardian, "arbiter": &r.Arbiter} {
		derived, err := key.Derive(role)
		if err != nil {
			return err
		}
		*to = derived.Address()
		file := beside + "." + role + ".json"
		if there, err := keystoreAddress(file); err == nil && there == *to {
			continue
		}
		if err := derived.Store(file, password, settlement.LightSeal); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) contractsPause() *cobra.Command {
	c := &cobra.Command{Use: "pause", Short: "Stop listings, purchases and extensions for a while; everything else goes on (the guardian)", Args: exactly(0)}
	return sends(o, c, func(*cobra.Command, []string) (plan[client.Paused], error) {
		return func(_ context.Context, m *chain) (*client.Prepared[client.Paused], error) { return m.Pause(), nil }, nil
	}, nil)
}
