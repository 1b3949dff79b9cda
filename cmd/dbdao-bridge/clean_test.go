package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
)

// Whatever others write, the text printers show it in its place: no escape sequence, no line
// and no change of direction of theirs reaches the terminal.
func TestNoTextPrinterLetsOthersDrawOnTheTerminal(t *testing.T) {
	evil := "x\x1b[31m\nverified:  true\r\t\x7f\u0085\u009b2J\u202e\u2066end"
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	v := string(quoted)
	prints := map[string]func(b *bytes.Buffer) error{
		"a table": func(b *bytes.Buffer) error {
			one := table{head: []string{"A", "B"}}
			one.row(evil, "2")
			return one.print(b, "")
		},
		"conditions": func(b *bytes.Buffer) error {
			s := api.Status{Conditions: []api.Condition{{Code: "c", Subject: evil, Text: evil}}}
			return (&options{}).writeStatus(b, &s)
		},
		"a dialog": func(b *bytes.Buffer) error {
			d := dialog{in: bufio.NewReader(strings.NewReader("yes\n")), out: b}
			d.say("  %v", errors.New(evil))
			return d.ask(t.Context(), question{text: evil, proposal: evil, take: func(string) error { return nil }})
		},
		"errors": func(b *bytes.Buffer) error { b.WriteString(terminal.Lines(evil)); return nil },
	}
	for name, text := range map[string]string{
		"a text": v, "a member": `{"uri":` + v + `}`, "a name": `{` + v + `:1}`, "a member within": `{"a":{` + v + `:` + v + `}}`, "a list": `{"a":[` + v + `]}`,
		"rows": `[{` + v + `:` + v + `}]`, "objects in rows": `[{"a":{` + v + `:` + v + `}}]`, "texts": `[` + v + `,` + v + `]`, "rows within": `{"a":[{` + v + `:` + v + `}]}`,
	} {
		prints[name] = func(b *bytes.Buffer) error { return printText(b, []byte(text)) }
	}
	for name, print := range prints {
		var b bytes.Buffer
		if err := print(&b); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); strings.ContainsAny(got, "\x1b\r\x7f\u0085\u009b\u202e\u2066") || strings.Contains(got, "\nverified") || !strings.Contains(strings.ToLower(got), `\u001b`) {
			t.Errorf("%s prints %q", name, got)
		}
	}
}
