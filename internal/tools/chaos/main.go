// Command chaos runs the built bridge with real servers and a simulated fleet through
// everything that goes wrong, and prints what became of the readings: a table with a line
// for each thing. It exits 1 unless all are zero and the table is whole.
//
//	go run ./internal/tools/chaos
//
// Flags of go test follow, such as -run '^TestChaos/broker' -v, for a part of the table.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// rowsMin is how many rows the whole table has at least.
const rowsMin = 120

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(flags []string, out io.Writer) error {
	least := rowsMin
	if len(flags) > 0 {
		least = 1
	}
	began := time.Now()
	args := slices.Concat([]string{"test", "-count=1", "-timeout=60m", "-json", "-run", "^TestChaos"}, flags, []string{"./cmd/dbdao-bridge"})
	c := exec.Command("go", args...)
	c.Stderr = os.Stderr
	c.Env = append(os.Environ(), "DBDAO_REAL=1", "DBDAO_LONG=1")
	events, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	t, err := read(events)
	ended := c.Wait()
	if err != nil {
		return errors.Join(err, ended)
	}
	err = t.print(out, least)
	fmt.Fprintf(out, "%v in all\n", time.Since(began).Round(time.Second))
	return errors.Join(err, ended)
}

// table is what the tests told.
type table struct {
	rows   []servers.Row
	failed []string            // tests
	said   map[string][]string // by them
}

// event is a line of go test -json.
type event struct{ Action, Test, Output string }

// read makes the table of the events of go test.
func read(r io.Reader) (*table, error) {
	t := &table{said: map[string][]string{}}
	for d := json.NewDecoder(r); ; {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return t, nil
		} else if err != nil {
			return nil, fmt.Errorf("read what go test says: %w", err)
		}
		row, is, err := servers.ReadRow(e.Output)
		if err != nil {
			return nil, err
		}
		switch {
		case is:
			t.rows = append(t.rows, row)
		case e.Action == "output":
			t.said[e.Test] = append(t.said[e.Test], e.Output)
		case e.Action == "fail":
			t.failed = append(t.failed, e.Test)
		}
	}
}

// print writes the table, Markdown, and says what is wrong. It has at least so many rows.
func (t *table) print(out io.Writer, least int) error {
	var faults []error
	slices.SortStableFunc(t.rows, func(a, b servers.Row) int { return strings.Compare(a.Group, b.Group) })
	fmt.Fprint(out, "| row | tries | owed | lost | twice | leaked | altered |\n|---|--:|--:|--:|--:|--:|--:|\n")
	var sum servers.Row
	seen := map[string]bool{}
	for _, r := range t.rows {
		name := r.Group + ": " + r.Name
		fmt.Fprintf(out, "| %s | %d | %d | %d | %d | %d | %d |\n", name, r.Tries, r.Owed, r.Lost, r.Twice, r.Leaked, r.Altered)
		sum.Tries, sum.Owed, sum.Lost, sum.Twice, sum.Leaked, sum.Altered = sum.Tries+r.Tries, sum.Owed+r.Owed, sum.Lost+r.Lost, sum.Twice+r.Twice, sum.Leaked+r.Leaked, sum.Altered+r.Altered
		switch {
		case r.Wrong() > 0:
			faults = append(faults, fmt.Errorf("%s: %d lost, %d twice, %d leaked, %d altered", name, r.Lost, r.Twice, r.Leaked, r.Altered))
		case r.Tries == 0 || r.Owed == 0:
			faults = append(faults, fmt.Errorf("%s: %d tries and %d readings owed show nothing", name, r.Tries, r.Owed))
		case seen[name]:
			faults = append(faults, fmt.Errorf("%s: two rows of one name", name))
		}
		seen[name] = true
	}
	fmt.Fprintf(out, "| **%d rows** | %d | %d | %d | %d | %d | %d |\n\n", len(t.rows), sum.Tries, sum.Owed, sum.Lost, sum.Twice, sum.Leaked, sum.Altered)
	if len(t.rows) < least {
		faults = append(faults, fmt.Errorf("%d rows, the table has at least %d", len(t.rows), least))
	}
	for _, name := range t.failed {
		for _, line := range t.said[name] {
			fmt.Fprint(out, line)
		}
		faults = append(faults, fmt.Errorf("%s failed", cmp.Or(name, "the package")))
	}
	return errors.Join(faults...)
}
