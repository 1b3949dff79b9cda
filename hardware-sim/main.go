// Command hardware-sim plays LoRaWAN hardware: fleets of sensors and gateways that
// real servers take for real. It rehearses a bridge, keeps a truth log of what its
// buyers are owed, and judges what they received.
//
// Each command stands in the file of its name.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is one call of the program and gives its exit code. What strangers wrote (scenarios, truth
// logs, servers) draws on no terminal.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := root()
	c.SetArgs(args)
	c.SetOut(terminal.NewWriter(stdout))
	c.SetErr(terminal.NewWriter(stderr))
	if err := c.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(c.ErrOrStderr(), "hardware-sim:", terminal.Error(err))
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
