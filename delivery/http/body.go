package http

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// encoder appends the body of a request and gives the headers that belong to it. What it
// has written stands in b alone; it asks batch.Room as it goes on.
type encoder func(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error)

// form is a body there is. A single one holds one reading; instead names the form of it
// that holds many.
type form struct {
	encode  encoder
	single  bool
	instead string
}

var encoders = map[string]form{
	"json":               {encodeJSON, true, "json_array or ndjson"},
	"json_array":         {encodeArray, false, ""},
	"ndjson":             {encodeLines, false, ""},
	"csv":                {encodeCSV, false, ""},
	"influx":             {encodeInflux, false, ""},
	"cloudevents":        {encodeEvent, true, "cloudevents_batch"},
	"cloudevents_binary": {encodeBinaryEvent, true, "cloudevents_batch"},
	"cloudevents_batch":  {encodeEvents, false, ""},
	"template":           {encodeTemplate, false, ""},
}

func encoderNames() string { return strings.Join(slices.Sorted(maps.Keys(encoders)), ", ") }

// kind is the Content-Type header, unless the buyer wants another.
func (t *target) kind(usual string) [2]string {
	if t.ContentType != "" {
		usual = t.ContentType
	}
	return [2]string{"Content-Type", usual}
}

func encodeJSON(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error) {
	b = append(b, batch.Parcels[0].Body...)
	return b, [][2]string{t.kind("application/json")}, batch.Room(ctx, len(b))
}

func encodeArray(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error) {
	b = append(b, '[')
	for i := range batch.Parcels {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, batch.Parcels[i].Body...)
		if err := batch.Room(ctx, len(b)); err != nil {
			return b, nil, err
		}
	}
	return append(b, ']'), [][2]string{t.kind("application/json")}, nil
}

func encodeLines(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error) {
	for i := range batch.Parcels {
		b = append(append(b, batch.Parcels[i].Body...), '\n')
		if err := batch.Room(ctx, len(b)); err != nil {
			return b, nil, err
		}
	}
	return b, [][2]string{t.kind("application/x-ndjson")}, nil
}

// reading is a parcel's body, taken apart.
type reading map[string]any

var errBody = errors.New("the reading cannot be written in this form")

func readingOf(p *delivery.Parcel) (r reading, err error) {
	d := json.NewDecoder(bytes.NewReader(p.Body))
	d.UseNumber()
	if d.Decode(&r) != nil {
		return nil, errBody
	}
	return r, nil
}

// at follows dots; a member whose name has dots is found too.
func (r reading) at(path string) (any, bool) {
	var v any = map[string]any(r)
	for path != "" {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[path]; ok {
			return v, true
		}
		head, rest, _ := strings.Cut(path, ".")
		if v, ok = m[head]; !ok {
			return nil, false
		}
		path = rest
	}
	return v, true
}

func (r reading) text(path string) string {
	v, ok := r.at(path)
	if !ok {
		return ""
	}
	return textOf(v)
}

// textOf is a value without quotes, if it is text or a number; else its JSON.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return string(jsonOf(v))
}

