package bridge_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	folderOf = regexp.MustCompile("`([a-z0-9/-]+)` (Test[^;|]*)")
	testName = regexp.MustCompile(`Test[A-Za-z0-9_]+`)
)

// The table of faults names tests that exist, for every fault.
func TestFaultsAreHeldOffByTheTestsTheTableNames(t *testing.T) {
	text, err := os.ReadFile("../docs/intake-faults.md")
	if err != nil {
		t.Fatal(err)
	}
	for fault := range strings.FieldsSeq("L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 L11 L12 R8 R9 R10") {
		_, row, ok := strings.Cut(string(text), "| "+fault+" |")
		row, _, _ = strings.Cut(row, "\n")
		named := 0
		for _, in := range folderOf.FindAllStringSubmatch(row, -1) {
			for _, name := range testName.FindAllString(in[2], -1) {
				if named++; !defined(t, in[1], name) {
					t.Errorf("%s: %s has no %s", fault, in[1], name)
				}
			}
		}
		if !ok || named == 0 {
			t.Errorf("%s has no row that names a test: %s", fault, row)
		}
	}
}

func defined(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T) {") {
			return true
		}
	}
	return false
}
