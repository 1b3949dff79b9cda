package main

import (
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/spf13/cobra"
)

func deviceCommand(o *options) *cobra.Command {
	a := attestFlags{}
	attest := &cobra.Command{
		Use: "attest --dev-eui EUI --owner ADDRESS", Short: "Vouch for an owner's device; prints what he lists with", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := a.request(c.Flags().Changed("wait"))
			if err != nil {
				return err
			}
			if r.Wait != "" {
				fmt.Fprintf(c.ErrOrStderr(), "waiting up to %v for an uplink of %s whose device tag dbdao_owner is %s\n", a.wait, r.DevEUI, r.Owner)
			}
			return o.show(c, func(client *api.Client) (any, error) { return client.Attest(c.Context(), r) })
		},
	}
	f := attest.Flags()
	f.StringVar(&a.devEUI, "dev-eui", "", "DevEUI, 16 hexadecimal digits")
	f.StringVar(&a.owner, "owner", "", "address that will list the device")
	f.StringVar(&a.offer, "offer", "", "the owner's offer (`offer new`), or a directory with one for each device: kept with the script of its codec, so that readings are decoded and sold as it says (default: values and bytes, nothing promised)")
	f.Uint8Var(&a.proof, "proof-kind", 0, "what your word rests on: 0 nothing else, 1 a live uplink whose ChirpStack tag dbdao_owner names the owner: the device's own if the source has backfill.api_key_files, else perhaps its profile's or application's")
	spans.Var(f, &a.wait, "wait", api.WaitUsual, "how long to wait for that uplink, at most 30m")
	f.StringVar(&a.valid, "valid-for", "24h", "how long the owner may list with it")
	f.BoolVar(&a.force, "force", false, "vouch even for a DevEUI of which nothing came within 24 hours, or that is all zeros or ones")
	ls := &cobra.Command{
		Use: "ls", Short: "List the devices the operator vouches for", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return o.show(c, func(client *api.Client) (any, error) { return client.Devices(c.Context()) })
		},
	}
	return group("device", "Vouch for devices (operators), and have yours vouched for (owners)", attest, o.deviceProve(), releaseCommand(o), ls)
}

// attestFlags are what `device attest` is told.
type attestFlags struct {
	devEUI, owner, offer, valid string
	proof                       uint8
	wait                        time.Duration
	force                       bool
}

func releaseCommand(o *options) *cobra.Command {
	var devEUI string
	c := &cobra.Command{
		Use: "release --dev-eui EUI", Short: "Free a device of its owner, whose streams of it are closed, so that it can be vouched for for another", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			dev, err := lorawan.ParseDevEUI(devEUI)
			if err != nil {
				return fmt.Errorf("%w: --dev-eui %w", errUsage, err)
			}
			return o.show(c, func(client *api.Client) (any, error) {
				return map[string]any{"dev_eui": dev, "released": true}, client.Release(c.Context(), dev)
			})
		},
	}
	c.Flags().StringVar(&devEUI, "dev-eui", "", "DevEUI, 16 hexadecimal digits")
	return c
}

// request makes a request of them.
func (a *attestFlags) request(waits bool) (r api.AttestRequest, err error) {
	r = api.AttestRequest{ValidFor: a.valid, ProofKind: a.proof, Force: a.force}
	if r.DevEUI, err = lorawan.ParseDevEUI(a.devEUI); err != nil {
		return r, fmt.Errorf("%w: --dev-eui %w", errUsage, err)
	}
	if r.Owner, err = address(a.owner); err != nil {
		return r, err
	}
	switch {
	case a.proof != 0:
		r.Wait = a.wait.String()
	case waits:
		return r, fmt.Errorf("%w: --wait comes with --proof-kind 1", errUsage)
	}
	if a.offer != "" {
		one, err := offerOf(a.offer, r.DevEUI)
		if err != nil {
			return r, err
		}
		r.TermsText, r.Script = string(one.document), string(one.script)
	}
	return r, nil
}

// show asks the running bridge and prints what it says.
func (o *options) show(c *cobra.Command, ask func(client *api.Client) (any, error)) error {
	client, err := o.adminClient()
	if err != nil {
		return err
	}
	v, err := ask(client)
	if err != nil {
		return err
	}
	return o.print(c, v)
}
