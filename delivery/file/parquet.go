package file

import (
	"encoding/binary"
	"io"

	"github.com/golang/snappy"
)

// A Parquet file of flat columns, as parquet-format 2.10 describes it: row groups of column
// chunks, these of data pages (version 1, PLAIN, Snappy), and the metadata at the end in
// Thrift's compact protocol.

// form is what a column holds.
type form struct {
	physical  int32 // of parquet-format's Type
	converted int32 // of its ConvertedType; -1: none
	logical   func(t *thrift)
}

const (
	typeInt32     = 1
	typeInt64     = 2
	typeByteArray = 6
)

var (
	int32s = form{typeInt32, -1, nil}
	int64s = form{typeInt64, -1, nil}
	text   = form{typeByteArray, 0, func(t *thrift) { t.object(1, func() {}) }} // UTF8, STRING
	micros = form{typeInt64, 10, func(t *thrift) {                              // TIMESTAMP_MICROS, TIMESTAMP
		t.object(8, func() {
			t.boolean(1, true) // UTC
			t.object(2, func() { t.object(2, func() {}) })
		})
	}}
)

// column is one of the file. put adds a row's value to a page.
type column struct {
	name     string
	form     form
	optional bool
	put      func(r *row, p *page)
}

// page is what is gathered of a column.
type page struct {
	values      []byte
	there       []bool // whether a row has a value, of an optional column
	rows, nulls int
	low, high   int64 // of integers
	some        bool  // there was one
}

func (p *page) has(value bool) bool {
	p.there = append(p.there, value)
	if !value {
		p.nulls++
	}
	return value
}

func (p *page) text(s string) {
	p.values = append(binary.LittleEndian.AppendUint32(p.values, uint32(len(s))), s...)
}

func (p *page) optional(s string) {
	if p.has(s != "") {
		p.text(s)
	}
}

func (p *page) int64(v int64) {
	p.values = binary.LittleEndian.AppendUint64(p.values, uint64(v))
	p.widen(v)
}

func (p *page) int32(v int32) {
	p.values = binary.LittleEndian.AppendUint32(p.values, uint32(v))
	p.widen(int64(v))
}

func (p *page) widen(v int64) {
	if !p.some {
		p.low, p.high, p.some = v, v, true
	}
	p.low, p.high = min(p.low, v), max(p.high, v)
}

