package file

import (
	"encoding/json"
	"io"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery/http"
	"github.com/parquet-go/parquet-go"
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
	ID       string `parquet:"id"`
	Stream   int64  `parquet:"stream"`
	Purchase int64  `parquet:"purchase"`
	Seq      int64  `parquet:"seq"`
	Prev     string `parquet:"prev"`
	Dev      string `parquet:"dev,dict"`
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

// rowGroup is how many readings a row group has: what is held in memory.
const rowGroup = 10_000

func writeParquet(from io.Reader, to io.Writer) error {
	w := parquet.NewGenericWriter[row](to, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(rowGroup), parquet.CreatedBy("dbdao-bridge", "", ""))
	rows := make([]row, 0, 500)
	flush := func() error {
		_, err := w.Write(rows)
		rows = rows[:0]
		return err
	}
	for body, err := range lines(from) {
		if err != nil {
			return err
		}
		one, err := rowOf(body)
		if err != nil {
			return err
		}
		if rows = append(rows, one); len(rows) == cap(rows) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return w.Close()
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
