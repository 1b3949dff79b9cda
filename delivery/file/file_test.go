package file

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/parquet-go/parquet-go"
)

// readerRow is a row for another maker's reader.
type readerRow struct {
	ID       string `parquet:"id"`
	Stream   int64  `parquet:"stream"`
	Purchase int64  `parquet:"purchase"`
	Seq      int64  `parquet:"seq"`
	Prev     string `parquet:"prev"`
	Dev      string `parquet:"dev"`
	FCnt     *int64 `parquet:"f_cnt"`
	FPort    *int32 `parquet:"f_port"`
	Received int64  `parquet:"received,optional,timestamp(microsecond)"`
	Time     int64  `parquet:"time,optional,timestamp(microsecond)"`
	Values   string `parquet:"values,optional"`
	SenML    string `parquet:"senml,optional"`
	Link     string `parquet:"link,optional"`
	Data     string `parquet:"data,optional"`
	Body     string `parquet:"body"`
}

func bodies(p market.PurchaseID, from, n int) []string {
	all := make([]string, n)
	for i, one := range sinktest.Parcels(p, from, n) {
		all[i] = string(one.Body)
	}
	return all
}

// held reads every closed and open file of a purchase, in order of their names, and gives
// the readings as they stand there.
func held(t *testing.T, s *Store, p market.PurchaseID) (all []string) {
	t.Helper()
	names, err := filepath.Glob(s.path(p, "-*."+s.format.name))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		switch s.format.name {
		case "ndjson":
			all = append(all, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
		case "parquet":
			rows, err := parquet.Read[readerRow](bytes.NewReader(text), int64(len(text)))
			if err != nil {
				t.Fatalf("%s: %v", filepath.Base(name), err)
			}
			for _, r := range rows {
				all = append(all, r.Body)
			}
		case "csv":
			rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			if err != nil || strings.Join(rows[0], ",") != "id,stream,purchase,seq,prev,dev,f_cnt,f_port,received,time,values,senml,link,data" {
				t.Fatalf("%s: %v %v", filepath.Base(name), rows[0], err)
			}
			for _, r := range rows[1:] {
				all = append(all, r[0])
			}
		}
	}
	if text, err := os.ReadFile(s.open(p)); err == nil && len(text) > 0 {
		for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
			if s.format.name == "csv" {
				var one struct{ ID string }
				_ = json.Unmarshal([]byte(line), &one)
				line = one.ID
			}
			all = append(all, line)
		}
	}
	return all
}

