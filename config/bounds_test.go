package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// bound is what one key takes, written down once more by hand: values as they stand in
// TOML, each taken or refused, and what a refusal says the key takes.
type bound struct {
	takes   []string // least and most among them
	refuses []string // below, above, and of wrong types
	says    string
}

func text(n int) string    { return `"` + strings.Repeat("x", n) + `"` }
func list(n int) string    { return "[" + strings.TrimSuffix(strings.Repeat(`"x", `, n), ", ") + "]" }
func address(n int) string { return `"http://h/` + strings.Repeat("x", n-len("http://h/")) + `"` }

var (
	path     = bound{[]string{`""`, text(1), text(4095)}, []string{text(4096), `"a\u0000b"`, "7", "true", `["f"]`}, "at most 4095 bytes"}
	secret   = bound{path.takes, path.refuses, "a file of mode 0600"}
	listen   = bound{[]string{`":0"`, `"127.0.0.1:65535"`, `"[::1]:80"`}, []string{`""`, `"8182"`, `"h:65536"`, `"h:-1"`, `"h:"`, `"h:http"`, "8182"}, "a port from 0 to 65535"}
	name     = bound{[]string{text(1), text(64)}, []string{`""`, text(65), "7", "true", list(1)}, "1 to 64 bytes"}
	endpoint = bound{[]string{`""`, address(2048), `"https://h:1"`}, []string{address(2049), `"ftp://h"`, `"h"`, `"http://"`, `"http://h:70000"`, "7"}, "http://, https://, at most 2048 bytes"}
)

func numbers(says string, takes ...string) bound {
	return bound{takes, []string{`"7"`, "1.5", "true", "[7]", `""`}, says}
}

func durations(says string, takes ...string) bound {
	return bound{takes, []string{"7", "1.5", "true", `["1s"]`, `""`, `"-1ns"`, `"1"`, `"soon"`, `"99999999h"`}, says}
}

func (b bound) not(refuses ...string) bound {
	b.refuses = append(slices.Clone(b.refuses), refuses...)
	return b
}

