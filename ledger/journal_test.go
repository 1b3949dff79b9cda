package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// journaled is a file with nothing but the hot buckets and the journal, driven as the
// ledger drives it, beside what it should hold in plain maps.
type journaled struct {
	t      *rapid.T
	db     *bbolt.DB
	recent recent
	j      journal
	chunks [][]byte
	want   [len(hot)]map[string]string
}

func (j *journaled) check(err error) {
	if err != nil {
		j.t.Helper()
		j.t.Fatal(err)
	}
}

// commit changes some keys, and keeps it or not.
func (j *journaled) commit(keep bool) {
	file, err := j.db.Begin(true)
	j.check(err)
	defer func() { _ = file.Rollback() }()
	next := j.j
	var done []swept
	if next.turn(&j.recent); next.sweeping {
		done, err = next.sweep(file, j.recent.layer, rapid.IntRange(0, 4).Draw(j.t, "step"))
		j.check(err)
	}
	tx := &txn{file: file, recent: j.recent.layer, own: new(layer)}
	want := j.want
	for i := range want {
		want[i] = maps.Clone(want[i])
	}
	for range rapid.IntRange(1, 12).Draw(j.t, "changes") {
		i := rapid.IntRange(0, len(hot)-1).Draw(j.t, "bucket")
		k := fmt.Sprintf("key%d", rapid.IntRange(0, 9).Draw(j.t, "key"))
		if rapid.Bool().Draw(j.t, "delete") {
			j.check(tx.Bucket(hot[i]).Delete([]byte(k)))
			delete(want[i], k)
		} else {
			v := rapid.StringN(1, 60, 60).Draw(j.t, "value")
			j.check(tx.Bucket(hot[i]).Put([]byte(k), []byte(v)))
			want[i][k] = v
		}
		j.compare(tx, i, want[i])
	}
	if !keep {
		return
	}
	n, err := next.write(file, tx.own, &j.chunks)
	j.check(err)
	j.check(file.Commit())
	if j.j = next; len(done) > 0 {
		for _, one := range done {
			j.recent.drop(one)
		}
	}
	for i := range tx.own {
		tx.own[i].Scan(func(k string, c change) bool { j.recent.set(i, k, c); return true })
	}
	j.recent.logged += n
	j.want = want
}

// compare holds what a transaction sees of a bucket, each way, against the map.
func (j *journaled) compare(tx *txn, i int, want map[string]string) {
	j.t.Helper()
	keys := slices.Sorted(maps.Keys(want))
	b := tx.Bucket(hot[i])
	for n := range 10 {
		k := fmt.Sprintf("key%d", n)
		v, there := want[k]
		if got := b.Get([]byte(k)); (got != nil) != there || there && string(got) != v {
			j.t.Fatalf("%s/%s is %q, want %q", hot[i], k, got, v)
		}
	}
	c := b.Cursor()
	var up, down []string
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if up = append(up, string(k)); string(v) != want[string(k)] {
			j.t.Fatalf("the cursor gives %s/%s as %q", hot[i], k, v)
		}
	}
	for k, _ := c.Last(); k != nil; k, _ = c.Prev() {
		down = append(down, string(k))
	}
	slices.Reverse(down)
	if !slices.Equal(up, keys) || !slices.Equal(down, keys) {
		j.t.Fatalf("%s: upwards %v, downwards %v, want %v", hot[i], up, down, keys)
	}
	seek := fmt.Sprintf("key%d", rapid.IntRange(0, 9).Draw(j.t, "seek"))
	at, _ := slices.BinarySearch(keys, seek)
	k, _ := c.Seek([]byte(seek))
	if at < len(keys) && string(k) != keys[at] || at == len(keys) && k != nil {
		j.t.Fatalf("seek %s in %v gives %s", seek, keys, k)
	}
	if k != nil { // to and fro
		for _, step := range rapid.SliceOfN(rapid.Bool(), 0, 5).Draw(j.t, "steps") {
			if step {
				k, _ = c.Next()
				at++
			} else {
				k, _ = c.Prev()
				at--
			}
			if at < 0 || at >= len(keys) {
				if k != nil {
					j.t.Fatalf("step beyond the end of %v gives %s", keys, k)
				}
				return
			}
			if string(k) != keys[at] {
				j.t.Fatalf("a step in %v gives %s, want %s", keys, k, keys[at])
			}
		}
	}
}

// reopen reads the journal again, as after a crash.
func (j *journaled) reopen() {
	j.check(j.db.View(func(tx *bbolt.Tx) (err error) {
		j.j, err = j.recent.replay(tx)
		return err
	}))
}

func TestTheJournalOverTheFileIsAsOneTree(t *testing.T) {
	old := usual
	defer func() { usual = old }()
	usual = pace{chunk: 100, recent: 1_500, logged: 4_000, step: 1}
	dir, files := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		files++
		db, err := bbolt.Open(filepath.Join(dir, fmt.Sprint(files)), 0o600, &bbolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		j := &journaled{t: t, db: db}
		for i := range j.want {
			j.want[i] = map[string]string{}
		}
		j.check(db.Update(func(tx *bbolt.Tx) error {
			var all error
			for _, b := range append(slices.Clone(hot[:]), bJournals[0], bJournals[1]) {
				_, err := tx.CreateBucket(b)
				all = errors.Join(all, err)
			}
			return all
		}))
		j.reopen()
		for range rapid.IntRange(1, 40).Draw(t, "commits") {
			j.commit(rapid.IntRange(0, 5).Draw(t, "keep") > 0)
			if rapid.IntRange(0, 4).Draw(t, "reopen") == 0 {
				j.reopen()
			}
		}
		j.check(db.View(func(tx *bbolt.Tx) error {
			for i := range j.want {
				j.compare(&txn{file: tx, recent: j.recent.layer}, i, j.want[i])
			}
			return nil
		}))
	})
}

// A view begun before a commit sees nothing of it, however long it lasts.
func TestAViewIsOfOneMoment(t *testing.T) {
	var r recent
	r.layer = new(layer)
	r.set(0, "a", change{value: []byte("1")})
	before := r.copy()
	for i := range 200 {
		r.set(0, fmt.Sprint("k", i), change{value: []byte("2")})
	}
	r.set(0, "a", change{value: []byte("3")})
	if c, _ := before[0].Get("a"); before[0].Len() != 1 || !bytes.Equal(c.value, []byte("1")) {
		t.Errorf("%d keys, a is %s", before[0].Len(), c.value)
	}
}
