package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestADialogAsksUntilItHasAnAnswer(t *testing.T) {
	wrong, doubt := errors.New("wrong"), fmt.Errorf("odd: %w", errDoubt)
	for _, c := range []struct {
		typed, given, proposal string
		yes, optional          bool
		want, fails            string
	}{
		{typed: "\n", proposal: "p", want: "p"},
		{typed: "  mine \n", proposal: "p", want: "mine"},
		{typed: "wrong\nmine\n", want: "mine"},
		{typed: "\n\nmine\n", want: "mine"},
		{typed: "\n", optional: true, want: ""},
		{typed: "odd\nodd\n", want: "odd"},
		{typed: "odd\nother\n", want: "other"},
		{given: "flag", typed: "", want: "flag"},
		{given: "odd", typed: "", want: "odd"},
		{given: "wrong", typed: "mine\n", fails: "--name"},
		{yes: true, proposal: "p", want: "p"},
		{yes: true, fails: "give --name"},
		{typed: "", proposal: "p", fails: "was not answered"},
		{typed: "wrong\n", fails: "was not answered"},
		{typed: "mine", want: "mine"},
	} {
		d := dialog{bufio.NewReader(strings.NewReader(c.typed)), io.Discard, c.yes}
		got := "?"
		err := d.ask(t.Context(), question{text: "Which", flag: "name", given: c.given, proposal: c.proposal, optional: c.optional, take: func(a string) error {
			switch a {
			case "wrong":
				return wrong
			case "odd":
				got = a
				return doubt
			}
			got = a
			return nil
		}})
		switch {
		case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%+v: %v", c, err)
		case c.fails == "" && (err != nil || got != c.want):
			t.Errorf("%+v: %q %v", c, got, err)
		}
	}
}
