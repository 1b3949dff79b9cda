package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/output"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/scenario"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/spf13/cobra"
)

func configfileCommand() *cobra.Command {
	return &cobra.Command{
		Use: "configfile", Short: "Print the annotated default scenario", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := io.WriteString(c.OutOrStdout(), scenario.Defaults())
			return err
		},
	}
}

func codecCommand() *cobra.Command {
	return &cobra.Command{
		Use: "codec KIND", Short: "Print the TS013 codec of a kind's binary form, as a network server or a listing takes it",
		Long: "Print the TS013 codec of a kind's binary form. Kinds: " + strings.Join(sim.KindNames(), ", ") + ".",
		Args: cobra.ExactArgs(1), ValidArgs: sim.KindNames(),
		RunE: func(c *cobra.Command, args []string) error {
			k := sim.Kinds[args[0]]
			if k == nil {
				return fmt.Errorf("there is no kind %q: want one of %v", args[0], sim.KindNames())
			}
			_, err := io.WriteString(c.OutOrStdout(), k.Codec())
			return err
		},
	}
}

func playCommand() *cobra.Command {
	var file string
	var quiet, goOn, replace bool
	c := &cobra.Command{
		Use: "run", Short: "Play a scenario until its end or Ctrl-C", Args: cobra.NoArgs,
		Long: `Play a scenario until its end or Ctrl-C.

The same seed and start give the same bytes. So a bridge or network server that has heard a
run takes a second one for replays, and one that finds the truth log of a run in its place
begins only with --continue, behind the counters that run has used, or with --replace.`,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := scenario.Load(file)
			if err != nil {
				return err
			}
			if err := s.CheckFiles(); err != nil {
				return err
			}
			former, err := succeed(&s, goOn, replace)
			if err != nil {
				return err
			}
			var progress io.Writer = c.ErrOrStderr()
			if quiet {
				progress = io.Discard
			}
			return play(c.Context(), s, former, progress, c.OutOrStdout())
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "scenario.toml", "scenario file; hardware-sim configfile prints one")
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "no progress line")
	c.Flags().BoolVar(&goOn, "continue", false, "go on where the runs before ended: counters, DevNonces, addresses and time; the truth log is written beside theirs, as truth-2.ndjson")
	c.Flags().BoolVar(&replace, "replace", false, "play the first run again, for who has not heard it, in place of the truth logs there are")
	c.MarkFlagsMutuallyExclusive("continue", "replace")
	return c
}

// play builds the world and its outputs, lets it happen, and closes them. former are the truth
// logs of runs that this one goes on from.
func play(ctx context.Context, s scenario.Scenario, former []string, progress, stdout io.Writer) (err error) {
	setup, err := s.Continue(former)
	if err != nil {
		return err
	}
	w, err := sim.New(setup)
	if err != nil {
		return err
	}
	truth, closeTruth, err := truthLog(s.Truth, stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTruth()) }()
	p := &player{world: w, truth: truth, inject: make(chan func(), 64), external: s.Server.External, start: setup.Start}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := p.open(ctx, &s); err != nil {
		return errors.Join(err, p.close())
	}
	defer func() { err = errors.Join(err, p.close()) }()
	p.hook(ctx, cancel)
	stop := p.tell(progress)
	defer func() {
		stop()
		err = errors.Join(err, p.unheard())
	}()
	var until time.Time
	if s.Duration > 0 {
		until = setup.Start.Add(s.Duration)
	}
	sim.Pace(ctx, w, s.Speed, until, p.inject)
	if ctx.Err() == nil {
		w.Stop()
		sim.Pace(ctx, w, s.Speed, w.Now().Add(w.Quiet()), p.inject)
	}
	return p.fail
}

// player is a world with its outputs.
type player struct {
	world   *sim.World
	truth   output.Truth
	outputs []output.Output
	inject  chan func()
	fail    error

	external bool
	start    time.Time

	readings, messages, lost, owed int
}

