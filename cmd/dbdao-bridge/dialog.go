package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
)

// dialog asks questions, one a line; Enter takes the proposal.
type dialog struct {
	in  *bufio.Reader
	out io.Writer
	yes bool // take every proposal
}

// question is what is asked, unless a flag answered it.
type question struct {
	text, flag string
	given      string // by the flag
	proposal   string
	optional   bool // no answer is one
	// take uses an answer, or says what is wrong with it. With doubt in its error the same answer
	// given again stands.
	take func(answer string) error
}

// errDoubt marks what may be so nevertheless.
var errDoubt = errors.New("the same answer once more keeps it nevertheless")

func (d *dialog) say(format string, args ...any) {
	fmt.Fprintln(d.out, terminal.Lines(fmt.Sprintf(format, args...)))
}

func (d *dialog) ask(ctx context.Context, q question) error {
	if q.given != "" {
		return d.settle(q, q.given)
	}
	before := ""
	for {
		fmt.Fprint(d.out, "  "+terminal.Lines(q.text))
		if q.proposal != "" {
			fmt.Fprintf(d.out, " [%s]", terminal.Clean(q.proposal))
		}
		fmt.Fprint(d.out, ": ")
		if d.yes {
			d.say("%s", q.proposal)
			if q.proposal == "" && !q.optional {
				return fmt.Errorf("%w: there is no proposal for %q: give --%s", errUsage, q.text, q.flag)
			}
			return d.settle(q, q.proposal)
		}
		line, err := d.line(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%w: %q was not answered: give --%s, or --yes to take what is proposed (%w)", errUsage, q.text, q.flag, err)
		}
		answer := cmp.Or(line, q.proposal)
		if answer == "" && !q.optional {
			d.say("  this needs an answer")
			continue
		}
		err = q.take(answer)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errDoubt) && answer == before:
			d.say("  kept as it is: `dbdao-bridge check` tries it again")
			return nil
		}
		d.say("  %v", err)
		before = answer
	}
}

// settle takes an answer that nobody can be asked about again.
func (d *dialog) settle(q question, answer string) error {
	err := q.take(answer)
	if errors.Is(err, errDoubt) {
		d.say("  %v", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (--%s)", err, q.flag)
	}
	return nil
}

// line reads a line; whoever interrupts the program need not press Enter first.
func (d *dialog) line(ctx context.Context) (string, error) {
	type read struct {
		text string
		err  error
	}
	got := make(chan read, 1)
	go func() {
		text, err := d.in.ReadString('\n')
		if text != "" {
			err = nil
		}
		got <- read{strings.TrimSpace(text), err}
	}()
	select {
	case r := <-got:
		return r.text, r.err
	case <-ctx.Done():
		d.say("")
		return "", ctx.Err()
	}
}

// agrees asks a question of yes or no.
func (d *dialog) agrees(ctx context.Context, text, flag, proposal string) (yes bool, err error) {
	err = d.ask(ctx, question{text: text, flag: flag, proposal: proposal, take: func(answer string) error {
		switch strings.ToLower(answer) {
		case "y", "yes":
			yes = true
		case "n", "no":
			yes = false
		default:
			return errors.New("answer yes or no")
		}
		return nil
	}})
	return yes, err
}

// consents asks whoever gives a command that takes his money whether he means it.
func consents(ctx context.Context, c *cobra.Command, text string) error {
	d := dialog{in: bufio.NewReader(c.InOrStdin()), out: c.ErrOrStderr()}
	fmt.Fprintf(d.out, "%s yes or no: ", terminal.Lines(text))
	answer, err := d.line(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		d.say("")
		return fmt.Errorf("%w: nobody answered, and nothing was sent: give --yes to agree without being asked", errUsage)
	case strings.EqualFold(answer, "yes"), strings.EqualFold(answer, "y"):
		return nil
	}
	return errors.New("nothing was sent")
}
