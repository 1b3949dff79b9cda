package ledger

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"os"
)

// How bbolt lays a file out (its package internal/common): pages of one size; a page
// begins with its id(8) flags(2) count(2) overflow(4), a branch or leaf page goes on
// with count elements of 16 bytes. Integers have the machine's own order.
const (
	pageSize    = 4096
	pageHeader  = 16
	pageElement = 16

	pageBranch   = 0x01
	pageLeaf     = 0x02
	pageFreelist = 0x10

	leafBucket = 0x01 // the element is a bucket: root(8) sequence(8)

	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSummed  = 56 // bytes of a meta page's body under its checksum

	depthMax = 64 // of a tree; one of a thousand million keys is about eight deep
)

// A file that is closed in order gets a checksum of every page in use, in the half
// of the newest meta page that bbolt neither reads nor keeps when it writes that page again.
// It names the commit it was made after, and says nothing of a file that was written since.
const (
	pageSum   = 2048
	sumMagic  = 0x6462_6461_6f73_6561
	sumLength = 8 + 8 + 4 + 4 // magic, commit, checksum, checksum of these
)

// checkPages walks the trees of a bbolt file and refuses what would hurt the process, or hide
// records, rather than give a wrong value. bbolt believes its page headers: a flipped bit in a
// pointer can send it round in a circle, one in an overflow count can make it list thousands of
// millions of free pages, until memory is used up; one in a count leaves out what stands behind;
// a free page that is in use would be written over. Keys and values it does not look into: of a
// file that was closed in order their checksum is the one it was closed with, and inOrder is true;
// of another whoever opens it reads every record.
func checkPages(path string) (inOrder bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	w, err := walk(f)
	if err != nil {
		return false, err
	}
	sum, inOrder := w.written()
	if inOrder && sum != w.sum {
		return false, fmt.Errorf("%w (it is not as it was when it was closed)", ErrCorrupt)
	}
	return inOrder, nil
}

// sumPages writes the checksum of a file that is closed.
func sumPages(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := walk(f)
	if err != nil {
		return err
	}
	order := binary.BigEndian
	b := order.AppendUint64(make([]byte, 0, sumLength), sumMagic)
	b = order.AppendUint32(order.AppendUint64(b, w.commit), w.sum)
	b = order.AppendUint32(b, crc32.Checksum(b, castagnoli))
	if _, err := f.WriteAt(b, w.sumAt()); err != nil {
		return err
	}
	return f.Sync()
}

// walk walks through a whole file.
func walk(f *os.File) (*pageWalk, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	w := &pageWalk{file: f, pages: uint64(info.Size()) / pageSize}
	root, freelist, err := w.meta()
	if err != nil {
		return nil, err
	}
	w.seen = make([]bool, w.pages)
	if err := w.tree(root, 0, true); err != nil {
		return nil, err
	}
	return w, w.free(freelist)
}

// pageWalk is one walk through a file.
type pageWalk struct {
	file   io.ReaderAt
	pages  uint64 // of the file, then those below the high-water mark
	seen   []bool // pages that are in use
	commit uint64 // the newest
	sum    uint32 // CRC-32C of the pages in use, in the order of the walk
	buffer []byte
}

// sumAt is where the checksum stands: bbolt writes its meta pages in turns.
func (w *pageWalk) sumAt() int64 { return int64(w.commit%2*pageSize + pageSum) }

// written reads the checksum that stands in the file, if there is one of the newest commit. A damaged
// one is none.
func (w *pageWalk) written() (sum uint32, inOrder bool) {
	b := make([]byte, sumLength)
	if _, err := w.file.ReadAt(b, w.sumAt()); err != nil {
		return 0, false
	}
	order := binary.BigEndian
	inOrder = order.Uint64(b) == sumMagic && order.Uint64(b[8:]) == w.commit && order.Uint32(b[20:]) == crc32.Checksum(b[:20], castagnoli)
	return order.Uint32(b[16:]), inOrder
}