// truthLog opens the truth log. At most a second of it is not yet in the file.
func truthLog(path string, stdout io.Writer) (output.Truth, func() error, error) {
	var out io.Writer
	closing := func() error { return nil }
	switch path {
	case "":
		return func(*sim.Record) error { return nil }, closing, nil
	case "-":
		out = stdout
	default:
		f, err := os.Create(path)
		if err != nil {
			return nil, nil, fmt.Errorf("truth log: %w", err)
		}
		out, closing = f, f.Close
	}
	b := bufio.NewWriterSize(out, 1<<16)
	enc := json.NewEncoder(b)
	flushed := time.Now()
	write := func(r *sim.Record) error {
		err := enc.Encode(r)
		if err == nil && time.Since(flushed) > time.Second {
			flushed = time.Now()
			err = b.Flush()
		}
		if err != nil {
			return fmt.Errorf("truth log: %w", err)
		}
		return nil
	}
	return write, func() error { return errors.Join(b.Flush(), closing()) }, nil
}

// open connects the outputs.
func (p *player) open(ctx context.Context, s *scenario.Scenario) error {
	counted := func(r *sim.Record) error {
		if p.external { // its clock is no virtual one
			r.Sent = new(time.Now().UTC())
		}
		p.messages++
		if r.Fate == sim.FatePosted {
			p.owed++
		}
		return p.truth(r)
	}
	for i := range s.Outputs {
		o := &s.Outputs[i]
		password, err := secret(o.PasswordFile)
		if err != nil {
			return fmt.Errorf("output %s: %w", o.Name, err)
		}
		cfg := mqtt.Config{URL: o.URL, ClientID: fmt.Sprintf("hardware-sim-%d-%s", s.Seed, o.Name), Username: o.Username, Password: password, CleanSession: true}
		var out output.Output
		switch o.Kind {
		case "mqtt":
			out = output.Application(o.Name, sim.Format(o.Format), byte(o.QoS), mqtt.NewPublisher(cfg), counted)
		case "http":
			header := http.Header{}
			if password != "" {
				header.Set("Authorization", "Bearer "+password)
			}
			out = output.Webhook(o.Name, sim.Format(o.Format), o.URL, header, counted)
		case "gateway":
			pub := mqtt.NewPublisher(cfg)
			window := time.Duration(float64(o.Window) * max(s.Speed, 1))
			out = output.Gateway(o.Name, sim.GatewayFormat(o.Format), o.Prefix, byte(o.QoS), window, p.world, pub, counted)
			if s.Server.External {
				follower := cfg
				follower.ClientID += "-commands"
				go func() {
					if err := output.Follow(ctx, follower, sim.GatewayFormat(o.Format), o.Prefix, p.world, pub, p.inject); err != nil && ctx.Err() == nil {
						fmt.Fprintf(os.Stderr, "hardware-sim: output %s: %s\n", terminal.Clean(o.Name), terminal.Lines(err.Error()))
					}
				}()
			}
		case "semtech":
			if out, err = output.Semtech(ctx, o.Name, o.URL, o.KeepAlive, s.Seed, p.world, p.inject, counted); err != nil {
				return err
			}
		}
		p.outputs = append(p.outputs, out)
	}
	return nil
}

