// Command hardware-sim plays LoRaWAN hardware: fleets of sensors and gateways that
// real servers take for real. It rehearses a bridge, keeps a truth log of what its
// buyers are owed, and judges what they received.
//
// Each command stands in the file of its name.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/internal/version"
)

func main() { os.Exit(run()) }

// run is main without os.Exit, for tests.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "hardware-sim:", terminal.Error(err))
		return 1
	}
	return 0
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use: "hardware-sim", Short: "Plays LoRaWAN sensors and gateways, and knows what should come of it",
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs, Version: version.String(),
	}
	c.CompletionOptions.DisableDefaultCmd = true
	c.AddCommand(configfileCommand(), playCommand(), sinkCommand(), verifyCommand(), loadCommand(), codecCommand(), exportCommand(), provisionCommand())
	return c
}
