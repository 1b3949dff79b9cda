// Package file stores readings in a folder, for a buyer who receives them himself: NDJSON,
// CSV or Parquet, rotated. What it has appended is durable, whatever the format: a file of
// JSON lines takes the readings first, and a CSV or Parquet file is made of it when it is
// full or old enough, and appears by renaming when it is whole.
package file

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// ErrPlace says why a place cannot be a folder of readings.
var ErrPlace = errors.New("not a usable folder of readings")

// Store is a folder. Its methods may be called from several goroutines.
type Store struct {
	Dir string

	format format
	rows   int
	every  time.Duration // 0: files are not closed by their age
	now    func() time.Time

	mu  sync.Mutex
	all map[market.PurchaseID]*journal
}

// format is a form of files. Convert makes one of a journal; nil: the journal is one.
type format struct {
	name    string
	convert func(from io.Reader, to io.Writer) error
}

var formats = map[string]format{"ndjson": {"ndjson", nil}, "csv": {"csv", writeCSV}, "parquet": {"parquet", writeParquet}}

// journal is the file of JSON lines that a purchase's readings are appended to.
type journal struct {
	began  time.Time
	rows   int
	saved  bool     // the caller remembers all that stands in it
	recent []string // ids of the last readings in closed files
}

// recentMax is how many readings of closed files are known by their ids: a crash, or a
// reading that came late and is shown again, can bring no more than a page of them twice.
const recentMax = 1000

// Open reads DIR?format=F&every=D&rows=N and makes the folder: format is ndjson (the
// default), csv or parquet; a file is closed with rows readings (1 to 10,000,000), or when
// it is every old (a duration from 1s on). By default NDJSON files grow for ever, the others
// are closed after 100,000 readings or an hour.
func Open(place string) (*Store, error) {
	dir, query, _ := strings.Cut(place, "?")
	q, err := url.ParseQuery(query)
	if err != nil || dir == "" {
		return nil, fmt.Errorf("%w: it must be DIR, or DIR?format=parquet&every=1h&rows=100000", ErrPlace)
	}
	s := &Store{Dir: dir, format: formats["ndjson"], now: time.Now, all: map[market.PurchaseID]*journal{}}
	if name := q.Get("format"); name != "" {
		var ok bool
		if s.format, ok = formats[name]; !ok {
			return nil, fmt.Errorf("%w: format must be ndjson, csv or parquet", ErrPlace)
		}
	}
	if s.format.convert != nil {
		s.rows, s.every = 100_000, time.Hour
	}
	for name, values := range q {
		switch name {
		case "format":
		case "rows":
			if s.rows, err = strconv.Atoi(values[0]); err != nil || s.rows < 1 || s.rows > 10_000_000 {
				return nil, fmt.Errorf("%w: rows must be 1 to 10000000", ErrPlace)
			}
		case "every":
			if s.every, err = spans.Parse(values[0]); err != nil || s.every < time.Second {
				return nil, fmt.Errorf("%w: every must be a duration from 1s on, such as 1h or 1d", ErrPlace)
			}
		default:
			return nil, fmt.Errorf("%w: there is no option %.40q; there are format, every, rows", ErrPlace, name)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	torn, err := filepath.Glob(filepath.Join(dir, ".purchase-*.tmp")) // of a crash while a file was written
	for _, path := range torn {
		err = errors.Join(err, os.Remove(path))
	}
	return s, err
}

func (s *Store) path(p market.PurchaseID, rest string) string {
	return filepath.Join(s.Dir, fmt.Sprintf("purchase-%d%s", p, rest))
}

// open is the journal's file.
func (s *Store) open(p market.PurchaseID) string {
	if s.format.convert == nil {
		return s.path(p, ".ndjson")
	}
	return s.path(p, ".open.ndjson")
}

func (s *Store) closing(p market.PurchaseID) string { return s.path(p, ".closing.ndjson") }
func (s *Store) recent(p market.PurchaseID) string  { return s.path(p, ".recent") }

// Append makes readings durable; those that a crash made come twice are written once. The
// caller then remembers that they are there, and calls Saved.
func (s *Store) Append(p market.PurchaseID, bodies []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.journal(p)
	if err != nil {
		return err
	}
	j.saved = false
	n, err := appendLines(s.open(p), slices.DeleteFunc(slices.Clone(bodies), func(b string) bool { return slices.Contains(j.recent, idOf([]byte(b))) }))
	if err != nil {
		return err
	}
	if j.rows == 0 {
		j.began = s.now()
	}
	if j.rows += n; j.rows == n { // the file may be new
		return syncDir(s.Dir)
	}
	return nil
}

// Saved says that the caller remembers everything that was appended to a purchase: it will
// not come again, so that its file may be closed, and is if it is due.
func (s *Store) Saved(p market.PurchaseID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.journal(p)
	if err != nil {
		return err
	}
	j.saved = true
	return s.rotate(p, j)
}

// Run closes files as they get old, until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	if s.every == 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(min(s.every, 10*time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.each(s.rotate); err != nil {
			return err
		}
	}
}

// Close makes CSV and Parquet files of what stands in journals, as far as the caller
// remembers it.
func (s *Store) Close() error {
	if s.format.convert == nil {
		return nil
	}
	return s.each(func(p market.PurchaseID, j *journal) error {
		if !j.saved || j.rows == 0 {
			return nil
		}
		return s.end(p, j)
	})
}

