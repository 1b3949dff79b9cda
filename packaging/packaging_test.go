// Package packaging holds what is installed beside the programs: the service's unit, the
// packages' scripts, dashboards and alerts. Its tests hold them to what they promise.
package packaging

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// exposure is systemd's measure of what a service could do if it were taken over: 0 nothing, 10 all.
const exposureMax = 1.5

func TestTheUnitExposesLittle(t *testing.T) {
	servers.Need(t, "systemd-analyze")
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", "dbdao-bridge.service").CombinedOutput()
	if err != nil {
		t.Fatalf("systemd-analyze: %v\n%s", err, out)
	}
	m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("systemd-analyze names no level:\n%s", out)
	}
	if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level > exposureMax {
		t.Errorf("the unit's exposure is %s, want %.1f at most:\n%s", m[1], exposureMax, out)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", "dbdao-bridge.service").CombinedOutput(); strings.Contains(string(out), "dbdao-bridge.service:") &&
		!strings.Contains(string(out), "is not executable") { // the program is not installed on this machine
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// manifest is what we read of nfpm.yaml.
type manifest struct {
	Contents []struct {
		Src, Dst, Type string
		FileInfo       struct{ Mode uint32 } `yaml:"file_info"`
	}
	Overrides map[string]struct{ Scripts map[string]string }
}

// contents is what a package installs, but for docs/*.md.
var contents = map[string]uint32{
	"/usr/bin/dbdao-bridge":                                     0o755,
	"/usr/bin/hardware-sim":                                     0o755,
	"/usr/lib/systemd/system/dbdao-bridge.service":              0o644,
	"/etc/dbdao-bridge/dbdao-bridge.toml":                       0o640,
	"/usr/share/doc/dbdao-bridge/copyright":                     0o644,
	"/usr/share/doc/dbdao-bridge/NOTICE":                        0o644,
	"/usr/share/doc/dbdao-bridge/dbdao-bridge.cdx.json":         0o644,
	"/usr/share/dbdao-bridge/grafana/dbdao-bridge.json":         0o644,
	"/usr/share/dbdao-bridge/prometheus/dbdao-bridge.rules.yml": 0o644,
	"/usr/share/doc/dbdao-bridge/README.md":                     0o644,
	"/usr/share/doc/dbdao-bridge/CHANGELOG.md":                  0o644,
}

func TestThePackagesHoldWhatTheyShould(t *testing.T) {
	text, err := os.ReadFile("nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	got := map[string]uint32{}
	for _, c := range m.Contents {
		if strings.HasPrefix(c.Src, "${") { // made by the release: TestARelease looks at it
			got[c.Dst] = c.FileInfo.Mode
			continue
		}
		found, err := filepath.Glob(filepath.Join("..", c.Src))
		if err != nil || len(found) == 0 {
			t.Errorf("%s is in no such place: %v", c.Src, err)
		}
		if !strings.Contains(c.Src, "*") {
			got[c.Dst] = c.FileInfo.Mode
		}
		if isConfig := strings.HasPrefix(c.Dst, "/etc/"); isConfig != (c.Type == "config|noreplace") {
			t.Errorf("%s has the type %q: what an operator edits must survive upgrades, and nothing else stays", c.Dst, c.Type)
		}
	}
	for dst, mode := range contents {
		if got[dst] != mode {
			t.Errorf("%s has the mode %o in nfpm.yaml, want %o", dst, got[dst], mode)
		}
		delete(got, dst)
	}
	for dst := range got {
		t.Errorf("%s is in nfpm.yaml and not expected", dst)
	}
	for packager, wants := range map[string][]string{"deb": {"postinstall", "postremove", "preremove"}, "rpm": {"postinstall", "postremove", "preinstall", "preremove"}} {
		var names []string
		for name, script := range m.Overrides[packager].Scripts {
			names = append(names, name)
			if out, err := exec.Command("sh", "-n", filepath.Join("..", script)).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", script, err, out)
			}
		}
		if slices.Sort(names); !slices.Equal(names, wants) {
			t.Errorf("%s has the scripts %v, want %v", packager, names, wants)
		}
	}
}

// long skips what takes minutes.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("DBDAO_LONG") != "1" {
		t.Skip("takes minutes: DBDAO_LONG=1 runs it")
	}
}

