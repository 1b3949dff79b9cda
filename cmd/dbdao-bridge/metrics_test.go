package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rare are metrics that are exported from the first time on that what they count has happened.
var rare = []string{"dbdao_backfill_lost_total", "dbdao_backfill_total", "dbdao_codec_runs_total", "dbdao_parcels_set_aside_total", "dbdao_settlement_last_timestamp_seconds"}

// exports holds what a bridge that runs answers at /metrics against docs/metrics.md, which
// packaging holds the Grafana board and the alerts against: each metric is there, of its labels and no
// others. had names those that must have a sample by now.
func exports(t *testing.T, answer string, had ...string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	sampled := 0
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:dbdao|go|process)_[a-z0-9_]+)` \\| ([a-z_,]*) \\|").FindAllStringSubmatch(string(text), -1) {
		name, want := m[1], strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' })
		if !regexp.MustCompile(`(?m)^# TYPE ` + name + ` `).MatchString(answer) {
			if !slices.Contains(rare, name) || slices.Contains(had, name) {
				t.Errorf("the bridge exports no %s", name)
			}
			continue
		}
		samples := regexp.MustCompile(`(?m)^`+name+`(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$`).FindAllStringSubmatch(answer, -1)
		for _, s := range samples {
			var got []string
			for _, l := range regexp.MustCompile(`([a-z_]+)="(?:[^"\\]|\\.)*"`).FindAllStringSubmatch(s[1], -1) {
				if l[1] != "le" {
					got = append(got, l[1])
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s has the labels %v, documented are %v", s[0], got, want)
			}
		}
		if len(samples) > 0 {
			sampled++
		} else if slices.Contains(had, name) || len(want) == 0 {
			t.Errorf("%s has no sample", name)
		}
	}
	t.Logf("%d metrics have samples", sampled)
	if sampled < 35 {
		t.Errorf("only %d metrics have samples:\n%s", sampled, answer)
	}
}
