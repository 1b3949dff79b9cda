package servers

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Comes with another of those that are installed, or with every Debian.
var comesAlong = []string{"mosquitto_passwd", "mosquitto_pub", "epmd", "initdb", "psql", "nsenter", "unshare", "prlimit", "shred", "dpkg-deb", "openssl", "script", "node"}

// Whatever a test needs, .ci/install installs: the sentence of a test that lacks something sends people there.
func TestEveryProgramThatTestsNeedIsInstalled(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	install, err := os.ReadFile(filepath.Join(root, ".ci/install"))
	if err != nil {
		t.Fatal(err)
	}
	npm, err := os.ReadFile(filepath.Join(root, "contracts/package.json"))
	if err != nil {
		t.Fatal(err)
	}
	needs, names := regexp.MustCompile(`\bNeed\(tb?, ([^)]*)\)`), regexp.MustCompile(`"([a-zA-Z0-9_.-]+)"`)
	seen := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "bin"):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, all := range needs.FindAllStringSubmatch(string(text), -1) {
			for _, name := range names.FindAllStringSubmatch(all[1], -1) {
				seen[name[1]] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 20 {
		t.Fatalf("only %d programs are needed", len(seen))
	}
	for name := range seen {
		word := regexp.MustCompile(`(^|[^a-zA-Z0-9_.-])` + regexp.QuoteMeta(name) + `([^a-zA-Z0-9_.-]|$)`)
		if !word.Match(install) && !word.Match(npm) && !slices.Contains(comesAlong, name) {
			t.Errorf("a test needs %s, which .ci/install does not install", name)
		}
	}
}