var bounds = map[string]bound{
	"data_dir":               {[]string{text(1), text(4095)}, []string{`""`, text(4096), "7"}, "the path of a folder in quotes, 1 to 4095 bytes"},
	"operator.id":            numbers("1 to 1099511627775", "1", "1099511627775").not("-1", "1099511627776"),
	"operator.keystore":      {path.takes[1:], path.refuses, "a file of mode 0600"},
	"operator.password_file": {path.takes[1:], path.refuses, "a file of mode 0600"},
	"operator.name":          {[]string{`""`, text(64)}, []string{text(65), "7"}, "1 to 64 bytes"},

	"chain.rpc": {[]string{`["http://a"]`, "[" + strings.Repeat(`"http://a", `, 16) + "]", "[" + address(2048) + "]"},
		[]string{"[]", "[" + strings.Repeat(`"http://a", `, 17) + "]", `"http://a"`, "[7]", `["ws://a"]`, `["a"]`, "[" + address(2049) + "]"}, "http://, https://, at most 2048 bytes"},
	"chain.chain_id":        numbers("0 to 9223372036854775771", "0", "9223372036854775771").not("-1", "9223372036854775772"),
	"chain.market":          {[]string{`"0x00000000000000000000000000000000000000AA"`}, []string{`"0x"`, `"0x00000000000000000000000000000000000000a"`, `"0x00000000000000000000000000000000000000aaa"`, "7"}, "0x and 40 hexadecimal digits"},
	"chain.start_block":     numbers("0 to 1000000000000", "0", "1000000000000").not("-1", "1000000000001"),
	"chain.confirmations":   numbers("-1, or 0 to 10000", "-1", "0", "10000").not("-2", "10001"),
	"chain.poll_interval":   durations("10ms to 10m", `"10ms"`, `"10m"`).not(`"9ms"`, `"10m1ns"`, `"-2s"`),
	"chain.request_timeout": durations("1s to 1m", `"1s"`, `"1m"`).not(`"999ms"`, `"61s"`),
	"chain.max_staleness":   durations("0s, or 10s to 720h", `"0s"`, `"0"`, `"10s"`, `"720h"`).not(`"9s"`, `"721h"`),

	"sources.name":                   name,
	"sources.kind":                   {[]string{`"mqtt"`}, []string{`""`, `"MQTT"`, `"radio"`, "7"}, "mqtt, gateway or http"},
	"sources.network":                name,
	"sources.format":                 {[]string{`"auto"`, `"chirpstack-v4"`}, []string{`""`, `"v5"`, text(33), "7"}, ""},
	"sources.url":                    {[]string{`"tcp://h"`, `"ssl://h:65535"`, `"unix:///s"`}, []string{`""`, `"h"`, `"http://h"`, `"tcp://h:65536"`, `"tcp://"`, "7"}, "at most 2048 bytes"},
	"sources.topic":                  {[]string{`"a"`, text(1024)}, []string{`""`, text(1025), "7"}, "1 to 1024 bytes"},
	"sources.applications":           {[]string{"[]", "[" + text(255) + "]", list(1000)}, []string{list(1001), `[""]`, "[" + text(256) + "]", `"x"`, "[7]"}, "1 to 255 bytes"},
	"sources.client_id":              {[]string{`""`, text(256)}, []string{text(257), "7"}, "1 to 256 bytes"},
	"sources.username":               {[]string{`""`, text(1024)}, []string{text(1025), "7"}, "1 to 1024 bytes"},
	"sources.password_file":          secret,
	"sources.ca_file":                path,
	"sources.cert_file":              path,
	"sources.key_file":               secret,
	"sources.listen":                 listen,
	"sources.token_file":             {path.takes, path.refuses, "a file of mode 0600 with at least 16 characters"},
	"sources.devices_file":           secret,
	"sources.region":                 {[]string{`"EU868"`}, []string{`""`, text(33), "7"}, "1 to 32 bytes"},
	"sources.dedup_window":           durations("10ms to 10s", `"10ms"`, `"10s"`).not(`"9ms"`, `"0s"`, `"10001ms"`),
	"sources.max_packet":             numbers("1024 to 16777216", "1024", "16777216").not("1023", "0", "-1", "16777217"),
	"sources.backfill.url":           endpoint,
	"sources.backfill.api_key_files": {[]string{"[]", list(1000), "[" + text(4095) + "]"}, []string{list(1001), `"x"`, "[7]", `[""]`, "[" + text(4096) + "]"}, "a file of mode 0600"},
	"sources.backfill.ca_file":       path,
	"sources.backfill.parallel":      numbers("1 to 200", "1", "200").not("0", "-1", "201"),
	"sources.backfill.max_age":       durations("1m to 87600h", `"1m"`, `"87600h"`).not(`"59s"`, `"0s"`, `"87601h"`),

	"delivery.in_flight":               numbers("1 to 65536", "1", "65536").not("0", "-1", "65537"),
	"delivery.per_host":                numbers("1 to 4096", "1", "4096").not("0", "-1", "4097"),
	"delivery.timeout":                 durations("100ms to 5m", `"100ms"`, `"5m"`).not(`"99ms"`, `"0s"`, `"5m1s"`),
	"delivery.retry_schedule":          {[]string{`["0s"]`, `["168h"]`, strings.ReplaceAll(list(1000), "x", "1s")}, []string{"[]", strings.ReplaceAll(list(1001), "x", "1s"), `["-1s"]`, `["168h1s"]`, `"5s"`, "[5]", `["x"]`}, "0s to 168h"},
	"delivery.suspend_after":           numbers("1 to 1000000", "1", "1000000").not("0", "-1", "1000001"),
	"delivery.allow_private_addresses": {[]string{"true", "false"}, []string{"0", "1", `"true"`, `""`}, "true or false"},

	"settlement.enabled":                {[]string{"true", "false"}, []string{"0", "1", `"false"`, `""`}, "true or false"},
	"settlement.interval":               durations("1s to 168h", `"1s"`, `"168h"`).not(`"999ms"`, `"169h"`),
	"settlement.settle_when_cut_covers": {[]string{`"0x gas"`, `"1000x gas"`, `"1.5x gas"`}, []string{`""`, `"-1x gas"`, `"1000.001x gas"`, `"3"`, "3"}, "0x gas to 1000x gas"},
	"settlement.dtx_price_in_ether":     {[]string{`"0.000000000001"`, `"1000"`}, []string{`"0"`, `"-1"`, `"0.0000000000009"`, `"1000.000000000000000001"`, `"1e3"`, `"cheap"`, "0.1", "1"}, "0.000000000001 to 1000"},
	"settlement.max_fee_gwei":           {[]string{`"0.000000001"`, `"100000"`}, []string{`""`, `"0"`, `"-1"`, `"100000.000000001"`, `"0.0000000009"`, "100"}, "0.000000001 to 100000"},
	"settlement.deadline_margin":        durations("0s to 720h", `"0s"`, `"720h"`).not(`"-1s"`, `"721h"`),
	"settlement.bump_after":             durations("10s to 24h", `"10s"`, `"24h"`).not(`"9s"`, `"0s"`, `"25h"`),
	"settlement.confirmations":          numbers("1 to 10000", "1", "10000").not("0", "-1", "10001"),

	"ledger.gather":    durations("0s to 1s", `"0s"`, `"1s"`).not(`"-10ms"`, `"1001ms"`, `"10h"`),
	"ledger.retention": durations("0s, or 1h to 87600h", `"0s"`, `"1h"`, `"87600h"`).not(`"-1h"`, `"59m"`, `"87601h"`),
	"ledger.max_size":  numbers("0, or 67108864 to 17592186044416", "0", "67108864", "17592186044416").not("-1", "1", "67108863", "17592186044417"),

	"codec.workers":      numbers("1 to 64", "1", "64").not("0", "-1", "65"),
	"codec.time_limit":   durations("10ms to 10s", `"10ms"`, `"10s"`).not(`"9ms"`, `"11s"`),
	"codec.memory_limit": numbers("4194304 to 268435456", "4194304", "268435456").not("4194303", "-1", "268435457"),

	"api.listen":     listen,
	"api.public_url": endpoint,
	"api.lend_node":  {[]string{"true", "false"}, []string{"0", "1", `"true"`, `""`}, "true or false"},
	"api.trusted_proxies": {[]string{"[]", `["127.0.0.1", "10.0.0.0/8", "fd00::/8"]`, "[" + strings.Repeat(`"::1", `, 64) + "]"},
		[]string{`["proxy.example"]`, `["10.0.0.0/33"]`, `"127.0.0.1"`, "[7]", "[" + strings.Repeat(`"::1", `, 65) + "]"}, "an IP address or a prefix"},
	"admin.listen": listen,
	"admin.names":  {[]string{"[]", `["bridge", "bridge.lan"]`, "[" + text(253) + "]", list(64)}, []string{`"bridge"`, `[""]`, "[7]", "[" + text(254) + "]", list(65)}, "1 to 253 bytes"},
	"log.level":    {[]string{`"debug"`, `"error"`}, []string{`""`, `"loud"`, "7"}, "debug, info, warn or error"},
	"log.format":   {[]string{`"text"`, `"json"`}, []string{`""`, `"xml"`, "7"}, "text or json"},
}

