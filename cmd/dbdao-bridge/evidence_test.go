package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
)

// B5: the evidence file of a real bridge's run holds, and with any reading altered,
// left out, put in or swapped it does not.
func TestTheEvidenceOfARealRunHoldsAndNoReadingOfItCanBeTamperedWith(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	w.operate("")
	w.run("operator", "init", "--keys-only", "-c", w.config, "--light", "-o", "json")
	w.as("admin", "operator", "set-keys", "1", "-c", w.config)
	w.start()
	stream := w.list(buoy, "0.0001", 1)
	p := w.buy("ann", stream, "1h")
	other := w.buy("bob", stream, "1h")
	w.later(30 * time.Second) // thirty readings may be sold by now
	w.route("ann", p)
	w.route("bob", other)
	w.settled(p, other)
	w.seen()
	f := 0
	publish := func(n int) {
		for range n {
			if f++; f == 5 {
				f++ // one nobody hears
			}
			w.publish(buoy, uplink(buoy, f))
		}
	}
	for n := 6; n <= 12; n += 6 {
		publish(6)
		w.eventually(fmt.Sprintf("%d readings are paid", n), 60*time.Second, func() bool {
			w.mine()
			return w.delivered(map[string][]string{"ann": {p}}) == n
		})
	}
	publish(2)
	w.eventually("fourteen readings at the sink", 20*time.Second, func() bool { return len(w.sink.received("ann")) == 14 })
	w.eventually("and as many receipts", 20*time.Second, func() bool { return w.waiting() == 0 })
	w.seen()

	text, errs, code := w.try("evidence", "build", p, "--keystore", w.keystore("ann"), "--api", "http://"+w.public)
	if code != 0 {
		t.Fatalf("build: exit %d\n%s", code, errs)
	}
	d, err := evidence.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	sunk := map[int]string{}
	for _, one := range w.sink.received("ann") {
		sunk[one.Seq] = one.body
	}
	for _, r := range d.Readings {
		if r.Body != sunk[int(r.Seq)] {
			t.Errorf("reading %d is not what the sink got:\n%s\n%s", r.Seq, r.Body, sunk[int(r.Seq)])
		}
	}
	if len(d.Readings) != 14 || d.FCnt.Missing != 1 || len(d.Settlements) < 2 || d.Statistics.Readings != 14 {
		t.Errorf("%d readings, %d settlements, %+v", len(d.Readings), len(d.Settlements), d.FCnt)
	}
	mine, _, code := w.try("evidence", "build", p, "-c", w.config)
	if of, err := evidence.Parse([]byte(mine)); code != 0 || err != nil || len(of.Readings) != 14 {
		t.Errorf("the operator's own: exit %d, %v", code, err)
	}
	for _, c := range [][]string{{"build", p, "--keystore", w.keystore("bob")}, {"build", "99", "--keystore", w.keystore("ann")}} {
		if out, errs, code := w.try(append(append([]string{"evidence"}, c...), "--api", "http://"+w.public)...); code != 1 || !strings.Contains(errs, "no such purchase") {
			t.Errorf("%v: exit %d\n%s%s", c, code, out, errs)
		}
	}

	verify := func(text string) (evidence.Report, string, int) {
		t.Helper()
		file := w.write("evidence-"+p+".json", text)
		out, errs, code := w.try("evidence", "verify", file, "-o", "json")
		var r evidence.Report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("verify: exit %d, %v\n%s%s", code, err, out, errs)
		}
		return r, out, code
	}
	if r, out, code := verify(text); code != 0 || !r.OK || r.Bodies != 14 || r.Key != "published on chain" {
		t.Fatalf("the honest file: exit %d\n%s", code, out)
	}
	if out, _, code := w.try("evidence", "verify", filepath.Join(w.dir, "evidence-"+p+".json")); code != 0 || !strings.Contains(out, "published on chain") {
		t.Errorf("in words: exit %d\n%s", code, out)
	}

	tried := 0
	for i := range d.Readings {
		for name, c := range map[string]struct {
			code string
			do   func(all []any) []any
		}{
			"altered": {evidence.FaultAltered, func(all []any) []any {
				r := all[i].(map[string]any)
				r["body"] = strings.Replace(r["body"].(string), `"temperature":`, `"temperature":1`, 1)
				return all
			}},
			"missing": {evidence.FaultMissing, func(all []any) []any { return slices.Delete(all, i, i+1) }},
			"added":   {evidence.FaultAdded, func(all []any) []any { return slices.Insert(all, i, all[i]) }},
			"swapped": {evidence.FaultOrder, func(all []any) []any {
				j := (i + 1) % len(all)
				all[i], all[j] = all[j], all[i]
				return all
			}},
		} {
			var doc map[string]any
			dec := json.NewDecoder(strings.NewReader(text))
			dec.UseNumber()
			if err := dec.Decode(&doc); err != nil {
				t.Fatal(err)
			}
			doc["readings"] = c.do(doc["readings"].([]any))
			bad, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			r, out, code := verify(string(bad))
			tried++
			named := slices.ContainsFunc(r.Faults, func(f evidence.Fault) bool {
				return f.Code == c.code && f.Seq != nil && (*f.Seq == d.Readings[i].Seq || name == "swapped")
			})
			if code != 1 || r.OK || !named {
				t.Errorf("reading %d %s: exit %d\n%s", i, name, code, out)
			}
		}
	}
	t.Logf("%d readings, %d files tampered with: each was found out and the reading named", len(d.Readings), tried)

	// Without the operator's word: a file for a market one does not know is not taken.
	file := w.write("alone.json", text)
	if out, errs, code := w.try("evidence", "verify", file, "--market", "0x00000000000000000000000000000000000000aa"); code != 1 || !strings.Contains(errs, "contract") {
		t.Errorf("another market: exit %d\n%s%s", code, out, errs)
	}
}