// add takes bytes of a page into the checksum.
func (w *pageWalk) add(id, length uint64) error {
	if w.buffer == nil {
		w.buffer = make([]byte, 16*pageSize)
	}
	for at := uint64(0); at < length; {
		b := w.buffer[:min(length-at, uint64(len(w.buffer)))]
		if _, err := w.file.ReadAt(b, int64(id*pageSize+at)); err != nil {
			return damagedPage(id, "cannot be read: %v", err)
		}
		w.sum = crc32.Update(w.sum, castagnoli, b)
		at += uint64(len(b))
	}
	return nil
}

func damagedPage(id uint64, format string, args ...any) error {
	return fmt.Errorf("%w (page %d %s)", ErrCorrupt, id, fmt.Sprintf(format, args...))
}

// read reads n bytes of a page from an offset within it.
func (w *pageWalk) read(id, at, n uint64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := w.file.ReadAt(b, int64(id*pageSize+at)); err != nil {
		return nil, damagedPage(id, "cannot be read: %v", err)
	}
	return b, nil
}

// meta takes the newer of the two meta pages that has its checksum, as bbolt does.
func (w *pageWalk) meta() (root, freelist uint64, err error) {
	order := binary.NativeEndian
	newest, found, high := uint64(0), false, uint64(0)
	for id := range uint64(2) {
		b, err := w.read(id, pageHeader, metaSummed+8)
		if err != nil {
			return 0, 0, err
		}
		sum := fnv.New64a()
		_, _ = sum.Write(b[:metaSummed])
		txid := order.Uint64(b[48:])
		if order.Uint32(b) != metaMagic || order.Uint32(b[4:]) != metaVersion || order.Uint64(b[metaSummed:]) != sum.Sum64() || found && txid < newest {
			continue
		}
		found, newest, w.commit = true, txid, txid
		root, freelist, high = order.Uint64(b[16:]), order.Uint64(b[32:]), order.Uint64(b[40:])
	}
	if !found {
		return 0, 0, fmt.Errorf("%w (neither meta page is whole)", ErrCorrupt)
	}
	if high > w.pages {
		return 0, 0, fmt.Errorf("%w (the file is cut off: it has %d of %d pages)", ErrCorrupt, w.pages, high)
	}
	w.pages = high
	return root, freelist, nil
}

// take reads a page's header and marks what it covers as in use.
func (w *pageWalk) take(id uint64) (flags, count uint16, length uint64, err error) {
	if id < 2 || id >= w.pages {
		return 0, 0, 0, damagedPage(id, "is pointed to and is none of the file's")
	}
	b, err := w.read(id, 0, pageHeader)
	if err != nil {
		return 0, 0, 0, err
	}
	order := binary.NativeEndian
	if own := order.Uint64(b); own != id {
		return 0, 0, 0, damagedPage(id, "says it is %d", own)
	}
	flags, count = order.Uint16(b[8:]), order.Uint16(b[10:])
	last := id + uint64(order.Uint32(b[12:]))
	if last >= w.pages {
		return 0, 0, 0, damagedPage(id, "is longer than the file")
	}
	for n := id; n <= last; n++ {
		if w.seen[n] {
			return 0, 0, 0, damagedPage(n, "is used twice")
		}
		w.seen[n] = true
	}
	length = (last - id + 1) * pageSize
	return flags, count, length, w.add(id, length)
}

// dense makes sure that the elements of a page are all that were written: bbolt writes their
// keys and values one behind the other, the first right behind the last element.
func dense(id uint64, flags uint16, b []byte, length uint64) error {
	order := binary.NativeEndian
	next := uint64(len(b)) // where the next key must be, from the first element on
	for at := 0; at < len(b); at += pageElement {
		e := b[at:]
		var where, size uint64
		if flags == pageLeaf { // flags(4) place(4) key(4) value(4)
			where, size = uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:]))+uint64(order.Uint32(e[12:]))
		} else { // place(4) key(4) page(8)
			where, size = uint64(order.Uint32(e)), uint64(order.Uint32(e[4:]))
		}
		if uint64(at)+where != next || next+size > length {
			return damagedPage(id, "has elements that are not one behind the other")
		}
		next += size
	}
	return nil
}