// document writes a whole configuration in which one key has one value.
func document(key, value string) string {
	tables := map[string]map[string]string{
		"":         {},
		"operator": {"id": "7", "keystore": `"k"`, "password_file": `"p"`}, "chain": {"market": `"0x00000000000000000000000000000000000000aa"`},
		"settlement": {"dtx_price_in_ether": `"0.00002"`}, "sources": {"name": `"cs"`},
	}
	section, name := "", key
	if at := strings.LastIndex(key, "."); at >= 0 {
		section, name = key[:at], key[at+1:]
	}
	beside := map[string]map[string]string{ // what must stand there too, for the key to make sense
		"sources.cert_file": {"key_file": `"k"`}, "sources.key_file": {"cert_file": `"c"`}, "sources.token_file": {"kind": `"http"`},
		"sources.listen": {"kind": `"http"`, "token_file": `"t"`}, "sources.devices_file": {"kind": `"gateway"`},
		"sources.backfill.api_key_files": {"url": `"http://h"`}, "sources.backfill.url": {"api_key_files": `["k"]`}, "sources.backfill.ca_file": {"url": `"http://h"`, "api_key_files": `["k"]`},
	}[key]
	if value == `""` || value == "[]" { // not set
		beside = map[string]map[string]string{"sources.token_file": nil}[key]
	}
	if tables[section] == nil {
		tables[section] = map[string]string{}
	}
	maps.Copy(tables[section], beside)
	if key == "chain.poll_interval" {
		tables[section]["max_staleness"] = `"720h"`
	}
	tables[section][name] = value
	var b strings.Builder
	for _, s := range []string{"", "operator", "chain", "delivery", "settlement", "ledger", "codec", "api", "admin", "log", "sources", "sources.backfill"} {
		switch {
		case s == "sources":
			b.WriteString("[[sources]]\n")
		case s != "" && tables[s] != nil:
			fmt.Fprintf(&b, "[%s]\n", s)
		}
		for _, k := range slices.Sorted(maps.Keys(tables[s])) {
			fmt.Fprintf(&b, "%s = %s\n", k, tables[s][k])
		}
	}
	return b.String()
}

