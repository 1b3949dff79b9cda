package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// operator is somebody who has a machine, the packages and docs/operations.md.
type operator struct {
	*installed
	fCnt int
}

// page is a block of a chapter, as it is printed.
func (o *operator) page(heading string, block int) string {
	o.t.Helper()
	return servers.Page(o.t, "operations.md", heading, "sh")[block]
}

// types types lines in a shell of root's, in a folder, one after the other until one fails.
func (o *operator) types(folder, lines string) string {
	o.t.Helper()
	script := "/srv/typed.sh"
	if err := os.WriteFile(filepath.Join(o.Root, script), []byte("set -eo pipefail\ncd "+folder+"\n"+lines), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return o.Run("bash " + script)
}

// sells publishes until the buyer has one reading more.
func (o *operator) sells(when string) {
	o.t.Helper()
	had, last := len(o.sink.received("ann")), time.Time{}
	o.eventually("a reading "+when, 60*time.Second, func() bool {
		if time.Since(last) > 1500*time.Millisecond { // a reading a second was bought
			o.fCnt++
			o.publish(buoy, uplink(buoy, o.fCnt))
			last = time.Now()
		}
		return len(o.sink.received("ann")) > had
	})
}

// signer is the hot key the market knows.
func (o *operator) signer() string {
	o.t.Helper()
	return o.run("operator", "show", "1", "-o", "json").text(o.t, "signer")
}

// O10: an operator with nothing but a package, its conffile and the page installs, sets up,
// starts, saves, changes the key, seals its password, upgrades and restores, each as it is printed.
func TestAnOperatorDoesWhatThePageSays(t *testing.T) {
	if os.Getenv("DBDAO_LONG") != "1" {
		t.Skip("takes minutes: DBDAO_LONG=1 runs it")
	}
	servers.Need(t, "mosquitto", "anvil", "dpkg-deb")
	first, second := debs(t)
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	o := &operator{&installed{w, servers.BootMachine(t), t}, 0}
	for i, one := range []deb{first, second} {
		o.Run(fmt.Sprintf("mkdir -p /srv/%d", i))
		o.Put(one.path, fmt.Sprintf("/srv/%d/dbdao-bridge_%s_amd64.deb", i, one.version))
	}
	install := strings.SplitAfter(o.page("Install and upgrade", 0), "\n")
	o.types("/srv/0", install[0])
	enter := fmt.Sprintf("printf '%%.0s\\n' $(seq 40) | script -qec 'dbdao-bridge operator init --broker %s --rpc %s --market %s' /dev/null", o.mqtt, o.rpc, o.market)
	if !strings.HasPrefix(install[1], "dbdao-bridge operator init ") {
		t.Fatalf("the page does not begin with operator init: %s", install[1])
	}
	if out := o.types("/", enter); strings.Contains(out, "FAULT") || !strings.Contains(out, "systemctl enable --now dbdao-bridge") {
		t.Errorf("operator init over the package's configuration:\n%s", out)
	}
	if out := o.types("/", enter); !strings.Contains(out, "its values are proposed") || !strings.Contains(out, "has this signer already") {
		t.Errorf("operator init, again:\n%s", out)
	}
	o.config = filepath.Join(o.Root, "etc/dbdao-bridge/dbdao-bridge.toml")
	o.admin, o.public = fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t)), fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	o.replace("allow_private_addresses = true", "allow_private_addresses = false") // edit's own
	o.edit()
	text, err := os.ReadFile(o.config)
	if err != nil {
		t.Fatal(err)
	}
	soon := regexp.MustCompile(`(?m)^retry_schedule = .*$`).ReplaceAll(text, []byte(`retry_schedule = ["200ms", "500ms"`+strings.Repeat(`, "3s"`, 100)+"]"))
	if err := os.WriteFile(o.config, soon, 0o600); err != nil { // the file is there: owner and mode stay
		t.Fatal(err)
	}
	o.types("/", install[2])
	o.answers(first.version)
	stream := o.list(buoy, "0.0001", 1)
	p := o.buy("ann", stream, "1h")
	o.route("ann", p)
	o.settled(p)
	o.sells("after the start")

	o.types("/", o.page("What to save", 0))
	before := o.signer()
	t.Setenv("LC_ALL", "C")
	o.types("/", "export DBDAO_PASSWORD_FILE=/etc/dbdao-bridge/admin.password\n"+o.page("Change a key", 0)) // in place of typing it
	o.answers(first.version)
	if after := o.signer(); after == before {
		t.Errorf("the market's signer is %s still", after)
	}
	o.node.Fund(o.signer(), 5)
	o.sells("after the change of the key")
	o.sealed(first.version)
	o.upgraded(second.version)

	o.Run("systemctl stop dbdao-bridge && mv /var/lib/dbdao-bridge/ledger.db /srv/lost.db")
	if out := o.types("/", o.page("Restore", 0)); !strings.Contains(out, "ledger.db") {
		t.Errorf("restore said:\n%s", out)
	}
	o.answers(second.version)
	o.sells("after the restore")
}

// sealed types the page that seals the keystore's password: the file is gone, the service and the
// check typed as the service have it, and the bridge settles.
func (o *operator) sealed(version string) {
	o.t.Helper()
	const heading = "A password that only this machine can open"
	here := strings.NewReplacer("signer.password", "signer-2.password") // the key was changed before
	o.types("/", here.Replace(o.page(heading, 0)))
	o.answers(version)
	if o.Has("/etc/dbdao-bridge/signer-2.password") {
		o.t.Error("the password's file is there still")
	}
	if out, err := o.Try("dbdao-bridge check -c /etc/dbdao-bridge/dbdao-bridge.toml"); err == nil || !strings.Contains(out, "there is no such file") {
		o.t.Errorf("check by hand: %v\n%s", err, out)
	}
	if out := o.types("/", here.Replace(o.page(heading, 1))); strings.Contains(out, "FAULT") || !strings.Contains(out, "ok    keystore") {
		o.t.Errorf("check as the service:\n%s", out)
	}
	o.t.Logf("the credential: %s", o.Run("systemd-run --quiet --pipe --wait -p User=dbdao-bridge -p LoadCredentialEncrypted=signer-2.password:/etc/credstore.encrypted/signer-2.password sh -c 'stat -c %A,%U \"$CREDENTIALS_DIRECTORY\"/signer-2.password'"))
	o.sells("with the sealed password")
}

// upgraded types the page's upgrade while a reading waits.
func (o *operator) upgraded(version string) {
	o.t.Helper()
	o.sink.setDown(true)
	taken := func() int {
		m := regexp.MustCompile(`dbdao_uplinks_total\{fate="posted"[^}]*\} (\d+)`).FindStringSubmatch(o.metrics())
		n := 0
		if m != nil {
			_, _ = fmt.Sscan(m[1], &n)
		}
		return n
	}
	had, before := taken(), len(o.sink.received("ann"))
	time.Sleep(1500 * time.Millisecond)
	o.fCnt++
	o.publish(buoy, uplink(buoy, o.fCnt))
	o.eventually("a reading that waits", 30*time.Second, func() bool { return taken() > had })
	o.types("/srv/1", o.page("Install and upgrade", 1))
	o.answers(version)
	if !o.Has("/etc/dbdao-bridge/dbdao-bridge.toml.dpkg-dist") {
		o.t.Error("the new default is not beside the configuration")
	}
	o.sink.setDown(false)
	o.eventually("the reading that waited", 60*time.Second, func() bool { return len(o.sink.received("ann")) > before })
}
