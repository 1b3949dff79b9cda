// Command release makes what is published: static binaries for three processors, deb and
// rpm packages, an OCI image, a bill of materials and checksums, the same bytes whoever
// runs it with the same Go version.
//
//	go run ./internal/tools/release build [-version 1.2.3] [-out dist] [-only amd64]
//	go run ./internal/tools/release notice     # writes NOTICE again
//
// It needs Go and nothing else: nfpm, which writes the packages, is a tool of tools/go.mod, and
// the image is written by hand.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: release build [-version V] [-out DIR] [-only PROCESSOR], or release notice")
	}
	flags := flag.NewFlagSet("release "+args[0], flag.ContinueOnError)
	version := flags.String("version", "", "what the binaries call themselves (default: the tag of HEAD, else its date and hash)")
	only := flags.String("only", "", "amd64, arm64 or armv7: that one alone")
	dir := flags.String("out", "dist", "folder to write to; what it held is removed")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	switch args[0] {
	case "notice":
		text, err := notice(root)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(root, "NOTICE"), text, 0o644)
	case "build":
		if !filepath.IsAbs(*dir) {
			*dir = filepath.Join(root, *dir)
		}
		r, err := newRelease(root, *dir, *version)
		if err != nil {
			return err
		}
		if r.targets = slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return *only != "" && t.name != *only }); len(r.targets) == 0 {
			return fmt.Errorf("-only must be amd64, arm64 or armv7, not %q", *only)
		}
		return r.build(out)
	}
	return fmt.Errorf("%s: no such command; there are build and notice", args[0])
}

// moduleRoot is the folder above that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod above %s: run it inside the source tree", filepath.Base(dir))
		}
		dir = up
	}
}
