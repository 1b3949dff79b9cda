package servers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Row is a line of the table that `make chaos` prints: what became of the readings of one
// fleet, or of one buyer, while one thing went wrong.
type Row struct {
	Group   string `json:"group"`
	Name    string `json:"name"`
	Tries   int    `json:"tries"` // how often it went wrong
	Owed    int    `json:"owed"`  // readings, counted by purchase
	Lost    int    `json:"lost"`  // owed and not in the store, or delivered and not paid for
	Twice   int    `json:"twice"` // in the store under two ids, or paid for twice
	Leaked  int    `json:"leaked"`
	Altered int    `json:"altered"`
}

const rowMark = "chaos row "

// Wrong counts what must not have happened.
func (r Row) Wrong() int { return r.Lost + r.Twice + r.Leaked + r.Altered }

// Print tells the row to whoever reads the test's output. A row without tries, or by which
// nobody was owed anything, shows nothing and fails like one with a reading lost.
func (r Row) Print(t testing.TB) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(rowMark + string(b))
	if r.Wrong() > 0 || r.Tries == 0 || r.Owed == 0 {
		t.Errorf("%s: %s: %d tries, %d owed, %d lost, %d twice, %d leaked, %d altered", r.Group, r.Name, r.Tries, r.Owed, r.Lost, r.Twice, r.Leaked, r.Altered)
	}
}

// ReadRow reads a line of a test's output; false: it is none of Print's.
func ReadRow(line string) (r Row, ok bool, err error) {
	_, text, ok := strings.Cut(line, rowMark)
	if !ok {
		return r, false, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, true, fmt.Errorf("a row of the table: %w", err)
	}
	return r, true, nil
}
