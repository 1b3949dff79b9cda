package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// listing are the flags of stream create.
type listing struct {
	files, parents      []string
	offer, price, stake string
	csv                 string
	interval            time.Duration
	devices             map[common.Hash]lorawan.DevEUI
}

func (o *options) streamCreate() *cobra.Command {
	var f listing
	c := &cobra.Command{Use: "create --attestation FILE… --price DTX --interval DURATION", Short: "List devices' streams under stake, a fleet in few transactions (owners)", Args: exactly(0)}
	c.Flags().StringArrayVar(&f.files, "attestation", nil, "the operator's attestation of a device; several of them, or a pattern such as 'fleet/*.json', list a fleet under one offer")
	c.Flags().StringVar(&f.offer, "offer", "", "your offer (`offer new`), or a directory with one for each device (`offer fleet`); publish it then (default: what the operator attested)")
	c.Flags().StringVar(&f.price, "price", "", "DTX per reading, a multiple of 0.00001; at most a hundredth of the stake, and all readings of a day (86,400 s / interval) at most a tenth")
	c.Flags().StringVar(&f.stake, "stake", "100", "DTX staked on each: at least 100 times the price of a reading and 10 times what one buyer can owe in a day; more stake, more visible")
	spans.Var(c.Flags(), &f.interval, "interval", time.Minute, "shortest billable time between readings")
	c.Flags().StringSliceVar(&f.parents, "parent", nil, "running purchase of yours the stream derives from (at most 8)")
	c.Flags().StringVar(&f.csv, "csv", "", "also write the number of each device's stream into this file, behind what a run before wrote")
	return o.pays(sends(o, c, func(c *cobra.Command, _ []string) (plan[client.Listed], error) {
		all, stake, err := f.listings()
		return func(ctx context.Context, m *chain) (*client.Prepared[client.Listed], error) {
			wei, err := m.wei(stake)
			for i := range all {
				all[i].Stake = wei
			}
			if err == nil && len(all) > 1 {
				all, err = f.unlisted(ctx, c, m, all)
			}
			if err != nil {
				return nil, err
			}
			return m.List(all...)
		}, err
	}, f.listed))
}

// unlisted leaves out what a run before has listed, so that it can be run again until all are.
func (f *listing) unlisted(ctx context.Context, c *cobra.Command, m *chain, all []client.Listing) ([]client.Listing, error) {
	left, err := m.Unlisted(ctx, all)
	switch n := len(all) - len(left); {
	case err != nil:
		return nil, err
	case len(left) == 0:
		return nil, fmt.Errorf("all %d devices are listed, or their attestations are void: a newer one was used", n)
	case n > 0:
		fmt.Fprintf(c.ErrOrStderr(), "dbdao-bridge: %d of %d devices are listed already, or their attestations are void: %d follow\n", n, len(all), len(left))
	}
	return left, nil
}

// deviceListed is a stream as listed, and the device whose it is.
type deviceListed struct {
	DevEUI lorawan.DevEUI `json:"dev_eui"`
	client.Listed
}

// listed tells which device has which stream.
func (f *listing) listed(_ context.Context, _ *chain, done []client.Listed) (any, error) {
	all := make([]deviceListed, len(done))
	for i, one := range done {
		all[i] = deviceListed{f.devices[one.Device], one}
	}
	if f.csv == "" {
		return single(all), nil
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if _, err := os.Stat(f.csv); err != nil { // a run before began it
		_ = w.Write([]string{"dev_eui", "stream", "tx"}) // into memory: it does not fail
	}
	for _, one := range all {
		_ = w.Write([]string{one.DevEUI.String(), strconv.FormatUint(uint64(one.Stream), 10), one.Tx.Hex()})
	}
	w.Flush()
	file, err := os.OpenFile(f.csv, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.Write(text.Bytes())
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		err = fmt.Errorf("--csv: %w", err)
	}
	return single(all), err
}

func (f *listing) listings() (all []client.Listing, stake tokens, err error) {
	if len(f.files) == 0 {
		return nil, stake, fmt.Errorf("%w: give --attestation FILE (the operator makes it with `device attest`)", errUsage)
	}
	one := client.Listing{Interval: uint32(f.interval / time.Second)}
	if one.Price, err = price(f.price); err != nil {
		return nil, stake, err
	}
	if stake, err = readTokens(f.stake, "--stake"); err != nil {
		return nil, stake, err
	}
	if one.Parents, err = list(f.parents, id[market.PurchaseID]); err != nil {
		return nil, stake, err
	}
	files, err := matching(f.files)
	if err != nil {
		return nil, stake, err
	}
	f.devices = map[common.Hash]lorawan.DevEUI{}
	for _, file := range files {
		a, err := attestation(file)
		if err != nil {
			return nil, stake, err
		}
		f.devices[a.Device] = a.DevEUI
		one.DeviceClaim, one.Signature, one.Terms = a.DeviceClaim, common.FromHex(a.Signature), a.Terms
		if f.offer != "" {
			o, err := offerOf(f.offer, a.DevEUI)
			if err != nil {
				return nil, stake, err
			}
			one.Terms = o.hash()
		}
		all = append(all, one)
	}
	return all, stake, nil
}

// matching gives the files of names and patterns.
func matching(names []string) (files []string, err error) {
	for _, name := range names {
		found, err := filepath.Glob(name)
		if err != nil {
			return nil, fmt.Errorf("%w: --attestation %q: %w", errUsage, name, err)
		}
		if len(found) == 0 {
			found = []string{name} // opening it says what is wrong
		}
		files = append(files, found...)
	}
	return files, nil
}

// attestation reads what `device attest` printed.
func attestation(file string) (a api.Attestation, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return a, fmt.Errorf("%w: --attestation: %w (the operator makes it with `device attest`)", errUsage, err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%s is no attestation: %w", file, err)
	}
	return a, nil
}
