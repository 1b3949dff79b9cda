package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A program that somebody built beside its sources, or another large file, does not get into the
// repository: every clone would carry it for ever.
func TestNothingLargeIsTracked(t *testing.T) {
	const most = 2 << 20
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Skip("not a git work tree")
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(names) < 100 {
		t.Fatalf("only %d files are tracked", len(names))
	}
	for _, name := range names {
		if s, err := os.Stat(filepath.Join("../..", name)); err == nil && s.Size() > most {
			t.Errorf("%s has %d bytes, more than %d: git rm --cached it, and name it in .gitignore", name, s.Size(), most)
		}
	}
}
