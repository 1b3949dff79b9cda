package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// Real Mosquittos with access lists: each account that cannot do its part is named, with what to do,
// and one that can is no fault.
func TestWhatAnAccessListKeepsFromARehearsalIsNamed(t *testing.T) {
	servers.Need(t, "mosquitto")
	list := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(list, []byte("topic read application/#\nuser bridge\ntopic read application/#\nuser network\ntopic readwrite application/#\nuser sensors\ntopic write application/#\nuser deaf\ntopic read gateway/#\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	broker, open := servers.Mosquitto(t, "acl_file "+list), servers.Mosquitto(t)
	const usual = "application/{application_id}/device/{dev_eui}/event/{event}"
	for i, c := range []struct {
		name, url, topic, reads, publishes string
		says                               []string // none: the reader hears it
	}{
		{"everybody may do everything", open.URL, usual, "", "", nil},
		{"the network server's account publishes", broker.URL, usual, "bridge", "network", nil},
		{"an account that may only publish does", broker.URL, usual, "bridge", "sensors", nil},
		{"the bridge's account publishes", broker.URL, usual, "bridge", "bridge", []string{"does not let bridge write", "topic write application/#"}},
		{"nobody may write without an account", broker.URL, usual, "", "", []string{"does not let nobody (no account) write", "topic write application/#"}},
		{"the bridge may not read", broker.URL, usual, "deaf", "network", []string{"does not let deaf read", "topic read application/#"}},
		{"another topic", broker.URL, "eu/" + usual, "bridge", "network", []string{"topic is eu/application/"}},
		{"no broker", "tcp://127.0.0.1:1", usual, "bridge", "network", []string{"nothing listens"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src := config.Source{Name: "cs", Kind: config.KindMQTT, URL: c.url, Topic: c.topic, Username: c.reads}
			pub := src
			pub.Username = c.publishes
			err := Probe(t.Context(), src, pub, uint64(i)) // each has sessions of its own
			if (err == nil) != (c.says == nil) {
				t.Fatal(err)
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("without %q: %v", want, err)
				}
			}
		})
	}
}
