// Command conformance runs the suite every kind of storage passes and prints what each
// kind did with each case, and what became of the special-purpose addresses. It exits 1
// unless everything passed and every kind of the bridge was there.
//
//	go run ./internal/tools/conformance
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

// pulled is the kind that buyers fetch from, which needs no server.
const pulled = "pull"

func main() {
	var names []string
	for _, k := range kinds.All {
		names = append(names, k.Name)
	}
	if err := run(names, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(kinds []string, out io.Writer) error {
	c := exec.Command("go", "test", "-count=1", "-json", "-run", "^TestConformance", "./delivery/...")
	c.Stderr = os.Stderr
	c.Env = append(os.Environ(), "DBDAO_REAL=1", "DBDAO_LONG=1") // every real server, also those CI's usual form leaves out
	events, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	t, err := read(events)
	ended := c.Wait() // exits 1 if a test failed, which the table tells
	if err != nil {
		return errors.Join(err, ended)
	}
	return errors.Join(t.print(kinds, out), ended)
}

// table is what every run of the suite did with every case.
type table struct {
	results   map[string]map[string]string // run of a kind → case → pass, fail, skip
	addresses map[string][]string          // run of a kind → lines
	broken    []string                     // packages that failed without a test of the suite failing
}

// event is a line of go test -json.
type event struct{ Action, Package, Test, Output string }

// read makes the table of the events of go test.
func read(r io.Reader) (*table, error) {
	t := &table{results: map[string]map[string]string{}, addresses: map[string][]string{}}
	for d := json.NewDecoder(r); ; {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return t, nil
		} else if err != nil {
			return nil, fmt.Errorf("read what go test says: %w", err)
		}
		suite, rest, _ := strings.Cut(e.Test, "/")
		kind := label(e.Package, suite)
		if text, ok := sinktest.Reaches(e.Output); ok {
			t.addresses[kind] = append(t.addresses[kind], text)
		}
		if e.Action != "pass" && e.Action != "fail" && e.Action != "skip" {
			continue
		}
		switch {
		case e.Test == "" && e.Action == "fail":
			t.broken = append(t.broken, path.Base(e.Package))
		case e.Test == "" || rest == "" && e.Action == "pass":
		case rest == "": // it did not come to the cases, or one of them failed
			t.set(kind, "all cases run", e.Action)
		case !strings.Contains(rest, "/"):
			t.set(kind, strings.ReplaceAll(rest, "_", " "), e.Action)
		}
	}
}

func (t *table) set(kind, what, result string) {
	if t.results[kind] == nil {
		t.results[kind] = map[string]string{}
	}
	t.results[kind][what] = result
}

// label names a run of the suite: the kind, and what its test's name adds.
func label(pkg, test string) string {
	return strings.TrimSpace(path.Base(pkg) + " " + strings.ToLower(strings.TrimPrefix(test, "TestConformance")))
}

// print writes the table, Markdown, and says what does not pass. A case that a kind
// cannot have is a dash; kinds must all be there, and each with every case.
func (t *table) print(kinds []string, out io.Writer) error {
	runs := slices.Sorted(maps.Keys(t.results))
	kept := sinktest.Cases()[0]
	var faults []error
	for _, k := range kinds {
		if !slices.ContainsFunc(runs, func(r string) bool { return r == k || strings.HasPrefix(r, k+" ") }) {
			faults = append(faults, fmt.Errorf("kind %s did not run the suite", k))
		} else if k != pulled && !slices.ContainsFunc(runs, func(r string) bool {
			return (r == k || strings.HasPrefix(r, k+" ")) && t.results[r][kept] == "pass"
		}) {
			faults = append(faults, fmt.Errorf("kind %s ran without a server: nothing it delivered is known to be kept", k))
		}
	}
	for _, p := range t.broken {
		faults = append(faults, fmt.Errorf("the tests of %s failed", p))
	}
	if len(runs) == 0 {
		return errors.Join(append(faults, errors.New("no kind ran the suite"))...)
	}
	fmt.Fprintf(out, "| case | %s |\n|---|%s\n", strings.Join(runs, " | "), strings.Repeat("---|", len(runs)))
	passed, none := 0, 0
	for _, c := range sinktest.Cases() {
		fmt.Fprintf(out, "| %s |", c)
		for _, r := range runs {
			switch result := t.results[r][c]; result {
			case "pass":
				passed++
				fmt.Fprint(out, " pass |")
			case "skip":
				none++
				fmt.Fprint(out, " – |")
			default:
				if result == "" {
					result = "not run"
				}
				fmt.Fprintf(out, " **%s** |", result)
				faults = append(faults, fmt.Errorf("%s: %s: %s", r, c, result))
			}
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "\n%d pass, %d (–) are of things the kind does not have, %d do not pass\n\nAddresses that are nobody's storage:\n\n", passed, none, len(faults))
	for _, r := range runs {
		for _, line := range t.addresses[r] {
			fmt.Fprintf(out, "- %s, %s\n", r, line)
		}
	}
	return errors.Join(faults...)
}
