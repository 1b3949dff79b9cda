package kinds

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

func TestTheDocumentOfSinksIsWhatTheKindsSay(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Destinations: where readings go\n\n")
	b.WriteString("A destination is set once (`destination set NAME --kind KIND OPTION=VALUE …`, or `PUT /v1/destinations/NAME`) and takes any number of your\n" +
		"purchases: `purchase buy --to NAME`, `destination use NAME PURCHASE`, or as the default. Each has one connection pool, one batch, one health and one fair share of\n" +
		"the bridge. Generated from the kinds; `destination kinds` prints the same. `go run ./internal/tools/conformance` prints which of the cases each kind passes.\n\n")
	b.WriteString("Why a reading was postponed, parked or dropped:\n\n| code | means |\n|---|---|\n")
	for _, c := range delivery.Codes {
		b.WriteString("| `" + string(c.Code) + "` | " + c.Means + " |\n")
	}
	b.WriteString("\n" + Manual(All))
	text := strings.TrimRight(b.String(), "\n") + "\n"
	const path = "../../docs/sinks.md"
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || string(have) != text {
		t.Errorf("%s is stale (%v): run go test ./delivery/kinds -update", path, err)
	}
}

func TestEveryKindHasAnExampleThatParsesAndDocumentedOptions(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range All {
		if seen[k.Name] || k.Name == "" || k.Summary == "" || k.Guide == "" || strings.HasSuffix(k.Summary, ".") {
			t.Errorf("kind %q is named twice, or says nothing of itself", k.Name)
		}
		seen[k.Name] = true
		target, err := All.Parse(k.Name, []byte(k.Example), netguard.Guard{})
		if err != nil {
			t.Errorf("%s: its example: %v", k.Name, err)
			continue
		}
		if !json.Valid(target.Redacted()) {
			t.Errorf("%s: redacted, its example is no JSON: %s", k.Name, target.Redacted())
		}
		for _, o := range k.Manual() {
			if o.Doc == "" || !strings.HasSuffix(o.Doc, ".") {
				t.Errorf("%s: option %s is not explained", k.Name, o.Name)
			}
		}
	}
}

// Whoever leaves the scheme out of an address is told the ones there are.
func TestAnAddressWithoutASchemeIsToldTheSchemes(t *testing.T) {
	for kind, wants := range map[string][]string{
		"http": {"https://", "http://"}, "mqtt": {"mqtt://", "mqtts://"}, "amqp": {"amqp://", "amqps://"}, "amqp1": {"amqp://", "amqps://"},
		"nats": {"nats://", "tls://"}, "postgres": {"postgres://"}, "s3": {"https://", "http://"},
	} {
		k, err := All.Kind(kind)
		if err != nil {
			t.Fatal(err)
		}
		var options map[string]any
		if err := json.Unmarshal([]byte(k.Example), &options); err != nil {
			t.Fatal(err)
		}
		named := "url"
		if kind == "s3" {
			named = "endpoint"
		}
		options[named] = "example.com"
		config, err := json.Marshal(options)
		if err != nil {
			t.Fatal(err)
		}
		_, err = All.Parse(kind, config, netguard.Guard{})
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not name %s", kind, err, want)
			}
		}
	}
}
