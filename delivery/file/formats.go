package file

import (
	"encoding/json"
	"io"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery/http"
)

func writeCSV(from io.Reader, to io.Writer) error {
	w := http.NewCSV(to, nil)
	for body, err := range lines(from) {
		if err == nil {
			err = w.Write(body)
		}
		if err != nil {
			return err
		}
	}
	return w.Flush()
}

// row is a reading in a Parquet file: the columns of the kind postgres. Times are
// microseconds since 1970, UTC; values, senml, link and body are JSON text, what a listing
// does not sell is null, and body is the reading byte for byte.
type row struct {
	ID             string
	Stream         int64
	Purchase       int64
	Seq            int64
	Prev           string
	Dev            string
	FCnt           *int64
	FPort          *int32
	Received, Time int64 // 0: null
	Values         string
	SenML          string
	Link           string
	Data           string
	Body           string
}

// columns are those of the file, in their order.
var columns = []column{
	{"id", text, false, func(r *row, p *page) { p.text(r.ID) }},
	{"stream", int64s, false, func(r *row, p *page) { p.int64(r.Stream) }},
	{"purchase", int64s, false, func(r *row, p *page) { p.int64(r.Purchase) }},
	{"seq", int64s, false, func(r *row, p *page) { p.int64(r.Seq) }},
	{"prev", text, false, func(r *row, p *page) { p.text(r.Prev) }},
	{"dev", text, false, func(r *row, p *page) { p.text(r.Dev) }},
	{"f_cnt", int64s, true, func(r *row, p *page) {
		if p.has(r.FCnt != nil) {
			p.int64(*r.FCnt)
		}
	}},
	{"f_port", int32s, true, func(r *row, p *page) {
		if p.has(r.FPort != nil) {
			p.int32(*r.FPort)
		}
	}},
	{"received", micros, true, func(r *row, p *page) {
		if p.has(r.Received != 0) {
			p.int64(r.Received)
		}
	}},
	{"time", micros, true, func(r *row, p *page) {
		if p.has(r.Time != 0) {
			p.int64(r.Time)
		}
	}},
	{"values", text, true, func(r *row, p *page) { p.optional(r.Values) }},
	{"senml", text, true, func(r *row, p *page) { p.optional(r.SenML) }},
	{"link", text, true, func(r *row, p *page) { p.optional(r.Link) }},
	{"data", text, true, func(r *row, p *page) { p.optional(r.Data) }},
	{"body", text, false, func(r *row, p *page) { p.text(r.Body) }},
}

// rowGroup is how many readings a row group has: what is held in memory, compressed.
const rowGroup = 10_000

func writeParquet(from io.Reader, to io.Writer) error {
	w := newParquet(to, columns)
	for body, err := range lines(from) {
		if err != nil {
			return err
		}
		one, err := rowOf(body)
		if err != nil {
			return err
		}
		if err := w.write(&one); err != nil {
			return err
		}
	}
	return w.close()
}

// rowOf takes a reading apart; a member that is not what the column holds is null.
func rowOf(body []byte) (r row, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return r, err
	}
	get := func(name string, into any) bool {
		v, ok := members[name]
		return ok && json.Unmarshal(v, into) == nil
	}
	raw := func(name string) string {
		if v := string(members[name]); v != "null" {
			return v
		}
		return ""
	}
	micros := func(name string) int64 { // zero: null
		var at time.Time
		if !get(name, &at) {
			return 0
		}
		return at.UnixMicro()
	}
	get("id", &r.ID)
	get("stream", &r.Stream)
	get("purchase", &r.Purchase)
	get("seq", &r.Seq)
	get("prev", &r.Prev)
	get("dev", &r.Dev)
	if n := new(int64); get("f_cnt", n) {
		r.FCnt = n
	}
	if n := new(int32); get("f_port", n) {
		r.FPort = n
	}
	get("data", &r.Data)
	r.Received, r.Time = micros("received"), micros("time")
	r.Values, r.SenML, r.Link, r.Body = raw("values"), raw("senml"), raw("link"), string(body)
	return r, nil
}