func jsonOf(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil { // cannot happen: it was JSON
		return []byte("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// columns of a CSV body, unless the buyer names others.
var columns = []string{"id", "stream", "purchase", "seq", "prev", "dev", "f_cnt", "f_port", "received", "time", "values", "senml", "link", "data"}

func encodeCSV(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error) {
	buf := bytes.NewBuffer(b)
	w := NewCSV(buf, t.Columns)
	room := func(more int) error { return batch.Room(ctx, buf.Len()+more) }
	for i := range batch.Parcels {
		if err := w.write(batch.Parcels[i].Body, room); err != nil {
			return buf.Bytes(), nil, err
		}
	}
	_ = w.Flush() // into memory: it cannot fail
	return buf.Bytes(), [][2]string{t.kind("text/csv; charset=utf-8; header=present")}, nil
}

// encodeInflux writes a line of line protocol for each reading: tags stream, purchase and
// dev; fields f_cnt, f_port, seq, id, prev, received and data, and every number, text and
// truth of values, senml and link, under its path with dots; the time of reception. The
// same reading gives the same point, which overwrites itself.
func encodeInflux(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error) {
	measurement := t.Measurement
	if measurement == "" {
		measurement = "reading"
	}
	l := line{batch: &batch, ctx: ctx, b: b}
	for i := range batch.Parcels {
		r, err := readingOf(&batch.Parcels[i])
		if err == nil {
			err = l.point(measurement, r)
		}
		if err != nil {
			return l.b, nil, err
		}
	}
	return l.b, [][2]string{t.kind("text/plain; charset=utf-8")}, nil
}

// line writes line protocol. After an error it writes no more.
type line struct {
	batch *delivery.Batch
	ctx   context.Context
	b     []byte
	err   error
}

// point writes a reading.
func (l *line) point(measurement string, r reading) error {
	b := escape(l.b, measurement, ", ")
	for _, tag := range []string{"dev", "purchase", "stream"} {
		if v := r.text(tag); v != "" {
			b = append(append(append(b, ','), tag...), '=')
			b = escape(b, v, ",= ")
		}
	}
	b = append(append(append(b, " f_cnt="...), r.text("f_cnt")...), 'i')
	for _, name := range []string{"f_port", "seq"} {
		if v := r.text(name); v != "" {
			b = append(append(append(append(append(b, ','), name...), '='), v...), 'i')
		}
	}
	for _, name := range []string{"id", "prev", "received", "data"} {
		if v := r.text(name); v != "" {
			b = appendQuoted(append(append(append(b, ','), name...), '='), v)
		}
	}
	l.b = b
	l.values(r["values"])
	l.fields("senml", r["senml"])
	l.fields("link", r["link"])
	at, ok := moment(r.text("time"))
	if !ok {
		at, ok = moment(r.text("received"))
	}
	if l.err == nil && !ok {
		l.err = errBody
	}
	l.b = append(strconv.AppendInt(append(l.b, ' '), at, 10), '\n')
	return l.err
}

// moment is a time in nanoseconds since 1970, which has room for the years 1678 to 2261.
func moment(text string) (int64, bool) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if year := at.UTC().Year(); err != nil || year < 1678 || year > 2261 {
		return 0, false
	}
	return at.UnixNano(), true
}

// values writes the values under their own names, unless a member of the reading has the
// name, or the time of the point.
func (l *line) values(values any) {
	all, ok := values.(map[string]any)
	if !ok {
		l.fields("", values)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		path := name
		switch first, _, _ := strings.Cut(name, "."); first {
		case "f_cnt", "f_port", "seq", "id", "prev", "received", "data", "senml", "link", "time":
			path = "values." + name
		}
		if name != "" {
			l.fields(path, all[name])
		}
	}
}

func (l *line) fields(path string, v any) {
	if l.err == nil {
		l.err = l.batch.Room(l.ctx, len(l.b)+len(path))
	}
	if l.err != nil {
		return
	}
	under := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	name := path
	if path == "" {
		name = "value"
	}
	key := func() []byte { return append(escape(append(l.b, ','), name, ",= "), '=') }
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if k != "" {
				l.fields(under(k), v[k])
			}
		}
	case []any:
		for i, one := range v {
			l.fields(under(strconv.Itoa(i)), one)
		}
	case json.Number:
		if f, err := v.Float64(); err == nil {
			l.b = strconv.AppendFloat(key(), f, 'g', -1, 64)
		}
	case bool:
		l.b = strconv.AppendBool(key(), v)
	case string:
		l.b = appendQuoted(key(), v)
	}
}

