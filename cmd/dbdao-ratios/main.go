// Command dbdao-ratios compares the bridge with programs that do a part of its work.
// It runs the bridge as built, Telegraf and mosquitto's own bridge through the same jobs,
// one after the other in turns, and prints what each costs: processor seconds per
// delivered message, and the ratios, which hold on a busy machine where seconds do not.
//
// The bridge runs whole, with its defaults, on a chain in this process and a ledger into
// which 5,000 devices listed and sold to one buyer were folded. docs/performance.md tells the jobs, how the peers are configured,
// and what was measured.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command's flags.
type options struct {
	messages int
	warm     int
	devices  int
	rounds   int
	seconds  int
	jobs     map[string]bool // nil: all
	bridge   string
	telegraf string
	dir      string
	keep     bool
}

func main() {
	var o options
	var jobs string
	flag.IntVar(&o.messages, "messages", 20_000, "messages of each run that are measured")
	flag.IntVar(&o.devices, "devices", 5_000, "devices, all sold to one buyer")
	flag.IntVar(&o.rounds, "rounds", 5, "runs of each program and job; medians are printed")
	flag.IntVar(&o.seconds, "seconds", 20, "length of each run at 1,000 a second")
	flag.StringVar(&jobs, "jobs", "", "only these, with commas between: http, batch, mqtt, http10, mqtt10, p99")
	flag.StringVar(&o.bridge, "bridge", "", "program to measure as the bridge; built from this tree if empty")
	flag.StringVar(&o.telegraf, "telegraf", "bin/telegraf", "Telegraf: DBDAO_PEERS=1 .ci/install builds it")
	flag.StringVar(&o.dir, "dir", "", "folder to keep configurations, logs and the market's ledger in; a temporary one if empty")
	flag.Parse()
	if jobs != "" {
		o.jobs = map[string]bool{}
		for name := range strings.SplitSeq(jobs, ",") {
			o.jobs[name] = true
		}
	}
	o.warm, o.keep = o.devices, o.dir != ""
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := compare(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "dbdao-ratios:", err)
		os.Exit(1)
	}
}

// compare sets the market up, runs every job in turns and prints the table.
func compare(ctx context.Context, o options) (err error) {
	if !o.keep {
		if o.dir, err = os.MkdirTemp("", "dbdao-ratios-"); err != nil {
			return err
		}
		defer os.RemoveAll(o.dir)
	}
	began := time.Now()
	s, err := newStage(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Printf("%d devices sold after %.0f s; %s\n", o.devices, time.Since(began).Seconds(), machine())
	table := newTable()
	for round := range o.rounds {
		for _, j := range jobs {
			if o.jobs != nil && !o.jobs[j.name] {
				continue
			}
			if err := s.play(ctx, j, table, round); err != nil {
				return fmt.Errorf("job %s: %w", j.name, err)
			}
		}
	}
	table.print(os.Stdout, o)
	return nil
}
