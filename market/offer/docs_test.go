package offer

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/offers.md again")

// The page's tables are made of the types and of the list.
func TestThePageListsEveryMemberAndEveryQuantity(t *testing.T) {
	const page, mark = "../../docs/offers.md", "<!-- what follows is made by go test ./market/offer -update -->\n"
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	prose, _, found := strings.Cut(string(have), mark)
	if !found {
		t.Fatal("the page has no mark of where its tables begin")
	}
	var b strings.Builder
	b.WriteString(prose + mark)
	for _, one := range []struct {
		title string
		of    reflect.Type
	}{
		{"Members of an offer", reflect.TypeFor[Offer]()}, {"of each of `quantities`", reflect.TypeFor[Quantity]()}, {"of `place`", reflect.TypeFor[Place]()},
		{"of `codec`", reflect.TypeFor[Codec]()}, {"of `licence`", reflect.TypeFor[Licence]()}, {"of `sample`", reflect.TypeFor[Sample]()}, {"of `sla`", reflect.TypeFor[SLA]()},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n| member | is |\n|---|---|\n", one.title)
		for f := range one.of.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
			if f.Tag.Get("doc") == "" {
				t.Errorf("%s says nothing", f.Name)
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", name, f.Tag.Get("doc"))
		}
	}
	b.WriteString("\n## Quantities\n\n| measures | units | is |\n|---|---|---|\n")
	for _, m := range Measures {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", m.Name, strings.Join(m.Units, "` `"), m.Means)
	}
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if b.String() != string(have) {
		t.Error("docs/offers.md is stale: run go test ./market/offer -update")
	}
	_, example, _ := strings.Cut(prose, "```toml\n")
	example, _, _ = strings.Cut(example, "```")
	if o, _, err := ParseTOML([]byte(example), script); err != nil || o.Place == nil || o.Quantities[0].Measured() != "temperature" {
		t.Errorf("the example of the page is no offer: %+v %v", o, err)
	}
}