// levels says in runs which rows have a value: RLE of one bit, behind its length.
func (p *page) levels() []byte {
	b := make([]byte, 4)
	for i := 0; i < len(p.there); {
		n := 1
		for i+n < len(p.there) && p.there[i+n] == p.there[i] {
			n++
		}
		b = binary.AppendUvarint(b, uint64(n)<<1)
		if p.there[i] {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
		i += n
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// chunk is a column in the row group under way: its finished pages, and what the metadata
// say of it.
type chunk struct {
	page  page // under way
	pages []byte
	plain int  // bytes of the pages, uncompressed
	total page // without values
}

// end finishes the page under way.
func (c *chunk) end(col *column) {
	p := &c.page
	if p.rows == 0 {
		return
	}
	body := p.values
	if col.optional {
		body = append(p.levels(), p.values...)
	}
	packed := snappy.Encode(nil, body)
	var t thrift
	t.root(func() {
		t.int(1, 0) // DATA_PAGE
		t.int(2, int64(len(body)))
		t.int(3, int64(len(packed)))
		t.object(5, func() {
			t.int(1, int64(p.rows))
			t.int(2, encodingPlain)
			t.int(3, encodingRLE)
			t.int(4, encodingRLE)
		})
	})
	c.pages = append(append(c.pages, t.b...), packed...)
	c.plain += len(t.b) + len(body)
	if p.some {
		c.total.widen(p.low)
		c.total.widen(p.high)
	}
	c.total.rows, c.total.nulls = c.total.rows+p.rows, c.total.nulls+p.nulls
	*p = page{values: p.values[:0], there: p.there[:0]}
}

const (
	encodingPlain = 0
	encodingRLE   = 3
	codecSnappy   = 1

	pageRows = 1000
	magic    = "PAR1"
)

// parquetWriter writes a file.
type parquetWriter struct {
	to      io.Writer
	at      int64
	columns []column
	chunks  []chunk
	rows    int // in the group under way
	all     int64
	groups  []func(t *thrift)
	err     error
}

func newParquet(to io.Writer, columns []column) *parquetWriter {
	w := &parquetWriter{to: to, columns: columns, chunks: make([]chunk, len(columns))}
	w.put([]byte(magic))
	return w
}

func (w *parquetWriter) put(b []byte) {
	if w.err == nil {
		_, w.err = w.to.Write(b)
		w.at += int64(len(b))
	}
}

// write adds a row.
func (w *parquetWriter) write(r *row) error {
	w.rows++
	for i := range w.columns {
		c := &w.chunks[i]
		w.columns[i].put(r, &c.page)
		if c.page.rows++; c.page.rows == pageRows {
			c.end(&w.columns[i])
		}
	}
	if w.rows == rowGroup {
		w.group()
	}
	return w.err
}

// group writes the row group under way.
func (w *parquetWriter) group() {
	if w.rows == 0 {
		return
	}
	var metas []func(t *thrift)
	plain, packed, begins := 0, 0, w.at
	for i := range w.columns {
		col, c := &w.columns[i], &w.chunks[i]
		c.end(col)
		metas = append(metas, meta(col, c.total, w.at, c.plain, len(c.pages)))
		plain, packed = plain+c.plain, packed+len(c.pages)
		w.put(c.pages)
		*c = chunk{page: c.page, pages: c.pages[:0]}
	}
	rows := w.rows
	w.groups = append(w.groups, func(t *thrift) {
		t.objects(1, metas)
		t.long(2, int64(plain))
		t.long(3, int64(rows))
		t.long(5, begins)
		t.long(6, int64(packed))
	})
	w.all, w.rows = w.all+int64(w.rows), 0
}

// meta is a ColumnChunk.
func meta(col *column, total page, at int64, plain, packed int) func(t *thrift) {
	return func(t *thrift) {
		t.long(2, at)
		t.object(3, func() {
			t.int(1, int64(col.form.physical))
			t.ints(2, encodingPlain, encodingRLE)
			t.texts(3, col.name)
			t.int(4, codecSnappy)
			t.long(5, int64(total.rows))
			t.long(6, int64(plain))
			t.long(7, int64(packed))
			t.long(9, at)
			t.object(12, func() {
				t.long(3, int64(total.nulls))
				if total.some {
					t.bytes(5, col.form.bound(total.high))
					t.bytes(6, col.form.bound(total.low))
				}
			})
		})
	}
}

// bound is the least or largest integer of a column as statistics have it.
func (f form) bound(v int64) []byte {
	if f.physical == typeInt32 {
		return binary.LittleEndian.AppendUint32(nil, uint32(v))
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(v))
}

// close writes what is left, and the metadata.
func (w *parquetWriter) close() error {
	w.group()
	var t thrift
	t.root(func() {
		t.int(1, 2) // version
		t.objects(2, w.schema())
		t.long(3, w.all)
		t.objects(4, w.groups)
		t.bytes(6, []byte("dbdao-bridge"))
		orders := make([]func(*thrift), len(w.columns)) // statistics are in the order of the type
		for i := range orders {
			orders[i] = func(t *thrift) { t.object(1, func() {}) }
		}
		t.objects(7, orders)
	})
	w.put(append(binary.LittleEndian.AppendUint32(t.b, uint32(len(t.b))), magic...))
	return w.err
}

// schema is the root and its children.
func (w *parquetWriter) schema() []func(t *thrift) {
	all := []func(t *thrift){func(t *thrift) {
		t.bytes(4, []byte("reading"))
		t.int(5, int64(len(w.columns)))
	}}
	for i := range w.columns {
		col := &w.columns[i]
		all = append(all, func(t *thrift) {
			t.int(1, int64(col.form.physical))
			t.int(3, int64(map[bool]int{false: 0, true: 1}[col.optional]))
			t.bytes(4, []byte(col.name))
			if col.form.converted >= 0 {
				t.int(6, int64(col.form.converted))
			}
			if col.form.logical != nil {
				t.object(10, func() { col.form.logical(t) })
			}
		})
	}
	return all
}

// thrift writes structs in the compact protocol; fields are given in rising order.
type thrift struct {
	b    []byte
	last int16 // field of the struct under way
}

// Wire types of the compact protocol.
const (
	wireTrue   = 1
	wireInt32  = 5
	wireInt64  = 6
	wireBinary = 8
	wireList   = 9
	wireStruct = 12
)

func (t *thrift) root(fields func()) {
	last := t.last
	t.last = 0
	fields()
	t.b = append(t.b, 0)
	t.last = last
}

func (t *thrift) field(id int16, wire byte) { // no struct of the format has a gap of more than 15
	t.b = append(t.b, byte(id-t.last)<<4|wire)
	t.last = id
}

func (t *thrift) int(id int16, v int64)  { t.field(id, wireInt32); t.b = binary.AppendVarint(t.b, v) }
func (t *thrift) long(id int16, v int64) { t.field(id, wireInt64); t.b = binary.AppendVarint(t.b, v) }
func (t *thrift) boolean(id int16, v bool) {
	if v {
		t.field(id, wireTrue)
	} else {
		t.field(id, wireTrue+1)
	}
}

func (t *thrift) bytes(id int16, v []byte) { t.field(id, wireBinary); t.binary(v) }
func (t *thrift) binary(v []byte)          { t.b = append(binary.AppendUvarint(t.b, uint64(len(v))), v...) }

func (t *thrift) object(id int16, fields func()) { t.field(id, wireStruct); t.root(fields) }

func (t *thrift) list(id int16, n int, wire byte) {
	t.field(id, wireList)
	if n < 15 {
		t.b = append(t.b, byte(n)<<4|wire)
		return
	}
	t.b = binary.AppendUvarint(append(t.b, 0xf0|wire), uint64(n))
}

func (t *thrift) objects(id int16, all []func(t *thrift)) {
	t.list(id, len(all), wireStruct)
	for _, one := range all {
		t.root(func() { one(t) })
	}
}

func (t *thrift) ints(id int16, all ...int64) {
	t.list(id, len(all), wireInt32)
	for _, v := range all {
		t.b = binary.AppendVarint(t.b, v)
	}
}

func (t *thrift) texts(id int16, all ...string) {
	t.list(id, len(all), wireBinary)
	for _, v := range all {
		t.binary([]byte(v))
	}
}
