// Package faulttest holds a table of faults to the tests it names: each fault is put back into
// today's code, and one of its tests must fail.
package faulttest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// Table is a document with a row for each fault, which names the tests that hold it off.
type Table struct {
	Root  string // of the tree, from the test's folder
	Doc   string // below it
	Rows  []string
	Seeds []Seed
}

// Seed is an old behaviour put back: in a file one text is replaced by another, and a test
// of the row must fail.
type Seed struct {
	Row, What           string
	File, Text, Instead string
	Folder, Test        string
}

// Put makes a seed: the fault is back in a file when instead stands in it in the place of text.
func Put(row, what, file, text, instead, folder, test string) Seed {
	return Seed{Row: row, What: what, File: file, Text: text, Instead: instead, Folder: folder, Test: test}
}

var (
	folderOf = regexp.MustCompile("`([a-z0-9/-]+)` (Test[^;|]*)")
	testName = regexp.MustCompile(`Test[A-Za-z0-9_]+`)
)

// Named checks that the document names, for every fault, tests that exist, and that a seed
// proves one of them.
func (f *Table) Named(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(f.Root, f.Doc))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range f.Rows {
		_, row, ok := strings.Cut(string(text), "| "+id+" |")
		row, _, _ = strings.Cut(row, "\n")
		named := map[string]bool{}
		for _, in := range folderOf.FindAllStringSubmatch(row, -1) {
			for _, name := range testName.FindAllString(in[2], -1) {
				named[in[1]+" "+name] = true
				if !f.defined(t, in[1], name) {
					t.Errorf("%s: %s has no %s", id, in[1], name)
				}
			}
		}
		seeded := false
		for _, s := range f.Seeds {
			if s.Row != id {
				continue
			}
			seeded = true
			if !named[s.Folder+" "+s.Test] {
				t.Errorf("%s does not name %s %s, which finds that %s", id, s.Folder, s.Test, s.What)
			}
		}
		if !ok || len(named) == 0 || !seeded {
			t.Errorf("%s has no row, names no test, or none that a seed proves: %s", id, row)
		}
	}
}

func (f *Table) defined(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(f.Root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range files {
		text, err := os.ReadFile(one)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T) {") {
			return true
		}
	}
	return false
}

// Found checks that each seed still has its place in the code, and in the long form plants it
// and sees its test fail.
func (f *Table) Found(t *testing.T) {
	for _, s := range f.Seeds {
		t.Run(s.Row+" "+s.What, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(f.Root, s.File))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), s.Text) != 1 {
				t.Fatalf("%s does not hold %q once: say how today's code would be made to do it", s.File, s.Text)
			}
			if servers.Long() {
				f.plant(t, &s, strings.Replace(string(text), s.Text, s.Instead, 1))
			}
		})
	}
}

// plant has the test run on the changed text, in the compiler's eyes only, also where the test
// builds programs itself.
func (f *Table) plant(t *testing.T, s *Seed, changed string) {
	t.Helper()
	overlay := Overlay(t, filepath.Join(f.Root, s.File), changed)
	c := exec.Command("go", "test", "-vet=off", "-count=1", "-timeout=5m", "-run", "^"+s.Test+"$", "./"+s.Folder)
	c.Dir = f.Root
	c.Env = append(os.Environ(), "DBDAO_LONG=", "GOFLAGS="+overlay)
	out, err := c.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--- FAIL: "+s.Test) && !strings.Contains(string(out), "panic: test timed out") {
		t.Fatalf("%s %s does not find it: %v\n%.2000s", s.Folder, s.Test, err, out)
	}
	t.Logf("%s %s fails", s.Folder, s.Test)
}

// Overlay gives GOFLAGS with which the go command reads a text in the place of a file's.
func Overlay(t *testing.T, file, text string) (goflags string) {
	t.Helper()
	original, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	instead, overlay := filepath.Join(dir, "seed"+filepath.Ext(file)), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{original: instead}})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{instead: text, overlay: string(list)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return os.Getenv("GOFLAGS") + " -overlay=" + overlay
}