func TestEveryKeyHasALeastAndAMostAndSaysThem(t *testing.T) {
	for _, key := range keysOf(reflect.TypeFor[Config]()) {
		if _, ok := bounds[key]; !ok {
			t.Errorf("%s has no bounds in this table", key)
		}
	}
	for key, b := range bounds {
		for _, value := range b.takes {
			if _, err := Parse(document(key, value)); err != nil {
				t.Errorf("%s = %.40s is refused: %v", key, value, err)
			}
		}
		written := strings.Replace(key, "sources.", "sources[0].", 1)
		for _, value := range b.refuses {
			_, err := Parse(document(key, value))
			switch {
			case err == nil:
				t.Errorf("%s = %.40s is taken", key, value)
			case strings.Count(err.Error(), "\n") > 2 || !strings.Contains(err.Error(), written) || !strings.Contains(err.Error(), b.says):
				t.Errorf("%s = %.40s: %v", key, value, err)
			case len(value) < 20 && value[0] != '[' && !strings.Contains(err.Error(), value) && !strings.Contains(value, "\\u") && !strings.Contains(key, "url"):
				t.Errorf("%s = %s: the value is not named: %v", key, value, err)
			}
		}
	}
}

func TestOneSentenceNamesKeyValueAndRange(t *testing.T) {
	for value, want := range map[string]string{
		`"10h"`: `ledger.gather = "10h": want a duration in quotes, such as "90s", "1h30m" or "30d": 0s to 1s`,
		"7":     `ledger.gather = 7: want a duration in quotes, such as "90s", "1h30m" or "30d": 0s to 1s`,
	} {
		if _, err := Parse(document("ledger.gather", value)); err == nil || !strings.HasSuffix(err.Error(), "\n"+want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	_, err := Parse(document("chain.rpc", `["ftp://user:secret@host/key?token=x"]`))
	if want := `chain.rpc[0] = "ftp://host": want a URL in quotes: http://, https://, at most 2048 bytes`; err == nil || !strings.HasSuffix(err.Error(), "\n"+want) {
		t.Errorf("%v, want %q", err, want)
	}
}

func TestTablesAreToldFromValuesAndListsOfThem(t *testing.T) {
	for text, want := range map[string]string{
		"chain = 5":                                 "chain is a table: write [chain]",
		"[sources]\nname = \"cs\"":                  "sources is a list of tables: write [[sources]]",
		"sources = [1]":                             "sources is a list of tables: write [[sources]]",
		"[[chain]]\nmarket = \"x\"":                 "chain is a table: write [chain]",
		"[[sources]]\nbackfill = 1":                 "sources[0].backfill is a table: write [sources[0].backfill]",
		"[[sources]]\n[[sources]]\n\"u.r.l\" = 1":   "there is no key sources[1].u.r.l: did you mean sources.url?",
		"[ledgre]\ngather = \"1s\"":                 "there is no key ledgre: did you mean",
		"[ledger]\ngather = 1979-05-27T07:32:00Z":   "ledger.gather = a time: want a duration",
		"[ledger]\nmax_size = 0x100000000000000000": "",
	} {
		if _, err := Draft(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAVariableOfOurFormThatSetsNothingIsNamed(t *testing.T) {
	for name, want := range map[string]string{
		"CHAIN__RCP":             "CHAIN__RCP, but there is no such key: did you mean CHAIN__RPC?",
		"CHIAN__RPC":             "did you mean CHAIN__RPC?",
		"chain__rpc":             "did you mean CHAIN__RPC?",
		"LEDGER__GATHER_TIME":    "did you mean LEDGER__GATHER?",
		"SOURCES__URL":           "sources is a list of tables, write it into the file",
		"SOURCES__BACKFILL__URL": "sources is a list of tables, write it into the file",
		"GIT__COLOR":             "",
		"HOME":                   "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "1")
			_, err := Load(write(t, essential))
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
}

func TestTheEnvironmentIsHeldToTheSameBounds(t *testing.T) {
	for variable, want := range map[string]string{
		"LEDGER__GATHER=10h":                    `ledger.gather = "10h": want`,
		"DELIVERY__IN_FLIGHT=-1":                "delivery.in_flight = -1: want a whole number: 1 to 65536",
		"DELIVERY__IN_FLIGHT=many":              `delivery.in_flight = "many": want a whole number`,
		"DELIVERY__IN_FLIGHT=7":                 "",
		"DELIVERY__RETRY_SCHEDULE=1s, 2s":       "",
		"DELIVERY__RETRY_SCHEDULE=1s,-2s":       `delivery.retry_schedule[1] = "-2s"`,
		"DELIVERY__ALLOW_PRIVATE_ADDRESSES=yes": `want true or false`,
		"CHAIN__RPC=":                           "chain.rpc = a list of 0",
	} {
		name, value, _ := strings.Cut(variable, "=")
		t.Run(variable, func(t *testing.T) {
			t.Setenv(name, value)
			_, err := Load(write(t, essential))
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
}

// TestFilesOfSecretsAreTheOwnersAlone walks every key that names a file.
func TestFilesOfSecretsAreTheOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, open, empty, blank := file("good", "0123456789abcdef", 0o600), file("open", "0123456789abcdef", 0o640), file("empty", "", 0o600), file("blank", " \n", 0o600)
	short := file("short", "0123456789abcde\n", 0o600)
	secrets := []string{"operator.keystore", "operator.password_file", "sources.password_file", "sources.key_file", "sources.token_file", "sources.devices_file", "sources.backfill.api_key_files"}
	for key, b := range bounds {
		private, public := slices.Contains(secrets, key), strings.HasSuffix(key, "ca_file") || strings.HasSuffix(key, "cert_file")
		if private != strings.Contains(b.says, "0600") {
			t.Errorf("%s: whether its file must be private is said otherwise", key)
		}
		if !private && !public {
			continue
		}
		for path, want := range map[string]string{
			good: "", filepath.Join(dir, "none"): "there is no such file", dir: "this is no file", empty: "empty", blank: "white space",
			open:  map[bool]string{true: "mode 0640): chmod 600 it"}[private],
			short: map[bool]string{true: "shorter than 16 characters"}[strings.HasSuffix(key, "token_file")],
		} {
			value := fmt.Sprintf("%q", path)
			if strings.HasSuffix(key, "files") {
				value = "[" + value + "]"
			}
			c, err := Parse(strings.NewReplacer(`"k"`, `"`+good+`"`, `"p"`, `"`+good+`"`, `"c"`, `"`+good+`"`, `"t"`, `"`+good+`"`).Replace(document(key, value)))
			if err != nil {
				t.Fatal(err)
			}
			n, err := c.CheckFiles()
			written := strings.TrimSuffix(strings.Replace(key, "sources.", "sources[0].", 1), "x")
			if (err == nil) != (want == "") || n < 2 || err != nil && (!strings.Contains(err.Error(), written) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s = %s: %v, want %q", key, path, err, want)
			}
		}
	}
}
