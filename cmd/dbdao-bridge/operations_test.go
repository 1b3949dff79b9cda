package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// docs/operations.md, Change a key, as typed: the market knows the new key, the bridge has it.
func TestTheHotKeyIsChangedAsThePageSays(t *testing.T) {
	if os.Getenv("DBDAO_LONG") != "1" {
		t.Skip("takes half a minute: DBDAO_LONG=1 runs it")
	}
	servers.Need(t, "mosquitto", "anvil", "openssl")
	w := newWorld(t, instant)
	w.operate("")
	for from, to := range map[string]string{w.keystore("operator"): "signer.json", filepath.Join(w.dir, "password"): "signer.password"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		w.write(to, string(text))
	}
	w.replace(w.keystore("operator"), filepath.Join(w.dir, "signer.json"))
	w.replace(filepath.Join(w.dir, "password"), filepath.Join(w.dir, "signer.password"))
	before := w.run("operator", "show", "1", "-o", "json").text(t, "signer")
	typed := strings.ReplaceAll(servers.Page(t, "operations.md", "Change a key", "sh")[0], "/etc/dbdao-bridge/", w.dir+"/")
	if out, err := w.shell("set -euo pipefail\n"+typed, ""); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	after := w.run("operator", "show", "1", "-o", "json").text(t, "signer")
	made := w.run("wallet", "show", "--keystore", filepath.Join(w.dir, "signer-2.json"), "--password-file", filepath.Join(w.dir, "signer-2.password"), "-o", "json").text(t, "address")
	if !strings.EqualFold(after, made) || after == before {
		t.Errorf("the market's signer was %s and is %s, the new key is %s", before, after, made)
	}
	w.start() // it ends at once if the market knows another signer
	w.eventually("the bridge with the new key", 10*time.Second, func() bool { _, _, code := w.try("status", "-c", w.config); return code == 0 })
	w.stop()
}
