package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// deployment are the flags of contracts deploy.
type deployment struct {
	profile, token, platform, guardian, arbiter, owner, out string
}

func contractsCommand(o *options) *cobra.Command {
	var d deployment
	deploy := &cobra.Command{Use: "deploy", Short: "Deploy a market (and a DTX, unless --token names one)", Args: exactly(0)}
	deploy.RunE = func(c *cobra.Command, _ []string) error {
		from, key, err := o.account()
		if err != nil {
			return err
		}
		rules, err := d.rules(from)
		if err != nil {
			return err
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
	f.StringVar(&d.owner, "owner", "", "address that verifies operators (default: the deployer)")
	f.StringVar(&d.platform, "platform", "", "address of the platform's 10 % (default: the deployer)")
	f.StringVar(&d.guardian, "guardian", "", "address that may pause sales (default: the deployer)")
	f.StringVar(&d.arbiter, "arbiter", "", "address that rules on challenges (default: the deployer)")
	o.unsignedFlags(deploy)
	return group("contracts", "Deploy the market", deploy)
}

// rules are the profile's, with the roles named or the deployer's.
func (d *deployment) rules(deployer common.Address) (r contracts.Config, err error) {
	make, ok := map[string]func() contracts.Config{"mainnet": contracts.MainnetRules, "demo": contracts.DemoRules}[d.profile]
	if !ok {
		return r, fmt.Errorf("%w: --profile must be mainnet or demo", errUsage)
	}
	r = make()
	zero := common.Address{}
	for _, role := range []struct {
		text string
		to   *common.Address
		or   common.Address
	}{{d.token, &r.Token, zero}, {d.owner, &r.Owner, deployer}, {d.platform, &r.Platform, deployer}, {d.guardian, &r.Guardian, deployer}, {d.arbiter, &r.Arbiter, deployer}} {
		if *role.to, err = address(cmp.Or(role.text, role.or.Hex())); err != nil {
			return r, err
		}
	}
	return r, nil
}
