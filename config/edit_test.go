package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What an operator wrote himself, with everything that could be damaged.
const handwritten = `# mine
data_dir = "/srv/bridge" # on the fast disk

[chain] # two nodes
rpc = ["http://10.0.0.1:8545", "http://10.0.0.2:8545"]
market = "0x0000000000000000000000000000000000000001"

[[sources]]
name = "a"
url = "tcp://10.0.0.3:1883" # the broker

[[sources]]
name = "b"
url = "tcp://10.0.0.4:1883"

[delivery]
retry_schedule = [
  "0s",
  "5s",
]
`

func TestAKeyIsSetAndNothingElseChanges(t *testing.T) {
	for _, c := range []struct {
		key   string
		value any
		want  string // a line that stands there then
		lost  string // a line that is gone
	}{
		{"data_dir", "/var/lib/x", `data_dir = "/var/lib/x"`, `data_dir = "/srv/bridge" # on the fast disk`},
		{"operator.id", uint64(7), "id = 7", ""},
		{"chain.start_block", uint64(12), "start_block = 12", ""},
		{"chain.rpc", []string{"http://127.0.0.1:8545"}, `rpc = ["http://127.0.0.1:8545"]`, `rpc = ["http://10.0.0.1:8545", "http://10.0.0.2:8545"]`},
		{"sources.url", `ssl://"quoted":8883`, `url = "ssl://\"quoted\":8883"`, `url = "tcp://10.0.0.3:1883" # the broker`},
		{"sources.backfill.url", "http://127.0.0.1:8080", `url = "http://127.0.0.1:8080"`, ""},
		{"delivery.allow_private_addresses", true, "allow_private_addresses = true", ""},
	} {
		got, err := Set(handwritten, c.key, c.value)
		if err != nil {
			if c.key == "sources.backfill.url" && errors.Is(err, ErrEdit) {
				continue // which of two sources it would be is not this function's to say
			}
			t.Fatalf("%s: %v", c.key, err)
		}
		have := strings.Split(got, "\n")
		count := func(line string) (n int) {
			for _, l := range have {
				if l == line {
					n++
				}
			}
			return n
		}
		if count(c.want) != 1 || c.lost != "" && count(c.lost) != 0 {
			t.Errorf("%s:\n%s", c.key, got)
		}
		for l := range strings.SplitSeq(handwritten, "\n") {
			if l != c.lost && count(l) == 0 {
				t.Errorf("%s: the line %q is gone", c.key, l)
			}
		}
	}
}

func TestAKeyThatSpansLinesIsLeftAlone(t *testing.T) {
	text := strings.Replace(handwritten, `rpc = ["http://10.0.0.1:8545", "http://10.0.0.2:8545"]`, "rpc = [\n  \"http://10.0.0.1:8545\",\n]", 1)
	if got, err := Set(text, "chain.rpc", []string{"http://127.0.0.1:8545"}); !errors.Is(err, ErrEdit) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestTheDefaultsCanBeFilledIn(t *testing.T) {
	text, err := Defaults(), error(nil)
	for key, value := range map[string]any{"operator.id": uint64(3), "operator.keystore": "/etc/x/signer.json", "operator.password_file": "/etc/x/p", "chain.market": "0x0000000000000000000000000000000000000002",
		"sources.url": "tcp://127.0.0.1:2883", "sources.topic": "application/{application_id}/device/{dev_eui}/event/{event}", "settlement.settle_when_cut_covers": "0x gas", "sources.username": "u", "sources.password_file": "/etc/x/b"} {
		if text, err = Set(text, key, value); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if c.Operator.ID != 3 || c.Operator.PasswordFile != "/etc/x/p" || c.Sources[0].PasswordFile != "/etc/x/b" || c.Sources[0].URL != "tcp://127.0.0.1:2883" || c.Settlement.Covers != "0x gas" {
		t.Errorf("%+v", c)
	}
	if n, m := strings.Count(text, "\n"), strings.Count(Defaults(), "\n"); n != m {
		t.Errorf("%d lines became %d", m, n)
	}
}

// The first is what ChirpStack's Debian package installs, cut to what is asked for; the second is
// what its Docker compose file mounts (chirpstack-docker, configuration/chirpstack/chirpstack.toml).
func TestChirpStacksOwnConfigurationIsRead(t *testing.T) {
	for _, c := range []struct {
		text string
		want ChirpStack
	}{
		{"[integration]\n  enabled=[\"mqtt\"]\n  [integration.mqtt]\n    server=\"tcp://localhost:1883/\"\n    json=true\n",
			ChirpStack{"tcp://localhost:1883", "application/{application_id}/device/{dev_eui}/event/{event}", 0, ""}},
		{"[integration]\n  enabled=[\"mqtt\"]\n  [integration.mqtt]\n    server=\"tcp://$MQTT_BROKER_HOST:1883/\"\n    json=true\n    qos=1\n    username=\"chirpstack\"\n    event_topic=\"eu/{{ application_id }}/{{dev_eui}}/{{event}}\"\n",
			ChirpStack{"", "eu/{application_id}/{dev_eui}/{event}", 1, "chirpstack"}},
		{"[network]\n  net_id=\"000000\"\n", ChirpStack{"tcp://127.0.0.1:1883", "application/{application_id}/device/{dev_eui}/event/{event}", 0, ""}},
	} {
		file := filepath.Join(t.TempDir(), "chirpstack.toml")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := ReadChirpStack(file); err != nil || !ok || got != c.want {
			t.Errorf("%+v %v %v", got, ok, err)
		}
	}
	if _, ok, err := ReadChirpStack(filepath.Join(t.TempDir(), "none")); ok || err != nil {
		t.Error(ok, err)
	}
}
