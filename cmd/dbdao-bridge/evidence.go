package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

func evidenceCommand(o *options) *cobra.Command {
	return group("evidence", "Prove what was delivered for a purchase", o.evidenceBuild(), o.evidenceVerify())
}

func (o *options) evidenceBuild() *cobra.Command {
	var first uint32
	var limit int
	c := &cobra.Command{
		Use: "build PURCHASE > FILE", Short: "Let the bridge make the evidence file of a purchase: its buyer with --keystore, the operator without", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[0])
			if err != nil {
				return err
			}
			asBuyer := o.keystore != "" || os.Getenv("DBDAO_KEYSTORE") != ""
			client, err := o.adminClient()
			if asBuyer {
				client, err = o.buyerClient(c)
			}
			if err != nil {
				return err
			}
			d, err := client.Evidence(c.Context(), n, !asBuyer, first, limit)
			if err != nil {
				return err
			}
			if end := d.Receipts.First + d.Receipts.Count; end < d.Receipts.Total {
				fmt.Fprintf(os.Stderr, "dbdao-bridge: %d of %d receipts are in this file: --first %d gives the next\n", d.Receipts.Count, d.Receipts.Total, end)
			}
			e := json.NewEncoder(c.OutOrStdout())
			e.SetEscapeHTML(false)
			e.SetIndent("", " ")
			return e.Encode(d)
		},
	}
	c.Flags().Uint32Var(&first, "first", 0, "ordinal of the first receipt")
	c.Flags().IntVar(&limit, "limit", evidence.MaxReadings, "receipts at most")
	c.Flags().StringVar(&o.api, "api", "", "URL of the operator's public API, for buyers (default $DBDAO_API, then http://127.0.0.1:8180)")
	return c
}

// errEvidence makes verify exit 1: the faults were printed.
var errEvidence = errors.New("the evidence does not hold: see the faults above")

func (o *options) evidenceVerify() *cobra.Command {
	var from uint64
	c := &cobra.Command{
		Use: "verify FILE", Short: "Check an evidence file against the chain, trusting nobody else (- reads standard input)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := readEvidence(args[0])
			if err != nil {
				return err
			}
			if o.market == "" && os.Getenv("DBDAO_MARKET") == "" && o.config == "" {
				return fmt.Errorf("%w: which market do you know? give --market or set DBDAO_MARKET: the file's own word (%s) is not enough", errUsage, d.Identity.Market)
			}
			ch, err := o.dial(c.Context(), common.Address{})
			if err != nil {
				return err
			}
			defer ch.node.Close()
			r, err := evidence.Verify(c.Context(), d, evidence.FromNode(ch.Reader, ch.ChainID.Uint64(), ch.Market, max(from, ch.start)))
			if err != nil {
				return fmt.Errorf("the file could not be checked: %w", err)
			}
			if err := o.print(c, r); err != nil {
				return err
			}
			if !r.OK {
				return errEvidence
			}
			return nil
		},
	}
	fromBlock(c, &from)
	return c
}

func readEvidence(path string) (*evidence.Document, error) {
	in := io.Reader(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, evidence.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the evidence: %w", err)
	}
	return evidence.Parse(text)
}
