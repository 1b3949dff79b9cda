package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
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
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != root && (n == "node_modules" || n == "testdata" || strings.HasPrefix(n, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		s := source{
			folder: filepath.ToSlash(rel), name: d.Name(), test: strings.HasSuffix(path, "_test.go"),
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

func top(folder string) string { t, _, _ := strings.Cut(folder, "/"); return t }

func TestAPackageImportsOnlyToItsLeft(t *testing.T) {
	for _, s := range read(t) {
		for _, imp := range s.imports {
			to, ours := strings.CutPrefix(imp, Module+"/")
			if !ours || s.test && top(s.folder) == "internal" {
				continue
			}
			from, to := top(s.folder), top(to)
			switch {
			case to == "internal" || from == to:
			case from == "internal" && s.command: // generators run at build time
			case from == "internal":
				t.Errorf("%s/%s imports %s: internal packages import none of the others", s.folder, s.name, imp)
			case s.test: // tests may look to the right: they put real things together
			case slices.Index(Order, to) < 0 || slices.Index(Order, from) < 0:
				t.Errorf("%s/%s imports %s: a folder that has no place in Order", s.folder, s.name, imp)
			case slices.Index(Order, to) > slices.Index(Order, from):
				t.Errorf("%s/%s imports %s, which is to its right", s.folder, s.name, imp)
			case Only[from] != nil && !slices.Contains(Only[from], to):
				t.Errorf("%s/%s imports %s: of ours %s imports only %s", s.folder, s.name, imp, from, strings.Join(Only[from], ", "))
			}
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
