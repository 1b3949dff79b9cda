package packaging

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// metric is one of the registry's, as docs/metrics.md lists it.
type metric struct {
	labels []string
}

// registry reads docs/metrics.md, which is made from the registry, and adds what every Go
// process and every scrape has.
func registry(t *testing.T) map[string]metric {
	t.Helper()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]metric{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(dbdao_[a-z0-9_]+)` \\| ([a-z_,]*) \\| (.*) \\|$").FindAllStringSubmatch(string(text), -1) {
		labels := strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' })
		if strings.HasSuffix(m[1], "_seconds") && (strings.HasPrefix(m[3], "Duration of one") || strings.HasPrefix(m[3], "Time from")) {
			all[m[1]+"_bucket"] = metric{labels: append(labels, "le")}
			all[m[1]+"_sum"], all[m[1]+"_count"] = metric{labels: labels}, metric{labels: labels}
			continue
		}
		all[m[1]] = metric{labels: labels}
	}
	if len(all) < 30 {
		t.Fatalf("only %d metrics in docs/metrics.md", len(all))
	}
	for _, name := range []string{"up", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds", "go_goroutines", "go_memstats_heap_inuse_bytes"} {
		all[name] = metric{}
	}
	return all
}

// scraped are the labels Prometheus adds.
var scraped = []string{"job", "instance"}

var (
	quoted    = regexp.MustCompile(`"[^"]*"`)
	ranges    = regexp.MustCompile(`\[[^\]]*\]`)
	matchers  = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}`)
	groupings = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	words     = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_]*(\s*\()?`)
	operators = []string{"and", "or", "unless", "bool", "offset"}
)

// faults says what an expression names that the registry has not. Its syntax is promtool's affair.
func faults(expr string, known map[string]metric) (all []string) {
	e := ranges.ReplaceAllString(expr, "")
	e = quoted.ReplaceAllString(e, `""`)
	labels := append([]string{}, scraped...)
	check := func(name string) {
		m, ok := known[name]
		if !ok {
			all = append(all, "no metric "+name)
		}
		labels = append(labels, m.labels...)
	}
	for _, m := range matchers.FindAllStringSubmatch(e, -1) {
		check(m[1])
		for one := range strings.SplitSeq(m[2], ",") {
			label := strings.TrimRight(strings.TrimSpace(one), `=!~"`)
			if own := append(slices.Clone(scraped), known[m[1]].labels...); label != "" && !slices.Contains(own, label) {
				all = append(all, m[1]+" has no label "+label)
			}
		}
	}
	e = matchers.ReplaceAllString(e, "")
	groups := groupings.FindAllStringSubmatch(e, -1)
	for _, word := range words.FindAllString(groupings.ReplaceAllString(e, ""), -1) {
		if !strings.HasSuffix(word, "(") && !slices.Contains(operators, word) {
			check(word)
		}
	}
	for _, g := range groups {
		for label := range strings.SplitSeq(g[2], ",") {
			if label = strings.TrimSpace(label); label != "" && !slices.Contains(labels, label) {
				all = append(all, "nothing in it has a label "+label)
			}
		}
	}
	return all
}

func TestAnExpressionOfWhatIsNotThereIsNoticed(t *testing.T) {
	known := map[string]metric{"dbdao_a_total": {labels: []string{"source"}}, "up": {}}
	for expr, fault := range map[string]string{
		`sum by (source) (rate(dbdao_a_total{source=~"x|y", job="z"}[5m])) > 0 and on (job) up == 1`: "",
		`rate(dbdao_b_total[5m])`:                "no metric dbdao_b_total",
		`dbdao_a_total{sauce="x"}`:               "dbdao_a_total has no label sauce",
		`sum by (fate) (dbdao_a_total)`:          "nothing in it has a label fate",
		`dbdao_a_total unless upp`:               "no metric upp",
		`up{source="x"} or dbdao_a_total{a="b"}`: "up has no label source; dbdao_a_total has no label a",
	} {
		if got := strings.Join(faults(expr, known), "; "); got != fault {
			t.Errorf("%s: %q, want %q", expr, got, fault)
		}
	}
}

