package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"go.etcd.io/bbolt"
)

const pageSize = 4096

// pagesOf lists a file's pages of a kind, by bbolt's own account.
func pagesOf(t *testing.T, path string, kinds ...string) (pages []int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	ok(t, err)
	defer db.Close()
	ok(t, db.View(func(tx *bbolt.Tx) error {
		for id := 2; ; id++ {
			p, err := tx.Page(id)
			if err != nil || p == nil {
				return err
			}
			if slices.Contains(kinds, p.Type) {
				pages = append(pages, id)
			}
			id += p.OverflowCount
		}
	}))
	return pages
}

// A page header that lies is refused when the file is opened: bbolt would go round in
// circles, or list pages until memory is used up.
func TestAPageHeaderThatLiesIsRefused(t *testing.T) {
	path, _ := filled(t)
	whole, err := os.ReadFile(path)
	ok(t, err)
	used, lists := pagesOf(t, path, "branch", "leaf"), pagesOf(t, path, "freelist")
	if len(used) < 12 || len(lists) != 1 {
		t.Fatalf("%d pages are in use, %d list free ones: the test shows nothing", len(used), len(lists))
	}
	for page := range 2 { // without its checksum, as a crash leaves it: what is found is found by the pages
		clear(whole[page*pageSize+pageSize/2:][:64])
	}
	n := 0
	refuses := func(what string, page int, damage func(b []byte)) {
		t.Helper()
		damaged := append([]byte(nil), whole...)
		damage(damaged[page*pageSize:][:pageSize])
		path := fmt.Sprintf("%s.%d", path, n)
		n++
		ok(t, os.WriteFile(path, damaged, 0o600))
		l, err := ledger.Open(path, ledgertest.Options())
		if !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("page %d, %s: %v", page, what, err)
		}
		if err == nil {
			_ = l.Close()
		}
		ok(t, os.Remove(path))
	}
	order := binary.NativeEndian
	branches := 0
	for _, page := range used {
		refuses("longer by a million pages", page, func(b []byte) { order.PutUint32(b[12:], order.Uint32(b[12:])^1<<20) })
		refuses("longer by one", page, func(b []byte) { order.PutUint32(b[12:], order.Uint32(b[12:])^1) })
		refuses("another id", page, func(b []byte) { b[0] ^= 4 })
		refuses("another kind", page, func(b []byte) { b[8] = 0x10 })
		if count := order.Uint16(whole[page*pageSize+10:]); count > 0 {
			refuses("one element less", page, func(b []byte) { order.PutUint16(b[10:], count-1) })
		}
		if order.Uint16(whole[page*pageSize+8:]) == 0x01 {
			branches++
			refuses("a child that is itself", page, func(b []byte) { order.PutUint64(b[16+8:], uint64(page)) })
			refuses("a child beyond the file", page, func(b []byte) { order.PutUint64(b[16+8:], 1<<40) })
		}
	}
	if branches == 0 {
		t.Error("no tree of the file has a branch: the test shows less than it says")
	}
	small := smallBucket(t, whole, used)
	refuses("a small bucket that is a branch", small/pageSize, func(b []byte) { b[small%pageSize+8] ^= 0x03 })
	refuses("a small bucket of too many keys", small/pageSize, func(b []byte) { order.PutUint16(b[small%pageSize+10:], 9) })
	refuses("a page in use is listed as free", lists[0], func(b []byte) { order.PutUint64(b[16:], uint64(used[0])) })
	refuses("more free pages than fit", lists[0], func(b []byte) { order.PutUint16(b[10:], 0xfffe) })
	ok(t, os.WriteFile(path, whole, 0o600))
	l, err := ledger.Open(path, ledgertest.Options()) // and the file itself opens
	ok(t, err)
	ledgertest.Close(t, l)
}

// smallBucket finds the page of an empty bucket, within that of all buckets: the journals of
// a file closed in order are empty.
func smallBucket(t *testing.T, whole []byte, used []int) int {
	t.Helper()
	name := []byte("journal0")
	for at := 0; ; at++ {
		i := bytes.Index(whole[at:], name)
		if i < 0 {
			t.Fatal("no small bucket: the test shows nothing")
		}
		at += i
		if page := at + len(name) + 16; bytes.Equal(whole[at+len(name):][:16], make([]byte, 16)) && whole[page+8] == 0x02 && slices.Contains(used, at/pageSize) {
			return page
		}
	}
}

// bbolt follows the list of free pages while it opens a file to write: one that claims to have
// more pages than there is memory for would end the process.
func TestALyingListOfFreePagesIsRefusedBeforeItIsFollowed(t *testing.T) {
	path, _ := filled(t)
	whole, err := os.ReadFile(path)
	ok(t, err)
	lists := pagesOf(t, path, "freelist")
	if len(lists) != 1 {
		t.Fatalf("%d pages list free ones", len(lists))
	}
	list := whole[lists[0]*pageSize:][:pageSize]
	binary.NativeEndian.PutUint16(list[10:], 0xffff) // the count stands first
	for _, count := range []uint64{1 << 20, 1 << 44} {
		binary.NativeEndian.PutUint64(list[16:], count)
		for name, open := range map[string]func(path string) error{
			"Open":         func(path string) error { _, err := ledger.Open(path, ledgertest.Options()); return err },
			"Pinned":       func(path string) error { _, _, _, err := ledger.Pinned(path); return err },
			"LookAt":       func(path string) error { _, err := ledger.LookAt(path); return err },
			"MarkRestored": func(path string) error { return ledger.MarkRestored(path, time.Now()) },
		} {
			path := fmt.Sprintf("%s.%s%d", path, name, count)
			ok(t, os.WriteFile(path, whole, 0o600))
			for range 2 { // and it is not left locked
				if err := open(path); !errors.Is(err, ledger.ErrCorrupt) || !strings.Contains(err.Error(), "free pages") {
					t.Errorf("%s, %d pages: %v", name, count, err)
				}
			}
		}
	}
}
