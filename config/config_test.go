package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/manual"
)

const essential = `
[operator]
id = 7
keystore = "k"
password_file = "p"
[chain]
market = "0x00000000000000000000000000000000000000aa"
[settlement]
dtx_price_in_ether = "0.00002"
[[sources]]
name = "cs"
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheEssentialsAreEnoughAndTheRestHasDefaults(t *testing.T) {
	c, err := Load(write(t, essential))
	if err != nil {
		t.Fatal(err)
	}
	if c.Operator.ID != 7 || c.Chain.PollInterval != 2*time.Second || len(c.Delivery.RetrySchedule) != 11 ||
		c.Sources[0].MaxPacket != 262_144 || c.Sources[0].Name != "cs" || c.Settlement.Covers != "3x gas" || !c.Settlement.Enabled {
		t.Errorf("%+v", c)
	}
}

func TestEveryWrongKeyIsNamedWithTheOneThatWasMeant(t *testing.T) {
	_, err := Load(write(t, strings.Replace(essential, "[chain]", "[chain]\npol_interval = \"1s\"", 1)+"\nclientid = \"x\"\n"))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"chain.pol_interval", "did you mean chain.poll_interval", "sources[0].clientid", "did you mean sources.client_id"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	t.Setenv("CHAIN__RPC", "http://a:1,http://b:2")
	t.Setenv("SETTLEMENT__INTERVAL", "3s")
	c, err := Load(write(t, essential))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c.Chain.RPC, []string{"http://a:1", "http://b:2"}) || c.Settlement.Interval != 3*time.Second {
		t.Errorf("%v %v", c.Chain.RPC, c.Settlement.Interval)
	}
}

func TestThePrintedFileHasEveryKeyADocumentedDefaultAndLoads(t *testing.T) {
	text := Defaults()
	for _, key := range keysOf(reflect.TypeFor[Config]()) {
		last := key[strings.LastIndex(key, ".")+1:]
		if !strings.Contains(text, "\n"+last+" = ") {
			t.Errorf("the printed file lacks %s", key)
		}
	}
	var lacking func(reflect.Type)
	lacking = func(ty reflect.Type) {
		for f := range ty.Fields() {
			if f.Tag.Get("doc") == "" || f.Tag.Get("key") == "" {
				t.Errorf("%s.%s has no doc or key", ty.Name(), f.Name)
			}
			if f.Type.Kind() == reflect.Struct {
				lacking(f.Type)
			} else if manual.IsTables(f.Type) {
				lacking(f.Type.Elem())
			} else if f.Tag.Get("def") == "" {
				t.Errorf("%s.%s has no default", ty.Name(), f.Name)
			}
		}
	}
	lacking(reflect.TypeFor[Config]())
	_, err := Load(write(t, text))
	if err == nil || !strings.Contains(err.Error(), "operator.id") || !strings.Contains(err.Error(), "`dbdao-bridge operator init`") || strings.Contains(err.Error(), "there is no key") {
		t.Errorf("the printed file misses only what an operator must fill in, but: %v", err)
	}
}

func TestAmountsAreExact(t *testing.T) {
	for text, want := range map[string]string{"1": "1000000", "0.001": "1000", "12.345678": "12345678", "0": "0", ".5": "500000"} {
		got, err := Decimal(text, 6)
		if err != nil || got.String() != want {
			t.Errorf("Decimal(%q) = %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "-1", "1e3", "1,5", "0.0000001", "1.2.3", " 1"} {
		if got, err := Decimal(text, 6); err == nil {
			t.Errorf("Decimal(%q) = %v", text, got)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(essential)
	f.Add(Defaults())
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "c.toml")
		if os.WriteFile(path, []byte(text), 0o600) == nil {
			_, _ = Load(path) // an error or a configuration, never a panic
		}
	})
}

func TestASettlementPolicyThatCouldLoseMoneyIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                          "dtx_price_in_ether is missing",
		`settle_when_cut_covers = "0x gas"`:                         "",
		`enabled = false`:                                           "",
		`settle_when_cut_covers = "3"`:                              "multiple of gas",
		`settle_when_cut_covers = "-1x gas"`:                        "multiple of gas",
		`settle_when_cut_covers = "1001x gas"`:                      "multiple of gas",
		`settle_when_cut_covers = "1.5x gas"`:                       "dtx_price_in_ether is missing",
		`dtx_price_in_ether = "0"`:                                  "0.000000000001 to 1000",
		`dtx_price_in_ether = "1001"`:                               "0.000000000001 to 1000",
		`dtx_price_in_ether = "cheap"`:                              "dtx_price_in_ether",
		`dtx_price_in_ether = "0.00001"`:                            "",
		"settle_when_cut_covers = \"0x gas\"\nmax_fee_gwei = \"0\"": "max_fee_gwei",
		"settle_when_cut_covers = \"0x gas\"\nmax_fee_gwei = \"100001\"": "max_fee_gwei",
		"settle_when_cut_covers = \"0x gas\"\ninterval = \"0s\"":         "interval",
		"settle_when_cut_covers = \"0x gas\"\ninterval = \"-1s\"":        "interval",
		"settle_when_cut_covers = \"0x gas\"\nbump_after = \"0s\"":       "bump_after",
		"settle_when_cut_covers = \"0x gas\"\ndeadline_margin = \"-1s\"": "deadline_margin",
		"settle_when_cut_covers = \"0x gas\"\nconfirmations = 0":         "confirmations",
	} {
		_, err := Load(write(t, strings.Replace(essential, `dtx_price_in_ether = "0.00002"`, text, 1)))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), "settlement."+strings.Fields(want)[0]) && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