// escape writes a name or tag of line protocol, which has no form for line ends.
func escape(b []byte, s, special string) []byte {
	for _, c := range []byte(s) {
		switch {
		case c == '\n' || c == '\r' || c == '\\' || c == '"':
			c = '_' // a backslash at the end would escape what follows, and readers differ about quotes
		case strings.IndexByte(special, c) >= 0:
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return b
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, c := range []byte(s) {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// EventType is the type attribute of CloudEvents.
const EventType = "com.databrokerdao.reading.v1"

// event gives the attributes of a reading's CloudEvent, in a fixed order.
func event(p *delivery.Parcel) (attributes [][2]string, err error) {
	r, err := readingOf(p)
	if err != nil {
		return nil, err
	}
	attributes = [][2]string{{"specversion", "1.0"}, {"id", r.text("id")}, {"source", "/streams/" + r.text("stream")}, {"type", EventType}, {"subject", r.text("dev")}}
	if at := r.text("time"); at != "" {
		attributes = append(attributes, [2]string{"time", at})
	} else if at := r.text("received"); at != "" {
		attributes = append(attributes, [2]string{"time", at})
	}
	return attributes, nil
}

func appendEvent(b []byte, p *delivery.Parcel) ([]byte, error) {
	attributes, err := event(p)
	if err != nil {
		return b, err
	}
	b = append(b, '{')
	for _, a := range attributes {
		b = append(append(append(b, '"'), a[0]...), `":`...)
		b = append(append(b, jsonOf(a[1])...), ',')
	}
	b = append(append(b, `"datacontenttype":"application/json","data":`...), p.Body...)
	return append(b, '}'), nil
}

func encodeEvent(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error) {
	b, err := appendEvent(b, &batch.Parcels[0])
	if err == nil {
		err = batch.Room(ctx, len(b))
	}
	return b, [][2]string{t.kind("application/cloudevents+json; charset=utf-8")}, err
}

func encodeEvents(ctx context.Context, b []byte, t *target, batch delivery.Batch) (_ []byte, _ [][2]string, err error) {
	b = append(b, '[')
	for i := range batch.Parcels {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendEvent(b, &batch.Parcels[i]); err == nil {
			err = batch.Room(ctx, len(b))
		}
		if err != nil {
			return b, nil, err
		}
	}
	return append(b, ']'), [][2]string{t.kind("application/cloudevents-batch+json; charset=utf-8")}, nil
}

func encodeBinaryEvent(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error) {
	p := &batch.Parcels[0]
	attributes, err := event(p)
	if err != nil {
		return b, nil, err
	}
	headers := [][2]string{t.kind("application/json")}
	for _, a := range attributes {
		value := strings.ReplaceAll(url.PathEscape(a[1]), "%2F", "/") // percent-encoding, as the HTTP binding says
		headers = append(headers, [2]string{"ce-" + a[0], value})
	}
	b = append(b, p.Body...)
	return b, headers, batch.Room(ctx, len(b))
}

// piece of a template: text as it stands, then a member of the reading.
type piece struct {
	before string
	member bool   // one follows; else it is the template's end
	path   string // "": the whole reading
	bare   bool   // text without quotes
}

// checkTemplate takes a template apart.
func (t *target) checkTemplate() error {
	if len(t.Template) > 64<<10 {
		return errors.New("template has more than 64 KiB")
	}
	for rest, more := t.Template, true; more; {
		var p piece
		var name string
		if p.before, rest, more = strings.Cut(rest, "{{"); more {
			if name, rest, p.member = strings.Cut(rest, "}}"); !p.member {
				return errors.New("template has a {{ without its }}")
			}
			form := ""
			p.path, form, _ = strings.Cut(strings.TrimSpace(name), ":")
			p.bare = form == "text"
		}
		t.pieces = append(t.pieces, p)
	}
	if n := len(t.pieces) - 1; n > delivery.FieldsMax {
		return fmt.Errorf("template has %d placeholders: it may have %d", n, delivery.FieldsMax)
	}
	return nil
}

// encodeTemplate fills the template in for each reading, a line end between them.
func encodeTemplate(ctx context.Context, b []byte, t *target, batch delivery.Batch) ([]byte, [][2]string, error) {
	for i := range batch.Parcels {
		r, err := readingOf(&batch.Parcels[i])
		if err != nil {
			return b, nil, err
		}
		if i > 0 {
			b = append(b, '\n')
		}
		for _, p := range t.pieces {
			b = append(b, p.before...)
			if v, _ := r.at(p.path); p.member && p.bare {
				b = append(b, textOf(v)...)
			} else if p.member {
				b = append(b, jsonOf(v)...)
			}
			if err := batch.Room(ctx, len(b)); err != nil {
				return b, nil, err
			}
		}
	}
	return b, [][2]string{t.kind("application/json")}, nil
}
