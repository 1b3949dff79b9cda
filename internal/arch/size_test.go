package arch

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// How long a function and a file may be, in lines, and how many may be longer all the same: those
// whose parts would be harder to read than the whole.
const (
	functionMost, functionsLonger = 60, 10
	fileMost, filesLonger         = 500, 8
)

// long is a function or a file that is longer than it may be.
type long struct {
	what  string
	lines int
}

// tables counts the lines of a function that are rows of tables: literals of lists and maps.
func tables(f *token.FileSet, fn *ast.FuncDecl) (lines int) {
	ast.Inspect(fn, func(n ast.Node) bool {
		c, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		switch c.Type.(type) {
		case *ast.ArrayType, *ast.MapType:
			lines += f.Position(c.End()).Line - f.Position(c.Pos()).Line
			return false
		}
		return true
	})
	return lines
}

// functions finds those of a file that are too long.
func functions(at string, text []byte) (all []long, err error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, at, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		lines := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1 - tables(set, fn)
		if lines > functionMost {
			all = append(all, long{at + " " + fn.Name.Name, lines})
		}
	}
	return all, nil
}

func TestFunctionsAndFilesStayShort(t *testing.T) {
	var fns, files []long
	n := 0
	inTree(t, func(at string, _ *ast.File, text []byte) {
		n++
		found, err := functions(at, text)
		if err != nil {
			t.Fatal(err)
		}
		fns = append(fns, found...)
		if lines := strings.Count(string(text), "\n"); lines > fileMost {
			files = append(files, long{at, lines})
		}
	})
	if n < 100 {
		t.Fatalf("only %d files were measured", n)
	}
	for _, c := range []struct {
		what       string
		all        []long
		most, over int
	}{{"functions", fns, functionsLonger, functionMost}, {"files", files, filesLonger, fileMost}} {
		slices.SortFunc(c.all, func(a, b long) int { return cmp.Compare(b.lines, a.lines) })
		t.Logf("%d %s of %d files have more than %d lines: %v", len(c.all), c.what, n, c.over, c.all)
		if len(c.all) > c.most {
			t.Errorf("%d %s have more than %d lines, %d may: split one where that makes it clearer", len(c.all), c.what, c.over, c.most)
		}
	}
}

// The measure must see a long function, and none in a table.
func TestALongFunctionIsSeenAndATableIsNot(t *testing.T) {
	line := strings.Repeat("\tprintln(1)\n", functionMost)
	for text, want := range map[string]int{
		"package a\nfunc f() {\n" + line + "}\n":                                                              1,
		"package a\nfunc f() {\n" + line[:len(line)-2*len("\tprintln(1)\n")] + "}\n":                          0,
		"package a\nfunc f() []int {\n\treturn []int{\n" + strings.Repeat("\t\t1,\n", 100) + "\t}\n}\n":       0,
		"package a\ntype s struct{}\nfunc (s) f() {\n" + line + "}\nfunc g() {\n" + line + "}\nfunc h() {}\n": 2,
	} {
		if all, err := functions("a.go", []byte(text)); err != nil || len(all) != want {
			t.Errorf("%d long functions are seen, want %d (%v):\n%.60s", len(all), want, err, text)
		}
	}
}