// O9: the release, made twice, is the same, its programs say the version they were given, and
// everything that is linked has its terms.
func TestARelease(t *testing.T) {
	long(t)
	servers.Need(t, "dpkg-deb", "rpm")
	const version = "7.8.9-rc.1"
	var sums []string
	dirs := []string{t.TempDir(), t.TempDir()}
	for _, dir := range dirs {
		c := exec.Command("go", "run", "./internal/tools/release", "build", "-version", version, "-out", dir)
		c.Dir = ".."
		c.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000", "TZ="+map[bool]string{true: "UTC", false: "Asia/Tokyo"}[len(sums) == 0])
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		sum, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, string(sum))
	}
	if sums[0] != sums[1] {
		t.Errorf("made twice, the release differs:\n%s\n%s", sums[0], sums[1])
	}
	if n := strings.Count(sums[0], "\n"); n != 3*3+2 {
		t.Errorf("%d files, want 3 archives, 3 deb, 3 rpm, an image and a bill:\n%s", n, sums[0])
	}
	inDeb(t, filepath.Join(dirs[0], "dbdao-bridge_7.8.9~rc.1_amd64.deb"), version)
	inRPM(t, filepath.Join(dirs[0], "dbdao-bridge-7.8.9~rc.1-1.x86_64.rpm"))
	inImage(t, filepath.Join(dirs[0], "dbdao-bridge_"+version+"_oci.tar"), version)
}

func inDeb(t *testing.T, deb, version string) {
	t.Helper()
	list, err := exec.Command("dpkg-deb", "-c", deb).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	for dst, mode := range contents {
		if line := regexp.MustCompile(`(?m)^-([rwx-]{9}) root/root .* \.` + regexp.QuoteMeta(dst) + `$`).FindSubmatch(list); line == nil || string(line[1]) != os.FileMode(mode).String()[1:] {
			t.Errorf("the deb has no %s of mode %v:\n%s", dst, os.FileMode(mode), list)
		}
	}
	dir := t.TempDir()
	if out, err := exec.Command("dpkg-deb", "-x", deb, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for p, ask := range map[string]string{"dbdao-bridge": "version", "hardware-sim": "--version"} {
		out, err := exec.Command(filepath.Join(dir, "usr/bin", p), ask).CombinedOutput()
		if err != nil || !strings.Contains(string(out), version) {
			t.Errorf("%s version: %v %s", p, err, out)
		}
	}
	if out, err := exec.Command("dpkg-deb", "-f", deb, "Package", "Version", "Architecture").CombinedOutput(); err != nil ||
		string(out) != "Package: dbdao-bridge\nVersion: 7.8.9~rc.1\nArchitecture: amd64\n" {
		t.Errorf("%v\n%s", err, out)
	}
	conffiles, err := exec.Command("dpkg-deb", "-I", deb, "conffiles").Output()
	if err != nil || string(conffiles) != "/etc/dbdao-bridge/dbdao-bridge.toml\n" {
		t.Errorf("conffiles: %v %q", err, conffiles)
	}
}

func inRPM(t *testing.T, rpm string) {
	t.Helper()
	list, err := exec.Command("rpm", "-qp", "--queryformat", "[%{FILENAMES} %{FILEMODES:perms} %{FILEFLAGS:fflags}\n]", rpm).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	for dst, mode := range contents {
		flags := map[bool]string{true: "cn", false: ""}[strings.HasPrefix(dst, "/etc/")]
		if want := fmt.Sprintf("%s %s %s\n", dst, os.FileMode(mode), flags); !strings.Contains(string(list), want) {
			t.Errorf("the rpm has no %q:\n%s", want, list)
		}
	}
}
