package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

// events are what go test -json says of a kind whose cases end as given.
func events(kind string, result func(c string) string) string {
	var b strings.Builder
	for _, c := range sinktest.Cases() {
		if r := result(c); r != "" {
			fmt.Fprintf(&b, `{"Action":%q,"Package":"example.com/delivery/%s","Test":"TestConformance/%s"}`+"\n", r, kind, strings.ReplaceAll(c, " ", "_"))
		}
	}
	fmt.Fprintf(&b, `{"Action":"pass","Package":"example.com/delivery/%s","Test":"TestConformance"}`+"\n", kind)
	return b.String()
}

func TestTheTableTellsWhatDoesNotPass(t *testing.T) {
	first, second := sinktest.Cases()[0], sinktest.Cases()[1]
	all := func(r string) func(string) string { return func(string) string { return r } }
	except := func(what, r string) func(string) string {
		return func(c string) string {
			if c == what {
				return r
			}
			return "pass"
		}
	}
	but := func(r string) func(string) string { return except(first, r) }
	for name, c := range map[string]struct {
		events string
		says   string // "": all is well
	}{
		"all pass":               {events("a", all("pass")) + events("b", except(second, "skip")), ""},
		"no server":              {events("a", all("pass")) + events("b", but("skip")), "b ran without a server"},
		"one fails":              {events("a", all("pass")) + events("b", but("fail")), "b: " + first + ": fail"},
		"one is not run":         {events("a", but("")) + events("b", all("pass")), "a: " + first + ": not run"},
		"a kind is not there":    {events("a", all("pass")), "kind b did not run"},
		"nothing is there":       {"", "no kind ran"},
		"a package does not run": {events("a", all("pass")) + events("b", all("pass")) + `{"Action":"fail","Package":"example.com/delivery/b"}`, "tests of b failed"},
	} {
		tb, err := read(strings.NewReader(c.events))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err = tb.print([]string{"a", "b"}, &out)
		if c.says == "" && (err != nil || !strings.Contains(out.String(), " pass | – |") || !strings.Contains(out.String(), fmt.Sprint(2*len(sinktest.Cases())-1, " pass"))) {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
		if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}
