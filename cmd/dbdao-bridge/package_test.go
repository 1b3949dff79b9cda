package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// deb is a package file.
type deb struct{ path, version string }

// debs makes this processor's package in two versions, or takes those DBDAO_DEBS names, by a
// comma. The second one's default configuration differs too, as a release that brings a new key.
func debs(t *testing.T) (first, second deb) {
	t.Helper()
	do := func(name string, args ...string) string {
		t.Helper()
		c := exec.Command(name, args...)
		c.Dir = "../.."
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	of := func(path string) deb {
		return deb{path, strings.ReplaceAll(do("dpkg-deb", "-f", path, "Version"), "~", "-")}
	}
	if made, newer, ok := strings.Cut(os.Getenv("DBDAO_DEBS"), ","); ok {
		return of(made), of(newer)
	}
	dir := t.TempDir()
	do("go", "run", "./internal/tools/release", "build", "-only", "amd64", "-version", "0.9.0", "-out", dir+"/first")
	first = of(dir + "/first/dbdao-bridge_0.9.0_amd64.deb")
	do("dpkg-deb", "-R", first.path, dir+"/open")
	do("go", "build", "-trimpath", "-ldflags", "-s -w -X github.com/databrokerdao/dbdao-bridge/internal/version.stamped=0.10.0", "-o", dir+"/open/usr/bin/dbdao-bridge", "./cmd/dbdao-bridge")
	do("sed", "-i", "s/^Version: .*/Version: 0.10.0/", dir+"/open/DEBIAN/control")
	do("sed", "-i", "$a # a new key", dir+"/open/etc/dbdao-bridge/dbdao-bridge.toml")
	do("dpkg-deb", "-Zgzip", "-z1", "-b", dir+"/open", dir+"/second.deb")
	return first, of(dir + "/second.deb")
}

// installed is a world whose bridge is a service of a machine.
type installed struct {
	*world
	*servers.Machine
	t *testing.T
}

// configure puts the world's configuration and keys where the package looks for them.
func (i *installed) configure() {
	i.t.Helper()
	for from, to := range map[string]string{i.keystore("operator"): "signer.json", filepath.Join(i.dir, "password"): "signer.password"} {
		i.Put(from, "/etc/dbdao-bridge/"+to)
	}
	text, err := os.ReadFile(i.config)
	if err != nil {
		i.t.Fatal(err)
	}
	there := strings.NewReplacer(filepath.Join(i.dir, "data"), "/var/lib/dbdao-bridge", i.keystore("operator"), "/etc/dbdao-bridge/signer.json",
		filepath.Join(i.dir, "password"), "/etc/dbdao-bridge/signer.password").Replace(string(text))
	if err := os.WriteFile(filepath.Join(i.Root, "etc/dbdao-bridge/dbdao-bridge.toml"), []byte(there), 0o640); err != nil {
		i.t.Fatal(err)
	}
	i.Run("chown dbdao-bridge: /etc/dbdao-bridge/signer.*")
}

// answers waits for the service of a version. Its token is read where the service put it.
func (i *installed) answers(version string) {
	i.t.Helper()
	i.t.Setenv("DBDAO_ADMIN_TOKEN_FILE", filepath.Join(i.Root, "var/lib/dbdao-bridge/admin.token"))
	i.eventually("the service of version "+version, 30*time.Second, func() bool {
		out, _, code := i.try("status", "-c", i.config, "-o", "json")
		return code == 0 && strings.Contains(out, fmt.Sprintf("%q", version))
	})
}

// mark is what identifies the keys and the ledger: their content, or for the ledger that it is there.
func (i *installed) mark() string {
	i.t.Helper()
	return i.Run("cd / && sha256sum etc/dbdao-bridge/signer.json etc/dbdao-bridge/signer.password var/lib/dbdao-bridge/signing.key var/lib/dbdao-bridge/route.key && ls var/lib/dbdao-bridge/ledger.db")
}

// O6: the package as an operator uses it, on a machine with systemd: installed, started under
// all its unit says, upgraded while a reading waits, removed, installed again, purged. A
// listing's script decodes all the while: its workers run under the unit's filter.
func TestThePackageIsInstalledUpgradedAndPurged(t *testing.T) {
	if os.Getenv("DBDAO_LONG") != "1" {
		t.Skip("takes minutes: DBDAO_LONG=1 runs it")
	}
	servers.Need(t, "mosquitto", "anvil", "dpkg-deb")
	first, second := debs(t)
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	w.operate("")
	i := &installed{w, servers.BootMachine(t), t}
	i.Put(first.path, "/srv/first.deb")
	i.Put(second.path, "/srv/second.deb")

	begun := time.Now()
	i.Run("dpkg -i /srv/first.deb")
	t.Logf("installed after %v", time.Since(begun).Round(time.Millisecond))
	if got := i.Run("stat -c '%U:%G %a' /etc/dbdao-bridge /var/lib/dbdao-bridge /etc/dbdao-bridge/dbdao-bridge.toml"); got != "dbdao-bridge:dbdao-bridge 750\ndbdao-bridge:dbdao-bridge 700\nroot:dbdao-bridge 640" {
		t.Errorf("owners and modes: %s", got)
	}
	if out, err := i.Try("systemctl is-active dbdao-bridge"); err == nil {
		t.Errorf("a bridge that nobody configured runs: %s", out)
	}
	i.configure()
	begun = time.Now()
	i.Run("systemctl enable --now dbdao-bridge")
	i.answers(first.version)
	t.Logf("started after %v", time.Since(begun).Round(time.Millisecond))
	p := i.sellScripted()
	i.publish(buoy, undecoded(buoy, 1, "Kyg="))
	i.eventually("a decoded reading", 60*time.Second, func() bool { return i.readings() == 1 })
	i.confined()
	exports(t, i.metrics(), "dbdao_codec_runs_total", "dbdao_uplinks_total", "dbdao_delivery_seconds")
	keys := i.mark()

	i.sink.setDown(true)
	time.Sleep(1100 * time.Millisecond) // the interval bought
	i.publish(buoy, undecoded(buoy, 2, "LCg="))
	i.eventually("a reading that waits", 30*time.Second, func() bool {
		return regexp.MustCompile(`dbdao_uplinks_total{fate="posted"[^}]*} 2`).MatchString(i.metrics())
	})
	begun = time.Now()
	if out, err := i.Try("dpkg -i /srv/second.deb </dev/null"); err == nil {
		t.Errorf("a configuration that was edited gave way to the new default without a question:\n%s", out)
	}
	i.Run("dpkg --force-confold --configure dbdao-bridge </dev/null")
	i.answers(second.version)
	t.Logf("upgraded after %v", time.Since(begun).Round(time.Millisecond))
	if got := i.mark(); got != keys {
		t.Errorf("the upgrade changed keys:\n%s\n%s", keys, got)
	}
	i.sink.setDown(false)
	i.eventually("the reading that waited", 60*time.Second, func() bool { return i.readings() == 2 })

	i.Run("dpkg -r dbdao-bridge")
	if _, _, code := i.try("status", "-c", i.config); code == 0 {
		t.Error("the package is removed, and its bridge runs")
	}
	if got := i.mark(); got != keys {
		t.Errorf("removal changed keys:\n%s\n%s", keys, got)
	}
	i.Run("dpkg -i /srv/second.deb && systemctl enable --now dbdao-bridge")
	i.answers(second.version)
	time.Sleep(1100 * time.Millisecond)
	i.publish(buoy, undecoded(buoy, 3, "Kyg="))
	i.eventually("a reading after the return", 60*time.Second, func() bool { return i.readings() == 3 })
	i.settled(p)

	out := i.Run("dpkg --purge dbdao-bridge")
	if got := i.mark(); got != keys || !strings.Contains(out, "kept the ledger and the keys") {
		t.Errorf("purge, not told so, took keys:\n%s\n%s\n%s", keys, got, out)
	}
	i.Run("dpkg -i /srv/second.deb && DBDAO_PURGE_DATA=yes dpkg --purge dbdao-bridge")
	for _, path := range []string{"/etc/dbdao-bridge", "/var/lib/dbdao-bridge", "/usr/bin/dbdao-bridge", "/usr/lib/systemd/system/dbdao-bridge.service", "/usr/share/doc/dbdao-bridge"} {
		if i.Has(path) {
			t.Errorf("purge, told to take all, left %s", path)
		}
	}
	if out, err := i.Try("getent passwd dbdao-bridge"); err == nil {
		t.Errorf("the account is left: %s", out)
	}
}

// sellScripted sells a device whose readings a script decodes, and gives the purchase.
func (i *installed) sellScripted() string {
	i.t.Helper()
	script := i.write("codec.js", `function decodeUplink(input) { return {data: {temperature: input.bytes[0] / 2}}; }`)
	a := i.run("device", "attest", "--force", "-c", i.config, "--dev-eui", buoy, "--owner", i.wallets["owner"], "--offer", i.write("offer.toml", "sell = ['values']\ncodec = {kind = 'js', file = '"+script+"'}\n"), "-o", "json")
	stream := i.as("owner", "stream", "create", "--attestation", i.write("attestation", asText(i.t, a)), "--price", "0.0001", "--interval", "1s", "--stake", "100").text(i.t, "stream")
	p := i.buy("ann", stream, "1h")
	i.route("ann", p)
	i.settled(p)
	return p
}

// readings counts what the script decoded and the buyer has.
func (i *installed) readings() (n int) {
	for _, one := range i.sink.received("ann") {
		if strings.Contains(one.body, `"temperature":21.5`) || strings.Contains(one.body, `"temperature":22`) {
			n++
		}
	}
	return n
}

// confined looks at what the kernel says of the bridge and of the workers that run scripts:
// the unit's filter holds, no capability is left, and the workers' limits could be set under it.
func (i *installed) confined() {
	i.t.Helper()
	main := i.Run("systemctl show -P MainPID dbdao-bridge")
	all := strings.Fields(i.Run(`cd /proc && u=$(id -u dbdao-bridge) && grep -ls "^Uid:.*[^0-9]$u[^0-9]" [0-9]*/status | cut -d/ -f1`))
	var workers strings.Builder
	for _, pid := range all {
		status := i.Run("cat /proc/" + pid + "/status")
		for _, want := range []string{"Seccomp:\t2", "NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000"} {
			if !strings.Contains(status, want) {
				i.t.Errorf("process %s of the service has no %q:\n%s", pid, want, status)
			}
		}
		if pid != main {
			workers.WriteString(i.Run("cat /proc/" + pid + "/limits"))
		}
	}
	for _, want := range []string{`Max data size +536870912`, `Max open files +3 `, `Max core file size +0 `} {
		if !regexp.MustCompile(want).MatchString(workers.String()) {
			i.t.Errorf("no worker has %q under the unit:\n%s", want, workers.String())
		}
	}
	i.t.Logf("the service and %d workers: seccomp, no capabilities, limits set", len(all)-1)
}

func asText(t *testing.T, o object) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rpms makes this processor's package in two versions, or takes those DBDAO_PACKAGES_RPM names, by a comma.
func rpms(t *testing.T) (first, second deb) {
	t.Helper()
	if made, newer, ok := strings.Cut(os.Getenv("DBDAO_PACKAGES_RPM"), ","); ok {
		of := func(path string) deb {
			version, err := exec.Command("rpm", "-qp", "--queryformat", "%{VERSION}", path).Output()
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			return deb{path, string(version)}
		}
		return of(made), of(newer)
	}
	of := func(version string) deb {
		dir := t.TempDir()
		c := exec.Command("go", "run", "./internal/tools/release", "build", "-only", "amd64", "-version", version, "-out", dir)
		c.Dir = "../.."
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return deb{dir + "/dbdao-bridge-" + version + "-1.x86_64.rpm", version}
	}
	return of("0.9.0"), of("0.10.0")
}

// The rpm and what its scripts do, with rpm itself on a machine with systemd. The machine is a Debian,
// whose packages rpm does not know: --nodeps.
func TestTheRPMIsInstalledUpgradedAndRemoved(t *testing.T) {
	if os.Getenv("DBDAO_LONG") != "1" {
		t.Skip("takes minutes: DBDAO_LONG=1 runs it")
	}
	servers.Need(t, "mosquitto", "anvil", "dpkg-deb")
	first, second := rpms(t)
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	w.operate("")
	i := &installed{w, servers.BootMachine(t, "rpm"), t}
	i.Put(first.path, "/srv/first.rpm")
	i.Put(second.path, "/srv/second.rpm")

	if out := i.Run("rpm -i --nodeps /srv/first.rpm"); !strings.Contains(out, "operator init") {
		t.Errorf("it does not say what is next:\n%s", out)
	}
	if got := i.Run("stat -c '%U:%G %a' /etc/dbdao-bridge /var/lib/dbdao-bridge /etc/dbdao-bridge/dbdao-bridge.toml"); got != "dbdao-bridge:dbdao-bridge 750\ndbdao-bridge:dbdao-bridge 700\nroot:dbdao-bridge 640" {
		t.Errorf("owners and modes: %s", got)
	}
	if out, err := i.Try("systemctl is-active dbdao-bridge"); err == nil {
		t.Errorf("a bridge that nobody configured runs: %s", out)
	}
	i.configure()
	i.Run("systemctl enable --now dbdao-bridge")
	i.answers(first.version)
	keys, config := i.mark(), i.Run("sha256sum /etc/dbdao-bridge/dbdao-bridge.toml")

	i.Run("rpm -U --nodeps /srv/second.rpm")
	i.answers(second.version) // restarted by the scripts
	if got := i.mark() + i.Run("sha256sum /etc/dbdao-bridge/dbdao-bridge.toml"); got != keys+config {
		t.Errorf("the upgrade changed keys or configuration:\n%s\n%s%s", got, keys, config)
	}
	if out := i.Run("rpm -V --nodeps dbdao-bridge || true"); strings.Contains(out, "missing") || strings.Contains(out, "/usr/bin") {
		t.Errorf("rpm -V: %s", out)
	}
	i.Run("rpm -e --nodeps dbdao-bridge")
	if _, _, code := i.try("status", "-c", i.config); code == 0 {
		t.Error("the package is removed, and its bridge runs")
	}
	if got := i.mark(); got != keys || i.Has("/usr/bin/dbdao-bridge") {
		t.Errorf("removal changed keys, or left the program:\n%s\n%s", keys, got)
	}
	if out, err := i.Try("systemctl is-enabled dbdao-bridge"); err == nil {
		t.Errorf("the unit is enabled still: %s", out)
	}
}
