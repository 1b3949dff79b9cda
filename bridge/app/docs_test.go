package app

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/config"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

// generated compares a document with what the code makes of it.
func generated(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || string(have) != text {
		t.Errorf("%s is stale (%v): run go test ./bridge/app -run Document -update", path, err)
	}
}

func TestTheMetricsDocumentListsEveryMetric(t *testing.T) {
	m := meter.New()
	m.Readers(func() (feeds, pulled int) { return 0, 0 })
	var rows []string
	for _, f := range m.Families() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", f.Name, strings.Join(f.Labels, ","), f.Help))
	}
	var b strings.Builder
	b.WriteString("# Metrics\n\nServed at `/metrics` of the admin listener.\n\n| name | labels | meaning |\n|---|---|---|\n")
	b.WriteString(strings.Join(rows, "\n") + "\n\n## Values of `fate`\n\n")
	for _, f := range intake.FateMeanings {
		fmt.Fprintf(&b, "- `%s`: %s\n", f.Fate, f.Means)
	}
	b.WriteString("\n## Values of `outcome` of a codec\n\n`ok`; `errors`: the script returned some; `time`, `memory`: it hit a limit; `script`: it failed; `result`: it returned what is no object, or too much; `payload`: the bytes are not of the format; `suspended`: it hit limits five times in a row and rests for a minute; `missing`: its script is not in the ledger; `worker`: the bridge could not run it.\n")
	b.WriteString("\nOnly `posted` makes parcels. `uncommitted` is not acknowledged: the broker sends it again.\n")
	generated(t, "../../docs/metrics.md", b.String())
}

func TestTheErrorsDocumentListsEveryConditionTheCodeRaises(t *testing.T) {
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	if more, err := filepath.Glob("../*.go"); err == nil {
		files = append(files, more...)
	}
	raised := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Condition\{Code: "([a-z0-9_]+)"`).FindAllSubmatch(text, -1) {
			raised[string(m[1])] = true
		}
	}
	var b strings.Builder
	b.WriteString("# Conditions and exit codes\n\nA condition is raised when it begins and cleared when it ends. `dbdao-bridge status`, the log, and `/v1/health` (codes only) name it.\n\n| code | means | do |\n|---|---|---|\n")
	for _, c := range health.Codes {
		if !raised[c.Code] {
			t.Errorf("%s is documented and never raised", c.Code)
		}
		delete(raised, c.Code)
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Code, c.Means, c.Do)
	}
	for code := range raised {
		t.Errorf("%s is raised and not documented: add it to health.Codes", code)
	}
	b.WriteString("\n| exit code | means |\n|---|---|\n| 0 | done |\n| 1 | it failed; the sentence on standard error says why |\n| 2 | the command line or the configuration cannot work |\n| 75 | the ledger failed: nothing was acknowledged since; start again |\n")
	generated(t, "../../docs/errors.md", b.String())
}

// secretKeys are the configuration's keys that name files with secrets.
func secretKeys(in reflect.Type, prefix string) (keys []string) {
	for f := range in.Fields() {
		key, t := prefix+f.Tag.Get("key"), f.Type
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		switch is := f.Tag.Get("is"); {
		case t.Kind() == reflect.Struct:
			keys = append(keys, secretKeys(t, key+".")...)
		case is == "secret" || is == "token":
			keys = append(keys, key)
		}
	}
	return keys
}

// Whoever reads the page finds every secret that the program has: what it is good for, and what to
// do when it is lost or stolen.
func TestTheSecurityDocumentListsEveryKey(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## What each key can do")
	table, _, _ = strings.Cut(table, "\n## ")
	var told []string
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
		if !strings.HasPrefix(row, "|") {
			continue
		}
		if len(cells) != 5 || slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) == "" }) {
			t.Errorf("a row has not its five cells: %s", row)
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[0], -1) {
			told = append(told, name[1])
		}
	}
	all := append(secretKeys(reflect.TypeFor[config.Config](), ""), SigningKey, routeKey, AdminToken)
	slices.Sort(all)
	if slices.Sort(told); !slices.Equal(told, all) {
		t.Errorf("the table has %v, the program %v", told, all)
	}
}
