package arch

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// names are what a machine reads: name → where it stands.
type names map[string]string

// logKeys collects the keys that are given to a logger: to methods of whatever is called log, and
// to slog's constructors of attributes.
func (n names) logKeys(at string, f *ast.File) {
	add := func(e ast.Expr) bool {
		l, ok := e.(*ast.BasicLit)
		if ok && l.Kind == token.STRING {
			key, _ := strconv.Unquote(l.Value)
			n[key] = at
		}
		return ok
	}
	first := map[string]int{"With": 0, "Debug": 1, "Info": 1, "Warn": 1, "Error": 1}
	ast.Inspect(f, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		receiver := ""
		switch x := method.X.(type) {
		case *ast.Ident:
			receiver = x.Name
		case *ast.SelectorExpr:
			receiver = x.Sel.Name
		}
		from, logs := first[method.Sel.Name]
		switch {
		case receiver == "slog" && len(call.Args) == 2 && (method.Sel.Name == "Any" || method.Sel.Name == "String" || method.Sel.Name == "Uint64" || method.Sel.Name == "Int" || method.Sel.Name == "Duration"):
			add(call.Args[0])
		case logs && strings.EqualFold(receiver, "log"):
			for i := from; i+1 < len(call.Args); i += 2 {
				if !add(call.Args[i]) {
					i-- // an attribute
				}
			}
		}
		return true
	})
}

// fields collects the names in JSON of a struct's fields.
func (n names) fields(at string, f *ast.File) {
	ast.Inspect(f, func(node ast.Node) bool {
		field, ok := node.(*ast.Field)
		if !ok || field.Tag == nil {
			return true
		}
		tag, _ := strconv.Unquote(field.Tag.Value)
		if name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ","); name != "" && name != "-" {
			n[name] = at
		}
		return true
	})
}

// document collects the names of an OpenAPI document.
func (n names) document(v any) {
	switch v := v.(type) {
	case map[string]any:
		if all, ok := v["properties"].(map[string]any); ok {
			for name := range all {
				n[name] = "docs/openapi.json"
			}
		}
		if name, ok := v["name"].(string); ok && (v["in"] == "query" || v["in"] == "path") {
			n[name] = "docs/openapi.json"
		}
		for _, one := range v {
			n.document(one)
		}
	case []any:
		for _, one := range v {
			n.document(one)
		}
	}
}

// glossary is docs/glossary.md: each word with its meaning, and each word that is not used with
// what is said instead.
func glossary(t *testing.T) (means, instead map[string]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	said, not, ok := strings.Cut(string(text), "## Words not used")
	if !ok {
		t.Fatal("docs/glossary.md has no words that are not used")
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+) \\|$")
	read := func(part string) map[string]string {
		all := map[string]string{}
		for _, m := range row.FindAllStringSubmatch(part, -1) {
			if all[m[1]] != "" {
				t.Errorf("docs/glossary.md: %s has two meanings", m[1])
			}
			all[m[1]] = m[2]
		}
		return all
	}
	return read(said), read(not)
}

// inTree reads every Go file of ours that is neither a test nor generated.
func inTree(t *testing.T, each func(at string, f *ast.File, text []byte)) {
	t.Helper()
	for _, s := range read(t) {
		if s.test {
			continue
		}
		at := filepath.Join(s.folder, s.name)
		text, err := os.ReadFile(filepath.Join("../..", at))
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), at, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if !ast.IsGenerated(f) {
			each(at, f, text)
		}
	}
}

func TestEveryNameAMachineReadsIsOfTheGlossarysWords(t *testing.T) {
	all := names{}
	inTree(t, func(at string, f *ast.File, _ []byte) {
		if top(at) == "hardware-sim" || top(at) == "internal" {
			return
		}
		all.logKeys(at, f)
		if top(at) == "api" && at != "api/chain.go" { // which speaks JSON-RPC: its names are Ethereum's
			all.fields(at, f)
		}
	})
	keys := len(all)
	text, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	all.document(doc)
	if text, err = os.ReadFile("../../docs/metrics.md"); err != nil {
		t.Fatal(err)
	}
	metrics := regexp.MustCompile("(?m)^\\| `dbdao_([a-z0-9_]+)` \\| ([a-z_,]*) \\|").FindAllStringSubmatch(string(text), -1)
	for _, m := range metrics {
		all[m[1]] = "docs/metrics.md"
		for label := range strings.SplitSeq(m[2], ",") {
			if label != "" {
				all[label] = "docs/metrics.md"
			}
		}
	}
	if keys < 50 || len(metrics) < 15 || len(all) < 150 {
		t.Fatalf("only %d log keys, %d metrics, %d names in all: the glossary was held against nothing", keys, len(metrics), len(all))
	}
	means, _ := glossary(t)
	used := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, word := range wordsOf(name, means) {
			used[word] = true
			if means[word] == "" {
				t.Errorf("%s: %q: the glossary does not say what %q is", all[name], name, word)
			}
		}
	}
	_, rest, _ := strings.Cut(glossaryText(t), "## Words in names")
	for word := range means {
		if !used[word] && strings.Contains(rest, "| `"+word+"` |") {
			t.Errorf("docs/glossary.md: no name has %q any more", word)
		}
	}
}

func glossaryText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	said, _, _ := strings.Cut(string(text), "## Words not used")
	return said
}

// wordsOf splits a name into the words the glossary should have: the name whole if it has that,
// else its parts, each in the singular if it has no plural.
func wordsOf(name string, means map[string]string) (all []string) {
	if means[name] != "" {
		return []string{name}
	}
	for part := range strings.SplitSeq(name, "_") {
		for _, one := range []string{strings.TrimSuffix(part, "s"), strings.TrimSuffix(part, "ies") + "y"} {
			if means[part] == "" && means[one] != "" {
				part = one
			}
		}
		all = append(all, part)
	}
	return all
}

// Words of our own, or with two meanings, are said in the field's: in code, in its comments, in
// what the programs print, and in the documents.
func TestWordsThatWereReplacedStayAway(t *testing.T) {
	_, instead := glossary(t)
	if len(instead) < 5 {
		t.Fatalf("only %d words are not used", len(instead))
	}
	var alternatives []string
	for word := range instead {
		alternatives = append(alternatives, regexp.QuoteMeta(word))
	}
	found := regexp.MustCompile(`(?i)\b(` + strings.Join(alternatives, "|") + `)\b`)
	look := func(at string, text []byte) {
		for i, line := range strings.Split(string(text), "\n") {
			if m := found.FindString(line); m != "" {
				t.Errorf("%s:%d: %q: say %s", at, i+1, m, instead[strings.ToLower(m)])
			}
		}
	}
	inTree(t, func(at string, _ *ast.File, text []byte) { look(at, text) })
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob("../../docs/adr/*.md")
	if err != nil || len(documents) < 10 || len(decisions) < 5 {
		t.Fatalf("%d documents, %d decisions: %v", len(documents), len(decisions), err)
	}
	for _, path := range append(append(documents, decisions...), "../../README.md", "../../CONTRIBUTING.md", "../../CHANGELOG.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "glossary.md" {
			text = []byte(glossaryText(t))
		}
		look(filepath.Base(path), text)
	}
}
