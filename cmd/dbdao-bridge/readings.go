package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// errReadings makes verify exit 1: the faults were printed.
var errReadings = errors.New("something is wrong with the readings: see above")

// readingsView is what checking stored readings found.
type readingsView struct {
	OK        bool                     `json:"ok"`
	Purchases []*evidence.StoredReport `json:"purchases"`
	Unread    []string                 `json:"unread"` // what is no reading, by where it is
	Notes     []string                 `json:"notes"`
}

func readingsCommand(o *options) *cobra.Command {
	return group("readings", "Look after readings you have stored (buyers)", o.readingsVerify())
}

func (o *options) readingsVerify() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use: "verify FILE…", Short: "Check stored readings: what is missing, altered, added, repeated, and, with a node, paid and not here", Args: least(1),
		Long: "Check readings as `receive`, a webhook's receiver or a bucket keeps them, in files, folders, or - for standard input: JSON, one reading a line or a file, lists of them, pages of GET /v1/purchases/{id}/readings (whose signature --key verifies) and evidence files, each also in .gz. " +
			"Each reading names the digest of the one before it. With a node (--rpc, --via-api, or the environment's) the number of readings that the chain has paid is compared, too. It exits 1 if anything is wrong.",
		RunE: func(c *cobra.Command, args []string) error {
			all := &gathered{unread: []string{}, notes: []string{}}
			if key != "" {
				b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whpk_"))
				if err != nil || len(b) != ed25519.PublicKeySize {
					return fmt.Errorf("%w: --key must be whpk_ and base64 of 32 bytes: the operator's webhook key, which his /v1/operator shows", errUsage)
				}
				all.key = b
			}
			for _, path := range args {
				if err := all.read(c.InOrStdin(), path); err != nil {
					return err
				}
			}
			v := readingsView{Unread: all.unread, Notes: all.notes}
			reports, unread := evidence.VerifyStored(all.stored)
			v.Purchases = reports
			for _, one := range unread {
				v.Unread = append(v.Unread, one.Where)
			}
			if err := o.holdAgainstChain(c.Context(), reports); err != nil {
				return err
			}
			v.OK = len(v.Unread) == 0
			for _, r := range reports {
				v.OK = v.OK && r.OK()
			}
			if len(reports) == 0 {
				return fmt.Errorf("%w: there are no readings in %s", errUsage, strings.Join(args, ", "))
			}
			if err := o.print(c, v); err != nil || v.OK {
				return err
			}
			return errReadings
		},
	}
	c.Flags().StringVar(&key, "key", "", "the operator's webhook key, whpk_…: verifies the signatures of pages")
	return c
}

// holdAgainstChain compares with what the chain has paid, if a node is named.
func (o *options) holdAgainstChain(ctx context.Context, reports []*evidence.StoredReport) error {
	if cmp.Or(o.rpc, o.viaAPI, o.config, os.Getenv("DBDAO_RPC"), os.Getenv("DBDAO_VIA_API")) == "" {
		return nil
	}
	m, err := o.dial(ctx, common.Address{})
	if err != nil {
		return err
	}
	defer m.node.Close()
	for _, r := range reports {
		p, err := m.Reader.Purchase(ctx, r.Purchase)
		if err != nil {
			return err
		}
		r.HoldAgainst(p)
	}
	return nil
}

func (v readingsView) text(_ *options, w io.Writer) error {
	for _, r := range v.Purchases {
		fmt.Fprintf(w, "purchase %d: %d readings, %d to %d, %d repeated", r.Purchase, r.Readings, r.First, r.Last, r.Repeated)
		if r.Signed > 0 {
			fmt.Fprintf(w, ", %d with the operator's signature", r.Signed)
		}
		if r.Paid != nil {
			fmt.Fprintf(w, "; the chain has paid %d", *r.Paid)
		}
		fmt.Fprintln(w, map[bool]string{true: ": nothing is wrong", false: ""}[r.OK()])
		for _, f := range r.Faults {
			fmt.Fprintf(w, "  %s: %s\n", f.Code, terminal.Clean(f.Text))
		}
		if r.More > 0 {
			fmt.Fprintf(w, "  and %d more\n", r.More)
		}
		for _, note := range r.Notes {
			fmt.Fprintf(w, "  note: %s\n", terminal.Clean(note))
		}
	}
	for _, one := range v.Unread {
		fmt.Fprintf(w, "no reading: %s\n", terminal.Clean(one))
	}
	for _, note := range v.Notes {
		fmt.Fprintf(w, "note: %s\n", terminal.Clean(note))
	}
	return nil
}
