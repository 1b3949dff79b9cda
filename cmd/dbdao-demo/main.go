// Command dbdao-demo is the bridge's main job on embedded defaults: an MQTT broker
// and an Ethereum chain in this process, five simulated LoRaWAN sensors that send
// encrypted frames, four of them sold to two buyers. It shows what happens as it
// happens, and judges the outcome from what the buyers received and what the chain
// says, not from the bridge's own counters.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"golang.org/x/term"
)

func main() {
	js.Worker()
	span := flag.Duration("for", 0, "how long to send uplinks; 0: until Ctrl-C")
	output := flag.String("o", "text", "text: tell the story; json: print one summary object at the end")
	plain := flag.Bool("plain", false, "tell the story line by line, also on a terminal")
	seed := flag.Uint64("seed", 1, "of the simulated sensors")
	flag.Parse()
	if flag.NArg() > 0 || *output != "text" && *output != "json" {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	story := io.Writer(os.Stdout)
	if *output == "json" {
		story = io.Discard
	}
	tell := newTeller(story)
	if *output == "text" && !*plain && term.IsTerminal(int(os.Stdout.Fd())) {
		tell.onScreen(func() (columns int) {
			columns, _, err := term.GetSize(int(os.Stdout.Fd()))
			if err != nil {
				return 100
			}
			return columns
		})
	}
	sum, err := play(ctx, *span, *seed, tell)
	tell.end()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dbdao-demo:", terminal.Error(err))
		os.Exit(1)
	}
	if *output == "json" {
		if err := json.NewEncoder(os.Stdout).Encode(sum); err != nil {
			os.Exit(1)
		}
	}
	if err := sum.verdict(); err != nil {
		fmt.Fprintln(os.Stderr, "dbdao-demo:", err)
		os.Exit(1)
	}
}

// summary is what the run came to.
type summary struct {
	Uplinks    int     `json:"uplinks"`    // published by the sensors
	Withheld   int     `json:"withheld"`   // of a sensor nobody bought from: they stayed in the house
	Bought     int     `json:"bought"`     // readings buyers had paid for: one per uplink and purchase
	Delivered  int     `json:"delivered"`  // distinct readings in the buyers' storage
	Lost       int     `json:"lost"`       // bought and not delivered
	Duplicates int     `json:"duplicates"` // deliveries beyond the first of a reading
	Leaked     int     `json:"leaked"`     // delivered and not bought
	Settled    settled `json:"settled"`
}

// settled is what the chain paid, in wei.
type settled struct {
	Gross    string `json:"gross"`
	Owner    string `json:"owner"`
	Operator string `json:"operator"`
	Platform string `json:"platform"`

	exact error // why it is not 80/10/10 of what was delivered, if it is not
}

func (s *summary) verdict() error {
	var faults []error
	if s.Lost > 0 {
		faults = append(faults, fmt.Errorf("%d readings were lost", s.Lost))
	}
	if s.Leaked > 0 {
		faults = append(faults, fmt.Errorf("%d readings were leaked", s.Leaked))
	}
	if s.Delivered == 0 {
		faults = append(faults, errors.New("nothing was delivered"))
	}
	return errors.Join(append(faults, s.Settled.exact)...)
}
