package terminal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Error is an error as a program ends with it: Lines, and in words what the operating system says of a file.
func Error(err error) string {
	text := err.Error()
	eachFault(err, func(f *fs.PathError) { text = strings.ReplaceAll(text, f.Error(), said(f)) })
	return Lines(text)
}

// said is what came of a file; what is rare is told as the operating system does.
func said(f *fs.PathError) string {
	verb := map[string]string{"open": "open", "stat": "look at", "mkdir": "make the folder"}[f.Op]
	switch {
	case errors.Is(f, fs.ErrNotExist):
		if dir := filepath.Dir(f.Path); dir != f.Path {
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
				return "there is no folder " + dir
			}
		}
		return "there is no file " + f.Path
	case errors.Is(f, fs.ErrPermission) && verb != "":
		return "this account may not " + verb + " " + f.Path
	case errors.Is(f, fs.ErrExist):
		return f.Path + " exists already"
	case errors.Is(f, syscall.EISDIR):
		return f.Path + " is a folder, and a file is needed"
	}
	return f.Error()
}

// eachFault finds what the operating system said of files, in errors that were joined too.
func eachFault(err error, do func(*fs.PathError)) {
	switch e := err.(type) { //nolint:errorlint // every link of the chain is looked at
	case nil:
		return
	case *fs.PathError:
		do(e)
	case interface{ Unwrap() error }:
		eachFault(e.Unwrap(), do)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			eachFault(one, do)
		}
	}
}
