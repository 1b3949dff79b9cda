package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
)

// gathered is what a buyer's files hold.
type gathered struct {
	key    ed25519.PublicKey // nil: signatures are not looked at
	stored []evidence.Stored
	unread []string
	notes  []string
}

// read takes a file, a folder with all in it, or standard input.
func (g *gathered) read(stdin io.Reader, path string) error {
	if path == "-" {
		return g.from("standard input", stdin)
	}
	return filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", errUsage, err)
		case d.IsDir():
			return nil
		case name != path && other(d.Name()):
			if ext := filepath.Ext(name); ext == ".csv" || ext == ".parquet" {
				g.notes = append(g.notes, name+" was not looked into: its column `body` has the readings, a line each, for `readings verify -`")
			}
			return nil
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return g.from(name, f)
	})
}

// other tells files of a folder that hold no JSON readings: what receive keeps beside them, and other forms.
func other(name string) bool {
	return strings.HasPrefix(name, ".") || name == "receive.json" || slices.Contains([]string{".recent", ".csv", ".parquet"}, filepath.Ext(name))
}

// from reads a file: a JSON value a line, or one in all.
func (g *gathered) from(name string, in io.Reader) error {
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		in = z
	}
	r := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", name, err)
		}
		whole := err == nil
		where := fmt.Sprintf("%s, line %d", name, n)
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		switch text := bytes.TrimSpace(line); {
		case len(text) == 0:
		case json.Valid(text):
			g.value(where, line)
		case n == 1 && whole && (string(text) == "{" || string(text) == "["): // one value, over several lines
			rest, err := io.ReadAll(io.LimitReader(r, evidence.MaxBytes))
			if err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
			g.value(name, slices.Concat(line, []byte("\n"), rest))
			return nil
		case !whole && n > 1:
			g.notes = append(g.notes, where+" is cut off: who writes it had not finished")
		default:
			g.unread = append(g.unread, where)
		}
		if !whole {
			return nil
		}
	}
}

// value takes a JSON value: a reading, a list of them, a page, or an evidence file.
func (g *gathered) value(where string, text []byte) {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) == nil {
		for i, one := range list {
			g.value(fmt.Sprintf("%s, number %d", where, i+1), one)
		}
		return
	}
	var page struct {
		Format   string
		Readings []json.RawMessage
	}
	if json.Unmarshal(text, &page) != nil || page.Readings == nil {
		g.stored = append(g.stored, evidence.Stored{Body: text, Where: where})
		return
	}
	if page.Format != "" {
		g.document(where, text)
		return
	}
	var p api.Page
	if json.Unmarshal(text, &p) != nil {
		g.unread = append(g.unread, where)
		return
	}
	signed := g.key != nil && signedPage(g.key, p)
	if g.key != nil && !signed {
		g.unread = append(g.unread, where+": the operator's signature does not verify")
	}
	for _, one := range p.Readings {
		if one.Body != "" {
			g.stored = append(g.stored, evidence.Stored{Body: []byte(one.Body), Where: where, Signed: signed})
		}
	}
}

// document takes the bodies of an evidence file; `evidence verify` checks the rest of it.
func (g *gathered) document(where string, text []byte) {
	d, err := evidence.Parse(text)
	if err != nil {
		g.unread = append(g.unread, where)
		return
	}
	for _, one := range d.Readings {
		if body := cmp.Or(one.Body, string(one.Base64)); body != "" {
			g.stored = append(g.stored, evidence.Stored{Body: []byte(body), Where: where})
		}
	}
}
