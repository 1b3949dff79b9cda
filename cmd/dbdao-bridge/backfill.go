package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func backfillCommand(o *options) *cobra.Command {
	var source, file string
	c := &cobra.Command{
		Use: "backfill --source NAME --file FILE", Short: "Bring the running bridge uplinks it missed, one event a line; what it has already is not sold again", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if source == "" || file == "" {
				return fmt.Errorf("%w: %s", errUsage, c.UseLine())
			}
			client, err := o.adminClient()
			if err != nil {
				return err
			}
			lines := io.Reader(c.InOrStdin())
			if file != "-" {
				f, err := os.Open(file)
				if err != nil {
					return err
				}
				defer f.Close()
				lines = f
			}
			sum, err := client.Backfill(c.Context(), source, lines)
			if err != nil {
				return fmt.Errorf("after %d lines: %w", sum.Lines, err)
			}
			return o.print(c, sum)
		},
	}
	c.Flags().StringVar(&source, "source", "", "name of the source the uplinks belong to")
	c.Flags().StringVar(&file, "file", "", "file of The Things Stack's Storage Integration, or of ChirpStack events; - is standard input")
	return c
}