// tree walks a tree; in the topmost one the leaves hold buckets, each with a tree of
// its own.
func (w *pageWalk) tree(id uint64, depth int, top bool) error {
	flags, count, length, err := w.take(id)
	if err != nil {
		return err
	}
	elements := uint64(count) * pageElement
	switch {
	case flags != pageBranch && flags != pageLeaf:
		return damagedPage(id, "is neither branch nor leaf")
	case pageHeader+elements > length:
		return damagedPage(id, "has more elements than fit")
	case depth >= depthMax:
		return damagedPage(id, "is too deep")
	}
	b, err := w.read(id, pageHeader, elements)
	if err != nil {
		return err
	}
	if err := dense(id, flags, b, length-pageHeader); err != nil || flags == pageLeaf && !top {
		return err
	}
	order := binary.NativeEndian
	for at := uint64(0); at < elements; at += pageElement {
		e := b[at:]
		child := order.Uint64(e[8:])
		if flags == pageLeaf {
			if order.Uint32(e)&leafBucket == 0 {
				continue
			}
			// The bucket's root stands behind the element's key, counted from the element.
			value := pageHeader + at + uint64(order.Uint32(e[4:])) + uint64(order.Uint32(e[8:]))
			if value+16 > length {
				return damagedPage(id, "has a bucket outside of it")
			}
			header, err := w.read(id, value, 8)
			if err != nil {
				return err
			}
			if child = order.Uint64(header); child == 0 { // a small bucket: it lies within this page
				if err := w.inline(id, value+16, uint64(order.Uint32(e[12:])), length); err != nil {
					return err
				}
				continue
			}
		}
		if err := w.tree(child, depth+1, top && flags == pageBranch); err != nil {
			return err
		}
	}
	return nil
}

// inline checks the page of a small bucket, which stands within another from at on, behind
// the 16 bytes of the bucket's own that size counts too. bbolt would go round for ever in
// one that says it is a branch.
func (w *pageWalk) inline(id, at, size, length uint64) error {
	if size < 16+pageHeader || at-16+size > length {
		return damagedPage(id, "has a small bucket that does not fit")
	}
	b, err := w.read(id, at, pageHeader)
	if err != nil {
		return err
	}
	order := binary.NativeEndian
	if order.Uint64(b) != 0 || order.Uint16(b[8:]) != pageLeaf || order.Uint32(b[12:]) != 0 || uint64(order.Uint16(b[10:]))*pageElement > size-16-pageHeader {
		return damagedPage(id, "has a small bucket that is damaged")
	}
	elements, err := w.read(id, at+pageHeader, uint64(order.Uint16(b[10:]))*pageElement)
	if err != nil {
		return err
	}
	return dense(id, pageLeaf, elements, size-16-pageHeader)
}

// free makes sure that no page is free and in use, or free twice.
func (w *pageWalk) free(id uint64) error {
	flags, n, length, err := w.take(id)
	if err != nil {
		return err
	}
	if flags != pageFreelist {
		return damagedPage(id, "is no list of free pages")
	}
	at, count := uint64(pageHeader), uint64(n)
	if n == 0xffff { // the count did not fit: it stands first
		b, err := w.read(id, at, 8)
		if err != nil {
			return err
		}
		at, count = at+8, binary.NativeEndian.Uint64(b)
	}
	if count > w.pages || at+8*count > length {
		return damagedPage(id, "lists more free pages than fit")
	}
	b, err := w.read(id, at, 8*count)
	if err != nil {
		return err
	}
	for ; len(b) > 0; b = b[8:] {
		page := binary.NativeEndian.Uint64(b)
		if page < 2 || page >= w.pages || w.seen[page] {
			return damagedPage(page, "is listed as free and is in use, or is none of the file's")
		}
		w.seen[page] = true
	}
	return nil
}
