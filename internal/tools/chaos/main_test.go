package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// logged collects what a row says when it is printed.
type logged struct {
	testing.TB
	lines []string
}

func (l *logged) Helper()               {}
func (l *logged) Log(args ...any)       { l.lines = append(l.lines, fmt.Sprint(args...)) }
func (l *logged) Errorf(string, ...any) {}

// events are what go test -json says of rows, and of a test that ends as given.
func events(t *testing.T, action string, rows ...servers.Row) string {
	t.Helper()
	l := &logged{TB: t}
	for _, r := range rows {
		r.Print(l)
	}
	var b strings.Builder
	for _, line := range l.lines {
		text, err := json.Marshal(map[string]string{"Action": "output", "Test": "TestChaos", "Output": "    chaos_test.go:1: " + line + "\n"})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	fmt.Fprintf(&b, `{"Action":%q,"Test":"TestChaos"}`, action)
	return b.String()
}

func TestTheTableTellsWhatIsWrong(t *testing.T) {
	well := servers.Row{Group: "kill", Name: "a", Tries: 3, Owed: 7}
	other := func(change func(*servers.Row)) servers.Row {
		r := well
		r.Name = "b"
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		events string
		says   string // "": all is well
	}{
		"all is well":      {events(t, "pass", well, other(func(*servers.Row) {})), ""},
		"one is lost":      {events(t, "pass", well, other(func(r *servers.Row) { r.Lost = 1 })), "kill: b: 1 lost"},
		"one comes twice":  {events(t, "pass", well, other(func(r *servers.Row) { r.Twice = 1 })), "1 twice"},
		"one is leaked":    {events(t, "pass", well, other(func(r *servers.Row) { r.Leaked = 1 })), "1 leaked"},
		"one is altered":   {events(t, "pass", well, other(func(r *servers.Row) { r.Altered = 1 })), "1 altered"},
		"nothing happened": {events(t, "pass", well, other(func(r *servers.Row) { r.Tries = 0 })), "show nothing"},
		"nothing was owed": {events(t, "pass", well, other(func(r *servers.Row) { r.Owed = 0 })), "show nothing"},
		"a row is missing": {events(t, "pass", well), "1 rows"},
		"one name twice":   {events(t, "pass", well, well), "two rows"},
		"a test fails":     {events(t, "fail", well, other(func(*servers.Row) {})), "TestChaos failed"},
	} {
		tb, err := read(strings.NewReader(c.events))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err = tb.print(&out, 2)
		if c.says == "" && (err != nil || !strings.Contains(out.String(), "| kill: a | 3 | 7 | 0 | 0 | 0 | 0 |") || !strings.Contains(out.String(), "| **2 rows** | 6 | 14 |")) {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
		if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}
