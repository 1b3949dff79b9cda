package contracts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// Every numbered transition of docs/contracts.md has a test that carries its
// number, and no test carries a number the document does not have.
func TestEveryTransitionHasATestAndEveryTestATransition(t *testing.T) {
	doc, err := os.ReadFile("../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	numbers := func(pattern string, text []byte) []string {
		var all []string
		for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
			all = append(all, string(m[1]))
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	documented := numbers(`(?m)^\| T-(\d\d) \|`, doc)
	if len(documented) < 20 {
		t.Fatalf("the document lists only %v", documented)
	}
	files, err := filepath.Glob("test/*.t.sol")
	if err != nil {
		t.Fatal(err)
	}
	var tested []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`function (test_[A-Za-z0-9_]+)`).FindAllSubmatch(text, -1) {
			tested = append(tested, numbers(`T(\d\d)`, name[1])...)
		}
	}
	slices.Sort(tested)
	tested = slices.Compact(tested)
	if !slices.Equal(documented, tested) {
		t.Errorf("documented %v\ntested     %v", documented, tested)
	}
}
