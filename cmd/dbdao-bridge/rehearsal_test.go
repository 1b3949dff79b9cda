package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// A broker with an access list by which one may only read: the rehearsal says so before anything is
// played, and what to do, in place of waiting for what the broker drops.
func TestARehearsalThatTheBrokerDropsIsNotPlayed(t *testing.T) {
	servers.Need(t, "mosquitto")
	dir := t.TempDir()
	list, played := filepath.Join(dir, "acl"), filepath.Join(dir, "played")
	for path, text := range map[string]string{list: "topic read application/#\n", filepath.Join(dir, "hardware-sim"): "#!/bin/sh\n: > " + played + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	var out bytes.Buffer
	src := config.Source{Name: "cs", Kind: config.KindMQTT, URL: servers.Mosquitto(t, "acl_file "+list).URL, Topic: "application/{application_id}/device/{dev_eui}/event/{event}"}
	f := firstHour{d: dialog{in: bufio.NewReader(strings.NewReader("yes\n")), out: &out}, cfg: config.Config{Sources: []config.Source{src}}, keys: keyFiles{dir: dir}, lab: true}
	if err := f.rehearse(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(played); err == nil || !strings.Contains(out.String(), "no rehearsal: the broker took a message") || !strings.Contains(out.String(), "topic write application/#") {
		t.Errorf("played: %v\n%s", err == nil, out.String())
	}
}
