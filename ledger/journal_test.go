package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

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
	if next.turn(&j.recent, false); next.sweeping {
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
	r.layer = newRecent()
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

// opened is a ledger that a test writes to key by key.
func opened(t *testing.T) *Ledger {
	t.Helper()
	l, err := Open(filepath.Join(t.TempDir(), "ledger.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// putKeys changes some parcels in one commit, from one number on.
func (l *Ledger) putKeys(from, n int) error {
	return l.update(func(tx *txn) error {
		for i := from; i < from+n; i++ {
			if err := tx.Bucket(bParcels).Put(fmt.Appendf(nil, "%08d", i), []byte("something")); err != nil {
				return err
			}
		}
		return nil
	}, nil)
}

// However much is written ahead of it in the order of the keys, a sweep ends: until then the
// journal it began with is not emptied, and the other one grows.
func TestASweepOvertakesWhatIsWrittenAheadOfIt(t *testing.T) {
	const each, step = 50, 10
	old := usual
	defer func() { usual = old }()
	usual = pace{chunk: 300, recent: 50_000, logged: 1 << 20, step: step}
	l := opened(t)
	begun, most := -1, 0
	for n := 0; ; n++ {
		if err := l.putKeys(n*each, each); err != nil {
			t.Fatal(err)
		}
		switch sweeping := l.Sweeping(); {
		case begun < 0 && !sweeping:
			most = l.Unswept()
		case begun < 0:
			begun = n
		case !sweeping:
			return
		case n-begun > 2*most/step:
			t.Fatalf("a sweep of %d changes has not ended after %d commits: %d are left", most, n-begun, l.Unswept())
		}
	}
}

// A change that fails takes with it what its commit had swept and changed: what a crash finds
// afterwards is what there was.
func TestAFailedCommitLeavesJournalAndMemoryAsTheyWere(t *testing.T) {
	l := opened(t)
	never := errors.New("never")
	for n := range 60 {
		if err := l.putKeys(n*5, 5); err != nil {
			t.Fatal(err)
		}
		err := l.update(func(tx *txn) error {
			k := fmt.Appendf(nil, "%08d", n*5)
			return errors.Join(tx.Bucket(bParcels).Delete(k), tx.Bucket(bParcels).Put([]byte("no"), k), never)
		}, nil)
		if !errors.Is(err, never) {
			t.Fatal(err)
		}
	}
	count := func(r *recent) (n int) {
		err := l.db.View(func(file *bbolt.Tx) error {
			tx := &txn{file: file, recent: r.layer}
			if tx.Bucket(bParcels).Get([]byte("no")) != nil {
				t.Error("what a failed change wrote is there")
			}
			return tx.Bucket(bParcels).ForEach(func(_, _ []byte) error { n++; return nil })
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(&l.recent); n != 300 {
		t.Errorf("%d of 300 keys are seen", n)
	}
	var after recent // as after a crash now
	err := l.db.View(func(tx *bbolt.Tx) (err error) {
		_, err = after.replay(tx)
		return err
	})
	if n := count(&after); err != nil || n != 300 {
		t.Errorf("%d of 300 keys are found after a crash: %v", n, err)
	}
}

// What makes a commit durable is bbolt's, as long as nobody switches it off.
func TestCommitsAreSynced(t *testing.T) {
	if db := opened(t).db; db.NoSync || db.NoGrowSync || db.NoFreelistSync {
		t.Errorf("NoSync %t, NoGrowSync %t, NoFreelistSync %t", db.NoSync, db.NoGrowSync, db.NoFreelistSync)
	}
}

// A journal that lacks its last record, or is of another turn than the one beside it allows, is refused.
func TestAJournalThatIsNotWholeIsRefused(t *testing.T) {
	for name, damage := range map[string]func(tx *bbolt.Tx, b *bbolt.Bucket, last []byte) error{
		"the last record is missing": func(_ *bbolt.Tx, b *bbolt.Bucket, last []byte) error { return b.Delete(last) },
		"a record of a turn long past": func(tx *bbolt.Tx, b *bbolt.Bucket, last []byte) error {
			_ = b.Delete(last)
			chunk := append([]byte{recordVersion, 0, 0, 0, 0, 0, 0, 0, 1}, room[:]...)
			for _, name := range bJournals {
				if tx.Bucket(name).Sequence() == b.Sequence() {
					return b.Put(last, bind(name, last, chunk))
				}
			}
			return nil
		},
	} {
		l := opened(t)
		for n := 0; n < 20 || !l.journal.sweeping; n++ {
			if err := l.putKeys(n*5, 5); err != nil {
				t.Fatal(err)
			}
		}
		err := l.db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket(l.journal.current())
			last, _ := b.Cursor().Last()
			return damage(tx, b, bytes.Clone(last))
		})
		if err != nil {
			t.Fatal(err)
		}
		err = l.db.View(func(tx *bbolt.Tx) error {
			_, err := new(recent).replay(tx)
			return err
		})
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is read of the file and what is read of the memory over it are of one commit, whatever
// is committed while a view begins and lasts.
func TestFileAndMemoryOfAViewAreOfOneCommit(t *testing.T) {
	l := opened(t)
	k, stop, read := []byte("the same"), make(chan struct{}), make(chan error, 1)
	go func() {
		var err error
		for n := 0; err == nil; n++ {
			select {
			case <-stop:
				read <- nil
				return
			default:
			}
			err = l.view(func(tx *txn) error {
				file := string(tx.Bucket(bTold).Get(k))
				if n%2 == 0 {
					time.Sleep(time.Millisecond)
				}
				if memory := string(tx.Bucket(bParcels).Get(k)); memory != file {
					return fmt.Errorf("a view sees commit %q in the file and %q in memory", file, memory)
				}
				return nil
			})
		}
		read <- err
	}()
	for n := range 150 {
		err := l.update(func(tx *txn) error {
			v := fmt.Append(nil, n)
			return errors.Join(tx.Bucket(bTold).Put(k, v), tx.Bucket(bParcels).Put(k, v))
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-read; err != nil {
		t.Error(err)
	}
}
