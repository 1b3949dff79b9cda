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
	o.Run("mkdir -p /media/usb && mv /etc/dbdao-bridge/admin.json /etc/dbdao-bridge/admin.password /media/usb")
	o.types("/", "export DBDAO_PASSWORD_FILE=/media/usb/admin.password\n"+o.page("Change a key", 0)) // in place of typing it
	if o.Has("/etc/dbdao-bridge/admin.json") {
		t.Error("the admin key is on the machine still")
	}
	o.answers(first.version)
	if after := o.signer(); after == before {
		t.Errorf("the market's signer is %s still", after)
	}
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

// The pages that need no machine, as they are printed but for its folders, its accounts and its service manager: the change of the
// hot key, a backup, a ledger that is lost, the restore. A reading is sold after each.
func TestAnOperatorTypesThePages(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil", "openssl", "shred")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	etc, lib, backup, usb := filepath.Join(w.dir, "etc"), filepath.Join(w.dir, "lib"), filepath.Join(w.dir, "backup"), filepath.Join(w.dir, "usb")
	for _, dir := range []string{etc, lib, backup, usb} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.operate("")
	for _, one := range []struct{ from, to, at string }{{w.keystore("operator"), "signer.json", etc}, {filepath.Join(w.dir, "password"), "signer.password", etc}, {w.keystore("admin"), "admin.json", usb}} {
		text, err := os.ReadFile(one.from)
		if err == nil {
			err = os.WriteFile(filepath.Join(one.at, one.to), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	there := strings.NewReplacer(w.keystore("operator"), etc+"/signer.json", filepath.Join(w.dir, "password"), etc+"/signer.password", filepath.Join(w.dir, "data"), lib).Replace(string(text))
	w.config = filepath.Join(etc, "dbdao-bridge.toml")
	if err := os.WriteFile(w.config, []byte(there), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start()
	p := w.buy("ann", w.list(buoy, "0.0001", 1), "1d")
	w.route("ann", p)
	w.settled(p)
	fCnt := 0
	sells := func(when string) {
		t.Helper()
		had, last := len(w.sink.received("ann")), time.Time{}
		w.eventually("a reading "+when, 60*time.Second, func() bool {
			if time.Since(last) > 1500*time.Millisecond { // a reading a second was bought
				fCnt++
				w.publish(buoy, uplink(buoy, fCnt))
				last = time.Now()
			}
			return len(w.sink.received("ann")) > had
		})
	}
	sells("after the start")

	here := strings.NewReplacer("/etc/dbdao-bridge", etc, "/var/lib/dbdao-bridge", lib, "/backup", backup, "/media/usb", usb, "-o dbdao-bridge -g dbdao-bridge ", "")
	types := func(heading string) {
		t.Helper()
		var lines strings.Builder
		do := func() {
			t.Helper()
			if out, err := w.shell("set -e\n"+lines.String(), ""); err != nil {
				t.Fatalf("%s\n%v\n%s", lines.String(), err, out)
			}
			lines.Reset()
		}
		variables := ""
		for line := range strings.Lines(here.Replace(servers.Page(t, "operations.md", heading, "sh")[0])) {
			switch {
			case strings.HasPrefix(line, "systemctl "):
				do()
				if w.bridge != nil {
					w.stop()
				}
				if !strings.HasPrefix(line, "systemctl stop") {
					w.start()
				}
				lines.WriteString(variables)
			case strings.HasPrefix(line, "chown dbdao-bridge:"): // there is no such account
			default:
				lines.WriteString(line)
				if name, _, ok := strings.Cut(line, "="); ok && !strings.ContainsAny(name, " /") { // a shell of its own begins after the service was called
					variables += line
				}
			}
		}
		do()
	}
	before := w.run("operator", "show", "1", "-o", "json").text(t, "signer")
	types("Change a key")
	if after := w.run("operator", "show", "1", "-o", "json").text(t, "signer"); after == before {
		t.Errorf("the market's signer is %s still", after)
	}
	sells("after the change of the key")
	types("What to save")
	w.stop()
	if err := os.Rename(filepath.Join(lib, "ledger.db"), filepath.Join(w.dir, "lost.db")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(lib, "signing.key")); err != nil {
		t.Fatal(err)
	}
	types("Restore")
	sells("after the restore")
	if out, _, _ := w.try("parcel", "show", p, "--api", "http://"+w.public, "--keystore", w.keystore("ann")); !strings.Contains(out, "a gap, noticed") {
		t.Errorf("the buyer is not told of the gap:\n%s", out)
	}
}
