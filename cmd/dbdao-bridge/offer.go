package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/spf13/cobra"
)

// streamMore are the commands of a stream's life besides create, ls, show, close and
// withdraw-stake.
func (o *options) streamMore() []*cobra.Command {
	return []*cobra.Command{o.streamAddStake(), o.streamSetOffer(), o.streamAllow(), o.streamRestrict(), o.streamSetTerms(),
		o.onStream("retire ID", "End sales of a device that left your network (operators)", func(ch *chain, n uint64) []byte { return ch.dm.PackRetire(n) })}
}

// changed prints a stream as it is after a transaction.
func (o *options) changed(c *cobra.Command, ch *chain, n market.StreamID, r *types.Receipt) error {
	s, err := ch.reader.Stream(c.Context(), n)
	if err != nil {
		return err
	}
	return o.print(c, struct {
		streamView
		mined
	}{viewStream(s), of(r)})
}

// onOwn is a command that changes a stream with one call.
func (o *options) onOwn(use, short string, args func(*cobra.Command, []string) error, call func(*cobra.Command, *chain, market.StreamID, []string) ([]byte, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.StreamID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			data, err := call(c, ch, n, args[1:])
			if err != nil {
				return err
			}
			r, err := ch.transact(c.Context(), data)
			if err != nil {
				return err
			}
			return o.changed(c, ch, n, r)
		},
	}
}

func (o *options) streamAddStake() *cobra.Command {
	return o.onOwn("add-stake ID DTX", "Stake more: more stake, more visible (owners)", exactly(2),
		func(c *cobra.Command, ch *chain, n market.StreamID, args []string) ([]byte, error) {
			amount, err := config.Decimal(args[0], 18)
			if err != nil || amount.Sign() == 0 {
				return nil, fmt.Errorf("%w: %q is no amount of DTX", errUsage, args[0])
			}
			if err := ch.afford(c.Context(), amount); err != nil {
				return nil, err
			}
			return ch.dm.PackAddStake(uint64(n), amount), nil
		})
}

func (o *options) streamSetOffer() *cobra.Command {
	var text string
	var interval, least time.Duration
	c := o.onOwn("set-offer ID [--price DTX] [--interval DURATION] [--min-duration DURATION]", "Change what new purchases pay; those running keep theirs (owners)", exactly(1),
		func(c *cobra.Command, ch *chain, n market.StreamID, _ []string) ([]byte, error) {
			s, err := ch.reader.Stream(c.Context(), n)
			if err != nil {
				return nil, err
			}
			f, p := c.Flags(), new(big.Int).SetUint64(s.Price)
			if f.Changed("price") {
				if p, err = price(text); err != nil {
					return nil, err
				}
			}
			if f.Changed("interval") {
				s.Interval = uint32(interval / time.Second)
			}
			if f.Changed("min-duration") {
				s.MinDuration = uint32(least / time.Second)
			}
			if !f.Changed("price") && !f.Changed("interval") && !f.Changed("min-duration") {
				return nil, fmt.Errorf("%w: give --price, --interval or --min-duration", errUsage)
			}
			return ch.dm.PackSetOffer(uint64(n), p, s.Interval, s.MinDuration), nil
		})
	c.Flags().StringVar(&text, "price", "", "DTX per reading, a multiple of 0.00001 (default: as it is)")
	c.Flags().DurationVar(&interval, "interval", 0, "shortest billable time between readings (default: as it is)")
	c.Flags().DurationVar(&least, "min-duration", 0, "shortest purchase (default: as it is)")
	return c
}

func (o *options) streamAllow() *cobra.Command {
	revoke := false
	least := func(c *cobra.Command, args []string) error {
		if len(args) < 2 {
			return fmt.Errorf("%w: %s", errUsage, c.UseLine())
		}
		return nil
	}
	c := o.onOwn("allow ID ADDRESS… [--revoke]", "Let accounts buy a restricted stream (owners)", least,
		func(c *cobra.Command, ch *chain, n market.StreamID, args []string) ([]byte, error) {
			var who []common.Address
			for _, text := range args {
				a, err := address(text)
				if err != nil {
					return nil, err
				}
				who = append(who, a)
			}
			return ch.dm.PackAllow(uint64(n), who, !revoke), nil
		})
	c.Flags().BoolVar(&revoke, "revoke", false, "no longer; purchases that run go on")
	return c
}

func (o *options) streamRestrict() *cobra.Command {
	off := false
	c := o.onOwn("restrict ID [--off]", "Sell to allowed accounts only (owners)", exactly(1),
		func(c *cobra.Command, ch *chain, n market.StreamID, _ []string) ([]byte, error) {
			return ch.dm.PackSetRestricted(uint64(n), !off), nil
		})
	c.Flags().BoolVar(&off, "off", false, "sell to everybody again")
	return c
}

func (o *options) streamSetTerms() *cobra.Command {
	var file, hash string
	c := o.onOwn("set-terms ID --attestation FILE | --terms HASH", "Change the terms of new purchases (owners)", exactly(1),
		func(c *cobra.Command, ch *chain, n market.StreamID, _ []string) ([]byte, error) {
			if (file == "") == (hash == "") {
				return nil, fmt.Errorf("%w: give either --attestation FILE (a new one of `device attest --sell …`, whose terms the operator knows) or --terms HASH", errUsage)
			}
			if hash != "" {
				terms, err := hash32(hash)
				return ch.dm.PackSetTerms(uint64(n), terms), err
			}
			a, err := attestation(file)
			if err != nil {
				return nil, err
			}
			s, err := ch.reader.Stream(c.Context(), n)
			if err != nil {
				return nil, err
			}
			if a.Device != s.Device {
				return nil, fmt.Errorf("the attestation is of another device than stream %d's", n)
			}
			return ch.dm.PackSetTerms(uint64(n), a.Terms), nil
		})
	c.Flags().StringVar(&file, "attestation", "", "an attestation with the new terms")
	c.Flags().StringVar(&hash, "terms", "", "keccak256 of the terms document, if the operator has it already")
	return c
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

// price reads --price: a multiple of 0.00001 DTX.
func price(text string) (*big.Int, error) {
	p, err := config.Decimal(text, 6)
	if err != nil {
		return nil, fmt.Errorf("%w: --price: %w", errUsage, err)
	}
	if p.Sign() == 0 || new(big.Int).Mod(p, big.NewInt(10)).Sign() != 0 {
		return nil, fmt.Errorf("%w: --price must be a multiple of 0.00001 DTX, so that 80/10/10 is exact", errUsage)
	}
	return p, nil
}
