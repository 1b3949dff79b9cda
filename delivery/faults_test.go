package delivery_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	folderOf = regexp.MustCompile("`([a-z/-]+)` (Test[^;|]*)")
	testName = regexp.MustCompile(`Test[A-Za-z0-9_]+`)
)

// The table of faults names tests that exist, for every fault.
func TestFaultsAreHeldOffByTheTestsTheTableNames(t *testing.T) {
	text, err := os.ReadFile("../docs/delivery-faults.md")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 11; n++ {
		at := strings.Index(string(text), fmt.Sprintf("| D%d |", n))
		if at < 0 {
			t.Errorf("D%d has no row", n)
			continue
		}
		row, _, _ := strings.Cut(string(text)[at:], "\n")
		named := 0
		for _, in := range folderOf.FindAllStringSubmatch(row, -1) {
			for _, name := range testName.FindAllString(in[2], -1) {
				named++
				if !defined(t, in[1], name) {
					t.Errorf("D%d: %s has no %s", n, in[1], name)
				}
			}
		}
		if named == 0 {
			t.Errorf("D%d names no test: %s", n, row)
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