// ruleFile is Prometheus' form of rules.
type ruleFile struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []struct {
			Alert  string `yaml:"alert,omitempty"`
			Record string `yaml:"record,omitempty"`
			Expr   string `yaml:"expr"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

// O9: every expression of the board and of the alerts is PromQL, and about what the registry has.
func TestBoardAndAlertsAskForWhatTheRegistryHas(t *testing.T) {
	known := registry(t)
	text, err := os.ReadFile("grafana/dbdao-bridge.json")
	if err != nil {
		t.Fatal(err)
	}
	var board any
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	exprs := map[string]string{} // → where
	collect(board, "", exprs)
	if len(exprs) < 30 {
		t.Errorf("only %d expressions on the board", len(exprs))
	}
	var shown strings.Builder
	var all strings.Builder
	all.WriteString("groups:\n- name: board\n  rules:\n")
	for expr, where := range exprs {
		for _, f := range faults(expr, known) {
			t.Errorf("panel %s: %s: %s", where, expr, f)
		}
		shown.WriteString(expr + "\n")
		line, err := json.Marshal(strings.NewReplacer("$__rate_interval", "5m").Replace(expr))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "  - {record: 'x', expr: %s, labels: {n: '%d'}}\n", line, all.Len())
	}
	for name := range known { // what is counted and on no board is seen by nobody
		if strings.HasPrefix(name, "dbdao_") && !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count") && !strings.Contains(shown.String(), name) {
			t.Errorf("no panel shows %s", name)
		}
	}
	var rules ruleFile
	if text, err = os.ReadFile("prometheus/dbdao-bridge.rules.yml"); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Groups[0].Rules {
		for _, f := range faults(r.Expr, known) {
			t.Errorf("alert %s: %s: %s", r.Alert, r.Expr, f)
		}
	}
	conditions(t, string(text))
	servers.Need(t, "promtool")
	boardRules := filepath.Join(t.TempDir(), "board.yml")
	if err := os.WriteFile(boardRules, []byte(all.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", "rules", "--lint=none", boardRules}, {"check", "rules", "prometheus/dbdao-bridge.rules.yml"}, {"test", "rules", "prometheus/dbdao-bridge.test.yml"}} {
		if out, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
	tests, err := os.ReadFile("prometheus/dbdao-bridge.test.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Groups[0].Rules {
		if !regexp.MustCompile(`alertname: ` + r.Alert + `\n\s+exp_alerts`).Match(tests) {
			t.Errorf("no test lets %s ring", r.Alert)
		}
	}
}

// conditions holds the codes the alerts name against those there are.
func conditions(t *testing.T, rules string) {
	t.Helper()
	text, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		there[m[1]] = true
	}
	said := map[string]bool{}
	for _, m := range regexp.MustCompile(`code(=~|!~)"([^"]+)"`).FindAllStringSubmatch(rules, -1) {
		for code := range strings.SplitSeq(m[2], "|") {
			if !there[code] {
				t.Errorf("an alert names the condition %s, which is not there", code)
			}
			if m[1] == "!~" && !said[code] {
				t.Errorf("%s is left out of DbdaoCondition, and no other alert has it", code)
			}
			said[code] = true
		}
	}
}

// collect finds the expressions of a board, and of its variables.
func collect(v any, where string, into map[string]string) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			collect(one, where, into)
		}
	case map[string]any:
		if title, ok := v["title"].(string); ok {
			where = title
		}
		for key, one := range v {
			text, ok := one.(string)
			switch {
			case ok && key == "expr":
				into[text] = where
			case ok && key == "definition":
				if m := regexp.MustCompile(`^label_values\((.*), [a-z]+\)$`).FindStringSubmatch(text); m != nil {
					into[m[1]] = where
				}
			default:
				collect(one, where, into)
			}
		}
	}
}
