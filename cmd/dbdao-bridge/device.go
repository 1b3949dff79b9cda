package main

import (
	"fmt"
	"os"
	"strings"
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
	f.StringVar(&a.sell, "sell", "", "what its readings contain, of values,data,link,senml (default values,data; values with --quantities or --geo-decimals)")
	f.StringVar(&a.quantities, "quantities", "", "sell only these members of the values, e.g. temperature,air.humidity; temperature[Cel] also tells the unit (UCUM), temperature=-20..40 a range, which evidence is held against")
	f.IntVar(&a.decimals, "geo-decimals", -1, "decimals kept of latitudes and longitudes in the values: 2 is about 1 km (default: all)")
	f.StringVar(&a.kind, "codec", "", "decodes what the network server does not: cayenne_lpp, senml, raw or js")
	f.StringVar(&a.file, "codec-file", "", "the script of --codec js; its hash stands in the terms")
	f.StringToStringVar(&a.variables, "codec-variables", nil, "what the script finds in input.variables, name=value; stands in the terms")
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
	return group("device", "Vouch for devices (operators)", attest, releaseCommand(o), ls)
}

// attestFlags are what `device attest` is told.
type attestFlags struct {
	devEUI, owner, sell, valid, kind, file, quantities string
	variables                                          map[string]string
	decimals                                           int
	proof                                              uint8
	wait                                               time.Duration
	force                                              bool
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
	if a.sell != "" {
		r.Sell = strings.Split(a.sell, ",")
	}
	if a.quantities != "" {
		if r.Quantities, err = readQuantities(a.quantities); err != nil {
			return r, err
		}
	}
	if a.decimals >= 0 {
		r.GeoDecimals = &a.decimals
	}
	if a.kind != "" {
		r.Codec = &api.CodecChoice{Kind: a.kind, Variables: a.variables}
	}
	if (a.file != "") != (a.kind == "js") || len(a.variables) > 0 && a.kind != "js" {
		return r, fmt.Errorf("%w: --codec js comes with --codec-file, other codecs without it and without variables", errUsage)
	}
	if a.file != "" {
		script, err := os.ReadFile(a.file)
		if err != nil {
			return r, fmt.Errorf("%w: --codec-file: %w", errUsage, err)
		}
		r.Codec.Script = string(script)
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
