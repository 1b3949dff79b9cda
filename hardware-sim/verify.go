package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/verify"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/spf13/cobra"
)

func verifyCommand() *cobra.Command {
	var devices, format string
	var truths, sinks, outputs []string
	var late time.Duration
	c := &cobra.Command{
		Use: "verify", Short: "Compare what buyers received with the truth log; exit 1 if a reading is lost, duplicated, leaked or altered",
		Long: `Compare what buyers received with the truth log of hardware-sim run.

The devices file says which device has which commitment, the dev of a reading, and which
purchase is of which device: JSON objects with dev_eui, device and purchase, or CSV of these.
Without a purchase a reading has to reach at least one buyer.

A reading is owed if a message with the fate "posted" carries it. What a purchase does not
cover (its window, its quota) the truth log cannot know: such readings count as lost.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			rep, err := compare(truths, devices, sinks, outputs, late)
			if err != nil {
				return err
			}
			if err := show(c.OutOrStdout(), rep, format); err != nil {
				return err
			}
			return rep.Err()
		},
	}
	c.Flags().StringArrayVar(&truths, "truth", []string{"truth.ndjson"}, "the truth log; may stand several times: one of each region, and of later runs after earlier ones")
	c.Flags().StringVar(&devices, "devices", "", "file that says which device has which commitment")
	c.Flags().StringArrayVar(&sinks, "sink", nil, "what a buyer received, as hardware-sim sink writes it or the bodies themselves; may stand several times")
	c.Flags().StringArrayVar(&outputs, "output", nil, "count as owed only what was published through this output; may stand several times")
	spans.Var(c.Flags(), &late, "late", time.Minute, "deliveries that took longer than this from the bridge's taking in are told as late")
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	for _, name := range []string{"devices", "sink"} {
		if err := c.MarkFlagRequired(name); err != nil {
			panic("bug: " + err.Error())
		}
	}
	return c
}

func compare(truths []string, devices string, sinks, outputs []string, late time.Duration) (*verify.Report, error) {
	var t *verify.Truth
	for _, path := range truths {
		if err := reading(path, func(r io.Reader) error {
			one, err := verify.ReadTruth(r, outputs...)
			switch {
			case err != nil:
				return err
			case t == nil:
				t = one
			default:
				t.Add(one)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	var sales []verify.Sale
	if err := reading(devices, func(r io.Reader) (err error) { sales, err = verify.ReadSales(r); return err }); err != nil {
		return nil, err
	}
	var got []verify.Delivery
	for _, path := range sinks {
		if err := reading(path, func(r io.Reader) error {
			one, err := verify.ReadSink(r)
			got = append(got, one...)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return verify.Compare(t, sales, got, late), nil
}

func reading(path string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := read(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func show(w io.Writer, r *verify.Report, format string) error {
	if format == "json" {
		return json.NewEncoder(w).Encode(r)
	}
	var b strings.Builder
	if r.Joins > 0 {
		fmt.Fprintf(&b, "%d joins, ", r.Joins)
	}
	fmt.Fprintf(&b, "%d readings taken, %d owed, %d delivered, %d deliveries repeated\n", r.Readings, r.Owed, r.Delivered, r.Repeats)
	fmt.Fprintf(&b, "%d lost, %d duplicated, %d leaked, %d altered, %d late\n", r.Lost, r.Duplicated, r.Leaked, r.Altered, r.Late)
	var names []string
	for name, n := range r.Faults {
		names = append(names, fmt.Sprintf("%s %d", name, n))
	}
	if slices.Sort(names); len(names) > 0 {
		fmt.Fprintf(&b, "faults: %s\n", terminal.Clean(strings.Join(names, ", ")))
	}
	for _, k := range r.Kinds { // all kinds before the first example
		fmt.Fprintf(&b, "%6d %s", k.Count, terminal.Clean(k.What))
		if k.Devices > 0 {
			fmt.Fprintf(&b, " (devices: %d)", k.Devices)
		}
		b.WriteString("\n")
	}
	for _, k := range r.Kinds {
		b.WriteString(terminal.Clean(k.What) + ", for example\n")
		for _, e := range k.Examples {
			b.WriteString("  " + terminal.Clean(e) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
