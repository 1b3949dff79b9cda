package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// target is a processor programs are built for.
type target struct {
	name    string // in names of files and of images
	goarch  string
	goarm   string
	nfpm    string // what nfpm calls it
	variant string // of an OCI platform
}

var targets = []target{
	{name: "amd64", goarch: "amd64", nfpm: "amd64"},
	{name: "arm64", goarch: "arm64", nfpm: "arm64", variant: "v8"},
	{name: "armv7", goarch: "arm", goarm: "7", nfpm: "arm7", variant: "v7"},
}

// environ is what the go command sees when it builds for the target: nothing of this
// machine that would change the bytes.
func (t target) environ() []string {
	return append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+t.goarch, "GOARM="+t.goarm, "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=", "GOEXPERIMENT=", "GODEBUG=", "GOWORK=off")
}

// release is one run.
type release struct {
	root, out string
	version   string
	epoch     time.Time
	targets   []target
	modules   []module
}

// stamp is the variable that holds the version.
const stamp = "github.com/databrokerdao/dbdao-bridge/internal/version.stamped"

func newRelease(root, out, version string) (*release, error) {
	r := &release{root: root, out: out, version: version}
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		var err error
		if seconds, err = r.git("log", "-1", "--format=%ct"); err != nil {
			return nil, fmt.Errorf("SOURCE_DATE_EPOCH is not set, and the time of the commit is unknown: %w", err)
		}
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("SOURCE_DATE_EPOCH must be seconds since 1970, not %q", seconds)
	}
	r.epoch = time.Unix(n, 0).UTC()
	if r.version == "" {
		if r.version, err = r.described(); err != nil {
			return nil, err
		}
	}
	r.version = strings.TrimPrefix(r.version, "v")
	if r.version == "" || r.version[0] < '0' || r.version[0] > '9' || strings.ContainsAny(r.version, " /_") {
		return nil, fmt.Errorf("version %q: it must begin with a digit, as semantic versions do", r.version)
	}
	return r, nil
}

// described is the version of the source tree: its tag, else 0.0.0 with the commit's day and hash.
func (r *release) described() (string, error) {
	if tag, err := r.git("describe", "--tags", "--exact-match", "--match", "v[0-9]*"); err == nil {
		return tag, nil
	}
	hash, err := r.git("rev-parse", "--short=10", "HEAD")
	if err != nil {
		return "", fmt.Errorf("say -version: the source tree's is unknown: %w", err)
	}
	return "0.0.0-" + r.epoch.Format("20060102") + ".g" + hash, nil
}

func (r *release) git(args ...string) (string, error) {
	c := exec.Command("git", args...)
	c.Dir = r.root
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// build makes everything.
func (r *release) build(log io.Writer) error {
	var err error
	if r.modules, err = linked(r.root); err != nil {
		return err
	}
	fresh, err := notice(r.root)
	if err != nil {
		return err
	}
	if have, err := os.ReadFile(filepath.Join(r.root, "NOTICE")); err != nil || !bytes.Equal(have, fresh) {
		return fmt.Errorf("NOTICE is not what the modules' files say: go run ./internal/tools/release notice")
	}
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	staging, err := os.MkdirTemp("", "dbdao-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staging)
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	for _, t := range r.targets {
		if err := r.compile(t, filepath.Join(staging, t.name)); err != nil {
			return err
		}
	}
	if err := r.writeBill(staging); err != nil {
		return err
	}
	for _, t := range r.targets {
		for _, kind := range []string{"deb", "rpm"} {
			if err := r.pack(t, kind, staging); err != nil {
				return err
			}
		}
		if err := r.archive(t, staging); err != nil {
			return err
		}
	}
	if err := r.writeImage(staging); err != nil {
		return err
	}
	return r.sums(log)
}

// compile builds the programs of one target.
func (r *release) compile(t target, dir string) error {
	for i, source := range sources {
		c := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X "+stamp+"="+r.version,
			"-o", filepath.Join(dir, programs[i]), source)
		c.Dir, c.Env = r.root, t.environ()
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s for %s: %w\n%s", programs[i], t.name, err, out)
		}
	}
	return nil
}

// pack makes one package with nfpm.
func (r *release) pack(t target, kind, staging string) error {
	c := exec.Command("go", "tool", "-modfile=tools/go.mod", "nfpm", "package", "--config", "packaging/nfpm.yaml", "--packager", kind, "--target", r.out+"/")
	c.Dir = r.root
	c.Env = append(os.Environ(), "ARCH="+t.nfpm, "VERSION="+r.version, "BIN="+filepath.Join(staging, t.name), "BILL="+filepath.Join(staging, billName),
		"SOURCE_DATE_EPOCH="+strconv.FormatInt(r.epoch.Unix(), 10))
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("nfpm %s for %s: %w\n%s", kind, t.name, err, out)
	}
	return nil
}

// archive packs the programs of one target for whoever uses no package.
func (r *release) archive(t target, staging string) error {
	name := fmt.Sprintf("dbdao-bridge_%s_linux_%s", r.version, t.name)
	var a archiver
	for _, p := range programs {
		a.file(name+"/"+p, 0o755, filepath.Join(staging, t.name, p))
	}
	for _, f := range []string{"README.md", "LICENSE", "NOTICE", "CHANGELOG.md", "docs/dbdao-bridge.toml", "packaging/dbdao-bridge.service"} {
		a.file(name+"/"+filepath.Base(f), 0o644, filepath.Join(r.root, f))
	}
	a.file(name+"/"+billName, 0o644, filepath.Join(staging, billName))
	return a.write(filepath.Join(r.out, name+".tar.gz"), true, r.epoch)
}
