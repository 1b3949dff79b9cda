package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// archiver collects what goes into a tar file and writes it sorted, with one time for all
// and owners by number.
type archiver struct {
	entries []entry
}

type entry struct {
	header tar.Header
	from   string // a file; "": content
	data   []byte
}

func (a *archiver) file(name string, mode int64, from string) {
	a.entries = append(a.entries, entry{tar.Header{Name: name, Mode: mode, Typeflag: tar.TypeReg}, from, nil})
}

func (a *archiver) bytes(name string, mode int64, data []byte) {
	a.entries = append(a.entries, entry{tar.Header{Name: name, Mode: mode, Typeflag: tar.TypeReg}, "", data})
}

func (a *archiver) folder(name string, mode int64, owner int) {
	a.entries = append(a.entries, entry{header: tar.Header{Name: strings.TrimSuffix(name, "/") + "/", Mode: mode, Typeflag: tar.TypeDir, Uid: owner, Gid: owner}})
}

// write makes the file, gzipped or not.
func (a *archiver) write(path string, zipped bool, at time.Time) error {
	var b bytes.Buffer
	if err := a.pour(&b, zipped, at); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func (a *archiver) pour(w io.Writer, zipped bool, at time.Time) (err error) {
	if zipped {
		z := gzip.NewWriter(w)
		defer func() {
			if cerr := z.Close(); err == nil {
				err = cerr
			}
		}()
		w = z
	}
	slices.SortFunc(a.entries, func(x, y entry) int { return strings.Compare(x.header.Name, y.header.Name) })
	t := tar.NewWriter(w)
	for _, e := range a.entries {
		data := e.data
		if e.from != "" {
			if data, err = os.ReadFile(e.from); err != nil {
				return err
			}
		}
		h := e.header
		h.Size, h.ModTime, h.Format = int64(len(data)), at, tar.FormatPAX
		if err := t.WriteHeader(&h); err != nil {
			return err
		}
		if _, err := t.Write(data); err != nil {
			return err
		}
	}
	return t.Close()
}

// sums writes SHA256SUMS over all files of the release, and prints sizes.
func (r *release) sums(log io.Writer) error {
	files, err := os.ReadDir(r.out) // sorted
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(r.out, f.Name()))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(sum[:]), f.Name())
		fmt.Fprintf(log, "%5.1f MB  %s\n", float64(len(data))/1e6, f.Name())
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(b.String()), 0o644)
}