func secret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// hook leads what happens to the outputs; the first that fails ends the play.
func (p *player) hook(ctx context.Context, cancel func()) {
	each := func(do func(output.Output) error) {
		for _, o := range p.outputs {
			if err := do(o); err != nil {
				if ctx.Err() == nil {
					p.fail = errors.Join(p.fail, err)
				}
				cancel()
				return
			}
		}
	}
	note := func(r *sim.Record) {
		if err := p.truth(r); err != nil {
			p.fail = errors.Join(p.fail, err)
			cancel()
		}
	}
	p.world.Read = func(r *sim.Reading) { p.readings++; note(sim.ReadingRecord(r)) }
	p.world.Lost = func(r *sim.Reading, where, why string) {
		p.lost++
		note(sim.LostRecord(p.world.Now(), r, where, why))
	}
	p.world.Activated = func(d *sim.Device) {
		for _, o := range p.outputs {
			o.Activated(d)
		}
		note(sim.SessionRecord(p.world.Now(), d))
	}
	p.world.Received = func(r *sim.Received) { note(sim.ReceivedRecord(p.world.Now(), r)) }
	p.world.Event = func(e *sim.Event) { each(func(o output.Output) error { return o.Event(ctx, e) }) }
	p.world.Heard = func(r *sim.Reception) { each(func(o output.Output) error { return o.Heard(ctx, r) }) }
	p.world.Sent = func(dl *sim.Downlink) { each(func(o output.Output) error { return o.Sent(ctx, dl) }) }
}

func (p *player) close() error {
	var errs []error
	for _, o := range p.outputs {
		errs = append(errs, o.Close())
	}
	return errors.Join(errs...)
}

// unheard is the error of a run that nobody took part in.
func (p *player) unheard() error {
	for _, o := range p.outputs {
		if s, ok := o.(interface{ Silent() bool }); ok && s.Silent() && o.Problem() != "" {
			return errors.New(o.Problem())
		}
	}
	return nil
}

// joinWithin is how long a fleet may take before one of its devices has joined.
const joinWithin = 90 * time.Second

// problems are what keeps the run from being one, a sentence each.
func (p *player) problems() (all []string) {
	for _, o := range p.outputs {
		if text := o.Problem(); text != "" {
			all = append(all, text)
		}
	}
	if len(all) > 0 || !p.external || p.world.Now().Sub(p.start) < joinWithin {
		return all
	}
	wanting := 0
	for _, d := range p.world.Devices() {
		switch {
		case d.ABP:
		case d.Joined():
			return nil
		default:
			wanting++
		}
	}
	if wanting > 0 {
		all = append(all, fmt.Sprintf("none of %d devices has joined: does the network server know gateways and devices (hardware-sim provision), is this its region, and its topic prefix, and is speed 1?", wanting))
	}
	return all
}

// tell writes a progress line each second, a last one at the end, and every new problem
// on a line of its own.
func (p *player) tell(to io.Writer) (stop func()) {
	if to == io.Discard {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		p.teller(to, done)
	}()
	return func() {
		close(done)
		<-ended
		fmt.Fprintf(terminal.Bare(to), "\r\x1b[K%s\n", p.line())
	}
}

// line is how far the world is.
func (p *player) line() string {
	joined := 0
	for _, d := range p.world.Devices() {
		if d.Joined() {
			joined++
		}
	}
	return fmt.Sprintf("%s  %d of %d devices joined, %d readings, %d messages, %d with a reading to deliver, %d readings lost",
		p.world.Now().UTC().Format(time.DateTime), joined, len(p.world.Devices()), p.readings, p.messages, p.owed, p.lost)
}

// teller prints a line a second until done is closed, and each kind of problem once. The world
// belongs to one goroutine: what is printed here is made there.
func (p *player) teller(to io.Writer, done <-chan struct{}) {
	to = terminal.Bare(to) // for the sequences below
	type report struct {
		line     string
		problems []string
	}
	reports := make(chan report, 1)
	ask := func() {
		select {
		case reports <- report{p.line(), p.problems()}:
		default:
		}
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	known := map[string]bool{}
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		select {
		case p.inject <- ask:
		case <-done:
			return
		}
		select {
		case r := <-reports:
			for _, problem := range r.problems {
				if kind := digits.Replace(problem); !known[kind] { // its counters go on
					known[kind] = true
					fmt.Fprintf(to, "\r\x1b[K%s\n", terminal.Clean(problem))
				}
			}
			fmt.Fprintf(to, "\r\x1b[K%s", r.line)
		case <-done:
			return
		}
	}
}

// digits leaves what a sentence says and takes its numbers.
var digits = strings.NewReplacer("0", "", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "", "8", "", "9", "")
