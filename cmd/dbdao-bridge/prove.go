package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// proving are the flags of device prove.
type proving struct {
	csv, dir string
	wait     time.Duration
	devices  []lorawan.DevEUI
	owner    common.Address
	operator market.OperatorID
}

// proved is how it ended, of all devices.
type proved struct {
	Dir      string `json:"dir"`
	Attested int    `json:"attested"` // now or before
	Waiting  int    `json:"waiting"`
	Refused  int    `json:"refused"`
}

func (o *options) deviceProve() *cobra.Command {
	var p proving
	c := &cobra.Command{
		Use: "prove [DEV_EUI…] [--csv DEVICES.csv] --dir DIR", Short: "Have the operator vouch for devices of yours, once an uplink of each names you in its device tag dbdao_owner (owners)",
		Long: "Have the operator vouch for devices of yours. In ChirpStack each has the device tag dbdao_owner, your address; the operator's bridge sees it in the next uplink of each and signs.\n\n" +
			"DEVICES.csv is the file of `offer fleet`: its column dev_eui counts. DIR gets a file DEV_EUI.json for each, which `stream create --attestation 'DIR/*.json'` lists; run again, those that are there and last another hour are left alone.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := p.read(args); err != nil {
				return err
			}
			key, err := o.wallet(c.Context())
			if err != nil {
				return err
			}
			done, err := p.prove(c, o.publicClient(), key)
			return errors.Join(o.print(c, done), err)
		},
	}
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	c.Flags().StringVar(&p.csv, "csv", "", "a file with a line for each device")
	c.Flags().StringVar(&p.dir, "dir", "attestations", "where the attestations are written")
	spans.Var(c.Flags(), &p.wait, "wait", 2*time.Minute, "how long to wait for devices that have not sent, at most 24h")
	return c
}

// read finds out which devices are meant.
func (p *proving) read(args []string) (err error) {
	if p.wait <= 0 || p.wait > 24*time.Hour {
		return fmt.Errorf("%w: --wait is a time of at most 24h", errUsage)
	}
	if p.devices, err = list(args, lorawan.ParseDevEUI); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if p.csv != "" {
		text, err := os.ReadFile(p.csv)
		if err != nil {
			return fmt.Errorf("%w: --csv: %w", errUsage, err)
		}
		more, err := offer.FleetDevices(text)
		if err != nil {
			return err
		}
		p.devices = append(p.devices, more...)
	}
	slices.SortFunc(p.devices, func(a, b lorawan.DevEUI) int { return cmp.Compare(a.String(), b.String()) })
	if p.devices = slices.Compact(p.devices); len(p.devices) == 0 {
		return fmt.Errorf("%w: give DevEUIs, or --csv with a file that names them", errUsage)
	}
	return os.MkdirAll(p.dir, 0o700)
}

// prove asks again and again, for up to api.ProofsMax at once, until all are vouched for or the time is over.
func (p *proving) prove(c *cobra.Command, bridge *api.Client, key *settlement.Key) (done proved, err error) {
	ctx, cancel := context.WithTimeout(c.Context(), p.wait)
	defer cancel()
	at, err := bridge.Operator(ctx)
	if err == nil {
		err = bridge.SignIn(ctx, key)
	}
	if err != nil {
		return done, err
	}
	done.Dir, p.owner, p.operator = p.dir, key.Address(), at.Operator
	waiting := slices.DeleteFunc(slices.Clone(p.devices), p.lasts)
	done.Attested, done.Waiting = len(p.devices)-len(waiting), len(waiting)
	for told := -1; len(waiting) > 0; {
		var all []api.Proof
		all, err = bridge.Prove(ctx, waiting[:min(len(waiting), api.ProofsMax)])
		if errors.Is(err, api.ErrSignedOut) {
			if err = bridge.SignIn(ctx, key); err == nil {
				continue
			}
		}
		if err != nil {
			break
		}
		waiting = waiting[len(all):]
		for _, one := range all {
			switch one.State {
			case api.ProofAttested:
				done.Attested++
				if err := p.keep(one); err != nil {
					return done, err
				}
			case api.ProofRefused:
				done.Refused++
				fmt.Fprintf(c.ErrOrStderr(), "dbdao-bridge: %s\n", terminal.Clean(one.Reason))
			default:
				waiting = append(waiting, one.DevEUI) // behind those that were not asked for yet
			}
		}
		if done.Waiting = len(waiting); done.Attested != told {
			told = done.Attested
			fmt.Fprintf(c.ErrOrStderr(), "dbdao-bridge: %d of %d devices are vouched for, %d wait for an uplink\n", done.Attested, len(p.devices), done.Waiting)
		}
	}
	switch {
	case ctx.Err() != nil && c.Context().Err() == nil:
		err = fmt.Errorf("within %s no uplink of %d devices came whose tag dbdao_owner is your address: set it on the devices themselves, and run this again when they send", spans.Text(p.wait), done.Waiting)
	case err == nil && done.Refused > 0:
		err = fmt.Errorf("the operator does not vouch for %d devices", done.Refused)
	}
	return done, err
}

// file is where a device's attestation is.
func (p *proving) file(dev lorawan.DevEUI) string { return filepath.Join(p.dir, dev.String()+".json") }

// lasts tells whether a device's attestation is there and can be listed with for another hour.
func (p *proving) lasts(dev lorawan.DevEUI) bool {
	a, err := attestation(p.file(dev))
	return err == nil && a.DevEUI == dev && a.Owner == p.owner && a.DeviceClaim.Operator == uint64(p.operator) && time.Until(time.Unix(int64(a.Deadline), 0)) > time.Hour
}

// keep writes an attestation, whole or not at all.
func (p *proving) keep(one api.Proof) error {
	text, err := json.MarshalIndent(one.Attestation, "", "  ")
	if err != nil {
		return err
	}
	name := p.file(one.DevEUI)
	if err := os.WriteFile(name+".new", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep an attestation: %w", err)
	}
	return os.Rename(name+".new", name)
}