func (s *Store) each(do func(market.PurchaseID, *journal) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, j := range s.all {
		if err := do(p, j); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) rotate(p market.PurchaseID, j *journal) error {
	full := s.rows > 0 && j.rows >= s.rows
	old := s.every > 0 && j.rows > 0 && s.now().Sub(j.began) >= s.every
	if !j.saved || !full && !old {
		return nil
	}
	return s.end(p, j)
}

// journal finds a purchase's journal, and ends what a crash left half done.
func (s *Store) journal(p market.PurchaseID) (*journal, error) {
	if j := s.all[p]; j != nil {
		return j, nil
	}
	if err := s.finish(p); err != nil {
		return nil, err
	}
	j := &journal{began: s.now()}
	known, err := os.ReadFile(s.recent(p))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	j.recent = strings.Fields(string(known))
	f, err := os.Open(s.open(p))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		defer f.Close()
		if at, err := f.Stat(); err == nil {
			j.began = at.ModTime() // of the last reading: the first may be older
		}
		for _, err := range lines(f) {
			if err != nil {
				return nil, err
			}
			j.rows++
		}
	}
	s.all[p] = j
	return j, nil
}

// end closes a journal: from its renaming on nothing is appended to it, and whatever a
// crash interrupts after that is done again, with the same result.
func (s *Store) end(p market.PurchaseID, j *journal) error {
	open := s.open(p)
	if err := trim(open); err != nil {
		return err
	}
	name, ids, err := s.name(p, open)
	if err != nil {
		return err
	}
	to := s.closing(p)
	if s.format.convert == nil {
		to = name
	}
	j.recent = append(j.recent, ids...)
	j.recent = slices.Clone(j.recent[max(0, len(j.recent)-recentMax):])
	if err := s.replace(s.recent(p), func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(j.recent, "\n"))
		return err
	}); err != nil {
		return err
	}
	if err := errors.Join(os.Rename(open, to), syncDir(s.Dir)); err != nil {
		return fmt.Errorf("close a file of readings: %w", err)
	}
	j.rows = 0
	return s.finish(p)
}

// finish makes a file of the journal that is being closed, if there is one.
func (s *Store) finish(p market.PurchaseID) error {
	closing := s.closing(p)
	if _, err := os.Stat(closing); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if s.format.convert == nil {
		return fmt.Errorf("%w: %s is left of CSV or Parquet files: start once with that format, or take another folder", ErrPlace, filepath.Base(closing))
	}
	name, _, err := s.name(p, closing)
	if err == nil {
		err = s.convert(closing, name)
	}
	if err == nil {
		err = errors.Join(os.Remove(closing), syncDir(s.Dir))
	}
	if err != nil {
		return fmt.Errorf("make a %s file of readings: %w", s.format.name, err)
	}
	return nil
}

// convert makes a file of a journal.
func (s *Store) convert(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return s.replace(to, func(w io.Writer) error { return s.format.convert(in, w) })
}

// replace writes a file beside its place, makes it durable, and puts it there.
func (s *Store) replace(path string, write func(io.Writer) error) error {
	out, err := os.CreateTemp(s.Dir, ".purchase-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // if it is still there
	w := bufio.NewWriterSize(out, 64<<10)
	err = write(w)
	if err := errors.Join(err, w.Flush(), out.Sync(), out.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(out.Name(), path), syncDir(s.Dir))
}

// name of a closed file: seqs of its first and last reading, and the last ids in it. Each
// seq stands in one file only, so that no two have one name.
func (s *Store) name(p market.PurchaseID, journal string) (name string, ids []string, err error) {
	f, err := os.Open(journal)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	first, last := uint64(0), uint64(0)
	n := 0
	for body, err := range lines(f) {
		if err != nil {
			return "", nil, err
		}
		var one struct {
			ID  string
			Seq uint64
		}
		if err := json.Unmarshal(body, &one); err != nil {
			return "", nil, fmt.Errorf("line %d of %s is no reading", n+1, filepath.Base(journal))
		}
		if n++; n == 1 {
			first = one.Seq
		}
		last = one.Seq
		if ids = append(ids, one.ID); len(ids) >= 2*recentMax {
			ids = slices.Clone(ids[recentMax:])
		}
	}
	return s.path(p, fmt.Sprintf("-%012d-%012d.%s", first, last, s.format.name)), ids, nil
}

func idOf(body []byte) string {
	var one struct{ ID string }
	_ = json.Unmarshal(body, &one) // it was verified
	return one.ID
}

// lines gives the whole lines of a journal; a torn one at the end is left out.
func lines(r io.Reader) func(yield func([]byte, error) bool) {
	return func(yield func([]byte, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		for {
			line, err := in.ReadBytes('\n')
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(bytes.TrimSuffix(line, []byte("\n")), err) || err != nil {
				return
			}
		}
	}
}

// trim cuts a torn line off.
func trim(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, end, err := tail(f)
	return errors.Join(err, f.Truncate(end), f.Sync())
}

// appendLines appends what the file does not have yet, durably: after a crash its last
// line may be torn, and its last lines may be of a page that is fetched again.
func appendLines(path string, bodies []string) (n int, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	have, end, err := tail(f)
	if err != nil {
		return 0, err
	}
	if err := f.Truncate(end); err != nil {
		return 0, err
	}
	w := bufio.NewWriter(io.NewOffsetWriter(f, end))
	for _, b := range bodies {
		if !have[b] {
			n++
			_, _ = w.WriteString(b + "\n")
		}
	}
	return n, errors.Join(w.Flush(), f.Sync())
}

// tail reads the whole lines at the end of a file, as many as a page may have, and tells
// where they end.
func tail(f *os.File) (have map[string]bool, end int64, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, err
	}
	from := max(0, size-(8<<20))
	b := make([]byte, size-from)
	if _, err := f.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	have = map[string]bool{}
	for line := range bytes.Lines(b) {
		have[string(bytes.TrimSuffix(line, []byte("\n")))] = true
	}
	return have, from + int64(len(b)), nil
}

// syncDir makes names durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
