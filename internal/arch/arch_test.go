package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file of the tree.
type source struct {
	folder  string // slash-separated, relative to the module's root
	name    string
	test    bool
	doc     bool // has a package comment
	command bool
	imports []string
}

// read parses the files themselves: a test that asked the go command instead
// would be answered from the test cache after a forbidden import was added.
func read(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var all []source
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); name != root && (n == "node_modules" || n == "testdata" || strings.HasPrefix(n, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		s := source{
			folder: filepath.ToSlash(rel), name: d.Name(), test: strings.HasSuffix(name, "_test.go"),
			doc: f.Doc != nil && documents(f), command: f.Name.Name == "main",
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, p)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("only %d Go files found under %s: the rule was held against nothing", len(all), filepath.Base(root))
	}
	return all
}

func documents(f *ast.File) bool {
	text := f.Doc.Text()
	return strings.HasPrefix(text, "Package ") || strings.HasPrefix(text, "Command ") || strings.HasPrefix(text, "Dbdao-")
}

func TestAPackageImportsOnlyToItsLeft(t *testing.T) {
	for _, s := range read(t) {
		if s.test || top(s.folder) == "internal" && s.command {
			continue // tests may look to the right: they put real things together; generators run at build time
		}
		for _, imp := range s.imports {
			to, ours := strings.CutPrefix(imp, Module+"/")
			if why := Refuse(s.folder, to); ours && why != "" {
				t.Errorf("%s/%s imports %s: %s", s.folder, s.name, imp, why)
			}
		}
	}
}

// The rule must refuse an arrow that is turned round.
func TestTheRuleRefusesAnArrowTurnedRound(t *testing.T) {
	seen := 0
	for _, s := range read(t) {
		for _, imp := range s.imports {
			to, ours := strings.CutPrefix(imp, Module+"/")
			if !ours || s.test || to == s.folder || top(to) == "internal" && top(s.folder) != "internal" || top(s.folder) == "internal" && s.command {
				continue
			}
			seen++
			if Refuse(to, s.folder) == "" {
				t.Errorf("%s may import %s, which imports it", to, s.folder)
			}
		}
	}
	for from, to := range map[string]string{"bridge/intake": "bridge", "bridge/source": "bridge/app", "delivery/s3": "delivery/pull", "hardware-sim": "market", "lorawan": "lorawan/detect",
		"internal/mqtt": "ledger", "market": "bridge", "bridge/nowhere": "bridge/app", "cmd/dbdao-demo": "cmd/dbdao-bridge", "ledger": "nowhere"} {
		if Refuse(from, to) == "" {
			t.Errorf("%s may import %s", from, to)
		}
	}
	if seen < 100 {
		t.Errorf("only %d arrows were turned round", seen)
	}
}

func TestEveryPackageHasItsPlaceInItsHouse(t *testing.T) {
	placed := map[string]bool{}
	for house, all := range Houses {
		for _, one := range all {
			placed[path.Join(house, one)] = true
		}
	}
	there := map[string]bool{}
	for _, s := range read(t) {
		if !s.test {
			there[s.folder] = true
		}
	}
	for folder := range there {
		if h := top(folder); folder != h && h != "cmd" && !placed[folder] {
			t.Errorf("%s has no place in Houses", folder)
		}
	}
	for folder := range placed {
		if !there[folder] {
			t.Errorf("Houses names %s, which is not there", folder)
		}
	}
}

func TestALibraryBehindAFenceIsImportedOnlyThere(t *testing.T) {
	for _, s := range read(t) {
		if s.test || strings.HasSuffix(s.folder, "test") {
			continue
		}
		for _, imp := range s.imports {
			fence, allowed := "", []string(nil)
			for lib, in := range Fences {
				if (imp == lib || strings.HasPrefix(imp, lib+"/")) && len(lib) > len(fence) {
					fence, allowed = lib, in
				}
			}
			if fence == "" || slices.ContainsFunc(allowed, func(a string) bool {
				return s.folder == a || strings.HasPrefix(s.folder, a+"/")
			}) {
				continue
			}
			t.Errorf("%s/%s imports %s, which is fenced to %s", s.folder, s.name, imp, strings.Join(allowed, ", "))
		}
	}
}

// A kind of storage is a folder under delivery and its line in delivery/kinds: outside of
// delivery nothing names it.
func TestAKindOfStorageIsNamedByItsLineAlone(t *testing.T) {
	all, kinds := read(t), map[string]bool{}
	for _, s := range all {
		for _, imp := range s.imports {
			if kind, ok := strings.CutPrefix(imp, Module+"/delivery/"); ok && s.folder == "delivery/kinds" && !s.test {
				kinds[kind] = true
			}
		}
	}
	for _, s := range all {
		for _, imp := range s.imports {
			if kind := strings.TrimPrefix(imp, Module+"/delivery/"); kinds[kind] && !s.test && top(s.folder) != "delivery" {
				t.Errorf("%s/%s imports the kind %s: kinds are found by name, in kinds.All", s.folder, s.name, kind)
			}
		}
	}
	if len(kinds) < 5 {
		t.Errorf("only %v are named at all", kinds)
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range read(t) {
		if !s.test {
			documented[s.folder] = documented[s.folder] || s.doc
		}
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("%s: no file begins with a package comment", folder)
		}
	}
}

func TestNoFolderOfTheOrderIsMissing(t *testing.T) {
	for _, f := range Order {
		if _, err := os.Stat(filepath.Join("../..", f)); err != nil {
			t.Errorf("folder %s of the layout: %v", f, err)
		}
	}
}
