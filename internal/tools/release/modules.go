package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// programs are what is released.
var programs = []string{"dbdao-bridge", "hardware-sim"}

// sources are their packages, in the same order.
var sources = []string{"./cmd/dbdao-bridge", "./hardware-sim"}

// module is one Go module of which something is linked into the programs; the standard
// library is one too.
type module struct {
	path, version string
	licences      []licenceFile
	spdx          string // an SPDX expression: all that its files say
}

// licenceFile is one file of a module that says under what terms it may be used.
type licenceFile struct {
	name string // below the module's folder
	text string
}

// legal names the files that state terms. Lists of authors state none.
var legal = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents|edl-v|epl-v)`)

// standard is what the standard library is called, here and in package URLs.
const standard = "std"

// linked lists the modules of the programs on all targets, by path. Which they are differs
// little from processor to processor; whoever gets one package gets the notices of all.
func linked(root string) ([]module, error) {
	type key struct{ path, version, dir string }
	folders := map[key]map[string]bool{}
	for _, t := range targets {
		c := exec.Command("go", append([]string{"list", "-deps", "-f",
			"{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}"}, sources...)...)
		c.Dir, c.Env = root, t.environ()
		var errs bytes.Buffer
		c.Stderr = &errs
		list, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("list the modules for %s: %w\n%s", t.name, err, &errs)
		}
		for line := range strings.Lines(string(list)) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			if len(f) != 4 {
				continue // of the standard library, or ours
			}
			k := key{f[0], f[1], f[2]}
			if folders[k] == nil {
				folders[k] = map[string]bool{}
			}
			folders[k][f[3]] = true
		}
	}
	std := key{standard, strings.TrimPrefix(runtime.Version(), "go"), runtimeRoot()}
	folders[std] = map[string]bool{std.dir: true}
	var all []module
	for k, dirs := range folders {
		m := module{path: k.path, version: k.version}
		if err := m.read(k.dir, dirs); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b module) int { return cmp.Compare(a.path, b.path) })
	return all, nil
}

// runtimeRoot is where the Go installation is: its LICENSE is the standard library's.
func runtimeRoot() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// read collects the files that hold for the packages in dirs: those in the packages' own
// folders and in all above, up to the module's.
func (m *module) read(top string, dirs map[string]bool) error {
	seen := map[string]bool{}
	for dir := range dirs {
		for !seen[dir] {
			seen[dir] = true
			if dir == top {
				break
			}
			dir = filepath.Dir(dir)
		}
	}
	for dir := range seen {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
		for _, e := range entries {
			if e.IsDir() || !legal.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return fmt.Errorf("%s: %w", m.path, err)
			}
			name, err := filepath.Rel(top, filepath.Join(dir, e.Name()))
			if err != nil {
				return fmt.Errorf("%s: %w", m.path, err)
			}
			m.licences = append(m.licences, licenceFile{filepath.ToSlash(name), tidy(string(text))})
		}
	}
	slices.SortFunc(m.licences, func(a, b licenceFile) int { return cmp.Compare(a.name, b.name) })
	var err error
	m.spdx, err = identify(m)
	return err
}

// tidy takes away what differs without a meaning: carriage returns, blanks at ends of lines.
func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}