func open(t *testing.T, place string) *Store {
	t.Helper()
	s, err := Open(place)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryFormatHoldsEverythingOnceAndRotates(t *testing.T) {
	for name, files := range map[string]int{"ndjson": 2, "csv": 3, "parquet": 3} {
		s := open(t, t.TempDir()+"?format="+name+"&rows=100")
		want := bodies(3, 0, 250)
		for page := range slices.Chunk(want, 50) {
			for range 2 { // the same page again, as after a crash before it was remembered
				if err := s.Append(3, page); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Saved(3); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Append(4, bodies(4, 0, 5)); err != nil { // not remembered: it stays open
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		closed, _ := filepath.Glob(s.path(3, "-*."+name))
		if len(closed) != files || filepath.Base(closed[0]) != "purchase-3-000000000000-000000000099."+name {
			t.Errorf("%s: files %v", name, closed)
		}
		if name == "csv" {
			for i, one := range sinktest.Parcels(3, 0, 250) {
				want[i] = string(one.ID)
			}
		}
		if got := held(t, s, 3); !slices.Equal(got, want) {
			t.Errorf("%s: %d readings of %d, the first %q", name, len(got), len(want), got[:min(1, len(got))])
		}
		if text, err := os.ReadFile(s.open(4)); err != nil || bytes.Count(text, []byte("\n")) != 5 {
			t.Errorf("%s: what the caller does not remember was closed: %v", name, err)
		}
		if rest, _ := filepath.Glob(s.Dir + "/.*"); len(rest) > 0 {
			t.Errorf("%s: left behind: %v", name, rest)
		}
	}
}

func TestAFileIsClosedByItsAge(t *testing.T) {
	s := open(t, t.TempDir()+"?format=parquet&every=1h")
	now := time.Now()
	s.now = func() time.Time { return now }
	add := func(from int) {
		if err := errors.Join(s.Append(1, bodies(1, from, 10)), s.Saved(1)); err != nil {
			t.Fatal(err)
		}
	}
	closed := func() int { all, _ := filepath.Glob(s.path(1, "-*.parquet")); return len(all) }
	add(0)
	now = now.Add(59 * time.Minute)
	add(10)
	if closed() != 0 {
		t.Fatal("it was closed before it was old")
	}
	now = now.Add(2 * time.Minute)
	if err := s.each(s.rotate); err != nil || closed() != 1 {
		t.Fatalf("an hour old: %d closed, %v", closed(), err)
	}
	add(20)
	if err := s.each(s.rotate); err != nil || closed() != 1 {
		t.Errorf("the next one began with the former's age: %v", err)
	}
}

// The columns are what they say, whatever a reading holds.
func TestAParquetRowIsItsReading(t *testing.T) {
	body := `{"id":"msg_X","stream":7,"purchase":3,"seq":4294967295,"prev":"0x01","dev":"0x02","f_cnt":0,"f_port":0,"received":"2026-09-10T07:14:22Z","time":"2026-09-10T07:14:21.384670565Z",` +
		`"values":{"t":21.50,"é":[1,null]},"senml":[{"n":"t","v":1e400}],"data":"00ff"}`
	odd := `{"id":"msg_Y","seq":1,"f_port":"none","received":"yesterday","values":null,"new":{"a":1}}`
	var out bytes.Buffer
	if err := writeParquet(strings.NewReader(body+"\n"+odd+"\n{\"torn"), &out); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[readerRow](bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	r := rows[0]
	if r.ID != "msg_X" || r.Stream != 7 || r.Purchase != 3 || r.Seq != 4294967295 || r.Prev != "0x01" || r.Dev != "0x02" || *r.FCnt != 0 || *r.FPort != 0 ||
		time.UnixMicro(r.Received).UTC().Format(time.RFC3339Nano) != "2026-09-10T07:14:22Z" || time.UnixMicro(r.Time).UTC().Format(time.RFC3339Nano) != "2026-09-10T07:14:21.38467Z" ||
		r.Values != `{"t":21.50,"é":[1,null]}` || r.SenML != `[{"n":"t","v":1e400}]` || r.Link != "" || r.Data != "00ff" || r.Body != body {
		t.Errorf("%+v", r)
	}
	if r := rows[1]; r.ID != "msg_Y" || r.FPort != nil || r.FCnt != nil || r.Received != 0 || r.Time != 0 || r.Values != "" || r.Body != odd {
		t.Errorf("%+v", r)
	}
	file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || !strings.Contains(file.Schema().String(), "optional int64 received (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS))") ||
		!strings.Contains(file.Schema().String(), "required binary body (STRING)") || !strings.Contains(file.Schema().String(), "optional binary values (STRING)") {
		t.Errorf("%v\n%s", err, file.Schema())
	}
}

// Several row groups and pages, with columns that are null for stretches, for ever, and never.
func TestALongParquetFileIsReadByAnother(t *testing.T) {
	const n = 2*rowGroup + pageRows + 7
	var in bytes.Buffer
	for i := range n {
		fmt.Fprintf(&in, `{"id":"msg_%d","stream":1,"purchase":2,"seq":%d,"prev":"0x%d","dev":"0xdev"`, i, i, i)
		if i%3 != 0 && i/1500%2 == 0 {
			fmt.Fprintf(&in, `,"f_cnt":%d,"f_port":%d,"time":"2026-01-02T03:04:%02dZ"`, 4_000_000_000+i, i%224, i%60)
		}
		in.WriteString("}\n")
	}
	want := strings.Split(strings.TrimSuffix(in.String(), "\n"), "\n")
	var out bytes.Buffer
	if err := writeParquet(&in, &out); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[readerRow](bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || len(rows) != n {
		t.Fatalf("%d rows of %d, %v", len(rows), n, err)
	}
	for i, r := range rows {
		there := i%3 != 0 && i/1500%2 == 0
		if r.Body != want[i] || r.Seq != int64(i) || (r.FCnt != nil) != there || there && (*r.FCnt != 4_000_000_000+int64(i) || *r.FPort != int32(i%224) || r.Time == 0) || r.Values != "" {
			t.Fatalf("row %d: %+v", i, r)
		}
	}
	file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || file.NumRows() != n || len(file.RowGroups()) != 3 {
		t.Fatalf("%v: %d rows", err, file.NumRows())
	}
	seq, f := file.Metadata().RowGroups[1].Columns[3].MetaData, file.Metadata().RowGroups[1].Columns[6].MetaData
	if low, high := binary.LittleEndian.Uint64(seq.Statistics.MinValue), binary.LittleEndian.Uint64(seq.Statistics.MaxValue); low != rowGroup || high != 2*rowGroup-1 || seq.Statistics.NullCount != 0 {
		t.Errorf("seq of the second group: %d to %d, %d null", low, high, seq.Statistics.NullCount)
	}
	if f.Statistics.NullCount < rowGroup/2 || f.NumValues != rowGroup || file.Metadata().RowGroups[0].TotalByteSize < 500_000 {
		t.Errorf("f_cnt: %d null of %d", f.Statistics.NullCount, f.NumValues)
	}
}

func TestWhatACrashLeftIsFinished(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir+"?format=parquet&rows=10")
	want := bodies(1, 0, 10)
	text := strings.Join(want, "\n") + "\n"
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, want []string) {
		t.Helper()
		if got := held(t, s, 1); !slices.Equal(got, want) {
			t.Errorf("%s: %d readings, want %d", what, len(got), len(want))
		}
		if _, err := os.Stat(s.closing(1)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the journal is still being closed", what)
		}
		s = open(t, dir+"?format=parquet&rows=10")
	}
	write(s.closing(1), text) // renamed, and no more
	if err := s.Append(1, nil); err != nil {
		t.Fatal(err)
	}
	check("before the file was made", want)
	write(s.closing(1), text) // made, and the journal not removed
	if err := s.Saved(1); err != nil {
		t.Fatal(err)
	}
	check("after it", want)
	write(s.open(1), bodies(1, 10, 1)[0]+"\n"+`{"id":"to`) // torn while appending
	if err := s.Append(1, bodies(1, 10, 3)); err != nil {
		t.Fatal(err)
	}
	check("a torn line", append(want, bodies(1, 10, 3)...))
	write(s.open(1), strings.Join(bodies(1, 10, 3), "\n")+"\n"+`{"id":"to`) // torn, and nothing comes
	if err := s.Saved(1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check("a torn line that does not come again", append(want, bodies(1, 10, 3)...))
	if err := errors.Join(s.Append(1, bodies(1, 10, 4)), s.Saved(1)); err != nil { // a page that was closed already
		t.Fatal(err)
	}
	check("readings of closed files, shown again", append(want, bodies(1, 10, 4)...))
	write(s.closing(1), text)
	if _, err := open(t, dir).journal(1); !errors.Is(err, ErrPlace) {
		t.Errorf("another format: %v", err)
	}
}

func TestAPlaceIsRefusedWithASentence(t *testing.T) {
	for place, says := range map[string]string{
		"": "DIR", "?format=csv": "DIR", "x?format=xml": "ndjson, csv or parquet", "x?rows=0": "rows", "x?rows=many": "rows", "x?every=10ms": "every", "x?every=day": "every", "x?compress=1": "no option", "x?%zz": "DIR",
	} {
		if _, err := Open(place); !errors.Is(err, ErrPlace) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", place, err)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a folder was made for a place that was refused")
	}
}

// child is what receive does, pages of five: append, remember, say so. It is killed.
func TestChild(t *testing.T) {
	place, mark := os.Getenv("DBDAO_TEST_PLACE"), os.Getenv("DBDAO_TEST_MARK")
	if place == "" {
		t.Skip("it is another test's")
	}
	s := open(t, place)
	for {
		n := 0
		if text, err := os.ReadFile(mark); err == nil {
			_, _ = fmt.Sscan(string(text), &n)
		}
		if n >= killReadings {
			break
		}
		if err := s.Append(1, bodies(1, n, 5)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.WriteFile(mark+".new", fmt.Append(nil, n+5), 0o600), os.Rename(mark+".new", mark)); err != nil {
			t.Fatal(err)
		}
		if err := s.Saved(1); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

const killReadings = 600

// SIGKILL at any moment loses nothing and doubles nothing, in any format.
func TestKilledAnywhereItHoldsEverythingOnce(t *testing.T) {
	for _, name := range []string{"parquet", "csv", "ndjson"} {
		place, mark := t.TempDir()+"?format="+name+"&rows=12", filepath.Join(t.TempDir(), "mark")
		kills, most := 0, 6
		if servers.Long() {
			most = 60
		}
		for ended := false; !ended; {
			c := exec.Command(os.Args[0], "-test.run=^TestChild$")
			c.Env = append(os.Environ(), "DBDAO_TEST_PLACE="+place, "DBDAO_TEST_MARK="+mark)
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, &out
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			after := time.Duration(1+rand.IntN(60)) * time.Millisecond
			if kills >= most {
				after = time.Minute // let it end
			}
			kill := time.AfterFunc(after, func() { _ = c.Process.Kill() })
			err := c.Wait()
			kill.Stop()
			switch {
			case err == nil:
				ended = true
			case c.ProcessState.ExitCode() >= 0:
				t.Fatalf("%v: %s", err, out.String())
			default:
				kills++
			}
		}
		s := open(t, place)
		got := held(t, s, 1)
		want := bodies(1, 0, killReadings)
		if name == "csv" {
			for i, one := range sinktest.Parcels(1, 0, killReadings) {
				want[i] = string(one.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s, killed %d times: %d readings of %d, %d of them different", name, kills, len(got), len(want), len(slices.Compact(slices.Sorted(slices.Values(got)))))
		}
		t.Logf("%s: killed %d times", name, kills)
	}
}
