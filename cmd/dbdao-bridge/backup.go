package main

import (
	"fmt"
	"io"

	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

func backupCommand(o *options) *cobra.Command {
	keys := false
	c := &cobra.Command{
		Use: "backup DIR -c FILE", Short: "Copy the running bridge's ledger into a new folder, with checksums (operators)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.config == "" {
				return fmt.Errorf("%w: backup wants the bridge's configuration: -c FILE", errUsage)
			}
			cfg, err := config.Load(o.config)
			if err != nil {
				return err
			}
			client, err := o.adminClient()
			if err != nil {
				return err
			}
			m, err := app.Backup(c.Context(), cfg, client, args[0], keys)
			if err != nil {
				return err
			}
			return o.print(c, m)
		},
	}
	c.Flags().BoolVar(&keys, "keys", false, "copy signing.key, route.key and the operator's keystore too (never its password): keep such a copy as secret as they are")
	return c
}

func refoldCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "refold -c FILE", Short: "Let a stopped bridge fold the chain again at its next start, where the chain was reorganised below its final block; receipts, parcels, bodies and transactions stay (operators)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.config == "" {
				return fmt.Errorf("%w: refold wants the bridge's configuration: -c FILE", errUsage)
			}
			cfg, err := config.Load(o.config)
			if err != nil {
				return err
			}
			r, err := app.Refold(c.Context(), cfg)
			if err != nil {
				return err
			}
			return o.print(c, refolded(r))
		},
	}
}

// refolded is what refold did, for readers.
type refolded app.Refolded

func (r refolded) text(o *options, w io.Writer) error {
	there := "the chain has " + r.There.Hex() + " there"
	if r.There == (common.Hash{}) {
		there = "the chain is not so high any more"
	}
	fmt.Fprintf(w, "folded last: block %d, %s; %s\n", r.Head.Number, r.Head.Hash, there)
	fmt.Fprintf(w, "the chain's newest block: %d of %s\n", r.Chain.Number, o.when(moment(r.Chain.Time)))
	_, err := fmt.Fprintf(w, "forgotten: %d streams, %d purchases; set aside until their purchases are folded again: %d parcels\nat its next start the bridge folds from block %d on\n",
		r.Streams, r.Purchases, r.Parcels, r.From)
	return err
}

func restoreCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "restore DIR -c FILE", Short: "Put a backup into an empty data_dir and say what the chain knows beyond it (operators)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.config == "" {
				return fmt.Errorf("%w: restore wants the bridge's configuration: -c FILE", errUsage)
			}
			cfg, err := config.Load(o.config)
			if err != nil {
				return err
			}
			r, err := app.Restore(c.Context(), cfg, args[0])
			if err != nil {
				return err
			}
			return o.print(c, r)
		},
	}
}
