// Command dbdao-bridge sells the readings of LoRaWAN devices to those who bought
// them on Ethereum. `run` is the bridge; the other commands are for operators,
// owners and buyers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
)

// Exit codes (sysexits where one fits).
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2  // a command line or configuration that cannot work
	exitTemp   = 75 // the ledger failed: start again
)

func main() {
	js.Worker()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	signal.Ignore(syscall.SIGXFSZ) // a limit on the size of files is the ledger's to meet
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends at once
	return runWith(ctx, args, os.Stdout, os.Stderr)
}

// runWith runs a command; nothing it prints draws on a terminal.
func runWith(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(terminal.NewWriter(stdout))
	root.SetErr(terminal.NewWriter(stderr))
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(stderr, "dbdao-bridge: "+terminal.Error(err))
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage), errors.Is(err, config.ErrConfig):
		return exitUsage
	case errors.Is(err, app.ErrLedgerFailed):
		return exitTemp
	}
	return exitFailed
}
